"""Soft tissue and vessel wall: mineral where it does not belong.

What blood can precipitate is chemistry (calphos.chemistry); every rate here is assumed. Directions and thresholds can be
read; amounts and times cannot.
"""

from collections import namedtuple

SoftTissue = namedtuple("SoftTissue", "deposited dissolved matured grown lost osteogenic")


def saturation(p, sense):
    """Saturation with brushite: ion product over solubility product."""
    alkali = 10 ** (p.precursor_ph * (p.ph_site - p.healthy_ph))
    return p.precursor_saturation * sense.calcium * sense.phosphate * alkali


def drive(p, sense):
    """Saturation relative to health, weighed by what holds mineral in solution."""
    held = (
        p.fetuin_a**p.fetuin_power
        * p.pyrophosphate**p.pyrophosphate_power
        * (p.magnesium / p.healthy_magnesium) ** p.magnesium_power
    )
    return saturation(p, sense) / p.precursor_saturation / held


def soft_tissue(s, p, sense):
    """Fluxes of calcium [mmol/h] (phosphate follows at the ratio of apatite) and change of bone-like cells [1/h].

    Precursor falls out where fluid is saturated with it. Labile mineral dissolves or ripens; mature mineral hardly
    dissolves. Vessel cells that have turned bone-like lay down mature mineral of their own. Injured tissue takes up mineral
    from normal blood. Inhibitors hold all of it back.
    """
    push = drive(p, sense)
    full = saturation(p, sense) ** p.precipitation_power
    fallen = p.precipitation_rate * p.precursor_saturation * push * full / (1 + full)
    wound = p.injury_rate / 24 * p.injury * push
    dissolved = s.labile_deposit / (24 * p.dissolution_time) / (sense.calcium * sense.phosphate)
    matured = s.labile_deposit / (24 * p.maturation_time)
    grown = p.osteogenic_rate / 24 * s.osteogenic**2 * push
    lost = s.mature_deposit / (24 * p.mature_loss_time)
    odds = (1 - p.osteogenic_rest) / p.osteogenic_rest
    turning = sense.phosphate**p.osteogenic_phosphate * sense.klotho**-p.osteogenic_klotho
    osteogenic = (turning / (turning + odds) - s.osteogenic) / (24 * p.osteogenic_time)
    return SoftTissue(fallen + wound, dissolved, matured, grown, lost, osteogenic)


def healthy(p):
    """Traces of deposit [mmol] that the healthy balance keeps."""
    full = p.precursor_saturation**p.precipitation_power
    deposited = p.precipitation_rate * p.precursor_saturation * full / (1 + full)
    labile = deposited / (1 / (24 * p.dissolution_time) + 1 / (24 * p.maturation_time))
    gain = labile / (24 * p.maturation_time) + p.osteogenic_rate / 24 * p.osteogenic_rest**2
    return {"labile_deposit": labile, "mature_deposit": gain * 24 * p.mature_loss_time}
