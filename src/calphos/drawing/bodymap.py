"""The body on one page: organs, the minerals that move between them in a day, and the hormones that steer them.

Each broad arrow carries calcium (blue half) and phosphate (orange half) and is as wide as the daily flux; a dashed
outline shows its width in health. A pale half carries less than in health, a dark one more. A hormone is a curved
arrow that grows brighter and thicker with its level. Where each stands and what it shows is `bodymap.json`, which a page
reads too.
"""

import json
from pathlib import Path

import numpy as np
from matplotlib.patches import Ellipse, FancyArrow, PathPatch, Polygon, Rectangle
from matplotlib.path import Path as Outline

from calphos.drawing.illustrations import Arrow, Sheet, strength
from calphos.drawing.pictures import FLAGS, GREY, INK, Drawing, mix
from calphos.model.parameters import parameter
from calphos.tables.quantities import quantity

WIDTH, HEIGHT = 900, 620  # the page, in its own units
# flux: page units of width for 1 mmol a day, at most `widest`. shades: pale, as in health, dark. What passes to the kidneys
# is drawn net: what leaves in urine. bone: where phosphate moves with calcium; right: calcium lies right of the direction.
LAYOUT = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
_FLUXES, _HORMONES, _NUMBERS, _SHADES = (LAYOUT[part] for part in ("fluxes", "hormones", "numbers", "shades"))
_GRAIN = np.array([(-1, 0), (0, 0.8), (0.9, 0), (0, -0.9), (-1, 0)])
_NOTHING = Outline(np.zeros((4, 2)), closed=True)  # an outline without extent, for what `update` will shape


def _shade(mineral, ratio):
    """Colour of a flux that is `ratio` times what it is in health."""
    pale, middle, dark = _SHADES[mineral]
    turn = float(np.clip(np.log2(max(ratio, 1e-3)), -1, 1))
    return mix(middle, pale, -turn) if turn < 0 else mix(middle, dark, turn)


def _half_arrow(name, mineral, amount):
    """Return the half of a broad arrow as wide as `amount` [mmol/d] of a mineral; calcium lies left of the direction."""
    flux = _FLUXES[name]
    (x, y), (dx, dy) = flux["start"], np.subtract(flux["end"], flux["start"])
    side = "right" if (mineral == "calcium") != (name in LAYOUT["right"]) else "left"  # as seen by who meets it
    width = min(max(LAYOUT["flux"] * amount, 0), LAYOUT["widest"])
    head = min(12 + 0.35 * width, 0.45 * np.hypot(dx, dy))
    wide = {"width": 2 * width, "head_width": 2 * (width + min(2 + 1.5 * width, 8)), "head_length": head}
    return FancyArrow(x, y, dx, dy, shape=side, length_includes_head=True, **wide)


class BodyMap(Drawing):
    """The drawing and its moving artists, compared with `healthy`. `update(values)` takes SI quantities of now."""

    def _build(self):
        paper = self.paper(784, 784 * HEIGHT / WIDTH)
        self.page = paper.add_axes((0, 0, 1, 1), xlim=(0, WIDTH), ylim=(0, HEIGHT))
        self.page.set_axis_off()
        sheet = Sheet("body map", axes=self.page)
        kidneys = sheet.organ("kidney", 350, 176, 70, -92, flip=True), sheet.organ("kidney", 480, 176, 70, -92)
        self._kidneys = [*map(self.move, kidneys)]
        look = {"facecolor": "#c98a1b", "edgecolor": "#7a4f06", "lw": 1.2, "zorder": 3}
        places = [(450 + side * 26, y) for side in (-1, 1) for y in (524, 554)]
        self._glands = [self.move(self.page.add_patch(Ellipse(at, 0, 0, **look))) for at in places]
        rng = np.random.default_rng(8)
        angle, reach = np.sort(rng.uniform(0, 2 * np.pi, 60)), rng.uniform(28, 40, 60)
        self._flecks_at = rng.permutation(np.c_[80 + reach * np.cos(angle), 508 + reach * np.sin(angle)])
        self._flecks_size = rng.uniform(2.6, 5.2, 60)
        grains = PathPatch(_NOTHING, facecolor="#3f3a36", edgecolor="white", lw=0.6, zorder=5)
        self._flecks = self.move(self.page.add_patch(grains))
        self._build_fluxes()
        self._build_hormones()
        self._build_numbers()
        self._draw_key()

    def _draw_key(self):
        for low, (mineral, shades) in zip((58, 36), _SHADES.items(), strict=True):
            for column, shade in enumerate(shades):
                corner = 606 + 24 * column, low
                self.page.add_patch(Rectangle(corner, 22, 14, facecolor=shade, edgecolor=GREY, lw=0.6))
            self.page.text(686, low + 6, mineral, color=LAYOUT["text"][mineral], va="center", fontweight="bold")
        words = ((798, 64, "pale: less"), (798, 42, "dark: more"), (606, 16, "than in health (dashed outline)"))
        for x, y, text in words:
            self.page.text(x, y, text, color=GREY, va="center")

    def _build_fluxes(self):
        self._arrows = {}
        unit = quantity("urine_calcium").unit(self.units)
        dashed = {"lw": 1.2, "ls": (0, (2.5, 1.8)), "color": INK, "zorder": 4.2}
        for name, flux in _FLUXES.items():
            for mineral, colour in LAYOUT["text"].items():
                rest = _half_arrow(name, mineral, self._amount(name, mineral, self.healthy)).get_xy()
                arrow = self.move(self.page.add_patch(Polygon(rest, lw=0, zorder=4)))
                self.move(*self.page.plot(*rest[:-1].T, **dashed))
                text, look = None, {"color": colour, "fontweight": "bold", "fontsize": 11.5, "zorder": 6}
                if flux["caption"] and flux[mineral]:
                    text = self.move(self.page.text(0, 0, " ", **look))
                self._arrows[name, mineral] = arrow, rest, text
            x, y, side = flux["place"]
            caption = flux["caption"].format(unit)
            self.page.text(x, y, caption, ha=side, va="center", color=GREY, zorder=6, linespacing=1.1)

    def _build_hormones(self):
        self._hormones = {}
        for name, hormone in _HORMONES.items():
            arrows = [Arrow(self.page, path, bar=False) for path in hormone["paths"]]
            for arrow in arrows:
                self.move(arrow.line)
                self.move(arrow.head)
            look = {"color": quantity(name).colour, "fontweight": "bold", "fontsize": 12, "va": "center", "zorder": 6}
            level = self.move(self.page.text(*hormone["at"], " ", ha=hormone["side"], **look))
            self._hormones[name] = arrows, level

    def _build_numbers(self):
        self._numbers = {}
        for name, number in _NUMBERS.items():
            plain = name in ("deposit", "gland_mass", "gfr", "bone_calcium")
            look = {"va": "center", "color": INK if plain else quantity(name).colour, "fontsize": 12, "zorder": 6}
            self._numbers[name] = self.move(self.page.text(number["x"], number["y"], " ", ha=number["side"], **look))

    def update(self, values):
        """Move arrows, hormones and numbers to `values` (SI)."""
        self._move_fluxes(values)
        self._move_hormones(values)
        for name, text in self._numbers.items():
            text.set_text(self._number(name, _NUMBERS[name]["label"], values))
        deposit, rest = (state["labile_deposit"] + state["mature_deposit"] for state in (values, self.healthy))
        count = int(np.clip(14 * np.log10(1 + max(deposit - rest, 0)), 0, len(self._flecks_at)))
        grains = zip(self._flecks_at[:count], self._flecks_size[:count], strict=True)
        made = [Outline(at + size * _GRAIN, closed=True) for at, size in grains]
        self._flecks.set_path(Outline.make_compound_path(*made) if made else _NOTHING)
        work = float(np.clip(values["gfr"] / self.healthy["gfr"], 0, 1))
        for kidney in self._kidneys:
            kidney.set_facecolor(mix("#d9d5d2", "#d98f78", work))
        size = 11 * min(max(float(values["gland_mass"]), 0.05), 20) ** 0.4
        for gland in self._glands:
            gland.set(width=1.2 * size, height=size)

    def _amount(self, name, mineral, values):
        """Return what moves of a mineral [mmol/d]; no phosphate where the flux names none."""
        item = _FLUXES[name][mineral]
        with_bone = mineral == "phosphate" and name in LAYOUT["bone"]
        ratio = parameter("bone_phosphate_ratio").value if with_bone else 1.0
        return ratio * float(values[item]) if item else 0.0

    def _move_fluxes(self, values):
        for (name, mineral), (arrow, outline, text) in self._arrows.items():
            amount, rest = (self._amount(name, mineral, now) for now in (values, self.healthy))
            corners = _half_arrow(name, mineral, amount).get_xy()
            arrow.set_xy(corners)
            arrow.set_facecolor(_shade(mineral, max(amount, 1e-3) / max(rest, 1e-3)))
            if text:
                sign, item = ("Ca", _FLUXES[name]["calcium"]) if mineral == "calcium" else ("P", "urine_phosphate")
                text.set_text(f"{sign} {quantity(item).text(amount, self.units)}")
                self._place_number(text, corners if amount > rest else outline)

    def _place_number(self, text, corners):
        """Write a number beside an arrow: `corners` are its tip, wing, neck, the side's start, the start."""
        side, start, tip = corners[3], corners[4], corners[0]
        if start[0] != tip[0] and start[1] != tip[1]:  # the slanting arrow has a place kept for its number
            text.set(position=(284, 480), ha="left", va="center")
            return
        middle, across = 0.44 * tip + 0.56 * start, np.sign((side - start).round(6))
        ha, va = {-1: "right", 0: "center", 1: "left"}[across[0]], {-1: "top", 0: "center", 1: "bottom"}[across[1]]
        text.set(position=middle + side - start + across * (6, 7), ha=ha, va=va)

    def _move_hormones(self, values):
        for name, (arrows, level) in self._hormones.items():
            share, item = strength(values[name], self.healthy[name], 0.08), quantity(name)
            for arrow in arrows:
                arrow.set(1.4 + 4.6 * share, mix("#ddd6e6", item.colour, share))
            label = item.label.split(" (")[0] + (" " if name == "pth" else "\n")
            level.set_text(f"{label}{self._number(name, '', values)}")

    def _number(self, name, label, values):
        if name == "deposit":
            amount = values["labile_deposit"] + values["mature_deposit"]
            return f"{label} {quantity('labile_deposit').text(amount, self.units, with_unit=True)}"
        item = quantity(name)
        if name == "gland_mass":
            return f"{label} {item.text(values[name])} × normal"
        mark = FLAGS.get(item.flag(values[name]), "")
        return f"{label} {item.text(values[name], self.units, with_unit=True)}{mark}".strip()
