"""How long the notebooks take to run from top to bottom."""

import importlib.util
import shutil
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parents[1]


def rows():
    """Return the table's rows: the whole suite with two workers, and the slowest notebook in it."""
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
    return [
        {
            "what": f"all {len(paths)} notebooks, two at a time",
            "value": whole,
            "unit": "s",
            "note": "kernels started, all cells run",
        },
        {
            "what": "notebook in the middle",
            "value": sorted(times)[len(times) // 2][0],
            "unit": "s",
            "note": "median, while another runs",
        },
        {"what": "slowest notebook", "value": slowest, "unit": "s", "note": name},
    ]
