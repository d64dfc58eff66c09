"""The course's own pages: every handout on a telephone 360 pixels wide, one on other screens too and as slides.

On a telephone nothing but code scrolls sideways, and letters in pictures are 12 pixels high or more.

Pictures of matplotlib have no letters that a browser could measure: the builder measures those and refuses smaller ones
(`test_handouts`); here each must fill the screen, as the builder takes for granted.
"""

import shutil

import pytest
from test_handouts import NOTEBOOKS, Reader, axe, painted

from handout import LETTERS, PHONE, ROOT, build

LARGE = "05_ckd_progression"
# What scrolls sideways, code apart: its lines mean something as they stand.
SCROLLING = """() => [...document.querySelectorAll("body *")]
    .filter((box) => ["auto", "scroll"].includes(getComputedStyle(box).overflowX) && box.scrollWidth > box.clientWidth + 1)
    .filter((box) => !box.matches("pre, .code")).map((box) => `${box.className}: ${box.textContent.slice(0, 80)}`)"""
# How many letters in pictures there are, and which are too small: a text of SVG is scaled with its picture.
SMALL = """(least) => {
    const inside = [...document.querySelectorAll("main svg text, main .figure :is(p, span, th, td, dt, dd, small)")];
    const seen = inside.filter((text) => text.textContent.trim() && text.checkVisibility());
    const size = (text) => {
        const matrix = text.getScreenCTM?.();
        return parseFloat(getComputedStyle(text).fontSize) * (matrix ? Math.hypot(matrix.a, matrix.b) : 1);
    };
    return [seen.length, seen.filter((text) => size(text) < least).map((text) => `${size(text)}: ${text.textContent}`)];
}"""


@pytest.fixture(scope="module")
def handouts(tmp_path_factory):
    """All handouts; what an earlier build ran and is still true is not run again."""
    home = tmp_path_factory.mktemp("phone")
    if (ROOT / "build" / "executed").is_dir():
        shutil.copytree(ROOT / "build" / "executed", home / "executed")
    return {path.stem: path for path in build.build_handouts(folder=home / "handouts")}


@pytest.fixture(scope="module")
def slides(handouts):
    """The slides of one notebook."""
    folder = handouts[LARGE].parents[1] / "slides"
    return next(path for path in build.build_slides([LARGE], folder=folder) if path.stem == LARGE)


@pytest.fixture
def reader(page):
    return Reader(page)


@pytest.fixture
def phone(page):
    page.set_viewport_size({"width": PHONE, "height": 800})
    return Reader(page)


def fits(page):
    """Say that nothing is wider than the screen and no letter in a picture too small; return how many letters there are."""
    painted(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE
    assert page.evaluate(SCROLLING) == []
    count, small = page.evaluate(SMALL, LETTERS - 0.05)
    assert small == []
    return count


@pytest.mark.parametrize("name", [path.stem for path in NOTEBOOKS] + ["index", "glossary"])
def test_everything_fits_and_can_be_read(phone, handouts, name):
    page = phone.open(handouts[name])
    page.evaluate("document.querySelectorAll('#code-switch, #answer-switch').forEach((button) => button.click())")
    for panel in page.locator(".panel").all():
        panel.scroll_into_view_if_needed()  # a panel computes when it comes into sight
        panel.locator("svg, td").first.wait_for()
        if (show := panel.get_by_role("button", name="Show the model")).count():
            fits(page)
            show.click()
    letters = fits(page)
    assert letters or not page.locator(".panel").count()
    for image in page.locator(".figure img").all():
        assert image.bounding_box()["width"] >= PHONE
    phone.quiet()


def test_a_visit_to_the_clinic_fits(phone, handouts):
    page = phone.open(handouts["13_virtual_clinic"])
    desk = page.locator(".desk").first
    desk.get_by_label("Total calcium and albumin").check()
    desk.get_by_role("button", name="Order").click()
    desk.get_by_label("Let pass").select_option("6 months")
    desk.get_by_role("button", name="Wait").click()
    desk.locator("svg.plot").first.wait_for()
    desk.get_by_role("button", name="Debrief").click()
    assert fits(page)
    phone.quiet()


def test_the_pen_is_no_published_dot_and_stages_are_named_one_way(phone, handouts):
    page = phone.open(handouts["05_ckd_progression"])
    panel = page.locator(".panel").first
    panel.scroll_into_view_if_needed()
    pen = panel.locator("[data-cursor=phosphate]")
    pen.wait_for(state="attached")
    assert panel.locator(".layer-sketch circle").count() == 0
    before = pen.get_attribute("d")
    plot = panel.locator("svg.sketchable").first
    plot.press("ArrowRight")
    assert pen.get_attribute("d") != before
    box = plot.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    middle = box["width"] / 2
    assert f"M{middle:g} " in pen.get_attribute("d")  # the pen goes where the mouse goes
    panel.get_by_role("button", name="Show the model").click()
    assert panel.locator("[data-cursor]").count() == 0
    painted(page)
    named = panel.locator(".cell").first.locator("svg").last.locator("text").all_text_contents()
    assert len(named) > 2
    assert len({name.startswith("G") for name in named}) == 1
    phone.quiet()


@pytest.mark.parametrize("width", [320, 1280])
def test_notebook_05_on_any_screen(reader, handouts, width):
    path = handouts[LARGE]
    assert path.stat().st_size < 3_000_000
    reader.page.set_viewport_size({"width": width, "height": 800})
    page = reader.open(path)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for panel in page.locator(".panel").all():
        panel.scroll_into_view_if_needed()  # a panel computes when it comes into sight
        panel.locator("svg.plot").first.wait_for()
        pictures = "panel => [...panel.querySelectorAll('svg')].map(svg => svg.innerHTML).join()"
        before = panel.inner_text(), panel.evaluate(pictures)
        slider = panel.locator("input").first
        slider.press("End" if slider.input_value() == "0" else "Home")
        page.wait_for_function(
            f"([panel, text, drawn]) => panel.innerText !== text && ({pictures})(panel) !== drawn",
            arg=[panel.element_handle(), *before],
        )
    assert page.locator(".panel").count() >= 3
    page.evaluate("document.querySelectorAll('#code-switch, #answer-switch').forEach(b => b.click())")
    assert axe(page) == []
    reader.quiet()


def test_slides_of_notebook_05_fit_the_stage(reader, slides):
    page = reader.open(slides)
    too_tall = []
    for number in range(page.evaluate("Reveal.getTotalSlides()")):
        height = page.evaluate("Reveal.getCurrentSlide().scrollHeight")
        if height > 720:
            too_tall.append((number + 1, height))
        assert axe(page) == []
        page.evaluate("Reveal.next()")
    assert too_tall == []
    reader.quiet()
