"""Vitamin D: the store in fat, calcidiol and the hormone (calcitriol)."""

from collections import namedtuple
from math import log

VitaminD = namedtuple("VitaminD", "store calcidiol calcitriol calcitriol_clearance")


def vitamin_d(s, p, k, sense):
    """Rates of change of the store [of normal/h], calcidiol [nmol/L/h] and calcitriol [pmol/L/h]; its clearance [L/h].

    The store takes in what skin and mouth supply; the liver turns it into calcidiol by an enzyme that saturates and a slow
    one that does not. The kidney makes calcitriol from calcidiol under PTH, FGF-23, phosphate and calcium; other tissues
    make a little, which follows calcidiol alone.
    """
    swallowed = p.native_vitamin_d + p.vitamin_d2_yield * p.vitamin_d2
    store = k.store_loss * (p.sunlight + swallowed / p.natural_supply - s.vitamin_d_store)
    slow = p.hydroxylation_slow * s.vitamin_d_store
    made = (1 - p.hydroxylation_slow) * (1 + p.hydroxylation_half) * s.vitamin_d_store
    made = made / (p.hydroxylation_half + s.vitamin_d_store) + slow
    given = p.oral_calcidiol * k.calcidiol_per_microgram / 24 / p.calcidiol_volume
    calcidiol = k.calcidiol_loss * (p.healthy_calcidiol * made - s.calcidiol) + given

    substrate = s.calcidiol / (p.calcidiol_substrate + s.calcidiol) * k.substrate_scale
    own = s.calcitriol / p.healthy_calcitriol
    renal = (
        p.calcitriol_production
        * substrate
        * (sense.pth * (1 - p.pth_resistance)) ** p.hydroxylase_pth
        * (1 + p.hydroxylase_fgf23)
        / (1 + p.hydroxylase_fgf23 * sense.fgf23_action**p.hydroxylase_fgf23_power)
        * sense.phosphate**-p.hydroxylase_phosphate
        * sense.calcium**-p.hydroxylase_calcium
        * sense.nephrons**p.hydroxylase_gfr
        * sense.calcitriol**-p.hydroxylase_calcitriol
    )
    # Tissues make a little in health; a granuloma's enzyme obeys nothing but its substrate.
    extrarenal = (p.extrarenal_share + p.extrarenal_calcitriol) * s.calcidiol / p.healthy_calcidiol
    clearance = (
        p.calcitriol_clearance
        * (1 - p.calcitriol_renal_clearance + p.calcitriol_renal_clearance * sense.nephrons)
        * own**p.calcitriol_induction
        * sense.fgf23_action**p.calcitriol_fgf23_clearance
        * sense.pth**-p.calcitriol_pth_clearance
    )
    made = k.calcitriol_made * ((1 - p.extrarenal_share) * renal + extrarenal)
    given = p.active_vitamin_d * k.calcitriol_per_microgram / 24 * p.calcitriol_bioavailability
    calcitriol = (made + given - clearance * s.calcitriol) / p.calcitriol_volume
    return VitaminD(store, calcidiol, calcitriol, clearance)


def healthy(p):
    """Constants that follow from the healthy balance: losses [1/h], calcitriol made [pmol/h]."""
    return {
        "store_loss": log(2) / p.vitamin_d_half_life,
        "calcidiol_loss": log(2) / p.calcidiol_half_life,
        "substrate_scale": (p.calcidiol_substrate + p.healthy_calcidiol) / p.healthy_calcidiol,
        "calcitriol_made": p.calcitriol_clearance * p.healthy_calcitriol,
        # 1 ug of calcidiol (400.64 g/mol) in nmol, of calcitriol (416.64 g/mol) in pmol
        "calcidiol_per_microgram": 1e3 / 400.64,
        "calcitriol_per_microgram": 1e6 / 416.64,
    }
