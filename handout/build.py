"""Make what is handed out and projected: `python -m handout.build html|pdf|slides [01 05 ...]`.

Nothing that is made fetches anything, and the same notebook gives the same bytes.
"""

import argparse
import sys

from calphos.tables.errors import InputError
from handout import ROOT, BuildError
from handout.course import glossary_of, index, page_names
from handout.execute import executed, notebooks
from handout.files import write_files
from handout.page import HANDOUT, SLIDES, make_page, title_of
from handout.paper import build_pdf
from handout.slides import slide_cells, speaker_notes


def build_handouts(names=(), folder=None, source=None):
    """Write ``build/handouts/*.html`` (all notebooks, or those whose names start with ``names``); return the paths.

    Everything is made before anything is replaced: a notebook that fails leaves the last good handouts as they are.
    """
    return _build("handouts", names, folder, source)


def build_slides(names=(), folder=None, source=None):
    """Write ``build/slides/*.html``, one reveal.js presentation a notebook; otherwise like `build_handouts`."""
    return _build("slides", names, folder, source)


def _build(kind, names, folder, source):
    folder = folder or ROOT / "build" / kind
    chosen, everything = notebooks(names, source), notebooks((), source)
    pages = page_names(everything)
    guide = everything[0].parents[1] / "teaching" / "guide.md"
    made = {}
    for path, notebook in zip(chosen, executed(chosen, folder.parent / "executed"), strict=True):
        if kind == "slides":
            notes = (
                speaker_notes(guide.read_text(encoding="utf-8"), title_of(notebook, path.name))
                if guide.is_file()
                else {}
            )
            page = make_page(slide_cells(notebook, path.name, notes), path.name, pages, **SLIDES)
        else:
            page = make_page(notebook, path.name, pages, **HANDOUT)
        made[f"{path.stem}.html"] = page
    made["index.html"] = make_page(index(everything, kind), "index", pages, **HANDOUT)
    if glossary := glossary_of(everything):
        made["glossary.html"] = make_page(glossary, "glossary.md", pages, **HANDOUT)
    write_files({folder / name: text.encode() for name, text in made.items()})
    for old in set(folder.glob("*.html")) - {folder / name for name in pages}:
        old.unlink()
    return [folder / name for name in made]


def main(arguments=None):
    """Build handouts, PDF or slides; return 0, or 1 after naming what stopped the build."""
    parser = argparse.ArgumentParser(
        prog="python -m handout.build", description="Make what is handed out and projected."
    )
    parser.add_argument("kind", choices=("html", "pdf", "slides"))
    parser.add_argument("notebook", nargs="*", help="start of a notebook's name, such as 05 (default: all)")
    chosen = parser.parse_args(arguments)
    build = {"html": build_handouts, "pdf": build_pdf, "slides": build_slides}[chosen.kind]
    try:
        written = build(chosen.notebook)
    except (BuildError, InputError) as problem:
        print(f"calphos: {problem}", file=sys.stderr)
        return 1
    for path in written:
        print(f"{path}  {path.stat().st_size / 1e6:.2f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
