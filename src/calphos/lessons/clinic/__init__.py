"""The virtual clinic: `start()` opens its desk, `visit("01")` is the same without buttons, `debrief(visit)` looks back."""

from calphos.lessons.clinic.cases import diagnoses
from calphos.lessons.clinic.debrief import Debrief as debrief, compare
from calphos.lessons.clinic.desk import Desk as start
from calphos.lessons.clinic.visits import Visit as visit, case_list, load, play, portfolio
