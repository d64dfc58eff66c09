"""Phosphate: diets, binders, absorption, and what too much or too little FGF-23 does to it."""

from calphos import convert, simulate
from calphos.model.profiles import Profile
from experiments.setting import YEAR, course, final, match, patient, share


def rich_diet(settings):
    """V01: intakes are set to the printed urinary phosphate, 21.6 and then 28.8 mmol/d; calcium 25 to 37 mmol/d (assumed)."""

    def base(diet):
        return course(settings, days=30, diet_phosphate=diet, diet_calcium=20)

    before = base(match(lambda x: base(x).final["urine_phosphate"] - 21.6, 10.0, 60.0))

    def rich(more):
        changed = patient(settings, diet_phosphate=more, diet_calcium=37)
        return simulate(changed, hours=36, points=37, start=before)

    more = match(lambda x: rich(x)["urine_phosphate"].iloc[12:].mean() - 28.8, 20.0, 100.0)
    ratios = share(rich(more).final, before.final, "phosphate", "fgf23")
    return dict(zip(("V01a", "V01b"), ratios, strict=True))


def phosphate_depletion_and_loading(settings):
    """V02: diets of 16 and 74 mmol/d for five days (amounts assumed, the abstract prints none)."""
    first = final(settings, days=5)
    low, high = (final(settings, days=5, diet_phosphate=diet) for diet in (16, 74))
    return {"V02a": 100 * (share(low, first, "fgf23") - 1), "V02b": 100 * (share(high, first, "fgf23") - 1)}


def absorption_in_ckd(settings):
    """V03: three years at GFR 42 against health on the same diet."""
    well, ill = final(settings, days=90), final(settings, days=3 * YEAR, gfr=42)
    absorbed = [x["phosphate_absorbed"] / x["phosphate_eaten"] for x in (ill, well)]
    return {"V03a": absorbed[0] / absorbed[1], "V03b": share(ill, well, "urine_phosphate")}


def binder_in_ckd(settings):
    """V04: GFR 32 for five years, then six months on the dose that lowers urinary phosphate by the printed 22 %."""
    start = course(settings, days=5 * YEAR, gfr=32)

    def treated(dose):
        return final(settings, start, days=180, gfr=32, binder=dose)

    without = treated(0.0)
    dose = match(lambda x: 0.78 - share(treated(x), without, "urine_phosphate"), 0.0, 40.0)
    return {"V04": convert(treated(dose)["phosphate"] - without["phosphate"], "phosphate")}


def tumoral_calcinosis(settings):
    """V07: undetectable FGF-23 for five years."""
    found = final(settings, days=5 * YEAR, fgf23_production=0.005)
    names = ["phosphate", "fractional_excretion_phosphate", "pth", "calcitriol"]
    return {f"V07{letter}": found[name] for letter, name in zip("abcd", names, strict=True)}


def ferric_carboxymaltose(settings):
    """X07: 1000 mg of iron as ferric carboxymaltose in an hour, then five weeks."""
    dose = Profile(((0, 1000), (1, 1000), (1, 0)))
    run = course(settings, days=35, points=71, iron_infusion=dose)
    before, day = run.at(days=0), run.at(days=1)
    return {
        "X07a": run["phosphate"].min(),
        "X07b": share(day, before, "fgf23"),
        "X07c": share(day, before, "calcitriol"),
    }
