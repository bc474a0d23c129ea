"""What the pictures of the report are made of."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from asyncscrape.jobs.music.report.stored_music import StoredMusic


@dataclass(frozen=True)
class PictureData:
    """What the pictures show."""

    music: StoredMusic
    blobs: Path | None
    """The folder with downloads, if they are in one."""
    source: str
