"""SBML: another engine runs the exported model and agrees."""

import numpy as np
import pytest

from calphos import InputError, Patient, decline, sessions, simulate, to_sbml
from calphos.model import body

roadrunner = pytest.importorskip("roadrunner")

QUANTITIES = ["ionised_calcium", "pth", "calcitriol", "fgf23", "klotho", "urine_calcium", "tmp_gfr", "mature_deposit"]


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"gfr": 30, "diet_phosphate": 50},
        {"gfr": decline(100, 10, years=4, after=0.5)},
        {"disorder": "primary hyperparathyroidism"},
        {"gfr": 4, "dialysis": 0.045},
    ],
    ids=["health", "kidney disease", "decline", "adenoma", "dialysis"],
)
def test_roadrunner_agrees(settings, tmp_path):
    patient, path = Patient(**settings), tmp_path / "model.xml"
    text = to_sbml(patient, path)
    assert path.read_text(encoding="utf-8") == text
    engine = roadrunner.RoadRunner(str(path))
    engine.integrator.relative_tolerance, engine.integrator.absolute_tolerance = 1e-9, 1e-12
    engine.timeCourseSelections = ["time", "plasma_phosphate", *QUANTITIES]
    result = engine.simulate(0, 5 * 365.25 * 24, 11)
    course = simulate(patient, years=5, points=11, rtol=1e-8)
    for name in ["plasma_phosphate", *QUANTITIES]:
        ours = course["phosphate" if name == "plasma_phosphate" else name].to_numpy()
        assert np.allclose(result[name], ours, rtol=1e-4), name


def test_every_state_and_parameter_is_in_the_file():
    from calphos.model.parameters import parameters

    text = to_sbml()
    for name in body.STATE_NAMES:
        assert f'<rateRule variable="{name}">' in text
    for name in parameters():
        assert f'<parameter id="p_{name}"' in text


def test_schedules_are_refused_with_a_hint():
    with pytest.raises(InputError, match="averaged"):
        to_sbml(Patient(dialysis=sessions()))
