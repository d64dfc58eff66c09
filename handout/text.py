"""The words of a notebook as HTML: Markdown, mathematics, tables."""

import html
import re
import unicodedata
from pathlib import Path

from latex2mathml.converter import convert as latex_to_mathml
from nbconvert.filters.markdown_mistune import IPythonRenderer

from handout import BuildError
from handout.check import closed


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


# Where a formula may go on in a new line, and what opens or closes something that stays together.
_STEP = re.compile(
    r"(?P<gap>\\q?quad)|(?P<open>\\left\s*(?:\\.|.)|\\begin|[{(])|(?P<close>\\right\s*(?:\\.|.)|\\end|[)}])"
    r"|(?P<join>[=+]|\\(?:cdot|approx)(?![a-zA-Z]))|\\[a-zA-Z]+|\\."
)


def pieces(latex):
    """Return a displayed formula in pieces that may stand on lines of their own: before =, +, · and after a gap.

    >>> pieces(r"a = b + (c + d) \\qquad e = f")
    ['a ', '= b ', '+ (c + d) ', '\\\\qquad', ' e ', '= f']
    """
    cuts, depth = [0], 0
    for step in _STEP.finditer(latex):
        depth += (step.lastgroup == "open") - (step.lastgroup == "close")
        if depth == 0 and step.lastgroup in ("gap", "join"):
            cuts += [step.start(), step.end()] if step.lastgroup == "gap" else [step.start()]
    return [piece for piece in map(latex.__getitem__, map(slice, cuts, [*cuts[1:], None])) if piece.strip()]


def plain(text):
    return html.unescape(re.sub(r"<[^>]+>", "", text)).strip()


class Renderer(IPythonRenderer):
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
        # A sign that opens a line keeps its spaces when something, if only an empty name, stands before it.
        lines = (
            "&emsp;&emsp;"
            if piece.endswith("quad")
            else self._mathml(piece, "block").replace("<mrow>", "<mrow><mi></mi>", 1) + "<wbr>"
            for piece in pieces(body)
        )
        return f'<span class="display-maths">{"".join(lines)}</span>'

    def latex_environment(self, name, body):
        return self.block_math(f"\\begin{{{name}}}{body}\\end{{{name}}}")

    def table(self, text):
        # A table whose heads are all empty has none.
        head, end, body = text.partition("</thead>")
        if end and not plain(head):
            text = body
        return scrolling_table(f"<table>\n{text}</table>")

    def heading(self, text, level, **attributes):
        words = unicodedata.normalize("NFKD", plain(text)).encode("ascii", "ignore").decode().lower()
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
    """Wrap a table so that it scrolls sideways by keyboard too, each cell with its head: on a phone rows become lists."""
    head, end, body = table.partition("</thead>")
    heads = [html.escape(plain(words)) for words in re.findall(r"<th\b.*?</th>", head, re.DOTALL)]

    def labelled(row):
        known = iter(heads)
        return re.sub(r"<t[hd]\b", lambda cell: f'{cell[0]} data-label="{next(known, "")}"', row[0])

    if end:
        table = head + end + re.sub(r"<tr\b.*?</tr>", labelled, body, flags=re.DOTALL)
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


def tidy_html(text):
    """HTML that a cell displayed: closed in itself, without its own style sheet, and with tables that scroll."""
    text = closed(re.sub(r"<style[^>]*>.*?</style>", "", text, flags=re.DOTALL))
    text = text.replace(' border="1"', "")
    text = re.sub(r"<td>(NaN|nan|None|&lt;NA&gt;)</td>", "<td>–</td>", text)
    text = re.sub(r'<table class="dataframe">.*?</table>', lambda m: _tidy_frame(m[0]), text, flags=re.DOTALL)
    if 'class="table-box"' in text:
        return text
    return re.sub(r"<table.*?</table>", lambda m: scrolling_table(m[0]), text, flags=re.DOTALL)
