"""How long the notebooks take to run from top to bottom."""

import importlib.util
import shutil
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from measure import row

ROOT = Path(__file__).parents[1]


def rows():
    """The table's rows: the whole suite with two workers, and the slowest notebook in it."""
    spec = importlib.util.spec_from_file_location("tool", ROOT / "tools" / "notebooks.py")
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)

    def run(path):
        start = time.perf_counter()
        tool.run(path)
        return time.perf_counter() - start, path.stem

    with tempfile.TemporaryDirectory() as place:
        shutil.copytree(ROOT / "notebooks", place, dirs_exist_ok=True)
        paths = sorted(Path(place).glob("*.ipynb"))
        start = time.perf_counter()
        with ThreadPoolExecutor(2) as pool:
            times = list(pool.map(run, paths))
        whole = time.perf_counter() - start
    slowest, name = max(times)
    middle = sorted(times)[len(times) // 2][0]
    return [
        row(f"all {len(paths)} notebooks, two at a time", whole, "s", "kernels started, all cells run"),
        row("notebook in the middle", middle, "s", "median, while another runs"),
        row("slowest notebook", slowest, "s", name),
    ]
