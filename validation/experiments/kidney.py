"""Nephrons lost and won: chronic kidney disease, donors, transplants; and what a population of patients shows."""

import functools

import numpy as np
from scipy.stats import norm

from calphos import convert, decline, simulate
from calphos.model.cohort import people, simulate_cohort
from calphos.model.profiles import Profile
from experiments.setting import YEAR, course, dialysis_start, patient, share

NORMAL_PTH_LIMIT = convert(65, "pth", to="SI")  # 65 pg/mL
RAISED_PTH = convert(70, "pth", to="SI")  # 70 pg/mL, the limit of C16
HIGH_PHOSPHATE = convert(4.5, "phosphate", to="SI")  # 4.5 mg/dL
LOW_CALCIUM = 2.10  # mmol/L


def health(settings):
    """C01-C05, C07: a month of health. They hold by construction."""
    found = course(settings, days=30).final
    names = {"C01": "ionised_calcium", "C02": "total_calcium", "C03": "phosphate", "C04": "pth", "C05": "calcitriol"}
    return {key: found[name] for key, name in {**names, "C07": "urine_phosphate"}.items()}


@functools.lru_cache(maxsize=2)
def _decline(items):
    return simulate(patient(dict(items), gfr=decline(100, 10, years=10)), years=10)


def slow_decline(settings):
    """GFR from 100 to 10 in ten years: the course that several experiments read."""
    return _decline(tuple(sorted(settings.items())))


def onset(run, name, level, rising=True):
    """GFR at which a quantity first passes a level in a decline (0 if it never does)."""
    values = run[name].to_numpy()
    passed = values > level if rising else values < level
    return float(run["gfr"].to_numpy()[np.argmax(passed)]) if passed.any() else 0.0


def onsets(run):
    """GFR at which each disturbance of chronic kidney disease appears."""
    return {
        "fgf23": onset(run, "fgf23", 1.5 * run["fgf23"].iloc[0]),
        "pth": onset(run, "pth", NORMAL_PTH_LIMIT),
        "phosphate": onset(run, "phosphate", HIGH_PHOSPHATE),
        "calcium": onset(run, "total_calcium", LOW_CALCIUM, rising=False),
    }


def order_of_events(settings):
    """C12 on a decline from 100 to 10 in ten years."""
    found = onsets(slow_decline(settings))
    return {"C12": float(found["fgf23"] > max(found["pth"], found["phosphate"]))}


def normal_above_gfr_30(settings):
    """C19 on a decline from 100 to 10 in ten years."""
    found = onsets(slow_decline(settings))
    return {"C19": float(found["calcium"] < 30 and found["phosphate"] < 30)}


def klotho_in_ckd(settings):
    """C21, C26: at a GFR of 45 on a decline from 100 to 10 in ten years."""
    run = slow_decline(settings)

    def changed(name):
        return float(np.interp(-45, -run["gfr"].to_numpy(), run[name])) / run[name].iloc[0]

    return {"C21": changed("klotho"), "C26": changed("fgf23")}


def pth_spread(gfr):
    """Assumed standard deviation of log PTH between people: wider the fewer nephrons are left."""
    return 0.30 + 0.32 * (1 - np.minimum(gfr, 100) / 100)


def ckd_stages_3_to_5(settings):
    """C13-C15: the average over GFR 10 to 55 of a decline in ten years, over its start.

    The study prints means of a cohort; a log-normal spread of PTH lifts the mean above the mean patient's value.
    """
    table = slow_decline(settings).table()
    first, mixed = table.iloc[0], table[table["gfr"] <= 55.5]
    lifted = (mixed["pth"] * np.exp(pth_spread(mixed["gfr"]) ** 2 / 2)).mean()
    return {
        "C13": mixed["phosphate"].mean() / first["phosphate"],
        "C14": mixed["calcitriol"].mean() / first["calcitriol"],
        "C15": lifted / (first["pth"] * np.exp(pth_spread(100) ** 2 / 2)),
    }


def _shares(settings, name, limit, ranges):
    """Per cent of people above a limit in ranges of GFR: the mean patient with the assumed spread around him."""
    run = slow_decline(settings)
    gfr, values = run["gfr"].to_numpy(), run[name].to_numpy()
    if name == "pth":
        distance = np.log(values / limit) / pth_spread(gfr)
    else:
        distance = (values - limit) / (0.12 + 0.05 * (1 - np.minimum(gfr, 100) / 100))
    above = 100 * norm.cdf(distance)
    return [above[(gfr >= low) & (gfr <= high)].mean() for low, high in ranges]


def pth_in_the_population(settings):
    """C16, from the mean patient and an assumed spread between people (log-normal PTH)."""
    shares = _shares(settings, "pth", RAISED_PTH, ((60, 100), (45, 60), (30, 45)))
    return dict(zip(("C16a", "C16b", "C16c"), shares, strict=True))


def complications_by_gfr(settings):
    """C17 and C18, from the mean patient and an assumed spread between people (log-normal PTH, normal phosphate)."""
    ranges = ((60, 90), (10, 20))
    found = _shares(settings, "pth", NORMAL_PTH_LIMIT, ranges) + _shares(settings, "phosphate", HIGH_PHOSPHATE, ranges)
    return dict(zip(("C17a", "C17b", "C18a", "C18b"), found, strict=True))


def virtual_cohort(settings, count=1000):
    """C13-C18 once more, from people whose parameters differ as data/variation.csv assumes; GFR 110 to 5 in ten years."""
    everyone = people(count, patient(settings, gfr=decline(110, 5, years=10)), seed=3)
    names = ["gfr", "pth", "phosphate", "calcitriol"]
    table = simulate_cohort(everyone, years=10, points=106, quantities=names)
    gfr = table["gfr"]
    control, mixed = table[gfr >= 95].mean(), table[(gfr >= 10) & (gfr <= 55)].mean()

    def above(name, limit, *ranges):
        return [100 * (table.loc[(gfr >= low) & (gfr < high), name] > limit).mean() for low, high in ranges]

    ratios = [mixed[name] / control[name] for name in ("phosphate", "calcitriol", "pth")]
    shares = above("pth", RAISED_PTH, (60, 111), (45, 60), (30, 45))
    shares += above("pth", NORMAL_PTH_LIMIT, (60, 90), (10, 20)) + above(
        "phosphate", HIGH_PHOSPHATE, (60, 90), (10, 20)
    )
    keys = ["C13", "C14", "C15", "C16a", "C16b", "C16c", "C17a", "C17b", "C18a", "C18b"]
    return dict(zip(keys, ratios + shares, strict=True))


def donors_karma(settings):
    """N01: GFR from 100 to 62 at once and to 80 within a year (84, 52 and 68 are printed). The operation is left out."""
    run = course(settings, days=YEAR, points=np.r_[0:8, 42, YEAR], gfr=Profile(((0, 62), (YEAR * 24, 80))))
    before, first, year = course(settings, days=1).final, run.at(days=1), run.final
    early = run.table().iloc[1:4]
    return {
        "N01a": share(first, before, "phosphate"),
        "N01b": early["phosphate"].iloc[1:].min() / before["phosphate"],
        "N01c": share(run.at(days=42), before, "phosphate"),
        "N01d": early["pth"].mean() / before["pth"],
        "N01e": early["fgf23"].mean() / before["fgf23"],
        "N01f": share(year, before, "fgf23"),
        "N01g": share(first, before, "klotho"),
    }


def donors_altold(settings):
    """N03: GFR from 100 to 66 at once and 70 from six months on (the fall is not in the abstract); controls are health."""
    half = YEAR / 2
    profile = Profile(((0, 66), (half * 24, 70)))
    run = course(settings, days=3 * YEAR, points=np.array([0, half, 3 * YEAR]), gfr=profile)
    before, early, late = course(settings, days=1).final, run.at(days=half), run.final
    names = ("pth", "fgf23", "phosphate", "calcitriol")
    ratios = share(early, before, *names) + share(late, before, *names)
    kept = [100 - x["fractional_excretion_phosphate"] for x in (early, before)]
    return dict(zip([f"N03{key}" for key in "abcdefghi"], [*ratios, kept[0] / kept[1]], strict=True))


def transplant(settings):
    """N05: after dialysis GFR rises from 3 to 50 within a week; the match has had a GFR of 50 for eight years.

    The GFR reached is not in the abstract. Drugs against rejection, which act on bone and phosphate, are left out.
    """
    start = dialysis_start(settings)
    match = course(settings, days=8 * YEAR, gfr=decline(100, 50, years=4)).final
    graft = Profile(((0, 3), (7 * 24, 50)))
    run = course(settings, start, days=YEAR, points=np.array([0, 7, 91, YEAR]), gfr=graft)
    third, year = run.at(days=91), run.final
    ratios = share(year, match, "fgf23", "pth", "total_calcium", "phosphate")
    return {
        "N05a": share(start.final, match, "fgf23"),
        "N05b": share(third, match, "fgf23"),
        **dict(zip(("N05c", "N05d", "N05e", "N05f"), ratios, strict=True)),
        "N05g": third["fractional_excretion_phosphate"],
        "N05h": year["fractional_excretion_phosphate"],
    }
