"""The model as JavaScript: printed from the one trace of its equations, with the tables that a page needs.

Rates, Jacobian and quantities become straight-line code over flat arrays; the tableau of the solver and the order of
elimination are those of `calphos.model.rosenbrock`. What changes neither with the state nor within a step is worked out
once, by `prepare`.
"""

import functools

from sympy.printing.jscode import JavascriptCodePrinter

from calphos.drawing.figures import STAGE_LOOKS
from calphos.model import body, rosenbrock
from calphos.model.cohort import ensemble
from calphos.model.engine import FLOORS
from calphos.model.parameters import defaults, parameters
from calphos.model.simulation import ATOL, BELOW_ZERO, healthy
from calphos.model.trace import moving_steps, program, trace
from calphos.tables.quantities import quantities, stages
from calphos.tables.reading import records
from handout.files import as_json


class Printer(JavascriptCodePrinter):
    """Products in place of small powers, numbers in full, symbols by the place where they lie."""

    def __init__(self, names):
        super().__init__()
        self._names = names

    def _print_Symbol(self, expression):
        return self._names[expression]

    def _print_Pow(self, expression):
        if not expression.exp.is_Integer or abs(expression.exp) > 6:
            return f"Math.pow({self._print(expression.base)}, {self._print(expression.exp)})"
        product = "*".join([self.parenthesize(expression.base, 60)] * abs(int(expression.exp)))
        return f"({product})" if expression.exp > 0 else f"(1/({product}))"

    def _print_Float(self, expression):
        return repr(float(expression))

    def _print_Rational(self, expression):
        return repr(float(expression))


def _function(name, head, steps, results, show, into):
    """One function of straight-line code that fills the array `into` with `results`."""
    lines = [f"const {show(symbol)} = {show(expression)};" for symbol, expression in steps]
    ends = [f"{into}[{i}] = {show(expression)};" for i, expression in enumerate(results)]
    return "\n".join([f"function {name}(y, {into}) {{", *head, *lines, *ends, "}"])


@functools.cache
def equations():
    """Return (text of the functions prepare, rates, jacobian, observe; number of values that prepare keeps).

    All read the array ``v`` (parameters, then constants) and ``h`` (what prepare keeps). The same trace gives the same
    text in every run.
    """
    traced, made = trace(), program()
    states = list(traced.states.values())
    given = [*traced.parameters.values(), *traced.constants.values()]
    names = {symbol: f"v[{i}]" for i, symbol in enumerate(given)}
    names |= {symbol: f"s{i}" for i, symbol in enumerate(states)}
    outputs = {"rates": made.rates, "jacobian": list(made.jacobian.values()), "observe": list(made.observed.values())}
    still, moving = moving_steps(made.steps, states)
    names |= {symbol: str(symbol) for symbol, _ in moving}
    names |= {symbol: f"h[{i}]" for i, (symbol, _) in enumerate(still)}
    show = Printer(names).doprint
    prepare = "\n".join(["function prepare() {", *(f"{show(s)} = {show(e)};" for s, e in still), "}"])
    texts = [prepare]
    for (name, results), into in zip(outputs.items(), "fjo", strict=True):
        wanted = {symbol for symbol, _ in made.needed(results)}
        steps = [step for step in moving if step[0] in wanted]
        used = set().union(*(expression.free_symbols for _, expression in steps))
        head = [
            f"const s{i} = y[{i}] > {floor!r} ? y[{i}] : {floor!r};"
            for i, (symbol, floor) in enumerate(zip(states, FLOORS.tolist(), strict=True))
            if symbol in used
        ]
        texts.append(_function(name, head, steps, results, show, into))
    return "\n".join(texts), len(still)


def _numbers(array):
    return [float(value) for value in array]


def _healthy(**settings):
    """Parameters, constants and healthy state as the model starts with them."""
    k, state = healthy(defaults()._replace(**settings))
    return _numbers(vars(k).values()), _numbers(state)


def _members():
    members = []
    for member in ensemble()[:20]:
        own, state = _healthy(**member)
        members.append({"settings": member, "constants": own, "healthy": state})
    return members


@functools.cache
def tables():
    """What every page knows besides the equations, as one dict for JSON: from the same tables as the package."""
    made = program()
    constants, rest = _healthy()
    order = rosenbrock.elimination_order(list(made.jacobian), len(body.STATE_NAMES))
    return {
        "states": list(body.STATE_NAMES),
        "parameters": {
            row.name: {"value": row.value, "lower": row.lower, "upper": row.upper, "unit": row.unit}
            for row in parameters().values()
        },
        "constants": constants,
        "healthy": rest,
        "below_zero": BELOW_ZERO,
        "atol": ATOL,
        "observed": list(made.observed),
        "places": list(made.jacobian),
        "order": order,
        "tableau": rosenbrock.TABLEAU,
        "plausible": [[r["name"], r["lower"], r["upper"], r["unit"]] for r in records("plausible")],
        "stages": [[*stage, *look] for stage, look in zip(stages().items(), STAGE_LOOKS, strict=True)],
        "quantities": {
            item.name: {
                "label": item.label,
                "symbol": item.symbol,
                "unit": [item.si_unit, item.conventional_unit],
                "factor": item.conventional_per_si,
                "lower": item.lower,
                "upper": item.upper,
                "axis": [item.axis_low, item.axis_high],
                "scale": item.scale,
                "decimals": [item.decimals, item.conventional_decimals],
                "colour": item.colour,
                "line": item.line_style,
            }
            for item in quantities().values()
        },
    }


def model_script(ranges=False):
    """Return the model of a page as JavaScript (str): the constant ``MODEL`` with its equations and tables.

    With `ranges` it has the other models that fit the data about as well.
    """
    text, kept = equations()
    count = len(parameters()) + len(tables()["constants"])
    data = as_json({**tables(), "members": _members() if ranges else []})
    return (
        f"const MODEL = (() => {{\nconst v = new Float64Array({count}), h = new Float64Array({kept});\n{text}\n"
        f"return {{v, h, prepare, rates, jacobian, observe, ...{data}}};\n}})();\n"
    )
