"""What goes wrong on other people's machines: interrupts, odd folders, odd locales, no network, long sessions."""

import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import nbformat
import pytest
from jupyter_client.manager import start_new_kernel
from nbclient import NotebookClient

ROOT = Path(__file__).parents[1]
NOTEBOOK = ROOT / "notebooks" / "00_start_here.ipynb"  # the first that a newcomer runs
PANEL = """
from calphos import panels
panel = panels.time_course("phosphate", "pth", sliders=["gfr", "diet_phosphate"], years=10)
panel._repr_mimebundle_()  # as a cell that ends in it shows it; its picture is drawn from then on
"""


def texts(notebook):
    """Return what each cell of a notebook printed or showed as text; widgets' own descriptions left out."""
    said = []
    for cell in notebook.cells:
        here = ""  # one text a cell: how a stream is cut into pieces differs from run to run
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if output.output_type == "stream":
                here += output.text
            elif "text/plain" in data and not any("widget" in kind or "image" in kind for kind in data):
                here += data["text/plain"]
        said.append(here)
    return said


def run_notebook(path=NOTEBOOK, folder=None, first="", **environment):
    """Run a copy of a notebook with a first cell of one's own, in `folder`. Returns what it said after that cell."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.insert(0, nbformat.v4.new_code_cell(first))
    client = NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(folder or path.parent)}}
    )
    client.execute(env=os.environ | {"JUPYTER_PREFER_ENV_PATH": "1"} | environment)
    notebook.cells.pop(0)
    return texts(notebook)


@pytest.fixture(scope="module")
def expected():
    """What the notebook says as it is stored, which is what it says on this machine: nbval runs every notebook."""
    said = texts(nbformat.read(NOTEBOOK, as_version=4))
    assert sum(map(bool, said)) > 5
    return said


@pytest.fixture
def german(tmp_path):
    """The environment of a German locale, with a decimal comma and German names of days and months; or None."""
    made = subprocess.run(
        ["localedef", "-i", "de_DE", "-f", "UTF-8", str(tmp_path / "de_DE.UTF-8")], capture_output=True, check=False
    )
    if made.returncode or not (tmp_path / "de_DE.UTF-8").exists():
        return None
    return {"LC_ALL": "de_DE.UTF-8", "LANG": "de_DE.UTF-8", "LOCPATH": str(tmp_path)}


def test_from_another_folder_with_umlauts_in_paths_under_a_german_locale(expected, german, tmp_path):
    clone, folder = tmp_path / "Mein Ordner für Übungen", tmp_path / "Anderswo, nämlich hier"
    folder.mkdir()
    for name in ("src", "data", "notebooks"):
        shutil.copytree(ROOT / name, clone / name, ignore=shutil.ignore_patterns("__pycache__"))
    first = f"import calphos; assert calphos.__file__.startswith({str(clone)!r})\n"
    if german:
        first += "import locale; locale.setlocale(locale.LC_ALL, ''); assert locale.str(0.5) == '0,5'"
    notebook, environment = clone / "notebooks" / NOTEBOOK.name, {"PYTHONPATH": str(clone / "src")} | (german or {})
    assert run_notebook(notebook, folder, first, **environment) == expected
    if not german:
        pytest.skip("no German locale can be made here: install the system's locales package")


# Nothing under the repository can be written, created, renamed or removed, not even by root.
SEAL = f"""
import os, sys
def seal(event, arguments, root={str(ROOT)!r}):
    inside = lambda path: isinstance(path, str | bytes | os.PathLike) and os.path.abspath(os.fsdecode(path)).startswith(root)
    if event == "open":
        path, mode, flags = arguments
        if inside(path) and (flags or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            raise OSError(30, "Read-only file system", path)
    elif event in ("os.mkdir", "os.rename", "os.remove", "os.rmdir") and any(map(inside, arguments)):
        raise OSError(30, "Read-only file system", arguments[0])
sys.addaudithook(seal)
try:
    open({str(ROOT / "notebooks" / "written")!r}, "w")
except OSError as error:
    assert error.errno == 30
else:
    raise AssertionError("the repository can be written")
"""
# Nothing but the loopback address can be reached.
CUT = """
import socket, sys
def cut(event, arguments):
    if event == "socket.connect" and isinstance(arguments[1], tuple) and arguments[1][0] not in ("127.0.0.1", "::1"):
        raise OSError(101, "Network is unreachable")
    if event == "socket.getaddrinfo" and arguments[0] not in ("127.0.0.1", "::1", "localhost", None):
        raise socket.gaierror(-3, "Temporary failure in name resolution")
sys.addaudithook(cut)
try:
    socket.socket().connect(("192.0.2.1", 80))
except OSError as error:
    assert error.errno == 101
else:
    raise AssertionError("the network is there")
"""
# Where the system's encoding is not UTF-8 (as on older Windows), files are still read as UTF-8.
ASCII = "import locale; assert locale.getpreferredencoding(False) not in ('utf-8', 'UTF-8')"


def test_read_only_without_network_or_unicode(expected):
    """All at once, as none of them is to change a word."""
    environment = {"LC_ALL": "POSIX", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    assert run_notebook(first=ASCII + SEAL + CUT, **environment) == expected


@pytest.fixture(scope="module")
def kernel():
    """Run code in a kernel of these tests: `kernel(code)` returns (what it printed, the error's name or None)."""
    manager, client = start_new_kernel(kernel_name="python3")

    def execute(code, interrupt_after=None):
        printed = []

        def hook(message):
            if message["msg_type"] == "stream" and message["content"]["name"] == "stdout":
                printed.append(message["content"]["text"])

        ended = threading.Event()

        def interrupt(wait):
            while not ended.wait(wait):  # one that falls into a library's callback is lost: people press again
                os.kill(manager.provisioner.pid, signal.SIGINT)
                wait = 5

        if interrupt_after is not None:
            threading.Thread(target=interrupt, args=(interrupt_after,)).start()
        try:
            reply = client.execute_interactive(code, output_hook=hook, timeout=300)
        finally:
            ended.set()
        return "".join(printed), reply["content"].get("ename")

    yield execute
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def test_kernel_interrupted_in_the_middle_of_a_solve(kernel):
    """After interrupts at any moment, the panel answers as one that was never interrupted."""
    assert kernel(PANEL)[1] is None
    expected, _ = kernel("print(panel.set(gfr=30, diet_phosphate=40))")
    assert "30" in expected
    busy = "n = 0\nwhile True:\n    n += 1\n    panel.set(gfr=10 + 80 * (n % 2), diet_phosphate=30 + n % 20)"
    for moment in (0.5, 0.77, 1.04):
        assert kernel(busy, interrupt_after=moment)[1] == "KeyboardInterrupt"
        assert kernel("print(panel.set(gfr=30, diet_phosphate=40))") == (expected, None)
    assert kernel("assert n > 1") == ("", None)


def test_hundreds_of_slider_moves_leave_memory_flat(kernel):
    code = """
import asyncio, gc, psutil
async def move(count):
    for n in range(count):
        panel.controls()["gfr"].value = 10 + n % 90
        panel._wait()
    await asyncio.sleep(0)  # a late answer has left the loop something to do
    gc.collect()
    return psutil.Process().memory_info().rss / 2**20
before = await move(100)
things = len(gc.get_objects())
after = await move(200)
print(after - before, len(gc.get_objects()) - things)
"""
    printed, error = kernel(PANEL + code)
    assert error is None
    megabytes, objects = map(float, printed.split())
    assert megabytes < 2
    assert objects < 200  # less than one a move


def test_two_panels_in_one_notebook(kernel):
    """Moving one panel leaves the other's numbers alone, in whatever order they move."""
    code = """
other = panels.time_course("phosphate", "pth", sliders=["gfr", "diet_phosphate"], years=10)
alone = [panel.set(gfr=value) for value in (80, 50, 20)]
panel.reset()
for value, text in zip((80, 50, 20), alone):
    still = other.set(gfr=100 - value)
    assert panel.set(gfr=value) == text
    assert other.summary == still
print("independent")
"""
    assert kernel(PANEL + code) == ("independent\n", None)


def test_package_without_data_says_so(tmp_path):
    shutil.copytree(ROOT / "src" / "calphos", tmp_path / "calphos", ignore=shutil.ignore_patterns("__pycache__"))
    code = "import calphos.tables.reading; calphos.tables.reading.data_dir()"
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode
    assert "the reference data are missing" in done.stderr


def test_a_full_disk_leaves_the_old_archives(tmp_path):
    """Files may not grow beyond 1000 bytes, as on a disk that is full."""
    (tmp_path / "05.omex").write_text("old")
    script = (
        "import resource, signal, sys; from pathlib import Path; from exchange.__main__ import build\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "build(['05'], Path(sys.argv[1]))"
    )
    command = [
        sys.executable,
        "-B",
        "-c",
        script,
        tmp_path,
    ]  # -B: or modules compiled now are cut short for all to come
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode != 0
    assert "the old files are still there" in done.stderr
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"05.omex": "old"}


FIRST = """
import sys
from calphos import Patient, simulate
print(repr(float(simulate(Patient(gfr=40), years=1, points=3).final["pth"])))
"""


def test_a_class_starts_at_once(tmp_path):
    """The first answers of many processes that share one installation and a home that nobody may write: one number."""
    home = tmp_path / "home"
    home.mkdir()
    home.chmod(0o500)
    clean = {"PATH": os.environ["PATH"], "HOME": str(home), "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    started = [
        subprocess.Popen(
            [sys.executable, "-c", FIRST], env=clean, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(6)
    ]
    said = [process.communicate() for process in started]
    assert {problem for _answer, problem in said} == {""}
    assert len({answer for answer, _problem in said}) == 1
    assert not list(home.iterdir())
