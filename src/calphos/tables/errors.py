"""The one error that a user's input can raise."""

import difflib
import math


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


def unknown(kind, name, names, otherwise):
    """The InputError for a `name` that is not among `names`: it says which are near, or `otherwise` where none is."""
    near = difflib.get_close_matches(str(name), names, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else otherwise
    return InputError(f"there is no {kind} {name!r}: {hint}")


def find(name, names, kind):
    """Return `name` where it is among `names`; InputError with the nearest of them, or with all, otherwise.

    >>> find("pth", ["phosphate", "pth"], "quantity")
    'pth'
    """
    if name in (names := list(names)):
        return name
    known = [*map(str, names)]
    raise unknown(kind, name, known, f"choose from {', '.join(known)}")
