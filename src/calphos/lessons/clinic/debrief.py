"""Looking back at a visit: what was done when, what the blood did, and what a good plan would have shown."""

import html

from calphos.drawing.lessons import timeline_picture
from calphos.drawing.pictures import svg_text
from calphos.lessons.clinic.cases import clinic_treatments, load_case
from calphos.lessons.clinic.visits import VITAL, play, saved
from calphos.lessons.files import write_text
from calphos.tables.errors import InputError

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>
<style>body{{font:12pt/1.4 sans-serif;max-width:60em;margin:1em auto}}pre{{white-space:pre-wrap}}svg{{width:100%;height:auto}}</style>
<h1>{title}</h1>{figure}{body}</html>
"""


class Debrief:
    """A visit beside the good plan of its case for the same patient; raises InputError before any time has passed.

    `picture` is the timeline: orders, drugs and the model's course, the good plan dashed on the same axes, the goals shaded.
    `plan` is the good plan in a sentence; `text` tells what was done and found, the plan and the marks; `save(path)` writes
    picture and text as one page to print.
    """

    def __init__(self, visit):
        if visit.day <= 0:
            raise InputError("debrief: let time pass first, with run()")
        self.visit, self.mark = visit, visit.mark()
        self.good = play(visit.case, visit.case.roads["sensible"], visit.seed)
        self.picture = _picture([("this visit", visit)], self.good)
        days = lambda spans: " and ".join(f"day {start:.0f} to {end:.0f}" for start, end in spans)
        told = "; ".join(f"{text} from {days(spans)}" for text, spans in _bars(self.good).values())
        self.plan = f"A good plan for this patient: {told}."
        self.text = "\n\n".join([visit.story, *visit.record, self.plan, str(self.mark)])

    def save(self, path):
        """Write the debrief as one HTML page with no other files, for a browser or for print; return the path."""
        title = html.escape(f"Debrief: {self.visit.case.title}")
        body = "".join(f"<pre>{html.escape(part)}</pre>" for part in self.text.split("\n\n"))
        picture = svg_text(self.picture).partition("<svg")[2]
        figure = f'<figure role="img" aria-label="{html.escape(self.picture.alt)}"><svg{picture}</figure>'
        return write_text(path, _PAGE.format(title=title, figure=figure, body=body))

    def __repr__(self):
        return self.text

    def _repr_mimebundle_(self, **options):
        data, metadata = self.picture._repr_mimebundle_(**options)
        return {**data, "text/plain": self.text}, metadata


def _bars(visit):
    """Return {treatment: (its text with the last dose, [(from, to), ...])} in days."""
    passages, bars = visit.passages, {}
    ends = [*(passage["day"] for passage in passages[1:]), visit.day]
    for passage, end in zip(passages, ends, strict=True):
        for name, dose in passage["given"].items():
            spans = bars.get(name, ("", []))[1]
            begin = spans.pop()[0] if spans and spans[-1][1] == passage["day"] else passage["day"]
            bars[name] = clinic_treatments()[name].text(dose), [*spans, (begin, end)]
    return bars


def _picture(runs, good):
    """Draw (label, visit) pairs of one case beside the good plan; drugs and orders are those of the only visit."""
    visit = runs[0][1]
    goals = [goal for goal in visit.case.goals if goal.growth_below_untreated is None]
    bands = {goal.quantity: (goal.lower, goal.upper) for goal in reversed(goals)}
    names = list(dict.fromkeys([*(goal.quantity for goal in visit.case.goals), *VITAL]))[:5]
    ticks, bars = [], []
    if len(runs) == 1:
        done = zip(visit.dates, visit.actions, strict=True)
        ticks, bars = [(day, action["do"]) for day, action in done if action["do"] != "run"], [*_bars(visit).values()]
    courses = [(label, run.course.table()) for label, run in [*runs, ("a good plan", good)]]
    return timeline_picture(courses, names, bands, bars, ticks, visit.units, visit.case.title)


def compare(folder, case):
    """Return one picture of all whole visits to `case` saved in `folder`, with a good plan (for the first one's patient) dashed.

    Raises InputError when there is none.
    """
    case = load_case(case)
    runs = [(path.stem, made) for path, made, _ in saved(folder) if made and made.case.name == case.name and made.day]
    if not runs:
        raise InputError(f"compare: no whole visit to case {case.name} lies in {folder}")
    return _picture(runs, play(case, case.roads["sensible"], runs[0][1].seed))
