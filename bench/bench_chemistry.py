"""Speciation, map of saturation and deposition at the sites."""

import numpy as np
from measure import milliseconds, row

from calphos.chemistry.sites import site_table
from calphos.chemistry.speciation import speciate
from calphos.model.patient import Patient


def rows():
    """The table's rows."""
    patient = Patient(disorder="chronic kidney disease")
    one = milliseconds(lambda: speciate(2.5, 1.3).saturation_index, times=200)
    calcium, phosphate = np.linspace(1.6, 3.6, 100), np.linspace(0.4, 3.0, 100)
    sites = milliseconds(lambda: site_table(patient))
    return [
        row("one speciation with saturation indices", one, "ms", "aim: under 1 ms"),
        row(
            "map of saturation, 100 x 100 calcium and phosphate",
            milliseconds(lambda: speciate(calcium, phosphate[:, None]).saturation_index),
            "ms",
            "aim: under 1000 ms",
        ),
        row("a course of 10 years and deposition at nine sites", sites, "ms"),
    ]
