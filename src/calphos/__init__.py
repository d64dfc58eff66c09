"""calphos: how the body keeps calcium and phosphate in solution, and what happens when it fails."""

import importlib

from calphos.tables.errors import InputError

__version__ = "0.2.0"

# Public names and the module each comes from, loaded at first use so that `import calphos` stays fast. Everything else is
# reached through its module: `calphos.chemistry.speciate`, `calphos.model.cohort.people`.
_HOME = {
    "Patient": "calphos.model.patient",
    "decline": "calphos.model.profiles",
    "meals": "calphos.model.profiles",
    "pulse": "calphos.model.profiles",
    "sessions": "calphos.model.profiles",
    "steps": "calphos.model.profiles",
    "simulate": "calphos.model.simulation",
    "steady_state": "calphos.model.simulation",
    "convert": "calphos.tables.quantities",
    "quantity": "calphos.tables.quantities",
    "cite": "calphos.tables.references",
    "reference": "calphos.tables.references",
    "sources_used": "calphos.tables.references",
    "evidence": "calphos.drawing.evidence",
    "tidy": "calphos.drawing.evidence",
    "equation": "calphos.lessons.equations",
    "quiz": "calphos.lessons.quiz",
}
# Modules that are used by their own name: `from calphos import panels`.
_MODULES = {
    "chemistry": "calphos.chemistry",
    "clinic": "calphos.lessons.clinic",
    "figures": "calphos.drawing.figures",
    "illustrations": "calphos.drawing.illustrations",
    "panels": "calphos.panels",
}

__all__ = ["InputError", *_HOME, *_MODULES]  # noqa: PLE0604 (the tables hold strings)


def __getattr__(name):
    if name in _HOME:
        return getattr(importlib.import_module(_HOME[name]), name)
    if name in _MODULES:
        return importlib.import_module(_MODULES[name])
    raise AttributeError(f"module 'calphos' has no attribute {name!r}")


def __dir__():
    return sorted([*globals(), *__all__])
