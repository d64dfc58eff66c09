"""What the second edition promises of each notebook: a patient, pictures, code by the reader, few words, true numbers."""

import ast
import html
import re

import pytest
from notebook_text import FOLDER, NAMES, numbered, read, sections, visible, words

MOST_WORDS = 1700


def cells(name, kind):
    return [cell for cell in read(name).cells if cell.cell_type == kind]


def shown(cell):
    """Return in words what a code cell shows: printed lines, tables and the descriptions of its pictures."""
    text = []
    for output in cell.get("outputs", []):
        data = output.get("data", {})
        text += [output.get("text", ""), data.get("text/plain", ""), data.get("text/markdown", "")]
        page = data.get("text/html", "")
        text += [re.sub(r"<[^>]+>", " ", page), *re.findall(r'<img alt="([^"]*)"', page)]
    return html.unescape(" ".join(text))


def solutions(name):
    """Return the Python of the folded solutions in order."""
    found = []
    for cell in cells(name, "markdown"):
        for folded in re.findall(r"<summary><b>Solution</b></summary>(.*?)</details>", cell.source, re.DOTALL):
            found += re.findall(r"```python\n(.*?)```", folded, re.DOTALL)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_a_patient_opens_and_is_answered(name):
    story = cells(name, "markdown")[1].source
    assert story.startswith("**A patient.**")
    assert len(words(story)) <= 100
    again = [section for section in sections(name) if section.heading == "The patient again"]
    assert len(again) == 1
    assert "<summary><b>Answer</b></summary>" in again[0].prose


@pytest.mark.parametrize("name", NAMES)
def test_words_and_tics(name):
    text = "\n\n".join(cell.source for cell in cells(name, "markdown"))
    assert len(words(visible(text))) <= MOST_WORDS
    assert len(re.findall(r"[Ww]rite your answers? down", text)) == 1
    story = "\n\n".join(section.prose for section in numbered(name))
    assert story.count("**Where the model stops.**") <= 2


@pytest.mark.parametrize("name", NAMES)
def test_code_reads_like_a_lesson(name):
    for cell in cells(name, "code"):
        assert "fmt:" not in cell.source
        assert not re.search(r"\bid=[\[\"']", cell.source), "rows by topic or by what they hold, not by identifier"
        assert not re.search(r"^_ = ", cell.source, re.MULTILINE)
        assert max(map(len, cell.source.splitlines()), default=0) <= 100


@pytest.mark.parametrize("name", NAMES)
def test_every_section_has_something_to_look_at(name):
    for section in numbered(name):
        outputs = [out.get("data", {}) for cell in section.cells for out in cell.get("outputs", [])]
        pages = [data.get("text/html", "") for data in outputs]
        looked = any("<img" in page or "<table" in page for page in pages)
        assert looked or any("application/vnd.jupyter.widget-view+json" in data for data in outputs), section.heading


@pytest.mark.parametrize("name", NAMES)
def test_no_raw_table(name):
    for cell in cells(name, "code"):
        assert not re.search(r"\bNaN\b|<NA>|\[\d+, \d+\)", shown(cell)), cell.source


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_is_light(name):
    assert (FOLDER / f"{name}.ipynb").stat().st_size < 600_000


@pytest.mark.parametrize("name", NAMES)
def test_solutions_run_after_the_cells_above_them(name, capsys, monkeypatch):
    """Definitions and imports of the notebook stand; of its cells only what makes no panel is run."""
    monkeypatch.setenv("MPLBACKEND", "Agg")
    found = solutions(name)
    assert found, "an exercise with its solution"
    space = {"__name__": name}
    for cell in read(name).cells:
        if cell.cell_type == "code" and "panels." not in cell.source and "print(" not in cell.source.split("\n")[0]:
            tree = ast.parse(cell.source)
            kept = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef)]
            kept += [node for node in tree.body if isinstance(node, ast.Assign)]
            try:
                exec(compile(ast.Module(kept, []), name, "exec"), space)  # noqa: S102 (the notebook's own code)
            except NameError:
                continue  # it builds on a panel
    capsys.readouterr()
    for number, code in enumerate(found, 1):
        exec(compile(code, f"{name}, solution {number}", "exec"), space)  # noqa: S102 (as above)
    assert capsys.readouterr().out.strip() or "plot" in "".join(found)


NUMBER = re.compile(r"(?<![\w.,(/–-])(\d+(?:\.\d+)?)(?![\w(/]|-\w|\.\d|:\d)")
CITED = re.compile(r"\((?:[^()]|\([^()]*\))*\b(?:1[89]|20)\d\d[a-z]?\b[^()]*\)|\bassumed\b|×")
SAID = re.compile(r"\*\*(?:Predict|Move|Look|Exercise|Under the bonnet)\.\*\*")


@pytest.mark.parametrize("name", NAMES)
def test_a_number_in_the_text_is_shown_beside_it_or_carries_a_citation(name):
    """Questions, moves and formulas aside: whole numbers up to 12 without a unit are words of the sentence."""
    faults = []
    for section in [s for s in sections(name) if s in numbered(name) or s.heading == "The patient again"]:
        beside = " ".join(shown(c) + " " + c.source for c in section.cells if c.cell_type == "code")
        asked = " ".join(
            p for c in section.cells if c.cell_type == "markdown" for p in c.source.split("\n\n") if SAID.search(p)
        )
        opening = cells(name, "markdown")[1].source
        known = set(re.findall(r"\d+(?:\.\d+)?", f"{beside} {asked} {opening}"))
        known |= {f"{float(value):g}" for value in known}
        for cell in (cell for cell in section.cells if cell.cell_type == "markdown"):
            text = re.sub(
                r"```.*?```|\$\$.*?\$\$|\$[^$\n]+\$|`[^`]*`|\]\([^)]*\)|^#.*?$",
                " ",
                cell.source,
                flags=re.DOTALL | re.MULTILINE,
            )
            for paragraph in text.split("\n\n"):
                if SAID.search(paragraph):
                    continue
                for sentence in re.split(r"(?<=[.?!])\s+", " ".join(paragraph.split())):
                    small = re.sub(
                        r"(?<![\d.])(?:\d|1[0-2])\b(?!\.\d| ?(?:%|[mnpµk]?(?:mol|g|L|U)\b|days?|weeks?|years?|hours?))",
                        "",
                        sentence,
                    )
                    loose = [n for n in NUMBER.findall(small) if n not in known and f"{float(n):g}" not in known]
                    if loose and not CITED.search(sentence):
                        faults.append(f"{section.heading}: {loose} in “{sentence}”")
    assert not faults, "\n".join(faults)
