"""What the tests of the text share: the notebooks, their sections and their prose, and the spelling of any page."""

import contextlib
import io
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

import codespell_lib
import nbformat

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "notebooks"
TITLES = {
    "00_start_here": "Start here",
    "01_mineral_balance": "Mineral balance",
    "02_parathyroid_hormone": "Parathyroid hormone",
    "03_vitamin_d_and_gut": "Vitamin D and the gut",
    "04_fgf23_and_phosphate": "FGF-23 and phosphate",
    "05_ckd_progression": "CKD progression",
    "06_dialysis": "Dialysis",
    "07_when_salts_fall_out": "When salts fall out",
    "08_metastatic_calcification": "Metastatic calcification",
    "09_dystrophic_and_vascular": "Dystrophic and vascular calcification",
    "10_diagnosis": "Diagnosis",
    "11_treatment": "Treatment",
    "12_reading_the_web": "Reading the web",
    "13_virtual_clinic": "The virtual clinic",
}
NAMES = tuple(TITLES)
# American forms of words that this subject uses; the project spells them the British way.
AMERICAN = re.compile(
    r"\b(?:\w*(?:calcemi|phosphatemi|kalemi|natremi|uremi(?!c toxin)|anemi|volemi)\w*|hemo(?:dialy|globin|filtr|dynam)\w*"
    r"|(?:ion|mineral|normal|organ|recogn|stabil|summar|util|immobil|character|emphas|standard|visual|random|crystall"
    r"|hospital|general|real|special|minim|maxim|optim|central|oxid|synthes)iz(?:e|es|ed|ing|ation)\b"
    r"|(?:anal|dial|catal|hydrol|paral)yz\w*|tumors?|colors?|colored|behaviors?|fibers?|centers?|centered|liters?"
    r"|milliliters?|edema|estrogen\w*|esophag\w*|pediatric\w*|diarrhea|gray|labeled|modeled|modeling|labor|favor\w*"
    r"|sulfate|leukemia|orthopedic\w*|skeptic\w*|program(?!m)s?)\b",
    re.IGNORECASE,
)


class Section(NamedTuple):
    """The cells from one second-level heading to the next."""

    heading: str
    cells: list

    @property
    def prose(self):
        return "\n\n".join(cell.source for cell in self.cells if cell.cell_type == "markdown")


@cache
def read(name):
    """Return the notebook `name` (no suffix) as an nbformat node."""
    return nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)


@cache
def sections(name):
    """Return the notebook's sections in order; what precedes the first second-level heading is not among them."""
    found = []
    for cell in read(name).cells:
        heading = re.search(r"^##\s+(.+?)\s*$", cell.source, re.MULTILINE) if cell.cell_type == "markdown" else None
        if heading:
            found.append(Section(heading[1], []))
        if found:
            found[-1].cells.append(cell)
    return found


def numbered(name):
    """Return the sections of the story: those whose heading begins with a number."""
    return [section for section in sections(name) if re.match(r"\d+ ", section.heading)]


def code_lines(cell):
    """Return a code cell's lines without blank lines and comments."""
    lines = (line.strip() for line in cell.source.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def visible(markdown):
    """Return markdown as a reader sees it before opening an answer: no folded parts, tags, link targets or maths."""
    text = re.sub(r"<details.*?</details>", " ", markdown, flags=re.DOTALL)
    text = re.sub(r"\$\$.*?\$\$|\$[^$\n]+\$", " ", text, flags=re.DOTALL)
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    return re.sub(r"<[^>]+>|[*_`#|]", " ", text)


def words(text):
    """Return the words of a text (runs of letters, with inner hyphens and apostrophes)."""
    return re.findall(r"[^\W\d_][\w'’-]*", text)


def misspelt(path):
    """Return what codespell finds in a text file, and the words that are spelt the American way."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.chdir(ROOT):  # where its settings are
        found = codespell_lib.main(str(path))
    american = {match[0] for match in AMERICAN.finditer(path.read_text(encoding="utf-8"))}
    faults = [*said.getvalue().splitlines(), *sorted(american)]
    assert faults or found == 0
    return faults
