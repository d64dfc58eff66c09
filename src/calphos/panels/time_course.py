"""Chosen quantities over minutes, days or years, moved by sliders."""

import numpy as np

from calphos.drawing.figures import TIME_UNITS, CourseDrawing, Markers, stage
from calphos.model.changes import treatments
from calphos.model.cohort import ensemble
from calphos.model.patient import Patient
from calphos.model.profiles import decline, pulse, sessions
from calphos.model.simulation import simulate, steady_course
from calphos.panels.base import Panel
from calphos.panels.sliders import Slider, Switch, make_sliders, patient_of, slider
from calphos.tables.errors import InputError
from calphos.tables.quantities import SI, quantity
from calphos.tables.references import reference
from calphos.tables.words import describe, spoken

# How many of the ensemble's models a panel runs: enough for a range, few enough to wait for.
_MEMBERS = 20


class TimeCourse(Panel):
    """Curves over time; made by `calphos.panels.time_course`."""

    has_ensemble = True

    def __init__(self, names, sliders, *, days, unit_of_time, run, at, stages, report, drawing, **options):
        self.names = names
        self.days, self.unit_of_time, self.stages = days, unit_of_time, stages
        self.run, self.at = run, at
        self.drawing_options = drawing
        self.report = report or _flat(names)
        for name in self.report:
            quantity(name)
        super().__init__(sliders, **options)

    def _solve(self, settings):
        course = self.run(settings)
        if self.uncertainty:
            others = [self.run({**member, **settings}) for member in ensemble()[:_MEMBERS]]
            found = {name: np.array([np.asarray(other[name]) for other in others]) for name in _flat(self.names)}
            course.band = {name: (values.min(axis=0), values.max(axis=0)) for name, values in found.items()}
        return course

    def _make_drawing(self, units, lecture):
        return CourseDrawing(
            self.names,
            self.days,
            unit_of_time=self.unit_of_time,
            stages=self.stages,
            units=units,
            lecture=lecture,
            band=self.uncertainty,
            **self.drawing_options,
        )

    def _words(self, result, units):
        final = result.final if self.at is None else result.at(days=self.at)
        words = describe(final, self.report, units)
        if self.stages:
            words = f"stage {stage(final['gfr'])}; {words}"
        unit = TIME_UNITS[self.unit_of_time]
        along = f"over {self.days / unit:g} {self.unit_of_time}"
        when = "the end" if self.at is None else f"{self.at / unit:g} {self.unit_of_time}"
        if self.drawing_options.get("against"):
            along = f"against {quantity(self.drawing_options['against']).label}"
        return words, f"Curves {along} on fixed axes with reference intervals. At {when}: {words}."


def _flat(names):
    """Return names of quantities, some in tuples that share a plot, as one list."""
    return [name for group in names for name in ([group] if isinstance(group, str) else group)]


def time_course(
    *names,
    sliders,
    years=None,
    days=None,
    hours=None,
    minutes=None,
    presets=None,
    patient=None,
    run=None,
    at=None,
    stages=False,
    limits=None,
    markers=(),
    against=None,
    report=None,
    units=SI,
    lecture=False,
    main=None,
    title="Course over time",
    points=121,
    kind=TimeCourse,
):
    """Return a panel of the named quantities over time.

    names    quantities of `data/quantities.csv`; a tuple of names shares one plot
    sliders  names of inputs in `data/parameters.csv`, a dict of name to starting value, or ready `Slider`s
    years, days, hours, minutes   length of the time axis (give one)
    presets  names of disorders and treatments, or a dict of menu entry to {setting: value}; the first is the start
    patient  function that makes a `Patient` from the settings (default: the settings hold from day 0)
    run      function that makes the `Course` from the settings, where making a patient is not enough
    at       time of which the summary tells, in the unit of the axis (default: the end)
    stages   add the strip of KDIGO stages
    limits   {quantity: (low, high)} in SI in place of the fixed axis
    markers  `calphos.drawing.figures.Markers` with published values
    against  draw against this quantity ("gfr") in place of time
    report   quantities of the summary (default: those drawn)
    kind     the class of the panel (for summaries of another sort)

    Raises InputError for unknown names and for bounds that are not kept.
    """
    given = {"years": years, "days": days, "hours": hours, "minutes": minutes}
    chosen = [(unit, value) for unit, value in given.items() if value is not None]
    if len(chosen) != 1 or not chosen[0][1] > 0:
        raise InputError("give the length once, as a positive number of years=, days=, hours= or minutes=")
    ((unit, length),) = chosen
    drawing = {"limits": limits, "markers": markers, "against": against}
    days = length * TIME_UNITS[unit]
    patient = patient or patient_of

    def from_patient(settings):
        return simulate(patient(**settings), days=days, points=points)

    return kind(
        names,
        make_sliders(sliders),
        days=days,
        unit_of_time=unit,
        run=run or from_patient,
        at=None if at is None else at * TIME_UNITS[unit],
        stages=stages,
        report=report,
        drawing=drawing,
        presets=presets,
        units=units,
        lecture=lecture,
        main=main,
        title=title,
    )


def cohort_markers(*names):
    """Return published levels at a known eGFR (`data/ckd_cohorts.csv`) as `Markers` against GFR.

    Each row is one group of patients of one study, and each study has its own sign; assays differ between studies.
    """
    found, signs = [], {}
    for name in names:
        table = reference("ckd_cohorts", units="SI", quantity=name, measure="level")
        table = table[table["egfr"].notna() & (table["unit"] == quantity(name).si_unit)]
        for citation, rows in table.groupby("citation", sort=False):
            marker = signs.setdefault(citation, "osD^v"[len(signs) % 5])
            found.append(Markers(name, tuple(rows["egfr"]), tuple(rows["value"]), citation, marker))
    return tuple(found)


def ckd(*names, years=10, markers=True, **options):
    """Return the panel of notebook 05: a GFR that falls from 100 to a chosen end, drawn against GFR.

    `names` are the quantities (default: phosphate, PTH, FGF-23, calcium, calcitriol, Klotho); `markers` draws published
    values of the first two; other options as in `time_course`.
    Sliders: gfr (where the fall ends), decline_years, diet_phosphate, and the switch fgf23_response.
    """
    names = names or ("phosphate", "pth", "fgf23", ("total_calcium", "ionised_calcium"), "calcitriol", "klotho")

    def run(settings):
        settings = dict(settings)
        length, end = settings.pop("decline_years"), settings.pop("gfr")
        return simulate(patient_of(gfr=decline(100, end, years=length), **settings), years=length)

    sliders = [
        slider(
            "gfr",
            label="GFR at the end",
            lower=5,
            upper=100,
            value=30,
            meaning="Filtration rate at the end of the fall. Kidney failure begins below 15",
        ),
        Slider("decline_years", "Years of decline", "years", 1, 20, 1, years, "How long the fall from 100 takes"),
        slider("diet_phosphate", lower=10, upper=80),
        Switch("fgf23_response", "FGF-23 responds", "Off: FGF-23 stays at its healthy production"),
    ]
    published = [name for name in _flat(names) if name in ("phosphate", "pth")] if markers else ()
    options = {"stages": True, "against": "gfr", "title": "Chronic kidney disease", **options}
    return time_course(*names, sliders=sliders, years=years, run=run, markers=cohort_markers(*published), **options)


def infusion(substance="citrate", *names, hours=6, start=0.5, length=2, sliders=(), **options):
    """Return the panel of an infusion into a vein: `length` hours from hour `start`, watched for `hours`.

    `substance` is "calcium", "citrate" or "phosphate"; `sliders` adds more. The summary tells of the infusion's end.
    """
    rate = f"{substance}_infusion"
    row = treatments().get(f"{substance} infusion")
    if row is None:
        raise InputError(f"there is no infusion of {substance!r}: choose calcium, citrate or phosphate")
    usual = Patient(treatment=row["name"]).settings[rate]

    def patient(**settings):
        return patient_of(**{**settings, rate: pulse(settings[rate], hours=length, after=start)})

    names = names or ("ionised_calcium", "pth", "phosphate", "urine_calcium")
    options = {"title": f"Infusion of {substance}", "at": start + length, **options}
    return time_course(*names, sliders=[slider(rate, value=usual), *sliders], hours=hours, patient=patient, **options)


def dialysis(*names, days=7, sliders=("diet_phosphate", "binder", "bath_calcium"), gfr=2, **options):
    """Return the panel of a week on haemodialysis, from the steady state of the patient's own prescription.

    Sliders: session_hours and per_week, and those named in `sliders`. `gfr` is the patient's own filtration.
    """
    names = names or ("phosphate", "ionised_calcium", "pth", "total_calcium")
    week = days > 2  # a point an hour will do; one session needs more, and an axis in hours

    def run(settings):
        settings = {"gfr": gfr, **settings}
        plan = sessions(hours=settings.pop("session_hours"), per_week=int(settings.pop("per_week")))
        patient = patient_of(**settings, dialysis=plan)
        settled = simulate(patient, days=7, points=2, start=steady_course(patient))
        points = int(days * (24 if week else 144)) + 1
        return simulate(patient, days=days, points=points, start=settled)

    own = [
        Slider("session_hours", "Hours a session", "h", 2, 10, 0.5, 4, "How long the machine runs each time"),
        Slider("per_week", "Sessions a week", "", 2, 7, 1, 3, "On how many days of the week the machine runs"),
    ]
    options = {"title": f"A {'week' if week else 'day'} on haemodialysis", **options}
    length = {"days": days} if week else {"hours": 24 * days}
    return time_course(*names, sliders=[*own, *sliders], **length, run=run, kind=DialysisWeek, **options)


class DialysisWeek(TimeCourse):
    """A week on haemodialysis, told by its peaks and troughs."""

    def _words(self, result, units):
        parts = []
        for name in self.report:
            item, values = quantity(name), result[name]
            low, high = (item.text(value, units) for value in (values.min(), values.max()))
            parts.append(f"{spoken(item.label)} {low} to {high} {item.unit(units)}")
        words = "; ".join(parts)
        return (
            words,
            f"Saw-tooth curves over {self.days:g} day{'s' if self.days != 1 else ''} on fixed axes. Lowest to highest: {words}.",
        )
