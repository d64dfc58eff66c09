"""A laboratory report: where each analyte stands against its reference interval; and many in a table, one row each."""

import textwrap

import numpy as np
from matplotlib.patches import FancyBboxPatch, Rectangle

from calphos.drawing.pictures import BAND, BAND_EDGE, DIAMOND, DOT, FLAGS, GREY, INK, RING, Drawing, mix
from calphos.tables.quantities import quantity

_DOUBLING = 0.25  # how far beyond the interval a doubling lies, in widths of the interval
_LOW, _HIGH = (0.62, 0.78, 0.95), (0.98, 0.70, 0.55)  # colours of a cell far from its interval


def place(item, value, healthy):
    """Return where `value` stands on a report's line: 0 to 1 is the reference interval, each 0.25 beyond it a doubling.

    Without an interval 0.5 is the value in health. Never outside -1 to 2.

    >>> place(quantity("pth"), 2 * 6.9, 4.5)
    1.25
    """
    value, above_zero = float(value), max(float(value), 1e-9)
    if item.lower is not None:
        inside = np.clip(value, item.lower, item.upper)
        at = (inside - item.lower) / (item.upper - item.lower) + _DOUBLING * np.log2(above_zero / inside)
    elif healthy > 1e-6 and item.axis_low >= 0:
        at = 0.5 + _DOUBLING * np.log2(above_zero / healthy)
    else:
        at = -1 + 3 * (value - item.axis_low) / (item.axis_high - item.axis_low)
    return float(np.clip(at, -1, 2))


def sign(item, value, healthy):
    """Return " ▲" or " ▼" outside the interval; " ↑" or " ↓" where there is none and health was left by a tenth."""
    if item.flag(value):
        return FLAGS.get(item.flag(value), "")
    if abs(value - healthy) <= 0.1 * abs(healthy) + 0.5 * 10**-item.decimals:
        return ""
    return " ↑" if value > healthy else " ↓"


class Report(Drawing):
    """A report of `names`, compared with `healthy`. `update(values)` takes SI quantities (a mapping or Series)."""

    def _place(self, name, value):
        return place(quantity(name), value, self.healthy[name])

    def _build(self):
        # The line of a row runs from -1 to 2; words stand left and right of it.
        rows, span = len(self.names), (-2.99, 3.33)
        self.paper(810, 45 * rows + 62)
        self._page, self._rows = self.plot(0, 40, 810, 45 * rows + 22, xlim=span, ylim=(rows - 0.4, -0.6)), {}
        self._page.set_axis_off()
        for i, name in enumerate(self.names):
            self._build_row(self._page, i, quantity(name))
        self.footnote("shaded: reference interval · a tick beyond: twice or half · ring: health · diamond: pinned", 22)

    def _build_row(self, page, i, item):
        page.plot([-1, 2], [i, i], color="#d1d5db", lw=1.2, zorder=1)
        if item.lower is not None:
            box = {"facecolor": BAND, "edgecolor": BAND_EDGE, "lw": 0.9, "zorder": 1.2}
            page.add_patch(FancyBboxPatch((0, i - 0.24), 1, 0.48, boxstyle="square,pad=0", **box))
            ticks = [-_DOUBLING * n for n in (1, 2, 3, 4)] + [1 + _DOUBLING * n for n in (1, 2, 3, 4)]
        else:
            ticks = [0.5 + _DOUBLING * n for n in range(-6, 7)] if self.healthy[item.name] > 1e-6 else []
        for tick in ticks:
            page.plot([tick, tick], [i - 0.09, i + 0.09], color="#9ca3af", lw=1, zorder=1.1)
        rest = self._place(item.name, self.healthy[item.name])
        page.plot([rest], [i], **RING, zorder=1.5)
        label = item.label if len(item.label) < 25 else item.symbol
        page.text(-1.12, i, label, ha="right", va="center", color=item.colour, fontweight="bold")
        trail = {"color": item.colour, "lw": 3, "alpha": 0.55, "solid_capstyle": "butt", "zorder": 2}
        self._rows[item.name] = (
            self.move(*page.plot([rest, rest], [i, i], **trail)),
            self.move(*page.plot([rest], [i], **DOT, mfc=item.colour, zorder=3)),
            self.move(page.text(2.12, i, " ", va="center", color=INK)),
        )

    def update(self, values):
        """Move dots and numbers to `values`."""
        for i, (name, (trail, dot, text)) in enumerate(self._rows.items()):
            item, value, rest = quantity(name), values[name], self.healthy[name]
            at = self._place(name, value)
            trail.set_data([self._place(name, rest), at], [i, i])
            dot.set_data([at], [i])
            text.set_text(f"{item.text(value, self.units, with_unit=True)}{sign(item, value, rest)}")
            text.set_fontweight("bold" if item.flag(value) in ("high", "low") else "normal")

    def _ghost(self, values):
        """The dots as small open diamonds."""
        ghost = []
        for i, name in enumerate(self.names):
            at = [self._place(name, values[name])], [i]
            ghost += self._page.plot(*at, **DIAMOND, mec=quantity(name).colour, zorder=1.7)
        return ghost


class Table(Drawing):
    """A report of many: cells take colour and arrow as a value leaves its interval (or its healthy value)."""

    def __init__(self, rows, *given, **look):
        self.rows = rows
        super().__init__(*given, **look)

    def _build(self):
        height, left, top, row = 44 * len(self.rows) + 110, 247, 60, 44 + 10 / len(self.rows)
        self.paper(810, height)
        page = self.plot(0, 0, 810, height, xlim=(0, 810), ylim=(height, 0))
        page.set_axis_off()
        step = (800 - left) / len(self.names)
        for j, name in enumerate(self.names):
            item, middle = quantity(name), {"x": left + (j + 0.5) * step, "ha": "center"}
            label = (item.label if len(item.label) < 16 else item.symbol or item.label).split(" (")[0]
            label = label.replace(" ", "\n", 1) if len(label) > 10 else label
            bold = {"fontweight": "bold", "linespacing": 1.0}
            page.text(y=3, s=label, va="top", color=item.colour, **bold, **middle)
            page.text(y=top - 2, s=item.unit(self.units), va="bottom", color=GREY, **middle)
        self._cells = {}
        for i, entry in enumerate(self.rows):
            y = top + i * row
            at = {"y": y + row / 2, "va": "center", "color": INK}
            page.text(left - 12, s=textwrap.fill(entry, 22), ha="right", linespacing=1.0, **at)
            for j, name in enumerate(self.names):
                box = Rectangle((left + j * step + 2, y + 2), step - 4, row - 4, edgecolor="#d1d5db", lw=0.8)
                text = page.text(left + (j + 0.5) * step, s=" ", ha="center", **at)
                self._cells[i, name] = self.move(page.add_patch(box)), self.move(text)
        self.footnote("▲ above, ▼ below the reference interval · ↑ ↓ away from health where there is none", 20)

    def update(self, results):
        """Write the values of each row (SI)."""
        for (i, name), (box, text) in self._cells.items():
            item, value, rest = quantity(name), float(results[i][name]), self.healthy[name]
            at = place(item, value, rest)
            away = min(at, 0) + max(at - 1, 0) if item.lower is not None else at - place(item, rest, rest)
            arrow = sign(item, value, rest)
            share = min(0.3 + abs(away), 1) if arrow else 0
            box.set_facecolor(mix("white", _HIGH if away > 0 else _LOW, share))
            text.set_text(f"{item.text(value, self.units)}{arrow}")
            text.set_fontweight("bold" if arrow else "normal")
