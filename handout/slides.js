// Slides: reveal.js turns the pages; a focused slider keeps its arrow keys, and notes open in a window of their own.
(() => {
  const keysOf = "button, summary, a, label";
  Reveal.initialize({
    width: 1280, height: 720, margin: 0.02, center: false, hash: true, transition: "none", backgroundTransition: "none",
    slideNumber: "c/t", help: false, navigationMode: "linear",
    // A focused button or answer takes Space and Enter; everything else turns the page.
    keyboardCondition: (event) => !((event.key === " " || event.key === "Enter") && event.target.closest?.(keysOf))
      && !event.target.closest?.("select"),
  });

  // A presenter's clicker sends Page Up and Page Down: they always turn the page. Escape leaves a slider.
  document.addEventListener("keydown", (event) => {
    if (!event.target.matches?.("input, select")) return;
    if (event.key === "PageDown") Reveal.next();
    else if (event.key === "PageUp") Reveal.prev();
    else if (event.key === "Escape") event.target.blur();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }, true);

  // S opens the speaker's window: notes of this slide, the title of the next, and the minutes since it was opened.
  let speaker = null;
  let opened = 0;
  function tell() {
    if (!speaker || speaker.closed) return;
    const slide = Reveal.getCurrentSlide();
    const slides = Reveal.getSlides();
    const heading = (section) => section?.querySelector("h1, h2, h3")?.textContent;
    // A slide without a heading goes on with the one before: so do its notes.
    let from = slides.indexOf(slide);
    while (from > 0 && !heading(slides[from])) from -= 1;
    const next = slides[slides.indexOf(slide) + 1];
    const page = speaker.document;
    const put = (tag, text) => { const e = page.createElement(tag); e.textContent = text; return e; };
    const notes = [...new Set([slides[from], slide])].flatMap((section) => [...section.querySelectorAll("aside.notes")])
      .map((aside) => page.importNode(aside, true));
    const minutes = Math.floor((Date.now() - opened) / 60000);
    page.body.replaceChildren(
      put("h1", heading(slides[from]) || ""), ...(notes.length ? notes : [put("p", "No notes for this slide.")]),
      put("p", `Next: ${next ? heading(next) || "the same, continued" : "the end"}`), put("p", `${minutes} min since this window was opened`),
    );
  }
  Reveal.addKeyBinding({ keyCode: 83, key: "S", description: "Speaker notes" }, () => {
    if (!speaker || speaker.closed) {
      speaker = window.open("", "notes", "width=900,height=700");
      if (!speaker) return;
      opened = Date.now();
      speaker.document.title = "Speaker notes";
      speaker.document.documentElement.lang = document.documentElement.lang;
      speaker.document.body.style.cssText = "font: 22px/1.5 system-ui, sans-serif; margin: 1.5rem; color: #1f2328; background: #ffffff";
    }
    tell();
  });
  Reveal.on("slidechanged", tell);

  // A slide with more on it than the stage holds scrolls, by keyboard too.
  function reach() {
    const slide = Reveal.getCurrentSlide();
    if (slide && slide.scrollHeight > slide.clientHeight) slide.tabIndex = 0;
    dispatchEvent(new Event("shown"));
  }
  Reveal.on("ready", reach);
  Reveal.on("slidechanged", reach);
  setInterval(tell, 20000);
})();
