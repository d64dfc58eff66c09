"""An artery on a made-up CT: how the calcium score follows from threshold, density and slice thickness.

The picture is computed, not scanned: two calcified spots in soft tissue, blurred as a scanner blurs. Agatston's score adds,
over all slices, the area above a threshold times a weight from the densest pixel.
"""

import numpy as np
from scipy import ndimage

from calphos.drawing.pictures import new_picture, style
from calphos.panels.panel import Panel
from calphos.panels.sliders import Slider

# Weights by the densest pixel of a spot, as they are conventionally given (the original table was not read).
_WEIGHTS = ((130, 1), (200, 2), (300, 3), (400, 4))
_PIXEL = 0.5  # mm
_STEP = 0.25  # mm along the body
_SMALLEST = 1.0  # mm2: smaller spots are left out
_SIDE, _LENGTH = 24.0, 24.0  # mm shown across and along
_TISSUE = 50.0  # HU of the tissue around
# (x, y, z) of the middle, widths and share of the peak density of two spots, mm: assumed for the exercise.
_SPOTS = (((-2.5, 1.0, -0.6), (2.0, 1.4, 2.3), 1.0), ((4.5, -3.0, 3.1), (0.9, 0.9, 0.9), 0.75))
_SLICES = int(_LENGTH)  # most slices that can occur


def synthetic_ct(density=450.0, thickness=3.0):
    """Return (slices, middles): densities in HU, shape (slices, y, x), and the slices' positions in mm.

    `density` is the peak of the larger spot in HU, `thickness` of a slice in mm: each slice is the average over it.
    """
    across = np.arange(-_SIDE / 2 + _PIXEL / 2, _SIDE / 2, _PIXEL)
    along = np.arange(-_LENGTH / 2 + _STEP / 2, _LENGTH / 2, _STEP)
    z, y, x = np.meshgrid(along, across, across, indexing="ij")
    body = np.full(z.shape, _TISSUE)
    for (x0, y0, z0), (wx, wy, wz), share in _SPOTS:
        away = ((x - x0) / wx) ** 2 + ((y - y0) / wy) ** 2 + ((z - z0) / wz) ** 2
        body += (density * share - _TISSUE) * np.exp(-away / 2)
    edges = np.arange(-_LENGTH / 2, _LENGTH / 2 + 1e-9, thickness)
    owner = np.digitize(along, edges) - 1
    count = len(edges) - 1 if np.isclose(edges[-1], _LENGTH / 2) else len(edges)
    slices = np.array([body[owner == number].mean(axis=0) for number in range(count)])
    return slices, edges[:count] + thickness / 2


def agatston(slices, thickness=3.0, threshold=130.0):
    """Return (score, share of each slice) for CT slices in HU with pixels of 0.5 mm.

    Spots are pixels at or above `threshold` that touch; each counts area [mm2] times weight (1 from 130, 2 from 200, 3 from
    300, 4 from 400 HU), summed and scaled to slices of 3 mm.
    """
    parts = np.zeros(len(slices))
    for number, picture in enumerate(slices):
        spots, count = ndimage.label(picture >= threshold)
        for spot in range(1, count + 1):
            inside = spots == spot
            area = inside.sum() * _PIXEL**2
            if area >= _SMALLEST:
                parts[number] += area * _weight(picture[inside].max())
    parts *= thickness / 3
    return float(parts.sum()), parts


def _weight(peak):
    return max((weight for limit, weight in _WEIGHTS if peak >= limit), default=_WEIGHTS[0][1])


class AgatstonPanel(Panel):
    """A made-up CT and its calcium score; see `calphos.lessons.differential.agatston_panel`."""

    has_units = False

    def _solve(self, settings):
        slices, middles = synthetic_ct(settings["density"], settings["thickness"])
        score, parts = agatston(slices, settings["thickness"], settings["threshold"])
        shown = int(np.argmin(abs(middles - _SPOTS[0][0][2])))
        return {
            "picture": slices[shown],
            "marked": slices[shown] >= settings["threshold"],
            "middles": middles,
            "parts": parts,
            "score": score,
            "thickness": settings["thickness"],
        }

    def _make_drawing(self, units, lecture):
        return _CtDrawing(lecture)

    def _words(self, result, units):
        cut = int((result["parts"] > 0).sum())
        words = f"calcium score {result['score']:.0f}, from {cut} of {len(result['parts'])} slices"
        alt = (
            f"Left, one slice of a made-up CT: a bright oval spot in grey tissue, pixels above the threshold dotted. Right, a "
            f"bar for each slice with what it adds to the score; together {result['score']:.0f}."
        )
        return words, alt


class _CtDrawing:
    """One slice as a picture with the counted pixels dotted, and a bar for each slice."""

    def __init__(self, lecture=False):
        scale = 1.25 if lecture else 1.0
        half = _SIDE / 2
        with style(scale):
            self.figure = new_picture(860 * scale, 420 * scale)
            view = self.figure.add_axes((0.07, 0.14, 0.38, 0.76))
            view.grid(False)
            view.set(xlabel="mm", ylabel="mm", xlim=(-half, half), ylim=(-half, half))
            view.set_title("The slice through the larger spot")
            empty = np.zeros((int(_SIDE / _PIXEL),) * 2)
            self.image = view.imshow(
                empty, cmap="gray", vmin=-50, vmax=500, extent=(-half, half, -half, half), origin="lower", animated=True
            )
            self.image.set_gid("slice")
            (self.dots,) = view.plot(
                [], [], linestyle="", marker=".", markersize=3.2 * scale, color="#f59e0b", animated=True
            )
            self.dots.set_gid("counted")
            chart = self.figure.add_axes((0.56, 0.14, 0.41, 0.76))
            chart.set(
                xlim=(-_LENGTH / 2, _LENGTH / 2),
                ylim=(0, 340),
                xlabel="Position along the body (mm)",
                ylabel="Added to the score",
            )
            chart.set_title("What each slice adds")
            self.bars = chart.bar(np.zeros(_SLICES), 0, color="#0b5394", edgecolor="white", animated=True)
            for number, bar in enumerate(self.bars):
                bar.set_gid(f"part-{number}")
            self.total = chart.text(-11, 308, "", fontsize=13 * scale, fontweight="bold", animated=True)
            self.total.set_gid("total")

    @property
    def moving(self):
        return [self.image, self.dots, *self.bars, self.total]

    def update(self, result):
        self.image.set_data(result["picture"])
        rows, columns = np.nonzero(result["marked"])
        offset = -_SIDE / 2 + _PIXEL / 2
        self.dots.set_data(columns * _PIXEL + offset, rows * _PIXEL + offset)
        for number, bar in enumerate(self.bars):
            known = number < len(result["parts"])
            bar.set_x(result["middles"][number] - result["thickness"] / 2 if known else 0)
            bar.set_width(result["thickness"] if known else 0)
            bar.set_height(result["parts"][number] if known else 0)
        self.total.set_text(f"Score {result['score']:.0f}")


def agatston_panel(**options):
    """Return a panel with a made-up CT: move threshold, slice thickness and density and watch the calcium score."""
    sliders = {
        "threshold": Slider(
            "threshold", "Threshold", "HU", 90, 250, 5, 130, "Pixels at or above this density are counted; 130 is usual"
        ),
        "thickness": Slider(
            "thickness", "Slice thickness", "mm", 1, 5, 0.5, 3, "Each slice is the average over this length; 3 is usual"
        ),
        "density": Slider(
            "density",
            "Density of the larger spot",
            "HU",
            100,
            800,
            10,
            450,
            "Peak density before the scanner averages it",
        ),
    }
    return AgatstonPanel(sliders, main="thickness", title="Counting calcium on CT", **options)
