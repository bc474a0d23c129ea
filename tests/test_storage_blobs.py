"""What every blob store does, and what is particular to files. A new store joins by one more entry in HOMES."""

from __future__ import annotations

import asyncio
import os
import resource
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from blockbuster import blockbuster_ctx
from storage_disk import small_disk

from asyncscrape.errors import FetchError, StoreError, UsageError
from asyncscrape.model import StoredBlob
from asyncscrape.storage.base import BlobStore
from asyncscrape.storage.specs import build_blobs

URL = "http://127.0.0.1/cover.jpg"


class FilesHome:
    """Where blobs lie as files."""

    def __init__(self, tmp_path: Path) -> None:
        self.directory = tmp_path / "job"

    def store(self) -> BlobStore:
        return build_blobs("files", self.directory)

    def contents(self) -> dict[str, bytes]:
        """All that lies in the store, by path."""
        folder = self.directory / "blobs"
        return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


HOMES: dict[str, Callable[[Path], Any]] = {"files": FilesHome}


@pytest.fixture(params=HOMES)
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    return HOMES[request.param](tmp_path)


async def put(store: BlobStore, path: str, *chunks: bytes) -> StoredBlob:
    sink = await store.open(path, URL)
    for chunk in chunks:
        await sink.write(chunk)
    return await sink.commit("image/jpeg")


async def test_a_blob_lies_whole_under_its_path(home: Any) -> None:
    store = home.store()
    await store.prepare()
    chunks = [os.urandom(size) for size in (1, 70_000, 0, 300_000, 5)]
    stored = await put(store, "covers/a/1.jpg", *chunks)
    data = b"".join(chunks)
    expected = StoredBlob(URL, "covers/a/1.jpg", sha256(data).hexdigest(), len(data), "image/jpeg")
    assert (expected, {"covers/a/1.jpg": data}) == (stored, home.contents())
    await store.close()


async def test_an_empty_blob_is_a_blob(home: Any) -> None:
    store = home.store()
    await store.prepare()
    stored = await put(store, "empty")
    assert (0, sha256().hexdigest(), {"empty": b""}) == (stored.bytes, stored.sha256, home.contents())


async def test_the_newest_blob_under_a_path_wins(home: Any) -> None:
    store = home.store()
    await store.prepare()
    first, second = await store.open("a", URL), await store.open("a", URL)
    await first.write(b"1" * 300_000)
    await second.write(b"2")
    await second.commit("")
    await first.commit("")
    assert {"a": b"1" * 300_000} == home.contents()


@pytest.mark.parametrize("size", [0, 10, 500_000])
async def test_an_aborted_blob_leaves_what_was_there(home: Any, size: int) -> None:
    store = home.store()
    await store.prepare()
    await put(store, "a", b"old")
    sink = await store.open("a", URL)
    await sink.write(b"x" * size)
    await sink.abort()
    await sink.abort()
    assert {"a": b"old"} == home.contents()


async def test_aborting_after_the_commit_does_nothing(home: Any) -> None:
    store = home.store()
    await store.prepare()
    sink = await store.open("a", URL)
    await sink.write(b"x")
    await sink.commit("")
    await sink.abort()
    assert {"a": b"x"} == home.contents()


async def test_what_an_interrupted_run_left_is_removed(home: Any) -> None:
    store = home.store()
    await store.prepare()
    await put(store, "a", b"old")
    sink = await store.open("b", URL)
    await sink.write(b"x" * 500_000)
    await home.store().prepare()
    assert {"a": b"old"} == home.contents()
    await sink.abort()


@pytest.mark.parametrize("path", ["ordinary.jpg", "a b/ü/%2e%2e/x", "..a/b..", "a\u3000b", "a/...", "covers/.hidden"])
async def test_paths_that_stay_inside_are_taken(home: Any, path: str) -> None:
    store = home.store()
    await store.prepare()
    await put(store, path, b"x")
    assert {path: b"x"} == home.contents()


@pytest.mark.parametrize(
    "path",
    [
        *("", "/etc/x", "../x", "a/../../x", "a/..", ".", "a//b", "a/"),
        *("a\0b", "a\nb", "a\\b", "\ud800", "x" * 256, "ü" * 128, "a/" * 2000 + "a"),
    ],
)
async def test_paths_that_have_no_place_spoil_their_url_only(home: Any, path: str) -> None:
    store = home.store()
    await store.prepare()
    with pytest.raises(FetchError) as caught:
        await store.open(path, URL)
    assert ("blob path", False) == (caught.value.reason, caught.value.transient)


# --- files ------------------------------------------------------------------------------------


async def test_a_path_through_another_blob_spoils_its_url_only(tmp_path: Path) -> None:
    home = FilesHome(tmp_path)
    store = home.store()
    await store.prepare()
    await put(store, "a", b"x")
    await put(store, "folder/b", b"x")
    for path in ("a/b", "folder"):
        with pytest.raises(FetchError, match="another file is in the way"):
            await put(store, path, b"y")
    assert {"a": b"x", "folder/b": b"x"} == home.contents()


async def test_the_folder_for_unfinished_blobs_is_not_for_blobs(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="unfinished"):
        await FilesHome(tmp_path).store().open(".incoming/a", URL)


async def test_blobs_may_lie_in_another_folder(tmp_path: Path) -> None:
    store = build_blobs(f"files:{tmp_path / 'elsewhere'}", tmp_path / "job")
    await store.prepare()
    await put(store, "a", b"x")
    assert b"x" == (tmp_path / "elsewhere/a").read_bytes()


def test_unknown_stores_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match='unknown blob store "tape"'):
        build_blobs("tape", tmp_path)


async def test_a_large_blob_takes_little_memory(tmp_path: Path) -> None:
    store = FilesHome(tmp_path).store()
    await store.prepare()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    sink = await store.open("large", URL)
    for _ in range(1000):
        await sink.write(bytes(100_000))
    assert 100_000_000 == (await sink.commit("")).bytes
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000


async def test_a_cancelled_write_can_be_aborted(tmp_path: Path) -> None:
    home = FilesHome(tmp_path)
    store = home.store()
    await store.prepare()
    for _ in range(20):
        sink = await store.open("a", URL)
        task = asyncio.create_task(sink.write(b"x" * 1_000_000))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await sink.abort()
    assert {} == home.contents()


def test_nothing_blocks_the_event_loop(tmp_path: Path) -> None:
    async def job() -> None:
        store = FilesHome(tmp_path).store()
        await store.prepare()
        await put(store, "a/b", b"x" * 500_000)
        sink = await store.open("c", URL)
        await sink.write(b"x" * 500_000)
        await sink.abort()
        await store.close()

    with blockbuster_ctx():
        asyncio.run(job())
    assert {"a/b": b"x" * 500_000} == FilesHome(tmp_path).contents()


async def test_a_full_disk_is_said_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        home = FilesHome(disk.path)
        store = home.store()
        await store.prepare()
        await put(store, "a", b"old")
        disk.fill()
        with pytest.raises(StoreError, match="no room left on the disk"):
            await put(store, "a", *(os.urandom(100_000) for _ in range(20)))
        assert {"a": b"old"} == home.contents()
        disk.empty()
        await put(store, "a", b"new")
        assert {"a": b"new"} == home.contents()
