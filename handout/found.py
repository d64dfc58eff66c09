"""What search engines and catalogues of teaching material read in a page's head: schema.org, as Bioschemas profiles it."""

import json
import re

import calphos

_LICENCE = "https://creativecommons.org/licenses/by/4.0/"
_PROFILE = "https://bioschemas.org/profiles/TrainingMaterial/1.0-RELEASE"
_KEYWORDS = (
    "calcium, phosphate, parathyroid hormone, vitamin D, FGF-23, chronic kidney disease, metastatic calcification"
)


def learning_resource(title, question, opening):
    """Return schema.org data (JSON-LD text) of one page, from its title, its question and the table of its opening."""
    rows = dict(re.findall(r"^\| \*\*(.+?)\*\* \| (.+?) \|$", opening, flags=re.MULTILINE))
    plain = {name: re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text) for name, text in rows.items()}
    told = plain.get("You will do", "").rstrip(".")
    minutes = re.match(r"(\d+) minutes", plain.get("Time", ""))
    data = {
        "@context": "https://schema.org",
        "@type": "LearningResource",
        "http://purl.org/dc/terms/conformsTo": {"@id": _PROFILE, "@type": "CreativeWork"},
        "name": title,
        "description": " ".join(
            filter(None, [question, told and f"{told}.", "For teaching, not for the care of patients."])
        ),
        "keywords": _KEYWORDS,
        "teaches": plain.get("You will learn", "").split("; ") if "You will learn" in plain else None,
        "competencyRequired": plain.get("You need"),
        "timeRequired": f"PT{minutes[1]}M" if minutes else None,
        "learningResourceType": ["simulation", "interactive text", "quiz"],
        "educationalLevel": "second year of medical school",
        "audience": {"@type": "EducationalAudience", "educationalRole": "student"},
        "inLanguage": "en-GB",
        "isAccessibleForFree": True,
        "license": _LICENCE,
        "author": {"@type": "Organization", "name": "The calphos authors"},
        "isPartOf": {"@type": "LearningResource", "name": "calphos", "version": calphos.__version__},
        "accessibilityFeature": ["alternativeText", "structuralNavigation", "readingOrder"],
    }
    text = json.dumps({name: value for name, value in data.items() if value}, ensure_ascii=False)
    return text.replace("<", "\\u003c")  # so that no text can end the script element
