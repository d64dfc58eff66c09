"""Keys pressed inside our widgets belong to the widgets, and pictures have the name that screen readers look for."""


def style_sheet(css_class, rules):
    """Return a `<style>` element for an HTML widget inside the box with `css_class`.

    JupyterLab takes arrow keys and letters for its own commands, even from a focused radio button or menu. It spares
    elements that carry `data-lm-suppress-shortcuts`, so whatever gets the focus inside the box is given that attribute. An
    image widget can set a title but no alternative text; each picture in the box gets its title as such.
    """
    listen = (
        f"const box = this.closest('.{css_class}'); if (box) {{"
        "box.addEventListener('focusin', event => event.target.setAttribute('data-lm-suppress-shortcuts', ''));"
        "const name = () => box.querySelectorAll('img[title]').forEach(i => { if (i.alt !== i.title) i.alt = i.title; });"
        "new MutationObserver(name).observe(box, {subtree: true, childList: true, attributeFilter: ['title']}); name(); }"
    )
    return f'<style onload="{listen}">{rules}</style>'
