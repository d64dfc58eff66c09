"""A panel as data, of the form `data/schemas/panel.json`: all that is needed to run it without Python."""

from dataclasses import asdict

from calphos.chemistry.sites import site_settings
from calphos.drawing.curves import CURVES
from calphos.drawing.lessons import GROUPS, LENGTH, PEOPLE, PIXEL, ROWS, SIDE
from calphos.lessons.calcium_score import SMALLEST, SPOTS, STEP, TISSUE, WEIGHTS
from calphos.model.patient import Patient
from calphos.panels.response import POINTS
from calphos.tables.words import decimals

OWN = ("kind", "title", "main", "chosen", "has_units", "told", "described")


def spec(panel):
    """Return a panel as a dict that JSON can hold.

    >>> from calphos import panels
    >>> spec(panels.steady_state("pth", sliders=["gfr"], days=10))["details"]
    {'names': ['pth']}
    """
    placed = ((name, *panel.placed(settings)) for name, settings in panel.presets.items())
    return {name: getattr(panel, name) for name in OWN} | {
        "ensemble": panel.members or False,
        "sliders": [_slider(item) | {"value": panel.values[name]} for name, item in panel.sliders.items()],
        "presets": [{"name": name, "sliders": values, "settings": hidden} for name, values, hidden in placed],
        "run": panel.run and asdict(panel.run),
        "details": DETAILS.get(panel.kind, lambda panel: {})(panel),
        "pins": [settings for _, settings in panel.pins],
    }


def _slider(item):
    """The fields of a slider, `decimals` of its step, `start`, and what a switch is when it is on or off."""
    ends = {"on": item.upper, "off": item.lower} if item.is_switch else {}
    return {**vars(item), "decimals": decimals(item.step), "start": item.value, **ends}


def _course(panel):
    """names (those that share a plot in one list), unit_of_time and days of the axis, at, against (a quantity in place of
    time, or null), stages (whether the strip of KDIGO stages is drawn), limits ({name: [low, high]} in SI), markers
    (published values, each {name, along, values, citation, marker}) and sketch (what a reader draws before the model)."""
    limits = {name: list(ends) for name, ends in panel.look["limits"].items()}
    markers = [series._asdict() for series in panel.look["markers"]]
    own = {"names": panel.groups, "days": panel.days, "at": panel.at, "sketch": panel.sketch}
    return {**panel.look, **own, "limits": limits, "markers": markers}


def _response(panel):
    """curves, each {name, along, span, up, range, points}: the curve of that name at `points` places along `span`, in SI. A
    slider called `along` holds the operating point there, the rest of the body as it is."""
    made = []
    for name in panel.names:
        along, span, up, height, _ = CURVES[name]
        ends = {"span": list(span), "range": list(height)}
        made.append({"name": name, "along": along, "up": up, "points": POINTS, **ends})
    return {"curves": made}


def _compare(panel):
    """names (columns) and rows, each {name, settings}: what the disorder sets, below the sliders."""
    return {
        "names": panel.names,
        "rows": [{"name": name, "settings": settings} for name, settings in panel.rows.items()],
    }


def _deposition(panel):
    """sites: for each preset (or the start) {site: {label, ph, injury, exposure, vessel}}, in order. Sliders "ph" and
    "injury", where set, hold at every site; "years" is the length; what health lays down in as long is taken off."""
    found = {}
    for name, preset in (panel.presets or {"": {}}).items():
        found[name] = site_settings(Patient(), preset.get("kind"), None, None).to_dict("index")
    return {"sites": found}


def _bayes(panel):
    """people, rows (of people in a column) and groups: {name: [label, face, edge, hatch]}."""
    return {"people": PEOPLE, "rows": ROWS, "groups": {name: list(look) for name, look in GROUPS.items()}}


def _agatston(panel):
    """The made-up body, as `synthetic_ct` and `agatston` take it: lengths in mm, densities in HU."""
    sizes = {"pixel": PIXEL, "step": STEP, "smallest": SMALLEST, "side": SIDE, "length": LENGTH}
    return {**sizes, "tissue": TISSUE, "spots": SPOTS, "weights": WEIGHTS}


# What a kind of panel has besides what all have.
DETAILS = {
    "course": _course,
    "response": _response,
    "report": lambda panel: {"names": panel.names},  # the quantities in rows
    "compare": _compare,
    "deposition": _deposition,
    "saturation": lambda panel: {"constants": panel.constants},  # the name of the set that speciation takes
    "bayes": _bayes,
    "agatston": _agatston,
}
