"""The pictures of the report. One without data is not made."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import polars as pl
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from asyncscrape.analysis.picture_style import COLOURS, QUIET, blank, frame, heading, png
from asyncscrape.jobs.music.report.camelot_wheel import wheel
from asyncscrape.jobs.music.report.followers_picture import followers_and_plays
from asyncscrape.jobs.music.report.moods_picture import clearest_moods
from asyncscrape.jobs.music.report.picture_data import PictureData
from asyncscrape.jobs.music.report.top_track_picture import top_track
from asyncscrape.quality.shown_values import counted

FIGURES = ("followers-and-plays.png", "top-track.png", "moods.png", "bpm.png", "keys.png")


def pictures(data: PictureData) -> Iterator[tuple[str, bytes]]:
    """The pictures that there is data for, by file name."""
    makers: tuple[Callable[[PictureData], Figure | None], ...] = (followers, top_track, clearest_moods, bpm, keys)
    for name, make in zip(FIGURES, makers, strict=True):
        whole = make(data)
        if whole is not None:
            yield name, png(whole)


def followers(data: PictureData) -> Figure | None:
    """The plays of artists against their followers."""
    return followers_and_plays(data.music, data.source)


# Tempo and key


def bpm(data: PictureData) -> Figure | None:
    """How many tracks have each tempo."""
    known = data.music.tracks.filter(pl.col("bpm").is_between(20, 400))["bpm"]
    if known.is_empty():
        return None
    counts = np.bincount(np.rint(known.to_numpy()).astype(int))
    low, high = np.percentile(known.to_numpy(), (0.5, 99.5))
    room = max(3, (high - low) * 0.05)
    first, last = int(max(low - room, 0)), int(high + room) + 1
    seen = int(counts[first : last + 1].sum())
    whole = blank()
    left = f"{known.len() - seen:,} slower or faster" if known.len() > seen else ""
    told = (counted(known.len(), "track"), f"median {np.median(known.to_numpy()):g} BPM", left, data.source)
    heading(whole, "Tempo", " · ".join(filter(None, told)))
    axes = whole.add_axes((0.075, 0.115, 0.895, 0.735))
    frame(axes)
    axes.bar(np.arange(counts.size), counts, width=0.84, color=COLOURS[0])
    axes.set_xlim(first - 0.5, last + 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(12, integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.set_xlabel("beats per minute", color=QUIET, fontsize=11)
    axes.set_ylabel("tracks", color=QUIET, fontsize=11)
    return whole


def keys(data: PictureData) -> Figure | None:
    """How many tracks have each key, on a Camelot wheel."""
    known = data.music.tracks.drop_nulls("camelot")["camelot"].value_counts(sort=True)
    counts = dict(known.iter_rows())
    return wheel(counts, data.source)
