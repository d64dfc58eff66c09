"""Panels of solution chemistry: how near plasma is to each calcium phosphate, and where in the body mineral settles.

Rates at sites are assumed (`calphos.chemistry.sites.ASSUMED`): sites and settings can be compared, amounts cannot be read off.
"""

from dataclasses import replace
from functools import lru_cache

import numpy as np

from calphos.chemistry import sites
from calphos.chemistry.speciation import plasma, speciate
from calphos.drawing.gauge import CALCIUM, MINERALS, PHOSPHATE, Gauge, signed
from calphos.drawing.sitemap import SiteMap
from calphos.model.profiles import DAY, YEAR
from calphos.panels.panel import Panel
from calphos.panels.plan import read
from calphos.panels.sliders import make_sliders, own_sliders
from calphos.tables.errors import find
from calphos.tables.words import spoken


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
        super().__init__(sliders, own=own_sliders("saturation", **plasma()), **options)
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


@lru_cache(maxsize=64)
def _healthy(years):
    """What the model lays down in health: a trace, which is taken off everywhere."""
    return sites.site_table(years=years)


class Deposition(Panel):
    """The site map (`panels.deposition`).

    sliders  "years" (how long), "ph" and "injury" (at every site), and names of inputs in `data/parameters.csv`
    kinds    of the table `calcification_kinds`: with one the panel starts, several are a menu below "health"

    The other options are those of every panel. Raises InputError for unknown names.

    >>> Deposition(["years", "fetuin_a"]).set(years=5)
    'Time 5.0 years: calcium 0.0 mmol beyond health (assumed rates), ...'
    """

    kind = "deposition"
    draws = SiteMap
    healthy = None  # what health lays down is taken off

    def __init__(self, sliders=("years", "fetuin_a", "pyrophosphate", "magnesium"), *, kinds=(), years=10, **options):
        self.names = dict(sites.by_name("sites")["short"])
        own = own_sliders("deposition", years=years)
        presets = {name: _kind_settings(name) for name in kinds}
        if presets:
            options["presets"] = presets if len(presets) == 1 else {"health": {}, **presets}
            own["injury"] = replace(own["injury"], value=None, unset=own["ph"].unset)  # injured sites differ
        made = make_sliders(sliders, own)
        ends = [[value, value * YEAR / DAY] for value in (own["years"].lower, own["years"].upper)]
        days = {"slider": "years", "points": ends} if "years" in made else years * YEAR / DAY
        super().__init__(made.values(), own=own, days=days, **options)

    def _solve(self, settings):
        at_sites = {name: settings.get(name) for name in ("kind", "ph", "injury")}
        blood = {name: value for name, value in settings.items() if name not in at_sites}
        years = round(read(self.run.days, settings) * DAY / YEAR, 6)
        table, parts = sites.site_table(self.run.person(blood), years=years, **at_sites), ["labile", "mature"]
        table[parts] = (table[parts] - _healthy(years)[parts]).clip(lower=0)
        return table

    def numbers(self, result):
        """Return mature_deposit@all, mature_deposit@labile, `where` (up to three sites) and `ripening` as a text."""
        total, labile = result["labile"] + result["mature"], float(result["labile"].sum())
        # Rounded and stable: sites that hold the same keep the order of the table, whatever the solver's last digit.
        order = total.round(3).sort_values(ascending=False, kind="stable")
        where = ", ".join(self.names[site].lower() for site in order.index[:3])
        return {
            "mature_deposit@all": float(total.sum()),
            "mature_deposit@labile": labile,
            "where": f"; sites with most: {where}" if total.sum() >= 0.05 else "",
            "ripening": f"{result.attrs['ripening_time']:.0f} min",
        }


def _kind_settings(name):
    """Return a kind of calcification as a preset: its disorder, to whose settings sliders move, and its sites."""
    kinds = sites.by_name("calcification_kinds")
    row = kinds.loc[find(name, kinds.index, "kind of calcification")]
    ill = {"disorder": row["disorder"], "severity": row["severity"]} if row["disorder"] else {}
    return {**ill, "kind": name, "injury": None}
