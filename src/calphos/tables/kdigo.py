"""The stages of chronic kidney disease by GFR (`data/kdigo_stages.csv`)."""

import functools

from calphos.tables.reading import records


@functools.cache
def stages():
    """Return {stage: its lowest GFR [mL/min per 1.73 m²]} from the best to the worst.

    >>> stages()["G3a"]
    45.0
    """
    return {row["stage"]: row["lowest_gfr"] for row in records("kdigo_stages")}


def stage(gfr):
    """Return the KDIGO stage of a GFR [mL/min per 1.73 m²], rounded as laboratories report it.

    >>> stage(29.6), stage(29.4)
    ('G3b', 'G4')
    """
    return next(name for name, lowest in stages().items() if round(float(gfr)) >= lowest)
