"""The page of figures beside the results table."""

import experiments
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from calphos import Patient, decline, sessions, simulate

BAND = 40
SHOWN = (
    ("phosphate", "Phosphate (mmol/L)", False),
    ("pth", "PTH (pmol/L)", True),
    ("calcitriol", "Calcitriol (pmol/L)", False),
    ("fgf23", "FGF-23 (pg/mL)", True),
    ("total_calcium", "Total calcium (mmol/L)", False),
    ("klotho", "Klotho (of normal)", False),
)


def draw(path, rows, members, curve):
    """One page: a GFR decline with its ensemble band, a week of dialysis, and where each target falls in its range."""
    from calphos.tables.quantities import quantity

    figure = Figure(figsize=(13, 16), layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.add_gridspec(4, 3, height_ratios=[1, 1, 1, 2.2])
    runs = [simulate(Patient(**s, gfr=decline(100, 10, years=10)), years=10).table() for s in members[:BAND]]
    best = simulate(Patient(gfr=decline(100, 10, years=10)), years=10).table()
    for number, (name, label, log) in enumerate(SHOWN):
        axes = figure.add_subplot(grid[number // 3, number % 3])
        low, high = np.percentile([run[name] for run in runs], [5, 95], axis=0)
        colour = quantity(name).colour
        axes.fill_between(best["gfr"], low, high, color=colour, alpha=0.25, label="90 % of the ensemble")
        axes.plot(best["gfr"], best[name], color=colour, label="fitted set")
        axes.set(xlabel="GFR (mL/min)", ylabel=label, xlim=(100, 10))
        if log:
            axes.set_yscale("log")
        if number == 0:
            axes.legend(frameon=False)
    start = experiments.dialysis_start({})
    treated = Patient(gfr=experiments.DIALYSIS_GFR, dialysis=sessions())
    week = simulate(treated, days=28, points=28 * 24 + 1, start=start)
    last = week.days >= 21
    for column, (name, label) in enumerate(
        [("phosphate", "Phosphate (mmol/L)"), ("total_calcium", "Total calcium (mmol/L)")]
    ):
        axes = figure.add_subplot(grid[2, column])
        axes.plot(week.days[last] - 21, week[name].to_numpy()[last], color=quantity(name).colour)
        axes.set(xlabel="Day of a week with three sessions of 4 h", ylabel=label)
    axes = figure.add_subplot(grid[2, 2])
    drop = simulate(Patient(citrate_infusion=25), hours=2, points=61)
    rise = simulate(Patient(calcium_infusion=6), hours=2, points=61)
    axes.plot(drop["ionised_calcium"], drop["pth"], color=quantity("pth").colour, label="citrate, 2 h")
    axes.plot(rise["ionised_calcium"], rise["pth"], color=quantity("pth").colour, linestyle="--", label="calcium, 2 h")
    axes.set(xlabel="Ionised calcium (mmol/L)", ylabel="PTH (pmol/L)")
    axes.legend(frameon=False)

    axes = figure.add_subplot(grid[3, :])
    shown = [row for row in rows if row["low"] is not None and row["high"] is not None and row["high"] > row["low"]]
    for number, row in enumerate(shown):
        width = row["high"] - row["low"]
        place = (row["model"] - row["low"]) / width
        axes.plot([0, 1], [number, number], color="0.75", linewidth=6, solid_capstyle="butt")
        if np.isfinite(row["ensemble_low"]):
            span = [(row[side] - row["low"]) / width for side in ("ensemble_low", "ensemble_high")]
            axes.plot(np.clip(span, -0.6, 1.6), [number, number], color="#0b5394", linewidth=2)
        inside = row["inside"]
        axes.plot(np.clip(place, -0.6, 1.6), number, "o" if inside else "X", color="#0b5394" if inside else "#c2410c")
    axes.set_yticks(range(len(shown)), [f"{row['id']}  {row['quantity']}" for row in shown], fontsize=9)
    axes.set_ylim(len(shown) - 0.3, -0.7)
    axes.set_xlim(-0.65, 1.65)
    axes.set_xticks([0, 1], ["low end of the published range", "high end"])
    axes.set_title(
        "Grey: published range. Dot: model inside, cross: outside. Line: ensemble (ends cut at the frame)", fontsize=11
    )
    figure.savefig(path, dpi=80)
