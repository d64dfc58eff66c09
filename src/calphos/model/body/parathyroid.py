"""Parathyroid glands: release, store, growth."""

from collections import namedtuple
from math import log

Parathyroid = namedtuple("Parathyroid", "store pth receptor_density gland_mass")


def release_curve(p, k, calcium):
    """Release of PTH relative to health at an ionised calcium relative to health (inverse sigmoid)."""
    half = p.pth_half_calcium / p.healthy_ionised_calcium
    return p.pth_floor + (p.pth_max - p.pth_floor) / (1 + (calcium / half) ** k.release_power)


def parathyroid(s, p, k, sense):
    """Rates of change of the gland's store, plasma PTH, receptors and mass [1/h; PTH pmol/L/h].

    Release follows calcium within minutes from a store that is made over hours; mass follows calcium, calcitriol and
    phosphate over months.
    """
    felt = (
        sense.calcium
        / p.casr_set_point
        * (1 + p.calcimimetic_shift * p.calcimimetic / (p.calcimimetic + p.calcimimetic_half))
    )
    able = (
        (1 + p.rhythm_pth * sense.night)
        * (1 + p.magnesium_release)
        / (1 + p.magnesium_release * (p.healthy_magnesium / p.magnesium) ** 6)
    )
    release = able * release_curve(p, k, felt * s.receptor_density**p.receptor_set_point)
    autonomous = able * p.adenoma * release_curve(p, k, felt / p.adenoma_set_point)

    made = (
        s.gland_mass
        * (1 - p.glands_removed)
        * sense.calcitriol**-p.pth_synthesis_calcitriol
        * sense.phosphate**p.pth_synthesis_phosphate
    )
    broken_down = (1 - p.pth_released_share) * s.pth_store * sense.calcium**p.pth_degradation_calcium
    released = p.pth_released_share * s.pth_store * release
    store = (made - released - broken_down) / p.pth_store_time

    cleared = sense.pth * (1 - p.pth_renal_clearance + p.pth_renal_clearance * sense.gfr)
    pth = k.pth_clearance * p.healthy_pth * (s.pth_store * release + autonomous - cleared)
    pth = pth + p.pth_infusion / p.pth_volume

    receptors = sense.calcitriol**p.receptor_calcitriol * sense.phosphate**-p.receptor_phosphate
    receptor_density = (receptors - s.receptor_density) / p.receptor_time

    stimulus = felt**-p.gland_calcium * sense.calcitriol**-p.gland_calcitriol * sense.phosphate**p.gland_phosphate
    aim = p.gland_bound * stimulus / (p.gland_bound - 1 + stimulus)
    # Glands grow over months and shrink over a year or more.
    slowness = 1 + (p.gland_regression - 1) * s.gland_mass**4 / (s.gland_mass**4 + aim**4)
    gland_mass = (aim - s.gland_mass) / (p.gland_time * slowness)
    return Parathyroid(store, pth, receptor_density, gland_mass)


def healthy(p):
    """Constants that follow from the healthy balance: steepness of release, clearance of PTH [1/h]."""
    half = p.pth_half_calcium / p.healthy_ionised_calcium
    return {
        # The curve passes through 1 at healthy calcium; that fixes its steepness.
        "release_power": log((p.pth_max - 1) / (1 - p.pth_floor)) / log(1 / half),
        "pth_clearance": log(2) * 60 / p.pth_half_life,
    }
