"""The track with the clearest moments: its mood along its time above its waveform, and what people say there.

1. The track is chosen by its best moment of each feeling.   `_clearest`
2. Its mood is drawn, fading where few comments stand behind it.   `_draw_mood`
3. Its moments are marked, and listed with a comment each.   `_list_moments`
"""

from __future__ import annotations

from functools import partial

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from asyncscrape.analysis.picture_style import INK, QUIET, blank, frame, heading, in_font, shortened
from asyncscrape.jobs.music.report.mood_curves import POINTS, Curves, Numbers, curves
from asyncscrape.jobs.music.report.mood_moments import evidence, mood_moments
from asyncscrape.jobs.music.report.picture_data import PictureData
from asyncscrape.jobs.music.report.track_axes import (
    LEFT,
    SIGNS,
    WIDE,
    draw_wave,
    drawn_track,
    mark_moments,
    time_axis,
)
from asyncscrape.jobs.music.report.waveform_files import Heights
from asyncscrape.quality.shown_values import counted, signed
from asyncscrape.views.figures import clock

MOST = 3
"""Moments of each feeling that are marked and listed."""
HALF_SURE = 3.0
"""Comments behind a mood that is drawn half faded."""
STRONGEST = 0.5
"""The share of its colour in an area that is sure."""
LONGEST_QUOTE = 64
COLUMNS = {"loved": LEFT, "hated": LEFT + WIDE / 2}
"""Where the list of each feeling begins."""


def clearest_moods(data: PictureData) -> Figure | None:
    """The mood along the track whose moments are clearest."""
    moments = _clearest(data)
    if moments.is_empty():
        return None
    number = moments["track_id"][0]
    read = data.music.track_sentiment.filter(pl.col("track_id") == number).head(1)
    about, row = drawn_track(data, number), read.row(0, named=True)
    length = max(row["seconds"] or about.seconds, *moments["until"])
    judged = sum(row[name] or 0 for name in ("positive", "neutral", "negative"))
    whole = blank()
    read_in = f"as a small model reads {judged:,} of {counted(row['comments'] or 0, 'comment')}"
    told = (read_in, about.artist, data.source)
    heading(whole, f"The mood along the track: {about.title}", " · ".join(filter(None, told)))
    _draw(whole, curves(read), length, moments, about.wave)
    return whole


def _clearest(data: PictureData) -> pl.DataFrame:
    """The best moments of the track with the clearest ones, where its curve is known."""
    drawable = data.music.track_sentiment.join(data.music.tracks, left_on="track_id", right_on="id", how="semi")
    known = drawable.filter(pl.Series(np.isfinite(curves(drawable).moods).any(axis=1)))
    moments = mood_moments(data.music).join(known, on="track_id", how="semi").with_columns(evidence=evidence())
    best = moments.group_by("track_id", "feeling").agg(pl.col("evidence").max())
    clear = best.group_by("track_id").agg(pl.col("evidence").sum())
    chosen = clear.sort("evidence", "track_id", descending=[True, False]).head(1)
    own = moments.join(chosen, on="track_id", how="semi").sort("evidence", "second", descending=[True, False])
    return own.filter(pl.int_range(pl.len()).over("feeling") < MOST)


def _draw(whole: Figure, curve: Curves, length: float, moments: pl.DataFrame, wave: Heights) -> None:
    has_wave = bool(wave.any())
    bottom = 0.43 if has_wave else 0.26
    above = whole.add_axes((LEFT, bottom, WIDE, 0.83 - bottom))
    _draw_mood(above, curve, length)
    mark_moments(above, moments)
    time_axis(above, length)
    if has_wave:
        above.tick_params(axis="x", labelbottom=False)
        draw_wave(whole.add_axes((LEFT, 0.235, WIDE, 0.175)), wave, length)
    for feeling, left in COLUMNS.items():
        _list_moments(whole, moments.filter(pl.col("feeling") == feeling), left)


def _draw_mood(axes: Axes, curve: Curves, length: float) -> None:
    frame(axes)
    axes.axhline(0, color=QUIET, linewidth=0.8)
    x, y = np.linspace(0, length, 2 * POINTS + 1), _between(curve.moods[0])
    sure = (curve.weights[0] / (curve.weights[0] + HALF_SURE)).repeat(2)
    for n in np.flatnonzero(np.isfinite(y[:-1] + y[1:])):
        here = slice(n, n + 2)
        colour = _mixed(SIGNS["loved" if y[here].sum() > 0 else "hated"][1], sure[n])
        axes.fill_between(x[here], y[here], facecolor=colour, edgecolor=colour, linewidth=0.6)
        axes.plot(x[here], y[here], color=INK, alpha=0.1 + 0.9 * sure[n], linewidth=1.6, solid_capstyle="butt")
    axes.set(xlim=(0, length), ylim=(-1, 1), yticks=(-1, 0, 1), yticklabels=("negative", "neutral", "positive"))


def _mixed(colour: str, share: float) -> tuple[float, ...]:
    """The colour, mixed with white: areas side by side would show a seam if one could see through them."""
    return tuple(1 - STRONGEST * share * (1 - part) for part in to_rgb(colour))


def _between(mood: Numbers) -> Numbers:
    """The mood at the edges and in the middle of each stretch; it goes straight from one middle to the next."""
    before, after = np.append(np.nan, mood[:-1]), np.append(mood[1:], np.nan)
    edges = np.where(np.isfinite(before), (before + mood) / 2, mood)
    made = np.full(2 * mood.size + 1, np.nan)
    made[:-1:2], made[1::2] = edges, mood
    ends = np.isfinite(mood) & ~np.isfinite(after)
    made[2::2][ends] = mood[ends]
    return made


def _list_moments(whole: Figure, moments: pl.DataFrame, left: float) -> None:
    for place, one in enumerate(moments.sort("second").iter_rows(named=True)):
        sign, colour = SIGNS[one["feeling"]]
        high, right = 0.15 - 0.055 * place, left + 0.075
        quote = shortened(in_font(one["quote"] or ""), LONGEST_QUOTE)
        about = f"{counted(one['comments'], 'comment')}, mood {signed(one['mood'])}"
        line = partial(whole.text, va="center", parse_math=False)
        line(left, high, f"{sign} {clock(one['second'])}", color=colour, fontsize=12, weight="bold")
        line(right, high + 0.01, f"“{quote}”" if quote else "", color=INK, fontsize=11.5)
        line(right, high - 0.013, about, color=QUIET, fontsize=9.5)
