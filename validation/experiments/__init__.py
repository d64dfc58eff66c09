"""The published experiments, run on the model: one function an experiment of data/targets.csv.

Every function takes `settings`, a dict of parameter name to value that replaces defaults, and returns a dict of target to
the model's value. What a source leaves open stands in its docstring. Calibration and validation call the same functions.

>>> values, skipped = run(["vitamin_d_absorption"])
>>> sorted(values)
['N33']
"""

from calphos.tables import reading
from experiments import calcium, dialysis, kidney, parathyroid, phosphate, unseen, vitamin_d
from experiments.setting import NoInputError

MODULES = (parathyroid, kidney, dialysis, calcium, phosphate, vitamin_d, unseen)


def targets(*roles):
    """Rows of data/targets.csv (dicts; value, low and high as numbers or None) with these roles, or all but set-up's."""
    return [row for row in reading.records("targets") if row["role"] in (roles or ("calibration", "validation"))]


def experiment(name):
    """The function of an experiment."""
    return next(getattr(module, name) for module in MODULES if hasattr(module, name))


def names(*roles):
    """Names of the experiments with these roles, in the order of the table."""
    return list(dict.fromkeys(row["experiment"] for row in targets(*roles)))


def run(which=None, settings=None):
    """Run experiments (names; default: all); return ({target: value}, {experiment: why it was skipped}).

    An experiment whose input the model lacks is skipped. A parameter set with which the model has no course raises its
    SimulationError.
    """
    values, skipped = {}, {}
    for name in names() if which is None else which:
        try:
            values.update({key: float(value) for key, value in experiment(name)(dict(settings or {})).items()})
        except NoInputError as reason:
            skipped[name] = str(reason)
    return values, skipped
