"""What a visit to the virtual clinic was worth: points for tests, diagnosis, treatment and course, each with reasons."""

import functools
import math
from dataclasses import dataclass, field

from calphos.lessons.clinic import care
from calphos.lessons.clinic import cases as shelf
from calphos.tables.quantities import quantity
from calphos.tables.reading import rows
from calphos.tables.references import cite
from calphos.tables.words import MONTH, span, spoken

# What each part of the work is worth.
WORTH = {"tests": 20, "diagnosis": 30, "treatment": 20, "course": 30}
PASS = 60
# Where the roads of a case must end: what tests and `make cases` hold every case to.
ROADS = {"sensible": (85, 100), "minimal": (0, 84), "overdone": (0, PASS - 1), "harmful": (0, PASS - 1)}
LISTED = 15  # what a treatment costs that the case lists as wrong
RESULT = 20  # what it costs when the blood became dangerous under treatment and would not have without it
BUDGET = 1.5  # the tests that matter may be exceeded in cost by half before marks are lost


@dataclass
class Mark:
    """What a visit was worth: points for each part, with the reasons."""

    title: str
    points: dict
    reasons: dict
    answer: str
    lesson: str
    sources: tuple = ()
    ceiling: float = 100
    why: str = ""
    total: int = field(init=False)

    def __post_init__(self):
        self.total = max(0, min(round(sum(self.points.values())), round(self.ceiling)))

    def __str__(self):
        lines = [f"{self.title}: {self.total} of {sum(WORTH.values())} points", f"Diagnosis: {self.answer}"]
        if self.why:
            lines.append(f"At most {self.ceiling:.0f} points, because {self.why} ({PASS} pass).")
        for part, worth in WORTH.items():
            lines.append(f"{part.capitalize()}: {self.points[part]:.0f} of {worth}")
            lines += [f"  - {reason}" for reason in self.reasons[part]]
        lines.append(f"To take away: {self.lesson}")
        if self.sources:
            lines += ["Sources:", str(cite(*self.sources))]
        return "\n".join(lines)

    __repr__ = __str__


def mark(visit):
    """Return the `Mark` of a `calphos.lessons.clinic.visits.Visit` as it stands."""
    case = visit.case
    given = {name for passage in visit.passages for name in passage["given"]}
    findings = care.judge(visit.passages, {case.diagnosis, case.disorder}, case.right)
    findings += _listed_as_wrong(visit, given) + _seen_in_the_blood(visit, given)
    worst = max((finding.cost for finding in findings if finding.harms), default=0)
    parts = {
        "tests": _mark_tests(visit),
        "diagnosis": _mark_diagnosis(visit),
        "treatment": _mark_treatment(visit, given, findings),
        "course": _mark_course(visit, worst),
    }
    points = {part: max(-WORTH[part], min(WORTH[part], score)) for part, (score, _) in parts.items()}
    reasons = {part: told for part, (_, told) in parts.items()}
    ceiling, why = sum(WORTH.values()), ""
    if worst:
        ceiling, why = PASS - worst, "something that was given did harm"
    elif not given.issuperset(case.essential):
        ceiling, why = PASS - 5, "what mattered most was not given"
    sources = tuple(dict.fromkeys([*case.sources, *(finding.source for finding in findings if finding.source)]))
    return Mark(case.title, points, reasons, f"{case.diagnosis}. {case.why}", case.lesson, sources, ceiling, why)


def _listed_as_wrong(visit, given):
    """What the case itself lists as wrong; waiting is wrong only where nothing else was ever done."""
    first = {name: passage["day"] for passage in reversed(visit.passages) for name in passage["given"]}
    return [
        care.Finding(first[name], name, "harm", LISTED, reason, "")
        for name, reason in visit.case.wrong.items()
        if name in given and (name != "watchful waiting" or len(given) == 1)
    ]


def _seen_in_the_blood(visit, given):
    """Alarms that rang under treatment, and that would not have rung without it."""
    if visit.first_treatment is None or visit.day <= visit.first_treatment:
        return []
    own, free = visit.course.table(), visit.untreated().table()
    own, free = (table[table.index >= visit.first_treatment] for table in (own, free))
    found = []
    for name, side, limit, text in shelf.alarms():
        worst, without = (table[name].min() if side == "below" else table[name].max() for table in (own, free))
        if (worst < limit <= without) if side == "below" else (worst > limit >= without):
            item = quantity(name)
            told = f"{item.label} went to {item.text(worst, visit.units, with_unit=True)}. {text}"
            found.append(care.Finding(visit.first_treatment, " and ".join(sorted(given)), "harm", RESULT, told, ""))
    return found


@functools.cache
def _cited():
    return {row["key"]: f"{row['cited_as']} {row['year']}".strip() for row in rows("sources")}


def _mark_tests(visit):
    needed, told = visit.case.needed, []
    got = [name for name in needed if name in visit.ordered]
    for name, reason in needed.items():
        told.append(f"{'ordered' if name in got else 'missed'}: {name}. {reason}")
    told += [f"not needed: {name}. {why}" for name, why in visit.case.wasteful.items() if name in visit.ordered]
    fair = BUDGET * sum(shelf.tests()[name].cost for name in needed)
    spent = sum(shelf.tests()[name].cost for name in visit.ordered)
    score = WORTH["tests"] * len(got) / len(needed)
    if spent > fair:
        lost = min(WORTH["tests"] / 2, WORTH["tests"] * (spent - fair) / (4 * fair))
        score -= lost
        told.append(f"the tests before the diagnosis cost {spent:g}; those that matter cost {fair / BUDGET:g}")
    return max(0.0, score), told


def _mark_diagnosis(visit):
    worth, case = WORTH["diagnosis"], visit.case
    if visit.diagnosis is None:
        return 0.0, ["no diagnosis was made"]
    if visit.diagnosis == case.diagnosis or visit.diagnosis in case.accept:
        more = ": you could have trusted it more" if visit.sure < 0.7 else ""
        return worth * (1 - (1 - visit.sure) ** 2), [f"right, and you were {visit.sure:.0%} sure{more}"]
    reason = case.instead.get(visit.diagnosis, f"the results fit {case.diagnosis} better: {case.why}")
    told = [f"not {visit.diagnosis}: {reason}"]
    if visit.sure > 0.5:
        told.append(f"being {visit.sure:.0%} sure of it costs marks")
    return -worth / 3 * visit.sure**2, told


def _mark_treatment(visit, given, findings):
    worth, case, told = WORTH["treatment"], visit.case, []
    plan = max(case.plans, key=lambda plan: len(given.intersection(plan)) / len(plan))
    score = worth * len(given.intersection(plan)) / len(plan)
    told += [f"good: {name}. {reason}" for name, reason in case.right.items() if name in given]
    told += [f"missing: {name}. {case.right[name]}" for name in plan if name not in given]
    for name in case.essential:
        if name not in given:
            score = 0.0
            told.append(f"essential: without {name} the rest does not hold")
    told_of = {finding.treatment for finding in findings if finding.kind == "harm"}
    costs, why = {}, {}
    for finding in findings:
        listed = finding.kind == "indication" and finding.treatment in case.right
        if finding.kind != "harm" and (finding.treatment in told_of or listed):
            continue
        word = "can be defended" if finding.kind == "indication" else "harm" if finding.harms else "needless"
        costs[finding.treatment] = max(costs.get(finding.treatment, 0), finding.cost)
        source = f" ({_cited()[finding.source]})" if finding.source else ""
        why.setdefault((word, finding.treatment), {})[f"{finding.sentence.rstrip('.')}{source}."] = None
    told += [f"{word}: {name}. {' '.join(sentences)}" for (word, name), sentences in why.items()]
    if not given:
        told.insert(0, "no decision about treatment was made (watchful waiting is one, too)")
    return score - sum(costs.values()), told


def _mark_course(visit, harmed):
    worth, case = WORTH["course"], visit.case
    if visit.lost:
        return 0.0, [f"the patient is lost: {visit.lost}"]
    since = 0.0 if visit.first_treatment is None else visit.day - visit.first_treatment
    needed = case.months * MONTH
    if since < 0.95 * needed:
        asked = f"follow the patient for {span(needed)} after your decision about treatment"
        return 0.0, [f"{asked} (so far {span(since)})"]
    met, told = 0, []
    for goal in case.goals:
        reached, shown = _reached(visit, goal)
        met += reached
        told.append(f"{'reached' if reached else 'not reached'}: {shown}. {goal.why}")
    if harmed:
        return 0.0, [*told, "what is reached with harm earns nothing"]
    return worth * met / len(case.goals), told


def _reached(visit, goal):
    """Return whether the course reached a goal, and what it reached in words."""
    item = quantity(goal.quantity)
    column = visit.course[goal.quantity]
    treated = column[column.index >= (visit.first_treatment or 0.0)]
    last = float(column.iloc[-1])
    if goal.growth_below_untreated is not None:
        first = float(column.iloc[0])
        own, free = last - first, float(visit.untreated()[goal.quantity].iloc[-1]) - first
        shown = f"{spoken(item.label)} grew {_times(own, free)} as without treatment"
        return own <= max(0.0, goal.growth_below_untreated * free), shown
    bounds = _bounds(item, goal, visit.units)

    def within(*values):  # rounded as they are shown, so that words and verdict agree
        return all(goal.lower <= round(value, item.decimals) <= goal.upper for value in values)

    if goal.when == "always":
        low, high = float(treated.min()), float(treated.max())
        shown = f"{item.text(low, visit.units)} to {item.text(high, visit.units, with_unit=True)}"
        return within(low, high), f"{spoken(item.label)} {shown} all along (goal {bounds})"
    shown = item.text(last, visit.units, with_unit=True)
    return within(last), f"{spoken(item.label)} {shown} (goal {bounds})"


def _bounds(item, goal, units):
    low, high = (item.text(edge, units) for edge in (goal.lower, goal.upper))
    told = f"at least {low}" if math.isinf(goal.upper) else f"{low} to {high}"
    return f"{f'at most {high}' if math.isinf(goal.lower) else told} {item.unit(units)}"


def _times(own, free):
    least = 0.05  # mmol: what grows less stands still
    if free > least:
        return f"{max(own, 0) / free:.1f} times as much"
    return "many times as much" if own > least else "about as much"
