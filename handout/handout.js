"use strict";
// Everything a handout does without a kernel: sliders over frames drawn beforehand, switches, quiz, print layout.
(() => {
  const root = document.documentElement;
  root.classList.remove("no-js");
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const panels = [];

  // A panel holds one picture and a table of "slots" (an element and what may change in it). A frame says, for
  // each slot, which text of the pool it shows: moving the slider sets only the slots that differ.
  // A run is a row of frames: one slider from end to end, the others standing still, under one preset (its group).
  class Panel {
    constructor(box) {
      this.box = box;
      this.data = JSON.parse(box.querySelector("script.frames").textContent);
      this.svg = box.querySelector(".figure svg");
      const elements = [this.svg, ...all("*", this.svg)];
      this.slots = this.data.slots.map(([index, what]) => [elements[index], what]);
      this.sliders = all(".slider", box).map((row) => ({
        label: row.querySelector("label").textContent, input: row.querySelector("input"), output: row.querySelector("output"),
      }));
      this.summary = box.querySelector(".summary");
      this.buttons = all("button[data-preset]", box);
      this.menu = box.querySelector(".presets select");
      if (this.menu) this.menu.addEventListener("change", () => this.preset(Number(this.menu.value)));
      this.units = box.querySelector("button.units");
      this.unit = 0;
      this.run = this.data.runs[0];
      this.shown = this.data.frames[this.frame(this.run.start)].slice();
      this.sliders.forEach(({ input }, number) => input.addEventListener("input", () => {
        this.run = this.data.runs.find((run) => run.group === this.run.group && run.slider === number);
        this.show();
      }));
      this.buttons.forEach((button, i) => button.addEventListener("click", () => this.preset(i)));
      if (this.units) this.units.addEventListener("click", () => {
        const unit = 1 - this.unit;
        panels.forEach((panel) => panel.setUnit(unit));
      });
      this.begin(0);
    }
    pick(pair) { return pair[Math.min(this.unit, pair.length - 1)]; }
    frame(at) { return this.pick(this.run.frames)[at]; }
    put(index, slots, shown) {
      const next = this.data.frames[index];
      for (let i = 0; i < next.length; i++) {
        if (next[i] === shown[i]) continue;
        const [element, what] = slots[i];
        const value = this.data.pool[next[i]];
        if (what === "#text") element.textContent = value;
        else if (what === "#inner") element.innerHTML = value;
        else if (value === null) element.removeAttribute(what);
        else element.setAttribute(what, value);
        shown[i] = next[i];
      }
    }
    // Start a group: every slider that has a run in it stands at its start, the others are off.
    begin(group) {
      for (const [number, { input, output }] of this.sliders.entries()) {
        const run = this.data.runs.find((other) => other.group === group && other.slider === number);
        input.disabled = !run;
        if (!run) { output.textContent = "–"; continue; }
        input.max = run.summaries[0].length - 1;
        input.value = run.start;
        if (number === 0) this.run = run;
      }
      this.show();
    }
    // Draw the present run where its slider stands; the other sliders go back to where they started.
    show() {
      for (const [number, { input, output }] of this.sliders.entries()) {
        const run = this.data.runs.find((other) => other.group === this.run.group && other.slider === number);
        if (!run) continue;
        if (run !== this.run) input.value = run.start;
        const value = this.pick(run.values)[Number(input.value)];
        output.textContent = value;
        input.setAttribute("aria-valuetext", value);
      }
      const at = Number(this.sliders[this.run.slider].input.value);
      this.put(this.frame(at), this.slots, this.shown);
      this.summary.textContent = this.pick(this.run.summaries)[at];
    }
    preset(i) {
      this.begin(this.data.presets[i]);
      this.buttons.forEach((button, k) => button.setAttribute("aria-pressed", String(k === i)));
    }
    setUnit(unit) {
      if (!this.units) return;
      this.unit = unit;
      this.units.setAttribute("aria-pressed", String(unit === 1));
      this.show();
    }
    // For paper, below the picture as it stands: stills of the present run at both ends of the slider and in the middle.
    stills() {
      const run = this.run;
      const n = run.summaries[0].length;
      if (n < 2) return;
      const ticks = [...new Set([0, 0.5, 1].map((x) => Math.round(x * (n - 1))))];
      const holder = document.createElement("div");
      holder.className = "stills";
      for (const [k, at] of ticks.entries()) {
        const still = document.createElement("figure");
        still.className = "still";
        const caption = document.createElement("figcaption");
        caption.textContent = `${this.sliders[run.slider].label}: ${this.pick(run.values)[at]}`;
        const picture = this.box.querySelector(".figure").cloneNode(true);
        const svg = picture.querySelector("svg");
        const elements = [svg, ...all("*", svg)];
        // The elements of the copy in the same order as in the picture; the inside of a replaced group has no slots.
        const inside = new Map([this.svg, ...all("*", this.svg)].map((element, i) => [element, elements[i]]));
        const slots = this.slots.map(([element, what]) => [inside.get(element), what]);
        this.put(this.frame(at), slots, this.shown.slice());
        svg.outerHTML = svg.outerHTML.replaceAll(`${this.box.id}-`, `${this.box.id}s${k}-`);
        const text = document.createElement("p");
        text.className = "summary";
        text.textContent = this.pick(run.summaries)[at];
        still.append(caption, picture, text);
        holder.append(still);
      }
      this.box.append(holder);
    }
    clear() { all(".stills", this.box).forEach((element) => element.remove()); }
  }
  all(".panel:not(.live)").forEach((box) => panels.push(new Panel(box)));
  if (typeof PANELS !== "undefined") panels.push(...PANELS);

  const codeSwitch = document.getElementById("code-switch");
  if (codeSwitch) codeSwitch.addEventListener("click", () => {
    const on = root.classList.toggle("show-code");
    codeSwitch.setAttribute("aria-pressed", String(on));
    reach();
  });
  const folded = () => all("main details");
  const answerSwitch = document.getElementById("answer-switch");
  if (answerSwitch) {
    if (!folded().length) answerSwitch.hidden = true;
    answerSwitch.addEventListener("click", () => {
      const open = answerSwitch.getAttribute("aria-pressed") !== "true";
      folded().forEach((element) => { element.open = open; });
      answerSwitch.setAttribute("aria-pressed", String(open));
    });
  }

  // What scrolls on this screen can be reached and scrolled by keyboard.
  function reach() {
    for (const box of all(".code, .table-box, .display-maths, .figure, .html-out pre")) {
      if (box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
      box.classList.toggle("wide", box.matches(".table-box, .display-maths, .figure") && box.scrollWidth > box.clientWidth + 1);
    }
  }
  reach();
  addEventListener("resize", reach);
  addEventListener("toggle", reach, true);
  addEventListener("shown", reach); // slides say so when another one is turned to

  // Quiz: each answer carries its feedback, hidden until the question is checked.
  const line = (className, text) => {
    const p = document.createElement("p");
    p.className = className;
    p.textContent = text;
    return p;
  };
  const RIGHT = "✓ Right.";
  const WRONG = "✗ Not yet.";
  const feedbackOf = (answer) => answer.querySelector(".feedback").textContent;
  const verdict = (right, text) => [line(right ? "right" : "wrong", right ? RIGHT : WRONG), ...text.map((t) => line("", t))];
  function markNumber(question) {
    const raw = question.querySelector(".number").value.trim().replace(",", ".").replace("\u2212", "-");
    const rounded = (number) => question.dataset.precision ? Number(number.toPrecision(question.dataset.precision)) : number;
    if (raw === "" || !Number.isFinite(Number(raw))) return [line("wrong", "Type a number first, for example 1.25.")];
    const given = rounded(Number(raw));
    const rules = all(".rule", question);
    const hit = rules.find((rule) => {
      const [low, high] = [Number(rule.dataset.low), Number(rule.dataset.high)];
      if (rule.dataset.rule === "value") return given === rounded(low);
      return rule.dataset.rule === "range" && given >= low && given < high;
    }) || rules.find((rule) => rule.dataset.rule === "default");
    return verdict(hit.dataset.correct === "true", [feedbackOf(hit)]);
  }
  function markChoice(question) {
    const answers = all(".answer", question);
    const chosen = (answer) => answer.querySelector("input").checked;
    const correct = (answer) => answer.dataset.correct === "true";
    if (!answers.some(chosen)) return [line("wrong", "Choose an answer first.")];
    const wrong = answers.filter((answer) => chosen(answer) !== correct(answer));
    if (question.dataset.type === "multiple_choice") return verdict(!wrong.length, [feedbackOf(answers.find(chosen))]);
    if (!wrong.length) return verdict(true, answers.filter(correct).map(feedbackOf));
    return verdict(false, wrong.map((answer) => {
      const words = answer.querySelector(".words").textContent;
      return `“${words}” ${chosen(answer) ? "does not belong" : "is missing"}: ${feedbackOf(answer)}`;
    }));
  }
  const verdictOf = (question) => question.dataset.type === "numeric" ? markNumber(question) : markChoice(question);
  all(".quiz fieldset").forEach((question) => {
    question.querySelector("button").addEventListener("click", () => {
      question.querySelector(".verdict").replaceChildren(...verdictOf(question));
    });
  });
  all("form.quiz").forEach((form) => form.addEventListener("submit", (event) => event.preventDefault()));

  // Paper: answers move to the end, sliders become stills; afterwards everything goes back.
  const undo = [];
  function beforePrint() {
    if (undo.length) return;
    root.classList.add("printing");
    undo.push(() => root.classList.remove("printing"));
    const section = document.getElementById("print-answers");
    if (!section) return;
    const list = section.querySelector("ol");
    const add = (place, content) => {
      const item = document.createElement("li");
      item.append(content);
      list.append(item);
      const note = line("answer-note", `Answer ${list.children.length}: at the end.`);
      place.after(note);
      undo.push(() => note.remove());
    };
    for (const element of all("main details, .quiz fieldset")) {
      if (element.parentElement.closest("details")) continue;
      if (element.matches("details")) {
        const place = document.createComment("answer");
        element.replaceWith(place);
        const open = element.open;
        element.open = true;
        add(place, element);
        undo.push(() => { element.open = open; place.replaceWith(element); });
      } else {
        const solution = document.createElement("div");
        for (const answer of all("[data-correct=true]", element)) {
          const words = answer.querySelector(".words");
          const p = line("", feedbackOf(answer));
          if (words) {
            const name = document.createElement("strong");
            name.textContent = `${words.textContent}. `;
            p.prepend(name);
          }
          solution.append(p);
        }
        add(element.lastElementChild, solution);
      }
    }
    section.hidden = !list.children.length;
    panels.forEach((panel) => panel.stills());
    undo.push(() => { panels.forEach((panel) => panel.clear()); list.replaceChildren(); section.hidden = true; });
  }
  function afterPrint() { while (undo.length) undo.pop()(); }
  addEventListener("beforeprint", beforePrint);
  addEventListener("afterprint", afterPrint);
})();
