"""Pictures of the lessons: people before and after a test, a made-up CT, results beside the nearest patient, a visit's timeline."""

import itertools

import numpy as np
from matplotlib.collections import LineCollection

from calphos.drawing.pictures import BAND, GREY, INK, Drawing, new_picture, style
from calphos.tables.quantities import quantity
from calphos.tables.words import sentences

PEOPLE = 1000
ROWS = 25  # people in a column of the picture
# group: label, face, edge, hatch (which tells the groups apart without colour)
GROUPS = {
    "true positive": ("has it, tests positive", "#b91c1c", "#b91c1c", ""),
    "false negative": ("has it, tests negative", "#fee2e2", "#b91c1c", "xxx"),
    "false positive": ("does not, tests positive", "#dbeafe", "#1d4ed8", "///"),
    "true negative": ("does not, tests negative", "#e5e7eb", "#e5e7eb", ""),
}
_CHANCES = (
    ("before", "before the test", "#6b7280", ""),
    ("positive", "after a positive result", "#b91c1c", "//"),
    ("negative", "after a negative result", "#1d4ed8", ".."),
)


class PeopleDrawing(Drawing):
    """A thousand people as squares in four blocks, and three bars for a probability; a result has `counts` and the chances."""

    def _build(self):
        picture = self.paper(860, 430)
        people = picture.add_axes((0.02, 0.16, 0.54, 0.74), xlim=(0, PEOPLE // ROWS), ylim=(ROWS, 0))
        people.set_title(f"{PEOPLE} people, one square each")
        people.axis("off")
        self.blocks, self.columns = [], np.arange(PEOPLE // ROWS + 1)
        for _, face, edge, hatch in GROUPS.values():
            look = {"facecolor": face, "edgecolor": edge, "hatch": hatch, "linewidth": 0}
            self.blocks.append(self.move(people.fill_between(self.columns, 0, 0, step="post", **look)))
        words = [label for label, *_ in GROUPS.values()]
        picture.legend(self.blocks, words, loc=(0.01, 0.02), ncols=2, handlelength=1.4, handleheight=1.1)
        lines = [((x, 0), (x, ROWS)) for x in self.columns]
        lines += [((0, y), (self.columns[-1], y)) for y in range(ROWS + 1)]
        self.move(people.add_collection(LineCollection(lines, colors="white", linewidths=1.1)))
        bars = picture.add_axes((0.63, 0.2, 0.33, 0.62), xlim=(0, 100), ylim=(2.6, -0.6), yticks=[])
        bars.set(xlabel="Probability of the disorder (%)", title="Before and after")
        self.bars, self.labels = [], []
        for place, (_, _, colour, hatch) in enumerate(_CHANCES):
            look = {"height": 0.42, "color": "white", "edgecolor": colour, "hatch": hatch, "linewidth": 2}
            self.bars.append(self.move(*bars.barh([place + 0.12], [0], **look)))
            self.labels.append(self.move(bars.text(0, place - 0.22, "")))

    def update(self, result):
        ends = itertools.pairwise(np.cumsum([0, *result["counts"]]))  # the first and last person of each block
        for block, pair in zip(self.blocks, ends, strict=True):
            block.set_data(self.columns, *(np.clip(end - ROWS * self.columns, 0, ROWS) for end in pair))
        for bar, label, (name, text, *_) in zip(self.bars, self.labels, _CHANCES, strict=True):
            bar.set_width(100 * result[name])
            label.set_text(f"{percent(result[name])} {text}")


def percent(probability):
    """Return "50 %", with a decimal near the ends: "0.4 %"."""
    value = 100 * probability
    return f"{value:.0f} %" if 1.5 <= value <= 98.5 else f"{value:.1f} %"


SIDE, LENGTH, PIXEL = 24.0, 24.0, 0.5  # mm of a made-up CT: across, along the body, and a pixel


class CtDrawing(Drawing):
    """One slice with the counted pixels dotted, and a bar for what each slice adds to the score."""

    def _build(self):
        half, picture = SIDE / 2, self.paper(860, 420)
        view = picture.add_axes((0.07, 0.14, 0.38, 0.76), xlabel="mm", ylabel="mm")
        view.grid(False)
        view.set_title("The slice through the larger spot")
        look = {"cmap": "gray", "vmin": -50, "vmax": 500, "extent": (-half, half, -half, half), "origin": "lower"}
        self.image = self.move(view.imshow(np.zeros((int(SIDE / PIXEL),) * 2), **look))
        self.dots = self.move(*view.plot([], [], ls="", marker=".", ms=3.2, color="#f59e0b"))
        view.set(xlim=(-half, half), ylim=(-half, half))
        chart = picture.add_axes((0.56, 0.14, 0.41, 0.76), xlim=(-LENGTH / 2, LENGTH / 2), ylim=(0, 340))
        chart.set(xlabel="Position along the body (mm)", ylabel="Added to the score", title="What each slice adds")
        bars = chart.bar(np.zeros(int(LENGTH)), 0, color="#0b5394", edgecolor="white")
        self.bars = [*map(self.move, bars)]
        self.total = self.move(chart.text(-11, 308, "", fontsize=13, fontweight="bold"))

    def update(self, result):
        self.image.set_data(result["picture"])
        rows, columns = np.nonzero(result["marked"])
        offset = -SIDE / 2 + PIXEL / 2
        self.dots.set_data(columns * PIXEL + offset, rows * PIXEL + offset)
        for bar in self.bars:
            bar.set(x=0, width=0, height=0)
        for bar, middle, part in zip(self.bars, result["middles"], result["parts"], strict=False):
            bar.set(x=middle - result["thickness"] / 2, width=result["thickness"], height=part)
        self.total.set_text(f"Score {result['score']:.0f}")


FAR = 6.0  # half widths of the reference interval at which a value is drawn at the edge


def fit_picture(values, nearest, away, whose, units):
    """Draw `values` (SI, by quantity) as dots and `nearest` as diamonds where `away(name, value)` has them, the reference
    interval from -1 to 1; `whose` names the model's patient.
    """
    names, told, said = list(values), [], sentences("trainer")
    entered, model = {"marker": "o", "color": "#b91c1c"}, {"marker": "D", "color": "#1d4ed8", "mfc": "white"}
    height = 150 + 52 * len(names)
    with style():
        picture = new_picture(440, height)
        axes = picture.add_axes((0.09, 62 / height, 0.82, 1 - 134 / height))
        axes.spines["left"].set_visible(False)
        axes.tick_params(axis="y", length=0)
        axes.axvspan(-1, 1, color=BAND, zorder=0)
        for label, found, look in ((f"the model: {whose}", nearest, model), ("entered", values, entered)):
            at = [away(name, found[name]) for name in names]
            look = {"ls": "", "ms": 9, "mew": 2, "clip_on": False, **look}
            axes.plot(np.clip(at, -FAR, FAR), np.arange(len(names)) + 0.2, label=label, **look)
        above = {"transform": axes.get_yaxis_transform(), "va": "center", "color": INK}
        for place, name in enumerate(names):
            here, there = (quantity(name).text(found[name], units, with_unit=True) for found in (values, nearest))
            axes.text(-0.07, place - 0.24, quantity(name).label, fontweight="bold", **above)
            axes.text(1.07, place - 0.24, f"{here}   ({there})", ha="right", **above)
            told.append(said["pair"].format(label=quantity(name).label, here=here, there=there))
        axes.set(xlim=(-FAR, FAR), ylim=(len(names) - 0.4, -0.6), yticks=np.arange(len(names)) + 0.2, yticklabels=[])
        axes.set_xticks([-FAR, -1, 1, FAR], ["far below", "lower", "upper", "far above"])
        axes.set_xlabel("limits of the reference interval, log scale", color=GREY)
        picture.legend(loc="upper center", frameon=False, reverse=True)
    picture.alt = said["picture"].format(whose=whose, values="; ".join(told))
    return picture


_LINES = ("#b91c1c", "#7c3aed", "#b45309", "#0e7490", "#be185d", "#4d7c0f", "#1e293b")
_DASHES = ("-", "-.", ":", (0, (8, 1)), (0, (3, 1, 1, 1, 1, 1)))  # so that colour is not needed
_TICKS = {
    "order": ("v", "tests"),
    "diagnose": ("*", "diagnosis"),
    "treat": ("^", "treatment begun or changed"),
    "stop": ("s", "stopped"),
}


def timeline_picture(courses, names, bands, bars, ticks, units, title, width=860):
    """Draw courses over one another, the last one dashed, with drugs and orders below; `width` is in pixels.

    courses  list of (label, table in SI units with days as index); names are the quantities, one plot each
    bands    quantity -> (lower, upper) of its goal; bars are (text, [(from, to), ...]) of treatments, ticks (day, action)
    """
    last = max(float(table.index[-1]) for _, table in courses)
    steps = (("years", 365.25, 730), ("months", 30.4375, 60), ("days", 1, 0))
    unit, days = next((unit, days) for unit, days, least in steps if last >= least)
    signs = width // 215  # signs that stand side by side
    lines, rows = -(-len(_TICKS) // signs), -(-len(courses) // signs)
    looks = zip(itertools.cycle(_LINES), itertools.cycle(_DASHES))
    looks = [*itertools.islice(looks, len(courses) - 1), (INK, (0, (5, 3)))]
    heights = [1.0] * len(names) + ([0.2 + 0.3 * max(1, len(bars)) + 0.25 * lines] if bars or ticks else [])
    told = [f"{title}, over {last / days:.1f} {unit}"]
    with style():
        height = 80 + 22 * rows + 120 * sum(heights)
        picture = new_picture(width, height)
        edges = {"left": 60 / width, "right": 0.97, "top": 1 - (58 + 22 * rows) / height, "bottom": 48 / height}
        grid = {"height_ratios": heights, "gridspec_kw": {**edges, "hspace": 0.42}}
        plots = picture.subplots(len(heights), 1, sharex=True, squeeze=False, **grid)[:, 0]
        for axes, name in zip(plots, names, strict=False):
            item = quantity(name)
            for (label, table), (colour, line) in zip(courses, looks, strict=True):
                shown = table[name] * item.factor(units)
                axes.plot(table.index / days, shown, linestyle=line, color=colour, label=label)
            low, high = axes.dataLim.intervaly
            room = max(0.12 * (high - low), 0.006 * np.ptp(item.axis(units)))
            if name in bands:
                axes.axhspan(*np.clip(bands[name], -1e9, 1e9) * item.factor(units), color=BAND, zorder=0)
            axes.set_ylim(max(0, low - room), high + room)
            axes.set_title(item.title(units), loc="left", fontsize=11, pad=3)
            ends = (f"{item.text(table[name].iloc[-1], units, with_unit=True)} ({label})" for label, table in courses)
            told.append(f"{item.label} ends at {', '.join(ends)}")
        if len(heights) > len(names):
            lane = plots[-1]
            for place, (text, spans) in enumerate(bars):
                wide = [(start / days, max(end - start, last / 300) / days) for start, end in spans]
                lane.broken_barh(wide, (place - 0.35, 0.7), facecolor="#dbeafe", edgecolor="#1d4ed8")
                late = spans[0][0] > 0.4 * last
                at = (last if late else spans[0][0] + 0.008 * last) / days
                lane.text(at, place, text, va="center", ha="right" if late else "left", fontsize=10.5, color=INK)
            for kind, (marker, label) in _TICKS.items():
                at = [day / days for day, action in ticks if action == kind]
                lane.plot(at, [-1] * len(at), marker, color=INK, ms=7, label=label, clip_on=False)
            lane.set(ylim=(len(bars) - 0.4, -1 - 0.9 * lines), yticks=[])
            near = {"handlelength": 1, "handletextpad": 0.4, "columnspacing": 1.2}
            lane.legend(loc="upper center", bbox_to_anchor=(0.5, 1.12), ncols=signs, fontsize=10.5, **near)
        plots[-1].set_xlabel(f"{unit} since the first consultation")
        picture.legend(*plots[0].get_legend_handles_labels(), loc=(0.01, 1 - (40 + 22 * rows) / height), ncols=signs)
        picture.suptitle(title, x=0.02, ha="left", fontsize=12, fontweight="bold", y=1 - 18 / height)
    told.append(f"Treatments: {', '.join(text for text, _ in bars) or 'not shown'}")
    picture.alt = f"{'. '.join(told)}."
    picture.narrow = lambda: timeline_picture(courses, names, bands, bars, ticks, units, title, width=430)
    return picture
