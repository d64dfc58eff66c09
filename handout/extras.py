"""What a page with solutions or sites of deposition needs besides the model: constants, places, the rules of soft tissue."""

import functools
import math
from types import SimpleNamespace

import numpy as np
import pandas as pd
import sympy as sp
from sympy.printing.jscode import JavascriptCodePrinter

from calphos.chemistry import speciation
from calphos.chemistry.sites import by_name
from calphos.drawing import bodymap, gauge, lessons as pictures, sitemap
from calphos.drawing.illustrations import SITES, Sheet
from calphos.drawing.pictures import new_picture, svg_text
from calphos.lessons import trainer
from calphos.lessons.clinic import cases as shelf, desk, marks
from calphos.model import body
from calphos.model.body import soft_tissue
from calphos.model.changes import changes, disorders
from calphos.model.parameters import parameters
from calphos.model.profiles import Profile
from calphos.model.trace import trace
from calphos.panels.response import pth_curve
from calphos.tables.quantities import UNITS, quantities
from calphos.tables.references import cite, sources
from calphos.tables.words import sentences
from handout.files import as_json, file_text
from handout.javascript import Printer
from handout.pictures import tidy


@functools.cache
def curve_script():
    """Return the function ``pthCurve(y, x)`` as JavaScript (str), traced from `calphos.panels.response.pth_curve`."""
    traced, x = trace(), sp.Symbol("x", positive=True)
    given = [SimpleNamespace(**group) for group in (traced.parameters, traced.constants)]
    steps, (result,) = sp.cse([pth_curve(body.State(**traced.states), *given, x)], order="none")
    names = {symbol: f"y[{i}]" for i, symbol in enumerate(traced.states.values())}
    names |= {symbol: f"v[{i}]" for i, symbol in enumerate([*traced.parameters.values(), *traced.constants.values()])}
    names |= {symbol: str(symbol) for symbol in [x, *(symbol for symbol, _ in steps)]}
    show = Printer(
        {symbol: f"c{name}" if name[0] == "x" and name != "x" else name for symbol, name in names.items()}
    ).doprint
    lines = [f"const {show(symbol)} = {show(expression)};" for symbol, expression in steps]
    return "\n".join(["function pthCurve(y, x) {", "const { v } = MODEL;", *lines, f"return {show(result)};", "}"])


@functools.cache
def tissue_script():
    """Return the function ``tissue(s, p, sense)`` as JavaScript (str), traced from `calphos.model.body.soft_tissue`."""

    class Traced:
        """Any attribute is a symbol that prints as a property."""

        def __init__(self, prefix):
            self._prefix = prefix

        def __getattr__(self, name):
            return sp.Symbol(f"{self._prefix}.{name}", positive=True)

    found = soft_tissue.soft_tissue(Traced("s"), Traced("p"), Traced("sense"))
    steps, results = sp.cse(list(found), order="none")
    show = JavascriptCodePrinter().doprint
    lines = [f"const {symbol} = {show(expression)};" for symbol, expression in steps]
    pairs = ", ".join(f"{name}: {show(expression)}" for name, expression in zip(found._fields, results, strict=True))
    return "\n".join(["function tissue(s, p, sense) {", *lines, f"return {{{pairs}}};", "}"])


def _constants(name):
    c = speciation._constants(name)
    calcium, magnesium = speciation._protein_constants(name)
    return {
        "charge": c.charge.tolist(),
        "metal": c.metal.tolist(),
        "ligand": c.ligand.tolist(),
        "hydrogen": c.hydrogen[:, 0].tolist(),
        "log_beta": c.log_beta[:, 0].tolist(),
        "squares": c.squares[:, 0].tolist(),
        "hpo4": c.hpo4,
        "oh": c.oh,
        "minerals": list(c.minerals),
        "stoichiometry": c.stoichiometry.tolist(),
        "log_ksp": c.log_ksp.tolist(),
        "protein": [float(calcium), float(magnesium)],
    }


@functools.cache
def solution_tables():
    """Constants of solution chemistry, healthy plasma and the map's ends, as JSON can hold them."""
    return {
        "sets": {name: _constants(name) for name in speciation.constant_sets()},
        "plasma": dict(speciation.plasma()),
        "bounds": {name: [float(low), float(high), unit] for name, (low, high, unit) in speciation._bounds().items()},
        "minerals": {name: list(pair) for name, pair in gauge.MINERALS.items()},
        "map": [list(gauge.CALCIUM), list(gauge.PHOSPHATE)],
        "limits": list(gauge._LIMITS),
        "product": gauge.product_limit(),
    }


@functools.cache
def site_tables():
    """Places of the sites on the person, the person, and what the ripening time depends on."""
    picture = new_picture(272, 416)
    axes = picture.add_axes((0, 0, 1, 1), xlim=(-0.34, 0.34), ylim=(-0.02, 1.02))
    axes.set_axis_off()
    Sheet("person", axes)
    rows = speciation.inhibitors()
    return {
        "places": {site: list(at) for site, at in SITES.items()},
        "short": dict(by_name("sites")["short"]),
        "colours": sitemap.COLOURS,
        "axis": sitemap.AXIS,
        "person": tidy(svg_text(picture)),
        "reference": rows.attrs["healthy_time"],
        "inhibitors": {name: [float(row["reference"]), float(row["exponent"])] for name, row in rows.iterrows()},
    }


@functools.cache
def body_tables():
    """The body map's still picture in both unit systems and the places of what moves on it, from the drawing itself."""
    stills = []
    for units in UNITS:
        drawing = bodymap.BodyMap(pd.Series(1.0, index=list(quantities())), units=units)
        for artist in drawing.moving:
            artist.set_visible(False)
        stills.append(tidy(svg_text(drawing.figure)))
    colours = {name: text.get_color() for name, text in drawing._numbers.items()}
    return {
        **bodymap.LAYOUT,
        "stills": stills,
        "numbers": [{"name": name, **at, "colour": colours[name]} for name, at in bodymap.LAYOUT["numbers"].items()],
        "flecks": np.c_[drawing._flecks_at, drawing._flecks_size].round(2).tolist(),
        "kidneys": [kidney.get_path().vertices.round(1).tolist() for kidney in drawing._kidneys],
        "glands": [list(map(float, gland.get_center())) for gland in drawing._glands],
    }


def _with(name, table, *texts):
    return "\n".join([f"const {name} = {as_json(table)};", *texts])


def solution_script():
    """Return solution chemistry as JavaScript (str)."""
    return _with("SOLUTION", solution_tables(), file_text("chemistry.js"))


def site_script():
    """Return the sites of deposition as JavaScript (str)."""
    return _with("SITES", site_tables(), tissue_script(), file_text("sites.js"))


def body_script():
    """Return the body map's still picture and places as JavaScript (str)."""
    return _with("BODY", body_tables())


def _case(case):
    """A case with its settings as a visit takes them: what its disorder changes, and its own as numbers or points."""
    goals = [{**vars(goal), "lower": _finite(goal.lower), "upper": _finite(goal.upper)} for goal in case.goals]
    settings = {
        name: {"points": value.points, "period": value.period} if isinstance(value, Profile) else value
        for name, value in case.settings.items()
    }
    return {**vars(case), "goals": goals, "settings": settings, "changes": _changes("disorder", case.disorder)}


def _finite(value):
    return value if math.isfinite(value) else None


def _changes(kind, name):
    found = changes(kind).get(name, ())
    return [[c.setting, c.mode, c.at_0, c.at_1, c.at_half] for c in found if c.setting in parameters() and not c.site]


def clinic_tables():
    """The virtual clinic's cases, tests, treatments, alarms and rules as JSON can hold them."""
    cases = {name: shelf.load_case(name) for name in shelf.case_files()}
    rules = [rule._asdict() for rule in marks.rules()]
    used = {key for case in cases.values() for key in case.sources} | {rule["source"] for rule in rules}
    cited = {key: " ".join(str(cite(key)).split()) for key in sorted(filter(None, used))}
    tests = {
        name: {
            "label": t.label,
            "reports": t.reports,
            "smallest": t.smallest_deposit,
            "cost": t.cost,
            "delay": t.delay_days,
            "cv": t.cv,
            "meaning": t.meaning,
            "normal": t.normal_text,
        }
        for name, t in shelf.tests().items()
    }
    treatments = {
        name: {
            **{key: getattr(t, key) for key in ("label", "unit", "lower", "upper", "usual", "operation", "meaning")},
            "changes": _changes("clinic treatment", name),
        }
        for name, t in shelf.clinic_treatments().items()
    }
    inputs = {report for test in tests.values() for report in test["reports"] if report not in quantities()}
    about = {
        name: {"label": parameters()[name].label, "unit": parameters()[name].unit, "step": parameters()[name].step}
        for name in sorted(inputs)
    }
    points = {
        "worth": marks.WORTH,
        "pass": marks.PASS,
        "listed": marks.LISTED,
        "result": marks.RESULT,
        "budget": marks.BUDGET,
    }
    return {
        "cases": {name: _case(case) for name, case in cases.items()},
        "tests": tests,
        "treatments": treatments,
        "alarms": [[alarm.quantity, alarm.side, alarm.limit, alarm.text] for alarm in shelf.alarms()],
        "rules": rules,
        "harm": marks.HARM,
        "marks": points,
        "diagnoses": shelf.diagnoses(),
        "sources": cited,
        "cited": {key: sources()[key]["short"] for key in cited},
        "inputs": about,
        "waits": desk.WAITS,
        "tips": sentences("desk"),
    }


def clinic_script():
    """Return the virtual clinic as JavaScript (str)."""
    return _with("CLINIC", clinic_tables(), file_text("clinic.js"))


def trainer_tables():
    """What the trainer needs to compare values from outside with every disorder, as JSON can hold it."""
    known = {
        name: {"pattern": pattern, "days": float(disorders()[name]["days"]), "changes": _changes("disorder", name)}
        for name, (_, pattern) in trainer.known_patterns().items()
    }
    tests = [{"label": t.label, "reports": t.reports, "cost": t.cost} for t in shelf.tests().values()]
    return {
        "disorders": known,
        "tests": tests,
        "reported": trainer.REPORTED,
        "severities": trainer.SEVERITIES.tolist(),
        "said": sentences("trainer"),
        "units": UNITS,
        "bounds": trainer.BOUNDS,
        "near": trainer.NEAR,
        "changed": trainer.CHANGED,
        "chronic": trainer.CHRONIC,
        "far": pictures.FAR,
    }


def trainer_script():
    """Return what compares values from outside with disorders as JavaScript (str)."""
    return _with("TRAINER", trainer_tables(), file_text("fit.js"))
