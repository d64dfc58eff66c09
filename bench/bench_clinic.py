"""How long the virtual clinic takes to answer: `python bench/bench_clinic.py`."""

import time

from calphos import clinic, differential


def _milliseconds(run, times=9):
    """Return the median of several runs."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        taken.append(1000 * (time.perf_counter() - start))
    return sorted(taken)[times // 2]


def _course():
    visit = clinic.visit("04", seed=7)
    visit.treat("focused parathyroidectomy")
    visit.run(years=1)
    return visit


def rows():
    """Return what, value, unit and note of each measurement."""
    visit = _course()  # compiles the model once
    slowest = max(
        (_milliseconds(lambda name=name: clinic.visit(name), 3), name) for name in clinic.case_list().index
    )
    return [
        {"what": "clinic: a patient comes in", "value": slowest[0], "unit": "ms", "note": f"slowest case, {slowest[1]}"},
        {"what": "clinic: order two tests, with their delay", "value": _milliseconds(lambda: visit.order("calcium", "pth")), "unit": "ms", "note": "case 04"},
        {"what": "clinic: comes in, is treated, a year passes", "value": _milliseconds(_course), "unit": "ms", "note": "case 04"},
        {"what": "clinic: marks", "value": _milliseconds(visit.mark), "unit": "ms", "note": "case 04"},
        {"what": "trainer: a laboratory panel", "value": _milliseconds(lambda: differential.lab_panel(4)), "unit": "ms", "note": "ten years of kidney disease"},
    ]  # fmt: skip


if __name__ == "__main__":
    for row in rows():
        print(f"{row['what']}: {row['value']:.1f} {row['unit']} ({row['note']})")
