"""The case files, tests and treatments of the virtual clinic: read and checked.

A case is one small file, `data/cases/NN_name.json`. Tests stand in `data/tests_catalogue.csv`, treatments in
`data/clinic_treatments.csv`. Costs are teaching units, not prices.
"""

import difflib
import functools
import json
import math
from dataclasses import dataclass

from calphos.model.parameters import parameter, parameters
from calphos.model.patient import YEAR, Patient, Profile, disorders, steps
from calphos.tables.errors import InputError, unknown
from calphos.tables.files import data_dir
from calphos.tables.quantities import quantities
from calphos.tables.references import rows

WHEN = ("end", "always")
_ACTIONS = ("set", "add", "reduce")


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
    """One row of `data/clinic_treatments.csv`: what it changes in the model, and the dose's unit and bounds."""

    name: str
    label: str
    changes: tuple
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
        if dose is None:
            return self.usual
        if not _is_number(dose) or not self.lower <= dose <= self.upper:
            raise InputError(f"{self.name}: dose {dose!r} is outside {self.lower:g} to {self.upper:g} {self.unit}")
        return float(dose)

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
    enough: int
    wrong: dict
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
        return steps(*value["steps"])
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
    changes = []
    for part in filter(None, row["changes"].split(";")):
        try:
            name, action, number = part.split()
            change = parameter(name).name, action, float(number)
        except ValueError:
            change = None
        if change is None or change[1] not in _ACTIONS:
            raise InputError(f"{where}, column changes: {part!r} is not 'input set|add|reduce number'")
        changes.append(change)
    lower, upper, usual = (_number(row[column]) for column in ("lower", "upper", "usual"))
    if usual is not None and not lower <= usual <= upper:
        raise InputError(f"{where}, column usual: {usual:g} is outside lower to upper")
    return Treatment(row["name"], row["label"], tuple(changes), row["unit"], lower, upper, usual, row["meaning"])


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
    return {path.stem: path for path in sorted(folder.glob("*.json"))}


def load_case(name, folder=None):
    """Return the `Case` called `name` ("01_..." or just "01"); raises InputError naming file and field."""
    files = case_files(folder)
    name = str(name)
    fitting = [stem for stem in files if stem == name or stem.split("_")[0] == name]
    if len(fitting) != 1:
        raise InputError(f"there is no case {name!r}; the cases are {', '.join(files) or 'none'}")
    return read_case(files[fitting[0]])


def read_case(path):
    """Read and check one case file. Raises InputError naming file, field and what is allowed."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as problem:
        raise InputError(f"{path.name}: not readable as JSON: {problem}") from None
    return _Reader(data, path).case()


@functools.cache
def diagnoses():
    """The diagnoses that can be named: those of data/disorders.csv, with the cases' own names in place of theirs."""
    known = [read_case(path) for path in case_files().values()]
    renamed = {case.disorder for case in known if case.disorder} - {case.diagnosis for case in known}
    return tuple(sorted({*disorders(), *(case.diagnosis for case in known)} - renamed, key=str.lower))


class _Reader:
    """Takes one field after the other from a case file and refuses what does not fit."""

    _FIELDS = (
        "title",
        "story",
        "disorder",
        "severity",
        "years",
        "settings",
        "diagnosis",
        "accept",
        "why",
        "instead",
        "tests",
        "findings",
        "treatments",
        "months",
        "goals",
        "lesson",
        "sources",
    )

    def __init__(self, data, path):
        self.data, self.path = data, path
        if not isinstance(data, dict):
            self.refuse("", "the file must be one JSON object")
        for field in data:
            if field not in self._FIELDS:
                self.refuse(field, f"unknown; the fields are {', '.join(self._FIELDS)}")

    def refuse(self, field, why):
        raise InputError(f"{self.path.name}" + (f", field {field}" if field else "") + f": {why}")

    def case(self):
        disorder = self.one_of("disorder", disorders()) if self.data.get("disorder") is not None else None
        years = self.number(self.data.get("years"), "years", 0.002, 60)
        tests_ = self.part("tests", ("needed", "wasteful"))
        treatments_ = self.part("treatments", ("right", "enough", "wrong"))
        right = self.reasons(treatments_.get("right"), "treatments.right", clinic_treatments(), least=1)
        enough = treatments_.get("enough", len(right))
        if type(enough) is not int or not 1 <= enough <= len(right):
            self.refuse("treatments.enough", f"must be a whole number from 1 to {len(right)}")
        case = Case(
            name=self.path.stem,
            title=self.text(self.data.get("title"), "title"),
            story=self.text(self.data.get("story"), "story"),
            disorder=disorder,
            severity=self.severity(disorder),
            years=years,
            settings=self.settings(years),
            diagnosis=self.text(self.data.get("diagnosis"), "diagnosis"),
            accept=self.texts("accept"),
            why=self.text(self.data.get("why"), "why"),
            instead=self.reasons(self.data.get("instead", {}), "instead"),
            needed=self.reasons(tests_.get("needed"), "tests.needed", tests(), least=1),
            wasteful=self.reasons(tests_.get("wasteful", {}), "tests.wasteful", tests()),
            findings=self.reasons(self.data.get("findings", {}), "findings", self.picture_tests()),
            right=right,
            enough=enough,
            wrong=self.reasons(treatments_.get("wrong", {}), "treatments.wrong", clinic_treatments()),
            months=self.number(self.data.get("months"), "months", 0.1, 240),
            goals=self.goals(),
            lesson=self.text(self.data.get("lesson"), "lesson"),
            sources=self.texts("sources"),
        )
        both = set(case.right) & set(case.wrong)
        if both:
            self.refuse("treatments", f"{min(both)!r} is both right and wrong")
        self.try_settings(case)
        return case

    @staticmethod
    def picture_tests():
        return {name: test for name, test in tests().items() if not test.reports}

    def part(self, field, allowed):
        part = self.data.get(field)
        if not isinstance(part, dict):
            self.refuse(field, f"must be an object with {', '.join(allowed)}")
        for name in part:
            if name not in allowed:
                self.refuse(f"{field}.{name}", f"unknown; allowed: {', '.join(allowed)}")
        return part

    def text(self, value, field):
        if not isinstance(value, str) or not value.strip():
            self.refuse(field, "a text is missing")
        return value

    def texts(self, field):
        value = self.data.get(field, [])
        if not isinstance(value, list):
            self.refuse(field, "must be a list of texts")
        return tuple(self.text(item, field) for item in value)

    def number(self, value, field, lower, upper):
        if not _is_number(value) or not lower <= value <= upper:
            self.refuse(field, f"{value!r} is not a number from {lower:g} to {upper:g}")
        return float(value)

    def one_of(self, field, allowed):
        value = self.data.get(field)
        if value not in allowed:
            self.refuse(field, f"{value!r} is unknown{_near(value, allowed)}; allowed: {', '.join(allowed)}")
        return value

    def reasons(self, value, field, allowed=None, least=0):
        if not isinstance(value, dict) or len(value) < least:
            self.refuse(field, "must be an object of name: reason" + (f" with {least} or more" if least else ""))
        for name, reason in value.items():
            if allowed is not None and name not in allowed:
                self.refuse(field, f"{name!r} is unknown{_near(name, allowed)}; allowed: {', '.join(allowed)}")
            self.text(reason, f"{field}.{name}")
        return value

    def severity(self, disorder):
        value = self.data.get("severity")
        if disorder is None:
            if value is not None:
                self.refuse("severity", "needs a disorder")
            return (0.0, 0.0)
        if not (
            isinstance(value, list)
            and len(value) == 2
            and all(map(_is_number, value))
            and 0 <= value[0] <= value[1] <= 1
        ):
            self.refuse("severity", f"{value!r} is not [lowest, highest] within 0 to 1")
        return tuple(map(float, value))

    def settings(self, years):
        value = self.data.get("settings", {})
        if not isinstance(value, dict):
            self.refuse("settings", "must be an object of input: value")
        inputs = [key for key, row in parameters().items() if row.kind == "input"]
        for name, setting in value.items():
            field = f"settings.{name}"
            if name not in inputs:
                self.refuse(field, f"unknown{_near(name, inputs)}; allowed: {', '.join(inputs)}")
            if isinstance(setting, dict):
                self.check_course(setting, field)
            elif not _is_number(setting):
                self.refuse(
                    field, f"{setting!r} is not a number, {{'from':, 'to':}} or {{'steps': [[day, value], ...]}}"
                )
            try:
                levels = _profile(setting, years)
                points = levels.points if isinstance(levels, Profile) else [(0, levels)]
                for _, level in points:
                    parameter(name).check(level)
            except InputError as problem:
                self.refuse(field, str(problem))
        return value

    def check_course(self, setting, field):
        if set(setting) == {"from", "to"} and all(map(_is_number, setting.values())):
            return
        points = setting.get("steps")
        if (
            set(setting) != {"steps"}
            or not isinstance(points, list)
            or not points
            or not all(isinstance(point, list) and len(point) == 2 and all(map(_is_number, point)) for point in points)
        ):
            self.refuse(field, "must be {'from': number, 'to': number} or {'steps': [[day, value], ...]}")

    def goals(self):
        value = self.data.get("goals")
        if not isinstance(value, list) or not value:
            self.refuse("goals", "must be a list of one or more goals")
        return tuple(self.goal(goal, f"goals[{number}]") for number, goal in enumerate(value, start=1))

    def goal(self, goal, field):
        allowed = ("quantity", "why", "lower", "upper", "when", "growth_below_untreated")
        if not isinstance(goal, dict):
            self.refuse(field, f"must be an object with {', '.join(allowed)}")
        for name in goal:
            if name not in allowed:
                self.refuse(f"{field}.{name}", f"unknown; allowed: {', '.join(allowed)}")
        if goal.get("quantity") not in quantities():
            self.refuse(
                f"{field}.quantity", f"{goal.get('quantity')!r} is unknown{_near(goal.get('quantity'), quantities())}"
            )
        if goal.get("when", "end") not in WHEN:
            self.refuse(f"{field}.when", f"{goal['when']!r} is not one of {', '.join(WHEN)}")
        for name in ("lower", "upper", "growth_below_untreated"):
            if name in goal and not _is_number(goal[name]):
                self.refuse(f"{field}.{name}", f"{goal[name]!r} is not a number")
        if not {"lower", "upper", "growth_below_untreated"} & set(goal):
            self.refuse(field, "needs lower, upper or growth_below_untreated")
        if goal.get("lower", -math.inf) >= goal.get("upper", math.inf):
            self.refuse(field, "lower must be below upper")
        self.text(goal.get("why"), f"{field}.why")
        return Goal(**goal)

    def try_settings(self, case):
        for severity in case.severity:
            try:
                Patient(**case.patient_settings(severity))
            except InputError as problem:
                self.refuse("settings", str(problem))


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _near(name, allowed):
    near = difflib.get_close_matches(str(name), list(allowed), n=3, cutoff=0.5)
    return f" (did you mean {' or '.join(near)}?)" if near else ""


def find(name, allowed, what):
    """Return `name` when it is in `allowed`; raises InputError with the nearest names otherwise."""
    if name in allowed:
        return name
    raise unknown(what, name, allowed, f"choose from {', '.join(allowed)}")
