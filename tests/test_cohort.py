"""The virtual cohort and the ensemble."""

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import solve_ivp

from calphos import InputError, Patient, decline, meals, simulate, steps
from calphos.model import rosenbrock
from calphos.model.cohort import ensemble, people, simulate_cohort
from calphos.tables.reading import records

OPTIONS = {"years": 2, "points": 5, "quantities": ["gfr", "phosphate", "pth"]}


def test_people_are_the_same_for_a_seed_and_differ_as_assumed():
    first, again, other = people(300, seed=4), people(300, seed=4), people(300, seed=5)
    assert [person.settings for person in first] == [person.settings for person in again]
    assert first[0].settings != other[0].settings
    for row in records("variation"):
        values = np.array([person.value(row["name"]) for person in first], dtype=float)
        values = np.log(values) if row["kind"] == "lognormal" else values
        # Bounds cut the widest spreads, so only an upper limit holds for all.
        assert 0.3 * row["spread"] < values.std() < 1.3 * row["spread"], row["name"]


def test_without_variation_all_are_the_same_patient():
    cohort = people(3, Patient(gfr=50), scale=0)
    table = simulate_cohort(cohort, **OPTIONS)
    alone = simulate(Patient(gfr=50), years=2, points=5)
    for _, one in table.groupby("person"):
        assert np.allclose(one["pth"], alone["pth"], rtol=1e-4)


def test_a_cohort_agrees_with_its_people_one_by_one():
    cohort = people(6, Patient(gfr=steps(days={0: 90, 200: 30}), diet_phosphate=decline(40, 60, years=1)), seed=7)
    table = simulate_cohort(cohort, **OPTIONS)
    for number, person in enumerate(cohort, start=1):
        alone = simulate(person, years=2, points=5, rtol=1e-8)
        for name in OPTIONS["quantities"]:
            assert np.allclose(table.loc[number][name], alone[name], rtol=1e-5), (number, name)


def robertson(y, t):
    fast = 1e4 * y[1] * y[2]
    return [-0.04 * y[0] + fast, 0.04 * y[0] - fast - 3e7 * y[1] ** 2, 3e7 * y[1] ** 2]


def robertson_entries(y, t):
    return [-0.04, 1e4 * y[2], 1e4 * y[1], 0.04, -1e4 * y[2] - 6e7 * y[1], -1e4 * y[1], 6e7 * y[1]]


PLACES = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (2, 1)]


def test_the_solver_of_cohorts_on_a_stiff_problem_of_the_books():
    """Robertson's kinetics; the values at t = 40 are those of Hairer and Wanner's test set."""
    y = np.array([[1.0, 1.0], [0.0, 0.0], [0.0, 0.0]])
    found = rosenbrock.solve(
        robertson, robertson_entries, PLACES, y, np.array([0, 40.0]), 1e-8, [1e-10] * 3, steady=True
    )
    known = solve_ivp(lambda t, y: robertson(y, t), (0, 40), y[:, 0], method="Radau", rtol=1e-10, atol=1e-13).y[:, -1]
    assert np.allclose(found[-1], known[:, None], rtol=1e-6)


def test_the_solver_of_cohorts_has_order_five(monkeypatch):
    """y' = y cos t: halving a fixed step divides the error by about 32."""
    errors = []
    for count in (20, 40):
        times = np.linspace(0, 4, count + 1)
        y = np.ones((1, 1))
        out = rosenbrock.solve(
            lambda y, t: [y[0] * np.cos(t)], lambda y, t: [np.cos(t)], [(0, 0)], y, times, 1e9, [1e9], first_step=1.0
        )
        errors.append(abs(out[-1, 0, 0] - np.exp(np.sin(4))))
    assert 4.5 < np.log2(errors[0] / errors[1]) < 5.6


def test_profiles_belong_to_everybody():
    cohort = people(4, Patient(gfr=decline(100, 20, years=2)), seed=2)
    table = simulate_cohort(cohort, **OPTIONS)
    assert list(table.index.names) == ["person", "day"]
    assert table.groupby("person")["gfr"].last().between(15, 21).all()


def test_people_with_profiles_stay_within_the_bounds():
    summer, food = steps(days={0: 1, 30: 2.9}), meals(100)
    patient = Patient(sunlight=summer, diet_phosphate=food, diet_calcium=decline(60, 140, years=1))
    cohort = people(100, patient, seed=3)
    assert max(person.value("sunlight").at(40 * 24) for person in cohort) == 3
    assert max(person.value("diet_calcium").at(9000) for person in cohort) == 150
    eaten = [person.value("diet_phosphate").mean() for person in cohort]
    assert max(eaten) == pytest.approx(120)
    assert np.std(np.log(eaten)) == pytest.approx(0.15, rel=0.3)


def test_people_who_are_worked_out_later_keep_their_numbers(monkeypatch):
    cohort = people(8, Patient(gfr=30), seed=1)
    expected = simulate_cohort(cohort, **OPTIONS)
    monkeypatch.setattr("calphos.model.cohort._TOGETHER", 3)
    pd.testing.assert_frame_equal(simulate_cohort(cohort, **OPTIONS), expected, rtol=1e-4)


def test_a_patient_without_a_course_is_counted():
    cohort = [Patient(), Patient(cell_lysis=20, gfr=1)]
    with pytest.warns(UserWarning, match="1 of 2 patients had no course"):
        table = simulate_cohort(cohort, **OPTIONS)
    assert table.index.get_level_values("person").nunique() == 1


@pytest.mark.parametrize("bad", [lambda: people(0), lambda: people(5, scale=9), lambda: simulate_cohort([])])
def test_bad_cohorts_are_refused(bad):
    with pytest.raises(InputError):
        bad()


def test_members_of_the_ensemble_agree_on_health_and_differ_in_disease():
    finals = [simulate(Patient(**member, gfr=20), years=3, points=3).final for member in ensemble()[:12]]
    healthy = [simulate(Patient(**member), days=30, points=3).final for member in ensemble()[:3]]
    assert np.allclose([final["phosphate"] for final in healthy], 1.15, rtol=1e-5)
    assert np.std([final["fgf23"] for final in finals]) > 5


def test_hyperparathyroidism_grows_more_common_as_gfr_falls():
    cohort = people(60, Patient(gfr=decline(100, 10, years=5)), seed=2)
    table = simulate_cohort(cohort, years=5, points=31, quantities=["gfr", "pth"])
    ranges = pd.cut(table["gfr"], pd.IntervalIndex.from_tuples([(10, 20), (30, 45), (60, 90)]))
    shares = 100 * (table["pth"] > 7.4).groupby(ranges, observed=True).mean()
    assert shares.is_monotonic_decreasing
    assert shares.iloc[0] > 80
    assert shares.iloc[2] < 25
