"""The figure of each notebook that another simulator should be able to draw: who, what, and for how long.

Notebook 07 has none: its chemistry is an equilibrium and has no course in time.
"""

from collections import namedtuple

from calphos import Patient, decline, meals, pulse, sessions, simulate, steps

Figure = namedtuple("Figure", "title patient length quantities start", defaults=(None,))


def figures():
    """Return a dict of notebook number to Figure; `start` is the Course from whose end it goes on (None: from health)."""
    dialysed = Patient(gfr=2, diet_phosphate=30, dialysis=sessions())
    weak = Patient(gfr=20)
    return {
        "00": Figure(
            "More phosphate is eaten: blood hardly moves", Patient(diet_phosphate=60), {"days": 30}, "phosphate fgf23"
        ),
        "01": Figure(
            "Alkali binds calcium within minutes",
            Patient(ph=7.55),
            {"hours": 6},
            "ionised_calcium total_calcium pth urine_calcium",
        ),
        "02": Figure(
            "Citrate for two hours: PTH answers within minutes",
            Patient(citrate_infusion=pulse(15, hours=2)),
            {"hours": 6},
            "ionised_calcium total_calcium pth fgf23",
        ),
        "03": Figure(
            "Vitamin D in excess for half a year, then none",
            Patient(native_vitamin_d=steps(days={0: 1000, 180: 0})),
            {"days": 540},
            "calcidiol total_calcium pth urine_calcium",
        ),
        "04": Figure(
            "A day's phosphate in one meal",
            Patient(diet_phosphate=meals(48, at=(1,))),
            {"hours": 24},
            "phosphate urine_phosphate pth fgf23",
        ),
        "05": Figure(
            "Kidneys fail over ten years",
            Patient(gfr=decline(100, 10, years=10)),
            {"years": 10},
            "gfr fgf23 calcitriol pth phosphate total_calcium",
        ),
        "06": Figure(
            "A week of three sessions", dialysed, {"days": 7}, "phosphate total_calcium", simulate(dialysed, days=70)
        ),
        "08": Figure(
            "A year on dialysis",
            Patient(disorder="kidney failure on dialysis"),
            {"years": 1},
            "phosphate total_calcium pth mature_deposit",
        ),
        "09": Figure(
            "Soft tissue calcifies as kidneys fail",
            Patient(gfr=decline(100, 10, years=10)),
            {"years": 12},
            "mature_deposit labile_deposit phosphate",
        ),
        "10": Figure(
            "A parathyroid adenoma",
            Patient(disorder="primary hyperparathyroidism"),
            {"years": 1},
            "total_calcium pth phosphate urine_calcium",
        ),
        "11": Figure(
            "A quarter of a year with less phosphate on the plate",
            weak.with_(diet_phosphate=25),
            {"days": 90},
            "phosphate urine_phosphate fgf23",
            simulate(weak, years=5),
        ),
        "12": Figure(
            "An adenoma and the product of calcium and phosphate",
            Patient(adenoma=4),
            {"years": 2},
            "total_calcium phosphate calcium_phosphate_product pth",
        ),
        "13": Figure(
            "Sarcoidosis in little sun",
            Patient(disorder="sarcoidosis", severity=0.7, sunlight=0.5),
            {"years": 1},
            "total_calcium calcidiol calcitriol urine_calcium",
        ),
    }
