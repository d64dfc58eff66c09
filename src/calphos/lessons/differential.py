"""What a test does to a probability, with a picture of a thousand people; and everything about telling disorders apart.

Sensitivities and specificities stand with their sources in `data/diagnostic_tests.csv`.
"""

import functools

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.patches import Polygon, Rectangle

from calphos.drawing.pictures import new_picture, style
from calphos.lessons.calcium_score import agatston_panel
from calphos.lessons.clinic.cases import find
from calphos.lessons.trainer import direction, fit, lab_panel, patterns, published_cases, trainer
from calphos.panels.panel import Panel
from calphos.panels.sliders import Slider
from calphos.tables.errors import InputError
from calphos.tables.frame import Table
from calphos.tables.references import reference, rows

__all__ = [
    "agatston_panel",
    "bayes_panel",
    "diagnostic_tests",
    "direction",
    "fit",
    "lab_panel",
    "likelihood_ratios",
    "patterns",
    "post_test",
    "published_cases",
    "trainer",
]


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
