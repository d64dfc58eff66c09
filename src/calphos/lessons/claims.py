"""Claims of public web pages, each with a question first and its verdict folded away."""

from html import escape
from textwrap import fill

from calphos.tables.errors import InputError
from calphos.tables.references import cite, reference

_PARTS = (("test", "Test"), ("finding", "What it shows"), ("verdict", "Verdict"), ("unchecked_part", "Weak point"))


class Claims:
    """Some of the claims as cards: in a notebook the test, the verdict and the lesson open on demand.

    `table` is the pandas table behind them, one row a claim.
    """

    def __init__(self, table):
        self.table = table

    def __len__(self):
        return len(self.table)

    def __repr__(self):
        lines = (f"{row.id} (page {row.page}) {row.claim} {row.predict}" for row in self.table.itertuples())
        return "\n".join(fill(line, 110, subsequent_indent="     ") for line in lines)

    def _repr_html_(self):
        return "\n".join(_card(row) for row in self.table.to_dict("records"))


def claims(*names):
    """Return the claims of a group ("causes", "hormones", "chemistry", "treatment", "words_and_cases") or by id.

    claims("chemistry"); claims("FC12", "FC13"); claims() is all of them. The rows are those of `data/claims.csv`.
    Raises InputError for a name that is neither.
    """
    table = reference("claims")
    known = {*table["id"], *table["group"]}
    for name in names:
        if name not in known:
            groups, ids = ", ".join(dict.fromkeys(table["group"])), table["id"].iloc
            told = f"the groups are {groups}; ids run {ids[0]} to {ids[-1]}"
            raise InputError(f"there is no claim and no group {name!r}: {told}")
    if names:
        table = table[table["id"].isin(names) | table["group"].isin(names)]
    return Claims(table.reset_index(drop=True))


def _card(row):
    parts = "".join(f"<p><b>{label}.</b> {escape(row[name])}</p>" for name, label in _PARTS if row[name])
    keys = [key.strip() for key in row["citations"].split(";") if key.strip()]
    sources = cite(*keys)._repr_html_() if keys else ""
    return (
        f'<article id="{row["id"]}" aria-label="Claim {row["id"]}" style="border-left: 4px solid #374151; '
        f'padding: 0 0 0 .8em; margin: 0 0 1em; max-width: 50em; font-size: max(12pt, 1em); line-height: 1.4;">'
        f"<p><b>{row['id']}</b> (page {escape(row['page'])}). {escape(row['claim'])}</p>"
        f"<p><b>Predict.</b> {escape(row['predict'])}</p>"
        f"<details><summary><b>Test and verdict</b></summary>{parts}"
        f"<p><b>Lesson.</b> {escape(row['lesson'])}</p>{sources}</details></article>"
    )
