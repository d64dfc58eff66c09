"""Experiments that were found after the form of the model and the set-ups of the others were fixed: all validate."""

import numpy as np

from calphos import convert, meals, sessions, simulate
from calphos.model.profiles import Profile
from experiments.setting import (
    ANURIC,
    CREATININE_RATIO,
    DIALYSIS_GFR,
    YEAR,
    before_sessions,
    course,
    dialysis_start,
    final,
    highest,
    load,
    match,
    milligrams,
    patient,
    rest,
    share,
)


def _both(after, before, **targets):
    """{target: after / before} of the quantity that each target names."""
    return {key: after[name] / before[name] for key, name in targets.items()}


def donors_tan(settings):
    """U01: GFR from 100 to 66 at once (creatinine 75 to 114 µmol/L), then held."""
    run = course(settings, days=YEAR / 2, points=np.array([0, 30, YEAR / 2]), gfr=Profile(((0, 66),)))
    before, month, half = rest(settings), run.at(days=30), run.final
    return {
        **_both(month, before, U01a="fgf23", U01b="klotho", U01d="pth"),
        "U01c": half["phosphate"] - before["phosphate"],
    }


def donors_korea(settings):
    """U02: GFR from 100 to 69 for six months (the printed fall of 31)."""
    run = course(settings, days=YEAR / 2, gfr=Profile(((0, 69),)))
    return _both(run.final, rest(settings), U02a="fractional_excretion_phosphate", U02b="pth", U02c="phosphate")


def nephrectomy(settings):
    """U03: GFR from 100 to 65 for five days (the fall is not in the abstract; assumed). C-terminal FGF-23 is left out."""
    run = course(settings, days=5, gfr=Profile(((0, 65),)))
    return _both(run.final, rest(settings), U03="klotho")


def calcitriol_week(settings):
    """U04: 2 µg of calcitriol a day for a week; the largest changes are printed."""
    run = course(settings, days=7, points=15, active_vitamin_d=2.0)
    return _both(run.final, rest(settings), U04a="total_calcium", U04b="urine_calcium", U04c="pth")


def calcitriol_doses(settings):
    """U05: a week on 0.5, and a week on 1 µg of calcitriol a day; each dose from health."""
    before = final(settings, days=7)
    low, high = (final(settings, days=7, active_vitamin_d=dose) for dose in (0.5, 1.0))
    return {**_both(low, before, U05a="urine_calcium"), **_both(high, before, U05b="urine_calcium")}


def calcitriol_and_thiazide(settings):
    """U06: 0.5 µg of calcitriol a day for four weeks, then with a thiazide for four (2 mg of trichlormethiazide as 25 mg
    of hydrochlorothiazide, assumed). The women started at a calcitriol of 60 pmol/L, the model starts at its own."""
    before = final(settings, days=28)
    on = course(settings, days=28, active_vitamin_d=0.5)
    both = final(settings, on, days=28, active_vitamin_d=0.5, thiazide=25.0)
    absorbed = [x["calcium_absorbed"] / x["calcium_eaten"] for x in (before, on.final, both)]
    return {
        **_both(on.final, before, U06a="calcitriol", U06b="urine_calcium"),
        **_both(both, on.final, U06c="urine_calcium"),
        "U06d": absorbed[1] / absorbed[0],
        "U06e": absorbed[2] / absorbed[1],
    }


def phosphate_intake(settings):
    """U07: three meals a day with 48, then 16 or 97 mmol of phosphate for ten days.

    The aluminium hydroxide that went with the restriction is taken to bind as much as 10 g of sevelamer (assumed).
    """

    def days(amount, start, **more):
        eater = patient(settings, diet_phosphate=meals(amount), **more)
        hours = np.r_[0.0, np.arange(9 * 24, 10 * 24 + 0.1)]
        run = simulate(eater, hours=240, points=hours, start=start)
        return run, run.table().iloc[1:].mean(), run.at(hours=9 * 24 + 8)

    usual, mean, fasting = days(48.4, "healthy")
    _run, low, low_fasting = days(16.1, usual, binder=10.0)
    _run, high, _fasting = days(96.9, usual)
    return {
        **_both(low, mean, U07a="calcitriol", U07c="phosphate"),
        **_both(low_fasting, fasting, U07b="phosphate"),
        **_both(high, mean, U07d="calcitriol", U07e="phosphate"),
    }


def bed_rest(settings):
    """U08: full immobilisation for twelve weeks; the highest urinary calcium, other values at the end."""
    run = course(settings, days=84, points=13, immobilisation=1.0)
    before = rest(settings)
    return {
        "U08a": run["urine_calcium"].max() / before["urine_calcium"],
        **_both(run.final, before, U08b="total_calcium", U08c="pth", U08d="calcitriol"),
    }


def bed_rest_ten_days(settings):
    """U09: full immobilisation for ten days."""
    run = course(settings, days=10, immobilisation=1.0)
    return _both(run.final, rest(settings), U09="calcitriol")


def parathyroidectomy_on_dialysis(settings):
    """U10: seven and a half years of dialysis, in the last two of which nodules grow until PTH is the 176 pmol/L (1661
    pg/mL) that the people had; then 95 % of all tissue is removed (assumed).

    A month with 2 g of calcium and 1 µg of calcitriol a day (assumed: the abstract prints medians, no doses).
    """
    failing = dialysis_start(settings, years=5.5)

    def grown(nodules):
        return course(settings, failing, days=2 * YEAR, **ANURIC, adenoma=nodules)

    nodules = match(lambda x: grown(x).final["pth"] - 176, 0.0, highest("adenoma"), tolerance=1e-3)
    start = grown(nodules)
    before = start.final
    given = {"glands_removed": 0.95, "adenoma": 0.05 * nodules, "calcium_binder": 2000, "active_vitamin_d": 1.0}
    run = course(settings, start, days=30, points=31, **ANURIC, **given)
    return {
        **_both(run.final, before, U10a="pth", U10b="total_calcium"),
        **_both(run.at(days=4), before, U10c="phosphate"),
    }


def magnesium_infusion(settings):
    """U11: magnesium at 2.5 mmol/L, or as high as the model takes it, for three hours. Pregnancy is left out."""
    run = simulate(patient(settings, magnesium=min(2.5, highest("magnesium"))), hours=3, points=7)
    before = run.at(hours=0)
    return {
        **_both(run.at(hours=0.5), before, U11a="pth"),
        **_both(run.final, before, U11b="total_calcium", U11c="ionised_calcium"),
    }


def metabolic_acidosis(settings):
    """U12: bicarbonate 15 mmol/L with the pCO2 that goes with it (30.5 mmHg) for a week (assumed): pH 7.31."""
    acid, healthy = final(settings, days=7, ph=7.31, pco2=30.5), rest(settings)
    names = {"U12a": "phosphate", "U12b": "calcitriol", "U12c": "ionised_calcium", "U12d": "pth"}
    return _both(acid, healthy, **names)


def respiratory_alkalosis(settings):
    """U13: six days at a pCO2 8.4 mmHg below normal and a pH of 7.436 (the printed fall of hydrogen ions)."""
    run = course(settings, days=6, ph=7.436, pco2=31.6)
    # The first values of the course have the new pH already: health itself is the control.
    after, healthy = run.final, rest(settings)
    changes = {"U13a": "ionised_calcium", "U13b": "phosphate", "U13c": CREATININE_RATIO}
    return {
        **{key: after[name] - healthy[name] for key, name in changes.items()},
        **_both(after, healthy, U13d="pth", U13e="calcitriol"),
    }


def _on_bath(settings, start, bath, weeks):
    """The course of some weeks of sessions that ends before a midweek session."""
    treated = patient(settings, gfr=DIALYSIS_GFR, dialysis=sessions(), bath_calcium=bath)
    return simulate(treated, hours=(weeks * 7 + 2) * 24 + 8, points=3, start=start)


def bath_calcium_high(settings):
    """U14: three months with a bath of 1.5 mmol/L, then 43 weeks with 1.75; before a midweek session."""
    before = _on_bath(settings, dialysis_start(settings), 1.5, 13)
    after = _on_bath(settings, before, 1.75, 43).final
    return _both(after, before.final, U14a="pth", U14b="total_calcium", U14c="phosphate")


def session_with_high_bath(settings):
    """U15: one session of 4 h with a bath of 1.66 mmol/L after three months on it. Alkali from the bath is left out."""
    before = _on_bath(settings, dialysis_start(settings), 1.66, 13)
    session = patient(settings, gfr=DIALYSIS_GFR, dialysis=1, bath_calcium=1.66)
    after = simulate(session, hours=4, points=3, start=before).final
    return _both(after, before.final, U15a="ionised_calcium", U15b="pth", U15c="phosphate")


def bath_calcium_low(settings):
    """U16: three months with a bath of 1.5 mmol/L, then the first session with 1.25, and a month with it."""
    before = _on_bath(settings, dialysis_start(settings), 1.5, 13)
    session = patient(settings, gfr=DIALYSIS_GFR, dialysis=1, bath_calcium=1.25)
    first = simulate(session, hours=4, points=3, start=before).final
    # From one midweek session to another the week's clock runs on by 56 h.
    month = before_sessions(settings, before, weeks=4, bath_calcium=1.25)
    return {
        "U16a": 100 * (share(first, before.final, "pth") - 1),
        **_both(month, before.final, U16b="pth", U16c="ionised_calcium"),
    }


def vitamin_d_absorption_dose(settings):
    """U17: calcidiol 63 nmol/L, then 100 µg of vitamin D3 a day for 8 weeks."""
    sun = {"sunlight": 63 / patient(settings).value("healthy_calcidiol")}
    start = course(settings, days=2 * YEAR, **sun)
    after = final(settings, start, days=56, **sun, native_vitamin_d=100)
    absorbed = [100 * x["calcium_absorbed"] / x["calcium_eaten"] for x in (after, start.final)]
    return {"U17": absorbed[0] - absorbed[1]}


def phosphate_supplement(settings):
    """U18: 1 g of phosphorus a day more for eight weeks, without calcium; in meals, blood before breakfast."""

    def eater(amount, start):
        treated = patient(settings, diet_phosphate=meals(amount))
        hours = np.r_[0.0, np.arange(55 * 24, 56 * 24 + 0.1)]
        return simulate(treated, hours=56 * 24, points=hours, start=start)

    before = eater(40.0, "healthy")
    after = eater(40.0 + 1000 / 30.974, before)
    means = [run.table().iloc[1:].mean() for run in (after, before)]
    return {
        "U18a": share(after.at(hours=55 * 24 + 8), before.at(hours=55 * 24 + 8), "phosphate"),
        "U18b": share(*means, "urine_calcium"),
    }


def oral_phosphate(settings):
    """U19: 2 g of phosphorus a day more for five days (the dose is printed as phosphate; taken as phosphorus)."""
    run = course(settings, days=5, diet_phosphate=40 + 2000 / 30.974)
    names = {
        "U19a": "phosphate",
        "U19b": "total_calcium",
        "U19c": "pth",
        "U19d": "urine_phosphate",
        "U19e": "urine_calcium",
    }
    return _both(run.final, rest(settings), **names)


def phosphate_once(settings):
    """U20: 700 mg of phosphorus at once on top of a steady diet; 8 h later, over the same hour without."""
    run = simulate(patient(settings, diet_phosphate=load(700 / 30.974, 0.0, base=40.0)), hours=8, points=3)
    return _both(run.final, run.at(hours=0), U20="phosphate")


def calcitriol_level(settings):
    """U21: 2 µg of calcitriol a day for a week."""
    run = course(settings, days=7, active_vitamin_d=2.0)
    return _both(run.final, rest(settings), U21="calcitriol")


def phosphate_infusion(settings):
    """U22: 4.35 mmol/kg of phosphate a day into a vein in a man of 70 kg (assumed) for a week."""
    run = course(settings, days=7, phosphate_infusion=4.35 * 70 / 24)
    before, after = rest(settings), run.final
    cleared = [x["urine_phosphate"] / x["phosphate"] for x in (after, before)]
    return {**_both(after, before, U22a="pth", U22b=CREATININE_RATIO), "U22c": cleared[0] / cleared[1]}


def cinacalcet_on_dialysis(settings):
    """U23: three months on 60 mg a day (assumed; doses were raised until PTH was low enough)."""
    start = dialysis_start(settings)
    after = final(settings, start, days=91, **ANURIC, calcimimetic=60)
    return {"U23": share(after, start.final, "pth")}


def calcium_supplement_weeks(settings):
    """U24: 2 g of calcium a day more for six weeks."""
    run = course(settings, days=42, calcium_binder=milligrams(50))
    return _both(run.final, rest(settings), U24="calcitriol")


def transplant_phosphate(settings):
    """U25: after dialysis GFR rises from 3 to 50 within a week (assumed); the lowest phosphate of the year and its day."""
    graft = Profile(((0, 3), (7 * 24, 50)))
    run = course(settings, dialysis_start(settings), days=YEAR, points=np.arange(0, 366) * YEAR / 365, gfr=graft)
    return {"U25a": run["phosphate"].min(), "U25b": run.days[run["phosphate"].to_numpy().argmin()]}


def calcitriol_on_dialysis(settings):
    """U26: 0.75 µg of calcitriol a day for two weeks, with a bath of 1.75 mmol/L and 1500 mg of calcium a day (assumed).

    The bath and the calcium were there before: three months of them come first.
    """
    given = {"bath_calcium": 1.75, "calcium_binder": 1500}

    def weeks(count, start, **more):
        treated = patient(settings, gfr=DIALYSIS_GFR, dialysis=sessions(), **given, **more)
        return simulate(treated, hours=(count * 7 + 2) * 24 + 8, points=3, start=start)

    before = weeks(13, dialysis_start(settings))
    return _both(weeks(2, before, active_vitamin_d=0.75).final, before.final, U26="pth")


def calcium_or_sevelamer(settings):
    """U27: eight weeks of 1500 mg of calcium a day against 6.4 g of sevelamer (both assumed: doses were adapted)."""
    start = dialysis_start(settings)
    salt, polymer = (
        final(settings, start, days=56, **ANURIC, **dose) for dose in ({"calcium_binder": 1500}, {"binder": 6.4})
    )
    return {"U27": convert(salt["total_calcium"] - polymer["total_calcium"], "total_calcium")}


def calcitriol_in_ckd(settings):
    """U28: 0.5 µg of calcitriol a day for eight months at GFR 25 (assumed), against none."""
    start = course(settings, days=5 * YEAR, gfr=25)
    on, off = (final(settings, start, days=240, gfr=25, active_vitamin_d=dose) for dose in (0.5, 0.0))
    return _both(on, off, U28a="pth", U28b="ionised_calcium")
