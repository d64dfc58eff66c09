"""Bone: cells that take mineral away and lay it down, and a surface that exchanges it."""

from collections import namedtuple

Bone = namedtuple("Bone", "resorption formation to_surface osteoclasts osteoblasts")


def bone(s, p, sense):
    """Fluxes of calcium [mmol/h] and rates of change of the cells [1/h].

    Osteoclasts follow PTH, calcitriol and rest over days, osteoblasts follow resorption over weeks: when PTH falls
    suddenly, formation outlasts resorption (hungry bone). Phosphate moves with mineral, not with surface exchange.
    """
    surviving = (1 - p.antiresorptive) * (1 - p.calcitonin_effect * p.calcitonin / (p.calcitonin + p.calcitonin_half))
    turnover = p.bone_turnover / 24
    work = s.osteoclasts * sense.pth_bone**p.osteoclast_acute_pth * surviving
    resorption = turnover * work * s.bone_calcium / p.bone_calcium_store + p.bone_destruction / 24
    mineral = (sense.calcium * sense.phosphate) ** p.mineralisation
    formation = turnover * s.osteoblasts * mineral

    onto = p.bone_exchange * sense.calcium**p.exchange_power * sense.phosphate**p.exchange_phosphate
    off = p.bone_exchange * s.exchangeable_calcium / p.exchangeable_calcium * sense.pth_like**p.exchange_pth

    rest = 1 + p.osteoclast_immobilisation * p.immobilisation
    # Far above its normal level calcitriol turns bone cells towards resorption.
    excess = (1 + p.calcitriol_excess * sense.calcitriol**2) / (1 + p.calcitriol_excess)
    aim = p.osteoclast_floor + (1 - p.osteoclast_floor) * sense.pth_bone**p.osteoclast_pth
    aim = aim * sense.calcitriol**p.osteoclast_calcitriol * excess * rest
    osteoclasts = (aim - s.osteoclasts) / p.osteoclast_time
    idle = 1 - p.osteoblast_immobilisation * p.immobilisation
    coupled = (s.osteoclasts * surviving) ** p.osteoblast_coupling / excess * idle
    osteoblasts = (coupled - s.osteoblasts) / p.osteoblast_time
    return Bone(resorption, formation, onto - off, osteoclasts, osteoblasts)
