"""A handout as a SCORM 1.2 package."""

import re
from html import escape
from pathlib import Path

_SCHEMAS = (
    'xmlns="http://www.imsproject.org/xsd/imscp_rootv1p1p2" xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_rootv1p2" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xsi:schemaLocation="http://www.imsproject.org/xsd/imscp_rootv1p1p2 imscp_rootv1p1p2.xsd '
    'http://www.adlnet.org/xsd/adlcp_rootv1p2 adlcp_rootv1p2.xsd"'
)


def scorm(name, title, page, glossary, version):
    """Return the files of a package as a dict of path to text.

    `page` is the HTML of the handout, which runs in a frame of its own; `glossary` the HTML of the glossary.
    """
    files = {
        "index.html": '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{escape(title)}</title>'
        "<style>html, body, iframe { margin: 0; border: 0; width: 100%; height: 100%; display: block; }</style></head>"
        f'<body><iframe src="handout.html" title="{escape(title)}"></iframe><script src="scorm.js"></script></body></html>\n',
        "handout.html": _alone(page),
        "glossary.html": _alone(glossary),
        "scorm.js": (Path(__file__).parent / "scorm.js").read_text(encoding="utf-8"),
    }
    listed = "".join(f'<file href="{path}"/>' for path in files)
    files["imsmanifest.xml"] = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<manifest identifier="calphos_{name}" version="{version}" {_SCHEMAS}>'
        "<metadata><schema>ADL SCORM</schema><schemaversion>1.2</schemaversion></metadata>"
        f'<organizations default="calphos"><organization identifier="calphos"><title>{escape(title)}</title>'
        f'<item identifier="lesson" identifierref="page"><title>{escape(title)}</title>'
        "<adlcp:masteryscore>60</adlcp:masteryscore></item></organization></organizations>"
        '<resources><resource identifier="page" type="webcontent" adlcp:scormtype="sco" href="index.html">'
        f"{listed}</resource></resources></manifest>\n"
    )
    return files


def _alone(page):
    """A page without links to handouts that are not in the package: their words stay."""
    other = r'<a\s[^>]*href="(?!glossary\.html|https?:|#|mailto:)[^"]*"[^>]*>(.*?)</a>'
    return re.sub(other, r"<span>\1</span>", page, flags=re.DOTALL)
