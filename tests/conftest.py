"""Fixtures for tests that need a browser, or a JupyterLab to point it at; and the order of the files."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[1]
TOKEN = "a-token-for-tests"
# What takes longest begins first, so that two workers end at about the same time.
LONGEST = (
    *("browser_handouts", "handouts", "live", "clinic", "browser_lab", "faults", "panels", "simulate", "sliders"),
    *("exchange", "offline_clinic", "offline_trainer", "environment", "setup", "sbml", "cohort"),
)


def pytest_collection_modifyitems(items):
    """Put the longest files first, then the notebooks, and last the many that take a second or two."""
    names = [f"test_{name}.py" for name in LONGEST]
    places = {name: place for place, name in enumerate(names)}
    items.sort(key=lambda item: places.get(item.path.name, len(names) + (item.path.suffix != ".ipynb")))


@pytest.fixture(scope="module")
def chromium():
    """A headless Chromium, driven by Playwright; one a test file.

    Not one a session: Playwright keeps an event loop running, which notebook tests in the same process can't have.
    """
    from handout import BuildError
    from handout.paper import find_chromium

    try:
        path = find_chromium()
    except BuildError:
        if os.environ.get("CALPHOS_REQUIRE_BROWSER"):
            pytest.fail("no Chromium found, and CALPHOS_REQUIRE_BROWSER is set")
        pytest.skip("no Chromium found: install it to run the browser tests")
    from playwright.sync_api import sync_playwright

    quiet = ["quic", "background-networking", "component-update", "sync", "gpu"]
    # Processes kept ready for windows that no test opens would cost a third of its time. The list replaces Playwright's.
    features = (
        "PreloadTopChromeWebUI,SpareRendererForSitePerProcess,HttpsUpgrades,LensOverlay,MediaRouter,OptimizationHints"
    )
    quiet.append(f"features={features},PaintHolding")
    arguments = ["--no-sandbox", "--no-first-run", *(f"--disable-{what}" for what in quiet)]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def window(chromium):
    """The one page of a test file: for another, Chromium starts a process, which takes longer than most tests."""
    context = chromium.new_context()
    context.set_default_timeout(180_000)  # waits are for events; this only ends a test that hangs
    yield context.new_page()
    context.close()


@pytest.fixture
def page(window):
    """The file's page as if it had just been opened: empty, 1400 by 1000 pixels, light, online, alone."""
    for other in window.context.pages:
        if other != window:
            other.close()
    window.goto("about:blank")
    window.context.set_offline(False)
    window.emulate_media(color_scheme="light")
    window.set_viewport_size({"width": 1400, "height": 1000})
    window.mouse.move(0, 0)
    return window


class Lab:
    """A running JupyterLab: its address and the folder it serves."""

    def __init__(self, url, folder):
        self.url, self.folder = url, folder

    def copy(self, notebook, name, until=None):
        """Copy a notebook of the repository to a name of its own, so that tests share no kernel. Returns the name.

        until   the last cell that is needed: the first one that holds these words
        """
        content = nbformat.read(ROOT / notebook, as_version=4)
        if until:
            content.cells = content.cells[: 1 + next(n for n, cell in enumerate(content.cells) if until in cell.source)]
        nbformat.write(content, self.folder / name)
        return name

    def open(self, page, notebook, mode="tab-after"):
        """Open a notebook (a path below the folder) on a page, wait until its kernel is ready, and return its locator."""
        if page.url.startswith(self.url):
            page.evaluate(
                """async ([path, mode]) => {
                    await window.jupyterapp.commands.execute('docmanager:open', {path, options: {mode}}) }""",
                [notebook, mode],
            )
        else:
            page.goto(f"{self.url}/lab/tree/{notebook}?token={TOKEN}&reset")
        page.wait_for_function(
            """path => { const panel = window.jupyterapp?.shell.currentWidget;
                         return panel?.context?.path === path && panel.sessionContext.session?.kernel?.status === 'idle' }""",
            arg=notebook,
        )
        panel = page.locator(f"[id='{page.evaluate('window.jupyterapp.shell.currentWidget.id')}']")
        panel.locator(".jp-Cell").first.wait_for()
        return panel

    def close(self, page):
        """Close the notebook in front and end its kernel."""
        page.evaluate(
            """async () => { const panel = window.jupyterapp.shell.currentWidget;
                             await panel.sessionContext.shutdown(); panel.dispose(); }"""
        )

    def run_all(self, page):
        """Run all cells of the open notebook and wait for the last. Fails when a cell raised."""
        page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")
        errors = page.evaluate(
            """() => window.jupyterapp.shell.currentWidget.content.widgets
                .flatMap(cell => cell.model.outputs?.toJSON() ?? [])
                .filter(output => output.output_type === 'error')
                .map(output => `${output.ename}: ${output.evalue}`)"""
        )
        assert errors == []

    def save(self, page):
        """Save the open notebook, as Ctrl+S does."""
        page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")


@pytest.fixture(scope="session")
def jupyterlab(tmp_path_factory):
    """A real JupyterLab on a free port of the loopback address, on a copy of notebooks/, with settings of its own."""
    home = tmp_path_factory.mktemp("jupyterlab")
    folder = home / "work"
    shutil.copytree(ROOT / "notebooks", folder / "notebooks")
    settings = home / "settings"
    tracker = settings / "@jupyterlab" / "notebook-extension" / "tracker.jupyterlab-settings"
    tracker.parent.mkdir(parents=True)
    # All cells stay in the page, so that a test finds a panel without scrolling to it.
    tracker.write_text(json.dumps({"windowingMode": "none"}))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    isolated = {f"JUPYTER_{name}_DIR": str(home / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
    isolated |= {"JUPYTERLAB_SETTINGS_DIR": str(settings), "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces")}
    options = [
        *("--no-browser", "--allow-root", "--expose-app-in-browser", f"--ServerApp.root_dir={folder}"),
        *(f"--ServerApp.port={port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}"),
    ]
    url = f"http://127.0.0.1:{port}"
    log = home / "log"
    with log.open("w") as stream:
        command = [sys.executable, "-m", "jupyterlab", *options]
        environment = os.environ | isolated
        server = subprocess.Popen(command, stdout=stream, stderr=subprocess.STDOUT, env=environment, cwd=folder)
    try:
        until = time.monotonic() + 600  # only ends a start that hangs
        while True:
            try:
                urllib.request.urlopen(f"{url}/api/status?token={TOKEN}", timeout=5).close()
                break
            except (urllib.error.URLError, ConnectionError):
                if server.poll() is not None or time.monotonic() > until:
                    pytest.fail(f"JupyterLab did not start:\n{log.read_text()}")
                time.sleep(0.2)
        yield Lab(url, folder)
    finally:
        server.terminate()
        try:
            server.wait(15)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
