"""How panels, quizzes and the rest of what is interactive look on a page: HTML in place of widgets.

`handout.kernel` makes a kernel show them so.
"""

import base64
import html
import itertools

from matplotlib.text import Text

from calphos.lessons.clinic.desk import Desk
from calphos.lessons.trainer import LabPanel, Trainer, panel_rows
from calphos.model.changes import disorders
from calphos.panels import Panel
from calphos.tables.quantities import quantity
from calphos.tables.words import report_cells
from handout import PHONE
from handout.files import as_json
from handout.live import live_block

_counter = itertools.count(1)


def picture_bundle(picture):
    """A picture's data and metadata, the one for a phone among them, and how high its smallest letters are there."""
    data = {"image/png": picture.png(), "text/plain": picture.alt}
    metadata = {"alt": picture.alt, "width": round(picture.bbox.width)}
    shown = picture if picture.narrow is None else picture.narrow()
    if picture.narrow is not None:
        metadata["narrow"] = base64.b64encode(shown.png()).decode()
    said = (text for text in shown.findobj(Text) if text.get_visible() and text.get_text().strip())
    points = min((text.get_fontsize() for text in said), default=PHONE)
    metadata["letters"] = round(points / 72 * shown.dpi * PHONE / shown.bbox.width, 1)
    return data, {"image/png": metadata}


def about(shown):
    """What the page must know of something interactive to bring the scripts that it needs."""
    if isinstance(shown, Panel):
        return {"kind": shown.kind, "ranges": bool(shown.members)}
    return (
        {"kind": {Desk: "clinic", Trainer: "trainer"}[type(shown)], "ranges": False}
        if isinstance(shown, Desk | Trainer)
        else {}
    )


def desk_block(desk):
    """Return the clinic's desk as HTML (str): its case, and where the page's script builds the form."""
    case = desk.visit.case
    start = as_json({"name": case.name, "seed": desk.visit.seed})
    return (
        f'<div class="desk" id="desk{next(_counter)}" role="group" aria-label="Virtual clinic"><noscript><p><strong>'
        f"{html.escape(case.title)}</strong></p><p>{html.escape(case.story)}</p></noscript>"
        f'<div class="desk-form"></div><script type="application/json" class="desk-start">{start}</script></div>'
    )


def trainer_block(trainer):
    """Return the trainer as HTML (str): reports to read with what fits them; without script each answer is folded away."""
    names, folded, panels = sorted(disorders(), key=str.lower), [], []
    for number in panel_rows():
        panel = LabPanel(number, trainer.seed, trainer.units)
        lines = [report_cells(quantity(name), value, trainer.units) for name, value in panel.values.items()]
        body = "".join(
            f'<tr><th scope="row">{label}</th><td>{result} {unit}</td><td>{marker} {between}</td></tr>'
            for label, result, unit, marker, between in lines
        )
        folded.append(
            f"<p><strong>{html.escape(panel.title)}</strong></p><table>{body}</table>"
            f"<details><summary>Answer to panel {number}</summary><p>{html.escape(str(panel.reveal()))}</p></details>"
        )
        answers = [str(panel.guess(name)) for name in names]
        panels.append({"number": number, "text": str(panel.text), "answers": answers, "reveal": str(panel.reveal())})
    data = as_json({"panels": panels, "names": names, "first": [*panel_rows()].index(trainer.panel.number)})
    return (
        f'<div class="trainer" id="trainer{next(_counter)}" role="group" aria-label="Laboratory panels"><noscript>'
        f'{"".join(folded)}</noscript><div class="trainer-form"></div>'
        f'<script type="application/json" class="trainer-data">{data}</script></div>'
    )


def quiz_block(questions):
    """Return the questions of a quiz (a list of dicts, see `calphos.lessons.quiz.load_quiz`) as an HTML form (str)."""
    key = f"quiz{next(_counter)}"
    parts = [f'<form class="quiz" id="{key}" autocomplete="off" aria-label="Quiz">']
    for number, question in enumerate(questions, start=1):
        name = f"{key}-{number}"
        parts.append(f'<fieldset data-type="{question["type"]}">')
        parts.append(f"<legend>{number}. {html.escape(question['question'])}</legend>")
        if question["type"] == "numeric":
            unit = html.escape(question.get("unit", ""))
            parts.append(
                f'<p><label>Your number: <input type="text" inputmode="decimal" class="number"></label> {unit}</p>'
            )
        elif question["type"] == "many_choice":
            parts.append("<p>Mark all that are right.</p>")
        for place, answer in enumerate(question["answers"]):
            parts.append(_answer_html(question["type"], name, place, answer))
        parts.append('<button type="button">Check</button><div class="verdict" role="status"></div></fieldset>')
    return "".join([*parts, "</form>"])


def _answer_html(kind, name, place, answer):
    feedback = html.escape(answer["feedback"])
    correct = "true" if answer.get("correct") else "false"
    if kind == "numeric":
        low, high = answer.get("range", ("", ""))
        return (
            f'<div class="rule" hidden data-rule="{answer["type"]}" data-low="{low}" data-high="{high}"'
            f' data-correct="{correct}"><span class="feedback">{feedback}</span></div>'
        )
    control = "radio" if kind == "multiple_choice" else "checkbox"
    return (
        f'<div class="answer" data-correct="{correct}"><input type="{control}" name="{name}" id="{name}-{place}">'
        f'<label for="{name}-{place}" class="words">{html.escape(answer["answer"])}</label>'
        f'<span class="feedback" hidden>{feedback}</span></div>'
    )


# How each class is shown: interactive ones as HTML, pictures as data with metadata.
BLOCKS = {
    "Panel": live_block,
    "Quiz": lambda quiz: quiz_block(quiz.questions),
    "Trainer": trainer_block,
    "Desk": desk_block,
    "Picture": picture_bundle,
    "Debrief": lambda debrief: picture_bundle(debrief.picture),
}
