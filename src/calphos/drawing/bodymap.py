"""The body on one page: organs, the minerals that move between them in a day, and the hormones that steer them.

Each broad arrow carries calcium (blue half) and phosphate (orange half) and is as wide as the daily flux; a dashed
outline shows its width in health. A pale half carries less than in health, a dark one more. A hormone is a curved
arrow that grows brighter and thicker with its level. Where each stands and what it shows is `bodymap.json`, which a page
reads too.
"""

import json
from pathlib import Path

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path as Outline

from calphos.drawing.illustrations import Sheet, strength
from calphos.drawing.pictures import FLAGS, GREY, INK, LECTURE_SCALE, Drawing
from calphos.model.parameters import parameter
from calphos.model.patient import Patient
from calphos.model.simulation import simulate
from calphos.tables.quantities import SI, quantity
from calphos.tables.words import fill, sentences

WIDTH, HEIGHT = 900, 620  # the page, in its own units
# flux: page units of width for 1 mmol a day, at most `widest`. shades: pale, as in health, dark. What passes to the kidneys
# is drawn net: what leaves in urine. bone: where phosphate moves with calcium; right: calcium lies right of the direction.
LAYOUT = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
_FLUXES, _HORMONES, _NUMBERS, _SHADES = (LAYOUT[part] for part in ("fluxes", "hormones", "numbers", "shades"))
_KIDNEYS = ((350, True), (480, False))  # left edge, whether the drawing is turned over
_ROUND = np.c_[np.cos(np.linspace(0, 2 * np.pi, 25)), np.sin(np.linspace(0, 2 * np.pi, 25))]


def _mix(low, high, share):
    low, high = np.array(to_rgb(low)), np.array(to_rgb(high))
    return tuple(low + (high - low) * share)


def _shade(mineral, ratio):
    """Colour of a flux that is `ratio` times what it is in health."""
    pale, middle, dark = _SHADES[mineral]
    turn = float(np.clip(np.log2(max(ratio, 1e-3)), -1, 1))
    return _mix(middle, pale, -turn) if turn < 0 else _mix(middle, dark, turn)


def _directions(start, end):
    """Unit vectors along an arrow and to its left, and its length."""
    way = np.subtract(end, start, dtype=float)
    length = np.hypot(*way)
    along = way / length
    return along, np.array([-along[1], along[0]]), length


def _half_arrow(start, end, width, side):
    """Corners of one half of a broad arrow; `side` is 1 (left of its direction) or -1 (right)."""
    along, across, length = _directions(start, end)
    across = across * side
    head = min(12 + 0.35 * width, 0.45 * length)
    wing = min(2 + 1.5 * width, 8)
    neck = end - head * along
    return np.array([end, neck + (width + wing) * across, neck + width * across, start + width * across, start, end])


def _closed(corners):
    return Outline(corners, [Outline.MOVETO, *[Outline.LINETO] * (len(corners) - 2), Outline.CLOSEPOLY])


_NOTHING = _closed(np.zeros((4, 2)))  # an outline without extent, for what `update` will shape


class BodyMap(Drawing):
    """The drawing and its moving artists, compared with `healthy`. `update(values)` takes SI quantities of now."""

    lecture_scale = 0.86 * LECTURE_SCALE

    def _build(self):
        width = 860 if self.lecture else 784
        paper = self.paper(width, width * HEIGHT / WIDTH)
        self.page = paper.add_axes((0, 0, 1, 1), xlim=(0, WIDTH), ylim=(0, HEIGHT))
        self.page.set_axis_off()
        sheet = Sheet("body map", axes=self.page, scale=self.scale)
        kidneys = (sheet.organ("kidney", x, 176, 70, -92, flip) for x, flip in _KIDNEYS)
        self._kidneys = [self.move(f"kidney-{i}", kidney) for i, kidney in enumerate(kidneys)]
        look = {"facecolor": "#c98a1b", "edgecolor": "#7a4f06", "lw": 1.2, "zorder": 3}
        places = [(450 + side * 26, y) for side in (-1, 1) for y in (524, 554)]
        self._glands = [(self._put(f"gland-{i}", **look), at) for i, at in enumerate(places)]
        self._build_flecks()
        self._build_fluxes()
        self._build_hormones()
        self._build_numbers()
        self._draw_key()

    def _build_flecks(self):
        rng = np.random.default_rng(8)
        angle, reach = np.sort(rng.uniform(0, 2 * np.pi, 60)), rng.uniform(28, 40, 60)
        self._flecks_at = rng.permutation(np.c_[80 + reach * np.cos(angle), 508 + reach * np.sin(angle)])
        self._flecks_size = rng.uniform(2.6, 5.2, 60)
        self._flecks = self._put("deposit", facecolor="#3f3a36", edgecolor="white", lw=0.6, zorder=5)

    def _draw_key(self):
        page, (x, y) = self.page, (606, 58)
        look = {"va": "center", "fontsize": 11 * min(self.scale, 1.04)}
        for row, mineral in enumerate(("calcium", "phosphate")):
            for column, shade in enumerate(_SHADES[mineral]):
                corner = x + 24 * column, y - 22 * row
                page.add_patch(Rectangle(corner, 22, 14, facecolor=shade, edgecolor=GREY, lw=0.6))
            page.text(x + 80, y - 22 * row + 6, mineral, color=LAYOUT["text"][mineral], fontweight="bold", **look)
        words = ((192, 6, "pale: less"), (192, -16, "dark: more"), (0, -42, "than in health (dashed outline)"))
        for right, up, text in words:
            page.text(x + right, y + up, text, color=GREY, **look)

    def _put(self, name, curve=_NOTHING, **look):
        """A moving outline."""
        return self.page.add_patch(self.move(name, PathPatch(curve, **look)))

    def _write(self, name, x, y, **look):
        """Moving words."""
        return self.move(name, self.page.text(x, y, " ", zorder=6, **look))

    def _build_fluxes(self):
        self._arrows, self._outlines, self._flux_texts = {}, {}, {}
        unit = quantity("urine_calcium").unit(self.units)
        look = {"fontweight": "bold", "fontsize": 11.5 * self.scale}
        outline = {"lw": 1.2, "linestyle": (0, (2.5, 1.8)), "edgecolor": INK, "facecolor": "none"}
        for name, flux in _FLUXES.items():
            for mineral, colour in LAYOUT["text"].items():
                self._arrows[name, mineral] = self._put(f"{name}-{mineral}", lw=0, zorder=4)
                self._outlines[name, mineral] = self._put(f"{name}-{mineral}-health", zorder=4.2, **outline)
                if flux["caption"] and flux[mineral]:
                    text = self._write(f"{name}-{mineral}-number", 0, 0, color=colour, **look)
                    self._flux_texts[name, mineral] = text
            x, y, side = flux["place"]
            caption = flux["caption"].format(unit)
            self.page.text(x, y, caption, ha=side, va="center", color=GREY, zorder=6, linespacing=1.1)

    def _build_hormones(self):
        self._hormone_lines, self._hormone_texts = {}, {}
        for name, hormone in _HORMONES.items():
            item, self._hormone_lines[name] = quantity(name), []
            for number, points in enumerate(hormone["paths"]):
                curve, bare = Outline(points, [1, 4, 4, 4]), {"facecolor": "none", "edgecolor": item.colour}
                glow = self._put(f"{name}-glow-{number}", curve, alpha=0.1, lw=8, zorder=4.4, **bare)
                line = self._put(f"{name}-line-{number}", curve, lw=2, zorder=4.5, **bare)
                head = self._put(f"{name}-head-{number}", facecolor=item.colour, edgecolor="none", zorder=4.6)
                self._hormone_lines[name].append((np.array(points, float), glow, line, head))
            look = {"color": item.colour, "fontweight": "bold", "fontsize": 12 * self.scale, "va": "center"}
            self._hormone_texts[name] = self._write(f"{name}-level", *hormone["at"], ha=hormone["side"], **look)

    def _build_numbers(self):
        self._numbers = {}
        for name, number in _NUMBERS.items():
            plain = name in ("deposit", "gland_mass", "gfr", "bone_calcium")
            look = {"va": "center", "color": INK if plain else quantity(name).colour, "fontsize": 12 * self.scale}
            self._numbers[name] = self._write(name, number["x"], number["y"], ha=number["side"], **look)

    def update(self, values):
        """Move arrows, hormones and numbers to `values` (SI)."""
        healthy = self.healthy
        for name, mineral in self._arrows:
            self._move_flux(name, mineral, values)
        for name in _HORMONES:
            self._move_hormone(name, values[name], healthy[name])
        for name, text in self._numbers.items():
            text.set_text(self._number(name, _NUMBERS[name]["label"], values))
        deposit = values["labile_deposit"] + values["mature_deposit"]
        rest = healthy["labile_deposit"] + healthy["mature_deposit"]
        count = int(np.clip(14 * np.log10(1 + max(deposit - rest, 0)), 0, len(self._flecks_at)))
        self._flecks.set_path(self._fleck_path(count))
        work = float(np.clip(values["gfr"] / healthy["gfr"], 0, 1))
        for kidney in self._kidneys:
            kidney.set_facecolor(_mix("#d9d5d2", "#d98f78", work))
        for gland, (x, y) in self._glands:
            size = 5.5 * min(max(float(values["gland_mass"]), 0.05), 20) ** 0.4
            gland.set_path(_closed(np.array([x, y]) + _ROUND * [1.2 * size, size]))

    def _amount(self, name, mineral, values):
        """Return a flux (mmol/d) and the quantity whose unit and decimals its number takes."""
        flux = _FLUXES[name]
        if mineral == "calcium":
            return float(values[flux["calcium"]]), flux["calcium"]
        if not flux["phosphate"]:
            return 0.0, "urine_phosphate"
        ratio = parameter("bone_phosphate_ratio").value if name in LAYOUT["bone"] else 1.0
        return ratio * float(values[flux["phosphate"]]), "urine_phosphate"

    def _move_flux(self, name, mineral, values):
        start, end = _FLUXES[name]["start"], _FLUXES[name]["end"]
        (amount, item), (rest, _) = (self._amount(name, mineral, now) for now in (values, self.healthy))
        side = (-1 if name in LAYOUT["right"] else 1) * (1 if mineral == "calcium" else -1)
        width, ghost = (min(max(LAYOUT["flux"] * value, 0), LAYOUT["widest"]) for value in (amount, rest))
        patch = self._arrows[name, mineral]
        patch.set_path(_closed(_half_arrow(start, end, width, side)))
        patch.set_facecolor(_shade(mineral, max(amount, 1e-3) / max(rest, 1e-3)))
        self._outlines[name, mineral].set_path(Outline(_half_arrow(start, end, ghost, side)[:-1]))
        if text := self._flux_texts.get((name, mineral)):
            text.set_text(f"{'Ca' if mineral == 'calcium' else 'P'} {quantity(item).text(amount, self.units)}")
            self._place_number(text, start, end, max(width, ghost), side)

    def _place_number(self, text, start, end, width, side):
        if start[0] != end[0] and start[1] != end[1]:  # the slanting arrow has a place kept for its number
            text.set(position=(284, 480), ha="left", va="center")
            return
        along, left, _ = _directions(start, end)
        across = side * left
        x, y = 0.56 * np.array(start) + 0.44 * np.array(end) + (width + 6) * across
        if abs(along[0]) > 0.9:
            text.set(ha="center", va="bottom" if across[1] > 0 else "top")
            y += 1 if across[1] > 0 else -1
        else:
            text.set(ha="left" if across[0] > 0 else "right", va="center")
        text.set_position((x, y))

    def _move_hormone(self, name, value, rest):
        share, item = strength(value, rest, 0.08), quantity(name)
        width = (1.4 + 4.6 * share) * self.scale
        colour = _mix("#ddd6e6", item.colour, share)
        for points, glow, line, head in self._hormone_lines[name]:
            along, across, _ = _directions(*points[2:])
            size = 7 + 2.1 * width
            base = points[3] - size * along
            line.set_path(Outline([*points[:3], base + 0.3 * size * along], [1, 4, 4, 4]))
            line.set(linewidth=width, edgecolor=colour)
            glow.set(linewidth=width * 3.2, alpha=max(0.0, 0.32 * (share - 0.4)))
            corners = [points[3], base + 0.55 * size * across, base - 0.55 * size * across, points[3]]
            head.set_path(_closed(np.array(corners)))
            head.set_facecolor(colour)
        label = item.label.split(" (")[0] + (" " if name == "pth" else "\n")
        self._hormone_texts[name].set_text(f"{label}{self._number(name, '', {name: value})}")

    def _number(self, name, label, values):
        if name == "deposit":
            amount = values["labile_deposit"] + values["mature_deposit"]
            return f"{label} {quantity('labile_deposit').text(amount, self.units, with_unit=True)}"
        item = quantity(name)
        if name == "gland_mass":
            return f"{label} {item.text(values[name])} × normal"
        mark = FLAGS.get(item.flag(values[name]), "")
        return f"{label} {item.text(values[name], self.units, with_unit=True)}{mark}".strip()

    def _fleck_path(self, count):
        grains = zip(self._flecks_at[:count], self._flecks_size[:count], strict=True)
        made = [at + np.array([(-s, 0), (0, 0.8 * s), (0.9 * s, 0.1), (0.1, -0.9 * s), (-s, 0)]) for at, s in grains]
        return Outline.make_compound_path(*map(_closed, made)) if count else _NOTHING


def body_map(patient=None, *, years=2, units=SI, lecture=False):
    """Return the body map of a `Patient` as a `Picture` for print: `years` after the settings took hold.

    Raises InputError for bad settings and unknown unit systems.
    """
    healthy = simulate(Patient(), years=years, points=2).final
    values = healthy if patient is None else simulate(patient, years=years, points=2).final
    figure = BodyMap(healthy, units=units, lecture=lecture).still(values)
    figure.alt = fill(sentences("body map")["account"], values, units)
    return figure
