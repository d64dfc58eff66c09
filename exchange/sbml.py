"""Export to SBML, so that other simulators can run the model (or check it).

The file is SBML Level 3 Version 2, core only, and says what the organs say, in the same steps: each organ's signals and
flows are assignment rules of their own, pools are species or parameters with a rate rule, settings are parameters
with their unit, meaning, evidence and source. An input that changes with time has an event at every break point, so
that no solver steps over a meal, a session or a pulse. Time is in hours. Numbers keep all their digits and sums their
order, which libraries for SBML change: a body at rest is then at rest in every simulator.
"""

import functools
import html
import json
import operator
import re
from collections import Counter, namedtuple
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

from calphos.model import body
from calphos.model.parameters import parameters
from calphos.model.patient import Patient
from calphos.model.simulation import healthy as balanced
from calphos.tables.errors import InputError
from calphos.tables.quantities import quantities
from calphos.tables.reading import records
from calphos.tables.references import sources
from calphos.tables.words import Words

_NAMESPACE = "http://www.sbml.org/sbml/level3/version2/core"
_MATH = f'<math xmlns="http://www.w3.org/1998/Math/MathML" xmlns:sbml="{_NAMESPACE}">{{}}</math>'
_TIME = '<csymbol encoding="text" definitionURL="http://www.sbml.org/sbml/symbols/time">time</csymbol>'

# Units in those of SBML; units of derived constants that do not follow from the arithmetic by which they are derived; rooms
# (words in the names of the pools there, and the setting that is its size, else 1 L); entries of public vocabularies.
_NAMES = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
_UNIT = re.compile(rf"([{''.join(_NAMES['prefixes'])}]?)({'|'.join(_NAMES['bases'])})(\d?)")
# A literal that turns one unit into another has a unit itself; every other number is plain.
_CONVERSIONS = {24: "h/d", body.kidney.LITRES_PER_HOUR: "L/h per mL/min"}


@dataclass(eq=False)
class _Term:
    """A piece of the model's arithmetic: the organs run on it as they run on numbers.

    It knows its value, its unit (a dict of base unit to exponent) and its parts: a name, or what was put together how.
    The same piece is the same object wherever it comes up.
    """

    value: float
    unit: dict
    parts: object

    def __float__(self):
        return float(self.value)

    def __neg__(self):
        return self * -1


_TAGS = {"add": "plus", "sub": "minus", "mul": "times", "truediv": "divide", "pow": "power"}
for _name in _TAGS:
    setattr(_Term, f"__{_name}__", lambda self, other, name=_name: _apply(name, self, other))
    setattr(_Term, f"__r{_name}__", lambda self, other, name=_name: _apply(name, other, self))


@functools.cache
def _apply(name, left, right):
    """Two terms, or a term and a number, put together by an operation of the module `operator`."""
    first, second = (part.unit if isinstance(part, _Term) else _conversion(part) for part in (left, right))
    if name == "pow":
        unit = {base: exponent * float(right) for base, exponent in first.items()}
    elif name in ("mul", "truediv"):
        sign = 1 if name == "mul" else -1
        unit = {base: first.get(base, 0) + sign * second.get(base, 0) for base in {**first, **second}}
    elif first == second:
        unit = first
    else:
        raise ValueError(f"unlike units are added: {first} and {second}")
    value = getattr(operator, name)(float(left), float(right))
    return _Term(value, {base: exponent for base, exponent in unit.items() if exponent}, (left, name, right))


def _conversion(number):
    return _base_units(_CONVERSIONS.get(number, ""))


def _base_units(text):
    """A unit as a dict of base unit to exponent: "nmol/L per µg/d", "1 per mg", "mmol2/L2"; {} for a share or a pH."""
    found = Counter()
    for side, part in enumerate(text.replace("µ", "u").replace("²", "2").split(" per ")):
        for place, word in enumerate(part.split("/")):
            known = _UNIT.fullmatch(word.partition(" ")[0])  # what follows a space is a remark: "g/d sevelamer"
            if known:
                found[known[1] + known[2]] += int(known[3] or 1) * (-1 if bool(side) != bool(place) else 1)
    return {base: exponent for base, exponent in found.items() if exponent}


def _unit_id(unit):
    """The identifier of a unit given as a dict: "mmol_per_L"."""
    above = [f"{base}{exponent:g}" if exponent != 1 else base for base, exponent in unit.items() if exponent > 0]
    below = [f"{base}{-exponent:g}" if exponent != -1 else base for base, exponent in unit.items() if exponent < 0]
    return "_".join([*above, *(f"per_{part}" for part in below)]).replace(".", "_") or "dimensionless"


def _element(tag, inner="", **attributes):
    """An XML element; attributes are escaped."""
    values = {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in attributes.items()}
    text = "".join(f' {name}="{html.escape(value)}"' for name, value in values.items())
    return f"<{tag}{text}>{inner}</{tag}>" if inner else f"<{tag}{text}/>"


def _notes(*paragraphs):
    text = "".join(_element("p", html.escape(paragraph)) for paragraph in paragraphs)
    return f'<notes><body xmlns="http://www.w3.org/1999/xhtml">{text}</body></notes>'


def _links(name, qualifier, terms):
    """RDF that links an element to entries of public vocabularies or to publications."""
    where = (term if "://" in term else f"https://identifiers.org/{term}" for term in terms)
    bag = "".join(_element("rdf:li", **{"rdf:resource": address}) for address in where)
    return (
        '<annotation><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        f'xmlns:bqbiol="http://biomodels.net/biology-qualifiers/"><rdf:Description rdf:about="#{name}">'
        f"<bqbiol:{qualifier}><rdf:Bag>{bag}</rdf:Bag></bqbiol:{qualifier}></rdf:Description></rdf:RDF></annotation>"
    )


def _number(value, unit):
    kind = ' type="integer"' if isinstance(value, int) else ""
    return f'<cn{kind} sbml:units="{_unit_id(unit)}">{value!r}</cn>'


def _formula(term, names, top=False):
    """A term as MathML, in which terms that have a name of their own stand with their name."""
    if not isinstance(term, _Term):
        return _number(term, _conversion(term))
    name = term.parts if isinstance(term.parts, str) else names.get(term)
    if name and not top:
        return f"<ci>{name}</ci>"
    left, operation, right = term.parts
    return f"<apply><{_TAGS[operation]}/>{_formula(left, names)}{_formula(right, names)}</apply>"


Segment = namedtuple("Segment", "hour value slope")


def _segments(profile):
    """The stretches of a profile from time 0 on, each up to the next: (hour it begins, value, slope per hour)."""
    hours = {hour for hour, _ in profile.points if hour > 0 or profile.period}
    starts = sorted({0.0, *(hour % profile.period if profile.period else hour for hour in hours)})
    ends = [*starts[1:], profile.period or starts[-1] + 1]
    return [Segment(start, *profile.line(start, end)) for start, end in zip(starts, ends, strict=True)]


def _pool(name):
    """The identifier of a state: hormones of plasma stand apart from the quantity that a course reports."""
    return f"plasma_{name}" if name in ("pth", "calcidiol", "calcitriol", "fgf23") else name


class _Document:
    """The lists of an SBML file, filled one element at a time."""

    def __init__(self, patient, start):
        # The lists of the file, listOf…s, in their order: elements by identifier.
        self.lists = {name: {} for name in ("UnitDefinition", "Compartment", "Specie", "Parameter", "Rule", "Event")}
        balanced(patient.at(0.0))  # refuses a set of parameters without a healthy body
        settings = patient.at(0.0)._asdict()
        p, k = SimpleNamespace(), SimpleNamespace()
        for name, value in settings.items():
            setattr(p, name, self.setting(name, float(value), patient.profiles.get(name)))
        for name, term in vars(body.constants(p)).items():
            known = _NAMES["constants"].get(name)
            unit = _base_units(known) if known else getattr(term, "unit", {})
            unit = {"h" if base == "min" else base: exponent for base, exponent in unit.items()}  # the clock's unit
            label = f"Derived from the healthy balance: {name.replace('_', ' ')}"
            setattr(k, name, self.parameter(f"k_{name}", label, unit, float(term), constant=True))
        for room, about in _NAMES["rooms"].items():
            size = {"size": float(settings[about["size"]]) if "size" in about else 1.0, "units": self.unit({"L": 1})}
            attributes = {"spatialDimensions": 3, **size, "constant": True}
            self.add("compartment", room, about["label"], about["terms"], **attributes)
        healthy = body.healthy_state(p, k) if start is None else start
        state = body.State(
            *(self.pool(row, float(value)) for row, value in zip(records("states"), healthy, strict=True))
        )
        names = {}
        for organ, values in vars(body.fluxes(state, p, k)).items():
            handed = values._asdict() if hasattr(values, "_asdict") else {"": values}
            for field, term in handed.items():
                if isinstance(term, _Term) and not isinstance(term.parts, str):
                    names.setdefault(term, f"{organ}__{field}".rstrip("_"))
        for term, name in names.items():
            self.parameter(name, name.replace("__", ": ").replace("_", " "), term.unit)
            self.rule("assignmentRule", name, _formula(term, names, top=True))
        for name, rate in body.derivatives(state, p, k)._asdict().items():
            self.rule("rateRule", _pool(name), _formula(rate, names))
        for name, term in body.observe(state, p, k).items():
            if name not in body.STATE_NAMES or _pool(name) != name:
                known = quantities()[name]
                self.parameter(name, known.label, _base_units(known.si_unit), notes=_notes(known.meaning))
                self.rule("assignmentRule", name, _formula(term, names))

    def unit(self, unit):
        """Declare a unit, once, and return its identifier."""
        name, factors = _unit_id(unit), []
        for base, exponent in unit.items():
            prefix, plain, _ = _UNIT.fullmatch(base).groups()
            kind, multiplier = _NAMES["bases"][plain]
            size = {"exponent": f"{exponent:g}", "scale": _NAMES["prefixes"][prefix], "multiplier": multiplier}
            factors.append(_element("unit", kind=kind, **size))
        if factors:
            listed = _element("listOfUnits", "".join(factors))
            definition = _element("unitDefinition", listed, id=name, name=name.replace("_", " "))
            self.lists["UnitDefinition"][name] = definition
        return name

    def add(self, tag, name, label, terms=(), qualifier="is", notes="", **attributes):
        """Add an element with its name, notes and links to one of the lists."""
        inner = notes + (_links(name, qualifier, terms) if terms else "")
        element = _element(tag, inner, id=name, metaid=name, name=label, **attributes)
        self.lists[tag.capitalize().removesuffix("s")][name] = element

    def parameter(self, name, label, unit, value=None, constant=False, **about):
        """Add a parameter, one without a value for a rule, and return it as a term; `about` is as for `add`."""
        start = {} if value is None else {"value": value}
        attributes = {**start, "units": self.unit(unit), "constant": constant}
        self.add("parameter", name, label, **about, **attributes)
        return _Term(value, unit, name)

    def rule(self, kind, variable, formula):
        self.lists["Rule"][variable] = _element(kind, _MATH.format(formula), variable=variable)

    def setting(self, name, value, profile):
        """A setting of the model; one that changes with time moves along its slope and jumps at its events."""
        row, moved = parameters()[name], f"p_{name}"
        about = f"Unit: {row.unit}. Allowed: {row.lower:g} to {row.upper:g}. Evidence: {row.evidence}."
        addresses = [sources()[key.strip()]["link"] for key in row.source.split(";") if key.strip()]
        more = {"notes": _notes(row.meaning, about), "terms": [*filter(None, addresses)], "qualifier": "isDescribedBy"}
        unit = _base_units(row.unit)
        segments = [] if profile is None else _segments(profile)
        sloping = any(segment.slope for segment in segments)
        value = segments[0].value if segments else value
        self.parameter(moved, row.label, unit, None if sloping else value, profile is None, **more)
        if sloping:  # a line, not a pool with a rate: so that a solver's choice of method does not hang on it
            moved, per_hour = f"from_{name}", {**unit, "h": unit.get("h", 0) - 1}
            self.parameter(moved, f"{row.label} where its line begins", unit, value)
            self.parameter(f"since_{name}", f"When the line of {row.label} begins", {"h": 1}, 0.0)
            self.parameter(f"slope_{name}", f"Change of {row.label} per hour", per_hour, segments[0].slope)
            gone = f"<apply><minus/>{_TIME}<ci>since_{name}</ci></apply>"
            risen = f"<apply><times/><ci>slope_{name}</ci>{gone}</apply>"
            self.rule("assignmentRule", f"p_{name}", f"<apply><plus/><ci>{moved}</ci>{risen}</apply>")
        repeats = profile is not None and profile.period
        for number, segment in enumerate(segments if repeats else segments[1:]):
            moment, changes = _number(segment.hour, {"h": 1}), {moved: _number(segment.value, unit)}
            if repeats:
                due = f"due_{name}_{number}"
                self.parameter(due, f"Next change of {row.label}", {"h": 1}, segment.hour or profile.period)
                moment = f"<ci>{due}</ci>"
                changes[due] = f"<apply><plus/>{moment}{_number(profile.period, {'h': 1})}</apply>"
            if sloping:
                changes |= {f"slope_{name}": _number(segment.slope, per_hour), f"since_{name}": moment}
            self.event(f"change_{name}_{number}", f"{row.label} changes", moment, changes)
        return _Term(value, unit, f"p_{name}")

    def event(self, name, label, moment, changes):
        """Set variables to what formulas give, from a moment on."""
        trigger = _MATH.format(f"<apply><geq/>{_TIME}{moment}</apply>")
        assigned = (_element("eventAssignment", _MATH.format(made), variable=moved) for moved, made in changes.items())
        inner = _element("trigger", trigger, initialValue=True, persistent=True)
        inner += _element("listOfEventAssignments", "".join(assigned))
        self.lists["Event"][name] = _element("event", inner, id=name, name=label, useValuesFromTriggerTime=True)

    def pool(self, row, value):
        """A state: a species where it is a substance somewhere, otherwise a parameter."""
        name, unit = _pool(row["name"]), _base_units(row["unit"].replace("pg/mL", "ng/L"))
        terms = [term for word, term in _NAMES["substances"].items() if word in row["name"]][:1]
        if not unit:
            return self.parameter(name, row["meaning"], unit, value, terms=terms)
        spread = "L" in unit
        substance = {base: exponent for base, exponent in unit.items() if base != "L"}
        rooms = _NAMES["rooms"].items()
        room = next(room for room, about in rooms if any(word in row["name"] for word in about["words"]))
        attributes = {"compartment": room, "initialConcentration" if spread else "initialAmount": value}
        attributes |= {"substanceUnits": self.unit(substance), "hasOnlySubstanceUnits": not spread}
        attributes |= {"boundaryCondition": False, "constant": False}
        self.add("species", name, row["meaning"], terms, **attributes)
        return _Term(value, _base_units(row["unit"]), name)

    def text(self, title):
        """The whole file."""
        for unit in ("h", "mmol", "L", *_CONVERSIONS.values()):
            self.unit(_base_units(unit))
        filled = (_element(f"listOf{name}s", "\n".join(items.values())) for name, items in self.lists.items() if items)
        template = Path(__file__).with_suffix(".xml").read_text(encoding="utf-8")
        return template.format(title=html.escape(title), lists="\n".join(filled))


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
    _apply.cache_clear()  # of the terms of an earlier file
    document = _Document(patient, None if start is None else start.final_state)
    text = document.text(f"calphos: calcium and phosphate in one adult, {patient!r}")
    if path is not None:
        try:
            with open(path, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
        except OSError as error:
            raise InputError(f"{path} cannot be written: {error.strerror}") from None
    return Words(text)
