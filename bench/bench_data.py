"""How long it takes to load reference tables: `python bench/bench_data.py`."""

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


if __name__ == "__main__":
    reference("sources")  # imports pandas and reads the descriptor once
    print(f"cite: {milliseconds(lambda: cite('isakova2011')):.2f} ms")
    slowest = max((milliseconds(lambda name=name: reference(name)), name) for name in references.tables())
    print(f"slowest table: {slowest[1]}, {slowest[0]:.1f} ms")
    print(f"in SI: {milliseconds(lambda: reference('ckd_cohorts', units='SI')):.1f} ms")
    start = time.perf_counter()
    problems = references.validate()
    print(f"validate all: {time.perf_counter() - start:.1f} s, {len(problems)} problems")
