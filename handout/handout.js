"use strict";
// What every handout does: switches, quiz, print layout. Panels that compute are in live.js.
(() => {
  const root = document.documentElement;
  root.classList.remove("no-js");
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const panels = typeof PANELS === "undefined" ? [] : PANELS;

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

  // A table that does not fit on a phone is stacked; what still scrolls can be reached and scrolled by keyboard.
  function reach() {
    for (const box of all(".table-box")) {
      box.classList.remove("stacked");
      const tall = box.scrollHeight, over = box.scrollWidth > box.clientWidth + 1;
      box.classList.add("stacked");
      if (!over && tall <= box.scrollHeight) box.classList.remove("stacked");
    }
    for (const box of all(".code, .table-box, .display-maths, .figure, .html-out pre, .text pre")) {
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
    if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(raw) || !Number.isFinite(Number(raw))) return [line("wrong", "Type a number first, for example 1.25.")];
    const given = Number(raw), rules = all(".rule", question);
    const hit = rules.find(({ dataset: { rule, low, high } }) => rule === "range" && given >= Number(low) && given < Number(high))
      || rules.find((rule) => rule.dataset.rule === "default");
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
    if (!section) { // slides
      panels.forEach((panel) => panel.draw());
      return;
    }
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
