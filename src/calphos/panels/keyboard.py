"""Keys pressed inside our widgets belong to the widgets, and sliders and pictures have the names that screen readers look for."""

import ipywidgets as widgets
from traitlets import Unicode

# `box` is what holds the style sheet. JupyterLab takes arrow keys and letters for its own commands, even from a focused radio
# button or menu, but spares elements that carry `data-lm-suppress-shortcuts`. An image widget can set a title but no
# alternative text, and a slider's handle knows neither the label nor the readout beside it.
_SCRIPT = """
const put = (e, name, text) => { if (text && e.getAttribute(name) !== text) e.setAttribute(name, text); };
const name = () => {
  box.querySelectorAll('img[title]').forEach(image => put(image, 'alt', image.title));
  box.querySelectorAll('.widget-slider').forEach(slider => {
    const find = part => slider.querySelector(part);
    if (!find('.noUi-handle')) return;
    put(find('.noUi-handle'), 'aria-label', find('.widget-label')?.textContent);
    put(find('.noUi-handle'), 'aria-valuetext', find('.widget-readout')?.textContent);
  });
};
box.addEventListener('focusin', event => event.target.setAttribute('data-lm-suppress-shortcuts', ''));
new MutationObserver(name).observe(box, {subtree: true, childList: true, characterData: true, attributeFilter: ['title']});
name();
"""


def style_sheet(css_class, rules):
    """Return a `<style>` element for an HTML widget inside the box with `css_class`, which gives it its keys and names.

    >>> style_sheet("mine", ".mine {color: red}").startswith('<style onload="const box')
    True
    """
    script = " ".join(_SCRIPT.split())
    return f"<style onload=\"const box = this.closest('.{css_class}'); if (box) {{ {script} }}\">{rules}</style>"


class _DescribedImage(widgets.Image):
    description = Unicode("").tag(sync=True)  # the front end shows a tooltip only beside this


def described_image(**layout):
    """Return an image widget (PNG) whose `tooltip` can be set; `style_sheet` makes it the alternative text."""
    return _DescribedImage(format="png", layout=widgets.Layout(**layout))
