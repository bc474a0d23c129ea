"""The look of pictures: size, colours, heading, frame and legend; and the PNG bytes.

Figures are made without pyplot, so nothing is kept between reports and no display is needed.
"""

from __future__ import annotations

import io

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.text import Text
from PIL import Image

SIZE = (12.0, 6.75)
DOTS_PER_INCH = 100
COLOURS = ("#d9730d", "#3b5bdb", "#0f8a6c")
INK, QUIET, FAINT = "#1c1c1e", "#6b6b70", "#e3e3e6"
COLOURS_IN_FILE = 200
LEFT, RIGHT = 0.022, 0.97
"""Where headings begin, and where they and drawings end."""


def blank() -> Figure:
    """An empty picture."""
    return Figure(figsize=SIZE, dpi=DOTS_PER_INCH, facecolor="white")


def in_font(text: str) -> str:
    """The text without letters that the font lacks."""
    letters = get_font(findfont(FontProperties())).get_charmap()
    return " ".join("".join(letter if ord(letter) in letters else " " for letter in text).split())


def shortened(text: str, longest: int) -> str:
    """The text with "…" in place of what is too long."""
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"


def heading(whole: Figure, title: str, details: str) -> None:
    """Write a title, and a line of details below it, both shortened where the picture ends."""
    title_line = whole.text(LEFT, 0.945, title, fontsize=19, color=INK, weight="bold", va="center", parse_math=False)
    details_line = whole.text(LEFT, 0.895, details, fontsize=11.5, color=QUIET, va="center", parse_math=False)
    for line in (title_line, details_line):
        _fit(line, (RIGHT - LEFT) * whole.bbox.width)


def _fit(line: Text, room: float) -> None:
    """Shorten a text until it is no wider than that many pixels."""
    whole = line.get_text()
    longest = len(whole)
    while longest > 1 and (wide := line.get_window_extent().width) > room:
        longest = min(longest - 1, int(longest * room / wide) + 1)
        line.set_text(shortened(whole, longest))


def frame(axes: Axes) -> None:
    """Draw a line below and a faint grid, and nothing else around the drawing."""
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(QUIET)
    axes.tick_params(colors=QUIET, labelsize=11, length=0)
    axes.tick_params(axis="x", length=4, pad=5)
    axes.grid(axis="y", color=FAINT, linewidth=0.9)
    axes.set_axisbelow(True)


def no_data(axes: Axes) -> None:
    """Write "no data" instead of a drawing."""
    axes.text(0.5, 0.5, "no data", transform=axes.transAxes, ha="center", va="center", fontsize=22, color=QUIET)
    axes.set(xticks=[], yticks=[])


def legend(whole: Figure, axes: Axes) -> None:
    """Write the names of all lines in a row below the heading."""
    handles, names = axes.get_legend_handles_labels()
    made = whole.legend(
        handles,
        names,
        loc="center left",
        bbox_to_anchor=(0.014, 0.845),
        ncols=max(len(names), 1),
        frameon=False,
        fontsize=12.5,
        handlelength=1.4,
        columnspacing=1.8,
    )
    for text, handle in zip(made.get_texts(), made.get_lines(), strict=True):
        text.set_parse_math(False)
        text.set_color(INK)
        handle.set(linewidth=3, alpha=1)


def png(whole: Figure) -> bytes:
    """The figure as a PNG with a palette of just its colours: the same look in half the bytes."""
    canvas = FigureCanvasAgg(whole)
    canvas.draw()  # type: ignore[no-untyped-call]
    pixels = np.asarray(canvas.buffer_rgba())  # type: ignore[no-untyped-call]
    picture = Image.fromarray(pixels).convert("RGB")
    file = io.BytesIO()
    picture.quantize(COLOURS_IN_FILE, dither=Image.Dither.NONE).save(file, "PNG", dpi=(DOTS_PER_INCH, DOTS_PER_INCH))
    return file.getvalue()
