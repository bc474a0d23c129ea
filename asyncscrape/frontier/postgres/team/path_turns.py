"""Turns at the paths of the blob store: one worker at a time puts a file there, and the next one knows of it.

A turn ends with its worker. One that is gone may still be putting its file, if it is only cut off or frozen: that may
then take the place of another.
"""

from __future__ import annotations

from datetime import timedelta

from asyncscrape.frontier.base import PATH_TURN, PathTurn
from asyncscrape.frontier.postgres.job_schema.transaction import JobWork
from asyncscrape.model import KeptBlob
from asyncscrape.records.lines import decode_claim, encode_claim


async def take(work: JobWork, path: str, generation: int) -> PathTurn:
    """Take the turn at a path, if it is free; and the file that this generation has put there."""
    if not await work.value("take_path", path, work.worker, timedelta(seconds=PATH_TURN)):
        return PathTurn(False)
    line = await work.value("content_at", path, generation)
    return PathTurn(True, None if line is None else decode_claim(line))


async def leave(work: JobWork, path: str, kept: KeptBlob | None, generation: int) -> bool:
    """End the turn of this worker, and record the file; nothing is recorded if it was not its turn any more."""
    if not await work.value("leave_path", path, work.worker):
        return False
    if kept is not None:
        sha256 = "" if kept.order else kept.blob.sha256
        await work.run("save_content", path, sha256, encode_claim(kept), generation)
    return True
