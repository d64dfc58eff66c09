"""A patient: settings of the model, some of which may change with time."""

from calphos.model.changes import applied
from calphos.model.parameters import defaults, parameter
from calphos.model.profiles import DAY, Profile, is_daily_diet, steady_dialysis
from calphos.tables.errors import InputError


class Patient:
    """A person in the model: a value for every parameter, and Profiles for those that change with time.

    `Patient(gfr=30, diet_phosphate=30)` changes two settings; `Patient(disorder="sarcoidosis", severity=0.6)` applies a
    row of data/disorders.csv; `treatment="active vitamin D", dose=0.5` a row of data/treatments.csv. Settings given by
    name win over those of a disorder or treatment. Every setting is checked against its bounds: an unknown name, a
    value outside or a value that is not a number raises InputError. Only inputs may be Profiles.

    `settings` has what is set, by name, `profiles` those settings that change with time, `repeating` those that repeat.

    >>> Patient(disorder="sarcoidosis", severity=0.5, gfr=60).settings
    {'extrarenal_calcitriol': 5.0, 'gfr': 60.0}
    """

    def __init__(self, *, disorder=None, severity=None, treatment=None, dose=None, **settings):
        asked = applied({}, disorder, severity, treatment, dose) | settings
        self.settings = {name: _checked(name, value) for name, value in asked.items()}
        self.profiles = {name: value for name, value in self.settings.items() if isinstance(value, Profile)}
        self.repeating = {name: profile for name, profile in self.profiles.items() if profile.period}

    def with_(self, *, disorder=None, severity=None, treatment=None, dose=None, **settings):
        """Return a changed copy; takes what Patient takes. Another disorder or treatment is added to what is set already.

        >>> Patient(gfr=30).with_(treatment="parathyroidectomy", dose=0.5)
        Patient(gfr=30.0, glands_removed=0.495)
        """
        return Patient(**applied(self.settings, disorder, severity, treatment, dose) | settings)

    def value(self, name):
        """The setting of one parameter: a number or a Profile."""
        return self.settings.get(name, parameter(name).value)

    def at(self, hour):
        """Every parameter at an hour, as `parameters.defaults` has them; at an array of hours, profiles are such arrays."""
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

    def __repr__(self):
        return f"Patient({', '.join(f'{name}={value!r}' for name, value in self.settings.items())})"


def _checked(name, value):
    row = parameter(name)
    if not isinstance(value, Profile):
        return row.check(value)
    if row.kind != "input":
        raise InputError(f"{name} is a property of the model and cannot change with time")
    for level in [value.mean()] if is_daily_diet(name, value) else [level for _, level in value.points]:
        row.check(level)
    return value
