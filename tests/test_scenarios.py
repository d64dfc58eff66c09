"""Physiology: what every disorder and treatment should do, and the experiments a learner will try."""

import numpy as np
import pytest

from calphos import InputError, Patient, decline, pulse, sessions, simulate, steps
from calphos.model.changes import apply, changes, disorders, treatments

# A sign says which way a quantity moves, with what size counts as a move; "0" says that it hardly moves.
MOVES = 0.01
STILL = 0.06
HEALTHY_URINE_CALCIUM = simulate(Patient(), days=1, points=2).final["urine_calcium"]


def expectations(text):
    return [tuple(part.split()) for part in text.split("|")]


def check(name, changed, plain, expected):
    for quantity, sign in expectations(expected):
        before, after = plain[quantity], changed[quantity]
        change = (after - before) / max(abs(before), 1e-9)
        words = f"{name}: {quantity} {before:.4g} -> {after:.4g}, expected {sign}"
        if sign == "+":
            assert change > MOVES, words
        elif sign == "-":
            assert change < -MOVES, words
        elif sign == "0+":
            assert change > -MOVES, words
        elif sign == "0-":
            assert change < MOVES, words
        elif sign == "0":
            assert abs(change) < (4 * STILL if quantity in ("gland_mass", "calcitriol", "pth") else STILL), words
        else:
            raise AssertionError(f"{name}: unknown sign {sign!r}")


@pytest.mark.parametrize("name", disorders())
def test_disorder_moves_as_expected(name):
    row = disorders()[name]
    days = float(row["days"])
    changed = simulate(Patient(disorder=name), days=days, points=3).final
    check(name, changed, simulate(Patient(), days=days, points=3).final, row["expected"])


@pytest.mark.parametrize("name", disorders())
def test_disorder_runs_at_every_severity_and_grows_with_it(name):
    row = disorders()[name]
    signs = [(quantity, sign) for quantity, sign in expectations(row["expected"]) if sign in "+-"]
    values = []
    for severity in (0, 0.25, 0.5, 0.75, 1):
        values.append(simulate(Patient(disorder=name, severity=severity), days=float(row["days"]), points=3).final)
    assert np.allclose(values[0]["phosphate"], 1.15, rtol=1e-3)
    quantity, sign = signs[0]
    direction = 1 if sign == "+" else -1
    assert direction * (values[2][quantity] - values[0][quantity]) > 0
    assert direction * (values[4][quantity] - values[1][quantity]) > 0


@pytest.mark.parametrize("name", treatments())
def test_treatment_moves_as_expected(name):
    row = treatments()[name]
    setting = apply({}, "treated patient", name)
    before = simulate(Patient(**setting), years=3, points=3)
    options = {"days": float(row["days"]), "points": 3, "start": before}
    changed = simulate(Patient(**setting, treatment=name), **options).final
    check(name, changed, simulate(Patient(**setting), **options).final, row["expected"])


@pytest.mark.parametrize(("kind", "rows"), [("disorder", disorders), ("treatment", treatments)])
def test_tables_are_complete(kind, rows):
    assert set(changes(kind)) == set(rows())
    for name, row in rows().items():
        assert row["explanation"].endswith("."), name
        assert 0 <= float(row["usual"]) <= 1, name
        for amount in (0, 1):
            Patient(**apply({}, kind, name, amount))


# ---------------------------------------------------------------- chronic kidney disease


@pytest.fixture(scope="module")
def ckd():
    return simulate(Patient(gfr=decline(100, 10, years=10)), years=10, points=361).table()


def gfr_at(table, name, factor):
    start, values = table[name].iloc[0], table[name]
    passed = values > factor * start if factor > 1 else values < factor * start
    return table["gfr"][passed].max()


def test_events_come_in_order(ckd):
    fgf23, calcitriol = gfr_at(ckd, "fgf23", 1.5), gfr_at(ckd, "calcitriol", 0.8)
    pth, phosphate = gfr_at(ckd, "pth", 1.6), gfr_at(ckd, "phosphate", 1.2)
    # Kidney donors bring FGF-23 and calcitriol close together: calcitriol falls by 15 % where FGF-23 has risen by 10 %.
    assert min(fgf23, calcitriol) > pth > phosphate > 8


def test_calcium_does_not_rise_in_kidney_disease_and_falls_late(ckd):
    assert ckd["total_calcium"].max() < 2.41
    late = simulate(Patient(gfr=10), years=5, points=3).final
    assert late["total_calcium"] < ckd["total_calcium"].iloc[0] - 0.05
    assert ckd["total_calcium"][ckd["gfr"] > 40].min() > 2.35


def test_fractional_excretion_of_phosphate_rises_and_tmp_gfr_falls(ckd):
    assert ckd["fractional_excretion_phosphate"].iloc[-1] > 3 * ckd["fractional_excretion_phosphate"].iloc[0]
    assert ckd["tmp_gfr"].iloc[-1] < 0.7 * ckd["tmp_gfr"].iloc[0]


def test_without_the_fgf23_response_phosphate_and_calcitriol_rise_earlier(ckd):
    without = simulate(Patient(gfr=decline(100, 10, years=10), fgf23_response=0), years=10, points=361).table()
    half = ckd["gfr"].sub(30).abs().idxmin()
    for name in ("phosphate", "calcitriol"):
        assert without[name][half] > 1.08 * ckd[name][half], name
    assert without["fgf23"][half] < ckd["fgf23"][half]


def test_blocking_fgf23_raises_phosphate_in_kidney_disease():
    before = simulate(Patient(gfr=30), years=4, points=3)
    blocked = simulate(Patient(gfr=30, burosumab=1.6), days=60, points=3, start=before).final
    assert blocked["phosphate"] > 1.1 * before.final["phosphate"]
    assert blocked["calcitriol"] > before.final["calcitriol"]


def test_a_binder_lowers_urinary_phosphate_more_than_serum():
    before = simulate(Patient(gfr=30), years=4, points=3)
    after = simulate(Patient(gfr=30, binder=12), days=90, points=3, start=before).final
    change = after / before.final - 1
    assert change["urine_phosphate"] < 2 * change["phosphate"] < 0


# ---------------------------------------------------------------- defence of calcium


def test_a_low_calcium_diet_is_defended():
    final = simulate(Patient(diet_calcium=10), days=90, points=3).final
    assert 1.13 < final["ionised_calcium"] < 1.19
    assert 5 < final["pth"] < 7.5
    assert final["calcitriol"] > 115
    assert final["urine_calcium"] < 0.75 * HEALTHY_URINE_CALCIUM


def test_a_mild_fall_of_calcium_raises_pth_two_to_threefold():
    rates = np.linspace(2, 30, 15)
    found = []
    for rate in rates:
        course = simulate(Patient(citrate_infusion=rate), hours=1, points=13)
        found.append((course.final["ionised_calcium"], course.final["pth"] / 4.2))
    calcium, ratio = np.array(found).T
    assert 1.7 < np.interp(-1.1, -calcium, ratio) < 2.9


def test_calcium_returns_after_an_infusion_of_citrate():
    course = simulate(Patient(citrate_infusion=pulse(25, hours=2)), hours=24, points=97)
    assert course.at(hours=2)["ionised_calcium"] < 1.0
    assert course.final["ionised_calcium"] == pytest.approx(1.20, abs=0.05)
    assert course.final["pth"] == pytest.approx(4.2, abs=1.6)


def test_an_oral_load_of_phosphate_peaks_within_hours_and_raises_pth():
    load = Patient(diet_phosphate=pulse(115, after=0, hours=10, base=40))
    course = simulate(load, hours=30, points=121)
    assert 1.3 < course["phosphate"].max() < 2.0
    assert 1 < course["phosphate"].idxmax() * 24 < 13
    assert course["pth"].max() > 1.2 * 4.2
    assert course.final["phosphate"] < 1.3


def test_long_term_phosphate_loading_lowers_calcium_and_its_excretion():
    final = simulate(Patient(diet_phosphate=100), days=5, points=3).final
    assert final["total_calcium"] < 2.39
    assert final["urine_calcium"] < 0.85 * HEALTHY_URINE_CALCIUM
    assert final["pth"] > 4.5


def test_familial_hypercalcaemia_and_an_adenoma_are_told_apart_by_the_urine():
    familial = simulate(Patient(disorder="familial hypocalciuric hypercalcaemia"), years=10, points=3).final
    adenoma = simulate(Patient(disorder="primary hyperparathyroidism"), years=10, points=3).final
    assert familial["total_calcium"] > 2.6
    assert adenoma["total_calcium"] > 2.6
    assert familial["fractional_excretion_calcium"] < 1.0 < adenoma["fractional_excretion_calcium"]


@pytest.mark.parametrize(("dose", "low", "high"), [(980, 2.4, 3.0), (2050, 2.6, 3.6), (4270, 2.8, 5.8)])
def test_vitamin_d_intoxication(dose, low, high):
    final = simulate(Patient(native_vitamin_d=dose), years=1, points=3).final
    assert low < final["total_calcium"] < high
    assert final["pth"] < 0.55 * 4.2


def test_severe_hypercalcaemia_lowers_gfr():
    final = simulate(Patient(bone_destruction=40), days=60, points=3).final
    assert final["total_calcium"] > 3.0
    assert final["gfr"] < 60


def test_hungry_bone_after_parathyroidectomy_in_dialysis():
    failing = simulate(Patient(gfr=decline(100, 4, years=8), diet_phosphate=55), years=8, points=3)
    common = {"gfr": 4, "dialysis": 0.045, "diet_phosphate": 55}
    before = simulate(Patient(**common), years=4, points=3, start=failing)
    assert before.final["pth"] > 30
    course = simulate(Patient(**common, glands_removed=0.97), days=30, points=61, start=before)
    assert course["total_calcium"].min() < before.final["total_calcium"] - 0.3
    worst = course["total_calcium"].idxmin()
    assert course["bone_formation"][worst] > 1.5 * course["bone_resorption"][worst]


def test_denosumab_is_dangerous_in_dialysis_and_mild_in_health():
    failing = simulate(Patient(gfr=decline(100, 4, years=8)), years=8, points=3)
    before = simulate(Patient(gfr=4, dialysis=0.045), years=2, points=3, start=failing)
    ill = simulate(Patient(gfr=4, dialysis=0.045, antiresorptive=0.95), days=84, points=85, start=before)
    well = simulate(Patient(antiresorptive=0.95), days=84, points=85)
    assert ill["total_calcium"].min() < 1.95
    assert well["total_calcium"].min() > 2.2


def test_dialysis_is_a_saw_tooth_with_rebound():
    failing = simulate(Patient(gfr=decline(100, 3, years=8)), years=8, points=3)
    start = simulate(Patient(gfr=3, dialysis=0.045), years=1, points=3, start=failing)
    course = simulate(Patient(gfr=3, dialysis=sessions()), days=21, points=21 * 24 * 4 + 1, start=start)
    phosphate = course["phosphate"]
    before, after = course.at(hours=16 * 24 + 8)["phosphate"], course.at(hours=16 * 24 + 12)["phosphate"]
    later = course.at(hours=16 * 24 + 20)["phosphate"]
    assert before > 1.4
    assert after < 0.65 * before
    assert after + 0.4 * (before - after) < later < before
    assert phosphate.iloc[-1] > 1.2


@pytest.mark.parametrize(("bath", "sign"), [(1.0, -1), (1.75, 1)])
def test_bath_calcium_decides_the_sign_of_the_balance_in_a_session(bath, sign):
    patient = Patient(gfr=5, dialysis=pulse(1, hours=4), bath_calcium=bath)
    course = simulate(patient, hours=4, points=9, start=simulate(Patient(gfr=5, dialysis=0.045), years=3, points=3))
    assert sign * course["calcium_balance"].iloc[4] > 0


def test_tumour_lysis_is_worse_with_weak_kidneys():
    strong = simulate(Patient(cell_lysis=8), days=2, points=9).final
    weak = simulate(Patient(cell_lysis=8, gfr=30), days=2, points=9).final
    assert weak["phosphate"] > 3
    assert weak["phosphate"] > 1.5 * strong["phosphate"]
    assert weak["total_calcium"] < strong["total_calcium"] < 2.4
    assert weak["labile_deposit"] > strong["labile_deposit"]


def test_calcitriol_kinetics():
    course = simulate(Patient(active_vitamin_d=5), days=3)
    assert course.final["calcitriol"] > 1.5 * 110
    stopped = simulate(Patient(active_vitamin_d=steps(days={0: 5, 10: 0})), days=12, points=12 * 24 + 1)["calcitriol"]
    peak, base = stopped[stopped.index <= 10].iloc[-1], 110
    half = stopped[(stopped.index > 10) & (stopped < (peak + base) / 2)].index[0] - 10
    assert 5 < half * 24 < 24


def test_deposits_grow_with_injury_and_with_few_inhibitors_at_normal_blood():
    plain = simulate(Patient(), years=5, points=3).final
    for settings in ({"injury": 0.5}, {"pyrophosphate": 0.4}, {"fetuin_a": 0.3}, {"magnesium": 0.5}, {"ph_site": 7.6}):
        final = simulate(Patient(**settings), years=5, points=3).final
        assert final["labile_deposit"] > 1.2 * plain["labile_deposit"], settings


def test_unknown_disorders_are_named():
    with pytest.raises(InputError, match=r"there is no treatment 'leeches': data/treatments.csv lists them"):
        Patient(treatment="leeches")
