"""How near plasma is to each calcium phosphate, and what the product of calcium and phosphate does not say."""

import numpy as np

from calphos.chemistry.speciation import plasma, speciate
from calphos.drawing.gauge import CALCIUM, MINERALS, PHOSPHATE, Gauge, signed
from calphos.panels.panel import Panel
from calphos.panels.sliders import make_sliders, own_sliders
from calphos.tables.words import sentences, spoken


class Saturation(Panel):
    """The saturation of plasma (`panels.saturation`).

    `sliders` are names among calcium, phosphate, ph, magnesium, albumin, citrate and pco2, a dict of name to starting
    value, or ready `Slider`s; each starts at healthy plasma (`data/plasma.csv`). `constants` names a set of constants
    (`calphos.chemistry.speciation.constant_sets`); the other options are those of every panel.

    >>> Saturation(["ph"]).set(ph=7.6)
    'pH 7.60: ionised calcium ...'
    """

    kind = "saturation"
    draws = Gauge

    def __init__(self, sliders=("calcium", "phosphate", "ph"), *, constants="default", **options):
        made = make_sliders(sliders, own_sliders("saturation", plasma()))
        super().__init__(made, **{**sentences("saturation"), **options})
        self.constants = constants
        self.healthy = self._solve({})

    def _solve(self, settings):
        state = {"calcium": plasma()["calcium"], "phosphate": plasma()["phosphate"], **settings}
        found = speciate(**state, constants=self.constants)
        rest = {name: value for name, value in settings.items() if name not in ("calcium", "phosphate")}
        # Two steps beyond the axis, so that the line reaches its edge.
        x, y = CALCIUM[0] + np.ptp(CALCIUM) * np.arange(18) / 15, np.linspace(*PHOSPHATE, 24)
        index = speciate(x, y[:, None], constants=self.constants, **rest).saturation_index["brushite"]
        crossing = [np.interp(0, row, x, left=np.nan, right=np.nan) for row in index]
        return {
            **state,
            "brushite": (np.array(crossing), y),
            "ionised_calcium": float(found.ionised_calcium),
            "index": dict(found.saturation_index),
            "per_ion": dict(found.saturation_per_ion),
        }

    def numbers(self, result):
        """Return ionised_calcium, calcium_phosphate_product, and the saturation `indices` as a text."""
        parts = [f"{spoken(label)} {signed(result['index'][name])}" for name, (label, _) in MINERALS.items()]
        product = result["calcium"] * result["phosphate"]
        found = {"ionised_calcium": result["ionised_calcium"], "calcium_phosphate_product": product}
        return {**found, "indices": ", ".join(parts)}
