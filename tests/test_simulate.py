"""Simulation: solvers agree, inputs over time, refusals, robustness."""

import itertools
import os
import shutil
import subprocess
import sys
import threading
import types

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import solve_ivp

from calphos import InputError, Patient, decline, meals, pulse, sessions, simulate, steady_state, steps
from calphos.model import body, engine, trace
from calphos.model.cohort import simulate_cohort
from calphos.model.parameters import parameters
from calphos.model.profiles import YEAR, Profile
from calphos.model.simulation import SimulationError, integrate
from calphos.tables.reading import data_dir
from exchange.sbml import to_sbml

CASES = {
    "decline": (Patient(gfr=decline(100, 10, years=3)), 3 * YEAR),
    "adenoma": (Patient(adenoma=3), YEAR),
    "sessions": (Patient(gfr=5, dialysis=sessions(), diet_phosphate=30), 14 * 24),
    "infusion": (Patient(citrate_infusion=pulse(25, hours=2)), 6),
    "lysis": (Patient(disorder="tumour lysis"), 72),
}


@pytest.fixture(params=["flat code", "organs"])
def code(request, monkeypatch):
    """Both ways in which the equations run."""
    found = engine.flat_code(build=True) if request.param == "flat code" else None
    monkeypatch.setattr(engine, "flat_code", lambda build=False: found)


def reference_solution(patient, grid, method="Radau"):
    """The same equations under solve_ivp, interval by interval between breakpoints."""
    from types import SimpleNamespace

    p = SimpleNamespace(**patient.at(0.0)._asdict())
    k = body.constants(p)
    y = np.array(body.healthy_state(p, k))
    cuts = {0.0, grid[-1]}
    for profile in patient.profiles.values():
        cuts.update(profile.breakpoints(0.0, grid[-1]))
    cuts = sorted(cuts)
    states = {0.0: y}
    for t0, t1 in itertools.pairwise(cuts):
        lines = {name: profile.line(t0, t1) for name, profile in patient.profiles.items()}

        def rates(t, y, lines=lines, t0=t0):
            for name, (value, slope) in lines.items():
                setattr(p, name, value + slope * (t - t0))
            return body.derivatives(body.State(*np.maximum(y, 1e-12).tolist()), p, k)

        inside = [hour for hour in grid if t0 < hour <= t1]
        with np.errstate(over="ignore"):  # in the steps by which SciPy finds its Jacobian
            solved = solve_ivp(
                rates, (t0, t1), y, method=method, rtol=1e-7, atol=1e-9, t_eval=sorted({*inside, t1}), first_step=1e-4
            )
        y = solved.y[:, -1]
        states.update(zip(solved.t, solved.y.T, strict=True))
    return np.array([states[hour] for hour in grid])


@pytest.mark.parametrize("case", CASES)
def test_a_second_solver_agrees(case, code):
    patient, hours = CASES[case]
    grid = np.linspace(0, hours, 8)
    ours, theirs = integrate(patient, grid, rtol=1e-8, atol=1e-10), reference_solution(patient, grid)
    scale = np.maximum(np.abs(theirs), 1e-3)  # citrate is an empty pool in most cases
    assert np.max(np.abs(ours - theirs) / scale) < 1e-4


def test_a_decline_is_one_run_of_the_solver(monkeypatch):
    calls = []
    solve = engine.solve

    def counted(*args):
        calls.append(1)
        return solve(*args)

    monkeypatch.setattr("calphos.model.simulation.solve", counted)
    simulate(Patient(gfr=decline(100, 10, years=10)), years=10)
    assert len(calls) == 1


@pytest.fixture(scope="module")
def fresh():
    """The flat code of a fresh trace."""
    return trace.python_source()


def test_flat_code_is_used_only_while_it_fits_the_organs(fresh, monkeypatch):
    made = types.ModuleType("generated")
    exec(fresh, vars(made))  # noqa: S102
    monkeypatch.setitem(sys.modules, "calphos.model.generated", made)
    monkeypatch.setattr("calphos.model.generated", made, raising=False)
    assert engine._made_at_setup.__wrapped__() is made
    made.FINGERPRINT = "of other organs"
    assert engine._made_at_setup.__wrapped__() is None


def test_flat_code_of_set_up_is_that_of_a_fresh_trace(fresh):
    if engine._made_at_setup() is None:
        pytest.skip("set-up has not made it, or the organs have changed since: python -m calphos.model.trace")
    assert trace.GENERATED.read_text(encoding="utf-8") == fresh


def test_a_simulation_leaves_nothing_behind(tmp_path):
    code = (
        "import os, threading\nfrom calphos import Patient, simulate\nsimulate(Patient(gfr=30), years=1)\n"
        "print(threading.active_count(), os.listdir(os.environ['HOME']))\n"
    )
    places = dict.fromkeys(("HOME", "XDG_CACHE_HOME", "TMPDIR", "MPLCONFIGDIR", "NUMBA_CACHE_DIR"), str(tmp_path))
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | places, capture_output=True, text=True, check=True
    )
    assert done.stdout.split("\n")[0] == "1 []"


def test_interrupting_leaves_everything_usable(monkeypatch):
    monkeypatch.setattr(engine, "flat_code", lambda build=False: None)
    before = simulate(Patient(gfr=40), years=1, points=5).table()
    derivatives, count = body.derivatives, [0]

    def interrupted(*args):
        count[0] += 1
        if count[0] == 50:
            raise KeyboardInterrupt
        return derivatives(*args)

    with monkeypatch.context() as within:
        within.setattr(body, "derivatives", interrupted)
        with pytest.raises(KeyboardInterrupt):
            simulate(Patient(gfr=40), years=1, points=5)
    pd.testing.assert_frame_equal(simulate(Patient(gfr=40), years=1, points=5).table(), before)


def test_threads_do_not_disturb_each_other():
    expected = {gfr: simulate(Patient(gfr=gfr), years=1, points=5).final["pth"] for gfr in (20, 60)}
    wrong = []

    def work(gfr):
        for _ in range(5):
            if simulate(Patient(gfr=gfr), years=1, points=5).final["pth"] != pytest.approx(expected[gfr], rel=1e-4):
                wrong.append(gfr)

    threads = [threading.Thread(target=work, args=(gfr,)) for gfr in (20, 60)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


# ---------------------------------------------------------------- courses


def test_a_healthy_course_stays_healthy():
    states = simulate(Patient(), years=2, points=9).states
    assert np.allclose(states, states[0], rtol=1e-6, atol=1e-9)


def test_course_table_units_and_lookups():
    course = simulate(Patient(gfr=decline(100, 20, years=2)), years=2, points=25)
    table = course.table()
    assert table.index.name == "day"
    assert table.index[-1] == pytest.approx(2 * 365.25)
    assert table.attrs["units"]["phosphate"] == "mmol/L"
    other = course.table(units="conventional")
    assert other.attrs["units"]["phosphate"] == "mg/dL"
    assert np.allclose(other["phosphate"], table["phosphate"] * 3.0974)
    assert course["pth"].name == "pth"
    assert course.final["gfr"] == pytest.approx(20, abs=0.5)
    assert course.at(years=1)["gfr"] == pytest.approx(60, abs=1)
    with pytest.raises(InputError, match="did you mean phosphate"):
        course["phosphat"]
    with pytest.raises(InputError, match="choose from ionised_calcium, "):
        course["mood"]
    with pytest.raises(InputError, match="runs from 0"):
        course.at(years=3)


def test_continuing_a_course_equals_one_long_course():
    patient = Patient(gfr=25)
    whole = simulate(patient, years=2, points=5, rtol=1e-8).final
    half = simulate(patient, years=1, points=3, rtol=1e-8)
    rest = simulate(patient, years=1, points=3, start=half, rtol=1e-8).final
    assert np.allclose(whole.drop(["bone_calcium"]), rest.drop(["bone_calcium"]), rtol=1e-4, atol=1e-6)


def test_steady_state_is_steady_and_where_a_steady_start_begins():
    patient = Patient(gfr=30)
    settled = steady_state(patient)
    course = simulate(patient, years=1, points=5, start="steady")
    for name in ("ionised_calcium", "phosphate", "pth", "calcitriol", "fgf23", "klotho", "gland_mass"):
        assert course.final[name] == pytest.approx(settled[name], rel=0.01), name


@pytest.mark.parametrize(("hours", "per_week"), [(4, 3), (8, 3)])
def test_a_schedule_starts_where_years_of_it_lead(hours, per_week):
    patient = Patient(gfr=3, dialysis=sessions(hours=hours, per_week=per_week), diet_phosphate=50)
    begun = simulate(patient, days=7, points=7 * 96 + 1, start="steady")
    later = simulate(patient, days=7, points=7 * 96 + 1, start=simulate(patient, days=7 * 104, points=2, start=begun))
    for name, most in (("phosphate", 0.03), ("total_calcium", 0.03), ("pth", 0.1), ("fgf23", 0.1), ("gland_mass", 0.1)):
        assert begun[name].mean() == pytest.approx(later[name].mean(), rel=most), name
    assert begun["phosphate"].mean() == pytest.approx(steady_state(patient)["phosphate"], rel=0.01)


def test_steady_dialysis_takes_out_about_what_sessions_do():
    schedule = Patient(gfr=3, dialysis=sessions(), diet_phosphate=50)
    steady = schedule.averaged()
    assert steady.settings["dialysis"] == pytest.approx(Patient(treatment="haemodialysis").settings["dialysis"])
    assert steady_state(steady)["phosphate"] == pytest.approx(steady_state(schedule)["phosphate"], rel=0.1)
    # The share by which phosphate is lower while the machine runs is what the parameter says.
    week = simulate(schedule, days=7, points=7 * 24 * 4 + 1, start="steady")["phosphate"].to_numpy()[:-1]
    running = np.array([schedule.value("dialysis").at(hour) for hour in np.arange(0, 168, 0.25)]) > 0
    assert week[running].mean() / week[~running].mean() == pytest.approx(
        parameters()["session_phosphate"].value, rel=0.15
    )


def test_profiles():
    fall = decline(100, 40, years=2, after=1)
    assert fall.at(0) == 100
    assert fall.at(2 * YEAR) == pytest.approx(70)
    assert fall.at(9 * YEAR) == 40
    stairs = steps(days={0: 100, 30: 60})
    assert (stairs.at(29 * 24), stairs.at(31 * 24)) == (100, 60)
    week = sessions(hours=4, per_week=3)
    assert week.mean() == pytest.approx(12 / 168)
    assert (week.at(9), week.at(13), week.at(168 + 9)) == (1, 0, 1)
    food = meals(40)
    assert food.mean() == pytest.approx(40)
    assert food.at(8.5) == pytest.approx(40 * 24 / 3)
    once = pulse(5, after=2, hours=1)
    assert (once.at(1), once.at(2.5), once.at(4)) == (0, 5, 0)


def test_meals_move_phosphate_and_average_to_the_steady_diet():
    day = simulate(Patient(diet_phosphate=meals(40), diet_calcium=meals(25)), days=10, points=241)["phosphate"]
    assert day.iloc[-25:].max() - day.iloc[-25:].min() > 0.02
    assert day.iloc[-25:].mean() == pytest.approx(1.15, abs=0.03)


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"gfrr": 50}, "did you mean gfr"),
        ({"gfr": 0}, r"gfr: 0 is outside its bounds \(allowed: 1 to 140 mL/min\)"),
        ({"gfr": float("nan")}, "gfr: nan is not a finite number"),
        ({"gfr": "low"}, "gfr: 'low' is not a number"),
        ({"gfr": None}, "gfr: None is not a number"),
        ({"gfr": decline(100, 0, years=5)}, "gfr: 0 is outside"),
        ({"bone_turnover": decline(8, 4, years=5)}, "cannot change with time"),
        ({"disorder": "sarcodosis"}, "did you mean sarcoidosis"),
        ({"disorder": "sarcoidosis", "severity": 2}, r"severity: 2 is outside its bounds \(allowed: 0 to 1\)"),
        ({"severity": 0.5}, "needs a disorder"),
        ({"treatment": "phosphate binder", "dose": "much"}, "dose: 'much' is not a number"),
        ({"disorder": ["sarcoidosis"]}, "there is no disorder"),
        ({"gfr": 10**400}, "gfr: .* is not a number"),
    ],
)
def test_bad_settings_are_named(settings, words):
    with pytest.raises(InputError, match=words):
        Patient(**settings)


def test_a_changed_copy_adds_to_what_is_set():
    patient = Patient(disorder="sarcoidosis", severity=0.6)
    both = patient.with_(disorder="hypoparathyroidism", gfr=50).settings
    alone = Patient(disorder="hypoparathyroidism").settings
    assert both == {**patient.settings, **alone, "gfr": 50.0}
    with pytest.raises(InputError, match="dose needs a treatment"):
        patient.with_(dose=0.5)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "give one of years"),
        ({"years": 1, "days": 3}, "give one of years"),
        ({"years": -1}, "above 0"),
        ({"years": float("inf")}, "not a finite number"),
        ({"days": 3, "points": 1}, "points: 1 is outside its bounds"),
        ({"days": 3, "points": [0, 2, 1]}, "must increase"),
        ({"days": 3, "points": "a"}, "points: 'a' is not a number"),
        ({"days": 3, "points": ["a"]}, "points: .a. is not a number"),
        ({"days": "a"}, "'a' is not a number"),
        ({"days": 3, "start": "ill"}, "start must be"),
    ],
)
def test_bad_lengths_are_named(options, words):
    with pytest.raises(InputError, match=words):
        simulate(Patient(), **options)


@pytest.mark.parametrize(
    "build",
    [
        lambda: Profile(()),
        lambda: Profile(((1, 2), (0, 3))),
        lambda: Profile(((0, float("nan")),)),
        lambda: Profile(((0, "x"),)),
        lambda: sessions(per_week=9),
        lambda: sessions(hours=30),
        lambda: meals(40, at=(8, 8.5)),
        lambda: decline(100, 10, years=0),
        lambda: pulse(1, hours=0),
        lambda: pulse(1),
        lambda: decline(100, 10, years=1, days=3),
        lambda: steps(days=(("a", 1),)),
        lambda: steps(days={"a": 1}),
        lambda: steps(days={0: None}),
        lambda: steps(days={}),
        lambda: sessions(per_week=2.5),
        lambda: sessions(hours="long"),
    ],
)
def test_bad_profiles_are_refused(build):
    with pytest.raises(InputError):
        build()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: text.replace("upper", "highest", 1), "row 1, column upper"),
        (lambda text: text + text.splitlines()[1] + "\n", "column name: unique error"),
        (lambda text: text.replace("gfr,100", "gfr,many", 1), r"row 2, column value: 'many'"),
        (lambda text: text.replace("gfr,100", "gfr,1000", 1), r"row 2 .gfr., column value: outside lower to upper"),
        (lambda text: text.replace(",input,", ",inputt,", 1), "row 2, column kind"),
    ],
)
def test_a_spoilt_table_names_file_row_and_column(tmp_path, change, words):
    shutil.copytree(data_dir(), tmp_path, dirs_exist_ok=True)
    spoilt = tmp_path / "parameters.csv"
    spoilt.write_text(change(spoilt.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(InputError, match=words) as raised:
        parameters(tmp_path)
    assert "parameters.csv" in str(raised.value)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"healthy_ionised_calcium": 1.1}, r"^healthy_ionised_calcium=1.1: .*release_power would be -"),
        ({"healthy_ionised_calcium": 1.1, "pth_half_calcium": 1.1}, "pth_half_calcium=1.1.*division by zero"),
        ({"calcium_secretion": 12, "gfr": 50}, r"^calcium_secretion=12: .*calcium_excreted would be -"),
    ],
)
def test_a_healthy_body_without_a_balance_is_refused(settings, words):
    for use in (lambda patient: simulate(patient, days=1), to_sbml):
        with pytest.raises(InputError, match=words):
            use(Patient(**settings))


def test_a_state_below_zero_is_refused_before_it_is_clipped(monkeypatch):
    def below(p, k, slopes, y, times, rtol, atol):
        states = np.tile(y, (len(times), 1))
        states[-1, body.STATE_NAMES.index("pth")] = -0.01
        return states

    monkeypatch.setattr("calphos.model.simulation.solve", below)
    with pytest.raises(SimulationError, match="refused: pth would fall below zero"):
        simulate(Patient(), days=1)


def test_an_impossible_course_is_refused_with_a_reason():
    with pytest.raises(SimulationError, match=r"refused: .* would be .* on day"):
        simulate(Patient(cell_lysis=20, gfr=1), days=60)


def test_a_pool_that_empties_is_seen_at_its_floor(code):
    """Calcidiol with no source falls for ever; its logarithm must not."""
    with pytest.raises(SimulationError, match="refused: pth would be"):
        simulate(Patient(sunlight=0), years=30)


# ---------------------------------------------------------------- robustness

INPUTS = [name for name, row in parameters().items() if row.kind == "input"]


def test_random_settings_agree_with_a_second_solver_or_are_refused_with_a_reason():
    rng = np.random.default_rng(2024)
    grid, compared, reasons = np.linspace(0, 30 * 24, 4), 0, []
    for _ in range(30):
        chosen = rng.choice(INPUTS, rng.integers(1, 6), replace=False)
        patient = Patient(**{name: rng.uniform(parameters()[name].lower, parameters()[name].upper) for name in chosen})
        try:
            ours = integrate(patient, grid, rtol=1e-8, atol=1e-10)
            simulate(patient, days=30, points=4)
        except SimulationError as error:
            reasons.append(str(error))
            continue
        with np.errstate(over="ignore"):  # SciPy widens its difference without end where a pool is empty
            theirs = reference_solution(patient, grid, method="BDF")
        scale = np.maximum(np.abs(theirs), 1e-3)
        assert np.max(np.abs(ours - theirs) / scale) < 1e-3, patient
        compared += 1
    assert all("refused: " in reason or "run away" in reason for reason in reasons)
    assert compared >= 25


def test_a_cohort_refuses_whom_a_course_alone_refuses():
    rng = np.random.default_rng(2024)
    everyone = []
    for _ in range(80):
        chosen = rng.choice(INPUTS, rng.integers(1, 6), replace=False)
        everyone.append(
            Patient(**{name: rng.uniform(parameters()[name].lower, parameters()[name].upper) for name in chosen})
        )
    with pytest.warns(UserWarning, match="had no course"):
        table = simulate_cohort(everyone, days=30, points=3, quantities=["pth"])
    found = set(table.index.get_level_values("person"))
    refused = [patient for number, patient in enumerate(everyone, start=1) if number not in found]
    assert 0 < len(refused) < 10
    for patient in refused:  # those whom the cohort leaves out have no course alone either
        with pytest.raises(SimulationError, match=r"refused: |run away"):
            simulate(patient, days=30, points=3)


# What a slider acts on that a healthy person at rest does not show.
SETTINGS_THAT_SHOW = {
    "bath_calcium": {"dialysis": 0.1},
    "bath_phosphate": {"dialysis": 0.1},
    "fgf23_response": {"gfr": 40},
    "appetite_loss": {"gfr": 15},
}


@pytest.mark.parametrize("name", INPUTS)
def test_no_slider_is_dead(name):
    row, others = parameters()[name], SETTINGS_THAT_SHOW.get(name, {})
    away = row.upper if row.value < row.upper else row.lower
    moved = row.value + 0.1 * (away - row.value)
    plain = simulate(Patient(**others), days=20, points=3).final
    changed = simulate(Patient(**others, **{name: moved}), days=20, points=3).final
    assert (np.abs(changed - plain) > 1e-3 * (np.abs(plain) + 1e-3)).any()
