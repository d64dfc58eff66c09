"""Make what course systems read: `python -m lms [05 06 ...]` (default: all notebooks).

build/lms/scorm/05.zip ...   the handout of each notebook as a SCORM 1.2 package: score of the quiz, completion, resume
build/lms/moodle.xml         all questions for Moodle's question bank
build/lms/qti.zip            all questions as a QTI 2.1 package
build/lms/calphos.apkg       cards for Anki

Questions of the kinds in lms/drawn.py are made 20 times, each with other numbers: let the course system draw one.
"""

import argparse
import sys

import calphos
from calphos.lessons.quiz import load_quiz
from handout import BuildError
from handout.build import build_handouts
from handout.files import write_files, zipped
from lms import ROOT
from lms.anki import anki
from lms.drawn import drawn
from lms.moodle import moodle
from lms.qti import qti
from lms.scorm import scorm

DRAWN = 20
TITLE = "calphos: calcium, phosphate and metastatic calcification"


def questions(count=DRAWN):
    """Return ({title of a notebook: its quiz}, {title of a kind: its drawn questions})."""
    quizzes = {}
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        quizzes[path.stem.replace("_", " ")] = load_quiz(path.stem[:2])
    return quizzes, {name.replace("_", " "): made for name, made in drawn(count).items()}


def build(names=(), folder=ROOT / "build" / "lms", count=DRAWN):
    """Make everything, all or none; return the paths. Raises BuildError where something cannot be made or written."""
    pages = {path.name: path for path in build_handouts(names, folder.parent / "handouts")}
    glossary = pages["glossary.html"].read_text(encoding="utf-8")
    made = {}
    for name, path in pages.items():
        if name[:2].isdigit():
            title = path.stem.replace("_", " ")
            page = path.read_text(encoding="utf-8")
            package = zipped(scorm(path.stem, title, page, glossary, calphos.__version__))
            made[folder / "scorm" / f"{path.stem}.zip"] = package
    quizzes, kinds = questions(count)
    bank = moodle(quizzes | {f"drawn/{name}": few for name, few in kinds.items()})
    made[folder / "moodle.xml"] = bank.encode()
    made[folder / "qti.zip"] = zipped(qti(TITLE, quizzes, kinds))
    made[folder / "calphos.apkg"] = anki()
    write_files(made)
    return list(made)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="numbers of notebooks for SCORM packages; default: all")
    try:
        for path in build(parser.parse_args().names):
            print(path.relative_to(ROOT))
    except BuildError as error:
        sys.exit(f"lms: {error}")
