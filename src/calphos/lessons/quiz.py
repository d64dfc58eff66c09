"""Marked questions: one file for each notebook, `data/quiz/NN.json`, of the form `data/schemas/quiz.json`.

The questions are ordinary widgets in a running notebook, and an offline block in a handout.
"""

import functools
import html
import math

from calphos.lessons.card import Card, button, card, line
from calphos.lessons.files import read_json, refuse
from calphos.tables.errors import InputError
from calphos.tables.files import data_dir


def load_quiz(name, folder=None):
    """Return the questions of quiz `name` ("00" to "13") as a list of dicts, checked against `data/schemas/quiz.json`.

    `folder` holds the files (default: `data/quiz`). Raises InputError naming file and field; `[2].answers[1].feedback`
    is the feedback of the first answer to the second question.
    """
    folder = data_dir() / "quiz" if folder is None else folder
    path = folder / f"{name}.json"
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in folder.glob("*.json"))) or "none yet"
        raise InputError(f"there is no quiz {name!r} (no file {path.name}); the quizzes are: {known}")
    questions = read_json(path, "quiz")
    for number, question in enumerate(questions):
        for field in ("answer", "feedback"):
            texts = [answer[field] for answer in question["answers"] if field in answer]
            if len(set(texts)) < len(texts):
                refuse(path.name, [number, "answers"], f"two answers share one {field}; each needs its own")
        for place, answer in enumerate(question["answers"]):
            if "range" in answer and not answer["range"][0] < answer["range"][1]:
                refuse(path.name, [number, "answers", place, "range"], f"{answer['range']} is not [lower, upper]")
    return questions


def mark(question, given):
    """Return (right, feedback) for what a learner gave to one question.

    `given` is the text of an answer (multiple_choice), a collection of such texts (many_choice) or a number (numeric).
    """
    answers = question["answers"]
    if question["type"] == "numeric":
        return _mark_number(question, float(given))
    if question["type"] == "multiple_choice":
        chosen = next(answer for answer in answers if answer["answer"] == given)
        return chosen["correct"], chosen["feedback"]
    wrong = [answer for answer in answers if (answer["answer"] in given) != answer["correct"]]
    told = wrong or [answer for answer in answers if answer["correct"]]
    return not wrong, " ".join(_told(answer, given, bool(wrong)) for answer in told)


def _told(answer, given, wrong):
    if not wrong:
        return answer["feedback"]
    verb = "does not belong" if answer["answer"] in given else "is missing"
    return f"“{answer['answer']}” {verb}: {answer['feedback']}"


def _mark_number(question, given):
    digits = question.get("precision")
    shown = float(f"{given:.{digits}g}") if digits else given
    for answer in question["answers"]:
        if answer["type"] == "value":
            value = float(f"{answer['value']:.{digits}g}") if digits else answer["value"]
            hit = shown == value
        else:
            hit = answer["type"] == "range" and answer["range"][0] <= shown < answer["range"][1]
        if hit:
            return answer["correct"], answer["feedback"]
    return False, next(answer["feedback"] for answer in question["answers"] if answer["type"] == "default")


class Quiz(Card):
    """The questions of one notebook; shown as the last line of a cell. Made by `quiz("05")`."""

    def __init__(self, name, folder=None):
        self.name = name
        self.questions = load_quiz(name, folder)
        self.tries = [0] * len(self.questions)
        self.first_right = [False] * len(self.questions)

    def answer(self, number, given):
        """Answer question `number` (from 1) as a learner would and return the feedback as text.

        `given` is the number of an answer (from 1), a list of such numbers (many_choice), or the value (numeric).
        """
        if not (isinstance(number, int) and 1 <= number <= len(self.questions)):
            raise InputError(f"question {number!r}: the questions are 1 to {len(self.questions)}")
        question, part = self.questions[number - 1], self.parts[number - 1]
        if question["type"] == "numeric":
            part.control.value = str(given)
        else:
            texts = [answer["answer"] for answer in question["answers"]]
            chosen = [given] if isinstance(given, int) else list(given)
            if not all(isinstance(item, int) and 1 <= item <= len(texts) for item in chosen) or not chosen:
                raise InputError(f"question {number}: {given!r}: the answers are 1 to {len(texts)}")
            if question["type"] == "multiple_choice":
                part.control[chosen[0] - 1].click()
                return part.said
            for place, box in enumerate(part.control, start=1):
                box.value = place in chosen
        part.button.click()
        return part.said

    @property
    def summary(self):
        """One line of text: how many questions are answered, and how many were right at the first try."""
        done = sum(tries > 0 for tries in self.tries)
        return f"{sum(self.first_right)} right at the first try, {done} of {len(self.questions)} questions answered"

    def _note(self, number, right):
        self.tries[number] += 1
        if self.tries[number] == 1:
            self.first_right[number] = right

    @functools.cached_property
    def parts(self):
        """The widgets of each question."""
        return [_Part(self, number) for number in range(len(self.questions))]

    def _build(self):
        return card("quiz", *(part.box for part in self.parts))

    def __repr__(self):
        lines = [f"Quiz {self.name}"]
        for number, question in enumerate(self.questions, start=1):
            lines.append(f"{number}. {question['question']}")
            if question["type"] != "numeric":
                texts = (answer["answer"] for answer in question["answers"])
                lines += [f"   {chr(96 + place)}) {text}" for place, text in enumerate(texts, start=1)]
        return "\n".join(lines)


class _Part:
    def __init__(self, quiz, number):
        import ipywidgets as widgets

        self._quiz, self._number = quiz, number
        self._question = question = quiz.questions[number]
        self.said = ""
        title = widgets.HTML(f'<div class="question">{number + 1}. {html.escape(question["question"])}</div>')
        texts = [answer["answer"] for answer in question["answers"] if "answer" in answer]
        self.button = button("Check", f"Check question {number + 1}", self._check)
        if question["type"] == "multiple_choice":
            self.control = [self._answer_button(text) for text in texts]
            shown = self.control
        elif question["type"] == "many_choice":
            self.control = [widgets.Checkbox(description=text, indent=False) for text in texts]
            shown = [widgets.HTML('<div class="hint">Tick all that are right.</div>'), *self.control, self.button]
        else:
            self.control = widgets.Text(placeholder="a number", continuous_update=False)
            unit = widgets.Label(question.get("unit", ""))
            shown = [line(self.control, unit), self.button]
        self._feedback = widgets.HTML()
        self.box = widgets.VBox([title, *shown, self._feedback])
        self.box.layout.margin = "0 0 1.2em 0"

    def _answer_button(self, text):
        made = button(text, "", lambda: self._choose(made, text), "auto")
        made.layout.height = "auto"
        made.add_class("answer")
        return made

    def _choose(self, chosen, text):
        self._judge(text)
        right = next(answer["correct"] for answer in self._question["answers"] if answer["answer"] == text)
        # The sign stays on the answer, so that colour is not needed.
        chosen.description = f"{'✓' if right else '✗'} {text}"
        chosen.add_class("right" if right else "wrong")

    def _check(self):
        try:
            self._judge(self._given())
        except InputError as problem:
            self._show("", str(problem), "wrong")

    def _judge(self, given):
        right, text = mark(self._question, given)
        self._quiz._note(self._number, right)
        self._show("✓ Right. " if right else "✗ Not yet. ", text, "right" if right else "wrong")

    def _given(self):
        if self._question["type"] == "many_choice":
            return {box.description for box in self.control if box.value}
        try:
            given = float(self.control.value.replace(",", ".").replace("−", "-"))
        except ValueError:
            given = math.nan
        if not math.isfinite(given):
            raise InputError("Type a number first, for example 1.25.")
        return given

    def _show(self, verdict, text, kind):
        self.said = verdict + text
        # role="alert" makes a screen reader say the feedback when it appears.
        self._feedback.value = f'<div role="alert" class="{kind}"><b>{verdict}</b>{html.escape(text)}</div>'


def quiz(name):
    """Return the marked quiz of a notebook, shown when it is the last line of a cell: `quiz("05")`.

    Raises InputError when the file is missing or malformed.
    """
    return Quiz(name)
