"""Illustrations and charts of evidence: they can be read, say in words what they show, and follow the model."""

import numpy as np
import pandas as pd
import pytest

from calphos import Patient, steady_state
from calphos.chemistry import sites
from calphos.drawing import illustrations
from calphos.drawing.evidence import evidence, tidy
from calphos.drawing.pictures import new_picture
from calphos.tables.errors import InputError
from calphos.tables.references import reference

PAGES = ("feedback", "nephron", "vitamin_d", "bone", "artery", "pools")


@pytest.fixture(scope="module")
def healthy():
    return steady_state(Patient())


def draw(page, healthy):
    if page == "feedback":
        return illustrations.feedback(healthy, healthy)
    return illustrations.pools(healthy) if page == "pools" else illustrations.page(page)


def texts(figure):
    return [text for axes in figure.axes for text in axes.texts if text.get_text().strip()]


@pytest.mark.parametrize("page", PAGES)
def test_letters_are_large_and_stand_apart_on_the_page(page, healthy):
    figure = draw(page, healthy)
    assert figure.bbox.width == 720
    boxes = []
    for text in texts(figure):
        assert text.get_fontsize() / 72 * 100 / 2 >= 12, text.get_text()  # pixels on a phone 360 wide
        box = text.get_window_extent()
        assert figure.bbox.contains(*box.min), text.get_text()
        assert figure.bbox.contains(*box.max), text.get_text()
        for other, name in boxes:
            over = min(box.x1, other.x1) - max(box.x0, other.x0), min(box.y1, other.y1) - max(box.y0, other.y0)
            assert min(over) < 3, f"{text.get_text()!r} covers {name!r}"
        boxes.append((box, text.get_text()))


@pytest.mark.parametrize("page", PAGES)
def test_the_alternative_text_says_what_the_page_shows(page, healthy):
    figure = draw(page, healthy)
    assert len(figure.alt.split()) >= 25
    said = figure.alt.casefold()
    for text in texts(figure):
        word = text.get_text().casefold().strip(",:")
        if text.get_fontweight() == "bold" and len(word) > 3 and word.isascii() and word.isalpha():
            assert word[:6] in said, text.get_text()


def test_arrows_follow_the_level_of_their_hormone(healthy):
    ill = {**healthy, "pth": 4 * healthy["pth"], "calcitriol": 0.5 * healthy["calcitriol"]}
    usual, figure = (illustrations.feedback(values, healthy) for values in (healthy, ill))

    def widths(name, drawn):
        return {patch.get_linewidth() for patch in drawn.axes[0].patches if patch.get_gid() == name} - {0}

    assert min(widths("pth", figure)) > max(widths("pth", usual))
    assert max(widths("calcitriol", figure)) < min(widths("calcitriol", usual))
    assert widths("fgf23", figure) == widths("fgf23", usual)
    assert f"PTH ▲ {4 * healthy['pth']:.1f} pmol/L" in figure.alt


def test_pools_show_the_models_fluxes_and_areas_to_scale(healthy):
    figure = illustrations.pools(healthy)
    for value in (healthy["urine_calcium"], healthy["urine_phosphate"], healthy["bone_formation"]):
        assert f"{value:.1f} mmol a day" in figure.alt
    squares = [p for p in figure.axes[0].patches if type(p).__name__ == "FancyBboxPatch"]
    areas = np.array([square.get_width() * square.get_height() for square in squares])
    assert np.allclose(areas / areas.sum() * 200, [99, 1, 85, 1, 14])


def test_the_person_has_every_site():
    assert set(illustrations.SITES) == set(sites.by_name("sites").index)
    axes = new_picture(340, 520).add_axes((0, 0, 1, 1), xlim=(-0.34, 0.34), ylim=(-0.02, 1.02))
    illustrations.Sheet("person", axes)
    inside = axes.patches[0].get_path()
    for site, at in illustrations.SITES.items():
        assert site == "cornea" or inside.contains_point(at), site


def test_a_chart_shows_study_and_model_with_their_spreads():
    table = reference("pth_calcium", source="schwarz1994", measure="set point, Parfitt")
    figure = evidence(table, [(1.1, 1.2, 1.3), None], title="Set point", see="Look right.")
    assert "SD 0.04" in figure.alt
    assert "model 1.2 (1.1 to 1.3)" in figure.alt
    caption = " ".join(text.get_text() for text in figure.texts).replace("\n", " ")
    assert "Schwarz" in caption
    assert "Look right." in caption
    markers = [line.get_marker() for line in figure.axes[0].lines]
    assert markers.count("o") == 2
    assert markers.count("D") == 1


def test_a_chart_refuses_what_does_not_belong_on_one_axis():
    table = reference("pth_calcium", source="schwarz1994")
    with pytest.raises(InputError, match="one chart has one unit"):
        evidence(pd.concat([table, table.assign(unit="mg/dL")]))
    with pytest.raises(InputError, match="do not match"):
        evidence(table, [1.0])
    with pytest.raises(InputError, match="0 rows"):
        evidence(table[:0])


def test_a_tidy_table_has_words_for_headings_and_no_gaps():
    table = reference("pools_fluxes", source=["blaine2015", "stremke2018"])
    page = tidy(table, measure="What", value="How much", n="People")._repr_html_()
    assert "1 000 to 1 200 g" in page
    assert "Blaine" in page
    assert not any(word in page for word in ("NaN", "&lt;NA&gt;", "nan<", "value_high"))
    with pytest.raises(InputError, match="no column 'when'"):
        tidy(table, when="When")
