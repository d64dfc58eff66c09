"""The virtual clinic with buttons. Everything it does is a method of `calphos.lessons.clinic.visits.Visit`."""

import html
from pathlib import Path

from calphos.lessons.chance import Chance
from calphos.lessons.clinic import visits
from calphos.lessons.clinic.cases import case_files, clinic_treatments, diagnoses, find, load_case, tests
from calphos.lessons.clinic.debrief import debrief
from calphos.panels.keyboard import style_sheet
from calphos.tables.errors import InputError
from calphos.tables.quantities import SI
from calphos.tables.words import Words

_RULES = """
.calphos-clinic { font-size: 12pt; line-height: 1.4; color: #111827; max-width: 76em; }
.calphos-clinic h3 { font-size: 13pt; margin: .6em 0 .2em; }
.calphos-clinic .widget-label, .calphos-clinic .widget-html-content, .calphos-clinic .widget-checkbox label,
.calphos-clinic select, .calphos-clinic input, .calphos-clinic button { font-size: 12pt; line-height: 1.4; color: #111827; }
.calphos-clinic .widget-html-content { height: auto; }
.calphos-clinic .widget-readout { font-size: 12pt; }
.calphos-clinic .story { border-left: 5px solid #374151; padding: .2em .9em; max-width: 60em; }
.calphos-clinic pre { font-size: 11pt; line-height: 1.35; white-space: pre-wrap; word-break: normal;
  overflow-wrap: anywhere; margin: 0 0 .7em; padding: .5em .8em; background: #f3f4f6; border-left: 4px solid #1d4ed8; color: #111827; }
.calphos-clinic pre.refused { border-left: 4px double #b91c1c; background: #fef2f2; }
.calphos-clinic :focus-visible { outline: 3px solid #1d4ed8 !important; outline-offset: 2px; }
"""
# How long a learner can wait at one go: label -> argument of Visit.run.
WAITS = {
    "6 hours": {"days": 0.25},
    "1 day": {"days": 1},
    "1 week": {"weeks": 1},
    "1 month": {"months": 1},
    "3 months": {"months": 3},
    "6 months": {"months": 6},
    "1 year": {"years": 1},
    "2 years": {"years": 2},
    "5 years": {"years": 5},
}


class Desk:
    """The clinic's desk: a story, five steps, and a record that grows. Made by `clinic.start()`.

    `order`, `diagnose`, `treat`, `stop`, `run`, `mark`, `save` and `load` move the widgets as a learner would and return
    the new entry of the record as text. `visit` is the `Visit` behind the desk.
    """

    def __init__(self, case=None, seed=1, units=SI):
        names = list(case_files())
        if not names:
            raise InputError("there are no cases: data/cases is empty")
        if case is None:
            case = names[int(Chance("case", seed).uniform() * len(names))]
        self.visit = visits.visit(case, seed, units)
        self.record = []
        self._controls = None
        self._shown = None  # a picture other than the course

    # shown in a notebook

    def _repr_mimebundle_(self, **_):
        self.controls  # noqa: B018 (makes the widgets)
        return {**self.box._repr_mimebundle_(), "text/plain": repr(self)}

    def __repr__(self):
        return f"Virtual clinic, case {self.visit.case.name.split('_')[0]}, seed {self.visit.seed}: {self.visit.case.title}"

    # driven as a learner would

    def order(self, *names):
        """Tick tests and press Order."""
        for name in names:
            find(name, tests(), "test")
        for name, box in self.controls["tests"].items():
            box.value = name in names
        return self._press("order")

    def diagnose(self, name, probability=0.9):
        """Choose a diagnosis, move the slider of certainty and press Commit."""
        find(name, diagnoses(), "diagnosis")
        self.controls["diagnosis"].value = name
        self.controls["probability"].value = round(100 * probability)
        return self._press("commit")

    def treat(self, name, dose=None):
        """Choose a treatment and its dose and press Give."""
        treatment = clinic_treatments()[find(name, clinic_treatments(), "treatment")]
        dose = treatment.check(dose)
        self.controls["treatment"].value = name
        if dose is not None:
            self.controls["dose"].value = dose
        return self._press("give")

    def stop(self, name):
        """Choose a running treatment and press Stop."""
        if name not in self.controls["running"].options:
            raise InputError(f"the patient does not get {name!r}; {self.visit._present()}")
        self.controls["running"].value = name
        return self._press("stop")

    def run(self, wait):
        """Choose how long to wait ("6 months") and press Wait."""
        self.controls["wait"].value = find(wait, WAITS, "waiting time")
        return self._press("go")

    def mark(self):
        """Press Mark."""
        return self._press("mark")

    def debrief(self):
        """Press Debrief."""
        return self._press("debrief")

    def print(self, path):
        """Type a file name and press Print."""
        self.controls["file"].value = str(path)
        return self._press("print")

    def save(self, path):
        """Type a file name and press Save."""
        self.controls["file"].value = str(path)
        return self._press("save")

    def load(self, path):
        """Type a file name and press Load."""
        self.controls["file"].value = str(path)
        return self._press("load")

    def new(self, case, seed=1):
        """Choose another patient and press Call in."""
        self.controls["case"].value = load_case(case).name
        self.controls["seed"].value = seed
        return self._press("call")

    def _press(self, name):
        self.controls[name].click()
        return Words(self.record[-1][0])

    # widgets

    @property
    def controls(self):
        """The widgets by name; "tests" is a dict of checkboxes."""
        if self._controls is None:
            self._build()
        return self._controls

    def _build(self):
        import ipywidgets as widgets

        wide = {"description_width": "8em"}
        line = widgets.Layout(width="26em", max_width="100%")

        def button(label, tip, action):
            made = widgets.Button(description=label, tooltip=tip, layout=widgets.Layout(width="8em"))
            made.on_click(lambda _: self._do(action))
            return made

        boxes = {
            name: widgets.Checkbox(
                description=f"{test.label} ({_price(test)})",
                indent=False,
                tooltip=test.meaning,
                layout=widgets.Layout(width="25em"),
            )
            for name, test in tests().items()
        }
        self._controls = c = {
            "case": widgets.Dropdown(
                options=[(f"{name.split('_')[0]} · {load_case(name).title}", name) for name in case_files()],
                value=self.visit.case.name,
                description="Patient",
                style=wide,
                layout=line,
            ),
            "seed": widgets.BoundedIntText(
                value=self.visit.seed,
                min=0,
                max=10**6,
                description="Seed",
                style=wide,
                layout=widgets.Layout(width="15em"),
            ),
            "call": button("Call in", "Start this patient afresh", self._call),
            "tests": boxes,
            "order": button("Order", "Order the tests that are ticked and wait for the slowest", self._order),
            "diagnosis": widgets.Dropdown(
                options=[("choose", ""), *((name, name) for name in diagnoses())],
                value="",
                description="Diagnosis",
                style=wide,
                layout=widgets.Layout(width="32em", max_width="100%"),
            ),
            "probability": widgets.IntSlider(
                value=70, min=0, max=100, step=5, description="How sure (%)", style=wide, layout=line
            ),
            "commit": button("Commit", "Write the diagnosis into the record", self._commit),
            "treatment": widgets.Dropdown(
                options=[(t.label, name) for name, t in clinic_treatments().items()],
                description="Treatment",
                style=wide,
                layout=line,
            ),
            "dose": widgets.BoundedFloatText(
                min=0, max=1e6, description="Dose", style=wide, layout=widgets.Layout(width="10em")
            ),
            "unit": widgets.HTML(),
            "give": button("Give", "Start this treatment or change its dose", self._give),
            "running": widgets.Dropdown(options=[], description="Running", style=wide, layout=line),
            "stop": button("Stop", "Stop the chosen treatment", self._stop),
            "wait": widgets.Dropdown(
                options=list(WAITS), value="1 month", description="Let pass", style=wide, layout=line
            ),
            "go": button("Wait", "Let time pass under the present treatment", self._go),
            "mark": button("Mark", "See points and reasons", self._mark),
            "file": widgets.Text(value="my_patient.json", description="File", style=wide, layout=line),
            "debrief": button("Debrief", "See what was done and what a good plan would have shown", self._debrief),
            "print": button("Print", "Write the debrief beside the file, as a page to print", self._print),
            "save": button("Save", "Write this visit to the file", self._save),
            "load": button("Load", "Read a visit from the file", self._load),
        }
        c["treatment"].observe(lambda _: self._offer_dose(), "value")
        self._story = widgets.HTML()
        self._log = widgets.HTML(layout=widgets.Layout(width="100%"))
        self._image = widgets.Image(
            format="png", layout=widgets.Layout(max_width="100%", display="none", object_fit="contain")
        )
        self._alt = widgets.HTML()
        grid = widgets.GridBox(
            list(boxes.values()), layout=widgets.Layout(grid_template_columns="repeat(auto-fill, minmax(25em, 1fr))")
        )

        def step(title, *parts):
            return widgets.VBox([widgets.HTML(f"<h3>{title}</h3>"), *parts])

        def row(*names):
            return widgets.HBox([c[name] for name in names], layout=widgets.Layout(flex_flow="row wrap"))

        self.box = widgets.VBox(
            [
                widgets.HTML(style_sheet("calphos-clinic", _RULES)),
                row("case", "seed", "call"),
                self._story,
                step("1 Order tests (cost in teaching units, days until the result)", grid, c["order"]),
                step("2 Name the disorder", row("diagnosis", "probability", "commit")),
                step("3 Treat", row("treatment", "dose", "unit", "give"), row("running", "stop")),
                step("4 Let time pass", row("wait", "go")),
                step("5 Be marked, look back, save", row("mark", "debrief"), row("file", "save", "load", "print")),
                step("Record, newest first", self._log, self._image, self._alt),
            ]
        )
        self.box.add_class("calphos-clinic")
        self._offer_dose()
        self._refresh()

    def _offer_dose(self):
        treatment = clinic_treatments()[self._controls["treatment"].value]
        dose, unit = self._controls["dose"], self._controls["unit"]
        dose.disabled = treatment.usual is None
        if treatment.usual is None:
            unit.value = html.escape(treatment.meaning)
            return
        # Widen before narrowing, so that the bounds never cross.
        dose.min, dose.max = 0, 1e6
        dose.value, dose.min, dose.max = treatment.usual, treatment.lower, treatment.upper
        dose.step = 0.05 if treatment.upper <= 3 else 1
        bounds = f"{treatment.unit} ({treatment.lower:g} to {treatment.upper:g}). {treatment.meaning}"
        unit.value = html.escape(bounds)

    def _do(self, action):
        try:
            self.record.append((str(action()), ""))
        except ValueError as problem:  # an InputError, or a file name that no path can be made of
            self.record.append((str(problem), "refused"))
        self._refresh()

    def _call(self):
        self.visit = visits.visit(self.controls["case"].value, int(self.controls["seed"].value), self.visit.units)
        self.record.clear()
        self._clear()
        return self.visit.story

    def _order(self):
        names = [name for name, box in self.controls["tests"].items() if box.value]
        if not names:
            raise InputError("Tick one or more tests first.")
        text = self.visit.order(*names)
        for box in self.controls["tests"].values():
            box.value = False
        return text

    def _commit(self):
        if not self.controls["diagnosis"].value:
            raise InputError("Choose a diagnosis first.")
        return self.visit.diagnose(self.controls["diagnosis"].value, self.controls["probability"].value / 100)

    def _give(self):
        dose = self.controls["dose"]
        return self.visit.treat(self.controls["treatment"].value, None if dose.disabled else dose.value)

    def _stop(self):
        if not self.controls["running"].value:
            raise InputError("Nothing is running.")
        return self.visit.stop(self.controls["running"].value)

    def _go(self):
        return self.visit.run(**WAITS[self.controls["wait"].value])

    def _mark(self):
        return self.visit.mark()

    def _debrief(self):
        made = debrief(self.visit)
        self._shown = made.picture
        return f"Dashed in the picture: a good plan. {made.plan}"

    def _print(self):
        path = Path(self.controls["file"].value).with_suffix(".html")
        return f"A page to print is in {debrief(self.visit).save(path)}."

    def _save(self):
        return f"Saved in {self.visit.save(self.controls['file'].value)}."

    def _load(self):
        self.visit = visits.load(Path(self.controls["file"].value))
        self.record[:] = [(text, "") for text in self.visit.record]
        self._clear()
        self.controls["case"].value = self.visit.case.name
        self.controls["seed"].value = self.visit.seed
        return f"Loaded. {self.visit.summary}"

    def _clear(self):
        self.controls["diagnosis"].value = ""
        for box in self.controls["tests"].values():
            box.value = False

    def _refresh(self):
        case = self.visit.case
        self._story.value = f'<div class="story"><b>{html.escape(case.title)}.</b> {html.escape(case.story)}</div>'
        running = [name for name in self.visit.treatments if not clinic_treatments()[name].is_operation]
        chosen = self.controls["running"].value
        self.controls["running"].options = running
        self.controls["running"].value = chosen if chosen in running else next(iter(running), None)
        newest = [
            f'<pre class="{kind}"{" role=" + chr(34) + "alert" + chr(34) if place == 0 else ""}>{html.escape(text)}</pre>'
            for place, (text, kind) in enumerate(reversed(self.record))
        ]
        self._log.value = "".join(newest) or "<p>Nothing yet. Read the story, then order tests.</p>"
        self._draw()

    def _draw(self):
        if self.visit.day == 0:
            self._image.layout.display = "none"
            self._alt.value = ""
            return
        from calphos.drawing.pictures import Screen

        figure, self._shown = self._shown or self.visit.plot(), None
        self._image.value = Screen(figure, []).png()
        self._image.layout.display = ""
        self._alt.value = f'<p class="alt">{html.escape(figure.alt)}</p>'


def _price(test):
    return f"{test.cost:g}, {test.delay_days:g} d" if test.delay_days else f"{test.cost:g}"


def start(case=None, seed=1, units=SI):
    """Return the clinic with buttons, shown when it is the last line of a cell. Without `case` the seed picks one."""
    return Desk(case, seed, units)
