"""Small blobs that share a step: each has its own fate, and none is left half done."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path

import pytest
from support.storage_disk import small_disk

from asyncscrape.errors import FetchError, StoreError
from asyncscrape.model import StoredBlob
from asyncscrape.storage.base import BlobSink
from asyncscrape.storage.files.blob_groups import LARGE_GROUP
from asyncscrape.storage.files.blobs import FileBlobs

URL = "http://127.0.0.1/cover.jpg"
SIZES = [1, 3, 40, LARGE_GROUP + 50]
"""A group in one thread, in several, and more blobs than fit in one."""


@pytest.fixture
async def blobs(tmp_path: Path) -> AsyncIterator[FileBlobs]:
    async with asyncio.timeout(300):
        store = FileBlobs(tmp_path / "blobs", Path("job"))
        await store.prepare(())
        yield store
        await store.close()


async def begun(blobs: FileBlobs, path: str, data: bytes) -> BlobSink:
    sink = await blobs.open(path, URL)
    await sink.write(data)
    return sink


async def commits(blobs: FileBlobs, *wanted: tuple[str, bytes]) -> list[StoredBlob | BaseException]:
    """Commit all at once; what becomes of each."""
    sinks = [await begun(blobs, path, data) for path, data in wanted]
    ends = await asyncio.gather(*(sink.commit("") for sink in sinks), return_exceptions=True)
    for sink in sinks:
        await sink.abort()
    return ends


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("folders", [1, 50])
async def test_all_blobs_of_a_group_are_stored(blobs: FileBlobs, tmp_path: Path, size: int, folders: int) -> None:
    wanted = {f"{n % folders}/{n}": os.urandom(1 + n) for n in range(size)}
    ends = await commits(blobs, *wanted.items())
    told = [(end.path, end.bytes, end.sha256) for end in ends if isinstance(end, StoredBlob)]
    assert [(path, len(data), sha256(data).hexdigest()) for path, data in wanted.items()] == told
    assert wanted == contents(tmp_path / "blobs")


@pytest.mark.parametrize("others", SIZES)
async def test_a_bad_path_fails_alone_in_its_group(blobs: FileBlobs, tmp_path: Path, others: int) -> None:
    before = {"file": b"x", "folder/x": b"x"}
    await commits(blobs, *before.items())
    good = {f"a/{n}": b"%d" % n for n in range(others)}
    bad = {"file/x": b"y", "folder": b"y"}
    half = others // 2
    ends = await commits(blobs, *[*good.items()][:half], *bad.items(), *[*good.items()][half:])
    assert ["blob path"] * 2 == [end.reason for end in ends if isinstance(end, FetchError)]
    assert [half, half + 1] == [place for place, end in enumerate(ends) if isinstance(end, FetchError)]
    assert (others, before | good) == (sum(isinstance(end, StoredBlob) for end in ends), contents(tmp_path / "blobs"))


async def test_the_later_of_two_blobs_for_one_path_wins(blobs: FileBlobs, tmp_path: Path) -> None:
    ends = await commits(blobs, *(("a", b"%d" % n) for n in range(100)))
    assert 100 == sum(isinstance(end, StoredBlob) for end in ends)
    assert {"a": b"99"} == contents(tmp_path / "blobs")


async def test_a_disk_that_fills_within_a_group_fails_what_is_not_safe_yet(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        blobs = FileBlobs(disk.path / "blobs", Path("job"))
        await blobs.prepare(())
        await commits(blobs, ("0", b"old"))
        disk.fill()
        sizes = [20_000, *[250_000] * 5]
        ends = await commits(blobs, *((str(n), os.urandom(size)) for n, size in enumerate(sizes)))
        kept = {end.path for end in ends if isinstance(end, StoredBlob)}
        full = [str(end) for end in ends if isinstance(end, StoreError)]
        disk.empty()
        if os.path.ismount(disk.path):  # a limit on the size of files lets all of these pass
            assert full
            assert all("no room left on the disk" in why for why in full)
        assert (len(sizes), kept | {"0"}) == (len(kept) + len(full), contents(disk.path / "blobs").keys())
        await commits(blobs, ("0", b"new"))
        assert b"new" == (disk.path / "blobs/0").read_bytes()
        await blobs.close()


async def test_who_is_cancelled_in_a_group_leaves_nothing_half_done(blobs: FileBlobs, tmp_path: Path) -> None:
    sinks = [await begun(blobs, str(n), b"%d" % n) for n in range(20)]
    tasks = [asyncio.create_task(sink.commit("")) for sink in sinks]
    await asyncio.sleep(0)  # one is in its step, the others wait
    for task in tasks[::2]:
        task.cancel()
    ends = await asyncio.gather(*tasks, return_exceptions=True)
    for sink in sinks:
        await sink.abort()
    stored = contents(tmp_path / "blobs")
    assert [True, False] * 10 == [isinstance(end, asyncio.CancelledError) for end in ends]
    assert {str(n): b"%d" % n for n in range(1, 20, 2)} == {path: stored[path] for path in map(str, range(1, 20, 2))}
    assert stored.keys() <= {"0"} | {str(n) for n in range(1, 20, 2)}, "only one was on its way"


async def test_closing_waits_for_what_is_on_its_way(tmp_path: Path) -> None:
    blobs = FileBlobs(tmp_path / "blobs", Path("job"))
    await blobs.prepare(())
    sinks = [await begun(blobs, str(n), b"x") for n in range(50)]
    tasks = [asyncio.create_task(sink.commit("")) for sink in sinks]
    await asyncio.sleep(0)
    await blobs.close()
    assert dict.fromkeys(map(str, range(50)), b"x") == contents(tmp_path / "blobs")
    await asyncio.gather(*tasks)
