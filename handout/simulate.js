// A patient through time: settings, inputs that change along straight lines, courses and their refusals.
// Everything here mirrors calphos.model.profiles and calphos.model.simulation; the tests hold the two together.
const DAY = 24, YEAR = 365.25 * DAY;

class Refused extends Error {}

// Profiles: points [hour, value] joined by straight lines, held before and after; with a period they repeat.
const PROFILES = {
  points: ({ points, period = null }) => ({ points, period }),
  decline: ({ start, end, hours, after = 0 }) => ({ points: [[after, start], [after + hours, end]], period: null }),
  pulse: ({ value, hours, after = 0, base = 0 }) => ({
    points: [[after, base], [after, value], [after + hours, value], [after + hours, base]], period: null,
  }),
  steps: ({ points }) => ({
    points: points.flatMap(([hour, value], i) => i ? [[hour, points[i - 1][1]], [hour, value]] : [[hour, value]]), period: null,
  }),
  sessions: ({ hours = 4, per_week = 3, value = 1 }) => {
    const days = [[0], [0, 3], [0, 2, 4], [0, 2, 4, 5], [0, 1, 2, 4, 5], [0, 1, 2, 3, 4, 5], [0, 1, 2, 3, 4, 5, 6]][per_week - 1];
    return repeated(value, days.map((day) => day * DAY + 8), hours, 7 * DAY);
  },
  meals: ({ per_day, at = [8, 13, 19], hours = 1 }) => repeated((per_day * DAY) / (at.length * hours), at, hours, DAY),
};
function repeated(value, starts, hours, period) {
  const points = [[0, 0]];
  for (const start of starts) points.push([start, 0], [start, value], [start + hours, value], [start + hours, 0]);
  return { points, period };
}
function breakpoints({ points, period }, start, end) {
  const found = [];
  const turns = period === null ? [0] : Array.from({ length: Math.floor(end / period) - Math.floor(start / period) + 1 },
    (_, i) => (Math.floor(start / period) + i) * period);
  for (const turn of turns) for (const [hour] of points) if (turn + hour > start && turn + hour < end) found.push(turn + hour);
  return found;
}
// [value, slope per hour] on an interval without a breakpoint inside.
function line({ points, period }, start, end) {
  let middle = (start + end) / 2;
  if (period !== null) {
    const turn = Math.floor(middle / period) * period;
    start -= turn;
    middle -= turn;
  }
  if (middle <= points[0][0]) return [points[0][1], 0];
  for (let i = 1; i < points.length; i++) {
    const [t0, v0] = points[i - 1], [t1, v1] = points[i];
    if (t0 < middle && middle <= t1) {
      const slope = (v1 - v0) / (t1 - t0);
      return [v0 + slope * (start - t0), slope];
    }
  }
  return [points[points.length - 1][1], 0];
}
function mean({ points, period }) {
  const last = points[points.length - 1][1];
  if (period === null) return last;
  const all = [[0, points[0][1]], ...points, [period, last]];
  let sum = 0;
  for (let i = 1; i < all.length; i++) sum += (all[i][0] - all[i - 1][0]) * (all[i - 1][1] + all[i][1]) / 2;
  return sum / period;
}
const levelAt = (profile, hour) => line(profile, hour, hour + 1e-6)[0];
const isProfile = (value) => typeof value === "object" && value !== null;

const NAMES = Object.keys(MODEL.parameters);
const PLACE = Object.fromEntries(NAMES.map((name, i) => [name, i]));
const COLUMN = Object.fromEntries(MODEL.observed.map((name, i) => [name, i]));
const TABLE_VALUES = Float64Array.from(NAMES, (name) => MODEL.parameters[name].value);

// A setting outside its bounds is refused as a Patient refuses it.
function check(settings) {
  for (const [name, value] of Object.entries(settings)) {
    const row = MODEL.parameters[name];
    if (!row) throw new Refused(`there is no parameter '${name}'`);
    const daily = isProfile(value) && value.period === DAY && name.startsWith("diet_");
    for (const level of daily ? [mean(value)] : isProfile(value) ? value.points.map((point) => point[1]) : [value]) {
      if (!(level >= row.lower && level <= row.upper)) {
        throw new Refused(`${name}: ${general(level)} is outside its bounds (allowed: ${general(row.lower)} to ${general(row.upper)} ${row.unit}`.trimEnd() + ")");
      }
    }
  }
}
// The steady dialysis that takes out as much phosphate as sessions that fill a share of the week (calphos.model.profiles).
const steadyDialysis = (share) => {
  const low = TABLE_VALUES[PLACE.session_phosphate];
  return (share * low) / (1 - share * (1 - low));
};
const averaged = (settings) => Object.fromEntries(Object.entries(settings).map(([name, value]) => [
  name, !isProfile(value) ? value : name === "dialysis" && value.period ? steadyDialysis(mean(value)) : mean(value)]));

// What disorders and treatments change: rows [setting, mode, at 0, at 1, at a half or null] (calphos.model.changes.Change).
function amountAt([setting, , none, all, half], amount) {
  const found = half === null ? none + amount * (all - none) : interpolate(amount, [[0, none], [0.5, half], [1, all]]);
  if (setting !== "dialysis") return found;
  return steadyDialysis(found / (7 * DAY));
}
const mapProfile = ({ points, period }, change, shift = 0) => ({ points: points.map(([hour, value]) => [hour + shift, change(value)]), period });
function changed(change, value, amount) {
  const [setting, mode] = change;
  if (isProfile(value) && mode !== "set") {
    if (value.period === DAY && setting.startsWith("diet_")) {
      const share = changed(change, mean(value), amount) / mean(value);
      return mapProfile(value, (rate) => share * rate);
    }
    return mapProfile(value, (level) => changed(change, level, amount));
  }
  const by = amountAt(change, amount), row = MODEL.parameters[setting];
  if (mode === "set") return by;
  return Math.min(row.upper, Math.max(row.lower, mode === "add" ? value + by : value * by));
}
function applied(settings, changes, amount) {
  const made = { ...settings };
  for (const change of changes) made[change[0]] = changed(change, made[change[0]] ?? MODEL.parameters[change[0]].value, amount);
  return made;
}

// The course of a patient with `settings` ({name: number or profile}) from the state `start` (null: health) at the hours
// `grid` (from 0). `member` is one of MODEL.members or null. `added` is put on top of settings, whatever their bounds.
// Returns {hours, values: {quantity: array}, states, state at the end}.
function simulate(settings, grid, start = null, member = null, rtol = 1e-6, added = {}) {
  const count = grid.length, n = SOLVER.n, end = grid[count - 1];
  if (member) settings = { ...member.settings, ...settings };
  check(settings);
  const { v } = MODEL;
  v.set(TABLE_VALUES);
  v.set(member ? member.constants : MODEL.constants, NAMES.length);
  const moving = [];
  for (const [name, value] of Object.entries(settings)) {
    if (isProfile(value)) moving.push([PLACE[name], value]);
    else v[PLACE[name]] = value;
  }
  for (const [name, more] of Object.entries(added)) v[PLACE[name]] += more;
  const healthy = member ? member.healthy : MODEL.healthy;
  const y = Float64Array.from(start || healthy);
  const atol = Float64Array.from(healthy, (value) => MODEL.atol * (value > 0 ? value : 1));
  const states = new Float64Array(count * n);
  states.set(y);
  const cuts = [...new Set([0, end, ...moving.flatMap(([, profile]) => breakpoints(profile, 0, end))])].sort((p, q) => p - q);
  let from = 1;
  for (let c = 1; c < cuts.length; c++) {
    const t0 = cuts[c - 1], t1 = cuts[c];
    const slopes = [];
    for (const [place, profile] of moving) {
      const [value, slope] = line(profile, t0, t1);
      v[place] = value;
      if (slope) slopes.push([place, value, slope]);
    }
    MODEL.prepare();
    const move = slopes.length ? (t) => {
      for (const [place, value, slope] of slopes) v[place] = value + slope * t;
      MODEL.prepare();
    } : null;
    let to = from;
    while (to < count && grid[to] <= t1) to++;
    if (!SOLVER.integrate(y, t1 - t0, grid, t0, from, to, states, rtol, atol, move)) {
      throw new Refused(`the model has no course for this setting: its equations run away after day ${general(t0 / DAY)}`);
    }
    from = to;
  }
  // Rounding of the solver may leave a trace below zero where a pool is empty.
  let lowest = 0, which = 0;
  for (let i = n; i < states.length; i++) {
    if (states[i] >= 0) continue;
    const size = healthy[i % n] > 0 ? healthy[i % n] : 1;
    if (states[i] / size < lowest) [lowest, which] = [states[i] / size, i % n];
    states[i] = 0;
  }
  if (lowest < -MODEL.below_zero) throw new Refused(`refused: ${MODEL.states[which]} would fall below zero`);
  const values = observe(states, grid, moving);
  refuse(values, grid);
  return { hours: grid, values, states, state: states.slice((count - 1) * n), settings, moving };
}

// Every quantity at every stored time.
function observe(states, grid, moving) {
  const count = grid.length, n = SOLVER.n, { v } = MODEL;
  const columns = MODEL.observed.map(() => new Float64Array(count));
  const found = new Float64Array(columns.length);
  if (!moving.length) MODEL.prepare();
  for (let i = 0; i < count; i++) {
    if (moving.length) {
      for (const [place, profile] of moving) v[place] = levelAt(profile, grid[i]);
      MODEL.prepare();
    }
    MODEL.observe(states.subarray(i * n, (i + 1) * n), found);
    for (let q = 0; q < found.length; q++) columns[q][i] = found[q];
  }
  return Object.fromEntries(MODEL.observed.map((name, q) => [name, columns[q]]));
}
function refuse(values, grid) {
  for (const [name, lower, upper, unit] of MODEL.plausible) {
    const column = values[name];
    const first = column.findIndex((value) => !(value >= lower && value <= upper));
    if (first >= 0) {
      throw new Refused(`refused: ${name} would be ${general(column[first], 3)} ${unit} on day ${general(grid[first] / DAY, 3)}, outside `
        + `the ${general(lower)} to ${general(upper)} ${unit} within which the model means anything`);
    }
  }
}
const linspace = (low, high, count) => Array.from({ length: count }, (_, i) => low + ((high - low) * i) / (count - 1));
const evenly = (end, points) => Float64Array.from({ length: points }, (_, i) => i === points - 1 ? end : (end / (points - 1)) * i);
const last = (course) => Object.fromEntries(Object.entries(course.values).map(([name, column]) => [name, column[column.length - 1]]));
// The course at whose end a patient has settled, as calphos.model.simulation.steady_course finds it.
function steadyCourse(settings, member = null, rtol = 1e-6) {
  const long = Float64Array.of(0, 10 * YEAR, 20 * YEAR), { v } = MODEL, n = SOLVER.n;
  const even = Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, isProfile(value) ? mean(value) : value]));
  const schedule = Object.entries(settings).filter(([, value]) => isProfile(value) && value.period);
  if (!schedule.length) return simulate(even, long, null, member, rtol);
  const held = { ...even, ...Object.fromEntries(schedule) };
  const period = Math.max(...schedule.map(([, value]) => value.period));
  let course, added = {};
  for (let round = 0; round < 2; round++) {
    const far = simulate(even, long, null, member, rtol, added);
    const near = simulate(held, evenly(period, 2), far.state, member, rtol);
    course = simulate(held, evenly(period, 4 * Math.round(period) + 1), near.state, member, rtol);
    const count = course.hours.length, middle = new Float64Array(n);
    for (let i = 0; i < course.states.length; i++) middle[i % n] += course.states[i] / count;
    for (const [name, value] of Object.entries(even)) v[PLACE[name]] = value;
    const there = observe(middle, [0], []);
    added = Object.fromEntries(["calcium", "phosphate"].map((mineral) => {
      const gained = course.values[`${mineral}_balance`].reduce((sum, value) => sum + value / count, 0);
      return [`${mineral}_infusion`, (gained - there[`${mineral}_balance`][0]) / DAY];
    }));
  }
  return course;
}

// What an entry of a panel's run is with the sliders at `settings`; null where its slider is unset (calphos.panels.plan.read).
function read(entry, settings) {
  if (!isProfile(entry) || Array.isArray(entry)) return entry;
  if ("slider" in entry) {
    const value = settings[entry.slider] ?? null;
    return value === null || !entry.points ? value : interpolate(value, entry.points);
  }
  const { profile, ...given } = entry;
  if (profile === "points") return PROFILES.points(given);
  const parts = {};
  for (const [key, part] of Object.entries(given)) {
    parts[key] = profile === "steps" ? Object.entries(part).map(([time, value]) => [Number(time), read(value, settings)]) : read(part, settings);
    if (parts[key] === null || (profile === "steps" && parts[key].some(([, value]) => value === null))) return null;
  }
  for (const [unit, hours] of [["days", DAY], ["years", YEAR], ["hours", 1]]) {
    if (!(unit in parts)) continue;
    if (profile === "steps") return PROFILES.steps({ points: parts[unit].map(([time, value]) => [time * hours, value]) });
    parts.hours = parts[unit] * hours;
    if (parts.after !== undefined) parts.after *= hours;
  }
  return PROFILES[profile](parts);
}
function interpolate(x, points) {
  if (x <= points[0][0]) return points[0][1];
  for (let i = 1; i < points.length; i++) {
    const [x0, y0] = points[i - 1], [x1, y1] = points[i];
    if (x <= x1) return y0 + ((x - x0) / (x1 - x0)) * (y1 - y0);
  }
  return points[points.length - 1][1];
}
// The settings of a run's patient: its own, then a preset's, then what the sliders move (calphos.panels.plan.Run.person).
function person(run, settings, moved = true) {
  const at = Object.fromEntries(Object.entries(settings).filter(([, value]) => !isProfile(value)));
  const made = {};
  const lay = (layer) => {
    for (const [name, entry] of Object.entries(layer)) {
      const value = read(entry, at);
      if (value !== null && value !== undefined) made[name] = value;
    }
  };
  lay(run.patient);
  if (moved) {
    lay(Object.fromEntries(Object.entries(settings).filter(([name]) => name in MODEL.parameters && !(name in at && name in run.moves))));
    lay(run.moves);
  }
  return made;
}
const lived = new WeakMap(); // where the days before lead to, which no slider moves
function startOf(run, settings, member, rtol) {
  if (run.settled) return steadyCourse(person(run, settings), member, rtol).state;
  if (!run.before) return null;
  if (!member && lived.has(run)) return lived.get(run);
  const { state } = simulate(person(run, {}, false), evenly(run.before * DAY, 2), null, member, rtol);
  if (!member) lived.set(run, state);
  return state;
}
function runCourse(run, settings, member = null, rtol = 1e-6) {
  const own = person(run, settings);
  return simulate(run.averaged ? averaged(own) : own, evenly(read(run.days, settings) * DAY, run.points), startOf(run, settings, member, rtol), member, rtol);
}
// Lowest and highest value of each quantity at each time over the models of the ensemble.
function bandOf(run, settings, names, count) {
  const low = {}, high = {};
  for (const member of MODEL.members.slice(0, count)) {
    const course = runCourse(run, settings, member);
    for (const name of names) {
      const column = course.values[name];
      low[name] ??= column.slice();
      high[name] ??= column.slice();
      for (let i = 0; i < column.length; i++) {
        low[name][i] = Math.min(low[name][i], column[i]);
        high[name][i] = Math.max(high[name][i], column[i]);
      }
    }
  }
  return { low, high };
}
if (typeof WorkerGlobalScope !== "undefined") {
  onmessage = ({ data: { run, settings, names, count } }) => {
    try { postMessage(bandOf(run, settings, names, count)); } catch (problem) {
      if (!(problem instanceof Refused)) throw problem;
      postMessage({ refused: problem.message });
    }
  };
}
