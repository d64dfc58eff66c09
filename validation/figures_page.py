"""The page of figures: predicted against published, and every target by experiment, with both spreads."""

import math

import numpy as np
from experiments import score
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

COLOURS = {"calibration": "#0b5394", "validation": "#b45309"}
MARKERS = {"calibration": "o", "validation": "D"}
REACH = 8.0  # a ratio of model to published beyond this is drawn at the frame
COLUMNS = 3


def draw(path, rows):
    """One page. Above: ratios against ratios, and the share of each effect. Below: every target by experiment."""
    shown = [row for row in rows if _over(row, row["model"]) is not None]
    columns = _columns(shown)
    height = max(sum(len(found) + 1 for _name, found in column) for column in columns)
    figure = Figure(figsize=(21, 0.19 * height + 8.5), layout="constrained")
    FigureCanvasAgg(figure)
    above, below = figure.subfigures(2, 1, height_ratios=[7, 0.19 * height])
    left, right = above.subplots(1, 2)
    _ratios(left, rows)
    _effects(right, rows)
    for axes, column in zip(below.subplots(1, COLUMNS), columns, strict=True):
        _column(axes, column, height)
    below.suptitle(
        "Every target as a multiple of the published value (log axis). Grey: published limits. Coloured line: 90 % of the "
        "ensemble. Empty mark: outside the limits. Arrow: beyond the frame.",
        fontsize=12,
    )
    figure.savefig(path, dpi=80)


def _over(row, value):
    """A value as a multiple of the published one; None where that means nothing."""
    published = row["value"]
    if published is None or published == 0 or row["basis"] in ("order", "direction"):
        return None
    return value / published


def _columns(rows):
    """The experiments with their rows, in as many columns of about equal length as the page has."""
    names = dict.fromkeys(row["experiment"] for row in rows)
    groups = [(name, [row for row in rows if row["experiment"] == name]) for name in names]
    length = sum(len(found) + 1 for _name, found in groups) / COLUMNS
    columns, place = [[] for _ in range(COLUMNS)], 0
    for name, found in groups:
        columns[min(int(place / length), COLUMNS - 1)].append((name, found))
        place += len(found) + 1
    return columns


def _style(row):
    colour = COLOURS[row["role"]]
    face = colour if row["inside"] else "white"
    return {"color": colour, "marker": MARKERS[row["role"]], "markerfacecolor": face, "linestyle": ""}


def _ratios(axes, rows):
    """Published against predicted ratio, both with their spread, on log axes."""
    for row in rows:
        if row["basis"] != "ratio":
            continue
        x, y = row["value"], max(row["model"], 0.01)
        width = [[x - max(row["low"] or 0.01, 0.01)], [(row["high"] or 100) - x]]
        axes.errorbar(x, y, xerr=width, ecolor="0.75", elinewidth=0.8, markersize=6, **_style(row))
        if np.isfinite(row["band_low"]):
            band = np.maximum([row["band_low"], row["band_high"]], 0.01)
            axes.plot([x, x], band, color=COLOURS[row["role"]], linewidth=1.2)
    ends = np.array([0.04, 90])
    axes.plot(ends, ends, color="black", linewidth=0.8)
    axes.fill_between(ends, ends / 1.25, ends * 1.25, color="0.9", zorder=0)
    axes.set(xscale="log", yscale="log", xlim=ends, ylim=ends, xlabel="published ratio", ylabel="predicted ratio")
    for role, label in (("calibration", "calibration (circle)"), ("validation", "validation (diamond)")):
        axes.plot([], [], color=COLOURS[role], marker=MARKERS[role], linestyle="", label=label)
    axes.plot([], [], color="0.5", marker="o", markerfacecolor="white", linestyle="", label="empty: outside its limits")
    axes.legend(frameon=False, loc="upper left")
    axes.set_title("After over before, or group over control. Line: equal; band: 25 %", fontsize=11)


def _effects(axes, rows):
    """Share of each published effect that the model shows, by mechanism."""
    mechanisms = list(dict.fromkeys(row["mechanism"] for row in rows))
    offsets = {"calibration": -0.17, "validation": 0.17}
    for role, shift in offsets.items():
        for number, mechanism in enumerate(mechanisms):
            found = [
                (share, row)
                for row in rows
                if row["role"] == role and row["mechanism"] == mechanism
                if (share := score.captured(row, row["model"])) is not None
            ]
            for share, row in found:
                axes.plot(np.clip(share, -1, 3), number + shift, markersize=6, alpha=0.8, **_style(row))
            if found:
                middle = np.median([share for share, _row in found])
                axes.plot([middle, middle], [number + shift - 0.14, number + shift + 0.14], color="black", linewidth=2)
    axes.axvline(1, color="black", linewidth=0.8)
    axes.axvline(0, color="0.6", linewidth=0.8, linestyle="--")
    axes.set_yticks(range(len(mechanisms)), mechanisms)
    axes.set(
        ylim=(len(mechanisms) - 0.5, -0.5),
        xlim=(-1.1, 3.1),
        xlabel="share of the published effect that the model shows",
    )
    axes.set_title("0: none; 1: all of it; below 0: wrong way. Black bar: median. Cut at -1 and 3", fontsize=11)


def _column(axes, column, height):
    place, labels = 0, []
    for name, found in column:
        axes.text(1 / REACH, place, name.replace("_", " "), fontsize=9, fontweight="bold", va="center")
        place += 1
        for row in found:
            _mark(axes, row, place)
            labels.append((place, f"{row['quantity'][:58]}  {row['id']}"))
            place += 1
    axes.axvline(1, color="black", linewidth=0.8)
    axes.set_xscale("log")
    axes.set_xlim(1 / REACH, REACH)
    axes.set_ylim(height - 0.3, -0.8)
    axes.set_yticks([at for at, _text in labels], [text for _at, text in labels], fontsize=8)
    axes.set_xticks([1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8], ["1/8", "1/4", "1/2", "1", "2", "4", "8"])
    axes.minorticks_off()
    axes.set_xlabel("model / published")


def _mark(axes, row, place):
    # A negative change has its low limit above its high one as a multiple, and an open limit reaches the frame.
    ends = [_over(row, x) for x in (row["low"], row["high"]) if x is not None]
    if row["low"] is None:
        ends.append(-math.inf)
    if row["high"] is None:
        ends.append(math.inf)
    span = np.clip(sorted(ends), 1 / REACH, REACH)
    axes.plot(span, [place, place], color="0.8", linewidth=7, solid_capstyle="butt")
    band = [_over(row, x) for x in (row["band_low"], row["band_high"])]
    if np.all(np.isfinite(band)):
        axes.plot(np.clip(sorted(band), 1 / REACH, REACH), [place, place], color=COLOURS[row["role"]], linewidth=1.6)
    ratio, style = _over(row, row["model"]), _style(row)
    if not 1 / REACH < ratio < REACH:
        style["marker"] = "<" if ratio < 1 else ">"
    axes.plot(min(max(ratio, 1 / REACH), REACH), place, markersize=6, clip_on=False, **style)
