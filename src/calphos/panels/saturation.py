"""How near plasma is to each calcium phosphate, and what the product of calcium and phosphate does not say."""

import numpy as np
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from calphos.chemistry.speciation import plasma, product_thresholds, saturation_map, speciate
from calphos.drawing.pictures import GREY, INK, LECTURE_SCALE, Ghosts, new_picture, style, write_footnote
from calphos.panels.base import Panel
from calphos.panels.sliders import Slider, make_sliders
from calphos.tables.quantities import SI, check_units, quantity
from calphos.tables.words import spoken

MINERALS = {"brushite": "Brushite", "acp": "Amorphous", "ocp": "Octacalcium", "beta_tcp": "β-TCP", "apatite": "Apatite"}
_COLOUR = {"brushite": "#b45309", "acp": "#4b5563", "ocp": "#0f766e", "beta_tcp": "#6d28d9", "apatite": "#7f1d1d"}
_LIMITS = (-1.0, 1.6)
_CALCIUM, _PHOSPHATE = (1.0, 4.5), (0.2, 4.0)

# name -> (label, unit, lower, upper, step): what a learner may change in the solution.
_SOLUTION = {
    "calcium": ("Total calcium", "mmol/L", 1, 4.5, 0.05),
    "phosphate": ("Phosphate", "mmol/L", 0.2, 4, 0.05),
    "ph": ("pH", "", 6.8, 7.8, 0.01),
    "magnesium": ("Magnesium", "mmol/L", 0.3, 3, 0.05),
    "albumin": ("Albumin", "g/L", 10, 60, 1),
    "citrate": ("Citrate", "mmol/L", 0, 3, 0.05),
    "pco2": ("Carbon dioxide (pCO₂)", "kPa", 2, 12, 0.1),
}


def _signed(index):
    """Return a saturation index with its sign, the minus as a minus."""
    return f"{index:+.2f}".replace("-", "\N{MINUS SIGN}")


def solution_slider(name):
    """Return the slider of a property of plasma that starts at healthy plasma (`data/plasma.csv`)."""
    label, unit, lower, upper, step = _SOLUTION[name]
    return Slider(name, label, unit, lower, upper, step, plasma()[name])


class Gauge:
    """The drawing: a map of calcium and phosphate with the line of brushite, and a gauge for every mineral."""

    def __init__(self, healthy, *, units=SI, lecture=False):
        self.units, self.healthy = check_units(units), healthy
        self.scale = LECTURE_SCALE if lecture else 1.0
        self.moving, self.ghosts = [], Ghosts()
        with style(self.scale):
            self._build(1080 if lecture else 810)

    def _build(self, width):
        scale = self.scale
        height = round(420 * (1 + 0.3 * (scale - 1)))
        self.figure = new_picture(width, height)
        self._build_map(self.figure.add_axes((58 * scale / width, 92 * scale / height, 0.40, 1 - 130 * scale / height)))
        box = (0.64, 92 * scale / height, 0.36 - 84 * scale / width, 1 - 130 * scale / height)
        self._build_gauge(self.figure.add_axes(box))
        words = "dot: this plasma · ring: healthy plasma · right of 0: supersaturated"
        write_footnote(self.figure, words, 17 * scale, 11 * min(scale, 1.25))

    def _build_map(self, plot):
        calcium, phosphate = quantity("total_calcium"), quantity("phosphate")
        product = quantity("calcium_phosphate_product")
        fx, fy = calcium.factor(self.units), phosphate.factor(self.units)
        self._map, self._factors = plot, (fx, fy)
        plot.set_xlim(_CALCIUM[0] * fx, _CALCIUM[1] * fx)
        plot.set_ylim(0, _PHOSPHATE[1] * fy)
        plot.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        plot.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        plot.set_title(f"Phosphate ({phosphate.unit(self.units)})", color=phosphate.colour)
        plot.set_xlabel(calcium.title(self.units))
        row = next(row for _, row in product_thresholds().iterrows() if row["evidence"] == "read")
        x = np.linspace(*_CALCIUM, 60)
        plot.plot(x * fx, row["mmol2/L2"] / x * fy, color=GREY, lw=1.5 * self.scale, dashes=(4, 2.5), zorder=2)
        words = f"Ca×P {product.text(row['mmol2/L2'], self.units)} {product.unit(self.units)}"
        right = {"ha": "right", "va": "center", "bbox": {"facecolor": "white", "edgecolor": "none", "pad": 1}}
        plot.text(0.98 * _CALCIUM[1] * fx, 0.3 * fy, words, color=GREY, **right)
        plot.text(
            0.98 * _CALCIUM[1] * fx, 3.72 * fy, "brushite forms", color=_COLOUR["brushite"], fontweight="bold", **right
        )
        (line,) = plot.plot([], [], color=_COLOUR["brushite"], animated=True, zorder=3)
        rest = self.healthy["calcium"] * fx, self.healthy["phosphate"] * fy
        plot.plot(*rest, marker="o", ms=9 * self.scale, mfc="white", mec=GREY, mew=1.6, zorder=3.5)
        (dot,) = plot.plot(
            [0],
            [0],
            marker="o",
            ms=12 * self.scale,
            mfc=INK,
            mec="white",
            mew=1.4,
            linestyle="none",
            animated=True,
            zorder=5,
        )
        for part, artist in (("brushite", line), ("plasma", dot)):
            artist.set_gid(f"map-{part}")
            self.moving.append(artist)
        self._line, self._dot = line, dot

    def _build_gauge(self, plot):
        self._gauge = plot
        plot.set_xlim(*_LIMITS)
        plot.set_ylim(len(MINERALS) - 0.4, -0.6)
        plot.set_xticks([-1, 0, 1])
        plot.set_yticks(range(len(MINERALS)), list(MINERALS.values()), fontweight="bold")
        for label, name in zip(plot.get_yticklabels(), MINERALS, strict=True):
            label.set_color(_COLOUR[name])
        plot.tick_params(axis="y", length=0)
        plot.spines["left"].set_visible(False)
        plot.grid(axis="y", visible=False)
        plot.add_patch(Rectangle((0, -1), _LIMITS[1], 7, facecolor="#fdecea", edgecolor="none", zorder=0.4))
        plot.axvline(0, color=INK, lw=1.4, zorder=1.5)
        plot.set_title("Saturation index", color=INK)
        plot.set_xlabel("per ion (log₁₀)")
        self._bars, self._dots, self._texts = {}, {}, {}
        for i, name in enumerate(MINERALS):
            plot.plot(
                [self.healthy["per_ion"][name]],
                [i],
                marker="o",
                ms=9 * self.scale,
                mfc="white",
                mec=GREY,
                mew=1.6,
                zorder=2.5,
            )
            (bar,) = plot.plot(
                [0, 0],
                [i, i],
                color=_COLOUR[name],
                lw=6 * self.scale,
                alpha=0.45,
                animated=True,
                solid_capstyle="butt",
                zorder=2,
            )
            (dot,) = plot.plot(
                [0],
                [i],
                marker="o",
                ms=11 * self.scale,
                mfc=_COLOUR[name],
                mec="white",
                linestyle="none",
                animated=True,
                zorder=3,
                clip_on=False,
            )
            text = plot.annotate(
                " ",
                (1, i),
                xycoords=("axes fraction", "data"),
                xytext=(8, 0),
                va="center",
                textcoords="offset points",
                fontweight="bold",
                color=_COLOUR[name],
                animated=True,
                annotation_clip=False,
            )
            for part, artist in (("bar", bar), ("dot", dot), ("number", text)):
                artist.set_gid(f"{part}-{name}")
                self.moving.append(artist)
            self._bars[name], self._dots[name], self._texts[name] = bar, dot, text

    def update(self, state):
        """Move line, dots and numbers to `state` (what `Saturation._solve` returns)."""
        fx, fy = self._factors
        self._dot.set_data([state["calcium"] * fx], [state["phosphate"] * fy])
        calcium, phosphate = state["brushite"]
        self._line.set_data(calcium * fx, phosphate * fy)
        for i, name in enumerate(MINERALS):
            at = float(np.clip(state["per_ion"][name], *_LIMITS))
            self._bars[name].set_data([0, at], [i, i])
            self._dots[name].set_data([at], [i])
            self._texts[name].set_text(_signed(state["index"][name]))

    def pin(self, state):
        """Keep the present saturation as open diamonds and the line of brushite as a thin one (up to three)."""
        fx, fy = self._factors
        ghost = self._map.plot(
            state["calcium"] * fx, state["phosphate"] * fy, marker="D", ms=7 * self.scale, mfc="none", mec=INK, mew=1.5
        )
        ghost += self._map.plot(
            state["brushite"][0] * fx, state["brushite"][1] * fy, color=_COLOUR["brushite"], lw=1.3, dashes=(2, 2)
        )
        for i, name in enumerate(MINERALS):
            ghost += self._gauge.plot(
                [state["per_ion"][name]], [i], marker="D", ms=7 * self.scale, mfc="none", mec=_COLOUR[name], mew=1.5
            )
        self.ghosts.add(ghost)

    def unpin(self):
        """Remove what was pinned."""
        self.ghosts.clear()


class Saturation(Panel):
    """The gauge as a panel; made by `calphos.panels.saturation`."""

    def __init__(self, sliders, *, constants="default", **options):
        self.constants = constants
        self.healthy = self._solve({name: solution_slider(name).value for name in ("calcium", "phosphate")})
        super().__init__(sliders, **options)

    def _solve(self, settings):
        found = speciate(**settings, constants=self.constants)
        rest = {name: value for name, value in settings.items() if name not in ("calcium", "phosphate")}
        x, y = np.linspace(*_CALCIUM, 16), np.linspace(_PHOSPHATE[0], _PHOSPHATE[1], 24)
        index = saturation_map(x, y, constants=self.constants, **rest).saturation_index["brushite"]
        crossing = [np.interp(0, row, x, left=np.nan, right=np.nan) for row in np.asarray(index)]
        start = {name: solution_slider(name).value for name in ("calcium", "phosphate") if name not in settings}
        return {
            **start,
            **settings,
            "brushite": (np.array(crossing), y),
            "ionised_calcium": float(found.ionised_calcium),
            "index": dict(found.saturation_index),
            "per_ion": dict(found.saturation_per_ion),
        }

    def _make_drawing(self, units, lecture):
        return Gauge(self.healthy, units=units, lecture=lecture)

    def _words(self, result, units):
        product = quantity("calcium_phosphate_product")
        parts = [f"{spoken(label)} {_signed(result['index'][name])}" for name, label in MINERALS.items()]
        words = (
            f"ionised calcium {quantity('ionised_calcium').text(result['ionised_calcium'], units, with_unit=True)}; "
            f"Ca×P {product.text(result['calcium'] * result['phosphate'], units, with_unit=True)}; "
            f"saturation index (above 0: can form) {', '.join(parts)}"
        )
        alt = f"Map of calcium and phosphate with the line above which brushite forms, and five gauges. {words}."
        return words, alt


def saturation(
    sliders=("calcium", "phosphate", "ph"),
    *,
    presets=None,
    constants="default",
    units=SI,
    lecture=False,
    main=None,
    title="Saturation of plasma",
):
    """Return the saturation of plasma as a panel.

    `sliders` are names among calcium, phosphate, ph, magnesium, albumin, citrate and pco2, a dict of name to starting
    value, or ready `Slider`s;
    `constants` names a set of constants (`calphos.chemistry.speciation.constant_sets`).
    """
    own = {name: solution_slider(name) for name in _SOLUTION}
    return Saturation(
        make_sliders(sliders, own),
        constants=constants,
        presets=presets,
        units=units,
        lecture=lecture,
        main=main,
        title=title,
    )
