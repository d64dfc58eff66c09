"""The solver's side of the model."""

from types import SimpleNamespace

from scipy.integrate import odeint

from calphos import body
from calphos.parameters import parameters

TINY = 1e-12


def solve_segment(values, slopes, constants, y0, times, rtol, atol):
    """States at `times` (hours from the start of the segment) or None when the solver fails.

    values: every parameter at the start, in the order of the table; slopes: name to change per hour.
    """
    p = SimpleNamespace(**dict(zip(parameters(), values.tolist(), strict=True)))
    lines = [(name, getattr(p, name), slope) for name, slope in slopes.items()]

    def rates(y, t):
        for name, value, slope in lines:
            setattr(p, name, value + slope * t)
        y = y.tolist()
        if min(y) < TINY:
            y = [max(TINY, x) for x in y]
        return body.derivatives(body.State(*y), p, constants)

    states, info = odeint(rates, y0, times, rtol=rtol, atol=atol, full_output=True, mxstep=20000)
    return states if info["message"] == "Integration successful." else None
