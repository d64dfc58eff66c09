"""Illustrations in one style: feedback loops, nephron, vitamin D, pools, bone, artery wall and a body with its organs.

What stands still on a page is a row of `illustrations.csv`: what, where, words. Every page is 720 units wide with
letters of 24 units or more, 12 pixels on a telephone 360 wide, so that it reads there and from the last row. An arrow
raises or carries, a bar restrains; colour repeats what words, dashes or ends already say.
"""

import csv
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.patches import Circle, FancyBboxPatch, PathPatch
from matplotlib.path import Path as Outline

from calphos.drawing.pictures import FLAGS, GREY, INK, Drawing, new_picture, style
from calphos.model.parameters import parameter
from calphos.tables.quantities import SI, quantities, quantity
from calphos.tables.reading import rows

WIDTH = 720
STONE, SKIN, BLUE = "#3f3a36", "#f5ede2", "#2f5479"


@cache
def _drawn():
    """Return the pages as a dict of name to rows; `organ` has outlines in a square of 100 units, `signal` and
    `level` what moves in the feedback loops, `site` where deposition lies on the `person`."""
    pages = {}
    with Path(__file__).with_suffix(".csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            pages.setdefault(row["page"], []).append(row)
    return pages


def _colour(name):
    return {"ink": INK, "grey": GREY}.get(name) or (quantity(name).colour if name in quantities() else name)


def corners_of(text):
    """Return "x,y x,y …" as an array of points."""
    return np.array([pair.split(",") for pair in text.split()], dtype=float)


def rounded(corners, turns=3, closed=True):
    """Return corners made round by cutting each edge at a quarter and three quarters (Chaikin)."""
    points = np.asarray(corners, dtype=float)
    for _ in range(turns):
        start, end = (points, np.roll(points, -1, axis=0)) if closed else (points[:-1], points[1:])
        cut = np.stack([0.75 * start + 0.25 * end, 0.25 * start + 0.75 * end], 1).reshape(-1, 2)
        points = cut if closed else np.vstack([points[:1], cut, points[-1:]])
    return np.vstack([points, points[:1]]) if closed else points


class Arrow:
    """A curve with a solid head or a bar at its end, whose width and colour can follow a state."""

    def __init__(self, axes, handles, bar, dashes="-", **more):
        turns, handles = np.linspace(0, 1, 60)[:, None], list(np.asarray(handles, float))
        while len(handles) > 1:  # de Casteljau
            handles = [(1 - turns) * start + turns * end for start, end in pairwise(handles)]
        self.curve, self.bar = handles[0], bar
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
        return self


class Sheet:
    """A page and what is drawn on it, y downward; `page` names rows of `illustrations.csv`."""

    def __init__(self, page="", axes=None, scale=1):
        drawn = _drawn().get(page, [])
        self.axes, self.scale = axes, scale
        if axes is None:
            height = float(drawn[0]["size"])
            with style(1.5):
                self.figure = new_picture(WIDTH, height)
                self.axes = self.figure.add_axes((0, 0, 1, 1), xlim=(0, WIDTH), ylim=(height, 0))
            self.axes.set_axis_off()
            self.figure.alt = drawn[0]["words"]
        for row in drawn[1:]:
            self.draw(row)

    def draw(self, row):
        """Draw a row of `illustrations.csv`."""
        what, at, edge = row["what"], corners_of(row["at"]), row["edge"]
        colour, size = _colour(row["colour"]), float(row["size"] or 0)
        if what in ("words", "bold"):
            turned = {"rotation": 90} if edge == "turned" else {}
            text = row["words"].replace(" / ", "\n")
            self.words(*at[0], text, colour, size, what == "bold", row["align"], edge == "boxed", **turned)
        elif what in ("arrow", "bar", "dashed"):
            self.arrow(at, colour, size, what == "bar", dashes=(0, (2, 1)) if what == "dashed" else "-")
        elif what == "box":
            self.box(*at[0], *at[1], colour, _colour(edge), size)
        elif what == "dot":
            self.dot(*at[0], size, colour, _colour(edge), zorder=4)
        elif what == "shape":
            self.shape(at, colour, _colour(edge), size)
        elif what == "tube":
            for tint, width in ((edge, size + 4), (colour, size)):
                points = rounded(at, 4, closed=False)
                self.axes.plot(*points.T, color=tint, lw=0.72 * width, solid_capstyle="butt", zorder=1)
        elif what == "line":
            self.axes.plot(*at.T, color=colour, lw=size, solid_capstyle="round", zorder=1)
        elif what in ("gut", "glands"):
            getattr(self, what)(*at[0], at[1][0])
        else:
            self.organ(what, *at[0], *at[1], flip=row["align"] == "flip", lw=size or 2)

    def shape(self, corners, fill, edge="none", lw=2, turns=3, **more):
        """Draw a closed outline, made round."""
        outline = Outline(rounded(corners, turns), closed=True)
        return self.axes.add_patch(PathPatch(outline, facecolor=fill, edgecolor=edge, lw=lw, **more))

    def organ(self, name, x, y, width, height, flip=False, **more):
        """Draw an organ in the box whose upper left corner is (x, y)."""
        row = next(row for row in _drawn()["organ"] if row["what"] == name)
        points = corners_of(row["at"]) / 100
        points[:, 0] = 1 - points[:, 0] if flip else points[:, 0]
        return self.shape(points * (width, height) + (x, y), row["colour"], row["edge"], **more)

    def box(self, x, y, width, height, fill, edge="none", round=2):
        """Draw a box with round corners."""
        form = f"round,pad=0,rounding_size={round}"
        self.axes.add_patch(FancyBboxPatch((x, y), width, height, form, fc=fill, ec=edge, lw=2, zorder=1))

    def dot(self, x, y, radius, fill, edge="none", lw=1.2, zorder=2):
        """Draw a disc."""
        return self.axes.add_patch(Circle((x, y), radius, facecolor=fill, edgecolor=edge, lw=lw, zorder=zorder))

    def arrow(self, handles, colour, width, bar=False, **more):
        """Draw a curve through two points, or steered by one or two between them; `bar` ends it as a restraint."""
        handles = corners_of(handles) if isinstance(handles, str) else handles
        return Arrow(self.axes, handles, bar, **more).set(width, colour)

    def words(self, x, y, text, colour=INK, size=17.5, bold=False, ha="center", boxed=False, **more):
        """Write words, on white when `boxed`."""
        look = {"weight": "bold" if bold else "normal", "linespacing": 1.15, "va": "center", "zorder": 6, **more}
        if boxed:
            look["bbox"] = {"facecolor": "white", "edgecolor": "none", "alpha": 0.86, "pad": 3}
        return self.axes.text(x, y, text, color=colour, fontsize=size * self.scale, ha=ha, **look)

    def gut(self, x, y, width):
        """Draw loops of bowel in a square box."""
        turns = np.linspace(0, 1, 200)
        across, down = x + width * (0.5 + 0.36 * np.sin(turns * 22 + 0.4)), y + width * (0.12 + 0.76 * turns)
        for colour, broad in (("#a5573f", 0.155), ("#f0b8a0", 0.125), ("#f9dccd", 0.04)):
            self.axes.plot(across, down, color=colour, lw=0.72 * broad * width, solid_capstyle="round", zorder=1)

    def glands(self, x, y, width):
        """Draw the thyroid from behind with the four parathyroid glands on it; (x, y) is the middle of its top."""
        for side in (-1, 1):
            self.organ("lobe", x + min(side, 0) * width / 2, y, width / 2, 0.62 * width, flip=side < 0)
            for down in (0.2, 0.44):
                self.dot(x + side * 0.3 * width, y + down * width, 0.065 * width, "#d99a1f", "#7a4f06")


_DASHES = {"pth": "-", "calcitriol": (0, (3, 1)), "fgf23": (0, (1.1, 0.6))}


def strength(level, healthy, least):
    """Return how strong the arrow of a hormone is, `least` to 1 by the logarithm of its level: full at eight times health."""
    return float(np.clip(0.45 + 0.55 * np.log(max(level / healthy, 1e-3)) / np.log(8), least, 1))


class Feedback(Drawing):
    """The feedback loops between glands, bone, kidneys and gut, compared with `healthy`. `update(values)` takes SI.

    A hormone's arrow grows broader and darker with its level (`strength`).
    """

    def _build(self):
        sheet = Sheet("feedback")
        self.figure, self.said = sheet.figure, sheet.figure.alt
        self.arrows, self.levels = [], {}
        for number, row in enumerate(_drawn()["signal"]):
            name = row["colour"]
            arrow = Arrow(sheet.axes, corners_of(row["at"]), row["what"] == "bar", _DASHES[name])
            self.move(f"line-{name}-{number}", arrow.line)
            self.move(f"head-{name}-{number}", arrow.head)
            self.arrows.append((name, arrow))
        for row in _drawn()["level"]:
            name, at = row["what"], corners_of(row["at"])[0]
            text = sheet.words(*at, " ", quantity(name).colour, 17.5, True, row["align"])
            self.levels[name] = self.move(f"value-{name}", text)
        self.update(self.healthy)

    def update(self, values):
        """Let arrows and numbers follow `values` (a mapping, SI)."""
        for name, arrow in self.arrows:
            share = strength(values[name], self.healthy[name], 0.12)
            colour = 0.86 + (np.array(to_rgb(quantity(name).colour)) - 0.86) * (0.25 + 0.75 * share)
            arrow.set(1.5 + 6 * share, tuple(colour))
        for name, text in self.levels.items():
            item = quantity(name)
            mark = FLAGS.get(item.flag(values[name]), "")
            label = {"ionised_calcium": "Ca²⁺", "phosphate": "P", "fgf23": "FGF-23"}.get(name, item.label)
            text.set_text(f"{label}{mark}\n{item.text(values[name], self.units, with_unit=True)}")
        now = ", ".join(text.get_text().replace("\n", " ") for text in self.levels.values())
        self.figure.alt = f"{self.said} Now: {now}."


def feedback(values, healthy, *, units=SI):
    """Return the feedback loops as a `Picture`, drawn for `values` and compared with `healthy` (mappings, SI)."""
    return Feedback(healthy, units=units).still(values)


def nephron():
    """Return a nephron and three of its cells: transporters by name, and what hormones and diuretics do to them."""
    sheet, turns = Sheet("nephron"), np.linspace(0, 2 * np.pi, 300)
    tuft = 25 + 11 * np.cos(9 * turns)
    sheet.axes.plot(62 + tuft * np.cos(turns), 84 + tuft * np.sin(turns), color="#b4534f", lw=3, zorder=5)
    return sheet.figure


def vitamin_d():
    """Return the way of vitamin D from skin and food to calcitriol, with its three hydroxylases and their drivers."""
    sheet, along = Sheet("vitamin_d"), np.arange(151)
    sheet.axes.plot(30 + along, 76 + 3 * np.sin(along / 5), color="#b4785a", lw=2)
    return sheet.figure


def bone():
    """Return a remodelling unit of bone: who resorbs, who forms, and what the cells tell each other."""
    sheet, turns = Sheet("bone"), np.linspace(0, 2 * np.pi, 13)[:-1]
    for x, y in ((90, 560), (300, 590), (500, 520), (640, 600)):
        for turn in turns:
            way = np.array([[x, y], [x + 62 * np.cos(turn), y + 40 * np.sin(turn)]])
            sheet.axes.plot(*way.T, color="#8a7442", lw=1.4, zorder=1)
        for rx, ry, fill, edge in ((38, 20, "white", "#a8946b"), (21, 11, "#d9c9e8", "#6b4f93"), (7, 4, BLUE, "none")):
            sheet.shape(np.c_[x + rx * np.cos(turns), y + ry * np.sin(turns)], fill, edge, 1.5, zorder=2)
    return sheet.figure


def artery():
    """Return the wall of an artery: layers, where each kind of calcification lies, and what holds it back."""
    sheet, random = Sheet("artery"), np.random.default_rng(4)
    x = np.arange(-10, 731)
    edge = 190 - 74 / (1 + np.exp(-(x - 430) / 22)) + 74 / (1 + np.exp(-(x - 700) / 16))
    sheet.axes.fill_between(x, edge, 200, color="#fdf0e3", zorder=1)
    sheet.axes.plot(x, edge, color="#b4534f", lw=2)

    def diamond(x, y, wide, high, *look, **more):
        sheet.shape([(x - wide, y), (x, y - high), (x + wide, y), (x, y + high)], *look, **more)

    for place in range(10, 730, 60):
        diamond(place, edge[place + 10] + 9, 30, 9, "#f0a79d", "#b4534f", 1.2, zorder=2)
    for depth in (330, *range(400, 640, 60)):
        wave = depth + 7 * np.sin(x / 16 + depth)
        sheet.axes.plot(x, wave, color="#7c5c1e", lw=6 if depth == 330 else 2.5, zorder=1.5)
    for depth in range(366, 640, 60):
        for place in range(20 + depth % 70, 720, 96):
            diamond(place, depth, 44, 15, "#d9776c", "#8c2f2b", 1.2, zorder=1.7)
            sheet.dot(place, depth, 5, "#8c2f2b")
    along, deep = np.meshgrid(np.arange(30, 300, 13), (400, 460, 520))
    fibres = np.c_[along.ravel(), (deep + 7 * np.sin(along / 16 + deep)).ravel()]
    plaque = np.c_[random.uniform(520, 640, 34), random.uniform(240, 306, 34)]
    for place, depth in [*fibres, *plaque]:
        size = random.uniform(5, 9)
        diamond(place, depth, size, size, STONE, "white", 0.6, turns=0, zorder=2.5)
    ring = 13 * np.c_[np.cos(np.arange(0, 6.2, 0.9)), np.sin(np.arange(0, 6.2, 0.9))]
    free = np.c_[random.uniform(20, 420, 16), random.uniform(76, 160, 16)]
    cores = ((330, 122), (250, 96), (120, 134))
    for at in np.vstack([free, *(ring + core for core in cores)]):
        sheet.dot(*at, 6, BLUE, "white", 0.8)
    for core in cores:
        sheet.dot(*core, 9, STONE, "white", 0.8, zorder=3)
    return sheet.figure


def pools(values):
    """Return where the mineral is, as squares of areas to scale, and what moves in a day by `values` (mapping, SI)."""
    found = {row["measure"]: row["value"] for row in rows("pools_fluxes")}
    sheet, told = Sheet("pools"), []
    phosphate = ["share of body phosphorus in bone", "share of body phosphate outside the cells"]
    for top, mineral, measures, outside, ratio in (
        (0, "calcium", ["share of body calcium in the skeleton"], "bone", 1),
        (450, "phosphate", phosphate, "cells", parameter("bone_phosphate_ratio").value),
    ):
        shares = [float(found[measure]) for measure in measures]
        shares.append(100 - sum(shares))
        colour = quantity(f"urine_{mineral}").colour
        names = ("bone", f"outside {outside}", "inside cells")
        places = ((580, 180, "white", 0), (290, 170, INK, -62), (160, 310, INK, 74))
        for name, share, (x, y, ink, shift) in zip(names, shares, places, strict=False):
            side = 23 * np.sqrt(share)
            sheet.box(x - side / 2, top + y - side / 2, side, side, colour)
            sheet.words(x, top + y + shift, f"{name}\n{share:.0f} %", ink, 17.5, True)
        gained = values[f"{mineral}_eaten"] - values[f"faecal_{mineral}"]
        fluxes = (
            ("from the gut", gained, (136, 170, 268, 170), (206, 204)),
            ("into bone", ratio * values["bone_formation"], (320, 154, 456, 154), (414, 128)),
            ("out of bone", ratio * values["bone_resorption"], (456, 190, 320, 190), (414, 218)),
            ("in urine", values[f"urine_{mineral}"], (290, 192, 290, 306), (340, 264)),
        )
        for _, flux, (x0, y0, x1, y1), (x, y) in fluxes:
            sheet.arrow([(x0, top + y0), (x1, top + y1)], colour, 2 + 0.3 * flux)
            sheet.words(x, top + y, f"{flux:.1f}", colour, 17.5, True)
        where = [f"{share:.0f} % {name}" for name, share in zip(names, shares, strict=False)]
        told.append(f"{mineral}: {', '.join(where + [f'{flux:.1f} mmol a day {way}' for way, flux, *_ in fluxes])}")
    sheet.figure.alt = f"Squares with areas to scale and fluxes. {'; '.join(told).capitalize()}."
    return sheet.figure


# Where each site of deposition lies on `person`.
SITES = {row["what"]: tuple(map(float, row["at"].split(","))) for row in _drawn()["site"]}


def person(axes):
    """Draw a person with the organs of `SITES` on `axes` (x from -0.34 to 0.34, y from 0 to 1, upward)."""
    sheet = Sheet(axes=axes)
    half = corners_of(next(row["at"] for row in _drawn()["organ"] if row["what"] == "half a person"))
    sheet.shape(np.vstack([half, half[::-1] * (-1, 1)]), SKIN, "#cfc4b6", 1.2, zorder=0)
    sheet.dot(0, 0.915, 0.075, SKIN, "#cfc4b6", zorder=0)
    for row in _drawn()["person"]:
        sheet.draw(row)
    for side in (-1, 1):
        sheet.dot(0.026 * side, 0.925, 0.011, "white", GREY)
        sheet.dot(0.158 * side, 0.765, 0.024, "#f8f1e2", "#a8946b")
    sheet.shape(corners_of("0.08,0.2 0.118,0.2 0.114,0.12 0.088,0.12"), "#ecd3bd", "#b4785a", 1, zorder=1.4)
