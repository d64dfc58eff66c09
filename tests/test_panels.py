"""Every panel: no dead control, numbers from the model, frames without a browser, no queue, no growing memory."""

import asyncio
import base64
import html
import io
import json
import re
import threading
from dataclasses import replace
from types import SimpleNamespace

import jsonschema
import numpy as np
import pytest
from PIL import Image

from calphos import panels
from calphos.drawing.pictures import Drawing, Picture, svg_text
from calphos.model.cohort import ensemble
from calphos.model.parameters import parameters
from calphos.model.patient import Patient
from calphos.model.profiles import decline
from calphos.model.simulation import simulate, steady_state
from calphos.panels.panel import Panel
from calphos.panels.plan import Run
from calphos.panels.sliders import Slider, resolve, slider
from calphos.tables.errors import InputError
from calphos.tables.quantities import quantity
from calphos.tables.reading import data_dir
from handout.spec import spec

MAKE = {
    "time course": lambda: panels.time_course(
        "phosphate", "pth", sliders=["gfr", "diet_phosphate"], years=1, presets=["sarcoidosis"]
    ),
    "ckd": panels.ckd,
    "infusion": lambda: panels.infusion("citrate", sliders=["albumin"]),
    "dialysis": lambda: panels.dialysis(sliders=["diet_phosphate", "bath_calcium"]),
    "report": lambda: panels.steady_state(
        sliders=["gfr", "sunlight"], presets=["primary hyperparathyroidism"], days=200
    ),
    "body map": lambda: panels.body_map(sliders=["gfr", "diet_calcium"], presets=["vitamin D deficiency"]),
    "response curves": panels.response_curves,
    "curve by hand": lambda: panels.response_curves("pth", sliders=["ionised_calcium", "glands_removed"]),
    "saturation": lambda: panels.saturation(["calcium", "phosphate", "ph", "magnesium", "albumin", "citrate", "pco2"]),
    "deposition": lambda: panels.deposition(
        ["years", "fetuin_a", "pyrophosphate", "magnesium", "injury", "ph"], kinds=["medial"]
    ),
    "comparison": lambda: panels.compare(["sarcoidosis", "hypoparathyroidism"], sliders=["severity", "gfr"], days=100),
}
every = pytest.mark.parametrize("kind", MAKE)


def shown(panel):
    """Return the panel as a notebook shows it: from then on its picture is drawn."""
    panel._repr_mimebundle_()
    return panel


def state(panel):
    """Return the picture and the summary without its first words, which name the sliders' values in any case."""
    return panel.summary.partition(": ")[2], bytes(panel._image.value)


@every
def test_no_control_is_dead(kind):
    panel = shown(MAKE[kind]())
    for name, item in panel.sliders.items():
        panel.reset()
        seen = {state(panel)}
        for value in {item.lower, item.upper} - {panel.values[name]}:
            panel.set(**{name: value})
            if panel.values[name] == item.lower and getattr(item, "unset", ""):
                continue  # what a slider leaves as it is may well be its lower bound
            assert state(panel) not in seen, f"{name}={value}"
            seen.add(state(panel))
    panel.reset()
    start = state(panel)
    for change in ({"units": "conventional"}, {"lecture": True}):
        panel.set(**change)
        assert state(panel)[1] != start[1], change
    panel.set(units="SI", lecture=False)
    assert state(panel) == start
    for name in list(panel.presets)[1:]:
        assert name in panel.set(preset=name)
        assert state(panel)[0] != start[0]
    if "pin" in panel.controls():
        panel.reset()
        moved = next(iter(panel.sliders))
        panel.pin()
        panel.set(**{moved: panel.sliders[moved].upper})
        with_ghost = state(panel)
        panel.reset()
        assert state(panel) == start
        panel.set(**{moved: panel.sliders[moved].upper})
        assert state(panel)[0] == with_ghost[0]
        assert state(panel)[1] != with_ghost[1]


def pictures(panel, units):
    """Return (SVG, summary, description) with the main slider at either end and in the middle, without widgets."""
    item, drawing, made = panel.sliders[panel.main], panel.make_drawing(units, False), []
    for share in (0, 0.5, 1):
        value = item.nearest(item.lower + share * (item.upper - item.lower))
        result = panel._solve({**panel.settings, panel.main: value})
        drawing.update(result)
        made.append((svg_text(drawing.figure), *panel._words(result, units)))
    return made


@every
def test_pictures_without_a_browser(kind):
    """The same elements move, whatever the slider says; the same panel gives the same bytes."""
    panel, again = MAKE[kind](), MAKE[kind]()
    for units in ("SI", "conventional"):
        made = pictures(panel, units)
        shape = [re.findall(r"<([\w:]+)|\bid=\"([^\"]+)\"", svg) for svg, *_ in made]
        assert all(one == shape[0] for one in shape)
        assert len({svg for svg, *_ in made}) == len(made)
        assert "<text" in made[0][0]
        assert len({words for _, words, _ in made}) > 1
        assert all(alt.endswith(".") for *_, alt in made)
    assert pictures(again, units) == made
    assert not panel._controls, "pictures must not need widgets"


@every
def test_a_cell_and_a_learner_move_the_same(kind):
    panel, other = MAKE[kind](), MAKE[kind]()
    item = panel.sliders[panel.main]
    other.controls()[panel.main].value = item.to_widget(item.upper)
    assert panel.set(**{panel.main: item.upper}) == other.summary
    assert isinstance(panel.figure, Picture)
    assert panel.title
    assert item.label
    assert panel.alt == other.alt == other._image.tooltip
    assert "aria-live" in other._text.value


def test_numbers_come_from_the_model():
    panel = panels.ckd()
    panel.set(gfr=20, decline_years=8, diet_phosphate=50)
    course = simulate(Patient(gfr=decline(100, 20, years=8), diet_phosphate=50), years=8)
    for name in ("phosphate", "pth", "fgf23"):
        assert quantity(name).text(course.final[name]) in panel.summary
        drawn = panel.drawing.lines[name].get_ydata()
        np.testing.assert_allclose(drawn, course[name], rtol=1e-9)
    report = panels.steady_state(sliders=["glands_removed"])
    report.set(glands_removed=0.5)
    settled = steady_state(Patient(glands_removed=0.5))
    assert f"PTH {quantity('pth').text(settled['pth'])} pmol/L" in report.summary


def test_presets_are_the_disorders_of_the_table():
    panel = panels.time_course("pth", sliders=["gfr"], years=1, presets=["chronic kidney disease", "hypomagnesaemia"])
    panel.set(preset="chronic kidney disease")
    assert panel.controls()["gfr"].value == round(Patient(disorder="chronic kidney disease").settings["gfr"])
    panel.set(preset="hypomagnesaemia")
    assert panel.controls()["gfr"].value == 100
    expected = simulate(Patient(disorder="hypomagnesaemia"), years=1).final["pth"]
    assert panel.result.final["pth"] == pytest.approx(expected)
    assert resolve({}, ["calcimimetic"])[1]["calcimimetic"] == Patient(treatment="calcimimetic").settings


def test_severity_moves_a_disorder():
    panel = panels.time_course(
        "calcitriol", sliders=["severity"], days=200, presets={"sarcoidosis": {"disorder": "sarcoidosis"}}
    )
    panel.set(severity=0.3)
    expected = simulate(Patient(disorder="sarcoidosis", severity=0.3), days=200).final["calcitriol"]
    assert panel.result.final["calcitriol"] == pytest.approx(expected)


def test_response_curves_pass_through_the_body():
    """In the steady state the organs' curves must go through the body's own values."""
    panel = panels.response_curves(days=3000, sliders=["gfr"])
    for gfr in (100, 25):
        panel.set(gfr=gfr)
        final = simulate(Patient(gfr=gfr), days=3000, points=2).final
        points = {name: float(panel.result[name]["point"][1][0]) for name in ("pth", "reabsorption", "absorption")}
        assert points["pth"] == pytest.approx(final["pth"], rel=0.01)
        kept = final["phosphate"] * (1 - final["fractional_excretion_phosphate"] / 100)
        assert points["reabsorption"] == pytest.approx(kept, rel=1e-6)
        assert points["absorption"] == pytest.approx(final["calcium_absorbed"], rel=0.01)


def test_uncertainty_is_the_range_of_the_ensemble():
    panel = shown(panels.time_course("klotho", sliders=["gfr"], days=300, points=11))
    panel.set(gfr=30)
    plain = state(panel)
    panel.set(uncertainty=True)
    assert state(panel)[0] == plain[0]
    assert state(panel)[1] != plain[1]
    low, high = panel.result.band["klotho"]
    others = [simulate(Patient(gfr=30, **member), days=300, points=11)["klotho"] for member in ensemble()[:20]]
    np.testing.assert_allclose(low, np.min(others, axis=0))
    np.testing.assert_allclose(high, np.max(others, axis=0))
    panel.set(uncertainty=False)
    assert state(panel) == plain
    with pytest.raises(InputError, match="no choice of uncertainty"):
        panels.body_map().set(uncertainty=True)


# what a learner may do wrong


def test_bad_input_names_the_slider_and_its_bounds():
    panel = panels.time_course("pth", sliders=["gfr"], years=1)
    with pytest.raises(InputError, match=r"gfr: 500 is outside its bounds \(allowed: 1 to 140 mL/min\)"):
        panel.set(gfr=500)
    with pytest.raises(InputError, match="no slider 'diet': choose from gfr"):
        panel.set(diet=3)
    with pytest.raises(InputError, match="no choice of preset"):
        panel.set(preset="gout")
    with pytest.raises(InputError, match="no preset 'gout': choose from health, sarcoidosis"):
        MAKE["time course"]().set(preset="gout")
    with pytest.raises(InputError, match="give one of years, days, hours"):
        panels.time_course("pth", sliders=["gfr"])
    with pytest.raises(InputError, match="did you mean"):
        panels.time_course("pht", sliders=["gfr"], years=1)
    with pytest.raises(InputError, match="cannot be a slider"):
        slider("healthy_pth")
    with pytest.raises(InputError, match="sarcoidosis"):
        panels.compare(["sarcoid"])
    with pytest.raises(InputError, match="no response curve 'ptg': did you mean pth"):
        panels.response_curves("ptg")
    with pytest.raises(InputError, match="not within"):
        Slider("x", "X", "", 0, 1, 0.1, 3)
    with pytest.raises(InputError, match="choose from calcium, citrate, phosphate"):
        panels.infusion("potassium")
    with pytest.raises(InputError, match="cannot pin"):
        panels.body_map().pin()


def test_a_setting_without_a_course_keeps_the_last_picture():
    def course(settings):
        if settings["gfr"] < 50:
            raise InputError("no course below 50")
        return simulate(Patient(**settings), days=10, points=5)

    panel = panels.time_course("pth", sliders=["gfr"], days=10)
    panel.run = SimpleNamespace(course=course)
    panel.set(gfr=60)
    picture = shown(panel)._image.value
    assert picture
    assert panel.set(gfr=40) == "no course below 50"
    assert panel._image.value == picture
    assert "60" in panel.set(gfr=60)


# sliders


@pytest.mark.parametrize(
    ("make", "start"),
    [
        (panels.saturation, {"calcium": 3.0, "ph": 7.2}),
        (panels.deposition, {"ph": 7.2, "years": 5}),
        (panels.response_curves, {"ionised_calcium": 1.0, "glands_removed": 0.5}),
    ],
)
def test_starting_values_hold_for_a_panels_own_sliders_too(make, start):
    panel, moved = make(sliders=start), make(sliders=list(start))
    assert panel.values == start
    moved.set(**start)
    assert panel.summary.partition(": ")[2] == moved.summary.partition(": ")[2]


def test_each_study_has_a_sign_of_its_own():
    markers = panels.cohort_markers("phosphate", "pth", "phosphate")
    signs = {(item.citation, item.marker) for item in markers}
    assert len(signs) == len({citation for citation, _ in signs}) == len({sign for _, sign in signs}) > 1


def test_every_input_can_be_a_slider():
    for name, row in parameters().items():
        if row.kind == "input":
            item = slider(name)
            assert item.lower <= item.value <= item.upper
            assert item.meaning
            assert item.positions >= 2


def test_a_bound_between_two_steps_is_the_last_position():
    item = Slider("x", "X", "", 0, 0.999, 0.01, 0)
    assert item.nearest(0.999) == item.nearest(5) == item.from_widget(0.999) == 0.999
    assert replace(item, unset="none").widget(0).options[-1][1] == 0.999


def test_widgets_say_what_they_are():
    panel = panels.body_map()
    for name, item in panel.sliders.items():
        widget = panel.controls()[name]
        assert widget.description == f"{item.label} ({item.unit})"
        assert widget.tooltip == item.meaning
        assert (widget.min, widget.max, widget.step) == (item.lower, item.upper, item.step)
    assert panel.controls()["gfr"].description == "GFR (mL/min)"


# feel


class Slow(Panel):
    """A panel whose model waits until it is let go, to see what happens meanwhile."""

    def __init__(self):
        self.go, self.asked, self.threads = threading.Event(), [], set()
        super().__init__([Slider("x", "X", "", 0, 100, 1, 0)], title="Slow")

    def _solve(self, settings):
        self.asked.append(settings["x"])
        self.threads.add(threading.current_thread())
        assert self.go.wait(30)
        return settings["x"]

    def make_drawing(self, units, lecture):
        return Still()

    def _words(self, result, units):
        return f"answer {result}", "A picture."


def test_a_slow_model_shows_progress_and_never_makes_a_queue():
    panel = Slow()
    panel.go.set()
    shown(panel).controls()["x"].value = 1
    assert panel.summary == "X 1: answer 1"
    panel.go.clear()

    async def learner():
        before = panel._image.value
        panel.asked.clear()
        for value in range(10, 60, 10):
            panel.controls()["x"].value = value
        # The first question is with the model, the last picture stands, and the notebook goes on.
        assert panel.asked == [10]
        assert "Computing" in panel._text.value
        assert "calphos-busy" in panel.box._dom_classes
        assert panel._image.value == before != b""
        panel.go.set()
        while "Computing" in panel._text.value or panel._running is not None:
            await asyncio.sleep(0.01)

    asyncio.run(asyncio.wait_for(learner(), 60))
    assert panel.asked == [10, 50], "only the newest of the waiting questions is asked"
    assert "answer 50" in panel.summary
    assert "calphos-busy" not in panel.box._dom_classes
    assert threading.main_thread() not in panel.threads


class Still(Drawing):
    """A drawing in which nothing moves."""

    def _build(self):
        self.paper(60, 40)

    def update(self, result):
        pass


# handouts and notebooks


def test_a_notebook_shows_the_box_and_keeps_a_small_picture():
    panel = panels.body_map()
    data, metadata = panel._repr_mimebundle_()
    assert data["application/vnd.jupyter.widget-view+json"]["model_id"] == panel.box.model_id
    assert data["text/plain"] == metadata["image/png"]["alt"] == panel.alt
    alt, width, still = re.fullmatch(
        r'<img alt="(.+?)" width="(\d+)" src="data:image/png;base64,(.+?)">', data["text/html"]
    ).groups()
    assert html.unescape(alt) == panel.alt
    still = base64.b64decode(still)
    assert len(still) < 45_000
    assert Image.open(io.BytesIO(still)).width == int(width) == panel.drawing.figure.bbox.width
    small = Image.open(io.BytesIO(base64.b64decode(data["image/png"])))
    assert 2 * small.width == pytest.approx(metadata["image/png"]["width"], abs=1)


def test_pin_and_reset_return_nothing():
    panel = panels.steady_state("pth", sliders=["gfr"])
    assert panel.pin() is None
    assert panel.reset() is None


def test_at_most_three_runs_stay_pinned():
    panel = panels.time_course("pth", sliders=["gfr"], days=10)
    lines = len(panel.drawing.plots["pth"].lines)
    for gfr in (80, 60, 40, 20):
        panel.set(gfr=gfr)
        panel.pin()
    assert [settings["gfr"] for _, settings in panel.pins] == [60, 40, 20]
    assert len(panel.drawing.plots["pth"].lines) == lines + 3
    panel.reset()
    assert len(panel.drawing.plots["pth"].lines) == lines


# the description


def read_back(panel):
    """Return the panel's description after a journey as JSON text, and the run that it tells of."""
    told = json.loads(json.dumps(spec(panel)))
    jsonschema.validate(told, json.loads((data_dir() / "schemas" / "panel.json").read_text(encoding="utf-8")))
    return told, told["run"] and Run(**told["run"])


@every
def test_the_description_is_whole(kind):
    """What JSON tells gives the same numbers as the panel: at the start, with a preset, and with a slider moved."""
    panel = MAKE[kind]()
    told, run = read_back(panel)
    assert [item["name"] for item in told["sliders"]] == list(panel.sliders)
    assert {item["name"]: item["value"] for item in told["sliders"]} == panel.values
    if kind == "saturation":
        assert run is None
        return
    start = {item["name"]: item["value"] for item in told["sliders"]}
    moved = {**start, told["main"]: panel.sliders[told["main"]].upper}
    cases = [(None, start), (None, moved), *((one["name"], one["sliders"]) for one in told["presets"])]
    hidden = {one["name"]: one["settings"] for one in told["presets"]} | {None: {}}
    for preset, values in cases:
        if preset is not None:
            panel._choose(preset)
        panel.values = dict(values)
        expected = panel._solve(panel.settings)
        below = hidden[preset if preset is not None else told["chosen"]]
        settings = {**below, **{name: value for name, value in values.items() if value is not None}}
        if kind == "comparison":
            for row, values in zip(told["details"]["rows"], expected, strict=True):
                assert run.course({**row["settings"], **settings}).final["pth"] == pytest.approx(values["pth"])
        elif kind == "deposition":
            assert run.person({k: v for k, v in settings.items() if k not in ("ph", "injury")}).settings
        elif kind in ("response curves", "curve by hand"):
            curve = told["details"]["curves"][0]
            along = settings.get(curve["along"], run.course(settings).final[curve["along"]])
            assert along == pytest.approx(float(expected[curve["name"]]["point"][0][0]))
        else:
            final = expected.final if hasattr(expected, "final") else expected
            assert run.course(settings).final["pth"] == pytest.approx(final["pth"])
        assert told["told"]


def test_severity_is_told_as_a_line_and_can_be_overruled():
    presets = {"kidney": {"disorder": "chronic kidney disease"}}
    panel = panels.steady_state("pth", sliders=["severity", "gfr"], presets=presets, days=100)
    told, run = read_back(panel)
    (preset,) = told["presets"]
    assert preset["settings"] == {"gfr": {"slider": "severity", "points": [[0, 100], [1, 8]]}}
    assert run.person({**preset["settings"], "severity": 0.5}).settings == {"gfr": 54}
    assert run.person({**preset["settings"], "severity": 0.5, "gfr": 20}).settings == {"gfr": 20}
