"""Two workers that store files at one path end as one process would: one file is kept, and every row is true."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
from support.frontier_work import ITEM
from support.frontiers import Shared, in_postgres
from support.responses import response
from support.s3_server import Bucket, FaultProxy

from asyncscrape.downloads.path_claims import PathClaims
from asyncscrape.downloads.store_gate import StoreGate
from asyncscrape.errors import FetchError, Postponed, Reason, Superseded
from asyncscrape.frontier.base import Group, Worker
from asyncscrape.model import BLOBS, KeptBlob, Kind, Outcome, Request, State, newest_note
from asyncscrape.storage.s3.blobs import S3Blobs

PATH = "portraits/x.png"
LARGE = 5 * 1024 * 1024 + 1


class Storing(NamedTuple):
    """A worker and its gate."""

    worker: Worker
    gate: StoreGate

    async def store(self, name: str, body: bytes = b"", order: int = 0) -> KeptBlob:
        """Download a file to the path and keep it; with an order, the path is for the newest of several."""
        note = newest_note(PATH, order) if order else ""
        request = Request(f"http://{name}.test/x.png", Kind.BLOB, path=PATH, note=note)
        self.gate.enter()
        async with self.gate.sink(request) as sink:
            await sink.write(body or name.encode())
            return await self.gate.keep(sink, request, response(b"", "image/png", request.url))


@pytest.fixture
def shared(tmp_path: Path) -> Shared:
    return in_postgres(tmp_path)


@pytest.fixture
def proxy(s3: Bucket) -> Iterator[FaultProxy]:
    with FaultProxy(s3.server) as proxy:
        yield proxy


@asynccontextmanager
async def storing(shared: Shared, proxy: FaultProxy, s3: Bucket) -> AsyncIterator[Storing]:
    """A worker that stores files in S3."""
    async with shared.join() as worker:
        blobs = S3Blobs(s3.name, "files", proxy.server.options(part_size=LARGE - 1))
        gate = StoreGate(blobs, PathClaims(worker), 60.0, time.monotonic)
        await worker.agree([ITEM, BLOBS])
        await gate.prepare(await worker.unfinished_paths())
        try:
            yield Storing(worker, gate)
        finally:
            await gate.close()


@asynccontextmanager
async def two(shared: Shared, proxy: FaultProxy, s3: Bucket) -> AsyncIterator[tuple[Storing, Storing]]:
    async with storing(shared, proxy, s3) as one, storing(shared, proxy, s3) as other:
        yield one, other


def at_the_path(s3: Bucket) -> bytes:
    return s3.contents("files/")[PATH]


async def until_it_is_put(proxy: FaultProxy) -> None:
    """Wait until a file is on its way to its path."""
    async with asyncio.timeout(20):
        while not any(method == "PUT" for method, _ in proxy.headers):
            await asyncio.sleep(0.001)


async def test_of_two_files_at_once_one_keeps_the_path_and_the_other_is_refused(
    shared: Shared, proxy: FaultProxy, s3: Bucket
) -> None:
    async with two(shared, proxy, s3) as (one, other):
        proxy.delay = 0.05
        found = await asyncio.gather(one.store("a"), other.store("b"), return_exceptions=True)
        [kept] = [one for one in found if isinstance(one, KeptBlob)]
        [refused] = [one for one in found if isinstance(one, FetchError)]
        assert (Reason.BLOB_PATH, False) == (refused.reason, refused.transient)
        assert kept.blob.url in refused.detail
        assert at_the_path(s3) == kept.blob.url.removeprefix("http://")[:1].encode()
        assert kept.blob == (await one.store(kept.blob.url[7:8])).blob
        assert kept.blob == (await other.store(kept.blob.url[7:8])).blob


async def test_equal_bytes_are_no_clash(shared: Shared, proxy: FaultProxy, s3: Bucket) -> None:
    async with two(shared, proxy, s3) as (one, other):
        found = await asyncio.gather(one.store("a", b"same"), other.store("b", b"same"))
    assert ["http://a.test/x.png", "http://b.test/x.png"] == [kept.blob.url for kept in found]


@pytest.mark.parametrize("first", [1, 2])
async def test_the_file_that_was_offered_last_has_the_path_whichever_comes_first(
    shared: Shared, proxy: FaultProxy, s3: Bucket, first: int
) -> None:
    async with two(shared, proxy, s3) as (one, other):
        proxy.delay = 0.05
        second = 3 - first
        begun = asyncio.create_task(one.store(f"{first}", order=first))
        await until_it_is_put(proxy)
        then = asyncio.create_task(other.store(f"{second}", order=second))
        found = await asyncio.gather(begun, then, return_exceptions=True)
        assert b"2" == at_the_path(s3)
        if first == 1:
            newer = found[1]
            assert isinstance(newer, KeptBlob)
            assert newer.replaced is not None
            assert "http://1.test/x.png" == newer.replaced.url
        else:
            assert isinstance(found[1], Superseded)


async def test_what_a_dead_worker_had_put_stays_with_its_url(shared: Shared, proxy: FaultProxy, s3: Bucket) -> None:
    """Its download is not stored as done; another worker makes it again, and the row that it replaced still goes."""
    async with two(shared, proxy, s3) as (dead, other):
        before = await other.store("1", order=1)
        lost = await dead.store("2", order=2)
        await shared.expire(dead.worker)
        again = await other.store("2", order=2)
        assert lost.replaced == again.replaced
        assert again.replaced is not None
        assert before.blob.url == again.replaced.url
        with pytest.raises(Superseded):
            await other.store("1", order=1)
    assert b"2" == at_the_path(s3)


async def test_one_that_dies_in_the_middle_gives_up_the_path(shared: Shared, proxy: FaultProxy, s3: Bucket) -> None:
    async with two(shared, proxy, s3) as (dead, other):
        proxy.delay = 0.3
        dying = asyncio.create_task(dead.store("a"))
        await until_it_is_put(proxy)
        await shared.expire(dead.worker)
        kept = await other.store("b")
        with pytest.raises(FetchError, match="another worker may have put"):
            await dying
        with pytest.raises(FetchError, match=r"is the path of another file, from http://b\.test"):
            await other.store("a")
        assert "http://b.test/x.png" == kept.blob.url


async def test_one_that_was_cut_off_puts_nothing_at_a_path_that_may_be_another_file_s(
    shared: Shared, proxy: FaultProxy, s3: Bucket
) -> None:
    """Its first try has failed, and it would try again."""
    with FaultProxy(s3.server) as way:
        async with storing(shared, proxy, s3) as cut_off, storing(shared, way, s3) as other:
            proxy.misbehave("slow", methods=("PUT",))
            late = asyncio.create_task(cut_off.store("a"))
            await until_it_is_put(proxy)
            await shared.expire(cut_off.worker)
            await cut_off.worker.totals()
            await other.store("b")
            proxy.behave()
            with pytest.raises(Postponed):
                await late
    assert b"b" == at_the_path(s3)


async def test_a_worker_that_begins_aborts_no_upload_of_a_living_one(
    shared: Shared, proxy: FaultProxy, s3: Bucket
) -> None:
    """Both have leased downloads to one path, and one of them is dead."""
    requests = [Request(f"http://{name}.test/x.png", Kind.BLOB, path=PATH) for name in "ab"]
    async with storing(shared, proxy, s3) as one:
        await one.worker.commit_and_take(Group(offers=requests), {}, 0.0)
        grants = await one.worker.acquire()
        leased = await one.worker.poll({grant.host: 1 for grant in grants[:1]}, 0.0)
        [mine] = [request for taken in leased.values() for request in taken.requests]
        await one.worker.give_back({grant.host for grant in grants[1:]})
        async with shared.join("dead") as dead:
            await dead.poll({grant.host: 1 for grant in await dead.acquire()}, 0.0)
        one.gate.enter()
        async with one.gate.sink(mine) as sink:
            await sink.write(bytes(LARGE))
            await sink.write(bytes(LARGE))
            async with storing(shared, proxy, s3):
                kept = await one.gate.keep(sink, mine, response(b"", "image/png", mine.url))
        await one.worker.commit_and_take(Group([Outcome(mine, State.DONE, kept=kept)]), {}, 0.0)
    assert 2 * LARGE == len(at_the_path(s3))
