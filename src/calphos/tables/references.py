"""Published values with where they stand, and the sources behind them."""

import functools
import html
import textwrap

import pandas as pd

from calphos.tables.errors import InputError, find
from calphos.tables.quantities import check_units, quantities
from calphos.tables.reading import read, records

_AMOUNTS = ("value", "value_high", "lower", "upper", "spread", "spread_low", "spread_high")
# The column of source keys (several are separated by semicolons): a table is cited through it.
_SOURCE_COLUMNS = ("source", "interval_source", "cv_source", "citations")
_PANDAS_TYPES = {"string": "object", "number": "float64", "integer": "Int64", "year": "Int64"}
_used = set()  # source keys


class Table(pd.DataFrame):
    """A DataFrame that shows its cells whole: pandas would cut a sentence after 50 characters.

    Nothing of pandas' own settings changes. Whatever is chosen from a Table, or derived from it, is a Table too.

    >>> print(Table({"finding": ["calcium, phosphate and their product had no relation with the deposits"]}))
                                                                      finding
    0  calcium, phosphate and their product had no relation with the deposits
    """

    @property
    def _constructor(self):
        return Table

    _whole = pd.option_context("display.max_colwidth", None)
    __repr__, _repr_html_ = _whole(pd.DataFrame.__repr__), _whole(pd.DataFrame._repr_html_)


def reference(name, /, *, units="printed", folder=None, **only):
    """Return a reference table as a pandas DataFrame, with units and citations attached.

    name    a table that `data/README.md` lists, such as "ckd_cohorts"
    units   "printed" leaves values as their source prints them; "SI" or "conventional" converts each row whose
            `quantity` is in `data/quantities.csv` (value, limits, spread and unit)
    folder  read this folder's copy of the package instead of the installed one
    only    keep the rows in which a column equals a value or is one of a list: quantity="phosphate",
            source=["zehnder2007", "isakova2011"]; topic="base rates" keeps the rows that stand under that topic

    `table.attrs` holds "title", "units" (column to unit, where the whole column has one) and "citations" (source key
    to reference-list entry); the column `citation` has the short form of each row's source. The sources of the rows
    returned are remembered for `sources_used()`.
    Raises InputError for an unknown table, column, topic or unit system, and for a damaged file (file, row and column
    named).

    >>> reference("pools_fluxes", topic="where the mineral is")[["quantity", "measure", "value", "unit"]].head(2)
      quantity                                measure   value unit
    0  calcium                             whole body  1000.0    g
    1  calcium  share of body calcium in the skeleton    99.0    %
    """
    resource, _ = read(name, folder)
    kinds = {field["name"]: _PANDAS_TYPES[field["type"]] for field in resource["schema"]["fields"]}
    table = Table(records(name, folder)).astype(kinds)
    for column, wanted in only.items():
        if column not in table:
            raise InputError(f"{resource['path']} has no column {column!r}: it has {', '.join(table.columns)}")
        table = table[_chosen(column, table[column], wanted)]
    table = table.reset_index(drop=True)
    if units != "printed":
        table = _in_units(table, units, resource)
    in_unit = {field["name"]: field["unit"] for field in resource["schema"]["fields"] if "unit" in field}
    table.attrs = {"title": resource["title"], "units": in_unit, "citations": {}}
    column = next((column for column in _SOURCE_COLUMNS if column in table), None)
    if column:
        found = sources(folder)
        cells = [[key.strip() for key in cell.split(";") if key.strip() in found] for cell in table[column]]
        table.attrs["citations"] = {key: _entry(found[key]) for keys in cells for key in keys}
        _used.update(table.attrs["citations"])
        table["citation"] = ["; ".join(found[key]["short"] for key in keys) for keys in cells]
    return table


class References(list):
    """Keys of sources as a reference list: prints as text, shows in a notebook with links."""

    def __repr__(self):
        entries = [_entry(sources()[key]) for key in self]
        if len(self) == 1:
            return entries[0]
        whole = {"subsequent_indent": "   ", "break_long_words": False, "break_on_hyphens": False}
        lines = [f"{number}. {entry}" for number, entry in enumerate(entries, start=1)]
        return "\n".join(textwrap.fill(line, 110, **whole) for line in lines) or "No source used yet."

    def _repr_html_(self):
        entries = [_entry(sources()[key], as_html=True) for key in self]
        if len(entries) < 2:
            return f"<p>{''.join(entries) or 'No source used yet.'}</p>"
        return '<ol style="overflow-wrap: anywhere">' + "".join(f"<li>{entry}</li>" for entry in entries) + "</ol>"


def cite(*keys):
    """Return sources, by key, as a reference list with links (`References`) and remember them for `sources_used()`.

    Raises InputError for a key that is not in `data/sources.csv`, with the nearest keys.
    """
    for key in keys:
        find(key, sources(), "source", "data/sources.csv lists the keys")
    _used.update(keys)
    return References(keys)


def sources_used():
    """Return what `reference()` and `cite()` have used so far in this session, in alphabetical order (`References`)."""
    return References(sorted(_used))


def _chosen(column, cells, wanted):
    """Which cells are wanted: those equal to a value or to one of a list; a row stands under one topic or several."""
    wanted = [wanted] if wanted is None or isinstance(wanted, (str, int, float, bool)) else list(wanted)
    if column != "topic":
        return cells.isin(wanted)
    topics = cells.str.split(";").explode()
    for topic in wanted:
        find(topic, sorted({*topics} - {""}), "topic")
    return topics.isin(wanted).groupby(level=0).any()


def _in_units(table, units, resource):
    check_units(units)
    if "quantity" not in table or "unit" not in table:
        raise InputError(f"{resource['path']} has no columns quantity and unit: it can only be read as printed")

    def converted(name, unit):
        known = quantities().get(name)
        if known is None or unit not in (known.si_unit, known.conventional_unit):
            return 1, unit  # a percentage, a time, another assay's unit: nothing to convert
        return known.factor(units) / (1 if unit == known.si_unit else known.conventional_per_si), known.unit(units)

    pairs = [converted(*pair) for pair in zip(table["quantity"], table["unit"], strict=True)]
    columns = table.columns.intersection(_AMOUNTS)
    numbers = table[columns].mul([factor for factor, _ in pairs], axis=0)
    return table.assign(**numbers, unit=[unit for _, unit in pairs])


@functools.cache
def sources(folder=None):
    """Return the sources as a dict of key to row of `data/sources.csv`, with `short`, how a sentence names it, and `link`, its
    address: the DOI, else PubMed, else PubMed Central or its page."""
    found = {row["key"]: row for row in records("sources", folder)}
    for row in found.values():
        pubmed = f"https://pubmed.ncbi.nlm.nih.gov/{row['pmid']}/" if row["pmid"] else row["url"]
        row["link"] = f"https://doi.org/{row['doi']}" if row["doi"] else pubmed
        row["short"] = f"{row['cited_as']} {row['year']}".strip()
    return found


def _entry(row, as_html=False):
    """Authors, title, journal with year and pages, each with one full stop, and the address; unknown parts are left out."""
    place = f"{row['journal']} {row['year']}".strip() + (f";{row['pages']}" if row["pages"] else "")
    parts, address = [part.rstrip(".") for part in (row["authors"], row["title"], place) if part], row["link"]
    if as_html:
        parts, address = map(html.escape, parts), html.escape(address)
        address = address and f'<a href="{address}">{address}</a>'
    return ". ".join([*parts, *filter(None, [address])])
