"""Response curves of the organs: each in health (dashed) and now, with the operating point moving on it."""

from calphos.drawing.pictures import DOT, GREY, INK, RING, Drawing
from calphos.tables.quantities import quantity

# name -> (quantity along, its range in SI, quantity upward, its range in SI, title)
CURVES = {
    "pth": ("ionised_calcium", (0.8, 1.6), "pth", (0, 40), "PTH"),
    "reabsorption": ("phosphate", (0.05, 3), "tmp_gfr", (0, 2.5), "Phosphate kept"),
    "absorption": ("calcitriol", (2, 400), "calcium_absorbed", (0, 25), "Calcium absorbed"),
}


class Curves(Drawing):
    """The drawing of `names` among `CURVES`, compared with `healthy`, which is what `update` takes."""

    def _build(self):
        self.paper(810, 370)
        cell = 810 / len(self.names)
        self._narrow = cell < 380
        self._plots = {}
        for i, name in enumerate(self.names):
            self._build_plot(self.plot(i * cell + 52, 84, cell - 70, 234 if self._narrow else 252), name)
        self.footnote("dashed and ring: health · line and dot: now · shaded: reference interval", 15)

    def _build_plot(self, plot, name):
        along, span, up, height, title = CURVES[name]
        x, y = quantity(along), quantity(up)
        plot.set_xlim(self.shown(along, span))
        plot.set_ylim(self.shown(up, height))
        plot.locator_params("x", nbins=4)
        plot.locator_params("y", nbins=5)
        unit = f"{y.unit(self.units)} of filtrate" if name == "reabsorption" else y.unit(self.units)
        plot.set_title(f"{title}{chr(10) if self._narrow else ' '}({unit})", color=y.colour)
        plot.set_xlabel(x.title(self.units))
        self.interval(plot.axvspan, x.interval(self.units))
        if name == "reabsorption":
            ends = self.shown(along, span)
            plot.plot(ends, ends, color=GREY, lw=1, zorder=1)
            at = 0.62 * min(ends[1], plot.get_ylim()[1])
            beside = {"xytext": (-6, 6), "textcoords": "offset points", "ha": "right", "color": GREY}
            plot.annotate("filtered", (at, at), **beside)
        curve = self._both(name, self.healthy[name])
        plot.plot(*curve["line"], color=GREY, lw=1.4, dashes=(4, 2.5), zorder=2)
        plot.plot(*curve["point"], **RING, zorder=2.5)
        line = self.move(*plot.plot([], [], color=y.colour, zorder=3))
        dot = self.move(*plot.plot([0], [0], **DOT, mfc=y.colour, clip_on=False, zorder=5))
        text = self.number(plot, (0, 0), color=INK, va="baseline", zorder=6)
        self._plots[name] = plot, line, dot, text

    def _both(self, name, curve):
        """A curve in the units shown."""
        along, _, up, *_ = CURVES[name]
        return {key: (self.shown(along, x), self.shown(up, y)) for key, (x, y) in curve.items()}

    def update(self, curves):
        """Move lines and operating points; `curves` is {name: {"line": (x, y), "point": ([x], [y])}} in SI."""
        for name, (plot, line, dot, text) in self._plots.items():
            shown = self._both(name, curves[name])
            line.set_data(*shown["line"])
            x, y = (float(part[0]) for part in shown["point"])
            x0, x1, y0, y1 = *plot.get_xlim(), *plot.get_ylim()
            text.xy = inside = min(max(x, x0), x1), min(max(y, y0), y1)
            dot.set_data([inside[0]], [inside[1]])
            value = quantity(CURVES[name][2]).text(float(curves[name]["point"][1][0]), self.units)
            text.set_text(value + (" ↑" if y > y1 else ""))
            far = (inside[0] - x0) / (x1 - x0) > 0.72
            text.set_ha("right" if far else "left")
            # Beside a falling curve there is room above, beside a rising one below.
            above = (name == "pth" and y < 0.9 * y1) or y < 0.12 * y1
            text.set_position((-9 if far else 9, 7 if above else -19))

    def _ghost(self, curves):
        """The curves as thin dashed ones."""
        ghost, look = [], {"lw": 1.3, "dashes": (2, 2), "zorder": 2.2}
        for name, (plot, *_) in self._plots.items():
            ghost += plot.plot(*self._both(name, curves[name])["line"], color=quantity(CURVES[name][2]).colour, **look)
        return ghost
