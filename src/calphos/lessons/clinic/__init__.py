"""The virtual clinic: `start()` opens its desk, `visit("01")` is the same without buttons, `debrief(visit)` looks back."""

from calphos.lessons.clinic.debrief import compare, debrief
from calphos.lessons.clinic.desk import start
from calphos.lessons.clinic.visits import (
    case_list,
    diagnosis_list,
    load,
    play,
    portfolio,
    test_list,
    treatment_list,
    visit,
)
