"""calphos: how the body keeps calcium and phosphate in solution, and what happens when it fails."""

import importlib

from calphos.tables.errors import InputError

__version__ = "0.2.0"

# Public names and the module each comes from, loaded at first use so that `import calphos` stays fast.
_HOME = {
    "calcium_phosphate_product": "calphos.chemistry.speciation",
    "ripening_time": "calphos.chemistry.speciation",
    "compare_constants": "calphos.chemistry.speciation",
    "saturation_map": "calphos.chemistry.speciation",
    "speciate": "calphos.chemistry.speciation",
    "claims": "calphos.lessons.claims",
    "equation": "calphos.lessons.equations",
    "evidence": "calphos.drawing.evidence",
    "tidy": "calphos.drawing.evidence",
    "Course": "calphos.model.simulation",
    "Patient": "calphos.model.patient",
    "Profile": "calphos.model.profiles",
    "Quantity": "calphos.tables.quantities",
    "convert": "calphos.tables.quantities",
    "decline": "calphos.model.profiles",
    "disorders": "calphos.model.changes",
    "meals": "calphos.model.profiles",
    "parameter": "calphos.model.parameters",
    "pulse": "calphos.model.profiles",
    "sessions": "calphos.model.profiles",
    "ensemble": "calphos.model.cohort",
    "people": "calphos.model.cohort",
    "prevalence": "calphos.model.cohort",
    "simulate": "calphos.model.simulation",
    "simulate_cohort": "calphos.model.cohort",
    "to_sbml": "calphos.model.sbml",
    "steady_state": "calphos.model.simulation",
    "steps": "calphos.model.profiles",
    "treatments": "calphos.model.changes",
    "quantity": "calphos.tables.quantities",
    "quiz": "calphos.lessons.quiz",
    "assay_check": "calphos.tables.references",
    "cite": "calphos.tables.references",
    "reference": "calphos.tables.references",
    "sources_used": "calphos.tables.references",
}
# Modules that are used by their own name: `from calphos import panels`.
_MODULES = {
    "bodymap": "calphos.drawing.bodymap",
    "chemistry": "calphos.chemistry",
    "clinic": "calphos.lessons.clinic",
    "deposition": "calphos.chemistry.sites",
    "differential": "calphos.lessons.differential",
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
