"""Make a kernel show panels, quizzes, the trainer, the clinic and pictures as pieces of a page (`handout.blocks`).

The builder calls `install` before the first cell of a notebook. Nothing is imported until there is something to show.
"""

INTERACTIVE = {
    "Panel": "calphos.panels.panel",
    "Quiz": "calphos.lessons.quiz",
    "Trainer": "calphos.lessons.trainer",
    "Desk": "calphos.lessons.clinic.desk",
}
PICTURES = {"Picture": "calphos.drawing.pictures", "Debrief": "calphos.lessons.clinic.debrief"}


def install(shell):
    """Make an IPython shell show all of these as the page needs them."""
    formatters = shell.display_formatter
    for kind, module in INTERACTIVE.items():
        formatters.ipython_display_formatter.for_type_by_name(module, kind, _display(kind))
    for kind, module in PICTURES.items():
        formatters.mimebundle_formatter.for_type_by_name(module, kind, _block(kind))


def _block(kind):
    def block(shown):
        from handout.blocks import BLOCKS

        return BLOCKS[kind](shown)

    return block


def _display(kind):
    def display_block(shown):
        from IPython.display import HTML, display

        from handout.blocks import about

        display(HTML(_block(kind)(shown), metadata=about(shown)))

    return display_block
