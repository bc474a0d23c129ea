"""The pictures of the report. One without data is not made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from asyncscrape.analysis.picture_style import COLOURS, INK, QUIET, blank, frame, heading, in_font, png, shortened
from asyncscrape.jobs.music.report.camelot_wheel import wheel
from asyncscrape.jobs.music.report.followers_picture import followers_and_plays
from asyncscrape.jobs.music.report.stored_music import StoredMusic, sound_seconds, timed
from asyncscrape.jobs.music.report.waveform_files import HIGHEST, POINTS, Heights, heights
from asyncscrape.quality.shown_values import counted
from asyncscrape.views.figures import clock, span

FIGURES = ("followers-and-plays.png", "top-track.png", "bpm.png", "keys.png")
LONGEST_TITLE, LONGEST_NAME = 90, 40
STRETCHES = 120
"""Bars of comments over a track."""
STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800)
"""Seconds between marks on an axis of time."""
MARKS = 11


@dataclass(frozen=True)
class PictureData:
    """What the pictures show."""

    music: StoredMusic
    blobs: Path | None
    """The folder with downloads, if they are in one."""
    source: str


def pictures(data: PictureData) -> Iterator[tuple[str, bytes]]:
    """The pictures that there is data for, by file name."""
    makers: tuple[Callable[[PictureData], Figure | None], ...] = (followers, top_track, bpm, keys)
    for name, make in zip(FIGURES, makers, strict=True):
        whole = make(data)
        if whole is not None:
            yield name, png(whole)


def followers(data: PictureData) -> Figure | None:
    """The plays of artists against their followers."""
    return followers_and_plays(data.music, data.source)


# Comments over the top track


def top_track(data: PictureData) -> Figure | None:
    """The comments of the most discussed track over its time, above its waveform."""
    comments = timed(data.music)
    most = comments.group_by("track_id").len().sort("len", "track_id", descending=[True, False]).head(1)
    if most.is_empty():
        return None
    track, number = most.row(0)
    about = data.music.tracks.with_columns(length=sound_seconds()).row(by_predicate=pl.col("id") == track, named=True)
    seconds = comments.filter(pl.col("track_id") == track)["second"].to_numpy()
    length = max(about["length"] or 0, float(seconds.max()) + 1)
    names = dict(data.music.artists.select("id", "name").iter_rows())
    title = in_font(about["title"] or "") or in_font(about["permalink"] or "") or f"track {track}"
    artist = shortened(in_font(names.get(about["artist_id"]) or ""), LONGEST_NAME)
    wave = heights([about["waveform_path"]], data.blobs)[0]
    whole = blank()
    told = (f"{counted(number, 'comment')} with a time over {clock(length)}", artist, data.source)
    heading(whole, f"What people react to: {shortened(title, LONGEST_TITLE)}", " · ".join(filter(None, told)))
    _draw_reactions(whole, seconds, length, wave)
    return whole


def _draw_reactions(whole: Figure, seconds: NDArray[np.int64], length: float, wave: Heights) -> None:
    has_wave = bool(wave.any())
    bottom = 0.36 if has_wave else 0.09
    above = whole.add_axes((0.075, bottom, 0.895, 0.85 - bottom))
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
    _time_axis(above, length)
    if has_wave:
        above.tick_params(axis="x", labelbottom=False)
        _draw_wave(whole.add_axes((0.075, 0.075, 0.895, 0.255)), wave, length)


def _draw_wave(axes: Axes, wave: Heights, length: float) -> None:
    frame(axes)
    axes.grid(visible=False)
    at = (np.arange(POINTS) + 0.5) * length / POINTS
    axes.bar(at, 2.0 * wave, bottom=-1.0 * wave, width=length / POINTS * 0.7, color=COLOURS[1])
    axes.set(xlim=(0, length), ylim=(-HIGHEST, HIGHEST), yticks=[])
    axes.set_ylabel("waveform", color=QUIET, fontsize=11, labelpad=22)
    _time_axis(axes, length)


def _time_axis(axes: Axes, length: float) -> None:
    step = next((step for step in STEPS if length / step <= MARKS), length / MARKS)
    axes.xaxis.set_major_locator(FixedLocator(np.arange(0, length + 0.001, step).tolist()))
    axes.xaxis.set_major_formatter(FuncFormatter(_mark))


def _mark(second: float, _: float) -> str:
    return clock(second)


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
