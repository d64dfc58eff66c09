"""The organ functions: exact health, conserved mass, one form for every kind of number."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from calphos import Patient
from calphos.model import body, engine
from calphos.model.parameters import parameters

RNG = np.random.default_rng(11)
PATIENTS = {
    "health": {},
    "kidney disease": {"gfr": 20, "diet_phosphate": 55},
    "adenoma": {"adenoma": 4},
    "dialysis": {"gfr": 4, "dialysis": 1, "bath_calcium": 1.75, "bath_phosphate": 0.3},
    "everything given": {
        "calcium_infusion": 3,
        "phosphate_infusion": 2,
        "citrate_infusion": 10,
        "cell_lysis": 1,
        "binder": 12,
        "calcium_binder": 800,
        "bone_destruction": 5,
        "injury": 0.5,
        "native_vitamin_d": 500,
    },
}


def model(**settings):
    p = SimpleNamespace(**Patient(**settings).at(0.0)._asdict())
    k = body.constants(p)
    return p, k, body.healthy_state(p, k)


def disturbed(state, spread=0.3):
    values = np.array(state, dtype=float)
    values[values == 0] = 0.1
    return body.State(*(values * np.exp(spread * RNG.standard_normal(len(values)))).tolist())


def calcium_in_body(s, p):
    mineral = s.fast_surface_calcium + s.slow_surface_calcium + s.bone_calcium + s.labile_deposit + s.mature_deposit
    return s.gut_calcium + p.calcium_volume * s.plasma_calcium + mineral


def phosphate_in_body(s, p):
    solution = p.phosphate_volume * s.plasma_phosphate + p.cell_phosphate_volume * s.cell_phosphate
    return s.gut_phosphate + solution + p.bone_phosphate_ratio * (s.bone_calcium + s.labile_deposit + s.mature_deposit)


def test_healthy_state_is_exact():
    p, k, state = model()
    for name, rate, value in zip(body.STATE_NAMES, body.derivatives(state, p, k), state, strict=True):
        assert abs(rate) <= 1e-13 * max(abs(value), 1), name


@pytest.mark.parametrize("parameter", [name for name, row in parameters().items() if row.kind == "parameter"])
def test_healthy_state_stays_exact_when_a_property_of_the_model_changes(parameter):
    row = parameters()[parameter]
    changed = {parameter: row.value + 0.1 * (row.upper - row.value)}
    same_input = parameter.removeprefix("healthy_")
    if same_input in parameters():  # health is where the patient's own input equals the anchor
        changed[same_input] = changed[parameter]
    if parameter == "healthy_ph":
        changed["ph_site"] = changed[parameter]
    p, k, state = model(**changed)
    scale = np.maximum(np.abs(state), 1)
    assert np.max(np.abs(body.derivatives(state, p, k)) / scale) < 1e-9


@pytest.mark.parametrize("settings", PATIENTS.values(), ids=PATIENTS.keys())
def test_what_leaves_one_pool_enters_another(settings):
    p, k, healthy = model(**settings)
    for _ in range(20):
        state = disturbed(healthy)
        rates, seen = body.derivatives(state, p, k), body.observe(state, p, k)
        gross = 24 * (p.fast_exchange + p.slow_exchange) + seen["calcium_eaten"] + 24 * p.calcium_infusion
        assert 24 * calcium_in_body(rates, p) == pytest.approx(seen["calcium_balance"], abs=1e-9 * gross)
        gross = seen["phosphate_eaten"] + 24 * p.phosphate_exchange * state.cell_phosphate
        assert 24 * phosphate_in_body(rates, p) == pytest.approx(seen["phosphate_balance"], abs=1e-9 * gross)


@pytest.mark.parametrize("settings", [PATIENTS["kidney disease"], PATIENTS["adenoma"]], ids=["kidney", "adenoma"])
def test_balances_close_over_two_years(settings):
    p, k, healthy = model(**settings)

    def rates(_, y):
        state = body.State(*np.maximum(y[:-2], 1e-12).tolist())
        seen = body.observe(state, p, k)
        return [*body.derivatives(state, p, k), seen["calcium_balance"] / 24, seen["phosphate_balance"] / 24]

    days = 730
    solved = solve_ivp(rates, (0, 24 * days), [*healthy, 0, 0], method="LSODA", rtol=1e-8, atol=1e-9)
    end = body.State(*solved.y[:-2, -1])
    for amount, gained, turned_over in (
        (calcium_in_body, solved.y[-2, -1], p.diet_calcium * days),
        (phosphate_in_body, solved.y[-1, -1], p.diet_phosphate * days),
    ):
        assert abs(amount(end, p) - amount(healthy, p) - gained) < 1e-6 * turned_over


def test_floats_and_arrays_agree():
    p, k, healthy = model(gfr=25)
    states = [disturbed(healthy) for _ in range(7)]
    together = body.derivatives(body.State(*np.array(states).T), p, k)
    for number, state in enumerate(states):
        alone = np.array(body.derivatives(state, p, k))
        assert np.allclose([np.broadcast_to(rate, 7)[number] for rate in together], alone, rtol=1e-12, atol=0)


def test_equations_hold_powers_and_arithmetic_only():
    sympy = pytest.importorskip("sympy")
    from calphos.model.trace import trace

    allowed = (sympy.Add, sympy.Mul, sympy.Pow, sympy.Symbol, sympy.Number)
    for equation in trace().rates:
        for part in sympy.preorder_traversal(equation):
            assert isinstance(part, allowed), part


def test_every_parameter_is_used_and_every_state_matters():
    from calphos.model.trace import trace

    traced = trace()
    used = set().union(*(equation.free_symbols for equation in traced.rates))
    for quantity in traced.observed.values():
        used |= quantity.free_symbols
    in_constants = set()
    for name in traced.parameters:
        p, _, _ = model()
        before = body.constants(p)
        setattr(p, name, getattr(p, name) * 1.01 + 1e-6)
        if vars(body.constants(p)) != vars(before):
            in_constants.add(name)
    anchors = {"healthy_diet_calcium", "healthy_diet_phosphate", "session_phosphate"}
    unused = {name for name, symbol in traced.parameters.items() if symbol not in used} - in_constants - anchors
    assert not unused
    assert not [name for name, symbol in traced.states.items() if symbol not in used]


def test_jacobian_equals_finite_differences():
    code = engine.flat_code(build=True)
    rows, columns = np.transpose(code.PLACES)
    for settings in PATIENTS.values():
        p, k, healthy = model(**settings)
        rates, entries = engine.bound(
            code, vars(p).values(), k, {"gfr": -1e-4}, exp=math.exp, log=math.log, states=list
        )
        state = np.array(disturbed(healthy))
        exact = np.zeros((len(state), len(state)))
        exact[rows, columns] = entries(state, 5.0)
        size = np.abs(np.array(rates(state, 5.0)))
        for column, value in enumerate(state):
            step = 1e-5 * value
            up, down = state.copy(), state.copy()
            up[column] += step
            down[column] -= step
            slope = (np.array(rates(up, 5.0)) - np.array(rates(down, 5.0))) / (2 * step)
            tolerance = 2e-5 * np.abs(exact[:, column]) + 1e-9 * (size + 1) / step
            assert np.all(np.abs(slope - exact[:, column]) <= tolerance), body.STATE_NAMES[column]


def test_differences_stand_in_for_the_exact_jacobian(monkeypatch):
    for settings in PATIENTS.values():
        p, k, healthy = model(**settings)
        p, state = Patient().at(0.0)._replace(**vars(p)), np.array(disturbed(healthy))
        _, exact = engine._functions(p, k, {"gfr": -1e-4})
        exact = exact(state, 5.0).copy()
        with monkeypatch.context() as patch:
            patch.setattr(engine, "flat_code", lambda build=False: None)
            _, differences = engine._functions(p, k, {"gfr": -1e-4})
        size = np.abs(exact * state[:, None]).max(axis=0)  # of the terms that a rate adds up
        assert np.all(np.abs(differences(state, 5.0) - exact) * state[:, None] <= 1e-5 * size)


def test_sources_of_parameters_exist():
    import csv

    from calphos.tables.reading import data_dir

    with open(data_dir() / "sources.csv", newline="", encoding="utf-8") as file:
        known = {row["key"] for row in csv.DictReader(file)}
    for name in ("parameters", "disorders", "treatments"):
        with open(data_dir() / f"{name}.csv", newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                assert not row["source"] or row["source"] in known, (name, row["name"])
                assert row["evidence"] != "measured" or row["source"], row["name"]


def test_at_most_twenty_five_parameters_are_fitted_and_the_ensemble_holds_them():
    from calphos.model.cohort import ensemble

    fitted = {name for name, row in parameters().items() if row.evidence == "fitted"}
    assert 0 < len(fitted) <= 25
    members = ensemble()
    assert len(members) >= 100
    assert set(members[0]) == fitted
    for member in members:
        Patient(**member)
