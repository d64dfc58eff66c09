"""Calcium: loads and infusions, deprivation, thiazides, tumours, antiresorptives."""

import numpy as np

from calphos import convert, simulate
from calphos.model.profiles import Profile
from experiments.setting import (
    ANURIC,
    YEAR,
    course,
    crossing,
    dialysis_start,
    final,
    highest,
    load,
    match,
    milligrams,
    patient,
    share,
)


def calcium_load_and_deprivation(settings):
    """N14: 70 mmol of calcium a day as carbonate on a diet of 25 for four days; then a diet of 2 for four days."""
    loaded = course(settings, days=4, points=9, calcium_binder=milligrams(70))
    before = loaded.at(days=0)
    deprived = final(settings, days=4, diet_calcium=2.0)
    return {
        "N14a": share(loaded.final, before, "calcitriol"),
        "N14b": share(loaded.at(days=1), before, "calcitriol"),
        "N14c": share(deprived, before, "calcitriol"),
    }


def oral_calcium_gram(settings):
    """N17: 25 mmol of calcium by mouth after twelve hours without food, none for six hours more; four salts as one."""
    fasting = patient(settings, diet_calcium=load(25.0, 12.0), diet_phosphate=0.0)
    run = simulate(fasting, hours=18, points=18 * 6 + 1)
    before, after = run.at(hours=12), run.table()[run.hours >= 12]
    return {"N17a": after["total_calcium"].max() / before["total_calcium"], "N17b": after["pth"].min() / before["pth"]}


def calcium_infusion_6h(settings):
    """N18: 75 kg (assumed), 1.9 mmol of calcium in 20 minutes, then 1.9 mmol/h; calcidiol 36 nmol/L for two years.

    The men were paralysed for years: bone is taken to have settled, so that no immobilisation is set.
    """
    sun = {"sunlight": 36 / patient(settings).value("healthy_calcidiol")}
    start = course(settings, days=2 * YEAR, **sun)
    rate = Profile(((0, 5.625), (1 / 3, 5.625), (1 / 3, 1.875), (6.4, 1.875)))
    run = simulate(patient(settings, **sun, calcium_infusion=rate), hours=6, points=13, start=start)
    found = {}
    for hours, keys in ((2, "ab"), (4, "cd"), (6, "ef")):
        ratios = share(run.at(hours=hours), run.at(hours=0), "total_calcium", "pth")
        found.update({f"N18{key}": ratio for key, ratio in zip(keys, ratios, strict=True)})
    return found


def thiazide_parfitt(settings):
    """X01: a thiazide for a week; drug and dose are not in the abstract, 50 mg of hydrochlorothiazide is assumed.

    Hypercalciuria: a healthy person who eats 45 mmol of calcium a day (assumed). Hypoparathyroidism: hardly any gland for
    two years, with the calcitriol that gives the printed calcium (the patients took vitamin D).
    """
    rich = course(settings, days=90, diet_calcium=45.0)
    week = course(settings, rich, days=7, points=8, diet_calcium=45.0, thiazide=50.0)
    before = rich.final
    missing = {"glands_removed": highest("glands_removed")}

    def replaced(dose):
        return course(settings, days=2 * YEAR, **missing, active_vitamin_d=dose)

    goal = convert(10.09, "total_calcium", to="SI")
    dose = match(lambda x: replaced(x).final["total_calcium"] - goal, 0.0, highest("active_vitamin_d"))
    hypo = replaced(dose)
    treated = course(settings, hypo, days=7, points=8, **missing, active_vitamin_d=dose, thiazide=50.0)
    return {
        "X01a": share(week.at(days=4), before, "urine_calcium"),
        "X01b": share(treated.at(days=4), hypo.final, "total_calcium"),
        "X01c": share(treated.final, hypo.final, "urine_calcium"),
        "X01d": share(week.final, before, "total_calcium"),
    }


def thiazide_calcidiol(settings):
    """X03: 50 µg of calcidiol a day, then 50 mg of hydrochlorothiazide with it; three months each (assumed)."""
    before = course(settings, days=90, oral_calcidiol=50.0)
    after = final(settings, before, days=90, oral_calcidiol=50.0, thiazide=50.0)
    absorbed = [x["calcium_absorbed"] / x["calcium_eaten"] for x in (after, before.final)]
    return {
        "X03a": share(after, before.final, "calcitriol"),
        "X03b": share(after, before.final, "urine_calcium"),
        "X03c": absorbed[0] / absorbed[1],
    }


def _days_to_normal(settings, cause):
    """Days from an antiresorptive to a total calcium of 2.7 mmol/L (31 if it takes longer than 30); the cause goes on."""

    def ill(amount):
        return course(settings, days=60, **{cause: amount})

    amount = match(lambda x: ill(x).final["total_calcium"] - 3.3, 0.0, highest(cause))
    run = course(settings, ill(amount), days=30, points=241, **{cause: amount}, antiresorptive=0.95)
    days = crossing(run, "total_calcium", 2.7)
    return 31.0 if days is None else days


def malignancy_zoledronate(settings):
    """N38: two months of bone destruction or PTHrP that bring total calcium to 3.3 mmol/L, then resorption stopped by 0.95.

    The trials print no cause and no calcium at the start but 3.0 or more; fluids, which all had, are left out.
    """
    return {"N38a": _days_to_normal(settings, "bone_destruction"), "N38b": _days_to_normal(settings, "pthrp")}


def calcium_carbonate_in_ckd(settings):
    """V08: 1500 mg of calcium as carbonate a day for three weeks at GFR 36; balance of the last two."""
    start = course(settings, days=5 * YEAR, gfr=36)
    run = course(settings, start, days=21, points=22, gfr=36, calcium_binder=1500)
    before = start.final
    return {
        "V08a": run["calcium_balance"].iloc[7:].mean() - before["calcium_balance"],
        "V08b": run.final["total_calcium"] - before["total_calcium"],
        "V08c": run.final["phosphate"] - before["phosphate"],
    }


def denosumab(settings):
    """V06: lowest total calcium in 12 weeks after the drug, in dialysis and in health."""
    start = dialysis_start(settings)
    ill = course(settings, start, days=84, points=85, **ANURIC, antiresorptive=0.95)["total_calcium"]
    well = course(settings, days=84, points=85, antiresorptive=0.95)["total_calcium"]
    return {"V06a": np.min(ill), "V06b": np.min(well)}
