"""The marked questions: the files, the marking, the widgets."""

import copy
import json
import re

import pytest

from calphos import InputError
from calphos.lessons.quiz import Quiz, load_quiz, mark
from calphos.tables.reading import data_dir

CHOICE = {
    "question": "Which changes first?",
    "type": "multiple_choice",
    "answers": [
        {"answer": "Phosphate", "correct": False, "feedback": "Later."},
        {"answer": "FGF-23", "correct": True, "feedback": "Yes, first."},
        {"answer": "Calcium", "correct": False, "feedback": "Last."},
    ],
}
MANY = {
    "question": "Which lower TmP/GFR?",
    "type": "many_choice",
    "answers": [
        {"answer": "FGF-23", "correct": True, "feedback": "It does."},
        {"answer": "PTH", "correct": True, "feedback": "It does too."},
        {"answer": "A binder", "correct": False, "feedback": "It acts in the gut."},
    ],
}
NUMBER = {
    "question": "Half of 2.40 mmol/L?",
    "type": "numeric",
    "unit": "mmol/L",
    "answers": [
        {"type": "range", "range": [1.195, 1.205], "correct": True, "feedback": "Right."},
        {"type": "range", "range": [4.5, 5.0], "correct": False, "feedback": "That is mg/dL."},
        {"type": "default", "feedback": "Halve it."},
    ],
}


def answer(quiz, question, given):
    """Answer a question (from 1) as a learner does, by a choice (from 1), choices or a text; return what is said then."""
    part = quiz.parts[question - 1]
    if isinstance(given, int):
        part.control[given - 1].click()
    else:
        if isinstance(given, str):
            part.control.value = given
        else:
            for place, box in enumerate(part.control, start=1):
                box.value = place in given
        part.button.click()
    assert 'role="alert"' in part.feedback.value
    return re.sub("<.*?>", "", part.feedback.value)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "05.json").write_text(json.dumps([CHOICE, MANY, NUMBER]), encoding="utf-8")
    return tmp_path


def test_marking_gives_each_answer_its_own_feedback():
    assert mark(CHOICE, "FGF-23") == (True, "Yes, first.")
    assert mark(CHOICE, "Calcium") == (False, "Last.")
    assert mark(MANY, {"FGF-23", "PTH"})[0]
    right, text = mark(MANY, {"FGF-23", "A binder"})
    assert not right
    assert "“PTH” is missing" in text
    assert "“A binder” does not belong: It acts in the gut." in text
    assert mark(NUMBER, 1.2) == (True, "Right.")
    assert mark(NUMBER, 1.195)[0]
    assert mark(NUMBER, 1.205) == (False, "Halve it.")  # the upper end is the first that is too large
    assert mark(NUMBER, 1.21) == (False, "Halve it.")
    assert mark(NUMBER, 4.8) == (False, "That is mg/dL.")


def test_widgets_answer_as_a_learner_would(folder):
    asked = Quiz("05", folder)
    assert answer(asked, 1, 1) == "✗ Not yet. Later."
    assert answer(asked, 1, 2) == "✓ Right. Yes, first."
    buttons = [button.description for button in asked.parts[0].control]
    assert buttons == ["✗ Phosphate", "✓ FGF-23", "Calcium"]  # the sign stays, not colour alone
    assert answer(asked, 2, [1, 2]).startswith("✓")
    assert answer(asked, 3, "1,20") == "✓ Right. Right."  # a decimal comma is understood


def test_nothing_chosen_is_not_an_answer(folder):
    asked = Quiz("05", folder)
    for nothing in ("a lot", "nan", "inf", "-1e999", "0x1B", ""):
        assert "number" in answer(asked, 3, nothing)


def test_shown_text_is_the_same_every_time(folder):
    first, second = (Quiz("05", folder)._repr_mimebundle_() for _ in range(2))
    assert first["text/plain"] == second["text/plain"]
    assert "b) FGF-23" in first["text/plain"]
    assert "application/vnd.jupyter.widget-view+json" in first
    assert "text/html" not in first


def test_text_with_angle_brackets_is_shown_as_text(tmp_path):
    odd = copy.deepcopy(CHOICE)
    odd["question"] = "Is 1 < 2 & 3 > 2?"
    (tmp_path / "05.json").write_text(json.dumps([odd] * 3), encoding="utf-8")
    asked = Quiz("05", tmp_path)
    title = asked.parts[0].box.children[0]
    assert "1 &lt; 2 &amp; 3 &gt; 2" in title.value


def damaged(change, base=CHOICE):
    question = copy.deepcopy(base)
    change(question)
    return [CHOICE, question, NUMBER]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("[{", "not readable as JSON"),
        ("[" * 200_000, "not readable as JSON"),
        ("[" + "9" * 5000 + "]", "not finite"),
        ("[1e999]", "not finite"),
        ('[{"question": "a", "question": "b"}]', "stands twice"),
        ({}, "is not a list of 3 to 6 questions"),
        ([CHOICE], "is not a list of 3 to 6 questions"),
        ([CHOICE, "text", NUMBER], "field [2]: 'text' is not an object with question, type and answers"),
        (damaged(lambda q: q.update(type="essay")), "field [2].type: 'essay' is not one of"),
        (damaged(lambda q: q.pop("question")), "field [2]: 'question' is a required property"),
        (damaged(lambda q: q.update(hint="x")), "field [2]: Additional properties are not allowed ('hint' was"),
        (damaged(lambda q: q["answers"][0].pop("feedback")), "field [2].answers[1]: 'feedback' is a required property"),
        (
            damaged(lambda q: q["answers"][0].update(feedback="Last.")),
            "field [2].answers: two answers share one feedback",
        ),
        (
            damaged(lambda q: q["answers"][0].update(answer="Calcium")),
            "field [2].answers: two answers share one answer",
        ),
        (
            damaged(lambda q: q["answers"][0].update(correct="no")),
            "field [2].answers[1].correct: 'no' is not true or false",
        ),
        (damaged(lambda q: q["answers"][0].update(correct=True)), "is not a list with exactly one correct answer"),
        (
            damaged(lambda q: q.update(question="<b>Which?</b>")),
            "field [2].question: '<b>Which?</b>' is not a plain text",
        ),
        (damaged(lambda q: q.update(precision=2)), "field [2]: Additional properties are not allowed ('precision' was"),
        (
            damaged(lambda q: [a.update(correct=True) for a in q["answers"]], MANY),
            "at least one correct and one wrong answer",
        ),
        (damaged(lambda q: q["answers"].pop(), NUMBER), "exactly one of type default"),
        (
            damaged(lambda q: q["answers"][0].update(range=["1.2", 1.3]), NUMBER),
            "field [2].answers[1].range[1]: '1.2' is not of type 'number'",
        ),
        (
            damaged(lambda q: q["answers"][1].update(range=[5, 4]), NUMBER),
            "field [2].answers[2].range: [5, 4] is not [lower, upper]",
        ),
        (damaged(lambda q: q.update(precision=2), NUMBER), "field [2]: Additional properties are not allowed"),
    ],
)
def test_malformed_files_are_named(tmp_path, content, told):
    text = content if isinstance(content, str) else json.dumps(content)
    (tmp_path / "05.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_quiz("05", tmp_path)
    assert "05.json" in str(caught.value)
    assert told in str(caught.value)


def test_missing_quiz_lists_the_present_ones(folder):
    with pytest.raises(InputError, match=r"no quiz '99'.*05"):
        load_quiz("99", folder)


NAMES = sorted(path.stem for path in (data_dir() / "quiz").glob("*.json"))


@pytest.mark.parametrize("name", NAMES)
def test_every_quiz_of_the_collection_loads(name):
    asked = Quiz(name)
    for number, question in enumerate(asked.questions, start=1):
        if question["type"] == "multiple_choice":
            right = next(place for place, a in enumerate(question["answers"], start=1) if a["correct"])
            assert answer(asked, number, right).startswith("✓")
    assert len(asked.box.children) == len(asked.questions) + 1  # and the style sheet
