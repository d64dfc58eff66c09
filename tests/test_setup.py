"""tools/env.sh says clearly what is wrong on a machine that lacks something."""

import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SHELL_TOOLS = [
    "sh",
    "awk",
    "cat",
    "cksum",
    "cp",
    "mkdir",
    "df",
    "env",
    "grep",
    "id",
    "rm",
    "touch",
    "uname",
    "pwd",
    "find",
]

pytestmark = pytest.mark.skipif(os.name != "posix", reason="make is for POSIX systems; Windows has the conda route")


@pytest.fixture
def machine(tmp_path):
    """A clone without an environment, and a PATH with nothing but a shell's tools; `add` puts programs there."""
    clone = tmp_path / "a clone"
    clone.mkdir()
    for name in (
        "pyproject.toml",
        "requirements.txt",
        "requirements-handout.txt",
        "requirements-test.txt",
        "README.md",
    ):
        shutil.copy(ROOT / name, clone)
    shutil.copytree(ROOT / "tools", clone / "tools")
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in SHELL_TOOLS:
        if path := shutil.which(name):
            (programs / name).symlink_to(path)

    class Machine:
        folder = clone
        environment = {"PATH": str(programs), "HOME": str(tmp_path), "PYTHON": ""}  # noqa: RUF012

        def add(self, name, script):
            (programs / name).unlink(missing_ok=True)
            (programs / name).write_text(f"#!/bin/sh\n{script}\n")
            (programs / name).chmod(0o755)

        def env(self, **variables):
            command = [shutil.which("sh"), "tools/env.sh", "env"]
            environment = self.environment | variables
            done = subprocess.run(command, cwd=clone, env=environment, capture_output=True, text=True, check=False)
            assert done.returncode != 0
            assert not list(clone.glob(".venv/calphos-*")), "a failed set-up must not count as done"
            return done.stderr

    return Machine()


REAL_PYTHON = f'exec "{sys._base_executable}" "$@"'


def test_flat_code_is_made_again_when_an_organ_is_newer(machine):
    model, bin_ = machine.folder / "src" / "calphos" / "model", machine.folder / ".venv" / "bin"
    for folder in (model / "body", machine.folder / "data", bin_):
        folder.mkdir(parents=True)
    organ = model / "body" / "gut.py"
    for path in (organ, model / "trace.py", machine.folder / "data" / "parameters.csv"):
        path.write_text("")
        os.utime(path, (1e9, 1e9))
    python = bin_ / "python"
    python.write_text(
        '#!/bin/sh\n[ "$1 $2" = "-m calphos.model.trace" ] && echo made && : >src/calphos/model/generated.py\n'
    )
    python.chmod(0o755)
    stamp = 'printf "%s\\n" "$(pwd) $(cat requirements.txt pyproject.toml tools/env.sh | cksum)" >.venv/calphos-env'
    run = {"cwd": machine.folder, "env": machine.environment, "capture_output": True, "text": True}
    subprocess.run([shutil.which("sh"), "-c", stamp], check=True, **run)

    def made():
        return subprocess.run([shutil.which("sh"), "tools/env.sh", "env"], check=True, **run).stdout

    assert made() == "made\n"
    assert made() == ""
    later = (model / "generated.py").stat().st_mtime + 10
    os.utime(organ, (later, later))
    assert made() == "made\n"


def test_no_python(machine):
    assert "Python 3.11 or newer is needed, and none was found" in machine.env()


def test_python_too_old(machine):
    machine.add("python3", 'case "$1" in --version) echo "Python 3.9.2" ;; *) exit 1 ;; esac')
    message = machine.env()
    assert "Python 3.11 or newer is needed" in message
    assert "python3 here is: Python 3.9.2" in message


def test_chosen_python_too_old(machine):
    machine.add("python3.8", "exit 1")
    assert "PYTHON=python3.8 is not Python 3.11 or newer" in machine.env(PYTHON="python3.8")


def test_python_without_venv(machine):
    says = "The virtual environment was not created successfully because ensurepip is not available."
    machine.add("python3", f'case "$1" in -c) exit 0 ;; *) echo "{says}" >&2; exit 1 ;; esac')
    assert "apt-get install python3-venv" in machine.env()


def test_little_room(machine):
    machine.add("df", 'echo "Filesystem 1024-blocks Used Available Capacity Mounted"; echo "/dev/x 9 9 20480 99% /"')
    machine.add("python3", REAL_PYTHON)
    assert "too little room: 20 MB free here, about 800 MB needed" in machine.env()


def test_disk_fills_up(machine):
    machine.add("uv", '[ "$1" = --version ] || { echo "No space left on device (os error 28)" >&2; exit 2; }')
    machine.add("python3", REAL_PYTHON)
    assert "the disk is full" in machine.env()


def test_network_away_with_uv(machine, tmp_path):
    uv = shutil.which("uv")
    if uv is None:
        pytest.skip("uv is not installed")
    machine.add("uv", f'exec "{uv}" "$@"')
    machine.add("python3", REAL_PYTHON)
    nowhere = "http://127.0.0.1:9"
    message = machine.env(
        UV_CACHE_DIR=str(tmp_path / "cache"), HTTPS_PROXY=nowhere, UV_HTTP_RETRIES="0", UV_NO_CONFIG="1"
    )
    assert "the network is away, or something blocks it" in message


def test_network_away_with_pip(machine):
    machine.add("python3", REAL_PYTHON)
    message = machine.env(PIP_RETRIES="0", HTTPS_PROXY="http://127.0.0.1:9", PIP_NO_CACHE_DIR="1")
    assert "the network is away, or something blocks it" in message


def test_folder_that_cannot_be_written(machine):
    machine.add("touch", 'echo "touch: cannot touch: Read-only file system" >&2; exit 1')
    machine.add("python3", REAL_PYTHON)
    assert "this folder cannot be written" in machine.env()


def test_lab_prints_its_address_with_a_token(machine):
    """Without a screen, and as root too: JupyterLab starts and says where its first notebook is."""
    machine.add("uv", "exit 0")  # installs nothing: the tests' own environment serves
    flat = machine.folder / "src" / "calphos" / "model" / "generated.py"
    flat.parent.mkdir(parents=True)
    flat.write_text("")  # the flat code is there and not made once more, over that of the tests' own environment
    (machine.folder / ".venv" / "bin").mkdir(parents=True)
    python = machine.folder / ".venv" / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    command = ["sh", "tools/env.sh", "lab", "--port=0"]
    environment = machine.environment | {"JUPYTER_CONFIG_DIR": str(machine.folder), "PYTHONWARNINGS": "ignore"}
    lab = subprocess.Popen(
        command, cwd=machine.folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    killer = threading.Timer(600, lab.kill)  # only ends a start that hangs
    killer.start()
    try:
        said = ""
        while "token=" not in said and (line := lab.stderr.readline()):
            said += line
    finally:
        killer.cancel()
        lab.kill()  # it may not listen to politer signals yet
        lab.stderr.close()
        lab.wait()
    assert re.search(r"http://\S+/lab/tree/notebooks/00_start_here.ipynb\?token=[0-9a-f]{32}", said), said
    assert "no screen here" in said


def test_wrong_use(machine):
    done = subprocess.run(["sh", "tools/env.sh"], cwd=machine.folder, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "usage" in done.stderr
