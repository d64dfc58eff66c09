"""Three thousand random settings: each has a course or is refused with a reason, and what has a course keeps its books.

Run by hand: `python validation/random_settings.py [count]`. Every setting draws one to five inputs anywhere within
their bounds and runs for a year. Reported: refusals by reason (a state below zero is one of them); courses with a value
that is not finite; the largest error of the two balances, as a share of what flows; and, for every tenth course, the
largest difference from a second solver (scipy's LSODA) after a month.
"""

import re
import sys
import time
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from scipy.integrate import solve_ivp

from calphos import Patient, simulate
from calphos.model import body
from calphos.model.engine import flat_code
from calphos.model.parameters import parameters
from calphos.tables.errors import InputError

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from test_body import calcium_in_body, phosphate_in_body

SEED = 7
INPUTS = [name for name, row in parameters().items() if row.kind == "input"]


def draw(rng):
    """A patient with one to five inputs set at random."""
    chosen = rng.choice(INPUTS, rng.integers(1, 6), replace=False)
    return Patient(**{name: rng.uniform(parameters()[name].lower, parameters()[name].upper) for name in chosen})


def books(p, k, state, observed):
    """The larger of the two errors of balance [share of what flows] at a state of a course."""
    rates = body.derivatives(state, p, k)
    found = []
    for total, name in ((calcium_in_body, "calcium"), (phosphate_in_body, "phosphate")):
        flows = (f"{name}_eaten", f"faecal_{name}", f"urine_{name}", "bone_resorption", "bone_formation")
        gross = sum(abs(observed[column]) for column in flows)
        found.append(abs(24 * total(body.State(*rates), p) - observed[f"{name}_balance"]) / gross)
    return max(found)


def second_solver(p, k, days):
    """The state after some days under scipy's LSODA."""
    start = np.array(body.healthy_state(p, k), dtype=float)

    def rates(_hour, y):
        return body.derivatives(body.State(*np.maximum(y, 1e-12).tolist()), p, k)

    with np.errstate(over="ignore"):
        solved = solve_ivp(
            rates, (0, days * 24), start, method="LSODA", rtol=1e-8, atol=1e-10 * np.maximum(start, 1e-3)
        )
    return np.maximum(solved.y[:, -1], 0.0)


def main(count=3000):
    flat_code(build=True)
    rng, start = np.random.default_rng(SEED), time.time()
    reasons, worst, apart, courses, infinite = Counter(), 0.0, 0.0, 0, 0
    for number in range(count):
        patient = draw(rng)
        try:
            course = simulate(patient, days=365, points=13)
        except InputError as problem:
            reasons[re.sub(r"[-+]?[0-9][0-9.e+-]*", "#", str(problem).split("(Patient")[0])[:90]] += 1
            continue
        courses += 1
        infinite += not np.isfinite(course.table().to_numpy()).all()
        p = SimpleNamespace(**patient.at(0.0)._asdict())
        k = body.constants(p)
        worst = max(worst, books(p, k, course.final_state, course.final))
        if number % 10 == 0:
            ours = simulate(patient, days=30, points=2, rtol=1e-8).states[-1]
            theirs = second_solver(p, k, 30)
            apart = max(apart, np.max(np.abs(ours - theirs) / np.maximum(np.abs(theirs), 1e-3)))
    print(f"{courses} of {count} have a course, {sum(reasons.values())} are refused, {time.time() - start:.0f} s")
    for reason, times in reasons.most_common():
        print(f"  {times:4d}  {reason}")
    print(f"courses with a value that is not finite: {infinite}")
    print(f"largest error of a balance: {worst:.1e} of what flows")
    print(f"largest difference from the second solver: {apart:.1e}")


if __name__ == "__main__":
    main(*(int(text) for text in sys.argv[1:]))
