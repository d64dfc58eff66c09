"""Quantities and spans of time in words: inside a sentence, as a line of a laboratory report."""

import functools

import numpy as np

from calphos.tables.quantities import SI, quantity, stage
from calphos.tables.reading import records

DAY = 24.0  # hours: the model's clock
YEAR = 365.25 * DAY
MONTH = YEAR / DAY / 12  # days


class Words(str):
    """Text that a notebook shows as it is, without quotation marks."""

    __repr__ = str.__str__


@functools.cache
def sentences(where):
    """Return the templates with which a part of the collection speaks: {name: text} (`data/sentences.csv`).

    >>> sentences("trainer")["best"].format(names="sarcoidosis")
    'Fits best: sarcoidosis.'
    """
    return {row["name"]: row["text"] for row in records("sentences") if row["where"] == where}


def spoken(label):
    """Return a label as it stands inside a sentence: "phosphate", but "PTH" and "Klotho"."""
    proper = label[:2].isupper() or label.startswith(("Klotho", "TmP"))
    return label if proper else label[0].lower() + label[1:]


class _Value:
    """A value that a template writes; see `fill`."""

    def __init__(self, item, values, units):
        self.item, self.values, self.units = item, np.ravel(values), units

    def __format__(self, what):
        item, last = self.item, float(self.values[-1])
        if what == "told":
            flag = item.flag(last)
            told = f"{spoken(item.label)} {item.text(last, self.units, with_unit=True)}"
            return f"{told}, {flag}" if flag else told
        if what == "range":
            low, high = (item.text(value, self.units) for value in (self.values.min(), self.values.max()))
            return f"{spoken(item.label)} {low} to {high} {item.unit(self.units)}"
        if what == "stage":
            return stage(last)
        return item.text(last, self.units, with_unit=True)


def telling(names, how="told"):
    """Return the template of `fill` that tells quantities one after the other; raises InputError for an unknown one.

    >>> telling(["phosphate", "pth"])
    '{phosphate:told}; {pth:told}'
    """
    return "; ".join(f"{{{quantity(name).name}:{how}}}" for name in names)


def fill(template, numbers, units=SI):
    """Return a template with its fields filled in: {name} is a quantity's last value with its unit.

    {name:told} adds label and flag, {name:range} tells lowest to highest, {gfr:stage} the KDIGO stage. `numbers` holds SI
    values (numbers or arrays) by name, or by "name@which" where a quantity stands more than once; a text is kept.

    >>> fill("stage {gfr:stage}; {phosphate:told}; after that {phosphate@later}", {"gfr": 42, "phosphate": 1.6, "phosphate@later": 1.4})
    'stage G3b; phosphate 1.60 mmol/L, high; after that 1.40 mmol/L'
    """
    values = {
        key: value if isinstance(value, str) else _Value(quantity(key.partition("@")[0]), value, units)
        for key, value in numbers.items()
    }
    return template.format_map(values)


def report_cells(item, value, units=SI):
    """Return what a laboratory reports of a `Quantity` (`value` in SI): label, result, unit, flag, interval as texts."""
    between = "" if item.lower is None else f"({item.text(item.lower, units)} to {item.text(item.upper, units)})"
    marker = {"low": "↓ low", "high": "↑ high"}.get(item.flag(value), "")
    return item.label, item.text(value, units), item.unit(units), marker, between


def report_line(item, value, units=SI):
    """Return `report_cells` as one line."""
    label, result, unit, marker, between = report_cells(item, value, units)
    return f"{label:<34}{result:>8} {unit:<8} {marker:<7}{between}".rstrip()


def decimals(step):
    """Return how many decimals a number needs that moves in steps.

    >>> decimals(0.05), decimals(5)
    (2, 0)
    """
    return len(f"{step:.6f}".rstrip("0").partition(".")[2])


def span(days):
    """Return so many days as "6 months", "10 days" or "6 hours"."""
    for unit, length in (("years", YEAR / DAY), ("months", MONTH)):
        if days >= 1.95 * length:
            return f"{days / length:.0f} {unit}"
    return f"{days:.0f} days" if days >= 2 or days == 0 else f"{days * DAY:.0f} hours"
