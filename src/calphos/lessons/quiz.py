"""Marked questions: one file for each notebook, `data/quiz/NN.json`, in the format of jupyterquiz.

The files stay readable by jupyterquiz, but its display is not used: it writes random element names and its whole
script into every cell output, can fetch MathJax from the internet, and does not announce its feedback to screen
readers. Here the questions are ordinary widgets in a running notebook, and an offline block in a handout.
"""

import html
import json
import math
import os
import re

from calphos.lessons.keyboard import style_sheet
from calphos.tables.errors import InputError
from calphos.tables.files import data_dir

_TYPES = ("multiple_choice", "many_choice", "numeric")
_QUESTION_FIELDS = {"question", "type", "answers", "precision", "unit"}
_CHOICE_FIELDS = {"answer", "correct", "feedback"}
_NUMERIC_FIELDS = {
    "value": {"type", "value", "correct", "feedback"},
    "range": {"type", "range", "correct", "feedback"},
    "default": {"type", "feedback"},
}
_FEWEST, _MOST = 3, 6
_MARKUP = re.compile(r"</?[a-zA-Z][^>]*>|\$|&[a-z]+;")


def load_quiz(name, folder=None):
    """Return the questions of quiz `name` ("00" to "13") as a list of dicts, checked.

    `folder` holds the files (default: `data/quiz`). Raises InputError naming file, question and field.
    """
    folder = data_dir() / "quiz" if folder is None else folder
    path = folder / f"{name}.json"
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in folder.glob("*.json"))) or "none yet"
        raise InputError(f"there is no quiz {name!r} (no file {path.name}); the quizzes are: {known}")
    try:
        questions = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as problem:
        raise InputError(f"{path.name}: not readable as JSON: {problem}") from None
    if not isinstance(questions, list) or not _FEWEST <= len(questions) <= _MOST:
        raise InputError(f"{path.name}: must be a list of {_FEWEST} to {_MOST} questions")
    for number, question in enumerate(questions, start=1):
        _check_question(question, f"{path.name}, question {number}")
    return questions


def _check_question(question, where):
    _check_fields(question, _QUESTION_FIELDS, where)
    _check_text(question, "question", where)
    kind = question.get("type")
    if kind not in _TYPES:
        raise InputError(f"{where}, field type: {kind!r} is not one of {', '.join(_TYPES)}")
    answers = question.get("answers")
    if not isinstance(answers, list) or len(answers) < 2:
        raise InputError(f"{where}, field answers: must be a list of two or more answers")
    for number, answer in enumerate(answers, start=1):
        _check_answer(answer, kind, f"{where}, answer {number}")
    feedback = [answer["feedback"] for answer in answers]
    if len(set(feedback)) < len(feedback):
        raise InputError(f"{where}, field feedback: two answers share one feedback; each needs its own")
    right = sum(answer.get("correct", False) for answer in answers)
    if kind == "numeric":
        if right < 1 or sum(answer["type"] == "default" for answer in answers) != 1:
            raise InputError(
                f"{where}, field answers: numeric needs one or more correct answers and exactly one of type default"
            )
        if "precision" in question and (type(question["precision"]) is not int or question["precision"] < 1):
            raise InputError(f"{where}, field precision: must be a whole number of significant digits, 1 or more")
        if "unit" in question:
            _check_text(question, "unit", where)
    else:
        for field in ("precision", "unit"):
            if field in question:
                raise InputError(f"{where}, field {field}: only numeric questions have one")
        if len({answer["answer"] for answer in answers}) < len(answers):
            raise InputError(f"{where}, field answer: two answers have the same text")
        if kind == "multiple_choice" and right != 1:
            raise InputError(f"{where}, field correct: multiple_choice needs exactly one correct answer, found {right}")
        if kind == "many_choice" and not 1 <= right < len(answers):
            raise InputError(f"{where}, field correct: many_choice needs at least one correct and one wrong answer")


def _check_answer(answer, kind, where):
    if kind == "numeric":
        form = answer.get("type") if isinstance(answer, dict) else None
        if form not in _NUMERIC_FIELDS:
            raise InputError(f"{where}, field type: {form!r} is not one of {', '.join(_NUMERIC_FIELDS)}")
        _check_fields(answer, _NUMERIC_FIELDS[form], where)
        if form == "value" and not _is_number(answer.get("value")):
            raise InputError(f"{where}, field value: {answer.get('value')!r} is not a number")
        if form == "range":
            limits = answer.get("range")
            if not (
                isinstance(limits, list) and len(limits) == 2 and all(map(_is_number, limits)) and limits[0] < limits[1]
            ):
                raise InputError(f"{where}, field range: {limits!r} is not [lower, upper] with lower below upper")
    else:
        _check_fields(answer, _CHOICE_FIELDS, where)
        _check_text(answer, "answer", where)
    _check_text(answer, "feedback", where)
    if answer.get("type") != "default" and not isinstance(answer.get("correct"), bool):
        raise InputError(f"{where}, field correct: {answer.get('correct')!r} is neither true nor false")


def _check_fields(row, allowed, where):
    if not isinstance(row, dict):
        raise InputError(f"{where}: must be an object with the fields {', '.join(sorted(allowed))}")
    for field in row:
        if field not in allowed:
            raise InputError(f"{where}, field {field}: unknown; the fields are {', '.join(sorted(allowed))}")


def _check_text(row, field, where):
    text = row.get(field)
    if not isinstance(text, str) or not text.strip():
        raise InputError(f"{where}, field {field}: a text is missing")
    found = _MARKUP.search(text)
    if found:
        raise InputError(
            f"{where}, field {field}: plain text only, without {found.group()!r} (use characters such as ² or µ)"
        )


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


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


class Quiz:
    """The questions of one notebook; shown as the last line of a cell. Made by `quiz("05")`."""

    def __init__(self, name, folder=None):
        self.name = name
        self.questions = load_quiz(name, folder)
        self.tries = [0] * len(self.questions)
        self.first_right = [False] * len(self.questions)
        self._view = None

    def answer(self, number, given):
        """Answer question `number` (from 1) as a learner would and return the feedback as text.

        `given` is the number of an answer (from 1), a list of such numbers (many_choice), or the value (numeric).
        """
        if not (isinstance(number, int) and 1 <= number <= len(self.questions)):
            raise InputError(f"question {number!r}: the questions are 1 to {len(self.questions)}")
        question = self.questions[number - 1]
        part = self._widgets().parts[number - 1]
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

    def _widgets(self):
        if self._view is None:
            self._view = _View(self)
        return self._view

    def __repr__(self):
        lines = [f"Quiz {self.name}"]
        for number, question in enumerate(self.questions, start=1):
            lines.append(f"{number}. {question['question']}")
            if question["type"] != "numeric":
                lines += [
                    f"   {chr(96 + place)}) {answer['answer']}"
                    for place, answer in enumerate(question["answers"], start=1)
                ]
        return "\n".join(lines)

    def _repr_mimebundle_(self, **_):
        if os.environ.get("CALPHOS_HANDOUT") == "1":
            from calphos.handouts import quiz_block

            return {"text/plain": repr(self), "text/html": quiz_block(self.questions)}
        return {**self._widgets().box._repr_mimebundle_(), "text/plain": repr(self)}


_RULES = """
.calphos-quiz { max-width: 46em; font-size: 12pt; line-height: 1.4; }
.calphos-quiz .question { font-weight: 600; font-size: 12pt; line-height: 1.4; }
.calphos-quiz .widget-checkbox { width: auto; height: auto; }
.calphos-quiz .widget-checkbox label { white-space: normal; height: auto; max-width: 44em; font-size: 12pt; line-height: 1.4; }
.calphos-quiz .answer { white-space: normal; text-align: left; padding: .35em .8em; margin: 2px; background: #f3f4f6;
  border: 1px solid #6b7280; color: #111827; }
.calphos-quiz .answer.right { border: 2px solid #166534; background: #f0fdf4; }
.calphos-quiz .answer.wrong { border: 2px dashed #b91c1c; background: #fef2f2; }
.calphos-quiz .hint, .calphos-quiz input, .calphos-quiz .widget-label { font-size: 12pt; line-height: 1.4; }
.calphos-quiz .widget-button { font-size: 12pt; }
.calphos-quiz :focus-visible { outline: 3px solid #1d4ed8; outline-offset: 2px; }
.calphos-quiz div.right, .calphos-quiz div.wrong { padding: .4em .8em; border-left: 6px solid; color: #111827; font-size: 12pt; line-height: 1.4; }
.calphos-quiz div.right { border-color: #166534; background: #f0fdf4; }
.calphos-quiz div.wrong { border-color: #b91c1c; background: #fef2f2; border-left-style: double; }
"""


class _View:
    """The quiz as widgets: a fieldset of choices, a button and a place for the feedback for each question."""

    def __init__(self, quiz):
        import ipywidgets as widgets

        self.parts = [_Part(quiz, number) for number in range(len(quiz.questions))]
        boxes = [part.box for part in self.parts]
        self.box = widgets.VBox([widgets.HTML(style_sheet("calphos-quiz", _RULES)), *boxes])
        self.box.add_class("calphos-quiz")


class _Part:
    def __init__(self, quiz, number):
        import ipywidgets as widgets

        self._quiz, self._number = quiz, number
        self._question = question = quiz.questions[number]
        self.said = ""
        title = widgets.HTML(f'<div class="question">{number + 1}. {html.escape(question["question"])}</div>')
        texts = [answer["answer"] for answer in question["answers"] if "answer" in answer]
        self.button = widgets.Button(description="Check", tooltip=f"Check question {number + 1}")
        self.button.on_click(lambda _: self._check())
        if question["type"] == "multiple_choice":
            self.control = [self._answer_button(widgets, text) for text in texts]
            shown = self.control
        elif question["type"] == "many_choice":
            self.control = [widgets.Checkbox(description=text, indent=False) for text in texts]
            shown = [widgets.HTML('<div class="hint">Tick all that are right.</div>'), *self.control, self.button]
        else:
            self.control = widgets.Text(placeholder="a number", continuous_update=False)
            unit = widgets.Label(question.get("unit", ""))
            shown = [widgets.HBox([self.control, unit]), self.button]
        self._feedback = widgets.HTML()
        self.box = widgets.VBox([title, *shown, self._feedback])
        self.box.layout.margin = "0 0 1.2em 0"

    def _answer_button(self, widgets, text):
        button = widgets.Button(description=text, layout=widgets.Layout(width="auto", height="auto"))
        button.add_class("answer")
        button.on_click(lambda _: self._choose(button, text))
        return button

    def _choose(self, button, text):
        self._judge(text)
        right = next(answer["correct"] for answer in self._question["answers"] if answer["answer"] == text)
        # The sign stays on the answer, so that colour is not needed.
        button.description = f"{'✓' if right else '✗'} {text}"
        button.add_class("right" if right else "wrong")

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
            return float(self.control.value.replace(",", ".").replace("−", "-"))
        except ValueError:
            raise InputError("Type a number first, for example 1.25.") from None

    def _show(self, verdict, text, kind):
        self.said = verdict + text
        # role="alert" makes a screen reader say the feedback when it appears.
        self._feedback.value = f'<div role="alert" class="{kind}"><b>{verdict}</b>{html.escape(text)}</div>'


def quiz(name):
    """Return the marked quiz of a notebook, shown when it is the last line of a cell: `quiz("05")`.

    In a running notebook the questions are widgets; with the environment variable CALPHOS_HANDOUT=1 they are an
    offline block. Raises InputError when the file is missing or malformed.
    """
    return Quiz(name)
