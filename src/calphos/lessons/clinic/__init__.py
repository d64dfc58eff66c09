"""The virtual clinic: `start()` opens its desk, `visit("01")` is the same without buttons, `debrief(visit)` looks back."""

from calphos.lessons.clinic.cases import diagnoses
from calphos.lessons.clinic.debrief import compare, debrief
from calphos.lessons.clinic.desk import start
from calphos.lessons.clinic.visits import case_list, load, play, portfolio, visit
