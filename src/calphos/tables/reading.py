"""The one reader of the tables, which are a Frictionless data package (`data/datapackage.json`).

A table that says what it said when the package was sealed (same SHA-256) is read at once, and so is a copy that a
spreadsheet saved with a byte-order mark, with other line ends, or with semicolons or tabs between its cells. A table
that says something else is first checked against the descriptor: by the frictionless library, and here for what a
spreadsheet does to names and numbers. What is wrong is an InputError that names file, row and column.
"""

import csv
import hashlib
import io
import itertools
import json
import math
import re
from functools import lru_cache

from calphos.tables.errors import InputError, find
from calphos.tables.files import data_dir

DESCRIPTOR = "datapackage.json"
_TOLD = 5  # problems named in one error
_NUMBERS = {"number": float, "integer": int, "year": int}


def tables():
    """Return the names of all tables as a dict of name to title.

    >>> tables()["kdigo_2017"]
    'KDIGO 2017 CKD-MBD recommendations'
    """
    return {name: resource["title"] for name, resource in _resources(data_dir()).items()}


def rows(name, folder=None):
    """Return a table as the program itself uses it: a list of dicts of column to text, in the order of the file.

    Raises InputError for an unknown table and for a damaged file.

    >>> rows("molar_masses")[0]["grams_per_mole"]
    '40.078'
    """
    return list(csv.DictReader(io.StringIO(read(name, folder)[1])))


def records(name, folder=None):
    """Return a table as `rows` does, with numbers as numbers, and None where there is none.

    >>> records("kdigo_stages")[0]["lowest_gfr"]
    90.0
    """
    fields = read(name, folder)[0]["schema"]["fields"]
    kinds = {field["name"]: _NUMBERS[field["type"]] for field in fields if field["type"] in _NUMBERS}
    found = rows(name, folder)
    for row in found:
        row |= {column: kind(row[column]) if row[column] else None for column, kind in kinds.items()}
    return found


def read(name, folder=None):
    """Return (descriptor, CSV text) of a table that is as it was sealed, or that is sound; raises InputError."""
    folder = data_dir() if folder is None else folder
    known = _resources(folder)
    files = [folder / DESCRIPTOR, folder / known[find(name, known, "table")]["path"]]
    return _read(name, folder, *(file.stat().st_mtime_ns if file.is_file() else None for file in files))


@lru_cache(maxsize=64)
def _read(name, folder, *_changed):
    resource = _resources(folder)[name]
    text = _text(folder, resource)
    if _digest(text) != resource.get("hash"):
        problems = validate(name, folder=folder)
        if problems:
            more = f"\nand {len(problems) - _TOLD} more" if len(problems) > _TOLD else ""
            raise InputError("\n".join(problems[:_TOLD]) + more)
    return resource, text


def validate(*names, folder=None, resources=None):
    """Return all that is wrong with some tables (or with every one) as texts that name file, row and column."""
    folder = data_dir() if folder is None else folder
    resources = resources or _resources(folder)
    names = names or tuple(resources)
    keys = [key for name in names for key in resources[name]["schema"].get("foreignKeys", [])]
    texts, problems = {}, []
    for name in {*names, *(key["reference"]["resource"] for key in keys)}:
        try:
            texts[name] = _text(folder, resources[name])
        except InputError as error:
            problems.append(str(error))
    return problems or [problem for name in names for problem in _problems(name, texts, resources)]


def seal(folder=None):
    """Record each table's SHA-256, size and number of rows in the descriptor, once everything is sound.

    Run it after a table was changed on purpose: `python -m calphos.tables.references`. Raises InputError.
    """
    folder = data_dir() if folder is None else folder
    descriptor = json.loads((folder / DESCRIPTOR).read_text(encoding="utf-8"))
    for resource in descriptor["resources"]:
        text = _text(folder, resource)
        resource["hash"], resource["bytes"] = _digest(text), len(text.encode())
        resource["rows"] = sum(1 for _ in csv.reader(io.StringIO(text))) - 1
    if problems := validate(folder=folder, resources={one["name"]: one for one in descriptor["resources"]}):
        raise InputError("\n".join(problems))
    text = json.dumps(descriptor, indent=1, ensure_ascii=False) + "\n"
    (folder / DESCRIPTOR).write_text(text, encoding="utf-8", newline="\n")


def _resources(folder):
    """The tables of a folder's descriptor by name; read again once the file has changed."""
    path = folder / DESCRIPTOR
    try:
        return _parsed(path, path.stat().st_mtime_ns)
    except (OSError, ValueError) as error:
        raise InputError(f"{DESCRIPTOR} cannot be read: {error}") from None


@lru_cache(maxsize=4)
def _parsed(path, _changed):
    return {resource["name"]: resource for resource in json.loads(path.read_text(encoding="utf-8"))["resources"]}


def _digest(text):
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _text(folder, resource):
    """Return a table as comma-separated text with plain line ends, however a spreadsheet has saved it."""
    file = resource["path"]
    try:
        content = (folder / file).read_bytes().removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n")
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}") from None
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise InputError(f"{file}: UTF-16, not UTF-8; save the file as “CSV UTF-8”")
    names = [field["name"] for field in resource["schema"]["fields"]]
    try:
        text, bad = content.decode("utf-8"), content.find(b"\0")
    except UnicodeDecodeError as error:
        bad = error.start
    if bad >= 0:
        before = content[:bad].decode("utf-8")
        cells = next(csv.reader([before.rpartition("\n")[2]]), [])
        where = f"{file}, row {before.count(chr(10)) + 1}, column {names[min(max(len(cells), 1), len(names)) - 1]}"
        raise InputError(f"{where}: not UTF-8 text (byte {content[bad]:#x}); save the file with the encoding UTF-8")
    if not text.endswith("\n"):
        last = text.count("\n") + 1
        raise InputError(f"{file}, row {last}: the file ends in the middle of a line: it is truncated")
    header = text.partition("\n")[0]
    found = {mark: {cell.strip() for cell in next(csv.reader([header], delimiter=mark))} for mark in ",;\t"}
    mark = max(found, key=lambda mark: len(found[mark].intersection(names)))
    if mark != ",":
        plain = io.StringIO()
        csv.writer(plain, lineterminator="\n").writerows(csv.reader(io.StringIO(text), delimiter=mark))
        text = plain.getvalue()
    return text


def _problems(name, texts, resources):
    """What is wrong with one table, whose own text and those it refers to are in `texts`."""
    file, fields = resources[name]["path"], resources[name]["schema"]["fields"]
    header, *cells = list(csv.reader(io.StringIO(texts[name])))
    for wanted, found in itertools.zip_longest((field["name"] for field in fields), header):
        if wanted != found:
            return [f"{file}, row 1, column {wanted or found}: the header of the column reads {found!r}"]
    numbers = {field["name"] for field in fields if field["type"] in _NUMBERS}
    strange = [
        f"{file}, row {row}, column {column}: {cell!r} is not a finite number with a decimal point"
        for row, line in enumerate(cells, start=2)
        for column, cell in zip(header, line, strict=False)
        if column in numbers and cell and not _is_finite(cell)
    ]
    return strange or _frictionless(name, texts, resources)


def _is_finite(cell):
    try:
        return math.isfinite(float(cell))
    except ValueError:
        return False


def _frictionless(name, texts, resources):
    try:
        from frictionless import Checklist, Package, checks, system
    except ModuleNotFoundError:
        raise InputError(
            f"{resources[name]['path']} is not as it was when calphos was released, "
            "and checking it needs the frictionless library: pip install frictionless"
        ) from None
    needed = {name, *(key["reference"]["resource"] for key in resources[name]["schema"].get("foreignKeys", []))}
    cells = {one: list(csv.reader(io.StringIO(texts[one]))) for one in needed}
    plain = [{"name": one, "data": lines, "schema": resources[one]["schema"]} for one, lines in cells.items()]
    with system.use_context(trusted=True):
        package = Package.from_descriptor({"name": "calphos", "resources": plain})
        least = checks.table_dimensions(min_rows=resources[name].get("rows", 1))
        report = package.get_resource(name).validate(Checklist(checks=[least]))
    faults = report.flatten(["rowNumber", "fieldName", "type", "note"])
    return [_problem(resources[name]["path"], *fault) for fault in faults]


def _problem(file, row, column, kind, note):
    if column is None:
        named = re.search(r'for "([\w, ]+)"', note)  # foreign keys name their column in the note only
        column = named.group(1) if named else None
    where = f"{file}, row {row}" if row else file
    where += f", column {column}" if column else ""
    if kind == "table-dimensions":
        note += "): rows are missing. Is the file truncated? (If not: python -m calphos.tables.references"
    return f"{where}: {kind.replace('-', ' ')} ({note})"
