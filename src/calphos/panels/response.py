"""Response curves of the organs, with the present operating point moving on them.

Each curve is the organ's own function (`calphos.model.body`) with one input varied and the rest of the body held still.
"""

import numpy as np

from calphos.drawing.curves import CURVES, Curves
from calphos.model.body.blood import signals
from calphos.model.body.gut import gut
from calphos.model.body.kidney import kidney
from calphos.model.body.parathyroid import parathyroid
from calphos.model.simulation import healthy, simulate
from calphos.panels.panel import Panel
from calphos.panels.sliders import Slider
from calphos.tables.errors import find
from calphos.tables.quantities import quantity
from calphos.tables.words import spoken

POINTS = 81
_SLIDERS = ("glands_removed", "casr_set_point", "calcimimetic")


def pth_curve(s, p, k, calcium):
    """PTH [pmol/L] at which release and clearance balance, at ionised calcium [mmol/L] (minutes: glands as they are)."""
    sense = signals(s, p)
    calcium = np.asarray(calcium) / p.healthy_ionised_calcium
    sense = sense._replace(calcium=calcium, felt=sense.felt + calcium - sense.calcium)
    made = parathyroid(s, p, k, sense._replace(pth=0.0)).pth
    # The rate falls in proportion to PTH, so two values give the point where it is zero.
    cleared = made - parathyroid(s, p, k, sense._replace(pth=1.0)).pth
    return p.healthy_pth * made / cleared


def reabsorption_curve(s, p, k, phosphate):
    """Phosphate reabsorbed [mmol per litre of filtrate] at plasma phosphate [mmol/L], under the present hormones."""
    phosphate = np.asarray(phosphate, dtype=float)
    renal = kidney(s._replace(plasma_phosphate=phosphate), p, k, signals(s, p))
    return phosphate - renal.phosphate_excreted / renal.filtration


def absorption_curve(s, p, k, calcitriol):
    """Calcium absorbed [mmol/d] at calcitriol [pmol/L] on the present diet, once the gut has filled or emptied."""
    sense = signals(s._replace(calcitriol=np.asarray(calcitriol, dtype=float)), p)
    content = np.full_like(sense.calcitriol, s.gut_calcium)
    for _ in range(60):  # the content at which what is eaten and secreted equals absorption and transit
        flow = gut(s._replace(gut_calcium=content), p, k, sense)
        entering = flow.calcium_intake + flow.calcium_secreted
        full = entering * content / (flow.calcium_absorbed + flow.calcium_passed)
        content = 0.5 * (content + full)
    return 24 * gut(s._replace(gut_calcium=content), p, k, sense).calcium_absorbed


FUNCTIONS = {"pth": pth_curve, "reabsorption": reabsorption_curve, "absorption": absorption_curve}


class ResponseCurves(Panel):
    """Response curves with the operating point (`panels.response_curves`).

    names    of "pth" (PTH against ionised calcium), "reabsorption" (phosphate kept by the tubule against plasma
             phosphate; it levels off at TmP/GFR), "absorption" (calcium absorbed against calcitriol); default all
    sliders  as in `calphos.panels.time_course`; besides, "ionised_calcium", "phosphate" and "calcitriol" move the
             point along a curve by hand while the rest of the body stays as it is
    days     for how long the settings have held

    `patient` and the other options are those of `calphos.panels.time_course`. Raises InputError for unknown names.

    >>> ResponseCurves("pth", sliders=["ionised_calcium"]).set(ionised_calcium=1.1)
    'Ionised calcium 1.10 mmol/L: PTH ... pmol/L'
    """

    kind = "response"
    draws = Curves

    def __init__(self, *names, sliders=_SLIDERS, days=30, **options):
        self.names = [find(name, CURVES, "response curve") for name in names or CURVES]
        own = {along: _by_hand(along, span) for along, span, *_ in CURVES.values() if along in sliders}
        parts = []
        for name in self.names:
            along, _, up, _, title_of = CURVES[name]
            words = f"{spoken(title_of)} {{{up}}}{' of filtrate' if name == 'reabsorption' else ''}"
            parts.append(words if along in own else f"{words} at {spoken(quantity(along).label)} {{{along}}}")
        super().__init__(sliders, own=own, told="; ".join(parts), days=days, points=2, **options)
        self.healthy = self._curves(simulate(days=days, points=2), {})

    def _curves(self, course, held):
        s = course.final_state
        p = course.patient.averaged().at(course.hours[-1])
        k, _ = healthy(p)
        found = {}
        for name in self.names:
            along, span, *_ = CURVES[name]
            x = np.linspace(*span, POINTS)
            at = np.array([held.get(along, course.final[along])])
            found[name] = {"line": (x, FUNCTIONS[name](s, p, k, x)), "point": (at, FUNCTIONS[name](s, p, k, at))}
        return found

    def _solve(self, settings):
        return self._curves(self.run.course(settings), settings)

    def numbers(self, result):
        """Return the operating points: {quantity: SI value} along and upward."""
        places = ((CURVES[name][side], result[name]["point"][side // 2]) for name in self.names for side in (0, 2))
        return {name: float(value[0]) for name, value in places}


def _by_hand(name, span):
    """Return a slider along a curve's horizontal quantity that starts at its healthy value."""
    row = quantity(name)
    step = 10**-row.decimals
    low, high = (round(round(end / step) * step, 6) for end in span)
    start = round(float(simulate(days=1, points=2).final[name]), row.decimals)
    return Slider(name, row.label, row.si_unit, max(low, step), high, step, start, row.meaning)
