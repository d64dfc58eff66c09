"""The whole body on one drawing, moved by sliders."""

from calphos.bodymap import BodyMap
from calphos.figures import describe, stage
from calphos.panels.base import Panel, make_sliders, patient_of
from calphos.parameters import parameter
from calphos.patient import Patient
from calphos.quantities import SI, quantity
from calphos.simulation import simulate

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
        return _Compared(self.healthy, units=units, lecture=lecture)

    def _words(self, result, units):
        words = describe(result, self.report, units)
        return words, f"Body map after {self.years:g} years. {account(result, units)}"


class _Compared(BodyMap):
    """A body map that remembers what it is compared with."""

    def __init__(self, healthy, **options):
        self.healthy = healthy
        super().__init__(bone_phosphate_ratio=parameter("bone_phosphate_ratio").value, **options)

    def update(self, values, healthy=None):
        super().update(values, self.healthy if healthy is None else healthy)


def account(values, units=SI):
    """Return the body map in words: hormones and daily fluxes."""

    def flux(name):
        return quantity(name).text(values[name], units, with_unit=True)

    return (
        f"Blood: {describe(values, ('ionised_calcium', 'phosphate'), units)}. "
        f"Gut absorbs calcium {flux('calcium_absorbed')} and phosphate {flux('phosphate_absorbed')}; "
        f"bone takes up calcium {flux('bone_formation')} and gives back {flux('bone_resorption')}; "
        f"urine carries calcium {flux('urine_calcium')} and phosphate {flux('urine_phosphate')}. "
        f"Hormones: {describe(values, ('pth', 'calcitriol', 'fgf23'), units)}. "
        f"GFR {quantity('gfr').text(values['gfr'], units, with_unit=True)}, stage {stage(values['gfr'])}."
    )


def body_map(sliders=("gfr", "diet_calcium", "diet_phosphate"), *, years=2, presets=None, patient=None, units=SI,
             lecture=False, main=None, report=_REPORT, title="Body map"):  # fmt: skip
    """Return the body map as a panel: the body `years` after the settings took hold, compared with health.

    `sliders`, `presets`, `patient` and `report` are those of `calphos.panels.time_course`.
    """
    return BodyPanel(
        make_sliders(sliders), years=years, patient=patient or patient_of, report=report, presets=presets, units=units,
        lecture=lecture, main=main, title=title,
    )  # fmt: skip
