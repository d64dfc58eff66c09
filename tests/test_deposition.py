"""Deposition at sites: the same rules as the body, directions, reversibility, treatments and the studies beside them."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from scipy.integrate import solve_ivp

from calphos import InputError
from calphos.chemistry import sites as dep
from calphos.chemistry.speciation import speciate
from calphos.model.body import soft_tissue
from calphos.model.changes import changes, disorders, treatments as body_treatments
from calphos.model.parameters import parameter
from calphos.model.patient import Patient
from calphos.model.profiles import DAY, steps
from calphos.model.simulation import simulate
from calphos.tables.reading import data_dir
from calphos.tables.references import reference

BLOOD = parameter("healthy_ph").value


def test_sites_add_up_to_the_body():
    """The body's own simulation solves the same rules with its own solver, coupled to blood."""
    patient = Patient(disorder="tumoral calcinosis", severity=0.9)
    course = simulate(patient, years=5)
    sites = dep.site_table(patient, years=5, ph=BLOOD)
    assert sites["labile"].sum() == pytest.approx(course.final["labile_deposit"], rel=2e-3)
    assert sites["mature"].sum() == pytest.approx(course.final["mature_deposit"], rel=2e-3)


def test_shares_of_sites_are_whole():
    table = dep.by_name("sites")
    assert table["exposure"].sum() == pytest.approx(1)
    assert table["vessel"].sum() == pytest.approx(1)


def test_steps_agree_with_a_general_solver():
    p = Patient(injury=0.2, fetuin_a=0.7).at(0.0)
    blood = dep.Sense(calcium=1.05, phosphate=1.4, klotho=0.4)

    def rates(_, y):
        r = soft_tissue.soft_tissue(
            SimpleNamespace(labile_deposit=y[0], mature_deposit=y[1], osteogenic=y[2]), p, blood
        )
        return r.deposited - r.dissolved - r.matured, r.matured + r.grown - r.lost, r.osteogenic

    end = 3 * 365.25 * DAY
    at = dep.by_name("sites")[["exposure", "vessel"]].assign(ph=BLOOD, injury=0.2)
    start = dep._start(at)
    y0 = [start[0].sum(), start[1].sum(), p.osteogenic_rest]
    expected = solve_ivp(rates, (0, end), y0, method="LSODA", rtol=1e-9, atol=1e-12).y[:, -1]
    hours = np.linspace(0, end, 601)
    sense = dep.Sense(*(np.full((601, 1), value) for value in blood))
    labile, mature, _ = dep._integrate(hours, p, sense, dep._at_sites(p, at), at)
    assert labile[-1].sum() == pytest.approx(expected[0], rel=1e-4)
    assert mature[-1].sum() == pytest.approx(expected[1], rel=1e-4)


def test_health_gains_nothing_anywhere():
    table = dep.site_table(years=10)
    assert table["gained"].abs().max() < 1e-3 * table["mature"].max()
    assert table.attrs["ripening_time"] == pytest.approx(329, abs=0.1)


def test_pace_at_an_alkaline_site_by_hand():
    """Precursor falls out as its saturation, times a smooth step at saturation."""
    full, power = parameter("precursor_saturation").value, parameter("precipitation_power").value
    more = full * 10 ** (0.1 * parameter("precursor_ph").value)
    expected = (more / full) * (more / full) ** power * (1 + full**power) / (1 + more**power)
    own, alkaline = (dep.site_table(ph=ph)["laid_down"]["lung"] for ph in (BLOOD, BLOOD + 0.1))
    assert alkaline / own == pytest.approx(expected, rel=1e-3)


def test_the_precursors_saturation_is_that_of_the_chemistry():
    """The body's power form against the speciation of plasma, in the range that blood and tissue reach."""
    p = SimpleNamespace(**Patient().at(0.0)._asdict())
    for calcium, phosphate, ph in (
        (1, 1, 7.4),
        (1.5, 1, 7.4),
        (0.7, 1, 7.4),
        (1, 2.5, 7.4),
        (1, 0.6, 7.4),
        (1.3, 2, 7.6),
        (1, 1, 7.1),
    ):
        p.ph_site = ph
        ours = soft_tissue.saturation(p, SimpleNamespace(calcium=calcium, phosphate=phosphate))
        plasma = {"ionised_calcium": 1.2 * calcium, "phosphate": 1.15 * phosphate, "ph": ph}
        assert np.log10(ours) == pytest.approx(speciate(**plasma).saturation_index["brushite"], abs=0.03), plasma


@settings(max_examples=10, deadline=None)
@given(st.sampled_from(["lung", "media", "skin", "cornea"]), st.floats(7.0, 7.6))
def test_alkali_favours_its_own_site_only(site, ph):
    patient = Patient(disorder="tumoral calcinosis", severity=0.9)
    blood = dict.fromkeys(dep.by_name("sites").index, BLOOD)
    low, high = (dep.site_table(patient, years=2, ph={**blood, site: x}) for x in (ph, ph + 0.1))
    assert high.loc[site, "laid_down"] > low.loc[site, "laid_down"]
    others = [s for s in low.index if s != site]
    assert high.loc[others, "laid_down"].to_numpy() == pytest.approx(low.loc[others, "laid_down"].to_numpy())


@pytest.mark.parametrize("inhibitor", ["fetuin_a", "pyrophosphate", "magnesium"])
def test_inhibitors_hold_mineral_in_solution(inhibitor):
    normal = parameter(inhibitor).value
    less, more = (dep.site_table(years=5, **{inhibitor: normal * f})["laid_down"].sum() for f in (0.7, 1.3))
    assert more < dep.site_table(years=5)["laid_down"].sum() < less


def test_injury_calcifies_in_normal_blood_and_only_there():
    whole, hurt = dep.site_table(years=5), dep.site_table(years=5, injury={"intima": 0.5})
    assert hurt.loc["intima", "gained"] > 0.1
    same = [s for s in whole.index if s != "intima"]
    assert hurt.loc[same, "gained"].to_numpy() == pytest.approx(whole.loc[same, "gained"].to_numpy(), abs=1e-9)


def test_each_kind_lands_where_it_is_known_for():
    tables = {kind: dep.site_table(kind=kind, years=5) for kind in dep.by_name("calcification_kinds").index}
    gained = pd.DataFrame({kind: table["gained"] for kind, table in tables.items()})
    expected = {
        "dystrophic": "skin",
        "intimal": "intima",
        "tumoral": "periarticular",
        "medial": "media",
        "calciphylaxis": "skin",
    }
    assert {kind: gained[kind].idxmax() for kind in expected} == expected
    assert set(gained["PXE"].nlargest(2).index) == {"media", "skin"}
    assert all(table.attrs["note"] == dep.ASSUMED for table in tables.values())


def test_labile_mineral_goes_and_mature_mineral_stays():
    sick, cured = 0.03, 1.0
    patient = Patient(fgf23_production=steps(days={0: sick, 730: cured}))
    course = dep.site_course(patient, years=4, ph=BLOOD)
    at_cure = course.loc[: 730 + 1].iloc[-1]
    end = course.iloc[-1]
    before, after = (row.groupby(level=1).sum() for row in (at_cure, end))
    assert after["labile"] < 0.1 * before["labile"]
    assert after["mature"] > 0.85 * before["mature"]
    assert course.attrs["note"] == dep.ASSUMED


def test_treatments_act_where_they_are_said_to():
    table = dep.compare_treatments("medial", years=3)
    assert table.loc["SNF472", "laid_down"] == pytest.approx(50, abs=0.1)  # half the growth on every crystal
    assert table.loc["sodium thiosulfate", "laid_down"] == pytest.approx(80, abs=0.1)
    assert (table["laid_down"] < 100).all()
    assert table.loc["SNF472", "in_the_model"] == "less"
    treated, plain = (dep.site_table(kind="medial", years=3, treatment=t)["laid_down"] for t in ("vitamin K", None))
    assert treated["lung"] == pytest.approx(plain["lung"])
    assert treated["media"] < 0.9 * plain["media"]
    assert "haemodialysis" not in dep.compare_treatments("intimal", years=2).index


def test_no_dose_is_no_treatment():
    plain = dep.site_table(kind="PXE", years=2)
    for name in ("SNF472", "magnesium", "pyrophosphate", "vitamin K"):
        none = dep.site_table(kind="PXE", years=2, treatment=name, dose=0)
        assert none["laid_down"].to_numpy() == pytest.approx(plain["laid_down"].to_numpy()), name


def test_studies_are_counted_with_their_null_results():
    assert (reference("trials", treatment="etidronate", trial="TEMP")["p"] == "0.465").any()
    nulls = reference("calcification_trials", trial=["MAGiCAL-CKD", "iPACK-HD"]).set_index("treatment")["note"]
    assert "not slowed" in nulls["magnesium"]
    assert "no difference" in nulls["vitamin K"]
    table = dep.compare_treatments(years=1)
    rows = pd.concat([pd.read_csv(data_dir() / f"{name}.csv") for name in ("trials", "calcification_trials")])
    rows = rows[rows["kind"].isin(["surrogate", "outcome", "harm", "experiment"])]
    for name, count in table["studies"].items():
        own = rows.loc[rows["treatment"] == name, ["trial", "population", "outcome", "p", "source"]].fillna("")
        assert count == len({tuple(row) for row in own.to_numpy()}), name
    assert table.loc["magnesium", "studies"] > 2


def test_tables_refer_to_what_exists():
    known = set(pd.read_csv(data_dir() / "sources.csv")["key"]) | {""}
    kinds, treatments = dep.by_name("calcification_kinds"), reference("calcification_treatments")
    for table in (dep.by_name("sites").fillna(""), kinds, treatments):
        assert set(table["source"]) <= known
    assert set(filter(None, kinds["disorder"])) <= set(disorders())
    assert set(filter(None, treatments["treatment"])) <= set(body_treatments())
    changed = changes("calcification kind")
    assert set(changed) <= set(kinds.index)
    for change in (change for found in changed.values() for change in found):
        assert change.site in dep.by_name("sites").index
        assert change.setting in ("injury", "ph", "exposure")
    assert set(changes("calcification treatment")) <= set(treatments["name"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"kind": "magic"}, "there is no kind 'magic': "),
        ({"treatment": "honey"}, "no treatment 'honey'"),
        ({"ph": {"moon": 7.4}}, "no site 'moon'"),
        ({"ph": 3}, "ph_site: 3 is outside"),
        ({"injury": {"skin": 2}}, "injury: 2 is outside"),
        ({"treatment": "SNF472", "dose": 2}, "dose: 2 is outside its bounds"),
        ({"fetuin": 0.5}, "no parameter 'fetuin'"),
        ({"patient": 3}, "must be a Patient"),
    ],
)
def test_bad_input_is_refused(arguments, words):
    with pytest.raises(InputError, match=words):
        dep.site_table(**arguments)
