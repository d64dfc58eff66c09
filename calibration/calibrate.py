"""Fit the parameters of calibration/priors.csv to the C targets of data/targets.csv (run by `make calibrate`).

The fit is a weighted least-squares problem: one residual a target (its printed range counts as two standard deviations
each way) and one a parameter (its distance from the prior, on a log scale). It starts from the priors and draws nothing
at random, so it gives the same numbers every time. V targets are never looked at here.

C15 is a cohort's mean and the population targets C16-C18 are shares: they enter through the mean patient and
an assumed spread between people (log-normal PTH, normal phosphate). `make validate` checks them in the virtual cohort.

The ensemble that follows holds parameter sets that fit comparably well: draws (fixed seed) from the normal distribution
around the optimum, of which those are kept that miss no fitted target by more than the optimum does.

Writes the fitted values into data/parameters.csv (evidence "fitted") and the sets into data/ensemble.csv.
"""

import csv
import sys
import time
from pathlib import Path

import numpy as np
from scipy.optimize import least_squares

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "validation"))
import experiments
from experiments import score

from calphos.model.engine import flat_code
from calphos.model.parameters import parameter
from calphos.tables import reading

MEMBERS = 120
# C16 pulls against C13 and C15 (another cohort, other assays): it is fitted, but not at any price.
RELAXED = ("C16a", "C16b", "C16c")
RELAXED_WEIGHT = 0.05
SEED = 20
REACH = 0.6  # share of the normal distribution's width that is drawn from
# Size of a residual at the edge of a published range (see residuals).
EDGE = 0.5 * 2 + 8 * 0.3


def residuals(values, targets):
    """One number a target: EDGE in size at the edge of its limits. Inside it counts little, outside it counts much."""
    found = np.array([2 * score.deviation(target, values[target["id"]]) for target in targets])
    excess = np.sign(found) * np.maximum(np.abs(found) - 1.7, 0)
    relaxed = np.array([target["id"] in RELAXED for target in targets])
    return 0.5 * found + 8 * np.where(relaxed, RELAXED_WEIGHT, 1) * excess


def main():
    start = time.time()
    flat_code(build=True)
    with open(Path(__file__).parent / "priors.csv", newline="", encoding="utf-8") as file:
        priors = list(csv.DictReader(file))
    names = [row["name"] for row in priors]
    prior = np.log([float(row["prior"]) for row in priors])
    spread = np.array([float(row["spread"]) for row in priors])
    low = np.log([max(parameter(name).lower, 1e-3) for name in names])
    high = np.log([parameter(name).upper for name in names])
    bounds = [[getattr(parameter(name), side) for name in names] for side in ("lower", "upper")]
    chosen = experiments.names("calibration")
    ready = experiments.run(chosen)[0]
    targets = [target for target in experiments.targets("calibration") if target["id"] in ready]

    def cost_vector(x):
        settings = dict(zip(names, np.clip(np.exp(x), *bounds), strict=True))
        return np.concatenate((residuals(experiments.run(chosen, settings)[0], targets), (x - prior) / spread))

    fit = least_squares(cost_vector, prior, bounds=(low, high), diff_step=1e-3, x_scale=spread, max_nfev=30)
    best = np.round(np.exp(fit.x), 4)
    report(names, best, np.exp(prior), targets)
    print(f"cost {2 * fit.cost:.2f} after {fit.nfev} steps, {time.time() - start:.0f} s")
    write_parameters(dict(zip(names, best, strict=True)))

    if "--fit-only" in sys.argv:
        return
    rng = np.random.default_rng(SEED)
    root = np.linalg.cholesky(np.linalg.inv(fit.jac.T @ fit.jac))
    members, tried = [], 0
    # A target that the optimum misses may be missed by no more than that.
    limits = np.maximum(EDGE, np.abs(cost_vector(np.log(best))[: len(targets)]))
    while len(members) < MEMBERS and tried < 20 * MEMBERS:
        tried += 1
        x = np.clip(np.log(best) + REACH * root @ rng.standard_normal(len(names)), low, high)
        vector = cost_vector(x)
        if np.all(np.abs(vector[: len(targets)]) <= limits):
            members.append(np.exp(x))
    with open(ROOT / "data" / "ensemble.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["member", *names])
        for number, values in enumerate(members, start=1):
            writer.writerow([number, *(f"{value:.5g}" for value in values)])
    reading.seal()
    print(f"ensemble: {len(members)} of {tried} draws kept, {time.time() - start:.0f} s")


def report(names, best, prior, targets):
    values, _skipped = experiments.run(experiments.names("calibration"), dict(zip(names, best, strict=True)))
    for name, value, first in zip(names, best, prior, strict=True):
        print(f"{name:28s} {first:8.3f} -> {value:8.3f}")
    for target in targets:
        value = values[target["id"]]
        mark = "" if score.inside(target, value) else "  OUTSIDE"
        print(f"{target['id']:5s} {value:9.3f}  {target['value']} ({target['low']} to {target['high']}){mark}")
    print(score.summary([(target, values[target["id"]]) for target in targets]))


def write_parameters(values):
    """Put the fitted values into data/parameters.csv and record its new state."""
    path = ROOT / "data" / "parameters.csv"
    with open(path, newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        rows, fields = list(reader), reader.fieldnames
    for row in rows:
        if row["name"] in values:
            row["value"], row["evidence"] = f"{values[row['name']]:g}", "fitted"
        elif row["evidence"] == "fitted":
            row["evidence"] = "assumed"
    temporary = path.with_suffix(".new")
    with open(temporary, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fields, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    temporary.replace(path)
    reading.seal()


if __name__ == "__main__":
    main()
