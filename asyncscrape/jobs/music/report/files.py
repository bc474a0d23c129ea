"""The files of the music job's report.

1. The figures for the terminal are counted.     `summary`
2. CSV files, pictures and pages are made.       `_contents`
3. Each file appears whole, or not at all.       `report_files.write`
4. Pictures and the page about predictions of an older report go, if there is no data for them any more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from asyncscrape.analysis.report_files import Content, write
from asyncscrape.jobs.music.report.findings import Summary

if TYPE_CHECKING:
    from asyncscrape.jobs.music.report.stored_music import StoredMusic

COVERS = "artworks.png"
PAGE = "tracks.html"
MODEL_PAGE = "model.html"


@dataclass(frozen=True)
class MusicReport:
    """The figures of a report, and the files that were written."""

    summary: Summary
    files: tuple[Path, ...]
    missing: tuple[str, ...]
    """The pictures there is no data for."""


def make_music_report(music: StoredMusic, folder: Path, *, blobs: Path | None, source: str) -> MusicReport:
    """Make the report in a folder; downloads are in the folder `blobs`, if in any."""
    from asyncscrape.jobs.music.report.pictures import FIGURES
    from asyncscrape.jobs.music.report.summary import summary

    figures = summary(music)
    written = write(folder, _contents(music, blobs, source))
    names = {path.name for path in written}
    missing = tuple(name for name in (*FIGURES, COVERS) if name not in names)
    for name in {*missing, MODEL_PAGE} - names:
        (folder / name).unlink(missing_ok=True)
    return MusicReport(figures, written, missing)


def _contents(music: StoredMusic, blobs: Path | None, source: str) -> Iterator[tuple[str, Content]]:
    """The files by name; each is made when its turn comes, so that only one is in memory."""
    from asyncscrape.jobs.music.report.contact_sheet import contact_sheet
    from asyncscrape.jobs.music.report.original_csv import original_files
    from asyncscrape.jobs.music.report.picture_data import PictureData
    from asyncscrape.jobs.music.report.pictures import pictures
    from asyncscrape.jobs.music.report.predictions.model_page import model_page
    from asyncscrape.jobs.music.report.tracks_page import page

    yield from original_files(music)
    yield from pictures(PictureData(music, blobs, source))
    sheet = contact_sheet(music.tracks.sort("plays", "id", descending=True, nulls_last=True)["image_path"], blobs)
    if sheet is not None:
        yield COVERS, sheet
    yield PAGE, page(music, blobs, source)
    about_model = model_page(music, source)
    if about_model is not None:
        yield MODEL_PAGE, about_model
