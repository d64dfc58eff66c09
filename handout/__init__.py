"""The builder of handouts, slides and PDF: `python -m handout.build html|pdf|slides [01 05 ...]`.

It stands beside the package, not in it: what it makes is for readers who have no Python, and what it needs is the
dependency group `handout`.
"""

from pathlib import Path

ROOT = Path(__file__).parents[1]
PHONE, LETTERS = 360, 12  # pixels: the width of a telephone, and the smallest letters in a picture there


class BuildError(RuntimeError):
    """A build that stopped: the message names the notebook and the cell, or what to install."""
