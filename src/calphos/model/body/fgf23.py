"""FGF-23 from bone, and Klotho from the kidney, without which it does not act."""

from collections import namedtuple
from math import log

FGF23 = namedtuple("FGF23", "fgf23_synthesis fgf23 nephron_klotho")  # rates of change, by state


def fgf23(s, p, k, sense, nephron_load):
    """Rates of change of FGF-23 synthesis [1/h], plasma FGF-23 [pg/mL/h] and the Klotho of a nephron [1/h].

    Bone answers to phosphate, calcitriol, PTH and calcium from a basal rate, and to the loss of Klotho, which falls late and
    steeply as nephrons go: in advanced kidney disease FGF-23 rises whatever phosphate does.
    """
    drive = (
        nephron_load**p.fgf23_load
        * sense.phosphate**p.fgf23_phosphate
        * sense.calcitriol**p.fgf23_calcitriol
        * sense.pth_like**p.fgf23_pth
        * sense.calcium**p.fgf23_calcium
    )
    drive = p.fgf23_basal + (1 - p.fgf23_basal) * drive
    uraemic = 1 + p.fgf23_klotho * (s.nephron_klotho**-p.fgf23_klotho_power - 1)
    aim = p.fgf23_production * (1 + p.fgf23_response * (drive * uraemic - 1))
    synthesis = (aim - s.fgf23_synthesis) / p.fgf23_synthesis_time
    clearance = 1 - p.fgf23_renal_clearance + p.fgf23_renal_clearance * sense.gfr
    # Iron in its shell keeps bone from cutting FGF-23 before release.
    released = s.fgf23_synthesis * (1 + p.iron_effect * s.iron / (1 + s.iron / p.iron_limit))
    plasma = k.fgf23_loss * (p.healthy_fgf23 * released - clearance * s.fgf23)
    n = p.klotho_gfr_power
    lost = (1 + p.klotho_gfr**n) * sense.nephrons**n / (sense.nephrons**n + p.klotho_gfr**n)
    kept = sense.phosphate**-p.klotho_phosphate * sense.calcitriol**p.klotho_calcitriol
    klotho = (kept * (p.klotho_floor + (1 - p.klotho_floor) * lost) - s.nephron_klotho) / p.klotho_time
    return FGF23(synthesis, plasma, klotho)


def healthy(p):
    """Constants that follow from the healthy balance: loss of FGF-23 [1/h]."""
    return {"fgf23_loss": log(2) * 60 / p.fgf23_half_life}
