"""The chapters of the page `model.html`, one for each number that is predicted.

What was asked ─► how well it can be told ─► how sure one prediction is ─► what it looked at ─► what surprises it
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape

from asyncscrape.analysis.models.figure_names import AGE_POWER, GAIN, IMPORTANCE, R2
from asyncscrape.jobs.music.enrichment.predictions.model_samples import PredictionTarget
from asyncscrape.jobs.music.report.predictions.model_scatter import scatter
from asyncscrape.jobs.music.report.predictions.model_tables import (
    KnownColumns,
    importance_table,
    told_table,
    unlikely_table,
)
from asyncscrape.jobs.music.report.predictions.prediction_findings import (
    StoredFigure,
    TargetFigures,
    doubt,
)
from asyncscrape.jobs.music.report.predictions.prediction_sureness import sureness
from asyncscrape.jobs.music.report.predictions.prediction_words import (
    TARGETS_IN_WORDS,
    listed,
    percentage,
    points,
    points_between,
    power,
    ranged,
)
from asyncscrape.jobs.music.report.predictions.unlikely_tracks import outside_share, unlikely_tracks
from asyncscrape.jobs.music.report.stored_music import StoredMusic
from asyncscrape.quality.shown_values import counted

MOST_COLUMNS = 15
LEAST_WORTH = 0.005
"""A column that is worth less is not told of."""
LEAST_GROWN = 1.05
"""Times as many plays at twice the age; with fewer, age is not worth a word."""
BEYOND = " A model can lose more than it had: it is then further off than one number for all tracks."
NAMED = re.compile("`([^`]*)`")
LEGEND = (
    '<div class="legend"><span><svg><rect class="seen" width="18" height="10"/></svg>artists not seen before</span>'
    '<span><svg><rect class="later" y="2" width="18" height="6"/></svg>later tracks, learnt from earlier ones</span>'
    '<span><svg><rect class="control" y="2" width="18" height="6"/></svg>control: shuffled numbers</span>'
    '<span><svg><line class="range" x2="18" y1="5" y2="5"/></svg>where it lies with 95 % certainty</span></div>'
)


def chapter(found: TargetFigures, music: StoredMusic, columns: KnownColumns) -> str:
    """All about one number."""
    words = TARGETS_IN_WORDS[found.target]
    parts = _problem(found) if found.problem is not None else _answers(found, music, columns)
    return f'<section id="{found.target}"><h2>{words.title}</h2>{"".join(parts)}</section>'


def _problem(found: TargetFigures) -> Iterator[str]:
    help_words = NAMED.sub(r"<b>\1</b>", escape(TARGETS_IN_WORDS[found.target].help))
    yield _said(f"This could not be learnt: {escape(found.problem or '')}.")
    yield f"<h3>What would help</h3>{_said(help_words)}"


def _answers(found: TargetFigures, music: StoredMusic, columns: KnownColumns) -> Iterator[str]:
    if why_not := doubt(found):
        yield _said(f'<span class="flag">Do not rely on these figures: {escape(why_not)}.</span>')
    yield f"<h3>What was asked</h3>{_asked(found)}"
    if found.sets:
        yield f"<h3>How well it can be told</h3>{''.join(_well(found))}"
    sure = "".join(map(_said, sureness(found, music.track_predictions)))
    if sure := sure + scatter(music.track_predictions, found.target):
        yield f"<h3>How sure one prediction is</h3>{sure}"
    if worth := [(name, one) for name, one in found.named(IMPORTANCE).items() if one.value >= LEAST_WORTH]:
        yield f"<h3>What it looked at</h3>{_looked(found, worth, columns)}"
    if found.target == PredictionTarget.POPULARITY:
        yield from _surprises(music)


def _said(sentence: str) -> str:
    """A paragraph, in which a number stays on the line of its per cent."""
    return f"<p>{sentence.replace(' %', '&nbsp;%')}</p>"


def _asked(found: TargetFigures) -> str:
    words, r2, age = TARGETS_IN_WORDS[found.target], found.of(R2), found.of(AGE_POWER)
    told = [
        f"A model sees what is known of a track ({listed(found.parts)}), and has seen no other track of its artist. "
        f"Can it tell {words.question}?"
    ]
    if r2:
        told.append(
            f"It was tried on {counted(r2.tracks, 'track')} by {counted(r2.groups, 'group')} of artists. Artists "
            "who work together are one group, as far as that leaves enough others, and a model is tested on groups "
            "of which it has seen no track."
        )
    if age:
        told.append(_aged(power(2, age.value)))
    return "".join(map(_said, told))


def _aged(grown: float) -> str:
    """What age adds, given how many times as many plays twice the age goes with."""
    if grown < LEAST_GROWN:
        return "Older tracks have hardly more plays here than newer ones."
    return (
        f"Older tracks have more plays: twice the age goes with {grown:.2g} times the plays. That is taken out "
        "first; what is said below is about the rest."
    )


def _well(found: TargetFigures) -> Iterator[str]:
    words, r2, linear = TARGETS_IN_WORDS[found.target], found.of(R2), found.of(GAIN)
    if r2:
        yield _said(
            f"<b>{percentage(r2.value)}</b> {ranged(r2.low, r2.high)} of the differences in {words.spread} are told. "
            "0 % is what one number for all tracks tells, and 100 % would be knowing each. Below 0 % is worse than "
            "that one number. (Statisticians call this share R².)"
        )
    if linear:
        yield _said(_gain(linear, told=r2 is not None and r2.above_zero))
    yield LEGEND
    yield told_table(found)
    yield (
        '<p class="quiet">The control learns from the same tracks with their numbers dealt out anew, so there is '
        "nothing to be told: it must be near 0 %. A plain regression with many columns falls far below, since it "
        "takes chance for a rule; the other two hold back.</p>"
    )


def _gain(gain: StoredFigure, *, told: bool) -> str:
    more = f"{points(gain.value)} {points_between(gain.low, gain.high)}".rstrip()
    if gain.above_zero and not told:
        return (
            f"Boosted trees are less wrong than the plain regression of the original project, by {more} of 100, "
            "but do not clearly tell anything themselves."
        )
    if gain.above_zero:
        return f"Boosted trees tell more than a plain regression, as the original project had it: {more} of 100."
    return (
        "Boosted trees tell no more than a plain regression, as the original project had it, as far as can be seen: "
        f"the difference is {more} of 100."
    )


def _looked(found: TargetFigures, worth: Sequence[tuple[str, StoredFigure]], columns: KnownColumns) -> str:
    shown = worth[:MOST_COLUMNS]
    r2 = found.of(R2)
    more = r2 is not None and shown[0][1].value > r2.value
    less = len(found.named(IMPORTANCE)) - len(shown)
    rest = (
        f'<p class="quiet">{counted(less, "other column")} {"tells" if less == 1 else "tell"} less.</p>'
        if less
        else ""
    )
    said = _said(
        "The share above falls when a column is dealt out anew among the unseen tracks: by so much the model leans "
        "on it. The line runs from the least to the most in one part of the tracks. Nothing here says what makes a "
        f"track successful.{BEYOND if more else ''}"
    )
    return said + importance_table(shown, columns) + rest


def _surprises(music: StoredMusic) -> Iterator[str]:
    share = outside_share(music.track_predictions)
    more, fewer = unlikely_tracks(music)
    if not more and not fewer:
        return
    yield "<h3>Tracks that surprise it</h3>"
    if share is not None:
        yield _said(
            f"Those in red lie outside of what nine of ten get, as {percentage(share)} of all tracks do. About one "
            "in ten does so by chance: look at why, but take no single one for a discovery."
        )
    for title, tracks in (("Far more plays than expected", more), ("Far fewer plays than expected", fewer)):
        if tracks:
            yield f"<h4>{title}</h4>{unlikely_table(tracks)}"
