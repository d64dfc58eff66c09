"""A panel as a piece of a page that computes: its data, and the scripts that all panels of a page share."""

import functools
import html
import itertools
import json

from handout import ROOT
from handout.javascript import model_script

_counter = itertools.count(1)
ENGINE = ("words.js", "solver.js", "simulate.js")


def as_json(value):
    """JSON that cannot end the script element it stands in."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("</", "<\\/").replace("<!--", "\\u003c!--")


@functools.cache
def engine_script():
    """Return the script that computes (str): model, solver, patients, sentences. A page's worker runs the same text."""
    return "\n".join(['"use strict";', model_script(), *((ROOT / "handout" / name).read_text() for name in ENGINE)])


def live_block(panel):
    """Return a panel as HTML (str) that the page's scripts bring to life; without script it is the picture as it stands."""
    key = f"panel{next(_counter)}"
    spec = panel.spec()
    return (
        f'<div class="panel live" id="{key}" data-prevent-swipe role="group" aria-labelledby="{key}-name">'
        f'<p class="name" id="{key}-name">{html.escape(spec["title"])}</p><div class="knobs"></div>'
        f'<div class="figure" role="img" aria-label="{html.escape(panel.alt)}"></div>'
        f'<p class="summary" role="status">{html.escape(panel.summary)}</p>'
        f'<script type="application/json" class="spec">{as_json(spec)}</script></div>'
    )
