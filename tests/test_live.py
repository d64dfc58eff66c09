"""The model in the page: the same numbers, words and refusals as Python's, whatever the settings."""

import hashlib
import json
import os
import re
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from notebook_panels import NOTEBOOKS, panels_of
from quick_roadrunner import roadrunner
from test_handouts import Reader, page_of, page_with, painted

from calphos.model import rosenbrock
from calphos.model.body import State
from calphos.model.parameters import parameter, parameters
from calphos.model.patient import Patient
from calphos.model.profiles import DAY, YEAR, decline, meals, pulse, sessions, steps
from calphos.model.simulation import SimulationError, simulate, steady_course
from calphos.tables.errors import InputError
from calphos.tables.quantities import quantities
from calphos.tables.words import fill, telling
from exchange.sbml import to_sbml
from handout import ROOT
from handout.javascript import tables
from handout.live import EXTRAS, engine_script, extras_script, screen_script
from handout.spec import spec

CLOSE = (
    1e-4  # of the value; where a quantity crosses zero, of a hundredth of its axis or a twentieth of its largest value
)


@pytest.fixture(scope="module")
def engine(chromium):
    """A page that holds the engine and nothing else, with no network."""
    with page_of(chromium, engine_script()) as page:
        yield page


def as_entry(value):
    """A setting as a panel's data would say it."""
    if isinstance(value, float):
        return value
    return {"profile": "points", "points": [list(point) for point in value.points], "period": value.period}


RUN = """([settings, hours, points, steady]) => {
    const own = Object.fromEntries(Object.entries(settings).map(([name, entry]) => [name, read(entry, {})]));
    try {
        const course = steady ? steadyCourse(own) : simulate(own, evenly(hours, points));
        return Object.fromEntries(Object.entries(course.values).map(([name, column]) => [name, [...column]]));
    } catch (problem) {
        if (!(problem instanceof Refused)) throw problem;
        return problem.message;
    }
}"""


def assert_same(found, table):
    """Every quantity of a course in the page is that of Python."""
    for name, item in quantities().items():
        if name not in table:
            continue
        expected = table[name].to_numpy()
        least = max(0.01 * max(abs(item.axis_low), abs(item.axis_high)), 0.05 * np.max(np.abs(expected)))
        if name.endswith("_balance"):  # a difference of flows: it is as exact as what flows, not as what is left over
            least = max(least, parameter(f"diet_{name.removesuffix('_balance')}").value)
        size = np.maximum(np.abs(expected), least)
        apart = np.max(np.abs(np.array(found[name]) - expected) / size)
        assert apart < CLOSE, (name, apart)


def compare(engine, settings, hours, points=61, steady=False):
    """Run a patient on both sides; the same course or the same refusal."""
    patient = Patient(**settings)
    found = engine.evaluate(RUN, [{name: as_entry(v) for name, v in patient.settings.items()}, hours, points, steady])
    if isinstance(found, str):
        with pytest.raises(SimulationError) as refused:
            course_of(patient, hours, points, steady)
        assert found == str(refused.value).partition(" (Patient(")[0]
        return False
    assert_same(found, course_of(patient, hours, points, steady).table())
    return True


def course_of(patient, hours, points, steady):
    return steady_course(patient, rtol=1e-8) if steady else simulate(patient, hours=hours, points=points, rtol=1e-8)


def random_settings(rng, count=3):
    inputs = [row for row in parameters().values() if row.kind == "input" and row.step]
    chosen = rng.choice(len(inputs), count, replace=False)
    rows = [inputs[i] for i in chosen]
    return {row.name: float(rng.uniform(row.lower, row.upper)) for row in rows}


@pytest.mark.parametrize(("hours", "steady"), [(10 * YEAR, False), (30 * DAY, False), (6.0, False), (0, True)])
def test_random_patients_have_the_same_course(engine, hours, steady):
    rng = np.random.default_rng([7, int(hours)])
    done = sum(compare(engine, random_settings(rng), hours, steady=steady) for _ in range(9))
    assert done >= 3  # the others were refused on both sides in the same words


@pytest.mark.parametrize(
    "settings", [{"gfr": 2, "dialysis": sessions(hours=4, per_week=3)}, {"gfr": 40, "diet_phosphate": meals(50)}]
)
def test_a_schedule_settles_in_the_same_state(engine, settings):
    assert compare(engine, settings, 0, steady=True)


@pytest.mark.parametrize(
    ("settings", "hours", "points"),
    [
        ({"gfr": decline(100, 10, years=10)}, 10 * YEAR, 121),
        ({"gfr": 2, "dialysis": sessions(hours=4, per_week=3)}, 7 * DAY, 169),
        ({"calcium_infusion": pulse(2.0, hours=2, after=0.5)}, 6, 121),
        ({"citrate_infusion": pulse(5.0, hours=2, after=0.5)}, 6, 121),
        ({"diet_phosphate": meals(48, at=(1,))}, DAY, 121),
        ({"diet_calcium": meals(25), "ph": decline(7.4, 7.2, days=2, after=1)}, 4 * DAY, 97),
        ({"gfr": steps(days={0: 100, 30: 40, 300: 20})}, 2 * YEAR, 61),
    ],
    ids=["decline", "sessions", "calcium", "citrate", "meal", "meals and a line", "steps"],
)
def test_inputs_that_change_have_the_same_course(engine, settings, hours, points):
    assert compare(engine, settings, hours, points)


def test_a_setting_out_of_bounds_is_refused(engine):
    with pytest.raises(InputError) as refused:
        Patient(gfr=-5)
    assert engine.evaluate(RUN, [{"gfr": -5}, 24, 3, False]) == str(refused.value)


def test_entries_are_read_as_python_reads_them(engine):
    """Named profiles whose numbers are sliders, and lines through points."""
    cases = [
        (
            {"profile": "decline", "start": 100, "end": {"slider": "gfr"}, "years": {"slider": "y"}},
            decline(100, 20, years=3),
        ),
        ({"profile": "pulse", "value": {"slider": "gfr"}, "days": 2, "after": 1}, pulse(20, days=2, after=1)),
        ({"profile": "sessions", "hours": 5, "per_week": {"slider": "y"}}, sessions(hours=5, per_week=3)),
        ({"profile": "meals", "per_day": {"slider": "gfr"}, "at": [8, 18]}, meals(20, at=(8, 18))),
        ({"profile": "steps", "days": {"0": {"slider": "gfr"}, "9": 0}}, steps(days={0: 20, 9: 0})),
    ]
    for entry, profile in cases:
        made = engine.evaluate("entry => read(entry, {gfr: 20, y: 3})", entry)
        assert [tuple(point) for point in made["points"]] == list(profile.points)
        assert made["period"] == profile.period
        for start, end in ((0.0, 1.0), (30.0, 31.5), (200.0, 201.0)):
            line = engine.evaluate("([p, a, b]) => line(p, a, b)", [made, start, end])
            assert tuple(line) == pytest.approx(profile.line(start, end))
        assert engine.evaluate("p => mean(p)", made) == pytest.approx(profile.mean())
        assert engine.evaluate("p => breakpoints(p, 0, 400)", made) == pytest.approx(profile.breakpoints(0, 400))
    severity = {"slider": "s", "points": [[0, 1], [0.5, 3], [1, 16]]}
    assert engine.evaluate("entry => [0, 0.25, 0.75, 1].map((s) => read(entry, {s}))", severity) == [1, 2, 9.5, 16]
    assert engine.evaluate("entry => read(entry, {})", severity) is None


# ---------------------------------------------------------------- every panel of every notebook


@pytest.fixture(scope="module")
def kinds(chromium):
    """A page with everything that panels compute with, and no panel."""
    screen = screen_script().replace("startLive();", "")
    with page_of(chromium, engine_script(ranges=True), extras_script(tuple(sorted(EXTRAS))), screen) as page:
        yield page


ANSWER = """([spec, settings]) => {
    const kind = KINDS[spec.kind];
    try {
        const result = kind.solve(spec, settings);
        const told = fill(spec.told, kind.numbers(spec, result), SI);
        const course = spec.kind === "course" ? Object.fromEntries(kind.columns(spec).map((name) => [name, [...result.values[name]]])) : null;
        return {told, course, table: kind.table(spec, result, SI)};
    } catch (problem) {
        if (!(problem instanceof Refused)) throw problem;
        return {refused: problem.message};
    }
}"""


def some_settings(panel, rng):
    """Slider positions as a learner might leave them, under one of the presets."""
    if panel.presets:
        panel._choose(str(rng.choice(list(panel.presets))))
    for name, item in panel.sliders.items():
        if rng.random() < 0.7:
            place = int(rng.integers(-bool(item.unset), item.positions + 1))
            panel.values[name] = None if place < 0 else round(item.lower + place * item.step, 9)
    return panel.settings


def numbers_in(sentence):
    return [
        number.replace("\N{MINUS SIGN}", "-") for number in re.findall(r"[-\N{MINUS SIGN}+]?\d+(?:\.\d+)?", sentence)
    ]


def assert_same_words(found, expected):
    """The same sentence; a number may differ by one in its last digit, where both sides round the same value apart."""
    plain = [re.sub(r"\d+(\.\d+)?", "0", text) for text in (found, expected)]
    assert plain[0] == plain[1]
    for a, b in zip(numbers_in(found), numbers_in(expected), strict=True):
        last = 10.0 ** -len(b.partition(".")[2])
        assert abs(float(a) - float(b)) <= max(2 * CLOSE * abs(float(b)), 1.01 * last), (found, expected)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem[:2])
def test_every_panel_answers_as_in_the_notebook(kinds, path):
    rng = np.random.default_rng([11, int(path.stem[:2])])
    for panel in panels_of(path):
        told = spec(panel)
        for _ in range(3):
            settings = some_settings(panel, rng)
            found = kinds.evaluate(ANSWER, [told, settings])
            try:
                result = panel._solve(settings)
            except InputError as problem:
                # Which pool rounding takes below nothing is the solver's affair; that it is refused is not.
                expected = "" if "below zero" in str(problem) else str(problem).partition(" (Patient(")[0]
                assert found.get("refused", "?").startswith(expected or "refused: "), (panel, settings)
                continue
            assert "refused" not in found, (panel, settings, found)
            assert_same_words(found["told"], panel._words(result, "SI")[0])
            if found["course"]:
                assert_same(found["course"], result.table()[list(found["course"])])


DRAWN = """() => PANELS.map(({box, figure}) => [box.id, [...figure.querySelectorAll("[data-line]")].some((line) => {
    const {width, height} = line.getBBox(); return width > 0 || height > 0; })])"""
STANDS = """() => PANELS.map((panel) => panel.sliders.map(({slider, input, output}) => [slider.name, panel.values[slider.name],
    output ? output.textContent : (input.checked ? "on" : "off"), output ? panel.valueOf(slider, Number(input.value)) : null]))"""


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem[:2])
def test_every_panel_draws_and_its_sliders_show_what_they_say(page, path, tmp_path):
    """A real page of every notebook's panels: curves at once, and sliders right at the start, after a preset, after reset."""
    made = panels_of(path)
    if not made:
        pytest.skip("no panel in this notebook")
    reader = Reader(page)
    reader.open(page_with(tmp_path, *made))
    page.evaluate("PANELS.forEach((panel) => { panel.sketches?.drawing && panel.sketches.show(); panel.draw(); })")
    assert [
        name for name, drawn in page.evaluate(DRAWN) if not drawn and "table" not in page.inner_html(f"#{name} .figure")
    ] == []

    def stand():
        painted(page)
        for panel, sliders in zip(made, page.evaluate(STANDS), strict=True):
            for name, value, text, place in sliders:
                assert text == panel.sliders[name].text(value), (name, value)
                assert place is None or place == pytest.approx(value)

    stand()
    for number, panel in enumerate(made):
        for place, name in enumerate(panel.presets):
            page.evaluate("([n, p]) => { PANELS[n].choose(p); PANELS[n].moved(); }", [number, place])
            painted(page)
            panel._choose(name)
            assert {name: value for name, value, *_ in page.evaluate(STANDS)[number]} == pytest.approx(panel.values)
    stand()
    page.evaluate("PANELS.forEach((panel) => panel.reset())")
    stand()
    reader.quiet()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem[:2])
def test_roadrunner_runs_every_course_of_a_panel(path):
    """A third engine: where a panel draws one course of one patient, SBML can say it."""
    rng = np.random.default_rng([12, int(path.stem[:2])])
    for panel in panels_of(path):
        if panel.kind != "course":
            continue
        try:
            course = panel._solve(some_settings(panel, rng))
        except InputError:
            continue
        first = SimpleNamespace(final_state=State(*course.states[0]))
        runner = roadrunner.RoadRunner(to_sbml(course.patient, start=first))
        runner.integrator.relative_tolerance, runner.integrator.absolute_tolerance = 1e-9, 1e-12
        runner.timeCourseSelections = ["time", *course.table().columns]
        result = runner.simulate(0, course.hours[-1], len(course.hours))
        assert result["time"] == pytest.approx(course.hours)
        assert_same(result, course.table())


def test_a_screen_reader_hears_each_slider_once_and_its_new_value_at_once(page, tmp_path):
    """Faults that others report of their sliders: a title said twice, a value said late, the old value said first."""
    made = panels_of(next(path for path in NOTEBOOKS if path.stem.startswith("05")))
    reader = Reader(page)
    reader.open(page_with(tmp_path, *made))
    nodes = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    names = [node["name"]["value"] for node in nodes if node.get("role", {}).get("value") == "slider"]
    sliders = page.locator("input[type=range]")
    labels = [item.label for panel in made for item in panel.sliders.values() if hasattr(item, "positions")]
    assert [name for name in names if name in labels] == [name for name in names if "prediction" not in name]
    assert sliders.count() == len([name for name in names if "prediction" not in name]) > 3
    for place in range(sliders.count()):
        slider = sliders.nth(place)
        heard = "(input) => [input.getAttribute('aria-valuetext'), input.closest('.slider').querySelector('output').textContent]"
        old, shown = slider.evaluate(heard)
        assert old == shown
        slider.focus()
        for key in ("ArrowLeft", "ArrowRight", "ArrowRight"):  # it may stand at its lower end
            page.keyboard.press(key)
            new, shown = slider.evaluate(heard)  # before the picture is painted
            if new != old:
                break
        assert new == shown != old
        painted(page)
        assert slider.evaluate(heard) == [new, new]
    reader.quiet()


HOSTILE = [
    "set&0=<img src=x onerror=alert(1)>",
    "set&0=gfr:<svg/onload=alert(1)>,preset:999",
    "set&0=gfr:1e309,constructor:1,__proto__:2&__proto__=gfr:3",
    "set&0=gfr:-99999999999,gfr:NaN&999=gfr:3&-1=gfr:3",
    "set&" + "&".join(["0=preset:0"] * 5000),
    "set&0=" + ",".join(["gfr:30"] * 5000),
    "set&%00%ff%ED%A0%80&0=gfr",
    "set&0=gfr:30;background:url(//example.org)",
]


def test_a_hostile_address_changes_no_more_than_a_slider_may(page, tmp_path):
    """What stands after "#" is a stranger's text: it sets sliders within their bounds, or nothing."""
    made = panels_of(next(path for path in NOTEBOOKS if path.stem.startswith("05")))
    reader = Reader(page)
    reader.open(page_with(tmp_path, *made))
    page.evaluate("PANELS.forEach((panel) => panel.draw())")
    elements = page.evaluate("document.querySelectorAll('*').length")
    for address in HOSTILE:
        page.evaluate(
            """(address) => new Promise((done) => { addEventListener("hashchange", () => done(), { once: true }); location.hash = address; })""",
            address,
        )
        painted(page)
        assert page.evaluate("document.querySelectorAll('img, svg [onload], [onerror]').length") == 0, address
        for panel, sliders in zip(made, page.evaluate(STANDS), strict=True):
            for name, value, *_ in sliders:
                slider = panel.sliders[name]
                assert value is None or slider.lower <= value <= slider.upper, (address, name)
        page.evaluate("PANELS.forEach((panel) => panel.reset())")
        painted(page)
        page.evaluate("history.replaceState(null, '', location.pathname)")
    assert page.evaluate("({}).gfr === undefined && Object.prototype.gfr === undefined")
    assert page.evaluate("document.querySelectorAll('*').length") < 1.1 * elements
    reader.quiet()


# ---------------------------------------------------------------- the solver by itself

SOLVE = """([n, rates, entries, order]) => {
    const MODEL = {states: Array(n).fill(""), places: entries.map(([r, c]) => [r, c]), order, tableau: TABLEAU,
        rates: new Function("y", "f", rates), jacobian: new Function("y", "j", entries.map(([,, e], i) => `j[${i}] = ${e};`).join(""))};
    return eval(SOLVER_TEXT + "; SOLVER");
}"""


@pytest.fixture(scope="module")
def bare(chromium):
    """A page in which the solver runs on equations of a test's own."""
    page = chromium.new_page()
    solver = (ROOT / "handout" / "solver.js").read_text()
    page.add_script_tag(
        content=f"var TABLEAU = {json.dumps(tables()['tableau'])}, SOLVER_TEXT = {json.dumps(solver)}; var make = {SOLVE}"
    )
    yield page
    page.close()


VAN_DER_POL = [2, "f[0] = 1e3*y[1]; f[1] = 1e3*((1-y[0]*y[0])*y[1]-y[0]);", [[0, 1, "1e3"], [1, 0, "1e3*(-2*y[0]*y[1]-1)"], [1, 1, "1e3*(1-y[0]*y[0])"]]]  # fmt: skip


def order_of(entries, size):
    return rosenbrock.elimination_order([(row, column) for row, column, _ in entries], size)


def test_the_solver_is_of_order_five_and_its_interpolant_of_order_four(bare):
    """One step each over pieces of the same length, half and a quarter of it: the error falls by 2^5, within a step by 2^4."""
    errors = bare.evaluate(
        """([problem, ends]) => {
            const solver = make(problem);
            const atol = [1e-12, 1e-12];
            const reference = (t) => { const y = Float64Array.of(1, 0.5); solver.integrate(y, t, [], 0, 0, 0, [], 1e-13, atol, null); return y; };
            return ends.map((h) => {
                const y = Float64Array.of(1, 0.5), out = new Float64Array(2), T = 1e-3;
                for (let t = 0; t < T - h / 2; t += h) solver.integrate(y, h, [t + 0.4 * h], t, 0, 1, out, 1e9, atol, null);
                const end = reference(T), inside = reference(T - 0.6 * h);
                return [Math.hypot(y[0] - end[0], y[1] - end[1]), Math.hypot(out[0] - inside[0], out[1] - inside[1])];
            });
        }""",
        [[*VAN_DER_POL, order_of(VAN_DER_POL[2], 2)], [1e-3 / 4, 1e-3 / 8, 1e-3 / 16]],
    )
    steps_, inside = np.array(errors).T
    assert np.all(np.log2(steps_[:-1] / steps_[1:]) > 4.6)
    assert np.all(np.log2(inside[:-1] / inside[1:]) > 3.6)


def test_a_stiff_problem_with_known_answer(bare):
    """Robertson's reactions at t = 40 (Hairer and Wanner, Solving Ordinary Differential Equations II)."""
    entries = [
        [0, 0, "-0.04"], [0, 1, "1e4*y[2]"], [0, 2, "1e4*y[1]"],
        [1, 0, "0.04"], [1, 1, "-1e4*y[2]-6e7*y[1]"], [1, 2, "-1e4*y[1]"], [2, 1, "6e7*y[1]"],
    ]  # fmt: skip
    rates = "const a = 0.04*y[0], b = 1e4*y[1]*y[2], c = 3e7*y[1]*y[1]; f[0] = b-a; f[1] = a-b-c; f[2] = c;"
    found = bare.evaluate(
        """problem => { const y = Float64Array.of(1, 0, 0); make(problem).integrate(y, 40, [], 0, 0, 0, [], 1e-9, [1e-12, 1e-14, 1e-12], null);
            return [...y]; }""",
        [3, rates, entries, order_of(entries, 3)],
    )
    assert found == pytest.approx([0.7158270687, 9.185534764e-6, 0.2841637457], rel=1e-7)


# ---------------------------------------------------------------- numbers and words


def test_numbers_are_written_as_python_writes_them(engine):
    rng = np.random.default_rng(3)
    values = [
        *rng.normal(0, 1, 200) * 10.0 ** rng.integers(-6, 7, 200),
        *(k / 8 for k in range(-40, 41)),
        0.0,
        1e-5,
        123456.5,
        1e6,
        2.5e-5,
    ]
    values = [float(value) for value in values]
    for decimals in range(5):
        found = engine.evaluate("([values, d]) => values.map((x) => fixed(x, d))", [values, decimals])
        assert found == [f"{value:.{decimals}f}" for value in values]
    for digits in (3, 6):
        found = engine.evaluate("([values, d]) => values.map((x) => general(x, d))", [values, digits])
        assert found == [f"{value:.{digits}g}" for value in values]


def test_sentences_are_those_of_python(engine):
    rng = np.random.default_rng(4)
    names = list(quantities())
    for _ in range(20):
        values = {
            name: float(item.axis_low + rng.uniform(-0.1, 1.2) * (item.axis_high - item.axis_low))
            for name, item in quantities().items()
        }
        for place, units in enumerate(("SI", "conventional")):
            found = engine.evaluate(
                "([values, names, units]) => describe(values, names, units)", [values, names, place]
            )
            assert found == fill(telling(names), values, units)


def test_the_model_is_printed_alike_in_every_run():
    code = "import hashlib; from handout.javascript import model_script; print(hashlib.sha256(model_script().encode()).hexdigest())"
    environment = os.environ | {"PYTHONHASHSEED": "5", "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")])}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=ROOT, capture_output=True, text=True, check=True
    )
    from handout.javascript import model_script

    assert done.stdout.strip() == hashlib.sha256(model_script().encode()).hexdigest()
