"""What every picture shares: look, colours of ink, and the ways out as PNG and SVG; what every `Drawing` shares.

A printed picture is `new_picture(width, height)` drawn on inside `with style():`, with its `alt` set. What moves when a
slider does is a subclass of `Drawing`.
"""

import base64
import html
import io
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from PIL import Image

from calphos.tables.quantities import SI, check_units, quantity

STYLE = Path(__file__).with_name("calphos.mplstyle")
LECTURE_SCALE = 1.35  # how much larger a picture is in a lecture hall

INK = "#111827"
GREY = "#4b5563"
BAND = "#e3f1e7"
BAND_EDGE = "#9cc5a9"
FLAGS = {"high": " ▲", "low": " ▼"}  # after a value outside its reference interval
# What a mark means is the same in every drawing: a ring is health, a dot now, a diamond a pinned run.
RING = {"marker": "o", "ls": "none", "ms": 9, "mfc": "white", "mec": GREY, "mew": 1.6}
DOT = {"marker": "o", "ls": "none", "ms": 12, "mec": "white", "mew": 1.4}
DIAMOND = {"marker": "D", "ls": "none", "ms": 7, "mfc": "none", "mew": 1.5}


class Picture(Figure):
    """A matplotlib figure that carries its own alternative text (`alt`) into the notebook and the handout.

    `narrow` draws the same picture for a phone, where there is such a drawing.
    """

    alt = ""
    narrow = None

    def png(self, scale=1.5, colours=128):
        """Return the picture as PNG (bytes), `scale` times as large as it is shown, in so many colours."""
        buffer = io.BytesIO()
        self.savefig(buffer, format="png", dpi=scale * self.dpi, pil_kwargs={"compress_level": 0})
        return small_png(buffer.getvalue(), colours)

    def _repr_mimebundle_(self, include=None, exclude=None):
        large = self.png(1.25, 96)
        return stored(large, small_png(large, shrunk=2.5), self.alt, self.bbox)


def stored(large, small, alt, box):
    """Return (data, metadata) of a notebook's output that shows a picture as large as `box`, from PNG bytes.

    JupyterLab shows image/png without its words. So what shows HTML gets the `large` picture with its alternative text, and
    what does not the `small` one.
    """
    large, small = (base64.b64encode(png).decode() for png in (large, small))
    width, height = round(box.width), round(box.height)
    page = f'<img alt="{html.escape(alt)}" width="{width}" src="data:image/png;base64,{large}">'
    data = {"text/html": page, "image/png": small, "text/plain": alt}
    return data, {"image/png": {"alt": alt, "width": width, "height": height}}


def small_png(png, colours=96, shrunk=1):
    """Return a picture (PNG bytes), `shrunk` so many times, on a palette: a third of the bytes, as drawings have few colours.

    The palette is an octree's, which keeps small things in their own colours; a median cut lends them their neighbours'.
    """
    buffer = io.BytesIO()
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    picture = picture.resize([round(side / shrunk) for side in picture.size], Image.Resampling.BOX)
    picture = picture.quantize(colours, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    picture.save(buffer, "png", compress_level=8)  # 9: twice the time
    return buffer.getvalue()


def style():
    """Return the block `with style():`, inside which the project's style holds."""
    return mpl.rc_context(fname=STYLE)


def mix(low, high, share):
    """Return the colour a `share` of the way from the colour `low` to `high`."""
    low, high = np.array(to_rgb(low)), np.array(to_rgb(high))
    return tuple(low + (high - low) * share)


def new_picture(width, height, scale=1):
    """Return an empty `Picture` of `width` by `height` pixels at 100 dots an inch, shown `scale` times as large."""
    picture = Picture(figsize=(width / 100, height / 100), dpi=100 * scale)
    FigureCanvasAgg(picture)
    return picture


def svg_text(figure):
    """Return the figure as SVG text: letters kept as letters, no date, the same names each time."""
    buffer = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "calphos"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return buffer.getvalue()


class Drawing:
    """What a panel draws: one kept picture of which some parts move. The base of every kind of drawing.

    A kind has three methods. `_build()` makes `self.figure` with `self.paper(width, height)` and draws what stands still, in
    the project's style; each artist that will move goes through `self.move(artist)`.
    `update(result)` moves them (SI values in, `self.units` out). `_ghost(result)`, where a run can be pinned, draws it
    small and still and returns the artists. What the picture is compared with is `self.healthy`, what it shows in rows,
    columns or plots `self.names`.

    >>> class Bar(Drawing):
    ...     def _build(self):
    ...         axes = self.paper(300, 100).add_axes((0.1, 0.3, 0.8, 0.6), xlim=(0, 10), ylim=(0, 1))
    ...         self.line = self.move(*axes.plot([0, 0], [0.5, 0.5], lw=9))
    ...     def update(self, level):
    ...         self.line.set_xdata([0, level])
    >>> drawing = Bar()
    >>> drawing.update(3)
    >>> drawing.moving == [drawing.line]
    True
    """

    scale = 1  # how many times as large as drawn the picture is shown

    def __init__(self, healthy=None, names=(), *, units=SI, lecture=False):
        self.healthy, self.names, self.units = healthy, names, check_units(units)
        self.moving, self._ghosts, self._background = [], [], None
        with style():
            self._build()
        self.figure.set_dpi(100 * self.scale * (LECTURE_SCALE if lecture else 1))

    def paper(self, width, height):
        """Begin the picture of the drawing, `width` by `height` pixels, and return it."""
        self.figure = new_picture(width, height)
        return self.figure

    def plot(self, left, bottom, width, height, **options):
        """Return new axes in a box of the picture, in pixels, with the `options` of matplotlib's `add_axes`."""
        across, up = self.figure.bbox.size
        return self.figure.add_axes((left / across, bottom / up, width / across, height / up), **options)

    def move(self, artist):
        """Return `artist` as a part that moves."""
        artist.set_animated(True)
        self.moving.append(artist)
        return artist

    def number(self, plot, at, **look):
        """Return bold words that move, a little right of a place in the plot or (by `xycoords`) at its edge."""
        beside = {"xytext": (6, 0), "textcoords": "offset points", "va": "center", "annotation_clip": False}
        return self.move(plot.annotate(" ", at, fontweight="bold", **beside | look))

    def shown(self, name, values):
        """Return SI values of a quantity in the units shown."""
        return np.asarray(values, dtype=float) * quantity(name).factor(self.units)

    def interval(self, draw, ends):
        """Shade a reference interval with `axes.axhspan` or `axes.axvspan`; nothing where there is none."""
        if ends:
            draw(*ends, facecolor=BAND, edgecolor=BAND_EDGE, linewidth=0.8, zorder=0.5)

    def footnote(self, words, height):
        """Write `words` in grey in the middle, `height` pixels above the lower edge."""
        self.figure.text(0.5, height / self.figure.bbox.height, words, color=GREY, ha="center", va="center")

    def pin(self, results):
        """Keep `results` as ghosts behind what moves, in place of those kept before."""
        for artist in self._ghosts:
            artist.remove()
        self._ghosts = [artist for result in results for artist in self._ghost(result)]
        self._background = None

    def png(self):
        """Return the picture as PNG bytes. What stands still is drawn once and copied back: so a slider feels instant."""
        canvas = self.figure.canvas
        if self._background is None:
            canvas.draw()
            self._background = canvas.copy_from_bbox(self.figure.bbox)
        canvas.restore_region(self._background)
        for artist in self.moving:
            if getattr(artist, "get_text", lambda: "-")().strip():  # words that say nothing cost as much to draw
                self.figure.draw_artist(artist)
        buffer = io.BytesIO()
        Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB").save(buffer, "png", compress_level=1)
        return buffer.getvalue()

    def still(self, result):
        """Return the picture at `result` with the moving parts drawn in, for print."""
        self.update(result)
        for artist in self.moving:
            artist.set_animated(False)
        return self.figure
