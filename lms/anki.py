"""Cards for Anki: the words of the glossary and the question of each concept."""

import tempfile
import zlib
from pathlib import Path

import genanki

from calphos.tables.reading import records

_CSS = ".card { font: 20px/1.4 sans-serif; text-align: center; color: #111827; background: #ffffff; } .small { font-size: 15px; }"


def _model(name, fields, front, back):
    templates = [{"name": "Card", "qfmt": front, "afmt": "{{FrontSide}}<hr id=answer>" + back}]
    return genanki.Model(
        _number(name), name, fields=[{"name": field} for field in fields], templates=templates, css=_CSS
    )


def _number(name):
    """A number that Anki knows a deck or a note type by, the same at every build."""
    return zlib.crc32(f"calphos {name}".encode()) + (1 << 30)


def anki():
    """The bytes of the cards' package."""
    words = genanki.Deck(_number("words"), "calphos::words")
    model = _model(
        "calphos word",
        ["Term", "Abbreviation", "Unit", "Meaning", "Notebook"],
        "{{Term}}",
        "{{Meaning}}<p class=small>{{Abbreviation}} {{Unit}}</p><p class=small>Notebook {{Notebook}}</p>",
    )
    for row in records("glossary"):
        fields = [row["term"], row["abbreviation"], row["unit"], row["meaning"], row["notebook"][:2]]
        words.add_note(_note(model, row["term"], fields, row["notebook"]))
    concepts = genanki.Deck(_number("concepts"), "calphos::concepts")
    model = _model(
        "calphos concept",
        ["Question", "Answer", "Notebook"],
        "{{Question}}",
        "{{Answer}}<p class=small>Notebook {{Notebook}}</p>",
    )
    for row in records("questions"):
        fields = [row["question"], row["answer"], row["notebook"][:2]]
        concepts.add_note(_note(model, row["key"], fields, row["notebook"]))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "cards.apkg")
        genanki.Package([words, concepts]).write_to_file(path, timestamp=1_767_225_600.0)
        return path.read_bytes()


def _note(model, key, fields, notebook):
    escaped = [field.replace("&", "&amp;").replace("<", "&lt;") for field in fields]
    return genanki.Note(model=model, fields=escaped, tags=[notebook], guid=genanki.guid_for("calphos", model.name, key))
