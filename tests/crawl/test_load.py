"""What is read and not stored yet is bounded: answers wait their turn until there is room for what they may say."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from multidict import CIMultiDict

from asyncscrape.crawl.load import AT_LEAST, LINK, Load, ParsingUnderLoad, weight
from asyncscrape.model import Lines, LinkLeft, Outcome, Request, Response, State
from asyncscrape.parsing.base import Mishap, Parsed, Unparsed

URL = "http://shop.test/a"


class Counting:
    """Parsing that counts the answers which are being read."""

    def __init__(self) -> None:
        self.reading = self.most = 0

    def prepare(self) -> None:
        pass

    async def read(self, response: Response, *, alone: bool = False) -> Parsed | Unparsed:
        self.reading += 1
        self.most = max(self.most, self.reading)
        await asyncio.sleep(0.001)
        self.reading -= 1
        return Unparsed(Mishap.PARSE, response.url)

    async def close(self) -> None:
        pass


async def test_only_as_much_is_read_at_once_as_there_is_room_for() -> None:
    inner = Counting()
    parsing = ParsingUnderLoad(inner, Load(3 * AT_LEAST + 1_000))
    answer = Response(Request(URL), 200, CIMultiDict(), b"", datetime(2026, 11, 27, tzinfo=UTC))
    assert [Unparsed(Mishap.PARSE, URL)] * 9 == await asyncio.gather(*(parsing.read(answer) for _ in range(9)))
    assert 3 == inner.most


async def test_whoever_came_first_gets_room_first_and_what_is_too_large_goes_alone() -> None:
    load, got = Load(10), list[int]()

    async def want(size: int) -> None:
        await load.take(size)
        got.append(size)

    load.add(8)
    wishes = [asyncio.create_task(want(size)) for size in (25, 3, 1)]
    await asyncio.sleep(0)
    wishes[1].cancel()
    await asyncio.sleep(0)
    assert [] == got, "a small one does not overtake"
    load.give_back(8)
    await asyncio.sleep(0)
    assert [25] == got
    load.give_back(25)
    await asyncio.sleep(0)
    assert ([25, 1], 1) == (got, load.held)


async def test_room_that_came_too_late_goes_to_others() -> None:
    load = Load(10)
    load.add(10)
    late = asyncio.create_task(load.take(4))
    await asyncio.sleep(0)
    load.give_back(10)
    late.cancel()
    await asyncio.gather(late, return_exceptions=True)
    assert 0 == load.held


def test_an_outcome_weighs_what_it_says() -> None:
    lines = {"t": Lines(2, b"x" * 50)}
    done = Outcome(Request(URL), State.DONE, links=[Request(URL)] * 3, records=lines, left=[LinkLeft(URL, "scope")])
    assert 4 * (LINK + len(URL)) + 50 == weight(done)
