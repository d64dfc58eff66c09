// What each kind of panel solves, draws and tells. `solve(spec, settings, extra)` gives a result; `build(view)` makes the still
// part of the picture in `view.figure` (at its width, in `view.units`) and returns {update(result), pin(result), unpin()}.
const stageNumber = (gfr) => MODEL.stages.findIndex(([, lowest]) => rounded(gfr, 0) >= lowest);

// A template with its fields filled in, as calphos.tables.words.fill does. `numbers` holds a number, a column or a text.
function fill(template, numbers, units) {
  return template.replace(/\{([^{}:]+)(?::(\w+))?\}/g, (_, key, what) => {
    const value = numbers[key];
    if (typeof value === "string") return value;
    const name = key.split("@")[0], item = quantity(name);
    const column = typeof value === "number" ? [value] : value;
    const end = column[column.length - 1];
    if (what === "told") return describe({ [name]: end }, [name], units);
    if (what === "range") {
      let low = Infinity, high = -Infinity;
      for (const x of column) { low = Math.min(low, x); high = Math.max(high, x); }
      return `${spoken(item.label)} ${numberText(item, low, units)} to ${numberText(item, high, units)} ${item.unit[units]}`;
    }
    if (what === "stage") return MODEL.stages[stageNumber(end)][0];
    return withUnit(item, end, units);
  });
}
// A quantity at a time between the stored ones, by a straight line.
function valueAt(course, name, hour) {
  const { hours } = course, column = course.values[name];
  let i = hours.findIndex((at) => at >= hour);
  if (i <= 0) return column[i < 0 ? column.length - 1 : 0];
  const share = (hour - hours[i - 1]) / (hours[i] - hours[i - 1]);
  return column[i - 1] + share * (column[i] - column[i - 1]);
}
const TIME_UNITS = { hours: 1 / 24, days: 1, years: 365.25 };
const title = (item, units) => `${item.label} (${item.unit[units]})`;
const swatch = (kind, colour = GREY, marker = "o") => {
  const box = svg("svg", { viewBox: "0 0 24 14", width: 24, height: 14, "aria-hidden": "true" });
  if (kind === "band") box.append(svg("rect", { x: 1, y: 1, width: 22, height: 12, fill: BAND, stroke: BAND_EDGE }));
  else if (kind === "range") box.append(svg("rect", { x: 1, y: 1, width: 22, height: 12, fill: colour, "fill-opacity": 0.25 }));
  else if (kind === "fill") box.append(svg("rect", { x: 1, y: 1, width: 22, height: 12, fill: colour, stroke: INK, "stroke-width": 0.5 }));
  else if (kind === "marker") box.append(svg("path", { d: markerPath(marker, 12, 7), fill: "#fff", stroke: INK, "stroke-width": 1.6 }));
  else box.append(svg("line", { x1: 0, x2: 24, y1: 7, y2: 7, stroke: colour, "stroke-width": 2.2, "stroke-dasharray": kind }));
  return box;
};
const legend = (...entries) => html("p", { class: "legend" }, ...entries.map(([sign, words]) => html("span", {}, ...(sign ? [sign] : []), words)));
const clipNames = (() => { let count = 0; return () => `clip${count++}`; })();

// What a panel's run comes to in health.
const healths = new Map();
function healthyOf({ run }) {
  const days = read(run.days, {}) ?? 365;
  if (!healths.has(days)) healths.set(days, last(simulate({}, evenly(days * DAY, 2))));
  return healths.get(days);
}

const KINDS = {};

KINDS.course = {
  pins: true,
  solve: (spec, settings) => runCourse(spec.run, settings),
  numbers({ told, details }, course) {
    if (told.includes(":range}")) return course.values;
    if (details.at === null) return last(course);
    return Object.fromEntries(Object.keys(course.values).map((name) => [name, valueAt(course, name, details.at * DAY)]));
  },
  columns: ({ details }) => details.names.flat(),
  table(spec, course, units) {
    const names = this.columns(spec), rows = [["day", ...names.map((name) => title(quantity(name), units))]];
    course.hours.forEach((hour, i) => rows.push([hour / DAY, ...names.map((name) => course.values[name][i] * factor(quantity(name), units))]));
    return rows;
  },
  build(view) {
    const { spec, units } = view, { details } = spec;
    const unit = TIME_UNITS[details.unit_of_time];
    const against = details.against ? quantity(details.against) : null;
    const span = against
      ? (details.against === "gfr" ? [...against.axis].reverse() : against.axis).map((end) => end * factor(against, units))
      : [0, details.days / unit];
    const timeTicks = () => {
      if (against || details.unit_of_time !== "hours") return undefined;
      const step = [0.25, 0.5, 1, 2, 4, 6, 12].find((part) => span[1] / part <= 6) || 24;
      return Array.from({ length: Math.floor(span[1] / step + 0.5) + 1 }, (_, i) => i * step).filter((at) => at <= span[1] + 1e-9);
    };
    const along = (course) => against ? course.values[details.against] : course.hours;
    const scaleX = against ? factor(against, units) : 1 / (DAY * unit);
    const count = details.names.length;
    const columns = view.width < 600 ? 1 : count === 1 ? 1 : [3, 5, 6].includes(count) || count > 8 ? 3 : 2;
    view.figure.style.setProperty("--columns", columns);
    const width = Math.floor((view.width - (columns - 1) * 8) / columns);
    const height = columns === 1 && view.width < 600 ? 150 : 175;
    const plots = details.names.map((names) => {
      const items = names.map(quantity), first = items[0], k = factor(first, units);
      const own = details.limits?.[names[0]] || [Math.min(...items.map((i) => i.axis[0])), Math.max(...items.map((i) => i.axis[1]))];
      const y = { range: own.map((end) => end * k), log: first.scale === "log" };
      const bands = items.filter((item) => item.lower !== null).map((item) => [item.lower * k, item.upper * k]);
      const plot = new Plot({ width, height, x: { range: span, ticks: timeTicks() }, y, bands, right: names.length > 1 && columns < 3 ? 92 : 58 });
      plot.clip(clipNames());
      const heading = html("p", { class: "heading" });
      if (names.length === 1) heading.append(html("span", { style: `color:${first.colour}` }, title(first, units)));
      else items.forEach((item, i) => heading.append(html("span", { style: `color:${item.colour}` }, swatch(DASHES[item.line], item.colour),
        ` ${i === items.length - 1 ? title(item, units) : item.label} `)));
      const lines = names.map((name, i) => {
        const band = svg("path", { fill: items[i].colour, "fill-opacity": 0.18 });
        const path = svg("path", { fill: "none", stroke: items[i].colour, "stroke-width": 2.4, "stroke-dasharray": DASHES[items[i].line], "data-line": name });
        const text = svg("text", { fill: items[i].colour, "font-weight": "bold" });
        plot.layers.band.append(band);
        plot.layers.line.append(path);
        plot.layers.text.append(text);
        return { name, item: items[i], band, path, text };
      });
      for (const series of details.markers || []) {
        if (!names.includes(series.name)) continue;
        series.along.forEach((at, i) => plot.layers.mark.append(svg("path", {
          d: markerPath(series.marker, plot.X(against ? at : at / unit), plot.Y(series.values[i] * k)), fill: "#fff", stroke: INK, "stroke-width": 1.6,
        })));
      }
      const cell = html("div", { class: "cell" }, heading, plot.root);
      let strip = null;
      if (details.stages) {
        strip = svg("svg", { viewBox: `0 0 ${width} 22`, width, height: 22, "aria-hidden": "true", class: "plot" });
        cell.append(strip);
      }
      view.figure.append(cell);
      return { plot, lines, k, strip, names };
    });
    const signs = [];
    if (details.names.flat().some((name) => quantity(name).lower !== null)) signs.push([swatch("band"), "reference interval"]);
    for (const [citation, marker] of new Map((details.markers || []).map((series) => [series.citation, series.marker]))) signs.push([swatch("marker", INK, marker), citation]);
    const words = against ? title(against, units) : details.unit_of_time[0].toUpperCase() + details.unit_of_time.slice(1);
    const pinned = html("span", { hidden: true }, swatch("5 3"), "pinned");
    const fitting = html("span", { hidden: true }, swatch("range"), "other fitting models");
    const foot = legend([null, `${against ? "" : "Along: "}${words}${details.stages ? " · strip: KDIGO stage" : ""}`], ...signs);
    foot.append(fitting, pinned);
    view.figure.append(foot);
    return {
      update(course) {
        const xs = along(course);
        for (const { plot, lines, k, strip } of plots) {
          const [low, high] = plot.y.range;
          const ends = [];
          for (const { name, item, path, text } of lines) {
            const column = course.values[name];
            path.setAttribute("d", plot.path(xs, column, scaleX, factor(item, units)));
            const value = column[column.length - 1], shown = value * factor(item, units);
            ends.push(plot.Y(Math.min(Math.max(shown, low), high)));
            const name2 = lines.length > 1 && item.symbol && columns < 3 ? `${item.symbol} ` : "";
            text.textContent = name2 + numberText(item, value, units) + (shown > high ? " ↑" : shown < low ? " ↓" : "");
          }
          const at = spread(ends, 15, plot.top + 6, plot.height - plot.bottom - 2);
          // Beside the curve's end, but at the edge where a pinned curve or a published value may lie there.
          const edge = plot.width - plot.right + 6, crowded = plot.layers.mark.childElementCount || plot.layers.ghost.childElementCount;
          const beside = crowded ? edge : Math.min(plot.X(xs.at(-1) * scaleX) + 6, edge);
          lines.forEach(({ text }, i) => {
            text.setAttribute("x", beside);
            text.setAttribute("y", at[i] + 4.5);
          });
          if (strip) stageStrip(strip, plot, xs, course.values.gfr, scaleX);
        }
      },
      band(found, course) {
        fitting.hidden = !found;
        const xs = found && along(course);
        for (const { plot, lines } of plots) {
          for (const { name, item, band } of lines) {
            if (!found || found.low[name].length !== xs.length) { band.removeAttribute("d"); continue; }
            const f = factor(item, units);
            const back = plot.path([...xs].reverse(), [...found.high[name]].reverse(), scaleX, f).replace("M", "L");
            band.setAttribute("d", `${plot.path(xs, found.low[name], scaleX, f)}${back}Z`);
          }
        }
      },
      pin(courses) {
        pinned.hidden = !courses.length;
        for (const { plot, lines } of plots) {
          plot.layers.ghost.replaceChildren(...courses.flatMap((course) => lines.map(({ name, item }) => svg("path", {
            d: plot.path(along(course), course.values[name], scaleX, factor(item, units)), fill: "none", stroke: item.colour,
            "stroke-opacity": 0.75, "stroke-width": 1.4, "stroke-dasharray": "5 3",
          }))));
        }
      },
      plots,
    };
  },
};
function stageStrip(strip, plot, xs, gfr, scaleX) {
  const runs = [];
  for (let i = 0; i < gfr.length;) {
    const stage = stageNumber(gfr[i]);
    let j = i;
    while (j + 1 < gfr.length && stageNumber(gfr[j + 1]) === stage) j++;
    const end = Math.min(j + 1, gfr.length - 1);
    const [a, b] = [plot.X(xs[i] * scaleX), plot.X(xs[end] * scaleX)].sort((p, q) => p - q);
    if (b > a) runs.push({ a, b, look: MODEL.stages[stage] });
    i = j + 1;
  }
  // All names lose their G where one would not fit with it.
  const from = runs.every(({ a, b, look: [name] }) => b - a > 10 * name.length || b - a <= 10 * (name.length - 1)) ? 0 : 1;
  strip.replaceChildren(...runs.flatMap(({ a, b, look: [name, , fill, ink] }) => {
    const text = name.slice(from), box = svg("rect", { x: a.toFixed(1), y: 1, width: (b - a).toFixed(1), height: 20, fill, stroke: "#fff" });
    if (b - a <= 10 * text.length) return [box];
    return [box, svg("text", { x: ((a + b) / 2).toFixed(1), y: 16, "text-anchor": "middle", fill: ink, "font-weight": "bold" }, text)];
  }));
}

// Where a value stands on a report's line: 0 to 1 is the reference interval, each 0.25 beyond it a doubling.
function placeOf(item, value, healthy) {
  let at;
  if (item.lower !== null) {
    if (value < item.lower) at = -0.25 * Math.log2(item.lower / Math.max(value, 1e-9));
    else if (value > item.upper) at = 1 + 0.25 * Math.log2(value / item.upper);
    else at = (value - item.lower) / (item.upper - item.lower);
  } else if (healthy > 1e-6 && item.axis[0] >= 0) at = 0.5 + 0.25 * Math.log2(Math.max(value, 1e-9) / healthy);
  else at = -1 + (3 * (value - item.axis[0])) / (item.axis[1] - item.axis[0]);
  return Math.min(2, Math.max(-1, at));
}
function signOf(item, value, healthy) {
  const said = flag(item, value);
  if (said === "high") return " ▲";
  if (said === "low") return " ▼";
  if (item.lower !== null || Math.abs(value - healthy) <= 0.1 * Math.abs(healthy) + 0.5 * 10 ** -item.decimals[SI]) return "";
  return value > healthy ? " ↑" : " ↓";
}
const valuesTable = (names, values, units) => [["quantity", "value", "unit"],
  ...names.map((name) => [quantity(name).label, values[name] * factor(quantity(name), units), quantity(name).unit[units]])];

KINDS.report = {
  pins: true,
  solve: (spec, settings) => last(runCourse(spec.run, settings)),
  numbers: (spec, result) => result,
  table: ({ details }, result, units) => valuesTable(details.names, result, units),
  build(view) {
    const { spec, units } = view, { names } = spec.details, healthy = healthyOf(spec);
    const phone = view.width < 600, width = phone ? view.width : Math.round(view.width * 0.48);
    const X = (at) => 8 + ((at + 1) / 3) * (width - 16);
    view.figure.style.setProperty("--columns", 1);
    const rows = names.map((name) => {
      const item = quantity(name), height = 30, middle = height / 2;
      const root = svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, "aria-hidden": "true", class: "plot" });
      root.append(svg("line", { x1: X(-1), x2: X(2), y1: middle, y2: middle, stroke: "#d1d5db", "stroke-width": 1.2 }));
      let marks = [];
      if (item.lower !== null) {
        root.append(svg("rect", { x: X(0), width: X(1) - X(0), y: 4, height: height - 8, fill: BAND, stroke: BAND_EDGE }));
        marks = [1, 2, 3, 4].flatMap((n) => [-0.25 * n, 1 + 0.25 * n]);
      } else if (healthy[name] > 1e-6) marks = Array.from({ length: 13 }, (_, n) => 0.5 + 0.25 * (n - 6));
      for (const mark of marks) root.append(svg("line", { x1: X(mark), x2: X(mark), y1: middle - 3, y2: middle + 3, stroke: "#9ca3af" }));
      const rest = placeOf(item, healthy[name], healthy[name]);
      root.append(svg("circle", { cx: X(rest), cy: middle, r: 6, fill: "#fff", stroke: GREY, "stroke-width": 1.5 }));
      const ghosts = svg("g");
      const trail = svg("line", { y1: middle, y2: middle, x1: X(rest), stroke: item.colour, "stroke-width": 4, "stroke-opacity": 0.55 });
      const dot = svg("circle", { cy: middle, r: 8, fill: item.colour, stroke: "#fff", "stroke-width": 1.4, "data-line": name });
      root.append(ghosts, trail, dot);
      const text = html("span", { class: "value" });
      view.figure.append(html("div", { class: "row" }, html("span", { class: "label", style: `color:${item.colour}` }, item.label), root, text));
      return { name, item, trail, dot, text, ghosts, middle };
    });
    view.figure.append(legend([swatch("band"), "reference interval"], [null, "beyond it each tick is a doubling or halving"], [swatch("marker", GREY), "health"]));
    return {
      update(values) {
        for (const { name, item, trail, dot, text } of rows) {
          const at = X(placeOf(item, values[name], healthy[name])).toFixed(1), said = flag(item, values[name]);
          trail.setAttribute("x2", at);
          dot.setAttribute("cx", at);
          text.textContent = withUnit(item, values[name], units) + signOf(item, values[name], healthy[name]);
          text.style.fontWeight = said === "high" || said === "low" ? "bold" : "normal";
        }
      },
      pin(results) {
        for (const { name, item, ghosts, middle } of rows) {
          ghosts.replaceChildren(...results.map((values) => svg("path", {
            d: markerPath("D", X(placeOf(item, values[name], healthy[name])), middle, 5), fill: "none", stroke: item.colour, "stroke-width": 1.6,
          })));
        }
      },
    };
  },
};

KINDS.compare = {
  solve: (spec, settings) => spec.details.rows.map((row) => last(runCourse(spec.run, { ...row.settings, ...settings }))),
  numbers(spec, results) {
    return Object.fromEntries(results.flatMap((values, i) => spec.details.names.map((name) => [`${name}@${i}`, values[name]])));
  },
  table({ details }, results, units) {
    return [["disorder", ...details.names.map((name) => title(quantity(name), units))],
      ...details.rows.map((row, i) => [row.name, ...details.names.map((name) => results[i][name] * factor(quantity(name), units))])];
  },
  build(view) {
    const { spec, units } = view, { names, rows } = spec.details, healthy = healthyOf(spec);
    view.figure.style.setProperty("--columns", 1);
    const cells = rows.map(() => names.map(() => html("td")));
    const head = html("tr", {}, html("th", {}, "Disorder"), ...names.map((name) => {
      const item = quantity(name);
      return html("th", { scope: "col", style: `color:${item.colour}` }, item.label, html("br"), html("small", {}, item.unit[units]));
    }));
    const body = rows.map((row, i) => {
      names.forEach((name, j) => { cells[i][j].dataset.label = title(quantity(name), units); });
      return html("tr", {}, html("th", { scope: "row" }, row.name), ...cells[i]);
    });
    view.figure.append(html("table", { class: "side" }, html("thead", {}, head), html("tbody", {}, ...body)),
      legend([null, "▲ above, ▼ below the reference interval"], [null, "↑ ↓ away from health where there is none"]));
    return {
      update(results) {
        results.forEach((values, i) => names.forEach((name, j) => {
          const item = quantity(name), cell = cells[i][j], value = values[name];
          const at = placeOf(item, value, healthy[name]), rest = placeOf(item, healthy[name], healthy[name]);
          let away, sign;
          if (item.lower !== null) {
            away = Math.min(at, 0) + Math.max(at - 1, 0);
            sign = { high: " ▲", low: " ▼" }[flag(item, value)] || "";
          } else {
            away = at - rest;
            sign = away > 0.06 ? " ↑" : away < -0.06 ? " ↓" : "";
          }
          const share = sign ? Math.min(0.3 + Math.abs(away), 1) : 0;
          const [r, g, b] = (away > 0 ? [0.98, 0.7, 0.55] : [0.62, 0.78, 0.95]).map((part) => Math.round(255 * (1 - share * (1 - part))));
          cell.style.backgroundColor = `rgb(${r} ${g} ${b})`;
          cell.style.fontWeight = sign ? "bold" : "normal";
          cell.textContent = numberText(item, value, units) + sign;
        }));
      },
    };
  },
};

// Response curves: the model's own rates and quantities with one state varied and the rest of the body held still.
const STATE = Object.fromEntries(MODEL.states.map((name, i) => [name, i]));
function still(state, settings) {
  MODEL.v.set(TABLE_VALUES);
  MODEL.v.set(MODEL.constants, NAMES.length);
  for (const [name, value] of Object.entries(averaged(settings))) MODEL.v[PLACE[name]] = value;
  MODEL.prepare();
  const y = Float64Array.from(state), found = new Float64Array(MODEL.observed.length), rate = new Float64Array(y.length);
  return {
    y, rates: () => { MODEL.rates(y, rate); return rate; },
    quantity: (name) => { MODEL.observe(y, found); return found[COLUMN[name]]; },
  };
}
const CURVES = {
  // PTH at which release and clearance balance at an ionised calcium, traced from the panel's own function.
  pth: (body, calcium) => pthCurve(body.y, calcium),
  // Phosphate reabsorbed per litre of filtrate at a plasma phosphate.
  reabsorption(body, phosphate) {
    const { y } = body, at = STATE.plasma_phosphate, kept = y[at];
    y[at] = phosphate;
    const kept_back = phosphate * (1 - body.quantity("fractional_excretion_phosphate") / 100);
    y[at] = kept;
    return kept_back;
  },
  // Calcium absorbed at a calcitriol, once the gut has filled or emptied so that its content stands still.
  absorption(body, calcitriol) {
    const { y } = body, at = STATE.gut_calcium, kept = [y[at], y[STATE.calcitriol]];
    y[STATE.calcitriol] = calcitriol;
    for (let i = 0; i < 60; i++) {
      const eaten = body.quantity("calcium_eaten") / 24, left = eaten - body.rates()[at];
      const next = 0.5 * (y[at] + (eaten * y[at]) / left);
      const done = Math.abs(next - y[at]) < 1e-9 * next;
      y[at] = next;
      if (done) break;
    }
    const absorbed = body.quantity("calcium_absorbed");
    [y[at], y[STATE.calcitriol]] = kept;
    return absorbed;
  },
};
KINDS.response = {
  pins: true,
  curves({ details }, course, held) {
    const body = still(course.state, course.settings), end = last(course);
    return Object.fromEntries(details.curves.map(({ name, along, span, up, points }) => {
      const xs = linspace(...span, points), at = held[along] ?? end[along];
      return [name, { along, up, xs, ys: xs.map((x) => CURVES[name](body, x)), at, value: CURVES[name](body, at) }];
    }));
  },
  solve(spec, settings) { return this.curves(spec, runCourse(spec.run, settings), settings); },
  numbers: (spec, result) => Object.fromEntries(Object.values(result).flatMap(({ along, up, at, value }) => [[along, at], [up, value]])),
  table(spec, result, units) {
    return [["curve", "along", "value along", "upward", "value"], ...spec.details.curves.flatMap(({ name, along, up }) =>
      result[name].xs.map((x, i) => [name, title(quantity(along), units), x * factor(quantity(along), units), title(quantity(up), units), result[name].ys[i] * factor(quantity(up), units)]))];
  },
  build(view) {
    const { spec, units } = view, { curves } = spec.details;
    const rest = this.curves(spec, simulate({}, evenly(read(spec.run.days, {}) * DAY, 2)), {});
    const columns = view.width < 600 ? 1 : curves.length;
    view.figure.style.setProperty("--columns", columns);
    const width = Math.floor((view.width - (columns - 1) * 8) / columns);
    const plots = curves.map(({ name, along, span, up, range }) => {
      const x = quantity(along), y = quantity(up), fx = factor(x, units), fy = factor(y, units);
      const plot = new Plot({
        width, height: curves.length === 1 && columns === 1 && view.width >= 600 ? 300 : 230, right: 24, bottom: 40, label: title(x, units),
        x: { range: span.map((end) => end * fx) }, y: { range: range.map((end) => end * fy) },
      });
      plot.clip(clipNames());
      if (x.lower !== null) plot.layers.band.append(svg("rect", { x: plot.X(x.lower * fx), width: plot.X(x.upper * fx) - plot.X(x.lower * fx), y: plot.top, height: plot.inner.height, fill: BAND }));
      if (name === "reabsorption") {
        const d = plot.path(span, span, fx, fy);
        plot.layers.line.append(svg("path", { d, stroke: GREY, fill: "none" }));
        const at = 0.62 * Math.min(span[1] * fx, range[1] * fy);
        plot.layers.text.append(svg("text", { x: plot.X(at) - 6, y: plot.Y(at) - 6, "text-anchor": "end", fill: GREY }, "filtered"));
      }
      plot.layers.line.append(svg("path", { d: plot.path(rest[name].xs, rest[name].ys, fx, fy), fill: "none", stroke: GREY, "stroke-width": 1.5, "stroke-dasharray": "5 3" }));
      plot.layers.mark.append(svg("circle", { cx: plot.X(rest[name].at * fx), cy: plot.Y(rest[name].value * fy), r: 5.5, fill: "#fff", stroke: GREY, "stroke-width": 1.6 }));
      const path = svg("path", { fill: "none", stroke: y.colour, "stroke-width": 2.6, "data-line": name });
      const dot = svg("circle", { r: 7.5, fill: y.colour, stroke: "#fff", "stroke-width": 1.4 });
      const text = svg("text", { "font-weight": "bold", fill: INK });
      plot.layers.line.append(path);
      plot.layers.mark.append(dot);
      plot.layers.text.append(text);
      const unit = `${y.unit[units]}${name === "reabsorption" ? " of filtrate" : ""}`;
      const words = { pth: "PTH", reabsorption: "Phosphate kept", absorption: "Calcium absorbed" }[name];
      view.figure.append(html("div", { class: "cell" }, html("p", { class: "heading" }, html("span", { style: `color:${y.colour}` }, `${words} (${unit})`)), plot.root));
      return { name, plot, path, dot, text, fx, fy, item: y };
    });
    view.figure.append(legend([swatch("5 3"), "health"], [swatch("", INK), "now"], [swatch("band"), "reference interval"]));
    return {
      update(result) {
        for (const { name, plot, path, dot, text, fx, fy, item } of plots) {
          const { xs, ys, at, value } = result[name];
          path.setAttribute("d", plot.path(xs, ys, fx, fy));
          const within = (v, [low, high]) => Math.min(Math.max(v, low), high);
          const x = within(at * fx, plot.x.range), y = within(value * fy, plot.y.range);
          dot.setAttribute("cx", plot.X(x));
          dot.setAttribute("cy", plot.Y(y));
          text.textContent = numberText(item, value, units) + (value * fy > plot.y.range[1] ? " ↑" : "");
          const far = plot.share(plot.x, x) > 0.72;
          const above = (name === "pth" && y < 0.9 * plot.y.range[1]) || y < 0.12 * plot.y.range[1];
          text.setAttribute("text-anchor", far ? "end" : "start");
          text.setAttribute("x", plot.X(x) + (far ? -11 : 11));
          text.setAttribute("y", plot.Y(y) + (above ? -10 : 22));
        }
      },
      pin(results) {
        for (const { name, plot, fx, fy, item } of plots) {
          plot.layers.ghost.replaceChildren(...results.map((result) => svg("path", {
            d: plot.path(result[name].xs, result[name].ys, fx, fy), fill: "none", stroke: item.colour, "stroke-width": 1.4, "stroke-dasharray": "3 3",
          })));
        }
      },
    };
  },
};

KINDS.saturation = {
  pins: true,
  solve(spec, settings) {
    const set = spec.details.constants || "default", { plasma } = SOLUTION;
    const state = { calcium: plasma.calcium, phosphate: plasma.phosphate, ...settings };
    const { ionised, index, perIon } = speciate(state, set);
    return { ...state, ionised, index, perIon, line: brushiteLine(settings, set) };
  },
  numbers(spec, { ionised, index, calcium, phosphate }) {
    const indices = Object.entries(SOLUTION.minerals).map(([name, [label]]) => `${spoken(label)} ${signed(index[name])}`).join(", ");
    return { ionised_calcium: ionised, calcium_phosphate_product: calcium * phosphate, indices };
  },
  table: (spec, result) => [["mineral", "saturation index", "per ion"], ...Object.entries(SOLUTION.minerals).map(([name, [label]]) => [label, result.index[name], result.perIon[name]])],
  build(view) {
    const { spec, units } = view, phone = view.width < 600;
    const calcium = quantity("total_calcium"), phosphate = quantity("phosphate"), fx = factor(calcium, units), fy = factor(phosphate, units);
    view.figure.style.setProperty("--columns", phone ? 1 : 2);
    const width = phone ? view.width : Math.floor((view.width - 8) / 2);
    const [[c0, c1], [, p1]] = SOLUTION.map;
    const plot = new Plot({ width, height: phone ? 260 : 310, right: 16, bottom: 40, label: title(calcium, units), x: { range: [c0 * fx, c1 * fx] }, y: { range: [0, p1 * fy] } });
    plot.clip(clipNames());
    const xs = linspace(c0, c1, 60);
    plot.layers.line.append(svg("path", { d: plot.path(xs, xs.map((x) => SOLUTION.product / x), fx, fy), fill: "none", stroke: GREY, "stroke-width": 1.5, "stroke-dasharray": "5 3" }));
    const product = quantity("calcium_phosphate_product"), colour = SOLUTION.minerals.brushite[1];
    const halo = { "paint-order": "stroke", stroke: "#fff", "stroke-width": 4 };
    plot.layers.text.append(
      svg("text", { x: plot.X(0.98 * c1 * fx), y: plot.Y(0.15 * p1 * fy), "text-anchor": "end", fill: GREY, ...halo }, `Ca×P ${withUnit(product, SOLUTION.product, units)}`),
      ...["brushite", "can form"].map((words, i) => svg("text", { x: plot.X(0.98 * c1 * fx), y: plot.Y((0.91 - 0.08 * i) * p1 * fy), "text-anchor": "end", fill: colour, "font-weight": "bold", ...halo }, words)));
    const line = svg("path", { fill: "none", stroke: colour, "stroke-width": 2.6, "data-line": "brushite" });
    const rest = this.solve({ details: spec.details }, {});
    plot.layers.line.append(line);
    const dot = svg("circle", { r: 8, fill: INK, stroke: "#fff", "stroke-width": 1.4 });
    plot.layers.mark.append(svg("circle", { cx: plot.X(rest.calcium * fx), cy: plot.Y(rest.phosphate * fy), r: 6, fill: "#fff", stroke: GREY, "stroke-width": 1.6 }), dot);
    view.figure.append(html("div", { class: "cell" }, html("p", { class: "heading" }, html("span", { style: `color:${phosphate.colour}` }, title(phosphate, units))), plot.root));
    const [low, high] = SOLUTION.limits, gauge = new Plot({
      width, height: phone ? 230 : 310, left: 100, right: 56, bottom: 40, label: "per ion (log\u2081\u2080)", x: { range: [low, high], ticks: [-1, 0, 1] }, y: { range: [5 - 0.5, -0.5], ticks: [] },
    });
    gauge.layers.band.append(svg("rect", { x: gauge.X(0), width: gauge.X(high) - gauge.X(0), y: gauge.top, height: gauge.inner.height, fill: "#fdecea" }));
    gauge.layers.band.append(svg("line", { x1: gauge.X(0), x2: gauge.X(0), y1: gauge.top, y2: gauge.top + gauge.inner.height, stroke: INK, "stroke-width": 1.4 }));
    const rows = Object.entries(SOLUTION.minerals).map(([name, [label, ink]], i) => {
      const y = gauge.Y(i), bar = svg("line", { x1: gauge.X(0), y1: y, y2: y, stroke: ink, "stroke-width": 7, "stroke-opacity": 0.45 });
      const point = svg("circle", { cy: y, r: 7.5, fill: ink, stroke: "#fff" }), text = svg("text", { x: gauge.width - 50, y: y + 4.5, fill: ink, "font-weight": "bold" });
      gauge.layers.line.append(svg("circle", { cx: gauge.X(rest.perIon[name]), cy: y, r: 6, fill: "#fff", stroke: GREY, "stroke-width": 1.6 }), bar, point);
      gauge.layers.text.append(svg("text", { x: 92, y: y + 4.5, "text-anchor": "end", fill: ink, "font-weight": "bold" }, label), text);
      return { name, ink, y, bar, point, text };
    });
    view.figure.append(html("div", { class: "cell" }, html("p", { class: "heading" }, "Saturation index"), gauge.root),
      legend([swatch("marker", INK), "healthy plasma"], [null, "dot: this plasma"], [null, "right of 0: supersaturated"]));
    return {
      update(state) {
        const known = state.line.filter(([x]) => x !== null);
        line.setAttribute("d", known.length > 1 ? plot.path(known.map(([x]) => x), known.map(([, y]) => y), fx, fy) : "");
        dot.setAttribute("cx", plot.X(state.calcium * fx));
        dot.setAttribute("cy", plot.Y(state.phosphate * fy));
        for (const { name, bar, point, text } of rows) {
          const at = gauge.X(Math.min(high, Math.max(low, state.perIon[name])));
          bar.setAttribute("x2", at);
          point.setAttribute("cx", at);
          text.textContent = signed(state.index[name]);
        }
      },
      pin(states) {
        plot.layers.ghost.replaceChildren(...states.flatMap((state) => {
          const known = state.line.filter(([x]) => x !== null);
          return [svg("path", { d: markerPath("D", plot.X(state.calcium * fx), plot.Y(state.phosphate * fy), 5), fill: "none", stroke: INK, "stroke-width": 1.6 }),
            svg("path", { d: known.length > 1 ? plot.path(known.map(([x]) => x), known.map(([, y]) => y), fx, fy) : "", fill: "none", stroke: colour, "stroke-width": 1.4, "stroke-dasharray": "3 3" })];
        }));
        gauge.layers.ghost.replaceChildren(...states.flatMap((state) => rows.map(({ name, y, ink }) =>
          svg("path", { d: markerPath("D", gauge.X(state.perIon[name]), y, 5), fill: "none", stroke: ink, "stroke-width": 1.6 }))));
      },
    };
  },
};

KINDS.deposition = {
  sites(spec, settings) {
    const preset = settings.kind && settings.kind in spec.details.sites ? settings.kind : Object.keys(spec.details.sites)[0];
    return Object.fromEntries(Object.entries(spec.details.sites[preset]).map(([name, site]) => [name, { ...site, ph: settings.ph ?? site.ph, injury: settings.injury ?? site.injury }]));
  },
  calm: new Map(),
  solve(spec, settings) {
    const { kind, ph, injury, ...blood } = settings, sites = this.sites(spec, settings);
    const course = runCourse(spec.run, blood), amounts = siteDeposits(course, sites);
    const days = course.hours[course.hours.length - 1] / DAY;
    if (!this.calm.has(days)) {
      const plain = Object.values(spec.details.healthy || spec.details.sites)[0];
      this.calm.set(days, siteDeposits(simulate({}, evenly(days * DAY, 121)), spec.details.healthy || Object.fromEntries(Object.entries(plain).map(([name, site]) => [name, site]))));
    }
    const calm = this.calm.get(days);
    const beyond = Object.fromEntries(Object.entries(amounts).map(([name, site]) => [name, {
      label: sites[name].label, labile: Math.max(0, site.labile - calm[name].labile), mature: Math.max(0, site.mature - calm[name].mature),
    }]));
    return { sites: beyond, ripening: ripeningTime(course) };
  },
  numbers(spec, { sites, ripening }) {
    const rows = Object.values(sites), total = rows.map(({ labile, mature }) => rounded(labile + mature, 3));
    const order = rows.map((_, i) => i).sort((a, b) => total[b] - total[a] || a - b);
    const labile = rows.reduce((sum, row) => sum + row.labile, 0), amount = labile + rows.reduce((sum, row) => sum + row.mature, 0);
    const where = order.slice(0, 3).map((i) => SITES.short[Object.keys(sites)[i]].toLowerCase()).join(", ");
    return { "mature_deposit@all": amount, "mature_deposit@labile": labile, where: amount >= 0.05 ? `; sites with most: ${where}` : "", ripening: `${fixed(ripening, 0)} min` };
  },
  table: (spec, { sites }, units) => [["site", `labile (${quantity("mature_deposit").unit[units]})`, `mature (${quantity("mature_deposit").unit[units]})`],
    ...Object.values(sites).map(({ label, labile, mature }) => [label, labile * factor(quantity("mature_deposit"), units), mature * factor(quantity("mature_deposit"), units)])],
  build(view) {
    const { spec, units } = view, phone = view.width < 600, item = quantity("mature_deposit"), k = factor(item, units);
    const names = Object.keys(Object.values(spec.details.sites)[0]);
    view.figure.style.setProperty("--columns", phone ? 1 : 2);
    view.figure.classList.add("sites");
    const width = phone ? Math.min(view.width, 280) : Math.floor(view.width * 0.36), tall = Math.round((width * 416) / 272);
    const root = svg("svg", { viewBox: `0 0 ${width} ${tall}`, width, height: tall, "aria-hidden": "true", class: "plot" });
    const person = new DOMParser().parseFromString(SITES.person, "image/svg+xml").documentElement;
    for (const [key, value] of Object.entries({ x: 0, y: 0, width, height: tall })) person.setAttribute(key, value);
    root.append(document.importNode(person, true));
    const X = (x) => ((x + 0.34) / 0.68) * width, Y = (y) => (1 - (y + 0.02) / 1.04) * tall;
    const spots = names.map((name, i) => {
      const [x, y] = SITES.places[name], side = x < 0 ? -1 : 1;
      const rim = svg("circle", { cx: X(x), cy: Y(y), fill: SITES.colours.labile, stroke: INK, "stroke-width": 0.6, "fill-opacity": 0.9 });
      const core = svg("circle", { cx: X(x), cy: Y(y), fill: SITES.colours.mature });
      root.append(svg("line", { x1: X(x), y1: Y(y), x2: X(side * 0.29), y2: Y(y), stroke: "#9ca3af", "stroke-width": 0.8 }),
        svg("text", { x: X(side * 0.3), y: Y(y) + 4.5, "text-anchor": side < 0 ? "end" : "start", fill: INK, "font-weight": "bold" }, String(i + 1)), rim, core);
      return { name, rim, core };
    });
    view.figure.append(html("div", { class: "cell" }, root));
    const [floor, top] = SITES.axis, wide = phone ? view.width : view.width - width - 8;
    const plot = new Plot({ width: wide, height: phone ? 300 : Math.max(tall - 24, 260), left: phone ? 118 : 150, right: 50, bottom: 40, label: `calcium (${item.unit[units]}, assumed rates)`,
      x: { range: [floor * k, top * k], log: true, ticks: phone ? [0.1, 10, 1000, 1e5].filter((tick) => tick >= floor * k && tick <= top * k) : null }, y: { range: [names.length - 0.5, -0.5], ticks: [] } });
    const numbers = {};
    const bars = names.flatMap((name, i) => {
      numbers[name] = svg("text", { x: wide - 2, y: plot.Y(i) + 4.5, "text-anchor": "end", fill: INK, "font-weight": "bold" });
      plot.layers.text.append(numbers[name]);
      plot.layers.text.append(svg("text", { x: plot.left - 6, y: plot.Y(i) + 4.5, "text-anchor": "end", fill: "#374151" }, `${i + 1}  ${SITES.short[name]}`));
      const thick = plot.Y(0) - plot.Y(0.32);
      return [["labile", -0.33], ["mature", 0.01]].map(([part, shift]) => {
        const bar = svg("rect", { x: plot.left, y: plot.Y(i + shift), height: Math.abs(thick), fill: SITES.colours[part], stroke: INK, "stroke-width": 0.5, "data-line": `${part}-${name}` });
        plot.layers.line.append(bar);
        return { name, part, bar };
      });
    });
    view.figure.append(html("div", { class: "cell" }, html("p", { class: "heading" }, "Mineral beyond health"), plot.root),
      legend([swatch("fill", SITES.colours.labile), "can still dissolve"], [swatch("fill", SITES.colours.mature), "hardly dissolves"], [null, html("strong", {}, "assumed rates: compare only")]));
    const radius = (amount) => (0.004 + 0.011 * Math.log10(1 + Math.max(amount, 0) / floor / 5)) * (width / 0.68);
    return {
      update({ sites }) {
        for (const { name, part, bar } of bars) bar.setAttribute("width", Math.max(0, plot.X(Math.min(top, Math.max(floor, sites[name][part])) * k) - plot.left));
        for (const { name, rim, core } of spots) {
          rim.setAttribute("r", radius(sites[name].labile + sites[name].mature).toFixed(2));
          core.setAttribute("r", (radius(sites[name].mature) * 0.8).toFixed(2));
          numbers[name].textContent = numberText(item, sites[name].labile + sites[name].mature, units);
        }
      },
    };
  },
};

// A thousand people before and after a test.
const percentText = (probability) => { const value = 100 * probability; return `${fixed(value, value >= 1.5 && value <= 98.5 ? 0 : 1)} %`; };
KINDS.bayes = {
  solve({ details }, { pretest, sensitivity, specificity }) {
    const [before, sens, spec] = [pretest, sensitivity, specificity].map((value) => value / 100), { people } = details;
    const ill = rounded(people * before, 0), caught = rounded(ill * sens, 0), cleared = rounded((people - ill) * spec, 0);
    const ratios = [sens / (1 - spec), (1 - sens) / spec];
    const [positive, negative] = ratios.map((ratio) => { const odds = (before / (1 - before)) * ratio; return odds / (1 + odds); });
    return { before, positive, negative, ratios, counts: [caught, ill - caught, people - ill - cleared, cleared] };
  },
  numbers({ details }, { positive, negative, ratios, counts: [caught, missed, alarmed, cleared] }) {
    const counts = { caught, missed, alarmed, cleared, people: details.people, ill: caught + missed, well: alarmed + cleared };
    return { ...Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, String(count)])),
      positive: percentText(positive), negative: percentText(negative), up: fixed(ratios[0], 1), down: fixed(ratios[1], 2) };
  },
  table: ({ details }, { before, positive, negative, counts }) => [["what", "value"], ["before the test", before], ["after a positive result", positive],
    ["after a negative result", negative], ...Object.values(details.groups).map(([label], i) => [label, counts[i]])],
  build(view) {
    const { spec } = view, { groups, rows, people } = spec.details, phone = view.width < 600;
    view.figure.style.setProperty("--columns", phone ? 1 : 2);
    const width = phone ? view.width : Math.floor(view.width * 0.58), columns = people / rows;
    const size = (width - 8) / columns, tall = size * rows + 8;
    const root = svg("svg", { viewBox: `0 0 ${width} ${tall}`, width, height: tall, "aria-hidden": "true", class: "plot" });
    const names = clipNames(), defs = svg("defs");
    const looks = Object.values(groups).map(([label, face, edge, hatch], i) => {
      if (!hatch) return { label, fill: face };
      const pattern = svg("pattern", { id: `${names}-${i}`, width: 6, height: 6, patternUnits: "userSpaceOnUse" }, svg("rect", { width: 6, height: 6, fill: face }),
        svg("path", { d: hatch.includes("x") ? "M0 0L6 6M6 0L0 6" : "M0 6L6 0", stroke: edge, "stroke-width": 1 }));
      defs.append(pattern);
      return { label, fill: `url(#${names}-${i})` };
    });
    root.append(defs);
    const blocks = looks.map(({ fill: look }) => { const block = svg("path", { fill: look }); root.append(block); return block; });
    let grid = "";
    for (let x = 0; x <= columns; x++) grid += `M${4 + x * size} 4V${4 + rows * size}`;
    for (let y = 0; y <= rows; y++) grid += `M4 ${4 + y * size}H${4 + columns * size}`;
    root.append(svg("path", { d: grid, stroke: "#fff", "stroke-width": 1.1 }));
    // The squares first to last - 1, counted down the columns.
    const outline = (first, last) => {
      let d = "";
      for (let i = first; i < last;) {
        const column = Math.floor(i / rows), end = Math.min(last, (column + 1) * rows);
        d += `M${4 + column * size} ${4 + (i - column * rows) * size}h${size}v${(end - i) * size}h${-size}Z`;
        i = end;
      }
      return d || "M0 0";
    };
    view.figure.append(html("div", { class: "cell" }, html("p", { class: "heading" }, `${people} people, one square each`), root));
    const plot = new Plot({ width: phone ? view.width : view.width - width - 8, height: phone ? 210 : Math.max(tall, 220), left: 12, right: 30, bottom: 40,
      label: "Probability of the disorder (%)", x: { range: [0, 100] }, y: { range: [2.6, -0.6], ticks: [] } });
    const bars = [["before", "#6b7280", "before the test"], ["positive", "#b91c1c", "after a positive result"], ["negative", "#1d4ed8", "after a negative result"]].map(([name, colour, words], i) => {
      const bar = svg("rect", { x: plot.X(0), y: plot.Y(i - 0.05), height: plot.Y(i + 0.35) - plot.Y(i - 0.05), fill: colour, "fill-opacity": 0.75, stroke: colour, "stroke-width": 2, "data-line": name });
      const text = svg("text", { x: plot.X(0) + 2, y: plot.Y(i - 0.17), fill: INK });
      plot.layers.line.append(bar);
      plot.layers.text.append(text);
      return { name, words, bar, text };
    });
    view.figure.append(html("div", { class: "cell" }, html("p", { class: "heading" }, "Before and after"), plot.root),
      legend(...looks.map(({ label, fill: look }) => [svg("svg", { viewBox: "0 0 24 14", width: 24, height: 14, "aria-hidden": "true" }, svg("rect", { width: 24, height: 14, fill: look })), label])));
    return {
      update(result) {
        let first = 0;
        result.counts.forEach((count, i) => { blocks[i].setAttribute("d", outline(first, first + count)); first += count; });
        for (const { name, words, bar, text } of bars) {
          bar.setAttribute("width", Math.max(0, plot.X(100 * result[name]) - plot.X(0)));
          text.textContent = `${percentText(result[name])} ${words}`;
        }
      },
    };
  },
};

// A made-up CT and its calcium score. The spots are products of three bells, so a slice is cheap.
KINDS.agatston = {
  solve({ details }, { threshold, thickness, density }) {
    const { pixel, step, side, length, tissue: rest, spots, weights, smallest } = details;
    const across = Array.from({ length: Math.round(side / pixel) }, (_, i) => -side / 2 + pixel / 2 + i * pixel);
    const along = Array.from({ length: Math.round(length / step) }, (_, i) => -length / 2 + step / 2 + i * step);
    const count = Math.ceil(length / thickness - 1e-9), n = across.length;
    const middles = Array.from({ length: count }, (_, i) => -length / 2 + i * thickness + thickness / 2);
    const bells = spots.map(([[x0, y0, z0], [wx, wy, wz], share]) => {
      const bell = (at, middle, width) => Math.exp(-(((at - middle) / width) ** 2) / 2);
      const sums = new Float64Array(count), owners = new Float64Array(count);
      for (const z of along) { const owner = Math.floor((z + length / 2) / thickness); sums[owner] += bell(z, z0, wz); owners[owner]++; }
      return { x: across.map((x) => bell(x, x0, wx)), y: across.map((y) => bell(y, y0, wy)), z: sums.map((sum, i) => sum / owners[i]), peak: density * share - rest };
    });
    const slice = (k) => {
      const picture = new Float64Array(n * n);
      for (let r = 0; r < n; r++) for (let c = 0; c < n; c++) {
        let value = rest;
        for (const { x, y, z, peak } of bells) value += peak * x[c] * y[r] * z[k];
        picture[r * n + c] = value;
      }
      return picture;
    };
    const shown = middles.reduce((best, at, i) => Math.abs(at - spots[0][0][2]) < Math.abs(middles[best] - spots[0][0][2]) ? i : best, 0);
    const parts = middles.map((_, k) => {
      const picture = slice(k), seen = new Uint8Array(n * n);
      let sum = 0;
      for (let start = 0; start < n * n; start++) {
        if (seen[start] || picture[start] < threshold) continue;
        let area = 0, peak = -Infinity;
        const open = [start];
        seen[start] = 1;
        while (open.length) {
          const at = open.pop(), c = at % n;
          area += pixel ** 2;
          peak = Math.max(peak, picture[at]);
          for (const next of [at - n, at + n, c ? at - 1 : -1, c < n - 1 ? at + 1 : -1]) {
            if (next >= 0 && next < n * n && !seen[next] && picture[next] >= threshold) { seen[next] = 1; open.push(next); }
          }
        }
        const weight = weights.reduce((best, [limit, value]) => peak >= limit ? Math.max(best, value) : best, weights[0][1]);
        if (area >= smallest) sum += area * weight;
      }
      return (sum * thickness) / 3;
    });
    return { picture: slice(shown), n, threshold, middles, parts, thickness, score: parts.reduce((a, b) => a + b, 0) };
  },
  numbers: (spec, { score, parts }) => ({ score: fixed(score, 0), cut: String(parts.filter((part) => part > 0).length), slices: String(parts.length) }),
  table: (spec, { middles, parts }) => [["position (mm)", "added to the score"], ...middles.map((at, i) => [at, parts[i]])],
  build(view) {
    const { details } = view.spec, phone = view.width < 600, half = details.side / 2;
    view.figure.style.setProperty("--columns", phone ? 1 : 2);
    const width = phone ? view.width : Math.floor((view.width - 8) / 2), height = phone ? width : Math.round(width * 0.9);
    const box = { left: 46, right: 16, top: 8, bottom: 40 }, inner = Math.min(width - 62, height - 48);
    const plot = new Plot({ width, height: inner + 48, ...box, right: width - 46 - inner, label: "mm", x: { range: [-half, half] }, y: { range: [-half, half] } });
    const image = svg("image", { x: plot.left, y: plot.top, width: inner, height: inner, style: "image-rendering: pixelated" });
    const dots = svg("path", { fill: "#f59e0b", "data-line": "counted" });
    plot.layers.band.append(image);
    plot.layers.mark.append(dots);
    const canvas = document.createElement("canvas"), draw = canvas.getContext("2d");
    const end = details.length / 2;
    const chart = new Plot({ width, height: inner + 48, bottom: 40, right: 16, label: "Position along the body (mm)", x: { range: [-end, end] }, y: { range: [0, 340] } });
    chart.clip(clipNames());
    const total = svg("text", { x: chart.left + 10, y: chart.top + 18, "font-weight": "bold", fill: INK });
    chart.layers.text.append(total);
    view.figure.append(html("div", { class: "cell" }, html("p", { class: "heading" }, "The slice through the larger spot"), plot.root),
      html("div", { class: "cell" }, html("p", { class: "heading" }, "What each slice adds to the score"), chart.root), legend([null, "dots: pixels that are counted"]));
    return {
      update({ picture, n, threshold, middles, parts, thickness, score }) {
        canvas.width = canvas.height = n;
        const data = draw.createImageData(n, n);
        let d = "";
        for (let r = 0; r < n; r++) for (let c = 0; c < n; c++) {
          const value = picture[r * n + c], grey = Math.max(0, Math.min(255, ((value + 50) / 550) * 255)), at = ((n - 1 - r) * n + c) * 4;
          data.data.set([grey, grey, grey, 255], at);
          if (value >= threshold) d += `M${(plot.X(-half + (c + 0.5) * details.pixel) - 1.3).toFixed(1)} ${plot.Y(-half + (r + 0.5) * details.pixel).toFixed(1)}a1.3 1.3 0 1 0 2.6 0a1.3 1.3 0 1 0 -2.6 0`;
        }
        draw.putImageData(data, 0, 0);
        image.setAttribute("href", canvas.toDataURL());
        dots.setAttribute("d", d || "M0 0");
        chart.layers.line.replaceChildren(...middles.map((at, i) => svg("rect", {
          x: chart.X(at - thickness / 2), width: chart.X(at + thickness / 2) - chart.X(at - thickness / 2), y: chart.Y(parts[i]), height: chart.Y(0) - chart.Y(parts[i]),
          fill: "#0b5394", stroke: "#fff",
        })));
        total.textContent = `Score ${fixed(score, 0)}`;
      },
    };
  },
};
