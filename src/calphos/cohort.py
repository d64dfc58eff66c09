"""A virtual cohort: many patients who differ as `data/variation.csv` assumes."""

import csv
import functools

import numpy as np
import pandas as pd

from calphos import compiled
from calphos.errors import InputError
from calphos.parameters import parameter
from calphos.paths import data_dir
from calphos.patient import Patient, Profile
from calphos.simulation import SimulationError, simulate

# From this many patients on it pays to wait until the model is compiled.
WAIT_FOR_COMPILED = 200


@functools.cache
def variation():
    """The assumed differences between people: a tuple of dicts (name, kind, spread, note)."""
    with open(data_dir() / "variation.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        parameter(row["name"])
        if row["kind"] not in ("normal", "lognormal"):
            raise InputError(
                f"variation.csv ({row['name']}), column 'kind': {row['kind']!r} is not normal or lognormal"
            )
        row["spread"] = float(row["spread"])
    return tuple(rows)


def people(count, patient=None, *, seed=1, scale=1.0):
    """`count` Patients who differ around `patient` (default: a healthy one). Returns a list.

    Each parameter of data/variation.csv is multiplied by a log-normal number, or gets a normal one added, with the
    spread given there times `scale`; values stay within the parameter's bounds. Profiles are multiplied as a whole. The
    same seed gives the same people. The spreads are assumptions, not data.
    """
    if int(count) < 1:
        raise InputError("people: count must be at least 1")
    if not 0 <= scale <= 3:
        raise InputError("people: scale must be between 0 and 3")
    patient = Patient() if patient is None else patient
    rng = np.random.default_rng(seed)
    rows = variation()
    draws = rng.standard_normal((int(count), len(rows))) * scale
    cohort = []
    for draw in draws:
        settings = dict(patient.settings)
        for row, number in zip(rows, draw, strict=True):
            name, bounds = row["name"], parameter(row["name"])
            if row["kind"] == "lognormal":
                change = functools.partial(np.multiply, np.exp(row["spread"] * number))
            else:
                change = functools.partial(np.add, row["spread"] * number)
            value = patient.value(name)
            if isinstance(value, Profile):
                levels = [
                    (hour, float(np.clip(change(level), 0, bounds.upper * 24)))
                    for hour, level in value.points
                ]
                settings[name] = Profile(tuple(levels), value.period)
            else:
                settings[name] = float(np.clip(change(value), bounds.lower, bounds.upper))
        cohort.append(Patient(**settings))
    return cohort


def _run(task):
    patients, options, names = task
    tables = []
    for person in patients:
        try:
            table = simulate(person, **options)._table
        except SimulationError:
            continue
        tables.append(table[names] if names else table)
    return tables


def simulate_cohort(patients, *, quantities=None, executor=None, progress=True, chunk=25, **options):
    """Simulate many patients; returns a DataFrame with index ("person", "day") and one column a quantity (SI).

    `options` go to `simulate` (years=10, points=41, ...). `quantities` keeps only some columns. `executor` is any
    `concurrent.futures` executor (a process pool, Dask's or joblib's): without one the work is done here. `progress`
    shows a bar. A patient for whom the model has no course is left out, and a warning says how many were.
    """
    patients = list(patients)
    if not patients:
        raise InputError("simulate_cohort needs at least one patient")
    names = list(quantities) if quantities is not None else None
    tasks = [(patients[i : i + chunk], options, names) for i in range(0, len(patients), chunk)]
    if len(patients) > WAIT_FOR_COMPILED:
        compiled.warm_up(wait=True)
    results = executor.map(_run, tasks) if executor is not None else map(_run, tasks)
    if progress:
        from tqdm.auto import tqdm

        results = tqdm(results, total=len(tasks), desc=f"{len(patients)} patients", leave=False)
    tables = [table for part in results for table in part]
    if len(tables) < len(patients):
        import warnings

        warnings.warn(
            f"{len(patients) - len(tables)} of {len(patients)} patients had no course", stacklevel=2
        )
    if not tables:
        raise SimulationError("none of the patients had a course")
    return pd.concat(tables, keys=range(1, len(tables) + 1), names=["person", "day"])


def prevalence(table, quantity, above, gfr=((60, 90), (45, 60), (30, 45), (15, 30), (10, 15))):
    """Per cent of a cohort's person-times with a quantity above a limit, in ranges of GFR.

    `table` comes from simulate_cohort and holds the quantity and gfr; `above` is in SI units. Returns a DataFrame with
    one row a range (low included, high not) and columns gfr, percent, n. Ranges without anybody are NaN.
    """
    for name in (quantity, "gfr"):
        if name not in table.columns:
            raise InputError(f"prevalence: the table of the cohort has no column {name!r}")
    rows = []
    for low, high in gfr:
        values = table.loc[(table["gfr"] >= low) & (table["gfr"] < high), quantity]
        percent = 100 * float((values > above).mean()) if len(values) else float("nan")
        rows.append({"gfr": f"{low:g} to {high:g}", "percent": percent, "n": len(values)})
    return pd.DataFrame(rows)


def ensemble():
    """Parameter sets that fit the calibration targets comparably well (data/ensemble.csv): a list of dicts.

    `Patient(**ensemble()[7], gfr=30)` shows what the data do not pin down.
    """
    with open(data_dir() / "ensemble.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [{name: float(value) for name, value in row.items() if name != "member"} for row in rows]
