"""The whole body on one drawing, moved by sliders."""

from calphos.drawing.bodymap import BodyMap, account
from calphos.model.patient import Patient
from calphos.model.simulation import simulate
from calphos.panels.base import Panel
from calphos.panels.sliders import make_sliders, patient_of
from calphos.tables.quantities import SI
from calphos.tables.words import describe

_REPORT = ("ionised_calcium", "phosphate", "pth", "calcitriol", "fgf23")


class BodyPanel(Panel):
    """The body map; made by `calphos.panels.body_map`."""

    def __init__(self, sliders, *, years, patient, report, **options):
        self.years, self.patient, self.report = years, patient, report
        self.healthy = simulate(Patient(), years=years, points=2).final
        super().__init__(sliders, **options)

    def _solve(self, settings):
        return simulate(self.patient(**settings), years=self.years, points=2).final

    def _make_drawing(self, units, lecture):
        return BodyMap(self.healthy, units=units, lecture=lecture)

    def _words(self, result, units):
        words = describe(result, self.report, units)
        return words, f"Body map after {self.years:g} years. {account(result, units)}"


def body_map(
    sliders=("gfr", "diet_calcium", "diet_phosphate"),
    *,
    years=2,
    presets=None,
    patient=None,
    units=SI,
    lecture=False,
    main=None,
    report=_REPORT,
    title="Body map",
):
    """Return the body map as a panel: the body `years` after the settings took hold, compared with health.

    `sliders`, `presets`, `patient` and `report` are those of `calphos.panels.time_course`.
    """
    return BodyPanel(
        make_sliders(sliders),
        years=years,
        patient=patient or patient_of,
        report=report,
        presets=presets,
        units=units,
        lecture=lecture,
        main=main,
        title=title,
    )
