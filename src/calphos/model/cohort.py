"""A virtual cohort: many patients who differ as `data/variation.csv` assumes."""

import warnings
from types import SimpleNamespace

import numpy as np
import pandas as pd

from calphos.model import body, rosenbrock
from calphos.model.changes import Change
from calphos.model.engine import FLOORS, bound, flat_code
from calphos.model.patient import Patient
from calphos.model.profiles import DAY, Profile, span
from calphos.model.simulation import ATOL, BELOW_ZERO, RTOL, SimulationError, healthy, plausible, stretches, time_grid
from calphos.tables.errors import InputError, number
from calphos.tables.quantities import quantity
from calphos.tables.reading import records

_TOGETHER = 1000  # patients


def people(count, patient=None, *, seed=1, scale=1.0):
    """`count` Patients who differ around `patient` (default: a healthy one). Returns a list.

    Each parameter of data/variation.csv is multiplied by a log-normal number, or gets a normal one added, with the
    spread given there times `scale`; values stay within the parameter's bounds. Profiles are multiplied as a whole. The
    same seed gives the same people. The spreads are assumptions, not data.
    """
    count, scale = int(number(count, "people: count", 1)), number(scale, "people: scale", 0, 3)
    patient = Patient() if patient is None else patient
    rng = np.random.default_rng(seed)
    differences = records("variation")
    draws = rng.standard_normal((count, len(differences))) * scale
    cohort = []
    for draw in draws:
        settings = dict(patient.settings)
        for row, drawn in zip(differences, draw, strict=True):
            by = row["spread"] * drawn
            mode, by = ("scale", np.exp(by)) if row["kind"] == "lognormal" else ("add", by)
            settings[row["name"]] = Change("", row["name"], mode, by, by).to(patient.value(row["name"]), 1.0)
        cohort.append(Patient(**settings))
    return cohort


def _columns(sets):
    """A list of namedtuples or namespaces as a list of values: a number where all agree, else an array over patients."""
    columns = np.array([list(values) for values in sets]).T
    return [float(column[0]) if np.all(column == column[0]) else column for column in columns]


def _courses(patients, hours):
    """States of all patients at `hours` (times, states, patients; NaN without a course), parameters and constants."""
    sets = [patient.at(0.0) for patient in patients]
    resting = [healthy(p) for p in sets]
    p = sets[0]._make(_columns(sets))
    k = SimpleNamespace(**dict(zip(vars(resting[0][0]), _columns([vars(k).values() for k, _ in resting]), strict=True)))
    y = np.array([state for _, state in resting]).T
    atol = ATOL * np.where(y[:, 0] > 0, y[:, 0], 1.0)
    floors = np.reshape(FLOORS, (-1, 1))
    code = flat_code(build=True)
    out = np.empty((len(hours), *y.shape))
    out[0] = y
    for t0, t1, inside, times in stretches(patients, hours):
        lines = _lines(patients, t0, t1)
        now = p._replace(**{name: value for name, (value, _) in lines.items()})
        slopes = {name: slope for name, (_, slope) in lines.items() if slope.any()}
        rates, entries = bound(code, now, k, slopes, exp=np.exp, log=np.log, states=lambda y: np.maximum(y, floors))
        with np.errstate(all="ignore"):
            states = rosenbrock.solve(rates, entries, code.PLACES, y, times, RTOL, atol, steady=not slopes)
        y, out[inside] = states[-1], states[1 : len(inside) + 1]
    return out, p, k


def _lines(patients, t0, t1):
    """Value and slope of every input that changes, between two hours without a break: {name: array (2, patients)}."""
    moving = {name for patient in patients for name in patient.profiles}
    values = {name: [patient.value(name) for patient in patients] for name in moving}
    line = lambda value: value.line(t0, t1) if isinstance(value, Profile) else (value, 0.0)
    return {name: np.array([*map(line, found)]).T for name, found in values.items()}


def _run(patients, hours, names, first):
    """The table of some patients: columns of quantities, index (person, day); patients without a course are left out."""
    states, p, k = _courses(patients, hours)
    levels = [_lines(patients, hour, hour + 1e-6) for hour in hours]
    p = p._replace(**{name: np.array([found[name][0] for found in levels]) for name in levels[0]})
    with np.errstate(all="ignore"):
        observed = body.observe(body.State(*np.maximum(states, 0.0).transpose(1, 0, 2)), p, k)
    # NaN, where the equations ran away, is below nothing and above nothing.
    sound = (states >= -BELOW_ZERO * np.where(states[0] > 0, states[0], 1.0)).all(axis=(0, 1))
    shape = (len(hours), len(patients))
    table = {name: np.broadcast_to(column, shape) for name, column in observed.items()}
    for name, (lower, upper, _) in plausible().items():
        sound &= ((table[name] >= lower) & (table[name] <= upper)).all(axis=0)
    who = np.flatnonzero(sound) + first
    index = pd.MultiIndex.from_product([who, hours / DAY], names=["person", "day"])
    return pd.DataFrame({name: table[name][:, sound].T.ravel() for name in names or table}, index=index)


def simulate_cohort(patients, *, quantities=None, years=None, days=None, hours=None, points=121):
    """Simulate many patients together; returns a DataFrame with index ("person", "day"), a column a quantity (SI).

    years, days, hours, points   as in `simulate`; everybody starts from health
    quantities                   only these columns

    A thousand patients at a time take the same steps of one solver whose arithmetic is done for all at once (`rosenbrock`).
    Where set-up has not made the flat code it is made first, which takes some seconds. People are numbered from 1; one
    for whom the model has no course is left out, and a warning says how many were. Raises InputError for bad settings.

    >>> table = simulate_cohort(people(3, seed=1), days=10, points=2, quantities=["pth"])
    >>> table.shape
    (6, 1)
    """
    patients = list(patients)
    if not patients:
        raise InputError("simulate_cohort needs at least one patient")
    grid = time_grid(*span("simulate_cohort", years=years, days=days, hours=hours), points)
    names = None if quantities is None else [quantity(name).name for name in quantities]
    firsts = range(0, len(patients), _TOGETHER)
    table = pd.concat([_run(patients[first : first + _TOGETHER], grid, names, first + 1) for first in firsts])
    lost = len(patients) - table.index.get_level_values("person").nunique()
    if lost == len(patients):
        raise SimulationError("none of the patients had a course")
    if lost:
        warnings.warn(f"{lost} of {len(patients)} patients had no course", stacklevel=2)
    return table


def ensemble():
    """Parameter sets that fit the calibration targets comparably well (data/ensemble.csv): a list of dicts.

    `Patient(**ensemble()[7], gfr=30)` shows what the data do not pin down.
    """
    return [{name: value for name, value in row.items() if name != "member"} for row in records("ensemble")]
