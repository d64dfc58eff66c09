"""The registry of quantities and the figures. Pictures are compared with tests/baseline (`make test`; pytest --mpl).

The pictures are of made-up numbers, so that they change when the drawing does and not when the model is recalibrated.
Make them anew with `pytest tests/test_figures.py --mpl-generate-path=tests/baseline`, and look at each.
"""

import base64
import html

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.legend import Legend
from matplotlib.text import Text

from calphos.drawing import bodymap, figures, pictures
from calphos.drawing.curves import CURVES, Curves
from calphos.drawing.gauge import MINERALS, Gauge
from calphos.drawing.report import Report, Table, place
from calphos.panels.steady_state import ANALYTES, COLUMNS
from calphos.tables.errors import InputError
from calphos.tables.quantities import convert, quantities, quantity, stage

picture = pytest.mark.mpl_image_compare(
    baseline_dir="baseline", style=str(pictures.STYLE), savefig_kwargs={"dpi": 60}, tolerance=4
)


class MadeUp:
    """A course of made-up numbers with the interface that figures use."""

    def __init__(self, end=12, years=10):
        self.days = np.linspace(0, years * 365.25, 61)
        share = (100 + (end - 100) * self.days / self.days[-1]) / 100
        self.columns = {
            "gfr": 100 * share,
            "phosphate": 1.15 * (1 + 0.3 / (1 + (share / 0.25) ** 3)),
            "pth": 4.5 * share**-1.2,
            "calcitriol": 110 * share**0.6,
            "fgf23": 45 * share**-1.8,
            "total_calcium": 2.4 - 0.25 * (1 - share) ** 4,
            "ionised_calcium": 1.2 - 0.12 * (1 - share) ** 4,
            "labile_deposit": 5 * (1 - share),
            "mature_deposit": 40 * (1 - share) ** 2,
        }

    def __getitem__(self, name):
        return self.columns[name]


HEALTH = {
    "calcium_eaten": 25,
    "phosphate_eaten": 40,
    "calcium_absorbed": 8.2,
    "phosphate_absorbed": 28,
    "faecal_calcium": 20.5,
    "faecal_phosphate": 14,
    "urine_calcium": 4.5,
    "urine_phosphate": 26,
    "bone_formation": 8,
    "bone_resorption": 8,
    "calcium_deposition": 0,
    "pth": 4.5,
    "calcidiol": 65,
    "calcitriol": 110,
    "fgf23": 45,
    "ionised_calcium": 1.2,
    "total_calcium": 2.4,
    "phosphate": 1.15,
    "gfr": 100,
    "gland_mass": 1,
    "labile_deposit": 0,
    "mature_deposit": 0,
    "bone_calcium": 25000,
}
ILL = HEALTH | {
    "calcium_absorbed": 4,
    "phosphate_absorbed": 23,
    "faecal_phosphate": 17,
    "urine_calcium": 0.6,
    "urine_phosphate": 21,
    "bone_formation": 13,
    "bone_resorption": 16,
    "calcium_deposition": 1.2,
    "pth": 48,
    "calcidiol": 30,
    "calcitriol": 35,
    "fgf23": 1100,
    "ionised_calcium": 1.05,
    "total_calcium": 2.1,
    "phosphate": 1.9,
    "gfr": 12,
    "gland_mass": 4.2,
    "labile_deposit": 22,
    "mature_deposit": 40,
}


def still(drawing):
    """Return the drawing's figure with its moving artists part of the picture."""
    for artist in drawing.moving:
        artist.set_animated(False)
    return drawing.figure


# quantities


@pytest.mark.parametrize(
    ("name", "si", "conventional"),
    # 10 mg/dL of calcium (40.078 g/mol), 4.5 mg/dL of phosphorus (30.974 g/mol), 65 pg/mL of PTH, 30 ng/mL calcidiol
    [("total_calcium", 2.495, 10.0), ("phosphate", 1.453, 4.5), ("pth", 6.89, 65), ("calcidiol", 74.9, 30)],
)
def test_conversions_that_laboratories_print(name, si, conventional):
    assert convert(si, name) == pytest.approx(conventional, rel=2e-3)


def test_flag_agrees_with_the_number_printed():
    item = quantity("phosphate")
    assert item.upper == 1.49
    assert (item.text(1.494), item.flag(1.494)) == ("1.49", "normal")
    assert (item.text(1.496), item.flag(1.496)) == ("1.50", "high")
    assert item.flag(0.5) == "low"
    assert quantity("gfr").flag(3) == ""


def test_no_minus_before_zero():
    assert quantity("calcium_balance").text(-0.01) == "0.0"


def test_unknown_names_get_the_nearest():
    with pytest.raises(InputError, match="did you mean phosphate"):
        quantity("phospate")
    with pytest.raises(InputError, match="conventional"):
        quantity("pth").unit("mmol")


def luminance(colour):
    channels = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return np.dot(channels, (0.2126, 0.7152, 0.0722))


def test_colours_can_be_read_on_white_and_on_the_band():
    for item in quantities().values():
        for ground in ("#ffffff", pictures.BAND):
            pair = sorted((luminance(item.colour), luminance(ground)))
            needed = 4.5 if ground == "#ffffff" else 3  # text stands on white, lines cross the band
            assert (pair[1] + 0.05) / (pair[0] + 0.05) >= needed, (item.name, ground)


def test_colour_is_never_alone():
    """Two quantities of one unit and one colour differ in line style, so that they can share a plot."""
    seen = {}
    for item in quantities().values():
        key = item.colour, item.line_style, item.si_unit
        assert key not in seen or item.group != seen[key].group, (item.name, seen[key].name)
        seen[key] = item


def test_intervals_have_a_source_and_lie_on_the_axis():
    for item in quantities().values():
        if item.lower is not None:
            assert item.interval_source, item.name
            assert item.axis_low < item.lower < item.upper < item.axis_high, item.name


# drawing


def test_stage_is_rounded_as_laboratories_do():
    gfr = (90, 89.4, 60, 44.6, 29.98, 29.4, 14.4, 3)
    assert [stage(value) for value in gfr] == ["G1", "G2", "G2", "G3a", "G3b", "G4", "G5", "G5"]


def test_spread_keeps_order_and_room():
    placed = figures.spread([0.5, 0.51, 0.98, 0.99, 0.1], 0.1)
    assert placed.argsort().tolist() == np.argsort([0.5, 0.51, 0.98, 0.99, 0.1]).tolist()
    assert np.diff(np.sort(placed)).min() >= 0.1 - 1e-12
    assert placed.max() <= 1
    assert placed[4] == 0.1


def test_axes_do_not_follow_the_curve():
    drawing = figures.CourseDrawing(["pth"], 3652.5)
    before = drawing.plots["pth"].get_ylim()
    drawing.update(MadeUp(end=2))
    assert drawing.plots["pth"].get_ylim() == before
    assert drawing.labels["pth"].get_text() == f"{4.5 * 0.02**-1.2:.1f} ↑"


def test_ghosts_come_and_go():
    drawing = figures.CourseDrawing(["pth", "phosphate"], 3652.5)
    lines = len(drawing.plots["pth"].lines)
    for ends in ((80, 60, 40), (20,), ()):
        drawing.pin([MadeUp(end=end) for end in ends])
        assert len(drawing.plots["pth"].lines) == lines + len(ends)


def test_units_change_axes_bands_and_numbers_together():
    drawing = figures.CourseDrawing(["phosphate"], 3652.5, units="conventional")
    drawing.update(MadeUp())
    plot = drawing.plots["phosphate"]
    assert plot.get_title(loc="left") == "Phosphate (mg/dL)"
    assert plot.get_ylim()[1] == pytest.approx(convert(3.0, "phosphate"))
    band = next(patch for patch in plot.patches if patch.get_height() > 0)
    assert band.get_y() == pytest.approx(convert(0.81, "phosphate"))
    assert drawing.lines["phosphate"].get_ydata()[0] == pytest.approx(convert(MadeUp()["phosphate"][0], "phosphate"))


def test_letters_are_large_enough():
    drawings = [
        figures.CourseDrawing(["phosphate", "pth", "calcitriol", "fgf23"], 3652.5, stages=True),
        bodymap.BodyMap(HEALTH),
        Report(HEALTH, ANALYTES),
    ]
    drawings[0].update(MadeUp())
    drawings[1].update(ILL)
    drawings[2].update(ILL)
    for drawing in drawings:
        assert min(text.get_fontsize() for text in words_of(drawing.figure)) >= 11


def test_in_a_lecture_the_whole_picture_is_larger():
    usual, large = (Report(HEALTH, ANALYTES, lecture=lecture).still(ILL) for lecture in (False, True))
    assert np.divide(large.canvas.get_width_height(), usual.canvas.get_width_height()) == pytest.approx(1.35, rel=0.01)
    assert [text.get_position() for text in words_of(large)] == [text.get_position() for text in words_of(usual)]


def words_of(figure):
    """Return the words that are drawn: in plots and legends, titles, names of axes, and ticks within the view."""
    words = []
    for axes in figure.axes:
        words += [*axes.texts, axes.title, *axes.findobj(Legend)]
        words += [text for text in axes.get_children() if isinstance(text, Text) and text not in words]
        for axis, (low, high) in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
            if axes.axison:
                low, high = min(low, high), max(low, high)
                words += [axis.label, *(t.label1 for t in axis.get_major_ticks() if low <= t.get_loc() <= high)]
    words += figure.texts
    words = [text for item in words for text in (item.get_texts() if isinstance(item, Legend) else [item])]
    return [text for text in words if text.get_visible() and text.get_text().strip()]


def boxes(drawing):
    """Return the boxes of all words in a drawing, in pixels."""
    figure = still(drawing)
    figure.canvas.draw()
    return {f"{text.get_text()!r} {i}": text.get_window_extent() for i, text in enumerate(words_of(figure))}


def overlapping(drawing):
    """Return pairs of words that cover each other by more than a pixel, and words that leave the picture."""
    width, height = drawing.figure.bbox.width, drawing.figure.bbox.height
    found, items = [], list(boxes(drawing).items())
    for i, (name, box) in enumerate(items):
        if box.x0 < -1 or box.y0 < -1 or box.x1 > width + 1 or box.y1 > height + 1:
            found.append((name, "leaves the picture"))
        for other, box2 in items[i + 1 :]:
            x = min(box.x1, box2.x1) - max(box.x0, box2.x0)
            y = min(box.y1, box2.y1) - max(box.y0, box2.y0)
            if x > 1.5 and y > 3:  # a letter's box is taller than the letter
                found.append((name, other))
    return found


@pytest.mark.parametrize("units", ["SI", "conventional"])
def test_no_words_overlap_in_the_body_map(units):
    for values in (HEALTH, ILL, ILL | {"total_calcium": 3.6, "ionised_calcium": 1.7, "pth": 210.0, "fgf23": 9500}):
        drawing = bodymap.BodyMap(HEALTH, units=units)
        drawing.update(values)
        assert overlapping(drawing) == []


@pytest.mark.parametrize("units", ["SI", "conventional"])
def test_no_words_overlap_in_reports_and_courses(units):
    report = Report(HEALTH, ANALYTES, units=units)
    report.update(ILL)
    table = Table(
        ["primary hyperparathyroidism", "familial hypocalciuric hypercalcaemia"], HEALTH, COLUMNS, units=units
    )
    table.update([ILL, HEALTH])
    course = figures.CourseDrawing(
        ["phosphate", "pth", "calcitriol", ("labile_deposit", "mature_deposit")], 3652.5, units=units
    )
    course.update(MadeUp())
    for drawing in (report, table, course):
        assert overlapping(drawing) == []


@pytest.mark.parametrize(
    ("name", "value", "at"),
    # 0 and 1 are the ends of the interval, each quarter beyond is a doubling; without one 0.5 is health
    [
        ("phosphate", 0.81, 0),
        ("phosphate", 1.49, 1),
        ("pth", 13.8, 1.25),
        ("pth", 0.8, -0.25),
        ("urine_calcium", 9, 0.75),
    ],
)
def test_place_on_a_report(name, value, at):
    assert place(quantity(name), value, HEALTH[name]) == pytest.approx(at)


def test_static_figures_carry_their_words():
    figure = figures.course(MadeUp(), "phosphate", "pth")
    data, metadata = figure._repr_mimebundle_()
    large = base64.b64encode(figure.png(1.25, 96)).decode()
    page = f'<img alt="{html.escape(figure.alt)}" width="810" src="data:image/png;base64,{large}">'
    assert data["text/html"] == page
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
    assert metadata["image/png"]["alt"] == data["text/plain"] == figure.alt
    assert "phosphate 1.46 mmol/L, normal" in figure.alt


# pictures


@picture
def test_picture_of_a_course():
    markers = [figures.Markers("phosphate", (2000, 3000), (1.2, 1.3), "Somebody et al. 2020")]
    drawing = figures.CourseDrawing(
        ["phosphate", "pth", ("total_calcium", "ionised_calcium"), "fgf23"], 3652.5, stages=True, markers=markers
    )
    drawing.pin([MadeUp(end=40)])
    drawing.update(MadeUp())
    return still(drawing)


@pytest.mark.parametrize(("plots", "first"), [(["phosphate"], "G1"), (["phosphate", "pth", "fgf23"], "1")])
def test_all_stages_on_a_strip_are_named_the_same_way(plots, first):
    drawing = figures.CourseDrawing(plots, 3652.5, stages=True, against="gfr")
    drawing.update(MadeUp(end=3))
    for _, parts in drawing.strips:
        named = [text.get_text() for _, text in parts.values() if text.get_text() != " "]
        assert named[0] == first
        assert len(named) > 3
        assert len({name.startswith("G") for name in named}) == 1


def test_a_course_stacks_its_plots_for_a_phone():
    plots = [axes.get_position() for axes in figures.course(MadeUp(), "phosphate", "pth").narrow().axes[:2]]
    assert plots[0].x0 == plots[1].x0
    assert plots[0].y0 > plots[1].y1


@picture
def test_picture_of_a_course_against_gfr():
    drawing = figures.CourseDrawing(
        ["phosphate", "pth"], 3652.5, stages=True, against="gfr", lecture=True, units="conventional"
    )
    drawing.update(MadeUp())
    return still(drawing)


@picture
def test_picture_of_the_body_map():
    drawing = bodymap.BodyMap(HEALTH)
    drawing.update(ILL)
    return still(drawing)


@picture
def test_picture_of_a_report():
    drawing = Report(HEALTH, ANALYTES)
    drawing.pin([HEALTH])
    drawing.update(ILL)
    return still(drawing)


@picture
def test_picture_of_disorders_side_by_side():
    drawing = Table(["primary hyperparathyroidism", "chronic kidney disease"], HEALTH, COLUMNS)
    drawing.update([HEALTH | {"total_calcium": 3.0, "pth": 14}, ILL])
    return still(drawing)


@picture
def test_picture_of_response_curves():
    x = {name: np.linspace(*CURVES[name][1], 40) for name in CURVES}
    made = {
        "pth": {"line": (x["pth"], 25 / (1 + (x["pth"] / 1.1) ** 20)), "point": ([1.2], [4.0])},
        "reabsorption": {"line": (x["reabsorption"], np.minimum(x["reabsorption"], 1)), "point": ([1.15], [1.0])},
        "absorption": {
            "line": (x["absorption"], 20 * x["absorption"] / (200 + x["absorption"])),
            "point": ([110], [7.1]),
        },
    }
    drawing = Curves(made, tuple(CURVES))
    moved = made | {"pth": {"line": made["pth"]["line"], "point": ([1.05], [18.0])}}
    drawing.update(moved)
    return still(drawing)


@picture
def test_picture_of_saturation():
    level = dict(zip(MINERALS, (-0.3, -0.4, 0.2, 0.4, 1.0), strict=True))
    health = {"calcium": 2.4, "phosphate": 1.15, "per_ion": level}
    drawing = Gauge(health)
    line = np.linspace(4.5, 2.0, 10), np.linspace(2.0, 4.0, 10)
    shifted = {name: value + 0.1 for name, value in level.items()}
    drawing.update({"calcium": 3.0, "phosphate": 2.5, "brushite": line, "per_ion": shifted, "index": shifted})
    return still(drawing)
