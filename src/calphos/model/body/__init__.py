"""The body: eight organs put together.

Every organ is a function of the state, the parameters and the signals in blood, written with + - * / and powers only,
so that the same functions run on floats, on NumPy arrays and on SymPy symbols. Time is in hours, amounts in mmol.
"""

from collections import namedtuple
from math import log
from types import SimpleNamespace

from calphos.model.body import blood, bone, fgf23, gut, kidney, parathyroid, soft_tissue, vitamin_d
from calphos.tables.reading import records

# What each of them is, and its unit: `data/states.csv`.
State = namedtuple("State", [row["name"] for row in records("states")])
STATE_NAMES = State._fields


def constants(p):
    """Constants derived from the healthy balance (a namespace of floats), so that the healthy state is exact.

    They use only parameters and healthy intakes, never a patient's inputs: a changed diet changes the patient, not
    the constants.
    """
    complexed = p.complexed_fixed + p.complexed_phosphate
    return SimpleNamespace(
        **blood.healthy(p),
        **gut.healthy(p),
        **kidney.healthy(p, complexed),
        **parathyroid.healthy(p),
        **vitamin_d.healthy(p),
        **fgf23.healthy(p),
        **soft_tissue.healthy(p),
        citrate_loss=log(2) / p.citrate_half_life,
    )


def healthy_state(p, k):
    """The healthy steady state (a State): 1 where a pool is measured by what it is in health."""
    return State(*[1.0] * len(State._fields))._replace(
        gut_calcium=k.gut_calcium,
        gut_phosphate=k.gut_phosphate,
        plasma_calcium=p.healthy_ionised_calcium * (1 + p.complexed_fixed + p.complexed_phosphate + p.protein_bound),
        plasma_phosphate=p.healthy_phosphate,
        cell_phosphate=p.healthy_phosphate,
        citrate=0.0,
        fast_surface_calcium=p.fast_surface_calcium,
        slow_surface_calcium=p.slow_surface_calcium,
        bone_calcium=p.bone_calcium_store,
        pth=p.healthy_pth,
        pth_tissue=p.healthy_pth,
        nodules=k.nodule_trace,
        calcidiol=p.healthy_calcidiol,
        calcitriol=p.healthy_calcitriol,
        fgf23=p.healthy_fgf23,
        labile_deposit=k.labile_deposit,
        mature_deposit=k.mature_deposit,
        osteogenic=p.osteogenic_rest,
        iron=0.0,
        rhythm=2 + k.midnight,
        rhythm_ahead=2 + k.six,
    )


def fluxes(s, p, k):
    """What every organ does in the state `s` (a namespace): the signals in blood, then each organ's answer to them."""
    sense = blood.signals(s, p)
    renal = kidney.kidney(s, p, k, sense)
    return SimpleNamespace(
        sense=sense,
        gut=gut.gut(s, p, k, sense),
        kidney=renal,
        parathyroid=parathyroid.parathyroid(s, p, k, sense),
        vitamin_d=vitamin_d.vitamin_d(s, p, k, sense),
        fgf23=fgf23.fgf23(s, p, k, sense, renal.nephron_load),
        bone=bone.bone(s, p, sense),
        soft_tissue=soft_tissue.soft_tissue(s, p, sense),
        from_cells=blood.cell_exchange(s, p, sense),
        **blood.dialysis(s, p, sense),
    )


def derivatives(s, p, k):
    """Rate of change of every state per hour (a State). What leaves one pool enters another or the outside."""
    f = fluxes(s, p, k)
    g, b, t = f.gut, f.bone, f.soft_tissue
    deposition = t.deposited + t.grown - t.dissolved - t.lost
    calcium_in = g.calcium_absorbed + b.resorption + p.calcium_infusion
    calcium_out = g.calcium_secreted + f.kidney.calcium_excreted + b.formation + b.to_fast + b.to_slow + deposition
    phosphate_in = g.phosphate_absorbed + f.from_cells + p.cell_lysis + p.phosphate_infusion
    phosphate_out = g.phosphate_secreted + f.kidney.phosphate_excreted
    mineral = p.bone_phosphate_ratio * (b.formation - b.resorption + deposition)
    return State(
        gut_calcium=g.calcium_intake + g.calcium_secreted - g.calcium_absorbed - g.calcium_passed,
        gut_phosphate=g.phosphate_intake - g.phosphate_absorbed - g.phosphate_bound - g.phosphate_passed,
        plasma_calcium=(calcium_in - calcium_out - f.dialysed_calcium) / p.calcium_volume,
        plasma_phosphate=(phosphate_in - phosphate_out - mineral - f.dialysed_phosphate) / p.phosphate_volume,
        cell_phosphate=-f.from_cells / p.cell_phosphate_volume,
        citrate=p.citrate_infusion / p.citrate_volume - k.citrate_loss * s.citrate,
        fast_surface_calcium=b.to_fast,
        slow_surface_calcium=b.to_slow,
        bone_calcium=b.formation - b.resorption,
        osteoclasts=b.osteoclasts,
        active_osteoclasts=b.active,
        osteoblasts=b.osteoblasts,
        osteoid=b.osteoid,
        **f.parathyroid._asdict(),
        vitamin_d_store=f.vitamin_d.store,
        calcidiol=f.vitamin_d.calcidiol,
        calcitriol=f.vitamin_d.calcitriol,
        **f.fgf23._asdict(),
        labile_deposit=t.deposited - t.dissolved - t.matured,
        mature_deposit=t.matured + t.grown - t.lost,
        osteogenic=t.osteogenic,
        perfusion=kidney.perfusion(s, p, f.sense),
        iron=p.iron_infusion - s.iron / p.iron_time,
        **blood.rhythm(s, p, k),
        uraemic_clearance=kidney.uraemia(s, p, f.sense),
    )


def observe(s, p, k):
    """The quantities of a course (a dict of name to value, SI units, fluxes per day); works on floats and arrays."""
    f = fluxes(s, p, k)
    g, r, b, t = f.gut, f.kidney, f.bone, f.soft_tissue
    calcium_gain = g.calcium_intake + p.calcium_infusion - g.calcium_passed - r.calcium_excreted - f.dialysed_calcium
    phosphate_gain = (g.phosphate_intake + p.cell_lysis + p.phosphate_infusion) - (
        g.phosphate_bound + g.phosphate_passed + g.phosphate_secreted + r.phosphate_excreted + f.dialysed_phosphate
    )
    return {
        "ionised_calcium": f.sense.calcium * p.healthy_ionised_calcium,
        "total_calcium": s.plasma_calcium,
        "phosphate": s.plasma_phosphate,
        "pth": s.pth,
        "calcidiol": s.calcidiol,
        "calcitriol": s.calcitriol,
        "fgf23": s.fgf23,
        "klotho": f.sense.klotho,
        "gfr": f.sense.gfr * p.healthy_gfr,
        "tmp_gfr": r.tmp_gfr,
        "fractional_excretion_phosphate": 100 * r.phosphate_excreted / (r.filtration * s.plasma_phosphate),
        # The clearance ratio of the clinic, which is worked out with total calcium.
        "fractional_excretion_calcium": 100 * r.calcium_excreted / (r.filtration * s.plasma_calcium),
        "urine_calcium": 24 * r.calcium_excreted,
        "urine_phosphate": 24 * r.phosphate_excreted,
        "calcium_eaten": 24 * g.calcium_intake,
        "phosphate_eaten": 24 * g.phosphate_intake,
        "calcium_absorbed": 24 * g.calcium_absorbed,
        "phosphate_absorbed": 24 * g.phosphate_absorbed,
        "faecal_calcium": 24 * g.calcium_passed,
        "faecal_phosphate": 24 * (g.phosphate_bound + g.phosphate_passed + g.phosphate_secreted),
        "bone_resorption": 24 * b.resorption,
        "bone_formation": 24 * b.formation,
        "calcium_deposition": 24 * (t.deposited + t.grown - t.dissolved - t.lost),
        "calcium_balance": 24 * calcium_gain,
        "phosphate_balance": 24 * phosphate_gain,
        "bicarbonate": f.sense.bicarbonate * p.healthy_bicarbonate,
        "gland_mass": s.gland_mass,
        "receptor_density": s.receptor_density,
        "osteoclasts": s.osteoclasts,
        "osteoblasts": s.osteoblasts,
        "bone_calcium": s.bone_calcium,
        "calcium_phosphate_product": s.plasma_calcium * s.plasma_phosphate,
        "labile_deposit": s.labile_deposit,
        "mature_deposit": s.mature_deposit,
    }
