"""Run the equations through time: flat code with the exact Jacobian where set-up made it, else the organs as they stand.

The flat code (`generated.py`) is made into the package itself by `python -m calphos.model.trace`, as `make` does, and is
used only while it fits the organs. Without it everything works, some times slower. Nothing is written or started here.
"""

import functools
import threading
import types
import warnings
from math import exp, log

import numpy as np
from scipy.integrate import ODEintWarning, odeint

from calphos.model import body
from calphos.model.trace import fingerprint, python_source

# Powers need positive bases: whatever the solver tries, the equations see no less than this. Citrate and iron, which
# health has none of, enter no power and are let through, so that an empty pool stays at rest.
FLOORS = np.array([-1.0 if name in ("citrate", "iron") else 1e-12 for name in body.STATE_NAMES])
_solver = threading.Lock()  # the solver behind odeint keeps its state between calls


@functools.cache
def _made_at_setup():
    try:
        from calphos.model import generated
    except ImportError:
        return None
    return generated if fingerprint() == generated.FINGERPRINT else None


@functools.cache
def _made_in_memory():
    made = types.ModuleType("calphos.model.generated")
    exec(python_source(), vars(made))  # noqa: S102  (our own text)
    return made


def flat_code(build=False):
    """Return the module of flat code, or None where it is missing or older than the organs.

    With `build` it is then made in memory for this session, which takes some seconds: worth it for hundreds of courses.
    """
    code = _made_at_setup()
    if code is None and (build or _made_in_memory.cache_info().currsize):
        code = _made_in_memory()
    return code


def bound(code, p, k, slopes, **names):
    """Return (rates, Jacobian's entries), functions of (states, hours), for a set of parameters and constants.

    slopes   change per hour of the inputs that change along a line
    names    `exp`, `log` and `states` as the flat code is to see them: those of floats or of arrays
    """
    function = code.still if not slopes else code.failing if set(slopes) == {"gfr"} else code.moving
    return types.FunctionType(function.__code__, names)(p, vars(k).values(), slopes)


@functools.cache
def _places(code):
    """Where the Jacobian's entries lie in the whole matrix, column after column."""
    return np.ravel_multi_index(np.transpose(code.PLACES)[::-1], (len(FLOORS), len(FLOORS)))


def _floored(y):
    return np.maximum(y, FLOORS).tolist()


def _functions(p, k, slopes):
    code = flat_code()
    if code is None:

        def changes(states, t):
            now = p._replace(**{name: getattr(p, name) + slope * t for name, slope in slopes.items()}) if slopes else p
            return body.derivatives(body.State(*states), now, k)

        def differences(y, t):
            """The Jacobian from states that are each moved a little, all together as arrays."""
            steps = 1e-7 * np.maximum(np.abs(y), 1e-3)
            moved = changes(np.maximum(y[:, None] + np.diag(np.append(steps, 0))[:-1], FLOORS[:, None]), t)
            moved = np.array(np.broadcast_arrays(*moved))
            return ((moved[:, :-1] - moved[:, -1:]) / steps).T

        return lambda y, t: changes(_floored(y), t), differences
    rates, entries = bound(code, p, k, slopes, exp=exp, log=log, states=_floored)
    matrix, places = np.zeros((len(FLOORS), len(FLOORS))), _places(code)

    def jacobian(y, t):
        matrix.put(places, entries(y, t))
        return matrix

    return rates, jacobian


def solve(p, k, slopes, y, times, rtol, atol):
    """Return states at `times` (hours from the start of a line), shape (times, states); None when the solver fails.

    p, k     parameters at the start and derived constants; slopes: {input: change per hour}
    atol     absolute tolerance of each state
    """
    rates, jacobian = _functions(p, k, slopes)
    with _solver, warnings.catch_warnings():
        warnings.simplefilter("ignore", ODEintWarning)  # a failure is told by the caller, with the setting
        # Beyond the end the line may lead where no equation holds: tcrit keeps the solver from looking there.
        options = {"tcrit": times[-1:], "mxstep": 20000, "col_deriv": True, "full_output": True}
        states, info = odeint(rates, y, times, Dfun=jacobian, rtol=rtol, atol=atol, **options)
    return states if info["message"] == "Integration successful." else None
