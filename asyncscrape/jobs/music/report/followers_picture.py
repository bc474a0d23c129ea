"""The picture of followers against plays: an artist with many plays and few followers is worth a look."""

from __future__ import annotations

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator
from numpy.typing import NDArray

from asyncscrape.analysis.picture_style import COLOURS, FAINT, INK, QUIET, blank, frame, heading, in_font, shortened
from asyncscrape.jobs.music.report.stored_music import StoredMusic
from asyncscrape.quality.shown_values import counted

NAMED = 14
"""The most artists that are named."""
LONGEST_NAME = 24
LETTER, LINE, NAME_GAP = 9, 14, 6
"""Pixels: the width of a letter, the height of a line, and between a dot and its name."""
UNITS = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K"))


def followers_and_plays(music: StoredMusic, source: str) -> Figure | None:
    """A dot for each artist that has both, on two logarithmic axes."""
    plays = music.tracks.group_by(id="artist_id").agg(pl.col("plays").cast(pl.Float64).sum())
    artists = music.artists.select("id", "name", "followers").join(plays, on="id", how="left")
    known = artists.filter(pl.col("followers") > 0, pl.col("plays") > 0).sort("plays", "id", descending=[True, False])
    if known.is_empty():
        return None
    whole = blank()
    left = artists.height - known.height
    missing = f"{left:,} more without followers or plays" if left else ""
    details = (counted(known.height, "artist"), missing, "logarithmic axes", source)
    heading(whole, "Followers against plays", " · ".join(filter(None, details)))
    axes = whole.add_axes((0.075, 0.115, 0.895, 0.735))
    frame(axes)
    axes.grid(axis="x", color=FAINT, linewidth=0.9)
    axes.scatter(known["followers"], known["plays"], s=34, color=COLOURS[1], alpha=0.6, linewidths=0)
    _log_axes(axes, known)
    axes.set_xlabel("followers", color=QUIET, fontsize=11)
    axes.set_ylabel("plays of all stored tracks", color=QUIET, fontsize=11)
    _name_dots(axes, known)
    return whole


def _log_axes(axes: Axes, known: pl.DataFrame) -> None:
    axes.set(xscale="log", yscale="log")
    for axis, values in ((axes.xaxis, known["followers"]), (axes.yaxis, known["plays"])):
        low, high = np.log10(np.array([values.min(), values.max()], float))
        room = max((high - low) * 0.06, 0.1)
        axis.set_view_interval(10 ** (low - room), 10 ** (high + room), ignore=True)
        axis.set_major_locator(LogLocator(numticks=9, subs=(1.0,) if high - low > 3 else (1.0, 2.0, 5.0)))
        axis.set_major_formatter(FuncFormatter(short))
        axis.set_minor_locator(NullLocator())


def _name_dots(axes: Axes, known: pl.DataFrame) -> None:
    """Name the artists with the most plays and the most followers, where a name covers no dot and no other name."""
    most_followed = known.sort("followers", "id", descending=[True, False]).head(NAMED)
    wanted = pl.concat([known.head(NAMED), most_followed]).unique("id", maintain_order=True)
    taken = axes.transData.transform(known.select("followers", "plays").to_numpy())
    edge = axes.bbox.x1
    named = 0
    for _, name, followers, plays in wanted.iter_rows():
        text = shortened(in_font(name or ""), LONGEST_NAME)
        x, y = axes.transData.transform((followers, plays))
        wide = LETTER * len(text) + NAME_GAP
        spans = {"left": (x + NAME_GAP, x + wide), "right": (x - wide, x - NAME_GAP)}
        side = next((side for side, span in spans.items() if span[1] < edge and _free(taken, span, y)), None)
        if not text or side is None or named == NAMED:
            continue
        named += 1
        taken = np.concatenate([taken, [(place, y) for place in np.linspace(*spans[side], 12)]])
        axes.annotate(
            text,
            (followers, plays),
            (5 if side == "left" else -5, 0),
            textcoords="offset points",
            ha=side,
            va="center",
            fontsize=10,
            color=INK,
            parse_math=False,
        )


def _free(taken: NDArray[np.float64], room: tuple[float, float], y: float) -> bool:
    """Whether nothing is drawn in a stretch of pixels."""
    beside = (taken[:, 0] > room[0]) & (taken[:, 0] < room[1]) & (np.abs(taken[:, 1] - y) < LINE)
    return not beside.any()


def short(number: float, _: float = 0) -> str:
    """A round number as an axis shows it: "20K", "1M"."""
    scale, unit = next(((scale, unit) for scale, unit in UNITS if number >= scale), (1.0, ""))
    return f"{number / scale:g}{unit}"
