"""Run a patient through time and keep the course as a table."""

import functools
import itertools
from types import SimpleNamespace

import numpy as np
import pandas as pd

from calphos.model import body
from calphos.model.compiled import solve_segment
from calphos.model.parameters import parameters
from calphos.model.patient import Patient
from calphos.model.profiles import DAY, YEAR
from calphos.tables.errors import InputError, unknown
from calphos.tables.reading import rows

RTOL = 1e-6
# Absolute tolerance as a share of each state's healthy value (or of 1 where health is zero).
ATOL = 1e-8


class SimulationError(InputError):
    """The model refuses a setting because no physiological course exists for it; the message says why."""


class Course:
    """What happened to a patient: quantities (columns, SI units) over time (index, days).

    `course["phosphate"]` is a Series; `course.at(years=5)` the values at one time; `course.final` the last ones;
    `course.table()` the whole DataFrame; `course.plot("phosphate", "pth")` a figure.
    """

    def __init__(self, patient, table, states, hours):
        self.patient = patient
        self._table = table
        self.states = states
        self.hours = hours

    def table(self, units="SI"):
        """The course as a DataFrame: index "day", one column a quantity, in "SI" or "conventional" units.

        `table.attrs["units"]` maps each column to its unit.
        """
        from calphos.tables.quantities import quantity

        registry = {name: quantity(name) for name in self._table.columns}
        table = self._table * [row.factor(units) for row in registry.values()]
        table.attrs["units"] = {name: row.unit(units) for name, row in registry.items()}
        return table

    @property
    def days(self):
        """The stored times in days (an array)."""
        return self.hours / DAY

    def __getitem__(self, name):
        if name not in self._table.columns:
            names = list(self._table.columns)
            raise unknown("quantity", name, names, f"the names are {', '.join(names)}")
        return self._table[name]

    def at(self, years=None, days=None, hours=None):
        """All quantities at one time (a Series), by straight lines between the stored times."""
        hour = _span(years, days, hours, "at")
        if not 0 <= hour <= self.hours[-1] * (1 + 1e-9):
            raise InputError(f"the course runs from 0 to {self.hours[-1] / DAY:g} days")
        values = {name: np.interp(hour, self.hours, column) for name, column in self._table.items()}
        return pd.Series(values, name=hour / DAY)

    @property
    def final(self):
        """All quantities at the end (a Series)."""
        return self._table.iloc[-1]

    @property
    def final_state(self):
        """The state at the end (a body.State)."""
        return body.State(*self.states[-1])

    def plot(self, *names, **options):
        """Draw quantities over time; returns a matplotlib Figure (see calphos.drawing.figures.course)."""
        from calphos.drawing import figures

        return figures.course(self, *names, **options)

    def __repr__(self):
        return f"<Course of {self.hours[-1] / DAY:g} days, {len(self.hours)} points, {self.patient!r}>"


def _span(years, days, hours, who):
    given = [(value, unit) for value, unit in ((years, YEAR), (days, DAY), (hours, 1.0)) if value is not None]
    if len(given) != 1:
        raise InputError(f"{who}: give one of years, days or hours")
    try:
        span = float(given[0][0]) * given[0][1]
    except (TypeError, ValueError):
        raise InputError(f"{who}: {given[0][0]!r} is not a number") from None
    if not np.isfinite(span):
        raise InputError(f"{who}: {given[0][0]!r} is not a finite number")
    return span


def _healthy(patient):
    p = SimpleNamespace(**patient.at(0.0))
    k = body.constants(p)
    return p, k, np.array(body.healthy_state(p, k), dtype=float)


def integrate(patient, hours, start=None, rtol=RTOL, atol=ATOL):
    """States at the given times: an array of shape (len(hours), len(body.STATE_NAMES)).

    hours increase from 0; start is a State (default: health). Inputs that change along straight lines are one run of the
    solver; jumps and bends restart it.
    """
    p, k, healthy = _healthy(patient)
    y = healthy.copy() if start is None else np.array(start, dtype=float)
    scale = np.where(healthy > 0, healthy, 1.0)
    names = list(parameters())
    profiles = patient.profiles
    values = np.array([getattr(p, name) for name in names], dtype=float)
    where = {name: names.index(name) for name in profiles}
    end = hours[-1]
    cuts = {0.0, float(end)}
    for profile in profiles.values():
        cuts.update(profile.breakpoints(0.0, end))
    cuts = sorted(cuts)
    out = np.empty((len(hours), len(y)))
    out[0] = y
    for t0, t1 in itertools.pairwise(cuts):
        slopes = {}
        for name, profile in profiles.items():
            values[where[name]], slope = profile.line(t0, t1)
            if slope:
                slopes[name] = slope
        inside = np.flatnonzero((hours > t0) & (hours <= t1))
        times = np.concatenate(([0.0], hours[inside] - t0, [t1 - t0]))
        if len(inside) and hours[inside[-1]] == t1:
            times = times[:-1]
        states = solve_segment(values, slopes, k, y, times, rtol, atol * scale)
        if states is None or not np.all(np.isfinite(states)):
            raise SimulationError(
                f"the model has no course for this setting: its equations run away after day {t0 / DAY:g} ({patient!r})"
            )
        y = states[-1]
        out[inside] = states[1 : len(inside) + 1]
    # Rounding of the solver may leave a trace below zero where a pool is empty.
    return np.maximum(out, 0.0)


@functools.cache
def _plausible():
    return {row["name"]: (float(row["lower"]), float(row["upper"]), row["unit"]) for row in rows("plausible")}


def _refuse_the_impossible(table, patient):
    """Raise SimulationError, with the reason, for a course that no body could have (data/plausible.csv)."""
    for name, (lower, upper, unit) in _plausible().items():
        values = table[name].to_numpy()
        outside = ~((values >= lower) & (values <= upper))
        if outside.any():
            first = int(np.argmax(outside))
            raise SimulationError(
                f"refused: {name} would be {values[first]:.3g} {unit} on day {table.index[first]:.3g}, outside the "
                f"{lower:g} to {upper:g} {unit} within which the model means anything ({patient!r})"
            )


def simulate(patient=None, *, years=None, days=None, hours=None, points=121, start="healthy", rtol=RTOL):
    """Simulate a patient and return a Course.

    Give the length as years, days or hours. `points` is the number of stored times, evenly spaced, or an increasing
    array of times in the same unit. `start` is "healthy" (the default), "steady" (the patient's own steady state at
    time 0), or a Course to continue from. Raises InputError for bad settings and SimulationError (also an InputError)
    when no course exists.
    """
    patient = Patient() if patient is None else patient
    if not isinstance(patient, Patient):
        raise InputError(f"simulate needs a Patient, not {type(patient).__name__}")
    end = _span(years, days, hours, "simulate")
    if end <= 0:
        raise InputError("simulate: the length must be above 0")
    if np.ndim(points):
        unit = YEAR if years is not None else DAY if days is not None else 1.0
        grid = np.asarray(points, dtype=float) * unit
        if grid[0] != 0:
            grid = np.concatenate(([0.0], grid))
        if not (np.all(np.diff(grid) > 0) and np.isclose(grid[-1], end)):
            raise InputError("simulate: points must increase and end at the length")
        grid[-1] = end
    else:
        if int(points) < 2:
            raise InputError("simulate: points must be at least 2")
        grid = np.linspace(0.0, end, int(points))
    if isinstance(start, Course):
        state = start.final_state
    elif isinstance(start, str) and start == "steady":
        first = {name: profile.at(0.0) for name, profile in patient.profiles.items()}
        state = steady_course(patient.with_(**first)).final_state
    elif isinstance(start, str) and start == "healthy":
        state = None
    else:
        raise InputError("simulate: start must be 'healthy', 'steady' or a Course")
    states = integrate(patient, grid, state, rtol)
    with np.errstate(all="ignore"):
        table = quantities_of(patient, grid, states)
    _refuse_the_impossible(table, patient)
    return Course(patient, table, states, grid)


def quantities_of(patient, grid, states):
    """The DataFrame of quantities for states (rows) at hours `grid`."""
    p = SimpleNamespace(**patient.at(0.0))
    k = body.constants(p)
    for name, profile in patient.profiles.items():
        setattr(p, name, np.array([profile.at(hour) for hour in grid]))
    observed = body.observe(body.State(*np.asarray(states).T), p, k)
    columns = {name: np.broadcast_to(column, grid.shape) for name, column in observed.items()}
    return pd.DataFrame(columns, index=pd.Index(grid / DAY, name="day"))


def steady_course(patient, years=20):
    """The course by which a patient reaches a steady state: settings averaged, 20 years from health."""
    return simulate(patient.averaged(), years=years, points=np.array([years / 2, years]))


def steady_state(patient=None):
    """All quantities (a Series) once everything but bone and mature deposits has settled.

    Repeating profiles count with their average and others with their last value. Bone and mature deposits never settle:
    theirs are the values after 20 years.
    """
    series = steady_course(Patient() if patient is None else patient).final.copy()
    series.name = "steady state"
    return series
