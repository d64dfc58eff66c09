"""Run every bench_*.py beside this file and write one table, results.md, with the machine named.

    python bench/run.py [NAME ...]     only these, such as: solver panel

A bench file has a function rows() that returns a list of `measure.row`.
"""

import argparse
import datetime
import importlib.util
import math
import os
import platform
import sys
import time
import traceback
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))  # the builder of handouts stands beside the package, not in it
RESULTS = HERE / "results.md"
NAMED = ("numpy", "scipy", "pandas", "matplotlib", "ipywidgets", "jupyterlab")


def processor():
    """Return the name of the processor as the system gives it."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def machine():
    """Return a paragraph that names the machine and the versions."""
    memory = ""
    if hasattr(os, "sysconf"):
        memory = f", {os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GB of memory"
    packages = ", ".join(f"{name} {version(name)}" for name in NAMED)
    return (
        f"{processor()}, {os.cpu_count()} cores{memory}; {platform.system()}, "
        f"Python {platform.python_version()}; {packages}."
    )


def load(path):
    """Import a bench file by its path."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def number(value):
    """Three significant figures, without exponents."""
    if math.isnan(value):
        return "not measured"
    if value == 0 or abs(value) >= 100:
        return f"{value:.0f}"
    return f"{float(f'{value:.3g}'):g}"


def cell(text):
    return str(text).replace("|", "\\|").replace("\n", " ")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="bench files without bench_ and .py; default: all")
    chosen = parser.parse_args().names
    known = {path.stem.removeprefix("bench_"): path for path in sorted(HERE.glob("bench_*.py"))}
    unknown = set(chosen) - set(known)
    if unknown:
        parser.error(f"no such bench: {', '.join(sorted(unknown))}; there are: {', '.join(known)}")

    sections, failed = [], []
    for name, path in known.items():
        if chosen and name not in chosen:
            continue
        print(f"bench: {name} ...", file=sys.stderr, flush=True)
        start = time.perf_counter()
        try:
            rows = load(path).rows()
        except Exception as error:  # noqa: BLE001  one broken bench must not cost the others their results
            traceback.print_exc()
            failed.append(name)
            sections.append(f"## {name}\n\nNot measured: {type(error).__name__}: {cell(error)}")
            continue
        took = time.perf_counter() - start
        lines = [f"## {name}", "", "| what | value | unit | note |", "|---|---:|---|---|"]
        lines += [
            f"| {cell(row['what'])} | {number(row['value'])} | {cell(row['unit'])} | {cell(row['note'])} |"
            for row in rows
        ]
        sections.append("\n".join(lines))
        print("\n".join(lines[4:]) + f"\n({took:.0f} s)", file=sys.stderr, flush=True)

    today = datetime.date.today().isoformat()
    head = f"# Results\n\nMade by `make bench` on {today}. What each line means: [README.md](README.md).\n\n{machine()}"
    text = "\n\n".join([head, *sections]) + "\n"
    if chosen:
        print("not written: bench/results.md holds whole runs only", file=sys.stderr)
    else:
        RESULTS.write_text(text, encoding="utf-8")
    return failed


if __name__ == "__main__":
    if failures := main():
        sys.exit(f"failed: {', '.join(failures)}")
