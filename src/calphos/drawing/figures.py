"""Pictures of a course: one small plot a quantity, on fixed axes, with reference bands and KDIGO stages.

A curve that moves on fixed axes can be compared with the one before; so the axes come from
`data/quantities.csv` and never follow the curve. The same drawing serves a printed figure, a panel and a handout.
"""

import itertools
import textwrap
from typing import NamedTuple

import numpy as np
from matplotlib.patches import Polygon
from matplotlib.ticker import LogLocator, MaxNLocator, MultipleLocator, NullLocator

from calphos.drawing.pictures import GREY, INK, RING, Drawing
from calphos.model.profiles import DAY, UNITS
from calphos.tables.errors import InputError, find
from calphos.tables.quantities import quantity, stage, stages
from calphos.tables.words import fill, span, telling

# Fill and ink of each KDIGO stage on the strip, from the best to the worst.
_FILLS = ("#eef2f7", "#d5dfeb", "#b4c6da", "#86a3c3", "#3f648f", "#16304f")
STAGE_LOOKS = tuple(zip(_FILLS, [INK] * 4 + ["#ffffff"] * 2, strict=True))

_LONGEST = {"hours": 3.0, "days": 200.0, "years": np.inf}  # the longest axis (days) that has ticks in this unit
_SIGNS = {"o": "○", "s": "□", "D": "◇", "^": "△", "v": "▽"}  # of published values, in words


class CourseDrawing(Drawing):
    """The figure of a course and the artists that move when the course does.

    `names` are quantities; a tuple of names shares one plot. `days` is the length of the time axis.
    `limits` replaces the fixed axis of a quantity: {"pth": (0, 40)}, in SI.
    """

    width, most = 810, 3  # pixels; plots side by side

    def __init__(
        self, names, days, *, unit_of_time=None, stages=False, limits=None, markers=(), against=None, band=False, **look
    ):
        self.groups = grouped(names)
        if not self.groups:
            raise InputError("name at least one quantity to draw")
        usual = next(unit for unit in _LONGEST if days <= _LONGEST[unit])
        self.unit_of_time = find(unit_of_time or usual, UNITS, "unit of time")
        self.unit = UNITS[self.unit_of_time] / DAY  # in days
        self.length = days / self.unit
        self.against = quantity(against) if against else None
        self.stages, self.limits, self.markers, self.band = stages, limits or {}, list(markers), band
        super().__init__(names=[*itertools.chain(*self.groups)], **look)

    def _build(self):
        count, width = len(self.groups), self.width
        columns = min(self.most, 1 if count == 1 else 3 if count in (3, 5, 6) or count > 8 else 2)
        rows, self.roomy = -(-count // columns), columns < 3
        note = self._note()
        foot = self.foot = 16 + 15 * len(note)
        self.paper(width, 60 + foot + 205 * rows)
        self.footnote("\n".join(note), foot / 2)
        # Three columns are narrow: their margins hold just the numbers, and no symbols of quantities that share a plot.
        left, right = (58, 80 if max(map(len, self.groups)) > 1 else 58) if self.roomy else (54, 44)
        bottom = foot + (60 if self.stages else 38)
        cell, row = width / columns, (68 + foot + 205 * rows - bottom) / rows
        self.plots, self.lines, self.labels, self.bands, self.strips = {}, {}, {}, {}, []
        for position, group in enumerate(self.groups):
            across, lowest = cell * (position % columns) + left, position + columns >= count
            up = bottom + row * (rows - 1 - position // columns)
            plot = self.plot(across, up, cell - left - right, row - 40)
            self._build_plot(plot, group, right - 4)
            plot.tick_params(axis="x", labelbottom=lowest and not self.stages, length=4 * lowest)
            if self.stages and lowest:
                self._build_strip(self.plot(across, up - 22, cell - left - right, 19, ylim=(0, 1), yticks=[]))

    def _note(self):
        """What the axis is, and what bands, strip and signs mean, as lines that fit below the plots."""
        words = [f"along: {self.against.title(self.units) if self.against else self.unit_of_time}"]
        words += ["shaded: reference interval"] * any(quantity(name).interval() for name in self.names)
        words += ["pale: other fitting models"] * self.band + ["strip: KDIGO stage"] * self.stages
        cited = dict.fromkeys(f"{_SIGNS[one.marker]} {one.citation}" for one in self.markers)
        return [line for part in (words, cited) for line in textwrap.wrap(" · ".join(part), self.width // 8)]

    def _build_plot(self, plot, group, right):
        items = [quantity(name) for name in group]
        first = items[0]
        widest = min(item.axis_low for item in items), max(item.axis_high for item in items)
        self._set_span(plot)
        plot.set_yscale(first.scale)
        plot.set_ylim(self.shown(first.name, self.limits.get(first.name, widest)))
        if first.scale == "log":
            plot.yaxis.set_major_locator(LogLocator(base=10, numticks=5))
            plot.yaxis.set_minor_locator(NullLocator())
            plot.yaxis.set_major_formatter(lambda value, _: f"{value:g}" if value < 1e4 else f"{value / 1000:g}k")
        else:
            plot.locator_params("y", nbins=4)
        unit, room = first.unit(self.units), 0.97 * (plot.bbox.width + right)
        title = plot.set_title("", color=INK if len(group) > 1 else first.colour)
        for names in ([item.label for item in items], [item.symbol or item.label for item in items]):
            title.set_text(f"{' · '.join(names)} ({unit})")
            if (wide := title.get_window_extent().width) < room:
                break
        else:
            title.set_fontsize(max(11, title.get_fontsize() * room / wide))
        for item in items:
            self.interval(plot.axhspan, item.interval(self.units))
            self._build_line(plot, item)

    def _build_line(self, plot, item):
        name = item.name
        self.plots[name] = plot
        if self.band:
            shade = plot.fill_between([0], [0], [0], color=item.colour, alpha=0.18, linewidth=0, zorder=1.8)
            self.bands[name] = self.move(shade)
        self.lines[name] = self.move(*plot.plot([], [], color=item.colour, linestyle=item.line_style, zorder=3))
        look = {"color": item.colour, "xycoords": ("data", "axes fraction")}
        self.labels[name] = self.number(plot, (0, 0), **look)
        for series in (series for series in self.markers if series.name == name):
            along = series.along if self.against else np.divide(series.along, self.unit)
            ring = RING | {"marker": series.marker, "ms": 7, "mec": INK, "zorder": 4}
            plot.plot(along, self.shown(name, series.values), **ring)

    def _along(self, course):
        """Where the points of a course lie on the horizontal axis."""
        if self.against:
            return self.shown(self.against.name, course[self.against.name])
        return np.asarray(course.days, dtype=float) / self.unit

    def _set_span(self, plot):
        """Give a plot its horizontal axis (a falling GFR runs to the right)."""
        ends = self.against.axis(self.units) if self.against else (0, self.length)
        plot.set_xlim(ends[:: -1 if self.against and self.against.name == "gfr" else 1])
        plot.locator_params("x", nbins=6 if self.roomy else 4, integer=abs(np.diff(ends)[0]) > 3)
        if self.unit_of_time == "hours" and not self.against:
            step = next((step for step in (0.25, 0.5, 1, 2, 4, 6, 12) if self.length / step <= 6), 24)
            plot.xaxis.set_major_locator(MultipleLocator(step))

    def _build_strip(self, strip):
        strip.grid(False)
        strip.spines[["left", "bottom"]].set_visible(False)
        self._set_span(strip)
        parts = {}
        for name, (face, ink) in zip(stages(), STAGE_LOOKS, strict=True):
            shade = strip.add_patch(Polygon([(0, 0)], facecolor=face, lw=0))
            text = strip.text(0, 0.46, " ", color=ink, ha="center", va="center", clip_on=True, fontweight="bold")
            parts[name] = self.move(shade), self.move(text)
        self.strips.append((strip, parts))

    def update(self, course):
        """Move the curves, end values and stages to `course`; where bands are drawn, its `band` maps a name to (low, high)."""
        times = self._along(course)
        for name, line in self.lines.items():
            line.set_data(times, self.shown(name, course[name]))
        for name, shade in self.bands.items():
            shade.set_data(times, *(self.shown(name, edge) for edge in course.band[name]))
        for group in self.groups:
            self._place_labels(group, course, times[-1])
        if self.strips:
            self._move_stages(times, np.asarray(course["gfr"], dtype=float))

    def _place_labels(self, group, course, end):
        """Write the last values beside the curves' ends, kept inside the plot and apart from each other."""
        plot = self.plots[group[0]]
        low, high = plot.get_ylim()
        if self._ghosts or any(series.name in group for series in self.markers):
            end = plot.get_xlim()[1]  # beside the plot, where neither a pinned curve nor a published value lies
        values = [float(np.asarray(course[name])[-1]) for name in group]
        shown = [self.shown(name, value) for name, value in zip(group, values, strict=True)]
        inside = [(end, np.clip(value, low, high)) for value in shown]
        heights = (plot.transScale + plot.transLimits).transform(inside)[:, 1]
        places = spread(heights, 15 * self.figure.dpi / 72 / plot.bbox.height)
        for name, value, at, place in zip(group, values, shown, places, strict=True):
            item = quantity(name)
            symbol = f"{item.symbol} " if len(group) > 1 and item.symbol and self.roomy else ""
            arrow = " ↑" if at > high else " ↓" if at < low else ""
            self.labels[name].xy = end, place
            self.labels[name].set_text(symbol + item.text(value, self.units) + arrow)

    def _move_stages(self, times, gfr):
        found, ends = np.array([stage(value) for value in gfr])[:-1], np.repeat(times, 2)
        for strip, parts in self.strips:
            letters = 10 * strip.bbox.width / self.figure.dpi / abs(np.ptp(strip.get_xlim()))  # in a unit of the axis
            for name, (shade, text) in parts.items():
                inside = found == name
                shade.set_xy(np.c_[ends, np.r_[0, np.repeat(inside, 2), 0]])
                runs = np.flatnonzero(np.diff(np.r_[0, inside, 0])).reshape(-1, 2)
                # The name stands in the longest run.
                start, end = (times[place] for place in max(runs, key=np.ptp, default=(0, 0)))
                label = name if self.roomy else name.removeprefix("G")
                text.set(x=(start + end) / 2, text=label if abs(end - start) * letters > len(label) + 0.4 else " ")

    def _ghost(self, course):
        at = 0.985, (self.foot - 15) / self.figure.bbox.height * self.figure.dpi / 100
        ghost = [self.figure.text(*at, "dashed: pinned", color=GREY, ha="right", va="center")]
        look = {"alpha": 0.75, "linewidth": 1.3, "dashes": (4, 2.5), "zorder": 2}
        for name, plot in self.plots.items():
            ghost += plot.plot(self._along(course), self.shown(name, course[name]), color=quantity(name).colour, **look)
        return ghost


class PhoneCourse(CourseDrawing):
    """The same for a narrow screen: the plots stand below one another."""

    width, most, scale = 414, 1, 0.87


class Markers(NamedTuple):
    """Published values (SI) to draw on a course, at days or at values of the quantity against which it is drawn."""

    name: str
    along: tuple
    values: tuple
    citation: str
    marker: str = "o"


def grouped(names):
    """Return names of quantities as a list of lists: those that share a plot, which come in a tuple, stand together.

    >>> grouped(["pth", ("total_calcium", "ionised_calcium")])
    [['pth'], ['total_calcium', 'ionised_calcium']]
    """
    return [[name] if isinstance(name, str) else list(name) for name in names]


def fitted(group, values):
    """Return the ends (low, high) in SI of an axis that `values` and the reference intervals of a group of quantities fill.

    It ends on round numbers and is never longer than the axis of `data/quantities.csv`.

    >>> fitted(["total_calcium"], [[2.24, 2.44]])
    (2.1, 2.7)
    """
    items = [quantity(name) for name in group]
    widest = min(item.axis_low for item in items), max(item.axis_high for item in items)
    everything = np.concatenate([*map(np.ravel, values), *(item.interval() or () for item in items)])
    low, high = np.clip([np.nanmin(everything), np.nanmax(everything)], *widest)
    if items[0].scale == "log":
        steps = [n * 10.0**power for power in range(-6, 7) for n in (1, 2, 5)]
        low = max(step for step in steps if step <= low / 1.1)
        high = min(step for step in steps if step >= high * 1.1)
    else:
        low = 0 if widest[0] == 0 and low < 0.4 * high else low
        room = 0.04 * (high - low)
        ticks = MaxNLocator(8, steps=[1, 2, 2.5, 5, 10]).tick_values(low - room * (low != 0), high + room)
        low, high = ticks[0], ticks[-1]
    return tuple(round(float(end), 6) for end in np.clip([low, high], *widest))


def spread(positions, room):
    """Return `positions` (0 to 1) moved as little as needed to lie at least `room` apart, within 0 to 1."""
    order, steps = np.argsort(positions), room * np.arange(len(positions))
    placed = np.maximum.accumulate(np.asarray(positions)[order] - steps) + steps
    return np.minimum(placed, 1 - steps[::-1])[np.argsort(order)]


def course(course, *names, **options):
    """Return a `Picture` of the named quantities over time.

    `names` are quantities (a tuple of names shares one plot); `stages` adds the strip of KDIGO stages (default: when GFR
    changes over more than a year); the other options are those of `CourseDrawing`, with `units` ("SI" or "conventional")
    and `lecture`. Raises InputError for unknown names.
    """
    days = float(course.days[-1])
    options.setdefault("stages", days > 365 and bool(np.ptp(np.asarray(course["gfr"])) > 15))
    drawn = names or ("phosphate", "pth", "calcitriol", "fgf23"), days
    drawing = CourseDrawing(*drawn, **options)
    picture = drawing.still(course)
    picture.narrow = lambda: PhoneCourse(*drawn, **options).still(course)
    told = fill(telling(drawing.names), {name: course[name] for name in drawing.names}, drawing.units)
    picture.alt = f"Curves over {span(days)}; at the end {told}."
    return picture
