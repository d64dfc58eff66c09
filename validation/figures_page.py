"""The page of figures: predicted against published, by experiment, with both spreads."""

import math

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

COLOURS = {"calibration": "#0b5394", "validation": "#b45309"}
MARKERS = {"calibration": "o", "validation": "D"}
REACH = 8.0  # a ratio of model to published beyond this is drawn at the frame


def off(row, value):
    """A value as a multiple of the published one; None where that means nothing."""
    published = row["value"]
    if published is None or published == 0 or row["basis"] in ("order", "direction"):
        return None
    return value / published


def draw(path, rows):
    """One row of the picture an experiment's quantity: published limits in grey, the model's band and mark in colour."""
    shown = [row for row in rows if off(row, row["model"]) is not None]
    names = list(dict.fromkeys(row["experiment"] for row in shown))
    half = (len(shown) + len(names)) // 2
    columns, count = [[], []], 0
    for name in names:
        found = [row for row in shown if row["experiment"] == name]
        columns[count >= half].append((name, found))
        count += len(found) + 1
    height = max(sum(len(found) + 1 for _name, found in column) for column in columns)
    figure = Figure(figsize=(17, 0.2 * height + 1.6), layout="constrained")
    FigureCanvasAgg(figure)
    for axes, column in zip(figure.subplots(1, 2), columns, strict=True):
        _column(axes, column, height)
    figure.suptitle(
        "The model's answer as a multiple of the published value (log axis). Grey: published limits. Circle: calibration, "
        "diamond: validation; filled: inside, empty: outside. Line: 90 % of the ensemble. Arrow: beyond the frame.",
        fontsize=12,
    )
    figure.savefig(path, dpi=80)


def _column(axes, column, height):
    place, labels = 0, []
    for name, found in column:
        axes.text(1 / REACH, place, name.replace("_", " "), fontsize=9, fontweight="bold", va="center")
        place += 1
        for row in found:
            _mark(axes, row, place)
            labels.append((place, f"{row['quantity'][:62]}  {row['id']}"))
            place += 1
    axes.axvline(1, color="black", linewidth=0.8)
    axes.set_xscale("log")
    axes.set_xlim(1 / REACH, REACH)
    axes.set_ylim(height - 0.3, -0.8)
    axes.set_yticks([at for at, _text in labels], [text for _at, text in labels], fontsize=8)
    ticks = [1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8]
    axes.set_xticks(ticks, ["1/8", "1/4", "1/2", "1", "2", "4", "8"])
    axes.minorticks_off()
    axes.set_xlabel("model / published")


def _mark(axes, row, place):
    limits = [off(row, x) if x is not None else None for x in (row["low"], row["high"])]
    low, high = sorted(math.inf if x is None else x for x in limits) if None not in limits else (limits[0], limits[1])
    span = np.clip([low if low and low > 0 else 1e-6, high if high and high > 0 else 1e6], 1 / REACH, REACH)
    axes.plot(span, [place, place], color="0.8", linewidth=7, solid_capstyle="butt")
    colour, marker = COLOURS[row["role"]], MARKERS[row["role"]]
    band = [off(row, x) for x in (row["band_low"], row["band_high"])]
    if np.all(np.isfinite(band)):
        axes.plot(np.clip(sorted(band), 1 / REACH, REACH), [place, place], color=colour, linewidth=1.6)
    ratio = off(row, row["model"])
    if not 1 / REACH < ratio < REACH:
        marker = "<" if ratio < 1 else ">"
    face = colour if row["inside"] else "white"
    at = min(max(ratio, 1 / REACH), REACH)
    axes.plot(at, place, marker, color=colour, markerfacecolor=face, markersize=6, clip_on=False)
