"""How fast a panel answers in a real JupyterLab, beside plain `interact`.

A mouse presses the slider's rail at another place each time. Latency runs from pointerdown to the first painted frame
after the new picture is in the page; lag from pointerup, after a quick drag, to the last new picture. Both ways show
the same four curves of the same model. Needs Chromium (or Chrome) on the path, or CALPHOS_CHROMIUM.
"""

import json
import math
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from measure import row

from handout.paper import find_chromium

MOVES = 25
_QUIET = ("quic", "background-networking", "component-update", "sync", "gpu")

_SETUP = "import time\nfrom calphos import InputError, Patient, decline, figures, panels, simulate"
_PANEL = """panel = panels.time_course("phosphate", "pth", "calcitriol", "fgf23", sliders=["gfr"], years=10, stages=True,
    moves={"gfr": panels.over_time(decline, 100, "gfr", years=10)})
panel"""
_INTERACT = """import matplotlib.pyplot as plt
from ipywidgets import FloatSlider, interact
def draw(gfr):
    course = simulate(Patient(gfr=decline(100, gfr, years=10)), years=10)
    figure, axes = plt.subplots(2, 2, figsize=(8.1, 5))
    for axis, name in zip(axes.flat, ("phosphate", "pth", "calcitriol", "fgf23")):
        axis.plot(course.days, course[name])
        axis.set_title(name)
    plt.show()
_ = interact(draw, gfr=FloatSlider(100, min=1, max=140, step=1))"""
_SLOW = """waiting = panels.time_course("phosphate", sliders=["diet_phosphate"], days=10)
answer = waiting.run.course
def slow(settings):
    time.sleep(3)
    return answer(settings)
waiting.run.course = slow
waiting"""

_WATCH = """root => {
    window.changes = []; window.down = window.up = 0;
    const seen = image => {
        const painted = () => requestAnimationFrame(() => requestAnimationFrame(() => changes.push(performance.now())));
        image.complete ? painted() : image.addEventListener('load', painted, {once: true});
    };
    window.watching?.disconnect();
    window.watching = new MutationObserver(records => {
        const fresh = new Set();
        for (const record of records) {
            if (record.type === 'attributes') fresh.add(record.target);
            for (const node of record.addedNodes) {
                if (node.tagName === 'IMG') fresh.add(node);
                else node.querySelectorAll?.('img').forEach(image => fresh.add(image));
            }
        }
        fresh.forEach(seen);
    });
    watching.observe(root, {subtree: true, childList: true, attributes: true, attributeFilter: ['src']});
    addEventListener('pointerdown', () => { window.down = performance.now() }, true);
    addEventListener('pointerup', () => { window.up = performance.now() }, true);
}"""


def _notebook(path):
    import nbformat

    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in (_SETUP, _PANEL, _INTERACT, _SLOW)])
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(book, path)


def _serve(home):
    settings = home / "settings" / "@jupyterlab" / "notebook-extension"
    settings.mkdir(parents=True)
    (settings / "tracker.jupyterlab-settings").write_text(json.dumps({"windowingMode": "none"}))
    folder = home / "work"
    folder.mkdir()
    _notebook(folder / "bench.ipynb")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    own = {f"JUPYTER_{name}_DIR": str(home / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
    own |= {"JUPYTERLAB_SETTINGS_DIR": str(home / "settings"), "JUPYTERLAB_WORKSPACES_DIR": str(home / "spaces")}
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        "--no-browser",
        "--allow-root",
        "--expose-app-in-browser",
        f"--ServerApp.root_dir={folder}",
        f"--ServerApp.port={port}",
        "--IdentityProvider.token=bench",
    ]
    server = subprocess.Popen(command, env=os.environ | own, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    for _ in range(300):
        try:
            urllib.request.urlopen(f"{url}/api/status?token=bench", timeout=5).close()
            return server, url
        except OSError:
            time.sleep(0.2)
    server.terminate()
    raise SystemExit("bench_panel: JupyterLab did not start")


def _run_cell(page, number):
    page.evaluate(
        """async number => {
            const app = window.jupyterapp, cells = app.shell.currentWidget.content;
            cells.activeCellIndex = number; await app.commands.execute('notebook:run-cell') }""",
        number,
    )


def _rail(page, output):
    rail = output.locator(".noUi-base").first
    rail.scroll_into_view_if_needed()
    return rail.bounding_box()


def _changes(page, quiet=1.0, most=8.0):
    """Wait until no picture has come for `quiet` seconds; return the times of all (ms)."""
    start, count, since = time.monotonic(), -1, time.monotonic()
    while time.monotonic() - start < most:
        now = page.evaluate("changes.length")
        if now != count:
            count, since = now, time.monotonic()
        elif time.monotonic() - since > quiet:
            break
        page.wait_for_timeout(50)
    return page.evaluate("changes")


def _measure(page, output):
    """Return (latencies, lag) in ms of the slider and picture in one output."""
    output.evaluate(_WATCH)
    latencies = []
    for i in range(MOVES):
        rail = _rail(page, output)
        page.evaluate("changes.length = 0")
        page.mouse.move(rail["x"] + rail["width"] * (0.12 + 0.76 * ((i * 7) % 13) / 13), rail["y"] + rail["height"] / 2)
        page.mouse.down()
        changed = _changes(page, quiet=0.4)
        page.mouse.up()
        if changed:
            latencies.append(changed[0] - page.evaluate("down"))
    lags = []
    for _ in range(3):
        rail, handle = _rail(page, output), output.locator(".noUi-handle").first.bounding_box()
        x, y = handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2
        end = rail["x"] + rail["width"] * (0.9 if x < rail["x"] + rail["width"] / 2 else 0.1)
        page.evaluate("changes.length = 0")
        page.mouse.move(x, y)
        page.mouse.down()
        for step in range(60):
            page.mouse.move(x + (end - x) * (step + 1) / 60, y)
            page.wait_for_timeout(16)
        page.mouse.up()
        if changed := _changes(page):
            lags.append(max(changed[-1] - page.evaluate("up"), 0))
    return latencies, lags


def measurements():
    """Run the bench; return a dict of name to milliseconds."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        server, url = _serve(Path(home))
        arguments = ["--no-sandbox", "--no-first-run", *(f"--disable-{what}" for what in _QUIET)]
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=arguments)
        try:
            page = browser.new_page(viewport={"width": 1280, "height": 720})
            page.set_default_timeout(120_000)
            page.goto(f"{url}/lab/tree/bench.ipynb?token=bench&reset")
            page.wait_for_selector(".jp-Notebook .jp-Cell")
            page.wait_for_function(
                "window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
            )
            _run_cell(page, 0)
            found = {}
            cells = page.locator(".jp-Notebook .jp-CodeCell")
            for name, number in (("panel", 1), ("interact", 2)):
                start = time.perf_counter()
                _run_cell(page, number)
                output = cells.nth(number).locator(".jp-OutputArea").first
                output.locator("img").first.wait_for()
                page.wait_for_function(
                    "image => image.complete && image.naturalWidth", arg=output.locator("img").first.element_handle()
                )
                found[name, "first"] = 1000 * (time.perf_counter() - start)
                latencies, lags = _measure(page, output)
                # A machine too slow to change the picture in time has nothing to report, and the rest goes on.
                found[name, "lag"] = statistics.median(lags or [math.nan])
                found[name, "p50"] = statistics.median(latencies or [math.nan])
                found[name, "p95"] = statistics.quantiles(latencies, n=20)[-1] if len(latencies) > 1 else math.nan
            _run_cell(page, 3)
            output = cells.nth(3).locator(".jp-OutputArea").first
            output.locator("img").first.wait_for()
            output.evaluate(_WATCH)
            rail = _rail(page, output)
            page.mouse.click(rail["x"] + 0.8 * rail["width"], rail["y"] + rail["height"] / 2)
            page.wait_for_function(
                "document.querySelector('.calphos-busy .calphos-summary')?.innerText.includes('Computing')"
            )
            found["slow", "progress"] = page.evaluate("performance.now() - down")
            return found
        finally:
            browser.close()
            server.terminate()
            server.wait()


def rows():
    """The table's rows."""
    found = measurements()
    measured = {
        "p50": ("pointer down to pixels, p50", ""),
        "p95": ("pointer down to pixels, p95", "aim: at most 90 ms"),
        "lag": ("lag after release of a drag", "aim: at most 150 ms"),
        "first": ("first picture after running the cell", "aim: under 2000 ms"),
    }
    table = [row(f"panel: {what}", found["panel", key], "ms", aim) for key, (what, aim) in measured.items()]
    plain = "plain interact, same model, same run"
    table += [row(f"{plain}: {what}", found["interact", key], "ms") for key, (what, _) in measured.items()]
    progress = found["slow", "progress"]
    return [*table, row("model that takes 3 s: until progress is shown", progress, "ms", "aim: under 1000 ms")]
