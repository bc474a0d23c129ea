"""The comments of the most discussed track over its time, above its waveform."""

from __future__ import annotations

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from asyncscrape.analysis.picture_style import COLOURS, INK, QUIET, blank, frame, heading
from asyncscrape.jobs.music.report.mood_moments import mood_moments
from asyncscrape.jobs.music.report.picture_data import PictureData
from asyncscrape.jobs.music.report.stored_music import timed
from asyncscrape.jobs.music.report.track_axes import (
    LEFT,
    WIDE,
    draw_wave,
    drawn_track,
    mark_moments,
    signs_of,
    time_axis,
)
from asyncscrape.jobs.music.report.waveform_files import Heights
from asyncscrape.quality.shown_values import counted
from asyncscrape.views.figures import clock, span

STRETCHES = 120
"""Bars of comments over a track."""


def top_track(data: PictureData) -> Figure | None:
    """The comments of the most discussed track over its time, above its waveform."""
    comments = timed(data.music)
    most = comments.group_by("track_id").len().sort("len", "track_id", descending=[True, False]).head(1)
    if most.is_empty():
        return None
    track, number = most.row(0)
    about = drawn_track(data, track)
    seconds = comments.filter(pl.col("track_id") == track)["second"].to_numpy()
    length = max(about.seconds, float(seconds.max()) + 1)
    whole = blank()
    moments = mood_moments(data.music).filter(pl.col("track_id") == track)
    told = (
        f"{counted(number, 'comment')} with a time over {clock(length)}",
        about.artist,
        signs_of(moments),
        data.source,
    )
    heading(whole, f"What people react to: {about.title}", " · ".join(filter(None, told)))
    mark_moments(_draw_reactions(whole, seconds, length, about.wave), moments)
    return whole


def _draw_reactions(whole: Figure, seconds: NDArray[np.int64], length: float, wave: Heights) -> Axes:
    has_wave = bool(wave.any())
    bottom = 0.36 if has_wave else 0.09
    above = whole.add_axes((LEFT, bottom, WIDE, 0.85 - bottom))
    frame(above)
    counts, edges = np.histogram(seconds, bins=STRETCHES, range=(0, length))
    above.bar(edges[:-1], counts, width=length / STRETCHES * 0.86, align="edge", color=COLOURS[0])
    above.yaxis.set_major_locator(MaxNLocator(6, integer=True))
    above.set_ylabel(f"comments in {span(length / STRETCHES)}", color=QUIET, fontsize=11)
    above.set_xlim(0, length)
    peak = int(counts.argmax())
    above.set_ylim(0, counts[peak] * 1.14)
    label = f"{clock(float(edges[peak]))}: {counted(int(counts[peak]), 'comment')}"
    side = "right" if edges[peak] > length * 0.8 else "left" if edges[peak] < length * 0.2 else "center"
    above.text(edges[peak], counts[peak] * 1.03, label, ha=side, va="bottom", fontsize=11, color=INK)
    time_axis(above, length)
    if has_wave:
        above.tick_params(axis="x", labelbottom=False)
        draw_wave(whole.add_axes((LEFT, 0.075, WIDE, 0.255)), wave, length)
    return above
