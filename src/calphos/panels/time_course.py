"""Chosen quantities over minutes, days or years, moved by sliders."""

import numpy as np

from calphos.drawing.figures import CourseDrawing, Markers, fitted, grouped
from calphos.model.cohort import ensemble
from calphos.model.patient import Patient
from calphos.model.profiles import DAY, UNITS, YEAR, decline, pulse, sessions, span as length_of
from calphos.panels.panel import Panel
from calphos.panels.plan import over_time
from calphos.panels.sliders import make_sliders, own_sliders, slider
from calphos.tables.errors import find
from calphos.tables.quantities import quantity
from calphos.tables.references import reference
from calphos.tables.words import span, telling


class TimeCourse(Panel):
    """The named quantities over time (`panels.time_course`).

    names    quantities of `data/quantities.csv`; a tuple of names shares one plot
    sliders  names of inputs in `data/parameters.csv`, a dict of name to starting value, or ready `Slider`s
    years, days, hours   length of the time axis (give one)
    presets  names of disorders and treatments, or a dict of menu entry to {setting: value}; the first is the start
    patient  a `Patient` whose settings hold beneath those of presets and sliders
    moves    {setting: entry} where a slider does not simply hold from time 0: `over_time(decline, 100, "gfr", years=5)`
    before   years that the patient has lived so, untouched by presets and sliders, before time 0
    schedule whether time 0 is where a repeating schedule has settled; the summary then tells lowest to highest
    lasts    the name of the slider that says how many years are simulated (default: the axis)
    at       time of which the summary tells, in the unit of the axis (default: the end)
    stages   add the strip of KDIGO stages
    limits   {quantity: (low, high)} in SI in place of the fixed axis, which otherwise holds what each slider alone can do
    markers  `calphos.drawing.figures.Markers` with published values
    against  draw against this quantity ("gfr") in place of time
    sketch   quantities that the reader of an offline page draws first, before the model's curves are shown

    units, lecture and title are options of every panel. Raises InputError for unknown names and for bounds that are not kept.

    >>> TimeCourse("pth", sliders=["gfr"], years=1).set(gfr=30)
    'GFR 30 mL/min: PTH ...'
    """

    kind = "course"
    members = 20  # enough of the ensemble for a range, few enough to wait for

    def __init__(
        self,
        *names,
        sliders,
        before=0,
        schedule=False,
        lasts=None,
        at=None,
        stages=False,
        limits=None,
        markers=(),
        against=None,
        sketch=(),
        **options,
    ):
        lengths = {unit: options.pop(unit, None) for unit in UNITS}
        self.days = length_of("time_course", **lengths)[0] / DAY
        unit = next(unit for unit in UNITS if lengths[unit] is not None)
        self.at = None if at is None else at * UNITS[unit] / DAY
        self.groups = grouped(names)
        self.names = [name for group in self.groups for name in group]
        self.sketch = [find(name, self.names, "drawn quantity") for name in sketch]
        made, days = make_sliders(sliders), self.days
        if lasts:
            ends = made[lasts].lower, made[lasts].upper
            days = {"slider": lasts, "points": [[value, value * YEAR / DAY] for value in ends]}
        start = {"settled": True} if schedule else {"before": before * YEAR / DAY}
        words = telling(self.names, "range" if schedule else "told")
        when = "the end" if at is None else f"{at:g} {unit}"
        along = f"against {quantity(against).label}" if against else f"over {span(self.days)}"
        ending = "Lowest to highest: {words}." if schedule else f"At {when}: {{words}}."
        described = f"Curves {along} on fixed axes with reference intervals. {ending}"
        told = f"stage {{gfr:stage}}; {words}" if stages else words
        super().__init__(made.values(), told=told, described=described, days=days, **start, **options)
        limits = dict(limits or {})
        free = [group for group in self.groups if group[0] not in limits and not schedule]
        # Fixed axes that hold every course which one slider alone can make, and no more.
        courses = [*self.extremes()] if free else []
        for group in free:
            limits[group[0]] = fitted(group, [one[name] for one in courses for name in group])
        # Options of `CourseDrawing`.
        self.look = {"unit_of_time": unit, "stages": stages, "limits": limits, "markers": markers, "against": against}

    def _solve(self, settings):
        course = self.run.course(settings)
        if self.uncertainty:
            others = [self.run.course(settings, member) for member in ensemble()[: self.members]]
            drawn = {name: np.array([other[name] for other in others]) for name in self.names}
            course.band = {name: (values.min(axis=0), values.max(axis=0)) for name, values in drawn.items()}
        return course

    def make_drawing(self, units, lecture):
        return CourseDrawing(self.groups, self.days, units=units, lecture=lecture, band=self.uncertainty, **self.look)

    def numbers(self, result):
        """Return the quantities `at` a day; or at the end, those that are drawn as whole courses."""
        if self.at is not None:
            return dict(result.at(days=self.at))
        return {**result.final, **{name: np.asarray(result[name]) for name in self.names}}


def cohort_markers(*names):
    """Return published levels at a known eGFR (`data/ckd_cohorts.csv`) as `Markers` against GFR.

    Each row is one group of patients of one study, and each study has its own sign; assays differ between studies.

    >>> cohort_markers("phosphate")[0].name
    'phosphate'
    """
    found, signs = [], {}
    for name in names:
        table = reference("ckd_cohorts", units="SI", quantity=name, measure="level")
        table = table[table["egfr"].notna() & (table["unit"] == quantity(name).si_unit)]
        for citation, rows in table.groupby("citation", sort=False):
            marker = signs.setdefault(citation, "osD^v"[len(signs) % 5])
            found.append(Markers(name, rows["egfr"].tolist(), rows["value"].tolist(), citation, marker))
    return tuple(found)


def ckd(**options):
    """Return the panel of notebook 05: a GFR that falls from 100 to a chosen end, drawn against GFR.

    Drawn are phosphate and PTH, with published values, FGF-23, calcium, calcitriol and Klotho; options as in `time_course`.
    Sliders: gfr (where the fall ends), decline_years, diet_phosphate, and the switch fgf23_response.
    """
    names = "phosphate", "pth", "fgf23", ("total_calcium", "ionised_calcium"), "calcitriol", "klotho"
    own, diet = own_sliders("decline"), slider("diet_phosphate", lower=10, upper=80)
    sliders = [own["gfr"], own["decline_years"], diet, own["fgf23_response"]]
    fall = {"gfr": over_time(decline, 100, "gfr", years="decline_years")}
    options = {"stages": True, "against": "gfr", "title": "Chronic kidney disease", **options}
    options["markers"] = cohort_markers("phosphate", "pth")
    return TimeCourse(*names, sliders=sliders, years=10, moves=fall, lasts="decline_years", **options)


def infusion(substance="citrate", *names, hours=6, start=0.5, length=2, sliders=(), **options):
    """Return the panel of an infusion into a vein: `length` hours from hour `start`, watched for `hours`.

    `substance` is "calcium", "citrate" or "phosphate"; `sliders` adds more. The summary tells of the infusion's end.
    """
    rate = f"{find(substance, ('calcium', 'citrate', 'phosphate'), 'infusion')}_infusion"
    usual = Patient(treatment=f"{substance} infusion").settings[rate]
    names = names or ("ionised_calcium", "pth", "phosphate", "urine_calcium")
    options = {"title": f"Infusion of {substance}", "at": start + length, **options}
    runs = {rate: over_time(pulse, rate, hours=length, after=start)}
    return TimeCourse(*names, sliders=[slider(rate, value=usual), *sliders], hours=hours, moves=runs, **options)


def dialysis(*names, days=7, sliders=("diet_phosphate", "binder", "bath_calcium"), gfr=2, **options):
    """Return the panel of a week on haemodialysis, from where the patient's own prescription has settled.

    Sliders: session_hours and per_week, and those named in `sliders`. `gfr` is the patient's own filtration.
    """
    names = names or ("phosphate", "ionised_calcium", "pth", "total_calcium")
    week = days > 2  # a point an hour will do; one session needs more, and an axis in hours
    options = {"title": f"A {'week' if week else 'day'} on haemodialysis", **options}
    options |= {"days": days} if week else {"hours": 24 * days}
    options |= {"schedule": True, "points": int(days * (24 if week else 144)) + 1}
    plan = {"dialysis": over_time(sessions, hours="session_hours", per_week="per_week")}
    sliders = [*own_sliders("dialysis").values(), *sliders]
    return TimeCourse(*names, sliders=sliders, patient=Patient(gfr=gfr), moves=plan, **options)
