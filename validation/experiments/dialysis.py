"""Haemodialysis: one session, baths, schedules, and drugs that are given between sessions."""

import numpy as np

from calphos import convert, sessions, simulate
from experiments.setting import ANURIC, DIALYSIS_GFR, before_sessions, dialysis_start, highest, match, patient, share


def _week(settings):
    """The fourth week of sessions, by quarter-hours: hours of the week and the course's table."""
    treated = patient(settings, gfr=DIALYSIS_GFR, dialysis=sessions())
    hours = np.append(0.0, np.arange(21 * 24, 28 * 24 + 0.1, 0.25))
    run = simulate(treated, hours=28 * 24, points=hours, start=dialysis_start(settings))
    return run.hours[1:] - 21 * 24, run.table().iloc[1:], treated


def fgf23_on_dialysis(settings):
    """C20: the mean of a week, over health."""
    _hours, table, treated = _week(settings)
    return {"C20": table["fgf23"].mean() / treated.value("healthy_fgf23")}


def dialysis_session(settings):
    """C22, C23: the midweek session of the fourth week."""
    hours, table, treated = _week(settings)
    during = (hours >= 2 * 24 + 8 - 1e-6) & (hours <= 2 * 24 + 12 + 1e-6)
    phosphate = table["phosphate"].to_numpy()[during]
    clearance = treated.value("dialyser_phosphate")
    removed = np.trapezoid(clearance * 0.06 * phosphate, hours[during])
    return {
        "C22": convert(removed, "urine_phosphate"),
        # The pseudo-one-compartment estimate that the study made of its patients.
        "C23": phosphate[-1] * clearance / (phosphate[0] - phosphate[-1]),
    }


def _gained(settings, bath):
    """Calcium [mmol] that the first session of the second week on a bath brings to the patient (+) or takes (-)."""
    treated = patient(settings, gfr=DIALYSIS_GFR, dialysis=sessions(), bath_calcium=bath)
    hours = np.r_[0.0, np.arange(7 * 24 + 8, 7 * 24 + 12.01, 0.25)]
    run = simulate(treated, hours=hours[-1], points=hours, start=dialysis_start(settings))
    table = run.table().iloc[1:]
    rate = table["calcium_balance"] - (table["calcium_eaten"] - table["faecal_calcium"] - table["urine_calcium"])
    # The rate is read just after the start of the session and just before its end.
    rate = rate.to_numpy().copy()
    rate[0], rate[-1] = rate[1], rate[-2]
    return float(np.trapezoid(rate, hours[1:]) / 24)


def bath_calcium_transfer(settings):
    """N09: the patient on dialysis, one bath after another; before and after parathyroidectomy he is the same.

    The abstract prints neither plasma calcium nor drugs, from which a patient of either kind could be built.
    """
    gained = {bath: _gained(settings, bath) for bath in (1.25, 1.5, 1.75)}
    low, middle, high = gained.values()
    return {"N09a": low, "N09b": middle, "N09c": high, "N09e": high, "N09f": high - low}


def bath_calcium_long(settings):
    """N11: six months of sessions with a bath of 1.75, then twelve of 1.25; values before a midweek session."""
    start = dialysis_start(settings)

    def months(bath, weeks, first):
        treated = patient(settings, gfr=DIALYSIS_GFR, dialysis=sessions(), bath_calcium=bath)
        return simulate(treated, hours=(weeks * 7 + 2) * 24 + 8, points=3, start=first)

    before = months(1.75, 26, start)
    after = months(1.25, 52, before).final
    return {"N11a": share(after, before.final, "pth"), "N11b": share(after, before.final, "total_calcium")}


def _steady(settings, start, days=63, **more):
    return simulate(patient(settings, **ANURIC, **more), days=days, points=3, start=start)


def nocturnal_dialysis(settings):
    """N07: six sessions of 8 h a week for six weeks with half the binder, against three of 4 h.

    Intake is set to 60 mmol/d before loss of appetite, and the binder so that phosphate before a conventional session is
    1.85 mmol/L (both assumed; the abstract prints none of it).
    """
    eaten = {"diet_phosphate": 60.0}
    start = dialysis_start(settings)

    def conventional(dose):
        first = _steady(settings, start, **eaten, binder=dose)
        return before_sessions(settings, first, **eaten, binder=dose)["phosphate"]

    dose = match(lambda x: 1.85 - conventional(x), 0.0, highest("binder") / 2, tolerance=1e-3)
    first = _steady(settings, start, **eaten, binder=dose)
    long = before_sessions(settings, first, weeks=6, hours=8, per_week=6, **eaten, binder=dose / 2)
    return {"N07": long["phosphate"] - conventional(dose)}


def _hungry(settings, phosphate, **more):
    """The diet (a dict) that brings phosphate before a session to a value, and the patient on it."""
    start = dialysis_start(settings)

    def before(diet):
        first = _steady(settings, start, diet_phosphate=diet, **more)
        return before_sessions(settings, first, diet_phosphate=diet, **more)["phosphate"]

    diet = {"diet_phosphate": match(lambda x: before(x) - phosphate, 20.0, highest("diet_phosphate"), tolerance=1e-3)}
    return diet, _steady(settings, start, **diet, **more)


def binder_on_dialysis(settings):
    """V05: nine weeks of 6.4 g of sevelamer (8 tablets, assumed).

    The patients are those of binder trials: intake is set so that phosphate before a session is 2.4 mmol/L off binders
    (7.3 to 7.9 mg/dL in another trial).
    """
    diet, first = _hungry(settings, 2.4)
    without = before_sessions(settings, first, **diet)
    treated = before_sessions(settings, _steady(settings, first, **diet, binder=6.4), **diet, binder=6.4)
    return {"V05": treated["phosphate"] - without["phosphate"]}


def tenapanor(settings):
    """X04: three weeks of 60 mg a day with 6.4 g of sevelamer, against the binder alone.

    Intake is set so that phosphate before a session is 2.2 mmol/L on the binder (assumed: the trial took people at 5.5
    mg/dL or more).
    """
    diet, first = _hungry(settings, 2.2, binder=6.4)
    both = {**diet, "binder": 6.4}
    alone = before_sessions(settings, first, weeks=3, **both)
    treated = before_sessions(settings, first, weeks=3, **both, tenapanor=60)
    return {"X04": convert(treated["phosphate"] - alone["phosphate"], "phosphate")}
