"""Record what the data say now: SHA-256, size and number of rows of each table, and the SHA-256 of each quiz and case.

python tools/seal.py    after a table, a quiz or a case was changed on purpose

Nothing is recorded unless every table is sound: what is wrong is named with file, row and column.
"""

import csv
import io
import json
import sys

from calphos.tables.reading import DESCRIPTOR, data_dir, digest, table_text, validate


def main():
    """Write the new state to the descriptor; return 0, or 1 after naming what is wrong."""
    folder = data_dir()
    descriptor = json.loads((folder / DESCRIPTOR).read_text(encoding="utf-8"))
    for resource in descriptor["resources"]:
        text = table_text(folder, resource)
        resource["hash"], resource["bytes"] = digest(text), len(text.encode())
        resource["rows"] = sum(1 for _ in csv.reader(io.StringIO(text))) - 1
    lessons = sorted([*folder.glob("quiz/*.json"), *folder.glob("cases/*.json")])
    descriptor["lessons"] = {file.relative_to(folder).as_posix(): digest(file.read_text("utf-8")) for file in lessons}
    if problems := validate(folder=folder, resources={one["name"]: one for one in descriptor["resources"]}):
        print("\n".join(problems), file=sys.stderr)
        return 1
    text = json.dumps(descriptor, indent=1, ensure_ascii=False) + "\n"
    (folder / DESCRIPTOR).write_text(text, encoding="utf-8", newline="\n")
    print(f"{len(descriptor['resources'])} tables are sound; data/{DESCRIPTOR} records them")
    return 0


if __name__ == "__main__":
    sys.exit(main())
