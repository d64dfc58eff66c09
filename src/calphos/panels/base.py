"""What all panels share: sliders, menu, buttons, the kept picture, the summary, and frames without a browser.

A panel is a model (`_solve`), a drawing (`_make_drawing`) and words (`_words`). Everything else is here.
"""

import asyncio
import html
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooSlow
from dataclasses import dataclass

import numpy as np

from calphos.drawing.pictures import Screen, svg_text
from calphos.panels.sliders import make_presets, resolve_disorders
from calphos.tables.errors import InputError
from calphos.tables.quantities import CONVENTIONAL, SI, check_units
from calphos.tables.words import spoken

# A model that answers within this time is drawn at once; a slower one goes on in the background (seconds).
PATIENCE = 0.2
# One worker for all panels: the solver underneath is not made to run twice at the same time.
_WORKER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="calphos")

_CSS = """<style>
.calphos-panel .widget-slider, .calphos-panel .widget-dropdown {height: auto; flex-flow: row wrap; margin: 0 0 4px 0;}
.calphos-panel .widget-slider > .widget-label, .calphos-panel .widget-dropdown > .widget-label
  {width: 100% !important; max-width: none; text-align: left; height: auto;}
.calphos-panel .widget-label {color: #111827; white-space: normal; overflow: visible; line-height: 1.25; font-size: 14px;}
.calphos-panel .slider-container {flex: 1 1 60%; margin-left: 8px;}
.calphos-panel .widget-readout {font-variant-numeric: tabular-nums; font-weight: 600;}
.calphos-panel .noUi-handle:focus-visible, .calphos-panel button:focus-visible, .calphos-panel select:focus-visible,
.calphos-panel input:focus-visible, .calphos-panel .widget-readout:focus-visible
  {outline: 3px solid #1d4ed8 !important; outline-offset: 2px;}
.calphos-panel .noUi-handle {background: #1d4ed8 !important; border-color: #1d4ed8 !important;}
.calphos-panel .noUi-connect {background: #93b4f5 !important;}
.calphos-panel.calphos-busy img {opacity: .55;}
.calphos-panel img {align-self: flex-start;}
.calphos-summary {font-size: 15px; line-height: 1.4; color: #111827; margin: 0; padding: 0 14px 0 8px;}
.calphos-lecture .calphos-summary {font-size: 20px;}
.calphos-lecture .widget-label, .calphos-lecture .widget-readout, .calphos-lecture button, .calphos-lecture select
  {font-size: 17px !important;}
.jp-RenderedText pre {word-break: normal; overflow-wrap: anywhere;}
</style>"""


@dataclass(frozen=True)
class Frame:
    """One picture of a panel made without a browser."""

    value: float
    text: str
    summary: str
    alt: str
    svg: str


class Panel:
    """Controls, one kept picture and a summary in words. Made by the functions of `calphos.panels`.

    `sliders` is a dict of `Slider` and `Switch`; `presets` a dict of preset name to {setting: value}. A setting that
    has a slider moves it; any other goes to the model unseen. `main` names the slider that a handout offers.
    """

    # Whether the panel can draw the range of an ensemble of models (those that can, read `self.uncertainty`).
    has_ensemble = False
    # Whether its numbers have units to choose from.
    has_units = True

    def __init__(self, sliders, *, presets=None, units=SI, lecture=False, main=None, title=""):
        self.sliders, self.presets = resolve_disorders(sliders, make_presets(presets) or {})
        self.units = check_units(units)
        self.lecture = lecture
        self.uncertainty = False
        self.main = main or next(iter(sliders), None)
        if self.main is not None and self.main not in sliders:
            raise InputError(f"main={main!r} is not one of the sliders {', '.join(sliders)}")
        self.title = title
        self.values = {key: item.value for key, item in sliders.items()}
        self.hidden = {}
        self.chosen = next(iter(self.presets), None)
        self.pins = []
        self.moves = 0
        self._memory = {}
        self._controls = None
        self._drawing = self._screen = None
        self._running = self._wanted = None
        self._hold = self._stale = False
        self.result = None
        self._summary = self._alt = ""
        if self.chosen:
            self._apply_preset(self.presets[self.chosen])

    # what a kind of panel fills in

    def _solve(self, settings):
        """Return what the model says for `settings` (may run beside the notebook: no widgets, no drawing)."""
        raise NotImplementedError

    def _make_drawing(self, units, lecture):
        """Return an object with `figure`, `moving` and `update(result)`."""
        raise NotImplementedError

    def _words(self, result, units):
        """Return (summary without the settings, description of the picture)."""
        raise NotImplementedError

    # without widgets

    @property
    def settings(self):
        """What the model is asked now: the preset's settings and the values of the sliders that are set."""
        return {name: value for name, value in {**self.hidden, **self.values}.items() if value is not None}

    @property
    def figure(self):
        """The kept matplotlib figure."""
        if self.result is None:
            self.render()
        return self.drawing.figure

    @property
    def summary(self):
        """The settings and the main numbers in words."""
        if self.result is None:
            self.render()
        return self._summary

    @property
    def alt(self):
        """A description of the picture for those who cannot see it."""
        if self.result is None:
            self.render()
        return self._alt

    @property
    def drawing(self):
        """The kept drawing in the present units."""
        if self._drawing is None:
            self._drawing = self._make_drawing(self.units, self.lecture)
            self._screen = None
        return self._drawing

    def label(self, slider):
        """Return the visible name of a slider."""
        return self.sliders[slider].label

    def check(self, values):
        """Raise InputError unless every value belongs to a slider and lies within its bounds."""
        for name, value in values.items():
            if name not in self.sliders:
                raise InputError(f"this panel has no slider {name!r}; it has {', '.join(self.sliders)}")
            item = self.sliders[name]
            if value is None and item.unset:
                continue
            if not isinstance(value, int | float | np.number) or not item.lower <= value <= item.upper:
                raise InputError(f"{name}={value!r} is outside {item.lower:g} to {item.upper:g} {item.unit}".rstrip())

    def render(self, **values):
        """Draw the panel for `values` without widgets and return the summary. The figure is `panel.figure`."""
        self.check(values)
        self.values.update(values)
        self.result = self._solve(self.settings)
        self.drawing.update(self.result)
        self._say(self.result)
        return self.summary

    def frames(self, slider=None, count=21, units=None, preset=None):
        """Return `count` `Frame`s of the panel as `slider` moves from bound to bound, other settings as they are.

        Every frame's SVG holds the same elements in the same order; the changing ones have names. The slider's present
        value is among the frames, and what was pinned is drawn. The panel itself is left as it was. Raises
        InputError for an unknown slider, preset or unit system.
        """
        slider = slider or self.main
        if slider not in self.sliders:
            raise InputError(f"this panel has no slider {slider!r}; it has {', '.join(self.sliders)}")
        kept = self.values.copy(), self.hidden, self.chosen
        units = check_units(units or self.units)
        drawing = self._make_drawing(units, False)
        for result in self.pins if hasattr(drawing, "pin") else ():
            drawing.pin(result)
        made = []
        try:
            if preset is not None:
                self._apply_preset(self._find_preset(preset))
                self.chosen = preset
            item = self.sliders[slider]
            for value in item.stops(count, self.values[slider]):
                self.values[slider] = value
                result = self._solved(self.settings)
                drawing.update(result)
                words, alt = self._words(result, units)
                summary = f"{self._lead(slider)}: {words}"
                made.append(Frame(value, item.text(value), summary, alt, svg_text(drawing.figure)))
        finally:
            self.values, self.hidden, self.chosen = kept
        return made

    def _solved(self, settings):
        """Return `_solve` of the settings, from memory if it was asked before (both unit systems ask the same)."""
        key = repr((self.uncertainty, sorted(settings.items())))
        if key not in self._memory:
            if len(self._memory) >= 512:
                self._memory.clear()
            self._memory[key] = self._solve(settings)
        return self._memory[key]

    def _find_preset(self, name):
        if name not in self.presets:
            raise InputError(f"this panel has no preset {name!r}; it has {', '.join(self.presets) or 'none'}")
        return self.presets[name]

    def _apply_preset(self, settings):
        self.values = {name: item.nearest(settings.get(name, item.value)) for name, item in self.sliders.items()}
        self.hidden = {name: value for name, value in settings.items() if name not in self.sliders}

    def _lead(self, always=None):
        """Name the preset and the settings that differ from the start: "GFR 30 mL/min, binder 20 mmol/d"."""
        always = always or self.main
        parts = [self.chosen] if self.chosen and self.chosen != next(iter(self.presets)) else []
        for name, item in self.sliders.items():
            if name == always or self.values[name] != item.value:
                label = spoken(item.label) if parts else item.label
                parts.append(f"{label} {item.text(self.values[name])}")
        return ", ".join(parts)

    def _say(self, result):
        words, self._alt = self._words(result, self.units)
        lead = self._lead()
        self._summary = f"{lead}: {words}" if lead else words

    # with widgets

    @property
    def controls(self):
        """The widgets by name: one for each slider, then preset, units, lecture, pin, reset."""
        if self._controls is None:
            self._make_widgets()
        return self._controls

    def _make_widgets(self):
        import ipywidgets as widgets
        from traitlets import Unicode

        wide = widgets.Layout(width="100%")
        made = {}
        if len(self.presets) > 1:
            made["preset"] = widgets.Dropdown(
                options=list(self.presets), value=self.chosen, description="Start from", layout=wide
            )
        for name, item in self.sliders.items():
            made[name] = item.widget(self.values[name], layout=wide)
        made["units"] = widgets.ToggleButtons(
            options=[("SI", SI), ("Conventional", CONVENTIONAL)],
            value=self.units,
            tooltips=["mmol/L, pmol/L", "mg/dL, pg/mL"],
            style={"button_width": "120px"},
            layout=widgets.Layout(width="auto", display=None if self.has_units else "none"),
        )
        made["lecture"] = widgets.ToggleButton(
            value=self.lecture,
            description="Lecture",
            tooltip="Larger letters for a lecture hall",
            layout=widgets.Layout(width="78px"),
        )
        if hasattr(self.drawing, "pin"):
            made["pin"] = widgets.Button(
                description="Pin this run",
                tooltip="Keep the present curves as thin dashed ones (up to three)",
                layout=widgets.Layout(width="98px"),
            )
            made["pin"].on_click(lambda _: self.pin())
        made["reset"] = widgets.Button(
            description="Reset", tooltip="Back to the start; removes pinned runs", layout=widgets.Layout(width="68px")
        )
        if self.has_ensemble:
            made["uncertainty"] = widgets.ToggleButton(
                value=self.uncertainty,
                description="Show uncertainty",
                layout=widgets.Layout(width="244px"),
                tooltip="Range of models with other parameters that fit the published data about as well",
            )
            made["uncertainty"].observe(self._on_look, "value")
        self._controls = made
        for name in self.sliders:
            made[name].observe(self._on_slider(name), "value")
        if "preset" in made:
            made["preset"].observe(self._on_preset, "value")
        made["units"].observe(self._on_look, "value")
        made["lecture"].observe(self._on_look, "value")
        made["reset"].on_click(lambda _: self.reset())

        class DescribedImage(widgets.Image):
            # The front end shows a tooltip, which is what a screen reader says of an image, only beside a description.
            description = Unicode("").tag(sync=True)

        self._image = DescribedImage(format="png", layout=widgets.Layout(max_width="100%", object_fit="contain"))
        self._text = widgets.HTML(layout=widgets.Layout(width="auto", margin="2px 0 0 0"))
        column = [made[key] for key in ("preset", *self.sliders) if key in made]
        buttons = widgets.VBox(
            [
                widgets.HBox([made[key] for key in ("pin", "reset", "lecture") if key in made]),
                *(made[key] for key in ("units", "uncertainty") if key in made),
            ]
        )
        left = widgets.GridBox(
            [*column, buttons],
            layout=widgets.Layout(
                grid_template_columns="repeat(auto-fill, minmax(250px, 1fr))",
                grid_gap="6px 14px",
                flex="1 1 262px",
                align_items="flex-start",
                padding="4px 10px 0 0",
            ),
        )
        right = widgets.VBox([self._image], layout=widgets.Layout(flex="0 1 auto", min_width="0"))
        body = widgets.HBox([left, right], layout=widgets.Layout(flex_flow="row wrap", align_items="flex-start"))
        self.box = widgets.VBox([widgets.HTML(_CSS), self._text, body])
        self.box.add_class("calphos-panel")
        self._dress()
        self._ask(wait=True)

    def _dress(self):
        width, _ = self.drawing.figure.get_size_inches() * self.drawing.figure.dpi
        self._image.width = str(round(width))
        (self.box.add_class if self.lecture else self.box.remove_class)("calphos-lecture")

    def _on_slider(self, name):
        item = self.sliders[name]

        def moved(change):
            self.values[name] = item.from_widget(change["new"])
            self._ask()

        return moved

    def _on_preset(self, change):
        self.chosen = change["new"]
        self._apply_preset(self.presets[self.chosen])
        self._move_sliders(dict(self.values))
        self._ask()

    def _move_sliders(self, values):
        """Bring the sliders' widgets to `values` without asking the model at each."""
        self._hold = True
        try:
            for name, value in values.items():
                self.controls[name].value = self.sliders[name].to_widget(value)
        finally:
            self._hold = False

    def _on_look(self, _):
        self.units, self.lecture = self.controls["units"].value, self.controls["lecture"].value
        if self.has_ensemble:
            self.uncertainty = self.controls["uncertainty"].value
        self._drawing = None
        for result in self.pins:
            self.drawing.pin(result)
        self._dress()
        self._ask()

    def set(self, **values):
        """Move the widgets as a learner would, and return the summary.

        Besides the sliders' names, `units`, `lecture`, `preset` and (over time) `uncertainty` can be set. Raises
        InputError when a name is unknown or a value out of bounds.
        """
        controls = self.controls
        look = {key: values.pop(key) for key in ("units", "lecture", "preset", "uncertainty") if key in values}
        self.check(values)
        if "units" in look:
            check_units(look["units"])
        if "uncertainty" in look and not self.has_ensemble:
            raise InputError("this panel cannot show uncertainty")
        if "preset" in look:
            self._find_preset(look["preset"])
        for name, value in look.items():
            controls[name].value = value
        self._move_sliders(values)
        if self._stale:
            self._ask(wait=True)
        self._wait()
        return self.summary

    def preset(self, name):
        """Choose a preset from the menu and return the summary."""
        return self.set(preset=name)

    def pin(self):
        """Keep the present curves as ghosts (up to three) and return the summary.

        Raises InputError where a panel has nothing to pin (there is no such button either).
        """
        if "pin" not in self.controls:
            raise InputError("this panel cannot pin runs")
        self._wait()
        self.pins = [*self.pins, self.result][-3:]
        self.drawing.pin(self.result)
        if self._screen:
            self._screen.refresh()
            self._show_picture()
        return self.summary

    def reset(self):
        """Put everything back to the start, remove ghosts, and return the summary."""
        self.controls  # noqa: B018 (makes the widgets)
        self.pins = []
        if hasattr(self.drawing, "unpin"):
            self.drawing.unpin()
            if self._screen:
                self._screen.refresh()
        first = next(iter(self.presets), None)
        if "preset" in self.controls and self.controls["preset"].value != first:
            self.controls["preset"].value = first
        else:
            self._apply_preset(self.presets.get(first, {}))
            self._move_sliders(dict(self.values))
            self._ask()
        self._wait()
        return self.summary

    # asking the model, without ever making a queue

    def _ask(self, wait=False):
        """Ask the model for the present settings; while it is busy only the newest question is kept."""
        self._stale = True
        if self._hold:
            return
        self._stale = False
        self._wanted = self.settings
        if self._running is None:
            self._start(wait)
        elif wait:
            self._wait()

    def _start(self, wait=False):
        settings, self._wanted = self._wanted, None
        loop = None if wait else _running_loop()
        future = _WORKER.submit(self._solve, settings)
        try:
            future.exception(timeout=PATIENCE if loop else None)
        except TooSlow:
            self._running = future
            self._progress(True)
            future.add_done_callback(lambda _: loop.call_soon_threadsafe(self._finish, future))
        else:
            self._show(future)

    def _finish(self, future):
        if self._running is not future:
            return
        self._running = None
        self._progress(False)
        self._show(future)
        if self._wanted is not None:
            self._start()

    def _wait(self):
        """Wait until no question is open."""
        while self._running is not None or self._wanted is not None:
            if self._running is not None:
                running = self._running
                running.exception()
                self._running = None
                self._progress(False)
                self._show(running)
            if self._wanted is not None:
                self._start(wait=True)

    def _progress(self, busy):
        (self.box.add_class if busy else self.box.remove_class)("calphos-busy")
        if busy:
            self._text.value = _status("Computing … the last picture is kept.")

    def _show(self, future):
        error = future.exception()
        if error is not None:
            if not isinstance(error, InputError):
                self._text.value = _status("The model stopped; the last picture is kept.")
                raise error
            self._summary = str(error)
            self._text.value = _status(html.escape(self._summary))
            return
        self.result = future.result()
        self.moves += 1
        self.drawing.update(self.result)
        self._show_picture()
        self._say(self.result)
        self._text.value = _status(emphasise(self.summary))
        self._image.tooltip = self.alt

    def _show_picture(self):
        if self._screen is None or self._screen.figure is not self.drawing.figure:
            self._screen = Screen(self.drawing.figure, self.drawing.moving)
        self._image.value = self._screen.png()

    def _ipython_display_(self):
        from IPython.display import display

        self.controls  # noqa: B018 (makes the widgets)
        display(self.box)

    def __repr__(self):
        return f"<panel {self.title!r} with sliders {', '.join(self.sliders)}>"


def emphasise(summary):
    """Return the summary as HTML with the words low and high in bold and an arrow."""
    text = html.escape(summary)
    for word, arrow in (("high", "▲"), ("low", "▼")):
        text = text.replace(f", {word}", f", <strong>{word} {arrow}</strong>")
    return text


def _status(text):
    return f'<p class="calphos-summary" role="status" aria-live="polite" aria-atomic="true">{text}</p>'


def _running_loop():
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
