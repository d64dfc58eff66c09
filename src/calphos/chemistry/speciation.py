"""Solution chemistry of plasma at 37 C: which ions are free, which are paired, and what could precipitate.

Method. pH is given, so every acid form of a ligand (phosphate, carbonate, citrate) is a known multiple of its fully
deprotonated form. Each metal pairs with one ligand at a time, so the free metals follow from the free ligands and only
three mass balances are left; Newton's method closes them to rounding error, for one solution or for a whole map at once.
Activity coefficients come from the Davies equation. Every constant is a row of `data/ion_pairs.csv`,
`data/minerals.csv` or `data/plasma.csv`; a constant measured at 25 C is carried to 37 C by the van 't Hoff equation.

Concentrations are mmol per litre of plasma, as a laboratory reports them; no correction is made for the volume that
protein takes up (about 7 %).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from types import MappingProxyType

import numpy as np
import pandas as pd

from calphos.model.parameters import parameter
from calphos.tables.errors import InputError
from calphos.tables.quantities import quantity
from calphos.tables.references import reference

METALS = ("calcium", "magnesium", "sodium", "potassium")
LIGANDS = ("phosphate", "carbonate", "citrate")
_ION = {"calcium": "Ca+2", "magnesium": "Mg+2", "sodium": "Na+", "potassium": "K+"}
_BASE = {"phosphate": "PO4-3", "carbonate": "CO3-2", "citrate": "Citrate-3"}
_METAL_CHARGE = np.array([2, 2, 1, 1])
_LIGAND_CHARGE = np.array([-3, -2, -3])
_GAS_CONSTANT = 8.314462618e-3  # kJ/mol/K
_BODY = 310.15  # K
_LOG10 = np.log(10.0)
_MINERAL_IONS = {
    "calcium": "Ca+2",
    "hydrogenphosphate": "HPO4-2",
    "phosphate": "PO4-3",
    "hydrogen": "H+",
    "hydroxide": "OH-",
}


# ---------------------------------------------------------------------------------------------------- constants
@dataclass(frozen=True)
class _Constants:
    """One set of constants at 37 C and zero ionic strength, as arrays over species."""

    name: str
    species: tuple
    charge: np.ndarray
    metal: np.ndarray  # index in METALS, -1 for none
    ligand: np.ndarray  # index in LIGANDS, -1 for none
    hydrogen: np.ndarray
    log_beta: np.ndarray  # from metal, ligand and H+
    squares: np.ndarray  # charges squared of the free ions less that of the species
    gather: np.ndarray  # adds species up into rows: 3 sides of ligands, 3 x 4 pairs, 4 lone metals
    forms: pd.Index  # names of everything in solution, in the order of Speciation._species
    hpo4: int
    oh: int
    minerals: pd.Index
    stoichiometry: np.ndarray  # minerals x _MINERAL_IONS
    log_ksp: np.ndarray


@lru_cache(maxsize=1)
def plasma():
    """Healthy reference plasma and general constants: read-only mapping name -> value (`data/plasma.csv`).

    What the body model has as a parameter is taken from there, so that blood has one composition.
    """
    table = reference("plasma")
    values = dict(zip(table["name"], table["value"].astype(float), strict=True))
    body = table[table["parameter"] != ""]
    values |= {name: parameter(row).value for name, row in zip(body["name"], body["parameter"], strict=True)}
    return MappingProxyType(values)


def constant_sets():
    """Names of the sets of constants: `default`, then each alternative that a source supports (list of str)."""
    names = dict.fromkeys(list(reference("ion_pairs")["set"]) + list(reference("minerals")["set"]))
    return ["default"] + [n for n in names if n != "default"]


def _chosen(table, key, name):
    """Rows of the default set with the rows of set `name` in their place."""
    rows = table[table["set"] == "default"].set_index(key, drop=False)
    if name != "default":
        for _, row in table[table["set"] == name].iterrows():
            rows.loc[row[key]] = row
    return rows


@lru_cache(maxsize=32)
def _constants(name):
    known = constant_sets()
    if name not in known:
        raise InputError(f"constants={name!r} is not known; choose one of: {', '.join(known)}")
    pairs = _chosen(reference("ion_pairs"), "species", name)
    at_37 = pairs["log_k"] + pairs["enthalpy_kj_mol"].fillna(0.0) / (_GAS_CONSTANT * _LOG10) * (
        1 / (pairs["temperature_c"] + 273.15) - 1 / _BODY
    )
    base = at_37[pairs["adds_to"] == ""]
    log_beta = at_37 + pairs["adds_to"].map(base).fillna(0.0)

    solids = _chosen(reference("minerals"), "mineral", name)

    def member(groups):
        return np.array([next((i for i, g in enumerate(groups) if row[g]), -1) for _, row in pairs.iterrows()])

    charge, metal, ligand = pairs["charge"].to_numpy(float), member(METALS), member(LIGANDS)
    squares = np.append(_METAL_CHARGE, 0)[metal] ** 2 + np.append(_LIGAND_CHARGE, 0)[ligand] ** 2 - charge**2
    gather = np.zeros((19, len(pairs)))
    for i, (m, lig) in enumerate(zip(metal, ligand, strict=True)):
        if lig >= 0:
            gather[lig if m < 0 else 3 + 4 * lig + m, i] = 1
        elif m >= 0:
            gather[15 + m, i] = 1
    return _Constants(
        name,
        tuple(pairs["species"]),
        charge,
        metal,
        ligand,
        pairs["hydrogen"].to_numpy(float)[:, None],
        log_beta.to_numpy(float)[:, None],
        squares[:, None],
        gather,
        pd.Index([*_ION.values(), *_BASE.values(), *pairs["species"], "calcium on protein", "magnesium on protein"]),
        list(pairs["species"]).index("HPO4-2"),
        list(pairs["species"]).index("OH-"),
        pd.Index(solids["mineral"], name=None),
        solids[list(_MINERAL_IONS)].to_numpy(float),
        solids["log_ksp"].to_numpy(float),
    )


def _log_gamma(ionic_strength):
    """log10 of the activity coefficient of a singly charged ion (Davies); multiply by charge squared."""
    p = plasma()
    root = np.sqrt(ionic_strength)
    return -p["debye_huckel"] * (root / (1 + root) - p["davies_term"] * ionic_strength)


# ------------------------------------------------------------------------------------------------------- result
@dataclass(frozen=True)
class Speciation:
    """Equilibrium of one solution, or of many with the shape of the inputs broadcast together.

    Concentrations are in mmol/L, activities in mol/L. Made by `speciate`.
    """

    totals: dict  # of calcium, magnesium, sodium, potassium, phosphate, carbonate and citrate
    ph: np.ndarray
    ionic_strength: np.ndarray
    constants: str
    chloride: np.ndarray
    unmeasured_charge: np.ndarray  # of anions left out, less that of cations; 0 where chloride closes the balance
    _species: np.ndarray = field(repr=False)  # (forms, points)
    _log_activity: np.ndarray = field(repr=False)  # (_MINERAL_IONS, points)
    _shape: tuple = field(repr=False)

    def _series(self, rows, index, name):
        values = [_scalar(row.reshape(self._shape)) for row in rows]
        return pd.Series(values, index=index, name=name, dtype=object if self._shape else float)

    @cached_property
    def species(self):
        """Every free ion, ion pair and protein-bound form [mmol/L] (Series)."""
        return self._series(self._species, _constants(self.constants).forms, "mmol/L")

    @property
    def ionised_calcium(self):
        """Free calcium [mmol/L]."""
        return self.species["Ca+2"]

    @property
    def saturation_index(self):
        """log10(ion product / solubility product) of each mineral (Series).

        Above 0 the mineral can grow, below 0 it dissolves. The index counts the ions of a formula unit: compare it
        between solutions for one mineral, or use `saturation_per_ion` to compare minerals.
        """
        return self._per_mineral("saturation index")

    @property
    def saturation_per_ion(self):
        """Saturation index divided by the number of ions in the ion product: comparable between minerals (Series)."""
        return self._per_mineral("saturation per ion", per_ion=True)

    def _per_mineral(self, name, per_ion=False):
        c = _constants(self.constants)
        with np.errstate(invalid="ignore"):
            terms = c.stoichiometry[:, :, None] * self._log_activity
        # an absent ion that a mineral does not contain must not turn into nan
        rows = np.where(c.stoichiometry[:, :, None] == 0, 0.0, terms).sum(axis=1) - c.log_ksp[:, None]
        if per_ion:
            rows = rows / c.stoichiometry.sum(axis=1, keepdims=True)
        return self._series(rows, c.minerals, name)

    def fractions(self, total):
        """Share of a total that sits in each form: `total` is calcium, magnesium, phosphate or citrate (Series, sums to 1).

        Raises InputError for another name.
        """
        c = _constants(self.constants)
        if total in METALS:
            group, free = c.metal == METALS.index(total), _ION[total]
        elif total in LIGANDS:
            group, free = c.ligand == LIGANDS.index(total), _BASE[total]
        else:
            raise InputError(f"fractions({total!r}): choose one of {', '.join(METALS + LIGANDS)}")
        names = [free] + [s for s, yes in zip(c.species, group, strict=True) if yes]
        bound = f"{total} on protein"
        if bound in self.species:
            names.append(bound)
        part = self.species[names]
        return pd.Series(part / self.totals[total], name=f"share of {total}")


def _scalar(value):
    return float(value) if np.ndim(value) == 0 else value


# -------------------------------------------------------------------------------------------------------- input
def _checked(name, value, lower, upper, unit):
    try:
        array = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        raise InputError(f"{name}={value!r} is not a number (unit: {unit})") from None
    if array.size == 0:
        raise InputError(f"{name} is empty")
    bad = ~((array >= lower) & (array <= upper))
    if bad.any():
        raise InputError(f"{name}={array[bad].flat[0]:g} {unit} is outside {lower:g} to {upper:g} {unit}")
    return array


@lru_cache(maxsize=1)
def _bounds():
    table = reference("plasma").set_index("name")
    return {name: (row["lower"], row["upper"], row["unit"]) for name, row in table.iterrows()}


def _input(name, value):
    return _checked(name, plasma()[name] if value is None else value, *_bounds()[name])


# ------------------------------------------------------------------------------------------------------- solver
def _conditional(c, ph, ionic_strength):
    """Concentration constants at this pH and ionic strength: side sums of ligands, pairs, lone metal hydroxides."""
    # H+ enters as an activity, 10^-pH
    return 10.0 ** (c.log_beta + c.squares * _log_gamma(ionic_strength) - c.hydrogen * ph)


def _solve(c, k, metals, ligands, protein, fixed_calcium):
    """Free metals and fully deprotonated ligands [mol/L]. All arrays have the same trailing shape (n,).

    Unknown y = ligand concentration over what it would be without metals, so 0 < y <= 1 and a zero total needs no care.
    """
    n = k.shape[1]
    sums = c.gather @ k
    side, pair, lone = 1 + sums[:3], sums[3:15].reshape(3, 4, n), 1 + sums[15:] + protein
    scale = ligands / side
    y = np.ones((3, n))
    for _ in range(60):
        free = scale * y
        s = lone + (pair * free[:, None]).sum(axis=0)
        m = metals / s
        if fixed_calcium is not None:
            m[0] = fixed_calcium
        load = (pair * m).sum(axis=1) / side
        residual = y * (1 + load) - 1
        if np.max(np.abs(residual)) < 1e-13:
            return free, m
        slope = m / s  # minus the response of free metal to one unit of ligand pairing
        if fixed_calcium is not None:
            slope[0] = 0.0
        jac = -np.einsum("lmn,kmn->nlk", pair * slope, pair * scale[:, None])
        jac *= (y / side).T[:, :, None]
        jac[:, [0, 1, 2], [0, 1, 2]] += (1 + load).T
        step = np.linalg.solve(jac, residual.T[:, :, None])[:, :, 0].T
        y = np.maximum(y - step, y / 10)
    if np.max(np.abs(residual)) < 1e-10:
        return free, m
    raise InputError("no chemical equilibrium found for this composition: are all concentrations in mmol/L?")


@lru_cache(maxsize=32)
def _protein_constants(name):
    """Protein binding of calcium and magnesium [bound per free] in healthy plasma, derived from `data/plasma.csv`.

    Calcium: what is left of the total after the healthy ionised calcium and its pairs. Magnesium: the published share.
    """
    p = plasma()
    c = _constants(name)
    k = _conditional(c, np.array([p["ph"]]), np.array([p["ionic_strength"]]))
    ligands = np.array([[p["phosphate"]], [_bicarbonate(p["ph"], p["pco2"])], [p["citrate"]]]) / 1000
    unbound = p["magnesium"] * (1 - p["magnesium_protein_share"])
    metals = np.array([[p["calcium"]], [unbound], [p["sodium"]], [p["potassium"]]]) / 1000
    free_l, free_m = _solve(c, k, metals, ligands, np.zeros((4, 1)), np.array([p["ionised_calcium"] / 1000]))
    paired = sum(
        k[i, 0] * free_m[0, 0] * (free_l[c.ligand[i], 0] if c.ligand[i] >= 0 else 1.0)
        for i in range(len(c.species))
        if c.metal[i] == 0
    )
    on_protein = p["calcium"] - p["ionised_calcium"] - 1000 * paired
    return (on_protein / p["ionised_calcium"], p["magnesium"] * p["magnesium_protein_share"] / (1000 * free_m[1, 0]))


def _bicarbonate(ph, pco2):
    p = plasma()
    return p["co2_solubility"] * pco2 * 10 ** (ph - p["pk_bicarbonate"])


def speciate(
    calcium=None,
    phosphate=None,
    magnesium=None,
    ph=None,
    pco2=None,
    *,
    citrate=None,
    albumin=None,
    sodium=None,
    potassium=None,
    bicarbonate=None,
    chloride=None,
    ionised_calcium=None,
    ionic_strength=None,
    constants="default",
):
    """Free ions, ion pairs and saturation indices of a solution at 37 C.

    What is not given has the value of healthy plasma (`data/plasma.csv`). Every argument may be a number or an array;
    arrays broadcast together.

    Parameters
    ----------
    calcium, phosphate, magnesium, citrate, sodium, potassium : total concentration [mmol/L]
    ph : acidity, 6 to 8.5
    pco2 : carbon dioxide [kPa]; sets bicarbonate by the Henderson-Hasselbalch equation
    bicarbonate : total bicarbonate and carbonate [mmol/L], instead of `pco2`
    albumin : [g/L]; binds calcium and magnesium in proportion, more at higher pH. 0 for a salt solution
    chloride : [mmol/L]; left out, it closes the charge balance and stands for every other anion too
    ionised_calcium : free calcium [mmol/L], instead of `calcium`
    ionic_strength : [mol/L], 0 to 0.5; "computed" takes it from the composition
    constants : name of a set of constants (see `constant_sets`)

    Returns
    -------
    Speciation

    Raises
    ------
    InputError : a concentration below zero, pH outside 6 to 8.5, two arguments for one thing, or charges that no
        chloride and no plausible unmeasured ion can balance
    """
    if calcium is not None and ionised_calcium is not None:
        raise InputError("give calcium or ionised_calcium, not both")
    if pco2 is not None and bicarbonate is not None:
        raise InputError("give pco2 or bicarbonate, not both")
    p = plasma()
    c = _constants(constants)
    ph = _input("ph", ph)
    hco3 = (
        _bicarbonate(ph, _input("pco2", pco2))
        if bicarbonate is None
        else _checked("bicarbonate", bicarbonate, 0, 1000, "mmol/L")
    )
    values = {
        "calcium": _input("calcium", calcium) if ionised_calcium is None else np.asarray(0.0),
        "magnesium": _input("magnesium", magnesium),
        "sodium": _input("sodium", sodium),
        "potassium": _input("potassium", potassium),
        "phosphate": _input("phosphate", phosphate),
        "carbonate": hco3,
        "citrate": _input("citrate", citrate),
        "albumin": _input("albumin", albumin),
        "ph": ph,
        "ionised_calcium": np.asarray(0.0) if ionised_calcium is None else _input("ionised_calcium", ionised_calcium),
        "chloride": np.asarray(0.0) if chloride is None else _checked("chloride", chloride, 0, 1000, "mmol/L"),
    }
    computed = isinstance(ionic_strength, str) and ionic_strength == "computed"
    values["ionic_strength"] = _input("ionic_strength", None if computed else ionic_strength)
    try:
        arrays = np.broadcast_arrays(*values.values())
    except ValueError:
        shapes = ", ".join(f"{k} {np.shape(v)}" for k, v in values.items() if np.ndim(v))
        raise InputError(f"arrays do not broadcast together: {shapes}") from None
    shape = arrays[0].shape
    v = {name: np.ravel(a).astype(float) for name, a in zip(values, arrays, strict=True)}

    kca, kmg = _protein_constants(constants)
    share = p["protein_albumin_share"]
    # globulins are taken to follow albumin to zero, so that albumin=0 means a solution without protein
    per_free = np.where(v["albumin"] > 0, share * v["albumin"] / p["albumin"] + 1 - share, 0.0)
    per_free = per_free * 10 ** (p["protein_ph_slope"] * (v["ph"] - p["ph"]))
    zero = np.zeros_like(per_free)
    protein = np.array([kca * per_free, kmg * per_free, zero, zero])
    metals = np.array([v[m] for m in METALS]) / 1000
    ligands = np.array([v[name] for name in LIGANDS]) / 1000
    fixed = None if ionised_calcium is None else v["ionised_calcium"] / 1000

    strength = v["ionic_strength"]
    for _ in range(100):
        k = _conditional(c, v["ph"], strength)
        free_l, free_m = _solve(c, k, metals, ligands, protein, fixed)
        conc = _species_concentrations(c, k, free_m, free_l)
        ionic = _ionic_strength(c, conc, free_m, free_l, v, protein, None if chloride is None else v["chloride"])
        if not computed:
            break
        highest = _bounds()["ionic_strength"][1]
        if np.max(ionic["strength"]) > highest:
            raise InputError(
                f"the ionic strength of this composition is above {highest:g} mol/L, where the Davies equation fails"
            )
        if np.max(np.abs(ionic["strength"] - strength)) < 1e-10:
            break
        strength = ionic["strength"]
    _refuse_impossible_charge(ionic, p["unmeasured_charge"], chloride is not None)
    return _pack(c, v, conc, free_m, free_l, protein, strength, ionic, shape, ionised_calcium is not None)


def _species_concentrations(c, k, free_m, free_l):
    """Concentration of each listed species [mol/L], shape (species, n)."""
    one = np.ones((1, free_m.shape[1]))
    with_m = np.vstack([free_m, one])[c.metal]
    with_l = np.vstack([free_l, one])[c.ligand]
    return k * with_m * with_l


def _ionic_strength(c, conc, free_m, free_l, v, protein, chloride):
    """Charges in mol/L. Chloride closes the balance unless it is given; then what is left over is `gap`."""
    p = plasma()
    h = 10.0 ** -v["ph"]
    albumin = v["albumin"] * np.maximum(p["albumin_charge_slope"] * v["ph"] - p["albumin_charge_offset"], 0) / 1000
    # protein-bound metal is counted with its charge: the charge of albumin is that of the bare protein
    positive = _METAL_CHARGE @ (free_m * (1 + protein))
    net = h + positive + c.charge @ conc + _LIGAND_CHARGE @ free_l - albumin
    cl = net if chloride is None else chloride / 1000
    gap = net - cl
    strength = 0.5 * (
        h + _METAL_CHARGE**2 @ free_m + _LIGAND_CHARGE**2 @ free_l + c.charge**2 @ conc + np.abs(cl) + np.abs(gap)
    )
    return {"strength": strength, "chloride": cl, "gap": gap}


def _refuse_impossible_charge(ionic, largest, given):
    if given:
        worst = 1000 * ionic["gap"][np.argmax(np.abs(ionic["gap"]))]
        if abs(worst) > largest:
            raise InputError(
                f"impossible charge balance: {worst:+.0f} mmol/L of charge is left over with this chloride, sodium and"
                f" bicarbonate; between -{largest:g} and {largest:g} mmol/L can be ions that were not measured"
            )
    elif np.min(ionic["chloride"]) < 0:
        raise InputError(
            f"impossible charge balance: the anions carry {-1000 * np.min(ionic['chloride']):.0f} mmol/L more charge"
            " than the cations even without chloride; raise sodium or lower bicarbonate, phosphate or albumin"
        )


def _pack(c, v, conc, free_m, free_l, protein, strength, ionic, shape, fixed):
    def back(a):
        return _scalar(np.reshape(a, shape))

    lg = _log_gamma(strength)
    bound = free_m[:2] * protein[:2]
    totals = {name: back(v[name]) for name in METALS + LIGANDS}
    if fixed:
        paired = conc[c.metal == 0].sum(axis=0)
        totals["calcium"] = back(1000 * (free_m[0] + bound[0] + paired))
    with np.errstate(divide="ignore"):
        ions = np.array([free_m[0], conc[c.hpo4], free_l[0], np.ones_like(lg * v["ph"]), conc[c.oh]])
        log_activity = np.log10(ions) + np.array([4, 4, 9, 0, 1])[:, None] * lg
    log_activity[3] = -v["ph"]
    return Speciation(
        totals=totals,
        ph=back(v["ph"]),
        ionic_strength=back(strength),
        constants=c.name,
        chloride=back(1000 * ionic["chloride"]),
        unmeasured_charge=back(1000 * ionic["gap"]),
        _species=1000 * np.concatenate((free_m, free_l, conc, bound)),
        _log_activity=log_activity,
        _shape=shape,
    )


# ---------------------------------------------------------------------------------------------- tables and maps
def compare_constants(**composition):
    """The same solution with every set of constants: one row a set, one column a mineral's saturation index (DataFrame).

    Takes the arguments of `speciate` (numbers, not arrays) except `constants`; raises what `speciate` raises.
    """
    rows = {name: speciate(constants=name, **composition).saturation_index for name in constant_sets()}
    return pd.DataFrame(rows).T.rename_axis("constants")


@dataclass(frozen=True)
class SaturationMap:
    """Saturation indices over a grid: `saturation_index[mineral]` has shape (phosphate, calcium)."""

    calcium: np.ndarray  # [mmol/L], first axis of the picture (columns)
    phosphate: np.ndarray  # [mmol/L], second axis (rows)
    saturation_index: dict
    product: np.ndarray  # calcium x phosphate [mmol2/L2]


def saturation_map(calcium=None, phosphate=None, **rest):
    """Saturation index of every mineral over total calcium and phosphate.

    calcium, phosphate : 1-D axes [mmol/L]; left out, 100 points from 1.6 to 3.6 and from 0.4 to 3.0
    rest : other arguments of `speciate` (numbers)

    Returns SaturationMap; raises InputError as `speciate` does.
    """
    calcium = np.linspace(1.6, 3.6, 100) if calcium is None else np.atleast_1d(np.asarray(calcium, dtype=float))
    phosphate = np.linspace(0.4, 3.0, 100) if phosphate is None else np.atleast_1d(np.asarray(phosphate, dtype=float))
    grid_ca, grid_p = np.meshgrid(calcium, phosphate)
    index = speciate(grid_ca, grid_p, **rest).saturation_index
    return SaturationMap(calcium, phosphate, dict(index), grid_ca * grid_p)


def calcium_phosphate_product(calcium, phosphate):
    """Total calcium times phosphate (both in mmol/L) in both systems of units.

    Returns Series with `mmol2/L2` and `mg2/dL2` (phosphate as phosphorus). Raises InputError below zero.
    """
    product = _input("calcium", calcium) * _input("phosphate", phosphate)
    dtype = object if np.ndim(product) else float
    both = {"mmol2/L2": _scalar(product), "mg2/dL2": _scalar(product * _product_factor())}
    return pd.Series(both, dtype=dtype)


def _product_factor():
    """mg2/dL2 per mmol2/L2 (phosphate as phosphorus), from the registry of quantities."""
    return quantity("total_calcium").conventional_per_si * quantity("phosphate").conventional_per_si


def product_thresholds():
    """Historical thresholds of calcium times phosphate (DataFrame: mmol2/L2, mg2/dL2, label, evidence, source)."""
    table = reference("product_thresholds")
    return pd.DataFrame(
        {
            "mmol2/L2": table["threshold"] / _product_factor(),
            "mg2/dL2": table["threshold"],
            "label": table["label"],
            "evidence": table["evidence"],
            "source": table["source"],
            "note": table["note"],
        }
    )


def product_evidence():
    """What studies say of the product in patients, for and against it (DataFrame, `data/product_evidence.csv`)."""
    return reference("product_evidence")


# -------------------------------------------------------------------------------------------- ripening (T50)
@lru_cache(maxsize=1)
def inhibitors():
    """What shortens or lengthens the ripening time (DataFrame, `data/inhibitors.csv`, index = argument name)."""
    table = reference("inhibitors").set_index("name")
    table["reference"] = table["reference"].fillna(pd.Series(plasma()))  # healthy values stand in one place
    return table


@lru_cache(maxsize=1)
def ripening_data():
    """Published ripening times (DataFrame, `data/ripening.csv`): mean, SD [min], number of people, use in the model."""
    return reference("ripening")


@lru_cache(maxsize=1)
def _reference_ripening_time():
    return float(ripening_data().set_index("use").loc["reference", "t50"])


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
    unknown = set(serum) - set(table.index)
    if unknown:
        raise InputError(f"ripening_time has no {min(unknown)!r}; it knows: {', '.join(table.index)}")
    minutes = _reference_ripening_time()
    for name, value in serum.items():
        row = table.loc[name]
        minutes = (
            minutes
            * (_checked(name, value, row["lower"], row["upper"], row["unit"]) / row["reference"]) ** row["exponent"]
        )
    return _scalar(minutes)
