"""Handouts: how large, how soon usable, how fast a slider repaints, what leaves a page, what axe-core finds. `python bench/bench_handout.py`

Measured on the pages in build/handouts, which are built first (only what has changed is executed again).
"""

import statistics
import time

from calphos import publishing

FOLDER = publishing.ROOT / "build" / "handouts"

# From the moment the browser starts on the page until its script has run and a frame has been painted.
READY = """() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))))"""

# One move of the slider: set the value, tell the page, then wait for the frame that shows it. The work is what must
# fit into one frame: the script, and the browser's style, layout and painting up to the next frame's callback.
MOVES = """async slider => {
    const channel = new MessageChannel();
    const painted = () => new Promise(done => requestAnimationFrame(() => {
        channel.port1.onmessage = () => done(performance.now());
        channel.port2.postMessage(0);
    }));
    const script = [], paint = [];
    await painted();
    for (let at = 0; at < 3 * (Number(slider.max) + 1); at++) {
        await new Promise(done => requestAnimationFrame(done));
        const start = performance.now();
        slider.value = at % (Number(slider.max) + 1);
        slider.dispatchEvent(new Event('input', {bubbles: true}));
        script.push(performance.now() - start);
        const frame = performance.now();
        document.body.offsetHeight;
        paint.push(script.at(-1) + performance.now() - frame);
        await painted();
    }
    return [script, paint];
}"""

# The same moves as the browser paints them: milliseconds from one frame to the next while the slider moves in each.
FRAMES = """async slider => {
    const times = [];
    for (let at = 0; at < 60; at++) {
        slider.value = at % (Number(slider.max) + 1);
        slider.dispatchEvent(new Event('input', {bubbles: true}));
        times.push(await new Promise(done => requestAnimationFrame(done)));
    }
    return times.slice(1).map((time, i) => time - times[i]);
}"""


def row(what, value, unit, note=""):
    return {"what": what, "value": value, "unit": unit, "note": note}


def rows():
    """One row a measurement: what, value, unit, note."""
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import sync_playwright

    start = time.perf_counter()
    publishing.build_handouts()
    built = time.perf_counter() - start
    pages = sorted(FOLDER.glob("*.html"), key=lambda path: path.stat().st_size)
    sizes = [path.stat().st_size / 1e6 for path in pages]
    made = [
        row("building the handouts", built, "s", "notebooks that have not changed are not executed again"),
        row("largest page", sizes[-1], "MB", f"{pages[-1].name}; aim: under 4 MB"),
        row("all pages", sum(sizes), "MB", f"{len(pages)} pages"),
    ]
    made += [
        row("page of notebook 05", path.stat().st_size / 1e6, "MB", "aim: under 3 MB")
        for path in pages
        if path.name.startswith("05")
    ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=publishing.find_chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        ready = []
        for _ in range(5):
            page = browser.new_page()
            page.goto(pages[-1].as_uri(), wait_until="commit")
            page.wait_for_load_state("domcontentloaded")
            ready.append(page.evaluate(READY))
            page.close()
        made.append(
            row(
                "largest page usable, from disk",
                statistics.median(ready),
                "ms",
                "median of 5; aim: under 1000 ms",
            )
        )
        script, paint, frames, count = [], [], [], 0
        asked, faults = [], []
        for path in pages:
            page = browser.new_context(viewport={"width": 1280, "height": 900}, offline=True).new_page()
            page.on("request", lambda request: asked.append(request.url))
            page.goto(path.as_uri())
            found = Axe().run(page).response["violations"]
            faults += [item["id"] for item in found if item["impact"] in ("serious", "critical")]
            for panel in page.locator(".panel").all():
                slider = panel.locator("input").first
                slider.scroll_into_view_if_needed()
                one, two = slider.evaluate(MOVES)
                script += one
                paint += two
                frames += slider.evaluate(FRAMES)
                count += 1
            page.context.close()
        browser.close()
    asked = [url for url in asked if not url.startswith(("file:", "data:"))]
    made += [
        row("requests that leave a page", len(asked), "", f"{len(pages)} pages, network blocked"),
        row(
            "serious or critical faults of accessibility",
            len(faults),
            "",
            f"axe-core; {', '.join(sorted(set(faults))) or 'none'}",
        ),
    ]
    if count:
        made += [
            row(
                "a slider move, script",
                statistics.median(script),
                "ms",
                f"median; {count} panels, {len(script)} moves",
            ),
            row(
                "a slider move, script and layout",
                percentile(paint, 95),
                "ms",
                "95th percentile; aim: within a frame, 16 ms",
            ),
            row("a slider move, script and layout", max(paint), "ms", "slowest move of all"),
            row(
                "from frame to frame while a slider moves",
                statistics.median(frames),
                "ms",
                "median; 16.7 is every frame",
            ),
        ]
    return made


def percentile(values, share):
    """The value below which `share` per cent of the values lie."""
    return sorted(values)[round((len(values) - 1) * share / 100)]


if __name__ == "__main__":
    for item in rows():
        print(f"{item['what']}: {item['value']:.3g} {item['unit']} {item['note']}")
