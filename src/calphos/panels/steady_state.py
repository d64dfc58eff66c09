"""What settings come to after some time: a laboratory report, several disorders side by side, the map of the body."""

from calphos.drawing.bodymap import BodyMap
from calphos.drawing.report import Report, Table
from calphos.model.patient import Patient
from calphos.model.profiles import DAY, YEAR
from calphos.panels.panel import Panel
from calphos.panels.plan import STEADY, along_severity
from calphos.panels.sliders import left_to_disorder, make_sliders
from calphos.tables.quantities import quantity
from calphos.tables.words import sentences, telling

_BLOOD = ("ionised_calcium", "total_calcium", "phosphate", "pth", "calcidiol", "calcitriol", "fgf23")
ANALYTES = (*_BLOOD, "urine_calcium", "urine_phosphate")
COLUMNS = ("total_calcium", "phosphate", "pth", "calcitriol", "fgf23", "urine_calcium")


class SteadyState(Panel):
    """A laboratory report of the named quantities (`panels.steady_state`; default: nine analytes).

    `days` asks for the values after so many days instead of the steady state (20 years, which all but bone and mature
    deposits have reached); `sliders`, `patient` and the other options are those of `calphos.panels.time_course`.

    >>> SteadyState("phosphate", sliders=["gfr"]).set(gfr=20)
    'GFR 20 mL/min: phosphate ...'
    """

    kind = "report"
    draws = Report

    def __init__(self, *names, sliders, days=STEADY, **options):
        self.names = list(names or ANALYTES)
        super().__init__(sliders, told=telling(self.names), days=days, points=2, averaged=True, **options)


class Compare(Panel):
    """Disorders side by side (`panels.compare`).

    names       names of disorders (`calphos.model.changes.disorders()`)
    quantities  the columns (default: six analytes)
    sliders     "severity" (0 none, 0.5 usual, 1 all; the same for every disorder) and names of parameters; one that a
                disorder sets starts at "as in the disorder"
    days        the values after so many days instead of the steady state

    Raises InputError for an unknown disorder or quantity.

    >>> Compare(["sarcoidosis", "hypoparathyroidism"], "pth", days=100).set(severity=1)
    'Severity 1.00: sarcoidosis: PTH ...; hypoparathyroidism: PTH ...'
    """

    kind = "compare"

    def __init__(self, names, *quantities, sliders=("severity",), days=STEADY, **options):
        self.names = list(quantities or COLUMNS)
        symbols = {name: quantity(name).symbol or name for name in self.names}
        # What each sets, below the sliders.
        self.rows = {name: Patient(disorder=name).settings for name in names}
        made = left_to_disorder(make_sliders(sliders), set().union(*self.rows.values()))
        if "severity" in made:
            self.rows = {name: along_severity(name, usual_at=0.5) for name in names}
        cells = lambda row: ", ".join(f"{symbols[name]} {{{name}@{row}}}" for name in self.names[:3])
        told = "; ".join(f"{name}: {cells(row)}" for row, name in enumerate(self.rows))
        options["described"] = f"Table of {len(self.rows)} disorders with arrows for high and low. {{words}}."
        super().__init__(made.values(), told=told, days=days, points=2, averaged=True, **options)

    def _solve(self, settings):
        return [self.run.course({**brought, **settings}).final for brought in self.rows.values()]

    def make_drawing(self, units, lecture):
        return Table(list(self.rows), self.healthy, self.names, units=units, lecture=lecture)

    def numbers(self, result):
        """Return {"quantity@number of the row": SI value}."""
        return {f"{name}@{i}": values[name] for i, values in enumerate(result) for name in self.names}


class BodyPanel(Panel):
    """The body map (`panels.body_map`): the body `years` after the settings took hold, compared with health.

    `patient` and the other options are those of `calphos.panels.time_course`.

    >>> BodyPanel().set(gfr=30)
    'GFR 30 mL/min: ...'
    """

    kind = "body map"
    draws = BodyMap

    def __init__(self, sliders=("gfr", "diet_calcium", "diet_phosphate"), *, years=2, **options):
        described = f"Body map after {years:g} years. {sentences(self.kind)['account']}"
        super().__init__(sliders, described=described, days=years * YEAR / DAY, points=2, **options)
