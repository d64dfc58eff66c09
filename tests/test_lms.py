"""What course systems get: questions keep their answers in every format, and a SCORM lesson scores, completes, resumes."""

import functools
import html
import http.server
import io
import json
import sqlite3
import threading
import xml.etree.ElementTree as ET
import zipfile
from contextlib import closing

import nbformat
import pytest

from calphos.lessons.quiz import load_quiz, mark
from calphos.tables.reading import records
from handout.blocks import quiz_block
from handout.page import HANDOUT, make_page
from lms.__main__ import questions
from lms.anki import anki
from lms.drawn import drawn
from lms.moodle import moodle
from lms.qti import qti
from lms.scorm import scorm


@pytest.fixture(scope="module")
def asked():
    """({notebook: its quiz}, {kind: two drawn questions})."""
    return questions(2)


def test_each_student_gets_other_numbers_and_the_models_answer(asked):
    again = drawn(2)
    for name, made in asked[1].items():
        first, second = made
        assert first == again[name.replace(" ", "_")][0]
        assert first["question"] != second["question"]
        low, high = first["answers"][0]["range"]
        assert mark(first, (low + high) / 2) == (True, first["answers"][0]["feedback"])
        assert not mark(first, high + 1)[0]


def test_moodle_keeps_every_question_and_answer(asked):
    quizzes, kinds = asked
    everything = [question for group in (*quizzes.values(), *kinds.values()) for question in group]
    root = ET.fromstring(moodle(quizzes | kinds))
    found = [element for element in root if element.get("type") != "category"]
    assert len(root) == len(found) + len(quizzes) + len(kinds)
    for element, question in zip(found, everything, strict=True):
        assert question["question"] in html.unescape(element.findtext("questiontext/text"))
        shares = [float(answer.get("fraction")) for answer in element.iter("answer")]
        assert len(shares) == len(question["answers"])
        assert sum(share for share in shares if share > 0) == pytest.approx(100, abs=0.01)
        assert [share > 0 for share in shares] == [bool(answer.get("correct")) for answer in question["answers"]]
        assert all(answer.findtext("feedback/text") for answer in element.iter("answer"))


def qti_score(item, given):
    """Score an item as a player does: run its response processing on what was given. Returns (score, feedback)."""
    name = "{http://www.imsglobal.org/xsd/imsqti_v2p1}"
    declared = item.find(f"{name}responseDeclaration")
    correct = {value.text for value in declared.iter(f"{name}value")}
    outcome = {"SCORE": 0.0, "FEEDBACK": []}

    def holds(test):
        tag = test.tag.removeprefix(name)
        if tag == "and":
            return all(holds(part) for part in test)
        if tag == "match":
            value = test.find(f"{name}baseValue")
            return set(given) == (correct if value is None else {value.text})
        bound = float(test.find(f"{name}baseValue").text)
        return given >= bound if tag == "gte" else given <= bound

    def follow(steps):
        for step in steps:
            tag = step.tag.removeprefix(name)
            if tag == "setOutcomeValue":
                values = [value.text for value in step.iter(f"{name}baseValue")]
                outcome[step.get("identifier")] = float(values[0]) if step.get("identifier") == "SCORE" else values
            elif tag == "responseCondition":
                for branch in step:
                    if branch.tag == f"{name}responseElse":
                        follow(branch)
                        break
                    if holds(branch[0]):
                        follow(branch[1:])
                        break

    follow(item.find(f"{name}responseProcessing"))
    said = {f.get("identifier"): f.text for f in item.iter(f"{name}modalFeedback")}
    return outcome["SCORE"], [said[identifier] for identifier in outcome["FEEDBACK"]]


def test_a_qti_player_marks_as_the_notebook_does(asked):
    files = qti("test", *asked)
    manifest = ET.fromstring(files["imsmanifest.xml"])
    listed = {element.get("href") for element in manifest.iter("{http://www.imsglobal.org/xsd/imscp_v1p1}file")}
    assert listed == set(files) - {"imsmanifest.xml"}
    everything = [question for groups in asked for group in groups.values() for question in group]
    items = [ET.fromstring(text) for path, text in files.items() if path.startswith("items/")]
    for item, question in zip(items, everything, strict=True):
        answers = question["answers"]
        if question["type"] == "numeric":
            for value in [sum(a["range"]) / 2 for a in answers if a["type"] == "range"] + [-12345.6]:
                right, feedback = mark(question, value)
                assert qti_score(item, value) == (float(right), [feedback])
        elif question["type"] == "multiple_choice":
            for place, answer in enumerate(answers):
                right, feedback = mark(question, answer["answer"])
                assert qti_score(item, [f"A{place}"]) == (float(right), [feedback])
        else:
            places = [place for place, answer in enumerate(answers) if answer["correct"]]
            assert qti_score(item, [f"A{place}" for place in places])[0] == 1
            assert qti_score(item, [f"A{place}" for place in places[1:]])[0] == 0


def test_anki_gets_every_word_and_every_concept(tmp_path):
    count = len(records("glossary")) + len(records("questions"))
    with zipfile.ZipFile(io.BytesIO(anki())) as archive:
        archive.extract("collection.anki2", tmp_path)
    with closing(sqlite3.connect(tmp_path / "collection.anki2")) as notes:
        fields = {row[0].split("\x1f")[0] for row in notes.execute("select flds from notes")}
        assert notes.execute("select count(*) from cards").fetchone()[0] == count
    assert {row["term"] for row in records("glossary")} <= fields


COURSE_SYSTEM = """<!DOCTYPE html><script>
const kept = JSON.parse(localStorage.getItem("kept") || "{}");
window.API = {
  LMSInitialize: () => "true", LMSCommit: () => { localStorage.setItem("kept", JSON.stringify(kept)); return "true"; },
  LMSGetValue: (name) => kept[name] ?? "", LMSSetValue: (name, value) => { kept[name] = value; return "true"; },
  LMSFinish: () => { kept.finished = true; localStorage.setItem("kept", JSON.stringify(kept)); return "true"; },
  LMSGetLastError: () => "0",
};
</script><iframe src="index.html" style="width: 1200px; height: 800px"></iframe>"""


@pytest.fixture
def lesson(tmp_path):
    """The address of a course system that plays the package of a page with the quiz of notebook 05."""
    cell = nbformat.v4.new_code_cell("quiz", id="quiz")
    cell.outputs = [nbformat.v4.new_output("display_data", {"text/html": quiz_block(load_quiz("05"))})]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# A lesson", id="title"), cell])
    page = make_page(notebook, "05_ckd_progression.ipynb", [], **HANDOUT)
    for name, text in scorm("lesson", "A lesson", page, "<p>Words</p>", "1.0").items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "lms.html").write_text(COURSE_SYSTEM, encoding="utf-8")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=tmp_path)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/lms.html"
        server.shutdown()


def test_a_scorm_lesson_scores_completes_and_resumes(lesson, page):
    page.goto(lesson)
    asked = page.frame_locator("iframe").frame_locator("iframe").locator(".quiz fieldset")
    asked.first.wait_for()
    total = asked.count()
    right = 0
    for place in range(total):
        question = asked.nth(place)
        if question.get_attribute("data-type") == "multiple_choice":
            question.locator(".answer[data-correct=true] input").check()
            right += 1
        elif question.get_attribute("data-type") == "numeric":
            question.locator(".number").fill("-12345")
        else:
            question.locator(".answer[data-correct=false] input").first.check()
        question.get_by_role("button").click()
    page.wait_for_function("kept['cmi.core.lesson_status'] === 'completed'")
    score = round(100 * right / total)
    assert page.evaluate("kept['cmi.core.score.raw']") == str(score)
    assert len(page.evaluate("kept['cmi.suspend_data']")) < 4096
    page.reload()
    asked.first.wait_for()
    page.wait_for_function("kept['cmi.core.lesson_status'] === 'completed' && kept.finished")
    verdicts = asked.locator(".verdict .right, .verdict .wrong")
    verdicts.nth(total - 1).wait_for()
    assert verdicts.filter(has_text="Right").count() == right
    state = json.loads(page.evaluate("kept['cmi.suspend_data']"))
    assert len(state["given"]) == total
    assert page.evaluate("kept['cmi.core.score.raw']") == str(score)
