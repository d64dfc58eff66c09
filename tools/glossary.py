"""Write teaching/glossary.md, the page that notebooks link to, from data/glossary.csv.

python tools/glossary.py
"""

import csv
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "teaching" / "glossary.md"
HEAD = """# Glossary

Short meanings of the words used in the notebooks, with the notebook that explains each. Teaching only, not for care of patients.
"""


def page():
    """Return the glossary as markdown: one heading a term, in alphabetical order."""
    with open(ROOT / "data" / "glossary.csv", newline="", encoding="utf-8") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: row["term"].casefold())
    return HEAD + "".join(entry(row) for row in rows)


def entry(row):
    details = ", ".join(row[name] for name in ("abbreviation", "unit") if row[name])
    meaning = row["meaning"].rstrip(".")
    number, link = row["notebook"][:2], f"../notebooks/{row['notebook']}.ipynb"
    return f"\n## {row['term']}\n\n{f'({details}) ' if details else ''}{meaning}. [→ {number}]({link})\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
