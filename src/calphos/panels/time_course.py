"""Chosen quantities over minutes, days or years, moved by sliders."""

from calphos.figures import TIME_UNITS, CourseDrawing, describe, time_unit
from calphos.panels.base import Panel, make_sliders
from calphos.quantities import SI


class TimeCourse(Panel):
    """Curves over time; see `calphos.panels.time_course`."""

    def __init__(self, names, sliders, *, days, patient=None, points=121, stages=False, limits=None, markers=(),
                 unit_of_time=None, columns=None, width=840, height=None, report=None, **options):  # fmt: skip
        self.days, self.points = days, points
        self.patient = patient or _patient
        self.drawing_options = {
            "unit_of_time": unit_of_time or time_unit(days), "stages": stages, "limits": limits, "markers": markers,
            "columns": columns, "width": width, "height": height,
        }  # fmt: skip
        self.names = names
        self.report = report or [
            name for group in names for name in ([group] if isinstance(group, str) else group)
        ]
        super().__init__(sliders, **options)

    def _solve(self, settings):
        from calphos.simulate import simulate

        return simulate(self.patient(**settings), days=self.days, points=self.points)

    def _make_drawing(self, units, lecture):
        return CourseDrawing(self.names, self.days, units=units, lecture=lecture, **self.drawing_options)

    def _words(self, result, units):
        final = {name: float(result[name].iloc[-1]) for name in self.report}
        words = describe(final, self.report, units)
        unit = self.drawing_options["unit_of_time"]
        span = self.days / TIME_UNITS[unit]
        return (
            words,
            f"Curves over {span:g} {unit} on fixed axes with reference intervals. At the end: {words}.",
        )


def _patient(**settings):
    from calphos.patient import Patient

    return Patient(**settings)


def time_course(*names, sliders, years=None, days=None, hours=None, minutes=None, presets=None, patient=None,
                stages=False, limits=None, markers=(), report=None, units=SI, lecture=False, main=None,
                title="Course over time", points=121, columns=None, width=840, height=None):  # fmt: skip
    """Return a panel of the named quantities over time.

    names    quantities of `data/quantities.csv`; a tuple of names shares one plot
    sliders  names of exposed rows of `data/parameters.csv`, a dict of name to starting value, or ready `Slider`s
    years, days, hours, minutes   length of the time axis (give one)
    presets  dict of menu entry to {setting: value}; the first one is the start
    patient  function that makes a `Patient` from the settings (default: `Patient(**settings)` from day 0)
    stages   add the strip of KDIGO stages
    limits   {quantity: (low, high)} in SI in place of the fixed axis
    markers  `calphos.figures.Markers` with published values
    report   quantities of the summary (default: those drawn)

    Raises InputError for unknown names and for bounds that are not kept.
    """
    length = _length(years=years, days=days, hours=hours, minutes=minutes)
    unit = next(
        key
        for key, value in {"years": years, "days": days, "hours": hours, "minutes": minutes}.items()
        if value
    )
    return TimeCourse(
        names, make_sliders(sliders), days=length, unit_of_time=unit, patient=patient, points=points, stages=stages,
        limits=limits, markers=markers, report=report, presets=presets, units=units, lecture=lecture, main=main,
        title=title, columns=columns, width=width, height=height,
    )  # fmt: skip


def _length(**given):
    from calphos.errors import InputError

    chosen = {unit: value for unit, value in given.items() if value is not None}
    if len(chosen) != 1 or next(iter(chosen.values())) <= 0:
        raise InputError("give the length once, as a positive number of years=, days=, hours= or minutes=")
    ((unit, value),) = chosen.items()
    return value * TIME_UNITS[unit]
