"""Where mineral settles: a person with a spot at each site, and two bars a site, what can still dissolve and what cannot."""

import numpy as np
from matplotlib.patches import Circle, Rectangle

from calphos.drawing.illustrations import SITES, Sheet
from calphos.drawing.pictures import GREY, INK, Drawing
from calphos.tables.quantities import quantity

COLOURS = {"labile": "#e3a85b", "mature": "#5b2a1d"}
AXIS = _FLOOR, _TOP = 0.05, 1000.0  # mmol: the logarithmic axis of the bars; below it the number beside a bar is 0.0


class SiteMap(Drawing):
    """The drawing; `names` are short labels by site. `update(table)` takes what `calphos.chemistry.sites.site_table` returns."""

    def _build(self):
        self.paper(810, 500)
        body = self.plot(8, 44, 303, 450, xlim=(-0.34, 0.34), ylim=(-0.02, 1.02))
        body.set_axis_off()
        body.set_aspect("equal", adjustable="box")
        Sheet("person", body)
        self._spots = {site: self._build_spot(body, number, site) for number, site in enumerate(self.names, start=1)}
        self._build_bars(self.plot(474, 92, 267, 372))
        keys = [self._bars[site, part] for site in list(self.names)[:1] for part in COLOURS]
        words = ["can still dissolve", "hardly dissolves"]
        self.figure.legend(keys, words, loc=(0.02, 0.02), ncols=2, labelcolor=GREY, handlelength=1.3)
        self.figure.text(0.985, 0.04, "assumed rates: compare only", ha="right", va="center", fontweight="bold")

    def _build_spot(self, body, number, site):
        x, y = SITES[site]
        rim = Circle((x, y), 0.01, facecolor=COLOURS["labile"], edgecolor=INK, lw=0.6, alpha=0.9, zorder=3)
        core = Circle((x, y), 0.005, facecolor=COLOURS["mature"], edgecolor="none", zorder=4)
        for spot in (rim, core):
            body.add_patch(self.move(spot))
        side, ha = (-1, "right") if x < 0 else (1, "left")
        line = {"arrowstyle": "-", "color": "#9ca3af", "lw": 0.8, "shrinkA": 2, "shrinkB": 0}
        look = {"ha": ha, "va": "center", "color": INK, "fontweight": "bold", "zorder": 2}
        body.annotate(str(number), (x, y), xytext=(side * 0.30, y), arrowprops=line, **look)
        return rim, core

    def _build_bars(self, plot):
        count, factor = len(self.names), quantity("mature_deposit").factor(self.units)
        plot.set(xscale="log", xlim=(_FLOOR * factor, _TOP * factor), ylim=(count - 0.4, -0.6))
        ticks = [tick for tick in 10.0 ** np.arange(-2, 6) if _FLOOR * factor <= tick <= _TOP * factor]
        plot.set_xticks(ticks, [f"{tick:g}" if tick < 1e4 else f"{tick / 1000:g}k" for tick in ticks])
        plot.minorticks_off()
        plot.set_yticks(range(count), [f"{i}  {label}" for i, label in enumerate(self.names.values(), start=1)])
        plot.tick_params(axis="y", length=0)
        plot.grid(axis="y", visible=False)
        plot.set_title("Mineral beyond health", color=INK)
        plot.set_xlabel(f"calcium ({quantity('mature_deposit').unit(self.units)}, assumed rates)")
        self._bars, self._numbers = {}, {}
        for i, site in enumerate(self.names):
            for part, y in (("labile", i - 0.17), ("mature", i + 0.17)):
                corner, look = (_FLOOR * factor, y - 0.16), {"facecolor": COLOURS[part], "edgecolor": INK, "lw": 0.5}
                self._bars[site, part] = self.move(plot.add_patch(Rectangle(corner, 0, 0.32, zorder=3, **look)))
            edge = {"color": INK, "xycoords": ("axes fraction", "data")}
            self._numbers[site] = self.number(plot, (1, i), **edge)

    def update(self, table):
        """Move spots and bars to a table of sites."""
        for (site, part), bar in self._bars.items():
            amount = float(np.clip(table.at[site, part], _FLOOR, _TOP))
            bar.set_width((amount - _FLOOR) * quantity("mature_deposit").factor(self.units))
        for site, (rim, core) in self._spots.items():
            labile, mature = float(table.at[site, "labile"]), float(table.at[site, "mature"])
            rim.set_radius(_radius(labile + mature))
            core.set_radius(_radius(mature) * 0.8)
            # Lengths on a logarithmic axis cannot be compared by eye; numbers can.
            self._numbers[site].set_text(quantity("mature_deposit").text(labile + mature, self.units))


def _radius(amount):
    """Radius of a spot: each tenfold of mineral adds as much."""
    return 0.004 + 0.011 * np.log10(1 + max(amount, 0) / _FLOOR / 5)
