"""Widgets of the lessons: one look (`lessons.css`), one way to make each kind."""

from pathlib import Path

import ipywidgets as widgets

from calphos.panels.keyboard import style_sheet
from calphos.tables.errors import find
from calphos.tables.words import Words


class Card:
    """Something with widgets that is shown as the last line of a cell.

    A subclass sets `box`, which holds the widgets, `controls`, those that a learner moves, by name (a name can stand for
    a dict of widgets), and `said`: what the card said last.
    """

    def press(self, button, **choices):
        """Set the widgets named in `choices`, press a button, and return what is said then, all as a learner would.

        `desk.press("give", treatment="calcitriol", dose=0.5)`; where a name stands for several widgets, it takes the names
        of those to tick, or {name: text} for fields. Raises InputError for what is not offered.
        """
        for name, value in choices.items():
            control = self.controls[name]
            if isinstance(control, dict):
                for one in value:
                    find(one, control, name)
                for one, box in control.items():
                    box.value = str(value.get(one, "")) if isinstance(value, dict) else one in value
            else:
                control.value = find(value, getattr(control, "_options_values", [value]), name)
        self.controls[button].click()
        return Words(self.said)

    def _repr_mimebundle_(self, **_):
        return {**self.box._repr_mimebundle_(), "text/plain": repr(self)}


def card(name, *children):
    """Return a box of the class `calphos-<name>` with the look of all cards, whose keys stay inside."""
    sheet = style_sheet(f"calphos-{name}", Path(__file__).with_name("lessons.css"))
    return widgets.VBox([sheet, *children]).add_class("calphos-card").add_class(f"calphos-{name}")


def field(kind, label, width="26em", label_width="8em", **options):
    """Return an ipywidgets widget of `kind` ("Dropdown", "Text", ...) with its label, never wider than the card."""
    layout = widgets.Layout(width=width, max_width="100%")
    return getattr(widgets, kind)(description=label, style={"description_width": label_width}, layout=layout, **options)


def line(*children):
    """Return a row that breaks where the card is narrow."""
    return widgets.HBox(children, layout=widgets.Layout(flex_flow="row wrap"))


def grid(children, width):
    """Return as many columns of `width` as fit."""
    columns = f"repeat(auto-fill, minmax(min({width}, 100%), 1fr))"
    return widgets.GridBox(children, layout=widgets.Layout(grid_template_columns=columns))


def pictured(figure):
    """Return a `Picture` as HTML with its alternative text."""
    return figure._repr_mimebundle_()[0]["text/html"]
