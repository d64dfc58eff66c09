"""Fit the parameters of calibration/priors.csv to the C targets of data/targets.csv (run by `make calibrate`).

The fit is a weighted least-squares problem: one residual a target (its printed range counts as two standard deviations
each way) and one a parameter (its distance from the prior, on a log scale). It starts from the priors and draws nothing
at random, so it gives the same numbers every time. V targets are never looked at here.

C15 is a cohort's mean and the population targets C16-C18 are shares: they enter through the mean patient and
an assumed spread between people (log-normal PTH, normal phosphate). `make validate` checks them in the virtual cohort.

The ensemble that follows holds parameter sets that fit comparably well: draws (fixed seed) from the normal distribution
around the optimum, of which those are kept that meet every fitted target but C16.

Writes the fitted values into data/parameters.csv (evidence "fitted") and the sets into data/ensemble.csv.
"""

import csv
import sys
import time
from pathlib import Path

import numpy as np
from scipy.optimize import least_squares
from scipy.stats import norm

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "validation"))
from experiments import HIGH_PHOSPHATE, NORMAL_PTH_LIMIT, RAISED_PTH, calibration_targets
from validate import PARTS

from calphos.model import compiled
from calphos.model.parameters import parameter
from calphos.tables import references

NUMERIC = ("C08", "C09", "C10", "C11", "C13", "C14", "C15", "C20", "C21", "C22", "C23", "C24", "C25")
LOGARITHMIC = ("C20",)
MEMBERS = 120
# C16 pulls against C13 and C15 (another cohort, other assays): it is fitted, but not at any price.
C16_WEIGHT = 0.05
# (target, quantity, limit, range of GFR)
PREVALENCES = (
    ("C16a", "pth", RAISED_PTH, (60, 100)),
    ("C16b", "pth", RAISED_PTH, (45, 60)),
    ("C16c", "pth", RAISED_PTH, (30, 45)),
    ("C17a", "pth", NORMAL_PTH_LIMIT, (60, 90)),
    ("C17b", "pth", NORMAL_PTH_LIMIT, (10, 20)),
    ("C18a", "phosphate", HIGH_PHOSPHATE, (60, 90)),
    ("C18b", "phosphate", HIGH_PHOSPHATE, (10, 20)),
)
# Target to (published per cent, tolerance in points).
PUBLISHED = {
    target + part: (published, high - published)
    for target, part, _, published, _, high, _ in PARTS
    if target in ("C16", "C17", "C18")
}
SEED = 20
REACH = 0.6  # share of the normal distribution's width that is drawn from
# Size of a residual at the edge of a published range (see residuals).
EDGE = 0.5 * 2 + 8 * 0.3


def ranges():
    """(target, low, high) of each numeric C target."""
    rows = {row["id"]: row for row in references.rows("targets")}
    found = {}
    for key in NUMERIC:
        low, high = float(rows[key]["low"]), float(rows[key]["high"])
        text = rows[key]["target"]
        found[key] = (float(text) if "-" not in text else (low * high) ** 0.5, low, high)
    return found


def pth_spread(gfr):
    """Assumed standard deviation of log PTH between people: wider the fewer nephrons are left."""
    return 0.30 + 0.32 * (1 - gfr / 100)


def cohort_means(results):
    """C15 as the mean of a cohort, which a log-normal spread lifts above the mean patient's value."""
    curve = results["curve"]
    mixed = curve[curve["gfr"] <= 55.5]
    lifted = mixed["pth"] * np.exp(pth_spread(mixed["gfr"]) ** 2 / 2)
    return lifted.mean() / (curve["pth"].iloc[0] * np.exp(pth_spread(100) ** 2 / 2))


def prevalences(results):
    """Per cent of people above each limit of PREVALENCES, from the mean patient and the assumed spread."""
    gfr = results["curve"]["gfr"].to_numpy()
    found = {}
    for key, name, limit, (low, high) in PREVALENCES:
        inside = (gfr >= low) & (gfr <= high)
        mean = results["curve"][name].to_numpy()[inside]
        if name == "pth":
            distance = np.log(mean / limit) / pth_spread(gfr[inside])
        else:
            distance = (mean - limit) / (0.12 + 0.05 * (1 - gfr[inside] / 100))
        found[key] = 100 * norm.cdf(distance).mean()
    return found


def residuals(results, wanted):
    """One number a target: EDGE in size at the edge of its range."""
    values = []
    for key, (target, low, high) in wanted.items():
        value = cohort_means(results) if key == "C15" else results[key]
        if key in LOGARITHMIC:
            value, target, low, high = np.log([value, target, low, high])
        side = high - target if value > target else target - low
        values.append(2 * (value - target) / side)
    # The orders C12 and C19 as distances from the GFR at which they would break.
    later = max(results["gfr_pth"], results["gfr_phosphate"])
    for gap in (results["gfr_fgf23"] - later - 10, 27 - results["gfr_phosphate"], 27 - results["gfr_calcium"]):
        values.append(min(gap, 0) / 2)
    shares = prevalences(results)
    values += [2 * (shares[key] - PUBLISHED[key][0]) / PUBLISHED[key][1] for key in shares]
    values = np.array(values)
    # Inside its range a target counts little, outside it counts much.
    excess = np.sign(values) * np.maximum(np.abs(values) - 1.7, 0)
    excess[-len(PREVALENCES) : -4] *= C16_WEIGHT
    return 0.5 * values + 8 * excess


def main():
    start = time.time()
    compiled.use("compiled")
    with open(Path(__file__).parent / "priors.csv", newline="", encoding="utf-8") as file:
        priors = list(csv.DictReader(file))
    names = [row["name"] for row in priors]
    prior = np.log([float(row["prior"]) for row in priors])
    spread = np.array([float(row["spread"]) for row in priors])
    low = np.log([max(parameter(name).lower, 1e-3) for name in names])
    high = np.log([parameter(name).upper for name in names])
    bounds = [[getattr(parameter(name), side) for name in names] for side in ("lower", "upper")]
    wanted = ranges()

    def cost_vector(x):
        settings = dict(zip(names, np.clip(np.exp(x), *bounds), strict=True))
        return np.concatenate((residuals(calibration_targets(settings), wanted), (x - prior) / spread))

    fit = least_squares(cost_vector, prior, bounds=(low, high), diff_step=1e-3, x_scale=spread, max_nfev=30)
    best = np.round(np.exp(fit.x), 4)
    report(names, best, np.exp(prior), wanted)
    print(f"cost {2 * fit.cost:.2f} after {fit.nfev} steps, {time.time() - start:.0f} s")
    write_parameters(dict(zip(names, best, strict=True)))

    if "--fit-only" in sys.argv:
        return
    rng = np.random.default_rng(SEED)
    root = np.linalg.cholesky(np.linalg.inv(fit.jac.T @ fit.jac))
    members, tried = [], 0
    count = len(NUMERIC) + 3 + len(PREVALENCES)
    relaxed = slice(count - len(PREVALENCES), count - 4)
    while len(members) < MEMBERS and tried < 20 * MEMBERS:
        tried += 1
        x = np.clip(np.log(best) + REACH * root @ rng.standard_normal(len(names)), low, high)
        vector = cost_vector(x)
        # C16 apart, every target must be met as the optimum meets it: inside its published range.
        if np.all(np.abs(np.delete(vector[:count], relaxed)) <= EDGE):
            members.append(np.exp(x))
    with open(ROOT / "data" / "ensemble.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["member", *names])
        for number, values in enumerate(members, start=1):
            writer.writerow([number, *(f"{value:.5g}" for value in values)])
    references.seal()
    print(f"ensemble: {len(members)} of {tried} draws kept, {time.time() - start:.0f} s")


def report(names, best, prior, wanted):
    results = calibration_targets(dict(zip(names, best, strict=True)))
    results["C15"] = cohort_means(results)
    for name, value, first in zip(names, best, prior, strict=True):
        print(f"{name:28s} {first:8.3f} -> {value:8.3f}")
    for key, (target, low, high) in wanted.items():
        mark = "" if low <= results[key] <= high else "  OUTSIDE"
        print(f"{key} {results[key]:9.3f}  target {target:.3g} ({low:g} to {high:g}){mark}")
    print({key: round(float(value), 3) for key, value in results.items() if key[0] != "C" and key != "curve"})
    print({key: round(float(value), 1) for key, value in prevalences(results).items()})


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
    references.seal()


if __name__ == "__main__":
    main()
