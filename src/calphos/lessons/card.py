"""Widgets of the lessons: one look (`lessons.css`), one way to make each kind."""

from pathlib import Path

from calphos.drawing.pictures import Screen
from calphos.panels import keyboard


class Card:
    """Something with widgets that is shown as the last line of a cell.

    A subclass gives `_build`, which returns the box and keeps what a learner moves in `_controls`, by name.
    """

    _box = None

    @property
    def box(self):
        """The widgets, made at first use."""
        if self._box is None:
            self._box = self._build()
        return self._box

    @property
    def controls(self):
        """The widgets by name; a name can stand for a dict of them."""
        return self.box and self._controls

    def _repr_mimebundle_(self, **_):
        return {**self.box._repr_mimebundle_(), "text/plain": repr(self)}


def card(name, *children):
    """Return a box of the class `calphos-<name>` with the look of all cards, whose keys stay inside."""
    import ipywidgets as widgets

    sheets = Path(keyboard.__file__).with_name("panel.css"), Path(__file__).with_name("lessons.css")
    rules = "".join(sheet.read_text(encoding="utf-8") for sheet in sheets)
    box = widgets.VBox([widgets.HTML(keyboard.style_sheet(f"calphos-{name}", rules)), *children])
    box.add_class("calphos-card")
    box.add_class(f"calphos-{name}")
    return box


def field(kind, label, width="26em", label_width="8em", **options):
    """Return an ipywidgets widget of `kind` ("Dropdown", "Text", ...) with its label, never wider than the card."""
    import ipywidgets as widgets

    layout = widgets.Layout(width=width, max_width="100%")
    return getattr(widgets, kind)(description=label, style={"description_width": label_width}, layout=layout, **options)


def button(label, tip, action, width="8em"):
    """Return a button that calls `action` without arguments."""
    import ipywidgets as widgets

    made = widgets.Button(description=label, tooltip=tip, layout=widgets.Layout(width=width))
    made.on_click(lambda _: action())
    return made


def line(*children):
    """Return a row that breaks where the card is narrow."""
    import ipywidgets as widgets

    return widgets.HBox(children, layout=widgets.Layout(flex_flow="row wrap"))


def grid(children, width):
    """Return as many columns of `width` as fit."""
    import ipywidgets as widgets

    columns = f"repeat(auto-fill, minmax(min({width}, 100%), 1fr))"
    return widgets.GridBox(children, layout=widgets.Layout(grid_template_columns=columns))


def picture():
    """Return an image widget that is hidden until `show` gives it a picture."""
    return keyboard.described_image(max_width="100%", display="none", object_fit="contain")


def show(widget, figure):
    """Show a `Picture` in an image widget with its alternative text as title; None hides the widget."""
    widget.layout.display = "none" if figure is None else ""
    if figure is not None:
        widget.value = Screen(figure, []).png()
        widget.tooltip = figure.alt
