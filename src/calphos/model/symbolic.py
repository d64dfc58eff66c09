"""The model's equations as symbols: for the exact Jacobian, generated code and SBML.

The organ functions are called once with SymPy symbols instead of numbers; nothing is written twice.
"""

import functools
from types import SimpleNamespace

import sympy as sp

from calphos.model import body
from calphos.model.parameters import defaults, parameters


@functools.cache
def trace():
    """The model traced with symbols: a namespace with states, parameters, constants and equations.

    states, parameters and constants are dicts of name to Symbol; equations is a list of expressions, the rate of change
    of each state per hour in the order of `body.STATE_NAMES`; observed is a dict of quantity to expression.
    """
    states = {name: sp.Symbol(name, positive=True) for name in body.STATE_NAMES}
    settings = {name: sp.Symbol(f"p_{name}", real=True) for name in parameters()}
    constants = {name: sp.Symbol(f"k_{name}", real=True) for name in vars(body.constants(defaults()))}
    state = body.State(**states)
    p, k = SimpleNamespace(**settings), SimpleNamespace(**constants)
    return SimpleNamespace(
        states=states,
        parameters=settings,
        constants=constants,
        equations=list(body.derivatives(state, p, k)),
        observed=body.observe(state, p, k),
    )


class Program:
    """The rates and their Jacobian as straight-line code.

    `varying` names the inputs that change along a line within a segment. What depends on neither the state nor these is
    worked out once per segment. Three lists of (name, expression) result: `setup` (once), `steps` (for the rates) and
    `slopes` (what the Jacobian needs besides); `rates` holds the expressions of the rates in the order of the states,
    `entries` a dict of (row, column) to the expression of each Jacobian entry that is not always zero.

    Products of powers become one exponential of a sum of logarithms, which is faster and the same to rounding.
    """

    def __init__(self, varying=()):
        traced = trace()
        self.varying = tuple(sorted(varying))
        self._states = list(traced.states.values())
        self._moving = set(self._states) | {traced.parameters[name] for name in self.varying}
        self._names = {letter: sp.numbered_symbols(letter, real=True) for letter in "hxd"}
        self._known, self._cache = {}, {}
        self.setup, self.steps, self.slopes = [], [], []
        self._derivatives = {symbol: {symbol: sp.Integer(1)} for symbol in self._states}
        shared, reduced = sp.cse([self._rewrite(equation) for equation in traced.equations], order="none")
        known = {}
        for symbol, expression in shared:
            known[symbol] = self._name(expression.xreplace(known), self.steps)
        self.rates = [self._split(expression.xreplace(known), self.steps) for expression in reduced]
        self.entries = {}
        for row, rate in enumerate(self.rates):
            for state, value in self._slope(rate).items():
                self.entries[row, self._states.index(state)] = value

    def _rewrite(self, expression):
        """x**a * y**b as exp(a log x + b log y)."""
        if expression.is_Atom:
            return expression
        if expression not in self._cache:
            parts = [self._rewrite(part) for part in expression.args]
            if expression.is_Pow and not parts[1].is_number:
                self._cache[expression] = sp.exp(parts[1] * sp.log(parts[0]))
            elif expression.is_Mul:
                exponents = [part.args[0] for part in parts if part.func is sp.exp]
                others = [part for part in parts if part.func is not sp.exp]
                self._cache[expression] = sp.Mul(*others, *([sp.exp(sp.Add(*exponents))] if exponents else []))
            else:
                self._cache[expression] = expression.func(*parts)
        return self._cache[expression]

    def _static(self, expression):
        return not (expression.free_symbols & self._moving)

    def _name(self, expression, into):
        """A symbol for an expression; adds a step unless there is one already."""
        if expression.is_Atom:
            return expression
        if self._static(expression):
            into = self.setup
        else:
            expression = self._split(expression, into)
        return expression if expression.is_Atom else self._step(expression, into)

    def _split(self, expression, into):
        """The expression with its constant parts, exponentials, logarithms and reciprocals named as steps of their own."""
        if expression.is_Atom:
            return expression
        if self._static(expression):
            return self._name(expression, into)
        if expression.is_Add or expression.is_Mul:
            still = [part for part in expression.args if self._static(part)]
            moving = [self._split(part, into) for part in expression.args if not self._static(part)]
            if still:
                moving.insert(0, self._name(expression.func(*still), into))
            return expression.func(*moving)
        if expression.func in (sp.exp, sp.log):
            inner = expression.func(self._name(expression.args[0], into))
            return self._step(inner, into)
        if expression.is_Pow and expression.exp.is_negative:
            return self._step(1 / self._name(expression.base, into), into) ** -expression.exp
        if expression.is_Pow:
            return self._name(expression.base, into) ** expression.exp
        raise TypeError(f"the equations hold something else than + - * / and powers: {expression.func}")

    def _step(self, expression, into):
        """The symbol of an expression that is split already; adds a step unless there is one."""
        if expression not in self._known:
            letter = "h" if into is self.setup else "d" if into is self.slopes else "x"
            symbol = next(self._names[letter])
            self._known[expression] = symbol
            into.append((symbol, expression))
            if letter != "h":
                self._moving.add(symbol)
            if letter == "x":
                self._derivatives[symbol] = self._slope(expression)
        return self._known[expression]

    def _slope(self, expression):
        """d(expression)/d(state) as a dict of state to expression, by the chain rule over the steps."""
        if expression in self._derivatives:
            return self._derivatives[expression]
        total = {}
        for symbol in sorted(expression.free_symbols & set(self._derivatives), key=str):
            inner = self._derivatives[symbol]
            if not inner:
                continue
            if expression.func is sp.exp:
                local = self._known[expression]
            elif expression.func is sp.log:
                local = self._step(1 / symbol, self.slopes)
            elif expression.is_Pow and expression.exp == -1:
                local = -(self._known[expression] ** 2)
            else:
                local = sp.diff(expression, symbol)
            if len(inner) > 1:
                local = self._name(local, self.slopes)
            for state, value in inner.items():
                total[state] = total.get(state, 0) + local * value
        return {state: self._name(value, self.slopes) for state, value in total.items() if value != 0}
