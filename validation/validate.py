"""Run every experiment of data/targets.csv on the model and write the report (results, panels, figures) here.

`make validate` does this. Validation targets are reported as they fall: nothing is fitted to them. The band is the 5th
to 95th percentile over parameter sets of data/ensemble.csv, which meet the calibration targets comparably well. How many
of them run can be said: `make validate ARGS="--members 60"`, or 0 for a report without bands in half a minute.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
import experiments
import panels
from experiments import kidney, score

from calphos.model.cohort import ensemble
from calphos.model.engine import flat_code
from calphos.tables.errors import InputError

MEMBERS = 40  # parameter sets of the ensemble that give the bands, unless another number is asked for
# Months of sessions or of meals, hour by hour, take longer than all others together: they have no band.
LONG = [
    "bath_calcium_long",
    "bath_calcium_high",
    "bath_calcium_low",
    "session_with_high_bath",
    "phosphate_supplement",
    "nocturnal_dialysis",
]
LONG += ["calcitriol_on_dialysis"]
KEPT = "id role origin experiment mechanism population quantity value low high unit basis limits_from source evidence"
GROUPS = {
    "calibration (C)": lambda row: row["role"] == "calibration",
    "validation (V)": lambda row: row["role"] == "validation",
    "first edition, C": lambda row: row["origin"] == "first" and row["role"] == "calibration",
    "first edition, V": lambda row: row["origin"] == "first" and row["role"] == "validation",
    "list, C": lambda row: row["origin"] == "list" and row["role"] == "calibration",
    "list, V": lambda row: row["origin"] == "list" and row["role"] == "validation",
    "later, C": lambda row: row["origin"] == "later",
    "unseen, V": lambda row: row["origin"] == "unseen",
}


def bands(members):
    """(low, high) of each target over parameter sets; a set with which an experiment has no course leaves a gap."""
    found = {}
    for settings in members:
        for name in experiments.names():
            if name in LONG:
                continue
            try:
                values, _skipped = experiments.run([name], settings)
            except InputError:
                continue
            for key, value in values.items():
                found.setdefault(key, []).append(value)
    return {key: np.nanpercentile(values, [5, 95]) for key, values in found.items()}


def result_rows(values, spread):
    """One dict a target that was run: what the table says of it, the model's value, its band, and how it is judged."""
    rows = []
    for target in experiments.targets():
        key = target["id"]
        if key not in values:
            continue
        value = values[key]
        low, high = spread.get(key, (np.nan, np.nan))
        rows.append(
            {
                **{name: target[name] for name in KEPT.split()},
                "model": value,
                "band_low": low,
                "band_high": high,
                "inside": score.inside(target, value),
                "captured": score.captured(target, value),
            }
        )
    return rows


def coverage(rows):
    """(rows whose band holds the published value, rows whose band meets the published limits, rows) among those given."""
    held = met = count = 0
    for row in rows:
        if row["basis"] in ("order", "direction") or row["value"] is None or not np.isfinite(row["band_low"]):
            continue
        count += 1
        held += row["band_low"] <= row["value"] <= row["band_high"]
        above = row["low"] is None or row["band_high"] >= row["low"]
        met += above and (row["high"] is None or row["band_low"] <= row["high"])
    return held, met, count


def forecast(rows, form):
    """(rows whose published value lies in the band once the error of the form is added, rows), on a log scale.

    `form` is the log-RMS of the calibration targets: what remains although the parameters were chosen for them. A normal
    error of that size is added to the band's half-widths as squares add.
    """
    held = count = 0
    for row in rows:
        if score.log_error(row, row["model"]) is None or not row["band_low"] > 0:
            continue
        low, middle, high = np.log([row["band_low"], row["model"], row["band_high"]])
        error = np.log(row["value"]) - middle
        reach = np.hypot(max(high - middle, 0) if error > 0 else max(middle - low, 0), 1.645 * form)
        count += 1
        held += abs(error) <= reach
    return held, count


def number(value, digits=3):
    return "" if value is None or not np.isfinite(value) else f"{value:.{digits}g}"


def table(header, lines):
    return [
        "| " + " | ".join(header) + " |",
        "|" + "---|" * len(header),
        *("| " + " | ".join(x) + " |" for x in lines),
        "",
    ]


def share(part, whole):
    return f"{part} of {whole} ({100 * part / whole:.0f} %)" if whole else ""


def summary_line(name, rows):
    found = score.summary([(row, row["model"]) for row in rows])
    count = len({row["experiment"] for row in rows})
    return [
        name,
        str(count),
        share(found["inside"], found["rows"]),
        number(found["log_rms"], 2),
        share(found["near"], found["near_of"]),
        "" if found["captured"] is None else f"{100 * found['captured']:.0f} %",
        ", ".join(found["wrong_sign"]) or "none",
    ]


def panel_lines(found):
    """The part of the report on disorders and deposits."""
    lines = ["## Disorders against published patients", ""]
    inside = sum(row["inside"] for row in found)
    lines += [
        (
            f"Inside: {share(inside, len(found))}. Severity 0.5 should be the typical patient, severity 1 the severe one. "
            "The severities (`data/changes.csv`) were set with these patients in view: a check, not a prediction."
        ),
        "",
    ]
    cells = []
    for row in found:
        limits = f"{number(row['low'])} to {number(row['high'])}"
        model = [number(row["answers"][severity]) for severity in panels.SEVERITY.values()]
        verdict = "yes" if row["inside"] else "**no**"
        cells.append(
            [row["disorder"], row["case"], row["quantity"], number(row["value"]), limits, *model, row["unit"], verdict]
        )
    header = ["disorder", "patient", "quantity", "published", "limits", "model at 0.5", "model at 1", "unit", "inside"]
    lines += table(header, cells)
    lines += ["## Deposits against the direction of trials", ""]
    signs = {1: "more", -1: "less"}
    trials = [
        [source, text, signs[sign], f"{change:+.0f} %", "yes" if change * sign > 0 else "**no**"]
        for source, text, sign, change in panels.deposits()
    ]
    lines += table(["trial", "what was seen", "published", "mature mineral of the model", "same direction"], trials)
    lines += [
        "Only the direction can be compared: the rates of mineral in soft tissue are assumed. Vitamin K, which changed nothing on",
        "dialysis (ipack2023), is no input of the model.",
        "",
    ]
    return lines


def report(rows, patients, cohort, skipped):
    """The text of results.md."""
    header = ["", "experiments", "inside", "log-RMS", "within 25 %", "effect captured (median)", "wrong sign"]
    lines = [
        "# Results of validation",
        "",
        "Written by `make validate`; what it means stands in [README.md](README.md).",
        "",
    ]
    lines += table(
        header, [summary_line(name, chosen) for name, wanted in GROUPS.items() if (chosen := [*filter(wanted, rows)])]
    )
    lines += [
        "Inside: between the limits of `data/targets.csv`. Log-RMS and 25 %: ratios, levels and times with a published number",
        "(25 % also of changes). Effect captured: share of a published change, or of the log of a ratio. Wrong sign: rows whose",
        "limits leave the sign of the effect in no doubt.",
        "",
        "## By mechanism",
        "",
    ]
    mechanisms = dict.fromkeys(row["mechanism"] for row in rows)
    chosen = [
        summary_line(f"{mechanism}, {letter}", found)
        for mechanism in mechanisms
        for role, letter in (("calibration", "C"), ("validation", "V"))
        if (found := [row for row in rows if row["mechanism"] == mechanism and row["role"] == role])
    ]
    lines += table(header, chosen)
    lines += ["## How often the ensemble's band holds what was published", ""]
    form = score.summary([(row, row["model"]) for row in rows if row["role"] == "calibration"])["log_rms"]
    spread = [
        [name, share(held, count), share(met, count), share(*forecast(filter(wanted, rows), form))]
        for name, wanted in GROUPS.items()
        if (found := coverage(filter(wanted, rows))) and found[2]
        for held, met, count in [found]
    ]
    header = ["", "band holds the value", "band meets the limits", "band and error of the form hold the value"]
    lines += table(header, spread)
    lines += [
        f"The last column widens each band by the error that the fit leaves (log-RMS {number(form, 2)} of C, taken as normal):",
        "a forecast from this model should carry both. Ratios, levels and times alone.",
        "",
    ]
    lines += ["## Every experiment", ""]
    by_experiment = []
    for name in dict.fromkeys(row["experiment"] for row in rows):
        found = [row for row in rows if row["experiment"] == name]
        outside = ", ".join(row["id"] for row in found if not row["inside"])
        inside = f"{sum(row['inside'] for row in found)} of {len(found)}"
        by_experiment.append([name, found[0]["role"], found[0]["origin"], found[0]["mechanism"], inside, outside])
    lines += table(["experiment", "role", "origin", "mechanism", "inside", "outside"], by_experiment)
    if skipped:
        lines += ["Not run: " + "; ".join(f"{name} ({why})" for name, why in skipped.items()) + ".", ""]
    lines += panel_lines(patients)
    lines += ["## In the virtual cohort", ""]
    lines += ["C13 to C18 once more, in 1000 people whose parameters differ as `data/variation.csv` assumes.", ""]
    mean = {row["id"]: row["model"] for row in rows}
    checked = [[key, number(mean[key]), number(value)] for key, value in cohort.items() if key in mean]
    lines += table(["target", "mean patient with an assumed spread", "virtual cohort"], checked)
    lines += ["## Every target", ""]
    cells = [
        [
            row["id"],
            row["experiment"],
            row["quantity"],
            number(row["model"]),
            f"{number(row['band_low'])} to {number(row['band_high'])}",
            number(row["value"]),
            f"{number(row['low'])} to {number(row['high'])}",
            row["unit"],
            "yes" if row["inside"] else "**no**",
        ]
        for row in rows
    ]
    lines += table(["id", "experiment", "quantity", "model", "band", "published", "limits", "unit", "inside"], cells)
    return "\n".join(lines).rstrip() + "\n"


def main(count=MEMBERS):
    start = time.time()
    flat_code(build=True)
    values, skipped = experiments.run()
    members = ensemble()
    spread = bands(members[:: max(1, len(members) // count)][:count]) if count else {}
    rows = result_rows(values, spread)
    frame = pd.DataFrame(rows)
    frame.to_csv(HERE / "results.csv", index=False, float_format="%.6g", lineterminator="\n")
    found = panels.compare()
    answers = [
        {"id": row["id"], **{name: row["answers"][x] for name, x in panels.SEVERITY.items()}, "inside": row["inside"]}
        for row in found
    ]
    pd.DataFrame(answers).to_csv(HERE / "panels.csv", index=False, float_format="%.4g", lineterminator="\n")
    text = report(rows, found, kidney.virtual_cohort({}), skipped)
    (HERE / "results.md").write_text(text, encoding="utf-8")
    from figures_page import draw

    draw(HERE / "figures.png", rows)
    print(text.split("## Every experiment")[0])
    print(f"{time.time() - start:.0f} s")


if __name__ == "__main__":
    reader = argparse.ArgumentParser(description="Run every published experiment and write the report.")
    reader.add_argument("--members", type=int, default=MEMBERS, help="parameter sets of the ensemble to run")
    main(reader.parse_args().members)
