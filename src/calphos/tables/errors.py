"""The one error that a user's input can raise."""

import difflib


class InputError(ValueError):
    """Input that calphos refuses. The message names the parameter and its bounds, or the file, row and column."""


def unknown(kind, name, names, otherwise):
    """The InputError for a `name` that is not among `names`: it says which are near, or `otherwise` where none is."""
    near = difflib.get_close_matches(str(name), names, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else otherwise
    return InputError(f"there is no {kind} {name!r}: {hint}")
