"""The table of parameters: loaded once, checked row by row.

The numbers of physiology in the model stand in `data/parameters.csv` with unit, bounds, meaning, source and evidence;
the organ functions hold no others but whole-number powers.
"""

import csv
import functools
import math
from dataclasses import dataclass, fields
from types import SimpleNamespace

from calphos.tables.errors import InputError, number, unknown
from calphos.tables.files import data_dir

KINDS = ("input", "parameter")
EVIDENCE = ("measured", "derived", "fitted", "assumed")


@dataclass(frozen=True)
class Parameter:
    """One row of `data/parameters.csv`; `step` is None unless a slider may move it."""

    name: str
    value: float
    unit: str
    lower: float
    upper: float
    step: float | None
    organ: str
    kind: str
    label: str
    meaning: str
    source: str
    evidence: str

    def check(self, value):
        """Return `value` as a float; raise InputError that names the parameter and its bounds."""
        return number(value, self.name, self.lower, self.upper, self.unit)


COLUMNS = [field.name for field in fields(Parameter)]


def read_parameters(path):
    """Read and check a table of parameters; return a dict of name to Parameter, in the order of the file.

    Raises InputError that names file, row and column.
    """
    with open(path, newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        missing = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
        if missing:
            raise InputError(f"{path.name}: column {missing[0]!r} is missing")
        table = {}
        for number, row in enumerate(reader, start=2):
            where = f"{path.name}, row {number}"
            name = row["name"]
            if name in table:
                raise InputError(f"{where}, column 'name': {name!r} appears twice")
            numbers = {}
            for column in ("value", "lower", "upper", "step"):
                text = row[column]
                if column == "step" and not text:
                    numbers[column] = None
                    continue
                try:
                    numbers[column] = float(text)
                except (TypeError, ValueError):
                    raise InputError(f"{where} ({name}), column {column!r}: {text!r} is not a number") from None
                if not math.isfinite(numbers[column]):
                    raise InputError(f"{where} ({name}), column {column!r}: {text!r} is not a finite number")
            if not numbers["lower"] <= numbers["value"] <= numbers["upper"]:
                raise InputError(f"{where} ({name}), column 'value': outside 'lower' and 'upper'")
            for column, allowed in (("kind", KINDS), ("evidence", EVIDENCE)):
                if row[column] not in allowed:
                    raise InputError(f"{where} ({name}), column {column!r}: {row[column]!r} is not one of {allowed}")
            row.update(numbers)
            table[name] = Parameter(**{column: row[column] for column in COLUMNS})
    return table


@functools.cache
def parameters():
    """The model's parameters: a dict of name to Parameter. Do not change it."""
    return read_parameters(data_dir() / "parameters.csv")


def parameter(name):
    """One Parameter by name; an unknown name raises InputError with the closest names."""
    table = parameters()
    if name not in table:
        raise unknown("parameter", name, table, "data/parameters.csv lists them")
    return table[name]


def defaults():
    """A namespace with the default value of every parameter."""
    return SimpleNamespace(**{name: row.value for name, row in parameters().items()})
