"""One run of a notebook for two readers: in a kernel, what handouts need is shown beside what any kernel shows."""

from types import SimpleNamespace

from IPython.core.formatters import DisplayFormatter
from IPython.display import display, publish_display_data

from handout import blocks

MARK = "what follows stands on a page in place of what comes before"


def install(shell):
    """Make an IPython shell show both: the output as ever, the mark, and the output as `handout.blocks` makes it."""
    own, pages = shell.display_formatter, DisplayFormatter(parent=shell)
    blocks.install(SimpleNamespace(display_formatter=pages))
    kinds = {**pages.ipython_display_formatter.type_printers, **pages.mimebundle_formatter.type_printers}
    printers = own.ipython_display_formatter.type_printers

    def show(thing):
        for kind in kinds:
            del printers[kind]
        try:
            display(thing)
            publish_display_data({"text/plain": MARK})
            shell.display_formatter = pages
            display(thing)
        finally:
            shell.display_formatter = own
            printers.update(dict.fromkeys(kinds, show))

    printers.update(dict.fromkeys(kinds, show))


def apart(outputs):
    """Return (the outputs as any kernel shows them, as a page does) of a cell that was run in such a kernel."""
    marks = [n for n, output in enumerate(outputs) if output.get("data", {}).get("text/plain") == MARK]
    plain = [output for n, output in enumerate(outputs) if n not in marks and n - 1 not in marks]
    return plain, [output for n, output in enumerate(outputs) if n not in marks and n + 1 not in marks]
