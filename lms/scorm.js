// A handout as a SCORM 1.2 lesson: its quiz is the score, all questions answered is completion, what was given comes back.
// The handout runs in a frame of its own, untouched; a part of it that has a score (the clinic) may say so with
// document.dispatchEvent(new CustomEvent("calphos:score", { detail: { name, score, most } })).
"use strict";
(() => {
  const frame = document.querySelector("iframe");

  // The course system offers its interface in a parent window or in the one that opened this.
  function find(start) {
    for (let win = start, depth = 0; win && depth < 10; win = win.parent, depth += 1) {
      try { if (win.API) return win.API; } catch { return null; }
      if (win.parent === win) break;
    }
    return null;
  }
  const api = find(window) || (window.opener && find(window.opener));
  const get = (name) => api ? api.LMSGetValue(name) : "";
  const set = (name, value) => { if (api) api.LMSSetValue(name, String(value)); };

  const start = Date.now();
  if (api) api.LMSInitialize("");
  let state = { given: {}, first: {}, parts: {} };
  try { state = { ...state, ...JSON.parse(get("cmi.suspend_data") || "{}") }; } catch { /* another version's data */ }

  let questions = [];
  function report() {
    const parts = Object.values(state.parts);
    const right = Object.values(state.first).filter(Boolean).length + parts.reduce((sum, [score]) => sum + score, 0);
    const most = questions.length + parts.reduce((sum, [, of]) => sum + of, 0);
    const done = questions.length > 0 && Object.keys(state.first).length === questions.length;
    set("cmi.core.score.min", 0);
    set("cmi.core.score.max", 100);
    if (most) set("cmi.core.score.raw", Math.round(100 * right / most));
    set("cmi.core.lesson_status", done || !questions.length ? "completed" : "incomplete");
    set("cmi.core.exit", "suspend"); // so that what was given comes back, also to a lesson that is complete
    set("cmi.suspend_data", JSON.stringify(state));
    if (api) api.LMSCommit("");
  }

  // What a learner gave to a question: the places of the ticks, or the number as typed.
  const ticks = (question) => [...question.querySelectorAll("input[type=radio], input[type=checkbox]")];
  function givenTo(question) {
    const number = question.querySelector("input.number");
    return number ? number.value : ticks(question).flatMap((box, place) => box.checked ? [place] : []);
  }
  function giveAgain(question, given) {
    const number = question.querySelector("input.number");
    if (number) number.value = given;
    else ticks(question).forEach((box, place) => { box.checked = given.includes(place); });
    question.querySelector("button").click();
  }

  function watch() {
    const page = frame.contentDocument;
    questions = [...page.querySelectorAll(".quiz fieldset")];
    questions.forEach((question, place) => {
      if (place in state.given) giveAgain(question, state.given[place]);
      const verdict = question.querySelector(".verdict");
      new frame.contentWindow.MutationObserver(() => {
        const given = givenTo(question);
        if (!verdict.querySelector(".right, .wrong") || given === "" || given.length === 0) return;
        state.given[place] = given;
        if (!(place in state.first)) state.first[place] = Boolean(verdict.querySelector(".right"));
        report();
      }).observe(verdict, { childList: true });
    });
    page.addEventListener("calphos:score", (event) => {
      const { name, score, most } = event.detail;
      state.parts[name] = [score, most];
      report();
    });
    document.title = page.title;
    report();
  }
  const ready = () => frame.contentDocument && frame.contentDocument.readyState === "complete"
    && frame.contentDocument.URL !== "about:blank";
  if (ready()) watch();
  else frame.addEventListener("load", watch, { once: true });

  let ended = false;
  function finish() {
    if (ended || !api) return;
    ended = true;
    const seconds = Math.round((Date.now() - start) / 1000);
    const two = (number) => String(number).padStart(2, "0");
    set("cmi.core.session_time", `${String(Math.floor(seconds / 3600)).padStart(4, "0")}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`);
    report();
    api.LMSFinish("");
  }
  addEventListener("pagehide", finish);
  addEventListener("beforeunload", finish);
})();
