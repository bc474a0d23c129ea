"""The page `tracks.html` of stored music, written and shown."""

from __future__ import annotations

from pathlib import Path

from asyncscrape.jobs.music.report import tracks_page
from asyncscrape.jobs.music.report.stored_music import StoredMusic
from support.browser import Opened


def write_page(folder: Path, stored: StoredMusic, blobs: Path | None = None) -> Path:
    """Write the page into a folder."""
    file = folder / "tracks.html"
    file.write_bytes(tracks_page.page(stored, blobs, "A & B <source>"))
    return file


async def show(window: Opened, file: Path) -> Opened:
    """Show a page in a window that showed another."""
    await window.page.goto("about:blank")
    window.asked.clear()
    await window.page.goto(file.as_uri())
    return window
