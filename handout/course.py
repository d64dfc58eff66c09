"""What stands around the notebooks: the table of contents and the glossary."""

import re

import nbformat

from handout.page import question_of, title_of


def document(*sources):
    """A notebook made of text cells: what the index and the glossary are."""
    cells = [nbformat.v4.new_markdown_cell(source, id=f"text-{i}") for i, source in enumerate(sources)]
    return nbformat.v4.new_notebook(cells=cells)


_INDEX = {
    "handouts": "Handouts that work without a network: the model itself is in the page. Open one, move the sliders, test yourself, print it.",
    "slides": (
        "Lecture slides that work without a network. Space turns the page, a click on a slider gives it the arrow keys, "
        "Escape gives them back, S opens the notes."
    ),
}


def index(sources, kind):
    """The table of contents: title, leading question and minutes of each notebook."""
    lines = []
    for path in sources:
        notebook = nbformat.read(path, as_version=4)
        first = next((cell.source for cell in notebook.cells if cell.cell_type == "markdown"), "")
        time = re.search(r"\|\s*\*\*Time\*\*\s*\|\s*(.+?)\s*\|", first)
        notes = " · ".join(note for note in (question_of(first), time and time[1]) if note)
        lines.append(f"- [{title_of(notebook, path.name)}]({path.name})" + (f"<br>{notes}" if notes else ""))
    head = (
        f"# Calcium, phosphate and stone in soft tissue\n\n{_INDEX[kind]}\n\n*Teaching only, not for care of patients.*"
    )
    contents = "## Contents\n\n" + "\n".join(lines)
    return document(head, contents, *(["## Words\n\n[Glossary](glossary.md)"] if glossary_of(sources) else []))


def glossary_of(everything):
    """The glossary that stands beside a folder of notebooks, as a document, or None."""
    path = everything[0].parents[1] / "teaching" / "glossary.md"
    return document(path.read_text(encoding="utf-8")) if path.is_file() else None


def page_names(everything):
    """The names of all pages of a build: where a link may lead."""
    names = {f"{path.stem}.html" for path in everything} | {"index.html"}
    return names | {"glossary.html"} if glossary_of(everything) else names
