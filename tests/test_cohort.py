"""The virtual cohort and the ensemble."""

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest

from calphos import InputError, Patient, decline, ensemble, meals, people, prevalence, simulate, simulate_cohort, steps
from calphos.model.cohort import variation

OPTIONS = {"years": 2, "points": 5, "quantities": ["gfr", "phosphate", "pth"], "progress": False}


def test_people_are_the_same_for_a_seed_and_differ_as_assumed():
    first, again, other = people(300, seed=4), people(300, seed=4), people(300, seed=5)
    assert [person.settings for person in first] == [person.settings for person in again]
    assert first[0].settings != other[0].settings
    for row in variation():
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


@pytest.mark.parametrize("executor", [ThreadPoolExecutor, ProcessPoolExecutor])
def test_any_executor_gives_the_same_table(executor):
    cohort = people(8, Patient(gfr=30), seed=1)
    expected = simulate_cohort(cohort, **OPTIONS)
    with executor(2) as pool:
        table = simulate_cohort(cohort, executor=pool, chunk=2, **OPTIONS)
    pd.testing.assert_frame_equal(table, expected, rtol=1e-4)


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


def test_prevalence_counts_people_above_a_limit_in_ranges_of_gfr():
    table = pd.DataFrame({"gfr": [80, 70, 50, 47, 20], "pth": [4, 9, 9, 9, 30]})
    found = prevalence(table, "pth", above=7, gfr=[(60, 90), (45, 60), (30, 45)])
    assert found["percent"].tolist()[:2] == [50, 100]
    assert np.isnan(found["percent"].iloc[2])
    assert found["n"].tolist() == [2, 2, 0]
    with pytest.raises(InputError, match="no column 'phosphate'"):
        prevalence(table, "phosphate", above=1)


def test_hyperparathyroidism_grows_more_common_as_gfr_falls():
    cohort = people(60, Patient(gfr=decline(100, 10, years=5)), seed=2)
    table = simulate_cohort(cohort, years=5, points=31, quantities=["gfr", "pth"], progress=False)
    shares = prevalence(table, "pth", above=7.4, gfr=[(60, 90), (30, 45), (10, 20)])["percent"]
    assert shares.is_monotonic_increasing
    assert shares.iloc[0] < 25
    assert shares.iloc[2] > 80
