"""An equation of the model shown twice from one source: as mathematics and as the Python that the model runs."""

import inspect
import textwrap

import sympy

from calphos.tables.errors import InputError


class _Letters:
    """Stands for states, parameters or signals: every name is a symbol of that name."""

    def __getattr__(self, name):
        return sympy.Symbol(name, positive=True)


class Equation:
    """A function of `calphos.model.body` shown as mathematics, traced by SymPy, and as the Python that the model runs.

    function  one that returns a single value; InputError for any other
    letters   LaTeX for a name, where the name itself is not wanted: pth_max=r"P_{\\max}"

    >>> from calphos.model.body.parathyroid import release_curve
    >>> Equation(release_curve, release_power="n").mathematics[:22]
    '\\\\text{release curve} ='
    """

    def __init__(self, function, **letters):
        names, letter = inspect.signature(function).parameters, _Letters()
        value = function(*(letter if name in ("s", "p", "k", "sense") else getattr(letter, name) for name in names))
        if not isinstance(value, sympy.Expr):
            raise InputError(f"{function.__name__} is no single equation: it returns {type(value).__name__}")
        written = {symbol: letters.get(symbol.name, _subscripted(symbol.name)) for symbol in value.free_symbols}
        left = letters.get(function.__name__, rf"\text{{{function.__name__.replace('_', ' ')}}}")
        self.mathematics = f"{left} = {sympy.latex(value, symbol_names=written, mul_symbol='dot')}"
        self.python = textwrap.dedent(inspect.getsource(function)).rstrip()

    def __repr__(self):
        return self.python

    def _repr_markdown_(self):
        return f"$${self.mathematics}$$\n\n```python\n{self.python}\n```"


def _subscripted(name):
    """Return `pth_half_calcium` as LaTeX: pth with "half calcium" below."""
    first, _, rest = name.partition("_")
    return rf"\text{{{first}}}_{{\text{{{rest.replace('_', ' ')}}}}}" if rest else rf"\text{{{first}}}"
