"""A panel as a piece of a page that computes: its data, and the scripts that all panels of a page share."""

import functools
import html
import itertools

from calphos.drawing.pictures import svg_text
from handout.files import as_json, file_text
from handout.pictures import tidy
from handout.spec import spec

_counter = itertools.count(1)
ENGINE = ("words.js", "solver.js", "simulate.js")
# kinds that need more than the model
EXTRAS = {"saturation": "solution", "deposition": "site", "body map": "body", "response": "curve"}
EXTRAS |= {"clinic": "clinic", "trainer": "trainer"}
SCREEN = ("plot.js", "kinds.js", "bodymap.js", "live.js", "desk.js")


@functools.cache
def engine_script(ranges=False):
    """Return the script that computes (str): model, solver, patients, sentences. A page's worker runs the same text.

    With `ranges` it brings the other models that fit the data about as well.
    """
    from handout.javascript import model_script  # with SymPy: a kernel that shows panels does without

    return "\n".join(['"use strict";', model_script(ranges), *map(file_text, ENGINE)])


@functools.cache
def extras_script(kinds):
    """Return what only some kinds of panel need (str); `kinds` is a sorted tuple of them."""
    from handout import extras

    wanted = (getattr(extras, f"{EXTRAS[kind]}_script") for kind in kinds if kind in EXTRAS)
    return "\n".join(['"use strict";', *(make() for make in wanted)])


def screen_script():
    """Return the script that draws panels and moves them (str)."""
    return "\n".join(['"use strict";', *map(file_text, SCREEN)])


def scripts_for(notebook):
    """Return the scripts that the panels of an executed notebook need besides the page's own: {id: text}."""
    found = [
        (about["kind"], about["ranges"])
        for cell in notebook.cells
        for output in cell.get("outputs", ())
        if "kind" in (about := output.get("metadata", {}).get("text/html", {}))
    ]
    if not found:
        return {}
    kinds = tuple(sorted({kind for kind, _ in found}))
    ranges = any(ranges for _, ranges in found)
    return {"engine": engine_script(ranges), "extras": extras_script(kinds), "panels": screen_script()}


def live_block(panel):
    """Return a panel as HTML (str) that the page's scripts bring to life; without script it is the picture as it stands."""
    key = f"panel{next(_counter)}"
    return (
        f'<div class="panel live" id="{key}" data-prevent-swipe role="group" aria-labelledby="{key}-name">'
        f'<p class="name" id="{key}-name">{html.escape(panel.title)}</p><div class="knobs"></div>'
        f'<div class="figure" role="img" aria-label="{html.escape(panel.alt)}">'
        f"<noscript>{tidy(svg_text(panel.figure))}</noscript></div>"
        f'<p class="summary" role="status">{html.escape(panel.summary)}</p>'
        f'<script type="application/json" class="spec">{as_json(spec(panel))}</script></div>'
    )
