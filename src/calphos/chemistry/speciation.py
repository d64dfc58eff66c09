"""Solution chemistry of plasma at 37 C: which ions are free, which are paired, and what could precipitate.

Method. pH is given, so every acid form of a ligand (phosphate, carbonate, citrate) is a known multiple of its fully
deprotonated form. Each metal pairs with one ligand at a time, so the free metals follow from the free ligands and the
free ligands from the free metals: the two are worked out in turn until nothing changes, for one solution or for a whole
map at once. Begun with ligands free of metal, each turn takes some away and none gives any back, so it always closes.
Activity coefficients come from the Davies equation. Every constant is a row of `data/ion_pairs.csv`,
`data/minerals.csv` or `data/plasma.csv`; a constant measured at 25 C is carried to 37 C by the van 't Hoff equation.

Concentrations are mmol per litre of plasma, as a laboratory reports them; no correction is made for the volume that
protein takes up (about 7 %).
"""

import itertools
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType, SimpleNamespace

import numpy as np
import pandas as pd
from scipy.special import xlogy

from calphos.model.parameters import parameter
from calphos.tables.errors import InputError, find, number
from calphos.tables.references import reference

__all__ = ["LIGANDS", "METALS", "Speciation", "constant_sets", "inhibitors", "plasma", "ripening_time", "speciate"]

METALS = ("calcium", "magnesium", "sodium", "potassium")
LIGANDS = ("phosphate", "carbonate", "citrate")
# What `speciate` takes beside a set of constants.
_GIVEN = (*METALS, "ionised_calcium", "phosphate", "citrate", "albumin", "ph", "pco2", "bicarbonate", "ionic_strength")
_ION = {"calcium": "Ca+2", "magnesium": "Mg+2", "sodium": "Na+", "potassium": "K+"}
_BASE = {"phosphate": "PO4-3", "carbonate": "CO3-2", "citrate": "Citrate-3"}
_METAL_CHARGE = np.array([2, 2, 1, 1])
_LIGAND_CHARGE = np.array([-3, -2, -3])
_GAS_CONSTANT = 8.314462618e-3  # kJ/mol/K
_BODY = 310.15  # K
_MINERAL_IONS = ("calcium", "hydrogenphosphate", "phosphate", "hydrogen", "hydroxide")


@lru_cache(maxsize=1)
def plasma():
    """Healthy reference plasma and general constants: read-only mapping name -> value (`data/plasma.csv`).

    What the body model has as a parameter is taken from there, so that blood has one composition.
    """
    table = reference("plasma")
    rows = zip(table["name"], table["value"], table["parameter"], strict=True)
    return MappingProxyType({name: parameter(own).value if own else value for name, value, own in rows})


def constant_sets():
    """Names of the sets of constants: `default`, then each alternative that a source supports (list of str)."""
    return [*dict.fromkeys(["default", *reference("ion_pairs")["set"], *reference("minerals")["set"]])]


@lru_cache(maxsize=32)
def _constants(name):
    """One set of constants at 37 C and zero ionic strength, as arrays over species and over minerals."""
    find(name, constant_sets(), "set of constants")
    # Rows of the default set, with those of the set `name` in their place.
    pairs, solids = (
        reference(table, set=["default", name]).drop_duplicates(key, keep="last").set_index(key, drop=False)
        for table, key in (("ion_pairs", "species"), ("minerals", "mineral"))
    )
    warming = 1 / (pairs["temperature_c"] + 273.15) - 1 / _BODY
    at_37 = pairs["log_k"] + pairs["enthalpy_kj_mol"].fillna(0.0) / (_GAS_CONSTANT * np.log(10)) * warming
    log_beta = at_37 + pairs["adds_to"].map(at_37[pairs["adds_to"] == ""]).fillna(0.0)

    def member(groups):
        return np.array([next((i for i, g in enumerate(groups) if row[g]), -1) for _, row in pairs.iterrows()])

    charge, metal, ligand = pairs["charge"].to_numpy(float), member(METALS), member(LIGANDS)
    squares = np.append(_METAL_CHARGE, 0)[metal] ** 2 + np.append(_LIGAND_CHARGE, 0)[ligand] ** 2 - charge**2
    species = tuple(pairs["species"])
    return SimpleNamespace(
        species=species,
        charge=charge,
        metal=metal,  # index in METALS, -1 for none
        ligand=ligand,  # index in LIGANDS, -1 for none
        hydrogen=pairs["hydrogen"].to_numpy(float)[:, None],
        log_beta=log_beta.to_numpy(float)[:, None],  # from metal, ligand and H+
        squares=squares[:, None],  # charges squared of the free ions less that of the species
        forms=pd.Index([*_ION.values(), *_BASE.values(), *species, "calcium on protein", "magnesium on protein"]),
        hpo4=species.index("HPO4-2"),
        oh=species.index("OH-"),
        minerals=pd.Index(solids["mineral"], name=None),
        stoichiometry=solids[list(_MINERAL_IONS)].to_numpy(float),
        log_ksp=solids["log_ksp"].to_numpy(float),
    )


def _log_gamma(ionic_strength):
    """log10 of the activity coefficient of a singly charged ion (Davies); multiply by charge squared."""
    p = plasma()
    root = np.sqrt(ionic_strength)
    return -p["debye_huckel"] * (root / (1 + root) - p["davies_term"] * ionic_strength)


@dataclass(frozen=True)
class Speciation:
    """Equilibrium of one solution, or of many with the shape of the inputs broadcast together. Made by `speciate`.

    `totals` are those of calcium, magnesium, sodium, potassium, phosphate, carbonate and citrate [mmol/L] (dict), `species`
    every free ion, ion pair and protein-bound form [mmol/L] (Series).

    `saturation_index` is log10(ion product / solubility product) of each mineral (Series). Above 0 the mineral can grow,
    below 0 it dissolves. The index counts the ions of a formula unit: compare it between solutions for one mineral, or
    use `saturation_per_ion` to compare minerals.
    """

    constants: str
    totals: dict
    species: pd.Series
    saturation_index: pd.Series

    @property
    def ionised_calcium(self):
        """Free calcium [mmol/L]."""
        return self.species["Ca+2"]

    @property
    def saturation_per_ion(self):
        """Saturation index divided by the number of ions in the ion product: comparable between minerals (Series)."""
        ions = _constants(self.constants).stoichiometry.sum(axis=1)
        return (self.saturation_index / ions).rename("saturation per ion")

    def fractions(self, total):
        """Share of a total of `totals` that sits in each form (Series, sums to 1); raises InputError for another name."""
        c = _constants(self.constants)
        find(total, METALS + LIGANDS, "total")
        group = c.metal == METALS.index(total) if total in METALS else c.ligand == LIGANDS.index(total)
        names = [{**_ION, **_BASE}[total], *itertools.compress(c.species, group), f"{total} on protein"]
        part = self.species[[name for name in names if name in self.species]]
        return pd.Series(part / self.totals[total], name=f"share of {total}")


def _scalar(value):
    return float(value) if np.ndim(value) == 0 else value


def _checked(name, value, *bounds):
    """A number or many as an array of float; InputError for one that is none or outside the bounds (lower, upper, unit)."""
    try:
        array = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        array = np.asarray(number(value, name, *bounds))
    if not array.size:
        raise InputError(f"{name} is empty")
    for extreme in (float(array.min()), float(array.max())):
        number(extreme, name, *bounds)
    return array


@lru_cache(maxsize=1)
def _bounds():
    """Lower and upper bound and unit of everything that `speciate` takes."""
    rows = reference("plasma").set_index("name")[["lower", "upper", "unit"]]
    return {name: tuple(row) for name, row in rows.iterrows()} | {"bicarbonate": (0.0, 1000.0, "mmol/L")}


def _solve(c, ph, strength, metals, ligands, protein, fixed_calcium):
    """Free metals, fully deprotonated ligands and species [mol/L], each of shape (kinds, n)."""
    # Concentration constants at this pH and ionic strength; H+ enters as an activity, 10^-pH.
    k = 10.0 ** (c.log_beta + c.squares * _log_gamma(strength) - c.hydrogen * ph)
    sums = np.zeros((4, 5, k.shape[1]))  # by ligand and metal; the last row and column are "none"
    np.add.at(sums, (c.ligand, c.metal), k)
    side, pair, lone = 1 + sums[:3, 4], sums[:3, :4], 1 + sums[3, :4] + protein
    bare = free = ligands / side  # what is free without metals
    for _ in range(5000):
        metal = metals / (lone + (pair * free[:, None]).sum(axis=0))
        if fixed_calcium is not None:
            metal[0] = fixed_calcium
        before, free = free, bare / (1 + (pair * metal).sum(axis=1) / side)
        if np.all(before - free <= 1e-14 * before):
            one = np.ones((1, k.shape[1]))
            return metal, free, k * np.vstack([metal, one])[c.metal] * np.vstack([free, one])[c.ligand]
    raise InputError("no chemical equilibrium found for this composition: are all concentrations in mmol/L?")


@lru_cache(maxsize=32)
def _protein_constants(name):
    """Protein binding of calcium and magnesium [bound per free] in healthy plasma, derived from `data/plasma.csv`.

    Calcium: what is left of the total after the healthy ionised calcium and its pairs. Magnesium: the published share.
    """
    p, ionised = plasma(), plasma()["ionised_calcium"]
    on_protein = p["magnesium"] * p["magnesium_protein_share"]
    rest = speciate(ionised_calcium=ionised, magnesium=p["magnesium"] - on_protein, albumin=0, constants=name)
    return (p["calcium"] - rest.totals["calcium"]) / ionised, on_protein / rest.species["Mg+2"]


def speciate(calcium=None, phosphate=None, *, constants="default", **others):
    """Free ions, ion pairs and saturation indices of a solution at 37 C.

    What is not given has the value of healthy plasma (`data/plasma.csv`). Every argument may be a number or an array;
    arrays broadcast together: `speciate(x, y[:, None])` is a map over calcium (columns) and phosphate (rows).

    calcium, phosphate, magnesium, citrate, sodium, potassium : total concentration [mmol/L]
    ph : acidity, 6 to 8.5
    pco2 : carbon dioxide [kPa]; sets bicarbonate by the Henderson-Hasselbalch equation
    bicarbonate : total bicarbonate and carbonate [mmol/L], instead of `pco2`
    albumin : [g/L]; binds calcium and magnesium in proportion, more at higher pH. 0 for a salt solution
    ionised_calcium : free calcium [mmol/L], instead of `calcium`
    ionic_strength : [mol/L], 0 to 0.5
    constants : name of a set of constants (see `constant_sets`)

    Returns a Speciation. Raises InputError for an unknown name, a concentration below zero, pH outside 6 to 8.5, two
    arguments for one thing, and anions that outweigh the cations (chloride and whatever is not listed close the balance).

    >>> print(f"{speciate(calcium=2.4).ionised_calcium:.2f} mmol/L")
    1.20 mmol/L
    """
    asked = {"calcium": calcium, "phosphate": phosphate, **others}
    given = {find(name, _GIVEN, "part of a solution"): value for name, value in asked.items() if value is not None}
    for pair in (("calcium", "ionised_calcium"), ("pco2", "bicarbonate")):
        if given.keys() >= {*pair}:
            raise InputError(f"give {' or '.join(pair)}, not both")
    p, c = plasma(), _constants(constants)
    solution = {name: value for name, value in {**p, **given}.items() if name in _GIVEN}
    values = {name: _checked(name, value, *_bounds()[name]) for name, value in solution.items()}
    try:
        arrays = np.broadcast_arrays(*values.values())
    except ValueError:
        shapes = ", ".join(f"{k} {np.shape(v)}" for k, v in values.items() if np.ndim(v))
        raise InputError(f"arrays do not broadcast together: {shapes}") from None
    shape = arrays[0].shape
    v = {name: np.ravel(a).astype(float) for name, a in zip(values, arrays, strict=True)}
    henderson = p["co2_solubility"] * v["pco2"] * 10 ** (v["ph"] - p["pk_bicarbonate"])
    v["carbonate"] = v.get("bicarbonate", henderson)

    share = p["protein_albumin_share"]
    # globulins are taken to follow albumin to zero, so that albumin=0 means a solution without protein
    per_free = np.where(v["albumin"] > 0, share * v["albumin"] / p["albumin"] + 1 - share, 0.0)
    per_free = per_free * 10 ** (p["protein_ph_slope"] * (v["ph"] - p["ph"]))
    bound_per_free = _protein_constants(constants) if per_free.any() else (0, 0)
    protein = np.outer([*bound_per_free, 0, 0], per_free)
    metals = np.array([v[m] for m in METALS]) / 1000
    ligands = np.array([v[name] for name in LIGANDS]) / 1000
    fixed = v["ionised_calcium"] / 1000 if "ionised_calcium" in given else None

    free_m, free_l, species = _solve(c, v["ph"], v["ionic_strength"], metals, ligands, protein, fixed)
    _refuse_impossible_charge(c, species, free_m, free_l, v, protein)

    bound = free_m[:2] * protein[:2]
    totals = {name: v[name] for name in METALS + LIGANDS}
    if fixed is not None:
        totals["calcium"] = 1000 * (free_m[0] + bound[0] + species[c.metal == 0].sum(axis=0))
    # H+ is an activity already. By xlogy an absent ion counts only where the mineral contains it.
    ions = np.array([free_m[0], species[c.hpo4], free_l[0], 10.0 ** -v["ph"], species[c.oh]])
    activity = ions * 10.0 ** (np.array([4, 4, 9, 0, 1])[:, None] * _log_gamma(v["ionic_strength"]))
    index = xlogy(c.stoichiometry[:, :, None], activity).sum(axis=1) / np.log(10) - c.log_ksp[:, None]

    def series(rows, names, name):
        values = [_scalar(row.reshape(shape)) for row in rows]
        return pd.Series(values, index=names, name=name, dtype=object if shape else float)

    return Speciation(
        constants=constants,
        totals={name: _scalar(total.reshape(shape)) for name, total in totals.items()},
        species=series(1000 * np.concatenate((free_m, free_l, species, bound)), c.forms, "mmol/L"),
        saturation_index=series(index, c.minerals, "saturation index"),
    )


def _refuse_impossible_charge(c, species, free_m, free_l, v, protein):
    """Chloride stands for all that is not listed: it closes the balance where the other anions leave room for it."""
    p = plasma()
    albumin = v["albumin"] * np.maximum(p["albumin_charge_slope"] * v["ph"] - p["albumin_charge_offset"], 0) / 1000
    # Protein-bound metal is counted with its charge: the charge of albumin is that of the bare protein.
    metals, ligands = _METAL_CHARGE @ (free_m * (1 + protein)), _LIGAND_CHARGE @ free_l
    room = np.min(10.0 ** -v["ph"] + metals + c.charge @ species + ligands - albumin)
    if room < 0:
        raise InputError(
            f"impossible charge balance: the anions carry {-1000 * room:.0f} mmol/L more charge"
            " than the cations even without chloride; raise sodium or lower bicarbonate, phosphate or albumin"
        )


@lru_cache(maxsize=1)
def inhibitors():
    """What shortens or lengthens the ripening time (DataFrame, `data/inhibitors.csv`, index = argument name).

    `.attrs["healthy_time"]` is the ripening time in health [min].
    """
    table = reference("inhibitors").set_index("name")
    table.attrs["healthy_time"] = float(reference("ripening", use="reference")["t50"].item())
    table["reference"] = table["reference"].fillna(pd.Series(plasma()))  # healthy values stand in one place
    return table


def ripening_time(**serum):
    """Time in which half of the primary calciprotein particles turn crystalline, like the T50 test [min].

    T50 = reference x product of (value / healthy value) ** exponent. The reference is the mean of a general population;
    the exponent of phosphate is fitted to the mean of a dialysis cohort; the other exponents are assumed, with the
    direction that studies found. So it shows which way T50 moves, not what a patient would measure.

    serum : any of ionised_calcium, phosphate, magnesium, citrate, bicarbonate [mmol/L], albumin [g/L], fetuin_a and
        pyrophosphate [of normal]; numbers or arrays. What is not given is healthy.

    Returns float or array. Raises InputError for an unknown name or a value outside `data/inhibitors.csv`.
    """
    table = inhibitors()
    minutes = table.attrs["healthy_time"]
    for name, value in serum.items():
        row = table.loc[find(name, table.index, "inhibitor or salt")]
        value = _checked(name, value, row["lower"], row["upper"], row["unit"])
        minutes = minutes * (value / row["reference"]) ** row["exponent"]
    return _scalar(minutes)
