"""What disorders, treatments and kinds of calcification change in the model: one table (`data/changes.csv`), one reader.

A change sets a parameter, adds to it or scales it by a number that lies on the line from `at_0` to `at_1` at the amount
(severity, dose) given; where `at_half` stands, which is a typical patient, on the line from `at_0` over that to `at_1`.
Numbers of `dialysis` are hours a week in sessions.
"""

import functools
import operator
from typing import NamedTuple

import numpy as np

from calphos.model.parameters import parameter, parameters
from calphos.model.profiles import Profile, is_daily_diet, steady_dialysis
from calphos.tables.errors import InputError, find, number
from calphos.tables.reading import records

MODES = {"set": lambda value, change: change, "add": operator.add, "scale": operator.mul}
# What can be changed at sites of soft tissue besides parameters: factors on rates, and a site's share of deposition.
OF_SITES = ("growth", "bone_like", "exposure")


class Change(NamedTuple):
    """One row of `data/changes.csv`; an empty `site` is the whole body."""

    site: str
    setting: str
    mode: str
    at_0: float
    at_1: float
    at_half: float | None = None

    def at(self, amount):
        """The number that is set, added or multiplied by at an amount; hours of dialysis as the steady equivalent."""
        found = self.at_0 + amount * (self.at_1 - self.at_0)  # a dose may lie beyond 1
        if self.at_half is not None:
            found = float(np.interp(amount, (0, 0.5, 1), (self.at_0, self.at_half, self.at_1)))
        return steady_dialysis(found) if self.setting == "dialysis" else found

    def to(self, value, amount):
        """What becomes of `value` (a number or a Profile), within the bounds of its parameter where it was not set."""
        if isinstance(value, Profile) and self.mode != "set":
            if is_daily_diet(self.setting, value):
                share = self.to(value.mean(), amount) / value.mean()
                return value.map(lambda rate: share * rate)
            return value.map(lambda level: self.to(level, amount))
        new = MODES[self.mode](value, self.at(amount))
        row = parameters().get(self.setting)
        return new if row is None or self.mode == "set" else float(np.clip(new, row.lower, row.upper))


@functools.cache
def changes(kind):
    """The changes of one kind (a "disorder", a "treatment", ...): a dict of name to tuple of `Change`. Do not alter it.

    Raises InputError that names the row for a setting that the model does not have.

    >>> changes("treatment")["alkali"]
    (Change(site='', setting='ph', mode='set', at_0=7.4, at_1=7.55, at_half=None),)
    """
    found = {}
    for place, row in enumerate(records("changes"), start=2):
        if row["setting"] not in parameters() and row["setting"] not in OF_SITES:
            raise InputError(f"changes.csv, row {place}, column setting: there is no parameter {row['setting']!r}")
        if row["kind"] == kind:
            found[row["name"]] = (*found.get(row["name"], ()), Change(*map(row.get, Change._fields)))
    return found


def apply(settings, kind, name, amount=1.0):
    """Return `settings` (a dict of parameter to number or Profile) as one disorder or treatment leaves the whole body.

    >>> apply({"injury": 0.5}, "clinic treatment", "wound care", 0.5)
    {'injury': 0.25}
    """
    changed = dict(settings)
    for change in changes(kind).get(name, ()):
        if not change.site:
            setting = change.setting
            present = changed[setting] if setting in changed else parameter(setting).value
            changed[setting] = change.to(present, amount)
    return changed


@functools.cache
def disorders():
    """The disorders of data/disorders.csv: a dict of name to row (a dict)."""
    return {row["name"]: row for row in records("disorders")}


@functools.cache
def treatments():
    """The treatments of data/treatments.csv: a dict of name to row (a dict)."""
    return {row["name"]: row for row in records("treatments")}


def applied(settings, disorder, severity, treatment, dose):
    """Return `settings` with a disorder and a treatment applied, each unless None, to an amount from 0 to 1 (None: the usual).

    Raises InputError for an unknown name, an amount outside 0 to 1 and an amount of nothing.
    """
    for kind, table, name, what, amount in (
        ("disorder", disorders(), disorder, "severity", severity),
        ("treatment", treatments(), treatment, "dose", dose),
    ):
        if name is not None:
            usual = table[find(name, table, kind, f"data/{kind}s.csv lists them")]["usual"]
            amount = number(usual if amount is None else amount, f"{kind} {name!r}: {what}", 0, 1)
            settings = apply(settings, kind, name, amount)
        elif amount is not None:
            raise InputError(f"{what} needs a {kind}")
    return settings
