"""The pictures of the report. One without data is not made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullLocator
from numpy.typing import NDArray

from asyncscrape.analysis.picture_style import COLOURS, FAINT, INK, QUIET, blank, frame, heading, in_font, png
from asyncscrape.jobs.music.report.camelot_wheel import wheel
from asyncscrape.jobs.music.report.stored_music import StoredMusic, timed
from asyncscrape.jobs.music.report.waveform_files import HIGHEST, POINTS, Heights, heights
from asyncscrape.quality.shown_values import counted
from asyncscrape.views.figures import clock

FIGURES = ("followers-and-plays.png", "top-track.png", "bpm.png", "keys.png")
NAMED = 14
"""The most artists that are named in a picture."""
LETTER, LINE, NAME_GAP = 9, 14, 6
"""Pixels: the width of a letter, the height of a line, and between a dot and its name."""
LONGEST_NAME, LONGEST_TITLE = 24, 60
STRETCHES = 120
"""Bars of comments over a track."""
STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
"""Seconds between marks on an axis of time."""
MARKS = 11
UNITS = ((1e9, "B"), (1e6, "M"), (1e3, "K"))


@dataclass(frozen=True)
class Material:
    """What the pictures show."""

    music: StoredMusic
    blobs: Path | None
    """The folder with downloads, if they are in one."""
    source: str


def pictures(material: Material) -> Iterator[tuple[str, bytes]]:
    """The pictures that there is data for, by file name."""
    makers: tuple[Callable[[Material], Figure | None], ...] = (followers_and_plays, top_track, bpm, keys)
    for name, make in zip(FIGURES, makers, strict=True):
        whole = make(material)
        if whole is not None:
            yield name, png(whole)


# Followers against plays


def followers_and_plays(material: Material) -> Figure | None:
    """A dot for each artist, on two logarithmic axes."""
    plays = material.music.tracks.group_by(id="artist_id").agg(pl.col("plays").sum())
    artists = material.music.artists.select("id", "name", "followers").join(plays, on="id", how="left")
    known = artists.filter(pl.col("followers") > 0, pl.col("plays") > 0).sort("plays", "id", descending=[True, False])
    if known.is_empty():
        return None
    whole = blank()
    left = artists.height - known.height
    missing = f"{left:,} more without followers or plays" if left else ""
    details = (counted(known.height, "artist"), missing, "logarithmic axes", material.source)
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
        axis.set_major_formatter(FuncFormatter(lambda value, _: short(value)))
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
        place = {
            "xytext": (5 if side == "left" else -5, 0),
            "textcoords": "offset points",
            "ha": side,
            "va": "center",
        }
        axes.annotate(text, (followers, plays), fontsize=10, color=INK, parse_math=False, **place)


def _free(taken: NDArray[np.float64], span: tuple[float, float], y: float) -> bool:
    """Whether nothing is drawn in a stretch of pixels."""
    beside = (taken[:, 0] > span[0]) & (taken[:, 0] < span[1]) & (np.abs(taken[:, 1] - y) < LINE)
    return not beside.any()


# Comments over the top track


def top_track(material: Material) -> Figure | None:
    """The comments of the most discussed track over its time, above its waveform."""
    comments = timed(material.music.comments).join(
        material.music.tracks.select(track_id="id"), on="track_id", how="semi"
    )
    most = comments.group_by("track_id").len().sort("len", "track_id", descending=[True, False]).head(1)
    if most.is_empty():
        return None
    track, number = most.row(0)
    about = material.music.tracks.row(by_predicate=pl.col("id") == track, named=True)
    seconds = comments.filter(pl.col("track_id") == track)["second"].to_numpy()
    length = max((about["duration_ms"] or 0) / 1000, float(seconds.max()) + 1)
    names = dict(material.music.artists.select("id", "name").iter_rows())
    title, artist = in_font(about["title"] or ""), in_font(names.get(about["artist_id"]) or "")
    wave = heights([about["waveform_path"]], material.blobs)[0]
    whole = blank()
    told = (f"{counted(number, 'comment')} with a time over {clock(length)}", artist, material.source)
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
    above.set_ylabel(f"comments in {length / STRETCHES:.1f} s", color=QUIET, fontsize=11)
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
    step = next((step for step in STEPS if length / step <= MARKS), STEPS[-1])
    axes.xaxis.set_major_locator(FixedLocator(np.arange(0, length + 0.001, step).tolist()))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda second, _: clock(second)))


# Tempo and key


def bpm(material: Material) -> Figure | None:
    """How many tracks have each tempo."""
    known = material.music.tracks.filter(pl.col("bpm").is_between(20, 400))["bpm"]
    if known.is_empty():
        return None
    counts = np.bincount(np.rint(known.to_numpy()).astype(int))
    low, high = np.percentile(known.to_numpy(), (0.5, 99.5))
    room = max(3, (high - low) * 0.05)
    first, last = int(max(low - room, 0)), int(high + room) + 1
    seen = int(counts[first : last + 1].sum())
    whole = blank()
    left = f"{known.len() - seen:,} slower or faster" if known.len() > seen else ""
    told = (counted(known.len(), "track"), f"median {known.median():g} BPM", left, material.source)
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


def keys(material: Material) -> Figure | None:
    """How many tracks have each key, on a Camelot wheel."""
    known = material.music.tracks.drop_nulls("camelot")["camelot"].value_counts(sort=True)
    counts = dict(known.iter_rows())
    return wheel(counts, material.source)


def short(number: float) -> str:
    """A round number as an axis shows it: "20K", "1M"."""
    scale, unit = next(((scale, unit) for scale, unit in UNITS if number >= scale), (1.0, ""))
    return f"{number / scale:g}{unit}"


def shortened(text: str, longest: int) -> str:
    """The text with "…" for what is too long."""
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"
