"""The case files, tests and treatments of the virtual clinic: read and checked.

A case is one small file, `data/cases/NN_name.json`. Tests stand in `data/tests_catalogue.csv`, treatments in
`data/clinic_treatments.csv`. Costs are teaching units, not prices.
"""

import functools
import math
from dataclasses import dataclass

from calphos.lessons.files import read_json, refuse
from calphos.model.changes import amount_of, disorders
from calphos.model.parameters import parameters
from calphos.model.patient import Patient
from calphos.model.profiles import YEAR, Profile, steps
from calphos.tables.errors import InputError, unknown
from calphos.tables.files import data_dir
from calphos.tables.quantities import quantities
from calphos.tables.reading import rows


@dataclass(frozen=True)
class Test:
    """One row of `data/tests_catalogue.csv`. `reports` are quantities or inputs of the model, `cv` is relative noise."""

    __test__ = False  # not a test of pytest

    name: str
    label: str
    kind: str
    reports: tuple
    smallest_deposit: float | None
    cost: float
    delay_days: float
    cv: float
    meaning: str
    normal_text: str


@dataclass(frozen=True)
class Treatment:
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
        if self.usual is None:
            if dose is not None:
                raise InputError(f"{self.name} has no dose")
            return None
        return amount_of(f"{self.name}, dose", dose, self.usual, self.lower, self.upper, self.unit)

    def text(self, dose):
        """Return "calcitriol 0.5 µg/d"."""
        return self.label if dose is None else f"{self.label} {dose:g} {self.unit}"


@dataclass(frozen=True)
class Goal:
    """What the course of a case is judged by: a quantity, its bounds in SI units and when they must hold."""

    quantity: str
    why: str
    lower: float = -math.inf
    upper: float = math.inf
    when: str = "end"
    growth_below_untreated: float | None = None


@dataclass(frozen=True)
class Case:
    """One patient of the clinic, read from a file; see `data/cases/README.md` for the fields."""

    name: str
    title: str
    story: str
    disorder: str | None
    severity: tuple
    years: float
    settings: dict
    diagnosis: str
    accept: tuple
    why: str
    instead: dict
    needed: dict
    wasteful: dict
    findings: dict
    right: dict
    plans: tuple
    essential: tuple
    wrong: dict
    roads: dict
    months: float
    goals: tuple
    lesson: str
    sources: tuple

    def patient_settings(self, severity):
        """Return the model's settings as {name: number or Profile in hours since the first consultation}."""
        settings = dict(Patient(disorder=self.disorder, severity=severity).settings) if self.disorder else {}
        for name, value in self.settings.items():
            settings[name] = _profile(value, self.years)
        return settings


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
    return {row["name"]: _read_test(row, where) for row, where in _rows("tests_catalogue")}


def _read_test(row, where):
    reports = tuple(filter(None, row["reports"].split(";")))
    for item in reports:
        if item not in quantities() and item not in parameters():
            raise InputError(f"{where}, column reports: there is no quantity or input {item!r}")
    return Test(
        row["name"],
        row["label"],
        row["kind"],
        reports,
        _number(row["smallest_deposit"]),
        float(row["cost"]),
        float(row["delay_days"]),
        _number(row["cv"], empty=0.0),
        row["meaning"],
        row["normal_text"],
    )


@functools.cache
def clinic_treatments():
    """The treatments that can be given: a dict of name to `Treatment`."""
    return {row["name"]: _read_treatment(row, where) for row, where in _rows("clinic_treatments")}


def _read_treatment(row, where):
    lower, upper, usual = (_number(row[column]) for column in ("lower", "upper", "usual"))
    if usual is not None and not lower <= usual <= upper:
        raise InputError(f"{where}, column usual: {usual:g} is outside lower to upper")
    return Treatment(row["name"], row["label"], row["unit"], lower, upper, usual, row["meaning"])


@functools.cache
def alarms():
    """States of the blood that are reported while time passes: a tuple of (quantity, side, limit, text)."""
    found = []
    for row, where in _rows("clinic_alarms"):
        if row["quantity"] not in quantities():
            raise InputError(f"{where}, column quantity: there is no {row['quantity']!r}")
        found.append((row["quantity"], row["side"], float(row["limit"]), row["text"]))
    return tuple(found)


def _rows(table):
    """Yield (row, where it stands) of a table; `rows` has seen to it that numbers are numbers."""
    for number, row in enumerate(rows(table), start=2):
        yield row, f"{table}.csv row {number}"


def _number(cell, empty=None):
    return float(cell) if cell else empty


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
    case = Case(
        name=path.stem,
        **{field: data[field] for field in ("title", "story", "years", "diagnosis", "why", "months", "lesson")},
        disorder=data.get("disorder"),
        severity=tuple(data.get("severity", (0.0, 0.0))),
        settings=data.get("settings", {}),
        accept=tuple(data.get("accept", ())),
        instead=data.get("instead", {}),
        needed=data["tests"]["needed"],
        wasteful=data["tests"].get("wasteful", {}),
        findings=data.get("findings", {}),
        right=data["treatments"]["right"],
        plans=tuple(map(tuple, data["treatments"].get("plans", [list(data["treatments"]["right"])]))),
        essential=tuple(data["treatments"].get("essential", ())),
        wrong=data["treatments"].get("wrong", {}),
        roads=data["roads"],
        goals=tuple(Goal(**goal) for goal in data["goals"]),
        sources=tuple(data["sources"]),
    )
    _check(case, data, functools.partial(refuse, path.name))
    return case


def _check(case, data, refuse):
    """What a schema cannot say: fields that must fit each other, and settings that a patient can have."""
    if (case.disorder is None) == ("severity" in data):
        refuse(["severity"], "needs a disorder" if case.disorder is None else "is missing")
    if case.severity[0] > case.severity[1]:
        refuse(["severity"], f"{list(case.severity)} is not [lowest, highest] within 0 to 1")
    for field, names in (("plans", sum(case.plans, ())), ("essential", case.essential)):
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
