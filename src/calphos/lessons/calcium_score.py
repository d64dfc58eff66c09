"""An artery on a made-up CT: how the calcium score follows from threshold, density and slice thickness.

The picture is computed, not scanned: two calcified spots in soft tissue, blurred as a scanner blurs.
"""

import numpy as np
from scipy import ndimage

from calphos.drawing.lessons import LENGTH, PIXEL, SIDE, CtDrawing
from calphos.panels.panel import Panel
from calphos.panels.sliders import own_sliders

# Weights by the densest pixel of a spot, as they are conventionally given (the original table was not read).
WEIGHTS = ((130, 1), (200, 2), (300, 3), (400, 4))
STEP = 0.25  # mm along the body
SMALLEST = 1.0  # mm2: smaller spots are left out
TISSUE = 50.0  # HU of the tissue around
# (x, y, z) of the middle, widths and share of the peak density of two spots, mm: assumed for the exercise.
SPOTS = (((-2.5, 1.0, -0.6), (2.0, 1.4, 2.3), 1.0), ((4.5, -3.0, 3.1), (0.9, 0.9, 0.9), 0.75))


def synthetic_ct(density=450.0, thickness=3.0):
    """Return (slices, middles): densities in HU, shape (slices, y, x), and the slices' positions in mm.

    `density` is the peak of the larger spot in HU, `thickness` of a slice in mm: each slice is the average over it.
    """
    across = np.arange(-SIDE / 2 + PIXEL / 2, SIDE / 2, PIXEL)
    along = np.arange(-LENGTH / 2 + STEP / 2, LENGTH / 2, STEP)
    z, y, x = np.meshgrid(along, across, across, indexing="ij")
    body = np.full(z.shape, TISSUE)
    for (x0, y0, z0), (wx, wy, wz), share in SPOTS:
        away = ((x - x0) / wx) ** 2 + ((y - y0) / wy) ** 2 + ((z - z0) / wz) ** 2
        body += (density * share - TISSUE) * np.exp(-away / 2)
    starts = np.arange(-LENGTH / 2, LENGTH / 2 - 1e-9, thickness)
    owner = np.digitize(along, starts) - 1
    slices = np.array([body[owner == number].mean(axis=0) for number in range(len(starts))])
    return slices, starts + thickness / 2


def agatston(slices, thickness=3.0, threshold=130.0):
    """Return (score, share of each slice) for CT slices in HU with pixels of 0.5 mm.

    Spots are pixels at or above `threshold` that touch; each counts area [mm2] times weight (1 from 130, 2 from 200, 3 from
    300, 4 from 400 HU), summed and scaled to slices of 3 mm.
    """
    parts = np.zeros(len(slices))
    for number, picture in enumerate(slices):
        spots, count = ndimage.label(picture >= threshold)
        for spot in range(1, count + 1):
            inside = picture[spots == spot]
            area = inside.size * PIXEL**2
            if area >= SMALLEST:
                # Below 130 HU, where a threshold can be set, a pixel weighs as at 130.
                parts[number] += area * max((weight for limit, weight in WEIGHTS if inside.max() >= limit), default=1)
    parts *= thickness / 3
    return float(parts.sum()), parts


class AgatstonPanel(Panel):
    """A made-up CT (`differential.agatston_panel`): move threshold, slice thickness and density, watch the score."""

    kind = "agatston"
    main = "thickness"
    has_units = False
    draws = CtDrawing

    def __init__(self, **options):
        super().__init__(own_sliders("agatston").values(), **options)

    def _solve(self, settings):
        slices, middles = synthetic_ct(settings["density"], settings["thickness"])
        score, parts = agatston(slices, settings["thickness"], settings["threshold"])
        shown = int(np.argmin(abs(middles - SPOTS[0][0][2])))
        seen = {"picture": slices[shown], "marked": slices[shown] >= settings["threshold"]}
        return {**seen, "middles": middles, "parts": parts, "score": score, "thickness": settings["thickness"]}

    def numbers(self, result):
        """Return what the summary tells, as texts."""
        parts = result["parts"]
        return {"score": f"{result['score']:.0f}", "cut": f"{np.count_nonzero(parts)}", "slices": f"{len(parts)}"}
