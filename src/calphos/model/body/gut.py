"""Gut: what is eaten, secreted, bound, absorbed and passed."""

from collections import namedtuple

Gut = namedtuple(
    "Gut",
    "calcium_intake calcium_absorbed calcium_passed calcium_secreted "
    "phosphate_intake phosphate_bound phosphate_absorbed phosphate_passed phosphate_secreted",
)


def induction(p, calcitriol):
    """How far calcitriol has induced active transport; both relative to health."""
    drive = calcitriol**p.gut_hill_n
    return (1 + p.gut_hill_k) * drive / (p.gut_hill_k + drive)


def gut(s, p, k, sense):
    """Fluxes of the gut [mmol/h].

    Calcium is absorbed passively and by active transport that calcitriol induces and that saturates; phosphate mostly
    passively. Swallowed calcitriol acts on the gut before it reaches blood. The calcium of digestive juices joins what was
    eaten; their phosphate leaves with the faeces.
    """
    loss = p.anorexia_depth / (1 + (s.uraemic_clearance / p.anorexia_half) ** p.anorexia_power)
    appetite = (1 - p.appetite_loss * loss) / (1 - p.appetite_loss * k.appetite_trace)
    swallowed = p.calcium_binder / k.calcium_molar_mass
    calcium_intake = (p.diet_calcium * appetite + swallowed) / 24
    phosphate_intake = p.diet_phosphate * appetite / 24

    induced = induction(p, sense.calcitriol + p.gut_first_pass * p.active_vitamin_d)
    active = k.calcium_active * induced / (1 + s.gut_calcium / p.calcium_saturation)
    calcium_absorbed = (k.calcium_passive + active) * s.gut_calcium
    tightened = 1 - p.tenapanor_effect * p.tenapanor / (p.tenapanor + p.tenapanor_half)
    phosphate_absorbed = (k.phosphate_passive * tightened + k.phosphate_active * induced) * s.gut_phosphate

    capacity = (p.binder * p.binder_capacity + p.calcium_binder_ratio * swallowed) / 24
    phosphate_bound = capacity * s.gut_phosphate / (s.gut_phosphate + p.binder_half)

    return Gut(
        calcium_intake=calcium_intake,
        calcium_absorbed=calcium_absorbed,
        calcium_passed=p.calcium_transit * s.gut_calcium,
        calcium_secreted=p.calcium_secretion / 24 * sense.calcium,
        phosphate_intake=phosphate_intake,
        phosphate_bound=phosphate_bound,
        phosphate_absorbed=phosphate_absorbed,
        phosphate_passed=p.phosphate_transit * s.gut_phosphate,
        phosphate_secreted=p.phosphate_secretion / 24 * sense.phosphate,
    )


def healthy(p):
    """Constants that follow from the healthy balance: absorption rates [1/h] and gut contents [mmol]."""
    calcium_rate = p.calcium_transit * p.calcium_absorbed_fraction / (1 - p.calcium_absorbed_fraction)
    phosphate_rate = p.phosphate_transit * p.phosphate_absorbed_fraction / (1 - p.phosphate_absorbed_fraction)
    gut_calcium = (p.healthy_diet_calcium + p.calcium_secretion) / 24 / (p.calcium_transit + calcium_rate)
    gut_phosphate = p.healthy_diet_phosphate / 24 / (p.phosphate_transit + phosphate_rate)
    return {
        "calcium_molar_mass": 40.078,  # mg/mmol
        # The small share that the curve takes off in health already.
        "appetite_trace": p.anorexia_depth / (1 + (1 / p.anorexia_half) ** p.anorexia_power),
        "calcium_passive": p.calcium_passive_share * calcium_rate,
        "calcium_active": (1 - p.calcium_passive_share) * calcium_rate * (1 + gut_calcium / p.calcium_saturation),
        "phosphate_passive": (1 - p.phosphate_active_share) * phosphate_rate,
        "phosphate_active": p.phosphate_active_share * phosphate_rate,
        "gut_calcium": gut_calcium,
        "gut_phosphate": gut_phosphate,
    }
