// A panel that computes: its controls, its picture, its words. What it computes and draws is in kinds.js.
const PANELS = [];
const WIDE = 600; // below this many pixels plots stand one under another

class LivePanel {
  constructor(box) {
    this.box = box;
    this.spec = JSON.parse(box.querySelector("script.spec").textContent);
    this.kind = KINDS[this.spec.kind];
    this.units = SI;
    this.values = {};
    this.preset = 0;
    this.hidden = {};
    this.pins = [];
    this.result = null;
    this.showsBand = false;
    this.figure = box.querySelector(".figure");
    this.summary = box.querySelector(".summary");
    this.knobs = box.querySelector(".knobs");
    this.buildKnobs();
    this.choose(Math.max(0, this.spec.presets.findIndex((preset) => preset.name === this.spec.chosen)));
    for (const slider of this.spec.sliders) this.values[slider.name] = slider.value;
    this.pinned = this.spec.pins;
    this.show();
    this.width = 0;
    if (this.spec.details.sketch?.length) this.sketches = new Sketches(this);
    this.box.addEventListener("pointerdown", warmUp, { once: true });
  }

  // controls

  buildKnobs() {
    const { spec, box } = this;
    if (spec.presets.length > 1) {
      this.menu = html("select", { autocomplete: "off" }, ...spec.presets.map((preset, i) => html("option", { value: i }, preset.name)));
      this.menu.addEventListener("change", () => { this.choose(Number(this.menu.value)); this.moved(); });
      this.knobs.append(html("label", { class: "presets" }, "Start from ", this.menu));
    }
    this.sliders = spec.sliders.map((slider, i) => {
      const id = `${box.id}-${i}`;
      if ("on" in slider) {
        const input = html("input", { type: "checkbox", id, autocomplete: "off" });
        input.addEventListener("input", () => { this.values[slider.name] = input.checked ? slider.on : slider.off; this.moved(); });
        this.knobs.append(html("div", { class: "switch" }, input, html("label", { for: id, title: slider.meaning }, slider.label)));
        return { slider, input };
      }
      const steps = Math.round((slider.upper - slider.lower) / slider.step), first = slider.unset ? -1 : 0;
      const input = html("input", { type: "range", id, min: first, max: steps, step: 1, autocomplete: "off" });
      const output = html("output", { for: id });
      input.addEventListener("input", () => { this.values[slider.name] = this.valueOf(slider, Number(input.value)); this.moved(); });
      this.knobs.append(html("div", { class: "slider" }, html("label", { for: id, title: slider.meaning }, slider.label), input, output));
      return { slider, input, output };
    });
    const buttons = html("div", { class: "buttons" });
    const button = (words, action, pressed) => {
      const made = html("button", { type: "button", "aria-pressed": pressed === undefined ? null : String(pressed) }, words);
      made.addEventListener("click", () => action(made));
      buttons.append(made);
      return made;
    };
    if (this.kind.pins) this.pinButton = button("Pin this run", () => this.pin());
    button("Reset", () => this.reset());
    if (spec.has_units) this.unitButton = button("Conventional units", () => PANELS.forEach((panel) => panel.setUnits(1 - this.units)), false);
    if (spec.ensemble) this.bandButton = button("Show uncertainty", () => this.setBand(!this.showsBand), false);
    if (this.kind.table) button("Numbers (CSV)", () => this.save()).classList.add("csv");
    this.knobs.append(buttons);
  }
  valueOf(slider, place) { return place < 0 ? null : Number((slider.lower + place * slider.step).toFixed(9)); }
  placeIn(slider, value) {
    if (value === null) return slider.unset ? -1 : 0;
    return Math.round((Math.min(Math.max(value, slider.lower), slider.upper) - slider.lower) / slider.step);
  }
  textOf(slider, value) {
    if ("on" in slider) return value === slider.on ? "on" : "off";
    if (value === null) return slider.unset;
    return `${fixed(value, slider.decimals)} ${slider.unit}`.trimEnd();
  }
  choose(place) {
    this.preset = place;
    const preset = this.spec.presets[place];
    this.hidden = preset ? preset.settings : {};
    for (const slider of this.spec.sliders) this.values[slider.name] = preset ? preset.sliders[slider.name] : slider.start;
    if (this.menu) this.menu.value = place;
  }
  show() {
    for (const { slider, input, output } of this.sliders) {
      const value = this.values[slider.name];
      if (!output) { input.checked = value === slider.on; continue; }
      const text = this.textOf(slider, value);
      input.value = this.placeIn(slider, value);
      input.setAttribute("aria-valuetext", text);
      output.textContent = text;
    }
  }
  get settings() {
    return Object.fromEntries(Object.entries({ ...this.hidden, ...this.values }).filter(([, value]) => value !== null));
  }
  reset() {
    this.pins = [];
    this.pinned = [];
    this.choose(0);
    this.moved();
    this.view?.pin?.(this.pins);
  }
  pin() {
    this.answer();
    this.pins = [...this.pins, this.result].slice(-3);
    this.view.pin(this.pins);
  }
  setUnits(units) {
    if (!this.unitButton || units === this.units) return;
    this.units = units;
    this.unitButton.setAttribute("aria-pressed", String(units === 1));
    this.rebuild();
  }
  setBand(on) {
    this.showsBand = on;
    this.bandButton.setAttribute("aria-pressed", String(on));
    this.moved();
  }

  // picture and words

  // Something moved: solve and draw in the next frame, once, however often it moved until then.
  moved() {
    this.show();
    this.result = null;
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      this.draw();
      remember();
    });
  }
  answer() {
    if (this.result) return;
    try {
      this.result = this.kind.solve(this.spec, this.settings);
      this.refused = "";
    } catch (problem) {
      if (!(problem instanceof Refused)) throw problem;
      this.refused = problem.message;
    }
  }
  draw() {
    if (!this.view) {
      // What the notebook pinned is pinned here.
      for (const settings of this.pinned.splice(0)) this.pins.push(this.kind.solve(this.spec, settings));
      this.build();
    }
    this.answer();
    this.box.classList.toggle("refused", Boolean(this.refused));
    if (this.refused) {
      this.summary.textContent = this.refused;
      return;
    }
    this.view.update(this.result);
    if (this.sketches?.drawing) return;
    const [words, described] = this.words(this.result), lead = this.lead();
    this.say(lead ? `${lead}: ${words}` : words);
    this.figure.setAttribute("aria-label", described);
    if (this.view.band) this.askBand();
  }
  // The summary without the settings, and the description of the picture.
  words(result) {
    const numbers = this.kind.numbers(this.spec, result), words = fill(this.spec.told, numbers, this.units);
    return [words, fill(this.spec.described, { ...numbers, words }, this.units)];
  }
  say(text) {
    if (text !== this.summary.textContent) this.summary.textContent = text;
  }
  lead() {
    const parts = this.preset > 0 ? [this.spec.presets[this.preset].name] : [];
    for (const slider of this.spec.sliders) {
      const value = this.values[slider.name];
      if (slider.name !== this.spec.main && value === slider.start) continue;
      parts.push(`${parts.length ? spoken(slider.label) : slider.label} ${this.textOf(slider, value)}`);
    }
    return parts.join(", ");
  }
  build() {
    this.figure.replaceChildren();
    this.width = Math.max(240, Math.floor(this.figure.clientWidth - 8));
    // On a slide everything is drawn larger, for the back row.
    const zoom = window.Reveal ? 1.3 : 1;
    this.view = this.kind.build({ figure: this.figure, width: Math.floor(this.width / zoom), units: this.units, spec: this.spec });
    if (zoom > 1) for (const plot of this.figure.querySelectorAll("svg.plot")) for (const side of ["width", "height"]) plot.setAttribute(side, plot.getAttribute(side) * zoom);
    if (this.pins.length) this.view.pin?.(this.pins);
    this.sketches?.attach();
  }
  rebuild() {
    if (!this.view) return;
    this.view = null;
    this.draw();
  }

  // The range of the other models: in a worker, so that no slider waits for it; of the moves meanwhile only the last counts.
  askBand() {
    if (!this.showsBand) { this.view.band(null); return; }
    this.view.band(this.range?.of === this.result ? this.range : null, this.result);
    if (this.range?.of === this.result || this.asked) return;
    const asked = this.asked = this.result;
    const settings = this.settings;
    bandWorker({ run: this.spec.run, settings, names: this.kind.columns(this.spec), count: this.spec.ensemble }).then((found) => {
      this.asked = null;
      if (found.refused) return;
      this.range = { ...found, of: asked };
      if (asked === this.result) this.view.band(this.showsBand ? this.range : null, this.result);
      else this.askBand();
    });
  }

  // numbers of the present picture as a file

  save() {
    this.answer();
    if (this.refused) return;
    const cell = (value) => /[",\n]/.test(value) ? `"${String(value).replace(/"/g, '""')}"` : String(value);
    const rows = [[`# ${this.spec.title}: ${this.lead()}`], ...this.kind.table(this.spec, this.result, this.units)];
    const text = rows.map((row) => row.map(cell).join(",")).join("\r\n");
    const name = `${this.spec.title.toLowerCase().replace(/[^a-z0-9]+/g, "_").replace(/^_|_$/g, "") || "panel"}.csv`;
    offer(name, "text/csv", `${text}\r\n`);
  }

  // settings in the address

  get told() {
    const parts = [];
    if (this.preset) parts.push(`preset:${this.preset}`);
    const preset = this.spec.presets[this.preset];
    for (const slider of this.spec.sliders) {
      const value = this.values[slider.name], rest = preset ? preset.sliders[slider.name] : slider.start;
      if (value !== rest) parts.push(`${slider.name}:${value === null ? "-" : value}`);
    }
    return parts.join(",");
  }
  take(text) {
    const given = new Map(text.split(",").slice(0, 40).map((part) => { const at = part.indexOf(":"); return [part.slice(0, at), part.slice(at + 1)]; }));
    const preset = given.get("preset");
    this.choose(/^\d{1,3}$/.test(preset) && this.spec.presets[Number(preset)] ? Number(preset) : 0);
    for (const slider of this.spec.sliders) {
      const raw = given.get(slider.name);
      if (raw === undefined) continue;
      if (raw === "-") { if (slider.unset) this.values[slider.name] = null; continue; }
      const value = /^-?\d{1,9}(\.\d{1,9})?$/.test(raw) ? Number(raw) : NaN;
      if (!Number.isFinite(value)) continue;
      if ("on" in slider) this.values[slider.name] = Math.abs(value - slider.on) < Math.abs(value - slider.off) ? slider.on : slider.off;
      else this.values[slider.name] = this.valueOf(slider, this.placeIn(slider, value));
    }
    this.moved();
  }

  // paper: the picture as it stands, and three small ones with the main slider low, in the middle and high

  stills() {
    this.draw();
    const main = this.sliders.find(({ slider }) => slider.name === this.spec.main);
    if (!main || !main.output) return;
    const { slider } = main, kept = { ...this.values }, holder = html("div", { class: "stills" });
    const steps = Math.round((slider.upper - slider.lower) / slider.step);
    for (const place of new Set([0, Math.round(steps / 2), steps])) {
      this.values = { ...kept, [slider.name]: this.valueOf(slider, place) };
      const figure = html("div", { class: "figure" }), words = html("p", { class: "summary" });
      try {
        const result = this.kind.solve(this.spec, this.settings);
        const view = this.kind.build({ figure, width: 640, units: this.units, spec: this.spec });
        view.update(result);
        words.textContent = this.words(result)[0];
      } catch (problem) {
        if (!(problem instanceof Refused)) throw problem;
        words.textContent = problem.message;
      }
      holder.append(html("figure", { class: "still" }, html("figcaption", {}, `${slider.label}: ${this.textOf(slider, this.values[slider.name])}`), figure, words));
    }
    this.values = kept;
    this.box.append(holder);
  }
  clear() { for (const element of this.box.querySelectorAll(".stills")) element.remove(); }
}

// Draw your prediction: the curves that are asked for are hidden until the reader has drawn them with mouse, finger or arrow keys.
class Sketches {
  constructor(panel) {
    this.panel = panel;
    this.names = panel.spec.details.sketch;
    this.drawing = true;
    this.points = Object.fromEntries(this.names.map((name) => [name, []])); // [share along, share upward], from left to right
    this.cursor = Object.fromEntries(this.names.map((name) => [name, [0, 0.5]]));
    const labels = this.names.map((name) => spoken(quantity(name).label)).join(" and ");
    const button = (words, action) => { const made = html("button", { type: "button" }, words); made.addEventListener("click", action); return made; };
    this.note = html("p", { class: "sketch", role: "status" });
    this.ask = html("div", { class: "sketch-ask" }, html("p", {}, `Draw first how ${labels} will go, with mouse or finger in the plot; or focus the plot and use the arrow keys.`),
      button("Show the model", () => this.show()), button("Clear my curve", () => { for (const name of this.names) this.points[name] = []; this.redraw(); }));
    panel.figure.before(this.ask);
    panel.summary.before(this.note);
    panel.box.classList.add("sketching");
    panel.figure.setAttribute("role", "group"); // it holds something to act on
    panel.summary.textContent = "The model's curves and numbers come when you ask for them.";
  }
  parts() {
    return this.panel.view.plots.flatMap((part) => part.names.filter((name) => this.names.includes(name)).map((name) => ({ name, ...part })));
  }
  // After each drawing of the panel: the reader's curve lies on it, and while it is being drawn the plot takes pointer and keys.
  attach() {
    this.paths = {};
    for (const { name, plot } of this.parts()) {
      this.paths[name] = svg("path", { fill: "none", stroke: INK, "stroke-width": 3, "stroke-dasharray": "1 5", "stroke-linecap": "round", "data-sketch": name });
      plot.layers.sketch.append(this.paths[name]);
      if (!this.drawing) continue;
      const { root } = plot, item = quantity(name), at = this.cursor[name];
      // Cross hairs through the whole plot: nothing that is published looks so.
      const hairs = svg("path", { fill: "none", stroke: "#0b5394", "stroke-width": 1.2, "data-cursor": name });
      const pen = svg("path", { fill: "none", stroke: "#0b5394", "stroke-width": 4 });
      plot.layers.sketch.append(hairs, pen);
      root.setAttribute("tabindex", "0");
      root.setAttribute("role", "slider");
      root.removeAttribute("aria-hidden");
      root.setAttribute("aria-label", `Your prediction for ${item.label}: left and right move along, up and down set the value`);
      root.classList.add("sketchable");
      const tell = () => {
        const x = plot.x.range[0] + at[0] * (plot.x.range[1] - plot.x.range[0]), y = this.valueOf(plot, at[1]);
        root.setAttribute("aria-valuemin", 0);
        root.setAttribute("aria-valuemax", 100);
        root.setAttribute("aria-valuenow", Math.round(100 * at[1]));
        root.setAttribute("aria-valuetext", `${general(y, 3)} ${item.unit[this.panel.units]} at ${general(x, 3)}`);
        const [px, py] = [plot.left + at[0] * plot.inner.width, plot.top + (1 - at[1]) * plot.inner.height];
        hairs.setAttribute("d", `M${plot.left} ${py}h${plot.inner.width}M${px} ${plot.top}v${plot.inner.height}`);
        pen.setAttribute("d", `M${px - 9} ${py}h18M${px} ${py - 9}v18`);
      };
      tell();
      const place = (event) => {
        const box = root.getBoundingClientRect(), scale = plot.width / box.width;
        const share = [((event.clientX - box.left) * scale - plot.left) / plot.inner.width, 1 - ((event.clientY - box.top) * scale - plot.top) / plot.inner.height];
        at.splice(0, 2, ...share.map((part) => Math.min(1, Math.max(0, part))));
        this.put(name, ...at);
        tell();
      };
      root.addEventListener("pointerdown", (event) => { root.setPointerCapture(event.pointerId); this.last = null; place(event); event.preventDefault(); });
      root.addEventListener("pointermove", (event) => { if (event.buttons || event.pointerType === "touch") place(event); });
      root.addEventListener("keydown", (event) => {
        const step = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, 0.04], ArrowDown: [0, -0.04], PageUp: [0, 0.2], PageDown: [0, -0.2] }[event.key];
        if (!step) return;
        event.preventDefault();
        event.stopPropagation();
        for (const i of [0, 1]) at[i] = Math.min(1, Math.max(0, Math.round((at[i] + step[i]) * 100) / 100));
        this.last = null;
        this.put(name, at[0], at[1]);
        tell();
      });
    }
    this.redraw();
  }
  valueOf({ y: { range: [low, high], log } }, share) { return log ? low * (high / low) ** share : low + share * (high - low); }
  // Set the curve at one place; what a stroke passes over is drawn anew.
  put(name, x, y) {
    const from = this.last?.name === name ? this.last.x : x, [left, right] = [Math.min(from, x), Math.max(from, x)];
    const stays = ([at]) => at === from ? at !== x : (at <= left || at >= right) && Math.abs(at - x) > 0.012;
    this.points[name] = [...this.points[name].filter(stays), [x, y]].sort((a, b) => a[0] - b[0]);
    this.last = { name, x };
    this.redraw();
  }
  redraw() {
    for (const { name, plot } of this.parts()) {
      const d = this.points[name].map(([x, y], i) => `${i ? "L" : "M"}${(plot.left + x * plot.inner.width).toFixed(1)} ${(plot.top + (1 - y) * plot.inner.height).toFixed(1)}`).join("");
      this.paths[name].setAttribute("d", d);
    }
  }
  show() {
    this.drawing = false;
    this.ask.remove();
    this.panel.figure.setAttribute("role", "img");
    this.panel.box.classList.remove("sketching");
    this.panel.rebuild();
    const { units, result } = this.panel;
    this.note.textContent = this.names.filter((name) => this.points[name].length).map((name) => {
      const { plot } = this.parts().find((part) => part.name === name), item = quantity(name), [, y] = this.points[name][this.points[name].length - 1];
      const column = result.values[name];
      return `${item.label}: your curve (dotted) ends at ${general(this.valueOf(plot, y), 3)}, the model's at ${withUnit(item, column[column.length - 1], units)}.`;
    }).join(" ");
  }
}

// One worker for all bands, made from the page's own text when it is first asked for.
const bandWorker = (() => {
  let worker = null, busy = Promise.resolve();
  return (question) => busy = busy.then(() => new Promise((done) => {
    worker ??= new Worker(URL.createObjectURL(new Blob([document.getElementById("engine").textContent], { type: "text/javascript" })));
    worker.onmessage = ({ data }) => done(data);
    worker.onerror = () => done({ refused: "no range" });
    worker.postMessage(question);
  }));
})();
function offer(name, type, text) {
  const link = html("a", { download: name, href: URL.createObjectURL(new Blob([text], { type })) });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}
// The first runs of a page are slow until the browser has compiled the model: a few of them while nothing else happens.
let warm = false;
function warmUp() {
  if (warm) return;
  warm = true;
  for (let i = 0; i < 20; i++) simulate({ gfr: 90 - i }, evenly(YEAR, 3));
}
// Settings of all panels, in the address after "#".
let remembering = false;
function remember() {
  if (window.Reveal || remembering) return;
  remembering = true;
  setTimeout(() => {
    remembering = false;
    const told = PANELS.map((panel, i) => [i, panel.told]).filter(([, text]) => text).map(([i, text]) => `${i}=${text}`).join("&");
    const own = /^#set/.test(location.hash);
    if (told || own) try { history.replaceState(null, "", told ? `#set&${told}` : location.pathname + location.search); } catch { /* some browsers refuse for files */ }
  }, 300);
}
function recall() {
  if (!/^#set&/.test(location.hash)) return;
  for (const part of location.hash.slice(5).split("&").slice(0, 200)) {
    const found = /^(\d{1,3})=([\w:,.-]*)$/.exec(part);
    if (found && PANELS[Number(found[1])]) PANELS[Number(found[1])].take(found[2]);
  }
}
function startLive() {
  for (const box of document.querySelectorAll(".panel.live")) PANELS.push(new LivePanel(box));
  if (!PANELS.length) return;
  const seen = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      const panel = PANELS.find(({ box }) => box === target);
      if (isIntersecting && !panel.view) panel.draw();
    }
  }, { rootMargin: "600px" });
  const sized = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      const panel = PANELS.find(({ figure }) => figure === target);
      if (panel.view && Math.abs(target.clientWidth - 8 - panel.width) > 2) panel.rebuild();
    }
  });
  for (const { box, figure } of PANELS) { seen.observe(box); sized.observe(figure); }
  recall();
  addEventListener("hashchange", recall);
  (window.requestIdleCallback || setTimeout)(warmUp);
}
startLive();
