"""Soft tissue and vessel wall: mineral where it does not belong.

Every rate here is assumed. Directions and thresholds can be read; amounts and times cannot.
"""

from collections import namedtuple

SoftTissue = namedtuple("SoftTissue", "deposited dissolved matured grown lost osteogenic")


def drive(p, sense):
    """Ionised calcium times phosphate relative to health, weighed by local pH and by what holds mineral in solution."""
    held = (
        p.fetuin_a**p.fetuin_power
        * p.pyrophosphate**p.pyrophosphate_power
        * (p.magnesium / p.healthy_magnesium) ** p.magnesium_power
    )
    return sense.calcium * sense.phosphate * 10 ** (p.deposition_ph * (p.ph_site - p.healthy_ph)) / held


def soft_tissue(s, p, sense):
    """Fluxes of calcium [mmol/h] (phosphate follows at the ratio of apatite) and change of bone-like cells [1/h].

    Labile mineral dissolves or ripens; mature mineral hardly dissolves. Vessel cells that have turned bone-like lay
    down mature mineral of their own. Injured tissue takes up mineral from normal blood.
    """
    product = drive(p, sense)
    slow = p.deposition_rate / 24 * product**p.deposition_power
    # Fast precipitation saturates, as crystals run out of room and of ions.
    surge = (sense.calcium * sense.phosphate / p.precipitation_threshold) ** p.precipitation_power
    fast = p.precipitation_rate * sense.calcium * sense.phosphate * surge / (1 + surge)
    wound = p.injury_rate / 24 * p.injury * product
    dissolved = s.labile_deposit / (24 * p.dissolution_time) / (sense.calcium * sense.phosphate)
    matured = s.labile_deposit / (24 * p.maturation_time)
    grown = p.osteogenic_rate / 24 * s.osteogenic**2 * product
    lost = s.mature_deposit / (24 * p.mature_loss_time)
    odds = (1 - p.osteogenic_rest) / p.osteogenic_rest
    push = sense.phosphate**p.osteogenic_phosphate * sense.klotho**-p.osteogenic_klotho
    osteogenic = (push / (push + odds) - s.osteogenic) / (24 * p.osteogenic_time)
    return SoftTissue(slow + fast + wound, dissolved, matured, grown, lost, osteogenic)


def healthy(p):
    """Traces of deposit [mmol] that the healthy balance keeps."""
    surge = (1 / p.precipitation_threshold) ** p.precipitation_power
    deposited = p.deposition_rate / 24 + p.precipitation_rate * surge / (1 + surge)
    labile = deposited / (1 / (24 * p.dissolution_time) + 1 / (24 * p.maturation_time))
    gain = labile / (24 * p.maturation_time) + p.osteogenic_rate / 24 * p.osteogenic_rest**2
    return {"labile_deposit": labile, "mature_deposit": gain * 24 * p.mature_loss_time}
