"""A panel as a piece of a page that computes: its data, and the scripts that all panels of a page share."""

import functools
import html
import itertools
import json

from calphos.tables.quantities import SI
from handout import ROOT
from handout.javascript import model_script
from handout.pictures import tidy

_counter = itertools.count(1)
ENGINE = ("words.js", "solver.js", "simulate.js")
SCREEN = ("plot.js", "kinds.js", "bodymap.js", "live.js")


def as_json(value):
    """JSON that cannot end the script element it stands in."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("</", "<\\/").replace("<!--", "\\u003c!--")


@functools.cache
def engine_script(ranges=False):
    """Return the script that computes (str): model, solver, patients, sentences. A page's worker runs the same text.

    With `ranges` it brings the other models that fit the data about as well.
    """
    return "\n".join(['"use strict";', model_script(ranges), *map(_file, ENGINE)])


def _extra(name, table, *texts):
    return "\n".join([f"const {name} = {as_json(table)};", *texts])


@functools.cache
def extras_script(kinds):
    """Return what only some kinds of panel need (str); `kinds` is a sorted tuple of them."""
    from handout import extras

    parts = ['"use strict";']
    if "saturation" in kinds:
        parts.append(_extra("SOLUTION", extras.solution_tables(), _file("chemistry.js")))
    if "deposition" in kinds:
        parts.append(_extra("SITES", extras.site_tables(), extras.tissue_script(), _file("sites.js")))
    if "body map" in kinds:
        parts.append(_extra("BODY", extras.body_tables()))
    return "\n".join(parts)


def _file(name):
    return (ROOT / "handout" / name).read_text(encoding="utf-8")


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
    screen = "\n".join(['"use strict";', *map(_file, SCREEN)])
    return {
        "engine": engine_script(any(ranges for _, ranges in found)),
        "extras": extras_script(kinds),
        "panels": screen,
    }


def live_block(panel):
    """Return a panel as HTML (str) that the page's scripts bring to life; without script it is the picture as it stands."""
    key = f"panel{next(_counter)}"
    spec = panel.spec(pictures=(SI,))
    return (
        f'<div class="panel live" id="{key}" data-prevent-swipe role="group" aria-labelledby="{key}-name">'
        f'<p class="name" id="{key}-name">{html.escape(spec["title"])}</p><div class="knobs"></div>'
        f'<div class="figure" role="img" aria-label="{html.escape(panel.alt)}">'
        f"<noscript>{tidy(spec.pop('pictures')['SI']['svg'])}</noscript></div>"
        f'<p class="summary" role="status">{html.escape(panel.summary)}</p>'
        f'<script type="application/json" class="spec">{as_json(spec)}</script></div>'
    )
