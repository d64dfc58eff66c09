"""How long it takes to load reference tables: `python bench/run.py data`."""

import time

from calphos import cite, reference, references


def milliseconds(run, times=20):
    """Return the median of several runs."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        taken.append(1000 * (time.perf_counter() - start))
    return sorted(taken)[times // 2]


def rows():
    """Time to cite, to load the slowest table, to convert one, and to validate all."""
    reference("sources")  # imports pandas and reads the descriptor once
    slowest, name = max(
        (milliseconds(lambda name=name: reference(name)), name) for name in references.tables()
    )
    start = time.perf_counter()
    problems = references.validate()
    validated = time.perf_counter() - start
    in_si = milliseconds(lambda: reference("ckd_cohorts", units="SI"))
    return [
        {"what": "data: one citation", "value": milliseconds(lambda: cite("isakova2011")), "unit": "ms", "note": "warm"},
        {"what": "data: slowest table", "value": slowest, "unit": "ms", "note": f"{name}, warm"},
        {"what": "data: a table in SI units", "value": in_si, "unit": "ms", "note": "ckd_cohorts, warm"},
        {"what": "data: validate the whole package", "value": validated, "unit": "s", "note": f"{len(problems)} problems"},
    ]  # fmt: skip
