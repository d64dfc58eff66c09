"""What a slider shows is what the model is asked: every panel of the notebooks, one step at a time."""

import ast
import json
from pathlib import Path

import numpy as np
import pytest

from calphos import panels
from calphos.model.patient import Patient
from calphos.model.simulation import simulate
from calphos.panels.panel import Panel
from calphos.tables.quantities import quantity
from handout.spec import spec

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
# One step of a slider may move a quantity by so many times what a neighbouring step moves it, and by a hundredth of its
# axis besides (a limit such as a full uptake may begin between two steps). Where it moves more, a tenth of the step must
# keep the same rule: a steep course does, a jump does not.
TIMES, SHARE = 4, 0.01
# Whole things have no tenth of a step, and which days of the week sessions fall on moves what its end shows.
COUNTED = ("per_week",)


def statements(path):
    """Return the statements at the top of a notebook's code cells."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    return [statement for source in code if not source.startswith("%") for statement in ast.parse(source).body]


def loaded(statement):
    """Return the names that a statement reads."""
    return {node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}


def panels_of(path):
    """Yield (name, what makes it) for every panel that a notebook makes: the statements that it needs and no others."""
    seen, imports = [], []
    for statement in statements(path):
        if isinstance(statement, ast.Import | ast.ImportFrom):
            imports.append(statement)
        elif isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            seen.append(statement)
            if ast.unparse(statement.value).startswith("panels."):
                needed, wanted = [], {statement}
                for earlier in reversed(seen):
                    target = earlier.targets[0].id
                    if earlier in wanted or (
                        target in set().union(*map(loaded, needed))
                        and target not in {one.targets[0].id for one in needed}
                    ):
                        needed.insert(0, earlier)
                yield statement.targets[0].id, compile(ast.Module([*imports, *needed], []), str(path), "exec")


PANELS = [
    pytest.param(name, code, id=f"{path.stem[:2]}-{name}") for path in NOTEBOOKS for name, code in panels_of(path)
]


def numbers(panel, result):
    """Return the main numbers of a result with the length of the axis of each."""
    if isinstance(result, dict) and "per_ion" in result:
        return {name: (value, 2) for name, value in result["per_ion"].items()}
    return {
        key: (float(np.ravel(value)[-1]), axis(key.partition("@")[0]))
        for key, value in panel.numbers(result).items()
        if not isinstance(value, str)
    }


def axis(name):
    item = quantity(name)
    return item.axis_high - item.axis_low


def windows(item, present):
    """Return steps around the slider's start, around the table's healthy value, and across its middle."""
    middles = {present, item.value, (item.lower + item.upper) / 2} - {None}
    for middle in middles:
        here = round((item.nearest(middle) - item.lower) / item.step)
        first = min(max(here - 2, 0), max(item.positions - 4, 0))
        yield [round(item.lower + place * item.step, 9) for place in range(first, min(first + 5, item.positions + 1))]


@pytest.mark.parametrize(("panel", "code"), PANELS)
def test_one_step_moves_about_as_much_as_its_neighbours(panel, code):
    space = {}
    exec(code, space)  # noqa: S102 (the course's own cells)
    panel = space[panel]
    assert isinstance(panel, Panel)
    solved = {}

    def at(name, place):
        settings = {**panel.settings, name: float(place)}
        key = repr(settings)  # windows overlap, and most hold the start
        if key not in solved:
            solved[key] = numbers(panel, panel._solve(settings))
        return solved[key]

    for name, item in panel.sliders.items():
        if not hasattr(item, "step") or item.positions == 1 or name in COUNTED:  # a switch has no neighbouring steps
            continue
        for places in windows(item, panel.values[name]):
            for key, worst in not_smooth(at, name, places).items():
                finer = np.linspace(places[worst], places[worst + 1], 11)
                assert key not in not_smooth(at, name, finer), (name, key, places[worst])


def not_smooth(at, name, places):
    """Return {quantity: number of its largest step} for what a slider at `places` does not move smoothly."""
    found = [at(name, place) for place in places]
    courses = {key: ([row[key][0] for row in found], length) for key, (_, length) in found[0].items()}
    return {
        key: int(np.abs(np.diff(values)).argmax())
        for key, (values, length) in courses.items()
        if not smooth(values, length)
    }


def smooth(values, length):
    """Whether no step is a jump beside its neighbours and no value stands out from the two beside it."""
    values = np.asarray(values, dtype=float)
    moved = np.abs(np.diff(values))
    beside = np.maximum(np.r_[0, moved[:-1]], np.r_[moved[1:], 0])
    out = np.abs(values[1:-1] - (values[:-2] + values[2:]) / 2)
    across = np.abs(values[2:] - values[:-2])
    return (moved <= TIMES * beside + SHARE * length).all() and (out <= across + SHARE * length).all()


def test_a_setting_that_counts_as_unset_would_be_found():
    assert smooth([23, 24, 25, 26.5, 28, 29.5], 200)
    assert not smooth([23, 24, 25, 56, 28, 29.5], 200)
    assert not smooth([23, 24, 25, 56, 57, 58.5], 200)


@pytest.mark.parametrize("diet", [39, 40, 41])
def test_a_slider_at_the_tables_value_is_set(diet):
    """Forty is what the table holds for a healthy diet; the disorder brings another, which "as in the disorder" keeps."""
    name = "kidney failure on dialysis"
    panel = panels.compare([name], sliders=["diet_phosphate"], days=365)
    assert panel.values == {"diet_phosphate": None}
    own = simulate(Patient(disorder=name), days=365).final
    assert panel._solve(panel.settings)[0]["pth"] == pytest.approx(own["pth"], rel=1e-3)
    found = panel._solve({"diet_phosphate": diet})[0]
    expected = simulate(Patient(disorder=name, diet_phosphate=diet), days=365).final
    assert found["pth"] == pytest.approx(expected["pth"], rel=1e-3)


def test_unset_is_seen_and_reached_by_key():
    panel = panels.compare(["kidney failure on dialysis"], sliders=["severity", "diet_phosphate"], days=100)
    start = panel.set()
    widget = panel.controls()["diet_phosphate"]
    assert widget.value == widget.options[0][0] == "as in the disorder"
    assert panel.set(diet_phosphate=58) != start
    widget.value = "as in the disorder"
    assert panel.values["diet_phosphate"] is None
    assert panel.summary == start
    told = next(item for item in spec(panel)["sliders"] if item["name"] == "diet_phosphate")
    assert (told["unset"], told["start"], told["value"]) == ("as in the disorder", None, None)
    only = panels.compare(["kidney failure on dialysis"], sliders=["diet_phosphate"], days=100)
    assert only.summary.startswith("Dietary phosphate as in the disorder: ")


def test_a_preset_moves_the_sliders_that_it_sets():
    panel = panels.deposition(sliders=["years", "fetuin_a"], kinds=["dystrophic", "calciphylaxis"])
    panel.set(preset="calciphylaxis")
    assert panel.controls()["fetuin_a"].value == 0.4
    least, more, normal = (panel._solve({**panel.settings, "fetuin_a": x})["mature"].sum() for x in (0.4, 0.95, 1.0))
    assert least > 1.3 * more > 1.3 * normal, "at the table's value the slider is set, and health's fetuin-A holds"
    assert more < 1.2 * normal
    panel = panels.steady_state(
        "pth", sliders=["severity", "gfr"], presets={"kidney": {"disorder": "chronic kidney disease"}}
    )
    assert panel.values["gfr"] is None
    assert panel.set(severity=0.7) != panel.set(gfr=100)
