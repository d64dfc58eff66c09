"""What every picture shares: look, colours of ink, pinned ghosts, and the ways out as PNG and SVG."""

import io
from contextlib import contextmanager
from pathlib import Path

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

STYLE = Path(__file__).with_name("calphos.mplstyle")
LECTURE_SCALE = 1.35  # how much larger letters and lines are in a lecture hall

INK = "#111827"
GREY = "#4b5563"
BAND = "#e3f1e7"
BAND_EDGE = "#9cc5a9"


class Picture(Figure):
    """A matplotlib figure that carries its own alternative text (`alt`) into the notebook and the handout."""

    alt = ""

    def _repr_mimebundle_(self, include=None, exclude=None):
        buffer, small = io.BytesIO(), io.BytesIO()
        self.savefig(buffer, format="png", dpi=2 * self.dpi)
        # Drawings have few colours: a palette makes the stored picture a third as large.
        Image.open(buffer).convert("RGB").quantize(128, dither=Image.Dither.NONE).save(small, "png", optimize=True)
        width, height = (round(side * self.dpi) for side in self.get_size_inches())
        data = {"image/png": small.getvalue(), "text/plain": self.alt}
        return data, {"image/png": {"alt": self.alt, "width": width, "height": height}}


@contextmanager
def style(scale=1.0):
    """Use the project's style inside a `with` block, all letters and lines `scale` times as large."""
    with mpl.rc_context(fname=STYLE):
        for key in ("font.size", "axes.titlesize", "axes.labelsize", "xtick.labelsize", "ytick.labelsize"):
            mpl.rcParams[key] = mpl.rcParams[key] * scale
        mpl.rcParams["legend.fontsize"] = mpl.rcParams["legend.fontsize"] * scale
        mpl.rcParams["lines.linewidth"] = mpl.rcParams["lines.linewidth"] * scale
        yield


def new_picture(width, height):
    """Return an empty `Picture` of `width` by `height` pixels at 100 dots an inch, drawn by Agg."""
    picture = Picture(figsize=(width / 100, height / 100), dpi=100)
    FigureCanvasAgg(picture)
    return picture


def svg_text(figure):
    """Return the figure as SVG text: letters kept as letters, no date, the same names each time."""
    buffer = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "calphos"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return buffer.getvalue()


class Screen:
    """A kept figure whose moving artists alone are drawn again: what makes a slider feel instant.

    `moving` are artists made with `animated=True`. Everything else is drawn once and copied back each time.
    """

    def __init__(self, figure, moving):
        self.figure, self.moving = figure, list(moving)
        self.canvas = figure.canvas
        self.refresh()

    def refresh(self):
        """Draw the still part again (after a change of limits, ghosts or markers)."""
        self.canvas.draw()
        self._still = self.canvas.copy_from_bbox(self.figure.bbox)

    def png(self):
        """Draw the moving artists over the still part and return the picture as PNG bytes."""
        self.canvas.restore_region(self._still)
        for artist in self.moving:
            self.figure.draw_artist(artist)
        pixels = self.canvas.buffer_rgba()
        height, width = pixels.shape[:2]
        picture = Image.frombuffer("RGBA", (width, height), pixels, "raw", "RGBA", 0, 1)
        buffer = io.BytesIO()
        picture.convert("RGB").save(buffer, "png", compress_level=1)
        return buffer.getvalue()


class Ghosts:
    """What a learner pinned on a drawing: groups of artists, of which the newest three are kept."""

    def __init__(self):
        self.shown = []

    def add(self, artists):
        """Keep the artists of one run; the oldest of more than three leaves the picture."""
        self.shown.append(artists)
        if len(self.shown) > 3:
            self._remove(self.shown.pop(0))

    def clear(self):
        """Take all ghosts out of the picture."""
        while self.shown:
            self._remove(self.shown.pop())

    def _remove(self, artists):
        for artist in artists:
            artist.remove()


def write_footnote(figure, words, height, size):
    """Write `words` in grey in the middle of the figure, `height` pixels above its lower edge."""
    figure.text(0.5, height / figure.bbox.height, words, ha="center", va="center", color=GREY, fontsize=size)
