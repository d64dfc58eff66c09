"""Where the reference data live: inside the package in a wheel, at the top of the repository otherwise."""

from pathlib import Path

_PACKAGE = Path(__file__).parents[1]


def data_dir():
    """Return the folder that holds the CSV tables (a `pathlib.Path`).

    Raises FileNotFoundError when neither the packaged nor the repository's copy is there.
    """
    for folder in (_PACKAGE / "data", _PACKAGE.parents[1] / "data"):
        if (folder / "quantities.csv").is_file():
            return folder
    raise FileNotFoundError("the reference data are missing: reinstall the package or clone the whole repository")
