"""Vitamin D: doses and levels, absorption, clearance, poisoning."""

import numpy as np

from calphos.model import body
from calphos.tables.errors import InputError
from experiments.setting import ANURIC, YEAR, course, dialysis_start, final, highest, match, patient, share

# The men of the graded doses: calcidiol 67 nmol/L in winter.
MEN = 67.0


def _sun(settings, calcidiol):
    """The supply of vitamin D that keeps calcidiol near a value [nmol/L]."""
    return {"sunlight": calcidiol / patient(settings).value("healthy_calcidiol")}


def vitamin_d_graded(settings):
    """N30, X09: men with a calcidiol of 67 nmol/L; vitamin D3 for 8 weeks, calcidiol for 4 or calcitriol for 2."""
    sun = _sun(settings, MEN)
    start = course(settings, days=2 * YEAR, **sun)
    before = start.final
    found = {}
    for dose, (rise, ratio) in ((25, "ab"), (250, "cd"), (1250, "ef")):
        after = final(settings, start, days=56, **sun, native_vitamin_d=dose)
        found[f"N30{rise}"] = after["calcidiol"] - before["calcidiol"]
        found[f"N30{ratio}"] = share(after, before, "calcitriol")
    for dose, key in ((10, "a"), (20, "b"), (50, "c")):
        after = final(settings, start, days=28, **sun, oral_calcidiol=dose)
        found[f"X09{key}"] = after["calcidiol"] - before["calcidiol"]
    for dose, key in ((0.5, "d"), (1.0, "e")):
        after = final(settings, start, days=14, **sun, active_vitamin_d=dose)
        found[f"X09{key}"] = after["calcitriol"] - before["calcitriol"]
    return found


def vitamin_d_absorption(settings):
    """N33: calcidiol 51 nmol/L (about 20 ng/mL), then 50 000 IU twice a month as 83 µg a day for a year, or nothing."""
    sun = _sun(settings, 51)
    start = course(settings, days=2 * YEAR, **sun)
    absorbed = []
    for dose in (83, 0):
        after = final(settings, start, days=YEAR, **sun, native_vitamin_d=dose)
        absorbed.append(100 * after["calcium_absorbed"] / after["calcium_eaten"])
    return {"N33": absorbed[0] - absorbed[1]}


def calcitriol_and_absorption(settings):
    """N34: calcitriol moved by a weak enzyme or by production outside the kidney for 60 days; 20 mmol of calcium a day.

    Net absorption is what is eaten less what the faeces hold. The slope is that of a straight line through all points.
    """
    points = []
    for cause in ({"calcitriol_production": 0.02}, {"calcitriol_production": 0.4}, {}, *_outside()):
        after = final(settings, days=60, diet_calcium=20, **cause)
        points.append((after["calcitriol"], 100 * (1 - after["faecal_calcium"] / after["calcium_eaten"])))
    calcitriol, net = np.array(sorted(points)).T
    slope = np.polyfit(calcitriol, net, 1)[0]
    return {"N34a": slope, "N34b": np.interp(110, calcitriol, net), "N34c": np.interp(200, calcitriol, net)}


def _outside():
    return [{"extrarenal_calcitriol": amount} for amount in (0.5, 1.0, 1.5)]


def calcitriol_clearance(settings):
    """V09: metabolic clearance in health and in uraemia [mL/min], read from the model's fluxes."""
    found = {}
    ill = (ANURIC, dialysis_start(settings).final_state)
    for key, (inputs, state) in (("V09a", ({}, None)), ("V09b", ill)):
        p = patient(settings, **inputs).at(0)
        k = body.constants(p)
        fluxes = body.fluxes(state or body.healthy_state(p, k), p, k)
        found[key] = fluxes.vitamin_d.calcitriol_clearance * 1000 / 60
    return found


def vitamin_d_intoxication(settings):
    """V10: a year at the dose that brings calcidiol to 750, 1500 and 3050 nmol/L.

    A dose above the largest that the model takes, or with which it has no course, leaves the value empty.
    """
    found = {}
    for letter, calcidiol in zip("abc", (750, 1500, 3050), strict=True):

        def poisoned(dose):
            return final(settings, days=YEAR, native_vitamin_d=dose)

        dose = match(lambda x, goal=calcidiol: poisoned(x)["calcidiol"] - goal, 0.0, highest("native_vitamin_d"))
        try:
            found[f"V10{letter}"] = poisoned(dose)["total_calcium"]
        except InputError:
            found[f"V10{letter}"] = np.nan
    return found
