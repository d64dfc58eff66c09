"""Illustrations in one style: feedback loops, nephron, vitamin D, pools, bone, artery wall and a body with its organs.

What stands still on a page is a row of `illustrations.csv`: what, where, words. Every page is 720 units wide with
letters of 24 units or more, 12 pixels on a telephone 360 wide, so that it reads there and from the last row. An arrow
raises or carries, a bar restrains; colour repeats what words, dashes or ends already say.
"""

import csv
from functools import cache
from pathlib import Path

import numpy as np
from matplotlib.bezier import BezierSegment
from matplotlib.patches import Circle, FancyBboxPatch, PathPatch
from matplotlib.path import Path as Outline

from calphos.drawing.pictures import FLAGS, GREY, INK, mix, new_picture, style
from calphos.model.parameters import parameter
from calphos.tables.quantities import SI, quantities, quantity
from calphos.tables.reading import records

WIDTH = 720


@cache
def _drawn():
    """Return the pages as a dict of name to rows, `at` as an array of points; `organ` has outlines in a square of 100 units,
    `signal` and `level` what moves in the feedback loops, `pool` and `flux` in the pools, `site` where deposition lies on
    the `person`."""
    pages = {}
    with Path(__file__).with_suffix(".csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            row["at"] = np.array([pair.split(",") for pair in row["at"].split()], dtype=float)
            pages.setdefault(row["page"], []).append(row)
    return pages


def _colour(name):
    return {"ink": INK, "grey": GREY}.get(name) or (quantity(name).colour if name in quantities() else name)


def rounded(points, turns=3, closed=True):
    """Return corners made round by cutting each edge at a quarter and three quarters (Chaikin)."""
    for _ in range(turns):
        start, end = (points, np.roll(points, -1, axis=0)) if closed else (points[:-1], points[1:])
        cut = np.stack([0.75 * start + 0.25 * end, 0.25 * start + 0.75 * end], 1).reshape(-1, 2)
        points = cut if closed else np.vstack([points[:1], cut, points[-1:]])
    return np.vstack([points, points[:1]]) if closed else points


class Arrow:
    """A curve through two points, or steered by more between them, with a solid head or a bar at its end.

    Its width and colour can follow a state.
    """

    def __init__(self, axes, handles, bar, dashes="-", **more):
        self.curve, self.bar = BezierSegment(handles)(np.linspace(0, 1, 60)), bar
        nothing = Outline([(0, 0), (0, 0)])
        self.line = axes.add_patch(PathPatch(nothing, fc="none", ls=dashes, capstyle="butt", zorder=3, **more))
        self.head = axes.add_patch(PathPatch(nothing, lw=0, zorder=3, **more))

    def set(self, width, colour):
        """Draw it `width` points broad in `colour`."""
        long, half = (1.4 * width, 7 + 1.6 * width) if self.bar else (10 + 2.2 * width, 6 + 1.5 * width)
        end = self.curve[-1]
        kept = self.curve[: max(2, int(np.argmax(np.hypot(*(self.curve - end).T) < long)))]
        along = (end - kept[-1]) / np.hypot(*(end - kept[-1]))
        base, across = end - long * along, half * np.array([-along[1], along[0]])
        self.line.set_path(Outline(np.vstack([kept, base + 0.3 * long * along])))
        tip = [end + across, end - across] if self.bar else [end]
        self.head.set_path(Outline([base + across, *tip, base - across, base], closed=True))
        self.line.set(lw=width, edgecolor=colour)
        self.head.set_facecolor(colour)


class Sheet:
    """A page and what is drawn on it, y downward; `page` names rows of `illustrations.csv`."""

    def __init__(self, page, axes=None):
        drawn = _drawn()[page]
        self.axes = axes
        if axes is None:
            height = float(drawn[0]["size"])
            with style():
                self.figure = new_picture(WIDTH, height)
                self.axes = self.figure.add_axes((0, 0, 1, 1), xlim=(0, WIDTH), ylim=(height, 0))
            self.axes.set_axis_off()
            self.figure.alt = drawn[0]["words"]
        for row in drawn[1:]:
            self.draw(row)

    def draw(self, row):
        """Draw a row of `illustrations.csv`."""
        what, at, edge = row["what"], row["at"], row["edge"]
        colour, size = _colour(row["colour"]), float(row["size"] or 0)
        if what in ("words", "bold"):
            text, turn = row["words"].replace(" / ", "\n"), 90 if edge == "turned" else 0
            self.words(*at[0], text, colour, size, what == "bold", row["align"], edge == "boxed", rotation=turn)
        elif what in ("arrow", "bar", "dashed"):
            Arrow(self.axes, at, what == "bar", (0, (2, 1)) if what == "dashed" else "-").set(size, colour)
        elif what == "box":
            self.box(*at[0], *at[1], colour, _colour(edge), size)
        elif what == "dot":
            for x, y in at:
                dot = Circle((x, y), size, facecolor=colour, edgecolor=_colour(edge), lw=1.2, zorder=4)
                self.axes.add_patch(dot)
        elif what == "shape":
            self.shape(at, colour, _colour(edge), size)
        elif what == "line":
            points = rounded(at, 4, closed=False).T
            for tint, width in ((edge, size + 4), (colour, size)) if edge else ((colour, size),):
                self.axes.plot(*points, color=tint, lw=0.72 * width, solid_capstyle="butt", zorder=1)
        elif what == "gut":
            self.gut(*at[0], at[1][0])
        else:
            for x, y in at[:-1]:
                self.organ(what, x, y, *at[-1], flip=row["align"] == "flip", lw=size)

    def shape(self, corners, fill, edge="none", lw=2):
        """Draw a closed outline, made round."""
        outline = Outline(rounded(corners), closed=True)
        return self.axes.add_patch(PathPatch(outline, facecolor=fill, edgecolor=edge, lw=lw))

    def organ(self, name, x, y, width, height, flip=False, lw=0):
        """Draw an organ in the box whose upper left corner is (x, y); return its uppermost outline."""
        for row in (row for row in _drawn()["organ"] if row["what"] == name):
            points = row["at"] / 100
            points[:, 0] = 1 - points[:, 0] if flip else points[:, 0]
            outline = points * (width, height) + (x, y)
            drawn = self.shape(outline, row["colour"], row["edge"], lw or float(row["size"] or 2))
        return drawn

    def box(self, x, y, width, height, fill, edge="none", round=2):
        """Draw a box with round corners."""
        form = f"round,pad=0,rounding_size={round}"
        self.axes.add_patch(FancyBboxPatch((x, y), width, height, form, fc=fill, ec=edge, lw=2, zorder=1))

    def words(self, x, y, text, colour=INK, size=17.5, bold=False, ha="center", boxed=False, **more):
        """Write words, on white when `boxed`."""
        look = {"weight": "bold" if bold else "normal", "linespacing": 1.15, "va": "center", "zorder": 6, **more}
        if boxed:
            look["bbox"] = {"facecolor": "white", "edgecolor": "none", "alpha": 0.86, "pad": 3}
        return self.axes.text(x, y, text, color=colour, fontsize=size, ha=ha, **look)

    def gut(self, x, y, width):
        """Draw loops of bowel in a square box."""
        turns = np.linspace(0, 1, 200)
        across, down = x + width * (0.5 + 0.36 * np.sin(turns * 22 + 0.4)), y + width * (0.12 + 0.76 * turns)
        for colour, broad in (("#a5573f", 0.155), ("#f0b8a0", 0.125), ("#f9dccd", 0.04)):
            self.axes.plot(across, down, color=colour, lw=0.72 * broad * width, solid_capstyle="round", zorder=1)


_DASHES = {"pth": "-", "calcitriol": (0, (3, 1)), "fgf23": (0, (1.1, 0.6))}


def strength(level, healthy, least):
    """Return how strong the arrow of a hormone is, `least` to 1 by the logarithm of its level: full at eight times health."""
    return float(np.clip(0.45 + 0.55 * np.log(max(level / healthy, 1e-3)) / np.log(8), least, 1))


def feedback(values, healthy, *, units=SI):
    """Return the feedback loops between glands, bone, kidneys and gut as a `Picture`, drawn for `values` (mapping, SI).

    A hormone's arrow is the broader and darker, the higher its level stands beside `healthy` (`strength`).
    """
    sheet, levels = Sheet("feedback"), []
    for row in _drawn()["signal"]:
        name = row["colour"]
        share = strength(values[name], healthy[name], 0.12)
        colour = mix("0.86", quantity(name).colour, 0.25 + 0.75 * share)
        arrow = Arrow(sheet.axes, row["at"], row["what"] == "bar", _DASHES[name], gid=name)
        arrow.set(1.5 + 6 * share, colour)
    for row in _drawn()["level"]:
        item, at = quantity(row["what"]), row["at"][0]
        label = row["words"] + FLAGS.get(item.flag(values[item.name]), "")
        level = item.text(values[item.name], units, with_unit=True)
        sheet.words(*at, f"{label}\n{level}", item.colour, 17.5, True, row["align"])
        levels.append(f"{label} {level}")
    sheet.figure.alt += f" Now: {', '.join(levels)}."
    return sheet.figure


def page(name):
    """Return a page on which nothing moves as a `Picture`: "nephron", "vitamin_d", "bone" or "artery".

    >>> page("bone").alt
    'A surface of bone. ...'
    """
    return Sheet(name).figure


def pools(values):
    """Return where the mineral is, as squares of areas to scale, and what moves in a day by `values` (mapping, SI)."""
    found = {row["measure"]: row["value"] for row in records("pools_fluxes")}
    sheet, told = Sheet("pools"), []
    phosphate = ["share of body phosphorus in bone", "share of body phosphate outside the cells"]
    for down, mineral, measures, outside, ratio in (
        (np.zeros(2), "calcium", ["share of body calcium in the skeleton"], "bone", 1),
        (np.array([0, 450]), "phosphate", phosphate, "cells", parameter("bone_phosphate_ratio").value),
    ):
        shares = [found[measure] for measure in measures]
        shares.append(100 - sum(shares))
        fluxes = {
            "gained": values[f"{mineral}_eaten"] - values[f"faecal_{mineral}"],
            "formed": ratio * values["bone_formation"],
            "resorbed": ratio * values["bone_resorption"],
            "lost": values[f"urine_{mineral}"],
        }
        colour, parts = quantity(f"urine_{mineral}").colour, []
        for row, share in zip(_drawn()["pool"], shares, strict=False):
            (x, y), at = row["at"] + down
            side, name = 23 * np.sqrt(share), row["words"].format(outside)
            sheet.box(x - side / 2, y - side / 2, side, side, colour)
            sheet.words(*at, f"{name}\n{share:.0f} %", _colour(row["colour"]), 17.5, True)
            parts.append(f"{share:.0f} % {name}")
        for row in _drawn()["flux"]:
            *ends, at = row["at"] + down
            flux = fluxes[row["what"]]
            Arrow(sheet.axes, ends, bar=False).set(2 + 0.3 * flux, colour)
            sheet.words(*at, f"{flux:.1f}", colour, 17.5, True)
            parts.append(f"{flux:.1f} mmol a day {row['words']}")
        told.append(f"{mineral}: {', '.join(parts)}")
    sheet.figure.alt = f"Squares with areas to scale and fluxes. {'; '.join(told).capitalize()}."
    return sheet.figure


# Where each site of deposition lies on the page `person` (x from -0.34 to 0.34, y from 0 to 1, upward).
SITES = {row["what"]: tuple(row["at"][0]) for row in _drawn()["site"]}
