"""A patient: settings of the model, some of which may change with time."""

import functools
import itertools
import math
from dataclasses import dataclass

from calphos.model.parameters import parameter, parameters
from calphos.tables.errors import InputError, unknown
from calphos.tables.reading import rows
from calphos.tables.words import DAY, YEAR


@dataclass(frozen=True)
class Profile:
    """An input that changes with time: points (hour, value) joined by straight lines, held before and after.

    Two points at the same hour make a jump. With `period` (hours) the points repeat.
    """

    points: tuple
    period: float | None = None

    def __post_init__(self):
        if not self.points:
            raise InputError("a profile needs at least one point (time, value)")
        try:
            points = tuple((float(hour), float(value)) for hour, value in self.points)
        except (TypeError, ValueError):
            raise InputError("a profile is made of points (time, value), both numbers") from None
        hours = [hour for hour, _ in points]
        if not all(math.isfinite(number) for point in points for number in point):
            raise InputError("a profile's times and values must be finite numbers")
        if hours != sorted(hours):
            raise InputError("a profile's times must not go backwards")
        if self.period is not None and not (self.period > 0 and hours[0] >= 0 and hours[-1] <= self.period):
            raise InputError("a repeating profile's times must lie between 0 and its period")
        object.__setattr__(self, "points", points)

    def breakpoints(self, start, end):
        """Hours strictly between start and end at which the value jumps or bends."""
        hours = [hour for hour, _ in self.points]
        if self.period is None:
            return [hour for hour in hours if start < hour < end]
        found = []
        for turn in range(int(start // self.period), int(end // self.period) + 1):
            found += [turn * self.period + hour for hour in hours]
        return [hour for hour in found if start < hour < end]

    def line(self, start, end):
        """(value, slope per hour) on an interval that has no breakpoint inside."""
        middle = (start + end) / 2
        if self.period is not None:
            turn = math.floor(middle / self.period) * self.period
            start, end, middle = start - turn, end - turn, middle - turn
        points = self.points
        if middle <= points[0][0]:
            return points[0][1], 0.0
        for (t0, v0), (t1, v1) in itertools.pairwise(points):
            if t0 < middle <= t1:
                slope = (v1 - v0) / (t1 - t0)
                return v0 + slope * (start - t0), slope
        return points[-1][1], 0.0

    def mean(self):
        """The average over a period; the last value of a profile that does not repeat."""
        if self.period is None:
            return self.points[-1][1]
        points = [(0.0, self.points[0][1]), *self.points, (self.period, self.points[-1][1])]
        pairs = itertools.pairwise(points)
        return sum((t1 - t0) * (v0 + v1) / 2 for (t0, v0), (t1, v1) in pairs) / self.period

    def at(self, hour):
        """The value at an hour (after the jump, if there is one)."""
        value, _slope = self.line(hour, hour + 1e-6)
        return value


def decline(start, end, years=10, delay_years=0):
    """A straight change from `start` to `end` over `years`, after `delay_years`; then held. Returns a Profile."""
    if not (years > 0 and delay_years >= 0):
        raise InputError("decline: years must be above 0 and delay_years at least 0")
    return Profile(((delay_years * YEAR, start), ((delay_years + years) * YEAR, end)))


def steps(*points):
    """Jumps: `steps((0, 100), (30, 60))` is 100 from day 0 and 60 from day 30. Returns a Profile."""
    flat = []
    for day, value in points:
        if flat:
            flat.append((day * DAY, flat[-1][1]))
        flat.append((day * DAY, value))
    return Profile(tuple(flat))


def sessions(value=1.0, hours=4, per_week=3):
    """Sessions of `hours` from 8 o'clock, `per_week` of them on separate days of a repeating week, 0 in between.

    Three a week are Monday, Wednesday and Friday of the model's week. Returns a Profile that repeats every 168 h.
    """
    first_hour = 8.0
    days = {1: [0], 2: [0, 3], 3: [0, 2, 4], 4: [0, 2, 4, 5], 5: [0, 1, 2, 4, 5], 6: [0, 1, 2, 3, 4, 5], 7: range(7)}
    if per_week not in days:
        raise InputError("sessions: per_week must be a whole number from 1 to 7")
    if not 0 < hours <= 24 - first_hour:
        raise InputError(f"sessions: hours must be above 0 and at most {24 - first_hour:g}")
    points = [(0.0, 0.0)]
    for day in days[per_week]:
        start = day * DAY + first_hour
        points += [(start, 0.0), (start, value), (start + hours, value), (start + hours, 0.0)]
    return Profile(tuple(points), period=7 * DAY)


def meals(per_day, times=(8, 13, 19), hours=1.0):
    """A day's amount `per_day` eaten in equal meals that start at the hours `times` and last `hours`.

    Returns a Profile (a rate per day, as diet_calcium and diet_phosphate are) that repeats every 24 h.
    """
    if not times or hours <= 0 or any(b - a < hours for a, b in itertools.pairwise([*times, DAY])):
        raise InputError("meals: times must be hours of the day in order, and meals must not overlap")
    rate = per_day * DAY / (len(times) * hours)
    points = [(0.0, 0.0)]
    for hour in times:
        points += [(hour, 0.0), (hour, rate), (hour + hours, rate), (hour + hours, 0.0)]
    return Profile(tuple(points), period=DAY)


def pulse(value, start_hour=0.0, hours=1.0, base=0.0):
    """`value` from `start_hour` for `hours`, `base` before and after: one meal, one infusion. Returns a Profile."""
    if not (hours > 0 and start_hour >= 0):
        raise InputError("pulse: hours must be above 0 and start_hour at least 0")
    end = start_hour + hours
    return Profile(((start_hour, base), (start_hour, value), (end, value), (end, base)))


def is_daily_diet(name, profile):
    """Whether a Profile is a diet eaten in meals: its amount in a day is what is bounded, not the rate while eating."""
    return profile.period == DAY and name.startswith("diet_")


@functools.cache
def _changes(table):
    """Rows of data/disorders.csv or data/treatments.csv as a dict of name to row."""
    return {row["name"]: row for row in rows(table)}


def disorders():
    """The disorders of data/disorders.csv: a dict of name to row (a dict)."""
    return _changes("disorders")


def treatments():
    """The treatments of data/treatments.csv: a dict of name to row (a dict)."""
    return _changes("treatments")


def parse_changes(text):
    """Parse `"adenoma: 0 -> 6; diet_calcium: 25 -> 20"` into a dict of name to (at severity 0, at severity 1)."""
    changes = {}
    for part in filter(None, (piece.strip() for piece in text.split(";"))):
        name, _, span = part.partition(":")
        low, _, high = span.partition("->")
        changes[name.strip()] = (float(low), float(high))
    return changes


def _apply(kind, table, name, amount):
    if name not in table:
        raise unknown(kind, name, table, f"data/{kind}s.csv lists them")
    if amount is None:
        amount = float(table[name]["usual"])
    try:
        amount = float(amount)
    except (TypeError, ValueError):
        raise InputError(f"{kind} {name!r}: severity {amount!r} is not a number from 0 to 1") from None
    if not 0 <= amount <= 1:
        raise InputError(f"{kind} {name!r}: severity {amount!r} is outside 0 to 1")
    spans = parse_changes(table[name]["changes"])
    return {key: low + amount * (high - low) for key, (low, high) in spans.items()}


class Patient:
    """A person in the model: a value for every parameter, and Profiles for those that change with time.

    `Patient(gfr=30, diet_phosphate=30)` changes two settings; `Patient(disorder="sarcoidosis", severity=0.6)` applies a
    row of data/disorders.csv; `treatment="active vitamin D", dose=0.5` a row of data/treatments.csv. Settings given by
    name win over those of a disorder or treatment. Every setting is checked against its bounds: an unknown name, a
    value outside or a value that is not a number raises InputError. Only inputs may be Profiles.
    """

    def __init__(self, *, disorder=None, severity=None, treatment=None, dose=None, **settings):
        combined = {}
        if disorder is not None:
            combined.update(_apply("disorder", disorders(), disorder, severity))
        elif severity is not None:
            raise InputError("severity needs a disorder")
        if treatment is not None:
            combined.update(_apply("treatment", treatments(), treatment, dose))
        elif dose is not None:
            raise InputError("dose needs a treatment")
        combined.update(settings)
        self.disorder, self.severity = disorder, severity
        self.treatment, self.dose = treatment, dose
        self.settings = {name: self._checked(name, value) for name, value in combined.items()}

    @staticmethod
    def _checked(name, value):
        row = parameter(name)
        if not isinstance(value, Profile):
            return row.check(value)
        if row.kind != "input":
            raise InputError(f"{name} is a property of the model and cannot change with time")
        if is_daily_diet(name, value):
            row.check(value.mean())
        else:
            for _, level in value.points:
                row.check(level)
        return value

    def with_(self, **changes):
        """A changed copy; takes what Patient takes. Another disorder or treatment is added to what is set already."""
        for kind, amount in (("disorder", "severity"), ("treatment", "dose")):
            if amount in changes:
                changes.setdefault(kind, getattr(self, kind))
            elif kind in changes:
                changes[amount] = None
        return Patient(**{**self.settings, **Patient(**changes).settings})._named(self, changes)

    def _named(self, before, changes):
        for name in ("disorder", "severity", "treatment", "dose"):
            setattr(self, name, changes.get(name, getattr(before, name)))
        return self

    def value(self, name):
        """The setting of one parameter: a number or a Profile."""
        return self.settings.get(name, parameter(name).value)

    @property
    def profiles(self):
        """The settings that change with time: a dict of name to Profile."""
        return {name: value for name, value in self.settings.items() if isinstance(value, Profile)}

    def at(self, hour):
        """Every parameter as a number at an hour: a dict in the order of the table."""
        values = {name: row.value for name, row in parameters().items()}
        for name, value in self.settings.items():
            values[name] = value.at(hour) if isinstance(value, Profile) else value
        return values

    def averaged(self):
        """A copy in which repeating profiles are replaced by their average and others by their last value."""
        means = {name: profile.mean() for name, profile in self.profiles.items()}
        copy = Patient(**{**self.settings, **means})
        return copy._named(self, {})

    def __repr__(self):
        named = {"disorder": self.disorder, "severity": self.severity, "treatment": self.treatment, "dose": self.dose}
        parts = [f"{key}={value!r}" for key, value in named.items() if value is not None]
        parts += [f"{key}={value!r}" for key, value in self.settings.items()]
        return f"Patient({', '.join(parts)})"
