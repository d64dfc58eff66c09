"""Run a patient through time and keep the course as a table."""

import functools
import itertools

import numpy as np
import pandas as pd

from calphos.model import body
from calphos.model.engine import solve
from calphos.model.parameters import parameters
from calphos.model.patient import Patient
from calphos.model.profiles import DAY, YEAR, given, span
from calphos.tables.errors import InputError, find, number
from calphos.tables.quantities import quantity
from calphos.tables.reading import records

RTOL = 1e-6
# Absolute tolerance as a share of each state's healthy value (or of 1 where health is zero).
ATOL = 1e-8
# How far below zero a state may be left by rounding, as such a share.
BELOW_ZERO = 1e-5


class SimulationError(InputError):
    """The model refuses a setting because no physiological course exists for it; the message says why."""


class Course:
    """What happened to a patient: quantities (columns, SI units) over time (index, days).

    `course["phosphate"]` is a Series; `course.at(years=5)` the values at one time; `course.final` the last ones;
    `course.table()` the whole DataFrame; `course.plot("phosphate", "pth")` a figure. Stored times are `days` and `hours`
    (arrays); `states` are the states at those times, `final_state` the last one (a body.State).
    """

    def __init__(self, patient, table, states, hours):
        self.patient = patient
        self._table = table
        self.final = table.iloc[-1]
        self.states, self.final_state = states, body.State(*states[-1])
        self.hours, self.days = hours, hours / DAY

    def table(self, units="SI"):
        """The course as a DataFrame: index "day", a column a quantity; `attrs["units"]` maps each to its unit."""
        registry = {name: quantity(name) for name in self._table.columns}
        table = self._table * [row.factor(units) for row in registry.values()]
        table.attrs["units"] = {name: row.unit(units) for name, row in registry.items()}
        return table

    def __getitem__(self, name):
        return self._table[find(name, self._table.columns, "quantity")]

    def at(self, years=None, days=None, hours=None):
        """All quantities at one time (a Series), by straight lines between the stored times."""
        value, unit = given("at", years=years, days=days, hours=hours)
        hour = number(value, "at") * unit
        if not 0 <= hour <= self.hours[-1] * (1 + 1e-9):
            raise InputError(f"the course runs from 0 to {self.days[-1]:g} days")
        values = {name: np.interp(hour, self.hours, column) for name, column in self._table.items()}
        return pd.Series(values, name=hour / DAY)

    def plot(self, *names, **options):
        """Draw quantities over time; returns a matplotlib Figure (see calphos.drawing.figures.course)."""
        from calphos.drawing import figures

        return figures.course(self, *names, **options)

    def __repr__(self):
        return f"<Course of {self.days[-1]:g} days, {len(self.hours)} points, {self.patient!r}>"


@functools.lru_cache(maxsize=256)
def healthy(p):
    """Return the derived constants and the healthy state (an array) of a set of parameters.

    Raises InputError, with the parameters that were changed, where the healthy body would have no balance: a curve would
    run backwards or a flow be negative.
    """
    try:
        k = body.constants(p)
        wrong = {name: f"{value:.3g}" for name, value in vars(k).items() if not 0 <= value < np.inf}
    except (ArithmeticError, ValueError, TypeError) as problem:  # TypeError: a root of a negative number is complex
        wrong = {"a constant": problem}
    if wrong:
        given_ones = ((row, getattr(p, name)) for name, row in parameters().items() if row.kind == "parameter")
        changed = ", ".join(f"{row.name}={value:g}" for row, value in given_ones if value != row.value)
        why = ", ".join(f"{name} would be {value}" for name, value in wrong.items())
        raise InputError(f"{changed}: with these the healthy body has no balance ({why})")
    state = np.array(body.healthy_state(p, k), dtype=float)
    state.flags.writeable = False  # it is shared
    return k, state


def integrate(patient, hours, start=None, rtol=RTOL, atol=ATOL, added=None):
    """States at the given times: an array of shape (len(hours), len(body.STATE_NAMES)).

    hours increase from 0; start is a State (default: health). Inputs that change along straight lines are one run of the
    solver; jumps and bends restart it. `added` is put on top of settings, whatever their bounds.
    """
    p, profiles = patient.at(0.0), patient.profiles
    k, rest = healthy(p)
    p = p._replace(**{name: getattr(p, name) + more for name, more in (added or {}).items()})
    y = rest if start is None else np.array(start, dtype=float)
    scale = np.where(rest > 0, rest, 1.0)
    out = np.empty((len(hours), len(y)))
    out[0] = y
    for t0, t1, inside, times in stretches([patient], hours):
        lines = {name: profile.line(t0, t1) for name, profile in profiles.items()}
        p = p._replace(**{name: value for name, (value, _) in lines.items()})
        slopes = {name: slope for name, (_, slope) in lines.items() if slope}
        states = solve(p, k, slopes, y, times, rtol, atol * scale)
        if states is None or not np.all(np.isfinite(states)):
            raise SimulationError(
                f"the model has no course for this setting: its equations run away after day {t0 / DAY:g} ({patient!r})"
            )
        y, out[inside] = states[-1], states[1 : len(inside) + 1]
    low = np.min(out / scale, axis=0)
    if low.min() < -BELOW_ZERO:
        name = body.STATE_NAMES[int(np.argmin(low))]
        raise SimulationError(f"refused: {name} would fall below zero ({patient!r})")
    return np.maximum(out, 0.0)


def stretches(patients, hours):
    """Yield (start, end, places of `hours` inside, times to solve for from its start) of each stretch without a break."""
    profiles, end = [profile for patient in patients for profile in patient.profiles.values()], hours[-1]
    breaks = {0.0, float(end)}.union(*(profile.breakpoints(0.0, end) for profile in profiles))
    for t0, t1 in itertools.pairwise(sorted(breaks)):
        inside = np.flatnonzero((hours > t0) & (hours <= t1))
        yield t0, t1, inside, np.unique([0.0, *(hours[inside] - t0), t1 - t0])


@functools.cache
def plausible():
    """The bounds of data/plausible.csv, outside which no body lives: a dict of quantity to (lower, upper, unit)."""
    return {row["name"]: (row["lower"], row["upper"], row["unit"]) for row in records("plausible")}


def _refuse_the_impossible(table, patient):
    """Raise SimulationError, with the reason, for a course that no body could have (data/plausible.csv)."""
    for name, (lower, upper, unit) in plausible().items():
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
    array of times in the same unit. `start` is "healthy" (the default), "steady" (where the patient's settings at
    time 0, and schedules that repeat, lead in the end), or a Course to continue from. Raises InputError for bad settings
    and SimulationError (also an InputError) when no course exists.

    >>> simulate(Patient(gfr=30), days=10, points=2)
    <Course of 10 days, 2 points, Patient(gfr=30.0)>
    """
    patient = Patient() if patient is None else patient
    if not isinstance(patient, Patient):
        raise InputError(f"simulate needs a Patient, not {type(patient).__name__}")
    grid = time_grid(*span("simulate", years=years, days=days, hours=hours), points)
    if isinstance(start, str) and start == "steady":
        now = {name: profile.at(0.0) for name, profile in patient.profiles.items() if not profile.period}
        start = steady_course(patient.with_(**now))
    if not (isinstance(start, Course) or (isinstance(start, str) and start == "healthy")):
        raise InputError("simulate: start must be 'healthy', 'steady' or a Course")
    state = start.final_state if isinstance(start, Course) else None
    states = integrate(patient, grid, state, rtol)
    with np.errstate(all="ignore"):
        table = quantities_of(patient, grid, states)
    _refuse_the_impossible(table, patient)
    return Course(patient, table, states, grid)


def time_grid(end, unit, points):
    """The stored times in hours: evenly spaced, or as given in a unit of so many hours."""
    if not np.ndim(points):
        return np.linspace(0.0, end, int(number(points, "simulate: points", 2)))
    grid = np.array([number(point, "simulate: points") for point in points]) * unit
    if grid.size and grid[0] != 0:
        grid = np.concatenate(([0.0], grid))
    if not (grid.size > 1 and np.all(np.diff(grid) > 0) and np.isclose(grid[-1], end)):
        raise InputError("simulate: points must increase and end at the length")
    grid[-1] = end
    return grid


def quantities_of(patient, grid, states):
    """The DataFrame of quantities for states (rows) at hours `grid`."""
    k, _ = healthy(patient.at(0.0))
    observed = body.observe(body.State(*states.T), patient.at(grid), k)
    return pd.DataFrame(observed, index=pd.Index(grid / DAY, name="day"))


def steady_course(patient, rtol=RTOL):
    """The course at whose end a patient has settled: 20 years from health, or one period of a schedule that has settled.

    Profiles that do not repeat count with their last value. A schedule settles where it itself leads: after 20 years with
    its average a period of the real one is run, and the 20 years are run again with what the body gained in that period
    more than its average would have let it gain.
    """
    still = {name: profile.mean() for name, profile in patient.profiles.items() if not profile.period}
    held = patient.with_(**still)
    schedule = held.repeating
    mean = held.with_(**{name: profile.mean() for name, profile in schedule.items()})
    long = np.array([0.0, 10.0, 20.0])  # years
    if not schedule:
        return simulate(mean, years=20, points=long, rtol=rtol)
    period = max(profile.period for profile in schedule.values())
    hours = np.linspace(0.0, period, 4 * round(period) + 1)
    p, added = mean.at(0.0), {}
    k, _ = healthy(p)
    for _ in range(2):  # comparisons with the average, after which little changes
        state = integrate(mean, long * YEAR, rtol=rtol, added=added)[-1]
        state = integrate(held, np.array([0.0, period]), state, rtol)[-1]
        states = integrate(held, hours, state, rtol)
        table = quantities_of(held, hours, states)
        even = body.observe(body.State(*states.mean(axis=0)), p, k)
        added = {
            f"{mineral}_infusion": (table[f"{mineral}_balance"].mean() - even[f"{mineral}_balance"]) / DAY
            for mineral in ("calcium", "phosphate")
        }
    _refuse_the_impossible(table, held)
    return Course(held, table, states, hours)


def steady_state(patient=None):
    """All quantities (a Series) once everything but bone and mature deposits has settled; those have had 20 years.

    Profiles that do not repeat count with their last value. With a schedule that repeats, such as dialysis sessions, the
    values are means over its period once the schedule itself has settled.

    >>> bool(steady_state(Patient(gfr=30))["pth"] > steady_state()["pth"])
    True
    """
    course = steady_course(Patient() if patient is None else patient)
    series = course.table().iloc[:-1].mean() if course.patient.repeating else course.final.copy()
    series.name = "steady state"
    return series
