"""Kidney: what is filtered, taken back and lost."""

from collections import namedtuple

LITRES_PER_HOUR = 0.06  # in 1 mL/min

Kidney = namedtuple("Kidney", "filtration calcium_excreted phosphate_excreted tmp_gfr nephron_load")


def bounded(brake, floor, room):
    """What is kept, relative to health, under a brake of 1 in health: from 1 + 1 / room, nearly, down to a floor."""
    return floor + (1 - floor) * (1 + room) / (room + brake)


def phosphate_lost(p, phosphate, tmp_gfr):
    """Share of the filtered phosphate that reaches the urine.

    Plasma phosphate and the threshold TmP/GFR are in mmol/L.
    """
    splay = phosphate * (1 + (tmp_gfr / phosphate) ** p.tmp_splay) ** (1 / p.tmp_splay)
    # Even a kidney that keeps all it can loses a trace.
    return p.phosphate_leak + (1 - p.phosphate_leak) * (1 - tmp_gfr / splay)


def kidney(s, p, k, sense):
    """Fluxes of the kidney: filtration [L/h], excretion [mmol/h], TmP/GFR [mmol/L], phosphate load per nephron.

    Calcium: the proximal tubule passes on a share; the thick limb keeps less when its calcium-sensing receptor feels more
    calcium; the distal tubule keeps more under PTH, phosphate, bicarbonate and thiazide. Each segment is a ratio "kept to
    passed on". Phosphate: PTH, FGF-23 with Klotho and acid lower the threshold.
    """
    filtration = LITRES_PER_HOUR * p.healthy_gfr * sense.gfr

    # The receptor of the thick limb is felt more by a fault in it than the gland's, less by a calcimimetic.
    mimicked = 1 + p.calcimimetic_kidney * p.calcimimetic_shift * p.calcimimetic / (
        p.calcimimetic + p.calcimimetic_half
    )
    sensed = sense.felt * mimicked / p.casr_set_point**p.thick_limb_receptor
    thick_limb = p.thick_limb_odds * bounded(sensed**p.thick_limb_calcium, p.thick_limb_floor, p.thick_limb_room)
    thiazide = p.thiazide / (p.thiazide + p.thiazide_half)
    distal = (
        k.distal_odds
        * (p.distal_floor + (1 - p.distal_floor) * sense.pth_distal**p.distal_pth)
        * sense.phosphate**p.distal_phosphate
        * sense.bicarbonate**p.distal_bicarbonate
        * (1 + p.thiazide_effect * thiazide)
    )
    # Remaining nephrons pass on a larger share; a dried-out body keeps more in the proximal tubule, a filled one less.
    volume = s.perfusion**p.proximal_flow * (1 + p.saline_calcium * p.saline) * (1 - p.thiazide_volume * thiazide)
    proximal = (1 / p.proximal_pass - 1) * sense.nephrons**p.calcium_nephron_adaptation / volume
    passed = 1 / ((1 + proximal) * (1 + thick_limb) * (1 + distal))
    diffusible = p.healthy_ionised_calcium * sense.calcium * (1 + sense.complexed)
    calcium_excreted = filtration * diffusible * passed

    brake = sense.pth_kidney**p.tmp_pth * sense.fgf23_action**p.tmp_fgf23 * sense.acid**p.tmp_acid
    # Fewer nephrons filter more each, and what a tubule can take back does not grow with it.
    brake = brake * sense.nephrons**-p.tmp_nephrons
    tmp_gfr = k.tmp_gfr * bounded(brake, p.tmp_floor, p.tmp_room)
    phosphate_excreted = filtration * s.plasma_phosphate * phosphate_lost(p, s.plasma_phosphate, tmp_gfr)

    nephron_load = phosphate_excreted / k.phosphate_excreted / sense.gfr
    return Kidney(filtration, calcium_excreted, phosphate_excreted, tmp_gfr, nephron_load)


def perfusion(s, p, sense):
    """Rate of change of the flow to each nephron [1/h].

    High calcium constricts renal vessels and, by polyuria, dries the body out within days; saline undoes it.
    """
    strain = p.hypercalcaemic_gfr
    drying = sense.calcium / p.casr_set_point / (1 + p.saline_rescue * p.saline)
    flow = (1 + strain) / (1 + strain * drying**p.hypercalcaemic_gfr_power)
    return (p.perfusion_floor + (1 - p.perfusion_floor) * flow - s.perfusion) / p.hypercalcaemic_gfr_time


def uraemia(s, p, sense):
    """Rate at which appetite takes note of what kidneys and dialyser clear together [1/h]."""
    cleared = sense.nephrons + p.dialysis * p.dialyser_urea / p.healthy_gfr
    return (cleared - s.uraemic_clearance) / p.appetite_time


def healthy(p, complexed):
    """Constants that follow from the healthy balance: excretion [mmol/h], distal ratio, TmP/GFR [mmol/L]."""
    in_gut = p.healthy_diet_calcium + p.calcium_secretion
    calcium = (p.calcium_absorbed_fraction * in_gut - p.calcium_secretion) / 24
    phosphate = (p.phosphate_absorbed_fraction * p.healthy_diet_phosphate - p.phosphate_secretion) / 24
    filtration = LITRES_PER_HOUR * p.healthy_gfr
    filtered = filtration * p.healthy_ionised_calcium * (1 + complexed)
    lost = (phosphate / (filtration * p.healthy_phosphate) - p.phosphate_leak) / (1 - p.phosphate_leak)
    reabsorbed = p.healthy_phosphate * (1 - lost)
    n = p.tmp_splay
    return {
        "calcium_excreted": calcium,
        "phosphate_excreted": phosphate,
        "distal_odds": filtered * p.proximal_pass / (calcium * (1 + p.thick_limb_odds)) - 1,
        "tmp_gfr": (reabsorbed**-n - p.healthy_phosphate**-n) ** (-1 / n),
    }
