// Solution chemistry of plasma: free ions, pairs and saturation, as calphos.chemistry.speciation works them out.
// Each metal pairs with one ligand at a time, so free metals and free ligands are worked out in turn until they agree.
const METAL_CHARGE = [2, 2, 1, 1], LIGAND_CHARGE = [-3, -2, -3];
const logGamma = (strength) => {
  const { debye_huckel, davies_term } = SOLUTION.plasma, root = Math.sqrt(strength);
  return -debye_huckel * (root / (1 + root) - davies_term * strength);
};
// Concentration constants at a pH: side forms of the ligands, pairs of ligand and metal, hydroxides of the metals.
function conditional(c, ph, strength) {
  const g = logGamma(strength);
  const k = c.log_beta.map((log, i) => 10 ** (log + c.squares[i] * g - c.hydrogen[i] * ph));
  const side = [1, 1, 1], lone = [1, 1, 1, 1], pair = Array.from({ length: 3 }, () => [0, 0, 0, 0]);
  k.forEach((value, i) => {
    const metal = c.metal[i], ligand = c.ligand[i];
    if (ligand >= 0) { if (metal < 0) side[ligand] += value; else pair[ligand][metal] += value; }
    else if (metal >= 0) lone[metal] += value;
  });
  return { k, side, lone, pair };
}
// Free metals and fully deprotonated ligands [mol/L].
function equilibrium({ side, lone, pair }, metals, ligands, protein) {
  const bare = ligands.map((total, l) => total / side[l]);
  let free = bare;
  for (let turn = 0; turn < 5000; turn++) {
    const m = metals.map((total, j) => total / pair.reduce((sum, row, l) => sum + row[j] * free[l], lone[j] + protein[j]));
    const before = free;
    free = bare.map((value, l) => value / (1 + pair[l].reduce((sum, k, j) => sum + k * m[j], 0) / side[l]));
    if (free.every((value, l) => before[l] - value <= 1e-14 * before[l])) return { free, m };
  }
  throw new Refused("no chemical equilibrium found for this composition: are all concentrations in mmol/L?");
}
// What a solution holds: ionised calcium [mmol/L] and each mineral's saturation index, whole and per ion.
function speciate(given, name = "default", known = null) {
  const { plasma, bounds } = SOLUTION, c = SOLUTION.sets[name];
  const v = { ...plasma, ...given };
  for (const key of Object.keys(given)) {
    const [low, high, unit] = bounds[key];
    if (!(given[key] >= low && given[key] <= high)) throw new Refused(`${key}: ${general(given[key])} is outside its bounds (allowed: ${general(low)} to ${general(high)} ${unit})`);
  }
  const constants = known || conditional(c, v.ph, plasma.ionic_strength);
  const bicarbonate = plasma.co2_solubility * v.pco2 * 10 ** (v.ph - plasma.pk_bicarbonate);
  const share = plasma.protein_albumin_share;
  const per = (v.albumin > 0 ? (share * v.albumin) / plasma.albumin + 1 - share : 0) * 10 ** (plasma.protein_ph_slope * (v.ph - plasma.ph));
  const protein = [c.protein[0] * per, c.protein[1] * per, 0, 0];
  const metals = [v.calcium, v.magnesium, v.sodium, v.potassium].map((x) => x / 1000);
  const ligands = [v.phosphate, bicarbonate, v.citrate].map((x) => x / 1000);
  const { free, m } = equilibrium(constants, metals, ligands, protein);
  const g = logGamma(plasma.ionic_strength);
  const species = (i) => constants.k[i] * (c.metal[i] >= 0 ? m[c.metal[i]] : 1) * (c.ligand[i] >= 0 ? free[c.ligand[i]] : 1);
  if (!known) refuseCharge(c, v, protein, m, free, species);
  const ions = [Math.log10(m[0]) + 4 * g, Math.log10(species(c.hpo4)) + 4 * g, Math.log10(free[0]) + 9 * g, -v.ph, Math.log10(species(c.oh)) + g];
  const index = {}, perIon = {};
  c.minerals.forEach((mineral, i) => {
    let sum = -c.log_ksp[i], count = 0;
    c.stoichiometry[i].forEach((n, j) => { if (n) sum += n * ions[j]; count += n; });
    index[mineral] = sum;
    perIon[mineral] = sum / count;
  });
  return { ionised: 1000 * m[0], index, perIon, constants };
}
function refuseCharge(c, v, protein, m, free, species) {
  const { plasma } = SOLUTION;
  const albumin = (v.albumin * Math.max(plasma.albumin_charge_slope * v.ph - plasma.albumin_charge_offset, 0)) / 1000;
  let net = 10 ** -v.ph - albumin;
  m.forEach((value, j) => { net += METAL_CHARGE[j] * value * (1 + protein[j]); });
  free.forEach((value, l) => { net += LIGAND_CHARGE[l] * value; });
  c.charge.forEach((charge, i) => { net += charge * species(i); });
  if (net < 0) throw new Refused(`impossible charge balance: the anions carry ${fixed(-1000 * net, 0)} mmol/L more charge than the cations even without chloride; raise sodium or lower bicarbonate, phosphate or albumin`);
}
// The line at which brushite forms: for each phosphate the calcium where its index is zero (null where there is none).
function brushiteLine(given, name) {
  const { calcium, phosphate, ...rest } = given, [[c0, c1], [p0, p1]] = SOLUTION.map;
  // Two steps beyond the axis, so that the line reaches its edge.
  const xs = linspace(c0, c1 + (2 * (c1 - c0)) / 15, 18), ys = linspace(p0, p1, 24), { constants } = speciate(rest, name);
  const points = [];
  for (const y of ys) {
    const row = xs.map((x) => speciate({ ...rest, calcium: x, phosphate: y }, name, constants).index.brushite);
    let at = null;
    for (let i = 1; i < xs.length && at === null; i++) {
      if (row[i - 1] <= 0 && row[i] >= 0) at = xs[i - 1] + (-row[i - 1] / (row[i] - row[i - 1])) * (xs[i] - xs[i - 1]);
    }
    points.push([at, y]);
  }
  return points;
}
const signed = (index) => `${index < 0 || Object.is(index, -0) ? "" : "+"}${fixed(index, 2)}`.replace("-", "\u2212");
