"""What an order was worth: indications, contraindications and interactions, which are data (`data/care_rules.csv`).

This module evaluates them and knows no medicine; `data/cases/README.md` tells how a rule is written. Time reaches it as passages:
dicts with `day`, `given` (treatment to dose), and the tables `start`, `low` and `high` of quantity or input to value.
"""

import functools
from typing import NamedTuple

from calphos.lessons.clinic.cases import clinic_treatments, diagnoses
from calphos.model.parameters import parameters
from calphos.tables.errors import InputError, find
from calphos.tables.quantities import quantities
from calphos.tables.reading import records

HARM = 12  # marks from which an order counts as harm


class Rule(NamedTuple):
    """One row of `data/care_rules.csv`; `terms` is its condition as (word, name, number)."""

    treatment: str
    kind: str
    cost: float
    sentence: str
    source: str = ""
    moment: str = "during"
    terms: tuple = ()

    @property
    def harms(self):
        """Whether an order of which the rule speaks counts as harm."""
        return self.cost >= HARM or self.kind == "harm"


@functools.cache
def rules():
    """The rules as a tuple of `Rule`. Raises InputError that names the row for a word or a name that does not exist."""
    found = []
    for place, row in enumerate(records("care_rules"), start=2):
        try:
            row["terms"] = tuple(map(_term, filter(None, row["when"].split(" and "))))
        except ValueError as problem:
            raise InputError(f"care_rules.csv, row {place}: {problem}") from None
        found.append(Rule(*map(row.get, Rule._fields)))
    return tuple(found)


def _term(text):
    """Parse one term.

    >>> _term("total_calcium > 2.6"), _term("without calcitriol"), _term("alone")
    (('>', 'total_calcium', 2.6), ('without', 'calcitriol', 0.0), ('alone', '', 0.0))
    """
    word, _, name = text.partition(" ")
    if word in ("with", "without", "diagnosis"):
        return word, find(name, diagnoses() if word == "diagnosis" else clinic_treatments(), word), 0.0
    if text == "alone":
        return text, "", 0.0
    sign, _, limit = name.partition(" ")
    if sign not in ("<", ">") or not (word == "dose" or word in quantities() or word in parameters()):
        raise ValueError(f"{text!r} is not a term")
    return sign, word, float(limit)


def holds(rule, passage, truth):
    """Return whether the condition of a rule holds in a passage; `truth` are the names of what the patient has."""
    given = passage["given"]
    for word, name, limit in rule.terms:
        if word in ("<", ">"):
            extreme = "start" if rule.moment == "start" else "low" if word == "<" else "high"
            value = given[rule.treatment] if name == "dose" else passage[extreme][name]
            true = value < limit if word == "<" else value > limit
        elif word == "diagnosis":
            true = name in truth
        elif word == "alone":
            true = set(given) == {rule.treatment}
        else:
            true = (name in given) == (word == "with")
        if not true:
            return False
    return True


def judge(passages, truth, listed=()):
    """Return the rules that speak of the orders in `passages`, each once, those of the first day first.

    `listed` are treatments that count as indicated because the case says so.

    >>> blood = {"pth": 0.9, "adenoma": 0.0, "casr_set_point": 1.0, "gfr": 90.0}
    >>> passage = {"day": 0.0, "given": {"focused parathyroidectomy": None}, "start": blood, "low": blood, "high": blood}
    >>> [(rule.kind, rule.cost) for rule in judge([passage], {"sarcoidosis"})]
    [('harm', 25.0), ('harm', 30.0), ('needless', 25.0)]
    """
    since, before = {}, {}  # rule -> the day on which it first held
    for passage in passages:
        given = passage["given"]
        fresh = {name for name in given if name not in before or (given[name] or 0) > (before[name] or 0)}
        for rule in rules():
            asked = rule.treatment in (fresh if rule.moment == "start" else given)
            if asked and rule not in since and holds(rule, passage, truth):
                since[rule] = passage["day"]
        before = given
    indicated = {rule.treatment for rule in since if rule.kind == "indication"}.union(listed)
    spoken = [rule for rule in since if rule.kind != "needless" or (rule.cost and rule.treatment not in indicated)]
    return sorted(spoken, key=lambda rule: (since[rule], rule))
