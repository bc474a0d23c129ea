"""The tables `track_predictions` and `prediction_figures`: what is expected of each track, and how far that is true.

1. The tables become one row of facts for each track.                           `track_facts`
2. For each target, the facts become a question, or a problem is told.          `model_samples.study_of`
3. All experiments of the questions are carried out.                            `_conclude`
4. Predictions are stored, and those of tracks that have none any more go.      `_predictions`
5. Figures are stored last, all at once.                                        `_figures`

All tracks are learnt from together, so all rows are made anew if anything has changed. A run that is killed on its
way leaves no figures of its own, and the next one begins again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from asyncscrape.analysis.finished_tables import in_types
from asyncscrape.enrichments import Inputs, Portion, Work
from asyncscrape.jobs.music.enrichment.derived_lines import (
    FETCHED_AT,
    URL,
    later,
    lines_of,
    origins,
    with_origin,
    withdrawn,
)
from asyncscrape.jobs.music.enrichment.enriched_tables import PREDICTION_FIGURES, TRACK_PREDICTIONS
from asyncscrape.jobs.music.enrichment.predictions.model_samples import PredictionTarget, TargetStudy, study_of
from asyncscrape.jobs.music.enrichment.predictions.predicted_rows import (
    FigureRow,
    PredictionRow,
    figure_rows,
    predicted_tracks,
    prediction_rows,
)
from asyncscrape.jobs.music.enrichment.predictions.track_facts import OPENED, track_facts
from asyncscrape.model import Lines, Table

if TYPE_CHECKING:
    import polars as pl

    from asyncscrape.analysis.models.experiments import Experiment, Tested
    from asyncscrape.analysis.models.study import Conclusion

VERSION = "1"
"""Of columns, models and figures: what was made by another one is made anew."""
AT_ONCE = 5_000
"""Predictions of a portion."""


class StoredKeys(NamedTuple):
    """The rows that are stored: their keys, origins, and what they were made of."""

    predictions: pl.DataFrame
    figures: pl.DataFrame


class TrackPredictions:
    """The step that fills both tables; `tracks` is the job's table of tracks."""

    def __init__(self, tracks: Table) -> None:
        self._tracks = tracks

    def work(self, inputs: Inputs) -> Work:
        """The experiments to carry out."""
        from asyncscrape.analysis.models.study import experiments

        facts = track_facts(inputs, self._tracks)
        studies = [study_of(target, facts.rows) for target in PredictionTarget]
        made_of, made = fingerprint(studies), _made(inputs)
        if _is_current(made, made_of, studies):
            return Work(0, _nothing())
        planned = {one.target: experiments(one.question) if one.question else () for one in studies}
        making = _Making(studies, planned, made, made_of, facts.newest or OPENED)
        return Work(sum(map(len, planned.values())), making.portions())


def fingerprint(studies: Sequence[TargetStudy]) -> str:
    """Tells whether all rows would be made of the same."""
    found = sha256()
    for study in studies:
        samples, columns = study.samples, ("id", "artist_id", "plays", "mood", URL)
        found.update(repr((study.target, samples.columns, study.rows.select(columns).rows())).encode())
        for numbers in (
            samples.target,
            samples.log_ages,
            samples.times,
            samples.groups,
            samples.ties,
            samples.values,
        ):
            found.update(b"" if numbers is None else numbers.tobytes())
    return f"{VERSION} {found.hexdigest()[:24]}"


def _made(inputs: Inputs) -> StoredKeys:
    import polars as pl

    text = pl.String()
    keys = dict.fromkeys(PREDICTION_FIGURES.key, text)
    predictions = inputs.read(TRACK_PREDICTIONS), with_origin({"track_id": pl.Int64(), "made_of": text})
    figures = inputs.read(PREDICTION_FIGURES), with_origin({**keys, "made_of": text})
    # A CSV file writes no text and an empty text alike.
    named = in_types(*figures).with_columns(pl.col(*keys).fill_null(""))
    return StoredKeys(in_types(*predictions).drop_nulls("track_id"), named)


def _is_current(made: StoredKeys, made_of: str, studies: Sequence[TargetStudy]) -> bool:
    """Whether the figures, which are stored last, and all predictions were made of the same as would be now."""
    wanted = predicted_tracks(studies)["track_id"]
    current = {made_of} == {*made.figures["made_of"]} == {*made.predictions["made_of"], made_of}
    return current and made.predictions["track_id"].sort().to_list() == wanted.to_list()


async def _nothing() -> AsyncGenerator[Portion, None]:
    return
    yield


class _Making:
    """Making all rows anew."""

    def __init__(
        self,
        studies: Sequence[TargetStudy],
        planned: Mapping[PredictionTarget, Sequence[Experiment]],
        made: StoredKeys,
        made_of: str,
        time: datetime,
    ) -> None:
        self._studies = studies
        self._planned = planned
        self._made = made
        self._made_of = made_of
        self._time = time
        self._conclusions: dict[PredictionTarget, Conclusion] = {}

    async def portions(self) -> AsyncGenerator[Portion, None]:
        """Steps 3 to 5."""
        done = 0
        async with aclosing(self._conclude()) as steps:
            async for _ in steps:
                done += 1
                yield Portion({}, done)
        for rows in (self._predictions(), self._figures()):
            async with aclosing(rows) as portions:
                async for portion in portions:
                    yield portion._replace(done=done)

    async def _conclude(self) -> AsyncGenerator[Tested, None]:
        """Carry out all experiments, and give each that is done."""
        from asyncscrape.analysis.models.build import outcomes
        from asyncscrape.analysis.models.study import concluded

        for study in self._studies:
            if study.question is None:
                continue
            tested: list[Tested] = []
            async with aclosing(outcomes(self._planned[study.target])) as some:
                async for one in some:
                    tested.append(one)
                    yield one
            self._conclusions[study.target] = await asyncio.to_thread(concluded, study.question, tested)

    async def _predictions(self) -> AsyncGenerator[Portion, None]:
        import polars as pl

        rows = await asyncio.to_thread(prediction_rows, self._studies, self._conclusions)
        rows = self._dated(
            TRACK_PREDICTIONS, rows.with_columns(made_of=pl.lit(self._made_of)), self._made.predictions
        )
        for start in range(0, rows.height, AT_ONCE):
            some = rows.slice(start, AT_ONCE)
            yield Portion(await asyncio.to_thread(_lines, TRACK_PREDICTIONS, PredictionRow, some), 0)
        gone = self._made.predictions.join(rows, on="track_id", how="anti").sort("track_id")
        async for portion in withdrawn(TRACK_PREDICTIONS, gone):
            yield portion

    async def _figures(self) -> AsyncGenerator[Portion, None]:
        import polars as pl

        figures = figure_rows(self._studies, self._conclusions, self._made_of)
        told = pl.DataFrame([*map(msgspec.structs.asdict, figures)], infer_schema_length=None)
        rows = self._dated(PREDICTION_FIGURES, told.with_columns(pl.lit("").alias(URL)), self._made.figures)
        gone = self._made.figures.join(rows, on=PREDICTION_FIGURES.key, how="anti")
        async for portion in withdrawn(PREDICTION_FIGURES, gone.sort(PREDICTION_FIGURES.key)):
            yield portion
        yield Portion(await asyncio.to_thread(_lines, PREDICTION_FIGURES, FigureRow, rows), 0)

    def _dated(self, table: Table, rows: pl.DataFrame, made: pl.DataFrame) -> pl.DataFrame:
        """The rows with the time of the newest of all that they are made of, or later."""
        import polars as pl

        return later(table, rows.with_columns(pl.lit(self._time, pl.Datetime("ms", "UTC")).alias(FETCHED_AT)), made)


def _lines(table: Table, row: type[PredictionRow | FigureRow], rows: pl.DataFrame) -> Mapping[str, Lines]:
    told = rows.select(row.__struct_fields__).iter_rows(named=True)
    return lines_of(table, zip(origins(rows), (row(**one) for one in told), strict=True))
