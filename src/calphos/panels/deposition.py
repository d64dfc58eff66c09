"""Where mineral settles: a site map of the body, what can still dissolve and what cannot.

Every rate is assumed (`calphos.chemistry.sites.ASSUMED`): sites and settings can be compared, amounts cannot be read off.
"""

from dataclasses import replace
from functools import lru_cache

from calphos.chemistry import sites as model
from calphos.drawing.sitemap import SiteMap, short
from calphos.model.profiles import DAY, YEAR
from calphos.panels.panel import Panel
from calphos.panels.plan import disorder_entries, read, run_of
from calphos.panels.sliders import make_sliders, own_sliders
from calphos.tables.errors import find
from calphos.tables.words import sentences


@lru_cache(maxsize=64)
def _healthy(years):
    """What the model lays down in health: a trace, which is taken off everywhere."""
    return model.site_table(years=years)


class Deposition(Panel):
    """The site map (`panels.deposition`).

    sliders  "years" (how long), "ph" and "injury" (at every site), and names of inputs in `data/parameters.csv`
    kind     one of `calphos.chemistry.sites.kinds`; `kinds` lists several for the menu

    The other options are those of every panel. Raises InputError for unknown names.

    >>> Deposition(["years", "fetuin_a"]).set(years=5)
    'Time 5.0 years: calcium 0.0 mmol beyond health (assumed rates), ...'
    """

    kind = "deposition"

    def __init__(
        self, sliders=("years", "fetuin_a", "pyrophosphate", "magnesium"), *, kind=None, kinds=None, years=10, **options
    ):
        named = list(kinds or ([kind] if kind else ()))
        own = own_sliders("deposition", {"years": years})
        if named:
            options["presets"] = {**({"health": {}} if kinds else {}), **{name: _kind_settings(name) for name in named}}
            own["injury"] = replace(own["injury"], value=None, unset=own["ph"].unset)  # injured sites differ
        made = make_sliders(sliders, own)
        ends = [[value, value * YEAR / DAY] for value in (own["years"].lower, own["years"].upper)]
        days = {"slider": "years", "points": ends} if "years" in made else years * YEAR / DAY
        run = run_of([name for name in made if name not in own], days)
        super().__init__(made, run=run, **{**sentences("deposition"), **options})

    def _solve(self, settings):
        at_sites = {name: settings.get(name) for name in ("kind", "ph", "injury")}
        blood = {name: value for name, value in settings.items() if name not in at_sites}
        years = round(read(self.run.days, settings) * DAY / YEAR, 6)
        table = model.site_table(self.run.person(blood), years=years, **at_sites)
        healthy = _healthy(years)
        for part in ("labile", "mature"):
            table[part] = (table[part] - healthy[part]).clip(lower=0)
        return table

    def make_drawing(self, units, lecture):
        return SiteMap(dict(model.sites()["label"]), units=units, lecture=lecture)

    def numbers(self, result):
        """Return mature_deposit@all, mature_deposit@labile, `where` (up to three sites) and `ripening` as a text."""
        total = (result["labile"] + result["mature"]).round(3)
        # Rounded and stable: sites that hold the same keep the order of the table, whatever the solver's last digit.
        order = total.sort_values(ascending=False, kind="stable")
        where = ", ".join(short(result.at[site, "label"]).lower() for site in order.index[:3])
        amount = float(result["labile"].sum() + result["mature"].sum())
        return {
            "mature_deposit@all": amount,
            "mature_deposit@labile": float(result["labile"].sum()),
            "where": f"; sites with most: {where}" if amount >= 0.05 else "",
            "ripening": f"{result.attrs['ripening_time']:.0f} min",
        }


def _kind_settings(name):
    """Return a kind of calcification as settings: those of its disorder, so that sliders move to them, and its sites."""
    row = model.kinds().loc[find(name, model.kinds().index, "kind of calcification")]
    brought = disorder_entries(row["disorder"], row["severity"]) if row["disorder"] else {}
    return {**brought, "kind": name, "injury": None}
