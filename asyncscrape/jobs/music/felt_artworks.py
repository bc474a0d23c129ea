"""The artworks of tracks whose comments say how they feel, for covers that follow them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from asyncscrape.analysis.finished_tables import in_types
from asyncscrape.errors import UsageError
from asyncscrape.jobs.base import FinishedTables
from asyncscrape.jobs.music.config import Music
from asyncscrape.jobs.music.enrichment.enriched_tables import TRACK_SENTIMENT
from asyncscrape.jobs.music.report.make import blob_folder
from asyncscrape.model import Table

if TYPE_CHECKING:
    import polars as pl

    from asyncscrape.analysis.generation.artwork_colours import Artwork

MOST = 400
"""Artworks that are looked at: those of the tracks with the most comments."""


def felt_artworks_in(tracks: Table) -> Callable[[FinishedTables, str], Sequence[Artwork]]:
    """The function that finds them by this table of tracks."""

    def felt_artworks(finished: FinishedTables, arguments: str) -> Sequence[Artwork]:
        """The artworks, those with the most comments first. Raises UsageError if there are none."""
        from asyncscrape.analysis.generation.artwork_colours import Artwork

        folder = _folder(finished)
        pictures = _pictures(finished, tracks)
        if not finished.has(TRACK_SENTIMENT):
            raise UsageError(f"nobody has asked how its tracks feel; run:  asyncscrape enrich {arguments} comments")
        felt = pictures.join(_moods(finished), left_on="id", right_on="track_id").sort(
            "comments", "id", descending=(True, False)
        )
        if felt.is_empty():
            raise UsageError("no track with an artwork has comments that say how it feels")
        rows = felt.head(MOST).select("image_path", "mood", "comments").iter_rows()
        return [Artwork(folder / path, mood, comments) for path, mood, comments in rows]

    return felt_artworks


def _folder(finished: FinishedTables) -> Path:
    folder = blob_folder(finished.config)
    if folder is None:
        place = finished.config.blob_store.label
        raise UsageError(f"its artworks are in {place}, and only those in a folder can be read")
    return folder


def _pictures(finished: FinishedTables, tracks: Table) -> pl.DataFrame:
    """The tracks that have an artwork."""
    import polars as pl

    stored = in_types(finished.read(tracks), {"id": pl.Int64(), "image_path": pl.String()})
    pictures = stored.drop_nulls().unique("id")
    if pictures.is_empty():
        why = "" if finished.config.section(Music).images else ": the config has images = false"
        raise UsageError(f"it has stored no artworks{why}; set images = true under [music], and run the job again")
    return pictures


def _moods(finished: FinishedTables) -> pl.DataFrame:
    import polars as pl

    known = {"track_id": pl.Int64(), "mood": pl.Float64(), "comments": pl.Int64()}
    moods = in_types(finished.read(TRACK_SENTIMENT), known)
    return moods.filter(pl.col("mood").is_between(-1, 1)).drop_nulls().unique("track_id")
