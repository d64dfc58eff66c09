"""The virtual clinic: every case can be solved, wrong turns cost health and marks, nothing is lost on disk."""

import json
import os

import numpy as np
import pytest

from calphos import InputError, clinic, reference
from calphos.lessons.chance import Chance
from calphos.lessons.clinic import cases as shelf, marks as clinic_marks, visits
from calphos.lessons.clinic.cases import alarms, case_files, clinic_treatments, diagnoses, load_case, read_case
from calphos.lessons.trainer import direction
from calphos.model.parameters import parameters
from calphos.tables.quantities import quantities
from calphos.tables.reading import records
from calphos.tables.references import cite
from tools.cases import ROADS

# What the reasons of each case say about the blood and urine at the first consultation.
SHOWS = {
    "01": "gfr low, fgf23 high, calcitriol low, phosphate normal, total_calcium normal",
    "02": "phosphate high, pth high, gfr low, fgf23 high",
    "03": "total_calcium high, pth high, gfr low",
    "04": "total_calcium high, pth high, fractional_excretion_calcium normal",
    "05": "total_calcium high, pth normal, fractional_excretion_calcium low, gfr normal",
    "06": "total_calcium high, pth low, calcidiol high",
    "07": "total_calcium high, pth low, calcitriol high, calcidiol normal",
    "08": "total_calcium high, pth low, gfr low, calcitriol low, calcidiol normal",
    "09": "phosphate low, fgf23 high, tmp_gfr low, calcidiol normal, pth normal",
    "10": "phosphate high, fgf23 low, tmp_gfr high, calcitriol normal, gfr normal",
    "11": "phosphate high, total_calcium low, gfr low, pth high",
    "12": "gfr low, total_calcium high, pth low",
    "13": "total_calcium normal, phosphate normal, pth normal, gfr normal",
    "14": "total_calcium high, pth low, calcitriol low, calcidiol normal",
    "15": "total_calcium low, pth low, tmp_gfr high, gfr normal",
}
NUMBERS = [name.split("_")[0] for name in case_files()]


def treat(*names, **doses):
    """Actions that give treatments, at the usual dose or at `doses` (spaces written as _)."""
    given = [{"do": "treat", "name": name} for name in names]
    return given + [{"do": "treat", "name": name.replace("_", " "), "dose": dose} for name, dose in doses.items()]


def play(number, *names, seed=1, **doses):
    return clinic.play(load_case(number), treat(*names, **doses), seed)


def bound(name, which):
    return getattr(clinic_treatments()[name], which)


def test_the_disorders_of_the_collection_are_there():
    found = {load_case(number).diagnosis for number in NUMBERS}
    assert found >= {
        "chronic kidney disease",
        "kidney failure on dialysis",
        "tertiary hyperparathyroidism",
        "primary hyperparathyroidism",
        "familial hypocalciuric hypercalcaemia",
        "vitamin D toxicity",
        "sarcoidosis",
        "milk-alkali syndrome",
        "X-linked hypophosphataemia",
        "tumoral calcinosis",
        "tumour lysis",
        "calciphylaxis",
        "pseudoxanthoma elasticum",
    }


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("seed", [1, 8])
def test_every_road_of_a_case_ends_where_it_should(number, seed):
    case = load_case(number)
    assert set(case.roads) == set(ROADS)
    marks = {name: clinic.play(case, road, seed).mark() for name, road in case.roads.items()}
    for name, mark in marks.items():
        low, high = ROADS[name]
        assert low <= mark.total <= high, f"{name}\n{mark}"
        assert all(mark.reasons[part] for part in clinic_marks.WORTH)
    assert marks["harmful"].points["course"] == 0 < marks["sensible"].points["course"]
    assert marks["minimal"].total < marks["sensible"].total


# What was marked as good care although it would hurt, with the number of marks that it must not reach.
HARMFUL = {
    "burosumab with phosphate and calcitriol": (
        "09",
        ["burosumab", "phosphate supplement", "calcitriol"],
        {},
        "Crysvita",
    ),
    "phosphate alone": ("09", ["phosphate supplement"], {}, "secondary hyperparathyroidism"),
    "parathyroidectomy at a suppressed PTH": ("12", ["+", "subtotal parathyroidectomy"], {}, "suppressed"),
    "prednisolone in calciphylaxis": ("12", ["+", "prednisolone"], {}, "Kalajian"),
    "denosumab on dialysis": ("12", ["+", "denosumab"], {}, "Bird"),
    "overtreatment on dialysis": ("02", ["low-phosphate diet", "calcium-free binder"], {"haemodialysis": 15}, "KDIGO"),
    "a binder at a normal phosphate": ("01", [], {"calcium-free binder": "upper"}, "Block"),
    "antiresorptive on calcium from the gut": (
        "08",
        ["stop calcium and alkali", "saline", "bisphosphonate"],
        {},
        "Picolos",
    ),
    "calcium and calcitriol at a high calcium": ("04", ["calcitriol", "calcium-based binder"], {}, "Calcitriol"),
}


@pytest.mark.parametrize("name", HARMFUL)
def test_harm_costs_whether_the_case_lists_it_or_not(name):
    number, names, doses, told = HARMFUL[name]
    case = load_case(number)
    doses = {key: bound(key, dose) if isinstance(dose, str) else dose for key, dose in doses.items()}
    road = case.roads["sensible"] if "+" in names else []
    plain = shelf.Case(**{**vars(case), "wrong": {}})  # the rules know it, not the case
    mark = clinic.play(plain, [*road, *treat(*(set(names) - {"+"}), **doses)]).mark()
    assert mark.total < clinic_marks.PASS
    assert mark.points["course"] == 0
    assert any(line.startswith("harm") and told in line for line in mark.reasons["treatment"]), str(mark)
    if road:
        assert clinic.play(plain, road).mark().total >= 85


SEEN = {
    "total_calcium": 2.4,
    "phosphate": 1.1,
    "pth": 4.0,
    "gfr": 95.0,
    "fgf23": 60.0,
    "calcidiol": 60.0,
    "urine_calcium": 4.0,
}


@pytest.mark.parametrize(
    ("given", "seen", "told"),
    [
        ({"calcimimetic": 60.0}, {"total_calcium": 2.0, "gfr": 3.0, "dialysis": 0.05, "pth": 60.0}, "must not be low"),
        ({"thiazide": 25.0}, {"total_calcium": 2.9}, "contraindicated in hypercalcaemia"),
        ({"furosemide": 40.0}, {"total_calcium": 3.2}, "no longer recommended"),
        ({"furosemide": 40.0, "saline": 4.0}, {"total_calcium": 3.2}, None),
        ({"saline": 4.0}, {"total_calcium": 3.2, "gfr": 4.0}, "lungs"),
        ({"denosumab": 0.9}, {"dialysis": 0.05, "gfr": 3.0}, "41 %"),
        ({"calcitriol": 0.5}, {"total_calcium": 2.8, "pth": 0.5}, "not started, when calcium is high"),
        ({"calcitriol": 0.5, "calcium-based binder": 1000.0}, {"total_calcium": 1.8, "pth": 0.5}, None),
        ({"subtotal parathyroidectomy": 0.85}, {"pth": 1.0}, "suppressed"),
        ({"vitamin D": 25.0}, {"extrarenal_calcitriol": 4.0, "calcidiol": 40.0}, "their fuel"),
        ({"watchful waiting": None}, {"total_calcium": 3.4}, "treated, not watched"),
        ({"watchful waiting": None, "saline": 4.0}, {"total_calcium": 3.4}, None),
    ],
)
def test_rules_speak_where_they_should_and_are_silent_elsewhere(given, seen, told):
    blood = {**shelf.Patient().at(0.0)._asdict(), **SEEN, "calcitriol": 110.0, **seen}
    passage = {"day": 0.0, "given": given, "start": blood, "low": blood, "high": blood}
    harms = [finding for finding in clinic_marks.judge([passage], {"primary hyperparathyroidism"}) if finding.harms]
    assert any(told in finding.sentence for finding in harms) if told else not harms, harms


def test_what_mattered_most_is_needed_to_pass():
    both = play("15", "calcitriol", "calcium-based binder").mark()
    tablets, hormone = play("15", "calcium-based binder").mark(), play("15", "calcitriol").mark()
    assert tablets.total < clinic_marks.PASS < hormone.total < both.total
    assert "mattered most" in str(tablets)
    assert play("11", "low-phosphate diet").mark().total < clinic_marks.PASS


PLANS = [(number, plan) for number in NUMBERS for plan in load_case(number).plans]
# A dose that the usual one does not stand for: cells go on dissolving day and night.
NOT_USUAL = {("11", "haemodialysis"): 60}


@pytest.mark.parametrize(("number", "plan"), PLANS)
def test_a_treatment_listed_as_right_reaches_its_goals_at_its_usual_dose(number, plan):
    doses = {name: NOT_USUAL[number, name] for name in plan if (number, name) in NOT_USUAL}
    road = [{"do": "treat", "name": name, "dose": doses.get(name)} for name in plan]
    stop = {"do": "stop", "name": "saline"}
    if "saline" in plan and stop in load_case(number).roads["sensible"]:  # not for months: that is harm of its own
        road += [{"do": "run", "days": 14}, stop]
    mark = visits.play(load_case(number), road).mark()
    assert mark.points["course"] == clinic_marks.WORTH["course"], str(mark)
    assert mark.total >= 85


def strategy(seed):
    """Actions drawn by chance: up to five treatments at any dose, some stopped again, some tests, some waiting."""
    chance = Chance("strategy", seed)
    pick = lambda items: list(items)[int(chance.uniform() * len(items))]
    actions, given = [], []
    for _ in range(1 + int(5 * chance.uniform())):
        name = pick(clinic_treatments())
        lower, upper, usual = (bound(name, side) for side in ("lower", "upper", "usual"))
        dose = None if usual is None else lower + (upper - lower) * chance.uniform()
        actions.append({"do": "treat", "name": name, "dose": dose})
        given.append(name)
        if chance.uniform() < 0.4:
            actions.append({"do": "run", "days": 1 + 60 * chance.uniform()})
        if chance.uniform() < 0.3:
            actions.append({"do": "order", "tests": [pick(shelf.tests())]})
        if chance.uniform() < 0.2 and "parathyroidectomy" not in given[0]:
            actions.append({"do": "stop", "name": given.pop(0)})
    return actions


def test_a_hundred_strategies_by_chance(request):
    """None crashes or turns time and cost back; where the blood turned dangerous under treatment none passes."""
    danger = {"total_calcium": (1.87, 3.0), "phosphate": (0.4, 2.5)}
    harmed = 0
    for seed in range(100):
        case = load_case(NUMBERS[seed % len(NUMBERS)])
        visit, day, cost = visits.Visit(case, seed), 0.0, 0.0
        visit.order(*case.needed)
        visit.diagnose(case.diagnosis, 1.0)
        for action in strategy(seed):
            if visit.lost or (action["do"] == "stop" and action["name"] not in visit.treatments):
                continue
            visit._replay([action], "strategy")
            assert visit.day >= day
            assert visit.cost >= cost
            day, cost = visit.day, visit.cost
        if not visit.lost:
            visit.run(months=case.months)
        mark = visit.mark()
        assert 0 <= mark.total <= 100
        days = visit.course.table().index
        assert days.is_monotonic_increasing
        own = visit.course.table()[days >= visit.first_treatment]
        free = None if visit.lost else visit.untreated().table()
        for name, (low, high) in danger.items():
            if free is not None and (
                own[name].min() < low <= min(free[name].min(), own[name].iloc[0])
                or own[name].max() > high >= max(free[name].max(), own[name].iloc[0])
            ):
                harmed += 1
                assert mark.total < clinic_marks.PASS, f"{case.name}, seed {seed}\n{mark}"
        if visit.lost or any(line.startswith("harm") for line in mark.reasons["treatment"]):
            assert mark.total < clinic_marks.PASS, f"{case.name}, seed {seed}\n{mark}"
    assert harmed > 5  # the danger is real: chance finds it


def test_rules_name_what_exists_and_cite_what_was_read():
    for row in records("care_rules"):
        assert (row["evidence"] == "assumed") == (not row["source"]), row["id"]
    assert {rule.treatment for rule in clinic_marks.rules()} >= set(clinic_treatments()) - {"cancer team", "eye clinic"}
    needless = [rule.treatment for rule in clinic_marks.rules() if rule.kind == "needless"]
    assert sorted(needless) == sorted(clinic_treatments())


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("end", [0, 1])
def test_the_model_shows_what_the_reasons_say(number, end):
    case = load_case(number)
    case.severity = [case.severity[end]] * 2  # at both ends of the range of severity
    first = visits.Visit(case).course.final
    for part in SHOWS[number].split(", "):
        name, expected = part.split()
        assert direction(name, first[name]) == expected, f"{name} is {first[name]:.3g}"


@pytest.mark.parametrize("number", NUMBERS)
def test_case_gives_nothing_away_and_every_source_exists(number):
    case = load_case(number)
    assert case.diagnosis.lower() not in (case.title + case.story).lower()
    assert case.diagnosis in diagnoses()
    assert set(case.instead) <= set(diagnoses())
    assert case.sources
    assert len(str(cite(*case.sources))) > 20


@pytest.mark.parametrize(
    ("number", "treatment", "dose", "quantity", "worse"),
    [
        ("02", "denosumab", 0.9, "total_calcium", -1),
        ("05", "subtotal parathyroidectomy", 0.9, "total_calcium", -1),
        ("07", "vitamin D", 100, "calcitriol", 1),
        ("07", "calcitriol", 1, "urine_calcium", 1),
        ("10", "phosphate supplement", 40, "mature_deposit", 1),
        ("11", "calcium infusion", 3, "labile_deposit", 1),
        ("12", "calcium-based binder", 2400, "mature_deposit", 1),
    ],
)
def test_wrong_treatments_have_their_consequences_in_the_model(number, treatment, dose, quantity, worse):
    treated, left = clinic.visit(number, seed=3), clinic.visit(number, seed=3)
    treated.treat(treatment, dose)
    months = treated.case.months
    treated.run(months=months)
    left.run(months=months)
    column = treated.course[quantity]
    extreme = column.max() if worse > 0 else column.min()
    assert worse * (extreme - left.course[quantity].iloc[-1]) > 0.01 * abs(left.course[quantity].iloc[-1])


def test_denosumab_on_dialysis_rings_the_alarm():
    visit = clinic.visit("02", seed=3)
    visit.treat("denosumab", 0.9)
    assert "Severe hypocalcaemia" in visit.run(months=3).partition("Alarm from day ")[2]


def test_a_seed_repeats_a_case_and_another_seed_changes_it():
    first, again, other = (clinic.visit("04", seed=seed) for seed in (7, 7, 8))
    assert first.order("calcium", "pth") == again.order("calcium", "pth")
    assert first.severity == again.severity != other.severity
    assert first.order("calcium") == again.order("calcium") != other.order("calcium")


def test_noise_is_that_of_the_catalogue():
    visit = clinic.visit("13", seed=1)
    truth = visit.course["phosphate"].iloc[0]
    measured = []
    for _ in range(60):
        text = visit.order("phosphate")
        measured.append(float(text.splitlines()[1].split()[1]))
    spread = np.std(measured) / truth
    cv = shelf.tests()["phosphate"].cv
    assert 0.6 * cv < spread < 1.5 * cv
    assert abs(np.mean(measured) / truth - 1) < cv


def test_slow_tests_cost_time_and_all_tests_cost_marks():
    visit = clinic.visit("11", seed=1)
    visit.order("genetic test")
    assert visit.day == 42
    dear = clinic.visit("04", seed=1)
    dear.order(*shelf.tests())
    cheap = clinic.visit("04", seed=1)
    cheap.order(*cheap.case.needed)
    assert dear.mark().points["tests"] < cheap.mark().points["tests"] == clinic_marks.WORTH["tests"]


def test_tests_after_the_diagnosis_do_not_count():
    visit = clinic.visit("04", seed=1)
    visit.diagnose("primary hyperparathyroidism", 0.9)
    visit.order("pth", "calcium", "urine calcium", "kidney function")
    assert visit.mark().points["tests"] == 0


def test_certainty_is_scored_on_both_sides():
    def points(name, probability):
        visit = clinic.visit("04", seed=1)
        visit.diagnose(name, probability)
        return visit.mark().points["diagnosis"]

    right, wrong = "primary hyperparathyroidism", "sarcoidosis"
    assert points(right, 1) > points(right, 0.6) > points(right, 0.2) > 0
    assert points(wrong, 1) < points(wrong, 0.6) < points(wrong, 0) <= 0
    visit = clinic.visit("04", seed=1)
    visit.diagnose(wrong, 1)
    assert any("suppressed" in reason for reason in visit.mark().reasons["diagnosis"])


def test_follow_up_that_is_too_short_earns_nothing_and_says_so():
    visit = clinic.visit("04", seed=1)
    visit.treat("focused parathyroidectomy")
    visit.run(days=3)
    mark = visit.mark()
    assert mark.points["course"] == 0
    assert "follow the patient for 6 months" in mark.reasons["course"][0]


def test_treatments_can_be_changed_and_stopped_but_not_operations():
    visit = clinic.visit("15", seed=1)
    visit.treat("calcitriol", 0.25)
    assert "0.75" in visit.treat("calcitriol", 0.75)
    visit.run(months=3)
    treated = visit.course.final["total_calcium"]
    assert "No treatment" in visit.stop("calcitriol")
    visit.run(months=3)
    assert visit.course.final["total_calcium"] < treated
    with pytest.raises(InputError, match="no treatment under way"):
        visit.stop("calcitriol")
    operated = clinic.visit("04", seed=1)
    operated.treat("focused parathyroidectomy")
    with pytest.raises(InputError, match="cannot be undone"):
        operated.stop("focused parathyroidectomy")


def test_units_change_the_words_and_not_the_patient():
    si, mg = clinic.visit("04", seed=1), clinic.visit("04", seed=1, units="conventional")
    assert "mmol/L" in si.order("calcium")
    assert "mg/dL" in mg.order("calcium")
    assert si.course.final.equals(mg.course.final)


@pytest.mark.parametrize("action", [lambda v: v.run(months=1), lambda v: v.order("pth", "fgf23")])
def test_an_interrupt_leaves_the_visit_as_it_was(action, monkeypatch):
    visit, whole = clinic.visit("04", seed=1), clinic.visit("04", seed=1)

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(visits, "simulate", interrupted)
        with pytest.raises(KeyboardInterrupt):
            action(visit)
    assert (visit.day, visit.cost, visit.actions, visit.record) == (0, 0, [], [])
    assert action(visit) == action(whole)


def test_a_patient_whom_the_model_cannot_follow_is_lost(monkeypatch):
    visit = clinic.visit("04", seed=1)
    visit.treat("focused parathyroidectomy")

    def no_course(*_, **__):
        raise visits.SimulationError("no course")

    with monkeypatch.context() as patch:
        patch.setattr(visits, "simulate", no_course)
        assert "The patient is lost" in visit.run(months=1)
    assert visit.mark().points["course"] == 0
    assert "lost" in visit.mark().reasons["course"][0]
    for call in (lambda: visit.run(days=1), lambda: visit.order("pth"), lambda: visit.treat("calcitriol")):
        with pytest.raises(InputError, match="start the case again"):
            call()


def test_plot_and_course_start_at_the_first_consultation():
    visit = clinic.visit("04", seed=1)
    visit.run(months=1)
    visit.run(months=1)
    days = visit.course.table().index
    assert days[0] == 0
    assert days.is_monotonic_increasing
    assert days.is_unique
    assert days[-1] == pytest.approx(2 * 365.25 / 12)
    assert "total calcium" in visit.course.plot("total_calcium").alt


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda v: v.order("sodium"), "no test 'sodium'"),
        (lambda v: v.order(), "name one or more tests"),
        (lambda v: v.order("phosphat"), "did you mean phosphate"),
        (lambda v: v.diagnose("sarcoid"), "did you mean sarcoidosis"),
        (lambda v: v.diagnose("sarcoidosis", 90), "outside its bounds (allowed: 0 to 1"),
        (lambda v: v.treat("calcitriol", 50), "outside its bounds (allowed: 0.25 to 3 µg/d)"),
        (lambda v: v.treat("calcitriol", "much"), "'much' is not a number (allowed: 0.25 to 3 µg/d)"),
        (lambda v: v.treat("watchful waiting", 1), "has no dose"),
        (lambda v: v.treat("hope"), "no treatment 'hope'"),
        (lambda v: v.run(), "give one of hours=, days="),
        (lambda v: v.run(days=1, months=1), "give one of hours=, days="),
        (lambda v: v.run(eons=1), "give one of hours=, days="),
        (lambda v: v.run(days=-1), "run: days: "),
        (lambda v: v.run(years=50), "run: years: 50 is outside"),
        (lambda v: v.run(days="a"), "run: days: "),
        (lambda v: v.run(days=float("nan")), "not a finite number"),
        (lambda v: v.order(["calcium"]), "there is no test"),
        (lambda v: v.order({}), "there is no test"),
        (lambda v: v.diagnose(["sarcoidosis"]), "there is no diagnosis"),
        (lambda v: v.treat({"calcitriol"}), "there is no treatment"),
        (lambda v: v.stop(["calcitriol"]), "no treatment under way"),
    ],
)
def test_bad_orders_are_refused_and_change_nothing(call, told):
    visit = clinic.visit("04", seed=1)
    with pytest.raises(InputError) as caught:
        call(visit)
    assert told in str(caught.value)
    assert visit.day == 0
    assert visit.actions == []
    assert visit.treatments == {}


def test_numbers_of_numpy_are_numbers():
    visit, same = clinic.visit("04", seed=np.int64(1)), clinic.visit("04", seed=1)
    visit.treat("calcitriol", np.float32(0.5))
    same.treat("calcitriol", 0.5)
    assert visit.run(days=np.int64(3)) == same.run(days=3)
    assert visit.actions == same.actions
    assert json.dumps(visit.actions)


@pytest.mark.parametrize("seed", [-1, 1.5, "seven", True, 2**40, float("nan")])
def test_bad_seeds_are_refused(seed):
    with pytest.raises(InputError, match="seed"):
        clinic.visit("04", seed=seed)
    with pytest.raises(InputError, match="no case"):
        clinic.visit("99")


# Files


@pytest.fixture
def saved(tmp_path):
    visit = play("04", "focused parathyroidectomy", seed=7)
    return visit, visit.save(tmp_path / "mine.json")


def test_save_and_load_give_the_same_visit(saved):
    visit, path = saved
    again = clinic.load(path)
    assert str(again.mark()) == str(visit.mark())
    assert again.record == visit.record
    assert again.course.table().equals(visit.course.table())
    assert [item.name for item in path.parent.iterdir()] == ["mine.json"]  # nothing half-written lies about
    again.run(months=1)
    again.save(path)
    assert clinic.load(path).day > visit.day


@pytest.mark.parametrize("share", [0, 0.3, 0.9, 0.99])
def test_truncated_file_is_refused_and_left_alone(saved, share):
    visit, path = saved
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: int(share * len(text))], encoding="utf-8")
    left = path.read_bytes()
    with pytest.raises(InputError, match="not readable as JSON"):
        clinic.load(path)
    with pytest.raises(InputError, match="left as it is"):
        visit.save(path)
    assert path.read_bytes() == left


@pytest.mark.parametrize("version", [0, 99, None, "1"])
def test_other_version_is_refused_says_how_to_go_on_and_is_left_alone(saved, version):
    visit, path = saved
    data = json.loads(path.read_text(encoding="utf-8"))
    data["version"] = version
    path.write_text(json.dumps(data), encoding="utf-8")
    left = path.read_bytes()
    with pytest.raises(InputError) as caught:
        clinic.load(path)
    assert f"field version: {version!r} is not the version that is read here (2)" in str(caught.value)
    assert "can be repeated" in str(caught.value)
    with pytest.raises(InputError):
        visit.save(path)
    assert path.read_bytes() == left


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda d: d.update(format="shopping list"), "is not the format of a saved visit"),
        (lambda d: d.pop("seed"), "'seed' is a required property"),
        (lambda d: d.update(case="99"), "no case '99'"),
        (lambda d: d["actions"].append({"do": "dance"}), "field actions[5].do: 'dance' is not one of"),
        (lambda d: d["actions"].append({"do": "treat", "name": "hope"}), "action 5: there is no treatment"),
        (lambda d: d["actions"].append("run"), "field actions[5]"),
        (lambda d: d.update(actions=5), "field actions: 5"),
        (lambda d: d["actions"].append({"do": "run", "eons": 1}), "field actions[5]: 'days' is a required property"),
    ],
)
def test_damaged_file_is_named_with_its_place(saved, change, told):
    _, path = saved
    data = json.loads(path.read_text(encoding="utf-8"))
    change(data)
    path.write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        clinic.load(path)
    assert told in str(caught.value)


def test_a_foreign_file_is_never_overwritten(tmp_path):
    path = tmp_path / "thesis.json"
    path.write_text('{"years": 4}', encoding="utf-8")
    with pytest.raises(InputError, match="left as it is"):
        clinic.visit("04", seed=1).save(path)
    assert path.read_text(encoding="utf-8") == '{"years": 4}'


def test_a_disk_that_fills_up_leaves_the_old_file_whole(saved, monkeypatch):
    visit, path = saved
    before = path.read_bytes()

    def full(_):
        raise OSError(28, "No space left on device")

    visit.run(months=1)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match="No space"):
        visit.save(path)
    assert path.read_bytes() == before
    assert [item.name for item in path.parent.iterdir()] == ["mine.json"]


def test_one_bad_file_never_ends_a_class_report(saved, tmp_path):
    with pytest.raises(InputError, match=r"nothing\.json: not readable"):
        clinic.load(tmp_path / "nothing.json")
    (tmp_path / "folder.json").mkdir()
    bad = {"list": "[]", "deep": "[" * 200_000, "digits": '{"seed": ' + "9" * 5000 + "}", "nul": "\0", "none": ""}
    for name, text in bad.items():
        (tmp_path / f"{name}.json").write_text(text, encoding="utf-8")
    text = saved[1].read_text(encoding="utf-8")
    for name, old, new in (
        ("five", '"actions": [', '"actions": 5, "x": ['),
        ("case", "04_", "../04_"),
        ("dose", "parathy", "unparathy"),
    ):
        (tmp_path / f"{name}.json").write_text(text.replace(old, new), encoding="utf-8")
    table = clinic.portfolio(tmp_path)
    assert table.loc["mine.json", "points"] == saved[0].mark().total
    assert table.loc["mine.json", "fault"] == ""
    assert len(table) == 10
    others = table.drop("mine.json")
    assert others["fault"].str.len().gt(10).all()
    assert others["points"].isna().all()


def test_a_file_without_end_is_not_read(tmp_path):
    (tmp_path / "long.json").write_text("[]" + " " * 5_000_000, encoding="utf-8")
    os.mkfifo(tmp_path / "pipe.json")
    for name, fault in (("long", "longer than 5 MB"), ("pipe", "there is no file")):
        with pytest.raises(InputError, match=rf"{name}\.json: not readable as JSON: {fault}"):
            clinic.load(tmp_path / f"{name}.json")


@pytest.mark.parametrize("mask", [0o022, 0o077])
def test_a_saved_visit_has_the_permissions_of_the_user(saved, mask):
    visit, path = saved
    before = os.umask(mask)
    try:
        visit.save(path)
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o666 & ~mask


def test_save_and_load_always_answer(tmp_path):
    desk = clinic.start(case="04", seed=7)
    desk.press("go", wait="1 week")
    assert "Saved" in desk.press("save", file=str(tmp_path / "good.json"))
    (tmp_path / "folder").mkdir()
    for name in ("missing/x.json", "x" * 300 + ".json", "nul\0.json", "good.json/x", "folder"):
        for button in ("save", "load", *(["print"] if name != "folder" else [])):
            said = desk.press(button, file=str(tmp_path / name))
            assert len(said) > 10
            assert "Saved" not in said
            assert desk.record[-1] == (said, "refused")
    assert "Saved" in desk.press("save", file=str(tmp_path / "good.json"))


# Looking back


def test_debrief_shows_the_visit_beside_a_good_plan(tmp_path):
    visit = play("15", "calcium-based binder", seed=3)
    visit.stop("calcium-based binder")
    visit.run(months=1)
    made = clinic.debrief(visit)
    assert "this visit" in made.picture.alt
    assert "a good plan" in made.picture.alt
    assert visit.record[0] in made.text
    assert "A good plan for this patient: Calcitriol 0.25" in made.text
    assert str(made.mark) == str(visit.mark())
    own, good = (line.get_xydata() for line in made.picture.axes[0].lines[:2])
    assert own[-1, 0] > good[-1, 0]  # the visit went on for a month longer
    page = made.save(tmp_path / "look.html").read_text(encoding="utf-8")
    assert "<svg" in page
    assert "Calcium-based phosphate binder" in page
    assert "http" not in page.split("</figure>")[0].replace("http://www.w3.org", "").replace(
        "http://purl.org", ""
    ).replace("http://creativecommons.org", "").replace("https://matplotlib.org", "")
    with pytest.raises(InputError, match="let time pass"):
        clinic.debrief(clinic.visit("15"))


def test_a_debrief_is_saved_reloaded_and_compared(tmp_path):
    first, second = play("15", "calcium-based binder", seed=3), play("15", "calcitriol", seed=4)
    first.save(tmp_path / "anna.json")
    second.save(tmp_path / "ben.json")
    play("04", "watchful waiting").save(tmp_path / "other.json")
    (tmp_path / "bad.json").write_text("{", encoding="utf-8")
    assert json.loads((tmp_path / "anna.json").read_text(encoding="utf-8"))["debrief"] == [
        str(line) for line in first.record
    ]
    assert clinic.debrief(clinic.load(tmp_path / "anna.json")).text == clinic.debrief(first).text
    picture = clinic.compare(tmp_path, "15")
    for name in ("anna", "ben", "a good plan"):
        assert name in picture.alt
    with pytest.raises(InputError, match="no whole visit to case 13"):
        clinic.compare(tmp_path, "13")


# Case files of teachers

NOT_OBJECTS = [
    "",
    "{",
    "[]",
    '"a"',
    "\0",
    "[" * 200_000,
    '{"years": ' + "9" * 5000 + "}",
    '{"years": NaN}',
    '{"title": "\\ud800"}',
    '{"title": "a", "title": "b"}',
    '{"title": "\ud800"}'.encode("utf-8", "surrogatepass"),
    b"\xff\xfe",
]


def case_file(folder, change=lambda data: None):
    data = json.loads(case_files()[load_case("04").name].read_text(encoding="utf-8"))
    change(data)
    path = folder / "16_new.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


def test_a_teachers_case_works(tmp_path):
    falls = {"gfr": {"profile": "decline", "start": 100, "end": 60, "years": 2, "after": -2}}
    case = read_case(case_file(tmp_path, lambda d: d.update(title="My own", settings=falls)))
    visit = visits.Visit(case, seed=2)
    assert "My own" in visit.story
    assert visit.course.final["gfr"] < 65


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda d: d.pop("title"), "'title' is a required property"),
        (lambda d: d.update(hint="x"), "Additional properties are not allowed ('hint' was unexpected)"),
        (lambda d: d.update(disorder="sarcoid"), "did you mean sarcoidosis"),
        (lambda d: d.update(severity=[0.2, 2]), "field severity[2]: 2 is not a number from 0 to 1"),
        (lambda d: d.update(severity=0.5), "field severity"),
        (lambda d: d.update(disorder=None), "is not for a case without a disorder"),
        (lambda d: d.update(years=-1), "field years"),
        (lambda d: d.update(settings={"gfrr": 40}), "field settings: there is no input 'gfrr': did you mean gfr"),
        (lambda d: d.update(settings={"gfr": 4000}), "field settings.gfr"),
        (
            lambda d: d.update(settings={"gfr": {"profile": "steps", "days": {"0": "x"}}}),
            "field settings.gfr: {'days': {'0': 'x'}, 'profile': 'steps'} is not a number, {'profile': 'steps', 'days':",
        ),
        (
            lambda d: d.update(settings={"gfr": {"profile": "steps", "days": {"3": 50, "0": 60}}}),
            "field settings.gfr: a profile's times",
        ),
        (lambda d: d.update(settings={"gfr": {"profile": "steps", "days": {"soon": 50}}}), "field settings.gfr"),
        (lambda d: d["tests"]["needed"].update(sodium="why"), "field tests.needed: there is no test 'sodium'"),
        (lambda d: d["tests"].update(extra={}), "field tests: Additional properties are not allowed ('extra' was"),
        (lambda d: d["tests"].update(needed={}), "field tests.needed: {}"),
        (lambda d: d["findings"].update(pth="high"), "field findings: there is no picture 'pth'"),
        (lambda d: d["treatments"]["right"].update(hope="why"), "field treatments.right: there is no treatment 'hope'"),
        (
            lambda d: d["treatments"].update(enough=9),
            "field treatments: Additional properties are not allowed ('enough' was",
        ),
        (lambda d: d["treatments"].update(essential=["calcitriol"]), "'calcitriol' is not among the right ones"),
        (lambda d: d["treatments"].update(plans=[[]]), "field treatments.plans[1]: [] "),
        (lambda d: d["roads"].pop("harmful"), "field roads: 'harmful' is a required property"),
        (lambda d: d["roads"].update(sensible=[{"do": "hope"}]), "field roads.sensible[1].do: 'hope' is not one of"),
        (lambda d: d["treatments"]["wrong"].update({"focused parathyroidectomy": "x"}), "both right and wrong"),
        (lambda d: d.update(goals=[]), "field goals: [] is not a list of one or more goals"),
        (lambda d: d["goals"][0].update(quantity="sodium"), "field goals[1].quantity: there is no quantity 'sodium'"),
        (lambda d: d["goals"][0].update(when="later"), "field goals[1].when: 'later' is not one of ['end', 'always']"),
        (lambda d: d["goals"][0].update(lower=3), "field goals[1]: lower must be below upper"),
        (lambda d: d["goals"][1].pop("why"), "field goals[2]: 'why' is a required property"),
        (
            lambda d: d.update(sources="walker2017"),
            "field sources: 'walker2017' is not a list of keys of data/sources.csv",
        ),
        (
            lambda d: d.update(sources=["walker2071"]),
            "field sources[1]: there is no source 'walker2071': did you mean walker2017",
        ),
    ],
)
def test_malformed_case_files_are_named(tmp_path, change, told):
    path = case_file(tmp_path, change)
    with pytest.raises(InputError) as caught:
        read_case(path)
    assert str(caught.value).startswith("16_new.json")
    assert told in str(caught.value)


@pytest.mark.parametrize("text", NOT_OBJECTS)
def test_case_files_that_are_not_json_objects(tmp_path, text):
    path = tmp_path / "16_new.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InputError, match=r"16_new\.json"):
        read_case(path)


def test_tables_are_sound():
    assert all(test.cost > 0 and test.delay_days >= 0 and 0 <= test.cv < 0.3 for test in shelf.tests().values())
    assert all(bool(test.reports) != bool(test.normal_text) for test in shelf.tests().values())
    assert {item for test in shelf.tests().values() for item in test.reports} <= {*quantities(), *parameters()}
    for treatment in clinic_treatments().values():
        assert treatment.usual is None or treatment.check(treatment.usual) == treatment.usual
    assert len(alarms()) >= 4
    for table in (clinic.case_list(), reference("tests_catalogue"), reference("clinic_treatments")):
        assert len(table) >= 12
    assert "calciphylaxis" in clinic.diagnoses()
    assert "calciphylaxis setting" not in clinic.diagnoses()


# The desk


def test_desk_works_with_its_buttons(tmp_path):
    desk = clinic.start(case="04", seed=7)
    plain = clinic.visit("04", seed=7)
    assert desk.press("order", tests=["calcium", "pth"]) == plain.order("calcium", "pth")
    assert desk.press("commit", diagnosis="primary hyperparathyroidism", probability=90) == plain.diagnose(
        "primary hyperparathyroidism", 0.9
    )
    assert desk.press("give", treatment="focused parathyroidectomy") == plain.treat("focused parathyroidectomy")
    assert desk.press("go", wait="6 months") == plain.run(months=6)
    assert desk.press("mark") == str(plain.mark())
    assert "A good plan for this patient" in desk.press("debrief")
    assert "a good plan" in desk._picture.value
    assert "to print" in desk.press("print", file=str(tmp_path / "desk.json"))
    assert (tmp_path / "desk.html").is_file()
    desk.press("go", wait="1 month")
    plain.run(months=1)
    assert "Total calcium" not in desk._picture.value
    assert "total calcium" in desk._picture.value
    assert 'src="data:image/png;base64,iVBOR' in desk._picture.value
    path = tmp_path / "desk.json"
    assert "Saved" in desk.press("save", file=str(path))
    assert "Holidays" in desk.press("call", case=load_case("07").name, seed=1)
    assert desk.visit.day == 0
    assert "Loaded" in desk.press("load", file=str(path))
    assert desk.visit.day == plain.day
    assert "Two stones" in desk._story.value


def test_desk_refuses_in_words():
    desk = clinic.start(case="04", seed=7)
    assert "name one or more tests" in desk.press("order")
    assert "choose one first" in desk.press("commit")
    assert "No treatment" in desk.press("stop")
    assert 'class="refused" role="alert"' in desk._log.value
    with pytest.raises(InputError, match="no wait"):
        desk.press("go", wait="a while")


def test_desk_offers_the_dose_and_its_bounds():
    desk = clinic.start(case="04", seed=7)
    controls = desk.controls
    for name, treatment in clinic_treatments().items():
        controls["treatment"].value = name
        assert controls["dose"].disabled == (treatment.usual is None)
        if treatment.usual is not None:
            assert controls["dose"].value == treatment.usual
            assert f"({treatment.lower:g} to {treatment.upper:g})" in controls["unit"].value
    assert "outside its bounds (allowed: 0.25 to 3 µg/d)" in desk.press("give", treatment="calcitriol", dose=50)
    assert desk.visit.treatments == {}


def test_seed_picks_a_case_and_text_is_the_same_every_time():
    first, second = clinic.start(seed=5), clinic.start(seed=5)
    assert first.visit.case.name == second.visit.case.name
    assert len({clinic.start(seed=seed).visit.case.name for seed in range(12)}) > 3
    bundle = first._repr_mimebundle_()
    assert bundle["text/plain"] == second._repr_mimebundle_()["text/plain"]
    assert "application/vnd.jupyter.widget-view+json" in bundle


def test_what_was_so_when_treatment_began_is_not_its_harm():
    """At seed 1 calcium is above the alarm of 3 mmol/L on the day of the decision and never later, treated or not."""
    case = load_case("06")
    visit = visits.play(case, case.roads["sensible"], 1)
    calcium = visit.course.table()["total_calcium"]
    assert calcium[calcium.index >= visit.first_treatment].iloc[0] > 3 > visit.untreated()["total_calcium"].iloc[-1]
    assert visit.mark().total >= 85


def test_saline_that_nobody_stops_is_harm():
    case = load_case("06")
    road = [action for action in case.roads["sensible"] if action["do"] == "treat"]
    mark = visits.play(case, road, 2).mark()
    assert mark.total < 60
    assert any("It went on after calcium" in reason for reason in mark.reasons["treatment"])
