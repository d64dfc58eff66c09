"""Disorders side by side: one row each, one column an analyte."""

from dataclasses import replace

import numpy as np
from matplotlib.patches import Rectangle

from calphos.drawing.pictures import GREY, INK, LECTURE_SCALE, new_picture, style, write_footnote
from calphos.model.changes import changes, disorders
from calphos.model.patient import Patient
from calphos.panels.base import Panel
from calphos.panels.sliders import make_sliders, patient_of
from calphos.panels.steady_state import place, settle
from calphos.tables.errors import InputError
from calphos.tables.quantities import SI, check_units, quantity

ANALYTES = ("total_calcium", "phosphate", "pth", "calcitriol", "fgf23", "urine_calcium")
_LOW, _HIGH = np.array([0.62, 0.78, 0.95]), np.array([0.98, 0.70, 0.55])


class Table:
    """The drawing: a table whose cells take colour and arrow as the value leaves its interval (or its healthy value)."""

    def __init__(self, rows, names, healthy, *, units=SI, lecture=False):
        self.rows, self.names, self.healthy = rows, names, healthy
        self.units = check_units(units)
        self.scale = LECTURE_SCALE if lecture else 1.0
        self.moving, self.cells = [], {}
        with style(self.scale):
            self._build(1080 if lecture else 810)

    def _build(self, width):
        scale = self.scale
        height = (44 * len(self.rows) + 110) * (1 + 0.8 * (scale - 1))
        self.figure = new_picture(width, height)
        page = self.figure.add_axes((0, 0, 1, 1))
        page.set_axis_off()
        page.set_xlim(0, width)
        page.set_ylim(height, 0)
        left, top, foot = 247 * scale, 60 * scale, 40 * scale
        step = (width - left - 10) / len(self.names)
        row = (height - top - foot) / len(self.rows)
        for j, name in enumerate(self.names):
            item = quantity(name)
            x = left + (j + 0.5) * step
            label = (item.label if len(item.label) < 16 else item.symbol or item.label).split(" (")[0]
            label = label.replace(" ", "\n", 1) if len(label) > 10 else label
            page.text(x, 3 * scale, label, ha="center", va="top", color=item.colour, fontweight="bold", linespacing=1.0)
            page.text(x, top - 2 * scale, item.unit(self.units), ha="center", va="bottom", color=GREY)
        for i, entry in enumerate(self.rows):
            y = top + i * row
            middle = y + row / 2
            page.text(left - 12 * scale, middle, _wrapped(entry), ha="right", va="center", color=INK, linespacing=1.0)
            for j, name in enumerate(self.names):
                corner = left + j * step + 2, y + 2
                box = Rectangle(corner, step - 4, row - 4, edgecolor="#d1d5db", lw=0.8, animated=True)
                box.set_gid(f"cell-{i}-{name}")
                page.add_patch(box)
                x = left + (j + 0.5) * step
                text = page.text(x, middle, " ", ha="center", va="center", color=INK, animated=True)
                text.set_gid(f"value-{i}-{name}")
                self.cells[i, name] = box, text
                self.moving += [box, text]
        words = "▲ above, ▼ below the reference interval · ↑ ↓ away from health where there is none"
        write_footnote(self.figure, words, foot / 2, 11 * min(scale, 1.2))

    def update(self, results):
        """Write the values of each row (SI)."""
        for (i, name), (box, text) in self.cells.items():
            item, value = quantity(name), float(results[i][name])
            rest = place(item, self.healthy[name], self.healthy[name])
            at = place(item, value, self.healthy[name])
            if item.lower is not None:
                away = min(at, 0) + max(at - 1, 0)
                sign = {"high": " ▲", "low": " ▼"}.get(item.flag(value), "")
            else:
                away = at - rest
                sign = " ↑" if away > 0.06 else " ↓" if away < -0.06 else ""
            share = min(0.3 + abs(away), 1) if sign else 0
            box.set_facecolor(tuple(1 - share * (1 - (_HIGH if away > 0 else _LOW))))
            text.set_text(f"{item.text(value, self.units)}{sign}")
            text.set_fontweight("bold" if sign else "normal")


def _wrapped(entry, longest=22):
    """Return a long entry in two lines."""
    if len(entry) <= longest:
        return entry
    words = entry.split()
    cuts = [(abs(len(" ".join(words[:n])) - len(" ".join(words[n:]))), n) for n in range(1, len(words))]
    if not cuts:
        return entry
    n = min(cuts)[1]
    return f"{' '.join(words[:n])}\n{' '.join(words[n:])}"


class Compare(Panel):
    """Disorders side by side as a panel; made by `calphos.panels.compare`."""

    def __init__(self, chosen, names, sliders, *, days, **options):
        self.chosen_disorders, self.names, self.days = chosen, names, days
        self.healthy = settle(Patient(), days)
        super().__init__(sliders, **options)

    def _solve(self, settings):
        settings = dict(settings)
        share = settings.pop("severity", None)
        # Severity counts from none (0) through the disorder's usual one (0.5) to all (1).
        results = []
        for name in self.chosen_disorders:
            severity = None
            if share is not None:
                usual = float(disorders()[name]["usual"])
                severity = 2 * share * usual if share <= 0.5 else usual + (2 * share - 1) * (1 - usual)
            results.append(settle(patient_of(name, severity, **settings), self.days))
        return results

    def _make_drawing(self, units, lecture):
        return Table(self.chosen_disorders, self.names, self.healthy, units=units, lecture=lecture)

    def _words(self, result, units):
        parts = []
        for name, values in zip(self.chosen_disorders, result, strict=True):
            cells = [
                f"{quantity(key).symbol or key} {quantity(key).text(values[key], units, with_unit=True)}"
                for key in self.names[:3]
            ]
            parts.append(f"{name}: {', '.join(cells)}")
        words = "; ".join(parts)
        return words, f"Table of {len(result)} disorders with arrows for high and low. {words}."


def compare(
    names, *quantities, sliders=("severity",), days=None, units=SI, lecture=False, main=None, title="Side by side"
):
    """Return disorders side by side as a panel.

    names       names of disorders (`calphos.disorders()`)
    quantities  the columns (default: six analytes)
    sliders     "severity" (0 none, 0.5 usual, 1 all; the same for every disorder) and names of parameters; one that a
                disorder sets starts at "as in the disorder"
    days        the values after so many days instead of the steady state

    Raises InputError for an unknown disorder or quantity.
    """
    for name in names:
        if name not in disorders():
            raise InputError(f"there is no disorder {name!r}: choose from {', '.join(disorders())}")
    for name in quantities:
        quantity(name)
    brought = {change.setting for name in names for change in changes("disorder")[name]}
    made = {
        name: replace(item, value=None, unset="as in the disorder") if name in brought else item
        for name, item in make_sliders(sliders).items()
    }
    return Compare(
        list(names), quantities or ANALYTES, made, days=days, units=units, lecture=lecture, main=main, title=title
    )
