"""Run every target of data/targets.csv on the model and write results.csv, results.md and figures.png here.

`make validate` does this. V targets are reported as they fall: nothing is fitted to them. The ensemble band is the 5th to
95th percentile over the parameter sets of data/ensemble.csv (all of them for C, fewer for V and for the cohort of C13-C18).
"""

import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
import experiments

from calphos import Patient, decline, ensemble, people, prevalence, simulate_cohort
from calphos.model import compiled
from calphos.tables import references

PEOPLE = 1000
# Sets of the ensemble that run the V targets, and that run a cohort, which is smaller for them.
V_MEMBERS = 24
COHORT_MEMBERS, COHORT_PEOPLE = 10, 150

# (target, part, what, published, low, high, unit): the limits say what "inside" means; None is open.
PARTS = [
    ("C01", "", "ionised calcium", 1.20, 1.17, 1.23, "mmol/L"),
    ("C02", "", "total calcium", 2.40, 2.35, 2.45, "mmol/L"),
    ("C03", "", "phosphate", 1.15, 1.05, 1.25, "mmol/L"),
    ("C04", "", "PTH", 4.5, 3.5, 5.5, "pmol/L"),
    ("C05", "", "calcitriol", 110, 95, 125, "pmol/L"),
    ("C06", "", "urinary calcium", 4.5, 3.5, 5.5, "mmol/d"),
    ("C07", "", "urinary phosphate", 28, 22, 34, "mmol/d"),
    ("C08", "", "PTH after citrate, of baseline", 3.9, 3.0, 5.1, "ratio"),
    ("C09", "", "PTH after calcium, of baseline", 0.23, 0.06, 0.30, "ratio"),
    ("C10", "", "highest PTH, of baseline", 4.1, 3.2, 5.2, "ratio"),
    ("C11", "", "lowest PTH, of baseline", 0.26, 0.19, 0.33, "ratio"),
    ("C12", "", "FGF-23 rises before PTH and phosphate", 1, 1, 1, "true = 1"),
    ("C13", "", "phosphate in CKD 3-5, of control", 1.26, 1.12, 1.40, "ratio"),
    ("C14", "", "calcitriol in CKD 3-5, of control", 0.49, 0.38, 0.60, "ratio"),
    ("C15", "", "PTH in CKD 3-5, of control", 3.3, 2.4, 4.2, "ratio"),
    ("C16", "a", "PTH above 70 pg/mL, GFR 60 and above", 8.2, 3.2, 13.2, "%"),
    ("C16", "b", "PTH above 70 pg/mL, GFR 45-59", 19.3, 14.3, 24.3, "%"),
    ("C16", "c", "PTH above 70 pg/mL, GFR 30-44", 38.3, 33.3, 43.3, "%"),
    ("C17", "a", "PTH above 65 pg/mL, GFR 60-90", 17, 7, 27, "%"),
    ("C17", "b", "PTH above 65 pg/mL, GFR below 20", 85, 75, 95, "%"),
    ("C18", "a", "phosphate above 4.5 mg/dL, GFR 60-90", 1, None, 9, "%"),
    ("C18", "b", "phosphate above 4.5 mg/dL, GFR below 20", 30, 22, 38, "%"),
    ("C19", "", "calcium and phosphate normal above GFR 30", 1, 1, 1, "true = 1"),
    ("C20", "", "FGF-23 in dialysis, of normal", 36.7, 15, 90, "ratio"),
    ("C21", "", "Klotho at GFR 45, of control", 0.61, 0.45, 0.78, "ratio"),
    ("C22", "", "phosphorus removed in 4 h", 858, 672, 1044, "mg"),
    ("C23", "", "mobilisation clearance", 98, 60, 140, "mL/min"),
    ("C24", "", "rise of calcium after teriparatide", 0.10, 0.05, 0.15, "mmol/L"),
    ("C25", "", "PTH on etelcalcetide, of placebo", 0.42, 0.30, 0.55, "ratio"),
    ("V01", "a", "phosphate on the rich diet, of before", 1.189, 1.0, 1.55, "ratio"),
    ("V01", "b", "FGF-23 on the rich diet, of before", 1.121, 1.0, 1.46, "ratio"),
    ("V02", "a", "FGF-23 after 5 d of depletion", -9, -34, 0, "%"),
    ("V02", "b", "FGF-23 after 5 d of loading", 35, 10, 60, "%"),
    ("V03", "a", "absorbed share in CKD 3, of health", 1.11, 0.8, 1.2, "ratio"),
    ("V03", "b", "urinary phosphate in CKD 3, of health", 0.945, 0.8, 1.2, "ratio"),
    ("V04", "", "fall of phosphate when urine falls by 22 %", -0.3, -0.45, -0.15, "mg/dL"),
    ("V05", "", "fall of phosphate before dialysis", -0.75, -1.106, -0.426, "mmol/L"),
    ("V06", "a", "lowest calcium in dialysis", None, None, 2.0, "mmol/L"),
    ("V06", "b", "lowest calcium in health", None, 2.1, None, "mmol/L"),
    ("V07", "a", "phosphate", 2.9, 2.03, 3.77, "mmol/L"),
    ("V07", "b", "fractional excretion of phosphate", 3, None, 8, "%"),
    ("V07", "c", "PTH", 1.6, None, 6.9, "pmol/L"),
    ("V07", "d", "calcitriol", 221, 173, None, "pmol/L"),
    ("V08", "a", "change of calcium balance", None, 0.5, None, "mmol/d"),
    ("V08", "b", "change of fasting calcium", 0, -0.1, 0.1, "mmol/L"),
    ("V08", "c", "change of fasting phosphate", 0, -0.1, 0.1, "mmol/L"),
    ("V09", "a", "calcitriol clearance in health", 23.5, 14.1, 32.9, "mL/min"),
    ("V09", "b", "calcitriol clearance in uraemia", 10.1, 6.1, 14.1, "mL/min"),
    ("V10", "a", "calcium at calcidiol 750 nmol/L", None, 2.2, 3.0, "mmol/L"),
    ("V10", "b", "calcium at calcidiol 1500 nmol/L", None, 2.6, 5.8, "mmol/L"),
    ("V10", "c", "calcium at calcidiol 3050 nmol/L", None, 2.8, 5.8, "mmol/L"),
]


def virtual_cohort(settings, count=PEOPLE):
    """C13-C18 from people whose GFR falls from 110 to 5 in ten years; assumed spread of data/variation.csv."""
    everyone = people(count, Patient(**settings, gfr=decline(110, 5, years=10)), seed=3)
    table = simulate_cohort(
        everyone, years=10, points=106, quantities=["gfr", "pth", "phosphate", "calcitriol"], progress=False
    )
    gfr = table["gfr"]
    control, mixed = table[gfr >= 95].mean(), table[(gfr >= 10) & (gfr <= 55)].mean()

    def shares(name, limit, *ranges):
        return prevalence(table, name, limit, ranges)["percent"]

    raised = shares("pth", experiments.RAISED_PTH, (60, 111), (45, 60), (30, 45))
    high_pth = shares("pth", experiments.NORMAL_PTH_LIMIT, (60, 90), (10, 20))
    high_phosphate = shares("phosphate", experiments.HIGH_PHOSPHATE, (60, 90), (10, 20))
    return {
        "C13": mixed["phosphate"] / control["phosphate"],
        "C14": mixed["calcitriol"] / control["calcitriol"],
        "C15": mixed["pth"] / control["pth"],
        **dict(zip(("C16a", "C16b", "C16c"), raised, strict=True)),
        **dict(zip(("C17a", "C17b"), high_pth, strict=True)),
        **dict(zip(("C18a", "C18b"), high_phosphate, strict=True)),
    }


def main():
    start = time.time()
    compiled.use("compiled")
    results = experiments.calibration_targets({})
    curve = results.pop("curve")
    results.update(experiments.validation_targets({}))
    results.update(virtual_cohort({}))
    members = ensemble()
    bands = []
    for number, settings in enumerate(members):
        member = experiments.calibration_targets(settings)
        member["curve"] = None
        if number < V_MEMBERS:
            member.update(experiments.validation_targets(settings))
        if number < COHORT_MEMBERS:
            member.update(virtual_cohort(settings, COHORT_PEOPLE))
        else:
            for key in ("C13", "C14", "C15"):  # the mean patient's value is not the cohort's
                member.pop(key)
        bands.append(member)
    bands = pd.DataFrame(bands).drop(columns="curve")
    rows = table_rows(results, bands)
    write(rows)
    from figures_page import draw

    draw(HERE / "figures.png", rows, members, curve)
    print((HERE / "results.md").read_text())
    print({key: round(float(value), 2) for key, value in results.items() if key[0] not in "CV"})
    print(f"{time.time() - start:.0f} s")


def table_rows(results, bands):
    sources = {row["id"]: row for row in references.rows("targets")}
    rows = []
    for key, part, what, published, low, high, unit in PARTS:
        value = float(results[key + part])
        spread = bands[key + part].dropna() if key + part in bands else pd.Series(dtype=float)
        band = np.percentile(spread, [5, 95]) if len(spread) else (np.nan, np.nan)
        inside = (low is None or value >= low) and (high is None or value <= high)
        source = sources[key]
        rows.append(
            {
                "id": key + part,
                "use": source["use"],
                "experiment": source["experiment"],
                "quantity": what,
                "model": value,
                "ensemble_low": band[0],
                "ensemble_high": band[1],
                "published": published,
                "low": low,
                "high": high,
                "unit": unit,
                "inside": inside,
                "source": source["source"],
                "evidence": source["evidence"],
            }
        )
    return rows


def number(value):
    return "" if value is None or (isinstance(value, float) and np.isnan(value)) else f"{value:.3g}"


def counts(rows):
    """(inside, all) targets for C and V; a target with parts is inside when every part is."""
    found = {}
    for use in ("calibrate", "validate"):
        targets = {}
        for row in rows:
            if row["use"] == use:
                targets.setdefault(row["id"][:3], []).append(row["inside"])
        found[use] = (sum(all(parts) for parts in targets.values()), len(targets))
    return found


def write(rows):
    pd.DataFrame(rows).to_csv(HERE / "results.csv", index=False, float_format="%.4g", lineterminator="\n")
    found = counts(rows)
    lines = [
        "# Results of validation",
        "",
        (
            f"Calibration targets (C) inside: {found['calibrate'][0]} of {found['calibrate'][1]}. "
            f"Validation targets (V), never fitted, inside: {found['validate'][0]} of {found['validate'][1]}."
        ),
        "",
        "The band is the 5th to 95th percentile over parameter sets that fit comparably well. Written by `make validate`.",
        "",
        "| id | experiment | quantity | model | band | published | range | unit | inside |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        band = f"{number(row['ensemble_low'])} to {number(row['ensemble_high'])}"
        span = f"{number(row['low'])} to {number(row['high'])}"
        cells = [row["id"], row["experiment"], row["quantity"], number(row["model"]), band if band != " to " else ""]
        cells += [number(row["published"]), span, row["unit"], "yes" if row["inside"] else "**no**"]
        lines.append(f"| {' | '.join(cells)} |")
    (HERE / "results.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
