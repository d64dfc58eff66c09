// The desk of the virtual clinic and the trainer as forms on a page. What they do is in clinic.js.
class DeskForm {
  constructor(box) {
    const { name, seed } = JSON.parse(box.querySelector("script.desk-start").textContent);
    this.box = box;
    this.form = box.querySelector(".desk-form");
    this.entries = [];
    this.build();
    this.call(name, seed);
  }
  build() {
    let count = 0;
    const id = () => `${this.box.id}-${count++}`;
    const c = this.controls = {};
    const field = (key, words, control) => {
      control.id = id();
      control.autocomplete = "off";
      c[key] = control;
      return html("span", { class: "field" }, html("label", { for: control.id }, words), control);
    };
    const select = (options) => html("select", {}, ...options.map(([value, words]) => html("option", { value }, words)));
    const button = (words, title, action) => {
      const made = html("button", { type: "button", title }, words);
      made.addEventListener("click", () => this.act(action));
      return made;
    };
    const part = (words, ...children) => html("fieldset", {}, html("legend", {}, words), ...children);
    const line = (...children) => html("div", { class: "line" }, ...children);
    c.tests = {};
    const boxes = Object.entries(CLINIC.tests).map(([name, test]) => {
      const box = c.tests[name] = html("input", { type: "checkbox", id: id(), autocomplete: "off" });
      const price = test.delay ? `${general(test.cost)}, ${general(test.delay)} d` : general(test.cost);
      return html("div", { class: "test" }, box, html("label", { for: box.id, title: test.meaning }, `${test.label} (${price})`));
    });
    const names = Object.entries(CLINIC.cases).map(([name, one]) => [name, `${name.split("_")[0]} · ${one.title}`]);
    this.story = html("div", { class: "story" });
    this.meaning = html("p", { class: "meaning" });
    this.log = html("div", { class: "log", role: "log", "aria-label": "Record, newest first" });
    this.figure = html("div", { class: "figure", role: "img", hidden: true });
    c.file = html("input", { type: "file", accept: ".json,application/json", id: id(), hidden: true });
    c.file.addEventListener("change", () => {
      const [file] = c.file.files;
      if (file) file.text().then((text) => this.act(() => this.load(text)));
      c.file.value = "";
    });
    this.form.append(
      line(field("case", "Patient", select(names)), field("seed", "Seed", html("input", { type: "number", min: 0, max: 1000000, value: 1 })),
        button("Call in", CLINIC.tips.call, () => this.call(c.case.value, Number(c.seed.value)))),
      this.story,
      part("1 Order tests (cost in teaching units, days until the result)", html("div", { class: "tests" }, ...boxes),
        button("Order", CLINIC.tips.order, () => this.order())),
      part("2 Name the disorder", line(field("diagnosis", "Diagnosis", select([["", "choose"], ...CLINIC.diagnoses.map((name) => [name, name])])),
        field("sure", "How sure (%)", html("input", { type: "number", min: 0, max: 100, step: 5, value: 70 })),
        button("Commit", CLINIC.tips.commit, () => this.visit.diagnose(c.diagnosis.value, Number(c.sure.value) / 100)))),
      part("3 Treat", line(field("treatment", "Treatment", select(Object.entries(CLINIC.treatments).map(([name, one]) => [name, one.label]))),
        field("dose", "Dose", html("input", { type: "number", step: "any" })), button("Give", CLINIC.tips.give, () => this.give())), this.meaning,
        line(field("running", "Running", select([])), button("Stop", CLINIC.tips.stop, () => this.stop()))),
      part("4 Let time pass", line(field("wait", "Let pass", select(Object.keys(CLINIC.waits).map((words) => [words, words]))),
        button("Wait", CLINIC.tips.go, () => this.go()))),
      part("5 Be marked, look back, save", line(button("Mark", CLINIC.tips.mark, () => this.visit.mark().text),
        button("Debrief", CLINIC.tips.debrief, () => this.debrief()),
        button("Save", "Save this visit as a file", () => this.save()), button("Load", "Read a visit from a file", () => { c.file.click(); return ""; }), c.file),
        line(field("code", "Code of this visit", html("input", { type: "text", spellcheck: "false" })), button("Come back", "Go on with the visit of this code", () => this.load(fromCode(c.code.value))))),
      html("h3", {}, "Record, newest first"), this.figure, this.log);
    c.wait.value = "1 month";
    c.treatment.addEventListener("change", () => this.offer());
    this.offer();
    new ResizeObserver(() => { if (!this.figure.hidden && Math.abs(this.figure.clientWidth - this.width) > 3) this.draw(); }).observe(this.figure);
  }
  offer() {
    const { usual, lower, upper, unit, meaning } = CLINIC.treatments[this.controls.treatment.value], { dose } = this.controls;
    dose.disabled = usual === null;
    dose.value = usual ?? "";
    if (usual !== null) { dose.min = lower; dose.max = upper; }
    this.meaning.textContent = usual === null ? meaning : `${unit} (${general(lower)} to ${general(upper)}). ${meaning}`;
  }
  // Do something and write what it says into the record; what is refused is written as that.
  act(action) {
    let text, kind = "";
    try { text = action(); } catch (problem) {
      if (!(problem instanceof Refused)) throw problem;
      [text, kind] = [problem.message, "refused"];
    }
    if (text) this.entries.unshift([text, kind]);
    this.refresh();
  }
  call(name, seed) {
    this.visit = new Visit(name, seed);
    this.entries = [];
    this.good = null;
    this.clear();
    this.refresh();
    return "";
  }
  clear() {
    this.controls.case.value = this.visit.name;
    this.controls.seed.value = this.visit.seed;
    this.controls.diagnosis.value = "";
    for (const box of Object.values(this.controls.tests)) box.checked = false;
  }
  order() {
    const names = Object.entries(this.controls.tests).filter(([, box]) => box.checked).map(([name]) => name);
    const text = this.visit.order(...names);
    for (const box of Object.values(this.controls.tests)) box.checked = false;
    return text;
  }
  give() {
    const { dose, treatment } = this.controls;
    return this.visit.treat(treatment.value, dose.disabled ? null : dose.value === "" ? NaN : Number(dose.value));
  }
  stop() {
    if (!this.controls.running.value) throw new Refused("Nothing is running.");
    return this.visit.stop(this.controls.running.value);
  }
  go() {
    return this.visit.run(CLINIC.waits[this.controls.wait.value]);
  }
  debrief() {
    if (this.visit.day <= 0) throw new Refused("debrief: let time pass first");
    this.good = playCase(this.visit.name, this.visit.case.roads.sensible, this.visit.seed);
    return `Dashed in the picture: a good plan. ${planWords(this.good)}`;
  }
  save() {
    offer(`visit_${this.visit.name.split("_")[0]}.json`, "application/json", `${JSON.stringify(this.visit.data, null, 1)}\n`);
    return "Saved as a file.";
  }
  load(text) {
    let data;
    try { data = JSON.parse(text); } catch { throw new Refused("This is not a saved visit: it cannot be read."); }
    const visit = Visit.from(data);
    this.visit = visit;
    this.good = null;
    this.entries = visit.record.map((said) => [said, ""]).reverse();
    this.clear();
    return `Loaded. ${visit.summary}`;
  }
  refresh() {
    const { visit, controls: c } = this, running = Object.keys(visit.treatments).filter((name) => !CLINIC.treatments[name].operation);
    this.story.replaceChildren(html("strong", {}, `${visit.case.title}. `), visit.case.story);
    c.running.replaceChildren(...running.map((name) => html("option", { value: name }, name)));
    c.code.value = toCode(visit.data);
    this.log.replaceChildren(...(this.entries.length ? this.entries.map(([text, kind]) => html("pre", { class: kind }, text)) : [html("p", {}, "Nothing yet. Read the story, then order tests.")]));
    this.draw();
  }
  draw() {
    const { visit, good, figure } = this;
    figure.hidden = visit.day <= 0;
    if (figure.hidden) return;
    this.width = figure.clientWidth;
    const names = good ? [...new Set([...visit.case.goals.map((goal) => goal.quantity), ...VITAL])].slice(0, 5) : ["total_calcium", "phosphate", "pth", "labile_deposit"];
    const runs = [visit, ...(good ? [good] : [])], end = Math.max(...runs.map((run) => run.day)), columns = this.width < WIDE ? 1 : 2;
    const [unit, days] = [["years", LENGTHS.years], ["months", LENGTHS.months], ["days", 1]][end >= 730 ? 0 : end >= 60 ? 1 : 2];
    figure.replaceChildren();
    figure.style.setProperty("--columns", columns);
    const width = Math.floor((Math.max(240, this.width - 8) - (columns - 1) * 8) / columns);
    for (const name of names) {
      const item = quantity(name), k = factor(item, visit.units), values = runs.flatMap((run) => run.columns[name]);
      const low = lowest(values), high = highest(values), room = Math.max(0.12 * (high - low), 0.006 * (item.axis[1] - item.axis[0]));
      const goal = visit.case.goals.find((one) => good && one.quantity === name && one.growth_below_untreated === null);
      const bands = goal ? [[(goal.lower ?? 0) * k, (goal.upper ?? 1e9) * k]] : item.lower === null ? [] : [[item.lower * k, item.upper * k]];
      const plot = new Plot({ width, height: 150, x: { range: [0, end / days] }, y: { range: [Math.max(0, low - room) * k, (high + room) * k] }, bands });
      plot.clip(clipNames());
      runs.forEach((run, i) => plot.layers.line.append(svg("path", {
        d: plot.path(run.days, run.columns[name], 1 / days, k), fill: "none", stroke: i ? INK : item.colour, "stroke-width": i ? 1.6 : 2.4, "stroke-dasharray": i ? "5 3" : "", "data-line": name,
      })));
      const at = visit.columns[name][visit.columns[name].length - 1];
      plot.layers.text.append(svg("text", { x: plot.width - plot.right + 6, y: plot.Y(at * k) + 4.5, fill: item.colour, "font-weight": "bold" }, numberText(item, at, visit.units)));
      figure.append(html("div", { class: "cell" }, html("p", { class: "heading" }, html("span", { style: `color:${item.colour}` }, title(item, visit.units))), plot.root));
    }
    const given = Object.values(barsOf(visit)).map(([text, spans]) => `${text}: ${spans.map(([from, to]) => `day ${fixed(from, 0)} to ${fixed(to, 0)}`).join(" and ")}`);
    figure.append(legend([null, `Along: ${unit} since the first consultation`], [swatch("band"), good ? "goal" : "reference interval"], ...(good ? [[swatch("5 3", INK), "a good plan"]] : []), ...given.map((words) => [null, words])));
    const now = Object.fromEntries(Object.entries(visit.columns).map(([name, column]) => [name, column[column.length - 1]]));
    figure.setAttribute("aria-label", `Curves over ${general(end / days, 3)} ${unit}; at the end ${describe(now, names, visit.units)}.`);
  }
}
// A visit as a short text to copy: its case, seed and actions.
const toCode = ({ case: name, seed, units, actions }) => btoa(String.fromCharCode(...new TextEncoder().encode(JSON.stringify([name, seed, units, actions]))));
function fromCode(code) {
  try {
    const [name, seed, units, actions] = JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(code.trim()), (sign) => sign.charCodeAt(0))));
    return JSON.stringify({ format: "calphos clinic", version: 2, case: name, seed, units, actions });
  } catch { throw new Refused("This is not the code of a visit."); }
}

class TrainerForm {
  constructor(box) {
    const { panels, names, first } = JSON.parse(box.querySelector("script.trainer-data").textContent);
    const menu = (id, options) => html("select", { id: `${box.id}-${id}`, autocomplete: "off" }, ...options.map(([value, words]) => html("option", { value }, words)));
    const number = menu("number", panels.map((panel, i) => [i, panel.number])), disorder = menu("disorder", [["", "choose"], ...names.map((name, i) => [i, name])]);
    const report = html("pre"), answer = html("p", { role: "status" });
    const button = (words, action) => { const made = html("button", { type: "button" }, words); made.addEventListener("click", action); return made; };
    const turn = () => { report.textContent = panels[number.value].text; disorder.value = ""; answer.textContent = ""; };
    const line = (...children) => html("div", { class: "line" }, ...children);
    number.value = first;
    number.addEventListener("change", turn);
    // Values from outside: an empty field was not measured.
    const units = menu("units", TRAINER.units.map((words, i) => [i, words])), inputs = {}, labels = {};
    const fields = TRAINER.reported.map((name) => {
      inputs[name] = html("input", { type: "text", inputmode: "decimal", id: `${box.id}-${name}`, autocomplete: "off" });
      inputs[name].addEventListener("keydown", ({ key }) => { if (key === "Enter") this.compare(); });
      labels[name] = html("label", { for: inputs[name].id });
      return html("div", { class: "value" }, labels[name], inputs[name]);
    });
    const label = () => { for (const name of TRAINER.reported) labels[name].textContent = title(quantity(name), Number(units.value)); };
    units.addEventListener("change", label);
    Object.assign(this, { units, inputs, said: html("pre", { role: "status" }), figure: html("div", { class: "figure", role: "img", hidden: true }) });
    box.querySelector(".trainer-form").append(line(html("label", { for: number.id }, "Panel"), number), report,
      line(html("label", { for: disorder.id }, "Disorder"), disorder,
        button("Check", () => { answer.textContent = disorder.value === "" ? "Choose a disorder first." : panels[number.value].answers[disorder.value]; }),
        button("Reveal", () => { answer.textContent = panels[number.value].reveal; })), answer,
      html("fieldset", {}, html("legend", {}, TRAINER.said.heading), html("p", {}, TRAINER.said.note), line(html("label", { for: units.id }, "Units"), units),
        html("div", { class: "values" }, ...fields), button("Compare", () => this.compare())), this.said, this.figure);
    this.said.hidden = true;
    turn();
    label();
    new ResizeObserver(() => { if (this.fit && Math.abs(this.figure.clientWidth - this.width) > 3) this.draw(); }).observe(this.figure);
  }
  compare() {
    try {
      this.fit = new Fit(Object.fromEntries(Object.entries(this.inputs).map(([name, { value }]) => [name, value])), Number(this.units.value));
      this.said.textContent = this.fit.text;
    } catch (problem) {
      if (!(problem instanceof Refused)) throw problem;
      this.fit = null;
      this.said.textContent = problem.message;
    }
    this.said.hidden = false;
    this.figure.hidden = !this.fit;
    if (this.fit) this.draw();
  }
  // Dots for what was entered, diamonds for the nearest patient, each on a log axis on which the reference interval is -1 to 1.
  draw() {
    const { fit, figure } = this, { names, values, units } = fit, { state, whose } = fit.nearest, far = TRAINER.far;
    this.width = figure.clientWidth;
    const width = Math.max(240, this.width - 8), step = 46, top = 4, bottom = 40, height = top + step * names.length + bottom;
    const X = (share) => 10 + ((share + far) / (2 * far)) * (width - 20), colours = ["#b91c1c", "#1d4ed8"];
    const root = svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, class: "plot", "aria-hidden": "true" });
    const text = (x, y, words, anchor, more = {}) => root.append(svg("text", { x, y, "text-anchor": anchor, fill: INK, ...more }, words));
    root.append(svg("rect", { x: X(-1), width: X(1) - X(-1), y: top, height: step * names.length, fill: BAND, stroke: BAND_EDGE }));
    names.forEach((name, i) => {
      const item = quantity(name), y = top + step * i, [middle, half] = middleOf(name);
      const at = (value) => X(Math.max(-far, Math.min(far, Math.log(Math.max(value, 1e-9) / middle) / half)));
      text(10, y + 16, item.label, "start", { "font-weight": "bold" });
      text(width - 10, y + 16, `${withUnit(item, values[name], units)} (${withUnit(item, state[name], units)})`, "end");
      root.append(svg("line", { x1: 10, x2: width - 10, y1: y + 31, y2: y + 31, stroke: RULE }));
      root.append(svg("path", { d: markerPath("o", at(values[name]), y + 31, 6), fill: colours[0], "data-entered": name }));
      root.append(svg("path", { d: markerPath("D", at(state[name]), y + 31, 5), fill: "none", stroke: colours[1], "stroke-width": 2.2, "data-model": name }));
    });
    const base = height - bottom + 16;
    text(10, base, "far below", "start");
    text(width - 10, base, "far above", "end");
    text(X(0), base, "inside", "middle");
    text(X(0), base + 18, "the reference interval, log scale", "middle", { fill: GREY });
    const sign = (marker, look) => { const box = svg("svg", { viewBox: "0 0 14 14", width: 14, height: 14, "aria-hidden": "true" }, svg("path", { d: markerPath(marker, 7, 7, 5), ...look })); return box; };
    figure.replaceChildren(root, legend([sign("o", { fill: colours[0] }), "entered"], [sign("D", { fill: "none", stroke: colours[1], "stroke-width": 2 }), `(in brackets) the model: ${whose}`]));
    figure.setAttribute("aria-label", fit.described);
  }
}
for (const box of document.querySelectorAll(".desk")) new DeskForm(box);
for (const box of document.querySelectorAll(".trainer")) new TrainerForm(box);
