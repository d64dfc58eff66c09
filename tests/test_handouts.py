"""Handouts, slides and PDF: what a reader without a kernel and without a network gets."""

import contextlib
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import html5lib
import nbformat
import pandas as pd
import pytest
from nbconvert.exporters.slides import _RevealMetadataPreprocessor

from calphos import Patient, clinic, panels, simulate
from calphos.drawing.pictures import new_picture
from calphos.lessons import quiz as quizzes, trainer as trainers
from calphos.tables.quantities import quantity
from handout import ROOT, BuildError, blocks, build, course as surroundings, execute, page as making, paper
from handout.blocks import desk_block, picture_bundle, quiz_block, trainer_block
from handout.check import LARGEST
from handout.live import live_block
from handout.page import make_page
from handout.slides import slide_cells, speaker_notes
from handout.text import mathml, pieces, plain, scrolling_table, tidy_html

LOOK = making.HANDOUT
FINGERPRINT = execute.fingerprint
PAGES = {"05_sample.html", "index.html", "glossary.html"}
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9][0-9]*.ipynb"))


def cell(source, kind=None, **metadata):
    """A markdown cell, or a code cell when the source starts with a hash and a bang."""
    make = nbformat.v4.new_code_cell if source.startswith("#!") else nbformat.v4.new_markdown_cell
    if kind:
        metadata["slideshow"] = {"slide_type": kind}
    return make(source.removeprefix("#!").lstrip(), metadata=metadata)


def notebook(*cells):
    cells = [cell(item) if isinstance(item, str) else item for item in cells]
    for number, item in enumerate(cells):
        item["id"] = f"cell-{number}"
    return nbformat.v4.new_notebook(cells=cells)


SAMPLE = [
    cell(
        "# 05 · Sample\n\n**Why does phosphate stay normal until it doesn't?**\n\n"
        "| | |\n|---|---|\n| **Time** | 30 minutes |\n\nWords are in the [glossary](../teaching/glossary.md)."
    ),
    cell("#!\nimport pandas as pd\nfrom calphos import Patient, panels, quiz, simulate"),
    cell(
        "## 1 Nephrons\n\nThe slope is $\\frac{a}{1 + x^{n}}$ and\n\n$$\\log_{10}\\frac{\\mathrm{IAP}}{K_{sp}} \\ge 0$$",
        "slide",
    ),
    cell("#!\npanel = panels.ckd()\npanel", "slide"),
    cell("Say that the mouse comes next.", "notes"),
    cell("#!\nprint(panel.set(gfr=30))", "fragment"),
    cell("<details>\n<summary><b>Explain</b></summary>\n\nFolded: it is the hormone.\n\n</details>", "subslide"),
    cell(
        "#!\npd.DataFrame({'a long name of a column': ['a long text that does not end soon'] * 2} | {f'c{i}': [i, i] for i in range(9)})"
    ),
    cell("#!\nsimulate(Patient(gfr=30), years=2, points=21).plot('phosphate', 'pth')"),
    cell("#!\nimport ipywidgets\nipywidgets.IntSlider()"),
    cell("## Quiz"),
    cell("#!\nquiz('05')", "slide"),
    cell("## Previous and next\n\n[← 00 · Other](00_other.ipynb#text)"),
]


GUIDE = """# For teachers

| notebook | self-study | live |
|---|---|---|
| [05 · Sample](../notebooks/05_sample.ipynb) | 50 | 20: 1 Nephrons |

| what learners believe | the move | what to see |
|---|---|---|
| It is simple. | 05: `gfr` 100 → 45 | it is not |
| Another. | 06: `gfr` 1 → 2 | nothing |

### 05 · Sample

- **1 Nephrons.** *How many?* About a million.
- **2 Later.** *Then?* Then.

### 06 · Next

- **1 Nephrons.** *How many?* None.
"""


@pytest.fixture(scope="module", autouse=True)
def steady():
    """A fingerprint that does not change while these tests run, whoever edits the package meanwhile."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(execute, "fingerprint", lambda: "steady")
        yield


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course of two notebooks, built once as handouts, slides and PDF."""
    home = tmp_path_factory.mktemp("course")
    source = home / "notebooks"
    source.mkdir()
    nbformat.write(notebook(*SAMPLE), source / "05_sample.ipynb")
    other = notebook(cell("# 00 · Other\n\n**How do I begin?**\n\n## Text\n\nGo on to [05](05_sample.ipynb).", "slide"))
    nbformat.write(other, source / "00_other.ipynb")
    (home / "teaching").mkdir()
    (home / "teaching" / "glossary.md").write_text("# Glossary\n\n**PTH**: see [05](../notebooks/05_sample.ipynb).")
    (home / "teaching" / "guide.md").write_text(GUIDE)
    build.build_handouts(folder=home / "build" / "handouts", source=source)
    return home


@pytest.fixture(scope="module")
def slides(course):
    build.build_slides(folder=course / "build" / "slides", source=course / "notebooks")
    return course / "build" / "slides"


# ---------------------------------------------------------------- pieces of a page


def panel(presets=("low",)):
    """A panel with two sliders and presets."""
    settings = {"start": {}, **{name: {"gfr": 20 + 10 * i} for i, name in enumerate(presets)}}
    return panels.time_course("phosphate", "pth", sliders=["gfr", "diet_phosphate"], years=1, presets=settings)


def spec_of(block):
    return json.loads(re.search(r'class="spec">(.*?)</script>', block, flags=re.DOTALL)[1])


def test_words_cannot_end_the_script():
    odd = panel(presets=("</script><!-- & <b>",))
    block = live_block(odd)
    assert block.count("</script>") == 1
    assert spec_of(block)["presets"][1]["name"] == "</script><!-- & <b>"


def test_two_panels_share_no_names():
    idents = [set(re.findall(r' id="([^"]+)"', live_block(panel()))) for _ in range(2)]
    assert idents[0]
    assert not idents[0] & idents[1]


@pytest.mark.parametrize("name", sorted(path.stem for path in (ROOT / "data" / "quiz").glob("*.json")))
def test_quiz_block_holds_every_word(name):
    questions = quizzes.load_quiz(name)
    words = plain(re.sub(r"<[^>]+>", "\n", quiz_block(questions)))
    for question in questions:
        assert question["question"] in words
        for answer in question["answers"]:
            assert answer["feedback"] in words
            assert answer.get("answer", "") in words


def test_quiz_with_angle_brackets_is_shown_as_text():
    odd = {"type": "numeric", "question": "Is 1 < 2 & 3?", "answers": [{"type": "default", "feedback": "<b>no</b>"}]}
    assert "<b>" not in quiz_block([odd])


def test_trainer_answers_and_folds_without_script():
    trainer = trainers.Trainer()
    made = trainer_block(trainer)
    data = json.loads(re.search(r'class="trainer-data">(.*?)</script>', made, flags=re.DOTALL)[1])
    assert len(data["panels"]) == 12
    assert data["panels"][6]["answers"][data["names"].index("sarcoidosis")] == str(
        trainers.LabPanel(7).guess("sarcoidosis")
    )
    assert made.count("<details>") == 12
    # Each result beside its name, so that both are seen on a phone.
    shown = trainers.LabPanel(7)
    item = quantity("total_calcium")
    result = f"{item.text(shown.values['total_calcium'])} {item.unit()}"
    assert f'<th scope="row">Total calcium</th><td>{result}</td><td>↑ high' in made


def test_the_clinic_tells_its_story():
    desk = clinic.start(case="04", seed=7)
    assert desk.visit.case.title in plain(desk_block(desk))


# ---------------------------------------------------------------- mathematics


@pytest.mark.parametrize(
    ("latex", "words"),
    [
        (r"\frac{a}{b}", "<mfrac>"),
        (r"\log_{10} x \ge 0", "log"),
        (r"\mathrm{Ca^{2+}} \rightleftharpoons x", "&#x021CC;"),
        (r"\begin{aligned} a &= b \\ c &= d\end{aligned}", "<mtr>"),
        (r"\dot{x}", "&#x002D9;"),
    ],
)
def test_maths_becomes_mathml(latex, words):
    made = mathml(latex, "inline")
    assert words in made
    assert made.startswith("<math alttext=")
    ElementTree.fromstring(made)


@pytest.mark.parametrize(
    ("latex", "expected"),
    [
        (r"a = b + (c + d) \cdot e", ["a ", "= b ", "+ (c + d) ", r"\cdot e"]),
        (r"a = b \qquad c = d", ["a ", "= b ", r"\qquad", " c ", "= d"]),
        (
            r"y = \left(1 + \frac{a + b}{c}\right)^{m + n} + 1",
            ["y ", r"= \left(1 + \frac{a + b}{c}\right)^{m + n} ", "+ 1"],
        ),
        (r"y = \left. x + 1 \right|_{t = 0}", ["y ", r"= \left. x + 1 \right|_{t = 0}"]),
        (r"\begin{aligned} a &= b \\ c &= d\end{aligned}", [r"\begin{aligned} a &= b \\ c &= d\end{aligned}"]),
    ],
)
def test_a_formula_breaks_before_its_signs_only(latex, expected):
    assert pieces(latex) == expected


def test_a_cell_of_a_table_knows_its_head():
    made = scrolling_table(pd.DataFrame({"a <b": [1], "c": ["x"]}).to_html(index=False))
    assert '<td data-label="a &lt;b">1</td>' in made
    assert '<td data-label="c">x</td>' in made


@pytest.mark.parametrize("latex", [r"\ce{Ca^2+}", r"\nosuchthing", r"\frac{a"])
def test_maths_that_is_not_understood_stops_the_build(latex):
    page = notebook("# Title", f"Text with ${latex}$ inside")
    with pytest.raises(BuildError, match=r"05_sample.ipynb, cell 2 .*not understood"):
        make_page(page, "05_sample.ipynb", PAGES, **LOOK)


# ---------------------------------------------------------------- what stops a build


def test_letters_too_small_for_a_phone_stop_the_build():
    picture = new_picture(720, 300)
    text = picture.text(0.5, 0.5, "Calcium", fontsize=17)
    picture.alt = "A word."
    assert picture_bundle(picture)[1]["image/png"]["letters"] == 11.8
    metadata = {"image/png": {"alt": "A word.", "letters": 11.8}}
    output = nbformat.v4.new_output("display_data", {"image/png": "AA=="}, metadata=metadata)
    with pytest.raises(BuildError, match=r"cell 2 .*letters are 11.8 pixels high"):
        make_page(
            notebook("# Title", nbformat.v4.new_code_cell("x", outputs=[output])), "05_sample.ipynb", PAGES, **LOOK
        )
    text.set_fontsize(18)
    assert picture_bundle(picture)[1]["image/png"]["letters"] == 12.5
    picture.narrow = lambda: new_picture(360, 300)
    assert "narrow" in picture_bundle(picture)[1]["image/png"]


def shown(**data):
    """A code cell with one output."""
    made = nbformat.v4.new_code_cell("show()")
    made.outputs = [
        nbformat.v4.new_output("display_data", data={key.replace("_", "/"): value for key, value in data.items()})
    ]
    return made


@pytest.mark.parametrize(
    ("second", "words"),
    [
        ("[link](missing.ipynb)", "cell 2 .*links to 'missing.ipynb'"),
        ("[link](#nowhere)", "#nowhere, which is not on the page"),
        ("### Level three", "level 3 follows one of level 1"),
        ("# Title again", "one top heading is needed, found 2"),
        ("![a picture](https://example.org/a.png)", "would be fetched"),
        ('<img src="data:image/png;base64,AA==">', "no alternative text"),
        ('<p onclick="x()">text</p>', "inline event handler"),
        ("<script>alert(1)</script>", "brings its own <script>"),
        ('<iframe src="https://example.org"></iframe>', "<iframe> is not allowed"),
        ('<p style="background: url(https://example.org/a.png)">text</p>', "would be fetched"),
        ("[link](javascript:alert)", "a link to 'javascript:alert"),
        (shown(image_png="AA=="), "cell 2 .*a figure has no alternative text"),
        (shown(text_html="<script>fetch('https://example.org')</script>"), "brings its own <script>"),
        ('<meta http-equiv="refresh" content="0;url=https://example.org">', "would leave the page"),
        (shown(text_html='<META HTTP-EQUIV=refresh content="0;url=https://example.org">'), "would leave the page"),
        (shown(text_html='<form action="https://example.org"></form>'), "would be fetched"),
        (shown(text_html='<svg><image href="https://example.org/a.png"/></svg>'), "would be fetched"),
        (shown(text_html="x" * LARGEST), "a page may have 4 MB"),
    ],
)
def test_faults_stop_the_build(second, words):
    with pytest.raises(BuildError, match=words):
        make_page(notebook("# Title", second), "05_sample.ipynb", PAGES, **LOOK)


def test_a_catalogue_can_read_what_a_page_is():
    opening = "# Stones & <salts>\n\n**What falls out?**\n\n| | |\n|---|---|\n| **You will do** | Look |\n"
    opening += "| **You will learn** | Where; why |\n| **You need** | 00 |\n| **Time** | 40 minutes |"
    made = make_page(notebook(opening), "05_sample.ipynb", PAGES, **LOOK)
    data = json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', made)[1])
    assert data["@type"] == "LearningResource"
    assert data["description"] == "What falls out? Look. For teaching, not for the care of patients."
    assert (data["teaches"], data["competencyRequired"], data["timeRequired"]) == (["Where", "why"], "00", "PT40M")
    assert data["license"].startswith("https://creativecommons.org/licenses/by/")


@pytest.mark.parametrize(
    "opened", ["<!-- open", "<textarea>open", "<title>open", "<details><summary>open", "<b><table><tr>"]
)
def test_what_a_cell_leaves_open_ends_with_it(opened):
    made = make_page(notebook("# Title", shown(text_html=opened), "## The rest"), "05_sample.ipynb", PAGES, **LOOK)
    tree = html5lib.parse(made, namespaceHTMLElements=False)
    (heading,) = (element for element in tree.iter("h2") if element.attrib.get("id") == "the-rest")
    (main,) = tree.iter("main")
    cells = [element for element in main if element.attrib.get("class") in ("text", "cell")]
    assert [heading in list(cell.iter()) for cell in cells] == [False, False, True]


def test_clean_page_passes():
    assert "<h1" in make_page(notebook("# Title", "Text"), "05_sample.ipynb", PAGES, **LOOK)


def snapshot(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (
            "#!\nclass Panel:\n    def _ipython_display_(self):\n        raise ValueError('no frames')\nPanel()",
            r"05_sample.ipynb, cell 2 \(class Panel:\): ValueError: no frames",
        ),
        ("#!\nimport os\nos._exit(1)", r"05_sample.ipynb, cell 2 \(import os\): .*[Kk]ernel"),
        (
            "#!\nfrom calphos import Patient\nPatient(gfr=-5)",
            r"05_sample.ipynb, cell 2 \(from calphos import Patient\): InputError: gfr: -5 is outside",
        ),
    ],
)
def test_failing_notebook_is_named_and_leaves_the_old_handouts(course, tmp_path, source, words):
    folder = tmp_path / "build" / "handouts"
    shutil.copytree(course / "build" / "handouts", folder)
    before = snapshot(folder)
    nbformat.write(notebook("# Title", cell(source)), tmp_path / "05_sample.ipynb")
    with pytest.raises(BuildError, match=words):
        build.build_handouts(folder=folder, source=tmp_path)
    assert snapshot(folder) == before


def test_broken_notebook_file_is_named(tmp_path):
    (tmp_path / "05_sample.ipynb").write_text("{ not json")
    with pytest.raises(BuildError, match=r"05_sample\.ipynb: not a readable notebook"):
        build.build_handouts(folder=tmp_path / "handouts", source=tmp_path)


def test_unknown_notebook_is_refused_with_the_known(course):
    with pytest.raises(BuildError, match="no notebook starts with '99'; there are 00_other, 05_sample"):
        execute.notebooks(["99"], course / "notebooks")


@pytest.mark.skipif(os.name != "posix", reason="needs a limit on the size of files")
def test_full_disk_leaves_nothing_half_written(tmp_path):
    """Files may not grow beyond 1000 bytes, as on a disk that is full."""
    (tmp_path / "a.html").write_text("old a")
    (tmp_path / "b.html").write_text("old b")
    script = (
        "import resource, signal, sys; from pathlib import Path; from handout.files import write_files\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "folder = Path(sys.argv[1])\n"
        "write_files({folder / 'a.html': b'new', folder / 'b.html': b'x' * 5000, folder / 'c.html': b'new'})"
    )
    done = subprocess.run([sys.executable, "-B", "-c", script, tmp_path], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "the old files are still there" in done.stderr
    assert snapshot(tmp_path) == {"a.html": b"old a", "b.html": b"old b"}


def test_changed_third_party_file_is_refused(tmp_path, monkeypatch):
    shutil.copytree(ROOT / "handout", tmp_path / "handout")
    changed = tmp_path / "handout" / making._REVEAL / "reveal.js"
    changed.write_bytes(changed.read_bytes() + b" ")
    monkeypatch.setattr(making, "ROOT", tmp_path)
    with pytest.raises(BuildError, match="checksum"):
        making.asset(*making.SLIDES["js"])


def test_third_party_files_have_their_licence():
    folder = ROOT / "handout" / making._REVEAL
    assert "Permission is hereby granted" in (folder / "LICENSE").read_text()


def test_missing_chromium_is_named_with_what_to_install(monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CALPHOS_CHROMIUM", raising=False)
    with pytest.raises(BuildError, match="apt install chromium"):
        paper.find_chromium()


def test_command_says_what_is_wrong(capsys):
    assert build.main(["html", "no-such-notebook"]) == 1
    assert "no-such-notebook" in capsys.readouterr().err


# ---------------------------------------------------------------- the pages


def test_same_input_gives_the_same_bytes(course, tmp_path):
    build.build_handouts(folder=tmp_path / "build" / "handouts", source=course / "notebooks")
    assert snapshot(tmp_path / "build" / "handouts") == snapshot(course / "build" / "handouts")


def test_unchanged_notebooks_are_not_run_again(course, capsys):
    build.build_handouts(folder=course / "build" / "handouts", source=course / "notebooks")
    assert "executed" not in capsys.readouterr().out


def test_changed_data_count_as_a_change(monkeypatch, tmp_path):
    shutil.copytree(ROOT / "data", tmp_path / "data")
    monkeypatch.setattr(execute, "ROOT", tmp_path)
    before = FINGERPRINT()
    assert FINGERPRINT() == before
    with (tmp_path / "data" / "quantities.csv").open("a") as file:
        file.write("x")
    assert FINGERPRINT() != before


def test_old_pages_go_when_their_notebook_goes(course):
    left = course / "build" / "handouts" / "99_gone.html"
    left.write_text("old")
    build.build_handouts(folder=left.parent, source=course / "notebooks")
    assert not left.exists()


def test_what_a_page_holds(course):
    page = (course / "build" / "handouts" / "05_sample.html").read_text()
    assert '<html lang="en"' in page
    assert "default-src 'none'" in page
    assert "unsafe-eval" not in page
    assert "script-src 'unsafe-inline'" not in page
    assert page.count("<math ") == 2
    assert "Say that the mouse comes next" not in page  # speaker's notes
    assert "This part needs a running notebook" in page  # a widget with no offline form
    assert "<details>\n<summary><b>Explain</b></summary>" in page
    assert 'href="00_other.html#text"' in page


def test_index_lists_titles_questions_and_minutes(course):
    index = (course / "build" / "handouts" / "index.html").read_text()
    items = re.findall(r'<li>\s*(?:<p>)?<a href="([^"]+)">([^<]+)</a><br>(.*?)(?:</p>)?\s*</li>', index)
    assert items == [
        ("00_other.html", "00 · Other", "How do I begin?"),
        ("05_sample.html", "05 · Sample", "Why does phosphate stay normal until it doesn't? · 30 minutes"),
    ]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_words_of_every_notebook_make_slides(path):
    """Mathematics, links, headings and markup of each notebook, without running it; `test_browser_handouts` has its page."""
    content = nbformat.read(path, as_version=4)
    for item in content.cells:
        if item.cell_type == "code":
            item.outputs = []
    make_page(slide_cells(content, path.name), path.name, surroundings.page_names(NOTEBOOKS), **making.SLIDES)


# ---------------------------------------------------------------- slides


def slide_shape(cells):
    """Slides as nested lists of the cells' texts; fragments are tuples."""
    made = []
    chosen = slide_cells(notebook(*cells), "05_sample.ipynb")
    for item in _RevealMetadataPreprocessor(enabled=True).preprocess(chosen, {})[0].cells:
        at = item.metadata
        if at.get("slide_start"):
            made.append([])
        if at.get("subslide_start"):
            made[-1].append([])
        if at.get("fragment_start"):
            made[-1][-1].append(())
        if made[-1][-1] and isinstance(made[-1][-1][-1], tuple) and not at.get("done"):
            made[-1][-1][-1] += (item.source,)
        else:
            made[-1][-1].append(item.source)
    return made


def test_cells_become_slides():
    cells = [
        cell("# T\n\n**Q?**"),
        cell("a", "slide"),
        cell("not tagged"),
        cell("skipped", "skip"),
        cell("b", "-"),
        cell("c", "subslide"),
        cell("d", "fragment"),
        cell("e", "-"),
        cell("f", "fragment"),
        cell("g", "slide"),
    ]
    assert slide_shape(cells) == [[["# T\n\nQ?"]], [["a", "b"], ["c", ("d", "e"), ("f",)]], [["g"]]]


def test_every_slide_is_closed(slides):
    page = (slides / "05_sample.html").read_text()
    body = re.search(r'<div class="slides">(.*)</div>\s*</main>', page, flags=re.DOTALL)[1]
    depth = 0
    for tag in re.findall(r"</?section>|<div class=\"fragment\">", body):
        depth += {"<section>": 1, "</section>": -1}.get(tag, 0)
        assert 0 <= depth <= 2
    assert depth == 0
    assert body.count("<div") == body.count("</div>")


def test_notebook_without_tags_shows_its_sections_and_panels():
    made = shown(text_html="<p>panel</p>")
    made.outputs[0]["metadata"] = {"text/html": {"kind": "course", "ranges": False}}
    assert slide_shape([cell("# T\n\n**Q?**"), cell("## A\n\nWhy so.\n\nMore."), cell("text"), made]) == [
        [["# T\n\nQ?"]],
        [["## A\n\nWhy so."]],
        [[made.source]],
    ]


def test_notebook_with_nothing_to_show_is_named():
    with pytest.raises(BuildError, match=r"05_sample\.ipynb: nothing to show on slides"):
        slide_cells(notebook("# Title", "Text"), "05_sample.ipynb")


# ---------------------------------------------------------------- in a browser, with no network


class Reader:
    """A page opened from disk, with everything it asks for and complains about written down."""

    def __init__(self, page):
        self.page, self.requests, self.complaints = page, [], []
        page.context.set_offline(True)
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def open(self, path):
        self.page.goto(path.as_uri())
        return self.page

    def quiet(self):
        """Say that nothing was asked for but the page itself, and nothing complained of."""
        asked = [url for url in self.requests if not url.startswith(("data:", "file:", "blob:"))]
        assert asked == []
        assert len([url for url in self.requests if url.startswith("file:")]) == 1
        assert self.complaints == []


@pytest.fixture
def reader(page):
    return Reader(page)


@pytest.fixture
def sample(reader, course):
    return reader.open(course / "build" / "handouts" / "05_sample.html")


def painted(page):
    """Wait until what was asked for stands on the screen."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def state(page):
    """The slider's place, its words, the picture and the summary of the first panel."""
    painted(page)
    panel = page.locator(".panel").first
    return (
        panel.locator("input[type=range]").first.input_value(),
        panel.locator("output").first.inner_text(),
        panel.locator(".figure").inner_html(),
        panel.locator(".summary").inner_text(),
    )


def all_differ(before, after):
    return all(a != b for a, b in zip(before, after, strict=True))


def test_slider_by_keyboard_moves_picture_and_words(reader, sample):
    slider = sample.locator(".panel input").first
    slider.focus()
    states = [state(sample)]
    for key in ("ArrowRight", "End", "Home"):
        sample.keyboard.press(key)
        states.append(state(sample))
        assert slider.get_attribute("aria-valuetext") == states[-1][1]
    for before, after in itertools.combinations(states, 2):
        assert all_differ(before, after)
    reader.quiet()


def test_slider_by_mouse_moves_picture_and_words(reader, sample):
    before = state(sample)
    box = sample.locator(".panel input").first.bounding_box()
    middle = box["y"] + box["height"] / 2
    sample.mouse.move(box["x"] + box["width"] * 0.5, middle)
    sample.mouse.down()
    sample.mouse.move(box["x"] + box["width"] * 0.9, middle, steps=10)
    sample.mouse.up()
    assert all_differ(before, state(sample))
    reader.quiet()


def test_slider_by_touch(chromium, course):
    context = chromium.new_context(has_touch=True, is_mobile=True, viewport={"width": 360, "height": 740})
    page = context.new_page()
    page.goto((course / "build" / "handouts" / "05_sample.html").as_uri())
    slider = page.locator(".panel input").first
    slider.scroll_into_view_if_needed()
    before = state(page)
    box = slider.bounding_box()
    assert box["height"] >= 44
    page.touchscreen.tap(box["x"] + box["width"] * 0.95, box["y"] + box["height"] / 2)
    assert all_differ(before, state(page))
    context.close()


def test_units_can_be_switched_and_back(sample):
    before = state(sample)
    switch = sample.get_by_role("button", name="Conventional units").first
    switch.click()
    conventional = state(sample)
    assert conventional[3] != before[3]
    assert "mg/dL" in conventional[3]
    assert switch.get_attribute("aria-pressed") == "true"
    switch.click()
    assert state(sample)[3] == before[3]


def page_with_outputs(tmp_path, *outputs):
    """A handout with (HTML, what the page must know of it) for each of some cells."""
    cells = []
    for text, known in outputs:
        made = shown(text_html=text)
        made.outputs[0]["metadata"] = {"text/html": known}
        cells.append(made)
    path = tmp_path / "page.html"
    path.write_text(make_page(notebook("# Title", *cells), "05_sample.ipynb", PAGES, **LOOK))
    return path


@contextlib.contextmanager
def page_of(chromium, *scripts):
    """A page that holds some scripts (texts) and nothing else, with no network."""
    context = chromium.new_context(offline=True)
    page = context.new_page()
    for script in scripts:
        page.add_script_tag(content=script)
    yield page
    context.close()


def page_with(tmp_path, *panels_):
    """A handout with these panels and nothing else."""
    return page_with_outputs(tmp_path, *((live_block(one), blocks.about(one)) for one in panels_))


@pytest.fixture(scope="module")
def live_page(tmp_path_factory):
    """The path of a page with a panel that has two sliders and a preset."""
    return page_with(tmp_path_factory.mktemp("live"), panel())


@pytest.fixture
def live(reader, live_page):
    yield reader.open(live_page)
    reader.quiet()


def values(page):
    painted(page)
    return page.locator("output").all_inner_texts()


def test_sliders_combine_and_presets_move_them(live):
    first, second = live.locator("input[type=range]").all()
    assert values(live) == ["100 mL/min", "40 mmol/d"]
    first.press("PageDown")
    second.press("PageUp")
    (gfr, diet), told = values(live), state(live)[3]
    assert float(gfr.split()[0]) < 100
    assert float(diet.split()[0]) > 40
    assert told.startswith(f"GFR {gfr}, dietary phosphate {diet}: ")
    live.get_by_label("Start from").select_option("low")
    assert values(live) == ["20 mL/min", "40 mmol/d"]
    assert state(live)[3].startswith("low, GFR 20 mL/min: ")
    live.get_by_role("button", name="Reset").click()
    assert values(live) == ["100 mL/min", "40 mmol/d"]
    assert live.get_by_label("Start from").input_value() == "0"


def test_a_pinned_run_stays_until_reset(live):
    live.get_by_role("button", name="Pin this run").click()
    live.locator("input[type=range]").first.press("Home")
    painted(live)
    drawn = "() => PANELS[0].view.plots.map(({plot}) => plot.layers.ghost.childElementCount)"
    assert live.evaluate(drawn) == [1, 1]
    live.get_by_role("button", name="Reset").click()
    painted(live)
    assert live.evaluate(drawn) == [0, 0]


def test_the_range_of_other_models_comes_from_a_worker(live):
    live.get_by_role("button", name="Show uncertainty").click()
    live.wait_for_function(
        "() => PANELS[0].view.plots.every(({lines}) => lines.every(({band}) => band.getAttribute('d')))"
    )
    assert live.get_by_text("other fitting models").is_visible()
    live.get_by_role("button", name="Show uncertainty").click()
    painted(live)
    assert not live.get_by_text("other fitting models").is_visible()


def test_settings_travel_in_the_address(reader, tmp_path):
    path = page_with(tmp_path, panel(), panel())
    page = reader.open(path)
    page.locator("input[type=range]").nth(0).press("Home")
    page.locator("input[type=range]").nth(3).press("End")
    page.wait_for_url(re.compile("#.*1="))
    shared = page.url
    assert values(page) == ["1 mL/min", "40 mmol/d", "100 mL/min", "120 mmol/d"]
    page.goto("about:blank")
    page.goto(shared)
    assert values(page) == ["1 mL/min", "40 mmol/d", "100 mL/min", "120 mmol/d"]
    assert reader.complaints == []


@pytest.mark.parametrize(
    "hostile",
    [
        "#set&0=gfr:1e999",
        "#set&0=gfr:NaN,preset:99",
        "#set&0=__proto__:1,constructor:2",
        "#set&0=gfr:<img src=x onerror=alert(1)>",
        "#set&99=gfr:5&0=gfr:-5000000000000",
        "#set&0=gfr:0x10",
        "#set&%00=gfr:5&=&&&0",
        "#set&0=" + "gfr:3," * 5000,
    ],
)
def test_hostile_addresses_do_no_harm(reader, live_page, hostile):
    reader.page.goto(live_page.as_uri() + hostile)
    first, second = values(reader.page)
    assert second == "40 mmol/d"
    assert re.fullmatch(r"\d+ mL/min", first)
    assert reader.complaints == []


def test_numbers_can_be_taken_along(live, tmp_path):
    live.locator("input[type=range]").first.press("Home")
    with live.expect_download() as taken:
        live.get_by_role("button", name="Numbers (CSV)").click()
    taken.value.save_as(tmp_path / "numbers.csv")
    table = pd.read_csv(tmp_path / "numbers.csv", comment="#")
    assert list(table.columns) == ["day", "Phosphate (mmol/L)", "PTH (pmol/L)"]
    course = simulate(Patient(gfr=1, diet_phosphate=40), years=1)
    assert table["Phosphate (mmol/L)"].to_numpy() == pytest.approx(course["phosphate"].to_numpy(), rel=1e-4)


def test_a_prediction_is_drawn_before_the_model_is_shown(reader, tmp_path):
    page = reader.open(
        page_with(
            tmp_path, panels.time_course("phosphate", "pth", sliders=["gfr"], years=1, sketch=["phosphate", "pth"])
        )
    )
    painted(page)
    seen = "() => getComputedStyle(document.querySelector('[data-line=phosphate]')).visibility"
    assert page.evaluate(seen) == "hidden"
    assert "mmol/L" not in page.locator(".summary").inner_text()
    box = page.locator(".sketchable").first.bounding_box()
    page.mouse.move(box["x"] + 60, box["y"] + 90)
    page.mouse.down()
    page.mouse.move(box["x"] + 160, box["y"] + 40, steps=12)
    page.mouse.up()
    drawn = page.locator("[data-sketch=phosphate]").get_attribute("d")
    assert drawn.count("L") > 8
    keys = page.locator(".sketchable").nth(1)
    keys.focus()
    for key in ("ArrowUp", "ArrowRight", "ArrowUp"):
        page.keyboard.press(key)
    assert re.fullmatch(r"[\d.]+ pmol/L at 0.1", keys.get_attribute("aria-valuetext"))
    assert axe(page) == []
    page.get_by_role("button", name="Show the model").click()
    painted(page)
    assert page.evaluate(seen) == "visible"
    assert page.locator("[data-sketch=phosphate]").get_attribute("d") == drawn
    said = page.locator(".sketch").inner_text()
    course = simulate(Patient(), years=1)
    assert f"the model's at {quantity('phosphate').text(course.final['phosphate'], with_unit=True)}" in said
    assert page.locator(".summary").inner_text().startswith("GFR 100 mL/min: phosphate")
    reader.quiet()


@pytest.fixture(scope="module")
def plots(tmp_path_factory):
    """The path of a page with panels of four kinds."""
    made = panel(), panels.body_map(), panels.saturation(), panels.deposition()
    return page_with(tmp_path_factory.mktemp("plots"), *made)


@pytest.mark.parametrize("width", [360, 800, 1280])
def test_plots_fit_and_their_letters_can_be_read(reader, plots, width):
    reader.page.set_viewport_size({"width": width, "height": 800})
    page = reader.open(plots)
    page.evaluate("PANELS.forEach((panel) => panel.draw())")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    smallest = page.evaluate(
        """() => Math.min(...[...document.querySelectorAll('.figure svg text, .figure span, .figure dd, .figure td')]
            .filter((e) => e.textContent.trim() && e.getClientRects().length)
            .map((e) => parseFloat(getComputedStyle(e).fontSize) * (e.ownerSVGElement ? e.getScreenCTM().a : 1)))"""
    )
    assert smallest >= 11.9
    if width < 600:
        left = page.evaluate(
            "[...PANELS[0].figure.querySelectorAll('.cell')].map((e) => e.getBoundingClientRect().left)"
        )
        assert len(set(left)) == 1
    reader.quiet()


def test_code_is_hidden_until_asked_for(sample):
    assert not sample.locator(".code").first.is_visible()
    sample.get_by_role("button", name="Show code").click()
    assert sample.locator(".code").first.is_visible()


def test_answers_are_folded_until_asked_for(sample):
    assert not sample.get_by_text("Folded: it is the hormone.").is_visible()
    sample.get_by_text("Explain", exact=True).click()
    assert sample.get_by_text("Folded: it is the hormone.").is_visible()


def answers_to_try(question):
    """Some things that a learner might answer."""
    if question["type"] == "numeric":
        values = [limit for answer in question["answers"] for limit in answer.get("range", [0])]
        return sorted({*values, *(value * 1.001 + 0.01 for value in values), -1.5})
    texts = [answer["answer"] for answer in question["answers"]]
    if question["type"] == "multiple_choice":
        return texts
    return [set(chosen) for size in (1, 2, len(texts)) for chosen in itertools.combinations(texts, size)]


def test_quiz_marks_as_the_notebook_does(reader, tmp_path):
    questions = quizzes.load_quiz("05")  # it has questions of every type
    made = shown(text_html=quiz_block(questions))
    path = tmp_path / "page.html"
    path.write_text(make_page(notebook("# Title", made), "05_sample.ipynb", PAGES, **LOOK))
    page = reader.open(path)
    for number, question in enumerate(questions):
        part = page.locator("fieldset").nth(number)
        part.get_by_role("button").click()
        assert part.locator(".verdict").inner_text() in (
            "Choose an answer first.",
            "Type a number first, for example 1.25.",
        )
        for given in answers_to_try(question):
            if question["type"] == "numeric":
                part.locator(".number").fill(str(given))
            else:
                for answer in question["answers"]:
                    box = part.get_by_label(answer["answer"], exact=True)
                    wanted = answer["answer"] in given if isinstance(given, set) else answer["answer"] == given
                    if question["type"] == "many_choice" or wanted:
                        box.set_checked(wanted)
            part.get_by_role("button").click()
            right, feedback = quizzes.mark(question, given)
            verdict, *lines = part.locator(".verdict p").all_inner_texts()
            assert verdict == ("✓ Right." if right else "✗ Not yet.")
            assert " ".join(lines) == feedback
    reader.quiet()


@pytest.mark.parametrize("width", [320, 768, 1280, 1920])
@pytest.mark.parametrize("name", ["05_sample.html", "index.html"])
def test_no_page_is_wider_than_the_screen(reader, course, width, name):
    reader.page.set_viewport_size({"width": width, "height": 800})
    page = reader.open(course / "build" / "handouts" / name)
    page.evaluate("document.documentElement.classList.add('show-code')")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    reader.quiet()


def axe(page):
    """What axe-core finds serious or critical, in words."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [
        f"{item['id']}: {node['html'][:200]} ({node.get('failureSummary')})"
        for item in found
        if item["impact"] in ("serious", "critical")
        for node in item["nodes"]
    ]


@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (1280, "light"), (1280, "dark")])
@pytest.mark.parametrize("name", ["05_sample.html", "index.html"])
def test_accessible(page, course, name, width, scheme):
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 800})
    page.goto((course / "build" / "handouts" / name).as_uri())
    page.evaluate("document.querySelectorAll('#code-switch, #answer-switch').forEach(b => b.click())")
    for button in page.locator("fieldset button").all():
        button.click()
    assert axe(page) == []


def test_skip_link_and_headings(sample):
    sample.keyboard.press("Tab")
    assert sample.evaluate("document.activeElement.textContent") == "Skip to the text"
    sample.keyboard.press("Enter")
    assert sample.evaluate("document.activeElement.id") == "content"


def test_page_without_script_shows_everything(chromium, course):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((course / "build" / "handouts" / "05_sample.html").as_uri())
    assert page.locator(".panel svg").first.is_visible()
    assert not page.locator(".panel input").first.is_visible()
    page.get_by_text("Explain", exact=True).click()
    assert page.get_by_text("Folded: it is the hormone.").is_visible()
    context.close()


def test_focused_slider_keeps_its_keys_on_a_slide(reader, slides):
    page = reader.open(slides / "05_sample.html")

    def place():
        return page.evaluate("Reveal.getSlidePastCount()")

    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert place() == 2
    before = state(page)
    page.locator(".present .panel input").first.click()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert place() == 2
    assert all_differ(before, state(page))
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowLeft")
    assert place() == 1
    page.keyboard.press("ArrowRight")
    page.locator(".present .panel input").first.focus()
    page.keyboard.press("PageDown")
    assert page.evaluate("Reveal.getIndices().f") == 0  # a clicker goes on, from a slider too
    reader.quiet()


def test_speaker_notes_open_beside_the_slides(reader, slides):
    page = reader.open(slides / "05_sample.html")
    with page.context.expect_page() as opened:
        page.keyboard.press("s")
    notes = opened.value.locator("body")
    assert "Live, minutes and section: 20: 1 Nephrons." in notes.inner_text()
    assert "Learners believe: It is simple. Move gfr 100 → 45. See it is not." in notes.inner_text()
    page.keyboard.press("ArrowRight")
    assert "How many? About a million." in notes.inner_text()
    page.keyboard.press("ArrowRight")
    assert "About a million." in notes.inner_text()  # the panel has no heading: it goes on with the section
    assert "Say that the mouse comes next." in notes.inner_text()
    assert not page.get_by_text("Say that the mouse comes next.").is_visible()
    assert reader.complaints == []


def test_every_section_of_the_guide_is_a_section_of_its_notebook():
    guide = (ROOT / "teaching" / "guide.md").read_text()
    for path in NOTEBOOKS:
        content = nbformat.read(path, as_version=4)
        text = "\n".join(item.source for item in content.cells if item.cell_type == "markdown")
        notes = speaker_notes(guide, making.title_of(content, path.name))
        headings = set(re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE))
        assert len(notes) > 1
        assert set(notes) <= headings


def test_slides_are_accessible_and_fit(reader, slides):
    page = reader.open(slides / "05_sample.html")
    for _ in range(page.evaluate("Reveal.getTotalSlides()")):
        assert axe(page) == []
        page.evaluate("Reveal.next()")
    reader.quiet()


def test_tables_are_tidied_for_readers():
    table = pd.DataFrame({"si_unit": ["mmol/L", "patients"], "value": [3879.0, 3.0], "share": [4.25, 4.2]})
    html = tidy_html(table[["value", "si_unit", "share"]].to_html())
    assert "<th>0</th>" not in html
    assert "<th>si unit</th>" in html
    assert '<td data-label="value">3879</td>' in html
    assert re.search(r"<td[^>]*>3</td>\s*<td[^>]*>patients</td>", html)
    named = tidy_html(table.set_index("si_unit").to_html())
    assert named.partition("</thead>")[0].count("<tr") == 1
    assert "<th>si unit</th>" in named.partition("</thead>")[0]


# ---------------------------------------------------------------- paper


@pytest.fixture(scope="module")
def printed(course, chromium):
    """Depends on the browser only to be skipped where there is none."""
    folder = course / "build" / "pdf"
    build.build_pdf(folder=folder, source=course / "notebooks")
    return folder


def pages_of(path):
    from pypdf import PdfReader

    return [page.extract_text() for page in PdfReader(path).pages]


def test_paper_has_stills_and_answers_at_the_end(printed):
    text = "\n".join(pages_of(printed / "05_sample.pdf"))
    stills = re.findall(r"GFR[^\n]*: (\d+) mL/min\n", text)
    assert len(set(stills)) == 3
    assert text.index("\nAnswers\n") < text.index("Folded: it is the hormone.")
    assert text.index("Previous and next") < text.index("\nAnswers\n")
    right = next(answer for answer in quizzes.load_quiz("05")[0]["answers"] if answer["correct"])
    assert text.index("\nAnswers\n") < re.sub(r"\s+", " ", text).index(right["feedback"][:40])


def test_booklet_is_numbered_as_its_contents_say(printed):
    from pypdf import PdfReader

    booklet = PdfReader(printed / "calphos.pdf")
    texts = pages_of(printed / "calphos.pdf")
    for number, text in enumerate(texts, start=1):
        assert str(number) in text.splitlines()
    contents = dict(re.findall(r"(\d\d · \w+)\s+(\d+)", texts[0]))
    assert set(contents) == {"00 · Other", "05 · Sample"}
    for title, number in contents.items():
        assert title in texts[int(number) - 1].splitlines()[:2]
    assert [item.title for item in booklet.outline][:3] == ["Contents", "00 · Other", "05 · Sample"]


def test_booklet_is_tagged_for_screen_readers(printed):
    from pypdf import PdfReader

    booklet = PdfReader(printed / "calphos.pdf")
    root = booklet.trailer["/Root"]
    assert (root["/MarkInfo"]["/Marked"], root["/Lang"]) == (True, "en")
    tags = root["/StructTreeRoot"]
    entries = tags["/ParentTree"]["/Nums"]
    parents = dict(zip(entries[::2], entries[1::2], strict=True))
    assert len(parents) == len(entries) // 2
    for page in booklet.pages:
        elements = [element.get_object() for element in parents[page["/StructParents"]].get_object()]
        assert any(elements)
        for element in filter(None, elements):
            # An element that goes on over a page break names the second page in the mark that stands there.
            kids = element["/K"] if isinstance(element["/K"], list) else [element["/K"]]
            marks = [kid for kid in kids if isinstance(kid, dict) and "/MCID" in kid and "/Pg" in kid]
            where = {(kid if kid in marks else element).raw_get("/Pg").idnum for kid in kids}
            assert page.indirect_reference.idnum in where
            while element["/S"] != "/Document":
                element = element["/P"]
            assert element["/P"] == tags
        for annotation in page.get("/Annots") or ():
            assert annotation.get_object()["/StructParent"] in parents


def test_paper_names_no_folder_of_this_machine(printed):
    for path in printed.glob("*.pdf"):
        assert b"file://" not in path.read_bytes()
        assert str(Path.home()).encode() not in path.read_bytes()


def test_same_input_gives_the_same_paper(printed, course, tmp_path):
    shutil.copytree(course / "build" / "executed", tmp_path / "executed")
    build.build_pdf(folder=tmp_path / "pdf", source=course / "notebooks")
    assert snapshot(tmp_path / "pdf") == snapshot(printed)


def test_page_is_as_before_after_printing(sample):
    before = sample.locator("main").inner_html()
    sample.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert sample.locator(".still").count() == 3
    sample.evaluate("dispatchEvent(new Event('afterprint'))")
    assert sample.locator("main").inner_html() == before
