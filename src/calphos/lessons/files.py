"""JSON files of lessons: every fault is named with its field, and a file is written whole or not at all.

The forms are JSON Schemas (draft 2020-12) in `data/schemas`. Names that live in tables are checked through `format`: "test",
"picture", "treatment", "disorder", "quantity", "input", "source". Other validators ignore those and check the rest.
"""

import errno
import functools
import json
import math
import os
import reprlib
import secrets
from contextlib import suppress
from pathlib import Path

from calphos.tables.errors import InputError, find, unknown
from calphos.tables.files import data_dir

_LARGEST = 5_000_000  # bytes; the longest file of the collection has 12 thousand


def read_json(path, form=None, formats=None):
    """Return what a JSON file holds, checked against `data/schemas/<form>.json`.

    `formats` maps a name of a format to the names that are allowed (a callable that returns them). Raises InputError with
    the file, the field and the value for whatever is wrong: no such file, a folder, too deep, too long, not JSON, another form.
    """
    path = Path(path)
    try:
        if not path.is_file():
            raise FileNotFoundError(errno.ENOENT, "there is no file of this name")
        if path.stat().st_size > _LARGEST:
            raise OSError(errno.EFBIG, f"longer than {_LARGEST / 1e6:g} MB")
        strict = {"parse_int": _whole, "parse_float": _finite, "parse_constant": _finite, "object_pairs_hook": _once}
        data = json.loads(path.read_text(encoding="utf-8"), **strict)
        json.dumps(data, ensure_ascii=False).encode()
    except OSError as problem:
        raise InputError(f"{path.name or path}: cannot be read: {problem.strerror}") from None
    except RecursionError:
        raise InputError(f"{path.name}: not readable as JSON: nested too deep") from None
    except ValueError as problem:  # not JSON, not UTF-8, a NUL in the name, and what the three functions below refuse
        raise InputError(f"{path.name}: not readable as JSON: truncated or damaged: {problem}") from None
    if form is not None:
        check(data, form, path.name, formats)
    return data


def _whole(text):
    if len(text) > 16:
        raise ValueError(f"the number {text[:12]}... has {len(text)} digits")
    return int(text)


def _finite(text):
    if not math.isfinite(float(text)):
        raise ValueError(f"the number {text} is not finite")
    return float(text)


def _once(pairs):
    names = [name for name, _ in pairs]
    if len({*names}) < len(names):
        raise ValueError(f"the field {max(names, key=names.count)!r} stands twice")
    return dict(pairs)


@functools.cache
def _schema(form):
    return json.loads((data_dir() / "schemas" / f"{form}.json").read_text(encoding="utf-8"))


def check(data, form, where, formats=None):
    """Refuse (InputError) data that do not have the form of `data/schemas/<form>.json`; `where` is named first."""
    from jsonschema import Draft202012Validator, FormatChecker

    checker = FormatChecker(())
    for name, allowed in (formats or {}).items():
        checker.checks(name, raises=InputError)(functools.partial(_listed, name, allowed))
    for fault in Draft202012Validator(_schema(form), format_checker=checker).iter_errors(data):
        refuse(where, fault.absolute_path, *_told(fault))


def refuse(where, path, why, *more):
    """Raise the InputError "where, field a.b[2]: why"; numbers in `path` count from 0, in the message from 1."""
    field = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in [*path, *more]).lstrip(".")
    raise InputError(f"{where}, field {field}: {why}" if field else f"{where}: {why}")


def _listed(kind, allowed, value):
    return not isinstance(value, str) or bool(find(value, allowed(), kind))


def _told(fault):
    """What is wrong, and the field where the schema's own path stops one short of it."""
    if fault.cause is not None:
        return (str(fault.cause),)
    if fault.validator == "additionalProperties":
        known = list(fault.schema.get("properties", ()))
        extra = next(name for name in fault.instance if name not in known)
        return (str(unknown("field", extra, known, f"the fields are {', '.join(known)}")),)
    if fault.validator == "required":
        return "is missing", next(name for name in fault.validator_value if name not in fault.instance)
    if wanted := fault.schema.get("description"):
        counted = fault.instance and fault.validator in ("minItems", "maxItems")
        found = f"a list of {len(fault.instance)}" if counted else reprlib.repr(fault.instance)
        return (f"{found} is not {wanted}",)
    return (fault.message if len(fault.message) < 200 else f"{fault.message[:150]} ... {fault.message[-40:]}",)


def write_text(path, text):
    """Write `text` to a file, which is whole at every moment: the old one stays until the new one is on the disk.

    Permissions follow the user's umask. Raises InputError when it cannot be written, with nothing left behind.
    """
    path = Path(path)
    made = path.parent / f".calphos-{secrets.token_hex(6)}.part"
    try:
        if path.is_dir():
            raise IsADirectoryError("is a folder: give a file name")
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
