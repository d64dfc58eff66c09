"""Pictures of the lessons: a patient's results beside the model's nearest patient, and the timeline of a visit."""

import numpy as np

from calphos.drawing.pictures import BAND, GREY, INK, new_picture, style
from calphos.tables.quantities import quantity

_FAR = 6.0  # half widths of the reference interval at which a value is drawn at the edge


def fit_picture(values, nearest, middle, whose, units):
    """Draw `values` (SI, by quantity) as dots and `nearest` as diamonds, each on a log axis on which the reference interval
    reaches from -1 to 1; `middle` gives each quantity's middle and half width, `whose` names the model's patient.
    """
    names = list(values)
    places = np.arange(len(names))
    marks = [("entered", values, "o", "#b91c1c"), (f"the model: {whose}", nearest, "D", "#1d4ed8")]
    with style():
        picture = new_picture(860, 130 + 34 * len(names))
        axes = picture.add_axes(
            (0.3, 0.62 / (picture.get_size_inches()[1]), 0.42, 1 - 1.15 / picture.get_size_inches()[1])
        )
        axes.axvspan(-1, 1, color=BAND, zorder=0)
        told = []
        for label, found, marker, colour in marks:
            at = [np.log(max(float(found[name]), 1e-9) / middle(name)[0]) / middle(name)[1] for name in names]
            axes.plot(
                np.clip(at, -_FAR, _FAR), places, linestyle="", marker=marker, markersize=9, color=colour,
                markerfacecolor=colour if marker == "o" else "white", markeredgewidth=2, label=label, clip_on=False,
            )  # fmt: skip
            told.append([quantity(name).text(found[name], units, with_unit=True) for name in names])
        for place, (here, there) in enumerate(zip(*told, strict=True)):
            axes.text(
                1.03,
                place,
                f"{here}   ({there})",
                transform=axes.get_yaxis_transform(),
                va="center",
                color=INK,
                fontsize=10.5,
            )
        axes.set(xlim=(-_FAR, _FAR), ylim=(len(names) - 0.4, -0.6), yticks=places, xticks=[-_FAR, -1, 1, _FAR])
        axes.set_yticklabels([quantity(name).label for name in names])
        axes.set_xticklabels(["far below", "lower", "upper", "far above"])
        axes.set_xlabel("limits of the reference interval, log scale", color=GREY)
        picture.legend(loc="upper center", ncols=2, frameon=False)
    parts = [
        f"{quantity(name).label} {here}, in the model {there}" for name, here, there in zip(names, *told, strict=True)
    ]
    picture.alt = (
        f"Entered values as dots beside the model's nearest patient ({whose}) as diamonds: {'; '.join(parts)}."
    )
    return picture


_LINES = ("#b91c1c", "#7c3aed", "#b45309", "#0e7490", "#be185d", "#4d7c0f", "#1e293b")
_TICKS = {
    "order": ("v", "tests"),
    "diagnose": ("*", "diagnosis"),
    "treat": ("^", "treatment begun or changed"),
    "stop": ("s", "stopped"),
}


def timeline_picture(courses, names, bands, bars, ticks, units, title):
    """Draw courses over one another, the last one dashed, with drugs and orders below.

    courses  list of (label, table in SI units with days as index); names are the quantities, one plot each
    bands    quantity -> (lower, upper) of its goal; bars are (text, [(from, to), ...]) of treatments, ticks (day, action)
    """
    last = max(float(table.index[-1]) for _, table in courses)
    unit, days = next(
        (unit, days)
        for unit, days, least in (("years", 365.25, 730), ("months", 30.4375, 60), ("days", 1, 0))
        if last >= least
    )
    heights = [1.0] * len(names) + ([0.35 + 0.3 * max(1, len(bars))] if bars or ticks else [])
    with style():
        picture = new_picture(860, 80 + 120 * sum(heights))
        plots = picture.subplots(len(heights), 1, sharex=True, height_ratios=heights, squeeze=False)[:, 0]
        picture.subplots_adjust(
            left=0.07, right=0.97, top=1 - 58 / picture.bbox.height, bottom=48 / picture.bbox.height, hspace=0.42
        )
        for axes, name in zip(plots, names, strict=False):
            item = quantity(name)
            if name in bands:
                low, high = (np.clip(edge, -1e9, 1e9) * item.factor(units) for edge in bands[name])
                axes.axhspan(low, high, color=BAND, zorder=0)
            values = []
            for number, (label, table) in enumerate(courses):
                line = (0, (5, 3)) if number == len(courses) - 1 else "-"
                colour = INK if number == len(courses) - 1 else _LINES[number % len(_LINES)]
                values.append(table[name] * item.factor(units))
                axes.plot(table.index / days, values[-1], linestyle=line, color=colour, label=label)
            low, high = min(v.min() for v in values), max(v.max() for v in values)
            room = max(0.12 * (high - low), 0.006 * np.ptp(item.axis(units)))
            axes.set_ylim(max(0, low - room), high + room)
            axes.set_title(item.title(units), loc="left", fontsize=11, pad=3)
        if len(heights) > len(names):
            lane = plots[-1]
            for place, (text, spans) in enumerate(bars):
                for start, end in spans:
                    lane.barh(
                        place,
                        max(end - start, last / 300) / days,
                        left=start / days,
                        height=0.7,
                        color="#dbeafe",
                        edgecolor="#1d4ed8",
                    )
                lane.text(spans[0][0] / days + 0.008 * last / days, place, text, va="center", fontsize=10, color=INK)
            for kind, (marker, label) in _TICKS.items():
                at = [day / days for day, action in ticks if action == kind]
                lane.plot(
                    at, [-1] * len(at), linestyle="", marker=marker, color=INK, markersize=7, label=label, clip_on=False
                )
            lane.set(ylim=(len(bars) - 0.4, -1.7), yticks=[])
            lane.legend(loc="upper center", bbox_to_anchor=(0.5, 1.12), ncols=4, frameon=False, fontsize=9)
        plots[-1].set_xlabel(f"{unit} since the first consultation")
        plots[0].legend(loc="lower right", bbox_to_anchor=(1, 1.12), ncols=min(4, len(courses)), frameon=False)
        picture.suptitle(title, x=0.02, ha="left", fontsize=12, fontweight="bold")
    ends = [
        f"{quantity(name).label} ends at "
        + ", ".join(
            f"{quantity(name).text(table[name].iloc[-1], units, with_unit=True)} ({label})" for label, table in courses
        )
        for name in names
    ]
    picture.alt = f"{title}, over {last / days:.1f} {unit}. {'. '.join(ends)}. Treatments: {', '.join(text for text, _ in bars) or 'not shown'}."
    return picture
