"""The handouts on paper: one PDF a notebook, and all of them as a booklet."""

import io
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from handout import ROOT, BuildError
from handout.course import document, glossary_of, page_names
from handout.execute import executed, notebooks
from handout.files import write_files
from handout.page import HANDOUT, make_page, title_of


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
    pages = page_names(everything)
    chapters = {}
    for path, notebook in zip(chosen, executed(chosen, folder.parent / "executed"), strict=True):
        chapters[path.stem] = (title_of(notebook, path.name), make_page(notebook, path.name, pages, **HANDOUT))
    if not names and (glossary := glossary_of(everything)):
        chapters["glossary"] = ("Glossary", make_page(glossary, "glossary.md", pages, **HANDOUT))
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
        page = make_page(document(text, table), "contents", {f"{stem}.html" for stem in chapters}, **HANDOUT)
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
