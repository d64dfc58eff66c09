"""A real JupyterLab in a real browser: sliders move picture and summary, and every picture has its words."""

import html
import re

import nbformat
import pytest

NOTEBOOK = {"notebook": "notebooks/05_ckd_progression.ipynb", "until": "panels.ckd("}  # as far as its first panel
PIXELS = """async image => {
    const bytes = await (await fetch(image.src)).arrayBuffer();
    const digest = await crypto.subtle.digest('SHA-256', bytes);
    return Array.from(new Uint8Array(digest)).join(' ');
}"""


class OpenPanel:
    """The first panel of an open notebook that has a GFR slider."""

    def __init__(self, page):
        self.page = page
        self.panel = page.locator(".calphos-panel", has=page.locator(".widget-slider", has_text="GFR")).first
        self.panel.wait_for()
        self.slider = self.panel.locator(".widget-slider", has_text="GFR").first
        self.handle = self.slider.locator(".noUi-handle")
        self.image = self.panel.locator("img").first
        self.text = self.panel.locator(".calphos-summary").first
        self.handle.scroll_into_view_if_needed()

    def state(self):
        """Return (slider's value, picture's bytes as a digest, summary)."""
        return (float(self.handle.get_attribute("aria-valuenow")), self.image.evaluate(PIXELS), self.text.inner_text())

    def drag(self, fraction):
        """Drag the handle with the mouse, in steps, by a fraction of the slider's length."""
        start, rail = self.handle.bounding_box(), self.slider.locator(".noUi-base").bounding_box()
        x, y = start["x"] + start["width"] / 2, start["y"] + start["height"] / 2
        mouse = self.page.mouse
        mouse.move(x, y)
        mouse.down()
        mouse.move(x + fraction * rail["width"], y, steps=8)
        mouse.up()

    def press(self, *keys):
        """Focus the handle and press keys."""
        self.handle.focus()
        for key in keys:
            self.page.keyboard.press(key)

    def wait_for_change(self, before):
        """Wait until the summary names the slider's value and all three differ from `before`; return the new state.

        While the model computes, the summary may still be that of an earlier position.
        """
        for _ in range(3600):  # only ends a test that hangs
            now = self.state()
            changed = [new != old for new, old in zip(now, before, strict=True)]
            if all(changed) and f" {now[0]:g} mL" in now[2] and self.state() == now:
                return now
            self.page.wait_for_timeout(50)
        pytest.fail(f"at {now[0]:g}: changed (value, picture, summary): {changed}; the summary says {now[2]!r}")


@pytest.fixture
def lab(jupyterlab, lab_page):
    """A page for one notebook, in a JupyterLab that other tests have used."""
    yield lab_page
    jupyterlab.close(lab_page)


def test_slider_moves_picture_and_summary(jupyterlab, lab):
    jupyterlab.open(lab, jupyterlab.copy(**NOTEBOOK, name="moved.ipynb"))
    jupyterlab.run_all(lab)
    panel = OpenPanel(lab)

    start = panel.state()
    panel.drag(-0.3 if start[0] > 50 else 0.3)
    dragged = panel.wait_for_change(start)
    assert abs(dragged[0] - start[0]) > 10

    towards = "ArrowLeft" if dragged[0] > 50 else "ArrowRight"
    panel.press(*[towards] * 5)
    pressed = panel.wait_for_change(dragged)
    assert (pressed[0] < dragged[0]) == (towards == "ArrowLeft")


def test_tab_closed_and_opened_again(jupyterlab, lab, page):
    """The kernel lives on: a second tab shows the same panel, and its slider works."""
    notebook = jupyterlab.copy(**NOTEBOOK, name="reopened.ipynb")
    jupyterlab.open(page, notebook)
    jupyterlab.run_all(page)
    panel = OpenPanel(page)
    start = panel.state()
    panel.drag(-0.3 if start[0] > 50 else 0.3)
    moved = panel.wait_for_change(start)
    jupyterlab.save(page)
    page.close()

    jupyterlab.open(lab, notebook)
    panel = OpenPanel(lab)
    assert panel.state() == moved
    panel.press(*["ArrowLeft" if moved[0] > 50 else "ArrowRight"] * 6)
    panel.wait_for_change(moved)


def test_two_panels_at_once(jupyterlab, lab, page):
    """Two notebooks side by side have a kernel each: moving one leaves the other alone."""
    jupyterlab.open(lab, jupyterlab.copy(**NOTEBOOK, name="first.ipynb"))
    jupyterlab.run_all(lab)
    jupyterlab.open(page, jupyterlab.copy(**NOTEBOOK, name="second.ipynb"))
    jupyterlab.run_all(page)
    first, second = OpenPanel(lab), OpenPanel(page)
    before_first, before_second = first.state(), second.state()
    lab.bring_to_front()
    first.press(*["ArrowLeft" if before_first[0] > 50 else "ArrowRight"] * 6)
    first.wait_for_change(before_first)
    assert second.state() == before_second
    page.bring_to_front()
    second.press(*["ArrowLeft" if before_second[0] > 50 else "ArrowRight"] * 6)
    second.wait_for_change(before_second)


def test_what_cells_set_stays_when_the_browser_answers_late(jupyterlab, lab):
    """Notebook 02 moves its sliders from cells and puts them back before the browser has drawn them once."""
    name = jupyterlab.copy("notebooks/02_parathyroid_hormone.ipynb", "late.ipynb")
    notebook = nbformat.read(jupyterlab.folder / name, 4)
    asked = (
        "import gc; from calphos.panels.panel import Panel\n"
        "now = [p.values.copy() for p in gc.get_objects() if isinstance(p, Panel)]\n"
        "left = globals().get('left', now)\n"
        "assert len(now) > 1 and now == left, (left, now)"
    )
    notebook.cells.append(nbformat.v4.new_code_cell(asked))
    nbformat.write(notebook, jupyterlab.folder / name)
    jupyterlab.open(lab, name)
    jupyterlab.run_all(lab)
    lab.locator(".calphos-panel .widget-slider .noUi-handle").last.scroll_into_view_if_needed()
    lab.evaluate("() => window.jupyterapp.commands.execute('notebook:run-cell')")
    told = lab.evaluate(
        "() => window.jupyterapp.shell.currentWidget.content.widgets.at(-1).model.outputs.toJSON().map(o => o.evalue)"
    )
    assert told == []


def pictures_read_aloud(page):
    """Return what a screen reader is told of each picture in the open notebook's outputs, once all of them are there."""
    page.wait_for_function(
        """() => [...document.querySelectorAll('.jp-OutputArea-output img')].every(
            image => image.complete && image.naturalWidth)"""
    )
    session = page.context.new_cdp_session(page)
    root = session.send("DOM.getDocument")["root"]["nodeId"]
    notebook = session.send("DOM.querySelector", {"nodeId": root, "selector": ".jp-NotebookPanel .jp-Notebook"})
    tree = session.send("Accessibility.queryAXTree", {"nodeId": notebook["nodeId"], "role": "image"})
    told = [node["name"]["value"] for node in tree["nodes"] if not node["ignored"]]
    assert len(told) == page.locator(".jp-OutputArea-output img:visible").count()
    return told


def test_pictures_are_read_aloud_before_and_after_a_run(jupyterlab, lab):
    """As stored and not yet trusted, and as the cells show them; panels are pictures before and widgets after.

    A widget tells of what its panel shows after the last cell has moved it, a stored picture of what it showed first.
    """
    name = jupyterlab.copy("notebooks/00_start_here.ipynb", "aloud.ipynb")
    cells = nbformat.read(jupyterlab.folder / name, 4).cells
    pages = [out.get("data", {}).get("text/html", "") for cell in cells for out in cell.get("outputs", [])]
    words = [html.unescape(alt) for part in pages for alt in re.findall(r'<img alt="([^"]+)"', part)]
    assert words
    jupyterlab.open(lab, name)
    assert pictures_read_aloud(lab) == words
    jupyterlab.run_all(lab)
    lab.locator(".calphos-panel img").first.wait_for()
    told = pictures_read_aloud(lab)
    assert len(told) == len(words)
    assert all(len(text.split()) >= 4 for text in told)


def test_panel_is_live_in_presentation_mode(jupyterlab, lab):
    """With a kernel a lecture uses the notebook in JupyterLab, View > Presentation Mode: letters grow, sliders work."""
    jupyterlab.open(lab, jupyterlab.copy(**NOTEBOOK, name="lecture.ipynb"))
    size = "() => parseFloat(getComputedStyle(document.querySelector('.jp-RenderedMarkdown p')).fontSize)"
    before = lab.evaluate(size)
    lab.evaluate("() => window.jupyterapp.commands.execute('application:toggle-presentation-mode')")
    lab.wait_for_function(f"before => ({size})() > before", arg=before)
    jupyterlab.run_all(lab)
    panel = lab.locator(".calphos-panel").first
    picture = panel.locator("img.widget-image").first
    picture.wait_for()
    source, words = picture.get_attribute("src"), panel.locator(".calphos-summary").first.inner_text()
    panel.locator(".noUi-handle").first.focus()
    lab.keyboard.press("ArrowRight")
    lab.wait_for_function(
        "([before, words]) => { const panel = document.querySelector('.calphos-panel');"
        " return panel.querySelector('img.widget-image').src !== before"
        " && panel.querySelector('.calphos-summary').innerText !== words }",
        arg=[source, words],
    )
    lab.evaluate("() => window.jupyterapp.commands.execute('application:toggle-presentation-mode')")
