"""Pictures of matplotlib as a page wants them: small, without names that clash, letters in the reader's fonts."""

import html
import itertools
import re
from xml.etree import ElementTree

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


def tidy(svg):
    """Return a matplotlib SVG (text) without metadata and idle names, its own names unlike any other picture's."""
    root, short = _parse(svg), {}
    prefix = f"still{next(_counter)}"

    def new(old):
        return short.setdefault(old, f"{prefix}-{len(short)}")

    for element in root.iter():
        for key, value in element.attrib.items():
            if key == "id":
                element.attrib[key] = new(value)
            elif key == "href" and value.startswith("#"):
                element.attrib[key] = "#" + new(value[1:])
            elif "url(#" in value:
                element.attrib[key] = re.sub(r"url\(#([^)]+)\)", lambda m: f"url(#{new(m[1])})", value)
    root.attrib["xmlns"] = "http://www.w3.org/2000/svg"
    out = []
    _write(root, out)
    return "".join(out)
