"""The quantities a body has: names, units, reference intervals and how each is drawn; the stages of kidney disease.

A quantity has one colour, one line style and one axis everywhere, so a learner who has met phosphate once
recognises it in every notebook.
"""

from collections import namedtuple
from functools import lru_cache

import numpy as np

from calphos.tables.errors import find
from calphos.tables.reading import records

UNITS = SI, CONVENTIONAL = "SI", "conventional"
_COLUMNS = """name label symbol group si_unit conventional_unit conventional_per_si lower upper interval_source axis_low
axis_high scale decimals conventional_decimals colour line_style meaning"""


class Quantity(namedtuple("Quantity", _COLUMNS)):
    """One row of `data/quantities.csv`. Limits are in SI; `unit()`, `axis()` and the rest take the unit system."""

    def factor(self, units=SI):
        """Return what an SI value is multiplied by to be shown in `units`."""
        return 1.0 if check_units(units) == SI else self.conventional_per_si

    def unit(self, units=SI):
        """Return the name of the unit in "SI" or "conventional"."""
        return self.si_unit if check_units(units) == SI else self.conventional_unit

    def title(self, units=SI):
        """Return the label with its unit: "Phosphate (mmol/L)"."""
        return f"{self.label} ({self.unit(units)})"

    def interval(self, units=SI):
        """Return the reference interval as (lower, upper), or None where no source gives one."""
        if self.lower is None:
            return None
        return self.lower * self.factor(units), self.upper * self.factor(units)

    def axis(self, units=SI):
        """Return the fixed axis as (low, high)."""
        return self.axis_low * self.factor(units), self.axis_high * self.factor(units)

    def text(self, value, units=SI, with_unit=False):
        """Return an SI `value` as text in `units`, rounded as a laboratory would print it."""
        decimals = self.decimals if check_units(units) == SI else self.conventional_decimals
        shown = value * self.factor(units)
        number = f"{shown:z.{decimals}f}".replace("-", "−") if np.isfinite(shown) else "–"  # z: no minus before a zero
        gap = "" if self.unit(units) == "%" else " "
        return f"{number}{gap}{self.unit(units)}" if with_unit else number

    def flag(self, value):
        """Return "low", "normal" or "high" against the reference interval ("" where there is none).

        The value is rounded first, as on a laboratory report, so that the word agrees with the number printed.
        """
        if self.lower is None:
            return ""
        shown = round(float(value), self.decimals)
        return "low" if shown < self.lower else "high" if shown > self.upper else "normal"


@lru_cache(maxsize=1)
def quantities():
    """Return a dict of name to `Quantity`, in the order of `data/quantities.csv`; raises InputError for a damaged table."""
    return {row["name"]: Quantity(**row) for row in records("quantities")}


def quantity(name):
    """Return the `Quantity` called `name`; raises InputError with the nearest names when there is none.

    >>> quantity("phosphate").text(1.15, with_unit=True)
    '1.15 mmol/L'
    """
    return quantities()[find(name, quantities(), "quantity")]


def check_units(units):
    """Return `units` when it is "SI" or "conventional"; raises InputError otherwise."""
    return find(units, UNITS, "unit system")


def convert(value, name, to=CONVENTIONAL):
    """Return `value` (number or array) of the quantity `name` converted to the unit system `to`.

    Factors come from molar masses (`data/quantities.csv`). Raises InputError for an unknown name or unit system.

    >>> round(convert(1.15, "phosphate"), 2)  # mmol/L to mg/dL
    3.56
    """
    factor = quantity(name).conventional_per_si
    return value * factor if check_units(to) == CONVENTIONAL else value / factor


@lru_cache(maxsize=1)
def stages():
    """Return {stage: its lowest GFR [mL/min per 1.73 m²]} from the best to the worst.

    >>> stages()["G3a"]
    45.0
    """
    return {row["stage"]: row["lowest_gfr"] for row in records("kdigo_stages")}


def stage(gfr):
    """Return the KDIGO stage of a GFR [mL/min per 1.73 m²], rounded as laboratories report it.

    >>> stage(29.6), stage(29.4)
    ('G3b', 'G4')
    """
    return next(name for name, lowest in stages().items() if round(float(gfr)) >= lowest)
