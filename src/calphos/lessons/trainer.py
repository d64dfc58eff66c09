"""Telling disorders apart by their blood: twelve reports to read, and values from outside to compare with every disorder.

A disorder is known by its defining pattern (`data/patterns.csv`): the directions each result may take when the disorder is
plain. Reports come from the model at that severity, with the assay noise of `data/tests_catalogue.csv`. For teaching, not for care.
"""

import functools
import html
from itertools import combinations

import ipywidgets as widgets
import numpy as np

from calphos.drawing.lessons import fit_picture
from calphos.lessons.card import Card, card, field, grid, line, pictured
from calphos.lessons.chance import Chance
from calphos.lessons.clinic.cases import tests
from calphos.model.changes import apply, disorders
from calphos.model.patient import Patient
from calphos.model.simulation import simulate
from calphos.panels.keyboard import button
from calphos.tables.errors import InputError, find, number
from calphos.tables.quantities import SI, UNITS, check_units, quantity
from calphos.tables.reading import records
from calphos.tables.references import Table, reference
from calphos.tables.words import Words, report_line, sentences, spoken

# The order in which a laboratory report is read here: PTH after calcium, then phosphate, vitamin D, kidney, urine.
_BLOOD = ["total_calcium", "ionised_calcium", "pth", "phosphate", "calcidiol", "calcitriol", "fgf23", "gfr"]
REPORTED = [*_BLOOD, "urine_calcium", "fractional_excretion_calcium", "tmp_gfr"]
# Quantities without a reference interval count as changed when they leave health by this share (assumed).
CHANGED = 0.2
CHRONIC = 60  # mL/min: GFR is low below it (KDIGO stage G3a)
BOUNDS = (1e-6, 1e9)  # of a value that is entered, in any unit
NEAR = 6  # disorders that do not fit and are told with their reasons
SEVERITIES = np.linspace(0.1, 1, 10)
_ARROW = {"high": "↑", "low": "↓", "normal": "·"}


def _said(sentence, **parts):
    return sentences("trainer")[sentence].format(**parts)


@functools.cache
def _healthy():
    return simulate(Patient(), days=1, points=2).final


@functools.cache
def _state(disorder, severity=None):
    severity = known_patterns()[disorder][0] if severity is None else severity
    days = float(disorders()[disorder]["days"])
    return simulate(Patient(disorder=disorder, severity=severity), days=days, points=2).final


@functools.cache
def known_patterns():
    """disorder -> (clinical severity, {quantity: directions it may take})."""
    found = {}
    for row in records("patterns"):
        parts = (part.split() for part in row["pattern"].split("; "))
        found[row["disorder"]] = row["severity"], {name: allowed.split("|") for name, allowed in parts}
    return found


def direction(name, value):
    """Return "high", "low" or "normal" for an SI value: against its interval, or against health by 20 % (assumed).

    >>> direction("total_calcium", 3.1), direction("gfr", 75), direction("pth", 4)
    ('high', 'normal', 'normal')
    """
    item = quantity(name)
    if item.lower is not None:
        return item.flag(value)
    if name == "gfr":
        return "low" if value < CHRONIC else "normal"
    share = value / _healthy()[name]
    return "high" if share > 1 + CHANGED else "low" if share < 1 - CHANGED else "normal"


def patterns(*names):
    """Return what the model gives in each disorder where it is clinically plain: ↑ high, ↓ low, · normal.

    `names` are rows of `data/disorders.csv` (default: all). These are results of the model, not published directions;
    those stand in `reference("differential_diagnosis")`.
    """
    chosen = [find(name, disorders(), "disorder") for name in names] or disorders()
    arrows = {name: [_ARROW[direction(item, _state(name)[item])] for item in REPORTED] for name in chosen}
    return Table.from_dict(arrows, orient="index", columns=[quantity(item).symbol or item for item in REPORTED])


@functools.cache
def panel_rows():
    """The twelve panels: number -> row of `data/lab_panels.csv`."""
    return {row["number"]: row for row in records("lab_panels")}


class LabPanel:
    """Laboratory report 1 to 12 to read (InputError for another), made by the model with assay noise that a seed repeats.

    >>> LabPanel(7).guess("sarcoidosis")
    Right: sarcoidosis. PTH is suppressed and yet calcitriol is high: someone other than the kidney makes it.
    """

    def __init__(self, number, seed=1, units=SI):
        if number not in panel_rows():
            raise InputError(f"there is no panel {number!r}; the panels are 1 to {len(panel_rows())}")
        self.row = row = panel_rows()[number]
        self.number, self.units = number, check_units(units)
        ill = Patient(disorder=row["disorder"], severity=row["severity"]).settings
        patient = Patient(**apply(ill, "laboratory panel", str(number)))
        truth = simulate(patient, days=row["days"], points=2).final
        chance = Chance("panel", seed, number)
        noise = {name: test.cv for test in tests().values() for name in test.reports}
        self.values = {name: float(truth[name]) * (1 + noise.get(name, 0.0) * chance.normal()) for name in REPORTED}
        self.answer = row["disorder"]
        self.title = f"Panel {number}. {row['context']}."
        lines = [report_line(quantity(name), value, self.units) for name, value in self.values.items()]
        self.text = Words("\n".join([self.title, *lines]))  # result, unit, flag, interval

    def guess(self, disorder):
        """Name a disorder and learn whether it fits; a wrong one is held against its defining pattern, line by line."""
        if find(disorder, disorders(), "disorder") == self.answer:
            return Words(f"Right: {self.answer}. {self.row['reason']}")
        if against := Fit(**self.values).against[disorder]:
            return Words(f"Not {disorder}: {'; '.join(against)}.")
        wanted = _separating([disorder, self.answer], self.values)
        more = f": {wanted} would" if wanted else ", and no blood test of this clinic does: ask the history"
        return Words(f"Not {disorder}, though these results do not tell it apart{more}.")

    def reveal(self):
        """Return the answer with its reason."""
        return Words(f"Panel {self.number}: {self.answer}. {self.row['reason']}")

    def __repr__(self):
        return str(self.text)


class Fit:
    """How laboratory values from outside fit each disorder.

    Values are those of a laboratory panel, by quantity, in "SI" or "conventional" `units`; what was not measured is left
    out. Raises InputError for an unknown quantity, for a value that is not above 0, and for none at all.

    `values` are in SI; `against` maps each disorder to what contradicts it; `ranking` is a list of lists: the disorders
    that fit equally well, best first; `fitting` are those that nothing speaks against, in that order. A value counts
    against a disorder when its direction is not among those of the pattern; among disorders with as little against them
    the one that asks for more of the abnormal results is first.

    >>> Fit(total_calcium=2.9, pth=12, urine_calcium=9).ranking[0]
    ['primary hyperparathyroidism']
    """

    def __init__(self, units=SI, **values):
        if not values:
            raise InputError(_said("nothing", names=", ".join(REPORTED)))
        self.values = {}
        for name, value in values.items():
            item = quantity(find(name, REPORTED, "value of a laboratory panel"))
            self.values[name] = number(value, name, *BOUNDS, item.unit(units)) / item.factor(units)
        self.against, scores = {}, {}
        found = {name: direction(name, value) for name, value in self.values.items()}
        for disorder, (_, pattern) in known_patterns().items():
            given = {name: pattern[name] for name in found if name in pattern}
            wrong = {name: allowed for name, allowed in given.items() if found[name] not in allowed}
            self.against[disorder] = [
                _said("reason", what=spoken(quantity(name).label), allowed=" or ".join(allowed), found=found[name])
                for name, allowed in wrong.items()
            ]
            asked = sum("normal" not in given[name] for name in given.keys() - wrong.keys())
            scores[disorder] = (len(wrong), -asked)
        self.ranking = [[name for name in scores if scores[name] == score] for score in sorted({*scores.values()})]
        self.fitting = [disorder for group in self.ranking for disorder in group if not self.against[disorder]]

    def nearest(self):
        """Return (disorder with severity, its values) of the model's nearest patient among the best-fitting disorders.

        Distance is the mean square of how far values stand apart (`away`).
        """
        made = [(name, severity, _state(name, severity)) for name in self.ranking[0] for severity in SEVERITIES]

        def distance(one):
            return np.mean([(away(name, value) - away(name, one[2][name])) ** 2 for name, value in self.values.items()])

        disorder, severity, state = min(made, key=distance)
        return _said("whose", disorder=disorder, severity=f"{severity:.1f}"), state

    def text(self, units=SI):
        """Return what fits, what does not, what would separate, and the nearest patient of the model, as text."""
        first = self.ranking[0]
        others = [name for name in self.fitting if name not in first]
        if self.against[first[0]]:
            lines = [_said("none", names=" and ".join(first))]
        else:
            lines = [_said("best" if len(first) == 1 else "tie", names=", ".join(first))]
        if others:
            lines.append(_said("others", names=", ".join(others)))
        wanted = _separating(first if len(first) > 1 else [*first, *others], self.values)
        if len(first) + len(others) > 1:
            lines.append(_said("ask", test=wanted) if wanted else _said("no test"))
        out = [name for name, reasons in self.against.items() if reasons and name not in first]
        out.sort(key=lambda name: len(self.against[name]))
        if out:
            lines.append(_said("out"))
            lines += [_said("one out", name=name, reasons="; ".join(self.against[name])) for name in out[:NEAR]]
        if len(out) > NEAR:
            lines.append(_said("more", count=len(out) - NEAR))
        whose, state = self.nearest()
        items = map(quantity, self.values)
        there = (f"{spoken(item.label)} {item.text(state[item.name], units, with_unit=True)}" for item in items)
        lines.append(_said("nearest", whose=whose, values=", ".join(there)))
        return Words("\n".join([*lines, _said("teaching")]))

    def plot(self, units=SI):
        """Draw the values beside the model's nearest patient, each against its reference interval."""
        whose, state = self.nearest()
        return fit_picture(self.values, state, away, whose, units)


def away(name, value):
    """Return where an SI value stands on a log axis: the reference interval, or half to twice health, is from -1 to 1."""
    item, value = quantity(name), max(float(value), 1e-9)
    if item.lower is None:
        return np.log2(value / _healthy()[name])
    return np.log(value**2 / (item.lower * item.upper)) / np.log(item.upper / item.lower)


def _separating(names, known):
    """The test not yet known whose patterns differ in most pairs of disorders, or None."""
    best, defining = {}, [known_patterns()[name][1] for name in names]
    for test in tests().values():
        asked, apart = {*test.reports} - {*known}, 0
        for here, there in combinations(defining, 2):
            apart += any({*here[item]}.isdisjoint(there[item]) for item in asked & here.keys() & there.keys())
        # A disorder that a test names by itself (magnesium) is set apart from all that do not mention it.
        apart += sum(len(asked & (pattern.keys() - {*REPORTED})) for pattern in defining)
        best[test.label] = (apart, -test.cost)
    label = max(best, key=best.get)
    return label if best[label][0] else None


def published_cases():
    """Return a table of published patients, with the place that the trainer gives each one's disorder.

    No pattern was fitted to them. `entered` says which results were known, `rank` is 1 where no disorder fits better,
    `tied with` counts those that fit as well. The score of all stands in `table.attrs["score"]`.
    """
    table, made = reference("published_cases"), []
    for _, row in table.iterrows():
        given = dict(part.split("=") for part in row["values"].split("; "))
        tried = Fit(row["units"], **given)
        place = next(place for place, group in enumerate(tried.ranking) if row["disorder"] in group)
        better, tied = sum(map(len, tried.ranking[:place])), len(tried.ranking[place]) - 1
        entered = ", ".join(quantity(name).symbol for name in given)
        made.append({"entered": entered, "rank": better + 1, "tied with": tied})
    table = table[["person", "disorder", "citation"]].join(Table(made))
    first = table[table["rank"] == 1]
    alone = sum(first["tied with"] == 0)
    table.attrs["score"] = _said("score", cases=len(table), alone=alone, shared=len(first) - alone)
    return table


class Trainer(Card):
    """Twelve reports with a menu and buttons, and a form for values from outside.

    `press("check", disorder="sarcoidosis")` and `press("compare", units="SI", values={"pth": 12})` return what is said.

    >>> Trainer().press("reveal", number=7)
    Panel 7: sarcoidosis. PTH is suppressed and yet calcitriol is high: someone other than the kidney makes it.
    """

    def __init__(self, number=1, seed=1, units=SI):
        self.seed, self.units = seed, units
        self.panel = LabPanel(number, seed, units)
        names = [("choose", ""), *((name, name) for name in sorted(disorders(), key=str.lower))]
        values = {name: field("Text", "", "27em", "19em") for name in REPORTED}
        self.controls = c = {
            "number": field("Dropdown", "Panel", "13em", options=list(panel_rows()), value=self.panel.number),
            "disorder": field("Dropdown", "Disorder", "28em", options=names, value=""),
            "check": button("Check", "Does this disorder fit?", self._check),
            "reveal": button("Reveal", "Show the answer", lambda: self._say(self.panel.reveal())),
            "units": field("Dropdown", "Units", "20em", options=UNITS, value=self.units),
            "values": values,
            "compare": button("Compare", "Which disorders fit these values?", self._compare),
        }
        self._report, self._answer, self._compared = (widgets.HTML() for _ in range(3))
        c["number"].observe(lambda _: self._turn(), "value")
        c["units"].observe(lambda _: self._label(), "value")
        self._label()
        self._turn()
        self.box = card(
            "trainer",
            *(c["number"], self._report, line(c["disorder"], c["check"], c["reveal"]), self._answer),
            widgets.HTML(f"<h3>{_said('heading')}</h3><p>{_said('note')}</p>"),
            *(c["units"], grid([*values.values()], "27em"), c["compare"], self._compared),
        )

    def _turn(self):
        self.panel = LabPanel(self.controls["number"].value, self.seed, self.units)
        self._report.value = f"<pre>{html.escape(str(self.panel.text))}</pre>"
        self.controls["disorder"].value = ""
        self._say("")

    def _check(self):
        chosen = self.controls["disorder"].value
        self._say(self.panel.guess(chosen) if chosen else "Choose a disorder first.")

    def _say(self, text):
        self.said = str(text)
        self._answer.value = f'<p role="alert">{html.escape(self.said)}</p>' if text else ""

    def _label(self):
        for name, box in self.controls["values"].items():
            box.description = quantity(name).title(self.controls["units"].value)

    def _compare(self):
        units, given = self.controls["units"].value, self.controls["values"].items()
        typed = {name: box.value.strip().replace(",", ".") for name, box in given if box.value.strip()}
        try:
            made = Fit(units, **typed)
            self.said, shown = str(made.text(units)), pictured(made.plot(units))
        except InputError as problem:
            self.said, shown = str(problem), ""
        self._compared.value = f'<pre role="alert">{html.escape(self.said)}</pre>{shown}'

    def __repr__(self):
        return f"Twelve laboratory panels, this one first:\n{self.panel}"
