"""What the benches share: a row of the table of results, and the time that a call takes."""

import statistics
import time


def row(what, value, unit, note=""):
    """Return one row: what was measured, its value (a number in `unit`) and a note."""
    return {"what": what, "value": value, "unit": unit, "note": note}


def milliseconds(run, times=15):
    """Return the median time of a call of `run` (ms), after one call to warm up."""
    run()
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        taken.append(1000 * (time.perf_counter() - start))
    return statistics.median(taken)
