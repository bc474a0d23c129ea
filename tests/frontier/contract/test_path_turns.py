"""Workers that put files at one path of the blob store: one at a time, and the next one knows of it."""

from __future__ import annotations

from msgspec.structs import replace
from support.frontiers import Shared

from asyncscrape.frontier.base import PathTurn
from asyncscrape.model import KeptBlob, Origin, StoredBlob

FREE, BUSY = PathTurn(True), PathTurn(False)
FILE = KeptBlob(
    StoredBlob("http://127.0.0.1/a.png", "p", "ab" * 32, 3, "image/png"),
    Origin("http://127.0.0.1/a.png", "2026-11-20T10:00:00.000Z"),
)
NEWER = replace(FILE, order=7, replaced=Origin("http://127.0.0.1/old.png", "2026-11-20T10:00:00.001Z"))


async def test_one_worker_at_a_time_has_the_turn_at_a_path(shared: Shared) -> None:
    async with shared.join("one") as one, shared.join("other") as other:
        assert FREE == await one.take_path("p")
        assert (BUSY, FREE) == (await other.take_path("p"), await other.take_path("q"))
        assert await one.leave_path("p", None)
        assert FREE == await other.take_path("p")


async def test_the_next_one_knows_what_was_put_there(shared: Shared) -> None:
    async with shared.join("one") as one, shared.join("other") as other:
        await one.take_path("p")
        assert await one.leave_path("p", NEWER)
        assert PathTurn(True, NEWER) == await other.take_path("p")
        found = await one.kept_at("p")
        assert found is not None
        assert NEWER.blob == found.blob


async def test_the_turn_of_a_dead_worker_passes_on_and_it_puts_nothing_more(shared: Shared) -> None:
    async with shared.join("one") as one, shared.join("other") as other:
        await one.take_path("p")
        await shared.expire(one)
        assert FREE == await other.take_path("p")
        assert not await one.leave_path("p", FILE)
        assert await other.leave_path("p", None)
        assert await other.kept_at("p") is None


async def test_one_that_leaves_keeps_nobody_waiting(shared: Shared) -> None:
    async with shared.join("other") as other:
        async with shared.join("one") as one:
            await one.take_path("p")
        assert FREE == await other.take_path("p")
