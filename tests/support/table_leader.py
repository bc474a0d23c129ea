"""The worker that makes the tables of a job in S3, in a process of its own, to be killed.

    python tests/support/table_leader.py ENDPOINT BUCKET FOLDER

It makes the tables of the second generation, and puts them in the place of the first one's.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from asyncscrape.config.stores import record_store
from asyncscrape.destinations import S3Options
from asyncscrape.model import Generation
from asyncscrape.storage.build import build_stores
from support.storage_journal import ITEM, ROW

SECOND = Generation(2, beside=True, begin=10)
LAST = 22
"""The last place in the journal."""


async def main(endpoint: str, bucket: str, folder: str) -> None:
    """Open the store where it has everything, and end the generation."""
    options = S3Options(endpoint, access_key="test", secret_key="secret-of-the-test")
    places = [record_store(f"jsonl:s3://{bucket}/tables")]
    [store] = build_stores(places, Path(folder) / "shop", [ITEM, ROW], "one", options, shared=True)
    await store.open(LAST, SECOND)
    print("open", flush=True)
    await store.finish()
    await store.switch()
    await store.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
