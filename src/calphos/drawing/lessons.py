"""Pictures of the lessons: a patient's results beside the model's nearest patient, and the timeline of a visit."""

import numpy as np

from calphos.drawing.pictures import BAND, GREY, INK, new_picture, style
from calphos.tables.quantities import quantity

_FAR = 6.0  # half widths of the reference interval at which a value is drawn at the edge


def fit_picture(values, nearest, middle, whose, units):
    """Draw `values` (SI, by quantity) as dots and `nearest` as diamonds, each on a log axis on which the reference interval
    reaches from -1 to 1; `middle` gives each quantity's middle and half width, `whose` names the model's patient.
    """
    names = list(values)
    places = np.arange(len(names))
    marks = [("entered", values, "o", "#b91c1c"), (f"the model: {whose}", nearest, "D", "#1d4ed8")]
    with style():
        picture = new_picture(860, 130 + 34 * len(names))
        axes = picture.add_axes(
            (0.3, 0.62 / (picture.get_size_inches()[1]), 0.42, 1 - 1.15 / picture.get_size_inches()[1])
        )
        axes.axvspan(-1, 1, color=BAND, zorder=0)
        told = []
        for label, found, marker, colour in marks:
            at = [np.log(max(float(found[name]), 1e-9) / middle(name)[0]) / middle(name)[1] for name in names]
            axes.plot(
                np.clip(at, -_FAR, _FAR), places, linestyle="", marker=marker, markersize=9, color=colour,
                markerfacecolor=colour if marker == "o" else "white", markeredgewidth=2, label=label, clip_on=False,
            )  # fmt: skip
            told.append([quantity(name).text(found[name], units, with_unit=True) for name in names])
        for place, (here, there) in enumerate(zip(*told, strict=True)):
            axes.text(
                1.03,
                place,
                f"{here}   ({there})",
                transform=axes.get_yaxis_transform(),
                va="center",
                color=INK,
                fontsize=10.5,
            )
        axes.set(xlim=(-_FAR, _FAR), ylim=(len(names) - 0.4, -0.6), yticks=places, xticks=[-_FAR, -1, 1, _FAR])
        axes.set_yticklabels([quantity(name).label for name in names])
        axes.set_xticklabels(["far below", "lower", "upper", "far above"])
        axes.set_xlabel("limits of the reference interval, log scale", color=GREY)
        picture.legend(loc="upper center", ncols=2, frameon=False)
    parts = [
        f"{quantity(name).label} {here}, in the model {there}" for name, here, there in zip(names, *told, strict=True)
    ]
    picture.alt = (
        f"Entered values as dots beside the model's nearest patient ({whose}) as diamonds: {'; '.join(parts)}."
    )
    return picture
