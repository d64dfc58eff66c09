"""One executed notebook as one self-contained page."""

import hashlib
import html
import re
from base64 import b64encode
from pathlib import Path

from nbconvert import HTMLExporter
from nbconvert.exporters.templateexporter import TemplateExporter
from nbconvert.filters.highlight import Highlight2HTML
from nbconvert.filters.markdown_mistune import MarkdownWithMath

import calphos
from handout import LETTERS, ROOT, BuildError
from handout.check import check_page, closed
from handout.execute import where
from handout.found import learning_resource
from handout.live import scripts_for
from handout.text import Renderer, plain, tidy_html

_REVEAL = "third_party/reveal.js-5.2.1"


# The first of these that an output has is shown.
_SHOWN = (
    *("text/html", "text/markdown", "text/latex", "image/png", "image/jpeg"),
    *("application/vnd.jupyter.widget-view+json", "text/plain"),
)


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
        return where(self._page["notebook"], self._notebook, index)

    def markdown2html(self, context, source):
        cell = context.get("cell", {})
        renderer = Renderer(
            self._page, self._here(cell), attachments=cell.get("attachments", {}), path=str(ROOT / "notebooks")
        )
        return closed(MarkdownWithMath(renderer=renderer).render(source))

    markdown2html.jinja_pass_arg = HTMLExporter.markdown2html.jinja_pass_arg

    def _figure_image(self, output, cell, mime):
        metadata = output.get("metadata", {})
        alt = metadata.get(mime, {}).get("alt") or metadata.get("alt") or cell.metadata.get("alt")
        if not alt:
            raise BuildError(f"{self._here(cell)}: a figure has no alternative text")
        letters = metadata.get(mime, {}).get("letters", LETTERS)
        if letters < LETTERS:
            raise BuildError(
                f"{self._here(cell)}: on a phone a figure's letters are {letters} pixels high: draw it narrow"
            )
        width = metadata.get(mime, {}).get("width")
        size = f' style="--wide:{int(width)}px"' if width else ""
        data = output.data[mime].replace("\n", "")
        image = f'<img src="data:{mime};base64,{data}" alt="{html.escape(alt)}"{size}>'
        if narrow := metadata.get(mime, {}).get("narrow"):
            source = f'<source media="(max-width: 40rem)" srcset="data:{mime};base64,{narrow}">'
            image = f"<picture>{source}{image}</picture>"
        return f'<div class="figure" role="group" aria-label="Figure">{image}</div>'

    def default_filters(self):
        yield from super().default_filters()
        yield ("tidy_html", tidy_html)
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


HANDOUT = {"template": "handout", "css": ("handout.css", "live.css"), "js": ("handout.js",)}
SLIDES = {
    "template": "slides",
    "css": (f"{_REVEAL}/reveal.css", "handout.css", "live.css", "slides.css"),
    "js": (f"{_REVEAL}/reveal.js", "handout.js", "slides.js"),
}


def make_page(notebook, name, pages, template, css, js):
    """Return one notebook (executed) as a self-contained HTML page (str).

    ``name`` is the file it came from, ``pages`` the set of file names that links may lead to. Raises BuildError with
    the cell named for a figure without alternative text, mathematics that cannot be converted, a dead link, headings
    out of order, or anything that would leave the page.
    """
    style, script = asset(*css), asset(*js)
    scripts = scripts_for(notebook)
    hashes = " ".join(map(_hash, [*scripts.values(), script]))
    opening = notebook.cells[0].source if notebook.cells else ""
    title = title_of(notebook, name)
    page = {
        "notebook": name,
        "title": title,
        "found": learning_resource(title, question_of(opening), opening),
        "version": calphos.__version__,
        "css": style,
        "js": script,
        "scripts": scripts,
        # Nothing may be fetched. Style sheet and scripts are named by their hashes; style attributes are what figures are
        # made of; a worker runs the page's own engine.
        "policy": (
            f"default-src 'none'; script-src {hashes}; style-src {_hash(style)};"
            f" style-src-attr 'unsafe-inline'; img-src data:;{' worker-src blob:;' if scripts else ''} base-uri 'none'; form-action 'none'"
        ),
        "has_code": any(cell.cell_type == "code" for cell in notebook.cells),
        "pages": pages,
        "headings": [],
    }
    exporter = _Exporter(template, page, notebook)
    text, _ = exporter.from_notebook_node(notebook, {"calphos": page, "metadata": {"name": Path(name).stem}})
    items = "".join(
        f'<li><a href="#{ident}">{plain(words)}</a></li>' for level, ident, words in page["headings"] if level == 2
    )
    contents = (
        f'<nav class="contents" aria-label="On this page"><details><summary>On this page</summary><ul>{items}</ul>'
        "</details></nav>"
    )
    text = text.replace("<!--contents-->", contents if items else "", 1)
    check_page(text, name, {style, script, page["found"], *scripts.values()})
    return text


def title_of(notebook, name):
    for cell in notebook.cells:
        found = re.search(r"^# (.+)$", cell.source, flags=re.MULTILINE) if cell.cell_type == "markdown" else None
        if found:
            return found[1].strip()
    return Path(name).stem


def question_of(text):
    """The leading question of a notebook: the first line of its opening that is all bold."""
    found = re.search(r"^\*\*(.+?)\*\*\s*$", text, flags=re.MULTILINE)
    return found[1] if found else ""
