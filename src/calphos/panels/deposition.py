"""Where mineral settles: a site map of the body, what can still dissolve and what cannot.

Every rate is assumed (`calphos.chemistry.sites.ASSUMED`): sites and settings can be compared, amounts cannot be read off.
"""

from dataclasses import replace
from functools import lru_cache

import numpy as np
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path as Outline

from calphos.chemistry import sites as model
from calphos.drawing.illustrations import SITES, person
from calphos.drawing.pictures import GREY, INK, LECTURE_SCALE, new_picture, style
from calphos.model.patient import Patient
from calphos.panels.base import Panel
from calphos.panels.sliders import Slider, make_sliders
from calphos.tables.errors import InputError
from calphos.tables.quantities import SI, check_units, quantity

LABILE, MATURE = "#e3a85b", "#5b2a1d"
_FLOOR, _TOP = 0.01, 1000.0  # mmol: the bars' logarithmic axis
# What a learner may set at every site alike; unset, each site keeps its own.
_OWN = "as at each site"
_SITE_SLIDERS = {
    "ph": Slider(
        "ph", "Tissue pH", "", 7.0, 7.8, 0.01, None, "The same at every site (assumed: none was found measured)", _OWN
    ),
    "injury": Slider("injury", "Tissue injury", "", 0, 1, 0.05, 0, "Dead or damaged tissue at every site (assumed)"),
}


class SiteMap:
    """The drawing. `update(table)` takes what `calphos.chemistry.sites.site_table` returns."""

    def __init__(self, sites, *, units=SI, lecture=False):
        self.sites, self.units = list(sites.index), check_units(units)
        self.names, self.factor = dict(sites["label"]), quantity("mature_deposit").factor(units)
        self.scale = LECTURE_SCALE if lecture else 1.0
        self.moving = []
        with style(self.scale):
            self._build(1080 if lecture else 810)

    def _build(self, width):
        scale = self.scale
        height = round(500 * (1 + 0.25 * (scale - 1)))
        self.figure = new_picture(width, height)
        box = (0.01, 44 * scale / height, 0.36 * 810 / width * 1.04, 1 - 50 * scale / height)
        body = self.figure.add_axes(box)
        body.set_axis_off()
        body.set_aspect("equal", adjustable="box")
        body.set_xlim(-0.34, 0.34)
        body.set_ylim(-0.02, 1.02)
        person(body)
        self._spots = {}
        for number, site in enumerate(self.sites, start=1):
            self._build_spot(body, number, site)
        left = 0.37 + 0.215 * scale * 810 / width
        box = (left, 92 * scale / height, 0.965 - left, 1 - 128 * scale / height)
        self._build_bars(self.figure.add_axes(box))
        foot = self.figure.add_axes((0, 0, 1, 40 * scale / height))
        foot.set_axis_off()
        foot.set_xlim(0, width)
        foot.set_ylim(0, 40 * scale)
        at = 0.03 * width
        for colour, words, room in ((LABILE, "can still dissolve", 165), (MATURE, "hardly dissolves", 160)):
            foot.add_patch(Rectangle((at, 14 * scale), 16 * scale, 13 * scale, facecolor=colour, edgecolor=INK, lw=0.6))
            foot.text(at + 22 * scale, 20 * scale, words, va="center", color=GREY)
            at += room * scale
        foot.text(
            0.985 * width,
            20 * scale,
            "assumed rates: compare only",
            ha="right",
            va="center",
            color=INK,
            fontweight="bold",
        )

    def _build_spot(self, body, number, site):
        x, y = SITES[site]
        rim = PathPatch(_disc(x, y, 0.01), facecolor=LABILE, edgecolor=INK, lw=0.6, alpha=0.9, animated=True, zorder=3)
        core = PathPatch(_disc(x, y, 0.005), facecolor=MATURE, edgecolor="none", animated=True, zorder=4)
        for part, artist in (("labile", rim), ("mature", core)):
            artist.set_gid(f"spot-{part}-{site}")
            body.add_patch(artist)
            self.moving.append(artist)
        side = -1 if x < 0 else 1
        text = body.annotate(
            str(number),
            (x, y),
            xytext=(side * 0.30, y),
            ha="right" if side < 0 else "left",
            va="center",
            color=INK,
            fontweight="bold",
            arrowprops={"arrowstyle": "-", "color": "#9ca3af", "lw": 0.8, "shrinkA": 2, "shrinkB": 0},
        )
        text.set_zorder(2)
        self._spots[site] = (rim, core)

    def _build_bars(self, plot):
        count = len(self.sites)
        plot.set_xscale("log")
        plot.set_xlim(_FLOOR * self.factor, _TOP * self.factor)
        plot.set_ylim(count - 0.4, -0.6)
        ticks = [t for t in 10.0 ** np.arange(-2, 6) if _FLOOR * self.factor <= t <= _TOP * self.factor]
        plot.set_xticks(ticks, [f"{tick:g}" if tick < 1e4 else f"{tick / 1000:g}k" for tick in ticks])
        plot.minorticks_off()
        plot.set_yticks(range(count), [f"{i + 1}  {_short(self.names[site])}" for i, site in enumerate(self.sites)])
        plot.tick_params(axis="y", length=0)
        plot.grid(axis="y", visible=False)
        plot.set_title("Mineral beyond health", color=INK)
        plot.set_xlabel(f"calcium ({quantity('mature_deposit').unit(self.units)}, assumed rates)")
        self._bars = {}
        for i, site in enumerate(self.sites):
            parts = []
            for part, colour, shift in (("labile", LABILE, -0.17), ("mature", MATURE, 0.17)):
                path = _bar(i + shift, _FLOOR, self.factor)
                bar = PathPatch(path, facecolor=colour, edgecolor=INK, lw=0.5, animated=True, zorder=3)
                bar.set_gid(f"bar-{part}-{site}")
                plot.add_patch(bar)
                self.moving.append(bar)
                parts.append((part, shift, bar))
            self._bars[site] = parts

    def update(self, table):
        """Move spots and bars to a table of sites."""
        for i, site in enumerate(self.sites):
            labile, mature = float(table.at[site, "labile"]), float(table.at[site, "mature"])
            for part, shift, bar in self._bars[site]:
                amount = float(np.clip({"labile": labile, "mature": mature}[part], _FLOOR, _TOP))
                bar.set_path(_bar(i + shift, amount, self.factor))
            rim, core = self._spots[site]
            x, y = SITES[site]
            rim.set_path(_disc(x, y, _radius(labile + mature)))
            core.set_path(_disc(x, y, _radius(mature) * 0.8))


def _radius(amount):
    """Radius of a spot: each tenfold of mineral adds as much."""
    return 0.004 + 0.011 * np.log10(1 + max(amount, 0) / _FLOOR / 5)


def _disc(x, y, radius):
    turns = np.linspace(0, 2 * np.pi, 25)
    return Outline(np.c_[x + radius * np.cos(turns), y + radius * np.sin(turns)], closed=True)


def _bar(y, end, factor):
    left, right = _FLOOR * factor, end * factor
    corners = [(left, y - 0.16), (right, y - 0.16), (right, y + 0.16), (left, y + 0.16), (left, y - 0.16)]
    return Outline(corners, closed=True)


def _short(label):
    return label.split(" and ")[0].replace("Artery wall, ", "Artery ")


@lru_cache(maxsize=64)
def _healthy(years):
    """What the model lays down in health: a trace, which is taken off everywhere."""
    return model.site_table(years=years)


class Deposition(Panel):
    """The site map as a panel; made by `calphos.panels.deposition`."""

    def __init__(self, sliders, *, years, **options):
        self.years = years
        super().__init__(sliders, **options)

    def _solve(self, settings):
        given = {"years": self.years, **settings}
        table = model.site_table(**given)
        healthy = _healthy(float(given["years"]))
        for part in ("labile", "mature"):
            table[part] = (table[part] - healthy[part]).clip(lower=0)
        return table

    def _make_drawing(self, units, lecture):
        return SiteMap(model.sites(), units=units, lecture=lecture)

    def _words(self, result, units):
        item = quantity("mature_deposit")
        labile, mature = result["labile"].sum(), result["mature"].sum()
        # Rounded and stable: sites that hold the same keep the order of the table, whatever the solver's last digit.
        total = (result["labile"] + result["mature"]).round(3)
        order = total.sort_values(ascending=False, kind="stable")
        where = ", ".join(_short(result.at[site, "label"]).lower() for site in order.index[:3])
        words = (
            f"calcium {item.text(labile + mature, units, with_unit=True)} beyond health (assumed rates), "
            f"{item.text(labile, units, with_unit=True)} of it can still dissolve"
            f"{f'; most at {where}' if labile + mature >= 0.05 else ''}; T50 {result.attrs['ripening_time']:.0f} min"
        )
        return words, f"Map of a body with nine numbered sites and a bar for each. {words}."


def deposition(
    sliders=("years", "fetuin_a", "pyrophosphate", "magnesium"),
    *,
    kind=None,
    kinds=None,
    years=10,
    presets=None,
    units=SI,
    lecture=False,
    main=None,
    title="Where mineral settles",
):
    """Return the site map as a panel.

    sliders  "years" (how long), "ph" and "injury" (at every site), and names of inputs in `data/parameters.csv`
    kind     one of `calphos.chemistry.sites.kinds`; `kinds` lists several for the menu

    Raises InputError for unknown names.
    """
    named = list(kinds or ([kind] if kind else ()))
    if named:
        presets = {**({"health": {}} if kinds else {}), **{name: _kind_settings(name) for name in named}}
    own = {
        "years": Slider("years", "Time", "years", 0.5, 30, 0.5, years, "How long the settings hold"),
        **_SITE_SLIDERS,
    }
    if named:  # injured sites differ
        own["injury"] = replace(own["injury"], value=None, unset=_OWN)
    return Deposition(
        make_sliders(sliders, own), years=years, presets=presets, units=units, lecture=lecture, main=main, title=title
    )


def _kind_settings(name):
    """Return a kind of calcification as settings: those of its disorder, so that sliders move to them, and its sites."""
    known = model.kinds()
    if name not in known.index:
        raise InputError(f"there is no kind {name!r} of calcification: choose from {', '.join(known.index)}")
    row = known.loc[name]
    brought = Patient(disorder=row["disorder"], severity=row["severity"]).settings if row["disorder"] else {}
    return {**brought, "kind": name, "injury": None}
