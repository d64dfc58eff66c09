"""How long the virtual clinic and the diagnosis trainer take to answer."""

from measure import milliseconds, row

from calphos import clinic
from calphos.lessons import differential


def treated():
    """Return case 04 a year after her operation."""
    visit = clinic.visit("04", seed=7)
    visit.treat("focused parathyroidectomy")
    visit.run(years=1)
    return visit


def rows():
    """The table's rows."""
    visit = treated()
    slowest, name = max(
        (milliseconds(lambda name=name: clinic.visit(name), times=3), name) for name in clinic.case_list().index
    )
    order = milliseconds(lambda: visit.order("calcium", "pth"))
    panel = milliseconds(lambda: differential.lab_panel(4))
    return [
        row("clinic: a patient comes in", slowest, "ms", f"slowest case, {name}"),
        row("clinic: order two tests, with their delay", order, "ms", "case 04"),
        row("clinic: comes in, is treated, a year passes", milliseconds(treated), "ms", "case 04"),
        row("clinic: marks", milliseconds(visit.mark), "ms", "case 04"),
        row("trainer: a laboratory panel", panel, "ms", "ten years of kidney disease"),
    ]
