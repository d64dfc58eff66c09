"""JSON files of lessons: every fault is named with its field, and a file is written whole or not at all.

The forms are JSON Schemas (draft 2020-12) in `data/schemas`. Names that live in tables are checked through `format`: "test",
"picture", "treatment", "disorder", "quantity", "input", "source". Other validators ignore those and check the rest.
"""

import functools
import json
import math
import os
import reprlib
import secrets
from contextlib import suppress
from pathlib import Path

from calphos.tables.errors import InputError, find
from calphos.tables.reading import data_dir, is_sealed

_LARGEST = 5_000_000  # bytes; the longest file of the collection has 12 thousand


def read_json(path, form, formats=None):
    """Return what a JSON file holds, checked against `data/schemas/<form>.json`.

    `formats` maps a name of a format to a callable that returns the names that are allowed. Raises InputError with the file,
    the field and the value for whatever is wrong: no such file, a folder, too long, too deep, not JSON, another form.
    """
    path = Path(path)
    try:
        if not path.is_file():
            raise ValueError("there is no file of this name")
        if path.stat().st_size > _LARGEST:
            raise ValueError(f"longer than {_LARGEST / 1e6:g} MB")
        numbers = dict.fromkeys(("parse_int", "parse_float", "parse_constant"), _finite)
        text = path.read_text(encoding="utf-8")
        data = json.loads(text, object_pairs_hook=_once, **numbers)
        json.dumps(data, ensure_ascii=False).encode()  # half a character, "\\ud800", cannot be written
    except (OSError, ValueError, RecursionError) as problem:
        reason = getattr(problem, "strerror", None) or problem
        raise InputError(f"{path.name or path}: not readable as JSON: {reason}") from None
    if is_sealed(path, text) and path.parent.name.startswith(form):
        return data  # sound: the library that checks, which takes a second to load, has nothing to say
    from jsonschema import Draft202012Validator, FormatChecker

    checker = FormatChecker(())
    for name, allowed in (formats or {}).items():
        checker.checks(name, raises=InputError)(functools.partial(_listed, name, allowed))
    schema = json.loads((data_dir() / "schemas" / f"{form}.json").read_text(encoding="utf-8"))
    for fault in Draft202012Validator(schema, format_checker=checker).iter_errors(data):
        refuse(path.name, fault.absolute_path, _told(fault))
    return data


def _finite(text):
    if not math.isfinite(float(text)):
        raise ValueError(f"the number {text[:12]} is not finite")
    return int(text) if text.lstrip("-").isdigit() else float(text)


def _once(pairs):
    names = [name for name, _ in pairs]
    if len({*names}) < len(names):
        raise ValueError(f"the field {max(names, key=names.count)!r} stands twice")
    return dict(pairs)


def refuse(where, path, why):
    """Raise the InputError "where, field a.b[2]: why"; numbers in `path` count from 0, in the message from 1."""
    field = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")
    raise InputError(f"{where}, field {field}: {why}" if field else f"{where}: {why}")


def _listed(kind, allowed, value):
    return not isinstance(value, str) or bool(find(value, allowed(), kind))


def _told(fault):
    """What is wrong, in the words of the schema where it has some for what is wanted."""
    if fault.cause is not None:
        return str(fault.cause)
    wanted = fault.schema.get("description")
    if wanted and fault.validator not in ("required", "additionalProperties"):
        return f"{reprlib.repr(fault.instance)} is not {wanted}"
    return fault.message if len(fault.message) < 200 else f"{fault.message[:150]} ... {fault.message[-40:]}"


def write_text(path, text):
    """Write `text` to a file, which is whole at every moment: the old one stays until the new one is on the disk.

    Permissions follow the user's umask. Raises InputError when it cannot be written, with nothing left behind.
    """
    path = Path(path)
    made = path.parent / f".calphos-{secrets.token_hex(6)}.part"
    try:
        with made.open("x", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(made, path.resolve())
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or problem
        raise InputError(f"{str(path)[:200]!r} cannot be written: {reason}") from None
    finally:
        with suppress(OSError):
            made.unlink()
    return path
