"""How long it takes to load, convert and check the reference tables."""

import time

from measure import milliseconds, row

from calphos import cite, reference
from calphos.tables import reading


def rows():
    """The table's rows."""
    names = [path.stem for path in reading.data_dir().glob("*.csv")]
    slowest, name = max((milliseconds(lambda name=name: reference(name)), name) for name in names)
    in_si = milliseconds(lambda: reference("ckd_cohorts", units="SI"))
    start = time.perf_counter()
    problems = reading.validate()
    validated = time.perf_counter() - start
    return [
        row("data: one citation", milliseconds(lambda: cite("isakova2011")), "ms", "warm"),
        row("data: slowest table", slowest, "ms", f"{name}, warm"),
        row("data: a table in SI units", in_si, "ms", "ckd_cohorts, warm"),
        row("data: validate the whole package", validated, "s", f"{len(problems)} problems"),
    ]
