"""What a learner moves: sliders, switches and menu entries, made from the names of a panel's call."""

from dataclasses import dataclass, replace

import ipywidgets as widgets

from calphos.model.changes import treatments
from calphos.model.parameters import parameter, parameters
from calphos.model.patient import Patient
from calphos.panels.plan import along_severity
from calphos.tables.errors import InputError
from calphos.tables.reading import records
from calphos.tables.words import decimals


@dataclass(frozen=True)
class Slider:
    """A number that a learner moves: what it is called, its unit, bounds, step, starting value and plain meaning.

    With `unset` (such as "as in the disorder") the slider has one more position before the first, at which its value is
    None and the model keeps what a disorder or a site brings along. A slider of a single step is a switch: on or off.
    """

    name: str
    label: str
    unit: str
    lower: float
    upper: float
    step: float
    value: float | None
    meaning: str = ""
    unset: str = ""

    def __post_init__(self):
        within = bool(self.unset) if self.value is None else self.lower <= self.value <= self.upper
        if not self.lower < self.upper or not within:
            raise InputError(f"slider {self.name}: {self.value} is not within {self.lower} to {self.upper}")

    def text(self, value):
        """Return `value` with as many decimals as the step has, and its unit, "on" or "off"; for None it is `unset`."""
        if value is None:
            return self.unset
        if self.is_switch:
            return "off" if value == self.lower else "on"
        return f"{value:.{decimals(self.step)}f} {self.unit}".rstrip()

    def nearest(self, value):
        """Return the slider's step that is nearest to `value`, within the bounds; None stays None."""
        if value is None:
            return None
        return self._at(round((min(max(value, self.lower), self.upper) - self.lower) / self.step))

    def _at(self, place):
        """The value so many steps above the lower bound; the last step may be shorter."""
        return round(min(self.lower + place * self.step, self.upper), 9)

    @property
    def positions(self):
        """How many steps lie between the bounds."""
        return round((self.upper - self.lower) / self.step)

    @property
    def is_switch(self):
        """Whether it is only turned on (the upper bound) or off (the lower one)."""
        return self.positions == 1 and not self.unset

    def widget(self, value):
        """Return the ipywidget that moves it, at `value`."""
        title = f"{self.label} ({self.unit})" if self.unit else self.label
        options = {"description": title, "tooltip": self.meaning}
        if self.is_switch:
            return widgets.Checkbox(value=self.to_widget(value), indent=False, **options)
        if self.unset:
            steps = map(self._at, range(self.positions + 1))
            named = [(self.unset, self.unset), *((self.text(step), step) for step in steps)]
            return widgets.SelectionSlider(options=named, value=self.to_widget(value), **options)
        parts = {"value": value, "min": self.lower, "max": self.upper, "step": self.step}
        if all(float(part).is_integer() for part in parts.values()):
            return widgets.IntSlider(**{name: int(part) for name, part in parts.items()}, **options)
        return widgets.FloatSlider(**parts, readout_format=f".{decimals(self.step)}f", **options)

    def to_widget(self, value):
        """Return what the widget holds at `value`."""
        if self.is_switch:
            return value != self.lower
        return self.unset if value is None else value

    def from_widget(self, held):
        """Return the value at which the widget holds `held`."""
        if self.is_switch:
            return self.upper if held else self.lower
        return None if held == self.unset else min(round(held, decimals(self.step)), self.upper)


def own_sliders(panel, **starts):
    """Return the sliders that a kind of panel has of its own, by name (`data/sliders.csv`), some with another start.

    >>> own_sliders("dialysis", session_hours=8)["session_hours"].value
    8
    """
    rows = (row for row in records("sliders") if row.pop("panel") == panel)
    return {row["name"]: Slider(**row | {"value": starts.get(row["name"], row["value"])}) for row in rows}


def slider(name, **changes):
    """Return the `Slider` of a row of `data/parameters.csv` (or "severity"), with some of its fields changed.

    `slider("gfr", label="GFR at the end", value=30)`. Raises InputError for a name that the table does not have.
    """
    if name == "severity":
        return replace(own_sliders("disorder")[name], **changes)
    row = parameter(name)
    if row.kind != "input":
        names = ", ".join(key for key, item in parameters().items() if item.kind == "input")
        raise InputError(f"{name!r} cannot be a slider: choose from {names}")
    unit = "" if row.unit in ("1", "fraction", "effect", "on/off", "pH") else row.unit
    made = Slider(name, row.label, unit, row.lower, row.upper, row.step, row.value, row.meaning)
    return replace(made, **changes)


def resolve(sliders, presets):
    """Return (sliders, presets) in which every disorder's settings are in sight.

    `presets` are names of disorders and treatments, with "health" before them, or {entry: settings}, where "disorder" (and
    "severity") stand for what the disorder brings: numbers, which move the sliders; or, where there is a slider for
    severity, entries along it. A slider of a setting that is brought so can be left "as in the disorder", and starts there.
    Raises InputError for unknown names.
    """
    if not isinstance(presets, dict):
        named = {name: {"treatment" if name in treatments() else "disorder": name} for name in presets or ()}
        presets = {"health": {}, **named} if named else {}
    made, brought = {}, set()
    for entry, given in presets.items():
        named = {key: given.get(key) for key in ("disorder", "severity", "treatment", "dose")}
        rest, lines = {key: value for key, value in given.items() if key not in named}, {}
        if named["disorder"] and "severity" in sliders:
            lines = along_severity(named["disorder"])
            named |= {"disorder": None, "severity": None}
            brought |= {*lines} & ({*sliders} - {*rest})
        made[entry] = {**Patient(**named).settings, **lines, **rest}
    return left_to_disorder(sliders, brought), made


def left_to_disorder(sliders, brought):
    """Return sliders of which those that a disorder brings start unset: "as in the disorder"."""
    unset = {"value": None, "unset": "as in the disorder"}
    return {name: replace(item, **unset) if name in brought else item for name, item in sliders.items()}


def make_sliders(wanted, own=None):
    """Return sliders for names, {name: starting value} or ready-made sliders and switches, as a dict by name.

    `own` are sliders of the panel's own by name; every other name is that of a row of `data/parameters.csv`.
    """
    own = own or {}
    if isinstance(wanted, dict):
        wanted = [replace(own.get(name) or slider(name), value=value) for name, value in wanted.items()]
    made = [own.get(item) or slider(item) if isinstance(item, str) else item for item in wanted]
    return {item.name: item for item in made}
