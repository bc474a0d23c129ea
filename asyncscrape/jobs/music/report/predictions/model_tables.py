"""The tables of the page `model.html`, with a chart in each row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape

from asyncscrape.analysis.models.figure_names import LINEAR, R2, R2_FORWARD, R2_SHUFFLED, RIDGE, TREES
from asyncscrape.jobs.music.enrichment.predictions.model_columns import ARTIST, AUDIO, COMMENTS, RELEASE
from asyncscrape.jobs.music.enrichment.predictions.model_samples import BEFORE_COMMENTS, EVERYTHING
from asyncscrape.jobs.music.report.predictions.model_charts import Axis, DrawnShare, axis_of, bars, ticks
from asyncscrape.jobs.music.report.predictions.prediction_findings import (
    MODELS,
    StoredFigure,
    TargetFigures,
)
from asyncscrape.jobs.music.report.predictions.prediction_words import (
    percentage,
    points,
    points_between,
    ranged,
    rounded,
    times,
)
from asyncscrape.jobs.music.report.predictions.unlikely_tracks import UnlikelyTrack

KnownColumns = Mapping[str, tuple[str, str]]
"""The columns that models look at by name: the block of each, and what it may know that it should not."""
SETS_IN_WORDS = {
    RELEASE: "release: what is known when a track comes out",
    ARTIST: "artist: what is counted about the artist today",
    AUDIO: "audio: what is measured in the sound",
    COMMENTS: "comments: what came after the release",
    BEFORE_COMMENTS: "all that is known before comments",
    EVERYTHING: "everything, comments too",
}
MODELS_IN_WORDS = {LINEAR: "plain regression", RIDGE: "ridge regression", TREES: "boosted trees"}
SHARES = {R2: "seen", R2_FORWARD: "later", R2_SHUFFLED: "control"}
"""The bars of a row of the first table: measures, and the class of each."""


def told_table(found: TargetFigures) -> str:
    """How much each model tells from each set of columns, beside the control and the test by time."""
    axis = axis_of(figure for key, figure in found.figures.items() if key[0] in SHARES)
    heads = ("model", ticks(axis), "unseen artists", "later tracks", "control: shuffled")
    bodies = "".join(f"<tbody>{''.join(_set(found, blocks, axis))}</tbody>" for blocks in found.sets)
    return f'<table class="told">{_head(heads)}{bodies}</table>'


def _set(found: TargetFigures, blocks: str, axis: Axis) -> Iterator[str]:
    yield f'<tr><th colspan="5" scope="rowgroup">{SETS_IN_WORDS[blocks]}</th></tr>'
    for model in MODELS:
        known = {measure: found.of(measure, blocks, model) for measure in SHARES}
        if known[R2] is None:
            continue
        drawn = [DrawnShare(SHARES[measure], figure) for measure, figure in known.items() if figure]
        control = known[R2_SHUFFLED]
        told, later = (_told(known[measure]) for measure in (R2, R2_FORWARD))
        yield _row(
            MODELS_IN_WORDS[model],
            ("chart", "", bars(axis, drawn)),
            ("number", "unseen artists", told),
            ("number", "later tracks", later),
            (
                "number flag" if control is None or control.too_good else "number",
                "control",
                _told(control) or "none",
            ),
        )


def _told(figure: StoredFigure | None) -> str:
    return f"{percentage(figure.value)} <small>{ranged(figure.low, figure.high)}</small>" if figure else ""


def importance_table(found: Sequence[tuple[str, StoredFigure]], columns: KnownColumns) -> str:
    """What each column is worth, with its block and what it may know that it should not."""
    axis = axis_of(figure for _, figure in found)
    heads = ("column", ticks(axis), "lost without it", "block, and what to beware of")
    rows = "".join(_column(name, figure, axis, columns) for name, figure in found)
    return f'<table class="looked">{_head(heads)}<tbody>{rows}</tbody></table>'


def _column(name: str, figure: StoredFigure, axis: Axis, columns: KnownColumns) -> str:
    block, beware = columns.get(name, ("", ""))
    about = (
        f"{escape(block)}{'. ' if block and beware else ''}<small>{escape(beware)}</small>" if block or beware else ""
    )
    return _row(
        f"<code>{escape(name)}</code>",
        ("chart", "", bars(axis, [DrawnShare("seen", figure)])),
        (
            "number",
            "lost without it",
            f"{points(figure.value)} <small>{points_between(figure.low, figure.high)}</small>",
        ),
        ("", "block", about),
    )


def unlikely_table(tracks: Sequence[UnlikelyTrack]) -> str:
    """Tracks, with what they have and what was expected."""
    head = _head(("track", "plays", "expected", "so many times"))
    return f'<table class="unlikely">{head}<tbody>{"".join(map(_track, tracks))}</tbody></table>'


def _track(track: UnlikelyTrack) -> str:
    title = escape(track.title)
    linked = f'<a href="{escape(track.url)}" rel="noreferrer">{title}</a>' if track.url else title
    by = f'<br><small class="title">{escape(track.artist)}</small>' if track.artist else ""
    bounds = [rounded(bound) for bound in (track.low, track.high) if bound is not None]
    within = f" <small>({' to '.join(bounds)})</small>" if len(bounds) == 2 else ""
    return _row(
        f'<span class="title">{linked}</span>{by}',
        ("number", "plays", f"{track.plays:,}"),
        ("number", "expected", f"{rounded(track.expected)}{within}"),
        ("number flag" if track.outside else "number", "so many times", times(track.ratio)),
    )


def _head(names: Sequence[str]) -> str:
    return f"<thead><tr>{''.join(f'<th>{name}</th>' for name in names)}</tr></thead>"


def _row(first: str, *cells: tuple[str, str, str]) -> str:
    """A row: its first cell; the others with their class, their name where there are no heads, and content."""
    return f"<tr><td>{first}</td>{''.join(_cell(*cell) for cell in cells)}</tr>"


def _cell(kind: str, name: str, content: str) -> str:
    named = f' data-name="{name}"' if name else ""
    return f'<td class="{kind}"{named}>{content}</td>'
