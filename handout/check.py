"""What a page must not have. Pages are read as browsers read them, so that no markup hides from the checks."""

import itertools
import re

import html5lib

from handout import BuildError

LARGEST = 4_000_000  # bytes of one page: what a phone opens and a mailbox takes
_FETCHED = ("src", "srcset", "poster", "data", "background", "formaction", "action", "ping")
_FORBIDDEN = ("link", "iframe", "object", "embed", "base", "frame", "frameset", "audio", "video", "portal")


def closed(fragment):
    """Return a piece of HTML (str) as a browser understands it, with everything closed that it opened.

    Whatever a cell displays stays in its place on the page: an open comment or text area does not swallow the rest.
    """
    tree = html5lib.parseFragment(fragment, namespaceHTMLElements=False)
    return html5lib.serialize(
        tree,
        omit_optional_tags=False,
        quote_attr_values="always",
        minimize_boolean_attributes=False,
        resolve_entities=False,
    )


def _name(element):
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _faults(element, own):
    """Yield what is wrong with one element, in words; ``own`` are the texts of the page's scripts and style sheet."""
    tag, attributes = _name(element), element.attrib
    for key, value in attributes.items():
        key = key.rpartition("}")[2].lower()
        if key.startswith("on"):
            yield f"<{tag} {key}=...> is an inline event handler"
        if key in _FETCHED and not value.startswith("data:"):
            yield f"<{tag} {key}={value!r}> would be fetched"
        if key == "href" and tag not in ("a", "area") and not value.startswith(("#", "data:image/")):
            yield f"<{tag} {key}={value!r}> would be fetched"
        if key == "style" and re.search(r"url\((?!#)", value):
            yield f"<{tag} style={value!r}> would be fetched"
    if tag in _FORBIDDEN:
        yield f"<{tag}> is not allowed in a handout"
    if tag == "meta" and attributes.get("http-equiv", "Content-Security-Policy") != "Content-Security-Policy":
        yield f"<meta http-equiv={attributes['http-equiv']!r}> would leave the page or change its rules"
    if tag == "img" and not attributes.get("alt"):
        yield "an image has no alternative text"
    if tag == "a" and re.match(
        r"\s*(javascript|data|file|vbscript|blob)\s*:", attributes.get("href", ""), re.IGNORECASE
    ):
        yield f"a link to {attributes['href'][:40]!r}"
    if tag in ("script", "style") and attributes.get("type") != "application/json":
        text = "".join(element.itertext())
        if text not in own:
            yield f"a cell brings its own <{tag}>: {text.strip()[:60]!r}"


def check_page(text, name, own):
    """Raise BuildError naming everything in a page that breaks a rule: fetches, foreign scripts, headings, anchors.

    ``own`` are the texts of the page's own style sheet and scripts.
    """
    elements = [e for e in html5lib.parse(text, namespaceHTMLElements=False).iter() if isinstance(e.tag, str)]
    faults = [fault for element in elements for fault in _faults(element, own)]
    idents = [element.attrib["id"] for element in elements if element.attrib.get("id")]
    known = set(idents)
    if len(idents) > len(known):
        faults += [f"two elements have the id {ident!r}" for ident in known if idents.count(ident) > 1]
    if sum(_name(element) == "meta" and "http-equiv" in element.attrib for element in elements) > 1:
        faults.append("the page's rules are set twice")
    links = [element.attrib.get("href", "") for element in elements if _name(element) == "a"]
    faults += [
        f"a link to {link}, which is not on the page" for link in links if link[:1] == "#" and link[1:] not in known
    ]
    levels = [int(element.tag[1]) for element in elements if re.fullmatch("h[1-6]", element.tag)]
    if levels[:1] != [1] or levels.count(1) != 1:
        faults.append(f"one top heading is needed, found {levels.count(1)}")
    faults += [f"a heading of level {b} follows one of level {a}" for a, b in itertools.pairwise(levels) if b > a + 1]
    size = len(text.encode())
    if size > LARGEST:
        faults.append(f"{size / 1e6:.1f} MB: a page may have {LARGEST / 1e6:.0f} MB")
    if faults:
        raise BuildError(f"{name}: " + "; ".join(dict.fromkeys(faults)))
