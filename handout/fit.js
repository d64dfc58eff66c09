// How values from outside fit each disorder, as calphos.lessons.trainer.Fit works it out: the same patterns, tests, sentences.
const say = (name, parts = {}) => TRAINER.said[name].replace(/\{(\w+)\}/g, (_, key) => parts[key]);
const ofHealth = (() => { let found = null; return () => found ??= last(simulate({}, evenly(DAY, 2))); })();
const states = new Map(); // the model's patients, as they are asked for
function stateOf(disorder, severity) {
  const key = `${disorder} ${severity}`, { changes, days } = TRAINER.disorders[disorder];
  if (!states.has(key)) states.set(key, last(simulate(applied({}, changes, severity), evenly(days * DAY, 2))));
  return states.get(key);
}
function directionOf(name, value) {
  const item = quantity(name);
  if (item.lower !== null) return flag(item, value);
  if (name === "gfr") return value < TRAINER.chronic ? "low" : "normal";
  const share = value / ofHealth()[name];
  return share > 1 + TRAINER.changed ? "high" : share < 1 - TRAINER.changed ? "low" : "normal";
}
// Middle and half width on a log axis: the reference interval is from -1 to 1.
function middleOf(name) {
  const { lower, upper } = quantity(name);
  return lower === null ? [ofHealth()[name], Math.log(2)] : [Math.sqrt(lower * upper), Math.log(upper / lower) / 2];
}

class Fit {
  // `typed` is {quantity: text} in `units`; what is blank was not measured.
  constructor(typed, units) {
    this.units = units;
    this.values = {};
    for (const name of TRAINER.reported) {
      const text = (typed[name] ?? "").trim().replaceAll(",", ".");
      if (text) this.values[name] = this.number(name, text) / factor(quantity(name), units);
    }
    this.names = Object.keys(this.values);
    if (!this.names.length) throw new Refused(say("nothing", { names: TRAINER.reported.join(", ") }));
    this.against = {};
    const scores = {}, found = Object.fromEntries(this.names.map((name) => [name, directionOf(name, this.values[name])]));
    for (const [disorder, { pattern }] of Object.entries(TRAINER.disorders)) {
      const given = this.names.filter((name) => name in pattern), fits = (name) => pattern[name].includes(found[name]);
      this.against[disorder] = given.filter((name) => !fits(name)).map((name) => say("reason", { what: spoken(quantity(name).label), allowed: pattern[name].join(" or "), found: found[name] }));
      scores[disorder] = [this.against[disorder].length, -given.filter((name) => !pattern[name].includes("normal") && fits(name)).length];
    }
    const levels = [...new Set(Object.values(scores).map(String))].map((text) => text.split(",").map(Number)).sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    this.ranking = levels.map((level) => Object.keys(scores).filter((disorder) => String(scores[disorder]) === String(level)));
  }
  number(name, text) {
    const [low, high] = TRAINER.bounds, bounds = ` (allowed: ${general(low)} to ${general(high)} ${quantity(name).unit[this.units]})`;
    if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) throw new Refused(`${name}: '${text}' is not a number${bounds}`);
    const value = Number(text);
    if (!(value >= low && value <= high)) throw new Refused(`${name}: ${general(value)} is outside its bounds${bounds}`);
    return value;
  }
  get nearest() {
    let best = null;
    for (const disorder of this.ranking[0]) for (const severity of TRAINER.severities) {
      const state = stateOf(disorder, severity);
      const off = this.names.map((name) => (Math.log(this.values[name] / Math.max(state[name], 1e-9)) / middleOf(name)[1]) ** 2);
      const distance = off.reduce((sum, value) => sum + value, 0) / off.length;
      if (!best || distance < best.distance) best = { distance, state, whose: say("whose", { disorder, severity: fixed(severity, 1) }) };
    }
    return best;
  }
  // The test not yet known whose patterns differ in most pairs of disorders, or null.
  separating(names) {
    let best = null;
    for (const { label, reports, cost } of TRAINER.tests) {
      const asked = reports.filter((item) => !(item in this.values)), patternOf = (name) => TRAINER.disorders[name].pattern;
      let apart = 0;
      names.forEach((one, i) => names.slice(i + 1).forEach((other) => {
        const [here, there] = [patternOf(one), patternOf(other)];
        apart += asked.some((item) => item in here && item in there && !here[item].some((way) => there[item].includes(way)));
      }));
      for (const item of asked) if (!TRAINER.reported.includes(item)) apart += names.filter((name) => item in patternOf(name)).length;
      if (!best || apart > best.apart || (apart === best.apart && cost < best.cost)) best = { label, apart, cost };
    }
    return best.apart ? best.label : null;
  }
  get text() {
    const [first] = this.ranking, others = this.ranking.flat().filter((name) => !this.against[name].length && !first.includes(name));
    const lines = this.against[first[0]].length ? [say("none", { names: first.join(" and ") })] : [say(first.length === 1 ? "best" : "tie", { names: first.join(", ") })];
    if (others.length) lines.push(say("others", { names: others.join(", ") }));
    const test = this.separating(first.length > 1 ? first : [...first, ...others]);
    if (first.length + others.length > 1) lines.push(test ? say("ask", { test }) : say("no test"));
    const out = Object.entries(this.against).filter(([name, reasons]) => reasons.length && !first.includes(name)).sort((a, b) => a[1].length - b[1].length);
    if (out.length) lines.push(say("out"), ...out.slice(0, TRAINER.near).map(([name, reasons]) => say("one out", { name, reasons: reasons.join("; ") })));
    if (out.length > TRAINER.near) lines.push(say("more", { count: out.length - TRAINER.near }));
    const { whose, state } = this.nearest;
    const values = this.names.map((name) => `${spoken(quantity(name).label)} ${withUnit(quantity(name), state[name], this.units)}`).join(", ");
    return [...lines, say("nearest", { whose, values }), say("teaching")].join("\n");
  }
  get described() {
    const { whose, state } = this.nearest;
    const values = this.names.map((name) => {
      const item = quantity(name);
      return say("pair", { label: item.label, here: withUnit(item, this.values[name], this.units), there: withUnit(item, state[name], this.units) });
    }).join("; ");
    return say("picture", { whose, values });
  }
}
