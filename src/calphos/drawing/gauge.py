"""How near plasma is to each calcium phosphate: a map of calcium and phosphate, and a gauge for every mineral."""

import numpy as np

from calphos.drawing.pictures import DIAMOND, DOT, GREY, INK, RING, Drawing
from calphos.tables.quantities import quantity
from calphos.tables.references import reference

# mineral -> (name on the gauge, colour)
MINERALS = {
    "brushite": ("Brushite", "#b45309"),
    "acp": ("Amorphous", "#4b5563"),
    "ocp": ("Octacalcium", "#0f766e"),
    "beta_tcp": ("β-TCP", "#6d28d9"),
    "apatite": ("Apatite", "#7f1d1d"),
}
CALCIUM, PHOSPHATE = (1.0, 4.5), (0.2, 4.0)  # ends of the map, mmol/L
_LIMITS = (-1.0, 1.6)


def signed(index):
    """Return a saturation index with its sign, the minus as a minus.

    >>> signed(-0.271)
    '−0.27'
    """
    return f"{index:+.2f}".replace("-", "\N{MINUS SIGN}")


def product_limit():
    """Return the threshold of calcium times phosphate that is drawn [mmol²/L²]: the first of the table that was read."""
    return float(reference("product_thresholds", units="SI", evidence="read")["value"].iloc[0])


class Gauge(Drawing):
    """The drawing, compared with `healthy`. `update(state)` takes a dict, SI: calcium, phosphate, brushite (the line at which
    it forms, as calcium and phosphate), index and per_ion (dicts by mineral)."""

    def _build(self):
        self.paper(810, 420)
        self._build_map(self.plot(58, 92, 324, 290))
        self._build_gauge(self.plot(518.4, 92, 207.6, 290))
        self.footnote("dot: this plasma · ring: healthy plasma · diamond: pinned · right of 0: supersaturated", 17)

    def _on_map(self, calcium, phosphate):
        """Calcium and phosphate in the units shown."""
        return self.shown("total_calcium", calcium), self.shown("phosphate", phosphate)

    def _build_map(self, plot):
        self._map, product = plot, quantity("calcium_phosphate_product")
        right, top = self._on_map(CALCIUM[1], PHOSPHATE[1])
        plot.set(xlim=(self._on_map(CALCIUM[0], 0)[0], right), ylim=(0, top))
        plot.locator_params(nbins=5, steps=[1, 2, 5, 10])
        phosphate = quantity("phosphate")
        plot.set_title(f"Phosphate ({phosphate.unit(self.units)})", color=phosphate.colour)
        plot.set_xlabel(quantity("total_calcium").title(self.units))
        limit = product_limit()
        x = np.linspace(*CALCIUM, 60)
        plot.plot(*self._on_map(x, limit / x), color=GREY, lw=1.5, dashes=(4, 2.5), zorder=2)
        at = {"x": 0.98 * right, "ha": "right", "va": "center"}
        at["bbox"] = {"facecolor": "white", "edgecolor": "none", "pad": 1}
        words = f"Ca×P {product.text(limit, self.units)} {product.unit(self.units)}"
        plot.text(y=0.17 * top, s=words, color=GREY, **at)
        plot.text(y=0.9 * top, s="brushite\ncan form", color=MINERALS["brushite"][1], fontweight="bold", **at)
        plot.plot(*self._on_map(self.healthy["calcium"], self.healthy["phosphate"]), **RING, zorder=3.5)
        self._line = self.move(*plot.plot([], [], color=MINERALS["brushite"][1], zorder=3))
        self._dot = self.move(*plot.plot([0], [0], **DOT, mfc=INK, zorder=5))

    def _build_gauge(self, plot):
        self._gauge, self._rows = plot, {}
        plot.set(xlim=_LIMITS, ylim=(len(MINERALS) - 0.4, -0.6), xticks=[-1, 0, 1])
        plot.set_yticks(range(len(MINERALS)), [label for label, _ in MINERALS.values()], fontweight="bold")
        for label, (_, colour) in zip(plot.get_yticklabels(), MINERALS.values(), strict=True):
            label.set_color(colour)
        plot.tick_params(axis="y", length=0)
        plot.spines["left"].set_visible(False)
        plot.grid(axis="y", visible=False)
        plot.axvspan(0, _LIMITS[1], facecolor="#fdecea", edgecolor="none", zorder=0.4)
        plot.axvline(0, color=INK, lw=1.4, zorder=1.5)
        plot.set_title("Saturation index", color=INK)
        plot.set_xlabel("per ion (log₁₀)")
        bar = {"lw": 6, "alpha": 0.45, "solid_capstyle": "butt", "zorder": 2}
        beside = {"xycoords": ("axes fraction", "data"), "xytext": (8, 0)}
        for i, (name, (_, colour)) in enumerate(MINERALS.items()):
            plot.plot([self.healthy["per_ion"][name]], [i], **RING, zorder=2.5)
            self._rows[name] = (
                self.move(*plot.plot([0, 0], [i, i], color=colour, **bar)),
                self.move(*plot.plot([0], [i], **DOT, mfc=colour, clip_on=False, zorder=3)),
                self.number(plot, (1, i), color=colour, **beside),
            )

    def update(self, state):
        """Move line, dots and numbers to `state`."""
        x, y = self._on_map(state["calcium"], state["phosphate"])
        self._dot.set_data([x], [y])
        self._line.set_data(*self._on_map(*state["brushite"]))
        for i, (name, (bar, dot, text)) in enumerate(self._rows.items()):
            at = float(np.clip(state["per_ion"][name], *_LIMITS))
            bar.set_data([0, at], [i, i])
            dot.set_data([at], [i])
            text.set_text(signed(state["index"][name]))

    def _ghost(self, state):
        """The saturation as open diamonds and the line of brushite as a thin one."""
        brushite = {"color": MINERALS["brushite"][1], "lw": 1.3, "dashes": (2, 2)}
        ghost = self._map.plot(*self._on_map(state["calcium"], state["phosphate"]), **DIAMOND, mec=INK)
        ghost += self._map.plot(*self._on_map(*state["brushite"]), **brushite)
        for i, (name, (_, colour)) in enumerate(MINERALS.items()):
            ghost += self._gauge.plot([state["per_ion"][name]], [i], **DIAMOND, mec=colour)
        return ghost
