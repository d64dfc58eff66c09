"""The model as fast code: generated from the equations once, kept in the user's cache, compiled where numba is there.

Three engines give the same answer to rounding, each faster than the one before: the organ functions as they stand;
generated flat Python with the exact Jacobian; the same compiled by numba. A simulation uses the fastest that is ready.
Generating and compiling happen in another process, so that the first picture never waits for them.
"""

import contextlib
import gc
import hashlib
import importlib.util
import os
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from scipy.integrate import ODEintWarning, odeint

from calphos.model import body
from calphos.model.parameters import parameters
from calphos.tables.errors import InputError

# Powers need positive bases: whatever the solver tries, the equations see no less than this. Citrate, which health has
# none of, enters no power and is let through, so that an empty pool stays at rest.
TINY = 1e-12
FLOORS = tuple(-1.0 if name == "citrate" else TINY for name in body.STATE_NAMES)
ENGINES = ("organs", "generated", "compiled")
_VARIANTS = ((), ("gfr",), None)  # None: every input may change along a line
_solver = threading.Lock()  # the solver behind odeint keeps its state between calls
_state = SimpleNamespace(
    lock=threading.Lock(),
    thread=None,
    generated=None,
    compiled=None,
    wanted=None,
    hurry=threading.Event(),
    asked=0.0,
    questions=0,
)
PAUSE = 2.0  # seconds without a question, after which the compiled engine is loaded
MANY_QUESTIONS = 200  # so many come from a loop, not from a slider: the compiled engine is worth its loading


def _inputs():
    return tuple(name for name, row in parameters().items() if row.kind == "input")


# ---------------------------------------------------------------- generated code


def _fingerprint():
    """A hash of everything that generated code depends on."""
    digest = hashlib.sha256()
    package = Path(__file__).parent
    for path in [*sorted((package / "body").glob("*.py")), package / "symbolic.py", package / "compiled.py"]:
        digest.update(path.read_bytes())
    digest.update(repr([(name, row.kind) for name, row in parameters().items()]).encode())
    digest.update(sys.version.encode())
    return digest.hexdigest()[:16]


def cache_dir():
    """The folder that keeps generated code: the user's cache, or a temporary folder where that cannot be written."""
    from platformdirs import user_cache_dir

    base = os.environ.get("CALPHOS_CACHE") or user_cache_dir("calphos", appauthor=False)
    for folder in (Path(base), Path(tempfile.gettempdir()) / f"calphos-{os.environ.get('USER', 'user')}"):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                return folder
        except OSError:
            continue
    return Path(tempfile.mkdtemp(prefix="calphos-"))


def _source():
    """The text of the generated module."""
    import sympy as sp
    from sympy.printing.pycode import PythonCodePrinter

    from calphos.model.symbolic import Program, trace

    class Printer(PythonCodePrinter):
        def _print_Pow(self, expression, **options):
            base, power = expression.args
            if power == -1:
                return f"1.0/{self.parenthesize(base, 60)}"
            if power.is_Integer and 2 <= power <= 6:
                return "(" + "*".join([self.parenthesize(base, 60)] * int(power)) + ")"
            return super()._print_Pow(expression, **options)

        def _print_Rational(self, expression):
            return repr(float(expression))

    show = Printer({"fully_qualified_modules": False}).doprint
    traced = trace()
    # The values that generated code takes, in their order.
    layout = [*traced.parameters.values(), *traced.constants.values()]
    texts = ["from math import exp, log\n\nimport numpy as np\n"]
    for number, varying in enumerate(_VARIANTS):
        program = Program(_inputs() if varying is None else varying)
        moving = [traced.parameters[name] for name in program.varying]
        lines = program.steps + program.slopes
        used = set().union(
            *(expression.free_symbols for _, expression in lines), *(e.free_symbols for e in program.rates)
        )
        used = used.union(*(expression.free_symbols for expression in program.entries.values()))
        hoisted = {symbol for symbol, _ in program.setup}
        kept = [s for s in layout if s in used and s not in moving] + [s for s, _ in program.setup if s in used]
        first = [sp.Symbol(f"{symbol}_0") for symbol in moving]
        slope = [sp.Symbol(f"{symbol}_1") for symbol in moving]
        needed = set().union(*(expression.free_symbols for _, expression in program.setup)) - hoisted
        wanted = [(i, s) for i, s in enumerate(layout) if s in needed or s in kept]
        setup = [f"    {symbol} = v[{i}]" for i, symbol in wanted]
        setup += [f"    {symbol} = {show(expression)}" for symbol, expression in program.setup]
        starts = [f"v[{layout.index(symbol)}]" for symbol in moving]
        slopes = [f"s[{layout.index(symbol)}]" for symbol in moving]
        setup.append(f"    return [{', '.join([*map(str, kept), *starts, *slopes])}]")
        constants = [*kept, *first, *slope]
        states = [str(symbol) for symbol in traced.states.values()]
        follow = [f"{symbol} = {a} + {b} * t" for symbol, a, b in zip(moving, first, slope, strict=True)]
        steps = [f"{symbol} = {show(expression)}" for symbol, expression in program.steps]
        more = [f"{symbol} = {show(expression)}" for symbol, expression in program.slopes]
        rates = [show(expression) for expression in program.rates]
        entries = {place: show(expression) for place, expression in program.entries.items()}
        size = len(states)

        def block(rows, depth):
            return "\n".join(" " * depth + row for row in rows)

        unpack = f"{', '.join(states)} = map(max, y.tolist(), {FLOORS})"
        flat = [row * size + column for row, column in entries]
        texts.append(
            f"""
def setup_{number}(v, s):
{chr(10).join(setup)}


PLACES_{number} = np.array({flat})


def plain_{number}(c):
    ({", ".join(map(str, constants))},) = c

    def rates(y, t):
        {unpack}
{block(follow + steps, 8)}
        return [{", ".join(rates)}]

    matrix = np.zeros(({size}, {size}))
    places = PLACES_{number}

    def jacobian(y, t):
        {unpack}
{block(follow + steps + more, 8)}
        matrix.ravel()[places] = [{", ".join(entries.values())}]
        return matrix

    return rates, jacobian


def _rates_{number}(y, t, c):
{block([f"{name} = max(y[{i}], {FLOORS[i]})" for i, name in enumerate(states)], 4)}
{block([f"{symbol} = c[{i}]" for i, symbol in enumerate(constants)], 4)}
{block(follow + steps, 4)}
    out = np.empty({size})
{block([f"out[{i}] = {rate}" for i, rate in enumerate(rates)], 4)}
    return out


def _jacobian_{number}(y, t, c):
{block([f"{name} = max(y[{i}], {FLOORS[i]})" for i, name in enumerate(states)], 4)}
{block([f"{symbol} = c[{i}]" for i, symbol in enumerate(constants)], 4)}
{block(follow + steps + more, 4)}
    out = np.zeros(({size}, {size}))
{block([f"out[{row}, {column}] = {text}" for (row, column), text in entries.items()], 4)}
    return out
"""
        )
    return "\n".join(texts)


def _generated_name():
    return f"calphos_model_{_fingerprint()}"


def _compiled_name():
    import numba

    return f"{_generated_name()}_numba_{numba.__version__.replace('.', '_')}"


_NUMBA = """

import numba

_vector = "float64[:](float64[::1], float64, float64[::1])"
_matrix = "float64[:, ::1](float64[::1], float64, float64[::1])"
for _n in range({count}):
    for _kind, _signature in (("rates", _vector), ("jacobian", _matrix)):
        _compile = numba.njit(_signature, cache=True, error_model="numpy")
        globals()["%s_%d" % (_kind, _n)] = _compile(globals()["_%s_%d" % (_kind, _n)])
"""


def _write(name, text):
    """Put a generated module into the cache in one move, so that other processes never see half of it."""
    path = cache_dir() / f"{name}.py"
    if not path.is_file():
        handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".part")
        with os.fdopen(handle, "w") as file:
            file.write(text())
        os.replace(temporary, path)


def _load(name):
    spec = importlib.util.spec_from_file_location(name, cache_dir() / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def build():
    """Generate and compile the model into the cache (what `python -m calphos.model.compiled` does)."""
    _write(_generated_name(), _source)
    if importlib.util.find_spec("numba"):
        name = _compiled_name()
        _write(
            name, lambda: (cache_dir() / f"{_generated_name()}.py").read_text() + _NUMBA.format(count=len(_VARIANTS))
        )
        _load(name)
        (cache_dir() / f"{name}.ready").touch()


def _prepare():
    """Bring in the generated engine at once and the compiled one in a pause, so that no picture waits for either.

    What the cache lacks is built by another process, which leaves this one free to answer the learner.
    """
    folder, name = cache_dir(), _generated_name()
    generated = folder / f"{name}.py"
    with_numba = bool(importlib.util.find_spec("numba"))
    ready = folder / f"{_compiled_name()}.ready" if with_numba else generated
    builder = None
    if not ready.is_file():
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "stdin": subprocess.DEVNULL}
        with contextlib.suppress(OSError):
            builder = subprocess.Popen(
                [sys.executable, "-m", "calphos.model.compiled"], start_new_session=True, **quiet
            )
        while builder and builder.poll() is None and not generated.is_file():
            time.sleep(0.05)
    if not generated.is_file():
        _write(name, _source)
    _state.generated = _load(name)
    if builder:
        builder.wait()
    if with_numba:
        _wait_for_a_pause()
        if ready.is_file():
            _state.compiled = _load(_compiled_name())
            gc.freeze()  # what numba brought stays: walking through it would cost every later collection 60 ms


def _wait_for_a_pause():
    """Return when nobody has asked for PAUSE seconds, or at once where many ask or one waits for the fast engine.

    Loading numba takes most of a second of Python's attention: a learner who moves a slider would feel it.
    """
    while (
        time.monotonic() - _state.asked < PAUSE
        and _state.questions < MANY_QUESTIONS
        and not _state.hurry.wait(PAUSE / 20)
    ):
        pass


def warm_up(wait=False):
    """Start preparing the fast engines in the background; with `wait`, return when they are ready."""
    with _state.lock:
        if _state.thread is None:
            _state.thread = threading.Thread(target=_prepare, name="calphos-warm-up", daemon=True)
            _state.thread.start()
    if wait:
        _state.hurry.set()
        _state.thread.join()


def engine():
    """The name of the engine that the next simulation uses: "organs", "generated" or "compiled"."""
    if _state.wanted:
        return _state.wanted
    return "compiled" if _state.compiled else "generated" if _state.generated else "organs"


def use(name=None):
    """Fix the engine (for tests and benchmarks); None goes back to the fastest that is ready."""
    if name is not None and name not in ENGINES:
        raise InputError(f"there is no engine {name!r}; choose one of {', '.join(ENGINES)}")
    if name in ("generated", "compiled"):
        warm_up(wait=True)
        if getattr(_state, name) is None:
            raise InputError(f"the engine {name!r} is not available here (is numba installed?)")
    _state.wanted = name


# ---------------------------------------------------------------- solving


def _variant(slopes):
    if not slopes:
        return 0
    return 1 if set(slopes) == {"gfr"} else 2


def _functions(values, slopes, constants):
    """(rates, jacobian, args) for the engine in use."""
    chosen = engine()
    if chosen == "organs":
        p = SimpleNamespace(**dict(zip(parameters(), values.tolist(), strict=True)))
        lines = [(name, getattr(p, name), slope) for name, slope in slopes.items()]

        def rates(y, t):
            for name, value, slope in lines:
                setattr(p, name, value + slope * t)
            return body.derivatives(body.State(*map(max, y.tolist(), FLOORS)), p, constants)

        return rates, None, ()
    number = _variant(slopes)
    vector = [*values.tolist(), *vars(constants).values()]
    rise = [0.0] * len(vector)
    names = list(parameters())
    for name, slope in slopes.items():
        rise[names.index(name)] = slope
    module = _state.compiled if chosen == "compiled" else _state.generated
    prepared = getattr(module, f"setup_{number}")(vector, rise)
    if chosen == "generated":
        return *getattr(module, f"plain_{number}")(prepared), ()
    return getattr(module, f"rates_{number}"), getattr(module, f"jacobian_{number}"), (np.array(prepared),)


def solve_segment(values, slopes, constants, y0, times, rtol, atol):
    """States at `times` (hours from the start of the segment) or None when the solver fails.

    values: every parameter at the start, in the order of the table; slopes: name to change per hour.
    """
    _state.asked = time.monotonic()
    _state.questions += 1
    warm_up()
    rates, jacobian, args = _functions(values, slopes, constants)
    options = {"rtol": rtol, "atol": atol, "full_output": True, "mxstep": 20000}
    with _solver, warnings.catch_warnings():
        warnings.simplefilter("ignore", ODEintWarning)  # a failure is told by the caller, with the setting
        states, info = odeint(rates, y0, times, args=args, Dfun=jacobian, **options)
    return states if info["message"] == "Integration successful." else None


if __name__ == "__main__":
    build()
