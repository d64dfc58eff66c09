"""SBML: libSBML finds nothing to say about the file, and two other programs run it and agree."""

import locale

import libsbml
import numpy as np
import pytest
from quick_roadrunner import roadrunner

from calphos import InputError, Patient, decline, meals, pulse, sessions, simulate, steps
from calphos.model import body
from calphos.model.parameters import parameters
from exchange.sbml import to_sbml

before = locale.setlocale(locale.LC_ALL)
import basico

locale.setlocale(locale.LC_ALL, before)

QUANTITIES = ["ionised_calcium", "phosphate", "pth", "calcitriol", "fgf23", "klotho", "urine_calcium", "tmp_gfr"]
QUANTITIES += ["mature_deposit"]

# Settings, and how long.
CASES = {
    "health": ({}, {"days": 10}),
    "decline": ({"gfr": decline(100, 10, years=4, after=0.5)}, {"years": 5}),
    "adenoma": ({"disorder": "primary hyperparathyroidism"}, {"years": 5}),
    "meals": ({"diet_phosphate": meals(40), "diet_calcium": meals(25, at=(7.5, 20))}, {"days": 5}),
    "sessions": ({"gfr": 5, "dialysis": sessions(), "diet_phosphate": 30}, {"days": 21}),
    "a pulse in a long rest": ({"calcium_infusion": pulse(2.0, hours=6, after=24)}, {"days": 30}),
    "steps": ({"gfr": 4, "dialysis": 0.07, "bath_calcium": steps(days={0: 1.25, 30: 1.5, 31: 1.25})}, {"days": 60}),
}


@pytest.fixture(params=CASES)
def case(request, tmp_path):
    """(path of the SBML file, the course that Python computes)."""
    settings, length = CASES[request.param]
    patient, path = Patient(**settings), tmp_path / "model.xml"
    text = to_sbml(patient, path)
    assert path.read_text(encoding="utf-8") == text
    return path, simulate(patient, points=13, rtol=1e-8, **length)


def test_roadrunner_agrees(case):
    path, course = case
    engine = roadrunner.RoadRunner(str(path))
    engine.integrator.relative_tolerance, engine.integrator.absolute_tolerance = 1e-9, 1e-12
    engine.timeCourseSelections = ["time", *QUANTITIES]
    result = engine.simulate(0, course.hours[-1], len(course.hours))
    for name in QUANTITIES:
        assert np.allclose(result[name], course[name], rtol=1e-4), name


def test_copasi_agrees(case):
    path, course = case
    model = basico.load_model(str(path))
    method = {"Relative Tolerance": 1e-8, "Absolute Tolerance": 1e-10, "Max Internal Steps": 1_000_000}
    basico.set_task_settings("Time-Course", {"method": method}, model=model)
    length, intervals = course.hours[-1], len(course.hours) - 1
    table = basico.run_time_course(duration=length, intervals=intervals, use_sbml_id=True, model=model)
    basico.remove_datamodel(model)
    for name in QUANTITIES:
        assert np.allclose(table[name], course[name], rtol=1e-4), name


def test_libsbml_has_nothing_to_say(case):
    """All of its checks, units and modelling practice among them: no error and no warning."""
    document = libsbml.readSBMLFromFile(str(case[0]))
    document.checkConsistency()
    said = [document.getError(number).getMessage() for number in range(document.getNumErrors())]
    assert said == []
    assert document.getModel().getModelHistory().getNumCreators() == 1


def test_a_curator_finds_meaning_unit_and_source():
    model = libsbml.readSBMLFromString(to_sbml()).getModel()
    for name in parameters():
        parameter = model.getParameter(f"p_{name}")
        assert parameter.isSetUnits(), name
        assert "Evidence: " in parameter.getNotesString(), name
        assert parameter.getNumCVTerms() == bool(parameters()[name].source), name
    pools = {model.getSpecies(i).getId(): model.getSpecies(i) for i in range(model.getNumSpecies())}
    assert pools["plasma_calcium"].getCVTerm(0).getResourceURI(0).endswith("CHEBI:29108")
    assert {"gut_calcium", "plasma_phosphate", "plasma_pth", "bone_calcium"} <= set(pools)
    ruled = {model.getRule(i).getVariable() for i in range(model.getNumRules()) if model.getRule(i).isRate()}
    assert len(ruled) == len(body.STATE_NAMES)


def test_the_end_of_a_course_is_where_a_file_begins():
    patient = Patient(gfr=20)
    course = simulate(patient, years=2, points=3)
    engine = roadrunner.RoadRunner(to_sbml(patient, start=course))
    engine.timeCourseSelections = ["time", "phosphate"]
    assert engine.simulate(0, 1, 2)["phosphate"][0] == pytest.approx(course.final["phosphate"])


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(InputError, match=r"nowhere.*cannot be written"):
        to_sbml(path=tmp_path / "nowhere" / "model.xml")
