"""Questions as Moodle XML."""

from html import escape


def moodle(categories):
    """Return the Moodle XML of {category: list of questions of the form of `data/schemas/quiz.json`}."""
    parts = []
    for category, questions in categories.items():
        where = f"$course$/top/calphos/{category}"
        parts.append(f'<question type="category"><category>{_text(where)}</category></question>')
        parts += [_question(f"{category} {number}", question) for number, question in enumerate(questions, start=1)]
    return '<?xml version="1.0" encoding="UTF-8"?>\n<quiz>\n' + "\n".join(parts) + "\n</quiz>\n"


def _question(name, question):
    kind = "numerical" if question["type"] == "numeric" else "multichoice"
    asked = question["question"] + (f" (in {question['unit']})" if "unit" in question else "")
    head = f'<question type="{kind}"><name>{_text(name)}</name><questiontext format="html">{_text(escape(asked))}'
    head += "</questiontext><defaultgrade>1</defaultgrade><penalty>0.3333333</penalty><hidden>0</hidden>"
    if kind == "numerical":
        return head + "".join(_number(answer) for answer in question["answers"]) + "</question>"
    single = question["type"] == "multiple_choice"
    right = sum(answer["correct"] for answer in question["answers"])
    wrong = len(question["answers"]) - right
    shares = {True: f"{100 / right:.5g}", False: "0" if single else f"{-100 / wrong:.5g}"}
    head += f"<single>{str(single).lower()}</single><shuffleanswers>true</shuffleanswers>"
    head += "<answernumbering>abc</answernumbering>"
    for answer in question["answers"]:
        head += f'<answer fraction="{shares[answer["correct"]]}" format="html">{_text(escape(answer["answer"]))}'
        head += f'<feedback format="html">{_text(escape(answer["feedback"]))}</feedback></answer>'
    return head + "</question>"


def _number(answer):
    if answer["type"] == "default":
        value, tolerance = "*", ""
    else:
        low, high = answer["range"]
        value, tolerance = f"{(low + high) / 2:.10g}", f"<tolerance>{(high - low) / 2:.10g}</tolerance>"
    fraction = 100 if answer.get("correct") else 0
    said = f'<feedback format="html">{_text(escape(answer["feedback"]))}</feedback>'
    return f'<answer fraction="{fraction}" format="moodle_auto_format"><text>{value}</text>{said}{tolerance}</answer>'


def _text(text):
    return f"<text>{escape(text)}</text>"
