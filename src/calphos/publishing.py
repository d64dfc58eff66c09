"""The build behind `python -m calphos.handouts`: execute the notebooks, make the pages, replace the old ones."""

import asyncio
import contextlib
import hashlib
import html
import importlib.metadata
import io
import itertools
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unicodedata
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from pathlib import Path

import nbformat
from latex2mathml.converter import convert as latex_to_mathml
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbconvert import HTMLExporter
from nbconvert.exporters.templateexporter import TemplateExporter
from nbconvert.filters.highlight import Highlight2HTML
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

import calphos
from calphos.handouts import BuildError

ROOT = Path(__file__).parents[2]
LARGEST = 4_000_000  # bytes of one page: what a phone opens and a mailbox takes
_CELL_SECONDS = 900
_REVEAL = "third_party/reveal.js-5.2.1"
# The first of these that an output has is shown.
_SHOWN = (
    *("text/html", "text/markdown", "text/latex", "image/png", "image/jpeg"),
    *("application/vnd.jupyter.widget-view+json", "text/plain"),
)


# ---------------------------------------------------------------- executing


def notebooks(names=(), folder=None):
    """Return the paths of the notebooks, or of those whose file name starts with one of ``names``."""
    folder = folder or ROOT / "notebooks"
    found = sorted(folder.glob("[0-9][0-9]*.ipynb"))
    if not found:
        raise BuildError(f"no notebooks in {folder}")
    for name in names:
        if not any(path.name.startswith(name) for path in found):
            raise BuildError(f"no notebook starts with {name!r}; there are {', '.join(path.stem for path in found)}")
    return [path for path in found if not names or path.name.startswith(tuple(names))]


def _fingerprint():
    """What the outputs of every notebook depend on: this package, its data, and the packages installed."""
    digest = hashlib.sha256()
    files = [*Path(calphos.__file__).parent.rglob("*"), *(ROOT / "data").rglob("*")]
    for path in sorted(path for path in files if path.suffix in (".py", ".csv", ".json", ".mplstyle", ".npz")):
        digest.update(path.read_bytes())
    packages = sorted(f"{d.metadata['Name']} {d.version}" for d in importlib.metadata.distributions())
    digest.update("\n".join([sys.version, *packages]).encode())
    return digest.hexdigest()


def execute(path, store, fingerprint):
    """Return the executed notebook; taken from the folder ``store`` when nothing it depends on has changed."""
    key = hashlib.sha256(path.read_bytes() + fingerprint.encode()).hexdigest()
    kept = store / path.name
    if kept.is_file():
        notebook = nbformat.read(kept, as_version=4)
        if notebook.metadata.get("calphos_key") == key:
            return notebook
    try:
        notebook = nbformat.read(path, as_version=4)
    except Exception as problem:  # noqa: BLE001 (nbformat raises many kinds)
        raise BuildError(f"{path.name}: not a readable notebook: {problem}") from None
    cell_at = 0

    def note(cell, cell_index):
        nonlocal cell_at
        cell_at = cell_index

    client = NotebookClient(
        notebook,
        timeout=_CELL_SECONDS,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
        on_cell_start=note,
        store_widget_state=False,
        coalesce_streams=True,
        extra_arguments=["--log-level=ERROR"],
    )
    try:
        # Each notebook has an event loop of its own, so that several can run in threads.
        asyncio.run(client.async_execute(env={**os.environ, "CALPHOS_HANDOUT": "1", "PYTHONHASHSEED": "0"}))
    except CellExecutionError as problem:
        _refuse_errors(path, notebook)
        raise BuildError(f"{_where(path.name, notebook, cell_at)}: {problem.ename}: {problem.evalue}") from None
    except (CellTimeoutError, DeadKernelError) as problem:
        raise BuildError(f"{_where(path.name, notebook, cell_at)}: {str(problem).splitlines()[0]}") from None
    _refuse_errors(path, notebook)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
    notebook.metadata["calphos_key"] = key
    store.mkdir(parents=True, exist_ok=True)
    write_files({kept: nbformat.writes(notebook).encode()})
    print(f"executed {path.name}", flush=True)
    return notebook


def _refuse_errors(path, notebook):
    """Raise BuildError for the first error that a cell shows: kernels before ipykernel 7.4 do not report those of a result
    that cannot be displayed."""
    for index, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", ()):
            if output.output_type == "error":
                raise BuildError(f"{_where(path.name, notebook, index)}: {output.ename}: {output.evalue}") from None


def _where(name, notebook, index):
    first = (notebook.cells[index].source.strip().splitlines() or ["(empty)"])[0]
    return f"{name}, cell {index + 1} ({first[:60]})"


# ---------------------------------------------------------------- text


def mathml(latex, display):
    """Return LaTeX as MathML (str) with the LaTeX as its alternative text. Raises BuildError for what is not understood."""
    latex = latex.strip()
    source = latex.replace("{aligned}", "{align*}")
    braces = re.sub(r"\\[{}]", "", source)
    if braces.count("{") != braces.count("}"):
        raise BuildError(f"mathematics not understood: the braces of {latex!r} do not match")
    try:
        out = latex_to_mathml(source, display=display)
    except Exception as problem:  # noqa: BLE001 (the parser raises many kinds)
        raise BuildError(f"mathematics not understood: {latex!r} ({type(problem).__name__})") from None
    unknown = re.search(r">(\\[a-zA-Z]+|&)<", out)
    if unknown:
        raise BuildError(f"mathematics not understood: {unknown[1]!r} in {latex!r}")
    out = out.replace(' xmlns="http://www.w3.org/1998/Math/MathML"', "", 1)
    return out.replace("<math", f'<math alttext="{html.escape(latex)}"', 1)


def _plain(text):
    return html.unescape(re.sub(r"<[^>]+>", "", text)).strip()


class _Renderer(IPythonRenderer):
    """Markdown for a page on its own: MathML, links to the other pages, tables that scroll, names for headings."""

    def __init__(self, page, where, **options):
        super().__init__(escape=False, exclude_anchor_links=True, **options)
        self._page, self._where = page, where

    def _mathml(self, latex, display):
        try:
            return mathml(latex, display)
        except BuildError as problem:
            raise BuildError(f"{self._where}: {problem}") from None

    def inline_math(self, body):
        return self._mathml(body, "inline")

    def block_math(self, body):
        return f'<span class="display-maths">{self._mathml(body, "block")}</span>'

    def latex_environment(self, name, body):
        return self.block_math(f"\\begin{{{name}}}{body}\\end{{{name}}}")

    def table(self, text):
        # A table whose heads are all empty has none.
        head, end, body = text.partition("</thead>")
        if end and not _plain(head):
            text = body
        return scrolling_table(f"<table>\n{text}</table>")

    def heading(self, text, level, **attributes):
        words = unicodedata.normalize("NFKD", _plain(text)).encode("ascii", "ignore").decode().lower()
        ident = stem = re.sub(r"[^a-z0-9]+", "-", words).strip("-") or "section"
        names = {heading[1] for heading in self._page["headings"]}
        while ident in names:
            ident = f"{stem}-{sum(name.startswith(stem) for name in names) + 1}"
        self._page["headings"].append((level, ident, text))
        return f'<h{level} id="{ident}">{text}</h{level}>\n'

    def link(self, text, url, title=None):
        if not re.match(r"[a-z]+:|#", url):
            file, _, anchor = url.partition("#")
            name = Path(file).name
            target = re.sub(r"\.(ipynb|md)$", ".html", name)
            if target not in self._page["pages"]:
                raise BuildError(f"{self._where}: links to {url!r}, which is not one of the handouts")
            url = target + (f"#{anchor}" if anchor else "")
        # An arrow stays with its word.
        text = re.sub(r"([←→]) | (?=→)", "\\1\N{NO-BREAK SPACE}", text)
        return super().link(text, url, title)


def scrolling_table(table):
    """Wrap a table so that it scrolls sideways on a phone, by keyboard too."""
    return f'<div class="table-box" role="group" aria-label="Table">{table}</div>\n'


def _tidy_frame(table):
    """The table of a DataFrame as a reader wants it: one row of heads, no row numbers, words, and no idle zeros."""
    # The name of the index has a row of its own: it belongs above its column.
    table = re.sub(
        r"(<thead>\s*<tr[^>]*>\s*)<th></th>((?:(?!</tr>).)*</tr>)\s*<tr>\s*(<th>[^<]+</th>)(?:\s*<th></th>)+\s*</tr>",
        r"\1\3\2",
        table,
        flags=re.DOTALL,
    )
    head, end, body = table.partition("</thead>")
    unnamed = re.fullmatch(r"(.*<thead>\s*<tr[^>]*>\s*)<th></th>((?:(?!<tr).)*)", head, flags=re.DOTALL)
    if unnamed and all(name.isdigit() for name in re.findall(r"<th>(.*?)</th>", body)):
        head, body = unnamed[1] + unnamed[2], re.sub(r"\s*<th>\d+</th>", "", body)
    table = head + end + body
    table = re.sub(r"(?<=>)[a-z0-9]+(_[a-z0-9]+)+(?=</t[dh]>)", lambda m: m[0].replace("_", " "), table)
    # Patients are counted, whatever number the column holds beside them.
    table = re.sub(r"(?<=<td>)(\d+)\.0+(?=</td>\s*<td>patients</td>)", r"\1", table)
    table = re.sub(r"(?<=>)(-?\d\d+)\.0+(?=</t[dh]>)", r"\1", table)
    return re.sub(r"(?<=>)(-?\d+\.\d\d\d*?)0+(?=</t[dh]>)", r"\1", table)


def _tidy_html(text):
    """HTML that a cell displayed: without its own style sheet, and with tables that scroll."""
    text = re.sub(r"<style[^>]*>.*?</style>", "", text, flags=re.DOTALL)
    text = text.replace(' border="1"', "")
    text = re.sub(r"<td>(NaN|nan|None|&lt;NA&gt;)</td>", "<td>–</td>", text)
    text = re.sub(r'<table class="dataframe">.*?</table>', lambda m: _tidy_frame(m[0]), text, flags=re.DOTALL)
    if 'class="table-box"' in text:
        return text
    return re.sub(r"<table.*?</table>", lambda m: scrolling_table(m[0]), text, flags=re.DOTALL)


# ---------------------------------------------------------------- pages


class _Exporter(HTMLExporter):
    """nbconvert's HTML exporter with the templates in ``handout/templates``."""

    def __init__(self, template, page, notebook, **options):
        self._page, self._notebook = page, notebook
        templates = str(ROOT / "handout" / "templates")
        super().__init__(
            template_name=template, extra_template_basedirs=[templates], extra_template_paths=[templates], **options
        )

    def _here(self, cell):
        index = next((i for i, other in enumerate(self._notebook.cells) if other.id == cell.get("id")), 0)
        return _where(self._page["notebook"], self._notebook, index)

    def markdown2html(self, context, source):
        cell = context.get("cell", {})
        renderer = _Renderer(
            self._page, self._here(cell), attachments=cell.get("attachments", {}), path=str(ROOT / "notebooks")
        )
        return MarkdownWithMath(renderer=renderer).render(source)

    markdown2html.jinja_pass_arg = HTMLExporter.markdown2html.jinja_pass_arg

    def _figure_image(self, output, cell, mime):
        metadata = output.get("metadata", {})
        alt = metadata.get(mime, {}).get("alt") or metadata.get("alt") or cell.metadata.get("alt")
        if not alt:
            raise BuildError(f"{self._here(cell)}: a figure has no alternative text")
        width = metadata.get(mime, {}).get("width")
        size = f' style="--wide:{int(width)}px"' if width else ""
        data = output.data[mime].replace("\n", "")
        return (
            f'<div class="figure" role="group" aria-label="Figure">'
            f'<img src="data:{mime};base64,{data}" alt="{html.escape(alt)}"{size}></div>'
        )

    def default_filters(self):
        yield from super().default_filters()
        yield ("tidy_html", _tidy_html)
        yield ("figure_image", self._figure_image)

    def from_notebook_node(self, nb, resources=None, **options):
        # HTMLExporter would read and write the whole page once more with BeautifulSoup; its filters are all we need.
        resources = self._init_resources(resources)
        self.register_filter("highlight_code", Highlight2HTML(pygments_lexer="ipython3", parent=self))
        self.register_filter("filter_data_type", lambda data: [mime for mime in _SHOWN if mime in data][:1])
        return TemplateExporter.from_notebook_node(self, nb, resources, **options)


def _hash(text):
    return "'sha256-" + b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


def asset(*names):
    """Return the text of files in ``handout/``, one after the other; third-party files must be those of their checksums."""
    folder = ROOT / "handout"
    sums = dict(line.split()[::-1] for line in (folder / "third_party" / "SHA256SUMS").read_text().splitlines())
    texts = []
    for name in names:
        content = (folder / name).read_bytes()
        if name.startswith("third_party/") and hashlib.sha256(content).hexdigest() != sums[name.partition("/")[2]]:
            raise BuildError(f"handout/{name} is not the file its checksum in SHA256SUMS belongs to: restore it")
        texts.append(content.decode())
    return "\n".join(texts)


_HANDOUT = {"template": "handout", "css": ("handout.css",), "js": ("handout.js",)}
_SLIDES = {
    "template": "slides",
    "css": (f"{_REVEAL}/reveal.css", "handout.css", "slides.css"),
    "js": (f"{_REVEAL}/reveal.js", "handout.js", "slides.js"),
}


def make_page(notebook, name, pages, template, css, js):
    """Return one notebook (executed) as a self-contained HTML page (str).

    ``name`` is the file it came from, ``pages`` the set of file names that links may lead to. Raises BuildError with
    the cell named for a figure without alternative text, mathematics that cannot be converted, a dead link, headings
    out of order, or anything that would leave the page.
    """
    style, script = asset(*css), asset(*js)
    page = {
        "notebook": name,
        "title": _title(notebook, name),
        "version": calphos.__version__,
        "css": style,
        "js": script,
        # Nothing may be fetched. The one style sheet and the one script are named by their hashes; style attributes
        # are what figures are made of.
        "policy": (
            f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)};"
            " style-src-attr 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
        ),
        "has_code": any(cell.cell_type == "code" for cell in notebook.cells),
        "pages": pages,
        "headings": [],
    }
    exporter = _Exporter(template, page, notebook)
    text, _ = exporter.from_notebook_node(notebook, {"calphos": page, "metadata": {"name": Path(name).stem}})
    items = "".join(
        f'<li><a href="#{ident}">{_plain(words)}</a></li>' for level, ident, words in page["headings"] if level == 2
    )
    contents = (
        f'<nav class="contents" aria-label="On this page"><details><summary>On this page</summary><ul>{items}</ul>'
        "</details></nav>"
    )
    text = text.replace("<!--contents-->", contents if items else "", 1)
    check_page(text, name, style, script)
    return text


def _title(notebook, name):
    for cell in notebook.cells:
        found = re.search(r"^# (.+)$", cell.source, flags=re.MULTILINE) if cell.cell_type == "markdown" else None
        if found:
            return found[1].strip()
    return Path(name).stem


class _Check(HTMLParser):
    """Collects what a page must not have."""

    def __init__(self, allowed):
        super().__init__()
        self.allowed, self.faults = allowed, []
        self.idents, self.anchors, self.levels = set(), [], []
        self.own = None  # the text of the script or style sheet that is being read

    def handle_starttag(self, tag, pairs):
        attributes = dict(pairs)
        ident = attributes.get("id")
        if ident:
            if ident in self.idents:
                self.faults.append(f"two elements have the id {ident!r}")
            self.idents.add(ident)
        for key, value in pairs:
            if key.startswith("on"):
                self.faults.append(f"<{tag} {key}=...> is an inline event handler")
            if key in ("src", "srcset", "poster", "data", "background") and not (value or "").startswith("data:"):
                self.faults.append(f"<{tag} {key}={value!r}> would be fetched")
            if key == "style" and "url(" in (value or "") and "url(#" not in value:
                self.faults.append(f"<{tag} style={value!r}> would be fetched")
        if tag in ("link", "iframe", "object", "embed", "base", "frame", "audio", "video"):
            self.faults.append(f"<{tag}> is not allowed in a handout")
        if tag == "img" and not attributes.get("alt"):
            self.faults.append("an image has no alternative text")
        if tag == "a":
            href = attributes.get("href", "")
            if href.startswith("#"):
                self.anchors.append(href[1:])
            elif href.split(":")[0] in ("javascript", "data", "file"):
                self.faults.append(f"a link to {href[:40]!r}")
        if re.fullmatch("h[1-6]", tag):
            self.levels.append(int(tag[1]))
        if tag in ("script", "style") and attributes.get("type") != "application/json":
            self.own = ""

    def handle_data(self, data):
        if self.own is not None:
            self.own += data

    def handle_endtag(self, tag):
        if self.own is not None and self.own not in self.allowed:
            self.faults.append(f"a cell brings its own <{tag}>: {self.own.strip()[:60]!r}")
        self.own = None


def check_page(text, name, style, script):
    """Raise BuildError naming everything in a page that breaks a rule: fetches, foreign scripts, headings, anchors."""
    check = _Check({style, script})
    check.feed(text)
    check.close()
    faults = check.faults
    faults += [
        f"a link to #{anchor}, which is not on the page" for anchor in check.anchors if anchor not in check.idents
    ]
    levels = check.levels
    if levels[:1] != [1] or levels.count(1) != 1:
        faults.append(f"one top heading is needed, found {levels.count(1)}")
    faults += [f"a heading of level {b} follows one of level {a}" for a, b in itertools.pairwise(levels) if b > a + 1]
    size = len(text.encode())
    if size > LARGEST:
        faults.append(f"{size / 1e6:.1f} MB: a page may have {LARGEST / 1e6:.0f} MB")
    if faults:
        raise BuildError(f"{name}: " + "; ".join(dict.fromkeys(faults)))


# ---------------------------------------------------------------- writing


def write_files(files):
    """Write ``{path: bytes}``, all or none: nothing half-written ever stands under its final name."""
    written = {}
    try:
        for path, content in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
            written[temporary] = path
            with open(temporary, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
    except OSError as problem:
        for temporary in written:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
        raise BuildError(
            f"could not write {path}: {problem.strerror or problem}; the old files are still there"
        ) from None
    for temporary, path in written.items():
        os.replace(temporary, path)


# ---------------------------------------------------------------- the commands


def executed(paths, store):
    """Return the executed notebooks, two at a time; one that fails stops the build."""
    fingerprint = _fingerprint()
    with ThreadPoolExecutor(max_workers=2) as pool:
        waiting = [pool.submit(execute, path, store, fingerprint) for path in paths]
        try:
            return [future.result() for future in waiting]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _document(*sources):
    """A notebook made of text cells: what the index and the glossary are."""
    cells = [nbformat.v4.new_markdown_cell(source, id=f"text-{i}") for i, source in enumerate(sources)]
    return nbformat.v4.new_notebook(cells=cells)


def _index(sources, kind):
    """The table of contents: title, leading question and minutes of each notebook."""
    lines = []
    for path in sources:
        notebook = nbformat.read(path, as_version=4)
        first = next((cell.source for cell in notebook.cells if cell.cell_type == "markdown"), "")
        time = re.search(r"\|\s*\*\*Time\*\*\s*\|\s*(.+?)\s*\|", first)
        notes = " · ".join(note for note in (_question(first), time and time[1]) if note)
        lines.append(f"- [{_title(notebook, path.name)}]({path.name})" + (f"<br>{notes}" if notes else ""))
    head = (
        f"# Calcium, phosphate and stone in soft tissue\n\n{_INDEX[kind]}\n\n*Teaching only, not for care of patients.*"
    )
    contents = "## Contents\n\n" + "\n".join(lines)
    return _document(head, contents, *(["## Words\n\n[Glossary](glossary.md)"] if _glossary(sources) else []))


def _question(text):
    """The leading question of a notebook: the first line of its opening that is all bold."""
    found = re.search(r"^\*\*(.+?)\*\*\s*$", text, flags=re.MULTILINE)
    return found[1] if found else ""


def _glossary(everything):
    """The glossary that stands beside a folder of notebooks, as a document, or None."""
    path = everything[0].parents[1] / "teaching" / "glossary.md"
    return _document(path.read_text(encoding="utf-8")) if path.is_file() else None


_INDEX = {
    "handouts": "Handouts that work without a network: open one, move the sliders, test yourself, print it.",
    "slides": (
        "Lecture slides that work without a network. Space turns the page, a click on a slider gives it the arrow keys, "
        "Escape gives them back, S opens the notes. One slider moves at a time; the others go back to where they started."
    ),
}


def build_handouts(names=(), folder=None, source=None):
    """Write ``build/handouts/*.html`` (all notebooks, or those whose names start with ``names``); return the paths.

    Everything is made before anything is replaced: a notebook that fails leaves the last good handouts as they are.
    """
    return _build("handouts", names, folder, source)


def speaker_notes(guide, title):
    """What the teacher's guide (markdown) says for one notebook: a dict of slide heading to text.

    The title slide gets the minutes and the misconceptions; each section its question and short answer.
    """
    number = title.partition(" ")[0]
    notes = []
    for cells in re.findall(r"^\|(.+)\|$", guide, flags=re.MULTILINE):
        cells = [part.strip() for part in cells.split("|")]
        if len(cells) == 3 and cells[0].startswith(f"[{title}]"):
            notes.append(f"Live, minutes and section: {cells[2]}.")
        elif len(cells) == 3 and cells[1].startswith(f"{number}:"):
            notes.append(f"- Learners believe: {cells[0]} **Move** {cells[1].partition(': ')[2]}. **See** {cells[2]}.")
    made = {title: "\n\n".join(notes)} if notes else {}
    answers = re.search(rf"^### {re.escape(title)}$(.*?)(?=^##|\Z)", guide, flags=re.MULTILINE | re.DOTALL)
    for heading, text in re.findall(r"^- \*\*(.+?)\.?\*\* (.+)$", answers[1] if answers else "", flags=re.MULTILINE):
        made[heading] = text
    return made


def build_slides(names=(), folder=None, source=None):
    """Write ``build/slides/*.html``, one reveal.js presentation a notebook; otherwise like `build_handouts`."""
    return _build("slides", names, folder, source)


def _pages(everything):
    """The names of all pages of a build: where a link may lead."""
    names = {f"{path.stem}.html" for path in everything} | {"index.html"}
    return names | {"glossary.html"} if _glossary(everything) else names


def _build(kind, names, folder, source):
    folder = folder or ROOT / "build" / kind
    chosen, everything = notebooks(names, source), notebooks((), source)
    pages = _pages(everything)
    guide = everything[0].parents[1] / "teaching" / "guide.md"
    made = {}
    for path, notebook in zip(chosen, executed(chosen, folder.parent / "executed"), strict=True):
        if kind == "slides":
            notes = (
                speaker_notes(guide.read_text(encoding="utf-8"), _title(notebook, path.name)) if guide.is_file() else {}
            )
            page = make_page(slide_cells(notebook, path.name, notes), path.name, pages, **_SLIDES)
        else:
            page = make_page(notebook, path.name, pages, **_HANDOUT)
        made[f"{path.stem}.html"] = page
    made["index.html"] = make_page(_index(everything, kind), "index", pages, **_HANDOUT)
    if glossary := _glossary(everything):
        made["glossary.html"] = make_page(glossary, "glossary.md", pages, **_HANDOUT)
    write_files({folder / name: text.encode() for name, text in made.items()})
    for old in set(folder.glob("*.html")) - {folder / name for name in pages}:
        old.unlink()
    return [folder / name for name in made]


_KINDS = ("slide", "subslide", "fragment", "notes", "-")


def slide_cells(notebook, name, notes=None):
    """Return a copy of an executed notebook with only what the slides show, each cell told where a slide begins and ends.

    Cells count by their ``slideshow.slide_type``. A title slide comes first; ``notes`` (heading to text) are added to the
    slides with those headings. Raises BuildError when no cell is tagged.
    """
    tagged = []
    for cell in notebook.cells:
        kind = cell.metadata.get("slideshow", {}).get("slide_type")
        if kind in _KINDS:
            tagged.append((kind, nbformat.from_dict(cell)))
    if not any(kind in ("slide", "subslide") for kind, _ in tagged):
        raise BuildError(f"{name}: no cell is tagged for slides (slideshow.slide_type)")
    if not re.search(r"^# ", tagged[0][1].source, flags=re.MULTILINE):
        first = next(cell for cell in notebook.cells if cell.cell_type == "markdown")
        text = f"# {_title(notebook, name)}\n\n{_question(first.source)}"
        tagged.insert(0, ("slide", nbformat.v4.new_markdown_cell(text, id="title")))
    tagged[0] = ("slide", tagged[0][1])
    left = dict(notes or {})
    out = []
    for kind, cell in tagged:
        out.append((kind, cell))
        if cell.cell_type == "markdown":
            for heading in re.findall(r"^#+ (.+)$", cell.source, flags=re.MULTILINE):
                if heading.strip() in left:
                    note = nbformat.v4.new_markdown_cell(left.pop(heading.strip()), id=f"note-{len(out)}")
                    out.append(("notes", note))
    fragment = False
    for index, (kind, cell) in enumerate(out):
        cell.metadata["slide_type"] = kind
        before = out[index - 1][1].metadata
        starts = kind in ("slide", "subslide")
        if index and (starts or kind == "fragment"):
            before["fragment_end"], fragment = fragment, False
        if index and starts:
            before["subslide_end"] = True
        if index and kind == "slide":
            before["slide_end"] = True
        cell.metadata["slide_start"] = kind == "slide"
        cell.metadata["subslide_start"] = starts
        if kind == "fragment":
            cell.metadata["fragment_start"] = fragment = True
    out[-1][1].metadata.update(fragment_end=fragment, subslide_end=True, slide_end=True)
    slides = nbformat.from_dict(notebook)
    slides.cells = [cell for _, cell in out]
    return slides


# ---------------------------------------------------------------- paper


def find_chromium():
    """Return the path of Chromium or Chrome; CALPHOS_CHROMIUM names one explicitly. Raises BuildError when there is none."""
    names = (os.environ.get("CALPHOS_CHROMIUM"), "chromium", "chromium-browser", "google-chrome", "chrome")
    for name in names:
        if name and (path := shutil.which(name)):
            return path
    raise BuildError(
        "PDF needs Chromium or Google Chrome, and none was found: install it (Debian and Ubuntu: apt install chromium;"
        " macOS: brew install --cask chromium; Windows: winget install Google.Chrome), or set CALPHOS_CHROMIUM to its path"
    )


def _print(chromium, page, name, folder, first=None):
    """Print a page (HTML text) and return the path of the PDF; ``first`` is the number of its first page."""
    if first is not None:
        page = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page, count=1)
        page = page.replace("</style>", f"@media print {{ @page :first {{ counter-set: page {first}; }} }}</style>", 1)
    source, target = folder / f"{name}.html", folder / f"{name}.pdf"
    source.write_text(page, encoding="utf-8")
    command = [
        chromium,
        *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"),
        *("--disable-component-update", "--disable-sync", "--disable-quic", f"--user-data-dir={folder / 'profile'}"),
        *("--no-pdf-header-footer", "--generate-pdf-document-outline", f"--print-to-pdf={target}", source.as_uri()),
    ]
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=300)
    except subprocess.TimeoutExpired:
        raise BuildError(f"{name}: Chromium did not finish printing within 5 minutes") from None
    if not target.is_file():
        raise BuildError(f"{name}: Chromium printed nothing: {done.stderr.strip()[-300:]}")
    return target


def _relink(writer, folder, starts=None):
    """Turn links to the pages that were printed into links to their PDF, or to the page in the booklet where they start."""
    from pypdf.generic import ArrayObject, NameObject, TextStringObject

    base = folder.as_uri() + "/"
    for page in writer.pages:
        for reference in page.get("/Annots") or ():
            annotation = reference.get_object()
            action = annotation.get("/A")
            uri = str(action.get_object().get("/URI", "")) if action else ""
            if not uri.startswith(base):
                continue
            stem = uri[len(base) :].partition("#")[0].removesuffix(".html")
            if starts is None:
                action.get_object()[NameObject("/URI")] = TextStringObject(f"{stem}.pdf")
            elif stem in starts:
                target = writer.pages[starts[stem]].indirect_reference
                annotation[NameObject("/Dest")] = ArrayObject([target, NameObject("/Fit")])
                del annotation["/A"]
            else:
                del annotation["/A"]


def _join_tags(writer, printed):
    """Give a joined PDF the tags of its parts, which screen readers go by and pypdf leaves behind.

    ``printed`` maps the first page of a part in ``writer`` to the part's reader. Each part counts its marked pages and
    links from 0; here they count on.
    """
    from pypdf.generic import ArrayObject, BooleanObject, DictionaryObject, NameObject, NumberObject

    tags = DictionaryObject({NameObject("/Type"): NameObject("/StructTreeRoot")})
    root = writer._add_object(tags)
    documents, numbers, count = ArrayObject(), ArrayObject(), 0
    for start, part in printed.items():
        source = part.trailer["/Root"]["/StructTreeRoot"]
        document = source.raw_get("/K").clone(writer)
        document.get_object()[NameObject("/P")] = root
        documents.append(document)
        entries = source["/ParentTree"]["/Nums"]
        for number, parents in zip(entries[::2], entries[1::2], strict=True):
            numbers += [NumberObject(number + count), parents.clone(writer)]
        for page, joined in zip(part.pages, writer.pages[start:], strict=False):
            if "/StructParents" in page:
                joined[NameObject("/StructParents")] = NumberObject(page["/StructParents"] + count)
            for annotation in (reference.get_object() for reference in joined.get("/Annots") or ()):
                if "/StructParent" in annotation:
                    annotation[NameObject("/StructParent")] = NumberObject(annotation["/StructParent"] + count)
        count += source["/ParentTreeNextKey"]
    tags[NameObject("/K")] = documents
    tags[NameObject("/ParentTree")] = writer._add_object(DictionaryObject({NameObject("/Nums"): numbers}))
    tags[NameObject("/ParentTreeNextKey")] = NumberObject(count)
    writer.root_object.update(
        {
            NameObject("/StructTreeRoot"): root,
            NameObject("/MarkInfo"): DictionaryObject({NameObject("/Marked"): BooleanObject(True)}),
            NameObject("/Lang"): part.trailer["/Root"]["/Lang"],
        }
    )


def _pdf_bytes(writer, title):
    """The bytes of a PDF without dates or the name of the browser, so that the same input gives the same file."""
    writer.metadata = {"/Title": title, "/Producer": "calphos"}
    writer._ID = None
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def build_pdf(names=(), folder=None, source=None):
    """Write ``build/pdf/*.pdf``: one a notebook and, for the whole course, ``calphos.pdf`` with contents and page numbers."""
    from pypdf import PdfReader, PdfWriter

    chromium = find_chromium()
    folder = folder or ROOT / "build" / "pdf"
    chosen, everything = notebooks(names, source), notebooks((), source)
    pages = _pages(everything)
    chapters = {}
    for path, notebook in zip(chosen, executed(chosen, folder.parent / "executed"), strict=True):
        chapters[path.stem] = (_title(notebook, path.name), make_page(notebook, path.name, pages, **_HANDOUT))
    if not names and (glossary := _glossary(everything)):
        chapters["glossary"] = ("Glossary", make_page(glossary, "glossary.md", pages, **_HANDOUT))
    made = {}
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        lengths = {}
        for stem, (title, page) in chapters.items():
            printed = PdfReader(_print(chromium, page, stem, work))
            lengths[stem] = len(printed.pages)
            writer = PdfWriter(clone_from=printed)
            _relink(writer, work)
            made[folder / f"{stem}.pdf"] = _pdf_bytes(writer, title)
            print(f"printed {stem}.pdf, {lengths[stem]} pages", flush=True)
        if not names:
            made[folder / "calphos.pdf"] = _booklet(chromium, chapters, lengths, work)
    write_files(made)
    return list(made)


def _booklet(chromium, chapters, lengths, work):
    """All chapters in one PDF (bytes): contents with page numbers first, pages numbered through."""
    from pypdf import PdfReader, PdfWriter

    def contents(front):
        number, rows, starts = front + 1, [], {}
        for stem, (title, _) in chapters.items():
            rows.append(f"| [{title}]({stem}.html) | {number} |")
            starts[stem] = number - 1
            number += lengths[stem]
        text = "# Calcium, phosphate and stone in soft tissue\n\n*Teaching only, not for care of patients.*"
        table = "## Contents\n\n| Chapter | Page |\n|---|---|\n" + "\n".join(rows)
        page = make_page(_document(text, table), "contents", {f"{stem}.html" for stem in chapters}, **_HANDOUT)
        return PdfReader(_print(chromium, page, "contents", work)), starts

    front, starts = contents(1)
    if len(front.pages) > 1:
        front, starts = contents(len(front.pages))
    writer = PdfWriter()
    writer.append(front, outline_item="Contents", import_outline=False)
    printed = {0: front}
    for stem, (title, page) in chapters.items():
        chapter = PdfReader(_print(chromium, page, stem, work, first=starts[stem] + 1))
        printed[len(writer.pages)] = chapter
        writer.append(chapter, outline_item=title, import_outline=False)
    _join_tags(writer, printed)
    if len(writer.pages) != len(front.pages) + sum(lengths.values()):
        raise BuildError("the booklet does not have the pages its contents promise")
    _relink(writer, work, starts)
    return _pdf_bytes(writer, "Calcium, phosphate and stone in soft tissue")
