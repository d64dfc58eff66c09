"""The form of the notebooks: opening and closing blocks, sizes, links, spelling, alternative texts."""

import html
import importlib.util
import io
import re
from itertools import pairwise

import latex2mathml.converter
import nbformat
import pytest
from matplotlib.transforms import Bbox
from notebook_text import FOLDER, NAMES, TITLES, code_lines, misspelt, numbered, read, sections, words
from PIL import Image

from calphos.drawing.pictures import stored

CLOSING = ["Where this model stops", "Key points", "Quiz", "Sources", "Previous and next"]
DISCLAIMER = "*Teaching only, not for care of patients.*"


def markdown(name):
    return [cell for cell in read(name).cells if cell.cell_type == "markdown"]


def code(name):
    return [cell for cell in read(name).cells if cell.cell_type == "code"]


def test_the_collection_is_complete():
    assert sorted(path.stem for path in FOLDER.glob("*.ipynb")) == list(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_opening_block(name):
    first, imports = read(name).cells[0], code(name)[0]
    lines = [line for line in first.source.splitlines() if line.strip()]
    assert lines[0] == f"# {name[:2]} · {TITLES[name]}"
    assert re.fullmatch(r"\*\*[^*]+\?\*\*", lines[1]), "the question of the notebook in bold, with a question mark"
    assert lines[2] == DISCLAIMER
    for row in ("You will do", "You will learn", "You need", "Time"):
        assert re.search(rf"^\| \*\*{row}\*\* \| \S.* \|$", first.source, re.MULTILINE), row
    assert re.search(r"^\| \*\*Time\*\* \| \d+ minutes \|$", first.source, re.MULTILINE)
    assert "Each section asks first." in first.source
    assert all(re.match(r"(?:from|import|\w+,|\w+\)|\))\s*", line) for line in code_lines(imports))
    everything = "\n".join(cell.source for cell in markdown(name))
    assert everything.count(DISCLAIMER) == 1


@pytest.mark.parametrize("name", NAMES)
def test_each_section_asks_before_it_tells(name):
    story = numbered(name)
    assert [section.heading.split()[0] for section in story] == [str(n + 1) for n in range(len(story))]
    assert 4 <= len(story) <= 6
    faults = []
    for section in story:
        question, answer = (section.prose.find("**Predict.**"), section.prose.find("<summary><b>Explain</b></summary>"))
        if not 0 <= question < answer:
            faults.append(f"'{section.heading}': a prediction, then an explanation that is folded away")
        if "?" not in section.prose[question:answer]:
            faults.append(f"'{section.heading}': the prediction asks nothing")
        if not re.search(r"\*\*(?:Move|Look)\.\*\*", section.prose):
            faults.append(f"'{section.heading}': neither a Move nor a Look")
        if section.prose.count("<details>") != section.prose.count("</details>"):
            faults.append(f"'{section.heading}': an answer that is not closed")
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("name", NAMES)
def test_closing_block(name):
    found = sections(name)
    assert [section.heading for section in found[-5:]] == CLOSING
    stops, points, quiz, sources, links = found[-5:]
    assert 3 <= len(re.findall(r"^- ", stops.prose, re.MULTILINE)) <= 6
    assert 4 <= len(re.findall(r"^- ", points.prose, re.MULTILINE)) <= 7
    assert any(f'quiz("{name[:2]}")' in cell.source for cell in quiz.cells if cell.cell_type == "code")
    assert any("cite(" in cell.source or "sources_used(" in cell.source for cell in sources.cells)
    place = NAMES.index(name)
    for neighbour in NAMES[max(place - 1, 0) : place] + NAMES[place + 1 : place + 2]:
        assert f"{neighbour[:2]} · {TITLES[neighbour]}" in links.prose
        assert f"]({neighbour}.ipynb)" in links.prose
    assert "[Glossary](../teaching/glossary.md)" in links.prose


@pytest.mark.parametrize("name", NAMES)
def test_size(name):
    """Short enough for one sitting, and no cell that hides the page."""
    assert len(read(name).cells) <= 60
    assert max(len(code_lines(cell)) for cell in code(name)) <= 15


@pytest.mark.parametrize("name", NAMES)
def test_cells_were_run_and_nothing_failed(name):
    assert "widgets" not in read(name).metadata
    for cell in code(name):
        assert "widgets" not in cell.metadata
        assert not [output for output in cell.outputs if output.output_type == "error"], cell.source
        assert not [o for o in cell.outputs if o.get("name") == "stderr"], f"a warning from: {cell.source}"
        assert cell.execution_count is not None, f"not run: {cell.source}"


@pytest.mark.parametrize("name", NAMES)
def test_an_output_is_left_unchecked_only_with_a_reason(name):
    for cell in code(name):
        tags = [tag for tag in cell.metadata.get("tags", []) if tag.startswith(("nbval", "raises"))]
        if tags or "NBVAL" in cell.source:
            assert re.search(r"^# (?:nbval|NBVAL\w*): \w+ \w+ \w+", cell.source, re.MULTILINE), (
                f"{tags}: no reason given"
            )


@pytest.mark.parametrize("name", NAMES)
def test_pictures_have_an_alternative_text(name):
    stored_ones = 0
    for cell in code(name):
        for output in cell.outputs:
            data, metadata = output.get("data", {}), output.get("metadata", {})
            page = data.get("text/html", "")
            for kind in (kind for kind in data if kind.startswith("image/")):
                assert "<img" in page, f"JupyterLab shows {kind} without alternative text: {cell.source}"
                assert len(words(metadata[kind]["alt"])) >= 4, f"a picture with no description: {cell.source}"
                stored_ones += 1
            for image in re.findall(r"<img[^>]*>", page):
                alt = re.search(r'\balt="([^"]*)"', image)
                assert alt, f"a picture with no description: {cell.source}"
                assert len(words(html.unescape(alt[1]))) >= 4, f"a picture with no description: {cell.source}"
            assert not re.search(r"<svg(?![^>]*\b(?:aria-label|aria-hidden|aria-labelledby)=)", page), cell.source
    assert stored_ones >= 5  # for whoever looks at a notebook that has not been run
    for cell in markdown(name):
        assert not re.search(r"!\[\s*\]\(", cell.source)
        assert not re.search(r"<img(?![^>]*\balt=\"[^\"]+\")", cell.source)


@pytest.mark.parametrize("name", NAMES)
def test_headings_make_an_outline(name):
    levels = []
    for cell in markdown(name):
        source = re.sub(r"```.*?```", "", cell.source, flags=re.DOTALL)
        levels += [len(mark) for mark in re.findall(r"^(#+) ", source, re.MULTILINE)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(below - above <= 1 for above, below in pairwise(levels))


def anchors(text):
    """Return the anchors of a markdown text's headings, the way Jupyter and GitHub make them (both)."""
    found = [heading.strip() for heading in re.findall(r"^#+ +(.+)$", text, re.MULTILINE)]
    github = [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found]
    return {heading.replace(" ", "-") for heading in found} | set(github)


@pytest.mark.parametrize("name", NAMES)
def test_links_resolve(name):
    broken = []
    for cell in markdown(name):
        for target in re.findall(r"\]\(([^)\s]+)\)", cell.source):
            if target.startswith(("http://", "https://")):
                continue
            path, _, anchor = target.partition("#")
            file = (FOLDER / path) if path else FOLDER / f"{name}.ipynb"
            if not file.is_file():
                broken.append(target)
            elif anchor:
                text = file.read_text(encoding="utf-8")
                if file.suffix == ".ipynb":
                    text = "\n\n".join(c.source for c in markdown(file.stem))
                if anchor not in anchors(text):
                    broken.append(target)
    assert not broken, broken


@pytest.mark.parametrize("name", NAMES)
def test_mathematics_can_be_converted(name):
    for cell in markdown(name):
        source = re.sub(r"```.*?```|`[^`]*`", "", cell.source, flags=re.DOTALL)
        for formula in re.findall(r"\$\$(.+?)\$\$|\$([^$\n]+)\$", source, re.DOTALL):
            converted = latex2mathml.converter.convert("".join(formula))
            assert "\\" not in re.sub(r"<[^>]+>", "", converted), formula


@pytest.mark.parametrize("name", NAMES)
def test_spelling(name, tmp_path):
    text = "\n\n".join(re.sub(r"\]\([^)]*\)|`[^`]*`", "] ", cell.source) for cell in markdown(name))
    assert not re.search(r"\w!(?:\s|$)", text), "an exclamation mark"
    file = tmp_path / f"{name}.txt"
    file.write_text(text, encoding="utf-8")
    assert not misspelt(file)


def test_a_picture_that_shows_something_else_replaces_the_stored_one():
    spec = importlib.util.spec_from_file_location("notebooks", FOLDER.parent / "tools" / "notebooks.py")
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)

    def run(colour, level, alt):
        buffer = io.BytesIO()
        Image.new("RGB", (8, 8), colour).save(buffer, "png", compress_level=level)
        data, metadata = stored(buffer.getvalue(), buffer.getvalue(), alt, Bbox.from_bounds(0, 0, 8, 8))
        output = nbformat.v4.new_output("display_data", data, metadata=metadata)
        return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("show()", id="shown", outputs=[output])])

    def kept(old, new):
        tool.keep_equal_pictures(old, new)
        return {kind: new.cells[0].outputs[0].data[kind] for kind in ("text/html", "image/png")}

    old = run("red", 1, "A red square.")
    small, blue = run("red", 9, "A square in red."), run("blue", 1, "A blue square.")
    assert kept(old, small) == kept(old, run("red", 1, "A square in red."))  # the old pixels' bytes, the new words
    before = dict(blue.cells[0].outputs[0].data)
    assert kept(old, blue).items() <= before.items()
