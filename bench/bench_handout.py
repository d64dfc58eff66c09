"""Handouts: how large, how soon usable, how fast a slider repaints, what leaves a page, what axe-core finds.

Measured on the pages in build/handouts, which are built first (only what has changed is executed again).
"""

import statistics
import time

from measure import row

from handout import ROOT, build, paper

FOLDER = ROOT / "build" / "handouts"

# From the moment the browser starts on the page until its script has run and a frame has been painted.
READY = (
    """() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))))"""
)

# One move of the slider: set the value, tell the page, wait until the frame that shows it has been painted [ms].
MOVES = """async slider => {
    const channel = new MessageChannel(), times = [], [low, high] = [Number(slider.min), Number(slider.max)];
    const painted = () => new Promise(done => requestAnimationFrame(() => {
        channel.port1.onmessage = () => done(performance.now());
        channel.port2.postMessage(0);
    }));
    await painted();
    for (let at = 0; at < 30; at++) {
        const start = performance.now();
        slider.value = low + at % (high - low + 1);
        slider.dispatchEvent(new Event('input', {bubbles: true}));
        times.push(await painted() - start);
    }
    return times.slice(5);
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


def rows():
    """The table's rows."""
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import sync_playwright

    start = time.perf_counter()
    build.build_handouts()
    built = time.perf_counter() - start
    pages = sorted(FOLDER.glob("*.html"), key=lambda path: path.stat().st_size)
    sizes = [path.stat().st_size / 1e6 for path in pages]
    five = next(size for path, size in zip(pages, sizes, strict=True) if path.name.startswith("05"))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=paper.find_chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        ready = []
        for _ in range(5):
            page = browser.new_page()
            page.goto(pages[-1].as_uri(), wait_until="commit")
            page.wait_for_load_state("domcontentloaded")
            ready.append(page.evaluate(READY))
            page.close()
        moves, slow, frames, count = [], [], [], 0
        asked, faults = [], []
        for path in pages:
            page = browser.new_context(viewport={"width": 1280, "height": 900}, offline=True).new_page()
            page.on("request", lambda request: asked.append(request.url))
            page.goto(path.as_uri())
            found = Axe().run(page).response["violations"]
            faults += [item["id"] for item in found if item["impact"] in ("serious", "critical")]
            for panel in page.locator(".panel").all():
                slider = panel.locator("input[type=range]").first
                slider.scroll_into_view_if_needed()
                moves += slider.evaluate(MOVES)
                throttle = page.context.new_cdp_session(page)
                throttle.send("Emulation.setCPUThrottlingRate", {"rate": 6})
                slow += slider.evaluate(MOVES)
                throttle.send("Emulation.setCPUThrottlingRate", {"rate": 1})
                frames += slider.evaluate(FRAMES)
                count += 1
            page.context.close()
        browser.close()
    asked = [url for url in asked if not url.startswith(("file:", "data:"))]
    kinds = ", ".join(sorted(set(faults))) or "none"
    told = f"{count} panels, {len(moves)} moves"
    return [
        row("building the handouts", built, "s", "notebooks that have not changed are not executed again"),
        row("largest page", sizes[-1], "MB", f"{pages[-1].name}; aim: under 4 MB"),
        row("all pages", sum(sizes), "MB", f"{len(pages)} pages"),
        row("page of notebook 05", five, "MB", "aim: under 3 MB"),
        row("largest page usable, from disk", statistics.median(ready), "ms", "median of 5; aim: under 1000 ms"),
        row("requests that leave a page", len(asked), "", f"{len(pages)} pages, network blocked"),
        row("serious or critical faults of accessibility", len(faults), "", f"axe-core; {kinds}"),
        row("a slider move to the painted frame", statistics.median(moves), "ms", f"median; {told}; aim: at most 16"),
        row(
            "a slider move to the painted frame, slow ones",
            percentile(moves, 95),
            "ms",
            "95th percentile; aim: at most 33",
        ),
        row("a slider move, processor slowed six times", statistics.median(slow), "ms", "median; aim: at most 60"),
        row("from frame to frame while a slider moves", statistics.median(frames), "ms", "median; 16.7 is every frame"),
    ]


def percentile(values, share):
    """The value below which `share` per cent of the values lie."""
    return sorted(values)[round((len(values) - 1) * share / 100)]
