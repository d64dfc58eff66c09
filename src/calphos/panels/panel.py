"""What all panels share: sliders, menu, buttons, the kept picture, the summary, and the description as data.

A panel is a model (`_solve`), a drawing (`make_drawing`) and words (`_words`, or `told` with `numbers`).
"""

import asyncio
import html
import re
from concurrent.futures import ThreadPoolExecutor, TimeoutError as TooSlow
from contextlib import suppress
from functools import cached_property

import ipywidgets as widgets

from calphos.drawing.pictures import FLAGS, small_png, stored
from calphos.model.simulation import simulate
from calphos.panels.keyboard import DescribedImage, button, style_sheet
from calphos.panels.plan import run_of
from calphos.panels.sliders import make_sliders, resolve
from calphos.tables.errors import InputError, find, number
from calphos.tables.quantities import CONVENTIONAL, SI, UNITS, check_units
from calphos.tables.words import fill, sentences, spoken

# A model that answers within this time is drawn at once; a slower one goes on in the background (seconds).
PATIENCE = 0.2
_LOOKS = {"units", "lecture", "uncertainty"}  # what changes how a panel looks and not what it asks
# One worker for all panels: the solver underneath is not made to run twice at the same time.
_WORKER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="calphos")


class Panel:
    """Controls, one kept picture and a summary in words. Made by the functions of `calphos.panels`.

    sliders  names, {name: starting value} or ready-made `Slider`s; `own` are those that only this kind of panel has, by name
    presets  names of disorders and treatments, or a dict of menu entry to {setting: value}. A setting that has a slider
             moves it; any other goes to the model unseen.
    run      where the model of the body answers: `days` and the other options of `calphos.panels.plan.run_of`
    told     the summary as a template of `calphos.tables.words.fill`; `described` that of the alternative text, in which
             {words} is the summary. What is not given, `title` too, is that of the kind of panel in `data/sentences.csv`
    """

    kind = "panel"
    main = None  # the slider that the summary always names, where it is not the first
    members = 0  # how many models of the ensemble the range is drawn of, where the panel can draw one
    has_units = True  # whether its numbers have units to choose from
    draws = None  # the class of its drawing, where that takes no more than health, names, units and lecture
    names = ()  # what is drawn

    def __init__(
        self, sliders, *, own=None, title=None, told=None, described=None, presets=None, units=SI, lecture=False, **run
    ):
        made, said = make_sliders(sliders, own), sentences(self.kind)
        self.sliders, self.presets = resolve(made, presets)
        named = [name for name in made if name not in (own or ())]
        self.run = run_of(named, run.pop("days", None), **run) if run else None  # which names an unknown option
        self.title, self.told = title or said["title"], told or said.get("told", "")
        self.described = described or said.get("described", "")
        self.units = check_units(units)
        self.lecture = lecture
        self.uncertainty = False
        self.main = self.main or next(iter(made), None)
        self._choose(next(iter(self.presets), None))
        self.pins = []  # (result, the settings it belongs to)
        self._controls, self._left = {}, {}  # `_left`: where cells moved each slider away from
        self._running = self._wanted = self.result = None
        self._hold = False
        self._summary = self._alt = ""

    # what a kind of panel fills in

    def _solve(self, settings):
        """Return what the model says for `settings` (may run beside the notebook: no widgets, no drawing).

        Where nothing else is said, the quantities at the end of the run (a Series).
        """
        return self.run.course(settings).final

    def make_drawing(self, units, lecture):
        """Return the `calphos.drawing.pictures.Drawing` of the panel."""
        return self.draws(self.healthy, self.names, units=units, lecture=lecture)

    def extremes(self):
        """Yield the results with each preset, and from the start with each slider at either end; what is refused is left out."""
        asked = [_asked(*self.placed(preset)) for preset in (self.presets or {"": {}}).values()]
        for name, item in self.sliders.items():
            asked += [{**self.settings, name: end} for end in (item.lower, item.upper)]
        for settings in {repr(one): one for one in asked}.values():  # a slider may start at an end
            with suppress(InputError):
                yield self._solve(settings)

    def numbers(self, result):
        """Return what the template `told` is filled with: {quantity or "quantity@which": SI value, or a text}."""
        return result

    def _words(self, result, units):
        """Return (summary without the settings, description of the picture)."""
        numbers = self.numbers(result)
        words = fill(self.told, numbers, units)
        return words, fill(self.described, {**numbers, "words": words}, units)

    # without widgets

    @cached_property
    def healthy(self):
        """What health is, with which the picture compares: after as long as the run lasts, None without a run."""
        return self.run and simulate(days=self.run.days, points=2).final

    @property
    def settings(self):
        """What the model is asked now: the preset's settings and the values of the sliders that are set."""
        return _asked(self.values, self.hidden)

    @property
    def figure(self):
        """The kept matplotlib figure."""
        self.controls()
        return self.drawing.figure

    @property
    def summary(self):
        """The settings and the main numbers in words."""
        self.controls()
        return self._summary

    @property
    def alt(self):
        """A description of the picture for those who cannot see it."""
        self.controls()
        return self._alt

    @cached_property
    def drawing(self):
        """The kept drawing in the present units."""
        return self.make_drawing(self.units, self.lecture)

    def placed(self, settings):
        """Return where a preset puts the sliders, and the rest: entries along severity lie below a slider that is unset."""
        values, hidden = {name: item.value for name, item in self.sliders.items()}, {}
        for name, value in settings.items():
            if name in values and not isinstance(value, dict):
                values[name] = self.sliders[name].nearest(value)
            else:
                hidden[name] = value
        return values, hidden

    def _choose(self, preset):
        self.chosen = preset
        self.values, self.hidden = self.placed(self.presets.get(preset, {}))

    def _say(self, result):
        """Put in words: the preset and the settings that differ from the start ("GFR 30 mL/min, binder 20 mmol/d"), the rest."""
        words, self._alt = self._words(result, self.units)
        parts = [self.chosen] if self.chosen and self.chosen != next(iter(self.presets)) else []
        for name, item in self.sliders.items():
            if name == self.main or self.values[name] != item.value:
                label = spoken(item.label) if parts else item.label
                parts.append(f"{label} {item.text(self.values[name])}")
        self._summary = f"{', '.join(parts)}: {words}" if parts else words

    # with widgets

    def controls(self):
        """Return the widgets by name, made at the first call: preset, one for each slider, units, lecture, pin, reset."""
        if not self._controls:
            self._make_widgets()
        return self._controls

    def _make_widgets(self):
        made = self._controls
        if len(self.presets) > 1:
            made["preset"] = widgets.Dropdown(options=[*self.presets], value=self.chosen, description="Start from")
            made["preset"].observe(lambda change: self._start_from(change["new"]), "value")
        for name, item in self.sliders.items():
            made[name] = item.widget(self.values[name])
            made[name].observe(self._on_slider(name), "value")
        above = list(made.values())
        if hasattr(self.drawing, "_ghost"):
            made["pin"] = button("Pin this run", "Keep the present curves as thin dashed ones (up to three)", self.pin)
        made["reset"] = button("Reset", "Back to the start; removes pinned runs", self.reset)
        tip = "Larger letters for a lecture hall"
        made["lecture"] = widgets.ToggleButton(value=self.lecture, description="Lecture", tooltip=tip)
        below = [widgets.HBox([made[key] for key in ("pin", "reset", "lecture") if key in made])]
        if self.has_units:
            systems = {"options": [("SI", SI), ("Conventional", CONVENTIONAL)], "value": self.units}
            made["units"] = widgets.ToggleButtons(**systems, tooltips=["mmol/L, pmol/L", "mg/dL, pg/mL"])
        if self.members:
            tip = "Range of models with other parameters that fit the published data about as well"
            made["uncertainty"] = widgets.ToggleButton(description="Show uncertainty", tooltip=tip)
        for name in _LOOKS & set(made):
            made[name].observe(self._on_look, "value")
        below += [made[key] for key in ("units", "uncertainty") if key in made]
        self._image, self._text = DescribedImage(), widgets.HTML()
        knobs = widgets.Box([*above, widgets.VBox(below)]).add_class("calphos-knobs")
        body = widgets.Box([knobs, self._image]).add_class("calphos-body")
        self.box = widgets.VBox([style_sheet("calphos-panel"), self._text, body]).add_class("calphos-panel")
        self._dress()
        self._ask()
        self._wait()

    def _dress(self):
        self._image.width = str(round(self.drawing.figure.bbox.width))
        (self.box.add_class if self.lecture else self.box.remove_class)("calphos-lecture")

    def _on_slider(self, name):
        item = self.sliders[name]

        def moved(change):
            value = item.from_widget(change["new"])
            if self._hold:
                self._left.setdefault(name, set()).add(item.from_widget(change["old"]))
            elif item.to_widget(value) != change["new"] and value in self._left.get(name, ()):
                # a browser says 0.98 back as 0.9800000000000001, late, when a cell has long moved the slider on
                return self._move_sliders({name: self.values[name]})
            else:
                self._left.pop(name, None)
            self.values[name] = value
            self._ask()

        return moved

    def _start_from(self, preset):
        self._choose(preset)
        self._move_sliders(dict(self.values))
        self._ask()

    def _move_sliders(self, values):
        """Bring the sliders' widgets to `values` without asking the model at each."""
        self._hold = True
        try:
            for name, value in values.items():
                self._controls[name].value = self.sliders[name].to_widget(value)
        finally:
            self._hold = False

    def _on_look(self, _):
        for name in _LOOKS & set(self._controls):
            setattr(self, name, self._controls[name].value)
        del self.drawing
        self._keep(self.pins)
        self._dress()
        self._ask()

    def set(self, **values):
        """Move the widgets as a learner would, and return the summary.

        Besides the sliders' names, `units`, `lecture`, `preset` and (over time) `uncertainty` can be set; None puts a
        slider that can be unset back to that. Raises InputError when a name is unknown or a value out of bounds.
        """
        controls = self.controls()
        look = {name: values.pop(name) for name in ("preset", *_LOOKS) if name in values}
        for name, value in values.items():
            item = self.sliders[find(name, self.sliders, "slider")]
            if value is not None or not item.unset:
                values[name] = number(value, name, item.lower, item.upper, item.unit)
        for name, value in look.items():
            if name not in controls:
                raise InputError(f"this panel has no choice of {name}")
            find(value, {"preset": self.presets, "units": UNITS}.get(name, (True, False)), name)
        for name, value in look.items():
            controls[name].value = value
        if values:
            self._move_sliders(values)
            self._ask()
        self._wait()
        return self.summary

    def pin(self):
        """Keep the present curves as ghosts (up to three); raises InputError where a panel has no button for it."""
        if "pin" not in self.controls():
            raise InputError("this panel cannot pin runs")
        self._wait()
        self._keep([*self.pins, (self.result, self.settings)][-3:])
        self._show_picture()

    def _keep(self, pins):
        self.pins = pins
        self.drawing.pin([result for result, _ in pins])

    def reset(self):
        """Put everything back to the start and remove ghosts."""
        controls = self.controls()
        if self.pins:
            self._keep([])
        first = next(iter(self.presets), None)
        if "preset" in controls and controls["preset"].value != first:
            controls["preset"].value = first
        else:
            self._start_from(first)
        self._wait()

    # asking the model, without ever making a queue

    def _ask(self):
        """Ask the model for the present settings; while it is busy only the newest question is kept."""
        if self._hold:
            return
        self._wanted = self.settings
        if self._running is None:
            self._start()

    def _start(self):
        settings, self._wanted, loop = self._wanted, None, None
        with suppress(RuntimeError):
            loop = asyncio.get_running_loop()
        future = _WORKER.submit(self._solve, settings)
        try:
            future.exception(timeout=PATIENCE if loop else None)
        except TooSlow:
            self._running = future
            self.box.add_class("calphos-busy")
            self._text.value = _status("Computing … the last picture is kept.")
            future.add_done_callback(lambda _: loop.call_soon_threadsafe(self._finish, future))
        else:
            self._show(future)

    def _finish(self, future):
        if self._running is not future:
            return
        self._running = None
        self.box.remove_class("calphos-busy")
        self._show(future)
        if self._wanted is not None:
            self._start()

    def _wait(self):
        """Wait until no question is open."""
        while self._running is not None:
            self._running.exception()
            self._finish(self._running)

    def _show(self, future):
        try:
            self.result = future.result()
        except InputError as problem:
            self._summary = str(problem)
            self._text.value = _status(html.escape(self._summary))
            return
        except Exception:
            self._text.value = _status("The model stopped; the last picture is kept.")
            raise
        self.drawing.update(self.result)
        self._show_picture()
        self._say(self.result)
        self._text.value = _status(emphasise(self.summary))
        self._image.tooltip = self.alt

    def _show_picture(self):
        if self._image.value:  # none is drawn until a notebook shows the panel
            self._image.value = self.drawing.png()

    def _repr_mimebundle_(self, include=None, exclude=None):
        """The live panel, and for pages that cannot run it a small picture with its description."""
        self.controls()
        self._wait()
        self._image.value = self.drawing.png()
        large, small = small_png(self._image.value), small_png(self._image.value, shrunk=2)
        data, metadata = stored(large, small, self.alt, self.drawing.figure.bbox)
        return {**self.box._repr_mimebundle_(), **data}, metadata

    def __repr__(self):
        return f"<panel {self.title!r} with sliders {', '.join(self.sliders)}>"


def _asked(values, hidden):
    """The settings that are set: those of sliders over those that have none."""
    return {name: value for part in (hidden, values) for name, value in part.items() if value is not None}


def emphasise(summary):
    """Return the summary as HTML with the words low and high in bold and an arrow."""
    mark = lambda word: f", <strong>{word[1]}{FLAGS[word[1]]}</strong>"
    return re.sub(", (low|high)", mark, html.escape(summary))


def _status(text):
    return f'<p class="calphos-summary" role="status" aria-live="polite" aria-atomic="true">{text}</p>'
