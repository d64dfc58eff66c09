"""Disorders against published patients (data/disorder_panels.csv), and deposits against the direction of trials."""

from calphos import Patient, convert, simulate
from calphos.model.changes import disorders
from calphos.model.profiles import steady_dialysis
from calphos.tables import reading
from calphos.tables.errors import InputError
from calphos.tables.quantities import quantity

SEVERITY = {"typical": 0.5, "severe": 1.0}
# What trials saw of calcification, and what of it the model can be asked. Each patient has had five years at GFR 32 or
# on dialysis, then five with the treatment or without; the sign is that of the difference.
TRIALS = (
    (
        "block2012",
        "calcium-based binder, GFR 32: coronary calcification rose more",
        {"gfr": 32},
        {"calcium_binder": 1500},
        1,
    ),
    ("sakaguchi2019", "magnesium, GFR 32: the coronary score rose less", {"gfr": 32}, {"magnesium": 1.1}, -1),
    (
        "raggi2020",
        "SNF472 on dialysis: calcification slower (an inhibitor of crystals; twice the pyrophosphate stands for it)",
        {"gfr": 3, "dialysis": steady_dialysis(12)},
        {"pyrophosphate": 2.0},
        -1,
    ),
)


def si(name, value, unit):
    """A printed value in the SI unit of its quantity; None stays None."""
    if value is None:
        return None
    known = quantity(name)
    return value if unit == known.si_unit else convert(value, name, to="SI")


def compare():
    """One dict a row of the table: what is published, and the model at 0.5 (typical) and 1 (severe), in SI units."""
    courses = {}
    rows = []
    for row in reading.records("disorder_panels"):
        name = row["disorder"]
        answers = {}
        for severity in SEVERITY.values():
            if (name, severity) not in courses:
                ill = Patient(disorder=name, severity=severity)
                try:
                    courses[name, severity] = simulate(ill, days=float(disorders()[name]["days"]), points=3).final
                except InputError:
                    courses[name, severity] = None
            final = courses[name, severity]
            answers[severity] = None if final is None else float(final[row["quantity"]])
        limits = {key: si(row["quantity"], row[key], row["unit"]) for key in ("value", "low", "high")}
        model = answers[SEVERITY[row["case"]]]
        low, high = limits["low"], limits["high"]
        inside = model is not None and (low is None or model >= low) and (high is None or model <= high)
        rows.append({**row, **limits, "unit": quantity(row["quantity"]).si_unit, "answers": answers, "inside": inside})
    return rows


def deposits(years=5):
    """(source, what was seen, sign published, change of the model's mature mineral in per cent) of each trial."""
    found = []
    for source, text, setting, treatment, sign in TRIALS:
        start = simulate(Patient(**setting), years=years, points=3)
        without = simulate(Patient(**setting), years=years, points=3, start=start).final["mature_deposit"]
        treated = simulate(Patient(**setting, **treatment), years=years, points=3, start=start).final["mature_deposit"]
        found.append((source, text, sign, 100 * (treated / without - 1)))
    return found
