"""Files that were made of a page are stored with it: their rows in the table of files, and what holds each path."""

from __future__ import annotations

from support.frontier_work import commit, item_of, offer, page, take

from asyncscrape.frontier.base import Worker
from asyncscrape.model import KeptBlob, Origin, StoredBlob
from asyncscrape.records.lines import decode_blob

TIME = "2026-11-20T10:00:00.000Z"


def picture(name: str, sha256: str) -> KeptBlob:
    url = page(1).url
    return KeptBlob(StoredBlob(f"{url}#{name}", f"{name}.png", sha256, 3, "image/png"), Origin(url, TIME))


async def test_a_page_may_bring_files_of_its_own(worker: Worker) -> None:
    await worker.journal.register({"a": ["jsonl"]})
    await offer(worker, page(1))
    (taken,) = await take(worker)
    files = [picture("a", "aa" * 32), picture("b", "bb" * 32)]
    committed = await commit(worker, item_of(taken, files=files))
    assert 3 == committed.records
    assert files == [await worker.kept_at("a.png"), await worker.kept_at("b.png")]
    assert files[1].blob == await worker.content_of("bb" * 32)
    batches = {batch.table: batch.lines for batch in await worker.journal.read(0, 1_000_000)}
    assert {"item", "blobs"} == batches.keys()
    assert files == [decode_blob(line) for line in batches["blobs"].splitlines()]
