"""Blood: what is ionised, and what the cells of every organ sense."""

from collections import namedtuple
from math import cos, pi, sin

from calphos.model.body.kidney import LITRES_PER_HOUR

Signals = namedtuple(
    "Signals",
    "calcium felt phosphate pth pth_like pth_kidney pth_distal pth_bone calcitriol fgf23_action klotho gfr nephrons complexed "
    "acid bicarbonate carbon_dioxide night",
)
Signals.__doc__ = """What the organs sense, each 1 in health.

calcium is ionised calcium and felt what its receptor feels of it and of magnesium; pth_like adds PTHrP; pth_kidney,
pth_distal and pth_bone are what each tissue hears of it after uraemia, low magnesium, overbreathing and inborn resistance;
calcitriol includes the action of very high calcidiol; fgf23_action is FGF-23 times a power of Klotho, less what an antibody
blocks; klotho is soluble Klotho; nephrons are those left and gfr is what they filter when high calcium or an empty
circulation leaves less flow to each; acid is hydrogen ions, from pH, and bicarbonate follows from pH and pCO2. complexed is
calcium bound to small ions per ionised calcium and night the height of the daily rhythm, from -1 to 1 (neither relative to
health).
"""


def binding(p, phosphate, citrate):
    """Calcium bound to small ions and to protein, each per ionised calcium; phosphate of normal, citrate in mmol/L."""
    complexed = p.complexed_fixed + p.complexed_phosphate * phosphate + p.complexed_citrate * citrate
    albumin = p.albumin_share * p.albumin / p.healthy_albumin + 1 - p.albumin_share
    protein = p.protein_bound * albumin * 10 ** (p.binding_ph * (p.ph - p.healthy_ph))
    return complexed, protein


def signals(s, p):
    """Turn the state into the signals that the organs sense."""
    phosphate = s.plasma_phosphate / p.healthy_phosphate
    complexed, protein = binding(p, phosphate, s.citrate)
    calcium = s.plasma_calcium / (1 + complexed + protein) / p.healthy_ionised_calcium
    nephrons = p.gfr / p.healthy_gfr
    gfr = nephrons * s.perfusion
    pth = s.pth / p.healthy_pth
    pth_like = pth + p.pthrp / p.healthy_pth
    # Without magnesium the receptor's message does not reach the inside of the cell.
    heard = (1 + p.magnesium_resistance) / (1 + p.magnesium_resistance * (p.healthy_magnesium / p.magnesium) ** 6)
    acid, carbon_dioxide = 10 ** (p.healthy_ph - p.ph), p.pco2 / p.healthy_pco2
    # Who breathes out too much carbon dioxide has tubules that hardly hear PTH.
    renal = heard * (1 - p.pth_resistance) * carbon_dioxide**p.renal_carbon_dioxide
    displaced = (p.healthy_calcidiol / p.calcidiol_displacement) ** p.calcidiol_displacement_power
    displacing = (s.calcidiol / p.calcidiol_displacement) ** p.calcidiol_displacement_power
    return Signals(
        calcium=calcium,
        felt=calcium + p.magnesium_receptor * (p.magnesium / p.healthy_magnesium - 1),
        phosphate=phosphate,
        pth=pth,
        pth_like=pth_like,
        pth_kidney=pth_like * renal * (1 - p.renal_resistance + p.renal_resistance * gfr),
        # The calcium-keeping segments answer to PTH itself, hardly to uraemia; a tumour's peptide moves them less.
        pth_distal=(pth + p.pthrp_distal * p.pthrp / p.healthy_pth) * renal,
        pth_bone=pth_like * heard * (1 - p.skeletal_resistance + p.skeletal_resistance * gfr),
        calcitriol=s.calcitriol / p.healthy_calcitriol * (1 + displacing) / (1 + displaced),
        fgf23_action=s.fgf23
        / p.healthy_fgf23
        * s.nephron_klotho**p.klotho_action
        / (1 + p.burosumab / p.burosumab_half),
        klotho=s.nephron_klotho * nephrons**p.klotho_nephrons,
        gfr=gfr,
        nephrons=nephrons,
        complexed=complexed,
        acid=acid,
        bicarbonate=carbon_dioxide / acid,  # Henderson and Hasselbalch
        carbon_dioxide=carbon_dioxide,
        night=p.daily_rhythm * (s.rhythm - 2),
    )


def cell_exchange(s, p, sense):
    """Phosphate that leaves cells for plasma [mmol/h].

    Faster when plasma has been emptied, as in dialysis, and at night; carbon dioxide that is breathed out draws phosphate
    into cells.
    """
    cells = s.cell_phosphate * sense.carbon_dioxide**p.cells_carbon_dioxide
    balanced = p.phosphate_exchange * (cells - s.plasma_phosphate)
    return balanced * (cells / s.plasma_phosphate) ** p.mobilisation_power + p.rhythm_phosphate * sense.night


def rhythm(s, p, k):
    """Rates of the clock's two hands [1/h]; the clock stands still while nobody looks at it (daily_rhythm 0)."""
    hand, ahead = s.rhythm - 2, s.rhythm_ahead - 2
    turn = p.daily_rhythm / (p.daily_rhythm + k.rhythm_trace) * k.day
    # The second term keeps the hand at its length, whatever the solver's rounding does to it.
    kept = 1 - hand**2 - ahead**2
    return {"rhythm": turn * (ahead + kept * hand), "rhythm_ahead": turn * (-hand + kept * ahead)}


def dialysis(s, p, sense):
    """Calcium and phosphate that a dialyser takes out of plasma [mmol/h]; calcium may also come in."""
    diffusible = sense.calcium * p.healthy_ionised_calcium * (1 + sense.complexed)
    calcium = p.dialysis * p.dialyser_calcium * LITRES_PER_HOUR * (diffusible - p.bath_calcium)
    phosphate = p.dialysis * p.dialyser_phosphate * LITRES_PER_HOUR * (s.plasma_phosphate - p.bath_phosphate)
    return {"dialysed_calcium": calcium, "dialysed_phosphate": phosphate}


def healthy(p):
    """Constants of the daily rhythm: turn of the clock [1/h] and where its hands stand at midnight."""
    angle = 2 * pi * p.rhythm_peak / 24
    return {"day": 2 * pi / 24, "rhythm_trace": 1e-9, "midnight": cos(angle), "six": sin(angle)}
