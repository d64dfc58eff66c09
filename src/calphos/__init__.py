"""calphos: how the body keeps calcium and phosphate in solution, and what happens when it fails."""

import importlib

from calphos.errors import InputError

__version__ = "0.1.0"

# Public names and the module each comes from, loaded at first use so that `import calphos` stays fast.
_HOME = {
    "calcium_phosphate_product": "calphos.chemistry",
    "ripening_time": "calphos.chemistry",
    "compare_constants": "calphos.chemistry",
    "saturation_map": "calphos.chemistry",
    "speciate": "calphos.chemistry",
    "claims": "calphos.web_claims",
    "Course": "calphos.simulation",
    "Patient": "calphos.patient",
    "Profile": "calphos.patient",
    "Quantity": "calphos.quantities",
    "convert": "calphos.quantities",
    "decline": "calphos.patient",
    "disorders": "calphos.patient",
    "meals": "calphos.patient",
    "parameter": "calphos.parameters",
    "pulse": "calphos.patient",
    "sessions": "calphos.patient",
    "ensemble": "calphos.cohort",
    "people": "calphos.cohort",
    "prevalence": "calphos.cohort",
    "simulate": "calphos.simulation",
    "simulate_cohort": "calphos.cohort",
    "to_sbml": "calphos.sbml",
    "steady_state": "calphos.simulation",
    "steps": "calphos.patient",
    "treatments": "calphos.patient",
    "quantity": "calphos.quantities",
    "quiz": "calphos.quizzes",
    "assay_check": "calphos.references",
    "cite": "calphos.references",
    "reference": "calphos.references",
    "sources_used": "calphos.references",
}
# Modules that are used by their own name: `from calphos import panels`.
_MODULES = ("chemistry", "deposition", "figures", "panels", "bodymap", "clinic", "differential")

__all__ = ["InputError", *_HOME, *_MODULES]  # noqa: PLE0604 (the tables hold strings)


def __getattr__(name):
    if name in _HOME:
        return getattr(importlib.import_module(_HOME[name]), name)
    if name in _MODULES:
        return importlib.import_module(f"calphos.{name}")
    raise AttributeError(f"module 'calphos' has no attribute {name!r}")


def __dir__():
    return sorted([*globals(), *__all__])
