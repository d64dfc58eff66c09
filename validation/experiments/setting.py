"""What the experiments share: patients with a parameter set, matched settings, dialysis, doses, read-outs."""

import functools
import math

import numpy as np
from scipy.optimize import brentq

from calphos import Patient, decline, sessions, simulate
from calphos.model.parameters import parameter
from calphos.model.profiles import Profile, steady_dialysis
from calphos.tables.errors import InputError

YEAR = 365.25  # days
MILLIGRAM = 40.078  # of calcium in a mmol
DIALYSIS_GFR = 3  # mL/min that the patient's own kidneys still filter
# Three sessions of 4 h a week, as the steady dialysis that takes out as much phosphate.
ANURIC = {"gfr": DIALYSIS_GFR, "dialysis": steady_dialysis(12)}
FULL_DOSE = 180  # mg of cinacalcet a day
CREATININE_RATIO = "fractional_excretion_calcium"  # the clearance of calcium over that of creatinine [%]


class NoInputError(Exception):
    """The model has no such input, or not that much of it: the experiment cannot be run."""


def patient(settings, **more):
    """A patient with the parameter set `settings`; NoInputError for an input that the model does not have."""
    try:
        return Patient(**{**settings, **more})
    except InputError as error:
        raise NoInputError(str(error)) from None


def course(settings, start=None, *, days, points=3, **more):
    """The course of a patient from a state (health when None); few points, for speed."""
    return simulate(patient(settings, **more), days=days, points=points, start=start or "healthy")


def final(settings, start=None, *, days, **more):
    """The last values of a course."""
    return course(settings, start, days=days, **more).final


def rest(settings):
    """The healthy person of a parameter set: the values before an input was changed.

    The first values of a course have the changed input already, which shows in what follows it at once (excretion, TmP).
    """
    return final(settings, days=1)


def match(miss, low, high, tolerance=1e-4):
    """The setting between low and high at which `miss` is zero; the nearer end when it is not zero between them.

    A setting with which the model has no course counts as too high.
    """

    @functools.cache
    def safe(value):
        try:
            return float(miss(value))
        except InputError:
            return math.inf

    at_low = safe(low)
    while not math.isfinite(safe(high)):
        high = low + 0.7 * (high - low)
        if high - low < 1e-6:
            return low
    if at_low * safe(high) > 0:
        return low if abs(at_low) < abs(safe(high)) else high
    return brentq(lambda value: max(min(safe(value), 1e6), -1e6), low, high, xtol=tolerance * (high - low), rtol=1e-8)


def highest(name):
    """The upper bound of an input."""
    return parameter(name).upper


def milligrams(millimoles):
    """Calcium in mg, as calcium salts are prescribed."""
    return millimoles * MILLIGRAM


def share(after, before, *names):
    """after / before of each quantity (one number when one is asked for)."""
    found = [after[name] / before[name] for name in names]
    return found[0] if len(found) == 1 else found


def grown(settings, calcium, years=8):
    """A course of primary hyperparathyroidism: an adenoma that grows over years to the given total calcium [mmol/L]."""

    def run(mass):
        return course(settings, days=years * YEAR, adenoma=Profile(((0, 0), (years * YEAR * 24, mass))))

    mass = match(lambda x: run(x).final["total_calcium"] - calcium, 0.0, highest("adenoma"))
    return mass, run(mass)


def injections(picomoles, hours=8.0, peak=1.0, daily=False):
    """A subcutaneous dose as a rate into blood [pmol/h] that rises for an hour and fades; once, or every day at hour 0."""
    height = 2 * picomoles / hours
    points = ((0.0, 0.0), (peak, height), (hours, 0.0))
    return Profile(points, period=24.0) if daily else Profile(points)


def load(millimoles, hour, base=0.0, hours=0.25):
    """An amount swallowed within a quarter of an hour, as a rate per day on top of `base` (a diet's Profile)."""
    height = base + millimoles * 24 / hours
    points = ((0.0, base), (hour, base), (hour, height), (hour + hours, height), (hour + hours, base), (24.0, base))
    return Profile(points, period=24.0)


@functools.lru_cache(maxsize=4)
def _dialysis_start(items, years):
    settings = dict(items)
    failing = course(settings, days=8 * YEAR, gfr=decline(100, DIALYSIS_GFR, years=8))
    return course(settings, failing, days=years * YEAR, **ANURIC)


def dialysis_start(settings, years=2):
    """A patient after eight years of decline and two of dialysis (as an average)."""
    return _dialysis_start(tuple(sorted(settings.items())), years)


def before_sessions(settings, start, *, weeks=2, hours=4, per_week=3, **more):
    """The values at the start of the last midweek session, after some weeks of sessions."""
    ends = (7 * (weeks - 1) + (2 if per_week < 6 else 3)) * 24 + 8.0
    with_sessions = patient(settings, gfr=DIALYSIS_GFR, dialysis=sessions(hours=hours, per_week=per_week), **more)
    return simulate(with_sessions, hours=ends, points=3, start=start).final


def crossing(run, name, level):
    """The day at which a falling quantity first reaches a level, by straight lines; None if it never does."""
    values = run[name].to_numpy()
    below = np.flatnonzero(values <= level)
    if not len(below):
        return None
    last = below[0]
    if last == 0:
        return float(run.days[0])
    return float(np.interp(-level, [-values[last - 1], -values[last]], [run.days[last - 1], run.days[last]]))
