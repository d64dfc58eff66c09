"""Inputs that change with time: a `Profile`, and the few kinds that patients need.

Times are given in one way everywhere: the keyword is the unit (`years=`, `days=` or `hours=`).
"""

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from calphos.model.parameters import defaults
from calphos.tables.errors import InputError, number
from calphos.tables.words import DAY, YEAR

UNITS = {"years": YEAR, "days": DAY, "hours": 1.0}  # hours in each unit that a keyword may name
_FIRST_HOUR = 8.0  # when a dialysis session begins
_SESSION_DAYS = ((0,), (0, 3), (0, 2, 4), (0, 2, 4, 5), (0, 1, 2, 4, 5), (0, 1, 2, 3, 4, 5), range(7))


def given(who, **units):
    """Return (value, hours in its unit) of the one keyword among years, days and hours that was given."""
    chosen = [(value, UNITS[unit]) for unit, value in units.items() if value is not None]
    if len(chosen) != 1:
        raise InputError(f"{who}: give one of {', '.join(units)}")
    return chosen[0]


def span(who, **units):
    """Return the one of years, days and hours that was given in hours, above 0, and the hours in its unit.

    >>> span("simulate", years=None, days=3, hours=None)
    (72.0, 24.0)
    """
    value, unit = given(who, **units)
    length = number(value, who) * unit
    if length <= 0:
        raise InputError(f"{who}: the length must be above 0")
    return length, unit


@dataclass(frozen=True)
class Profile:
    """An input that changes with time: points (hour, value) joined by straight lines, held before and after.

    Two points at the same hour make a jump. With `period` (hours) the points repeat. Raises InputError for times that
    go backwards or leave the period and for numbers that are not finite.

    >>> Profile(((0, 100), (10, 50))).at(5)
    75.0
    """

    points: tuple
    period: float | None = None

    def __post_init__(self):
        try:
            points = tuple((float(hour), float(value)) for hour, value in self.points)
        except (TypeError, ValueError):
            raise InputError("a profile is made of points (time, value), both numbers") from None
        hours = [hour for hour, _ in points]
        if not points or not all(map(math.isfinite, itertools.chain(*points))):
            raise InputError("a profile needs one point (time, value) or more, all of finite numbers")
        if hours != sorted(hours):
            raise InputError("a profile's times must not go backwards")
        if self.period is not None and not (self.period > 0 and hours[0] >= 0 and hours[-1] <= self.period):
            raise InputError("a repeating profile's times must lie between 0 and its period")
        object.__setattr__(self, "points", points)

    def map(self, change, shift=0.0):
        """Return a Profile with `change` applied to every value, moved by `shift` hours."""
        return Profile(tuple((hour + shift, change(value)) for hour, value in self.points), self.period)

    def breakpoints(self, start, end):
        """Hours strictly between start and end at which the value jumps or bends."""
        hours = [hour for hour, _ in self.points]
        if self.period is not None:
            turns = range(int(start // self.period), int(end // self.period) + 1)
            hours = [turn * self.period + hour for turn in turns for hour in hours]
        return [hour for hour in hours if start < hour < end]

    def line(self, start, end):
        """(value, slope per hour) on an interval that has no breakpoint inside."""
        middle = (start + end) / 2
        if self.period is not None:
            turn = math.floor(middle / self.period) * self.period
            start, middle = start - turn, middle - turn
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
        return sum((t1 - t0) * (v0 + v1) / 2 for (t0, v0), (t1, v1) in itertools.pairwise(points)) / self.period

    def at(self, hour):
        """The value at an hour (after the jump, if there is one), or at each of an array of hours."""
        if np.ndim(hour):
            return np.vectorize(self.at, otypes=[float])(hour)
        return self.line(hour, hour + 1e-6)[0]


def is_daily_diet(name, profile):
    """Whether a Profile is a diet eaten in meals: its amount in a day is what is bounded, not the rate while eating."""
    return profile.period == DAY and name.startswith("diet_")


def decline(start, end, *, years=None, days=None, hours=None, after=0.0):
    """Return the Profile of a straight change from `start` to `end` that is complete in so many years, days or hours.

    It begins `after` as many of the same unit (before time 0 where that is negative), and the end is held.

    >>> decline(100, 10, years=10).at(5 * YEAR)
    55.0
    """
    length, unit = span("decline", years=years, days=days, hours=hours)
    begin = number(after, "decline: after", -1e9, 1e9) * unit
    return Profile(((begin, start), (begin + length, end)))


def steps(*, years=None, days=None, hours=None):
    """Return the Profile of jumps, given as {time: value from then on} in years, days or hours.

    >>> stairs = steps(days={0: 100, 30: 60})
    >>> stairs.at(29 * DAY), stairs.at(30 * DAY)
    (100.0, 60.0)
    """
    levels, unit = given("steps", years=years, days=days, hours=hours)
    if not isinstance(levels, Mapping) or not levels:
        raise InputError("steps: give the values as {time: value}, such as days={0: 100, 30: 60}")
    points = [(number(time, "steps: a time") * unit, number(value, "steps: a value")) for time, value in levels.items()]
    jumps = [((later, value), (later, after)) for (_, value), (later, after) in itertools.pairwise(points)]
    return Profile((points[0], *itertools.chain(*jumps)))


def pulse(value, *, years=None, days=None, hours=None, after=0.0, base=0.0):
    """Return the Profile of `value` for so many years, days or hours, `after` as many of the same unit; else `base`.

    One meal, one infusion, one season.

    >>> once = pulse(5, hours=2, after=1)
    >>> once.at(0.5), once.at(1.5), once.at(3.5)
    (0.0, 5.0, 0.0)
    """
    length, unit = span("pulse", years=years, days=days, hours=hours)
    begin = number(after, "pulse: after", 0, 1e9) * unit
    return Profile(_boxes(value, [begin], length, base))


def sessions(*, hours=4, per_week=3):
    """Return the Profile of sessions that last `hours` from 8 o'clock, on `per_week` days of a repeating week.

    Three a week are Monday, Wednesday and Friday of the model's week. Raises InputError for a `per_week` that is no
    whole number from 1 to 7 and for sessions that reach into the next day.

    >>> week = sessions(hours=4, per_week=3)
    >>> round(week.mean() * 168, 6)  # hours a week
    12.0
    """
    if number(per_week, "sessions: per_week", 1, 7) != int(per_week):
        raise InputError("sessions: per_week must be a whole number from 1 to 7")
    if not 0 < number(hours, "sessions: hours") <= DAY - _FIRST_HOUR:
        raise InputError(f"sessions: hours must be above 0 and at most {DAY - _FIRST_HOUR:g}")
    starts = [day * DAY + _FIRST_HOUR for day in _SESSION_DAYS[int(per_week) - 1]]
    return Profile(((0.0, 0.0), *_boxes(1.0, starts, hours)), 7 * DAY)


def steady_dialysis(hours):
    """Return the dialysis (0 to 1) that, all week long, takes out as much phosphate as sessions of `hours` a week in all.

    f r / (1 - f (1 - r)), where f is the share of the week and r (`session_phosphate`) the phosphate of plasma during a
    session, of that in between. It stands for a schedule over years; urea and calcium it gets only about right.

    >>> round(steady_dialysis(12), 3), steady_dialysis(168)
    (0.045, 1.0)
    """
    share, low = hours / (7 * DAY), defaults().session_phosphate
    return share * low / (1 - share * (1 - low))


def meals(per_day, *, at=(8, 13, 19), hours=1.0):
    """Return the Profile of a day's amount `per_day` eaten in equal meals `at` hours of the day that last `hours`.

    It is a rate per day, as diet_calcium and diet_phosphate are, and repeats every 24 h. Raises InputError for meals
    that overlap.

    >>> meals(48, at=(12,)).at(12.5)
    1152.0
    """
    times = [number(hour, "meals: at", 0, DAY) for hour in at]
    length = number(hours, "meals: hours")
    if not times or length <= 0 or any(b - a < length for a, b in itertools.pairwise([*times, DAY])):
        raise InputError("meals: `at` must be hours of the day in order, and meals must not overlap")
    rate = number(per_day, "meals: per_day") * DAY / (len(times) * length)
    return Profile(((0.0, 0.0), *_boxes(rate, times, length)), DAY)


def _boxes(value, starts, length, base=0.0):
    """Points of `value` for `length` hours from each of `starts`, `base` in between."""
    boxes = ([(at, base), (at, value), (at + length, value), (at + length, base)] for at in starts)
    return tuple(itertools.chain(*boxes))
