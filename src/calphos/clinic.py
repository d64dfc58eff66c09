"""The virtual clinic: a patient with a hidden disorder, whom a learner tests, diagnoses, treats and follows.

Every result comes from the model (with assay noise), and so does every consequence of a treatment. Patients are
invented; costs are teaching units. `Visit` needs no widgets; `start()` puts buttons on it.
"""

import json
import math
import os
import tempfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from calphos import cases as shelf
from calphos.cases import diagnoses, find, load_case
from calphos.errors import InputError
from calphos.parameters import parameter, parameters
from calphos.patient import Patient, Profile
from calphos.quantities import SI, check_units, quantities, quantity
from calphos.simulation import Course, SimulationError, simulate
from calphos.words import Words, report_line, spoken

pd.set_option("display.max_colwidth", None)  # cells hold sentences, which pandas would cut

FORMAT = "calphos clinic"
VERSION = 1
DAYS = {"days": 1.0, "weeks": 7.0, "months": 365.25 / 12, "years": 365.25}
# What the follow-up always shows, as a doctor would write it on one line.
VITAL = ("total_calcium", "phosphate", "pth", "gfr")
# Marks: what each part of the work is worth.
WORTH = {"tests": 20, "diagnosis": 30, "treatment": 20, "course": 30}
_BUDGET = 1.5  # the tests that matter may be exceeded in cost by half before marks are lost


def case_list():
    """Return the cases as a table: number, title, and months of follow-up that are asked for."""
    rows = [(name.split("_")[0], load_case(name)) for name in shelf.case_files()]
    table = pd.DataFrame([(number, case.title, case.months) for number, case in rows])
    return table.set_axis(["case", "title", "months"], axis=1).set_index("case")


def test_list():
    """Return the tests that can be ordered as a table: name, label, cost (teaching units), days until the result."""
    rows = [(t.name, t.label, t.cost, t.delay_days, t.meaning) for t in shelf.tests().values()]
    return pd.DataFrame(rows, columns=["test", "label", "cost", "days", "meaning"]).set_index("test")


def treatment_list():
    """Return the treatments that can be given as a table: name, usual dose, bounds and unit."""
    rows = [
        (t.name, t.usual, t.lower, t.upper, t.unit, t.meaning) for t in shelf.clinic_treatments().values()
    ]
    return pd.DataFrame(
        rows, columns=["treatment", "usual", "lowest", "highest", "unit", "meaning"]
    ).set_index("treatment")


def diagnosis_list():
    """Return the names of the diagnoses that can be made."""
    return list(diagnoses())


@dataclass
class Mark:
    """What a visit was worth: points for each part, with the reasons."""

    title: str
    points: dict
    reasons: dict
    answer: str
    lesson: str
    sources: tuple = ()
    total: int = field(init=False)

    def __post_init__(self):
        self.total = max(0, round(sum(self.points.values())))

    def __str__(self):
        lines = [f"{self.title}: {self.total} of {sum(WORTH.values())} points", f"Diagnosis: {self.answer}"]
        for part, worth in WORTH.items():
            lines.append(f"{part.capitalize()}: {self.points[part]:.0f} of {worth}")
            lines += [f"  - {reason}" for reason in self.reasons[part]]
        lines.append(f"To take away: {self.lesson}")
        if self.sources:
            from calphos.references import cite

            lines += ["Sources:", str(cite(*self.sources))]
        return "\n".join(lines)

    __repr__ = __str__


class Visit:
    """One patient in the learner's care. Made by `visit("01", seed=7)`.

    `order` buys tests, `diagnose` names the disorder, `treat` and `stop` change the treatment, `run` lets time pass,
    `mark` gives points with reasons, `save` writes the visit to a file. Each returns text;
    `record` keeps it. The same case and seed give
    the same patient and, for the same orders, the same results.
    """

    def __init__(self, case, seed=1, units=SI):
        self.case = case if isinstance(case, shelf.Case) else load_case(case)
        if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
            raise InputError(f"seed={seed!r}: must be a whole number from 0")
        self.seed = int(seed)
        self.units = check_units(units)
        low, high = self.case.severity
        self.severity = low + (high - low) * self._chance("severity").random()
        self._base = self.case.patient_settings(self.severity)
        hours = self.case.years * 365.25 * 24
        history = Patient(**_shifted(self._base, -hours))
        self._start = self._now = simulate(history, hours=hours, points=2)
        self._table = self._start.table().iloc[[-1]].set_axis([0.0])
        self._table.index.name = "day"
        self.day = 0.0
        self.cost = 0.0
        self.treatments = {}
        self.diagnosis, self.sure = None, None
        self.actions = []
        self.record = []
        self.alarms = []
        self.lost = None
        self._ordered = set()
        self._given = set()
        self._first_treatment = None

    # what the learner does

    @property
    def story(self):
        """The history and the examination, as text."""
        return Words(f"{self.case.title}\n{self.case.story}")

    def order(self, *names):
        """Order tests by name and wait for the slowest; return the results of today's samples as text."""
        self._check_alive()
        if not names:
            raise InputError(f"order: name one or more tests: {', '.join(shelf.tests())}")
        wanted = [shelf.tests()[find(name, shelf.tests(), "test")] for name in dict.fromkeys(names)]
        round_number = sum(action["do"] == "order" for action in self.actions)
        today = self._now.final
        lines = []
        for test in wanted:
            chance = self._chance("test", test.name, round_number)
            lines += self._result(test, today, chance)
        sampled = self.day
        # The slow part first: an interrupt there leaves the visit as it was.
        happened = self._pass(max(test.delay_days for test in wanted))
        cost = sum(test.cost for test in wanted)
        self.cost += cost
        if self.diagnosis is None:
            self._ordered |= {test.name for test in wanted}
        self.actions.append({"do": "order", "tests": [test.name for test in wanted]})
        waited = f", results on {_date(self.day, small=True)}" if self.day > sampled else ""
        head = f"{_date(sampled)}{waited}. Cost {cost:g}, in all {self.cost:g}."
        return self._note("\n".join([head, *lines, *happened]))

    def diagnose(self, name, probability=0.9):
        """Name the disorder and say how sure you are (0 to 1). A later diagnosis replaces an earlier one."""
        name = find(name, diagnoses(), "diagnosis")
        if not isinstance(probability, int | float) or not 0 <= probability <= 1:
            raise InputError(f"probability={probability!r} is outside 0 to 1")
        self.diagnosis, self.sure = name, float(probability)
        self.actions.append({"do": "diagnose", "name": name, "probability": self.sure})
        return self._note(f"{_date(self.day)}. Diagnosis: {name}, {probability:.0%} sure.")

    def treat(self, name, dose=None):
        """Start a treatment or change its dose; return what the patient now gets."""
        self._check_alive()
        treatment = shelf.clinic_treatments()[find(name, shelf.clinic_treatments(), "treatment")]
        self.treatments[name] = treatment.check(dose)
        self._given.add(name)
        if self._first_treatment is None:
            self._first_treatment = self.day
        self.actions.append({"do": "treat", "name": name, "dose": self.treatments[name]})
        return self._note(f"{_date(self.day)}. {self._present()}")

    def stop(self, name):
        """Stop a treatment; return what the patient still gets. An operation cannot be undone."""
        if name not in self.treatments:
            raise InputError(f"the patient does not get {name!r}; {self._present()}")
        if shelf.clinic_treatments()[name].is_operation:
            raise InputError(f"{name} is an operation and cannot be undone")
        del self.treatments[name]
        self.actions.append({"do": "stop", "name": name})
        return self._note(f"{_date(self.day)}. {self._present()}")

    def run(self, *, days=None, weeks=None, months=None, years=None):
        """Let time pass under the present treatment; return the course in a few lines."""
        self._check_alive()
        given = {"days": days, "weeks": weeks, "months": months, "years": years}
        given = {unit: value for unit, value in given.items() if value is not None}
        if len(given) != 1:
            raise InputError("run: give one of days=, weeks=, months= or years=")
        ((unit, value),) = given.items()
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not 0 < value * DAYS[unit] <= 20 * 365.25
        ):
            raise InputError(f"run: {unit}={value!r} must be above 0 and at most 20 years")
        before = self._now.final
        happened = self._pass(value * DAYS[unit])
        self.actions.append({"do": "run", unit: value})
        return self._note(
            "\n".join([f"{_date(self.day)}. {self._present()}", *self._trend(before), *happened])
        )

    # what the learner sees

    @property
    def course(self):
        """The course since the first consultation (a `Course`; index: days). What a chart would show without noise."""
        hours = self._table.index.to_numpy() * 24
        return Course(self._now.patient, self._table, None, hours)

    def plot(self, *names, **options):
        """Draw the course since the first consultation (default: calcium, phosphate, PTH, deposits)."""
        from calphos import figures

        if len(self._table) < 2:
            raise InputError("plot: let time pass first, with run()")
        names = names or ("total_calcium", "phosphate", "pth", ("labile_deposit", "mature_deposit"))
        return figures.course(self.course, *names, **{"units": self.units, **options})

    @property
    def summary(self):
        """One line: the day, the cost, the diagnosis and the treatment."""
        named = f"{self.diagnosis} ({self.sure:.0%} sure)" if self.diagnosis else "no diagnosis yet"
        return Words(f"{_date(self.day)}, cost {self.cost:g}, {named}. {self._present()}")

    def mark(self):
        """Return the `Mark`: points for tests, diagnosis, treatment and course, each with its reasons."""
        parts = {
            "tests": self._mark_tests(),
            "diagnosis": self._mark_diagnosis(),
            "treatment": self._mark_treatment(),
            "course": self._mark_course(),
        }
        points = {part: max(-WORTH[part], min(WORTH[part], score)) for part, (score, _) in parts.items()}
        reasons = {part: told for part, (_, told) in parts.items()}
        case = self.case
        return Mark(case.title, points, reasons, f"{case.diagnosis}. {case.why}", case.lesson, case.sources)

    # saving

    def save(self, path):
        """Write the visit to a JSON file; return the path.

        The file is written beside its final name and then moved, so a full disk or a crash leaves the old one whole.
        A file that is not a saved visit is never overwritten (InputError).
        """
        path = Path(path)
        if path.exists():
            try:
                _read_save(path)
            except InputError as problem:
                raise InputError(
                    f"{path.name} exists and is not a visit of this version; it is left as it is ({problem})"
                ) from None
        data = {
            "format": FORMAT, "version": VERSION, "case": self.case.name, "seed": self.seed, "units": self.units,
            "actions": self.actions, "summary": str(self.summary),
        }  # fmt: skip
        text = json.dumps(data, indent=1, ensure_ascii=False) + "\n"
        handle, made = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(made, path)
        except BaseException:
            Path(made).unlink(missing_ok=True)
            raise
        return path

    def _replay(self, actions, where):
        for number, action in enumerate(actions, start=1):
            try:
                action = dict(action)
                do = action.pop("do")
                if do == "order":
                    self.order(*action["tests"])
                elif do in ("diagnose", "treat", "stop", "run"):
                    getattr(self, do)(**action)
                else:
                    raise InputError(f"{do!r} is not an action")
            except (InputError, TypeError, KeyError, ValueError) as problem:
                raise InputError(f"{where}, action {number}: {problem}") from None

    # inside

    def _note(self, text):
        self.record.append(text)
        return Words(text)

    def _chance(self, *key):
        """Random numbers that depend only on the case, the seed and the key."""
        return np.random.default_rng([self.seed, zlib.crc32(repr((self.case.name, *key)).encode())])

    def _check_alive(self):
        if self.lost:
            raise InputError(f"the patient has been lost ({self.lost}); start the case again")

    def _settings(self):
        """The model's settings now: the case and the treatments, Profiles in hours from today."""
        settings = _shifted(self._base, self.day * 24)
        for name, dose in self.treatments.items():
            for key, how, factor in shelf.clinic_treatments()[name].changes:
                settings[key] = _changed(
                    settings.get(key, parameter(key).value), how, factor, dose, parameter(key)
                )
        return settings

    def _pass(self, days):
        """Let days go by; return lines about what happened."""
        if days <= 0:
            return []
        # Fine steps at the beginning, where a new treatment acts.
        points = days * np.linspace(0, 1, 61) ** 2
        try:
            part = simulate(Patient(**self._settings()), days=days, points=points[1:], start=self._now)
        except SimulationError:
            self.lost = (
                f"the blood left what the model can follow within {_span(days)} after {_date(self.day)}"
            )
            self.alarms.append((self.day, self.lost))
            return [f"The patient is lost: {self.lost}."]
        self._now = part
        table = part.table().iloc[1:]
        table.index = table.index + self.day
        self._table = pd.concat([self._table, table])
        self._table.index.name = "day"
        self.day += days
        return self._ring(table)

    def _ring(self, table):
        found, seen = [], set()
        for name, side, limit, text in reversed(shelf.alarms()):
            beyond = table[name] < limit if side == "below" else table[name] > limit
            worst = table[name].min() if side == "below" else table[name].max()
            first = table[name].iloc[0]
            worse = beyond.any() and (not beyond.iloc[0] or abs(worst - first) > 0.02 * abs(first))
            if worse and (name, side) not in seen:
                seen.add((name, side))
                day = float(beyond.index[beyond][0])
                shown = quantity(name).text(worst, self.units, with_unit=True)
                way = "down" if side == "below" else "up"
                told = f"Alarm from {_date(day, small=True)}: {spoken(quantity(name).label)} {way} to {shown}. {text}."
                found.append((day, text, told))
        found.sort()
        self.alarms += [(day, text) for day, text, _ in found]
        return [told for *_, told in found]

    def _present(self):
        if not self.treatments:
            return "No treatment."
        given = [shelf.clinic_treatments()[name].text(dose) for name, dose in self.treatments.items()]
        return f"Treatment: {', '.join(given)}."

    def _trend(self, before):
        after = self._now.final
        lines = []
        for name in VITAL:
            item = quantity(name)
            old, new = (item.text(row[name], self.units) for row in (before, after))
            flag = item.flag(after[name])
            lines.append(
                f"{item.label:<16}{old:>7} → {new:>7} {item.unit(self.units)}"
                + (f"  {flag}" if flag in ("low", "high") else "")
            )
        return lines

    def _result(self, test, today, chance):
        if not test.reports:
            return [f"{test.label}: {self._picture(test, today)}"]
        lines = []
        settings = self._settings()
        for name in test.reports:
            noise = 1 + test.cv * chance.standard_normal()
            if name in quantities():
                lines.append(report_line(quantity(name), max(0.0, float(today[name]) * noise), self.units))
            else:
                value = settings.get(name, parameter(name).value)
                value = value.at(0.0) if isinstance(value, Profile) else value
                value = value if name == "ph" else value * noise
                lines.append(_report_input(parameters()[name], value))
        return lines

    def _picture(self, test, today):
        text = self.case.findings.get(test.name, test.normal_text)
        if test.smallest_deposit is None:
            return text
        deposit = float(today["labile_deposit"] + today["mature_deposit"])
        if deposit < test.smallest_deposit:
            return text
        word = (
            "slight"
            if deposit < 3 * test.smallest_deposit
            else "moderate"
            if deposit < 9 * test.smallest_deposit
            else "extensive"
        )
        found = f"{word.capitalize()} calcification of soft tissue."
        return f"{self.case.findings[test.name]} {found}" if test.name in self.case.findings else found

    # marking

    def _mark_tests(self):
        needed, told = self.case.needed, []
        got = [name for name in needed if name in self._ordered]
        for name, reason in needed.items():
            told.append(f"{'ordered' if name in got else 'missed'}: {name}. {reason}")
        told += [
            f"not needed: {name}. {why}" for name, why in self.case.wasteful.items() if name in self._ordered
        ]
        fair = _BUDGET * sum(shelf.tests()[name].cost for name in needed)
        spent = sum(shelf.tests()[name].cost for name in self._ordered)
        score = WORTH["tests"] * len(got) / len(needed)
        if spent > fair:
            lost = min(WORTH["tests"] / 2, WORTH["tests"] * (spent - fair) / (4 * fair))
            score -= lost
            told.append(
                f"the tests before the diagnosis cost {spent:g}; those that matter cost {fair / _BUDGET:g}"
            )
        return max(0.0, score), told

    def _mark_diagnosis(self):
        worth, case = WORTH["diagnosis"], self.case
        if self.diagnosis is None:
            return 0.0, ["no diagnosis was made"]
        if self.diagnosis == case.diagnosis or self.diagnosis in case.accept:
            told = f"right, and you were {self.sure:.0%} sure"
            return worth * (1 - (1 - self.sure) ** 2), [
                told if self.sure >= 0.7 else f"{told}: you could have trusted it more"
            ]
        reason = case.instead.get(self.diagnosis, f"the results fit {case.diagnosis} better: {case.why}")
        told = [f"not {self.diagnosis}: {reason}"]
        if self.sure > 0.5:
            told.append(f"being {self.sure:.0%} sure of it costs marks")
        return -worth / 3 * self.sure**2, told

    def _mark_treatment(self):
        worth, case, told = WORTH["treatment"], self.case, []
        good = [name for name in case.right if name in self._given]
        score = worth * min(1.0, len(good) / case.enough)
        told += [f"good: {name}. {case.right[name]}" for name in good]
        if len(good) < case.enough:
            told += [
                f"not tried: {name}. {reason}" for name, reason in case.right.items() if name not in good
            ]
        for name in case.wrong:
            if name in self._given:
                score -= worth / 2
                told.append(f"harmful or useless: {name}. {case.wrong[name]}")
        if not self._given:
            told.insert(0, "no decision about treatment was made (watchful waiting is one, too)")
        return max(-worth / 2, score), told

    def _mark_course(self):
        worth, case = WORTH["course"], self.case
        if self.lost:
            return 0.0, [f"the patient is lost: {self.lost}"]
        since = 0.0 if self._first_treatment is None else self.day - self._first_treatment
        needed = case.months * DAYS["months"]
        if since < 0.95 * needed:
            return 0.0, [
                f"follow the patient for {_span(needed)} after your decision about treatment (so far {_span(since)})"
            ]
        met, told = 0, []
        untreated = None
        for goal in case.goals:
            if goal.growth_below_untreated is not None and untreated is None:
                untreated = self._untreated()
            reached, shown = self._reached(goal, untreated)
            met += reached
            told.append(f"{'reached' if reached else 'not reached'}: {shown}. {goal.why}")
        return worth * met / len(case.goals), told

    def _reached(self, goal, untreated):
        item = quantity(goal.quantity)
        column = self._table[goal.quantity]
        treated = column[column.index >= (self._first_treatment or 0.0)]
        last = float(column.iloc[-1])
        if goal.growth_below_untreated is not None:
            first = float(column.iloc[0])
            own, free = last - first, float(untreated[goal.quantity]) - first
            return (
                own <= max(0.0, goal.growth_below_untreated * free),
                f"{spoken(item.label)} grew {_times(own, free)} as without treatment",
            )
        bounds = _bounds(item, goal, self.units)

        def within(*values):  # rounded as they are shown, so that words and verdict agree
            return all(goal.lower <= round(value, item.decimals) <= goal.upper for value in values)

        if goal.when == "always":
            low, high = float(treated.min()), float(treated.max())
            shown = f"{item.text(low, self.units)} to {item.text(high, self.units, with_unit=True)}"
            return (
                within(low, high),
                f"{spoken(item.label)} {shown} all along (goal {bounds})",
            )
        return (
            within(last),
            f"{spoken(item.label)} {item.text(last, self.units, with_unit=True)} (goal {bounds})",
        )

    def _untreated(self):
        return simulate(
            Patient(**_shifted(self._base, 0.0)), days=self.day, points=2, start=self._start
        ).final


def _shifted(settings, hours):
    """Move every Profile so that its hour 0 is `hours` later."""
    return {
        name: Profile(tuple((hour - hours, level) for hour, level in value.points)) if isinstance(value, Profile) else value
        for name, value in settings.items()
    }  # fmt: skip


def _changed(value, how, factor, dose, row):
    """What a treatment makes of an input, kept within the input's bounds."""
    if isinstance(value, Profile):
        return Profile(tuple((hour, _changed(level, how, factor, dose, row)) for hour, level in value.points))
    amount = factor * (1.0 if dose is None else dose)
    new = {"set": amount, "add": value + amount, "reduce": value * (1 - amount)}[how]
    return min(row.upper, max(row.lower, new))


def _report_input(row, value):
    decimals = 2 if row.step is None else len(f"{row.step:.4f}".rstrip("0").partition(".")[2])
    unit = "" if row.unit == "pH" else row.unit
    return f"{row.label:<34}{value:>8.{decimals}f} {unit}".rstrip()


def _bounds(item, goal, units):
    low, high = (item.text(edge, units) for edge in (goal.lower, goal.upper))
    unit = item.unit(units)
    if math.isinf(goal.lower):
        return f"at most {high} {unit}"
    return f"at least {low} {unit}" if math.isinf(goal.upper) else f"{low} to {high} {unit}"


def _times(own, free):
    return f"{max(own, 0) / free:.1f} times as much" if free > 0 else "about as much"


def _span(days):
    for unit, length in (("years", 365.25), ("months", DAYS["months"])):
        if days >= 1.95 * length:
            return f"{days / length:.0f} {unit}"
    return f"{days:.0f} days" if days >= 2 or days == 0 else f"{days * 24:.0f} hours"


def _date(day, small=False):
    if day < 1000:
        return f"{'d' if small else 'D'}ay {day:.0f}"
    return f"{'y' if small else 'Y'}ear {day / 365.25:.1f}"


def visit(case, seed=1, units=SI):
    """Return a `Visit`: the patient of `case` ("01" to the last) as the seed makes them.

    Raises InputError for an unknown case, a bad seed or a malformed case file.
    """
    return Visit(case, seed, units)


def load(path):
    """Return the `Visit` saved in a file, played again step by step.

    Raises InputError when the file is truncated, of another version or damaged; the file is left as it is.
    """
    path = Path(path)
    data = _read_save(path)
    made = Visit(data["case"], data["seed"], data["units"])
    made._replay(data["actions"], path.name)
    return made


def _read_save(path):
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"there is no file {path}") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as problem:
        raise InputError(
            f"{path.name}: not whole (truncated or damaged): {problem}. The file is left as it is"
        ) from None
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise InputError(f"{path.name}: not a saved visit of the clinic")
    if data.get("version") != VERSION:
        raise InputError(
            f"{path.name}: version {data.get('version')!r}; this calphos reads version {VERSION}. The file is left as it is: "
            f"repeat its {len(data.get('actions') or [])} actions with visit({data.get('case')!r}, seed={data.get('seed')!r})"
        )
    for key, kind in (("case", str), ("seed", int), ("units", str), ("actions", list)):
        if not isinstance(data.get(key), kind):
            raise InputError(f"{path.name}, field {key}: missing or not a {kind.__name__}")
    return data


def portfolio(folder="."):
    """Return a table of the visits saved in a folder: file, case, diagnosis made, points."""
    rows = []
    for path in sorted(Path(folder).glob("*.json")):
        try:
            made = load(path)
        except InputError:
            continue
        rows.append((path.name, made.case.title, made.diagnosis or "none yet", made.mark().total))
    return pd.DataFrame(rows, columns=["file", "case", "your diagnosis", "points"]).set_index("file")


def start(case=None, seed=1, units=SI):
    """Return the clinic with buttons, shown when it is the last line of a cell. Without `case` the seed picks one."""
    from calphos.clinic_desk import Desk

    return Desk(case, seed, units)
