"""Export to SBML, so that other simulators can run the model (or check it).

The file is SBML Level 3 Version 2, core only: every state is a parameter with a rate rule, every setting a constant
parameter or, where it changes with time, an assignment rule; quantities that are not states are assignment rules.
Time is in hours.
"""

import itertools
from types import SimpleNamespace
from xml.sax.saxutils import quoteattr

from calphos.model import body
from calphos.model.parameters import parameters
from calphos.model.patient import Patient
from calphos.model.profiles import Profile
from calphos.tables.errors import InputError

_NAMESPACE = "http://www.sbml.org/sbml/level3/version2/core"
_MATHML = "http://www.w3.org/1998/Math/MathML"
_TIME = '<csymbol encoding="text" definitionURL="http://www.sbml.org/sbml/symbols/time">time</csymbol>'
_CLOCK = "clock_in_hours"


def _node(expression):
    """Content MathML of an expression that holds + - * / powers, numbers, names and pieces of a line only."""
    if expression.is_Symbol:
        return _TIME if expression.name == _CLOCK else f"<ci>{expression.name}</ci>"
    if expression.is_Integer:
        return f'<cn type="integer">{int(expression)}</cn>'
    if expression.is_Number:
        mantissa, _, exponent = repr(float(expression)).partition("e")
        if not exponent:
            return f"<cn>{mantissa}</cn>"
        return f'<cn type="e-notation">{mantissa}<sep/>{int(exponent)}</cn>'
    if expression.is_Piecewise:
        pieces = "".join(
            f"<piece>{_node(value)}<apply><lt/>{_node(test.lhs)}{_node(test.rhs)}</apply></piece>"
            for value, test in expression.args[:-1]
        )
        return f"<piecewise>{pieces}<otherwise>{_node(expression.args[-1][0])}</otherwise></piecewise>"
    operator = "plus" if expression.is_Add else "times" if expression.is_Mul else "power"
    return f"<apply><{operator}/>{''.join(map(_node, expression.args))}</apply>"


def _math(expression):
    return f'<math xmlns="{_MATHML}">{_node(expression)}</math>'


def _line(profile):
    """A Profile that does not repeat as a piecewise expression of time."""
    import sympy as sp

    if profile.period is not None:
        raise InputError("to_sbml: repeating profiles (sessions, meals) are not exported; use patient.averaged()")
    clock = sp.Symbol(_CLOCK)
    points = profile.points
    pieces = [(sp.Float(points[0][1]), clock < points[0][0])]
    for (t0, v0), (t1, v1) in itertools.pairwise(points):
        if t1 > t0:
            pieces.append((v0 + (v1 - v0) / (t1 - t0) * (clock - t0), clock < t1))
    pieces.append((sp.Float(points[-1][1]), True))
    return sp.Piecewise(*pieces)


def to_sbml(patient=None, path=None):
    """The model with a patient's settings as SBML text; also written to `path` if one is given.

    It starts from health. Raises InputError for repeating profiles, which core SBML cannot say briefly.
    """
    from calphos.model.symbolic import trace

    patient = Patient() if patient is None else patient
    traced = trace()
    settings = patient.at(0.0)
    p = SimpleNamespace(**settings)
    k = body.constants(p)
    rows = parameters()
    declared, rules = [], []

    def declare(name, value=None, constant=False, label=""):
        start = "" if value is None else f' value="{float(value)!r}"'
        declared.append(
            f'<parameter id="{name}" name={quoteattr(label or name)}{start} constant="{str(constant).lower()}"/>'
        )

    for name, value in settings.items():
        profile = patient.settings.get(name)
        if isinstance(profile, Profile):
            declare(f"p_{name}", label=rows[name].label)
            rules.append(f'<assignmentRule variable="p_{name}">{_math(_line(profile))}</assignmentRule>')
        else:
            declare(f"p_{name}", value, constant=True, label=f"{rows[name].label} ({rows[name].unit})")
    for name, value in vars(k).items():
        declare(f"k_{name}", value, constant=True)
    healthy = body.healthy_state(p, k)
    for info, value, equation in zip(body.STATES, healthy, traced.equations, strict=True):
        declare(info.name, value, label=f"{info.meaning} ({info.unit})")
        rules.append(f'<rateRule variable="{info.name}">{_math(equation)}</rateRule>')
    for name, expression in traced.observed.items():
        if name not in body.STATE_NAMES:
            declare(name)
            rules.append(f'<assignmentRule variable="{name}">{_math(expression)}</assignmentRule>')
    text = "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            f'<sbml xmlns="{_NAMESPACE}" level="3" version="2">',
            f'<model id="calphos" name={quoteattr(f"calphos: calcium and phosphate in one adult, {patient!r}")}>',
            "<listOfParameters>",
            *declared,
            "</listOfParameters>",
            "<listOfRules>",
            *rules,
            "</listOfRules>",
            "</model>",
            "</sbml>",
            "",
        ]
    )
    if path is not None:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    return text
