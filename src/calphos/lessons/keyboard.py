"""Keys pressed inside our widgets belong to the widgets."""


def style_sheet(css_class, rules):
    """Return a `<style>` element for an HTML widget inside the box with `css_class`.

    JupyterLab takes arrow keys and letters for its own commands, even from a focused radio button or menu. It spares elements
    that carry `data-lm-suppress-shortcuts`, so whatever gets the focus inside the box is given that attribute.
    """
    listen = (
        f"this.closest('.{css_class}')?.addEventListener('focusin', "
        "event => event.target.setAttribute('data-lm-suppress-shortcuts', ''))"
    )
    return f'<style onload="{listen}">{rules}</style>'
