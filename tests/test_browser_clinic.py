"""Quiz, clinic and trainer in a real JupyterLab, with the keyboard alone and without a network."""

import re

import nbformat
import pytest

CELLS = (
    "from calphos import clinic, quiz\nfrom calphos.lessons import differential",
    'quiz("05")',
    'clinic.start(case="04", seed=7)',
    "differential.trainer()",
)


@pytest.fixture
def notebook(jupyterlab, page):
    """A notebook with the three, run in a page that may only speak to its own server."""
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    made.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(made, jupyterlab.folder / "questions.ipynb")
    outside = []
    page.route(
        lambda url: not url.startswith((jupyterlab.url, "data:", "blob:")),
        lambda route: (outside.append(route.request.url), route.abort()),
    )
    jupyterlab.open(page, "questions.ipynb")
    jupyterlab.run_all(page)
    page.wait_for_selector(".calphos-trainer select")
    yield page
    assert outside == []


def test_keys_go_to_the_widgets(notebook):
    page = notebook
    quiz = page.locator(".calphos-quiz")
    quiz.locator("button.answer").first.focus()
    page.keyboard.press("Enter")
    quiz.locator("[role=alert]").first.wait_for()
    # Reason and mark are two messages from the kernel: the mark may come a moment later.
    quiz.locator("button.answer", has_text=re.compile("^[✓✗]")).first.wait_for()

    cells = page.locator(".jp-Cell").count()
    clinic = page.locator(".calphos-clinic")
    menu = clinic.get_by_label("Diagnosis")
    menu.focus()
    # As commands of JupyterLab these would delete and cut cells.
    for key in ("s", "ArrowDown", "ArrowUp", "d", "d", "x", "s"):
        page.keyboard.press(key)
    assert menu.evaluate("element => element === document.activeElement")
    assert menu.input_value() == "sarcoidosis"
    assert page.locator(".jp-Cell").count() == cells

    clinic.get_by_label("Total calcium and albumin").focus()
    page.keyboard.press("Space")
    clinic.get_by_role("button", name="Order").focus()
    page.keyboard.press("Enter")
    clinic.locator("pre[role=alert]", has_text="Total calcium").wait_for()
    clinic.get_by_role("button", name="Wait").focus()
    page.keyboard.press("Enter")
    clinic.locator("img").wait_for()
    assert "total calcium" in clinic.locator(".alt").inner_text()

    trainer = page.locator(".calphos-trainer")
    trainer.get_by_label("Disorder").select_option("sarcoidosis")
    trainer.get_by_role("button", name="Check").focus()
    page.keyboard.press("Enter")
    trainer.locator("[role=alert]", has_text="Not sarcoidosis").wait_for()
