"""What is read and not stored yet is bounded: answers wait until there is room for what they say."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from multidict import CIMultiDict

from asyncscrape.crawl.load import LINK, Load, ParsingUnderLoad, weight
from asyncscrape.model import Lines, LinkLeft, Outcome, Page, Request, Response, State
from asyncscrape.parsing.base import Parsed
from asyncscrape.parsing.in_place import InPlace

URL = "http://shop.test/a"


async def test_answers_wait_while_too_much_waits_for_the_disk() -> None:
    load = Load(10)
    parsing = ParsingUnderLoad(InPlace({"page": lambda answer: Page()}), load)
    answer = Response(Request(URL), 200, CIMultiDict(), b"", datetime(2026, 11, 27, tzinfo=UTC))
    load.add(10)
    assert isinstance(await parsing.read(answer), Parsed)
    load.add(5)
    reading = asyncio.create_task(parsing.read(answer))
    done, _ = await asyncio.wait([reading], timeout=0.01)
    assert not done
    load.give_back(5)
    assert isinstance(await reading, Parsed)


def test_an_outcome_weighs_what_it_says() -> None:
    lines = {"t": Lines(2, b"x" * 50)}
    links = [Request(URL), Request(URL, note="n" * 1000), Request(URL, path="p" * 100)]
    done = Outcome(Request(URL), State.DONE, links=links, records=lines, left=[LinkLeft(URL, "scope")])
    assert 4 * (LINK + len(URL)) + 1000 + 100 + 50 == weight(done)
