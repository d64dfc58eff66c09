"""Which cells a lecture shows, and what its speaker is reminded of."""

import re

import nbformat

from handout import BuildError
from handout.page import question_of, title_of


def speaker_notes(guide, title):
    """What the teacher's guide (markdown) says for one notebook: a dict of slide heading to text.

    The title slide gets the minutes and the misconceptions; each section its question and short answer.
    """
    number = title.partition(" ")[0]
    notes = []
    for cells in re.findall(r"^\|(.+)\|$", guide, flags=re.MULTILINE):
        cells = [part.strip() for part in cells.split("|")]
        if len(cells) == 3 and cells[0].startswith(f"[{title}]"):
            notes.append(f"Live, minutes and section: {cells[2]}.")
        elif len(cells) == 3 and cells[1].startswith(f"{number}:"):
            notes.append(f"- Learners believe: {cells[0]} **Move** {cells[1].partition(': ')[2]}. **See** {cells[2]}.")
    made = {title: "\n\n".join(notes)} if notes else {}
    answers = re.search(rf"^### {re.escape(title)}$(.*?)(?=^##|\Z)", guide, flags=re.MULTILINE | re.DOTALL)
    for heading, text in re.findall(r"^- \*\*(.+?)\.?\*\* (.+)$", answers[1] if answers else "", flags=re.MULTILINE):
        made[heading] = text
    return made


_KINDS = ("slide", "subslide", "fragment", "notes", "-")


def slide_cells(notebook, name, notes=None):
    """Return a copy of an executed notebook with only what the slides show; nbconvert finds where each slide ends.

    Cells count by their ``slideshow.slide_type``; without any such tag the patient, each
    section's heading with its first paragraph and its prediction, and each panel are slides. A title slide comes first; ``notes`` (heading to text) are added to the slides with those
    headings. Raises BuildError where there is nothing to show.
    """
    tagged = []
    for cell in notebook.cells:
        kind = cell.metadata.get("slideshow", {}).get("slide_type")
        if kind in _KINDS:
            tagged.append((kind, nbformat.from_dict(cell)))
    if not any(kind in ("slide", "subslide") for kind, _ in tagged):
        tagged = [("slide", cell) for cell in _sections_and_panels(notebook)]
    if not tagged:
        raise BuildError(
            f"{name}: nothing to show on slides: no cell is tagged (slideshow.slide_type), no section, no panel"
        )
    if not re.search(r"^# ", tagged[0][1].source, flags=re.MULTILINE):
        first = next(cell for cell in notebook.cells if cell.cell_type == "markdown")
        text = f"# {title_of(notebook, name)}\n\n{question_of(first.source)}"
        tagged.insert(0, ("slide", nbformat.v4.new_markdown_cell(text, id="title")))
    tagged[0] = ("slide", tagged[0][1])
    left = dict(notes or {})
    out = []
    for kind, cell in tagged:
        out.append((kind, cell))
        if cell.cell_type == "markdown":
            for heading in re.findall(r"^#+ (.+)$", cell.source, flags=re.MULTILINE):
                if heading.strip() in left:
                    note = nbformat.v4.new_markdown_cell(left.pop(heading.strip()), id=f"note-{len(out)}")
                    out.append(("notes", note))
    slides = nbformat.from_dict(notebook)
    slides.cells = [cell for _, cell in out]
    for kind, cell in out:
        cell.metadata["slideshow"] = {"slide_type": kind}
    return slides


_FOR_READERS = ("## Quiz", "## Sources", "## Previous and next")


def _sections_and_panels(notebook):
    """The slides of a notebook whose author tagged none: its patient, its panels, and what each section begins with and asks."""
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "markdown" and (found := re.match(r"## .+|\*\*A patient\.\*\*", cell.source)):
            heading = "## A patient" if "*" in found[0] else found[0]
            first, *more = cell.source[found.end() :].strip().split("\n\n")
            plain = [] if first.startswith(("|", "<", "#", "$$", "!")) else [first]
            plain += [text for text in more if text.startswith("**Predict.**")]
            if any(plain) and heading not in _FOR_READERS:
                yield nbformat.v4.new_markdown_cell("\n\n".join([heading, *plain]), id=f"section-{number}")
        elif any(output.get("metadata", {}).get("text/html") for output in cell.get("outputs", ())):
            yield nbformat.from_dict(cell)
