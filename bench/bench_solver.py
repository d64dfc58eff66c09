"""Time of a ten-year decline to GFR 10 in each engine, and of a cohort of a thousand (run by `make bench`)."""

import statistics
import time
from concurrent.futures import ProcessPoolExecutor

import numpy as np

from calphos import Patient, compiled, decline, people, simulate, simulate_cohort
from calphos.patient import YEAR
from calphos.simulation import integrate

PATIENT = Patient(gfr=decline(100, 10, years=10))
GRID = np.linspace(0, 10 * YEAR, 121)
NOTES = {("generated", 1e-6): "goal at most 18", ("compiled", 1e-6): "goal at most 2"}


def milliseconds(task, repeats=15):
    """Median time of a task in ms, after one run to warm up."""
    task()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        task()
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times)


def rows():
    """The measurements: a list of dicts (what, value, unit, note)."""
    found = []

    def add(what, value, unit, note=""):
        found.append({"what": what, "value": round(value, 2), "unit": unit, "note": note})

    for engine in compiled.ENGINES:
        compiled.use(engine)
        for rtol in (1e-6, 1e-8):
            spent = milliseconds(lambda rtol=rtol: integrate(PATIENT, GRID, rtol=rtol))
            what = f"10-year decline to GFR 10, {engine}, rtol {rtol:.0e}"
            add(what, spent, "ms", NOTES.get((engine, rtol), ""))
    add(
        "the same with its table of quantities, simulate()",
        milliseconds(lambda: simulate(PATIENT, years=10)),
        "ms",
    )

    everyone = people(1000, PATIENT, seed=1)
    options = {"years": 10, "points": 11, "progress": False, "quantities": ["phosphate", "pth", "gfr"]}
    compiled.use("organs")
    start = time.perf_counter()
    simulate_cohort(everyone[:40], **options)
    plain = (time.perf_counter() - start) * 25
    add("1000 patients, 10 years, plain Python", plain, "s", "worked out from 40 patients")
    compiled.use("compiled")
    start = time.perf_counter()
    simulate_cohort(everyone, **options)
    alone = time.perf_counter() - start
    add("1000 patients, 10 years, compiled", alone, "s", f"{plain / alone:.0f} times faster")
    with ProcessPoolExecutor(2) as pool:
        start = time.perf_counter()
        simulate_cohort(everyone, executor=pool, **options)
        two = time.perf_counter() - start
    add(
        "1000 patients, 10 years, compiled, two processes",
        two,
        "s",
        f"{plain / two:.0f} times faster; goal 15",
    )
    compiled.use(None)
    return found


if __name__ == "__main__":
    for row in rows():
        print(f"{row['what']:60s} {row['value']:8.2f} {row['unit']:4s} {row['note']}")
