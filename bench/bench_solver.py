"""Time of the first answer, of a ten-year decline to GFR 10 in each engine, and of a cohort of a thousand."""

import subprocess
import sys
import time

import numpy as np
from measure import milliseconds, row

from calphos import Patient, decline, simulate
from calphos.model import engine
from calphos.model.cohort import people, simulate_cohort
from calphos.model.profiles import YEAR
from calphos.model.simulation import integrate

PATIENT = Patient(gfr=decline(100, 10, years=10))
GRID = np.linspace(0, 10 * YEAR, 121)
OPTIONS = {"years": 10, "points": 11, "quantities": ["phosphate", "pth", "gfr"]}


def seconds(run):
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def rows():
    """The table's rows."""
    code = "from calphos import Patient, simulate; simulate(Patient(gfr=30), years=1)"
    first = seconds(lambda: subprocess.run([sys.executable, "-c", code], check=True))
    found = [row("a new Python until its first simulate() has answered", first, "s", "aim: under 3 s")]
    everyone = people(1000, PATIENT, seed=1)
    flat = engine.flat_code(build=True)
    for name, code in (("flat code", flat), ("organs as they stand", None)):
        engine.flat_code = lambda build=False, code=code: code
        for rtol in (1e-6, 1e-8):
            spent = milliseconds(lambda rtol=rtol: integrate(PATIENT, GRID, rtol=rtol))
            found.append(row(f"10-year decline to GFR 10, {name}, rtol {rtol:.0e}", spent, "ms"))
        whole = milliseconds(lambda: simulate(PATIENT, years=10))
        found.append(row(f"the same with its quantities, simulate(), {name}", whole, "ms"))
    plain = seconds(lambda: [simulate(person, years=10, points=11) for person in everyone[:20]]) * len(everyone) / 20
    engine.flat_code = lambda build=False: flat
    alone = seconds(lambda: simulate_cohort(everyone, **OPTIONS))
    cohort = "1000 patients, 10 years"
    return [
        *found,
        row(f"{cohort}, one by one, organs as they stand", plain, "s", "worked out from 20 patients"),
        row(f"{cohort}, together", alone, "s", f"{plain / alone:.0f} times faster; aim: 15"),
    ]
