"""Keys pressed inside our widgets belong to the widgets, and sliders and pictures have the names that screen readers look for."""

from pathlib import Path

import ipywidgets as widgets
from traitlets import Unicode

# `box` is what holds the style sheet. JupyterLab takes arrow keys and letters for its own commands, even from a focused radio
# button or menu, but spares elements that carry `data-lm-suppress-shortcuts`. An image widget can set a title but no
# alternative text, and a slider's handle knows neither the label nor the readout beside it.
_SCRIPT = " ".join(Path(__file__).with_suffix(".js").read_text(encoding="utf-8").split())


def style_sheet(css_class, rules):
    """Return a `<style>` element for an HTML widget inside the box with `css_class`, which gives it its keys and names.

    >>> style_sheet("mine", ".mine {color: red}").startswith('<style onload="const box')
    True
    """
    return f"<style onload=\"const box = this.closest('.{css_class}'); if (box) {{ {_SCRIPT} }}\">{rules}</style>"


class _DescribedImage(widgets.Image):
    description = Unicode("").tag(sync=True)  # the front end shows a tooltip only beside this


def described_image(**layout):
    """Return an image widget (PNG) whose `tooltip` can be set; `style_sheet` makes it the alternative text."""
    return _DescribedImage(format="png", layout=widgets.Layout(**layout))
