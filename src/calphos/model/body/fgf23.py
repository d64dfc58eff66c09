"""FGF-23 from bone, and Klotho from the kidney, without which it does not act."""

from collections import namedtuple
from math import log

FGF23 = namedtuple("FGF23", "synthesis fgf23 klotho")


def fgf23(s, p, k, sense, nephron_load):
    """Rates of change of FGF-23 synthesis [1/h], plasma FGF-23 [pg/mL/h] and Klotho [1/h]."""
    drive = (
        nephron_load**p.fgf23_load
        * sense.phosphate**p.fgf23_phosphate
        * sense.calcitriol**p.fgf23_calcitriol
        * sense.pth_like**p.fgf23_pth
        * sense.calcium**p.fgf23_calcium
        * s.klotho**-p.fgf23_klotho
    )
    aim = p.fgf23_production * (1 + p.fgf23_response * (drive - 1))
    synthesis = (aim - s.fgf23_synthesis) / p.fgf23_synthesis_time
    clearance = 1 - p.fgf23_renal_clearance + p.fgf23_renal_clearance * sense.gfr
    # Iron in its shell keeps bone from cutting FGF-23 before release.
    released = s.fgf23_synthesis * (1 + p.iron_effect * s.iron)
    plasma = k.fgf23_loss * (p.healthy_fgf23 * released - clearance * s.fgf23)
    kept = sense.nephrons**p.klotho_gfr * sense.phosphate**-p.klotho_phosphate * sense.calcitriol**p.klotho_calcitriol
    klotho = (p.klotho_floor + (1 - p.klotho_floor) * kept - s.klotho) / p.klotho_time
    return FGF23(synthesis, plasma, klotho)


def healthy(p):
    """Constants that follow from the healthy balance: loss of FGF-23 [1/h]."""
    return {"fgf23_loss": log(2) * 60 / p.fgf23_half_life}
