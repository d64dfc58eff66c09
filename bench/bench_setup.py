"""Time from a bare machine to a running JupyterLab, in a fresh clone with cold caches."""

import os
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

ROOT = Path(__file__).parents[1]


def bare_environment(home, path):
    """Environment variables of a new account: nothing but a home, a search path and how to trust certificates."""
    kept = {k: v for k, v in os.environ.items() if k.startswith("SSL_CERT") or k.lower().endswith("_proxy")}
    return kept | {"HOME": str(home), "PATH": path}


def first_answer(clone, environment):
    """Call `make lab` in a clone. Returns seconds until JupyterLab answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    arguments = f"--no-browser --ServerApp.port={port} --ServerApp.port_retries=0"
    start = time.perf_counter()
    lab = subprocess.Popen(
        ["make", "lab", f"ARGS={arguments}"],
        cwd=clone,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        while True:
            try:
                # The status needs the token; being asked for it is answer enough.
                urllib.request.urlopen(f"http://127.0.0.1:{port}/login", timeout=5).close()
                return time.perf_counter() - start
            except (urllib.error.URLError, ConnectionError):
                if lab.poll() is not None:
                    raise RuntimeError("make lab ended before JupyterLab answered") from None
                time.sleep(0.1)
    finally:
        os.killpg(lab.pid, signal.SIGTERM)
        lab.wait()


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
    """Return the table's rows: cold caches with uv fetched by pip, a second start, and the environment's size."""
    with tempfile.TemporaryDirectory() as place:
        place = Path(place)
        clone = place / "clone"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        environment = bare_environment(place, without_uv(place))
        cold = first_answer(clone, environment)
        again = first_answer(clone, environment)
        size = sum(
            f.stat().st_size for f in (clone / ".venv").rglob("*") if f.is_file() and not f.is_symlink()
        )
        shutil.rmtree(clone / ".venv")
        warm = first_answer(clone, environment)
    return [
        {
            "what": "`make lab` on a bare machine",
            "value": cold,
            "unit": "s",
            "note": "fresh clone, empty caches, no uv; until JupyterLab answers; network included",
        },
        {
            "what": "`make lab` with a warm package cache",
            "value": warm,
            "unit": "s",
            "note": "environment removed, packages cached",
        },
        {"what": "`make lab` every time after", "value": again, "unit": "s", "note": "environment in place"},
        {
            "what": "environment on disk",
            "value": size / 1e6,
            "unit": "MB",
            "note": ".venv, without the test tools",
        },
    ]
