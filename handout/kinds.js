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
const TIME_UNITS = { minutes: 1 / 1440, hours: 1 / 24, days: 1, weeks: 7, years: 365.25 };
const title = (item, units) => `${item.label} (${item.unit[units]})`;
const swatch = (kind, colour = GREY, marker = "o") => {
  const box = svg("svg", { viewBox: "0 0 24 14", width: 24, height: 14, "aria-hidden": "true" });
  if (kind === "band") box.append(svg("rect", { x: 1, y: 1, width: 22, height: 12, fill: BAND, stroke: BAND_EDGE }));
  else if (kind === "range") box.append(svg("rect", { x: 1, y: 1, width: 22, height: 12, fill: colour, "fill-opacity": 0.25 }));
  else if (kind === "marker") box.append(svg("path", { d: markerPath(marker, 12, 7), fill: "#fff", stroke: INK, "stroke-width": 1.6 }));
  else box.append(svg("line", { x1: 0, x2: 24, y1: 7, y2: 7, stroke: colour, "stroke-width": 2.2, "stroke-dasharray": kind }));
  return box;
};
const legend = (...entries) => html("p", { class: "legend" }, ...entries.map(([sign, words]) => html("span", {}, ...(sign ? [sign] : []), words)));
const clipNames = (() => { let count = 0; return () => `clip${count++}`; })();

const KINDS = {};

KINDS.time_course = {
  solve: (spec, settings) => runCourse(spec.run, settings),
  numbers({ details }, course) {
    if (details.at === null || details.at === undefined) return course.values;
    return Object.fromEntries(Object.keys(course.values).map((name) => [name, valueAt(course, name, details.at * DAY)]));
  },
  columns: ({ details }) => details.groups.flat(),
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
      if (against || !["minutes", "hours"].includes(details.unit_of_time)) return undefined;
      const base = details.unit_of_time === "minutes" ? 60 : 24;
      const step = [base / 12, base / 6, base / 4, base / 2, base].find((part) => span[1] / part <= 6) || base;
      return Array.from({ length: Math.floor(span[1] / step + 0.5) + 1 }, (_, i) => i * step).filter((at) => at <= span[1] + 1e-9);
    };
    const along = (course) => against ? course.values[details.against] : course.hours;
    const scaleX = against ? factor(against, units) : 1 / (DAY * unit);
    const count = details.groups.length;
    const columns = view.width < 600 ? 1 : count === 1 ? 1 : [3, 5, 6].includes(count) || count > 8 ? 3 : 2;
    view.figure.style.setProperty("--columns", columns);
    const width = Math.floor((view.width - (columns - 1) * 8) / columns);
    const height = columns === 1 && view.width < 600 ? 150 : 175;
    const plots = details.groups.map((names) => {
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
    if (details.groups.flat().some((name) => quantity(name).lower !== null)) signs.push([swatch("band"), "reference interval"]);
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
          const x = xs[xs.length - 1] * scaleX, [low, high] = plot.y.range;
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
          lines.forEach(({ text }, i) => {
            text.setAttribute("x", Math.min(plot.X(x) + 6, plot.width - plot.right + 6));
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
  const parts = [];
  for (let i = 0; i < gfr.length;) {
    const stage = stageNumber(gfr[i]);
    let j = i;
    while (j + 1 < gfr.length && stageNumber(gfr[j + 1]) === stage) j++;
    const end = Math.min(j + 1, gfr.length - 1);
    const [a, b] = [plot.X(xs[i] * scaleX), plot.X(xs[end] * scaleX)].sort((p, q) => p - q);
    if (b > a) {
      const [name, , fillColour, ink] = MODEL.stages[stage];
      parts.push(svg("rect", { x: a.toFixed(1), y: 1, width: (b - a).toFixed(1), height: 20, fill: fillColour, stroke: "#fff" }));
      const text = b - a > 10 * name.length ? name : b - a > 10 * (name.length - 1) ? name.slice(1) : "";
      if (text) parts.push(svg("text", { x: ((a + b) / 2).toFixed(1), y: 16, "text-anchor": "middle", fill: ink, "font-weight": "bold" }, text));
    }
    i = j + 1;
  }
  strip.replaceChildren(...parts);
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

KINDS.steady_state = {
  solve: (spec, settings) => last(runCourse(spec.run, settings)),
  numbers: (spec, result) => result,
  table: ({ details }, result, units) => valuesTable(details.names, result, units),
  build(view) {
    const { spec, units } = view, { names, healthy } = spec.details;
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
  solve: (spec, settings) => spec.details.rows.map((row) => last(runCourse(spec.run, settings, null, row.moves))),
  numbers(spec, results) {
    return Object.fromEntries(results.flatMap((values, i) => spec.details.names.map((name) => [`${name}@${spec.details.rows[i].label}`, values[name]])));
  },
  table({ details }, results, units) {
    return [["disorder", ...details.names.map((name) => title(quantity(name), units))],
      ...details.rows.map((row, i) => [row.label, ...details.names.map((name) => results[i][name] * factor(quantity(name), units))])];
  },
  build(view) {
    const { spec, units } = view, { names, rows, healthy } = spec.details;
    view.figure.style.setProperty("--columns", 1);
    const cells = rows.map(() => names.map(() => html("td")));
    const head = html("tr", {}, html("th", {}, "Disorder"), ...names.map((name) => {
      const item = quantity(name);
      return html("th", { scope: "col", style: `color:${item.colour}` }, item.label, html("br"), html("small", {}, item.unit[units]));
    }));
    const body = rows.map((row, i) => {
      names.forEach((name, j) => { cells[i][j].dataset.label = title(quantity(name), units); });
      return html("tr", {}, html("th", { scope: "row" }, row.label), ...cells[i]);
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
