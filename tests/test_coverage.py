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


TOPICS, CLAIMS, QUESTIONS = rows("topics"), rows("claims"), rows("questions")


def occur(groups, text):
    """Return those of `groups` (`;` all, `|` either) that a text does not have."""
    return [g for g in groups.casefold().split(";") if not any(word.strip() in text for word in g.split("|"))]


def test_each_of_the_212_concepts_stands_once_in_the_table_and_is_asked():
    assert len({row["id"] for row in TOPICS}) == len(TOPICS) == 212
    assert Counter(row["page"] for row in TOPICS) == {"A": 54, "B": 53, "C": 17, "D": 55, "E": 33}
    assert {row["question"] for row in TOPICS} == {row["key"] for row in QUESTIONS}
    assert {row["notebook"] for row in QUESTIONS} <= set(NAMES)


@pytest.mark.parametrize("row", QUESTIONS, ids=lambda row: row["key"])
def test_a_question_has_an_answer_that_its_words_belong_to(row):
    assert row["question"].endswith("?")
    assert row["words"].strip(" ;|")
    assert not occur(row["answer_words"], f"{row['question']} {row['answer']}".casefold())


@pytest.mark.parametrize("name", sorted({row["notebook"] for row in QUESTIONS}))
def test_questions_are_answered_where_the_table_says(name):
    """The heading exists once; the section has the words of the subject and of the answer."""
    headings = Counter(section.heading for section in sections(name))
    prose = {section.heading: section.prose.casefold() for section in sections(name)}
    missing = []
    for row in (row for row in QUESTIONS if row["notebook"] == name):
        if headings[row["section"]] != 1:
            missing.append(f"{row['key']}: {headings[row['section']]} headings '{row['section']}'")
            continue
        words = f"{row['words']};{row['answer_words']}"
        absent = occur(words, prose[row["section"]])
        if absent:
            missing.append(f"{row['key']}: {absent} not in '{row['section']}'")
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
