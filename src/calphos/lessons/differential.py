"""Telling disorders apart: what a test does to a probability, and twelve laboratory panels to read.

Sensitivities and specificities stand with their sources in `data/diagnostic_tests.csv`. The panels and the table of
patterns come from the model; their assay noise from `data/tests_catalogue.csv`.
"""

import functools
import html

import numpy as np
import pandas as pd
from matplotlib.collections import LineCollection
from matplotlib.patches import Polygon, Rectangle

from calphos.drawing.pictures import new_picture, style
from calphos.lessons.calcium_score import agatston_panel
from calphos.lessons.clinic.cases import find, tests
from calphos.lessons.keyboard import style_sheet
from calphos.model.changes import applied, apply, disorders
from calphos.model.patient import Patient
from calphos.model.simulation import simulate
from calphos.panels.base import Panel
from calphos.panels.sliders import Slider
from calphos.tables.errors import InputError
from calphos.tables.frame import Table
from calphos.tables.quantities import SI, check_units, quantity
from calphos.tables.references import reference, rows
from calphos.tables.words import Words, report_line

__all__ = [
    "agatston_panel",
    "bayes_panel",
    "diagnostic_tests",
    "direction",
    "lab_panel",
    "likelihood_ratios",
    "patterns",
    "post_test",
    "trainer",
]

# The order in which a laboratory panel is read here: PTH after calcium, then phosphate, vitamin D, kidney, urine.
REPORTED = (
    "total_calcium",
    "ionised_calcium",
    "pth",
    "phosphate",
    "calcidiol",
    "calcitriol",
    "fgf23",
    "gfr",
    "urine_calcium",
    "fractional_excretion_calcium",
    "tmp_gfr",
)
# Quantities without a reference interval count as changed when they leave health by this share (assumed).
CHANGED = 0.2


# What a result does to a probability


def likelihood_ratios(sensitivity, specificity):
    """Return (of a positive result, of a negative result) for a sensitivity and a specificity, both from 0 to 1.

    LR+ = sensitivity / (1 - specificity), LR- = (1 - sensitivity) / specificity. Raises InputError at 0 or 1, where a
    ratio would be without bound.
    """
    for name, value in (("sensitivity", sensitivity), ("specificity", specificity)):
        _check_probability(name, value)
    return sensitivity / (1 - specificity), (1 - sensitivity) / specificity


def post_test(pretest, sensitivity, specificity, positive=True):
    """Return the probability of disease after a result: odds before times likelihood ratio, back to a probability."""
    _check_probability("pretest", pretest)
    ratio = likelihood_ratios(sensitivity, specificity)[0 if positive else 1]
    odds = pretest / (1 - pretest) * ratio
    return odds / (1 + odds)


def _check_probability(name, value):
    if isinstance(value, bool) or not isinstance(value, int | float | np.number) or not 0 < value < 1:
        raise InputError(f"{name}={value!r} must lie between 0 and 1, without the ends")


@functools.cache
def _test_rows():
    return {row["name"]: row for row in rows("diagnostic_tests")}


def diagnostic_tests():
    """Return the tests with a sensitivity and a specificity as a table, with likelihood ratios and sources."""
    cited = reference("diagnostic_tests").set_index("name")["citation"]
    made = []
    for name, row in _test_rows().items():
        sensitivity, specificity = float(row["sensitivity"]), float(row["specificity"])
        ratios = likelihood_ratios(sensitivity, specificity)
        made.append(
            (
                name,
                f"{row['test']}, {row['finding']}",
                row["target"],
                row["instead_of"],
                sensitivity,
                specificity,
                *(round(ratio, 2) for ratio in ratios),
                row["specificity_evidence"],
                cited[name],
            )
        )
    columns = [
        "name",
        "test",
        "for",
        "against",
        "sensitivity",
        "specificity",
        "LR+",
        "LR-",
        "specificity evidence",
        "citation",
    ]
    return Table(made, columns=columns).set_index("name")


_PEOPLE = 1000
_ROWS = 25  # people in a column of the picture
# group -> (label, face, edge, hatch): hatching tells the groups apart without colour.
_GROUPS = {
    "true positive": ("has it, tests positive", "#b91c1c", "#b91c1c", ""),
    "false negative": ("has it, tests negative", "#fee2e2", "#b91c1c", "xxx"),
    "false positive": ("does not, tests positive", "#dbeafe", "#1d4ed8", "///"),
    "true negative": ("does not, tests negative", "#e5e7eb", "#e5e7eb", ""),
}


class BayesPanel(Panel):
    """A thousand people before and after a test; see `bayes_panel`."""

    has_units = False

    def _solve(self, settings):
        before, sensitivity, specificity = (settings[name] / 100 for name in ("pretest", "sensitivity", "specificity"))
        ill = round(_PEOPLE * before)
        caught = round(ill * sensitivity)
        cleared = round((_PEOPLE - ill) * specificity)
        return {
            "before": before,
            "positive": post_test(before, sensitivity, specificity),
            "negative": post_test(before, sensitivity, specificity, positive=False),
            "ratios": likelihood_ratios(sensitivity, specificity),
            "counts": (caught, ill - caught, _PEOPLE - ill - cleared, cleared),
        }

    def _make_drawing(self, units, lecture):
        return _BayesDrawing(lecture)

    def _words(self, result, units):
        caught, missed, alarmed, cleared = result["counts"]
        up, down = result["ratios"]
        words = (
            f"after a positive result {_percent(result['positive'])}, after a negative one {_percent(result['negative'])}. "
            f"Likelihood ratios {up:.1f} and {down:.2f}. Of {_PEOPLE} people {caught + missed} have it: {caught} test positive "
            f"and {missed} negative. Of the {alarmed + cleared} without it {alarmed} test positive"
        )
        alt = (
            f"A thousand people as small squares in blocks: {caught} that have it and test positive (solid red), {missed} that "
            f"have it and test negative (red, crossed), {alarmed} that do not and test positive (blue, striped), {cleared} that "
            f"do not and test negative (grey); beside them three bars for the probability before and after the test."
        )
        return words, alt


class _BayesDrawing:
    """Squares for people on the left, bars for probabilities on the right; the same artists for every result."""

    def __init__(self, lecture=False):
        scale = 1.25 if lecture else 1.0
        with style(scale):
            self.figure = new_picture(860 * scale, 430 * scale)
            people = self.figure.add_axes((0.02, 0.16, 0.54, 0.74))
            columns = _PEOPLE // _ROWS
            people.set(xlim=(0, columns), ylim=(_ROWS, 0))
            people.set_title(f"{_PEOPLE} people, one square each")
            people.axis("off")
            self.blocks = []
            for place, (name, (label, face, edge, hatch)) in enumerate(_GROUPS.items()):
                look = {"facecolor": face, "edgecolor": edge, "hatch": hatch, "linewidth": 0}
                block = people.add_patch(Polygon(np.zeros((9, 2)), animated=True, **look))
                block.set_gid(name.replace(" ", "-"))
                self.blocks.append(block)
                left, top = 0.022 + 0.28 * (place % 2), 0.09 - 0.06 * (place // 2)
                self.figure.add_artist(Rectangle((left, top - 0.005), 0.022, 0.036, **look))
                self.figure.text(left + 0.03, top, label, fontsize=11 * scale)
            lines = [((x, 0), (x, _ROWS)) for x in range(columns + 1)] + [
                ((0, y), (columns, y)) for y in range(_ROWS + 1)
            ]
            grid = LineCollection(lines, colors="white", linewidths=1.1, animated=True)
            self.grid = people.add_collection(grid)
            bars = self.figure.add_axes((0.63, 0.2, 0.33, 0.62))
            bars.set(xlim=(0, 100), ylim=(2.6, -0.6), yticks=[], xlabel="Probability of the disorder (%)")
            bars.set_title("Before and after")
            self.bars, self.labels = [], []
            for place, (name, colour, hatch) in enumerate(
                (("before", "#6b7280", ""), ("positive", "#b91c1c", "//"), ("negative", "#1d4ed8", ".."))
            ):
                (bar,) = bars.barh(
                    [place + 0.12],
                    [0],
                    height=0.42,
                    color="white",
                    edgecolor=colour,
                    hatch=hatch,
                    linewidth=2,
                    animated=True,
                )
                bar.set_gid(f"bar-{name}")
                label = bars.text(0, place - 0.22, "", fontsize=11 * scale, animated=True)
                label.set_gid(f"label-{name}")
                self.bars.append(bar)
                self.labels.append(label)

    @property
    def moving(self):
        return [*self.blocks, self.grid, *self.bars, *self.labels]

    def update(self, result):
        first = 0
        for block, count in zip(self.blocks, result["counts"], strict=True):
            block.set_xy(_staircase(first, first + count))
            first += count
        texts = ("before the test", "after a positive result", "after a negative result")
        for bar, label, name, text in zip(
            self.bars, self.labels, ("before", "positive", "negative"), texts, strict=True
        ):
            bar.set_width(100 * result[name])
            label.set_text(f"{_percent(result[name])} {text}")


def _staircase(first, last):
    """Outline of the squares first to last - 1, counted down the columns: eight corners, some of which may coincide."""
    (left, top), (right, bottom) = divmod(first, _ROWS), divmod(last, _ROWS)
    if first == last:
        corners = [(left, top)] * 8
    elif left == right:
        corners = [(left, top), *[(left + 1, top)] * 3, (left + 1, bottom), *[(left, bottom)] * 3]
    else:
        corners = [
            (left, top),
            (left + 1, top),
            (left + 1, 0),
            (right + 1, 0),
            (right + 1, bottom),
            (right, bottom),
            (right, _ROWS),
            (left, _ROWS),
        ]
        if bottom == 0:
            corners[3:6] = [(right, 0)] * 3
    return np.array([*corners, corners[0]], dtype=float)


def _percent(probability):
    """Return "50 %", with a decimal near the ends: "0.4 %"."""
    value = 100 * probability
    return f"{value:.0f} %" if 1.5 <= value <= 98.5 else f"{value:.1f} %"


def bayes_panel(test=None, pretest=10, **options):
    """Return a panel that turns a pre-test into a post-test probability, with a picture of a thousand people.

    `test` is a name of `diagnostic_tests()` (default: sensitivity and specificity are free); `pretest` is in percent.
    Sliders: pretest, sensitivity, specificity (all in percent). Raises InputError for an unknown test.
    """
    presets = {"any test": {"pretest": pretest}}
    for row in _test_rows().values():
        title = f"{row['test']} {row['finding']}: {row['target']}"
        presets[title] = {
            "pretest": pretest,
            "sensitivity": round(100 * float(row["sensitivity"]), 1),
            "specificity": round(100 * float(row["specificity"]), 1),
        }
    sliders = {
        "pretest": Slider(
            "pretest",
            "Probability before the test",
            "%",
            1,
            99,
            1,
            pretest,
            "How likely the disorder is before the result",
        ),
        "sensitivity": Slider(
            "sensitivity", "Sensitivity", "%", 1, 99.9, 0.1, 89, "Share of those with the disorder who test positive"
        ),
        "specificity": Slider(
            "specificity", "Specificity", "%", 1, 99.9, 0.1, 90, "Share of those without the disorder who test negative"
        ),
    }
    panel = BayesPanel(sliders, presets=presets, main="pretest", title="What a result does to a probability", **options)
    if test is not None:
        row = _test_rows()[find(test, _test_rows(), "test")]
        panel.chosen = f"{row['test']} {row['finding']}: {row['target']}"
        panel._apply_preset(presets[panel.chosen])
    return panel


# Patterns


@functools.cache
def _healthy():
    return simulate(Patient(), days=1, points=2).final


@functools.cache
def _state(disorder, severity=None):
    days = float(disorders()[disorder]["days"])
    return simulate(Patient(disorder=disorder, severity=severity), days=days, points=2).final


def direction(name, value):
    """Return "high", "low" or "normal" for an SI value: against its interval, or against health by 20 % (assumed)."""
    item = quantity(name)
    if item.lower is not None:
        return item.flag(value)
    share = value / _healthy()[name]
    return "high" if share > 1 + CHANGED else "low" if share < 1 - CHANGED else "normal"


_ARROW = {"high": "↑", "low": "↓", "normal": "·"}


def patterns(*names, quantities=REPORTED):
    """Return what the model gives in each disorder at its usual severity: ↑ high, ↓ low, · normal.

    `names` are rows of `data/disorders.csv` (default: all). These are results of the model, not published directions;
    those stand in `reference("differential_diagnosis")`.
    """
    chosen = [find(name, disorders(), "disorder") for name in names] or list(disorders())
    arrows = {name: [_ARROW[direction(item, _state(name)[item])] for item in quantities] for name in chosen}
    return pd.DataFrame.from_dict(
        arrows, orient="index", columns=[quantity(item).symbol or item for item in quantities]
    )


# Twelve laboratory panels


@functools.cache
def _panel_rows():
    return {int(row["number"]): row for row in rows("lab_panels")}


class LabPanel:
    """One laboratory report to read, made by the model with assay noise. Made by `lab_panel(1)`."""

    def __init__(self, number, seed=1, units=SI):
        known = _panel_rows()
        if number not in known:
            raise InputError(f"there is no panel {number!r}; the panels are 1 to {len(known)}")
        self.row = row = known[number]
        self.number, self.seed, self.units = number, seed, check_units(units)
        ill = applied({}, "disorder", row["disorder"], float(row["severity"]))
        patient = Patient(**apply(ill, "laboratory panel", row["number"]))
        truth = simulate(patient, days=float(row["days"]), points=2).final
        chance = np.random.default_rng([seed, number])
        self.values = {name: float(truth[name]) * (1 + _noise(name) * chance.standard_normal()) for name in REPORTED}

    @property
    def answer(self):
        """The disorder behind the panel."""
        return self.row["disorder"]

    @property
    def title(self):
        """The number of the panel and whose it is."""
        return f"Panel {self.number}. {self.row['context']}."

    @property
    def text(self):
        """The report as text: result, unit, flag, interval."""
        lines = [report_line(quantity(name), value, self.units) for name, value in self.values.items()]
        return Words("\n".join([self.title, *lines]))

    def guess(self, disorder):
        """Name a disorder and learn whether it fits; a wrong one is compared with the panel, line by line."""
        find(disorder, disorders(), "disorder")
        if disorder == self.answer:
            return Words(f"Right: {self.answer}. {self.row['reason']}")
        other = _state(disorder)
        apart = []
        for name, value in self.values.items():
            here, there = direction(name, value), direction(name, float(other[name]))
            if here != there:
                apart.append(f"{quantity(name).label} would be {there}, here it is {here}")
        if not apart:
            return Words(f"Not {disorder}, though these results do not tell it apart: what else would you ask for?")
        return Words(f"Not {disorder}. In the model: {'; '.join(apart)}.")

    def reveal(self):
        """Return the answer with its reason."""
        return Words(f"Panel {self.number}: {self.answer}. {self.row['reason']}")

    def __repr__(self):
        return str(self.text)


def _noise(name):
    return next((test.cv for test in tests().values() if name in test.reports), 0.0)


def lab_panel(number, seed=1, units=SI):
    """Return laboratory panel 1 to 12 as a `LabPanel`; the same seed gives the same assay noise."""
    return LabPanel(number, seed, units)


class Trainer:
    """The twelve panels with a menu and buttons; made by `trainer()`.

    `show`, `guess` and `reveal` move the widgets as a learner would and return text.
    """

    def __init__(self, number=1, seed=1, units=SI):
        self.seed, self.units = seed, units
        self.panel = LabPanel(number, seed, units)
        self.found = set()
        self.said = ""
        self._controls = None

    def show(self, number):
        """Choose a panel and return its report."""
        LabPanel(number, self.seed, self.units)  # refuses a wrong number before the menu does
        self.controls["number"].value = number
        return self.panel.text

    def guess(self, disorder):
        """Choose a disorder, press Check, return the answer."""
        self.controls["disorder"].value = find(disorder, disorders(), "disorder")
        self.controls["check"].click()
        return Words(self.said)

    def reveal(self):
        """Press Reveal and return the answer."""
        self.controls["reveal"].click()
        return Words(self.said)

    @property
    def numbers(self):
        """The numbers of the panels."""
        return list(_panel_rows())

    @property
    def summary(self):
        """How many of the panels were named without help."""
        return f"{len(self.found)} of {len(_panel_rows())} panels named"

    @property
    def controls(self):
        """The widgets by name."""
        if self._controls is None:
            self._build()
        return self._controls

    def _build(self):
        import ipywidgets as widgets

        wide = {"description_width": "6em"}
        line = widgets.Layout(width="26em", max_width="100%")
        self._controls = c = {
            "number": widgets.Dropdown(
                options=list(_panel_rows()),
                value=self.panel.number,
                description="Panel",
                style=wide,
                layout=widgets.Layout(width="11em"),
            ),
            "disorder": widgets.Dropdown(
                options=[("choose", ""), *((n, n) for n in sorted(disorders(), key=str.lower))],
                value="",
                description="Disorder",
                style=wide,
                layout=line,
            ),
            "check": widgets.Button(description="Check", tooltip="Does this disorder fit?"),
            "reveal": widgets.Button(description="Reveal", tooltip="Show the answer"),
        }
        self._report, self._answer = widgets.HTML(), widgets.HTML()
        c["number"].observe(lambda change: self._turn(change["new"]), "value")
        c["check"].on_click(lambda _: self._check())
        c["reveal"].on_click(lambda _: self._reveal())
        row = widgets.Layout(flex_flow="row wrap")
        self.box = widgets.VBox(
            [
                widgets.HTML(style_sheet("calphos-trainer", _RULES)),
                widgets.HBox([c["number"]], layout=row),
                self._report,
                widgets.HBox([c["disorder"], c["check"], c["reveal"]], layout=row),
                self._answer,
            ]
        )
        self.box.add_class("calphos-trainer")
        self._turn(self.panel.number)

    def _turn(self, number):
        self.panel = LabPanel(number, self.seed, self.units)
        self._report.value = f"<pre>{html.escape(str(self.panel.text))}</pre>"
        self._controls["disorder"].value = ""
        self._say("")

    def _check(self):
        chosen = self._controls["disorder"].value
        if not chosen:
            self._say("Choose a disorder first.")
            return
        if chosen == self.panel.answer:
            self.found.add(self.panel.number)
        self._say(str(self.panel.guess(chosen)))

    def _reveal(self):
        self._say(str(self.panel.reveal()))

    def _say(self, text):
        self.said = text
        self._answer.value = f'<p role="alert">{html.escape(text)}</p>' if text else ""

    def _repr_mimebundle_(self, **_):
        self.controls  # noqa: B018 (makes the widgets)
        return {**self.box._repr_mimebundle_(), "text/plain": repr(self)}

    def __repr__(self):
        return f"Twelve laboratory panels, panel {self.panel.number} first"


_RULES = """
.calphos-trainer pre { font-size: 11pt; line-height: 1.4; background: #f3f4f6; border-left: 4px solid #1d4ed8; padding: .5em .8em;
  white-space: pre-wrap; word-break: normal; overflow-wrap: anywhere; color: #111827; margin: .2em 0 .6em; max-width: 60em; }
.calphos-trainer .widget-label, .calphos-trainer select, .calphos-trainer button, .calphos-trainer p { font-size: 12pt;
  line-height: 1.4; color: #111827; max-width: 60em; }
.calphos-trainer :focus-visible { outline: 3px solid #1d4ed8 !important; outline-offset: 2px; }
"""


def trainer(number=1, seed=1, units=SI):
    """Return the trainer with the twelve laboratory panels, shown when it is the last line of a cell."""
    return Trainer(number, seed, units)
