"""The teacher's guide and the glossary: up to date, complete, and with links that lead somewhere."""

import importlib.util
import re
import subprocess
import sys

import pytest
from notebook_text import NAMES, ROOT, TITLES, numbered

PAGES = sorted((ROOT / "teaching").glob("*.md"))
GUIDE = (ROOT / "teaching" / "guide.md").read_text(encoding="utf-8")


def test_the_glossary_page_is_that_of_the_table():
    spec = importlib.util.spec_from_file_location("glossary", ROOT / "tools" / "glossary.py")
    glossary = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(glossary)
    assert glossary.PAGE.read_text(encoding="utf-8") == glossary.page(), "run python tools/glossary.py"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_resolve(page):
    targets = re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
    broken = {target for target in targets if "://" not in target and not (page.parent / target).is_file()}
    assert not broken


@pytest.mark.parametrize("name", NAMES)
def test_the_guide_answers_every_section(name):
    part = GUIDE.split(f"\n### {name[:2]} · {TITLES[name]}\n")[1].split("\n##")[0]
    answered = re.findall(r"^- \*\*(.+?)\.\*\* \*.+\* \S", part, re.MULTILINE)
    assert answered == [section.heading for section in numbered(name)]
    assert f"](../notebooks/{name}.ipynb)" in GUIDE


def test_sliders_named_in_the_guide_are_inputs_of_the_model():
    from calphos.parameters import parameters

    named = set(re.findall(r"`([a-z_0-9]+)`", GUIDE.split("## Misconceptions")[1].split("\n## ")[0]))
    assert named
    assert named <= {name for name, row in parameters().items() if row.kind == "input"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_spelling(page):
    checked = subprocess.run(
        [sys.executable, "-m", "codespell_lib", str(page)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert not checked.stdout.strip(), checked.stdout
    assert checked.returncode == 0, checked.stderr
