"""A track in a picture: its time from left to right, its waveform, and the moments that people love or hate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter

from asyncscrape.analysis.picture_style import COLOURS, QUIET, frame, in_font, shortened
from asyncscrape.jobs.music.report.picture_data import PictureData
from asyncscrape.jobs.music.report.waveform_files import HIGHEST, POINTS, Heights, heights
from asyncscrape.jobs.music.track_times import sound_seconds
from asyncscrape.views.figures import clock

LONGEST_TITLE, LONGEST_NAME = 90, 40
STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800)
"""Seconds between marks on an axis of time."""
MARKS = 11
SIGNS = {"loved": ("♥", "#1f6fd1"), "hated": ("✕", "#c2410c")}
"""The sign and the colour of a moment."""
NARROWEST = 1
"""Seconds of a moment in a drawing, even if all its comments stand at once."""
LEFT, WIDE = 0.075, 0.895
"""Where a track begins, and how wide it is, as shares of the picture."""


@dataclass(frozen=True)
class DrawnTrack:
    """What a picture of a track needs to know of it."""

    title: str
    artist: str
    seconds: float
    """Its length; 0 if that is not known."""
    wave: Heights


def drawn_track(data: PictureData, number: int) -> DrawnTrack:
    """A stored track, its texts in letters that the font has."""
    tracks = data.music.tracks.with_columns(seconds=sound_seconds())
    about = tracks.filter(pl.col("id") == number).row(0, named=True)
    names = dict(data.music.artists.select("id", "name").iter_rows())
    title = in_font(about["title"] or "") or in_font(about["permalink"] or "") or f"track {number}"
    artist = shortened(in_font(names.get(about["artist_id"]) or ""), LONGEST_NAME)
    wave = heights([about["waveform_path"]], data.blobs)[0]
    return DrawnTrack(shortened(title, LONGEST_TITLE), artist, about["seconds"] or 0, wave)


def draw_wave(axes: Axes, wave: Heights, length: float) -> None:
    """Draw a waveform over the time of its track."""
    frame(axes)
    axes.grid(visible=False)
    at = (np.arange(POINTS) + 0.5) * length / POINTS
    axes.bar(at, 2.0 * wave, bottom=-1.0 * wave, width=length / POINTS * 0.7, color=COLOURS[1])
    axes.set(xlim=(0, length), ylim=(-HIGHEST, HIGHEST), yticks=[])
    axes.set_ylabel("waveform", color=QUIET, fontsize=11, labelpad=22)
    time_axis(axes, length)


def time_axis(axes: Axes, length: float) -> None:
    """Mark the time below a drawing."""
    step = next((step for step in STEPS if length / step <= MARKS), length / MARKS)
    axes.xaxis.set_major_locator(FixedLocator(np.arange(0, length + 0.001, step).tolist()))
    axes.xaxis.set_major_formatter(FuncFormatter(_mark))


def _mark(second: float, _: float) -> str:
    return clock(second)


def mark_moments(axes: Axes, moments: pl.DataFrame) -> None:
    """Mark moments above a drawing of their track."""
    for feeling, second, until in moments.select("feeling", "second", "until").iter_rows():
        sign, colour = SIGNS[feeling]
        axes.axvspan(second, max(until, second + NARROWEST), color=colour, alpha=0.09, linewidth=0)
        place = axes.get_xaxis_transform()
        axes.text(
            (second + until) / 2, 1.01, sign, color=colour, transform=place, ha="center", va="bottom", fontsize=12
        )


def signs_of(moments: pl.DataFrame) -> str:
    """What the signs of these moments mean; nothing without any."""
    found = set(moments["feeling"])
    told = [f"{sign} {feeling}" for feeling, (sign, _) in SIGNS.items() if feeling in found]
    return f"{', '.join(told)}, as a small model reads it" if told else ""
