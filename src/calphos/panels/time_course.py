"""Chosen quantities over minutes, days or years, moved by sliders."""

from calphos.errors import InputError
from calphos.figures import TIME_UNITS, CourseDrawing, Markers, describe, stage
from calphos.panels.base import Panel, Slider, Switch, make_sliders, patient_of, slider
from calphos.patient import decline
from calphos.quantities import SI, quantity
from calphos.references import reference
from calphos.simulation import simulate


class TimeCourse(Panel):
    """Curves over time; made by `calphos.panels.time_course`."""

    def __init__(
        self, names, sliders, *, days, unit_of_time, patient, points, stages, report, drawing, **options
    ):
        self.names = names
        self.days, self.unit_of_time, self.points, self.stages = days, unit_of_time, points, stages
        self.patient = patient
        self.drawing_options = drawing
        self.report = report or [
            name for group in names for name in ([group] if isinstance(group, str) else group)
        ]
        for name in self.report:
            quantity(name)
        super().__init__(sliders, **options)

    def _solve(self, settings):
        return simulate(self.patient(**settings), days=self.days, points=self.points)

    def _make_drawing(self, units, lecture):
        return CourseDrawing(
            self.names, self.days, unit_of_time=self.unit_of_time, stages=self.stages, units=units, lecture=lecture,
            **self.drawing_options,
        )  # fmt: skip

    def _words(self, result, units):
        final = result.final
        words = describe(final, self.report, units)
        if self.stages:
            words = f"stage {stage(final['gfr'])}; {words}"
        along = f"over {self.days / TIME_UNITS[self.unit_of_time]:g} {self.unit_of_time}"
        if self.drawing_options.get("against"):
            along = f"against {quantity(self.drawing_options['against']).label}"
        return words, f"Curves {along} on fixed axes with reference intervals. At the end: {words}."


def time_course(*names, sliders, years=None, days=None, hours=None, minutes=None, presets=None, patient=None,
                stages=False, limits=None, markers=(), against=None, report=None, units=SI, lecture=False, main=None,
                title="Course over time", points=121, columns=None, width=None, height=None):  # fmt: skip
    """Return a panel of the named quantities over time.

    names    quantities of `data/quantities.csv`; a tuple of names shares one plot
    sliders  names of exposed rows of `data/parameters.csv`, a dict of name to starting value, or ready `Slider`s
    years, days, hours, minutes   length of the time axis (give one)
    presets  names of disorders and treatments, or a dict of menu entry to {setting: value}; the first is the start
    patient  function that makes a `Patient` from the settings (default: the settings hold from day 0)
    stages   add the strip of KDIGO stages
    limits   {quantity: (low, high)} in SI in place of the fixed axis
    markers  `calphos.figures.Markers` with published values
    against  draw against this quantity ("gfr") in place of time
    report   quantities of the summary (default: those drawn)

    Raises InputError for unknown names and for bounds that are not kept.
    """
    given = {"years": years, "days": days, "hours": hours, "minutes": minutes}
    chosen = [(unit, value) for unit, value in given.items() if value is not None]
    if len(chosen) != 1 or not chosen[0][1] > 0:
        raise InputError("give the length once, as a positive number of years=, days=, hours= or minutes=")
    ((unit, length),) = chosen
    drawing = {"limits": limits, "markers": markers, "against": against, "columns": columns, "height": height}
    if width:
        drawing["width"] = width
    return TimeCourse(
        names, make_sliders(sliders), days=length * TIME_UNITS[unit], unit_of_time=unit, patient=patient or patient_of,
        points=points, stages=stages, report=report, drawing=drawing, presets=presets, units=units, lecture=lecture,
        main=main, title=title,
    )  # fmt: skip


def cohort_markers(*names):
    """Return published levels at a known eGFR (`data/ckd_cohorts.csv`) as `Markers` against GFR.

    Each row is one group of patients of one study; assays differ between studies.
    """
    found = []
    for name in names:
        table = reference("ckd_cohorts", units="SI", quantity=name, measure="level")
        table = table[table["egfr"].notna() & (table["unit"] == quantity(name).si_unit)]
        for citation, rows in table.groupby("citation", sort=False):
            marker = "osD^v"[len({item.citation for item in found} - {citation}) % 5]
            found.append(Markers(name, tuple(rows["egfr"]), tuple(rows["value"]), citation, marker))
    return tuple(found)


def ckd(*names, years=10, markers=True, **options):
    """Return the panel of notebook 05: a GFR that falls from 100 to a chosen end, drawn against GFR.

    `names` are the quantities (default phosphate, PTH, calcitriol, FGF-23); other options as in `time_course`.
    Sliders: gfr (where the fall ends), decline_years, diet_phosphate, and the switch fgf23_response.
    """
    names = names or ("phosphate", "pth", "calcitriol", "fgf23")

    def patient(gfr, decline_years, **settings):
        return patient_of(gfr=decline(100, gfr, years=decline_years), **settings)

    def run(settings):
        return simulate(patient(**settings), years=settings["decline_years"], points=121)

    sliders = [
        slider("gfr", label="GFR at the end", lower=5, upper=100, value=30,
               meaning="Filtration rate at the end of the fall. Kidney failure begins below 15"),
        Slider("decline_years", "Years of decline", "years", 1, 20, 1, years, "How long the fall from 100 takes"),
        slider("diet_phosphate", lower=10, upper=80),
        Switch("fgf23_response", "FGF-23 responds", "Off: FGF-23 stays at its healthy production"),
    ]  # fmt: skip
    flat = [name for group in names for name in ([group] if isinstance(group, str) else group)]
    found = cohort_markers(*[name for name in flat if name in ("phosphate", "pth")]) if markers else ()
    options = {
        "stages": True,
        "against": "gfr",
        "markers": found,
        "title": "Chronic kidney disease",
        **options,
    }
    panel = time_course(*names, sliders=sliders, years=years, patient=patient, **options)
    panel._solve = run
    return panel
