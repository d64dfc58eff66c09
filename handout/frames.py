"""A panel as pictures drawn beforehand: one SVG and what changes in it."""

import html
import itertools
import json
import re
from xml.etree import ElementTree

from calphos.tables.errors import InputError

_UNITS = ("SI", "conventional")
_FRAMES, _OTHER_FRAMES, _PRESET_FRAMES = 21, 11, 7
_MOST_BUTTONS = 6  # more presets than this become a menu
_MARK = re.compile(r"\d+\.\d+(?:e-?\d+)?")
_counter = itertools.count(1)


def _name(tag):
    return tag.rpartition("}")[2]


def _round(text, digits):
    """Shorten the numbers in an attribute: a tenth of a point is finer than any screen shows."""
    return _MARK.sub(lambda m: f"{float(m[0]):.{digits}f}".rstrip("0").rstrip("."), text)


def _tidy_attribute(name, value):
    if name == "d":
        value = _round(" ".join(value.split()), 1)
        value = re.sub(r" ?([A-Za-z]) ?", r"\1", value)
        return re.sub(r"(?<=\d)L(?=[-\d])", "L", value)
    if name in ("x", "y", "width", "height", "points"):
        return _round(value, 1)
    if name == "transform":
        return _round(value, 2)
    if name == "style":
        # matplotlib lists its own fonts; the page's style sheet names the reader's.
        value = re.sub(r"'[^']*'(, *(?:'[^']*'|[\w-]+))*(?=;|$)", "system-ui, sans-serif", value)
        return "; ".join(part.strip() for part in value.split(";") if part.strip())
    return value


def _parse(svg):
    """The tree of an SVG text, without what a page does not need: metadata, style sheets, unused names, namespaces."""
    root = ElementTree.fromstring(svg)
    used = set(re.findall(r"url\(#([^)]+)\)", svg)) | set(re.findall(r'href="#([^"]+)"', svg))
    for element in root.iter():
        for child in list(element):
            if _name(child.tag) in ("metadata", "style", "title", "script"):
                element.remove(child)
        element.tag = _name(element.tag)
        attributes = {}
        for key, value in element.attrib.items():
            name = _name(key)
            if name == "id" and value not in used:
                continue
            value = _tidy_attribute(name, value)
            if name == "style" and element.tag == "text":
                # Slides and small stills ask for larger letters.
                value = re.sub(r"(font(?:-size)?:[^;]*?)([\d.]+px)", r"\1calc(\2 * var(--letters, 1))", value)
            attributes[name] = value
        element.attrib.clear()
        element.attrib.update(attributes)
        element.text = (element.text or "").strip() if element.tag not in ("text", "tspan") else element.text
        element.tail = "" if element.tag != "tspan" else element.tail
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)
    return root


def _rename(roots, prefix):
    """Give the names that are referred to short ones that no other picture on the page has."""
    short = {}

    def new(old):
        return short.setdefault(old, f"{prefix}-{len(short)}")

    for root in roots:
        for element in root.iter():
            for key, value in element.attrib.items():
                if key == "id":
                    element.attrib[key] = new(value)
                elif key == "href" and value.startswith("#"):
                    element.attrib[key] = "#" + new(value[1:])
                elif "url(#" in value:
                    element.attrib[key] = re.sub(r"url\(#([^)]+)\)", lambda m: f"url(#{new(m[1])})", value)


def _write(element, out):
    attributes = "".join(f' {key}="{html.escape(value)}"' for key, value in element.attrib.items())
    out.append(f"<{element.tag}{attributes}>")
    _write_inside(element, out)
    out.append(f"</{element.tag}>")


def _write_inside(element, out):
    out.append(html.escape(element.text or "", quote=False))
    for child in element:
        _write(child, out)
        out.append(html.escape(child.tail or "", quote=False))


def _inside(element):
    out = []
    _write_inside(element, out)
    return "".join(out)


def _outside(element):
    out = []
    _write(element, out)
    return "".join(out)


def _differences(roots):
    """Return the slots of the first tree and, for each tree, the text in each slot.

    A slot is (number of the element in document order, attribute or ``#text`` or ``#inner``). Where the trees have
    different elements, the inside of the smallest group that holds them is one slot.
    """
    order = {id(element): index for index, element in enumerate(roots[0].iter())}
    slots, columns = [], []

    def slot(element, what, values):
        slots.append((order[id(element)], what))
        columns.append(values)

    def compare(elements):
        first = elements[0]
        names = sorted({key for element in elements for key in element.attrib})
        for name in names:
            values = [element.attrib.get(name) for element in elements]
            if len(set(values)) > 1:
                slot(first, name, values)
        shapes = {tuple(child.tag for child in element) for element in elements}
        if len(shapes) > 1 or (first.tag == "text" and len(first)):
            values = [_inside(element) for element in elements]
            if len(set(values)) > 1:
                slot(first, "#inner", values)
            return
        texts = [element.text or "" for element in elements]
        if len(set(texts)) > 1:
            slot(first, "#text", texts)
        for children in zip(*elements, strict=True):
            compare(children)

    compare(roots)
    return slots, [list(row) for row in zip(*columns, strict=True)] if columns else [[] for _ in roots]


def _as_json(value):
    """JSON that cannot end the script element it stands in."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("</", "<\\/").replace("<!--", "\\u003c!--")


def panel_block(panel, slider=None):
    """Return a panel as a piece of HTML (str) whose sliders work without a kernel and without a network.

    Each slider moves alone, the others standing where they are now; ``slider`` (default: ``panel.main``) comes first
    and in finer steps, and it alone moves under a preset. ``panel`` needs ``title``, ``sliders`` (a dict by name),
    ``label(slider)``, ``presets`` (name to settings), ``chosen`` (a preset or None), ``values`` (where the sliders
    stand) and ``frames(slider, count=, units=, preset=)``: a list of objects with ``value``, ``text`` (the value with
    its unit), ``summary``, ``alt`` and ``svg``. The script that moves them is the page's (``handout/handout.js``).
    Raises InputError for an unknown slider.
    """
    key = f"panel{next(_counter)}"
    main = slider or panel.main
    if main not in panel.sliders:
        raise InputError(f"the panel has no slider {main!r}; it has {', '.join(panel.sliders)}")
    sliders = [main, *(name for name in panel.sliders if name != main)]
    pictures, runs = {}, []

    def run(name, count, preset, group):
        """Draw one row of frames in both units."""
        rows = [panel.frames(name, count=count, units=units, preset=preset) for units in _UNITS]
        here = panel.values[name] if preset is None else panel.presets[preset].get(name, panel.values[name])
        # A slider that is unset stands at its first place, whose value is None.
        away = [0 if frame.value is here else abs((frame.value or 0) - (here or 0)) for frame in rows[0]]
        start = away.index(min(away))
        columns = {
            "values": [[frame.text for frame in row] for row in rows],
            "summaries": [[frame.summary for frame in row] for row in rows],
            "frames": [[pictures.setdefault((frame.svg, frame.alt), len(pictures)) for frame in row] for row in rows],
        }
        # What is the same in both units is kept once.
        columns = {name: pair if pair[0] != pair[1] else pair[:1] for name, pair in columns.items()}
        runs.append({"slider": sliders.index(name), "group": group, "start": start} | columns)

    for name in sliders:
        run(name, _FRAMES if name == main else _OTHER_FRAMES, None, 0)
    buttons = list(panel.presets)
    if buttons and panel.chosen is None:
        buttons.insert(0, "Reset")
    groups = []
    for name in buttons:
        if name in (panel.chosen, "Reset"):
            groups.append(0)
        else:
            groups.append(len(runs))
            run(main, _PRESET_FRAMES, name, len(runs))

    # The picture on the page comes first: the slots count its elements.
    shown = runs[0]["frames"][0][runs[0]["start"]]
    place = {old: new for new, old in enumerate(sorted(range(len(pictures)), key=lambda i: i != shown))}
    for row in runs:
        row["frames"] = [[place[i] for i in frames] for frames in row["frames"]]
    trees = []
    for svg, alt in sorted(pictures, key=lambda picture: place[pictures[picture]]):
        trees.append(_parse(svg))
        trees[-1].attrib |= {"role": "img", "aria-label": alt}
    _rename(trees, key)
    slots, rows = _differences(trees)
    pool = {}
    frames = [[pool.setdefault(text, len(pool)) for text in row] for row in rows]
    data = {"runs": runs, "presets": groups, "slots": slots, "frames": frames, "pool": list(pool)}

    if len(buttons) > _MOST_BUTTONS:
        options = "".join(
            f'<option value="{i}"{" selected" if name == panel.chosen else ""}>{html.escape(name)}</option>'
            for i, name in enumerate(buttons)
        )
        knobs = f'<label class="presets">Start from <select autocomplete="off">{options}</select></label>'
    else:
        knobs = "".join(
            f'<button type="button" data-preset="{i}" aria-pressed="{str(name == panel.chosen).lower()}">'
            f"{html.escape(name)}</button>"
            for i, name in enumerate(buttons)
        )
    if any(len(row[column]) > 1 for row in runs for column in ("values", "summaries", "frames")):
        knobs += '<button type="button" class="units" aria-pressed="false">Conventional units</button>'
    for number, (name, row) in enumerate(zip(sliders, runs, strict=False)):
        ident, start = f"{key}-slider{number}", row["start"]
        value = html.escape(row["values"][0][start])
        knobs += (
            f'<div class="slider"><label for="{ident}">{html.escape(panel.label(name))}</label>'
            f'<input type="range" id="{ident}" min="0" max="{len(row["values"][0]) - 1}" step="1" value="{start}"'
            f' aria-valuetext="{value}" autocomplete="off"><output for="{ident}">{value}</output></div>'
        )
    if len(sliders) > 1:
        knobs += (
            '<p class="hint">On this page one slider moves at a time; the others go back to where they started.</p>'
        )
    return (
        f'<div class="panel" id="{key}" data-prevent-swipe role="group" aria-labelledby="{key}-name">'
        f'<p class="name" id="{key}-name">{html.escape(panel.title or panel.label(main))}</p>'
        f'<div class="knobs">{knobs}</div>'
        f'<div class="figure" role="group" aria-label="Figure">{_outside(trees[0])}</div>'
        f'<p class="summary" role="status">{html.escape(runs[0]["summaries"][0][runs[0]["start"]])}</p>'
        f'<script type="application/json" class="frames">{_as_json(data)}</script></div>'
    )
