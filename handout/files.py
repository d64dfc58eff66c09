"""Reading the builder's own files, writing what it makes: all or none."""

import contextlib
import io
import json
import os
import zipfile

from handout import ROOT, BuildError


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


def zipped(files):
    """The bytes of an archive of {path in the archive: text}; the same files give the same bytes."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), text, zipfile.ZIP_DEFLATED)
    return content.getvalue()


def file_text(name):
    """Return the text of a file in ``handout/``."""
    return (ROOT / "handout" / name).read_text(encoding="utf-8")


def as_json(value):
    """JSON that cannot end the script element it stands in."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("</", "<\\/").replace("<!--", "\\u003c!--")
