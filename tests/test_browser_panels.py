"""Panels in a real JupyterLab: readable in every theme, keys stay where they are typed, pictures have a name."""

import nbformat
import pytest

KINDS = """from calphos import panels
panels.time_course("phosphate", "pth", sliders=["gfr"], years=5, stages=True, presets=["sarcoidosis"])
---
panels.compare(["kidney failure on dialysis"], sliders=["severity", "diet_phosphate"], days=100)"""
THEMES = ("JupyterLab Light", "JupyterLab Dark", "JupyterLab Dark High Contrast")
# Every word that a panel shows, with the contrast (WCAG 2) of its colour to the nearest background behind it.
CONTRAST = """() => {
    const parse = text => { const n = text.match(/[\\d.]+/g).map(Number); return n.length < 4 ? [...n, 1] : n; };
    const light = ([r, g, b]) => [r, g, b].map(c => c / 255).map(c => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
        .reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0);
    const found = [];
    for (const panel of document.querySelectorAll('.calphos-panel')) {
        const words = document.createTreeWalker(panel, NodeFilter.SHOW_TEXT);
        while (words.nextNode()) {
            const element = words.currentNode.parentElement;
            if (!words.currentNode.textContent.trim() || !element.checkVisibility() || element.closest('style')) continue;
            let behind = element;
            while (behind && parse(getComputedStyle(behind).backgroundColor)[3] < 1) behind = behind.parentElement;
            const ink = light(parse(getComputedStyle(element).color));
            const ground = light(behind ? parse(getComputedStyle(behind).backgroundColor) : [255, 255, 255, 1]);
            const ratio = (Math.max(ink, ground) + .05) / (Math.min(ink, ground) + .05);
            found.push([words.currentNode.textContent.trim(), ratio]);
        }
    }
    return found;
}"""


@pytest.fixture(scope="module")
def lab(jupyterlab, lab_page):
    """A page of JupyterLab with a notebook of two panels, which has been run; each test moves them on from where they are."""
    cells = [nbformat.v4.new_code_cell(source) for source in KINDS.split("\n---\n")]
    book = nbformat.v4.new_notebook(cells=[*cells, nbformat.v4.new_markdown_cell("after")])
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(book, jupyterlab.folder / "panels.ipynb")
    jupyterlab.open(lab_page, "panels.ipynb")
    jupyterlab.run_all(lab_page)
    lab_page.locator(".calphos-panel img[alt]").nth(1).wait_for()
    return lab_page


def test_readable_in_every_theme(lab):
    for theme in THEMES:
        lab.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", theme)
        lab.wait_for_function("theme => document.body.dataset.jpThemeName === theme", arg=theme)
        lab.wait_for_function("() => !document.body.classList.contains('jp-mod-theme-changing')")
        found = lab.evaluate(CONTRAST)
        assert len(found) > 12
        assert {words: ratio for words, ratio in found if ratio < 4.5} == {}, theme


def test_keys_stay_on_the_panel(lab):
    count = "() => window.jupyterapp.shell.currentWidget.content.widgets.map(cell => cell.model.type).join()"
    before = lab.evaluate(count)
    panel = lab.locator(".calphos-panel").first
    handle = panel.locator(".noUi-handle").first
    for place in (handle, panel.locator("button", has_text="Pin this run"), panel.locator("select")):
        place.focus()
        for key in "ddxmab":
            lab.keyboard.press(key)
        assert lab.evaluate(count) == before
    handle.focus()
    value = float(handle.get_attribute("aria-valuenow"))
    lab.keyboard.press("ArrowLeft")
    lab.wait_for_function(
        "([handle, value]) => Number(handle.getAttribute('aria-valuenow')) === value",
        arg=[handle.element_handle(), value - 1],
    )


def test_pictures_have_an_alternative_text_that_follows_the_slider(lab):
    panel = lab.locator(".calphos-panel").first
    image, handle = panel.locator("img"), panel.locator(".noUi-handle").first
    before = image.get_attribute("alt")
    assert before.startswith("Curves over 5 years")
    handle.focus()
    for _ in range(5):
        lab.keyboard.press("PageDown")
    lab.wait_for_function(
        "([image, before]) => image.alt && image.alt !== before", arg=[image.element_handle(), before]
    )


def test_a_slider_leaves_and_reaches_as_in_the_disorder_by_key(lab):
    panel = lab.locator(".calphos-panel").nth(1)
    diet = panel.locator(".widget-slider", has_text="Dietary phosphate")
    readout, handle = diet.locator(".widget-readout"), diet.locator(".noUi-handle")
    assert readout.inner_text() == "as in the disorder"
    handle.focus()
    for key, shown in (("ArrowRight", "0 mmol/d"), ("PageUp", "5 mmol/d"), ("Home", "as in the disorder")):
        lab.keyboard.press(key)
        lab.wait_for_function("([e, shown]) => e.innerText === shown", arg=[readout.element_handle(), shown])
        told = "([e, shown]) => e.getAttribute('aria-valuetext') === shown"
        lab.wait_for_function(told, arg=[handle.element_handle(), shown])
    assert handle.get_attribute("aria-label") == "Dietary phosphate (mmol/d)"
