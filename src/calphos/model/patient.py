"""A patient: settings of the model, some of which may change with time."""

from calphos.model.changes import applied
from calphos.model.parameters import defaults, parameter
from calphos.model.profiles import DAY, Profile, is_daily_diet, steady_dialysis
from calphos.tables.errors import InputError

_NAMED = (("disorder", "severity"), ("treatment", "dose"))


class Patient:
    """A person in the model: a value for every parameter, and Profiles for those that change with time.

    `Patient(gfr=30, diet_phosphate=30)` changes two settings; `Patient(disorder="sarcoidosis", severity=0.6)` applies a
    row of data/disorders.csv; `treatment="active vitamin D", dose=0.5` a row of data/treatments.csv. Settings given by
    name win over those of a disorder or treatment. Every setting is checked against its bounds: an unknown name, a
    value outside or a value that is not a number raises InputError. Only inputs may be Profiles.

    >>> Patient(disorder="sarcoidosis", severity=0.5, gfr=60).settings
    {'extrarenal_calcitriol': 5.0, 'gfr': 60.0}
    """

    def __init__(self, *, disorder=None, severity=None, treatment=None, dose=None, **settings):
        self._take({}, disorder=disorder, severity=severity, treatment=treatment, dose=dose, **settings)

    def _take(self, before, *, disorder, severity, treatment, dose, **settings):
        self.disorder, self.severity, self.treatment, self.dose = disorder, severity, treatment, dose
        combined = before
        for kind, amount in _NAMED:
            name, share = getattr(self, kind), getattr(self, amount)
            if name is not None:
                combined = applied(combined, kind, name, share)
            elif share is not None:
                raise InputError(f"{amount} needs a {kind}")
        self.settings = {name: self._checked(name, value) for name, value in {**combined, **settings}.items()}

    @staticmethod
    def _checked(name, value):
        row = parameter(name)
        if not isinstance(value, Profile):
            return row.check(value)
        if row.kind != "input":
            raise InputError(f"{name} is a property of the model and cannot change with time")
        for level in [value.mean()] if is_daily_diet(name, value) else [level for _, level in value.points]:
            row.check(level)
        return value

    def with_(self, **changes):
        """Return a changed copy; takes what Patient takes. Another disorder or treatment is added to what is set already.

        >>> Patient(gfr=30).with_(treatment="parathyroidectomy", dose=0.5).settings
        {'gfr': 30.0, 'glands_removed': 0.495}
        """
        named = {name: changes.pop(name, None) for pair in _NAMED for name in pair}
        for kind, amount in _NAMED:
            if named[amount] is not None and named[kind] is None:
                named[kind] = getattr(self, kind)
        copy = Patient()
        copy._take(self.settings, **named, **changes)
        for kind, amount in _NAMED:
            if named[kind] is None:
                setattr(copy, kind, getattr(self, kind))
                setattr(copy, amount, getattr(self, amount))
        return copy

    def value(self, name):
        """The setting of one parameter: a number or a Profile."""
        return self.settings.get(name, parameter(name).value)

    @property
    def profiles(self):
        """The settings that change with time: a dict of name to Profile."""
        return {name: value for name, value in self.settings.items() if isinstance(value, Profile)}

    def at(self, hour):
        """Every parameter at an hour, as `parameters.defaults` has them."""
        moved = {name: profile.at(hour) for name, profile in self.profiles.items()}
        return defaults()._replace(**{**self.settings, **moved})

    def averaged(self):
        """A copy in which repeating profiles are replaced by their average and others by their last value.

        The average of dialysis is the steady one that takes out as much phosphate (`profiles.steady_dialysis`).
        """
        means = {name: profile.mean() for name, profile in self.profiles.items()}
        if "dialysis" in self.repeating:
            means["dialysis"] = steady_dialysis(7 * DAY * means["dialysis"])
        return self.with_(**means)

    @property
    def repeating(self):
        """The profiles that repeat: a dict of name to Profile."""
        return {name: profile for name, profile in self.profiles.items() if profile.period}

    def __repr__(self):
        named = {name: getattr(self, name) for pair in _NAMED for name in pair}
        shown = {**{name: value for name, value in named.items() if value is not None}, **self.settings}
        return f"Patient({', '.join(f'{name}={value!r}' for name, value in shown.items())})"
