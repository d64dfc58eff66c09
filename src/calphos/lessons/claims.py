"""Claims of public web pages, each with a question first and its verdict folded away."""

from html import escape
from textwrap import fill

from calphos.tables.errors import find
from calphos.tables.references import cite, reference


class Claims:
    """Claims of a group ("causes", "hormones", "chemistry", "treatment", "words_and_cases") or by id, or all of them.

    In a notebook they are cards on which the test, the verdict and the lesson open on demand. `table` is the pandas table
    behind them (`data/claims.csv`), one row a claim. Raises InputError for a name that is neither a group nor an id.

    >>> [*claims("FC12", "FC13").table["id"]]
    ['FC12', 'FC13']
    """

    def __init__(self, *names):
        table = reference("claims")
        groups, ids = table["group"].unique(), table["id"]
        told = f"the groups are {', '.join(groups)}; ids run {ids.iloc[0]} to {ids.iloc[-1]}"
        for name in names:
            find(name, [*groups, *ids], "claim or group", told)
        wanted = ids.isin(names) | table["group"].isin(names) | (not names)
        self.table = table[wanted].reset_index(drop=True)

    def __repr__(self):
        lines = (f"{row.id} (page {row.page}) {row.claim} {row.predict}" for row in self.table.itertuples())
        return "\n".join(fill(line, 110, subsequent_indent="     ") for line in lines)

    def _repr_html_(self):
        return "\n".join(_card(row) for row in self.table.to_dict("records"))


claims = Claims


def _card(row):
    told = {"test": "Test", "finding": "What it shows", "verdict": "Verdict", "unchecked_part": "Weak point"}
    parts = "".join(f"<p><b>{label}.</b> {escape(row[name])}</p>" for name, label in told.items() if row[name])
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
