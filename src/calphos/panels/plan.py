"""What a panel runs, as data: read here by Python, and by a page without Python, as JSON.

An *entry* says what a setting is:

    30                                                  itself
    {"slider": "gfr"}                                   the number at which a slider stands
    {"slider": "severity", "points": [[0, 1], [1, 16]]} what straight lines through points make of that number
    {"profile": "decline", "start": 100, ...}           a course over time: a function of `calphos.model.profiles` by its
                                                        name, its keywords being entries; "points" is a bare `Profile`

An entry whose slider is unset is left out, and what lies below it holds.
"""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from calphos.model import profiles
from calphos.model.changes import changes, disorders
from calphos.model.parameters import parameter, parameters
from calphos.model.patient import Patient
from calphos.model.simulation import simulate, steady_course

# Where a schedule settles six digits are the same as at the solver's usual tolerance, in a third of the time.
_COARSE = 3e-5
STEADY = 20 * profiles.YEAR / profiles.DAY  # days after which all but bone and mature deposits has settled


def over_time(profile, *given, **named):
    """Return the entry of a setting that changes with time; a name in place of a number is a slider's.

    >>> from calphos import pulse
    >>> over_time(pulse, "calcium_infusion", hours=2, after=0.5)
    {'profile': 'pulse', 'value': {'slider': 'calcium_infusion'}, 'hours': 2, 'after': 0.5}
    """
    return {"profile": profile.__name__, **_plain(inspect.signature(profile).bind(*given, **named).arguments)}


def _plain(part):
    """Return what JSON can hold: names as sliders, profiles as points."""
    if isinstance(part, profiles.Profile):
        return {"profile": "points", "points": [list(point) for point in part.points], "period": part.period}
    if isinstance(part, str):
        return {"slider": part}
    if isinstance(part, Mapping):
        return {str(key): _plain(value) for key, value in part.items()}
    return [_plain(item) for item in part] if isinstance(part, tuple | list) else part


def read(entry, settings):
    """Return what an entry is with the sliders at `settings` (a dict): a number, a Profile, or None where unset.

    >>> read({"slider": "severity", "points": [[0, 1], [1, 16]]}, {"severity": 0.4})
    7.0
    >>> read({"slider": "gfr"}, {}) is None
    True
    """
    if not isinstance(entry, Mapping):
        return entry
    if "slider" in entry:
        value = settings.get(entry["slider"])
        if value is None or "points" not in entry:
            return value
        return float(np.interp(value, *zip(*entry["points"], strict=True)))
    if entry.get("profile") == "points":
        return profiles.Profile(tuple(map(tuple, entry["points"])), entry["period"])
    if "profile" not in entry:
        return {float(key): read(part, settings) for key, part in entry.items()}
    parts = {key: read(part, settings) for key, part in entry.items() if key != "profile"}
    return None if None in parts.values() else getattr(profiles, entry["profile"])(**parts)


def along_severity(name, usual_at=None):
    """Return the settings that a disorder brings as entries along the slider "severity", from none (0) to all (1).

    `usual_at` is where the slider stands at the disorder's usual severity (default: at that severity itself).

    >>> along_severity("sarcoidosis")["extrarenal_calcitriol"]["points"]
    [[0.0, 0.0], [0.5, 5.0], [1.0, 8.0]]
    """
    usual = {} if usual_at is None else {usual_at: float(disorders()[name]["usual"])}
    stands, severities = zip(*{0.0: 0.0, **usual, 1.0: 1.0}.items(), strict=True)
    half = float(np.interp(0.5, severities, stands))  # where a line bends that has a typical half of its own
    found = {}
    for change in changes("disorder")[name]:
        bends = {*stands} if change.at_half is None else {*stands, half}
        shares = {place: float(np.interp(place, stands, severities)) for place in sorted(bends)}
        healthy = parameter(change.setting).value
        points = [[place, round(change.to(healthy, share), 9)] for place, share in shares.items()]
        found[change.setting] = {"slider": "severity", "points": points}
    return found


@dataclass
class Run:
    """One simulation as data.

    patient   settings below everything else (numbers, Profiles or entries)
    moves     entry of each setting that sliders move; above those of a preset
    days      length (an entry); `points` stored times, evenly spaced
    before    days that the patient has lived at the start, with the settings of `patient` alone; 0: the start is in health
    settled   whether the start is where the settings themselves settle (`simulation.steady_course`)
    averaged  repeating profiles count with their mean, others with their last value
    """

    days: object
    patient: dict = field(default_factory=dict)
    moves: dict = field(default_factory=dict)
    points: int = 121
    before: float = 0
    settled: bool = False
    averaged: bool = False

    def __post_init__(self):
        self.patient = {name: _plain(value) for name, value in self.patient.items()}
        self._lived = {}  # patient -> the course that `before` makes, which no slider moves

    def person(self, settings, moved=True, member=None):
        """Return the `Patient` with a preset's settings and sliders at `settings`; `member` lies below all."""
        at = {name: value for name, value in settings.items() if not isinstance(value, Mapping)}
        own = {*parameters()} - ({*at} & {*self.moves})
        preset = {name: entry for name, entry in settings.items() if name in own}
        made = dict(member or {})
        for layer in (self.patient, *((preset, self.moves) if moved else ())):
            found = {name: read(entry, at) for name, entry in layer.items()}
            made |= {name: value for name, value in found.items() if value is not None}
        return Patient(**made)

    def course(self, settings, member=None):
        """Return the `Course` with a preset's settings and sliders at `settings`."""
        patient, start = self.person(settings, member=member), "healthy"
        if self.settled:
            start = steady_course(patient, rtol=_COARSE)
        elif self.before:
            lived = self.person({}, False, member)
            known = repr(lived)
            if known not in self._lived:
                self._lived[known] = simulate(lived, days=self.before, points=2)
            start = self._lived[known]
        patient = patient.averaged() if self.averaged else patient
        return simulate(patient, days=read(self.days, settings), points=self.points, start=start)


def run_of(sliders, days, *, patient=None, moves=None, **options):
    """Return a `Run` in which every slider named for a parameter moves it, but for what `moves` says of it.

    >>> run_of(["gfr"], 30, patient=Patient(diet_phosphate=60)).course({"gfr": 20}).patient.settings
    {'diet_phosphate': 60.0, 'gfr': 20.0}
    """
    own = {name: {"slider": name} for name in sliders if name in parameters()}
    return Run(days, dict(patient.settings) if patient else {}, {**own, **(moves or {})}, **options)
