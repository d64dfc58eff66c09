"""What widgets of panels and lessons share: their look, keys that stay inside, and the names that screen readers look for."""

from pathlib import Path

import ipywidgets as widgets
from traitlets import Unicode

# `box` is what holds the style sheet. JupyterLab takes arrow keys and letters for its own commands, even from a focused radio
# button or menu, but spares elements that carry `data-lm-suppress-shortcuts`. An image widget can set a title but no
# alternative text, and a slider's handle knows neither the label nor the readout beside it.
_SCRIPT = " ".join(Path(__file__).with_suffix(".js").read_text(encoding="utf-8").split())


def style_sheet(css_class, *more):
    """Return an HTML widget for the box with `css_class` that gives it its keys, names and look: `panel.css` and `more` files.

    >>> style_sheet("mine").value.startswith('<style onload="const box')
    True
    """
    rules = "".join(path.read_text(encoding="utf-8") for path in (Path(__file__).with_name("panel.css"), *more))
    onload = f"const box = this.closest('.{css_class}'); if (box) {{ {_SCRIPT} }}"
    return widgets.HTML(f'<style onload="{onload}">{rules}</style>')


def button(label, tip, action):
    """Return a button that calls `action` without arguments."""
    made = widgets.Button(description=label, tooltip=tip)
    made.on_click(lambda _: action())
    return made


class DescribedImage(widgets.Image):
    """An image widget (PNG) whose `tooltip` can be set; `style_sheet` makes it the alternative text."""

    description = Unicode("").tag(sync=True)  # the front end shows a tooltip only beside this
