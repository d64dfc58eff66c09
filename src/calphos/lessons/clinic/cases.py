"""The case files, tests and treatments of the virtual clinic: read and checked.

A case is one small file, `data/cases/NN_name.json`; the tables are `tests_catalogue`, `clinic_treatments` and `clinic_alarms`.
"""

import functools
import itertools
import math
from types import SimpleNamespace

from calphos.lessons.files import read_json, refuse
from calphos.model.changes import disorders
from calphos.model.parameters import parameters
from calphos.model.patient import Patient
from calphos.panels import plan
from calphos.tables.errors import InputError, find, number
from calphos.tables.quantities import quantities
from calphos.tables.reading import data_dir, records
from calphos.tables.references import sources


class Treatment(SimpleNamespace):
    """One row of `data/clinic_treatments.csv`: the dose's unit and bounds (`data/changes.csv` has what it changes)."""

    def check(self, dose):
        """Return the dose as a number (the usual one for None); raises InputError with the bounds."""
        if self.usual is None:
            if dose is not None:
                raise InputError(f"{self.name} has no dose")
            return None
        return number(self.usual if dose is None else dose, f"{self.name}, dose", self.lower, self.upper, self.unit)

    def text(self, dose):
        """Return "calcitriol 0.5 µg/d"."""
        return self.label if dose is None else f"{self.label} {dose:g} {self.unit}"


class Alarm(SimpleNamespace):
    """One row of `data/clinic_alarms.csv`: a state of the blood that is reported while time passes."""

    def worst(self, values):
        """Return the value that lies farthest on the alarm's side."""
        return values.min() if self.side == "below" else values.max()

    def rings(self, value):
        """Return whether a value (or which of several) lies beyond the limit."""
        return value < self.limit if self.side == "below" else value > self.limit


class Case(SimpleNamespace):
    """One patient of the clinic, read from a file: its fields by name (`data/cases/README.md`), those of `tests` and
    `treatments` among them; `settings` are numbers and Profiles in hours since the first consultation, `goals` what the
    course is judged by."""


# What a file may leave out, and what a goal in it may: its bounds are in SI units.
_EMPTY = {"disorder": None, "severity": (0.0, 0.0), "accept": (), "essential": ()}
_EMPTY |= {name: {} for name in ("settings", "instead", "findings", "wasteful", "wrong")}
_GOAL = {"lower": -math.inf, "upper": math.inf, "when": "end", "growth_below_untreated": None}


@functools.cache
def tests():
    """The tests that can be ordered by name: `data/tests_catalogue.csv`, with `reports` as a tuple (quantities and inputs)."""
    found = {}
    for row in records("tests_catalogue"):
        row |= {"reports": tuple(filter(None, row["reports"].split(";"))), "cv": row["cv"] or 0.0}
        found[row["name"]] = SimpleNamespace(**row)
    return found


@functools.cache
def clinic_treatments():
    """The treatments that can be given: a dict of name to `Treatment`."""
    return {row["name"]: Treatment(**row) for row in records("clinic_treatments")}


@functools.cache
def alarms():
    """The alarms as a tuple of `Alarm`: of several about the same the worst is the last."""
    return tuple(Alarm(**row) for row in records("clinic_alarms"))


def case_files():
    """The case files as a dict of name to path, in the order of their names."""
    return {path.stem: path for path in sorted((data_dir() / "cases").glob("*.json")) if path.is_file()}


def load_case(name):
    """Return the `Case` called `name` ("01_..." or just "01"); raises InputError naming file and field."""
    files = case_files()
    known = files | {stem.split("_")[0]: path for stem, path in files.items()}
    return read_case(known[find(str(name), known, "case", f"the cases are {', '.join(files)}")])


# Names that a case file takes from tables, by the `format` that stands for them in its schema.
_FORMATS = {
    "disorder": disorders,
    "test": tests,
    "picture": lambda: [name for name, test in tests().items() if not test.reports],
    "treatment": clinic_treatments,
    "quantity": quantities,
    "input": lambda: [name for name, row in parameters().items() if row.kind == "input"],
    "source": sources,
}


def read_case(path):
    """Read and check one case file. Raises InputError naming file, field and what is allowed."""
    data = read_json(path, "case", _FORMATS)
    parts = {**data.pop("tests"), **data.pop("treatments")}
    parts |= {"goals": [SimpleNamespace(**_GOAL | goal) for goal in data.pop("goals")], "name": path.stem}
    case = Case(**{**_EMPTY, "plans": [list(parts["right"])], **data, **parts})
    # What a schema cannot say: fields that must fit each other, and settings that a patient can have.
    if case.severity[0] > case.severity[1]:
        refuse(path.name, ["severity"], f"{list(case.severity)} is not [lowest, highest] within 0 to 1")
    for field, names in (("plans", itertools.chain(*case.plans)), ("essential", case.essential)):
        for name in sorted({*names} - {*case.right}):
            refuse(path.name, ["treatments", field], f"{name!r} is not among the right ones")
    for name in sorted(set(case.right) & set(case.wrong)):
        refuse(path.name, ["treatments"], f"{name!r} is both right and wrong")
    for place, goal in enumerate(case.goals):
        if goal.lower >= goal.upper:
            refuse(path.name, ["goals", place], "lower must be below upper")
    for name, value in case.settings.items():
        try:
            case.settings[name] = Patient(**{name: plan.read(value, {})}).settings[name]
        except InputError as problem:
            refuse(path.name, ["settings", name], str(problem))
    return case


@functools.cache
def diagnoses():
    """The diagnoses that can be named: those of data/disorders.csv, with the cases' own names in place of theirs."""
    known = [read_case(path) for path in case_files().values()]
    renamed = {case.disorder for case in known if case.disorder} - {case.diagnosis for case in known}
    return tuple(sorted({*disorders(), *(case.diagnosis for case in known)} - renamed, key=str.lower))
