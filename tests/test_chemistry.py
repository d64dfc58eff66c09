"""Speciation against an independent program, independent estimates, published fractions and conservation of mass."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from calphos import InputError, convert, reference
from calphos.chemistry import speciation as ch
from calphos.model.body import blood
from calphos.model.parameters import parameters
from calphos.tables.reading import data_dir

# An estimate made beforehand with other code: minteq.v4 constants, Davies at 0.16 mol/L, ionised calcium given,
# 24 mmol/L bicarbonate. Solubility products in the order brushite 6.63, OCP 97.4, beta-TCP 29.5, apatite 117.2.
ESTIMATES = [
    ({"ionised_calcium": 1.25, "phosphate": 1.16, "ph": 7.40}, (-0.51, 3.71, 2.07, 19.07)),
    ({"ionised_calcium": 1.20, "phosphate": 1.80, "ph": 7.40}, (-0.34, 4.72, 2.40, 20.05)),
    ({"ionised_calcium": 1.30, "phosphate": 2.60, "ph": 7.40}, (-0.14, 5.95, 2.82, 21.35)),
    ({"ionised_calcium": 1.25, "phosphate": 1.16, "ph": 7.39}, (-0.51, 3.66, 2.05, 18.99)),
    ({"ionised_calcium": 1.25, "phosphate": 1.16, "ph": 7.51}, (-0.50, 4.22, 2.31, 20.03)),
]


@pytest.mark.parametrize(("solution", "expected"), ESTIMATES)
def test_saturation_agrees_with_the_independent_estimate(solution, expected):
    index = ch.speciate(**solution, bicarbonate=24, citrate=0.1, magnesium=0.82).saturation_index
    assert index[["brushite", "ocp", "beta_tcp", "apatite"]].tolist() == pytest.approx(expected, abs=0.02)


def test_alkali_raises_apatite_like_phosphate_and_leaves_brushite_alone():
    base = {"ionised_calcium": 1.25, "bicarbonate": 24}
    start = ch.speciate(**base, phosphate=1.16, ph=7.39).saturation_index
    alkali = ch.speciate(**base, phosphate=1.16, ph=7.51).saturation_index - start
    phosphate = ch.speciate(**base, phosphate=1.80, ph=7.39).saturation_index - start
    assert alkali["apatite"] == pytest.approx(phosphate["apatite"], rel=0.15)
    assert abs(alkali["brushite"]) < 0.02
    assert phosphate["brushite"] > 0.15


def test_sources_that_disagree_change_the_verdict_on_brushite_but_not_on_apatite():
    plasma = {"ionised_calcium": 1.3, "phosphate": 2.6, "bicarbonate": 24}
    found = {name: ch.speciate(constants=name, **plasma).saturation_index for name in ch.constant_sets()}
    table = pd.DataFrame(found).T
    assert table.loc["default", "brushite"] < 0 < table.loc["brushite 7.04", "brushite"]
    assert table.loc["weak sodium pairing", "brushite"] > table.loc["default", "brushite"] + 0.1
    assert table.loc["OCP 98.6", "ocp"] - table.loc["OCP 95.9", "ocp"] == pytest.approx(2.7)
    assert (table["apatite"] > 10).all()


PHREEQC_WATER = """SOLUTION_MASTER_SPECIES
H H+ -1 H 1.008
H(0) H2 0 H
H(1) H+ -1 0
E e- 0 0 0
O H2O 0 O 16
O(0) O2 0 O
O(-2) H2O 0 0
Alkalinity CO3-2 1 50 50
Cl Cl- 0 35.453 35.453
SOLUTION_SPECIES"""
PHREEQC_REACTIONS = """H+ = H+
log_k 0
e- = e-
log_k 0
H2O = H2O
log_k 0
Cl- = Cl-
log_k 0
2H2O = O2 + 4H+ + 4e-
log_k -86
2H+ + 2e- = H2
log_k -3"""


def phreeqc_input(totals, ph):
    """The default species and constants as an input of PHREEQC, at 37 C, chloride closing the charge balance."""
    ions = {**ch._ION, **ch._BASE}
    element = {
        "calcium": "Ca",
        "magnesium": "Mg",
        "sodium": "Na",
        "potassium": "K",
        "phosphate": "P",
        "carbonate": "C",
        "citrate": "Citrate",
    }
    lines = PHREEQC_WATER.split("\n")
    lines[-1:] = [f"{element[name]} {ion} 0 100 100" for name, ion in ions.items()] + lines[-1:]
    lines += PHREEQC_REACTIONS.split("\n")
    for ion in ions.values():
        lines += [f"{ion} = {ion}", "log_k 0"]
    constants = ch._constants("default")
    table = pd.read_csv(data_dir() / "ion_pairs.csv").query("set == 'default'")
    for (_, row), log_beta in zip(table.iterrows(), constants.log_beta[:, 0], strict=True):
        left = [ion for name, ion in ions.items() if row[name]]
        left += [f"{row['hydrogen']}H+"] if row["hydrogen"] > 0 else []
        right = [row["species"]] + (["H+"] if row["hydrogen"] < 0 else [])
        left += ["H2O"] if row["hydrogen"] < 0 else []
        lines += [f"{' + '.join(left)} = {' + '.join(right)}", f"log_k {log_beta:.9f}"]
        lines += ["-gamma 1 0"] if row["charge"] == 0 else []  # no salting-out of neutral pairs, as here
    lines += ["SOLUTION 1", "temp 37", f"pH {ph}", "units mmol/kgw", "Cl 100 charge"]
    lines += [f"{element[name]} {value}" for name, value in totals.items()]
    return "\n".join([*lines, "END"])


def test_speciation_agrees_with_phreeqc():
    """PHREEQC solves the same equations with its own solver and activity coefficients."""
    viphreeqc = pytest.importorskip("phreeqpython").viphreeqc
    totals = {
        "calcium": 2.5,
        "magnesium": 0.9,
        "sodium": 142,
        "potassium": 5,
        "phosphate": 1.8,
        "carbonate": 25,
        "citrate": 0.2,
    }
    program = viphreeqc.VIPhreeqc()
    database, solution = phreeqc_input(totals, 7.45).split("SOLUTION 1")
    program.load_database_string(database)
    program.run_string("SOLUTION 1" + solution)
    other = program.get_species_molalities(1)
    bicarbonate = totals.pop("carbonate")
    ours = ch.speciate(**totals, ph=7.45, bicarbonate=bicarbonate, albumin=0, ionic_strength=program.get_mu(1))
    for name in ("Ca+2", "Mg+2", "HPO4-2", "H2PO4-", "PO4-3", "CaHPO4", "CaHCO3+", "CaCitrate-", "NaHPO4-", "CaPO4-"):
        assert ours.species[name] == pytest.approx(1000 * other[name], rel=2e-3), name
    calcium = np.log10(program.get_activity(1, "Ca+2"))
    hpo4 = np.log10(program.get_activity(1, "HPO4-2"))
    constants = ch._constants("default")
    solubility = constants.log_ksp[constants.minerals.get_loc("brushite")]
    assert ours.saturation_index["brushite"] == pytest.approx(calcium + hpo4 - solubility, abs=0.001)


def test_healthy_plasma_matches_published_fractions():
    plasma = ch.speciate()
    assert plasma.ionised_calcium == pytest.approx(1.20, abs=1e-9)
    magnesium = plasma.fractions("magnesium")
    # Altura 1994: ionised 67 %, complexed 14 %, protein-bound 19 % (only the last is an input here)
    assert magnesium["Mg+2"] == pytest.approx(0.67, abs=0.02)
    assert magnesium.drop(["Mg+2", "magnesium on protein"]).sum() == pytest.approx(0.14, abs=0.02)
    calcium = plasma.fractions("calcium")
    assert 0.30 < calcium["calcium on protein"] < 0.45
    assert plasma.species["HCO3-"] == pytest.approx(23.4, abs=0.5)


def test_body_model_and_speciation_agree_on_ionised_calcium():
    """The body model binds calcium by a short formula; the full speciation must not contradict it."""
    p = SimpleNamespace(**{name: row.value for name, row in parameters().items()})
    complexed, protein = blood.binding(p, 1.0, 0.0)
    assert p.healthy_ionised_calcium * (1 + complexed + protein) == pytest.approx(ch.plasma()["calcium"])
    for change in ({"albumin": 20}, {"albumin": 50}, {"ph": 7.3}, {"ph": 7.5}, {"phosphate": 2.5}, {"phosphate": 0.5}):
        altered = SimpleNamespace(**{**vars(p), **{k: v for k, v in change.items() if k != "phosphate"}})
        complexed, protein = blood.binding(
            altered, change.get("phosphate", p.healthy_phosphate) / p.healthy_phosphate, 0.0
        )
        short = 2.4 / (1 + complexed + protein)
        # bicarbonate held: the body model has no bicarbonate
        assert ch.speciate(2.4, bicarbonate=24, **change).ionised_calcium == pytest.approx(short, rel=0.04), change


def test_davies_coefficients():
    # Known values at 0.16 mol/L and 37 C: 0.319 for charge 2 and 0.077 for charge 3 (slope 0.52; here 0.521)
    lg = ch._log_gamma(0.16)
    assert 10 ** (4 * lg) == pytest.approx(0.319, abs=0.002)
    assert 10 ** (9 * lg) == pytest.approx(0.077, abs=0.001)


@pytest.mark.parametrize(
    ("species", "expected"),
    [
        ("HPO4-2", 12.273),
        ("H2PO4-", 19.451),
        ("HCO3-", 10.230),
        ("CaHPO4", 15.015),
        ("CaHCO3+", 11.636),
        ("CaOH+", -12.262),
        ("MgHPO4", 15.155),
        ("MgCitrate-", 4.947),
        ("NaHPO4-", 13.445),
        ("OH-", -13.619),
    ],
)
def test_constants_carried_to_body_temperature(species, expected):
    """Worked out independently from the same 25 C constants and enthalpies."""
    c = ch._constants("default")
    assert c.log_beta[c.species.index(species), 0] == pytest.approx(expected, abs=6e-4)


def test_alternative_constants_are_the_printed_ones():
    minerals = pd.read_csv(data_dir() / "minerals.csv").set_index("set")
    assert -minerals.loc["default"].set_index("mineral").loc["ocp", "log_ksp"] == pytest.approx(2 * 48.7)
    assert -minerals.loc["OCP 98.6", "log_ksp"] == pytest.approx(2 * 49.3)
    assert 10 ** minerals.loc["brushite 7.04", "log_ksp"] == pytest.approx(9.2e-8, rel=0.01)
    assert 10 ** minerals.loc["second amorphous phase", "log_ksp"] == pytest.approx(3.2e-12, rel=0.01)
    assert 10 ** minerals.loc["apatite 118.3", "log_ksp"] == pytest.approx(5.42e-119, rel=0.01)


def test_every_constant_names_a_source():
    known = set(pd.read_csv(data_dir() / "sources.csv")["key"])
    for table in (
        "ion_pairs.csv",
        "minerals.csv",
        "plasma.csv",
        "inhibitors.csv",
        "ripening.csv",
        "product_thresholds.csv",
    ):
        rows = pd.read_csv(data_dir() / table)
        assert set(rows["source"].dropna()) <= known, table
        facts = rows[rows["evidence"].isin(["read", "fitted"])]
        assert facts["source"].notna().all(), table


# ------------------------------------------------------------------------------------------------ conservation
solutions = st.fixed_dictionaries(
    {
        "calcium": st.floats(0, 10),
        "phosphate": st.floats(0, 10),
        "magnesium": st.floats(0, 5),
        "citrate": st.floats(0, 5),
        "albumin": st.floats(0, 60),
        "ph": st.floats(6, 8.5),
        "bicarbonate": st.floats(0, 45),
        "sodium": st.floats(110, 170),
    }
)


@settings(max_examples=80, deadline=None)
@given(solutions)
def test_mass_balances_close(solution):
    s = ch.speciate(**solution)
    table = pd.read_csv(data_dir() / "ion_pairs.csv").query("set == 'default'").set_index("species")
    for total in ("calcium", "magnesium", "sodium", "potassium", "phosphate", "carbonate", "citrate"):
        free = {**ch._ION, **ch._BASE}[total]
        amount = s.species[free] + sum(table.loc[sp, total] * s.species[sp] for sp in table.index)
        amount += s.species.get(f"{total} on protein", 0.0)
        expected = solution.get("bicarbonate" if total == "carbonate" else total, 4.2)
        assert amount == pytest.approx(expected, rel=1e-10, abs=1e-12), total
    assert (s.species >= 0).all()


@settings(max_examples=40, deadline=None)
@given(
    solutions.filter(lambda x: x["calcium"] > 0.1 and x["phosphate"] > 0.05), st.sampled_from(["calcium", "phosphate"])
)
def test_more_of_a_lattice_ion_never_lowers_saturation(solution, ion):
    more = {**solution, ion: solution[ion] * 1.1}
    before, after = (ch.speciate(**x).saturation_index.astype(float) for x in (solution, more))
    assert (after > before).all()


@settings(max_examples=40, deadline=None)
@given(solutions.filter(lambda x: x["calcium"] > 0.1 and x["phosphate"] > 0.05))
def test_binders_of_calcium_lower_saturation(solution):
    for change in ({"citrate": solution["citrate"] + 0.5}, {"albumin": solution["albumin"] + 10}):
        before, after = (ch.speciate(**x) for x in (solution, {**solution, **change}))
        assert after.ionised_calcium < before.ionised_calcium
        assert after.saturation_index["apatite"] < before.saturation_index["apatite"]


def test_a_map_equals_its_points():
    calcium, phosphate = np.array([2.2, 2.6]), np.array([0.9, 1.5, 2.4])
    grid = ch.speciate(calcium, phosphate[:, None], ph=7.45).saturation_index
    assert grid["apatite"].shape == (3, 2)
    for i, p in enumerate(phosphate):
        for j, ca in enumerate(calcium):
            one = ch.speciate(ca, p, ph=7.45).saturation_index
            assert all(grid[m][i, j] == pytest.approx(one[m], abs=1e-9) for m in one.index)


def test_ionised_calcium_given_or_found_is_the_same_solution():
    found = ch.speciate(2.6, 1.7, ph=7.3, albumin=30)
    given_ = ch.speciate(ionised_calcium=found.ionised_calcium, phosphate=1.7, ph=7.3, albumin=30)
    assert given_.totals["calcium"] == pytest.approx(2.6)
    assert given_.saturation_index.tolist() == pytest.approx(found.saturation_index.tolist())


def test_without_an_ion_there_is_no_mineral():
    assert ch.speciate(phosphate=0).saturation_index["apatite"] == -np.inf
    assert ch.speciate(calcium=0).saturation_index["brushite"] == -np.inf


def test_equal_products_are_not_equal_saturation():
    """High calcium with low phosphate and the reverse: one product, different solutions; and pH is not in it at all."""
    calcium = np.array([1.9, 3.2])
    low, high = ch.speciate(calcium, 3.04 / calcium).saturation_index["apatite"]
    assert abs(high - low) > 0.5
    acid, alkaline = ch.speciate(2.4, 3.04 / 2.4, ph=[7.2, 7.6]).saturation_index["apatite"]
    assert alkaline - acid > 2
    assert set(reference("product_evidence")["source"]) >= {"kuzela1977", "conger1975"}


def test_simulated_body_fluid():
    """Lu and Leng 2005: in simulated body fluid brushite cannot form and apatite is the most stable (Kokubo's recipe)."""
    fluid = ch.speciate(2.5, 1.0, magnesium=1.5, bicarbonate=4.2, sodium=142, potassium=5, citrate=0, albumin=0)
    assert fluid.saturation_index["brushite"] < 0 < fluid.saturation_index["ocp"]
    per_ion = fluid.saturation_per_ion.astype(float)
    assert per_ion.idxmax() == "apatite"


# ------------------------------------------------------------------------------------------------ bad input
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"calcium": -0.1}, "calcium: -0.1 is outside its bounds (allowed: 0 to"),
        ({"phosphate": [1.0, -2.0]}, "phosphate: -2 is outside its bounds"),
        ({"ph": 5.9}, "ph: 5.9"),
        ({"ph": 8.6}, "6 to 8.5"),
        ({"calcium": float("nan")}, "calcium: nan"),
        ({"calcium": "much"}, "not a number"),
        ({"calcium": 2.4, "ionised_calcium": 1.2}, "not both"),
        ({"pco2": 5, "bicarbonate": 24}, "not both"),
        ({"constants": "mine"}, "choose from default"),
        ({"magnesum": 0.9}, "no part of a solution 'magnesum': did you mean magnesium"),
        ({"sodium": 20}, "impossible charge balance"),
        ({"calcium": [1.0, 2.0], "phosphate": [1.0, 2.0, 3.0]}, "do not broadcast"),
        ({"calcium": []}, "empty"),
        ({"ionic_strength": 0.6}, "ionic_strength: 0.6 is outside its bounds (allowed: 0 to 0.5 mol/L"),
    ],
)
def test_bad_input_is_refused_with_its_name_and_bounds(arguments, words):
    with pytest.raises(InputError, match=words.replace("(", "[(]")):
        ch.speciate(**arguments)


def test_fractions_add_up_and_refuse_other_names():
    s = ch.speciate()
    for total in ("calcium", "magnesium", "phosphate", "citrate"):
        assert s.fractions(total).sum() == pytest.approx(1, abs=1e-10)
    with pytest.raises(InputError, match="choose from"):
        s.fractions("iron")


# ------------------------------------------------------------------------------------- product and ripening
def test_product_in_both_units():
    # 40.078 and 30.974 g/mol: 9.62 mg/dL x 3.56 mg/dL
    assert convert(2.4 * 1.15, "calcium_phosphate_product") == pytest.approx(9.6187 * 3.5620, rel=1e-3)
    printed, in_si = (reference("product_thresholds", units=units).set_index("label") for units in ("printed", "SI"))
    assert printed.loc["KDOQI, over 12 years", "value"] == 55
    assert in_si.loc["KDOQI, over 12 years", "value"] == pytest.approx(4.43, abs=0.005)


def test_ripening_time_meets_the_published_means():
    rows = reference("ripening")
    means = rows.dropna(subset=["phosphate"]).set_index("use")
    for use, tolerance in (("reference", 1e-9), ("fit", 1.0), ("check", 5.0)):
        row = means.loc[use]
        time = ch.ripening_time(**row[["phosphate", "magnesium", "fetuin_a", "albumin"]].astype(float))
        assert time == pytest.approx(row["t50"], abs=tolerance), use


@settings(max_examples=30, deadline=None)
@given(
    st.sampled_from(["magnesium", "fetuin_a", "albumin", "pyrophosphate", "citrate", "bicarbonate"]),
    st.floats(1.05, 1.5),
)
def test_inhibitors_lengthen_and_salts_shorten_the_ripening_time(name, factor):
    reference = ch.inhibitors()["reference"]
    assert ch.ripening_time(**{name: reference[name] * factor}) > ch.ripening_time()
    for salt in ("phosphate", "ionised_calcium"):
        assert ch.ripening_time(**{salt: reference[salt] * factor}) < ch.ripening_time()


def test_ripening_time_refuses_what_it_does_not_know():
    with pytest.raises(InputError, match="choose from ionised_calcium"):
        ch.ripening_time(zinc=1)
    with pytest.raises(InputError, match="phosphate: -1 is outside its bounds"):
        ch.ripening_time(phosphate=-1)
