"""Parathyroid glands: clamps of calcium, adenomas, operations, calcimimetics, receptors, missing glands."""

import numpy as np

from calphos import convert, simulate
from calphos.model.profiles import Profile
from experiments.setting import (
    ANURIC,
    CREATININE_RATIO,
    FULL_DOSE,
    YEAR,
    course,
    dialysis_start,
    final,
    grown,
    highest,
    injections,
    match,
    milligrams,
    patient as person,
    share,
)


def _clamp(settings, name, to, first):
    """PTH over two hours, of before, while an infusion brings ionised calcium to `to` times its start."""

    def run(rate):
        return simulate(person(settings, **{name: rate}), hours=2, points=25)

    def miss(rate):
        calcium = run(rate)["ionised_calcium"]
        return calcium.iloc[-1] / calcium.iloc[0] - to

    pth = run(match(miss, 0.0, first, tolerance=1e-5))["pth"]
    return pth / pth.iloc[0]


def citrate_and_calcium_infusions(settings):
    """C08, C09: two hours of citrate, then of calcium, at the rate that gives the printed ionised calcium."""
    citrate = _clamp(settings, "citrate_infusion", 0.774, highest("citrate_infusion"))
    calcium = _clamp(settings, "calcium_infusion", 1.18, highest("calcium_infusion"))
    return {"C08": citrate.iloc[-1], "C09": calcium.iloc[-1]}


def edta_and_calcium_clamps(settings):
    """C10, C11. The study prints no calcium: 0.80 and 1.18 of before are assumed, and citrate stands for EDTA."""
    low = _clamp(settings, "citrate_infusion", 0.80, highest("citrate_infusion"))
    high = _clamp(settings, "calcium_infusion", 1.18, highest("calcium_infusion"))
    return {"C10": low.max(), "C11": high.min()}


def etelcalcetide(settings):
    """C25: 26 weeks on a full dose against 26 weeks without. The drug is given in the model's unit, as cinacalcet."""
    start = dialysis_start(settings)
    without = final(settings, start, days=182, **ANURIC)
    drug = final(settings, start, days=182, **ANURIC, calcimimetic=FULL_DOSE)
    return {"C25": share(drug, without, "pth")}


def phpt_and_diet(settings):
    """N20: an adenoma that grows over eight years (assumed) to the printed calcium; then a year on either diet."""
    mass, ill = grown(settings, 2.79)
    now = ill.final
    low, high = (final(settings, ill, days=YEAR, adenoma=mass, diet_calcium=diet) for diet in (5.0, 25.5))
    ratios = share(low, high, "pth", "total_calcium", "urine_calcium")
    return {
        "N20a": now["phosphate"],
        "N20b": convert(now["pth"], "pth"),
        "N20c": convert(now["calcitriol"], "calcitriol"),
        "N20d": now["urine_calcium"],
        **dict(zip(("N20e", "N20f", "N20g"), ratios, strict=True)),
    }


def phpt_surgery(settings):
    """N21: an adenoma that grows over eight years (assumed) to the printed calcium and is taken out at nine o'clock."""
    _mass, ill = grown(settings, 2.89)
    before = ill.final
    after = course(settings, ill, days=8, points=8 * 24 + 1)
    evening, morning, week = after.at(hours=10), after.at(hours=24), after.at(days=7)
    return {
        "N21a": convert(before["pth"], "pth"),
        "N21b": share(evening, before, "pth"),
        "N21c": share(evening, before, "total_calcium"),
        "N21d": share(morning, before, "ionised_calcium"),
        "N21e": week["pth"],
        "N21f": week["total_calcium"],
    }


def phpt_cinacalcet(settings):
    """N22: an adenoma grown to the printed calcium, then the drug for 28 weeks.

    The mean dose is not in the abstract. For the change of PTH it is chosen so that calcium falls by 0.37 mmol/L, the
    fall in a meta-regression; whether calcium becomes normal is asked of the full dose.
    """
    mass, ill = grown(settings, 2.94)
    before = ill.final

    def treated(dose):
        return final(settings, ill, days=196, adenoma=mass, calcimimetic=dose)

    dose = match(lambda x: before["total_calcium"] - treated(x)["total_calcium"] - 0.37, 0.0, FULL_DOSE)
    return {
        "N22a": 100 * (share(treated(dose), before, "pth") - 1),
        "N22b": convert(before["pth"], "pth"),
        "N22c": treated(FULL_DOSE)["total_calcium"],
    }


def fhh(settings):
    """N25: the set point of the calcium-sensing receptor that gives the printed median calcium after ten years."""

    def carrier(shift):
        return final(settings, days=10 * YEAR, casr_set_point=shift)

    found = carrier(match(lambda x: carrier(x)["total_calcium"] - 2.72, 1.0, highest("casr_set_point")))
    return {"N25a": found["urine_calcium"], "N25b": convert(found["pth"], "pth"), "N25c": found[CREATININE_RATIO]}


def hypoparathyroidism_pth(settings):
    """N28: 75 µg of rhPTH(1-84) a day in place of calcitriol and half the calcium.

    Before: hardly any gland for two years, 25 mmol of calcium a day and the calcitriol that gives a total calcium of 2.12
    mmol/L (assumed). Then 53 % of each dose enters the blood over eight hours (assumed) and calcium is halved: two months
    at the mean rate and three weeks of injections, of which the last day is averaged.
    """
    missing = {"glands_removed": highest("glands_removed")}

    def conventional(dose, days=2 * YEAR):
        salts = milligrams(25)
        return course(settings, days=days, **missing, active_vitamin_d=dose, calcium_binder=salts)

    dose = match(lambda x: conventional(x).final["total_calcium"] - 2.12, 0.0, highest("active_vitamin_d"))
    before = conventional(dose)
    dose = 75e6 / 9425 * 0.53
    salts = {**missing, "calcium_binder": milligrams(12.5)}
    settled = course(settings, before, days=60, **salts, pth_infusion=dose / 24)
    hours = np.append(0.0, np.arange(20 * 24, 21 * 24 + 1.0))
    on_pth = person(settings, **salts, pth_infusion=injections(dose, daily=True))
    day = simulate(on_pth, hours=21 * 24, points=hours, start=settled).table().iloc[2:].mean()
    return {
        "N28a": day["phosphate"] - before.final["phosphate"],
        "N28b": day["urine_calcium"] - before.final["urine_calcium"],
        "N28c": day["total_calcium"],
    }


def pth_infusion_week(settings):
    """N15: PTH(1-34), 2 pmol/kg/h in a person of 70 kg (assumed), for a week.

    Own PTH is what the model's PTH holds beyond the infused (rate over clearance, at a normal GFR).
    """
    rate = 140.0
    run = course(settings, days=7, points=29, pth_infusion=rate)
    before, after = run.at(days=0), run.final
    some = person(settings)
    clearance = np.log(2) * 60 / some.value("pth_half_life") * some.value("pth_volume")
    return {
        "N15a": share(after, before, "total_calcium"),
        "N15b": share(after, before, "calcitriol"),
        "N15c": share(after, before, "tmp_gfr"),
        "N15d": share(after, before, "bone_formation"),
        "N15e": share(after, before, "urine_calcium"),
        "N15f": max(after["pth"] - rate / clearance, 0.0) / before["pth"],
    }


def teriparatide_once(settings):
    """C24: 20 µg of teriparatide (4118 g/mol), 95 % absorbed with a half-time of an hour (assumed)."""
    times = np.concatenate(([0.0, 0.05], np.arange(0.5, 12.1, 0.5)))
    rate = np.log(2) * 20e6 / 4118 * 0.95 * np.exp(-np.log(2) * times)
    rate[0], rate[-1] = 0.0, 0.0
    dose = Profile(tuple(zip(times, rate, strict=True)))
    run = simulate(person(settings, pth_infusion=dose), hours=4.25, points=3)
    return {"C24": run.final["total_calcium"] - run.at(hours=0)["total_calcium"]}
