"""Run the notebooks and keep their files normalised, so that a difference in git is a difference that matters.

python tools/notebooks.py run [NOTEBOOK ...]      run in place (default: all of notebooks/)
python tools/notebooks.py check [NOTEBOOK ...]    say which are not valid or not normalised
"""

import argparse
import os
import re
import sys
from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from PIL import Image, ImageChops

FOLDER = Path(__file__).parents[1] / "notebooks"
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
VOLATILE = ("execution", "ExecuteTime", "trusted", "collapsed", "scrolled", "jp-MarkdownHeadingCollapsed")
WIDGET = "application/vnd.jupyter.widget-view+json"
PICTURE = re.compile(r'(?<=src="data:image/png;base64,)[^"]+')  # in the HTML of an output


def normalise(notebook):
    """Return a copy of a notebook node without what changes from run to run or from one front end to the next."""
    notebook = nbformat.from_dict(notebook)
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNEL, "language_info": {"name": "python"}})
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    while len(notebook.cells) > 1 and not notebook.cells[-1].source.strip():
        notebook.cells.pop()
    seen = set()
    for number, cell in enumerate(notebook.cells):
        if cell.get("id") in seen | {None}:
            cell.id = f"cell-{number:02d}"
        seen.add(cell.id)
        cell.source = "\n".join(line.rstrip() for line in cell.source.rstrip().splitlines())
        for name in VOLATILE:
            cell.metadata.pop(name, None)
        for order, output in enumerate(cell.get("outputs", [])):
            output.get("metadata", {}).pop("isolated", None)
            if "text/html" in output.get("data", {}):
                # Where there is a still picture, it stands for the widget until the cell is run again.
                output.data.pop(WIDGET, None)
            elif WIDGET in output.get("data", {}):
                # The widget itself lives in the kernel; only its place in the page is worth keeping.
                output.data[WIDGET] = {"model_id": f"{cell.id}-{order}", "version_major": 2, "version_minor": 0}
    return notebook


def same_picture(old, new):
    """Say whether two base64 PNG strings show the same pixels."""
    old, new = (Image.open(BytesIO(b64decode(data))).convert("RGBA") for data in (old, new))
    return old.size == new.size and ImageChops.difference(old, new).getbbox(alpha_only=False) is None


def keep_equal_pictures(old, new):
    """Put the old bytes of a picture into `new` where the new ones show the same: another PNG library is no change."""
    before = {cell.get("id"): cell.get("outputs", []) for cell in old.cells}
    for cell in new.cells:
        for was, now in zip(before.get(cell.id, []), cell.get("outputs", []), strict=False):
            found = [PICTURE.search(output.get("data", {}).get("text/html", "")) for output in (was, now)]
            if all(found) and same_picture(found[0][0], found[1][0]):
                now.data["text/html"] = PICTURE.sub(found[0][0], now.data["text/html"], count=1)
            found = [output.get("data", {}).get("image/png") for output in (was, now)]
            if all(found) and same_picture(*found):
                now.data["image/png"] = was.data["image/png"]


def run(path):
    """Execute one notebook in its own folder and store it. Returns a line for the reader, or raises."""
    old = nbformat.read(path, as_version=4)
    new = nbformat.from_dict(old)
    client = NotebookClient(
        new,
        timeout=300,
        kernel_name="python3",
        coalesce_streams=True,
        store_widget_state=False,
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(path.parent)}},
    )
    client.execute()
    new = normalise(new)
    keep_equal_pictures(old, new)
    nbformat.validate(new)
    warned = [cell.id for cell in new.cells for o in cell.get("outputs", []) if o.get("name") == "stderr"]
    note = f" (writes to stderr in {', '.join(warned)})" if warned else ""
    text = nbformat.writes(new) + "\n"
    if path.read_text(encoding="utf-8") == text:
        return f"same     {path.name}{note}"
    path.write_text(text, encoding="utf-8", newline="\n")
    return f"changed  {path.name}{note}"


def run_all(paths, workers=2):
    """Execute notebooks, `workers` at a time. Returns the number that failed."""
    os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"  # this environment's kernel, whatever else the user has
    failed = 0
    with ThreadPoolExecutor(workers) as pool:
        for path, job in [(path, pool.submit(run, path)) for path in paths]:
            try:
                print(job.result(), flush=True)
            except (CellExecutionError, TimeoutError) as error:
                failed += 1
                print(f"FAILED   {path.name}\n{error}", file=sys.stderr, flush=True)
    return failed


def check_all(paths):
    """Print a line for every notebook that is invalid or not normalised. Returns their number."""
    wrong = 0
    for path in paths:
        try:
            notebook = nbformat.read(path, as_version=4)
            nbformat.validate(notebook)
        except (nbformat.ValidationError, nbformat.reader.NotJSONError) as error:
            print(f"{path}: not a valid notebook: {error}")
            wrong += 1
            continue
        if nbformat.writes(normalise(notebook)) + "\n" != path.read_text(encoding="utf-8"):
            print(f"{path}: not normalised: run `make notebooks ARGS={path}`")
            wrong += 1
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=["run", "check"])
    parser.add_argument("notebooks", nargs="*", type=Path)
    arguments = parser.parse_args()
    paths = arguments.notebooks or sorted(FOLDER.glob("*.ipynb"))
    return {"run": run_all, "check": check_all}[arguments.action](paths)


if __name__ == "__main__":
    sys.exit(bool(main()))
