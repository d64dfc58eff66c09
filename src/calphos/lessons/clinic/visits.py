"""The virtual clinic: a patient with a hidden disorder, whom a learner tests, diagnoses, treats and follows.

Every result comes from the model (with assay noise), and so does every consequence of a treatment. Patients are
invented; costs are teaching units. `Visit` needs no widgets; the desk puts buttons on it.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from calphos.lessons.chance import Chance
from calphos.lessons.clinic import cases as shelf
from calphos.lessons.clinic.marks import Mark
from calphos.lessons.files import read_json, write_text
from calphos.model.changes import apply
from calphos.model.parameters import parameters
from calphos.model.patient import Patient
from calphos.model.profiles import DAY, YEAR, Profile
from calphos.model.simulation import Course, SimulationError, simulate
from calphos.tables.errors import InputError, find, number
from calphos.tables.quantities import SI, check_units, quantities, quantity
from calphos.tables.references import Table
from calphos.tables.words import MONTH, Words, decimals, report_line, span, spoken

DAYS = {"hours": 1 / DAY, "days": 1.0, "weeks": 7.0, "months": MONTH, "years": YEAR / DAY}
_FINE = np.linspace(0, 1, 61) ** 2  # fine steps at the beginning, where a new treatment acts
# What the follow-up always shows, as a doctor would write it on one line.
VITAL = ("total_calcium", "phosphate", "pth", "gfr")


def case_list():
    """Return the cases as a table: number, title, and months of follow-up that are asked for."""
    rows = [(case.name.split("_")[0], case.title, case.months) for case in map(shelf.load_case, shelf.case_files())]
    return Table(rows, columns=["case", "title", "months"]).set_index("case")


class Visit:
    """One patient in the learner's care: of `case` ("01" to the last), as the seed makes them.

    `order` buys tests, `diagnose` names the disorder, `treat` and `stop` change the treatment, `run` lets time pass,
    `mark` gives points with reasons, `save` writes the visit to a file. Each returns text; `record` keeps it. The same
    case and seed give the same patient and, for the same orders, the same results. What can be named stands in
    `reference("tests_catalogue")`, `reference("clinic_treatments")` and `clinic.diagnoses()`. `course` is the `Course` since
    the first consultation, as a chart without noise would show it.

    Raises InputError for an unknown case, a bad seed or a malformed case file.

    >>> made = Visit("13", seed=1)
    >>> made.treat("eye clinic")
    Day 0. Treatment: Referral to an eye clinic.
    >>> made.stop("eye clinic"), made.cost
    (Day 0. No treatment., 0.0)
    """

    def __init__(self, case, seed=1, units=SI):
        self.case = case if isinstance(case, shelf.Case) else shelf.load_case(case)
        self.seed = int(number(seed, "seed", 0, 2**32 - 1))
        if self.seed != seed or isinstance(seed, bool):
            raise InputError(f"seed={seed!r}: must be a whole number")
        self.units = check_units(units)
        self.story = Words(f"{self.case.title}\n{self.case.story}")  # history and examination
        low, high = self.case.severity
        self.severity = low + (high - low) * Chance("severity", self.case.name, self.seed).uniform()
        ill = {"disorder": self.case.disorder, "severity": self.severity} if self.case.disorder else {}
        self._base = Patient(**ill, **self.case.settings).settings
        hours = self.case.years * YEAR
        lived = simulate(Patient(**_shifted(self._base, -hours)), hours=hours, points=2)
        today = lived.table().tail(1).rename(index=lambda _: 0.0)
        self.course = self._start = Course(lived.patient, today, lived.states[-1:], np.zeros(1))
        self.day = self.cost = 0.0
        self.diagnosis = self.sure = self.lost = self.first_treatment = None  # the last is a day
        self._free = None  # the course without treatment, once asked for
        self.actions, self.record, self.dates = [], [], []  # what was done, what was said, and the day of each
        self._passed = []  # the passages of `care`
        self.treatments, self.ordered = {}, set()  # what is given, and the tests asked for before the diagnosis

    # what the learner does

    def order(self, *names):
        """Order tests by name and wait for the slowest; return the results of today's samples as text."""
        self._check_alive()
        if not names:
            raise InputError(f"order: name one or more tests: {', '.join(shelf.tests())}")
        wanted = {name: shelf.tests()[find(name, shelf.tests(), "test")] for name in names}
        rounds = sum(action["do"] == "order" for action in self.actions)
        lines, sampled = [line for test in wanted.values() for line in self._result(test, rounds)], self.day
        # The slow part first: an interrupt there leaves the visit as it was.
        happened = self._pass(max(test.delay_days for test in wanted.values()))
        cost = sum(test.cost for test in wanted.values())
        self.cost += cost
        if self.diagnosis is None:
            self.ordered.update(wanted)
        waited = f", results on {_date(self.day).lower()}" if self.day > sampled else ""
        head = f"{_date(sampled)}{waited}. Cost {cost:g}, in all {self.cost:g}."
        return self._note({"do": "order", "tests": [*wanted]}, head, *lines, *happened, day=sampled)

    def diagnose(self, name, probability=0.9):
        """Name the disorder and say how sure you are (0 to 1). A later diagnosis replaces an earlier one."""
        name = find(name, shelf.diagnoses(), "diagnosis", "choose one first")
        self.diagnosis, self.sure = name, number(probability, "probability", 0, 1)
        told = f"{_date(self.day)}. Diagnosis: {name}, {self.sure:.0%} sure."
        return self._note({"do": "diagnose", "name": name, "probability": self.sure}, told)

    def treat(self, name, dose=None):
        """Start a treatment or change its dose; return what the patient now gets."""
        self._check_alive()
        treatment = shelf.clinic_treatments()[find(name, shelf.clinic_treatments(), "treatment")]
        self.treatments[name] = treatment.check(dose)
        if self.first_treatment is None:
            self.first_treatment = self.day
        return self._note({"do": "treat", "name": name, "dose": self.treatments[name]}, self._present())

    def stop(self, name):
        """Stop a treatment; return what the patient still gets. An operation cannot be undone."""
        if shelf.clinic_treatments()[find(name, self.treatments, "treatment under way", self._given())].operation:
            raise InputError(f"{name} is an operation and cannot be undone")
        del self.treatments[name]
        return self._note({"do": "stop", "name": name}, self._present())

    def run(self, **length):
        """Let one of hours=, days=, weeks=, months= or years= pass (20 years at most); return the course in a few lines."""
        self._check_alive()
        if len(length) != 1 or not DAYS.keys() >= length.keys():
            raise InputError(f"run: give one of {', '.join(f'{unit}=' for unit in DAYS)}")
        ((unit, value),) = length.items()
        days = number(value, f"run: {unit}", 1e-3 / DAYS[unit], 20 * DAYS["years"] / DAYS[unit]) * DAYS[unit]
        before = self.course.final
        happened = self._pass(days)
        return self._note({"do": "run", "days": days}, self._present(), *self._trend(before), *happened)

    # what the learner sees

    @property
    def passages(self):
        """What `calphos.lessons.clinic.marks` judges: each stretch of time with its treatments, and what was just ordered."""
        ordered = not self._passed or self._passed[-1]["given"] != self.treatments
        return [*self._passed, *([self._passage(self.course.table().tail(1))] if ordered and self.treatments else [])]

    def untreated(self):
        """Return the `Course` until today had nothing been given."""
        if self._free is None or self._free.days[-1] != self.day:
            self._free = simulate(Patient(**self._base), days=self.day, points=self.day * _FINE, start=self._start)
        return self._free

    @property
    def summary(self):
        """One line: the day, the cost, the diagnosis and the treatment."""
        named = f"{self.diagnosis} ({self.sure:.0%} sure)" if self.diagnosis else "no diagnosis yet"
        return Words(f"{_date(self.day)}, cost {self.cost:g}, {named}. {self._given()}")

    def mark(self):
        """Return the `calphos.lessons.clinic.marks.Mark`: points for tests, diagnosis, treatment and course, with reasons."""
        return Mark(self)

    # saving

    def save(self, path):
        """Write the visit to a JSON file and return the path; InputError where another file is, which stays as it is."""
        path = Path(path)
        if path.exists():
            try:
                read_json(path, "visit")
            except InputError as problem:
                raise InputError(f"{path.name} is no visit of this version; it is left as it is ({problem})") from None
        data = {"format": "calphos clinic", "version": 2, "case": self.case.name, "seed": self.seed}
        data |= {"units": self.units, "actions": self.actions, "summary": self.summary, "debrief": self.record}
        return write_text(path, json.dumps(data, indent=1, ensure_ascii=False) + "\n")

    def _replay(self, actions, where):
        for place, action in enumerate(actions, start=1):
            given = {key: value for key, value in action.items() if key != "do"}
            try:
                getattr(self, action["do"])(*given.pop("tests", ()), **given)
            except InputError as problem:
                raise InputError(f"{where}, action {place}: {problem}") from None

    # inside

    def _note(self, action, *lines, day=None):
        text = Words("\n".join(lines))
        self.actions.append(action)
        self.record.append(text)
        self.dates.append(self.day if day is None else day)
        return text

    def _check_alive(self):
        if self.lost:
            raise InputError(f"the patient has been lost ({self.lost}); start the case again")

    def _patient(self, treatments):
        """The case under treatments, its Profiles in hours from today."""
        settings = _shifted(self._base, self.day * DAY)
        for name, dose in treatments.items():
            settings = apply(settings, "clinic treatment", name, 1.0 if dose is None else dose)
        return Patient(**settings)

    def _pass(self, days):
        """Let days go by; return lines about what happened."""
        if days <= 0:
            return []
        try:
            part = simulate(self._patient(self.treatments), days=days, points=days * _FINE[1:], start=self.course)
        except SimulationError:
            self.lost = f"the blood left what the model can follow within {span(days)} after {_date(self.day)}"
            return [f"The patient is lost: {self.lost}."]
        table = part.table()
        self._passed.append(self._passage(table))
        added = table.iloc[1:].set_axis(table.index[1:] + self.day)
        whole = pd.concat([self.course.table(), added])
        self.course = Course(part.patient, whole, part.states[-1:], whole.index.to_numpy() * DAY)
        self.day += days
        return self._ring(added)

    def _passage(self, table):
        """What happened in a stretch of time: the treatments, and values at its start, the lowest and the highest."""
        before, now = self._inputs(self._passed[-1]["given"] if self._passed else {}), self._inputs(self.treatments)
        return {
            "day": self.day,
            "given": dict(self.treatments),
            "start": {**before, **table.iloc[0]},
            "low": {**now, **table.min()},
            "high": {**now, **table.max()},
        }

    def _inputs(self, treatments):
        return self._patient(treatments).at(0.0)._asdict()

    def _ring(self, table):
        found = {}
        for alarm in shelf.alarms():
            column = table[alarm.quantity]
            beyond, worst, first = alarm.rings(column), alarm.worst(column), column.iloc[0]
            if beyond.any() and (not beyond.iloc[0] or abs(worst - first) > 0.02 * abs(first)):
                day, item = float(beyond.idxmax()), quantity(alarm.quantity)
                way = "down" if alarm.side == "below" else "up"
                told = f"{spoken(item.label)} {way} to {item.text(worst, self.units, with_unit=True)}. {alarm.text}."
                found[item.name, way] = day, alarm.text, f"Alarm from {_date(day).lower()}: {told}"
        return [told for *_, told in sorted(found.values())]

    def _given(self):
        given = ", ".join(shelf.clinic_treatments()[name].text(dose) for name, dose in self.treatments.items())
        return f"Treatment: {given}." if given else "No treatment."

    def _present(self):
        return f"{_date(self.day)}. {self._given()}"

    def _trend(self, before):
        for item in map(quantity, VITAL):
            old, new = (item.text(row[item.name], self.units) for row in (before, self.course.final))
            flag = item.flag(self.course.final[item.name]).replace("normal", "")
            yield f"{item.label:<16}{old:>7} → {new:>7} {item.unit(self.units)}  {flag}".rstrip()

    def _result(self, test, rounds):
        """The lines of one test, of a sample of now; `rounds` is how many orders came before."""
        today, inputs, lines = self.course.final, self._inputs(self.treatments), []
        if not test.reports:
            seen = self.case.findings.get(test.name, "")
            times = float(today["labile_deposit"] + today["mature_deposit"]) / (test.smallest_deposit or np.inf)
            word = "Slight" if times < 3 else "Moderate" if times < 9 else "Extensive"
            told = f"{seen} {word} calcification of soft tissue.".strip() if times >= 1 else seen or test.normal_text
            return [f"{test.label}: {told}"]
        chance = Chance("test", self.case.name, self.seed, test.name, rounds)
        for name in test.reports:
            noise = 1 + test.cv * chance.normal()
            if name in quantities():
                lines.append(report_line(quantity(name), max(0.0, float(today[name]) * noise), self.units))
            else:
                row, value = parameters()[name], inputs[name] * (1 if name == "ph" else noise)
                unit = "" if row.unit == "pH" else row.unit
                lines.append(f"{row.label:<34}{value:>8.{decimals(row.step or 0.01)}f} {unit}".rstrip())
        return lines


def _shifted(settings, hours):
    """Move every Profile so that its hour 0 is `hours` later."""
    moved = {name: value.map(float, shift=-hours) for name, value in settings.items() if isinstance(value, Profile)}
    return {**settings, **moved}


def _date(day):
    return f"Day {day:.0f}" if day < 1000 else f"Year {day / DAYS['years']:.1f}"


def play(case, actions, seed=1):
    """Return the `Visit` in which a case was treated by `actions` (as in a saved visit) and followed as long as it asks.

    Tests that matter and the right diagnosis come first unless the actions name a diagnosis. The roads of a case file are
    such actions. Raises InputError for an action that is refused.

    >>> play("13", [{"do": "treat", "name": "watchful waiting"}]).mark().ceiling  # the eye clinic was essential
    55
    """
    made = Visit(case, seed)
    if not any(action["do"] == "diagnose" for action in actions):
        made.order(*made.case.needed)
        made.diagnose(made.case.diagnosis, 0.95)
    made._replay(actions, made.case.name)
    since = made.day if made.first_treatment is None else made.first_treatment
    left = made.case.months * MONTH - (made.day - since)
    if left > 0 and not made.lost:
        made.run(days=left)
    return made


def load(path):
    """Return the `Visit` saved in a file, played again step by step.

    Raises InputError when the file is truncated, of another version or damaged; the file is left as it is.
    """
    data = read_json(path, "visit")
    made = Visit(data["case"], data["seed"], data["units"])
    made._replay(data["actions"], Path(path).name)
    return made


def saved(folder):
    """Yield (path, Visit, "") of each whole visit in a folder and (path, None, its fault) of every other JSON file."""
    for path in sorted(Path(folder).glob("*.json")):
        try:
            yield path, load(path), ""
        except InputError as problem:
            yield path, None, str(problem)[:300]


def portfolio(folder="."):
    """Return the visits saved in a folder as a table; a file that is no whole visit has its fault there and no points."""
    rows = []
    for path, made, fault in saved(folder):
        told = (made.case.title, made.diagnosis or "none yet", made.mark().total) if made else ("", "", None)
        rows.append((path.name, *told, fault))
    table = Table(rows, columns=["file", "case", "your diagnosis", "points", "fault"])
    return table.astype({"points": "Int64"}).set_index("file")
