"""One recipe for published values: a chart with what the model says beside them, or a table that a reader can read."""

import re
import textwrap
from collections import namedtuple

import numpy as np
import pandas as pd

from calphos.drawing.pictures import GREY, INK, new_picture, style
from calphos.tables.errors import InputError, find
from calphos.tables.quantities import quantities, quantity
from calphos.tables.references import Table

Size = namedtuple("Size", "width row columns scale")  # pixels, pixels, letters of a line, how much larger it is shown
Row = namedtuple("Row", "name value low high kind said model")  # kind: what the bar from low to high is
_DESK, _PHONE = Size(554, 44, 63, 1.3), Size(400, 84, 44, 0.86)


def _number(value):
    shown = f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}".replace(",", " ")
    return shown.replace("-", "−")


def _bar(row):
    """Return (low, high, what the bar is) of a row of a reference table; low and high are None without a spread."""
    kind = row.get("spread_kind", "none")
    stated = kind != "not stated"  # a spread that its source does not name is not drawn
    if pd.notna(row.get("value_high")):
        return row["value"], row["value_high"], "range"
    if stated and pd.notna(row.get("spread_low")) and pd.notna(row.get("spread_high")):
        return row["spread_low"], row["spread_high"], {"CI95": "95 % CI", "CI96": "96 % CI"}.get(kind, kind)
    if stated and pd.notna(row.get("spread")):
        return row["value"] - row["spread"], row["value"] + row["spread"], f"± {kind}"
    return None, None, ""


def _row(name, row, model):
    """Return the `Row` of a row of a reference table, with its numbers in words."""
    value, (low, high, kind) = row["value"], _bar(row)
    said = _number(value)
    if kind:
        ends = f"{_number(low)} to {_number(high)}"
        spread = _number(high - value) if kind[0] == "±" else ends
        said = ends if kind == "range" else f"{said} ({kind.removeprefix('± ')} {spread})"
    people = f", n {row['n']:.0f}" if pd.notna(row.get("n")) else ""
    return Row(name, value, low, high, kind, said + people, model)


def evidence(table, model=None, *, words="population", axis=None, title="", see="", limits=None):
    """Return a chart of published values, each with its spread, and the model's beside it, as a `Picture`.

    table   rows of `calphos.reference` that share one unit; their citations stand below the chart
    model   one entry a row in the table's unit: None, a value, or (low, value, high)
    words   the column that names each row, or a list of names
    axis    what the axis says (default: the quantity and its unit); `limits` its ends
    title   a heading; `see` a sentence that says what to look for

    Raises InputError when the rows are none, differ in unit, do not match `model` or `words` in number, or mix assays of one
    hormone (intact and C-terminal FGF-23 are different measurements) and `words` is not "assay".

    >>> from calphos.tables.references import reference
    >>> print(evidence(reference("pools_fluxes", quantity="phosphorus", source="stremke2021")).alt)
    Published: healthy adults 0.62, n 8; CKD eGFR 29-55 0.69, n 8. Stremke et al. 2021.
    """
    names = list(table[words]) if isinstance(words, str) else list(words)
    model = [None] * len(table) if model is None else list(model)
    if not len(table) or len(names) != len(table) or len(model) != len(table):
        raise InputError(f"{len(table)} rows, {len(names)} names and {len(model)} values of the model do not match")
    for name, same in table.groupby("quantity")["assay"] if {"quantity", "assay"} <= {*table} else ():
        if len(assays := sorted(set(same))) > 1 and names != list(table["assay"]):
            kinds = ", ".join(map(repr, assays))
            raise InputError(f"{name}: {len(assays)} assays in one chart ({kinds}); keep one, with assay={assays[0]!r}")
    if len(set(table["unit"])) > 1:
        raise InputError(f"one chart has one unit, these rows have {', '.join(sorted(set(table['unit'])))}")
    first = table.iloc[0].get("quantity", "")
    known = first in quantities()
    colour, unit = quantity(first).colour if known else INK, table.iloc[0]["unit"]
    axis = axis or f"{quantity(first).label if known else str(first).capitalize()}{f' ({unit})' if unit != '1' else ''}"
    rows = [_row(name, row, ours) for name, (_, row), ours in zip(names, table.iterrows(), model, strict=True)]
    cited = "; ".join(dict.fromkeys("; ".join(table["citation"]).split("; ")))
    kinds = " or ".join(dict.fromkeys(row.kind for row in rows if row.kind))
    key = f"○ published{f' (bar: {kinds})' if kinds else ''}"
    key += "   ◆ model" if any(ours is not None for ours in model) else ""
    chart = (rows, axis, title, f"{key}. {see} {cited}.".replace("  ", " "), colour, limits)
    figure = _chart(*chart, _DESK)
    figure.narrow = lambda: _chart(*chart, _PHONE)
    said = [f"{row.name} {row.said}{'' if row.model is None else f', model {_ours(row.model)}'}" for row in rows]
    figure.alt = f"{title + '. ' if title else ''}Published: {'; '.join(said)}. {cited}."
    return figure


def _chart(rows, axis, title, foot, colour, limits, size):
    """Draw the rows at a size: on a narrow screen a row's name and its numbers stand on lines of their own."""
    foot = textwrap.wrap(foot, size.columns)
    title = textwrap.wrap(title, int(0.7 * size.columns))
    head = 9 + 20 * len(title) + (5 if title else 0)
    axis = textwrap.wrap(axis, size.columns)
    low = 47 + 18 * len(axis) + 20 * len(foot)
    names = [textwrap.wrap(row.name, int(0.85 * size.columns)) if size is _PHONE else [row.name] for row in rows]
    extra = 0.28 * (max(map(len, names)) - 1)  # a long name needs a second line, and every row the same room
    top, bottom = -0.55 - extra, len(rows) * (1 + extra) - extra - 0.15
    tall = size.row * (bottom - top)
    height = head + tall + low + 8
    with style():
        figure = new_picture(size.width, height, size.scale)
        left = 0.05 if size is _PHONE else 0.036  # left and right of it the ticks' labels need half their length
        plot = figure.add_axes((left, low / height, 0.975 - 1.4 * left, tall / height))
        plot.set(ylim=(bottom, top), yticks=[])
        plot.set_xlabel("\n".join(axis))
        plot.spines["left"].set_visible(False)
        longest = max(len(row.name) + len(row.said) for row in rows)
        for number, row in enumerate(rows):
            place = number * (1 + extra)
            y = place + 0.2
            if number:  # so that a mark is read with the name above it, and not with the one below
                plot.axhline(place - 0.4 - extra, color=plot.xaxis.get_gridlines()[0].get_color(), lw=1, zorder=0)
            if row.low is not None:
                bar = {"lw": 2, "solid_capstyle": "butt", "marker": "|", "ms": 8.5, "zorder": 2}
                plot.plot([row.low, row.high], [y, y], color=INK, **bar)
            if row.kind != "range":
                plot.plot(row.value, y, "o", ms=8.5, mfc="white", mec=INK, mew=1.5, zorder=3)
            if row.model is not None:
                span = np.atleast_1d(row.model)
                if len(span) == 3:
                    bar = {"lw": 4, "alpha": 0.45, "solid_capstyle": "butt", "zorder": 2}
                    plot.plot(span[[0, 2]], [y + 0.22] * 2, color=colour, **bar)
                plot.plot(span[len(span) // 2], y + 0.22, "D", ms=7.7, color=colour, mec="white", zorder=4)
            line = {"transform": plot.get_yaxis_transform(), "va": "center"}
            if size is _PHONE:
                above = line | {"va": "bottom", "linespacing": 1.15, "fontweight": "bold"}
                plot.text(0, place - 0.2, "\n".join(names[number]), **above)
                plot.text(0, place - 0.06, row.said, color=GREY, **line)
            else:
                line["fontsize"] = min(11, 600 / longest)  # name and numbers stand on one line
                plot.text(0, place - 0.17, row.name, fontweight="bold", **line)
                plot.text(1, place - 0.17, row.said, ha="right", color=GREY, **line)
        plot.set_xlim(*(limits or _room(plot.get_xlim())))
        plot.xaxis.set_major_formatter("{x:g}")  # 0 and not 0.00, which is wider than the room at the left
        heading = {"fontsize": 13, "fontweight": "bold", "va": "top", "linespacing": 1.25}
        figure.text(left, 1 - 6 / height, "\n".join(title), **heading)
        figure.text(left, 9 / height, "\n".join(foot), color=GREY, va="bottom", linespacing=1.3)
    return figure


def _ours(ours):
    span = np.atleast_1d(ours)
    return _number(span[0]) if len(span) == 1 else f"{_number(span[1])} ({_number(span[0])} to {_number(span[2])})"


def _room(ends):
    low, high = ends
    return (0 if 0 <= low < 0.35 * high else low - 0.04 * (high - low)), high + 0.04 * (high - low)


class Display(Table):
    """A table of words for display, without row numbers; made by `tidy`."""

    def __repr__(self):
        return self.to_string(index=False)

    def _repr_html_(self):
        with pd.option_context("display.max_colwidth", None):
            page = self.to_html(index=False, border=0, classes="calphos-words")
        return re.sub(r"<(t[hd])(?: style=[^>]*)?>", r'<\1 style="text-align: left">', page)


def tidy(table, **headings):
    """Return chosen columns of a table for display: words as headings, no row numbers, nothing where nothing is known.

    `headings` maps a column to its heading, in the order shown: `tidy(table, finding="Finding", value="Value")`. A
    value with a `unit` column gets its unit; `value_high` makes it a range. The citation is added as the last column.
    Raises InputError for an unknown column.

    >>> from calphos.tables.references import reference
    >>> tidy(reference("pools_fluxes", source="serna2020"), measure="What", value="How much")
                                What How much            Source
    share of body phosphorus in bone     85 % Serna et al. 2020
    """
    for name in headings:
        find(name, table.columns, "column")
    shown = pd.DataFrame({headings[name]: [_cell(row, name) for _, row in table.iterrows()] for name in headings})
    return Display(shown.assign(Source=list(table["citation"])) if "citation" in table else shown)


def _cell(row, name):
    value = row[name]
    if name == "quantity" and value in quantities():
        return quantity(value).label.replace("(intact)", f"({row.get('assay') or 'intact'})")
    if isinstance(value, str):
        return value
    if pd.isna(value):
        return "–"
    if name != "value":
        return _number(value)
    high, unit = row.get("value_high"), row.get("unit", "")
    words = _number(value) + (f" to {_number(high)}" if pd.notna(high) else "")
    return words if unit in ("", "1") else f"{words} {unit.removeprefix('1 ')}"
