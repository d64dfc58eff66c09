"""Where mineral settles: the soft-tissue rules of the body model, applied site by site.

The rates are those of `calphos.model.body.soft_tissue`, with the same parameters. A site differs from the body as a whole by
its pH, its share of deposition, its share of vessel muscle, and injury. With every pH at that of blood the sites add up
to the deposits of the whole body. **Every rate and every share is assumed**: compare sites and treatments, read
directions and thresholds, but no amounts or years. No interstitial pH was found measured at any site: that of the table
is a hypothesis to move.
"""

from collections import namedtuple
from functools import lru_cache

import numpy as np
import pandas as pd

from calphos.chemistry.speciation import ripening_time
from calphos.model.body import soft_tissue
from calphos.model.changes import apply, changes
from calphos.model.parameters import defaults, parameter
from calphos.model.patient import Patient
from calphos.model.profiles import DAY
from calphos.model.simulation import simulate
from calphos.tables.errors import InputError, find, number
from calphos.tables.references import reference

ASSUMED = "Rates and shares of sites are assumed: only directions and thresholds mean anything."

Sense = namedtuple("Sense", "calcium phosphate klotho")  # of blood, 1 in health
_Held = namedtuple("_Held", "labile_deposit mature_deposit osteogenic")


@lru_cache(maxsize=8)
def by_name(table):
    """The table "sites", "calcification_kinds" or "calcification_treatments" by its first column (DataFrame; do not change it)."""
    rows = reference(table)
    return rows.set_index(rows.columns[0])


def _treated(patient, kind, treatment, dose, settings):
    """The patient with the disorder of the kind, other settings and a treatment, and the treatment's factors at sites."""
    patient = Patient() if patient is None else patient
    if not isinstance(patient, Patient):
        raise InputError(f"patient must be a Patient, not {type(patient).__name__}")
    if kind is not None:
        kinds = by_name("calcification_kinds")
        row = kinds.loc[find(kind, kinds.index, "kind")]
        if row["disorder"]:
            patient = Patient(disorder=row["disorder"], severity=row["severity"], **patient.settings)
    patient, factors = patient.with_(**settings), {"growth": 1.0, "bone_like": 1.0}
    if treatment is not None:
        table = by_name("calcification_treatments")
        row = table.loc[find(treatment, table.index, "treatment")]
        dose = number(row["usual"] if dose is None else dose, "dose", 0, 1)
        if row["treatment"]:
            patient = patient.with_(treatment=row["treatment"], dose=dose)
        changed = apply({**patient.settings, **factors}, "calcification treatment", treatment, dose)
        factors = {name: changed.pop(name) for name in factors}
        patient = patient.with_(**changed)
    return patient, factors


def site_settings(patient, kind, ph, injury):
    """Label, pH, injury, share of deposition and of vessel muscle of every site (DataFrame): from the tables, then from the
    kind, then as asked (a number for all, or a dict)."""
    # Where injury is localised by the kind, the rest of the body is whole.
    at = by_name("sites")[["label", "ph", "exposure", "vessel"]]
    at = at.assign(injury=0.0 if kind else patient.at(0.0).injury)
    for change in changes("calcification kind").get(kind, ()):
        value = change.at(1)
        if change.setting == "exposure":  # what one site attracts is missing elsewhere
            at["exposure"] *= (1 - value) / (1 - at.at[change.site, "exposure"])
        at.at[change.site, change.setting] = value
    for setting, asked, row in (("ph", ph, parameter("ph_site")), ("injury", injury, parameter("injury"))):
        if asked is not None and not isinstance(asked, dict):
            asked = dict.fromkeys(at.index, asked)
        for site, value in (asked or {}).items():
            at.at[find(site, at.index, "site"), setting] = row.check(value)
    return at


def _between(values):
    """A namedtuple with what changes with time (the rows of its matrices) at the mean of each step's ends."""
    return values._make((value[1:] + value[:-1]) / 2 if np.ndim(value) == 2 else value for value in values)


def _at_sites(p, at, growth=1.0, bone_like=1.0):
    """Parameters of the tissue as rows over sites."""
    share = at["exposure"].to_numpy() * growth
    return p._replace(
        precipitation_rate=p.precipitation_rate * share,
        injury_rate=p.injury_rate * share,
        osteogenic_rate=p.osteogenic_rate * at["vessel"].to_numpy() * growth * bone_like,
        maturation_time=p.maturation_time / growth,
        ph_site=at["ph"].to_numpy(),
        injury=at["injury"].to_numpy(),
    )


def _start(at):
    """What each site holds in health, at its own pH: labile and mature [mmol]."""
    p = defaults()
    held = _Held(1.0, 1.0, p.osteogenic_rest)
    rates = soft_tissue.soft_tissue(held, _at_sites(p, at.assign(injury=0.0)), Sense(1.0, 1.0, 1.0))
    labile = rates.deposited / (rates.dissolved + rates.matured)
    return labile, (rates.matured * labile + rates.grown) / rates.lost


def _relax(start, source, rate, steps):
    """Course of amount' = source - rate * amount, exact while both are held over each step: shape (steps + 1, n)."""
    rest, fade = np.broadcast_arrays(source / rate, np.exp(-rate * steps))
    out = np.empty((len(steps) + 1, rest.shape[1]))
    out[0] = start
    for i in range(len(steps)):
        out[i + 1] = rest[i] + (out[i] - rest[i]) * fade[i]
    return out


def _integrate(hours, p, sense, here, at):
    """Labile and mature mineral [mmol] at each time (rows) and site (columns), and what was laid down in all.

    The rules are linear in the deposits, so each stored interval is solved exactly with blood at the mean of its ends.
    """
    steps = np.diff(hours)[:, None]
    here, blood = _between(here), _between(sense)
    # The slopes of the rules are their values at one unit of each state.
    rates, full = (soft_tissue.soft_tissue(_Held(1.0, 1.0, cells), here, blood) for cells in (0.0, 1.0))
    cells = _relax(p.osteogenic_rest, rates.osteogenic, rates.osteogenic - full.osteogenic, steps)
    grown = full.grown * ((cells[1:] + cells[:-1]) / 2) ** 2
    leaving = rates.dissolved + rates.matured
    labile, mature = _start(at)
    labile = _relax(labile, rates.deposited, leaving, steps)
    # Mean labile mineral over a step, from its own balance.
    mean = (rates.deposited * steps - np.diff(labile, axis=0)) / (leaving * steps)
    mature = _relax(mature, rates.matured * mean + grown, rates.lost, steps)
    return labile, mature, ((rates.deposited + grown) * steps).sum(axis=0)


def _run(patient=None, *, years=10, kind=None, treatment=None, dose=None, ph=None, injury=None, **settings):
    """The course, the sites as set, and what `_integrate` gives."""
    patient, factors = _treated(patient, kind, treatment, dose, settings)
    periodic = {name: profile.mean() for name, profile in patient.repeating.items()}
    course = simulate(patient.with_(**periodic), years=years)
    # The parameters with their profiles, and what the tissue senses, as columns of time.
    p = course.patient.at(course.hours[:, None])
    calcium, phosphate, klotho = (
        course[name].to_numpy()[:, None] for name in ("ionised_calcium", "phosphate", "klotho")
    )
    sense = Sense(calcium / p.healthy_ionised_calcium, phosphate / p.healthy_phosphate, klotho)
    at = site_settings(patient, kind, ph, injury)
    return course, at, _integrate(course.hours, p, sense, _at_sites(p, at, **factors), at)


def site_table(patient=None, *, years=10, kind=None, treatment=None, dose=None, ph=None, injury=None, **settings):
    """Deposits at every site after some years (DataFrame, index site). All rates are assumed (`.attrs["note"]`).

    patient : a Patient (default: healthy)
    kind : a row of the table `calcification_kinds`, which sets the disorder and the injured sites; the patient's own
        settings win over it
    settings : further settings of the patient, such as fetuin_a=0.5
    treatment, dose : a name of the table `calcification_treatments` and how much of it, 0 to 1 (default: the usual)
    ph, injury : one number for every site, or {site: number}; otherwise those of the tables

    Columns: label; ph; injury; labile, mature [mmol]; gained [mmol more than in health]; laid_down [mmol settled over the
    years, before any dissolved]. `.attrs["ripening_time"]` is that of the blood at the end [min].

    Raises InputError for unknown names and values out of bounds.
    """
    options = {"kind": kind, "treatment": treatment, "dose": dose, "ph": ph, "injury": injury}
    course, at, (labile, mature, laid_down) = _run(patient, years=years, **options, **settings)
    held = labile + mature
    table = at[["label", "ph", "injury"]].assign(
        labile=labile[-1], mature=mature[-1], gained=held[-1] - held[0], laid_down=laid_down
    )
    now = {**course.patient.at(course.hours[-1])._asdict(), **course.final}
    dissolved = ("ionised_calcium", "phosphate", "magnesium", "fetuin_a", "pyrophosphate", "albumin")
    table.attrs = {"note": ASSUMED, "ripening_time": ripening_time(**{name: now[name] for name in dissolved})}
    return table


def site_course(patient=None, **options):
    """Deposits over time: DataFrame with days as index and columns (site, "labile" or "mature") [mmol].

    Takes what `site_table` takes. A patient whose settings change (for example `gfr=steps(...)` for a transplant) shows
    labile mineral going and mature mineral staying. All rates are assumed (`.attrs["note"]`).
    """
    course, at, (labile, mature, _) = _run(patient, **options)
    columns = pd.MultiIndex.from_product([list(at.index), ["labile", "mature"]])
    held = np.stack([labile, mature], axis=2).reshape(len(labile), -1)
    table = pd.DataFrame(held, pd.Index(course.hours / DAY, name="day"), columns)
    table.attrs["note"] = ASSUMED
    return table


def compare_treatments(kind="medial", years=5):
    """What each treatment does in the model, beside what studies found: DataFrame, index treatment.

    Columns: label, acts_on, laid_down [% of the mineral laid down without treatment, all sites], in_the_model (less,
    same or more), status (of trials), studies (number of outcomes read in the tables `trials` and `calcification_trials`).
    The per cent is no effect size, for the strengths are assumed: show the direction.
    """
    kinds = by_name("calcification_kinds")
    blood = kinds.loc[find(kind, kinds.index, "kind"), "blood"]
    outcome = {"kind": ["surrogate", "outcome", "harm", "experiment"]}
    studies = pd.concat([reference(table, **outcome) for table in ("trials", "calcification_trials")])
    told = ["treatment", "trial", "population", "outcome", "p", "source"]
    counts = studies.drop_duplicates(told)["treatment"].value_counts()
    table = by_name("calcification_treatments")[["label", "acts_on", "status"]].rename_axis("treatment")
    if blood == "normal":  # nothing to correct there
        table = table[~table["acts_on"].str.startswith("blood")]
    runs = (site_table(kind=kind, years=years, treatment=name) for name in (None, *table.index))
    untreated, *treated = (run["laid_down"].sum() for run in runs)
    share = np.array(treated) / untreated
    table.insert(2, "laid_down", 100 * share)
    table.insert(3, "in_the_model", np.select([share < 0.98, share > 1.02], ["less", "more"], "same"))
    table["studies"] = counts.reindex(table.index, fill_value=0)
    table.attrs = {"note": ASSUMED}
    return table
