"""Kidney: what is filtered, taken back and lost."""

from collections import namedtuple

LITRES_PER_HOUR = 0.06  # in 1 mL/min

Kidney = namedtuple("Kidney", "filtration calcium_excreted phosphate_excreted tmp_gfr nephron_load")


def kidney(s, p, k, sense):
    """Fluxes of the kidney: filtration [L/h], excretion [mmol/h], TmP/GFR [mmol/L], phosphate load per nephron.

    Calcium: the proximal tubule passes on a fixed share; the thick limb keeps less when its calcium-sensing receptor
    feels more calcium; the distal tubule keeps more under PTH and in alkalosis. Each segment is a ratio "kept to
    passed on". Phosphate: PTH and FGF-23 with Klotho lower the threshold.
    """
    filtration = LITRES_PER_HOUR * p.healthy_gfr * sense.gfr

    sensed = sense.calcium / p.casr_set_point
    thick_limb = p.thick_limb_odds * sensed**-p.thick_limb_calcium
    alkalosis = sense.bicarbonate**p.distal_bicarbonate
    thiazide = 1 + p.thiazide_effect * p.thiazide / (p.thiazide + p.thiazide_half)
    # The calcium-keeping segments answer to PTH itself; uraemic resistance concerns phosphate transport.
    distal = k.distal_odds * (sense.pth_like * (1 - p.pth_resistance)) ** p.distal_pth * alkalosis * thiazide
    # Remaining nephrons pass on a larger share; a dried-out body keeps more in the proximal tubule.
    proximal = p.proximal_pass * sense.nephrons**-p.calcium_nephron_adaptation * sense.flow
    proximal = proximal * (1 + p.saline_calcium * p.saline)
    passed = proximal / ((1 + thick_limb) * (1 + distal))
    diffusible = p.healthy_ionised_calcium * sense.calcium * (1 + sense.complexed)
    calcium_excreted = filtration * diffusible * passed

    drive = sense.pth_kidney**-p.tmp_pth * sense.fgf23_action**-p.tmp_fgf23
    limited = p.tmp_floor + (1 - p.tmp_floor) * (1 + p.tmp_room) * drive / (1 + p.tmp_room * drive)
    tmp_gfr = k.tmp_gfr * limited
    splay = s.plasma_phosphate * (1 + (tmp_gfr / s.plasma_phosphate) ** p.tmp_splay) ** (1 / p.tmp_splay)
    # Even a kidney that keeps all it can loses a trace.
    lost = p.phosphate_leak + (1 - p.phosphate_leak) * (1 - tmp_gfr / splay)
    phosphate_excreted = filtration * s.plasma_phosphate * lost

    return Kidney(
        filtration=filtration,
        calcium_excreted=calcium_excreted,
        phosphate_excreted=phosphate_excreted,
        tmp_gfr=tmp_gfr,
        nephron_load=phosphate_excreted / k.phosphate_excreted / sense.gfr,
    )


def strain(s, p, sense):
    """Rate at which the kidney takes note of high calcium [1/h]."""
    return (sense.calcium - s.renal_calcium) / p.hypercalcaemic_gfr_time


def uraemia(s, p, sense):
    """Rate at which appetite takes note of what kidneys and dialyser clear together [1/h]."""
    cleared = sense.nephrons + p.dialysis * p.dialyser_urea / p.healthy_gfr
    return (cleared - s.uraemic_clearance) / p.appetite_time


def healthy(p, complexed):
    """Constants that follow from the healthy balance: excretion [mmol/h], distal ratio, TmP/GFR [mmol/L]."""
    calcium = (p.calcium_absorbed_fraction * p.healthy_diet_calcium - p.calcium_secretion) / 24
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
