"""The published experiments, run on the model: one function a group of targets of data/targets.csv.

Every function takes `settings`, a dict of parameter name to value that replaces defaults, and returns a dict of target
(or target and part, "C16a") to the model's value. What a source leaves open is stated where it is assumed.
"""

from types import SimpleNamespace

import numpy as np

from calphos import Patient, Profile, convert, decline, sessions, simulate
from calphos.model import body

NORMAL_PTH_LIMIT = convert(65, "pth", to="SI")  # 65 pg/mL
RAISED_PTH = convert(70, "pth", to="SI")  # 70 pg/mL, the limit of C16
HIGH_PHOSPHATE = convert(4.5, "phosphate", to="SI")  # 4.5 mg/dL
LOW_CALCIUM = 2.10  # mmol/L
# Steady dialysis that keeps phosphate about where three sessions of 4 h a week do. Their share of the week, 0.071, would
# clear more than they do, for a session empties plasma faster than cells refill it.
DIALYSIS_AVERAGE = 0.045
DIALYSIS_GFR = 3  # mL/min that the patient's own kidneys still filter


def patient(settings, **more):
    return Patient(**{**settings, **more})


def health(settings):
    final = simulate(patient(settings), days=30, points=3).final
    names = ["ionised_calcium", "total_calcium", "phosphate", "pth", "calcitriol", "urine_calcium", "urine_phosphate"]
    return {f"C0{number}": final[name] for number, name in enumerate(names, start=1)}


def _infuse(settings, name, target, first):
    """A two-hour infusion whose rate brings ionised calcium to `target` times its baseline; returns the course."""

    def run(rate):
        return simulate(patient(settings, **{name: rate}), hours=2, points=25)

    def miss(rate):
        course = run(rate)
        return course["ionised_calcium"].iloc[-1] / course["ionised_calcium"].iloc[0] - target

    low, high = 0.0, first
    low_miss, high_miss = 1 - target, miss(first)
    for _ in range(12):
        rate = low - low_miss * (high - low) / (high_miss - low_miss)
        found = miss(rate)
        if abs(found) < 2e-4:
            break
        low, low_miss, high, high_miss = high, high_miss, rate, found
    return run(rate)


def infusions(settings):
    """C08-C11. The EDTA study prints no calcium: its clamp is taken to be 0.80 and 1.18 of baseline."""
    citrate = _infuse(settings, "citrate_infusion", 0.774, 25.0)["pth"]
    calcium = _infuse(settings, "calcium_infusion", 1.18, 5.0)["pth"]
    edta = _infuse(settings, "citrate_infusion", 0.80, 25.0)["pth"]
    return {
        "C08": citrate.iloc[-1] / citrate.iloc[0],
        "C09": calcium.iloc[-1] / calcium.iloc[0],
        "C10": edta.max() / edta.iloc[0],
        "C11": calcium.min() / calcium.iloc[0],
    }


def crossing(course, name, level, rising=True):
    """GFR at which a quantity first passes a level in a decline (0 if it never does)."""
    values = course[name].to_numpy()
    passed = values > level if rising else values < level
    return float(course["gfr"].to_numpy()[np.argmax(passed)]) if passed.any() else 0.0


def slow_decline(settings):
    """C12-C15, C19, C21: GFR 100 to 10 in ten years; the cohort's CKD 3-5 is the average over GFR 10 to 55."""
    course = simulate(patient(settings, gfr=decline(100, 10, years=10)), years=10)
    first, table = course.at(years=0), course.table()
    mixed = table[table["gfr"] <= 55.5].mean()
    near45 = table.loc[(table["gfr"] - 45).abs().idxmin()]
    fgf23 = crossing(course, "fgf23", 1.5 * first["fgf23"])
    pth = crossing(course, "pth", NORMAL_PTH_LIMIT)
    phosphate = crossing(course, "phosphate", HIGH_PHOSPHATE)
    calcium = crossing(course, "total_calcium", LOW_CALCIUM, rising=False)
    return {
        "C12": float(fgf23 > pth and fgf23 > phosphate),
        "C13": mixed["phosphate"] / first["phosphate"],
        "C14": mixed["calcitriol"] / first["calcitriol"],
        "C15": mixed["pth"] / first["pth"],
        "C19": float(calcium < 30 and phosphate < 30),
        "C21": near45["klotho"] / first["klotho"],
        "curve": table[["gfr", "pth", "phosphate"]],
        "gfr_fgf23": fgf23,
        "gfr_pth": pth,
        "gfr_phosphate": phosphate,
        "gfr_calcium": calcium,
    }


def dialysis_start(settings, years=2):
    """A patient after eight years of decline and two of dialysis (as an average)."""
    failing = simulate(patient(settings, gfr=decline(100, DIALYSIS_GFR, years=8)), years=8, points=3)
    average = patient(settings, gfr=DIALYSIS_GFR, dialysis=DIALYSIS_AVERAGE)
    return simulate(average, years=years, points=3, start=failing)


def dialysis(settings, start=None):
    """C20, C22, C23: four weeks of sessions; the midweek session of the last."""
    start = start or dialysis_start(settings)
    treated = patient(settings, gfr=DIALYSIS_GFR, dialysis=sessions())
    course = simulate(treated, days=28, points=28 * 24 * 4 + 1, start=start)
    phosphate = course["phosphate"].to_numpy()
    hours = course.hours - 21 * 24
    during = (hours >= 2 * 24 + 8 - 1e-6) & (hours <= 2 * 24 + 12 + 1e-6)
    session = phosphate[during]
    clearance = treated.value("dialyser_phosphate")
    litres = clearance * 0.06
    removed = convert(litres * np.trapezoid(session, hours[during]), "urine_phosphate")  # mmol to mg
    week = hours >= 0
    return {
        "C20": course["fgf23"].to_numpy()[week].mean() / patient(settings).value("healthy_fgf23"),
        "C22": removed,
        # The pseudo-one-compartment estimate that the study made of its patients.
        "C23": session[-1] * clearance / (session[0] - session[-1]),
        "predialysis_phosphate": session[0],
        "postdialysis_phosphate": session[-1],
        "mean_pth": course["pth"].to_numpy()[week].mean(),
        "mean_phosphate": phosphate[week].mean(),
    }


def injection(picomoles, half_time=1.0, hours=12.0):
    """A subcutaneous dose as a rate into blood [pmol/h] that halves every `half_time` hours."""
    times = np.concatenate(([0.0, 0.05], np.arange(0.5, hours + 0.1, 0.5)))
    rate = np.log(2) / half_time
    values = picomoles * rate * np.exp(-rate * times)
    values[0], values[-1] = 0.0, 0.0
    return Profile(tuple(zip(times, values, strict=True)))


def teriparatide(settings):
    """C24: 20 ug of teriparatide (4118 g/mol), 95 % absorbed with a half-time of an hour (assumed)."""
    dose = 20e6 / 4118 * 0.95
    course = simulate(patient(settings, pth_infusion=injection(dose)), hours=24, points=97)
    calcium = course["total_calcium"]
    return {
        "C24": course.at(hours=4.25)["total_calcium"] - calcium.iloc[0],
        "peak_hour": float(course.hours[calcium.to_numpy().argmax()]),
        "at_24h": calcium.iloc[-1] - calcium.iloc[0],
    }


def calcimimetic(settings, start=None):
    """C25: 26 weeks on the drug against 26 weeks without."""
    start = start or dialysis_start(settings)
    common = {"gfr": DIALYSIS_GFR, "dialysis": DIALYSIS_AVERAGE}
    without = simulate(patient(settings, **common), days=182, points=3, start=start).final
    drug = simulate(patient(settings, **common, calcimimetic=180), days=182, points=3, start=start).final
    return {"C25": drug["pth"] / without["pth"], "calcium_change": drug["total_calcium"] - without["total_calcium"]}


def calibration_targets(settings):
    """All C targets but those of the virtual cohort (C16-C18)."""
    start = dialysis_start(settings)
    results = {}
    for part in (health, infusions, slow_decline, teriparatide):
        results.update(part(settings))
    results.update(dialysis(settings, start))
    results.update(calcimimetic(settings, start))
    return results


# ---------------------------------------------------------------- validation: never fitted


def _match(function, target, low, high, steps=20):
    """The setting between low and high at which a rising function reaches target (bisection)."""
    for _ in range(steps):
        middle = (low + high) / 2
        low, high = (middle, high) if function(middle) < target else (low, middle)
    return middle


def rich_diet(settings):
    """V01: intakes are set to the printed urinary phosphate, 21.6 and then 28.8 mmol/d; calcium 25 to 37 mmol/d (assumed)."""

    def base(diet):
        return simulate(patient(settings, diet_phosphate=diet, diet_calcium=20), days=30, points=3)

    diet = _match(lambda x: base(x).final["urine_phosphate"], 21.6, 10, 60)
    before = base(diet)

    def rich(more):
        changed = patient(settings, diet_phosphate=more, diet_calcium=37)
        return simulate(changed, hours=36, points=37, start=before)

    more = _match(lambda x: rich(x)["urine_phosphate"].iloc[12:].mean(), 28.8, 20, 100)
    after = rich(more)
    return {
        "V01a": after["phosphate"].iloc[-1] / before.final["phosphate"],
        "V01b": after["fgf23"].iloc[-1] / before.final["fgf23"],
    }


def phosphate_challenge(settings):
    """V02: diets of 16 and 74 mmol/d for five days (amounts assumed, the abstract prints none); change of FGF-23, per cent."""
    first = simulate(patient(settings), days=5, points=3).final["fgf23"]
    low = simulate(patient(settings, diet_phosphate=16), days=5, points=3).final["fgf23"]
    high = simulate(patient(settings, diet_phosphate=74), days=5, points=3).final["fgf23"]
    return {"V02a": 100 * (low / first - 1), "V02b": 100 * (high / first - 1)}


def absorption_in_ckd(settings):
    """V03: GFR 42 against health on the same diet."""
    well = simulate(patient(settings), days=90, points=3).final
    ill = simulate(patient(settings, gfr=42), years=3, points=3).final
    share = [x["phosphate_absorbed"] / x["phosphate_eaten"] for x in (well, ill)]
    return {"V03a": share[1] / share[0], "V03b": ill["urine_phosphate"] / well["urine_phosphate"]}


def binder_in_ckd(settings):
    """V04: the dose is set to the printed fall of urinary phosphate (22 %) at GFR 32; fall of phosphate in mg/dL."""
    start = simulate(patient(settings, gfr=32), years=5, points=3)

    def treated(dose):
        return simulate(patient(settings, gfr=32, binder=dose), days=180, points=3, start=start).final

    without = treated(0)
    dose = _match(lambda x: 1 - treated(x)["urine_phosphate"] / without["urine_phosphate"], 0.22, 0, 40)
    return {"V04": convert(treated(dose)["phosphate"] - without["phosphate"], "phosphate")}


def binder_in_dialysis(settings, start):
    """V05: 12 weeks of a binder that holds 6 mmol/d more in the gut, 6.4 g of sevelamer (8 tablets) at 0.75 of calcium
    carbonate and 39 mg of phosphorus a gram (assumed). The patients are those of binder trials: intake is set so that
    phosphate before a session is 2.4 mmol/L off binders (7.3 to 7.9 mg/dL in another trial)."""

    def weeks(diet, dose, first, days=63):
        common = {"gfr": DIALYSIS_GFR, "dialysis": DIALYSIS_AVERAGE, "diet_phosphate": diet, "binder": dose}
        return simulate(patient(settings, **common), days=days, points=3, start=first)

    def before_session(diet, dose, first):
        treated = patient(settings, gfr=DIALYSIS_GFR, dialysis=sessions(), diet_phosphate=diet, binder=dose)
        course = simulate(treated, days=21, points=21 * 24 + 1, start=first)
        return course.at(hours=16 * 24 + 8)["phosphate"]

    diet = _match(lambda x: before_session(x, 0, weeks(x, 0, start)), 2.4, 30, 120, steps=9)
    washed_out = weeks(diet, 0, start)
    free = washed_out.final["phosphate_eaten"] - washed_out.final["phosphate_absorbed"]

    def bound(dose):
        final = weeks(diet, dose, washed_out, days=30).final
        return final["phosphate_eaten"] - final["phosphate_absorbed"] - free

    dose = _match(bound, 6.0, 0, 40, steps=12)
    after = before_session(diet, dose, weeks(diet, dose, washed_out))
    return {"V05": after - before_session(diet, 0, weeks(diet, 0, washed_out))}


def denosumab(settings, start):
    """V06: lowest total calcium in 12 weeks after the drug, in dialysis and in health."""
    in_dialysis = patient(settings, gfr=DIALYSIS_GFR, dialysis=DIALYSIS_AVERAGE, antiresorptive=0.95)
    ill = simulate(in_dialysis, days=84, points=85, start=start)["total_calcium"].min()
    well = simulate(patient(settings, antiresorptive=0.95), days=84, points=85)["total_calcium"].min()
    return {"V06a": ill, "V06b": well}


def tumoral_calcinosis(settings):
    """V07: undetectable FGF-23 for five years."""
    final = simulate(patient(settings, fgf23_production=0.005), years=5, points=3).final
    names = ["phosphate", "fractional_excretion_phosphate", "pth", "calcitriol"]
    return {f"V07{letter}": final[name] for letter, name in zip("abcd", names, strict=True)}


def calcium_carbonate(settings):
    """V08: 37 mmol (1500 mg) of calcium as carbonate a day for three weeks at GFR 36; balance of the last two."""
    start = simulate(patient(settings, gfr=36), years=5, points=3)
    course = simulate(patient(settings, gfr=36, calcium_binder=1500), days=21, points=22, start=start)
    before = start.final
    return {
        "V08a": course["calcium_balance"].iloc[7:].mean() - before["calcium_balance"],
        "V08b": course.final["total_calcium"] - before["total_calcium"],
        "V08c": course.final["phosphate"] - before["phosphate"],
    }


def calcitriol_clearance(settings, start):
    """V09: metabolic clearance in health and in uraemia [mL/min]."""
    values = []
    for gfr, state in ((100, None), (DIALYSIS_GFR, start.final_state)):
        p = SimpleNamespace(**patient(settings, gfr=gfr).at(0))
        k = body.constants(p)
        fluxes = body.fluxes(state or body.healthy_state(p, k), p, k)
        values.append(fluxes.vitamin_d.calcitriol_clearance * 1000 / 60)
    return {"V09a": values[0], "V09b": values[1]}


def vitamin_d_intoxication(settings):
    """V10: total calcium after a year at doses that bring calcidiol to about 750, 1500 and 3050 nmol/L."""
    results = {}
    for letter, dose in zip("abc", (980, 2050, 4270), strict=True):
        final = simulate(patient(settings, native_vitamin_d=dose), years=1, points=3).final
        results[f"V10{letter}"] = final["total_calcium"]
        results[f"calcidiol_{letter}"] = final["calcidiol"]
        results[f"gfr_{letter}"] = final["gfr"]
    return results


def validation_targets(settings):
    """All V targets."""
    start = dialysis_start(settings)
    results = {}
    simple = (rich_diet, phosphate_challenge, absorption_in_ckd, binder_in_ckd, tumoral_calcinosis, calcium_carbonate)
    for part in (*simple, vitamin_d_intoxication):
        results.update(part(settings))
    for part in (binder_in_dialysis, denosumab, calcitriol_clearance):
        results.update(part(settings, start))
    return results
