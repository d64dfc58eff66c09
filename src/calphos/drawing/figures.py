"""Pictures of a course: one small plot a quantity, on fixed axes, with reference bands and KDIGO stages.

A curve that moves on fixed axes can be compared with the one before; so the axes come from
`data/quantities.csv` and never follow the curve. The same drawing serves a printed figure, a panel and a handout.
"""

import itertools
from typing import NamedTuple

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path as Outline
from matplotlib.ticker import FixedLocator, LogLocator, MaxNLocator, NullLocator

from calphos.drawing.pictures import BAND, BAND_EDGE, GREY, INK, Drawing, style
from calphos.tables.errors import InputError, find
from calphos.tables.kdigo import stage, stages
from calphos.tables.quantities import quantity
from calphos.tables.words import describe

# Fill and ink of each KDIGO stage on the strip, from the best to the worst.
_FILLS = ("#eef2f7", "#d5dfeb", "#b4c6da", "#86a3c3", "#3f648f", "#16304f")
STAGE_LOOKS = tuple(zip(_FILLS, [INK] * 4 + ["#ffffff"] * 2, strict=True))

TIME_UNITS = {"minutes": 1 / 1440, "hours": 1 / 24, "days": 1.0, "weeks": 7.0, "years": 365.25}
_LONGEST = {"minutes": 0.13, "hours": 3.0, "days": 200.0}  # the longest axis (days) that has ticks in this unit
_RING = {"markerfacecolor": "white", "markeredgecolor": INK, "markeredgewidth": 1.6}  # published values


def span_of_time(days, unit):
    """Return a length of time in words.

    >>> span_of_time(365.25, "years"), span_of_time(2, "days")
    ('1 year', '2 days')
    """
    number = f"{days / TIME_UNITS[unit]:.3g}"
    return f"{number} {unit.removesuffix('s') if number == '1' else unit}"


class CourseDrawing(Drawing):
    """The figure of a course and the artists that move when the course does.

    `names` are quantities; a tuple of names shares one plot. `days` is the length of the time axis.
    `limits` replaces the fixed axis of a quantity: {"pth": (0, 40)}, in SI.
    """

    width, most = 810, 3  # pixels; plots side by side

    def __init__(
        self, names, days, *, unit_of_time=None, stages=False, limits=None, markers=(), against=None, band=False, **look
    ):
        self.groups = [(name,) if isinstance(name, str) else tuple(name) for name in names]
        if not self.groups:
            raise InputError("name at least one quantity to draw")
        self.names = [*itertools.chain(*self.groups)]
        self.days = days
        usual = next((unit for unit in _LONGEST if days <= _LONGEST[unit]), "years")
        self.unit_of_time = find(unit_of_time or usual, TIME_UNITS, "unit of time")
        self.against = quantity(against) if against else None
        self.stages = stages
        self.limits = {name: tuple(pair) for name, pair in (limits or {}).items()}
        self.markers, self.band = list(markers), band
        super().__init__(**look)

    def _build(self):
        count, letters, width = len(self.groups), self.scale, self.width
        columns = min(self.most, 1 if count == 1 else 3 if count in (3, 5, 6) or count > 8 else 2)
        self.roomy = columns < 3
        rows = -(-count // columns)
        height = round((60 + self._footer_height + 205 * rows) * (1 + 0.4 * (letters - 1)))
        self.paper(width, height)
        # Three columns are narrow: their margins hold just the numbers.
        left, right = (54 * letters, 44 * letters) if columns > 2 else (58 * letters, 58 * letters)
        top, gap = 32 * letters, 40 * letters
        bottom = ((60 if self.stages else 38) + self._footer_height) * letters
        cell = width / columns
        tall = (height - top - bottom - gap * (rows - 1)) / rows
        self.plots, self.lines, self.labels, self.bands = {}, {}, {}, {}
        self.strips = []
        for position, group in enumerate(self.groups):
            row, column = divmod(position, columns)
            low = bottom + (rows - 1 - row) * (tall + gap)
            box = ((column * cell + left) / width, low / height, (cell - left - right) / width, tall / height)
            lowest = position + columns >= count
            self._build_plot(group, box, lowest, right - 4)
            if self.stages and lowest:
                self._build_strip((box[0], (low - 22 * letters) / height, box[2], 19 * letters / height))
        self._write_footer()

    def _build_plot(self, group, box, lowest, right):
        plot = self.figure.add_axes(box)
        items = [quantity(name) for name in group]
        first = items[0]
        widest = min(item.axis_low for item in items), max(item.axis_high for item in items)
        low, high = self.limits.get(first.name, widest)
        factor = first.factor(self.units)
        plot.set_xlim(*self._span)
        plot.set_yscale(first.scale)
        plot.set_ylim(low * factor, high * factor)
        if first.scale == "log":
            plot.yaxis.set_major_locator(LogLocator(base=10, numticks=5))
            plot.yaxis.set_minor_locator(NullLocator())
            plot.yaxis.set_major_formatter(lambda value, _: f"{value:g}" if value < 1e4 else f"{value / 1000:g}k")
        else:
            plot.yaxis.set_major_locator(MaxNLocator(4 if self.scale == 1 else 3, steps=[1, 2, 2.5, 5, 10]))
        self._set_ticks(plot)
        if not lowest or self.stages:
            plot.tick_params(axis="x", labelbottom=False, length=0)
        unit = first.unit(self.units)
        colour = INK if len(group) > 1 else first.colour
        title = plot.set_title(f"{_join(item.label for item in items)} ({unit})", color=colour)
        room = 0.97 * (plot.bbox.width + right)
        if title.get_window_extent().width > room:
            title.set_text(f"{_join(item.symbol or item.label for item in items)} ({unit})")
        if title.get_window_extent().width > room:
            title.set_fontsize(max(11, title.get_fontsize() * room / title.get_window_extent().width))
        for item in items:
            self.interval(plot.axhspan, item.interval(self.units))
            self._build_line(plot, item)

    def _build_line(self, plot, item):
        name = item.name
        self.plots[name] = plot
        shade = plot.fill_between([0], [0], [0], color=item.colour, alpha=0.18, linewidth=0, zorder=1.8)
        self.bands[name] = self.move(f"band-{name}", shade)
        (line,) = plot.plot([], [], color=item.colour, linestyle=item.line_style, zorder=3)
        self.lines[name] = self.move(f"line-{name}", line)
        beside = {"xytext": (6 * self.scale, 0), "textcoords": "offset points", "annotation_clip": False}
        label = plot.annotate(" ", (0, 0), color=item.colour, fontweight="bold", va="center", **beside)
        self.labels[name] = self.move(f"value-{name}", label)
        for series in self.markers:
            if series.name == name:
                ring = {"linestyle": "none", "markersize": 7 * self.scale, "zorder": 4, **_RING}
                plot.plot(*self._places(series), marker=series.marker, **ring)

    def _places(self, series):
        """Where the points of a series of `Markers` lie along the axis and upward, in the units shown."""
        along = np.asarray(series.along, dtype=float)
        values = np.asarray(series.values, dtype=float) * quantity(series.name).factor(self.units)
        return along if self.against else along / TIME_UNITS[self.unit_of_time], values

    @property
    def _span(self):
        """Left and right end of the horizontal axis (a falling GFR runs to the right)."""
        if self.against:
            low, high = self.against.axis(self.units)
            return (high, low) if self.against.name == "gfr" else (low, high)
        return 0, self.days / TIME_UNITS[self.unit_of_time]

    def _along(self, course):
        """Where the points of a course lie on the horizontal axis."""
        if self.against:
            return self._shown(course, self.against.name)
        return np.asarray(course.days, dtype=float) / TIME_UNITS[self.unit_of_time]

    def _shown(self, course, name):
        """A course's values of a quantity in the units shown."""
        return np.asarray(course[name], dtype=float) * quantity(name).factor(self.units)

    def _set_ticks(self, plot):
        if self.against:
            plot.xaxis.set_major_locator(MaxNLocator(6 if self.scale == 1 and plot.bbox.width > 200 else 3))
            return
        span = self.days / TIME_UNITS[self.unit_of_time]
        locator = MaxNLocator(6 if self.scale == 1 else 4, steps=[1, 2, 2.5, 5, 10], integer=span > 3)
        if self.unit_of_time in ("minutes", "hours"):
            base = 60 if self.unit_of_time == "minutes" else 24
            step = next((base / parts for parts in (12, 6, 4, 2) if span * parts / base <= 6), base)
            locator = FixedLocator(np.arange(0, span + step / 2, step))
        plot.xaxis.set_major_locator(locator)

    def _build_strip(self, box):
        strip = self.figure.add_axes(box, xlim=self._span, ylim=(0, 1), yticks=[])
        strip.grid(False)
        strip.spines[["left", "bottom"]].set_visible(False)
        self._set_ticks(strip)
        patches, texts = [], []
        look = {"ha": "center", "va": "center", "clip_on": True, "fontweight": "bold"}
        for name, (fill, ink) in zip(stages(), STAGE_LOOKS, strict=True):
            patch = PathPatch(_boxes([]), facecolor=fill, edgecolor="white", linewidth=1)
            strip.add_patch(self.move(f"stage-{name}-{len(self.strips)}", patch))
            patches.append(patch)
            text = strip.text(0, 0.46, " ", color=ink, **look)
            texts.append(self.move(f"stage-name-{name}-{len(self.strips)}", text))
        self.strips.append((strip, patches, texts))

    @property
    def _footer_height(self):
        return 54 if self.markers else 30

    def _write_footer(self):
        """What band and markers mean, and the name of the axis, in the room below the plots."""
        for old in (*self.figure.legends, *self.figure.texts):
            old.remove()
        signs = []
        if any(quantity(name).interval() for name in self.names):
            signs.append((Patch(facecolor=BAND, edgecolor=BAND_EDGE), "reference interval"))
        if self.band:
            signs.append((Patch(facecolor=GREY, alpha=0.3), "other fitting models"))
        if self._kept:
            signs.append((Line2D([], [], color=GREY, linestyle="--", linewidth=1.3 * self.scale), "pinned"))
        sources = {series.citation: series.marker for series in self.markers}
        data = [(Line2D([], [], ls="", marker=sign, markersize=7, **_RING), cited) for cited, sign in sources.items()]
        room = self._footer_height * self.scale / self.figure.bbox.height
        upper = (0.76 if data else 0.5) * room
        spaces = {"borderaxespad": 0, "handlelength": 1.6, "columnspacing": 1.3, "handletextpad": 0.5}
        for entries, height in ((signs, upper), (data, 0.24 * room)):
            if entries:
                place = {"loc": "center left", "bbox_to_anchor": (0.012, height), "ncols": len(entries)}
                with style(self.scale):
                    self.figure.legend(*zip(*entries, strict=True), labelcolor=GREY, **place, **spaces)
        words = self.against.title(self.units) if self.against else self.unit_of_time.capitalize()
        words += " · strip: KDIGO stage" if self.stages else ""
        look = {"ha": "right", "va": "center", "color": GREY, "fontsize": 11 * self.scale}
        self.figure.text(0.985, upper, words, **look)

    def update(self, course):
        """Move the curves, end values and stages to `course`; its `band`, if any, maps a name to (low, high) arrays."""
        band = getattr(course, "band", None) if self.band else None
        times = self._along(course)
        for name, line in self.lines.items():
            line.set_data(times, self._shown(course, name))
            factor = quantity(name).factor(self.units)
            low, high = (band or {}).get(name, (np.zeros(1), np.zeros(1)))
            grid = times if len(low) == len(times) else np.zeros(1)
            self.bands[name].set_data(grid, low * factor, high * factor)
        for group in self.groups:
            self._place_labels(group, course)
        if self.strips:
            self._move_stages(times, np.asarray(course["gfr"], dtype=float))

    def _place_labels(self, group, course):
        """Write the last values beside the ends of the curves and of what is pinned, inside the plot and apart."""
        plot = self.plots[group[0]]
        reached = (self._along(course)[-1], *(line.get_xdata()[-1] for ghost in self._kept for line in ghost))
        x = (min if plot.xaxis_inverted() else max)(reached)
        low, high = plot.get_ylim()
        log = plot.get_yscale() == "log"
        ends, texts = [], []
        for name in group:
            item, value = quantity(name), float(np.asarray(course[name])[-1])
            shown = value * item.factor(self.units)
            arrow = " ↑" if shown > high else " ↓" if shown < low else ""
            shown = min(max(shown, low), high)
            ends.append(np.log(shown / low) / np.log(high / low) if log else (shown - low) / (high - low))
            symbol = f"{item.symbol} " if len(group) > 1 and item.symbol and self.roomy else ""
            texts.append(symbol + item.text(value, self.units) + arrow)
        room = 15 * self.scale * self.figure.dpi / 72 / plot.bbox.height
        if len(group) == 1:
            ends = [self._beside_markers(plot, group[0], x, ends[0], room)]
        for name, at, text in zip(group, spread(ends, room), texts, strict=True):
            label = self.labels[name]
            label.xy = (x, low * (high / low) ** at if log else low + at * (high - low))
            label.set_text(text)

    def _beside_markers(self, plot, name, x, height, room):
        """Return `height` (0 to 1), moved up or down where the label there would cover published points."""
        covered = []
        left = plot.transData.transform((x, plot.get_ylim()[0]))[0]
        for series in (series for series in self.markers if series.name == name):
            across, up = plot.transData.transform(np.column_stack(self._places(series))).T
            beside = (across > left) & (across < left + 52 * self.scale)
            covered += list((up[beside] - plot.bbox.y0) / plot.bbox.height)
        places = [height, *(at for point in covered for at in (point - room, point + room) if 0 <= at <= 1)]
        free = [at for at in places if all(abs(point - at) > 0.99 * room for point in covered)]
        return min(free, key=lambda at: abs(at - height), default=height)

    def _move_stages(self, times, gfr):
        names = list(stages())
        runs = {name: [] for name in names}
        start = 0
        for name, turn in itertools.groupby(stage(value) for value in gfr):
            end = min(start + len(list(turn)), len(times) - 1)
            if end > start:
                runs[name].append(tuple(sorted((times[start], times[end]))))
            start = end
        widest = [max(runs[name], key=lambda run: run[1] - run[0], default=(0, 0)) for name in names]
        shares = np.ptp(widest, axis=1) / abs(np.diff(self._span)[0])
        for strip, patches, texts in self.strips:
            rooms = shares * strip.bbox.width / (10 * self.scale) - 0.4
            # All names lose their G where one would not fit with it.
            cut = any(len(name) - 1 < room <= len(name) for name, room in zip(names, rooms, strict=True))
            for name, wide, room, patch, text in zip(names, widest, rooms, patches, texts, strict=True):
                patch.set_path(_boxes(runs[name]))
                text.set_text(name[cut:] if room > len(name[cut:]) else " ")
                text.set_x(sum(wide) / 2)

    def pin(self, course):
        super().pin(course)
        self._write_footer()

    def unpin(self):
        super().unpin()
        self._write_footer()

    def _ghost(self, course):
        times, ghost = self._along(course), []
        look = {"alpha": 0.75, "linewidth": 1.3 * self.scale, "dashes": (4, 2.5), "zorder": 2}
        for name, plot in self.plots.items():
            ghost += plot.plot(times, self._shown(course, name), color=quantity(name).colour, **look)
        return ghost


class PhoneCourse(CourseDrawing):
    """The same for a narrow screen: the plots stand below one another."""

    width, most, usual_scale = 360, 1, 0.87


class Markers(NamedTuple):
    """Published values (SI) to draw on a course, at days or at values of the quantity against which it is drawn."""

    name: str
    along: tuple
    values: tuple
    citation: str
    marker: str = "o"


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
    order = np.argsort(positions)
    placed = np.asarray(positions, dtype=float).copy()
    for before, after in itertools.pairwise(order):
        placed[after] = max(placed[after], placed[before] + room)
    over = placed[order[-1]] - 1 if len(order) > 1 else 0
    if over > 0:
        placed[order[-1]] = 1
        for after, before in itertools.pairwise(order[::-1]):
            placed[before] = min(placed[before], placed[after] - room)
    return placed


def _join(labels):
    """Return labels as one title: ["Labile deposit", "Mature deposit"] becomes "Labile, mature deposit"."""
    words = [label.split() for label in labels]
    if len(words) > 1 and all(label[-1] == words[0][-1] and len(label) == 2 for label in words):
        first, *rest = [label[0] for label in words]
        return ", ".join([first, *(word.lower() for word in rest)]) + f" {words[0][-1]}"
    return " · ".join(" ".join(label) for label in words)


def _boxes(runs):
    """Return one outline made of a box from 0 to 1 high for each (start, end)."""
    if not runs:
        return Outline(np.full((5, 2), -1.0), [1, 2, 2, 2, 79])
    corners = [[(a, 0), (b, 0), (b, 1), (a, 1), (a, 0)] for a, b in runs]
    return Outline(np.concatenate(corners), [1, 2, 2, 2, 79] * len(runs))


def course(course, *names, stages=None, **options):
    """Return a `Picture` of the named quantities over time.

    `names` are quantities (a tuple of names shares one plot); `stages` adds the strip of KDIGO stages (default: when GFR
    changes over more than a year); the other options are those of `CourseDrawing`, with `units` ("SI" or "conventional")
    and `lecture`. Raises InputError for unknown names.
    """
    days = float(course.days[-1])
    if stages is None:
        stages = days > 365 and np.ptp(np.asarray(course["gfr"])) > 15
    drawn = names or ("phosphate", "pth", "calcitriol", "fgf23"), days
    drawing = CourseDrawing(*drawn, stages=stages, **options)
    picture = drawing.still(course)
    picture.narrow = lambda: PhoneCourse(*drawn, stages=stages, **options).still(course)
    final = {name: float(np.asarray(course[name])[-1]) for name in drawing.names}
    picture.alt = f"Curves over {span_of_time(days, drawing.unit_of_time)}; at the end {describe(final, drawing.names, drawing.units)}."
    return picture
