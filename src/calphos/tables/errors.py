"""The one error that a user's input can raise."""

import difflib
import math
from contextlib import suppress


class InputError(ValueError):
    """Input that calphos refuses. The message names the parameter and its bounds, or the file, row and column."""


def number(value, who, lower=-math.inf, upper=math.inf, unit=""):
    """Return `value` as a float; InputError that names `who` and the bounds for anything else.

    >>> number("2", "gfr")
    2.0
    """
    bounds = f" (allowed: {lower:g} to {upper:g} {unit}".rstrip() + ")" if math.isfinite(lower) else ""
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"{who}: {value!r} is not a number{bounds}") from None
    if not math.isfinite(found):
        raise InputError(f"{who}: {value!r} is not a finite number{bounds}")
    if not lower <= found <= upper:
        raise InputError(f"{who}: {found:g} is outside its bounds{bounds}")
    return found


def find(name, names, kind, otherwise=None):
    """Return `name` where it is among `names`; the InputError for any other says which are near, or `otherwise`, or all.

    >>> find("pth", ["phosphate", "pth"], "quantity")
    'pth'
    """
    with suppress(TypeError):  # a list is no key
        if name in names:
            return name
    known = {str(one).casefold(): str(one) for one in names}
    near = [known[one] for one in difflib.get_close_matches(str(name).casefold(), known, n=3, cutoff=0.55)]
    hint = f"did you mean {' or '.join(near)}?" if near else otherwise or f"choose from {', '.join(known.values())}"
    raise InputError(f"there is no {kind} {name!r}: {hint}")
