"""A score as a piano roll: time from left to right, pitch from low to high, a colour for each instrument."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.patches import Patch, Rectangle

from asyncscrape.analysis.generation.scales import OCTAVE
from asyncscrape.analysis.generation.score import BEATS, DRUMS, Score, ScoreNote, ScorePart, Voice
from asyncscrape.analysis.picture_style import FAINT, INK, QUIET, blank, frame, heading, png

NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
BLACK_KEYS = frozenset({1, 3, 6, 8, 10})
COLOURS = {Voice.LEAD: "#d9730d", Voice.BASS: "#3b5bdb", Voice.PAD: "#a9c9bf"}
MOST_NUMBERS = 16
"""Numbers of bars below the roll."""


def piano_roll(score: Score, title: str) -> bytes:
    """The picture as PNG."""
    whole = blank()
    lead = score.notes(Voice.LEAD)
    heading(whole, title, f"{score.bars} bars at {score.bpm:g} BPM, {len(lead)} notes in the melody")
    axes = whole.add_axes((0.055, 0.09, 0.915, 0.72))
    frame(axes)
    tones = [part for part in score.parts if part.voice not in DRUMS]
    _keyboard(axes, [note.pitch for part in tones for note in part.notes])
    for part in sorted(tones, key=lambda part: part.voice is Voice.LEAD):
        _roll(axes, part)
    _bars(axes, score.bars)
    whole.legend(
        handles=[Patch(color=COLOURS[part.voice], label=part.voice.value) for part in tones],
        loc="center left",
        bbox_to_anchor=(0.014, 0.845),
        ncols=len(tones),
        frameon=False,
        fontsize=12,
        labelcolor=INK,
    )
    return png(whole)


def _keyboard(axes: Axes, pitches: list[int]) -> None:
    """A stripe for each black key, and names of the tones C."""
    low, high = min(pitches) - 2, max(pitches) + 2
    for pitch in range(low, high + 1):
        if pitch % OCTAVE in BLACK_KEYS:
            axes.axhspan(pitch - 0.5, pitch + 0.5, color="#f4f4f6", linewidth=0)
    named = [pitch for pitch in range(low, high + 1) if pitch % OCTAVE in (0, 5)]
    axes.set_yticks(named, [f"{NAMES[pitch % OCTAVE]}{pitch // OCTAVE - 1}" for pitch in named])
    axes.set_ylim(low - 0.5, high + 0.5)


def _roll(axes: Axes, part: ScorePart) -> None:
    for note in part.notes:
        axes.add_patch(_block(note, part.voice))


def _block(note: ScoreNote, voice: Voice) -> Rectangle:
    return Rectangle(
        (note.start, note.pitch - 0.42),
        note.length,
        0.84,
        facecolor=COLOURS[voice],
        edgecolor="white",
        linewidth=0.5,
        zorder=3 if voice is Voice.LEAD else 2,
    )


def _bars(axes: Axes, bars: int) -> None:
    """A line at each bar, and a number at some."""
    axes.set_xlim(0, bars * BEATS)
    for bar in range(bars + 1):
        axes.axvline(bar * BEATS, color=QUIET if bar % 4 == 0 else FAINT, linewidth=0.7, zorder=1)
    apart = next(step for step in (1, 2, 4, 8) if bars / step <= MOST_NUMBERS)
    numbered = range(0, bars, apart)
    axes.set_xticks([bar * BEATS for bar in numbered], [str(bar + 1) for bar in numbered])
    axes.grid(visible=False)
