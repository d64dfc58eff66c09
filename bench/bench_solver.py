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
GOALS = {("generated", 1e-6): 18, ("compiled", 1e-6): 2}


def milliseconds(task, repeats=15):
    task()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        task()
        times.append(1000 * (time.perf_counter() - start))
    return min(times), statistics.median(times)


def main():
    print("10-year decline to GFR 10, 121 outputs (ms)")
    print(f"{'engine':12s} {'rtol':>8s} {'best':>8s} {'median':>8s} {'goal':>6s}")
    for engine in compiled.ENGINES:
        compiled.use(engine)
        for rtol in (1e-6, 1e-8):
            best, median = milliseconds(lambda rtol=rtol: integrate(PATIENT, GRID, rtol=rtol))
            goal = GOALS.get((engine, rtol), "")
            print(f"{engine:12s} {rtol:8.0e} {best:8.2f} {median:8.2f} {goal:>6}")
    best, median = milliseconds(lambda: simulate(PATIENT, years=10))
    print(f"simulate(), compiled, with its table of quantities: {best:.2f} (median {median:.2f})")

    everyone = people(1000, PATIENT, seed=1)
    options = {"years": 10, "points": 11, "progress": False, "quantities": ["phosphate", "pth", "gfr"]}
    compiled.use("organs")
    start = time.perf_counter()
    simulate_cohort(everyone[:40], **options)
    plain = (time.perf_counter() - start) * 25
    compiled.use("compiled")
    start = time.perf_counter()
    simulate_cohort(everyone, **options)
    alone = time.perf_counter() - start
    with ProcessPoolExecutor(2) as pool:
        start = time.perf_counter()
        simulate_cohort(everyone, executor=pool, **options)
        two = time.perf_counter() - start
    print("\n1000 patients through 10 years (s)")
    print(f"plain Python, one after the other (from 40 patients) {plain:8.1f}")
    print(
        f"compiled, one process                                {alone:8.2f}   {plain / alone:5.0f} times faster"
    )
    print(
        f"compiled, two processes                              {two:8.2f}   {plain / two:5.0f} times faster (goal 15)"
    )


if __name__ == "__main__":
    main()
