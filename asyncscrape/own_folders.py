"""The folders in which a job keeps what is its own: no site may choose the name of a file there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

STATE = "state.db"
PARTS = "parts"
GATHERED = ".asyncscrape-parts"
"""Where several workers gather records in S3, below the place of the tables that are made of them."""
ARCHIVE = "archive"
SHARED = "shared"
"""Where an archive that several workers fill has its index on this machine, below that of the archive."""
OWN = (PARTS, "report", ARCHIVE, "debug")
"""Folders within that of the job."""


def trouble_with_blobs(directory: Path, folder: Path) -> str:
    """Why downloaded files, whose names sites may choose, cannot go to a folder; empty if they can.

    `directory` is the folder of the job.
    """
    if _same(folder, directory):
        return "is the folder of the job itself, where a file could take the place of its state"
    if any(_same(folder, above) for above in directory.resolve().parents):
        return "holds the folder of the job, where a file could take the place of its state"
    if any(_same(place, directory / own) for place in _with_parents(folder) for own in OWN):
        return "is a folder in which the job keeps files of its own"
    resolved = folder.resolve()
    if any((place / STATE).exists() and not _same(place, directory) for place in (resolved, resolved.parent)):
        return "is, or lies in, the folder of another job"
    return ""


def trouble_with_tables(directory: Path, folder: Path) -> str:
    """Why finished tables cannot go to a folder; empty if they can."""
    if any(_same(place, directory / PARTS) for place in _with_parents(folder)):
        return "is a folder in which the job keeps unfinished tables, and which it tidies up"
    return ""


def _with_parents(folder: Path) -> Iterator[Path]:
    resolved = folder.resolve()
    yield resolved
    yield from resolved.parents


def _same(one: Path, other: Path) -> bool:
    """Whether two paths lead to one folder: through links, or in letters that the disk does not tell apart."""
    try:
        return one.resolve() == other.resolve() or one.samefile(other)
    except OSError:  # one of them does not exist yet
        return False
