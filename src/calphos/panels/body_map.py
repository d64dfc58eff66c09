"""The whole body on one drawing, moved by sliders."""

from calphos.drawing.bodymap import BodyMap
from calphos.model.profiles import DAY, YEAR
from calphos.panels.panel import Panel
from calphos.panels.plan import run_of
from calphos.panels.sliders import make_sliders
from calphos.tables.words import sentences, telling

_REPORT = ("ionised_calcium", "phosphate", "pth", "calcitriol", "fgf23")


class BodyPanel(Panel):
    """The body map (`panels.body_map`): the body `years` after the settings took hold, compared with health.

    `patient`, `report` and the other options are those of `calphos.panels.time_course`.

    >>> BodyPanel().set(gfr=30)
    'GFR 30 mL/min: ...'
    """

    kind = "body map"
    draws = BodyMap

    def __init__(
        self,
        sliders=("gfr", "diet_calcium", "diet_phosphate"),
        *,
        years=2,
        patient=None,
        report=_REPORT,
        title="Body map",
        **options,
    ):
        made = make_sliders(sliders)
        run = run_of(made, years * YEAR / DAY, patient=patient, points=2)
        described = f"Body map after {years:g} years. {sentences('body map')['account']}"
        super().__init__(made, run=run, told=telling(report), described=described, title=title, **options)
