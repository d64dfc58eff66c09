"""A laboratory report: where each analyte stands against its reference interval."""

import numpy as np
from matplotlib.patches import FancyBboxPatch

from calphos.drawing.pictures import (
    BAND,
    BAND_EDGE,
    GREY,
    INK,
    LECTURE_SCALE,
    Ghosts,
    new_picture,
    style,
    write_footnote,
)
from calphos.model import simulation
from calphos.model.patient import Patient
from calphos.panels.base import Panel
from calphos.panels.sliders import make_sliders, patient_of
from calphos.tables.quantities import SI, check_units, quantity
from calphos.tables.words import describe

ANALYTES = (
    "ionised_calcium",
    "total_calcium",
    "phosphate",
    "pth",
    "calcidiol",
    "calcitriol",
    "fgf23",
    "urine_calcium",
    "urine_phosphate",
)
_DOUBLING = 0.25  # how far beyond the interval a doubling lies, in widths of the interval


def settle(patient, days=None):
    """Return what a patient's settings lead to: the steady state, or the values after so many days (SI, a Series)."""
    if days is None:
        return simulation.steady_state(patient)
    return simulation.simulate(patient.averaged(), days=days, points=2).final


def place(item, value, healthy):
    """Return where `value` stands on a report's line: 0 to 1 is the reference interval, each 0.25 beyond it a doubling.

    Without an interval 0.5 is the value in health. Never outside -1 to 2.
    """
    value = float(value)
    if item.lower is not None:
        if value < item.lower:
            at = -_DOUBLING * np.log2(item.lower / max(value, 1e-9))
        elif value > item.upper:
            at = 1 + _DOUBLING * np.log2(value / item.upper)
        else:
            at = (value - item.lower) / (item.upper - item.lower)
    elif healthy > 1e-6 and item.axis_low >= 0:
        at = 0.5 + _DOUBLING * np.log2(max(value, 1e-9) / healthy)
    else:
        at = -1 + 3 * (value - item.axis_low) / (item.axis_high - item.axis_low)
    return float(np.clip(at, -1, 2))


class Report:
    """The drawing of a laboratory report. `update(values)` takes SI quantities (a mapping or Series)."""

    def __init__(self, names, healthy, *, units=SI, lecture=False):
        self.names, self.healthy, self.units = names, healthy, check_units(units)
        self.scale = LECTURE_SCALE if lecture else 1.0
        self.moving, self.ghosts = [], Ghosts()
        with style(self.scale):
            self._build()

    def _build(self):
        row = 45 if self.scale == 1 else 52
        height = row * len(self.names) + 62 * self.scale
        self.figure = new_picture(810, height)
        page = self.page = self.figure.add_axes((0, 40 * self.scale / height, 1, 1 - 40 * self.scale / height))
        page.set_axis_off()
        page.set_ylim(len(self.names) - 0.4, -0.6)
        # The line of a row runs from -1 to 2; the words stand left and right of it.
        left, right = (0.315, 0.79) if self.scale == 1 else (0.40, 0.76)
        per = 3 / (right - left)
        page.set_xlim(-1 - left * per, -1 + (1 - left) * per)
        self._marks, self._trails, self._texts = {}, {}, {}
        for i, name in enumerate(self.names):
            self._build_row(page, i, quantity(name))
        words = "shaded: reference interval · beyond it each tick is a doubling or halving · ring: health"
        write_footnote(self.figure, words, 22 * self.scale, 11 * min(self.scale, 1.18))

    def _build_row(self, page, i, item):
        page.plot([-1, 2], [i, i], color="#d1d5db", lw=1.2, zorder=1)
        if item.lower is not None:
            page.add_patch(
                FancyBboxPatch(
                    (0, i - 0.24),
                    1,
                    0.48,
                    boxstyle="square,pad=0",
                    facecolor=BAND,
                    edgecolor=BAND_EDGE,
                    lw=0.9,
                    zorder=1.2,
                )
            )
            ticks = [-_DOUBLING * n for n in (1, 2, 3, 4)] + [1 + _DOUBLING * n for n in (1, 2, 3, 4)]
        else:
            ticks = [0.5 + _DOUBLING * n for n in range(-6, 7)] if self.healthy[item.name] > 1e-6 else []
        for tick in ticks:
            page.plot([tick, tick], [i - 0.09, i + 0.09], color="#9ca3af", lw=1, zorder=1.1)
        rest = place(item, self.healthy[item.name], self.healthy[item.name])
        page.plot([rest], [i], marker="o", ms=9 * self.scale, mfc="white", mec=GREY, mew=1.4, zorder=1.5)
        label = item.label if len(item.label) < 25 else item.symbol
        page.text(-1.12, i, label, ha="right", va="center", color=item.colour, fontweight="bold")
        (trail,) = page.plot(
            [rest, rest],
            [i, i],
            color=item.colour,
            lw=3 * self.scale,
            alpha=0.55,
            animated=True,
            solid_capstyle="butt",
            zorder=2,
        )
        (mark,) = page.plot(
            [rest],
            [i],
            marker="o",
            ms=12 * self.scale,
            mfc=item.colour,
            mec="white",
            mew=1.2,
            linestyle="none",
            animated=True,
            zorder=3,
        )
        text = page.text(2.12, i, " ", ha="left", va="center", color=INK, animated=True)
        for part, artist in (("trail", trail), ("dot", mark), ("number", text)):
            artist.set_gid(f"{part}-{item.name}")
            self.moving.append(artist)
        self._trails[item.name], self._marks[item.name], self._texts[item.name] = trail, mark, text

    def update(self, values):
        """Move dots and numbers to `values`."""
        for i, name in enumerate(self.names):
            item = quantity(name)
            rest = place(item, self.healthy[name], self.healthy[name])
            at = place(item, values[name], self.healthy[name])
            self._trails[name].set_data([rest, at], [i, i])
            self._marks[name].set_data([at], [i])
            flag = item.flag(values[name])
            sign = {"high": " ▲", "low": " ▼"}.get(flag) or _turn(item, values[name], self.healthy[name])
            text = self._texts[name]
            text.set_text(f"{item.text(values[name], self.units, with_unit=True)}{sign}")
            text.set_fontweight("bold" if flag in ("high", "low") else "normal")

    def pin(self, values):
        """Keep the present dots as small open diamonds (up to three)."""
        self.ghosts.add(
            [
                self.page.plot(
                    [place(quantity(name), values[name], self.healthy[name])],
                    [i],
                    marker="D",
                    ms=7 * self.scale,
                    mfc="none",
                    mec=quantity(name).colour,
                    mew=1.5,
                    linestyle="none",
                    zorder=1.7,
                )[0]
                for i, name in enumerate(self.names)
            ]
        )

    def unpin(self):
        """Remove the pinned dots."""
        self.ghosts.clear()


def _turn(item, value, healthy):
    """Arrow for a quantity without an interval that has left its healthy value by a tenth."""
    if item.lower is not None or abs(value - healthy) <= 0.1 * abs(healthy) + 0.5 * 10**-item.decimals:
        return ""
    return " ↑" if value > healthy else " ↓"


class SteadyState(Panel):
    """The report as a panel; made by `calphos.panels.steady_state`."""

    def __init__(self, names, sliders, *, days, patient, report, **options):
        self.names, self.days, self.patient = names, days, patient
        self.report = report or names
        self.healthy = settle(Patient(), days)
        super().__init__(sliders, **options)

    def _solve(self, settings):
        return settle(self.patient(**settings), self.days)

    def _make_drawing(self, units, lecture):
        return Report(self.names, self.healthy, units=units, lecture=lecture)

    def _words(self, result, units):
        words = describe(result, self.report, units)
        return words, f"Laboratory report against reference intervals. {words}."


def steady_state(
    *names,
    sliders,
    days=None,
    presets=None,
    patient=None,
    report=None,
    units=SI,
    lecture=False,
    main=None,
    title="Laboratory report",
):
    """Return a laboratory report of the named quantities as a panel (default: nine analytes).

    `days` asks for the values after so many days instead of the steady state; `sliders`, `presets`, `patient` and
    `report` are those of `calphos.panels.time_course`.
    """
    return SteadyState(
        names or ANALYTES,
        make_sliders(sliders),
        days=days,
        patient=patient or patient_of,
        report=report,
        presets=presets,
        units=units,
        lecture=lecture,
        main=main,
        title=title,
    )
