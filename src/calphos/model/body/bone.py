"""Bone: cells that take mineral away and lay down matrix, matrix that mineralises, and a surface that exchanges calcium."""

from collections import namedtuple

Bone = namedtuple("Bone", "resorption formation to_fast to_slow osteoclasts active osteoid osteoblasts")


def bone(s, p, sense):
    """Fluxes of calcium [mmol/h] and rates of change of cells and osteoid [1/h].

    Osteoclasts follow PTH, calcitriol and rest over days, osteoblasts follow resorption over weeks: when PTH falls
    suddenly, formation outlasts resorption (hungry bone). Osteoblasts lay down matrix (osteoid), which takes up mineral as
    blood offers calcium and phosphate. The thicker bone is, the more of it is resorbed and the less is laid down, so that
    the skeleton comes to rest. The surface exchanges calcium with blood in minutes to hours and, deeper, in days; PTH
    sets the level. Phosphate moves with mineral, not with surface exchange.
    """
    turnover = p.bone_turnover / 24
    mass = s.bone_calcium / p.bone_calcium_store
    quiet = 1 - p.calcitonin_effect * p.calcitonin / (p.calcitonin + p.calcitonin_half)
    work = s.osteoclasts * sense.pth_bone**p.osteoclast_acute_pth * s.active_osteoclasts * quiet
    resorption = turnover * work * mass**p.bone_mass_power + p.bone_destruction / 24 * s.active_osteoclasts
    formation = turnover * s.osteoid * (sense.calcium * sense.phosphate) ** p.mineralisation

    held = s.fast_surface_calcium / p.fast_surface_calcium * sense.pth_bone**p.fast_exchange_pth
    to_fast = p.fast_exchange * (sense.calcium * sense.phosphate**p.exchange_phosphate - held)
    freed = (1 + p.slow_exchange_pth) * sense.pth_bone / (p.slow_exchange_pth + sense.pth_bone)
    freed = p.slow_exchange_rest + (1 - p.slow_exchange_rest) * freed
    held = s.slow_surface_calcium / p.slow_surface_calcium * freed
    to_slow = p.slow_exchange * (sense.calcium**p.slow_exchange_power * sense.phosphate**p.exchange_phosphate - held)

    rest = 1 + p.osteoclast_immobilisation * p.immobilisation
    # Far above its normal level calcitriol turns bone cells towards resorption.
    much = sense.calcitriol**2 / (1 + (sense.calcitriol / p.calcitriol_excess_limit) ** 2)
    little = 1 / (1 + (1 / p.calcitriol_excess_limit) ** 2)
    excess = (1 + p.calcitriol_excess * much) / (1 + p.calcitriol_excess * little)
    aim = p.osteoclast_floor + (1 - p.osteoclast_floor) * sense.pth_bone**p.osteoclast_pth
    aim = aim * sense.calcitriol**p.osteoclast_calcitriol * excess * rest * sense.bicarbonate**-p.osteoclast_acid
    # Calcitonin's hold loosens in days, as more osteoclasts come.
    osteoclasts = (aim * quiet**-p.calcitonin_escape - s.osteoclasts) / p.osteoclast_time
    active = (1 - p.antiresorptive - s.active_osteoclasts) / p.antiresorptive_time
    idle = (1 - p.osteoblast_immobilisation * p.immobilisation) * sense.bicarbonate**p.osteoblast_acid
    coupled = (s.osteoclasts * s.active_osteoclasts) ** p.osteoblast_coupling / excess * idle
    osteoblasts = (coupled - s.osteoblasts) / p.osteoblast_time
    matrix = s.osteoblasts * mass**-p.bone_mass_power
    osteoid = (matrix - formation / turnover) / p.osteoid_time
    return Bone(resorption, formation, to_fast, to_slow, osteoclasts, active, osteoid, osteoblasts)
