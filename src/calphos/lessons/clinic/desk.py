"""The virtual clinic with buttons. Everything it does is a method of `calphos.lessons.clinic.visits.Visit`."""

import functools
import html
from pathlib import Path

import ipywidgets as widgets

from calphos.lessons.card import Card, card, field, grid, line, pictured
from calphos.lessons.chance import Chance
from calphos.lessons.clinic.cases import case_files, clinic_treatments, diagnoses, load_case, tests
from calphos.lessons.clinic.debrief import Debrief
from calphos.lessons.clinic.visits import DAYS, Visit, load
from calphos.panels.keyboard import button
from calphos.tables.quantities import SI
from calphos.tables.words import sentences

_LENGTHS = ("6 hours", "1 day", "1 week", "1 month", "3 months", "6 months", "1 year", "2 years", "5 years")
# How long a learner can wait at one go, in days.
WAITS = {words: float(words.split()[0]) * DAYS[f"{words.split()[1].rstrip('s')}s"] for words in _LENGTHS}


class Desk(Card):
    """The clinic with buttons: a story, five steps, and a record that grows. Without `case` the seed picks one.

    `desk.press("order", tests=["pth"])`, `desk.press("give", treatment="calcitriol", dose=0.5)`,
    `desk.press("go", wait="6 months")` and the like return the new entry of the record. `visit` is the `Visit` behind the desk.
    """

    def __init__(self, case=None, seed=1, units=SI):
        names = list(case_files())
        drawn = names[int(Chance("case", seed).uniform() * len(names))]
        self.visit = Visit(drawn if case is None else case, seed, units)
        self.record = []  # (text, "" or "refused")
        self.box = self._build()

    def __repr__(self):
        return f"Virtual clinic, case {self.visit.case.name.split('_')[0]}, seed {self.visit.seed}: {self.visit.case.title}"

    def _build(self):
        cases = [(f"{name.split('_')[0]} · {load_case(name).title}", name) for name in case_files()]
        named = [("choose", ""), *((name, name) for name in diagnoses())]
        given = [(treatment.label, name) for name, treatment in clinic_treatments().items()]
        boxes = {}
        for name, test in tests().items():
            price = f"{test.cost:g}, {test.delay_days:g} d" if test.delay_days else f"{test.cost:g}"
            boxes[name] = field("Checkbox", f"{test.label} ({price})", "25em", indent=False, tooltip=test.meaning)
        self.controls = c = {
            "tests": boxes,
            "case": field("Dropdown", "Patient", "34em", options=cases, value=self.visit.case.name),
            "seed": field("BoundedIntText", "Seed", "15em", value=self.visit.seed, min=0, max=10**6),
            "diagnosis": field("Dropdown", "Diagnosis", "32em", options=named, value=""),
            "probability": field("IntSlider", "How sure (%)", value=70, min=0, max=100, step=5),
            "treatment": field("Dropdown", "Treatment", "34em", options=given),
            "dose": field("FloatText", "Dose", "14em"),
            "unit": widgets.HTML(),
            "running": field("Dropdown", "Running", "34em", options=[]),
            "wait": field("Dropdown", "Let pass", options=list(WAITS), value="1 month"),
            "file": field("Text", "File", value="my_patient.json"),
        }
        actions = {
            "call": lambda: self._take_over(Visit(c["case"].value, c["seed"].value, self.visit.units)).story,
            "order": self._order,
            "commit": lambda: self.visit.diagnose(c["diagnosis"].value, c["probability"].value / 100),
            "give": lambda: self.visit.treat(c["treatment"].value, None if c["dose"].disabled else c["dose"].value),
            "stop": lambda: self.visit.stop(c["running"].value),
            "go": lambda: self.visit.run(days=WAITS[c["wait"].value]),
            "mark": lambda: self.visit.mark(),
            "debrief": self._debrief,
            "save": lambda: f"Saved in {self.visit.save(c['file'].value)}.",
            "load": lambda: f"Loaded. {self._take_over(load(c['file'].value)).summary}",
            "print": self._print,
        }
        for name, tip in sentences("desk").items():
            label = {"call": "Call in", "go": "Wait"}.get(name, name.capitalize())
            c[name] = button(label, tip, functools.partial(self._do, actions[name]))
        c["treatment"].observe(lambda _: self._offer_dose(), "value")
        self._story, self._log, self._picture = (widgets.HTML() for _ in range(3))
        self._offer_dose()
        self._refresh()
        order = "1 Order tests (cost in teaching units, days until the result)"
        row = lambda names: line(*(c[name] for name in names.split()))
        steps = [
            (order, [grid([*boxes.values()], "25em"), c["order"]]),
            ("2 Name the disorder", [row("diagnosis probability commit")]),
            ("3 Treat", [row("treatment dose unit give"), row("running stop")]),
            ("4 Let time pass", [row("wait go")]),
            ("5 Be marked, look back, save", [row("mark debrief"), row("file save load print")]),
            ("Record, newest first", [self._log, self._picture]),
        ]
        boxed = [widgets.VBox([widgets.HTML(f"<h3>{title}</h3>"), *parts]) for title, parts in steps]
        return card("clinic", row("case seed call"), self._story, *boxed)

    def _offer_dose(self):
        treatment = clinic_treatments()[self.controls["treatment"].value]
        dose, unit = self.controls["dose"], self.controls["unit"]
        dose.disabled, bounds = treatment.usual is None, ""
        if not dose.disabled:
            dose.value, dose.step = treatment.usual, 0.05 if treatment.upper <= 3 else 1
            bounds = f"{treatment.unit} ({treatment.lower:g} to {treatment.upper:g}). "
        unit.value = html.escape(bounds + treatment.meaning)

    def _do(self, action):
        before = self.visit, self.visit.day
        try:
            self.said, kind = str(action()), ""
        except ValueError as problem:  # an InputError, or a file name that no path can be made of
            self.said, kind = str(problem), "refused"
        self.record.append((self.said, kind))
        if before != (self.visit, self.visit.day):
            names = ("total_calcium", "phosphate", "pth", ("labile_deposit", "mature_deposit"))
            self._show(self.visit.course.plot(*names, units=self.visit.units) if self.visit.day else None)
        self._refresh()

    def _show(self, figure):
        self._picture.value = f"{pictured(figure)}<p class='alt'>{html.escape(figure.alt)}</p>" if figure else ""

    def _order(self):
        text = self.visit.order(*(name for name, box in self.controls["tests"].items() if box.value))
        self._untick()
        return text

    def _debrief(self):
        made = Debrief(self.visit)
        self._show(made.picture)
        return f"Dashed in the picture: a good plan. {made.plan}"

    def _take_over(self, visit):
        self.visit, self.record = visit, [(text, "") for text in visit.record]
        for name, value in (("case", visit.case.name), ("seed", visit.seed), ("diagnosis", "")):
            self.controls[name].value = value
        self._untick()
        return visit

    def _print(self):
        path = Path(self.controls["file"].value).with_suffix(".html")
        return f"A page to print is in {Debrief(self.visit).save(path)}."

    def _untick(self):
        for box in self.controls["tests"].values():
            box.value = False

    def _refresh(self):
        case, running = self.visit.case, self.controls["running"]
        self._story.value = f'<div class="story"><b>{html.escape(case.title)}.</b> {html.escape(case.story)}</div>'
        chosen = running.value
        running.options = [name for name in self.visit.treatments if not clinic_treatments()[name].operation]
        running.value = chosen if chosen in running.options else next(iter(running.options), None)
        newest = [f'<pre class="{kind}">{html.escape(text)}</pre>' for text, kind in reversed(self.record)]
        # role="alert" on the first makes a screen reader say what is new.
        told = "".join(newest).replace(">", ' role="alert">', 1)
        self._log.value = told or "<p>Nothing yet. Read the story, then order tests.</p>"
