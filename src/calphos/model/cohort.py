"""A virtual cohort: many patients who differ as `data/variation.csv` assumes."""

import functools
import warnings

import numpy as np
import pandas as pd

from calphos.model import compiled
from calphos.model.parameters import parameter
from calphos.model.patient import Patient, is_daily_diet
from calphos.model.profiles import Profile
from calphos.model.simulation import SimulationError, simulate
from calphos.tables.errors import InputError
from calphos.tables.reading import rows

# From this many patients on it pays to wait until the model is compiled.
WAIT_FOR_COMPILED = 200


@functools.cache
def variation():
    """The assumed differences between people: a tuple of dicts (name, kind, spread, note)."""
    return tuple({**row, "spread": float(row["spread"])} for row in rows("variation"))


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
    differences = variation()
    draws = rng.standard_normal((int(count), len(differences))) * scale
    cohort = []
    for draw in draws:
        settings = dict(patient.settings)
        for row, number in zip(differences, draw, strict=True):
            name, value = row["name"], patient.value(row["name"])
            if row["kind"] == "lognormal":
                change = functools.partial(np.multiply, np.exp(row["spread"] * number))
            else:
                change = functools.partial(np.add, row["spread"] * number)
            settings[name] = _changed(parameter(name), value, change)
        cohort.append(Patient(**settings))
    return cohort


def _changed(row, value, change):
    """A setting (a number or a Profile) after a change, within the bounds of its parameter."""

    def within(level):
        return float(np.clip(change(level), row.lower, row.upper))

    if not isinstance(value, Profile):
        return within(value)
    if is_daily_diet(row.name, value):
        share = within(value.mean()) / value.mean()
        levels = [(hour, share * rate) for hour, rate in value.points]
    else:
        levels = [(hour, within(level)) for hour, level in value.points]
    return Profile(tuple(levels), value.period)


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
        warnings.warn(f"{len(patients) - len(tables)} of {len(patients)} patients had no course", stacklevel=2)
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
    bands = []
    for low, high in gfr:
        values = table.loc[(table["gfr"] >= low) & (table["gfr"] < high), quantity]
        percent = 100 * float((values > above).mean()) if len(values) else float("nan")
        bands.append({"gfr": f"{low:g} to {high:g}", "percent": percent, "n": len(values)})
    return pd.DataFrame(bands)


def ensemble():
    """Parameter sets that fit the calibration targets comparably well (data/ensemble.csv): a list of dicts.

    `Patient(**ensemble()[7], gfr=30)` shows what the data do not pin down.
    """
    return [{name: float(value) for name, value in row.items() if name != "member"} for row in rows("ensemble")]
