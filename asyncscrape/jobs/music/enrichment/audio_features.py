"""The table `audio_features`: what is measured in the audio file of each track.

A file is measured when it is new or has other bytes, when the measurement has changed, and when Beatport tells
another tempo or key to compare with. The row of a track whose file is gone goes too.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from asyncscrape.analysis.finished_tables import in_types
from asyncscrape.enrichments import Inputs, Portion, Work
from asyncscrape.errors import FetchError
from asyncscrape.jobs.music.enrichment import shop_agreement
from asyncscrape.jobs.music.enrichment.derived_lines import later, origins, with_origin, withdrawn
from asyncscrape.jobs.music.enrichment.enriched_tables import AUDIO_FEATURES
from asyncscrape.model import BLOBS, Lines, Origin, Record, Table
from asyncscrape.records.lines import encode

if TYPE_CHECKING:
    import polars as pl

    from asyncscrape.analysis.audio.measured import Measured
    from asyncscrape.analysis.audio.workers import Workers

log = logging.getLogger(__name__)


class TrackFile(msgspec.Struct, frozen=True):
    """The file of a track, and what Beatport says of the track."""

    track_id: int
    artist_id: int | None
    path: str
    bpm: float | None
    key: str | None
    made_of: str


class AudioFeatures:
    """The step that fills the table; `tracks` is the job's table of tracks."""

    def __init__(self, tracks: Table) -> None:
        self._tracks = tracks

    def work(self, inputs: Inputs) -> Work:
        """The files to measure."""
        import polars as pl

        files = self._files(inputs)
        known = {"track_id": pl.Int64(), "made_of": pl.String()}
        measured = in_types(inputs.read(AUDIO_FEATURES), with_origin(known))
        changed = files.join(measured, on=("track_id", "made_of"), how="anti")
        new = later(AUDIO_FEATURES, changed, measured).sort("track_id")
        gone = measured.join(files, on="track_id", how="anti").sort("track_id")
        return Work(new.height, _portions(inputs, new, gone))

    def _files(self, inputs: Inputs) -> pl.DataFrame:
        """The file of each track that has one: the uploader's own, else the preview, and what its row is made of."""
        import polars as pl

        from asyncscrape.analysis.audio.measured import VERSION

        number, text = pl.Int64(), pl.String()
        wanted = {"id": number, "artist_id": number, "download_path": text, "preview_path": text}
        tracks = in_types(inputs.read(self._tracks), {**wanted, "bpm": pl.Float64(), "key": text})
        blobs = in_types(inputs.read(BLOBS), with_origin({"path": text, "sha256": text}))
        kept = blobs.sort("_fetched_at").unique("path", keep="last").drop_nulls("path")
        found = pl.concat(
            tracks.select("artist_id", "bpm", "key", track_id="id", path=path).join(kept, on="path")
            for path in ("download_path", "preview_path")
        ).unique("track_id", keep="first", maintain_order=True)
        parts = pl.lit(VERSION), "sha256", pl.col("bpm").cast(text), "key"
        return found.with_columns(made_of=pl.concat_str(*parts, separator=" ", ignore_nulls=True))


async def _portions(inputs: Inputs, new: pl.DataFrame, gone: pl.DataFrame) -> AsyncGenerator[Portion, None]:
    async for portion in withdrawn(AUDIO_FEATURES, gone):
        yield portion
    columns = TrackFile.__struct_fields__
    files = [TrackFile(*row) for row in new.select(columns).iter_rows()]
    done = 0
    async with aclosing(_measured(inputs, list(zip(files, origins(new), strict=True)))) as results:
        async for file, origin, measured in results:
            done += 1
            yield Portion({} if measured is None else _lines(file, origin, measured), done)


async def _measured(
    inputs: Inputs, files: list[tuple[TrackFile, Origin]]
) -> AsyncGenerator[tuple[TrackFile, Origin, Measured | None], None]:
    """Each file with what is measured in it, on all cores; None if it could not be measured this time."""
    from asyncscrape.analysis.audio.build import workers

    ahead: deque[tuple[TrackFile, Origin, asyncio.Task[Measured | None]]] = deque()
    with workers() as measuring:
        try:
            for file, origin in files:
                ahead.append((file, origin, asyncio.create_task(_measure(inputs, file, measuring))))
                while len(ahead) > measuring.ahead:
                    yield await _next(ahead)
            while ahead:
                yield await _next(ahead)
        finally:
            for _, _, task in ahead:
                task.cancel()


async def _next(
    ahead: deque[tuple[TrackFile, Origin, asyncio.Task[Measured | None]]],
) -> tuple[TrackFile, Origin, Measured | None]:
    file, origin, task = ahead[0]
    measured = await task
    ahead.popleft()
    return file, origin, measured


async def _measure(inputs: Inputs, file: TrackFile, measuring: Workers) -> Measured | None:
    from asyncscrape.analysis.audio.measured import AudioProblem

    here = inputs.folder / f"{file.track_id}{Path(file.path).suffix}"
    try:
        await inputs.bring(file.path, here)
        found = await asyncio.wrap_future(measuring.submit(here))
    except FetchError as gone:
        log.warning("track %d: %s; a run of the job may bring it back", file.track_id, gone)
        return None
    finally:
        here.unlink(missing_ok=True)
    if isinstance(found, AudioProblem) and found.passing:
        log.warning("track %d was not measured: %s; the next time it is tried again", file.track_id, found.why)
        return None
    return found


def _lines(file: TrackFile, origin: Origin, measured: Measured) -> Mapping[str, Lines]:
    row = {"track_id": file.track_id, "artist_id": file.artist_id, "path": file.path, "made_of": file.made_of}
    return encode([Record(AUDIO_FEATURES.name, row | columns(file, measured))], origin)


def columns(file: TrackFile, measured: Measured) -> dict[str, Any]:
    """The columns of what is measured, and how far it agrees with Beatport; or the problem."""
    from asyncscrape.analysis.audio.measured import AudioProblem, flat

    if isinstance(measured, AudioProblem):
        return {"problem": measured.why}
    tempo = measured.tempo
    return flat(measured) | {
        "bpm_difference": round(tempo - file.bpm, 3) if tempo and file.bpm else None,
        "bpm_agreement": shop_agreement.of_tempos(tempo, file.bpm),
        "key_agreement": shop_agreement.of_keys(measured.key, file.key),
    }
