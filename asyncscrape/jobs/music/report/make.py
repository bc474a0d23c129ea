"""The report as commands call it: from the finished tables to files and a summary on the terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from asyncscrape.destinations import FolderDestination
from asyncscrape.errors import UsageError
from asyncscrape.jobs.base import FinishedTables
from asyncscrape.jobs.music.enrichment.enriched_tables import (
    AUDIO_FEATURES,
    COMMENT_SENTIMENT,
    PREDICTION_FIGURES,
    TRACK_PREDICTIONS,
    TRACK_SENTIMENT,
)
from asyncscrape.jobs.music.report.files import make_music_report
from asyncscrape.jobs.music.report.terminal import shown
from asyncscrape.model import Table

if TYPE_CHECKING:
    from asyncscrape.config.models import Config

SOURCE = "SoundCloud and Beatport"
ENRICHED = (COMMENT_SENTIMENT, TRACK_SENTIMENT, AUDIO_FEATURES, TRACK_PREDICTIONS, PREDICTION_FIGURES)
SYNTHETIC = "synthetic data from the built-in replica"


def report_on(tables: Sequence[Table]) -> Callable[[FinishedTables], RenderableType]:
    """The function that makes the report from these tables of the job, and of its enrichments if there are any."""
    by_name = {table.name: table for table in (*tables, *ENRICHED)}

    def report(finished: FinishedTables) -> RenderableType:
        """Make the report, and return its summary for the terminal."""
        from asyncscrape.jobs.music.report.stored_music import stored_music

        music = stored_music(lambda name: finished.read(by_name[name]), lambda name: finished.has(by_name[name]))
        if music.artists.is_empty() and music.tracks.is_empty():
            raise UsageError("no artists and tracks are stored yet; run the job first, or look at its `errors`")
        blobs = blob_folder(finished.config)
        source = SYNTHETIC if finished.synthetic else SOURCE
        made = make_music_report(music, finished.folder, blobs=blobs, source=source)
        notes = [] if blobs else [Text(_elsewhere(finished.config))]
        return Group(shown(made), *notes)

    return report


def blob_folder(config: Config) -> Path | None:
    """The folder with artworks and waveforms; None if they are in S3."""
    place = config.blob_store.destination
    return (place.folder or config.directory / "blobs") if isinstance(place, FolderDestination) else None


def _elsewhere(config: Config) -> str:
    return f"Artworks and waveforms are in {config.blob_store.label}, so the report does without them."
