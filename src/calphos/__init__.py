"""calphos: how the body keeps calcium and phosphate in solution, and what happens when it fails."""

import pkgutil

from calphos.tables.errors import InputError

__version__ = "0.2.0"

# Public names and where each stands, `module:name`, loaded at first use so that `import calphos` stays fast. Everything
# else is reached through its module: `calphos.chemistry.speciate`, `calphos.model.cohort.people`.
_HOME = {
    "Patient": "calphos.model.patient:Patient",
    "decline": "calphos.model.profiles:decline",
    "meals": "calphos.model.profiles:meals",
    "pulse": "calphos.model.profiles:pulse",
    "sessions": "calphos.model.profiles:sessions",
    "steps": "calphos.model.profiles:steps",
    "simulate": "calphos.model.simulation:simulate",
    "steady_state": "calphos.model.simulation:steady_state",
    "convert": "calphos.tables.quantities:convert",
    "quantity": "calphos.tables.quantities:quantity",
    "cite": "calphos.tables.references:cite",
    "reference": "calphos.tables.references:reference",
    "sources_used": "calphos.tables.references:sources_used",
    "evidence": "calphos.drawing.evidence:evidence",
    "tidy": "calphos.drawing.evidence:tidy",
    "equation": "calphos.lessons.equations:Equation",
    "quiz": "calphos.lessons.quiz:Quiz",
    "chemistry": "calphos.chemistry:",
    "clinic": "calphos.lessons.clinic:",
    "figures": "calphos.drawing.figures:",
    "illustrations": "calphos.drawing.illustrations:",
    "panels": "calphos.panels:",
}

__all__ = ["InputError", *_HOME]  # noqa: PLE0604 (the table holds strings)


def __getattr__(name):
    if name in _HOME:
        return pkgutil.resolve_name(_HOME[name])
    raise AttributeError(f"module 'calphos' has no attribute {name!r}")


def __dir__():
    return sorted([*globals(), *__all__])
