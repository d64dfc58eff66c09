"""The claims of public pages and the cards that show them."""

import re

import numpy as np
import pytest
from scipy.stats import binomtest, fisher_exact

from calphos import InputError, Patient, convert, quantity, simulate, steady_state
from calphos.chemistry import speciate
from calphos.lessons.claims import claims

GROUPS = ("causes", "hormones", "chemistry", "treatment", "words_and_cases")


def test_the_groups_share_out_the_claims():
    shared_out = [claim for group in GROUPS for claim in claims(group).table["id"]]
    assert sorted(shared_out) == list(claims().table["id"])
    assert len(claims().table) == 46


def test_claims_by_id_come_in_the_order_of_the_table():
    assert list(claims("FC13", "FC12").table["id"]) == ["FC12", "FC13"]


@pytest.mark.parametrize(
    ("name", "hint"), [("FC47", "mean FC4"), ("fc01", "mean FC"), ("", "words_and_cases"), ("cause", "mean causes")]
)
def test_an_unknown_claim_is_refused(name, hint):
    with pytest.raises(InputError, match=f"no claim or group '{name}': .*{hint}"):
        claims(name)


def test_a_card_asks_in_the_open_and_folds_the_verdict_away():
    cards = claims()._repr_html_().split("</article>")[:-1]
    for row, card in zip(claims().table.to_dict("records"), cards, strict=True):
        text = re.sub(r"\s+", " ", card)
        shown, folded = text.split("<details>")
        assert f'id="{row["id"]}"' in shown
        assert row["predict"].split("?")[0].split("'")[0] in shown.replace("&#x27;", "'")
        assert f"<b>Verdict.</b> {row['verdict']}" in folded
        assert row["verdict"] not in shown or row["verdict"] in row["claim"]
        assert text.count("<details>") == text.count("</details>") == 1


def test_the_text_form_gives_no_verdict_away():
    assert "FC12" in repr(claims("chemistry"))
    assert "contradicted" not in repr(claims("chemistry"))


# What the cards say the model, the chemistry or the arithmetic shows.


def final(days, **settings):
    return simulate(Patient(**settings), days=days).final


def test_an_adenoma_moves_the_product_less_than_calcium_or_phosphate():  # FC02
    well, ill = final(730), final(730, adenoma=4)
    assert ill["total_calcium"] > quantity("total_calcium").interval()[1]
    assert ill["phosphate"] < well["phosphate"]
    calcium, product = (ill[name] / well[name] for name in ("total_calcium", "calcium_phosphate_product"))
    assert product < 1 + (calcium - 1) * 0.75


def test_a_supplement_does_not_lower_calcium_in_hyperparathyroidism():  # FC05
    without, supplied = (final(365, adenoma=4, sunlight=0.2, native_vitamin_d=dose) for dose in (0, 50))
    assert supplied["calcidiol"] > 1.5 * without["calcidiol"]
    assert supplied["total_calcium"] >= without["total_calcium"]


def test_bath_calcium_decides_the_direction():  # FC09
    low, high = (final(28, gfr=5, dialysis=0.0714, bath_calcium=bath)["calcium_balance"] for bath in (1.25, 1.75))
    assert low < 0 < high


def test_order_of_events_in_kidney_disease():  # FC16, FC17, FC39
    mild, severe = (steady_state(Patient(gfr=gfr)) for gfr in (30, 20))
    assert mild["fgf23"] > quantity("fgf23").interval()[1]
    assert mild["phosphate"] < quantity("phosphate").interval()[1]
    assert severe["pth"] > quantity("pth").interval()[1]
    assert severe["total_calcium"] < quantity("total_calcium").interval()[1]
    assert steady_state(Patient(gfr=30, fgf23_response=0))["phosphate"] > mild["phosphate"]


def test_less_calcium_in_food_raises_pth_and_calcitriol():  # FC30
    usual, less = (steady_state(Patient(diet_calcium=diet)) for diet in (25, 10))
    assert less["pth"] > usual["pth"]
    assert less["calcitriol"] > usual["calcitriol"]


def test_calcium_rises_when_bone_is_idle():  # FC45
    assert final(60, immobilisation=0.9)["total_calcium"] > 1.02 * final(60)["total_calcium"]


def test_equal_products_have_unequal_saturation():  # FC12
    index = speciate(calcium=np.array([2.9, 1.8]), phosphate=np.array([1.5, 2.9 * 1.5 / 1.8])).saturation_index
    assert index["brushite"][0] == pytest.approx(index["brushite"][1], abs=0.02)
    assert index["apatite"][0] - index["apatite"][1] > 0.5
    healthy = speciate().saturation_index
    assert healthy["brushite"] < 0 < healthy["apatite"]


def test_alkali_favours_apatite_and_hardly_brushite():  # FC18
    index = speciate(ph=np.array([7.4, 7.5])).saturation_index
    assert np.diff(index["apatite"])[0] > 0.4
    assert abs(np.diff(index["brushite"])[0]) < 0.05


def test_apatite_dissolves_only_below_a_thousandth_of_normal_phosphate():  # FC08, FC25
    index = speciate(phosphate=1.15 / np.array([1000, 3000])).saturation_index["apatite"]
    assert index[0] > 0 > index[1]


def test_arithmetic_on_the_cards():  # FC01, FC13, FC36, FC42, FC43, FC44
    found = dict(claims().table.set_index("id")["finding"])
    assert f"{100 * 44 / 56:.0f} % of 56" in found["FC01"]
    assert f"{100 * 8 / 18:.0f} % of 18" in found["FC01"]
    factor = convert(1, "calcium_phosphate_product")
    assert f"55 mg²/dL² is {55 / factor:.1f} and 70 is {70 / factor:.1f} mmol²/L²" in found["FC13"]
    assert f"{2.9 * 0.75:.1f} against {2.4 * 1.9:.1f} mmol²/L²" in found["FC36"]
    ill, of, well, among = map(int, re.search(r"(\d+) of (\d+) on dialysis, (\d+) of (\d+)", found["FC42"]).groups())
    chance = fisher_exact([[ill, of - ill], [well, among - well]]).pvalue
    assert ("Chance does not explain it" in found["FC42"]) == (chance < 0.001)
    lungs = binomtest(9, 15).proportion_ci(method="wilson")
    assert f"Lung 9 of 15 (interval {100 * lungs.low:.0f}–{100 * lungs.high:.0f} %)" in found["FC43"]
    assert f"11 of 125 ({100 * 11 / 125:.1f} %)" in found["FC44"]
