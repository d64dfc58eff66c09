"""The one reader of the tables, which are a Frictionless data package (`data/datapackage.json`).

A table that says what it said when the package was sealed (same SHA-256) is read at once, and so is a copy that a
spreadsheet saved with a byte-order mark, as UTF-16, with other line ends, or with semicolons or tabs between its cells.
A table that says something else is first checked against the descriptor: by the frictionless library, and here for what
a spreadsheet does to names and numbers. What is wrong is an InputError that names file, row and column.
"""

import codecs
import csv
import functools
import hashlib
import io
import itertools
import json
import math
from pathlib import Path

from calphos.tables.errors import InputError, find

DESCRIPTOR = "datapackage.json"
_TOLD = 5  # problems named in one error
_NUMBERS = {"number": float, "integer": int, "year": int}
_PACKAGE = Path(__file__).parents[1]


def data_dir():
    """Return the folder that holds the CSV tables (a `pathlib.Path`): in the package in a wheel, else in the repository.

    Raises FileNotFoundError when neither is there.
    """
    for folder in (_PACKAGE / "data", _PACKAGE.parents[1] / "data"):
        if (folder / "quantities.csv").is_file():
            return folder
    raise FileNotFoundError("the reference data are missing: reinstall the package or clone the whole repository")


def records(name, folder=None):
    """Return a table as the program itself uses it: a list of dicts, one a row, in the order of the file.

    Cells are text; in columns of numbers they are numbers, or None where nothing stands. Raises InputError for an unknown
    table and for a damaged file.

    >>> records("kdigo_stages")[0]["lowest_gfr"]
    90.0
    """
    resource, text = read(name, folder)
    fields = resource["schema"]["fields"]
    kinds = {field["name"]: _NUMBERS[field["type"]] for field in fields if field["type"] in _NUMBERS}
    found = list(csv.DictReader(io.StringIO(text)))
    for row in found:
        row |= {column: kind(row[column]) if row[column] else None for column, kind in kinds.items()}
    return found


def read(name, folder=None):
    """Return (descriptor, CSV text) of a table that is as it was sealed, or that is sound; raises InputError."""
    folder = data_dir() if folder is None else folder
    return _read(find(name, _descriptor(folder)["resources"], "table"), folder)


@functools.cache
def _read(name, folder):
    resource = _descriptor(folder)["resources"][name]
    text = table_text(folder, resource)
    if digest(text) != resource.get("hash") and (problems := validate(name, folder=folder)):
        more = f"\nand {len(problems) - _TOLD} more" if len(problems) > _TOLD else ""
        raise InputError("\n".join(problems[:_TOLD]) + more)
    return resource, text


def validate(*names, folder=None, resources=None):
    """Return all that is wrong with some tables (or with every one) as texts that name file, row and column."""
    folder = data_dir() if folder is None else folder
    resources = resources or _descriptor(folder)["resources"]
    return [problem for name in names or resources for problem in _problems(name, folder, resources)]


@functools.cache
def _descriptor(folder):
    """The descriptor of a folder, its resources (the tables) by name."""
    try:
        found = json.loads((folder / DESCRIPTOR).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{DESCRIPTOR} cannot be read: {error}") from None
    return found | {"resources": {resource["name"]: resource for resource in found["resources"]}}


def is_sealed(path, text):
    """Whether a lesson's file (quiz or case) is that of the package and says what it said when the package was sealed."""
    sealed = _descriptor(data_dir()).get("lessons", {})
    return path.is_relative_to(data_dir()) and sealed.get(path.relative_to(data_dir()).as_posix()) == digest(text)


def digest(text):
    """Return the SHA-256 of a text as the descriptor has it."""
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def table_text(folder, resource):
    """Return a table as comma-separated text with plain line ends, however a spreadsheet has saved it.

    A byte that is no text becomes "\ufffd", which `_problems` names with its row and column.
    """
    file = resource["path"]
    try:
        content = (folder / file).read_bytes()
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}") from None
    encoding = "utf-16" if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    text = content.decode(encoding, errors="replace").replace("\r\n", "\n")
    mark = max(",;\t", key=text.partition("\n")[0].count)
    if mark != ",":
        plain = io.StringIO()
        csv.writer(plain, lineterminator="\n").writerows(csv.reader(io.StringIO(text), delimiter=mark))
        text = plain.getvalue()
    return text


def _problems(name, folder, resources):
    """What is wrong with one table. What it shares with those that it refers to is frictionless' work."""
    file, fields = resources[name]["path"], resources[name]["schema"]["fields"]
    needed = {name, *(key["reference"]["resource"] for key in resources[name]["schema"].get("foreignKeys", []))}
    try:
        texts = {one: table_text(folder, resources[one]) for one in needed}
    except InputError as error:
        return [str(error)]
    if not texts[name].endswith("\n"):
        last = texts[name].count("\n") + 1
        return [f"{file}, row {last}: the file ends in the middle of a line: it is truncated"]
    cells = {one: list(csv.reader(io.StringIO(text))) for one, text in texts.items()}
    header, *lines = cells[name]
    for wanted, found in itertools.zip_longest((field["name"] for field in fields), header):
        if wanted != found:
            return [f"{file}, row 1, column {wanted or found}: the header of the column reads {found!r}"]
    numbers = {field["name"] for field in fields if field["type"] in _NUMBERS}
    strange = [
        f"{file}, row {row}, column {column}: {fault}"
        for row, line in enumerate(lines, start=2)
        for column, cell in zip(header, line, strict=False)
        if (fault := _fault(cell, column in numbers))
    ]
    return strange or _frictionless(name, cells, resources)


def _fault(cell, is_number):
    """What a spreadsheet has done to a cell, or None."""
    if "\0" in cell or "\ufffd" in cell:
        return "not UTF-8 text; save the file with the encoding UTF-8"
    try:
        sound = not (is_number and cell) or math.isfinite(float(cell))
    except ValueError:
        sound = False
    return None if sound else f"{cell!r} is not a finite number with a decimal point"


def _frictionless(name, cells, resources):
    """What the frictionless library finds in a table, given the cells of those that it refers to."""
    from frictionless import Checklist, Package, checks, system  # takes long to load

    plain = [{"name": one, "data": lines, "schema": resources[one]["schema"]} for one, lines in cells.items()]
    with system.use_context(trusted=True):
        package = Package.from_descriptor({"name": "calphos", "resources": plain})
        least = checks.table_dimensions(min_rows=resources[name].get("rows", 1))
        report = package.get_resource(name).validate(Checklist(checks=[least]))
    problems = []
    for row, one, several, kind, note in report.flatten(["rowNumber", "fieldName", "fieldNames", "type", "note"]):
        column = one or ", ".join(several or ())  # a key may be of several columns
        where = f"{resources[name]['path']}, row {row}" if row else resources[name]["path"]
        where += f", column {column}" if column else ""
        if kind == "table-dimensions":
            note += "): rows are missing. Is the file truncated? (If not: python tools/seal.py"
        problems.append(f"{where}: {kind.replace('-', ' ')} ({note})")
    return problems
