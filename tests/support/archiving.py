"""Kept answers written into S3, one batch after the other, by a process that may be killed.

python tests/support/archiving.py FOLDER BUCKET ENDPOINT
"""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from multidict import CIMultiDict

from asyncscrape.archive.kept_answer import framed
from asyncscrape.archive.redaction import Redaction
from asyncscrape.archive.warc_records import kept
from asyncscrape.config import stores
from asyncscrape.destinations import ArchiveDestination, S3Options
from asyncscrape.model import ANSWERS, Batch, Request, Response
from asyncscrape.storage.base import RecordStore
from asyncscrape.storage.build import build_archive
from support.s3_server import Server

JOB = "items"
BATCHES = 24
IN_A_BATCH = 3
BEGIN = datetime(2026, 11, 1, tzinfo=UTC)


def answer(number: int) -> Response:
    """Every fourth has a body that an older one has too."""
    body = f"<h1>{number if number % 4 else number % 8}</h1>".encode()
    headers = CIMultiDict({"Content-Type": "text/html"})
    at = BEGIN + timedelta(seconds=number)
    return Response(Request(f"http://site.example/{number}"), 200, headers, body, at)


def batch(seq: int) -> Batch:
    """The batch at this place of the journal."""
    numbers = range(seq * IN_A_BATCH, (seq + 1) * IN_A_BATCH)
    lines = b"".join(framed(kept(answer(number), Redaction())) for number in numbers)
    return Batch(seq, ANSWERS, IN_A_BATCH, lines)


def archive(folder: Path, place: str, options: S3Options) -> RecordStore:
    """The archive of the job."""
    return build_archive(ArchiveDestination(folder / JOB, JOB, stores.blob_store(place), options), "one")


async def keep_all(store: RecordStore) -> None:
    """Keep what it does not have yet."""
    done = await store.open(0)
    for seq in range(done + 1, BATCHES + 1):
        await store.write([batch(seq)])
    await store.close()


if __name__ == "__main__":
    folder, bucket, endpoint = sys.argv[1:]
    asyncio.run(keep_all(archive(Path(folder), f"s3://{bucket}/kept", Server(endpoint).options())))
