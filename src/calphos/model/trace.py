"""The model's equations as symbols, and one program of straight lines that every printer takes.

The organ functions are called once with SymPy symbols instead of numbers; nothing is written twice. `program()` holds
the common subexpressions of the rates, of their exact Jacobian and of the observed quantities. Printers: `python_source`
for this package, and whoever needs another language.
"""

import functools
import hashlib
import os
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

from calphos.model import body
from calphos.model.parameters import defaults, parameters

GENERATED = Path(__file__).with_name("generated.py")


@functools.cache
def trace():
    """Return the equations as the organs write them, a namespace of `states`, `parameters` and `constants` (dicts of name to
    Symbol), `rates` (changes per hour in the order of `body.STATE_NAMES`) and `observed` (a dict of quantity to expression).

    States are symbols of positive numbers, which the powers need. Parameters are called p_..., constants
    derived from the healthy balance k_....

    >>> trace().rates[body.STATE_NAMES.index("bone_calcium")].has(trace().states["osteoclasts"])
    True
    """
    import sympy as sp

    states = {name: sp.Symbol(name, positive=True) for name in body.STATE_NAMES}
    settings = {name: sp.Symbol(f"p_{name}", real=True) for name in parameters()}
    constants = {name: sp.Symbol(f"k_{name}", real=True) for name in vars(body.constants(defaults()))}
    given = body.State(**states), SimpleNamespace(**settings), SimpleNamespace(**constants)
    found = {"rates": list(body.derivatives(*given)), "observed": body.observe(*given)}
    return SimpleNamespace(states=states, parameters=settings, constants=constants, **found)


class Program(NamedTuple):
    """Straight-line code: `steps` (Symbol, expression) in order, and the symbols of those that are wanted.

    `rates` lists a symbol a state, `jacobian` maps (row, column) to that of each entry that is not always zero (d rate
    of state `row` by d state `column`), `observed` maps quantity to symbol. Expressions hold + - * / powers with a
    whole-number exponent, exp and log; names are those of `trace()` and of earlier steps.
    """

    steps: list
    rates: list
    jacobian: dict
    observed: dict

    def needed(self, results):
        """Return the steps that the symbols `results` need, in order."""
        wanted, kept = set(results), []
        for symbol, expression in reversed(self.steps):
            if symbol in wanted:
                wanted |= expression.free_symbols
                kept.append((symbol, expression))
        return kept[::-1]

    def lean(self, results):
        """Return the steps that `results` need as `needed` does; what is used once stands where it is used."""
        from sympy import preorder_traversal

        steps, uses, inlined, kept = self.needed(results), Counter(), {}, []
        for _, expression in steps:
            uses.update(part for part in preorder_traversal(expression) if part.is_Symbol)
        for symbol, expression in steps:
            expression = expression.xreplace(inlined)
            if uses[symbol] == 1 and symbol not in results:
                inlined[symbol] = expression
            else:
                kept.append((symbol, expression))
        return kept


@functools.cache
def program():
    """Return the `Program` of the model: one list of common subexpressions for rates, Jacobian and quantities."""
    import sympy as sp

    traced = trace()
    jacobian = {
        (row, column): rate.diff(state)
        for row, rate in enumerate(traced.rates)
        for column, state in enumerate(traced.states.values())
        if rate.has(state)
    }

    def merged(product):
        """One exponential in a product instead of several."""
        powers, rest = sp.sift(product.args, lambda part: isinstance(part, sp.exp), binary=True)
        return sp.Mul(*rest, sp.exp(sp.Add(*(power.args[0] for power in powers))))

    def plain(expression):
        """Powers with a fraction or a symbol as exponent as exp(exponent * log(base)): logarithms are shared."""
        expression = expression.replace(
            lambda part: part.is_Pow and not part.exp.is_Integer,
            lambda part: sp.exp(part.exp * sp.expand_log(sp.log(part.base), force=True)),
        )
        return expression.replace(
            lambda part: part.is_Mul and sum(isinstance(one, sp.exp) for one in part.args) > 1, merged
        )

    wanted = [*traced.rates, *jacobian.values(), *traced.observed.values()]
    steps, found = sp.cse([plain(expression) for expression in wanted], order="none")
    results = sp.symbols(f"r:{len(found)}", real=True)
    first, last = len(traced.rates), len(traced.rates) + len(jacobian)
    return Program(
        [*steps, *zip(results, found, strict=True)],
        list(results[:first]),
        dict(zip(jacobian, results[first:last], strict=True)),
        dict(zip(traced.observed, results[last:], strict=True)),
    )


def moving_steps(steps, moving, letter="c"):
    """Return (steps that stay the same, steps that depend on the symbols `moving`), each in order.

    What stays the same within a step that moves becomes a step of its own, named with `letter` and a number.
    """
    import sympy as sp

    moving, still, changing, settled = set(moving), [], [], {}

    def settle(part):
        if part.is_Atom or part.is_number:
            return part
        if not part.free_symbols & moving:
            if part not in settled:
                settled[part] = sp.Symbol(f"{letter}{len(settled)}", real=True)
                still.append((settled[part], part))
            return settled[part]
        if part.is_Add or part.is_Mul:
            moves, stays = sp.sift(part.args, lambda one: bool(one.free_symbols & moving), binary=True)
            return part.func(settle(part.func(*stays)), *map(settle, moves))
        return part.func(*map(settle, part.args))

    for symbol, expression in steps:
        if expression.free_symbols & moving:
            moving.add(symbol)
            changing.append((symbol, settle(expression)))
        else:
            still.append((symbol, expression))
    return still, changing


def fingerprint():
    """Return a hash of all that the program depends on: the organs, this file, the names of states and parameters."""
    names = [*body.STATE_NAMES, *((name, row.kind) for name, row in parameters().items())]
    digest = hashlib.sha256(repr(names).encode())
    for path in [*sorted(Path(body.__file__).parent.glob("*.py")), Path(__file__)]:
        digest.update(path.read_bytes())
    return digest.hexdigest()


_FUNCTION = """
def {name}(p, k, slopes):
    ({parameters},) = p
    ({constants},) = k
{starts}
{rates}
{jacobian}
    return rates, jacobian
"""
_INNER = """{once}

    def {part}(y, t):
        ({states},) = states(y)
{follow}
{each}
        return [{results}]
"""


def python_source():
    """Return the text of a Python module with the rates and the Jacobian as flat code.

    Its functions `still`, `failing` and `moving` (p, k, slopes) take the parameters and the constants in the order of
    `trace()` and give `rates(y, t)` and `jacobian(y, t)` (the entries at PLACES); under `moving` every input changes by
    its slope per hour, under `failing` the GFR alone. `states(y)`, `exp` and `log` are whatever the module's globals
    say, so that the same code runs on floats and on arrays.
    """
    from sympy.printing.pycode import PythonCodePrinter

    class Printer(PythonCodePrinter):
        def _print_Pow(self, expression, **_):
            product = "*".join([self.parenthesize(expression.base, 60)] * abs(int(expression.exp)))
            return f"({product})" if expression.exp > 0 else f"(1.0/({product}))"

    traced, made = trace(), program()
    show = Printer({"fully_qualified_modules": False}).doprint

    def lines(steps, indent):
        return "\n".join(f"{' ' * indent}{symbol} = {show(expression)}" for symbol, expression in steps)

    wanted = {"rates": made.rates, "jacobian": list(made.jacobian.values())}
    lean = {part: made.lean(results) for part, results in wanted.items()}
    used = set().union(*(expression.free_symbols for steps in lean.values() for _, expression in steps))
    inputs = {name: traced.parameters[name] for name, row in parameters().items() if row.kind == "input"}
    inputs = {name: symbol for name, symbol in inputs.items() if symbol in used}
    given = {
        group: ", ".join(map(str, vars(traced)[group].values())) for group in ("states", "parameters", "constants")
    }
    text = f'"""Made by python -m calphos.model.trace; do not edit."""\n\nFINGERPRINT = "{fingerprint()}"\n'
    text += f"PLACES = {list(made.jacobian)}\n"
    for name, moving in (("still", {}), ("failing", {"gfr": inputs["gfr"]}), ("moving", inputs)):
        starts = "\n".join(f"    {s}_0, {s}_1 = {s}, slopes.get({n!r}, 0.0)" for n, s in moving.items())
        follow = "\n".join(f"        {s} = {s}_0 + {s}_1 * t" for s in moving.values())
        inner = {}
        for (part, results), letter in zip(wanted.items(), "ab", strict=True):
            once, each = moving_steps(lean[part], [*traced.states.values(), *moving.values()], letter)
            shown = {"once": lines(once, 4), "each": lines(each, 8), "results": ", ".join(map(show, results))}
            inner[part] = _INNER.format(**given, **shown, part=part, follow=follow)
        text += _FUNCTION.format(**given, **inner, name=name, starts=starts)
    return text


if __name__ == "__main__":
    part = GENERATED.with_suffix(f".{os.getpid()}.part")
    part.write_text(python_source(), encoding="utf-8")
    os.replace(part, GENERATED)  # nobody ever sees half of it
