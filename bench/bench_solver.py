"""Time of a ten-year decline to GFR 10 in each engine, and of a cohort of a thousand."""

import time
from concurrent.futures import ProcessPoolExecutor

import numpy as np
from measure import milliseconds, row

from calphos import Patient, decline, people, simulate, simulate_cohort
from calphos.model import compiled
from calphos.model.profiles import YEAR
from calphos.model.simulation import integrate

PATIENT = Patient(gfr=decline(100, 10, years=10))
GRID = np.linspace(0, 10 * YEAR, 121)
NOTES = {("generated", 1e-6): "goal at most 18", ("compiled", 1e-6): "goal at most 2"}


def rows():
    """The table's rows."""
    found = []
    for engine in compiled.ENGINES:
        compiled.use(engine)
        for rtol in (1e-6, 1e-8):
            spent = milliseconds(lambda rtol=rtol: integrate(PATIENT, GRID, rtol=rtol))
            what = f"10-year decline to GFR 10, {engine}, rtol {rtol:.0e}"
            found.append(row(what, spent, "ms", NOTES.get((engine, rtol), "")))
    whole = milliseconds(lambda: simulate(PATIENT, years=10))

    everyone = people(1000, PATIENT, seed=1)
    options = {"years": 10, "points": 11, "progress": False, "quantities": ["phosphate", "pth", "gfr"]}
    compiled.use("organs")
    start = time.perf_counter()
    simulate_cohort(everyone[:40], **options)
    plain = (time.perf_counter() - start) * len(everyone) / 40
    compiled.use("compiled")
    start = time.perf_counter()
    simulate_cohort(everyone, **options)
    alone = time.perf_counter() - start
    with ProcessPoolExecutor(2) as pool:
        start = time.perf_counter()
        simulate_cohort(everyone, executor=pool, **options)
        two = time.perf_counter() - start
    compiled.use(None)
    cohort = "1000 patients, 10 years"
    return [
        *found,
        row("the same with its table of quantities, simulate()", whole, "ms"),
        row(f"{cohort}, plain Python", plain, "s", "worked out from 40 patients"),
        row(f"{cohort}, compiled", alone, "s", f"{plain / alone:.0f} times faster"),
        row(f"{cohort}, compiled, two processes", two, "s", f"{plain / two:.0f} times faster; goal 15"),
    ]
