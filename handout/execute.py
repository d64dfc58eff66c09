"""Run the notebooks and keep what they gave, until something changes that it depends on."""

import asyncio
import hashlib
import importlib.metadata
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

import calphos
from handout import ROOT, BuildError
from handout.files import write_files

_CELL_SECONDS = 900
_PREPARE = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from handout import kernel; kernel.install(get_ipython())"


def notebooks(names=(), folder=None):
    """Return the paths of the notebooks, or of those whose file name starts with one of ``names``."""
    folder = folder or ROOT / "notebooks"
    found = sorted(folder.glob("[0-9][0-9]*.ipynb"))
    if not found:
        raise BuildError(f"no notebooks in {folder}")
    for name in names:
        if not any(path.name.startswith(name) for path in found):
            raise BuildError(f"no notebook starts with {name!r}; there are {', '.join(path.stem for path in found)}")
    return [path for path in found if not names or path.name.startswith(tuple(names))]


def fingerprint():
    """What the outputs of every notebook depend on: this package, its data, and the packages installed."""
    digest = hashlib.sha256()
    files = [*Path(calphos.__file__).parent.rglob("*"), *(ROOT / "data").rglob("*"), *(ROOT / "handout").glob("*.py")]
    for path in sorted(path for path in files if path.suffix in (".py", ".csv", ".json", ".mplstyle", ".npz")):
        digest.update(path.read_bytes())
    packages = sorted(f"{d.metadata['Name']} {d.version}" for d in importlib.metadata.distributions())
    digest.update("\n".join([sys.version, *packages]).encode())
    return digest.hexdigest()


def execute(path, store, state):
    """Return the executed notebook; taken from the folder ``store`` when nothing it depends on has changed."""
    key = hashlib.sha256(path.read_bytes() + state.encode()).hexdigest()
    kept = store / path.name
    if kept.is_file():
        notebook = nbformat.read(kept, as_version=4)
        if notebook.metadata.get("calphos_key") == key:
            return notebook
    try:
        notebook = nbformat.read(path, as_version=4)
    except Exception as problem:  # noqa: BLE001 (nbformat raises many kinds)
        raise BuildError(f"{path.name}: not a readable notebook: {problem}") from None
    # Panels, quizzes and the clinic show themselves as pages need them.
    notebook.cells.insert(0, nbformat.v4.new_code_cell(_PREPARE, id="prepare"))
    cell_at = 0

    def note(cell, cell_index):
        nonlocal cell_at
        cell_at = cell_index

    client = NotebookClient(
        notebook,
        timeout=_CELL_SECONDS,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
        on_cell_start=note,
        store_widget_state=False,
        coalesce_streams=True,
        extra_arguments=["--log-level=ERROR"],
    )
    try:
        # Each notebook has an event loop of its own, so that several can run in threads.
        asyncio.run(client.async_execute(env={**os.environ, "PYTHONHASHSEED": "0"}))
    except CellExecutionError as problem:
        _refuse_errors(path, notebook)
        raise BuildError(f"{where(path.name, notebook, cell_at)}: {problem.ename}: {problem.evalue}") from None
    except (CellTimeoutError, DeadKernelError) as problem:
        raise BuildError(f"{where(path.name, notebook, cell_at)}: {str(problem).splitlines()[0]}") from None
    _refuse_errors(path, notebook)
    del notebook.cells[0]
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
    notebook.metadata["calphos_key"] = key
    store.mkdir(parents=True, exist_ok=True)
    write_files({kept: nbformat.writes(notebook).encode()})
    print(f"executed {path.name}", flush=True)
    return notebook


def _refuse_errors(path, notebook):
    """Raise BuildError for the first error that a cell shows: kernels before ipykernel 7.4 do not report those of a result
    that cannot be displayed."""
    for index, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", ()):
            if output.output_type == "error":
                raise BuildError(f"{where(path.name, notebook, index)}: {output.ename}: {output.evalue}") from None


def where(name, notebook, index):
    first = (notebook.cells[index].source.strip().splitlines() or ["(empty)"])[0]
    number = index + (notebook.cells[0].get("id") != "prepare")
    return f"{name}, cell {number} ({first[:60]})"


def executed(paths, store):
    """Return the executed notebooks, two at a time; one that fails stops the build."""
    state = fingerprint()
    with ThreadPoolExecutor(max_workers=2) as pool:
        waiting = [pool.submit(execute, path, store, state) for path in paths]
        try:
            return [future.result() for future in waiting]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
