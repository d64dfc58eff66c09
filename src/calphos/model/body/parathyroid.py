"""Parathyroid glands: synthesis, store, release, growth, nodules."""

from collections import namedtuple
from math import log

# Rates of change, by state.
Parathyroid = namedtuple("Parathyroid", "pth_synthesis pth_store pth pth_tissue receptor_density gland_mass nodules")


def release_curve(p, k, calcium):
    """Release of PTH at an ionised calcium, both relative to health."""
    half = p.pth_half_calcium / p.healthy_ionised_calcium
    restrained = 1 + (calcium / half) ** k.release_power
    return p.pth_floor + (p.pth_max - p.pth_floor) / restrained


def parathyroid(s, p, k, sense):
    """Rates of change of synthesis, store, PTH in plasma and tissue, receptors, gland mass and nodules.

    Units are 1/h, for PTH pmol/L/h. Release follows calcium within minutes from a store that is made over hours; what is
    made follows calcium, calcitriol, phosphate and FGF-23 over days (a gland long at rest is slow to wake); mass follows
    them over months. In a gland that stays large, nodules grow that calcium cannot stop.
    """
    mimicked = 1 + p.calcimimetic_shift * p.calcimimetic / (p.calcimimetic + p.calcimimetic_half)
    felt = sense.felt / p.casr_set_point * mimicked
    able = (1 + p.magnesium_release) / (1 + p.magnesium_release * (p.healthy_magnesium / p.magnesium) ** 8)
    able = able * (1 + p.rhythm_pth * sense.night)
    left = 1 - p.glands_removed
    release = able * release_curve(p, k, felt)
    # Autonomous tissue has a set point that is too high, a flat curve and a floor of its own.
    own = p.adenoma_floor + (p.pth_max - p.adenoma_floor) / (1 + (felt / p.adenoma_set_point) ** p.adenoma_power)
    autonomous = able * (p.adenoma + (s.nodules - k.nodule_trace) * left) * own

    # Calcitriol acts through a receptor that uraemia thins out.
    calcitriol = sense.calcitriol * s.receptor_density
    made = (
        felt**-p.pth_synthesis_calcium
        * calcitriol**-p.pth_synthesis_calcitriol
        * sense.phosphate**p.pth_synthesis_phosphate
        * (sense.fgf23_action * sense.klotho) ** -p.pth_synthesis_fgf23
    )
    synthesis = (made - s.pth_synthesis) / p.pth_synthesis_time
    broken_down = (1 - p.pth_released_share) * s.pth_store * sense.calcium**p.pth_degradation_calcium
    released = p.pth_released_share * s.pth_store * release
    store = (s.pth_synthesis * s.gland_mass * left - released - broken_down) / p.pth_store_time

    cleared = sense.pth * (1 - p.pth_renal_clearance + p.pth_renal_clearance * sense.gfr)
    pth = k.pth_clearance * p.healthy_pth * (s.pth_store * release + autonomous - cleared)
    to_tissue = p.pth_tissue_exchange * (s.pth - s.pth_tissue)
    pth = pth + (p.pth_infusion - to_tissue) / p.pth_volume
    tissue = to_tissue / p.pth_tissue_volume

    receptors = sense.calcitriol**p.receptor_calcitriol * sense.phosphate**-p.receptor_phosphate
    receptor_density = (receptors - s.receptor_density) / p.receptor_time

    stimulus = felt**-p.gland_calcium * calcitriol**-p.gland_calcitriol * sense.phosphate**p.gland_phosphate
    aim = p.gland_bound * stimulus / (p.gland_bound - 1 + stimulus)
    # Glands grow over months and shrink over years.
    slowness = 1 + (p.gland_regression - 1) * s.gland_mass**4 / (s.gland_mass**4 + aim**4)
    gland_mass = (aim - s.gland_mass) / (p.gland_time * slowness)
    crowded = s.gland_mass**6 / (s.gland_mass**6 + p.nodule_mass**6)
    nodules = s.gland_mass * crowded / p.nodule_time - s.nodules / p.nodule_loss_time
    return Parathyroid(synthesis, store, pth, tissue, receptor_density, gland_mass, nodules)


def healthy(p):
    """Constants that follow from the healthy balance: steepness of release, clearance of PTH [1/h], trace of nodules."""
    half = p.pth_half_calcium / p.healthy_ionised_calcium
    return {
        # The curve passes through 1 at healthy calcium; that fixes its steepness.
        "release_power": log((p.pth_max - 1) / (1 - p.pth_floor)) / log(1 / half),
        # So few that the healthy balance of PTH leaves them out.
        "nodule_trace": p.nodule_loss_time / (p.nodule_time * (1 + p.nodule_mass**6)),
        "pth_clearance": log(2) * 60 / p.pth_half_life,
    }
