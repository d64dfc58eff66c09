// Where mineral settles: the rules of soft tissue at each site, as calphos.chemistry.sites works them out.
const parametersOf = (settings) => Object.fromEntries(NAMES.map((name) => [name, settings[name] ?? MODEL.parameters[name].value]));
function atSite(p, site) {
  return {
    ...p, deposition_rate: p.deposition_rate * site.exposure, precipitation_rate: p.precipitation_rate * site.exposure,
    injury_rate: p.injury_rate * site.exposure, osteogenic_rate: p.osteogenic_rate * site.vessel, ph_site: site.ph, injury: site.injury,
  };
}
const CALM = { calcium: 1, phosphate: 1, klotho: 1 };
// What a site holds in health at its own pH: labile and mature mineral [mmol].
function siteStart(site) {
  const p = parametersOf({}), here = atSite(p, { ...site, injury: 0 });
  const rates = tissue({ labile_deposit: 1, mature_deposit: 1, osteogenic: p.osteogenic_rest }, here, CALM);
  const labile = rates.deposited / (rates.dissolved + rates.matured);
  return [labile, (rates.matured * labile + rates.grown) / rates.lost];
}
// Labile and mature mineral [mmol] of each site at the end of a course. The rules are linear in the deposits, so each stored
// interval is solved exactly with blood at the mean of its ends.
function siteDeposits(course, sites) {
  const plain = Object.fromEntries(Object.entries(course.settings).map(([name, value]) => [name, isProfile(value) ? levelAt(value, 0) : value]));
  const p = parametersOf(plain), { values, hours } = course;
  const sense = hours.length > 1 ? Array.from({ length: hours.length - 1 }, (_, i) => ({
    calcium: (values.ionised_calcium[i] + values.ionised_calcium[i + 1]) / 2 / p.healthy_ionised_calcium,
    phosphate: (values.phosphate[i] + values.phosphate[i + 1]) / 2 / p.healthy_phosphate,
    klotho: (values.klotho[i] + values.klotho[i + 1]) / 2,
  })) : [];
  const relax = (now, source, rate, step) => { const rest = source / rate; return rest + (now - rest) * Math.exp(-rate * step); };
  const none = { labile_deposit: 1, mature_deposit: 1, osteogenic: 0 }, all = { ...none, osteogenic: 1 };
  const cells = [p.osteogenic_rest];
  sense.forEach((blood, i) => {
    const low = tissue(none, p, blood).osteogenic, high = tissue(all, p, blood).osteogenic;
    cells.push(relax(cells[i], low, low - high, hours[i + 1] - hours[i]));
  });
  return Object.fromEntries(Object.entries(sites).map(([name, site]) => {
    const here = atSite(p, site);
    let [labile, mature] = siteStart(site);
    sense.forEach((blood, i) => {
      const step = hours[i + 1] - hours[i], rates = tissue(all, here, blood);
      const grown = rates.grown * ((cells[i] + cells[i + 1]) / 2) ** 2, leaving = rates.dissolved + rates.matured;
      const next = relax(labile, rates.deposited, leaving, step);
      const middle = (rates.deposited * step - (next - labile)) / (leaving * step); // mean labile mineral, from its own balance
      mature = relax(mature, rates.matured * middle + grown, rates.lost, step);
      labile = next;
    });
    return [name, { labile, mature }];
  }));
}
function ripeningTime(course) {
  const end = last(course), p = parametersOf(Object.fromEntries(Object.entries(course.settings).map(([name, value]) => [name, isProfile(value) ? mean(value) : value])));
  const serum = { ionised_calcium: end.ionised_calcium, phosphate: end.phosphate, magnesium: p.magnesium, fetuin_a: p.fetuin_a, pyrophosphate: p.pyrophosphate, albumin: p.albumin };
  return Object.entries(serum).reduce((minutes, [name, value]) => {
    const [rest, exponent] = SITES.inhibitors[name];
    return minutes * (value / rest) ** exponent;
  }, SITES.reference);
}
