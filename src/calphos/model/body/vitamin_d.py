"""Vitamin D: the store (calcidiol) and the hormone (calcitriol)."""

from collections import namedtuple
from math import log

VitaminD = namedtuple("VitaminD", "calcidiol calcitriol calcitriol_clearance")


def vitamin_d(s, p, k, sense):
    """Rates of change of calcidiol [nmol/L/h] and calcitriol [pmol/L/h], and calcitriol clearance [L/h]."""
    swallowed = p.native_vitamin_d + p.vitamin_d2_yield * p.vitamin_d2 + p.oral_calcidiol_yield * p.oral_calcidiol
    supply = p.healthy_calcidiol * p.sunlight + p.calcidiol_per_microgram * swallowed
    calcidiol = k.calcidiol_loss * (supply - s.calcidiol)

    substrate = s.calcidiol / (p.calcidiol_substrate + s.calcidiol) * k.substrate_scale
    own = s.calcitriol / p.healthy_calcitriol
    renal = (
        p.calcitriol_production
        * substrate
        * (sense.pth * (1 - p.pth_resistance)) ** p.hydroxylase_pth
        * sense.fgf23_action**-p.hydroxylase_fgf23
        * sense.phosphate**-p.hydroxylase_phosphate
        * sense.calcium**-p.hydroxylase_calcium
        * sense.nephrons**p.hydroxylase_gfr
        * sense.calcitriol**-p.hydroxylase_calcitriol
    )
    # A granuloma's enzyme obeys nothing but its substrate.
    extrarenal = p.extrarenal_calcitriol * s.calcidiol / p.healthy_calcidiol
    clearance = (
        p.calcitriol_clearance
        * (1 - p.calcitriol_renal_clearance + p.calcitriol_renal_clearance * sense.nephrons)
        * own**p.calcitriol_induction
        * sense.fgf23_action**p.calcitriol_fgf23_clearance
    )
    made = k.calcitriol_made * (renal + extrarenal)
    given = p.active_vitamin_d * k.calcitriol_per_microgram / 24 * p.calcitriol_bioavailability
    calcitriol = (made + given - clearance * s.calcitriol) / p.calcitriol_volume
    return VitaminD(calcidiol, calcitriol, clearance)


def healthy(p):
    """Constants that follow from the healthy balance: calcidiol loss [1/h], calcitriol made [pmol/h]."""
    return {
        "calcidiol_loss": log(2) / p.calcidiol_half_life,
        "substrate_scale": (p.calcidiol_substrate + p.healthy_calcidiol) / p.healthy_calcidiol,
        "calcitriol_made": p.calcitriol_clearance * p.healthy_calcitriol,
        # 1 ug of calcitriol (416.64 g/mol) in pmol
        "calcitriol_per_microgram": 1e6 / 416.64,
    }
