"""Every concept has a place where it is taught, and every claim of notebook 12 its verdict."""

import csv
import html
import re
from collections import Counter

import pytest
from notebook_text import NAMES, ROOT, numbered, sections


def rows(name):
    with open(ROOT / "data" / f"{name}.csv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


TOPICS, CLAIMS = rows("topics"), rows("claims")


def test_each_of_the_212_concepts_stands_once_in_the_table():
    assert len({row["id"] for row in TOPICS}) == len(TOPICS) == 212
    assert Counter(row["page"] for row in TOPICS) == {"A": 54, "B": 53, "C": 17, "D": 55, "E": 33}
    assert {row["notebook"] for row in TOPICS} <= set(NAMES)
    assert all(row["words"].strip(" ;|") for row in TOPICS)


@pytest.mark.parametrize("name", sorted({row["notebook"] for row in TOPICS}))
def test_concepts_are_taught_where_the_table_says(name):
    """The heading exists once, and the concept's words (`;` all, `|` either) occur in that section's prose."""
    headings = Counter(section.heading for section in sections(name))
    prose = {section.heading: section.prose.casefold() for section in sections(name)}
    missing = []
    for row in (row for row in TOPICS if row["notebook"] == name):
        if headings[row["section"]] != 1:
            missing.append(f"{row['id']}: {headings[row['section']]} headings '{row['section']}'")
            continue
        for group in row["words"].casefold().split(";"):
            if not any(word.strip() in prose[row["section"]] for word in group.split("|")):
                missing.append(f"{row['id']} ({row['concept']}): '{group}' not in '{row['section']}'")
    assert not missing, "\n".join(missing)


def shown_claims():
    """Return claim id -> (section heading, text shown) from the cards that notebook 12 displays."""
    found = {}
    for section in numbered("12_reading_the_web"):
        for cell in section.cells:
            for output in cell.get("outputs", []):
                page = output.get("data", {}).get("text/html", "")
                for card in re.finditer(r'<article[^>]*id="(FC\d\d)".*?</article>', page, re.DOTALL):
                    text = html.unescape(re.sub(r"<[^>]+>", " ", card[0]))
                    found.setdefault(card[1], []).append((section.heading, " ".join(text.split())))
    return found


def test_the_claims_are_all_there():
    assert [row["id"] for row in CLAIMS] == [f"FC{number:02d}" for number in range(1, 47)]
    required = ("page", "claim", "predict", "test", "finding", "verdict", "lesson")
    empty = [f"{row['id']}: {column}" for row in CLAIMS for column in required if not row[column].strip()]
    assert not empty, empty


def test_notebook_12_shows_each_claim_once_with_prediction_test_verdict_and_lesson():
    shown, missing = shown_claims(), []
    for row in CLAIMS:
        cards = shown.get(row["id"], [])
        if len(cards) != 1:
            missing.append(f"{row['id']}: shown {len(cards)} times")
            continue
        for column in ("claim", "predict", "test", "finding", "verdict", "lesson"):
            if " ".join(row[column].split()) not in cards[0][1]:
                missing.append(f"{row['id']}: its {column} is not shown")
    assert not missing, "\n".join(missing)


def test_a_verdict_has_a_source_or_says_that_none_was_found():
    sources = {row["key"] for row in rows("sources")}
    bad = []
    for row in CLAIMS:
        keys = [key.strip() for key in row["citations"].split(";") if key.strip()]
        bad += [f"{row['id']}: no source {key!r}" for key in keys if key not in sources]
        if not keys and not row["unchecked_part"].strip():
            bad.append(f"{row['id']}: neither a source nor a word on what is unchecked")
    assert not bad, "\n".join(bad)
