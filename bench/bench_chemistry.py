"""Speciation, map of saturation and deposition at the sites."""

import timeit

from calphos.chemistry import saturation_map, speciate
from calphos.deposition import site_table
from calphos.patient import Patient
from calphos.simulation import simulate


def best(function, number, repeat=5):
    """Milliseconds of one call, the best of `repeat` rounds."""
    function()
    return 1000 * min(timeit.repeat(function, number=number, repeat=repeat)) / number


def rows():
    """One row a measurement: what, value, unit, note."""
    course = simulate(Patient(disorder="chronic kidney disease"), years=10)
    table = (
        (
            "one speciation with saturation indices",
            best(lambda: speciate(2.5, 1.3).saturation_index, 100),
            "aim: under 1 ms",
        ),
        ("map of saturation, 100 x 100 calcium and phosphate", best(saturation_map, 1), "aim: under 1000 ms"),
        ("deposition at nine sites from a course of 10 years", best(lambda: site_table(course), 5), ""),
    )
    return [{"what": what, "value": value, "unit": "ms", "note": note} for what, value, note in table]


if __name__ == "__main__":
    for row in rows():
        print(f"{row['what']}: {row['value']:.2f} {row['unit']} {row['note']}")
