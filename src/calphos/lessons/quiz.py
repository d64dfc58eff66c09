"""Marked questions: one file for each notebook, `data/quiz/NN.json`, of the form `data/schemas/quiz.json`.

The questions are ordinary widgets in a running notebook, and an offline block in a handout.
"""

import html
from functools import partial
from string import ascii_lowercase

import ipywidgets as widgets

from calphos.lessons.card import Card, card, line
from calphos.lessons.files import read_json, refuse
from calphos.panels.keyboard import button
from calphos.tables.errors import InputError, find, number
from calphos.tables.reading import data_dir


def load_quiz(name, folder=None):
    """Return the questions of quiz `name` ("00" to "13") as a list of dicts, checked against `data/schemas/quiz.json`.

    `folder` holds the files (default: `data/quiz`). Raises InputError naming file and field (`[2].answers[1]` is the first
    answer to the second question).
    """
    folder = data_dir() / "quiz" if folder is None else folder
    known = sorted(file.stem for file in folder.glob("*.json"))
    path = folder / f"{find(name, known, 'quiz')}.json"
    questions = read_json(path, "quiz")
    for place, question in enumerate(questions):
        for field in ("answer", "feedback"):
            texts = [answer[field] for answer in question["answers"] if field in answer]
            if len(set(texts)) < len(texts):
                refuse(path.name, [place, "answers"], f"two answers share one {field}; each needs its own")
        for at, answer in enumerate(question["answers"]):
            if "range" in answer and not answer["range"][0] < answer["range"][1]:
                refuse(path.name, [place, "answers", at, "range"], f"{answer['range']} is not [lower, upper]")
    return questions


def mark(question, given):
    """Return (right, feedback) for what a learner gave to one question.

    `given` is the text of an answer (multiple_choice), a collection of such texts (many_choice) or a number (numeric).
    """
    answers = question["answers"]
    if question["type"] == "many_choice":
        wrong = [answer for answer in answers if (answer["answer"] in given) != answer["correct"]]
        if not wrong:
            return True, " ".join(answer["feedback"] for answer in answers if answer["correct"])
        verbs = {True: "is missing", False: "does not belong"}
        return False, " ".join(f"“{one['answer']}” {verbs[one['correct']]}: {one['feedback']}" for one in wrong)
    if question["type"] == "multiple_choice":
        meant = next(answer for answer in answers if answer["answer"] == given)
    else:
        default = next(answer for answer in answers if answer["type"] == "default")
        ranges = (answer for answer in answers if answer["type"] == "range")
        meant = next((answer for answer in ranges if answer["range"][0] <= given < answer["range"][1]), default)
    return meant.get("correct", False), meant["feedback"]


class Quiz(Card):
    """The marked questions of a notebook, shown as the last line of a cell: `quiz("05")`. Errors are those of `load_quiz`."""

    def __init__(self, name, folder=None):
        self.name = name
        self.questions = load_quiz(name, folder)
        self.parts = [_Part(*numbered) for numbered in enumerate(self.questions, start=1)]
        self.box = card("quiz", *(part.box for part in self.parts))

    def __repr__(self):
        lines = [f"Quiz {self.name}"]
        for place, question in enumerate(self.questions, start=1):
            lines.append(f"{place}. {question['question']}")
            texts = (answer["answer"] for answer in question["answers"] if "answer" in answer)
            lines += [f"   {letter}) {text}" for letter, text in zip(ascii_lowercase, texts, strict=False)]
        return "\n".join(lines)


class _Part:
    """One question and its widgets: `control` is what the learner answers with, `feedback` what is said to it."""

    def __init__(self, place, question):
        self.question = question
        title = widgets.HTML(f'<div class="question">{place}. {html.escape(question["question"])}</div>')
        texts = [answer["answer"] for answer in question["answers"] if "answer" in answer]
        self.button = button("Check", f"Check question {place}", self._check)
        if question["type"] == "multiple_choice":
            shown = self.control = [
                button(text, "", partial(self._choose, place)).add_class("answer") for place, text in enumerate(texts)
            ]
        elif question["type"] == "many_choice":
            self.control = [widgets.Checkbox(description=text, indent=False) for text in texts]
            shown = [widgets.HTML('<div class="hint">Tick all that are right.</div>'), *self.control, self.button]
        else:
            self.control = widgets.Text(placeholder="a number", continuous_update=False)
            shown = [line(self.control, widgets.Label(question.get("unit", ""))), self.button]
        self.feedback = widgets.HTML()
        self.box = widgets.VBox([title, *shown, self.feedback], layout=widgets.Layout(margin="0 0 1.2em 0"))

    def _choose(self, place):
        text = self.question["answers"][place]["answer"]
        right = self._judge(text)
        # The sign stays on the answer, so that colour is not needed.
        self.control[place].description = f"{'✓' if right else '✗'} {text}"
        self.control[place].add_class("right" if right else "wrong")

    def _check(self):
        if self.question["type"] == "many_choice":
            self._judge({box.description for box in self.control if box.value})
            return
        try:
            self._judge(number(self.control.value.replace(",", ".").replace("−", "-"), "answer"))
        except InputError:
            self._show("", "Type a number first, for example 1.25.", "wrong")

    def _judge(self, given):
        right, text = mark(self.question, given)
        self._show("✓ Right. " if right else "✗ Not yet. ", text, "right" if right else "wrong")
        return right

    def _show(self, verdict, text, kind):
        # role="alert" makes a screen reader say the feedback when it appears.
        self.feedback.value = f'<div role="alert" class="{kind}"><b>{verdict}</b>{html.escape(text)}</div>'
