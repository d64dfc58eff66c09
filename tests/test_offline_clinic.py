"""The virtual clinic on a page: the same patients, results, consequences and marks as in Python, to the letter."""

import json

import pytest
from test_handouts import Reader, page_of, page_with_outputs, painted

from calphos import clinic
from calphos.lessons.chance import Chance
from calphos.lessons.clinic import cases, visits
from handout import blocks
from handout.extras import clinic_script
from handout.live import engine_script


@pytest.fixture(scope="module")
def engine(chromium):
    """A page that holds the clinic and nothing else, with no network."""
    with page_of(chromium, engine_script(), clinic_script()) as page:
        yield page


def saved(visit):
    """A visit as its file has it."""
    about = {"format": "calphos clinic", "version": 2, "case": visit.case.name, "seed": visit.seed}
    return {**about, "units": visit.units, "actions": visit.actions}


REPLAY = "data => { const v = Visit.from(data); return {record: v.record, mark: v.mark().text, summary: v.summary, again: v.data}; }"


@pytest.mark.parametrize("name", list(cases.case_files()))
def test_saved_visits_are_the_same_to_the_letter(engine, name):
    case = cases.load_case(name)
    for seed, road in enumerate(case.roads, start=3):
        visit = visits.play(case, case.roads[road], seed)
        data = saved(visit)
        found = engine.evaluate(REPLAY, data)
        assert found["record"] == [str(text) for text in visit.record]
        assert found["mark"] == str(visit.mark())
        assert found["summary"] == str(visit.summary)
        assert found["again"]["actions"] == visit.actions


def test_the_page_knows_the_good_plan(engine):
    visit = visits.play("04", cases.load_case("04").roads["sensible"], 5)
    found = engine.evaluate(
        "([name, seed]) => planWords(playCase(name, CLINIC.cases[name].roads.sensible, seed))", [visit.case.name, 5]
    )
    assert found == clinic.debrief(visit).plan


def test_chance_is_the_same(engine):
    for key in (("severity", "04", 7), ("test", "11_day", 3, "β", 0), ("", "")):
        chance = Chance(*key)
        expected = [chance.uniform(), chance.uniform(), chance.normal()]
        found = engine.evaluate(
            "key => { const c = new Chance(...key); return [c.uniform(), c.uniform(), c.normal()]; }", list(key)
        )
        assert found == expected


@pytest.mark.parametrize(
    "damaged",
    [
        None, 5, "x", [], {}, {"format": "calphos clinic", "version": 1}, {"case": "__proto__"}, {"case": 3}, {"seed": -1}, {"seed": 1.5},
        {"actions": 5}, {"actions": [5]}, {"actions": [{"do": "constructor"}]}, {"actions": [{"do": "order", "tests": ["toString"]}]},
        {"actions": [{"do": "run", "days": 1e9}]}, {"actions": [{"do": "treat", "name": "calcitriol", "dose": "1"}]},
        {"actions": [{"do": "order", "tests": []}]}, {"actions": [{"do": "stop", "name": "__proto__"}]},
    ],
)  # fmt: skip
def test_a_damaged_visit_is_refused(engine, damaged):
    whole = {
        "format": "calphos clinic",
        "version": 2,
        "case": "01_a_letter_from_the_optician",
        "seed": 1,
        "units": "SI",
        "actions": [],
    }
    data = {**whole, **damaged} if isinstance(damaged, dict) and damaged else damaged
    said = engine.evaluate(
        "data => { try { Visit.from(data); return 'taken'; } catch (problem) { return problem instanceof Refused ? problem.message : String(problem.stack); } }",
        data,
    )
    assert said != "taken"
    assert "    at " not in said


def test_a_learner_can_treat_a_patient_and_come_back(page, tmp_path):
    """Order, diagnose, treat, wait, be marked, look back, save as a file and come back: all from disk with no network."""
    desk = clinic.start(case="04", seed=7)
    reader = Reader(page)
    reader.open(page_with_outputs(tmp_path, (blocks.desk_block(desk), blocks.about(desk))))
    twin = visits.Visit("04", seed=7)

    def said():
        painted(page)
        return page.locator(".log pre").first.text_content()

    chosen = [page.get_by_label(words, exact=True).input_value() for words in ("Patient", "Seed")]
    assert chosen == [desk.visit.case.name, "7"]  # the form names the patient who sits there
    page.get_by_label("Total calcium and albumin").check()
    page.get_by_label("Intact PTH").check()
    page.get_by_role("button", name="Order").click()
    assert said() == twin.order("calcium", "pth")
    page.get_by_label("Diagnosis").select_option("primary hyperparathyroidism")
    page.get_by_label("How sure").fill("90")
    page.get_by_role("button", name="Commit").click()
    assert said() == twin.diagnose("primary hyperparathyroidism", 0.9)
    page.get_by_label("Treatment", exact=True).select_option("focused parathyroidectomy")
    page.get_by_role("button", name="Give").click()
    assert said() == twin.treat("focused parathyroidectomy")
    page.get_by_label("Let pass").select_option("6 months")
    page.get_by_role("button", name="Wait").click()
    assert said() == twin.run(months=6)
    page.get_by_role("button", name="Mark", exact=True).click()
    assert said() == str(twin.mark())
    page.get_by_role("button", name="Debrief").click()
    assert clinic.debrief(twin).plan in said()
    assert page.locator(".desk .figure svg.plot").count() >= 4
    with page.expect_download() as taken:
        page.get_by_role("button", name="Save").click()
    taken.value.save_as(tmp_path / "visit.json")
    assert visits.load(tmp_path / "visit.json").record == twin.record  # the file is Python's file, too
    code = page.get_by_label("Code of this visit").input_value()
    page.get_by_role("button", name="Call in").click()
    page.get_by_label("Code of this visit").fill(code)
    page.get_by_role("button", name="Come back").click()
    assert said() == f"Loaded. {twin.summary}"
    page.locator("input[type=file]").set_input_files(
        {"name": "x.json", "mimeType": "application/json", "buffer": b"{" * 9999}
    )
    page.wait_for_function(
        "() => document.querySelector('.log pre').textContent.startsWith('This is not a saved visit')"
    )
    assert reader.complaints == []
    json.loads((tmp_path / "visit.json").read_text())
