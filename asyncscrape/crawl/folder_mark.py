"""The mark in the folder of a job whose state is elsewhere: files can only be continued where they were begun.

    <data>/<name>/job-id     the job and its generation, written before the first request

Without it, a machine that takes over would make tables of what comes from now on, and call them finished.
"""

from __future__ import annotations

from pathlib import Path

from asyncscrape.disk import whole_file
from asyncscrape.errors import UsageError
from asyncscrape.own_folders import STATE

MARK = "job-id"


def claim(folder: Path, job: str, generation: int, *, begun: bool) -> None:
    """Mark the folder of a job that begins here. Raises UsageError if it has begun elsewhere."""
    path, mark = folder / MARK, f"{job} {generation}\n"
    found = path.read_text(encoding="utf-8") if path.exists() else ""
    if found == mark:
        return
    if begun and (folder / STATE).exists():
        raise UsageError(
            f"the state of a job is still in {folder / STATE}, although the database has this job: if "
            "`asyncscrape move` was stopped before it was done, the same command does the rest"
        )
    if begun:
        raise UsageError(
            f"{folder} does not have the files that this job has written so far; go on where they are, or start "
            "again with --fresh. A job that moves from machine to machine needs its stores in Postgres and S3"
        )
    folder.mkdir(parents=True, exist_ok=True)
    with whole_file(path, folder / f".{MARK}") as file:
        file.write(mark.encode())
