"""The table `comment_sentiment`: what each comment says about the music.

A comment is judged when it is new, when it was read anew, and when the model has changed. The row of a comment that
is gone goes too.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from asyncscrape.analysis.finished_tables import in_types
from asyncscrape.enrichments import Inputs, Portion, Work
from asyncscrape.jobs.music.enrichment.derived_lines import FETCHED_AT, lines_of, origins, with_origin, withdrawn
from asyncscrape.jobs.music.enrichment.enriched_tables import COMMENT_SENTIMENT
from asyncscrape.model import Lines
from asyncscrape.parsers.soundcloud.music_tables import COMMENTS

if TYPE_CHECKING:
    import polars as pl

    from asyncscrape.analysis.sentiment.judgements import Judgement

AT_ONCE = 5_000
"""Comments judged for one portion: less than half a second's work."""


class SentimentRow(msgspec.Struct, frozen=True, gc=False):
    """A row of the table."""

    comment_id: int
    track_id: int
    artist_id: int
    track_seconds: float | None
    label: str
    probability: float
    sure: bool
    language: str
    positive: float
    neutral: float
    negative: float
    noise: float
    model: str


def work(inputs: Inputs) -> Work:
    """The comments to judge."""
    import polars as pl

    from asyncscrape.analysis.sentiment.weights_file import model_name

    wanted = {**dict.fromkeys(("id", "track_id", "artist_id"), pl.Int64()), "body": pl.String()}
    comments = in_types(inputs.read(COMMENTS), with_origin({**wanted, "track_seconds": pl.Float64()})).drop_nulls(
        "id"
    )
    known = {"comment_id": pl.Int64(), "model": pl.String()}
    judged = in_types(inputs.read(COMMENT_SENTIMENT), with_origin(known))
    current = judged.filter(pl.col("model") == model_name())
    new = comments.join(
        current, left_on=("id", FETCHED_AT), right_on=("comment_id", FETCHED_AT), how="anti", nulls_equal=True
    )
    gone = judged.join(comments, left_on="comment_id", right_on="id", how="anti")
    return Work(new.height, _portions(new.sort(FETCHED_AT, "_url", "id"), gone.sort("comment_id"), model_name()))


async def _portions(new: pl.DataFrame, gone: pl.DataFrame, model: str) -> AsyncGenerator[Portion, None]:
    async for portion in withdrawn(COMMENT_SENTIMENT, gone):
        yield portion
    for start in range(0, new.height, AT_ONCE):
        some = new.slice(start, AT_ONCE)
        yield Portion(await asyncio.to_thread(judged_lines, some, model), start + some.height)


def judged_lines(comments: pl.DataFrame, model: str) -> Mapping[str, Lines]:
    """These comments, judged."""
    from asyncscrape.analysis.sentiment.judge import judge

    facts = comments.select("id", "track_id", "artist_id", "track_seconds").iter_rows()
    judgements = judge(comments["body"].fill_null("").to_list())
    rows = (_row(fact, one, model) for fact, one in zip(facts, judgements, strict=True))
    return lines_of(COMMENT_SENTIMENT, zip(origins(comments), rows, strict=True))


def _row(fact: tuple[Any, ...], one: Judgement, model: str) -> SentimentRow:
    comment, track, artist, seconds = fact
    shares = one.probabilities
    return SentimentRow(
        comment,
        track,
        artist,
        seconds,
        one.label,
        round(one.probability, 4),
        one.sure,
        one.language,
        round(shares.positive, 4),
        round(shares.neutral, 4),
        round(shares.negative, 4),
        round(shares.noise, 4),
        model,
    )
