"""The panels of the course's notebooks, made by running only the cells that make them."""

import ast
import re
from functools import cache

import nbformat

from calphos.panels import Panel
from handout import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9][0-9]*.ipynb"))


def panels_of(path):
    """Return the panels that a notebook shows, in order, as they stand when their cell ends."""
    for panel, values, hidden in _made(path):
        panel.values, panel.hidden = dict(values), dict(hidden)
    return [panel for panel, *_ in _made(path)]


@cache
def _made(path):
    space, found = {}, []
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type != "code":
            continue
        tree = ast.parse(cell.source)
        imports = any(isinstance(node, ast.Import | ast.ImportFrom) for node in tree.body)
        if not (imports or re.search(r"\bpanels\.\w|_panel\(", cell.source)):
            continue
        shown = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, path.name, "exec"), space)  # noqa: S102 (the course's own cells)
        value = isinstance(shown and shown.value, ast.Name) and eval(
            compile(ast.Expression(shown.value), path.name, "eval"), space
        )
        if isinstance(value, Panel):
            found.append(value)
    return [(panel, dict(panel.values), dict(panel.hidden)) for panel in found]
