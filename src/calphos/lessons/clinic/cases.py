"""The case files, tests and treatments of the virtual clinic: read and checked.

A case is one small file, `data/cases/NN_name.json`. Tests stand in `data/tests_catalogue.csv`, treatments in
`data/clinic_treatments.csv`. Costs are teaching units, not prices.
"""

import functools
import itertools
import math
from types import SimpleNamespace
from typing import NamedTuple

from calphos.lessons.files import read_json, refuse
from calphos.model.changes import amount_of, disorders
from calphos.model.parameters import parameters
from calphos.model.patient import Patient
from calphos.model.profiles import YEAR, Profile, steps
from calphos.tables.errors import InputError, unknown
from calphos.tables.files import data_dir
from calphos.tables.quantities import quantities, quantity
from calphos.tables.reading import rows


class Test(NamedTuple):
    """One row of `data/tests_catalogue.csv`. `reports` are quantities or inputs of the model, `cv` is relative noise."""

    name: str
    label: str
    reports: tuple
    smallest_deposit: float | None
    cost: float
    delay_days: float
    cv: float
    meaning: str
    normal_text: str


class Treatment(NamedTuple):
    """One row of `data/clinic_treatments.csv`: the dose's unit and bounds (`data/changes.csv` has what it changes)."""

    name: str
    label: str
    unit: str
    lower: float | None
    upper: float | None
    usual: float | None
    meaning: str

    @property
    def is_operation(self):
        """An operation cannot be taken back."""
        return "parathyroidectomy" in self.name

    def check(self, dose):
        """Return the dose as a number (the usual one for None); raises InputError with the bounds."""
        if self.usual is not None:
            return amount_of(f"{self.name}, dose", dose, self.usual, self.lower, self.upper, self.unit)
        if dose is not None:
            raise InputError(f"{self.name} has no dose")
        return None

    def text(self, dose):
        """Return "calcitriol 0.5 µg/d"."""
        return self.label if dose is None else f"{self.label} {dose:g} {self.unit}"


class Goal(NamedTuple):
    """What the course of a case is judged by: a quantity, its bounds in SI units and when they must hold."""

    quantity: str
    why: str
    lower: float = -math.inf
    upper: float = math.inf
    when: str = "end"
    growth_below_untreated: float | None = None


class Case(SimpleNamespace):
    """One patient of the clinic, read from a file: its fields by name (`data/cases/README.md`), those of `tests` and
    `treatments` among them."""

    def patient_settings(self, severity):
        """Return the model's settings as {name: number or Profile in hours since the first consultation}."""
        settings = dict(Patient(disorder=self.disorder, severity=severity).settings) if self.disorder else {}
        return {**settings, **{name: _profile(value, self.years) for name, value in self.settings.items()}}


# What a file may leave out.
_EMPTY = {"disorder": None, "severity": (0.0, 0.0), "accept": (), "essential": ()}
_EMPTY |= {name: {} for name in ("settings", "instead", "findings", "wasteful", "wrong")}


def _profile(value, years):
    """Return a setting of a case file as a number or a Profile; `years` is how long the history lasts."""
    if isinstance(value, dict) and "steps" in value:
        return steps(days=dict(value["steps"]))
    if isinstance(value, dict):
        return Profile(((-years * YEAR, value["from"]), (0, value["to"])))
    return value


# Tables


@functools.cache
def tests():
    """The tests that can be ordered: a dict of name to `Test`."""
    found = {}
    for place, row in enumerate(rows("tests_catalogue"), start=2):
        row["reports"] = tuple(filter(None, row["reports"].split(";")))
        for item in {*row["reports"]} - {*quantities(), *parameters()}:
            told = f"column reports: there is no quantity or input {item!r}"
            raise InputError(f"tests_catalogue.csv row {place}, {told}")
        numbers = {column: float(row[column] or 0) for column in ("cost", "delay_days", "cv")}
        smallest = float(row["smallest_deposit"]) if row["smallest_deposit"] else None
        row |= {**numbers, "smallest_deposit": smallest}
        found[row["name"]] = Test(*map(row.get, Test._fields))
    return found


@functools.cache
def clinic_treatments():
    """The treatments that can be given: a dict of name to `Treatment`."""
    found = {}
    for place, row in enumerate(rows("clinic_treatments"), start=2):
        for column in ("lower", "upper", "usual"):
            row[column] = float(row[column]) if row[column] else None
        if row["usual"] is not None and not row["lower"] <= row["usual"] <= row["upper"]:
            told = f"column usual: {row['usual']:g} is outside lower to upper"
            raise InputError(f"clinic_treatments.csv row {place}, {told}")
        found[row["name"]] = Treatment(*map(row.get, Treatment._fields))
    return found


@functools.cache
def alarms():
    """States of the blood that are reported while time passes: a tuple of (quantity, side, limit, text)."""
    found = rows("clinic_alarms")
    return tuple((quantity(row["quantity"]).name, row["side"], float(row["limit"]), row["text"]) for row in found)


# Case files


def case_files(folder=None):
    """The case files as a dict of name to path, in the order of their names."""
    folder = data_dir() / "cases" if folder is None else folder
    return {path.stem: path for path in sorted(folder.glob("*.json")) if path.is_file()}


def load_case(name, folder=None):
    """Return the `Case` called `name` ("01_..." or just "01"); raises InputError naming file and field."""
    files = case_files(folder)
    name = str(name)
    fitting = [stem for stem in files if stem == name or stem.split("_")[0] == name]
    if len(fitting) != 1:
        raise InputError(f"there is no case {name[:80]!r}; the cases are {', '.join(files) or 'none'}")
    return read_case(files[fitting[0]])


def _formats():
    return {
        "disorder": disorders,
        "test": tests,
        "picture": lambda: [name for name, test in tests().items() if not test.reports],
        "treatment": clinic_treatments,
        "quantity": quantities,
        "input": lambda: [name for name, row in parameters().items() if row.kind == "input"],
        "source": lambda: [row["key"] for row in rows("sources")],
    }


def read_case(path):
    """Read and check one case file. Raises InputError naming file, field and what is allowed."""
    data = read_json(path, "case", _formats())
    given = {**_EMPTY, "plans": [list(data["treatments"]["right"])], **data, **data["tests"], **data["treatments"]}
    given |= {"name": path.stem, "goals": [Goal(**goal) for goal in data["goals"]]}
    case = Case(**{name: value for name, value in given.items() if name not in ("tests", "treatments")})
    _check(case, data, functools.partial(refuse, path.name))
    return case


def _check(case, data, refuse):
    """What a schema cannot say: fields that must fit each other, and settings that a patient can have."""
    if (case.disorder is None) == ("severity" in data):
        refuse(["severity"], "needs a disorder" if case.disorder is None else "is missing")
    if case.severity[0] > case.severity[1]:
        refuse(["severity"], f"{list(case.severity)} is not [lowest, highest] within 0 to 1")
    for field, names in (("plans", itertools.chain(*case.plans)), ("essential", case.essential)):
        for name in sorted({*names} - {*case.right}):
            refuse(["treatments", field], f"{name!r} is not among the right ones")
    for name in sorted(set(case.right) & set(case.wrong)):
        refuse(["treatments"], f"{name!r} is both right and wrong")
    for number, goal in enumerate(case.goals):
        if goal.lower >= goal.upper:
            refuse(["goals", number], "lower must be below upper")
    for name, setting in case.settings.items():
        try:
            Patient(**{name: _profile(setting, case.years)})
        except InputError as problem:
            refuse(["settings", name], str(problem))
    for severity in case.severity:
        try:
            Patient(**case.patient_settings(severity))
        except InputError as problem:
            refuse(["settings"], str(problem))


@functools.cache
def diagnoses():
    """The diagnoses that can be named: those of data/disorders.csv, with the cases' own names in place of theirs."""
    known = [read_case(path) for path in case_files().values()]
    renamed = {case.disorder for case in known if case.disorder} - {case.diagnosis for case in known}
    return tuple(sorted({*disorders(), *(case.diagnosis for case in known)} - renamed, key=str.lower))


def find(name, allowed, what):
    """Return `name` when it is in `allowed`; raises InputError with the nearest names otherwise."""
    if isinstance(name, str) and name in allowed:
        return name
    raise unknown(what, name, list(allowed), f"choose from {', '.join(allowed)}")
