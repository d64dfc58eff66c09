"""How a value of the model is held against a target: inside or not, how far off, how much of the effect it has."""

import math

NEAR = math.log(1.25)  # within 25 %
# Effects smaller than this (log of a ratio) are no effect: nobody can have captured a share of them.
NO_EFFECT = 0.05


def inside(target, value):
    """Whether a value lies within the limits of a target (an open limit is no limit)."""
    low, high = target["low"], target["high"]
    return (low is None or value >= low) and (high is None or value <= high)


def log_error(target, value):
    """log(model / published); None where a ratio of the two means nothing (changes, directions, orders, open values)."""
    published = target["value"]
    if target["basis"] not in ("ratio", "level", "time") or published is None or published <= 0:
        return None
    return math.log(max(value, 1e-3 * published) / published)


def near(target, value):
    """Whether a value is within 25 % of the published one; None for directions, orders and changes of zero."""
    published = target["value"]
    if target["basis"] == "change":
        return abs(value / published - 1) <= 0.25 if published else None
    error = log_error(target, value)
    return None if error is None else abs(error) <= NEAR


def captured(target, value):
    """Share of a published effect that the model shows: 1 is all of it, below 0 the wrong sign; None without an effect.

    An effect is a change, or a ratio that is not 1 (on a log scale).
    """
    published = target["value"]
    if published is None:
        return None
    if target["basis"] == "change" and published:
        return value / published
    if target["basis"] == "ratio" and abs(math.log(published)) > NO_EFFECT:
        return math.log(max(value, 1e-3 * published)) / math.log(published)
    return None


def certain(target):
    """Whether the limits of an effect leave its sign in no doubt."""
    nothing = 1.0 if target["basis"] == "ratio" else 0.0
    low, high = target["low"], target["high"]
    return (low is not None and low > nothing) or (high is not None and high < nothing)


def deviation(target, value):
    """Signed distance from the published value in half-widths of its limits: 1 is at a limit.

    On a log scale where a ratio means something. Without a published value it is 0 between the limits and grows beyond.
    """
    low, high, published = target["low"], target["high"], target["value"]
    if log_error(target, value) is not None and (low or 1) > 0:
        value = max(value, 1e-3 * published)
        low, high, published, value = (None if x is None else math.log(x) for x in (low, high, published, value))
    if published is not None:
        side = high if value > published else low
        width = abs(side - published) if side is not None else None
        return 0.0 if width is None else (value - published) / (width or 0.1)
    width = (high - low) / 2 if None not in (low, high) else 0.25 * abs(low if high is None else high)
    if high is not None and value > high:
        return 1 + (value - high) / (width or 1.0)
    if low is not None and value < low:
        return -1 - (low - value) / (width or 1.0)
    return 0.0


def summary(pairs):
    """A dict of numbers for (target, value) pairs: rows, share inside, log-RMS, share near, effect captured, wrong signs."""
    errors = [error for target, value in pairs if (error := log_error(target, value)) is not None]
    close = [found for target, value in pairs if (found := near(target, value)) is not None]
    shares = sorted(found for target, value in pairs if (found := captured(target, value)) is not None)
    wrong = [
        target["id"]
        for target, value in pairs
        if (found := captured(target, value)) is not None and found < 0 and certain(target)
    ]
    middle = len(shares) // 2
    return {
        "rows": len(pairs),
        "inside": sum(inside(target, value) for target, value in pairs),
        "log_rms": math.sqrt(sum(error**2 for error in errors) / len(errors)) if errors else None,
        "near": sum(close),
        "near_of": len(close),
        "captured": (shares[middle] + shares[~middle]) / 2 if shares else None,
        "wrong_sign": wrong,
    }
