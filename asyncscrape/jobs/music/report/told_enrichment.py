"""What enrichments found, on the terminal.

How comments feel, the moments people love and hate, tempos and keys, and how well numbers can be predicted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from asyncscrape.jobs.music.report.findings import FeltMoment, MeasuredAudio, Prediction, ReadComments
from asyncscrape.jobs.music.report.predictions.prediction_words import percentage, ranged
from asyncscrape.quality.shown_values import counted, example, one_line, percent, signed
from asyncscrape.views.figures import clock, count

LABELS = ("positive", "neutral", "negative", "noise", "unsure")
NEARLY = {
    "octave": "an octave away",
    "relative": "its relative",
    "fifth": "a fifth away",
    "parallel": "its parallel",
}
"""The ways in which what is measured is close to what Beatport says."""


def labels(read: ReadComments) -> str:
    """The shares of comments with each label."""
    total = sum(read.labels.values())
    shares = [f"{percent(read.labels.get(label, 0) / total)} {label}" for label in LABELS]
    return f"a small model reads {counted(total, 'comment')}: {' · '.join(shares)}"


def agreement(audio: MeasuredAudio) -> list[str]:
    """How many tracks are measured, and how many tempos and keys agree with Beatport's, a line each."""
    measured = f"{count(audio.tracks - audio.problems)} of {counted(audio.tracks, 'track')} measured"
    compared = {"tempo": audio.tempos, "key": audio.keys}
    return [measured, *(_agreement(noun, found) for noun, found in compared.items() if found)]


def _agreement(noun: str, found: Mapping[str, int]) -> str:
    near = [f"{count(found[way])} {words}" for way, words in NEARLY.items() if way in found]
    same = f"{count(found.get('same', 0))} of {counted(sum(found.values()), noun)} as Beatport says"
    return ", ".join((same, *near))


def prediction(found: Prediction) -> str:
    """How well a number can be predicted; what speaks against believing it comes first."""
    if found.told is None:
        return f"{found.target}: {one_line(found.doubt or 'nothing is known')}"
    share = f"{percentage(found.told)} {ranged(found.low, found.high)}".rstrip()
    # A doubt that ends with the share need not say it twice.
    why_not = one_line(found.doubt or "").removesuffix(f": {share}")
    warned = f"do not rely on it, {why_not}; " if found.doubt else ""
    told = f"{share} of the spread told from {', '.join(found.parts)}"
    control = "" if found.shuffled is None else f"; shuffled {percentage(found.shuffled)}"
    return f"{found.target}: {warned}{told}{control}"


def moments(found: Sequence[FeltMoment]) -> Table:
    """The moments, a row each."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 2, 0, 0), pad_edge=False, show_edge=False)
    table.add_column("", no_wrap=True)
    table.add_column("track", ratio=2, overflow="fold")
    table.add_column("at", justify="right", no_wrap=True)
    table.add_column("comments", justify="right", no_wrap=True)
    table.add_column("mood", justify="right", no_wrap=True)
    table.add_column("one of them", ratio=3, overflow="fold")
    for one in found:
        name = " – ".join(filter(None, (example(one.artist), example(one.title))))
        quote = f"“{example(one.quote)}”" if one.quote else ""
        table.add_row(
            *map(Text, (one.feeling, name, clock(one.second), count(one.comments), signed(one.mood), quote))
        )
    return table
