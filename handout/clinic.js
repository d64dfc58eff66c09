// The virtual clinic: a visit and its marks, as calphos.lessons.clinic works them out. Cases, tests, treatments, alarms and
// rules of care are the same data; chance is the same; saved visits are the same files.

class Chance {
  constructor(...key) {
    this.state = 0x811c9dc5;
    for (const byte of new TextEncoder().encode(key.join("|"))) this.state = Math.imul(this.state ^ byte, 0x01000193) >>> 0;
  }
  uniform() {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
  normal() {
    let sum = 0;
    for (let i = 0; i < 12; i++) sum += this.uniform();
    return sum - 6;
  }
}

const LENGTHS = { days: 1, weeks: 7, months: YEAR / DAY / 12, years: YEAR / DAY };
const FINE = Array.from({ length: 61 }, (_, i) => (i / 60) ** 2); // fine steps at the beginning, where a new treatment acts
const VITAL = ["total_calcium", "phosphate", "pth", "gfr"];
const dateText = (day, small = false) => {
  const text = day < 1000 ? `Day ${fixed(day, 0)}` : `Year ${fixed(day / LENGTHS.years, 1)}`;
  return small ? text.toLowerCase() : text;
};
function spanText(days) {
  for (const unit of ["years", "months"]) if (days >= 1.95 * LENGTHS[unit]) return `${fixed(days / LENGTHS[unit], 0)} ${unit}`;
  return days >= 2 || days === 0 ? `${fixed(days, 0)} days` : `${fixed(days * DAY, 0)} hours`;
}
function reportLine(item, value, units) {
  const between = item.lower === null ? "" : `(${numberText(item, item.lower, units)} to ${numberText(item, item.upper, units)})`;
  const marker = { low: "↓ low", high: "↑ high" }[flag(item, value)] || "";
  return `${item.label.padEnd(34)}${numberText(item, value, units).padStart(8)} ${item.unit[units].padEnd(8)} ${marker.padEnd(7)}${between}`.trimEnd();
}
function reportInput(row, value) {
  const decimals = row.step === null ? 2 : (fixed(row.step, 4).replace(/0+$/, "").split(".")[1] || "").length;
  return `${row.label.padEnd(34)}${fixed(value, decimals).padStart(8)} ${row.unit === "pH" ? "" : row.unit}`.trimEnd();
}
const treatmentText = (name, dose) => dose === null ? CLINIC.treatments[name].label : `${CLINIC.treatments[name].label} ${general(dose)} ${CLINIC.treatments[name].unit}`;
const lowest = (column) => column.reduce((a, b) => Math.min(a, b));
const highest = (column) => column.reduce((a, b) => Math.max(a, b));
const first = (course, at) => Object.fromEntries(Object.entries(course.values).map(([name, column]) => [name, column[at]]));

class Visit {
  constructor(name, seed, units = SI) {
    this.case = CLINIC.cases[name];
    if (!this.case) throw new Refused(`there is no case '${name}'`);
    if (!(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32)) throw new Refused(`seed=${seed}: must be a whole number`);
    Object.assign(this, { name, seed, units, day: 0, cost: 0, treatments: {}, diagnosis: null, sure: null, actions: [], record: [], dates: [], alarms: [],
      lost: null, ordered: new Set(), passed: [], firstTreatment: null });
    const [low, high] = this.case.severity;
    this.severity = low + (high - low) * new Chance("severity", name, seed).uniform();
    this.base = { ...applied({}, this.case.changes, this.severity), ...this.case.settings };
    const hours = this.case.years * YEAR;
    this.start = this.now = simulate(shifted(this.base, -hours), evenly(hours, 2), null, null, 1e-8);
    this.days = [0];
    this.columns = Object.fromEntries(Object.entries(last(this.now)).map(([quantity, value]) => [quantity, [value]]));
  }
  get story() { return `${this.case.title}\n${this.case.story}`; }
  alive() { if (this.lost) throw new Refused(`the patient has been lost (${this.lost}); start the case again`); }
  known(name, table, what) { if (typeof name !== "string" || !Object.hasOwn(table, name)) throw new Refused(`there is no ${what} '${name}'`); }
  note(text, day = this.day) {
    this.record.push(text);
    this.dates.push(day);
    return text;
  }

  order(...names) {
    this.alive();
    if (!names.length) throw new Refused("Tick one or more tests first.");
    names.forEach((name) => this.known(name, CLINIC.tests, "test"));
    const wanted = [...new Set(names)], round = this.actions.filter((action) => action.do === "order").length;
    const today = last(this.now), lines = wanted.flatMap((name) => this.result(name, today, new Chance("test", this.name, this.seed, name, round)));
    const sampled = this.day;
    const happened = this.pass(Math.max(...wanted.map((name) => CLINIC.tests[name].delay)));
    const cost = wanted.reduce((sum, name) => sum + CLINIC.tests[name].cost, 0);
    this.cost += cost;
    if (this.diagnosis === null) wanted.forEach((name) => this.ordered.add(name));
    this.actions.push({ do: "order", tests: wanted });
    const waited = this.day > sampled ? `, results on ${dateText(this.day, true)}` : "";
    return this.note([`${dateText(sampled)}${waited}. Cost ${general(cost)}, in all ${general(this.cost)}.`, ...lines, ...happened].join("\n"), sampled);
  }
  diagnose(name, probability = 0.9) {
    if (!CLINIC.diagnoses.includes(name)) throw new Refused("Choose a diagnosis first.");
    if (!(probability >= 0 && probability <= 1)) throw new Refused("probability must lie between 0 and 1");
    [this.diagnosis, this.sure] = [name, probability];
    this.actions.push({ do: "diagnose", name, probability });
    return this.note(`${dateText(this.day)}. Diagnosis: ${name}, ${fixed(100 * probability, 0)}% sure.`);
  }
  treat(name, dose = null) {
    this.alive();
    this.known(name, CLINIC.treatments, "treatment");
    const { usual, lower, upper, unit } = CLINIC.treatments[name];
    if (usual === null && dose !== null) throw new Refused(`${name} has no dose`);
    const given = usual === null ? null : dose ?? usual;
    if (given !== null && !(given >= lower && given <= upper)) {
      throw new Refused(`${name}, dose: ${general(Number(given))} is outside its bounds (allowed: ${general(lower)} to ${general(upper)} ${unit})`);
    }
    this.treatments[name] = given;
    this.firstTreatment ??= this.day;
    this.actions.push({ do: "treat", name, dose: given });
    return this.note(`${dateText(this.day)}. ${this.present}`);
  }
  stop(name) {
    if (!Object.hasOwn(this.treatments, name)) throw new Refused(`the patient does not get '${name}'; ${this.present}`);
    if (CLINIC.treatments[name].operation) throw new Refused(`${name} is an operation and cannot be undone`);
    delete this.treatments[name];
    this.actions.push({ do: "stop", name });
    return this.note(`${dateText(this.day)}. ${this.present}`);
  }
  run(days) {
    this.alive();
    if (!(days > 0 && days <= 20 * LENGTHS.years)) throw new Refused("Nothing can be waited for so long.");
    const before = last(this.now), happened = this.pass(days);
    this.actions.push({ do: "run", days });
    return this.note([`${dateText(this.day)}. ${this.present}`, ...this.trend(before), ...happened].join("\n"));
  }

  get present() {
    const given = Object.entries(this.treatments).map(([name, dose]) => treatmentText(name, dose));
    return given.length ? `Treatment: ${given.join(", ")}.` : "No treatment.";
  }
  get summary() {
    const named = this.diagnosis ? `${this.diagnosis} (${fixed(100 * this.sure, 0)}% sure)` : "no diagnosis yet";
    return `${dateText(this.day)}, cost ${general(this.cost)}, ${named}. ${this.present}`;
  }
  settings(treatments = this.treatments) {
    return Object.entries(treatments).reduce((made, [name, dose]) => applied(made, CLINIC.treatments[name].changes, dose ?? 1), shifted(this.base, this.day * DAY));
  }
  inputs(treatments) {
    return parametersAt(this.settings(treatments));
  }
  pass(days) {
    if (days <= 0) return [];
    let part;
    try {
      part = simulate(this.settings(), Float64Array.from(FINE, (share) => share * days * DAY), this.now.state, null, 1e-8);
    } catch (problem) {
      if (!(problem instanceof Refused)) throw problem;
      this.lost = `the blood left what the model can follow within ${spanText(days)} after ${dateText(this.day)}`;
      this.alarms.push([this.day, this.lost]);
      return [`The patient is lost: ${this.lost}.`];
    }
    const passage = this.passage(part);
    this.now = part;
    const from = this.day;
    for (let i = 1; i < part.hours.length; i++) {
      this.days.push(from + part.hours[i] / DAY);
      for (const name of Object.keys(this.columns)) this.columns[name].push(part.values[name][i]);
    }
    this.passed.push(passage);
    this.day += days;
    return this.ring(part, from);
  }
  passage(course) {
    const before = this.inputs(this.passed.length ? this.passed[this.passed.length - 1].given : {}), now = this.inputs(this.treatments);
    const over = (pick) => Object.fromEntries(Object.entries(course.values).map(([name, column]) => [name, pick(column)]));
    return { day: this.day, given: { ...this.treatments }, start: { ...before, ...first(course, 0) }, low: { ...now, ...over(lowest) }, high: { ...now, ...over(highest) } };
  }
  get passages() {
    const same = (a, b) => Object.keys(a).length === Object.keys(b).length && Object.entries(a).every(([name, dose]) => b[name] === dose);
    const ordered = !this.passed.length || !same(this.passed[this.passed.length - 1].given, this.treatments);
    if (!ordered || !Object.keys(this.treatments).length) return this.passed;
    const end = { values: Object.fromEntries(Object.entries(this.columns).map(([name, column]) => [name, [column[column.length - 1]]])) };
    return [...this.passed, this.passage(end)];
  }
  ring(part, from) {
    const found = [], seen = new Set();
    for (const [name, side, limit, text] of [...CLINIC.alarms].reverse()) {
      const column = part.values[name].slice(1), beyond = (value) => side === "below" ? value < limit : value > limit;
      const worst = side === "below" ? lowest(column) : highest(column), at = column.findIndex(beyond);
      if (at < 0 || (at === 0 && !(Math.abs(worst - column[0]) > 0.02 * Math.abs(column[0]))) || seen.has(`${name} ${side}`)) continue;
      seen.add(`${name} ${side}`);
      const day = from + part.hours[at + 1] / DAY, way = side === "below" ? "down" : "up";
      found.push([day, text, `Alarm from ${dateText(day, true)}: ${spoken(quantity(name).label)} ${way} to ${withUnit(quantity(name), worst, this.units)}. ${text}.`]);
    }
    found.sort(byParts);
    for (const [day, text] of found) this.alarms.push([day, text]);
    return found.map(([, , told]) => told);
  }
  trend(before) {
    const after = last(this.now);
    return VITAL.map((name) => {
      const item = quantity(name), said = flag(item, after[name]);
      const [old, now] = [before, after].map((values) => numberText(item, values[name], this.units).padStart(7));
      return `${item.label.padEnd(16)}${old} → ${now} ${item.unit[this.units]}${said === "low" || said === "high" ? `  ${said}` : ""}`;
    });
  }
  result(name, today, chance) {
    const test = CLINIC.tests[name];
    if (!test.reports.length) return [`${test.label}: ${this.picture(name, today)}`];
    const inputs = this.inputs(this.treatments);
    return test.reports.map((report) => {
      const noise = 1 + test.cv * chance.normal();
      if (report in MODEL.quantities) return reportLine(quantity(report), Math.max(0, today[report] * noise), this.units);
      return reportInput(CLINIC.inputs[report], inputs[report] * (report === "ph" ? 1 : noise));
    });
  }
  picture(name, today) {
    const test = CLINIC.tests[name], seen = this.case.findings[name] || "";
    const times = test.smallest ? (today.labile_deposit + today.mature_deposit) / test.smallest : 0;
    if (times < 1) return seen || test.normal;
    return `${seen} ${times < 3 ? "Slight" : times < 9 ? "Moderate" : "Extensive"} calcification of soft tissue.`.trim();
  }
  untreated() {
    if (this.free?.day !== this.day) {
      this.free = { ...simulate(this.base, Float64Array.from(FINE, (share) => share * this.day * DAY), this.start.state, null, 1e-8), day: this.day };
    }
    return this.free;
  }
  mark() { return markOf(this); }

  // saving: the same file as in Python
  get data() {
    return { format: "calphos clinic", version: 2, case: this.name, seed: this.seed, units: this.units === SI ? "SI" : "conventional", actions: this.actions,
      summary: this.summary, debrief: this.record };
  }
  static from(data) {
    if (typeof data !== "object" || data === null || data.format !== "calphos clinic") throw new Refused("This is not a saved visit of the clinic.");
    if (data.version !== 2) throw new Refused(`This visit was saved by another version (${String(data.version).slice(0, 20)}).`);
    if (typeof data.case !== "string" || !Object.hasOwn(CLINIC.cases, data.case)) throw new Refused("This visit is of a case that is not here.");
    if (!Array.isArray(data.actions) || data.actions.length > 5000) throw new Refused("This visit has no list of actions.");
    const visit = new Visit(data.case, data.seed, data.units === "conventional" ? 1 : SI);
    data.actions.forEach((action, i) => {
      try { visit.play(action); } catch (problem) {
        if (!(problem instanceof Refused)) throw problem;
        throw new Refused(`action ${i + 1}: ${problem.message}`);
      }
    });
    return visit;
  }
  play(action) {
    const number = (value) => typeof value === "number" && Number.isFinite(value);
    if (typeof action !== "object" || action === null) throw new Refused("not an action");
    if (action.do === "order" && Array.isArray(action.tests)) return this.order(...action.tests);
    if (action.do === "diagnose" && number(action.probability)) return this.diagnose(action.name, action.probability);
    if (action.do === "treat" && (action.dose === undefined || action.dose === null || number(action.dose))) return this.treat(action.name, action.dose ?? null);
    if (action.do === "stop") return this.stop(String(action.name));
    if (action.do === "run" && number(action.days)) return this.run(action.days);
    throw new Refused("not an action");
  }
}
const shifted = (settings, hours) => Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, isProfile(value) ? mapProfile(value, Number, -hours) : value]));
const parametersAt = (settings) => Object.fromEntries(NAMES.map((name) => {
  const value = settings[name] ?? MODEL.parameters[name].value;
  return [name, isProfile(value) ? levelAt(value, 0) : value];
}));
function byParts(a, b) {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i] < b[i] ? -1 : 1;
  return 0;
}

// Whether the condition of a rule holds in a passage (calphos.lessons.clinic.marks.holds).
function holds(rule, passage, truth) {
  return rule.terms.every(([word, name, limit]) => {
    if (word === "<" || word === ">") {
      const value = name === "dose" ? passage.given[rule.treatment] : passage[rule.moment === "start" ? "start" : word === "<" ? "low" : "high"][name];
      return word === "<" ? value < limit : value > limit;
    }
    if (word === "diagnosis") return truth.includes(name);
    if (word === "alone") return Object.keys(passage.given).length === 1 && rule.treatment in passage.given;
    return name in passage.given === (word === "with");
  });
}
const harms = ({ cost, kind }) => cost >= CLINIC.harm || kind === "harm";
const asFinding = (day, { treatment, kind, cost, sentence, source }) => ({ day, treatment, kind, cost, sentence, source });
function judge(passages, truth, listed) {
  const since = new Map(); // rule -> the day on which it first held
  let before = {};
  for (const passage of passages) {
    const fresh = new Set(Object.entries(passage.given).filter(([name, dose]) => !(name in before) || (dose || 0) > (before[name] || 0)).map(([name]) => name));
    for (const rule of CLINIC.rules) {
      const asked = rule.moment === "start" ? fresh.has(rule.treatment) : rule.treatment in passage.given;
      if (asked && !since.has(rule) && holds(rule, passage, truth)) since.set(rule, passage.day);
    }
    before = passage.given;
  }
  const indicated = new Set([...[...since.keys()].filter((rule) => rule.kind === "indication").map((rule) => rule.treatment), ...listed]);
  const spoken = [...since].filter(([rule]) => rule.kind !== "needless" || (rule.cost && !indicated.has(rule.treatment)));
  return spoken.map(([rule, day]) => asFinding(day, rule)).sort((a, b) => byParts(Object.values(a), Object.values(b)));
}

// What a visit was worth (calphos.lessons.clinic.marks).
function markOf(visit) {
  const kase = visit.case, { worth, pass } = CLINIC.marks, parts = {};
  const passages = visit.passages, given = new Set(passages.flatMap((passage) => Object.keys(passage.given)));
  const findings = [...judge(passages, [kase.diagnosis, kase.disorder], Object.keys(kase.right)), ...listedAsWrong(visit, passages, given), ...seenInTheBlood(visit, given)];
  const worst = Math.max(0, ...findings.filter(harms).map((finding) => finding.cost));
  parts.tests = markTests(visit);
  parts.diagnosis = markDiagnosis(visit);
  parts.treatment = markTreatment(visit, given, findings);
  parts.course = markCourse(visit, worst);
  const points = Object.fromEntries(Object.entries(parts).map(([part, [score]]) => [part, Math.max(-worth[part], Math.min(worth[part], score))]));
  const whole = Object.values(worth).reduce((a, b) => a + b, 0);
  let ceiling = whole, why = "";
  if (worst) [ceiling, why] = [pass - worst, "something that was given did harm"];
  else if (!kase.essential.every((name) => given.has(name))) [ceiling, why] = [pass - 5, "what mattered most was not given"];
  const total = Math.max(0, Math.min(rounded(Object.values(points).reduce((a, b) => a + b, 0), 0), rounded(ceiling, 0)));
  const sources = [...new Set([...kase.sources, ...findings.map((finding) => finding.source).filter(Boolean)])];
  const lines = [`${kase.title}: ${fixed(total, 0)} of ${whole} points`, `Diagnosis: ${kase.diagnosis}. ${kase.why}`];
  if (why) lines.push(`At most ${fixed(ceiling, 0)} points, because ${why} (${pass} pass).`);
  for (const [part, most] of Object.entries(worth)) {
    lines.push(`${part[0].toUpperCase()}${part.slice(1)}: ${fixed(points[part], 0)} of ${most}`);
    lines.push(...parts[part][1].map((reason) => `  - ${reason}`));
  }
  lines.push(`To take away: ${kase.lesson}`);
  if (sources.length) lines.push("Sources:", ...citeText(sources));
  return { total, points, text: lines.join("\n") };
}
// Citations as calphos.tables.references prints them: numbered, in lines of at most 110 characters.
function citeText(keys) {
  if (keys.length === 1) return [CLINIC.sources[keys[0]]];
  return keys.map((key, i) => CLINIC.sources[key].split(" ").reduce((lines, word) => {
    const now = lines[lines.length - 1];
    if (`${now} ${word}`.length <= 110) lines[lines.length - 1] = `${now} ${word}`;
    else lines.push(`   ${word}`);
    return lines;
  }, [`${i + 1}.`]).join("\n"));
}
function listedAsWrong(visit, passages, given) {
  const begin = {};
  for (const passage of [...passages].reverse()) for (const name of Object.keys(passage.given)) begin[name] = passage.day;
  return Object.entries(visit.case.wrong).filter(([name]) => given.has(name) && (name !== "watchful waiting" || given.size === 1))
    .map(([name, reason]) => ({ day: begin[name], treatment: name, kind: "harm", cost: CLINIC.marks.listed, sentence: reason, source: "" }));
}
function seenInTheBlood(visit, given) {
  const since = visit.firstTreatment;
  if (since === null || visit.day <= since) return [];
  const free = visit.untreated(), found = [];
  for (const [name, side, limit, text] of CLINIC.alarms) {
    const own = visit.columns[name].filter((_, i) => visit.days[i] >= since), other = [...free.values[name]].filter((_, i) => free.hours[i] / DAY >= since);
    const [worst, without] = [own, other].map(side === "below" ? lowest : highest), rings = (value) => (side === "below" ? value < limit : value > limit);
    if (rings(worst) && !rings(without) && !rings(own[0])) { // what was so when treatment began is not its doing
      const item = quantity(name);
      found.push({ day: since, treatment: [...given].sort().join(" and "), kind: "harm", cost: CLINIC.marks.result, sentence: `${item.label} went to ${withUnit(item, worst, visit.units)}. ${text}`, source: "" });
    }
  }
  return found;
}
function markTests(visit) {
  const { needed, wasteful } = visit.case, { worth, budget } = CLINIC.marks, cost = (names) => names.reduce((sum, name) => sum + CLINIC.tests[name].cost, 0);
  const got = Object.keys(needed).filter((name) => visit.ordered.has(name));
  const told = Object.entries(needed).map(([name, reason]) => `${got.includes(name) ? "ordered" : "missed"}: ${CLINIC.tests[name].label}. ${reason}`);
  for (const [name, why] of Object.entries(wasteful)) if (visit.ordered.has(name)) told.push(`not needed: ${CLINIC.tests[name].label}. ${why}`);
  const fair = budget * cost(Object.keys(needed)), spent = cost([...visit.ordered]);
  let score = (worth.tests * got.length) / Object.keys(needed).length;
  if (spent > fair) {
    score -= Math.min(worth.tests / 2, (worth.tests * (spent - fair)) / (4 * fair));
    told.push(`the tests before the diagnosis cost ${general(spent)}; those that matter cost ${general(fair / budget)}`);
  }
  return [Math.max(0, score), told];
}
function markDiagnosis(visit) {
  const kase = visit.case, worth = CLINIC.marks.worth.diagnosis, { diagnosis, sure } = visit, percent = (share) => `${fixed(100 * share, 0)}%`;
  if (diagnosis === null) return [0, ["no diagnosis was made"]];
  if (diagnosis === kase.diagnosis || kase.accept.includes(diagnosis)) {
    const told = `right, and you were ${percent(sure)} sure`;
    return [worth * (1 - (1 - sure) ** 2), [sure < 0.7 ? `${told}: you could have trusted it more` : told]];
  }
  const told = [`not ${diagnosis}: ${kase.instead[diagnosis] ?? `the results fit ${kase.diagnosis} better: ${kase.why}`}`];
  if (sure > 0.5) told.push(`being ${percent(sure)} sure of it costs marks`);
  return [(-worth / 3) * sure ** 2, told];
}
function markTreatment(visit, given, findings) {
  const kase = visit.case, worth = CLINIC.marks.worth.treatment, share = (plan) => plan.filter((name) => given.has(name)).length / plan.length;
  const plan = kase.plans.reduce((best, other) => share(other) > share(best) ? other : best);
  let score = worth * share(plan);
  const all = [...given].sort(), called = (name) => (name === all.join(" and ") ? all : [name]).map((one) => CLINIC.treatments[one].label).join(", ");
  const told = Object.entries(kase.right).filter(([name]) => given.has(name)).map(([name, reason]) => `good: ${called(name)}. ${reason}`);
  for (const name of plan) if (!given.has(name)) told.push(`missing: ${called(name)}. ${kase.right[name]}`);
  for (const name of kase.essential) if (!given.has(name)) { score = 0; told.push(`essential: ${called(name)}. Without it the rest does not hold.`); }
  const harmful = new Set(findings.filter((finding) => finding.kind === "harm").map((finding) => finding.treatment)), costs = {}, why = new Map();
  for (const finding of findings) {
    const { treatment, kind, cost, sentence, source } = finding;
    if (kind !== "harm" && (harmful.has(treatment) || (kind === "indication" && treatment in kase.right))) continue;
    const word = kind === "indication" ? "can be defended" : harms(finding) ? "harm" : "needless", key = `${word}: ${called(treatment)}.`;
    costs[treatment] = Math.max(costs[treatment] || 0, cost);
    if (!why.has(key)) why.set(key, new Set());
    why.get(key).add(`${sentence.replace(/\.+$/, "")}${source ? ` (${CLINIC.cited[source]})` : ""}.`);
  }
  for (const [key, sentences] of why) told.push(`${key} ${[...sentences].join(" ")}`);
  if (!given.size) told.unshift("no decision about treatment was made (watchful waiting is one, too)");
  return [score - Object.values(costs).reduce((a, b) => a + b, 0), told];
}
function markCourse(visit, harmed) {
  const kase = visit.case, worth = CLINIC.marks.worth.course;
  if (visit.lost) return [0, [`the patient is lost: ${visit.lost}`]];
  const since = visit.firstTreatment === null ? 0 : visit.day - visit.firstTreatment, needed = kase.months * LENGTHS.months;
  if (since < 0.95 * needed) return [0, [`follow the patient for ${spanText(needed)} after your decision about treatment (so far ${spanText(since)})`]];
  let met = 0;
  const told = kase.goals.map((goal) => {
    const [reached, shown] = reachedGoal(visit, goal);
    met += reached;
    return `${reached ? "reached" : "not reached"}: ${shown}. ${goal.why}`;
  });
  if (harmed) return [0, [...told, "what is reached with harm earns nothing"]];
  return [(worth * met) / kase.goals.length, told];
}
function reachedGoal(visit, goal) {
  const item = quantity(goal.quantity), column = visit.columns[goal.quantity], { units } = visit, end = column[column.length - 1];
  const treated = column.filter((_, i) => visit.days[i] >= (visit.firstTreatment || 0));
  if (goal.growth_below_untreated !== null) {
    const free = visit.untreated().values[goal.quantity], own = end - column[0], other = free[free.length - 1] - column[0];
    const times = other > 0.05 ? `${fixed(Math.max(own, 0) / other, 1)} times as much` : own > 0.05 ? "many times as much" : "about as much";
    return [own <= Math.max(0, goal.growth_below_untreated * other), `${spoken(item.label)} grew ${times} as without treatment`];
  }
  const [low, high] = [goal.lower ?? -Infinity, goal.upper ?? Infinity], [l, h] = [low, high].map((edge) => numberText(item, edge, units)), unit = item.unit[units];
  const bounds = low === -Infinity ? `at most ${h} ${unit}` : high === Infinity ? `at least ${l} ${unit}` : `${l} to ${h} ${unit}`;
  const within = (...values) => values.every((value) => { const shown = rounded(value, item.decimals[SI]); return low <= shown && shown <= high; });
  if (goal.when === "always") {
    const [a, b] = [lowest(treated), highest(treated)];
    return [within(a, b), `${spoken(item.label)} ${numberText(item, a, units)} to ${withUnit(item, b, units)} all along (goal ${bounds})`];
  }
  return [within(end), `${spoken(item.label)} ${withUnit(item, end, units)} (goal ${bounds})`];
}
// A case treated by some actions and followed as long as it asks (calphos.lessons.clinic.visits.play).
function playCase(name, actions, seed) {
  const visit = new Visit(name, seed);
  if (!actions.some((action) => action.do === "diagnose")) {
    visit.order(...Object.keys(visit.case.needed));
    visit.diagnose(visit.case.diagnosis, 0.95);
  }
  actions.forEach((action) => visit.play(action));
  const since = visit.firstTreatment ?? visit.day, left = visit.case.months * LENGTHS.months - (visit.day - since);
  if (left > 0 && !visit.lost) visit.run(left);
  return visit;
}
// What was given when: {treatment: [its text with the last dose, [[from, to], ...]]}.
function barsOf(visit) {
  const { passages } = visit, bars = {};
  passages.forEach((passage, i) => {
    const end = i + 1 < passages.length ? passages[i + 1].day : visit.day;
    for (const [name, dose] of Object.entries(passage.given)) {
      const spans = bars[name]?.[1] ?? [], before = spans[spans.length - 1];
      bars[name] = [treatmentText(name, dose), before && before[1] === passage.day ? [...spans.slice(0, -1), [before[0], end]] : [...spans, [passage.day, end]]];
    }
  });
  return bars;
}
const planWords = (good) => `A good plan for this patient: ${Object.values(barsOf(good)).map(([text, spans]) =>
  `${text} from ${spans.map(([from, to]) => `day ${fixed(from, 0)} to ${fixed(to, 0)}`).join(" and ")}`).join("; ")}.`;
