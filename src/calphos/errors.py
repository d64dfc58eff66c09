"""The one error that a user's input can raise."""


class InputError(ValueError):
    """Input that calphos refuses. The message names the parameter and its bounds, or the file, row and column."""
