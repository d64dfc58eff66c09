"""The table of parameters: loaded once, checked row by row.

The numbers of physiology in the model stand in `data/parameters.csv` with unit, bounds, meaning, source and evidence;
the organ functions hold no others but whole-number powers.
"""

import functools
from collections import namedtuple

from calphos.tables.errors import InputError, find, number
from calphos.tables.reading import records


class Parameter(namedtuple("Parameter", "name value unit lower upper step organ kind label meaning source evidence")):
    """One row of `data/parameters.csv`; `step` is None unless a slider may move it."""

    def check(self, value):
        """Return `value` as a float; raise InputError that names the parameter and its bounds."""
        return number(value, self.name, self.lower, self.upper, self.unit)


@functools.cache
def parameters(folder=None):
    """The model's parameters, or those of another folder's tables: a dict of name to Parameter. Do not change it.

    Raises InputError that names file, row and column.

    >>> parameters()["gfr"].value, parameters()["gfr"].unit
    (100.0, 'mL/min')
    """
    table = {}
    for line, row in enumerate(records("parameters", folder), start=2):
        if not row["lower"] <= row["value"] <= row["upper"]:
            raise InputError(f"parameters.csv, row {line} ({row['name']}), column value: outside lower to upper")
        table[row["name"]] = Parameter(**row)
    return table


def parameter(name):
    """One Parameter by name; an unknown name raises InputError with the closest names.

    >>> parameter("gfr").unit
    'mL/min'
    """
    return parameters()[find(name, parameters(), "parameter", "data/parameters.csv lists them")]


@functools.cache
def defaults():
    """The value of every parameter as a namedtuple: the one shape in which the model takes a set of parameters.

    Patients have such a tuple (`Patient.at`); it is made into another with `_replace`. A parameter may be an array where
    many are worked out at once.

    >>> defaults()._replace(gfr=30.0).gfr
    30.0
    """
    table = parameters()
    return namedtuple("Parameters", table)(*(row.value for row in table.values()))
