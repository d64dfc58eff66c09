"""Export to SBML, so that other simulators can run the model (or check it).

The file is SBML Level 3 Version 2, core only, and says what the organs say, in the same steps: each organ's signals and
flows are assignment rules of their own, pools are species or parameters with a rate rule, settings are parameters
with their unit, meaning, evidence and source. An input that changes with time has an event at every break point, so
that no solver steps over a meal, a session or a pulse. Time is in hours.
"""

import functools
import html
import operator
import re
from collections import namedtuple
from types import SimpleNamespace

from calphos.model import body
from calphos.model.parameters import parameters
from calphos.model.patient import Patient
from calphos.model.simulation import healthy as balanced
from calphos.tables.errors import InputError
from calphos.tables.quantities import quantities
from calphos.tables.references import link
from calphos.tables.words import Words

_NAMESPACE = "http://www.sbml.org/sbml/level3/version2/core"
_MATHML = f'xmlns="http://www.w3.org/1998/Math/MathML" xmlns:sbml="{_NAMESPACE}"'
_TIME = '<csymbol encoding="text" definitionURL="http://www.sbml.org/sbml/symbols/time">time</csymbol>'
_DATE = "2026-11-29T00:00:00Z"
_LICENCE = "https://creativecommons.org/licenses/by/4.0/"

# A literal that turns one unit into another has a unit itself; every other number is plain.
_CONVERSIONS = {24: "h/d", body.kidney.LITRES_PER_HOUR: "L/h per mL/min"}
# Derived constants whose unit does not follow from the arithmetic by which they are derived.
_CONSTANTS = {
    "day": "1/h",
    "calcium_molar_mass": "mg/mmol",
    "calcitriol_per_microgram": "pmol/ug",
    "calcidiol_per_microgram": "nmol/ug",
    "tmp_gfr": "mmol/L",
}
_BASES = {"mol": "mole", "g": "gram", "L": "litre", "h": "second", "d": "second", "min": "second", "IU": "item"}
_SECONDS = {"h": 3600, "min": 60, "d": 86400, "mmHg": 133.322}
_PREFIXES = {"": 0, "m": -3, "u": -6, "n": -9, "p": -12, "k": 3}

# Where pools are (the first whose name begins a pool's name), and how public vocabularies name places and substances.
_ROOMS = {
    "gut": ("Content of the small intestine", "fma/FMA:7200", None),
    "cell": ("Cells, as the space in which their phosphate would spread", "go/GO:0005622", "cell_phosphate_volume"),
    "bone": ("Bone", "fma/FMA:5018", None),
    "soft_tissue": ("Soft tissue and vessel walls", None, None),
    "extracellular": ("Space in which calcium of plasma spreads", "go/GO:0005615", "calcium_volume"),
}
_PLACES = {
    "gut": "gut",
    "cell": "cell",
    "surface": "bone",
    "bone": "bone",
    "exchangeable": "bone",
    "deposit": "soft_tissue",
}
_SUBSTANCES = {
    "calcium": "chebi/CHEBI:29108",
    "phosphate": "chebi/CHEBI:18367",
    "citrate": "chebi/CHEBI:16947",
    "pth": "uniprot/P01270",
    "calcidiol": "chebi/CHEBI:17933",
    "calcitriol": "chebi/CHEBI:17823",
    "fgf23": "uniprot/Q9GZV9",
    "klotho": "uniprot/Q9UEF7",
    "osteoclasts": "cl/CL:0000092",
    "osteoblasts": "cl/CL:0000062",
    "deposit": "chebi/CHEBI:29108",
}


class _Term:
    """A piece of the model's arithmetic: the organs run on it as they run on numbers.

    It knows its value, its unit (a dict of base unit to exponent) and how it came about, so that it can be written as
    content MathML. The same piece is the same object wherever it comes up.
    """

    def __init__(self, value, unit, tag, parts):
        self.value, self.unit, self.tag, self.parts = value, unit, tag, parts

    def __float__(self):
        return float(self.value)

    def __neg__(self):
        return self * -1


@functools.cache
def _leaf(name, unit, value):
    return _Term(value, dict(unit), "ci", name)


@functools.cache
def _apply(tag, left, right):
    terms = [part if isinstance(part, _Term) else None for part in (left, right)]
    units = [
        term.unit if term else _base_units(_CONVERSIONS.get(part, "1"))
        for term, part in zip(terms, (left, right), strict=True)
    ]
    value = _OPERATIONS[tag](float(left), float(right))
    if tag in ("plus", "minus"):
        unit = units[0] if terms[0] else units[1]
        if units[0] != units[1]:
            raise ValueError(f"unlike units are added: {units[0]} and {units[1]}")
    elif tag == "power":
        unit = {base: exponent * float(right) for base, exponent in units[0].items()}
    else:
        sign = 1 if tag == "times" else -1
        unit = {base: units[0].get(base, 0) + sign * units[1].get(base, 0) for base in {**units[0], **units[1]}}
    return _Term(value, {base: exponent for base, exponent in unit.items() if exponent}, tag, (left, right))


_OPERATIONS = {
    "plus": operator.add,
    "minus": operator.sub,
    "times": operator.mul,
    "divide": operator.truediv,
    "power": operator.pow,
}
for _name, _tag in {"add": "plus", "sub": "minus", "mul": "times", "truediv": "divide", "pow": "power"}.items():
    setattr(_Term, f"__{_name}__", lambda self, other, tag=_tag: _apply(tag, self, other))
    setattr(_Term, f"__r{_name}__", lambda self, other, tag=_tag: _apply(tag, other, self))


def _base_units(text):
    """A unit as a dict of base unit to exponent: "nmol/L per ug/d", "1 per mg", "mmol2/L2"; {} for a share or a pH."""
    found = {}
    above, _, below = text.replace("µ", "u").replace("²", "2").partition(" per ")
    for part, sign in ((above, 1), (below, -1)):
        for place, word in enumerate(part.split("/")):
            # What follows a space is a remark: "g/d sevelamer".
            known = re.fullmatch(r"([munpk]?(?:mol|g|L|IU|h|d|min)|mmHg)(\d?)(?: .*)?", word)
            if known:
                exponent = sign * int(known[2] or 1) * (-1 if place else 1)
                found[known[1]] = found.get(known[1], 0) + exponent
    return {base: exponent for base, exponent in found.items() if exponent}


def _unit_id(unit):
    """The identifier of a unit given as a dict: "mmol_per_L"."""
    above = [f"{base}{exponent:g}" if exponent != 1 else base for base, exponent in unit.items() if exponent > 0]
    below = [f"{base}{-exponent:g}" if exponent != -1 else base for base, exponent in unit.items() if exponent < 0]
    return "_".join([*above, *(f"per_{part}" for part in below)]).replace(".", "_") or "dimensionless"


def _unit_definition(unit):
    factors = []
    for base, exponent in unit.items():
        prefix, plain = re.fullmatch(r"([munpk]?)(mol|g|L|IU|h|d|min)", base).groups() if base != "mmHg" else ("", base)
        kind = _BASES.get(plain, "pascal")
        attributes = {"kind": kind, "exponent": f"{exponent:g}", "scale": _PREFIXES[prefix]}
        factors.append(_element("unit", **attributes, multiplier=_SECONDS.get(plain, 1)))
    name = _unit_id(unit)
    return _element("unitDefinition", _element("listOfUnits", "".join(factors)), id=name, name=name.replace("_", " "))


def _number(value, unit="1"):
    """The MathML of a number with its unit."""
    kind = ' type="integer"' if isinstance(value, int) else ""
    return f'<cn{kind} sbml:units="{_unit_id(_base_units(unit))}">{value!r}</cn>'


def _mathml(term, names, top=True):
    """A term as MathML, in which terms that have a name of their own stand with their name."""
    if not isinstance(term, _Term):
        return _number(term, _CONVERSIONS.get(term, "1"))
    if term.tag == "ci":
        return f"<ci>{term.parts}</ci>"
    if not top and term in names:
        return f"<ci>{names[term]}</ci>"
    return f"<apply><{term.tag}/>{''.join(_mathml(part, names, False) for part in term.parts)}</apply>"


def _annotation(about, *terms, qualifier="is"):
    """RDF that links an element to entries of public vocabularies or to publications."""
    where = "".join(
        f'<rdf:li rdf:resource="{term if "://" in term else f"https://identifiers.org/{term}"}"/>' for term in terms
    )
    return (
        '<annotation><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        f'xmlns:bqbiol="http://biomodels.net/biology-qualifiers/"><rdf:Description rdf:about="#{about}">'
        f"<bqbiol:{qualifier}><rdf:Bag>{where}</rdf:Bag></bqbiol:{qualifier}></rdf:Description></rdf:RDF></annotation>"
    )


def _element(tag, inner="", **attributes):
    text = "".join(
        f' {name}="{html.escape(str(value).lower() if isinstance(value, bool) else str(value))}"'
        for name, value in attributes.items()
    )
    return f"<{tag}{text}>{inner}</{tag}>" if inner else f"<{tag}{text}/>"


def _notes(*paragraphs):
    text = "".join(f"<p>{html.escape(paragraph)}</p>" for paragraph in paragraphs)
    return f'<notes><body xmlns="http://www.w3.org/1999/xhtml">{text}</body></notes>'


def _model_annotation():
    return f"""<annotation><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
xmlns:dcterms="http://purl.org/dc/terms/" xmlns:vCard4="http://www.w3.org/2006/vcard/ns#"
xmlns:bqbiol="http://biomodels.net/biology-qualifiers/"><rdf:Description rdf:about="#calphos">
<dcterms:creator><rdf:Bag><rdf:li rdf:parseType="Resource">
<vCard4:fn><vCard4:text>The calphos authors</vCard4:text></vCard4:fn></rdf:li></rdf:Bag></dcterms:creator>
<dcterms:created rdf:parseType="Resource"><dcterms:W3CDTF>{_DATE}</dcterms:W3CDTF></dcterms:created>
<dcterms:modified rdf:parseType="Resource"><dcterms:W3CDTF>{_DATE}</dcterms:W3CDTF></dcterms:modified>
<bqbiol:hasTaxon><rdf:Bag><rdf:li rdf:resource="https://identifiers.org/taxonomy:9606"/></rdf:Bag></bqbiol:hasTaxon>
<bqbiol:isVersionOf><rdf:Bag><rdf:li rdf:resource="https://identifiers.org/go/GO:0055074"/>
<rdf:li rdf:resource="https://identifiers.org/go/GO:0055062"/></rdf:Bag></bqbiol:isVersionOf>
<dcterms:license rdf:resource="{_LICENCE}"/></rdf:Description></rdf:RDF></annotation>"""


Segment = namedtuple("Segment", "hour value slope")


def _segments(profile):
    """The stretches of a profile from time 0 on, each up to the next: (hour it begins, value, slope per hour)."""
    hours = sorted({hour for hour, _ in profile.points if hour > 0 or profile.period})
    if profile.period is None:
        starts = [0.0, *hours]
        ends = [*hours, starts[-1] + 1]
    else:
        starts = sorted({0.0, *(hour % profile.period for hour in hours)})
        ends = [*starts[1:], profile.period]
    return [Segment(start, *profile.line(start, end)) for start, end in zip(starts, ends, strict=True)]


class _Document:
    """The lists of an SBML file, filled one element at a time."""

    def __init__(self, patient, start):
        self.units, self.compartments, self.species, self.parameters = {}, [], [], []
        self.rules, self.events = [], []
        balanced(patient.at(0.0))  # refuses a set of parameters without a healthy body
        settings = patient.at(0.0)._asdict()
        p = SimpleNamespace(
            **{
                name: _leaf(f"p_{name}", tuple(_base_units(parameters()[name].unit).items()), float(value))
                for name, value in settings.items()
            }
        )
        for name, value in settings.items():
            self.setting(name, value, patient.profiles.get(name))
        derived = vars(body.constants(p))
        k = SimpleNamespace()
        for name, value in derived.items():
            unit = _base_units(_CONSTANTS[name]) if name in _CONSTANTS else getattr(value, "unit", {})
            unit = {"h" if base == "min" else base: exponent for base, exponent in unit.items()}  # the clock's unit
            setattr(k, name, _leaf(f"k_{name}", tuple(unit.items()), float(value)))
            label = f"Derived from the healthy balance: {name.replace('_', ' ')}"
            self.parameter(f"k_{name}", label, unit, float(value), constant=True)
        for name, (label, term, size) in _ROOMS.items():
            size = settings[size] if size else 1.0
            attributes = {"spatialDimensions": 3, "size": float(size), "units": self.unit({"L": 1}), "constant": True}
            inner = _annotation(name, term) if term else ""
            self.compartments.append(_element("compartment", inner, id=name, metaid=name, name=label, **attributes))
        healthy = body.healthy_state(p, k) if start is None else start
        units = {info.name: _base_units(info.unit) for info in body.STATES}
        state = body.State(
            *(
                _leaf(_pool(name), tuple(units[name].items()), float(value))
                for name, value in zip(body.STATE_NAMES, healthy, strict=True)
            )
        )
        flows = body.fluxes(state, p, k)
        names = {}
        for organ, values in flows._asdict().items():
            handed = values._asdict() if hasattr(values, "_asdict") else {"": values}
            for field, term in handed.items():
                if isinstance(term, _Term) and term.tag != "ci" and term not in names:
                    names[term] = f"{organ}__{field}".rstrip("_")
        for term, name in names.items():
            self.parameter(name, name.replace("__", ": ").replace("_", " "), term.unit)
            self.assign("assignmentRule", name, term, names)
        rates = body.derivatives(state, p, k)
        for info, value, rate in zip(body.STATES, healthy, rates, strict=True):
            self.pool(info, float(value))
            self.assign("rateRule", _pool(info.name), rate, names, top=False)
        for name, term in body.observe(state, p, k).items():
            if name not in {_pool(state) for state in body.STATE_NAMES}:
                known = quantities()[name]
                self.parameter(name, known.label, _base_units(known.si_unit), notes=_notes(known.meaning))
                self.assign("assignmentRule", name, term, names, top=False)

    def assign(self, kind, variable, term, names, top=True):
        math = _mathml(term, names, top)
        self.rules.append(_element(kind, f"<math {_MATHML}>{math}</math>", variable=variable))

    def unit(self, unit):
        """Declare a unit, once, and return its identifier."""
        identifier = _unit_id(unit)
        if unit:
            self.units[identifier] = _unit_definition(unit)
        return identifier

    def parameter(self, name, label, unit, value=None, constant=False, notes="", terms=(), qualifier="is"):
        start = {} if value is None else {"value": float(value)}
        inner = notes + (_annotation(name, *terms, qualifier=qualifier) if terms else "")
        attributes = {
            "id": name,
            "metaid": name,
            "name": label,
            **start,
            "units": self.unit(unit),
            "constant": constant,
        }
        self.parameters.append(_element("parameter", inner, **attributes))

    def setting(self, name, value, profile):
        """A setting of the model; one that changes with time moves along its slope and jumps at its events."""
        row = parameters()[name]
        notes = _notes(
            row.meaning, f"Unit: {row.unit}. Allowed: {row.lower:g} to {row.upper:g}. Evidence: {row.evidence}."
        )
        terms = [link(key.strip()) for key in row.source.split(";") if key.strip()]
        unit = _base_units(row.unit)
        slope_unit = {**unit, "h": unit.get("h", 0) - 1}
        segments = [] if profile is None else _segments(profile)
        value = segments[0].value if segments else value
        sloping = any(segment.slope for segment in segments)
        self.parameter(
            f"p_{name}",
            row.label,
            unit,
            None if sloping else value,
            profile is None,
            notes,
            [*filter(None, terms)],
            "isDescribedBy",
        )
        moved = f"p_{name}"
        if sloping:  # a line, not a pool with a rate: so that a solver's choice of method does not hang on it
            moved = f"from_{name}"
            self.parameter(moved, f"{row.label} where its line begins", unit, value)
            self.parameter(f"since_{name}", f"When the line of {row.label} begins", {"h": 1}, 0.0)
            self.parameter(f"slope_{name}", f"Change of {row.label} per hour", slope_unit, segments[0].slope)
            gone = f"<apply><minus/>{_TIME}<ci>since_{name}</ci></apply>"
            math = f"<apply><plus/><ci>{moved}</ci><apply><times/><ci>slope_{name}</ci>{gone}</apply></apply>"
            self.rules.append(_element("assignmentRule", f"<math {_MATHML}>{math}</math>", variable=f"p_{name}"))
        period = None if profile is None else profile.period
        for number, segment in enumerate(segments if period else segments[1:]):
            event, due = f"change_{name}_{number}", f"due_{name}_{number}"
            changes = {moved: self.constant(segment.value, unit)}
            moment = _number(float(segment.hour), "h")
            if period:
                self.parameter(due, f"Next change of {row.label}", {"h": 1}, segment.hour or period)
                moment = f"<ci>{due}</ci>"
                changes[due] = f"<apply><plus/>{moment}{_number(float(period), 'h')}</apply>"
            if sloping:
                changes[f"slope_{name}"] = self.constant(segment.slope, slope_unit)
                changes[f"since_{name}"] = moment
            trigger = f"<math {_MATHML}><apply><geq/>{_TIME}{moment}</apply></math>"
            assigned = "".join(
                _element("eventAssignment", f"<math {_MATHML}>{math}</math>", variable=variable)
                for variable, math in changes.items()
            )
            inner = _element("trigger", trigger, initialValue=True, persistent=True)
            inner += _element("listOfEventAssignments", assigned)
            label = f"{row.label} changes"
            self.events.append(_element("event", inner, id=event, name=label, useValuesFromTriggerTime=True))

    def constant(self, value, unit):
        return f'<cn sbml:units="{self.unit(unit)}">{float(value)!r}</cn>'

    def pool(self, info, value):
        """A state: a species where it is a substance somewhere, otherwise a parameter."""
        name, unit = _pool(info.name), _base_units(info.unit.replace("pg/mL", "ng/L"))
        terms = [term for word, term in _SUBSTANCES.items() if word in info.name][:1]
        if not unit:
            self.parameter(name, info.meaning, unit, value, terms=terms)
            return
        spread = unit.pop("L", 0)
        room = next((room for word, room in _PLACES.items() if word in info.name), "extracellular")
        attributes = {"id": name, "metaid": name, "name": info.meaning, "compartment": room}
        attributes["initialConcentration" if spread else "initialAmount"] = value
        attributes |= {"substanceUnits": self.unit(unit), "hasOnlySubstanceUnits": not spread}
        inner = _annotation(name, *terms) if terms else ""
        self.species.append(_element("species", inner, **attributes, boundaryCondition=False, constant=False))

    def text(self, title):
        for unit in ("h", "mmol", "L", *_CONVERSIONS.values()):
            self.unit(_base_units(unit))
        lists = {
            "UnitDefinitions": self.units.values(),
            "Compartments": self.compartments,
            "Species": self.species,
            "Parameters": self.parameters,
            "Rules": self.rules,
            "Events": self.events,
        }
        about = _notes(
            "Calcium, phosphate and metastatic calcification in one adult: gut, bone, kidney, parathyroid glands, "
            "vitamin D, FGF-23 and Klotho, soft tissue.",
            "For teaching, not for the care of patients. Every parameter says whether it was measured, derived, fitted "
            "or assumed. By the calphos authors, licensed under CC BY 4.0.",
        )
        inner = (
            about
            + _model_annotation()
            + "".join(
                "\n" + _element(f"listOf{name}", "\n" + "\n".join(items) + "\n")
                for name, items in lists.items()
                if items
            )
        )
        units = {"substanceUnits": "mmol", "timeUnits": "h", "volumeUnits": "L", "extentUnits": "mmol"}
        model = _element("model", inner + "\n", id="calphos", metaid="calphos", name=title, **units)
        return f'<?xml version="1.0" encoding="UTF-8"?>\n<sbml xmlns="{_NAMESPACE}" level="3" version="2">\n{model}\n</sbml>\n'


def _pool(name):
    """The identifier of a state: hormones of plasma stand apart from the quantity that a course reports."""
    return f"plasma_{name}" if name in ("pth", "calcidiol", "calcitriol", "fgf23") else name


def to_sbml(patient=None, path=None, start=None):
    """Return the model with a patient's settings as SBML text; also written to `path` if one is given.

    Settings are parameters `p_<name>`, derived constants `k_<name>`, organs' signals and flows `<organ>__<name>`;
    reported quantities have the names of a course's columns. Inputs that change with time (decline, steps, pulse,
    meals, sessions) become events. It starts from health, or from `start`, a Course whose end is the beginning.
    Raises InputError where the file cannot be written.

    >>> "<event" in to_sbml(Patient(calcium_infusion=2)), "<species" in to_sbml()
    (False, True)
    """
    patient = Patient() if patient is None else patient
    state = None if start is None else start.final_state
    text = _Document(patient, state).text(f"calphos: calcium and phosphate in one adult, {patient!r}")
    if path is not None:
        try:
            with open(path, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
        except OSError as error:
            raise InputError(f"{path} cannot be written: {error.strerror}") from None
    return Words(text)
