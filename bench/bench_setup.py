"""Time from a bare machine to a running JupyterLab, in a fresh clone with cold caches."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from measure import row
from playwright.sync_api import sync_playwright

from handout.paper import find_chromium

ROOT = Path(__file__).parents[1]


def bare_environment(home, path):
    """Environment variables of a new account: nothing but a home, a search path and how to trust certificates."""
    kept = {k: v for k, v in os.environ.items() if k.startswith("SSL_CERT") or k.lower().endswith("_proxy")}
    return kept | {"HOME": str(home), "PATH": path}


def start(clone, environment):
    """Call `make lab` in a clone. Returns seconds until JupyterLab answers, and until the first panel shows."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    token = secrets.token_hex()
    arguments = f"--no-browser --ServerApp.port={port} --ServerApp.port_retries=0 --expose-app-in-browser"
    begin = time.perf_counter()
    lab = subprocess.Popen(
        ["make", "lab", f"ARGS={arguments} --IdentityProvider.token={token}"],
        cwd=clone,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        while True:
            try:
                urllib.request.urlopen(f"{url}/api/status?token={token}", timeout=5).close()
                break
            except (urllib.error.URLError, ConnectionError):
                if lab.poll() is not None:
                    raise RuntimeError("make lab ended before JupyterLab answered") from None
                time.sleep(0.1)
        answered = time.perf_counter() - begin
        run_first_notebook(f"{url}/lab/tree/notebooks/00_start_here.ipynb?token={token}")
        return answered, time.perf_counter() - begin
    finally:
        os.killpg(lab.pid, signal.SIGKILL)
        lab.wait()


def run_first_notebook(address):
    """Open a notebook in Chromium, run all of it, and wait for the first panel's picture."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(address)
        page.wait_for_function(
            "() => window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
        )
        page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells') }")
        page.wait_for_selector(".calphos-panel img[src]", state="attached")
        browser.close()


def without_uv(folder):
    """Return a search path with this machine's programs but no uv."""
    bin_ = folder / "bin"
    bin_.mkdir()
    for directory in ("/bin", "/usr/bin"):
        for program in Path(directory).iterdir():
            if program.name != "uv" and not (bin_ / program.name).exists():
                (bin_ / program.name).symlink_to(program)
    if not (bin_ / "python3").exists():
        (bin_ / "python3").symlink_to(sys._base_executable)
    return str(bin_)


def rows():
    """The table's rows: cold caches with uv fetched by pip, a second start, and the environment's size."""
    with tempfile.TemporaryDirectory() as place:
        place = Path(place)
        clone = place / "clone"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        environment = bare_environment(place, without_uv(place))
        cold, cold_picture = start(clone, environment)
        again, again_picture = start(clone, environment)
        size = sum(f.stat().st_size for f in (clone / ".venv").rglob("*") if f.is_file() and not f.is_symlink())
        shutil.rmtree(clone / ".venv")
        warm, _ = start(clone, environment)
    opened = "browser opened and notebook 00 run"
    bare = "fresh clone, empty caches, no uv; with the network"
    return [
        row("bare machine: `make lab` until JupyterLab answers", cold, "s", bare),
        row("bare machine: until the first panel shows", cold_picture, "s", f"{opened}; aim: under 90 s"),
        row("`make lab` with a warm package cache", warm, "s", "environment removed, packages cached"),
        row("`make lab` every time after", again, "s", "until JupyterLab answers"),
        row("every time after: until the first panel shows", again_picture, "s", opened),
        row("environment on disk", size / 1e6, "MB", "`.venv`, without the test tools"),
    ]
