"""A real JupyterLab in a real browser: sliders move picture and summary, every picture has its words, keys stay where they
are typed, and quiz, clinic and trainer work with the keyboard alone. One page for all, which asks nobody but its server."""

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
CELLS = (
    "from calphos import clinic, quiz\nfrom calphos.lessons import differential",
    'quiz("05")',
    'clinic.start(case="04", seed=7)',
    "differential.trainer()",
)


class OpenPanel:
    """The first panel of an open notebook that has a GFR slider."""

    def __init__(self, page, notebook):
        self.page = page
        self.panel = notebook.locator(".calphos-panel", has=page.locator(".widget-slider", has_text="GFR")).first
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


@pytest.fixture(scope="module")
def asked(window):
    """The addresses that the page asks for."""
    asked = []
    window.on("request", lambda request: asked.append(request.url))
    return asked


@pytest.fixture
def lab(jupyterlab, window, asked):
    """The page of JupyterLab, which asks nobody but its own server."""
    yield window
    assert [url for url in asked if not url.startswith((jupyterlab.url, "data:", "blob:"))] == []


@pytest.fixture
def closing(jupyterlab, window):
    """Close the notebook that a test has opened last."""
    yield
    jupyterlab.close(window)


class TestNotebook:
    """One notebook, run once."""

    @pytest.fixture(scope="class")
    def notebook(self, jupyterlab, window, asked):
        opened = jupyterlab.open(window, jupyterlab.copy(**NOTEBOOK, name="first.ipynb"))
        jupyterlab.run_all(window)
        yield opened
        jupyterlab.close(window)

    def test_slider_moves_picture_and_summary(self, lab, notebook):
        panel = OpenPanel(lab, notebook)
        start = panel.state()
        panel.drag(-0.3 if start[0] > 50 else 0.3)
        dragged = panel.wait_for_change(start)
        assert abs(dragged[0] - start[0]) > 10

        towards = "ArrowLeft" if dragged[0] > 50 else "ArrowRight"
        panel.press(*[towards] * 5)
        pressed = panel.wait_for_change(dragged)
        assert (pressed[0] < dragged[0]) == (towards == "ArrowLeft")

    def test_panel_is_live_in_presentation_mode(self, lab, notebook):
        """With a kernel a lecture uses the notebook in JupyterLab, View > Presentation Mode: letters grow, sliders work."""
        size = "() => parseFloat(getComputedStyle(document.querySelector('.jp-RenderedMarkdown p')).fontSize)"
        before = lab.evaluate(size)
        lab.evaluate("() => window.jupyterapp.commands.execute('application:toggle-presentation-mode')")
        lab.wait_for_function(f"before => ({size})() > before", arg=before)
        panel = OpenPanel(lab, notebook)
        start = panel.state()
        panel.press(*["ArrowLeft" if start[0] > 50 else "ArrowRight"] * 3)
        panel.wait_for_change(start)
        lab.evaluate("() => window.jupyterapp.commands.execute('application:toggle-presentation-mode')")

    def test_two_panels_at_once(self, jupyterlab, lab, notebook, closing):
        """Two notebooks side by side have a kernel each: moving one leaves the other alone."""
        beside = jupyterlab.open(lab, jupyterlab.copy(**NOTEBOOK, name="second.ipynb"), mode="split-right")
        jupyterlab.run_all(lab)
        first, second = OpenPanel(lab, notebook), OpenPanel(lab, beside)
        before_first, before_second = first.state(), second.state()
        first.press(*["ArrowLeft" if before_first[0] > 50 else "ArrowRight"] * 6)
        first.wait_for_change(before_first)
        assert second.state() == before_second
        now_first = first.state()
        second.press(*["ArrowLeft" if before_second[0] > 50 else "ArrowRight"] * 6)
        second.wait_for_change(before_second)
        assert first.state() == now_first

    def test_page_left_and_opened_again(self, jupyterlab, lab, notebook):
        """The kernel lives on: a page that is loaded anew shows the same panel, and its slider works."""
        panel = OpenPanel(lab, notebook)
        start = panel.state()
        panel.drag(-0.3 if start[0] > 50 else 0.3)
        moved = panel.wait_for_change(start)
        jupyterlab.save(lab)
        lab.goto("about:blank")

        panel = OpenPanel(lab, jupyterlab.open(lab, "first.ipynb"))
        assert panel.state() == moved
        panel.press(*["ArrowLeft" if moved[0] > 50 else "ArrowRight"] * 6)
        panel.wait_for_change(moved)


def test_what_cells_set_stays_when_the_browser_answers_late(jupyterlab, lab, closing):
    """Notebook 02 moves its sliders from cells and puts them back before the browser has drawn them once."""
    name = jupyterlab.copy("notebooks/02_parathyroid_hormone.ipynb", "late.ipynb")
    notebook = nbformat.read(jupyterlab.folder / name, 4)
    moving = re.compile(r"^from|panels\.|\.set\(")  # what makes panels and moves them
    notebook.cells = [cell for cell in notebook.cells if cell.cell_type == "code" and moving.search(cell.source)]
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
    outputs = {"nodeId": root, "selector": ".jp-NotebookPanel .jp-Notebook .jp-OutputArea-output"}
    told = []
    for output in session.send("DOM.querySelectorAll", outputs)["nodeIds"]:
        tree = session.send("Accessibility.queryAXTree", {"nodeId": output, "role": "image"})
        told += [node["name"]["value"] for node in tree["nodes"] if not node["ignored"]]
    assert len(told) == page.locator(".jp-OutputArea-output img:visible").count()
    return told


def test_pictures_are_read_aloud_before_and_after_a_run(jupyterlab, lab, closing):
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


class TestPanels:
    """A notebook of two panels, which has been run; each test moves them on from where they are."""

    @pytest.fixture(scope="class")
    def panels(self, jupyterlab, window, asked):
        cells = [nbformat.v4.new_code_cell(source) for source in KINDS.split("\n---\n")]
        book = nbformat.v4.new_notebook(cells=[*cells, nbformat.v4.new_markdown_cell("after")])
        book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(book, jupyterlab.folder / "panels.ipynb")
        jupyterlab.open(window, "panels.ipynb")
        jupyterlab.run_all(window)
        window.locator(".calphos-panel img[alt]").nth(1).wait_for()
        yield
        jupyterlab.close(window)

    def test_readable_in_every_theme(self, lab, panels):
        for theme in THEMES:
            lab.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", theme)
            lab.wait_for_function("theme => document.body.dataset.jpThemeName === theme", arg=theme)
            lab.wait_for_function("() => !document.body.classList.contains('jp-mod-theme-changing')")
            found = lab.evaluate(CONTRAST)
            assert len(found) > 12
            assert {words: ratio for words, ratio in found if ratio < 4.5} == {}, theme

    def test_keys_stay_on_the_panel(self, lab, panels):
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

    def test_pictures_have_an_alternative_text_that_follows_the_slider(self, lab, panels):
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

    def test_a_slider_leaves_and_reaches_as_in_the_disorder_by_key(self, lab, panels):
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


def test_quiz_clinic_and_trainer_by_keyboard_alone(jupyterlab, lab, closing):
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    made.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(made, jupyterlab.folder / "questions.ipynb")
    jupyterlab.open(lab, "questions.ipynb")
    jupyterlab.run_all(lab)
    lab.wait_for_selector(".calphos-trainer select")
    quiz = lab.locator(".calphos-quiz")
    quiz.locator("button.answer").first.focus()
    lab.keyboard.press("Enter")
    quiz.locator("[role=alert]").first.wait_for()
    # Reason and mark are two messages from the kernel: the mark may come a moment later.
    quiz.locator("button.answer", has_text=re.compile("^[✓✗]")).first.wait_for()

    cells = lab.locator(".jp-Cell").count()
    clinic = lab.locator(".calphos-clinic")
    menu = clinic.get_by_label("Diagnosis")
    menu.focus()
    # As commands of JupyterLab these would delete and cut cells.
    for key in ("s", "ArrowDown", "ArrowUp", "d", "d", "x", "s"):
        lab.keyboard.press(key)
    assert menu.evaluate("element => element === document.activeElement")
    assert menu.input_value() == "sarcoidosis"
    assert lab.locator(".jp-Cell").count() == cells

    clinic.get_by_label("Total calcium and albumin").focus()
    lab.keyboard.press("Space")
    clinic.get_by_role("button", name="Order").focus()
    lab.keyboard.press("Enter")
    clinic.locator("pre[role=alert]", has_text="Total calcium").wait_for()
    clinic.get_by_role("button", name="Wait").focus()
    lab.keyboard.press("Enter")
    clinic.locator("img").wait_for()
    assert "total calcium" in clinic.locator(".alt").inner_text()

    trainer = lab.locator(".calphos-trainer")
    trainer.get_by_label("Disorder").select_option("sarcoidosis")
    trainer.get_by_role("button", name="Check").focus()
    lab.keyboard.press("Enter")
    trainer.locator("[role=alert]", has_text="Not sarcoidosis").wait_for()
