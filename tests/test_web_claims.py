"""The claims of public pages and the cards that show them."""

import re

import pytest

from calphos import InputError, claims

GROUPS = ("causes", "hormones", "chemistry", "treatment", "words_and_cases")


def test_the_groups_share_out_the_claims():
    shared_out = [claim for group in GROUPS for claim in claims(group).table["id"]]
    assert sorted(shared_out) == list(claims().table["id"])
    assert len(claims()) == 46


def test_claims_by_id_come_in_the_order_of_the_table():
    assert list(claims("FC13", "FC12").table["id"]) == ["FC12", "FC13"]


@pytest.mark.parametrize("name", ["FC47", "fc01", "", "cause"])
def test_an_unknown_claim_is_refused(name):
    with pytest.raises(InputError, match=r"no claim and no group .*words_and_cases"):
        claims(name)


def test_a_card_asks_in_the_open_and_folds_the_verdict_away():
    for row, card in zip(
        claims().table.to_dict("records"), claims()._repr_html_().split("</article>"), strict=False
    ):
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
