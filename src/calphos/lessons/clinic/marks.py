"""What a visit to the virtual clinic was worth: points for tests, diagnosis, treatment and course, each with reasons.

Indications, contraindications and interactions are data (`data/care_rules.csv`): what evaluates them here knows no medicine, and
`data/cases/README.md` tells how a rule is written. Time reaches them as passages: dicts with `day`, `given` (treatment to dose),
and the tables `start`, `low` and `high` of quantity or input to value.
"""

import functools
import math
from typing import NamedTuple

from calphos.lessons.clinic.cases import alarms, clinic_treatments, diagnoses, tests
from calphos.model.parameters import parameters
from calphos.tables.errors import InputError, find
from calphos.tables.quantities import quantities, quantity
from calphos.tables.reading import records
from calphos.tables.references import cite, sources
from calphos.tables.words import MONTH, span, spoken

# What each part of the work is worth.
WORTH = {"tests": 20, "diagnosis": 30, "treatment": 20, "course": 30}
PASS = 60
HARM = 12  # marks from which an order counts as harm
LISTED = 15  # what a treatment costs that the case lists as wrong
RESULT = 20  # what it costs when the blood became dangerous under treatment and would not have without it
STILL = 0.05  # mmol: a deposit that grows less stands still
BUDGET = 1.5  # the tests that matter may be exceeded in cost by half before marks are lost


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


class Mark:
    """What a `calphos.lessons.clinic.visits.Visit` was worth as it stands.

    `points` and `reasons` are by part of the work; `total` is out of 100 and at most `ceiling`, for which `why` has the reason.
    """

    def __init__(self, visit):
        self._visit, self.case = visit, visit.case
        self.given = {name for passage in visit.passages for name in passage["given"]}
        self.orders = judge(visit.passages, {self.case.diagnosis, self.case.disorder}, self.case.right)
        self.orders += [*self._listed_as_wrong(), *self._seen_in_the_blood()]
        harm = max((rule.cost for rule in self.orders if rule.harms), default=0)
        self.ceiling, self.why = sum(WORTH.values()), ""
        if harm:
            self.ceiling, self.why = PASS - harm, "something that was given did harm"
        elif not self.given.issuperset(self.case.essential):
            self.ceiling, self.why = PASS - 5, "what mattered most was not given"
        self.points, self.reasons = {}, {}
        for part, worth in WORTH.items():
            score, self.reasons[part] = getattr(self, f"_{part}")()
            self.points[part] = max(-worth, min(worth, score))
        self.total = max(0, min(round(sum(self.points.values())), round(self.ceiling)))

    def __repr__(self):
        case = self.case
        lines = [f"{case.title}: {self.total} of {sum(WORTH.values())} points"]
        lines.append(f"Diagnosis: {case.diagnosis}. {case.why}")
        if self.why:
            lines.append(f"At most {self.ceiling:.0f} points, because {self.why} ({PASS} pass).")
        for part, worth in WORTH.items():
            lines.append(f"{part.capitalize()}: {self.points[part]:.0f} of {worth}")
            lines += [f"  - {reason}" for reason in self.reasons[part]]
        lines.append(f"To take away: {case.lesson}")
        sources = dict.fromkeys([*case.sources, *(rule.source for rule in self.orders if rule.source)])
        return "\n".join([*lines, "Sources:", str(cite(*sources))])

    def _listed_as_wrong(self):
        """What the case itself lists as wrong; waiting is wrong only where nothing else was ever done."""
        for name, reason in self.case.wrong.items():
            if name in self.given and (name != "watchful waiting" or len(self.given) == 1):
                yield Rule(name, "harm", LISTED, reason)

    def _seen_in_the_blood(self):
        """Alarms that rang under treatment, and that would not have rung without it."""
        visit = self._visit
        if visit.first_treatment is None or visit.day <= visit.first_treatment:
            return
        own, free = (run.table()[run.days >= visit.first_treatment] for run in (visit.course, visit.untreated()))
        for alarm in alarms():
            worst, without = (alarm.worst(table[alarm.quantity]) for table in (own, free))
            before = own[alarm.quantity].iloc[0]  # what was so when treatment began is not its doing
            if alarm.rings(worst) and not alarm.rings(without) and not alarm.rings(before):
                item = quantity(alarm.quantity)
                told = f"{item.label} went to {item.text(worst, visit.units, with_unit=True)}. {alarm.text}"
                yield Rule(" and ".join(sorted(self.given)), "harm", RESULT, told)

    # Each part of the work: (points, reasons)

    def _tests(self):
        needed, ordered, told = self.case.needed, self._visit.ordered, []
        for name, reason in needed.items():
            told.append(f"{'ordered' if name in ordered else 'missed'}: {tests()[name].label}. {reason}")
        wasted = {name: why for name, why in self.case.wasteful.items() if name in ordered}
        told += [f"not needed: {tests()[name].label}. {why}" for name, why in wasted.items()]
        fair = BUDGET * sum(tests()[name].cost for name in needed)
        spent = sum(tests()[name].cost for name in ordered)
        score = WORTH["tests"] * len(ordered.intersection(needed)) / len(needed)
        if spent > fair:
            score -= min(WORTH["tests"] / 2, WORTH["tests"] * (spent - fair) / (4 * fair))
            told.append(f"the tests before the diagnosis cost {spent:g}; those that matter cost {fair / BUDGET:g}")
        return max(0.0, score), told

    def _diagnosis(self):
        worth, case, named, sure = WORTH["diagnosis"], self.case, self._visit.diagnosis, self._visit.sure
        if named is None:
            return 0.0, ["no diagnosis was made"]
        if named == case.diagnosis or named in case.accept:
            more = ": you could have trusted it more" if sure < 0.7 else ""
            return worth * (1 - (1 - sure) ** 2), [f"right, and you were {sure:.0%} sure{more}"]
        reason = case.instead.get(named, f"the results fit {case.diagnosis} better: {case.why}")
        told = [f"not {named}: {reason}"]
        if sure > 0.5:
            told.append(f"being {sure:.0%} sure of it costs marks")
        return -worth / 3 * sure**2, told

    def _treatment(self):
        case, given = self.case, self.given
        plan = max(case.plans, key=lambda plan: len(given.intersection(plan)) / len(plan))
        score = WORTH["treatment"] * len(given.intersection(plan)) / len(plan)
        told = [] if given else ["no decision about treatment was made (watchful waiting is one, too)"]
        called = {name: treatment.label for name, treatment in clinic_treatments().items()}
        called[" and ".join(sorted(given))] = ", ".join(called[name] for name in sorted(given))
        told += [f"good: {called[name]}. {reason}" for name, reason in case.right.items() if name in given]
        told += [f"missing: {called[name]}. {case.right[name]}" for name in plan if name not in given]
        for name in case.essential:
            if name not in given:
                score = 0.0
                told.append(f"essential: {called[name]}. Without it the rest does not hold.")
        harmful = {rule.treatment for rule in self.orders if rule.kind == "harm"}
        costs, why = {}, {}
        for rule in self.orders:
            listed = rule.kind == "indication" and rule.treatment in case.right
            if rule.kind != "harm" and (rule.treatment in harmful or listed):
                continue
            word = "can be defended" if rule.kind == "indication" else "harm" if rule.harms else "needless"
            costs[rule.treatment] = max(costs.get(rule.treatment, 0), rule.cost)
            source = f" ({sources()[rule.source]['short']})" if rule.source else ""
            why.setdefault(f"{word}: {called[rule.treatment]}.", {})[f"{rule.sentence.rstrip('.')}{source}."] = None
        told += [f"{begin} {' '.join(sentences)}" for begin, sentences in why.items()]
        return score - sum(costs.values()), told

    def _course(self):
        visit, goals, needed = self._visit, self.case.goals, self.case.months * MONTH
        if visit.lost:
            return 0.0, [f"the patient is lost: {visit.lost}"]
        since = 0.0 if visit.first_treatment is None else visit.day - visit.first_treatment
        if since < 0.95 * needed:
            asked = f"follow the patient for {span(needed)} after your decision about treatment"
            return 0.0, [f"{asked} (so far {span(since)})"]
        found = [_reached(visit, goal) for goal in goals]
        told = [f"{'reached' if reached else 'not reached'}: {shown}" for reached, shown in found]
        if any(rule.harms for rule in self.orders):
            return 0.0, [*told, "what is reached with harm earns nothing"]
        return WORTH["course"] * sum(reached for reached, _ in found) / len(goals), told


def _reached(visit, goal):
    """Whether the course reached a goal, and what it reached and why that matters in words."""
    item, column = quantity(goal.quantity), visit.course[goal.quantity]
    last = float(column.iloc[-1])
    if goal.growth_below_untreated is not None:
        first = float(column.iloc[0])
        own, free = last - first, float(visit.untreated()[goal.quantity].iloc[-1]) - first
        if free > STILL:
            times = f"{max(own, 0) / free:.1f} times as much"
        else:
            times = "many times as much" if own > STILL else "about as much"
        shown = f"{spoken(item.label)} grew {times} as without treatment. {goal.why}"
        return own <= max(0.0, goal.growth_below_untreated * free), shown
    if goal.when == "always":
        treated = column[column.index >= (visit.first_treatment or 0.0)]
        values, when = (float(treated.min()), float(treated.max())), " all along"
    else:
        values, when = (last,), ""
    shown = " to ".join(item.text(value, visit.units, with_unit=value is values[-1]) for value in values)
    # Rounded as they are shown, so that words and verdict agree.
    within = all(goal.lower <= round(value, item.decimals) <= goal.upper for value in values)
    low, high = (item.text(edge, visit.units) for edge in (goal.lower, goal.upper))
    above = f"at least {low}" if math.isinf(goal.upper) else f"{low} to {high}"
    wanted = f"at most {high}" if math.isinf(goal.lower) else above
    return within, f"{spoken(item.label)} {shown}{when} (goal {wanted} {item.unit(visit.units)}). {goal.why}"
