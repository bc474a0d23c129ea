"""The page `model.html`: how well plays and moods can be predicted, from what, and what not to make of it.

One file that needs nothing else: no program, no network. It begins with what speaks against believing it, if anything
does. Titles and names come from strangers, so every text is escaped.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from asyncscrape.analysis.models.figure_names import IMPORTANCE, R2
from asyncscrape.analysis.offline_page import content_hash, filled, template
from asyncscrape.jobs.music.enrichment.predictions.model_columns import about_columns
from asyncscrape.jobs.music.report.predictions.model_chapters import chapter
from asyncscrape.jobs.music.report.predictions.prediction_findings import (
    TargetFigures,
    doubt,
    told_targets,
)
from asyncscrape.jobs.music.report.predictions.prediction_words import TARGETS_IN_WORDS, listed, percentage, ranged
from asyncscrape.jobs.music.report.stored_music import StoredMusic

STYLES = (("asyncscrape.analysis", "quality.css"), ("asyncscrape.jobs.music.report.predictions", "model.css"))


def model_page(music: StoredMusic, source: str) -> bytes | None:
    """The whole page; None if nobody asked for predictions."""
    targets = told_targets(music.prediction_figures)
    if not targets:
        return None
    columns = about_columns(name for found in targets for name in found.named(IMPORTANCE))
    style = "".join(template(*place) for place in STYLES)
    parts = {
        "style": style,
        "style_hash": content_hash(f"\n{style}\n"),
        "verdicts": _verdicts(targets),
        "source": escape(source),
        "targets": "\n".join(chapter(found, music, columns) for found in targets),
    }
    return filled(template("asyncscrape.jobs.music.report.predictions", "model.html"), parts)


def _verdicts(targets: Sequence[TargetFigures]) -> str:
    """A sentence for each target; first those whose figures are not to be believed, last those without figures."""
    doubts = {found.target: doubt(found) for found in targets}
    order = sorted(targets, key=lambda found: (found.problem is not None, doubts[found.target] is None))
    return f'<ul class="verdicts">{"".join(_verdict(found, doubts[found.target]) for found in order)}</ul>'


def _verdict(found: TargetFigures, why_not: str | None) -> str:
    words, r2 = TARGETS_IN_WORDS[found.target], found.of(R2)
    if r2 is None or why_not is not None:
        warned = (
            f"<b>Do not rely on the figures about {words.title.lower()}:</b>"
            if found.figures
            else f"<b>{words.title}:</b>"
        )
        return f'<li class="doubt">{warned} {escape(why_not or "")}.</li>'
    return (
        f"<li><b>{words.title}:</b> {percentage(r2.value)} {ranged(r2.low, r2.high)} of the differences in "
        f"{words.spread} can be told from {listed(found.parts)}.</li>"
    )
