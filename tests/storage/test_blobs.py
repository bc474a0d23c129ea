"""The behaviour that all blob stores share, and that of files. A new store joins as one more home."""

from __future__ import annotations

import asyncio
import os
import resource
import struct
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
from typing import Protocol

import pytest
from blockbuster import blockbuster_ctx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from support.s3_server import Bucket
from support.storage_disk import small_disk

from asyncscrape.config.stores import blob_store
from asyncscrape.errors import FetchError, StoreError, UsageError
from asyncscrape.model import StoredBlob
from asyncscrape.storage.base import BlobStore
from asyncscrape.storage.build import build_blobs

URL = "http://127.0.0.1/cover.jpg"


class Home(Protocol):
    """A blob store seen from outside."""

    def store(self) -> BlobStore: ...

    def contents(self) -> dict[str, bytes]:
        """All blobs in the store, by path."""

    def unfinished(self) -> list[str]:
        """Unfinished blobs in the store."""


class FilesHome:
    """Blobs as files."""

    def __init__(self, tmp_path: Path) -> None:
        self.directory = tmp_path / "job"

    def store(self) -> BlobStore:
        return build_blobs(blob_store("files"), self.directory)

    def contents(self) -> dict[str, bytes]:
        files = self._files()
        return {path: data for path, data in files.items() if not path.startswith(".incoming/")}

    def unfinished(self) -> list[str]:
        return [path for path in self._files() if path.startswith(".incoming/")]

    def _files(self) -> dict[str, bytes]:
        folder = self.directory / "blobs"
        return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


class S3Home:
    """Blobs as objects."""

    def __init__(self, bucket: Bucket, tmp_path: Path) -> None:
        self._bucket = bucket
        self._directory = tmp_path

    def store(self) -> BlobStore:
        spec = blob_store(f"s3://{self._bucket.name}/some/where")
        return build_blobs(spec, self._directory, self._bucket.server.options(part_size=PART))

    def contents(self) -> dict[str, bytes]:
        return self._bucket.contents("some/where/")

    def unfinished(self) -> list[str]:
        return self._bucket.uploads()


PART = 5 * 1024 * 1024
"""The smallest part that real S3 servers accept."""
SIZES = [0, 10, 500_000, PART, PART + 1]


@pytest.fixture(params=["files", "s3"])
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Home:
    if request.param == "files":
        return FilesHome(tmp_path)
    return S3Home(request.getfixturevalue("s3"), tmp_path)


@pytest.fixture
async def store(home: Home) -> AsyncIterator[BlobStore]:
    async with opened(home) as store:
        yield store


@asynccontextmanager
async def opened(home: Home, unfinished: Sequence[str] = ()) -> AsyncIterator[BlobStore]:
    store = home.store()
    try:
        await store.prepare(unfinished)
        yield store
    finally:
        await store.close()


async def put(store: BlobStore, path: str, *chunks: bytes) -> StoredBlob:
    sink = await store.open(path, URL)
    for chunk in chunks:
        await sink.write(chunk)
    return await sink.commit("application/x-test")


def png(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, height) + bytes(9)


async def test_a_blob_is_stored_whole_at_its_path(home: Home, store: BlobStore) -> None:
    chunks = [os.urandom(size) for size in (1, 70_000, 0, 300_000, 5)]
    stored = await put(store, "covers/a/1.jpg", *chunks)
    data = b"".join(chunks)
    expected = StoredBlob(URL, "covers/a/1.jpg", sha256(data).hexdigest(), len(data), "application/x-test")
    assert (expected, {"covers/a/1.jpg": data}) == (replace(stored, etag=None), home.contents())


@pytest.mark.parametrize("size", SIZES)
async def test_a_blob_of_any_size_is_whole(home: Home, store: BlobStore, size: int) -> None:
    data = os.urandom(size)
    pieces = [data[start : start + 100_000] for start in range(0, size, 100_000)]
    stored = await put(store, "a", *pieces)
    assert (size, sha256(data).hexdigest(), {"a": data}) == (stored.bytes, stored.sha256, home.contents())
    assert [] == home.unfinished()


async def test_the_hash_so_far_is_known_before_the_end(store: BlobStore) -> None:
    sink = await store.open("a", URL)
    await sink.write(b"1" * 10)
    assert sha256(b"1" * 10).hexdigest() == sink.sha256
    await sink.write(b"2" * 600_000)
    assert sha256(b"1" * 10 + b"2" * 600_000).hexdigest() == sink.sha256
    await sink.abort()


async def test_the_newest_blob_under_a_path_wins(home: Home, store: BlobStore) -> None:
    first, second = await store.open("a", URL), await store.open("a", URL)
    await first.write(b"1" * 300_000)
    await second.write(b"2")
    await second.commit("")
    await first.commit("")
    assert {"a": b"1" * 300_000} == home.contents()


async def test_the_first_bytes_say_type_and_size(store: BlobStore) -> None:
    wrong = await put(store, "a.jpg", png(30, 20), bytes(600_000))
    assert ("image/png", 30, 20) == (wrong.content_type, wrong.width, wrong.height)


@pytest.mark.parametrize("size", [*SIZES, 2 * PART + 1])
async def test_an_aborted_blob_leaves_what_was_there(home: Home, store: BlobStore, size: int) -> None:
    await put(store, "a", b"old")
    sink = await store.open("a", URL)
    await sink.write(b"x" * size)
    await sink.abort()
    await sink.abort()
    assert ({"a": b"old"}, []) == (home.contents(), home.unfinished())


async def test_aborting_after_the_commit_does_nothing(home: Home, store: BlobStore) -> None:
    sink = await store.open("a", URL)
    await sink.write(b"x")
    await sink.commit("")
    await sink.abort()
    assert {"a": b"x"} == home.contents()


async def test_a_cancelled_write_can_be_aborted(home: Home, store: BlobStore) -> None:
    for _ in range(5):
        sink = await store.open("a", URL)
        task = asyncio.create_task(sink.write(b"x" * 3 * PART))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await sink.abort()
    assert ({}, []) == (home.contents(), home.unfinished())


async def test_what_an_interrupted_run_left_is_removed(home: Home, store: BlobStore) -> None:
    await put(store, "a", b"old")
    sink = await store.open("b", URL)
    await sink.write(b"x" * 3 * PART)
    assert [] != home.unfinished()
    async with opened(home, ["a", "b"]):
        assert ({"a": b"old"}, []) == (home.contents(), home.unfinished())
    await sink.abort()


async def test_preparing_twice_does_no_harm(home: Home, store: BlobStore) -> None:
    await put(store, "a", b"x")
    await store.prepare(["a"])
    await put(store, "b", b"y")
    assert {"a": b"x", "b": b"y"} == home.contents()


async def test_a_probe_says_what_it_found_and_leaves_nothing(home: Home) -> None:
    store = home.store()
    assert "writable" in await store.probe()
    await store.close()
    assert ({}, []) == (home.contents(), home.unfinished())


@pytest.mark.parametrize("path", ["b", "deep/er/b"])
async def test_a_copy_is_a_blob_of_its_own(home: Home, store: BlobStore, path: str) -> None:
    await put(store, "a", b"x")
    await store.copy("a", path)
    await store.copy("a", path)
    await put(store, "a", b"y")
    assert {"a": b"y", path: b"x"} == home.contents()
    assert [] == home.unfinished()


async def test_a_copy_onto_itself_changes_nothing(home: Home, store: BlobStore) -> None:
    await put(store, "a", b"x")
    await store.copy("a", "a")
    assert ({"a": b"x"}, []) == (home.contents(), home.unfinished())


async def test_a_copy_replaces_what_was_there(home: Home, store: BlobStore) -> None:
    await put(store, "a", b"x")
    await put(store, "b", b"y")
    await store.copy("a", "b")
    assert {"a": b"x", "b": b"x"} == home.contents()


async def test_copying_a_missing_blob_fails_only_its_url(home: Home, store: BlobStore) -> None:
    with pytest.raises(FetchError) as caught:
        await store.copy("nothing", "b")
    assert ("blob gone", True, {}) == (caught.value.reason, caught.value.transient, home.contents())


@pytest.mark.parametrize("size", SIZES)
async def test_a_blob_is_brought_into_a_file(home: Home, store: BlobStore, size: int, tmp_path: Path) -> None:
    data = os.urandom(size)
    await put(store, "a/b", data)
    await store.bring("a/b", tmp_path / "brought")
    assert data == (tmp_path / "brought").read_bytes()
    assert {"a/b": data} == home.contents()


async def test_a_missing_blob_is_brought_nowhere(store: BlobStore, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="no longer in the store"):
        await store.bring("nothing", tmp_path / "brought")
    assert not (tmp_path / "brought").exists()


async def test_removing_a_blob_twice_does_no_harm(home: Home, store: BlobStore) -> None:
    await put(store, "a/b", b"x")
    await put(store, "a/c", b"y")
    for path in ("a/b", "a/b", "never/there"):
        await store.remove(path)
    assert {"a/c": b"y"} == home.contents()


@pytest.mark.parametrize("path", ["ordinary.jpg", "a b/ü/%2e%2e/x", "..a/b..", "a\u3000b", "a/...", "covers/.hidden"])
async def test_paths_that_stay_inside_are_accepted(home: Home, store: BlobStore, path: str) -> None:
    await put(store, path, b"x")
    await store.copy(path, "copy")
    assert {path: b"x", "copy": b"x"} == home.contents()
    await store.remove(path)
    assert {"copy": b"x"} == home.contents()


@pytest.mark.parametrize(
    "path",
    [
        *("", "/etc/x", "../x", "a/../../x", "a/..", ".", "a//b", "a/", ".incoming/a", ".INcoming/a"),
        *("a\0b", "a\nb", "a\\b", "\ud800", "\uffff", "x" * 256, "ü" * 128, "a/" * 2000 + "a"),
    ],
)
async def test_paths_that_the_store_cannot_hold_fail_only_their_url(home: Home, path: str) -> None:
    store = home.store()
    for attempt in (store.open(path, URL), store.copy("a", path)):
        with pytest.raises(FetchError) as caught:
            await attempt
        assert ("blob path", False) == (caught.value.reason, caught.value.transient)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chunks=st.lists(st.binary(max_size=3000) | st.integers(0, 3_000_000).map(bytes), max_size=6))
def test_any_chunks_make_the_same_blob(home: Home, chunks: list[bytes]) -> None:
    async def job() -> StoredBlob:
        async with opened(home) as store:
            return await put(store, "a", *chunks)

    stored, data = asyncio.run(job()), b"".join(chunks)
    assert (len(data), sha256(data).hexdigest(), {"a": data}) == (stored.bytes, stored.sha256, home.contents())


# --- files ------------------------------------------------------------------------------------


async def test_a_path_through_another_blob_fails_only_its_url(tmp_path: Path) -> None:
    home = FilesHome(tmp_path)
    store = home.store()
    await store.prepare(())
    await put(store, "a", b"x")
    await put(store, "folder/b", b"x")
    for path in ("a/b", "folder"):
        with pytest.raises(FetchError, match="another file is in the way"):
            await put(store, path, b"y")
    assert {"a": b"x", "folder/b": b"x"} == home.contents()


async def test_blobs_may_go_to_another_folder(tmp_path: Path) -> None:
    store = build_blobs(blob_store(f"files:{tmp_path / 'elsewhere'}"), tmp_path / "job")
    await store.prepare(())
    await put(store, "a", b"x")
    assert b"x" == (tmp_path / "elsewhere/a").read_bytes()


async def test_a_folder_that_has_become_that_of_the_job_is_refused(tmp_path: Path) -> None:
    (tmp_path / "job").mkdir()
    (tmp_path / "elsewhere").symlink_to(tmp_path / "job")
    store = build_blobs(blob_store(f"files:{tmp_path / 'elsewhere'}"), tmp_path / "job")
    for attempt in (store.prepare(()), store.probe()):
        with pytest.raises(UsageError, match="is the folder of the job itself"):
            await attempt
    assert [] == list((tmp_path / "job").iterdir())


async def test_a_large_blob_takes_little_memory(tmp_path: Path) -> None:
    store = FilesHome(tmp_path).store()
    await store.prepare(())
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    sink = await store.open("large", URL)
    for _ in range(1000):
        await sink.write(bytes(100_000))
    assert 100_000_000 == (await sink.commit("")).bytes
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000


def test_nothing_blocks_the_event_loop(tmp_path: Path) -> None:
    async def job() -> None:
        store = FilesHome(tmp_path).store()
        await store.prepare(())
        await put(store, "a/b", b"x" * 500_000)
        sink = await store.open("c", URL)
        await sink.write(b"x" * 500_000)
        await sink.abort()
        await store.close()

    with blockbuster_ctx():
        asyncio.run(job())
    assert {"a/b": b"x" * 500_000} == FilesHome(tmp_path).contents()


async def test_a_full_disk_is_reported_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        home = FilesHome(disk.path)
        store = home.store()
        await store.prepare(())
        await put(store, "a", b"old")
        disk.fill()
        with pytest.raises(StoreError, match="no room left on the disk"):
            await put(store, "a", *(os.urandom(100_000) for _ in range(20)))
        assert {"a": b"old"} == home.contents()
        disk.empty()
        await put(store, "a", b"new")
        assert {"a": b"new"} == home.contents()
