"""Response curves of the organs, with the present operating point moving on them.

Each curve is the organ's own function (`calphos.model.body`) with one input varied and the rest of the body held still.
"""

import numpy as np
from matplotlib.ticker import MaxNLocator

from calphos.drawing.pictures import BAND, GREY, INK, LECTURE_SCALE, Ghosts, new_picture, style, write_footnote
from calphos.model.body.blood import signals
from calphos.model.body.gut import gut
from calphos.model.body.kidney import kidney
from calphos.model.body.parathyroid import parathyroid
from calphos.model.patient import Patient
from calphos.model.simulation import healthy, simulate
from calphos.panels.base import Panel
from calphos.panels.sliders import Slider, make_sliders, patient_of
from calphos.tables.errors import InputError
from calphos.tables.quantities import SI, check_units, quantity

_POINTS = 81


def pth_curve(s, p, k, calcium):
    """PTH [pmol/L] at which release and clearance balance, at ionised calcium [mmol/L] (minutes: glands as they are)."""
    sense = signals(s, p)._replace(calcium=np.asarray(calcium) / p.healthy_ionised_calcium)
    made = parathyroid(s, p, k, sense._replace(pth=0.0)).pth
    # The rate falls in proportion to PTH, so two values give the point where it is zero.
    cleared = made - parathyroid(s, p, k, sense._replace(pth=1.0)).pth
    return p.healthy_pth * made / cleared


def reabsorption_curve(s, p, k, phosphate):
    """Phosphate reabsorbed [mmol per litre of filtrate] at plasma phosphate [mmol/L], under the present hormones."""
    phosphate = np.asarray(phosphate, dtype=float)
    renal = kidney(s._replace(plasma_phosphate=phosphate), p, k, signals(s, p))
    return phosphate - renal.phosphate_excreted / renal.filtration


def absorption_curve(s, p, k, calcitriol):
    """Calcium absorbed [mmol/d] at calcitriol [pmol/L] on the present diet, once the gut has filled or emptied."""
    sense = signals(s._replace(calcitriol=np.asarray(calcitriol, dtype=float)), p)
    content = np.full_like(sense.calcitriol, s.gut_calcium)
    for _ in range(60):  # the content at which intake equals absorption and transit
        flow = gut(s._replace(gut_calcium=content), p, k, sense)
        full = flow.calcium_intake * content / (flow.calcium_absorbed + flow.calcium_passed)
        content = 0.5 * (content + full)
    return 24 * gut(s._replace(gut_calcium=content), p, k, sense).calcium_absorbed


# name -> (function, quantity along, its range in SI, quantity upward, its range in SI, title)
CURVES = {
    "pth": (pth_curve, "ionised_calcium", (0.8, 1.6), "pth", (0, 40), "PTH"),
    "reabsorption": (reabsorption_curve, "phosphate", (0.05, 3), "tmp_gfr", (0, 2.5), "Phosphate kept"),
    "absorption": (absorption_curve, "calcitriol", (2, 400), "calcium_absorbed", (0, 25), "Calcium absorbed"),
}


class Curves:
    """The drawing: for each name of `CURVES` the curve in health (dashed) and now, with the operating point."""

    def __init__(self, names, healthy, *, limits=None, units=SI, lecture=False):
        self.names, self.units = names, check_units(units)
        self.limits = limits or {}
        self.scale = LECTURE_SCALE if lecture else 1.0
        self.moving, self.ghosts = [], Ghosts()
        self._axes, self._lines, self._dots, self._texts = {}, {}, {}, {}
        with style(self.scale):
            self._build(1080 if lecture and len(names) > 2 else 810, healthy)

    def _build(self, width, healthy):
        height = round(370 * (1 + 0.35 * (self.scale - 1)))
        self.figure = new_picture(width, height)
        cell = width / len(self.names)
        self._narrow = cell < 380
        left, right, top, bottom = (side * self.scale for side in (52, 18, 52 if self._narrow else 34, 84))
        for i, name in enumerate(self.names):
            box = ((i * cell + left) / width, bottom / height, (cell - left - right) / width)
            plot = self.figure.add_axes((*box, (height - top - bottom) / height))
            self._build_plot(plot, name, healthy[name])
        words = "dashed and ring: health · line and dot: now · shaded: reference interval"
        size = 11 * (min(self.scale, 1.2) if len(self.names) > 1 else 1)
        write_footnote(self.figure, words, 15 * self.scale, size)

    def _build_plot(self, plot, name, healthy):
        _, along, span, up, height, title = CURVES[name]
        x, y = quantity(along), quantity(up)
        plot.set_xlim(*(end * x.factor(self.units) for end in span))
        plot.set_ylim(*(end * y.factor(self.units) for end in self.limits.get(name, height)))
        plot.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]))
        plot.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
        unit = f"{y.unit(self.units)} of filtrate" if name == "reabsorption" else y.unit(self.units)
        plot.set_title(f"{title}{chr(10) if self._narrow else ' '}({unit})", color=y.colour)
        plot.set_xlabel(x.title(self.units))
        interval = x.interval(self.units)
        if interval:
            plot.axvspan(*interval, facecolor=BAND, edgecolor="none", zorder=0.5)
        if name == "reabsorption":
            ends = np.array(span) * x.factor(self.units)
            plot.plot(ends, ends, color=GREY, lw=1, zorder=1)
            at = 0.62 * min(ends[1], plot.get_ylim()[1])
            plot.annotate("filtered", (at, at), xytext=(-6, 6), textcoords="offset points", ha="right", color=GREY)
        curve = self._in_units(name, healthy)
        plot.plot(*curve["line"], color=GREY, lw=1.4 * self.scale, dashes=(4, 2.5), zorder=2)
        plot.plot(*curve["point"], marker="o", ms=8 * self.scale, mfc="white", mec=GREY, mew=1.6, zorder=2.5)
        (line,) = plot.plot([], [], color=y.colour, animated=True, zorder=3)
        (dot,) = plot.plot(
            [0],
            [0],
            marker="o",
            ms=11 * self.scale,
            mfc=y.colour,
            mec="white",
            mew=1.4,
            linestyle="none",
            animated=True,
            zorder=5,
            clip_on=False,
        )
        text = plot.annotate(
            " ",
            (0, 0),
            xytext=(9 * self.scale, 7 * self.scale),
            textcoords="offset points",
            color=INK,
            fontweight="bold",
            animated=True,
            zorder=6,
            annotation_clip=False,
        )
        for part, artist in (("line", line), ("dot", dot), ("value", text)):
            artist.set_gid(f"{part}-{name}")
            self.moving.append(artist)
        self._axes[name], self._lines[name], self._dots[name], self._texts[name] = plot, line, dot, text

    def _in_units(self, name, curve):
        _, along, _, up, _, _ = CURVES[name]
        fx, fy = quantity(along).factor(self.units), quantity(up).factor(self.units)
        return {key: (np.asarray(x) * fx, np.asarray(y) * fy) for key, (x, y) in curve.items()}

    def update(self, curves):
        """Move lines and operating points; `curves` is {name: {"line": (x, y), "point": ([x], [y])}} in SI."""
        for name in self.names:
            shown = self._in_units(name, curves[name])
            self._lines[name].set_data(*shown["line"])
            plot, (x, y) = self._axes[name], (float(part[0]) for part in shown["point"])
            x0, x1, y0, y1 = *plot.get_xlim(), *plot.get_ylim()
            inside = min(max(x, x0), x1), min(max(y, y0), y1)
            self._dots[name].set_data([inside[0]], [inside[1]])
            up = quantity(CURVES[name][3])
            text = self._texts[name]
            text.xy = inside
            text.set_text(up.text(float(curves[name]["point"][1][0]), self.units) + (" ↑" if y > y1 else ""))
            far = (inside[0] - x0) / (x1 - x0) > 0.72
            text.set_ha("right" if far else "left")
            # Beside a falling curve there is room above, beside a rising one below.
            above = (name == "pth" and y < 0.9 * y1) or y < 0.12 * y1
            text.set_position(((-9 if far else 9) * self.scale, (7 if above else -19) * self.scale))

    def pin(self, curves):
        """Keep the present curves as thin dashed ones (up to three)."""
        ghost = []
        for name in self.names:
            shown = self._in_units(name, curves[name])
            colour = quantity(CURVES[name][3]).colour
            ghost += self._axes[name].plot(*shown["line"], color=colour, lw=1.3 * self.scale, dashes=(2, 2), zorder=2.2)
        self.ghosts.add(ghost)

    def unpin(self):
        """Remove the pinned curves."""
        self.ghosts.clear()


class ResponseCurves(Panel):
    """The curves as a panel; made by `calphos.panels.response_curves`."""

    def __init__(self, names, sliders, *, days, patient, limits, **options):
        self.names, self.days, self.patient, self.limits = names, days, patient, limits
        self.held = [CURVES[name][1] for name in names if CURVES[name][1] in sliders]
        self.healthy = self._curves(Patient(), {})
        super().__init__(sliders, **options)

    def _curves(self, patient, held):
        course = simulate(patient, days=self.days, points=2)
        s = course.final_state
        p = patient.averaged().at(24 * self.days)
        k, _ = healthy(p)
        found = {}
        for name in self.names:
            function, along, span, *_ = CURVES[name]
            x = np.linspace(*span, _POINTS)
            at = np.array([held.get(along, course.final[along])])
            found[name] = {"line": (x, function(s, p, k, x)), "point": (at, function(s, p, k, at))}
        return found

    def _solve(self, settings):
        settings = dict(settings)
        held = {name: settings.pop(name) for name in self.held}
        return self._curves(self.patient(**settings), held)

    def _make_drawing(self, units, lecture):
        return Curves(self.names, self.healthy, limits=self.limits, units=units, lecture=lecture)

    def _words(self, result, units):
        parts = []
        for name in self.names:
            _, along, _, up, _, title = CURVES[name]
            x, y = (float(part[0]) for part in result[name]["point"])
            value = quantity(up).text(y, units, with_unit=True)
            unit = " of filtrate" if name == "reabsorption" else ""
            at = f" at {quantity(along).label.lower()} {quantity(along).text(x, units, with_unit=True)}"
            if along in self.held and quantity(along).label in self._lead():
                at = ""  # the sentence begins with it
            parts.append(f"{title if title == 'PTH' else title.lower()} {value}{unit}{at}")
        words = "; ".join(parts)
        return words, f"Response curves in health (dashed) and now, with the operating point. {words}."


def response_curves(
    *names,
    sliders=("glands_removed", "casr_set_point", "calcimimetic"),
    days=30,
    presets=None,
    patient=None,
    limits=None,
    units=SI,
    lecture=False,
    main=None,
    title="Response curves",
):
    """Return response curves with the operating point as a panel.

    names    of "pth" (PTH against ionised calcium), "reabsorption" (phosphate kept by the tubule against plasma
             phosphate; it levels off at TmP/GFR), "absorption" (calcium absorbed against calcitriol); default all
    sliders  as in `calphos.panels.time_course`; besides, "ionised_calcium", "phosphate" and "calcitriol" move the
             point along a curve by hand while the rest of the body stays as it is
    days     for how long the settings have held
    limits   {name: (low, high)} in SI in place of a fixed vertical axis

    Raises InputError for unknown names.
    """
    names = names or tuple(CURVES)
    for name in names:
        if name not in CURVES:
            raise InputError(f"there is no response curve {name!r}: choose from {', '.join(CURVES)}")
    own = {along: _by_hand(along, span) for _, along, span, *_ in CURVES.values() if along in sliders}
    return ResponseCurves(
        names,
        make_sliders(sliders, own),
        days=days,
        patient=patient or patient_of,
        limits=limits,
        presets=presets,
        units=units,
        lecture=lecture,
        main=main,
        title=title,
    )


def _by_hand(name, span):
    """Return a slider along a curve's horizontal quantity that starts at its healthy value."""
    row = quantity(name)
    step = 10**-row.decimals
    low, high = (round(round(end / step) * step, 6) for end in span)
    healthy = round(float(simulate(Patient(), days=1, points=2).final[name]), row.decimals)
    return Slider(name, row.label, row.si_unit, max(low, step), high, step, healthy, row.meaning)
