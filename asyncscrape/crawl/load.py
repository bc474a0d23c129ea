"""What pages have said and is not stored yet: bounded, however much they say and however slow the disk is."""

from __future__ import annotations

import asyncio
from collections import deque

from asyncscrape.model import Outcome, Response
from asyncscrape.parsing.base import Parsed, Parsing, Unparsed

MOST = 192_000_000
"""Bytes of memory, roughly."""
LINK = 400
"""Bytes of memory for a link or a request, beyond the characters of its URL."""
AT_LEAST = 4_000_000
FOR_EACH_BYTE = 100
"""A page may come to say this much, and this much more for each byte of it: see `parsing/contents.py`."""


class Load:
    """Grants memory, first come first served."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()
        self.held = 0

    async def take(self, size: int) -> None:
        """Wait for so much memory. More than there is at all is granted when nobody else holds any."""
        if not self._waiting and self._fits(size):
            self.held += size
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((size, turn))
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():
                self.give_back(size)
            raise

    def add(self, size: int) -> None:
        """Hold so much memory: it is used already."""
        self.held += size

    def give_back(self, size: int) -> None:
        """Let others have so much memory."""
        self.held -= size
        while self._waiting and (self._waiting[0][1].done() or self._fits(self._waiting[0][0])):
            wanted, turn = self._waiting.popleft()
            if not turn.done():
                self.held += wanted
                turn.set_result(None)

    def _fits(self, size: int) -> bool:
        return self.held + size <= self._most or not self.held


class ParsingUnderLoad:
    """Reads answers as soon as there is room for what they may say."""

    def __init__(self, parsing: Parsing, load: Load) -> None:
        self._parsing = parsing
        self._load = load

    def prepare(self) -> None:
        """An answer will come soon."""
        self._parsing.prepare()

    async def read(self, response: Response, *, alone: bool = False) -> Parsed | Unparsed:
        """The contents of an answer."""
        size = AT_LEAST + FOR_EACH_BYTE * len(response.body)
        await self._load.take(size)
        try:
            return await self._parsing.read(response, alone=alone)
        finally:
            self._load.give_back(size)

    async def close(self) -> None:
        """End whatever runs."""
        await self._parsing.close()


def weight(outcome: Outcome) -> int:
    """Bytes of memory that an outcome takes until it is stored, roughly."""
    links = sum([len(link.url) for link in outcome.links]) + LINK * len(outcome.links)
    left = sum([len(link.url) for link in outcome.left]) + LINK * len(outcome.left)
    return links + left + spoken(outcome)


def spoken(outcome: Outcome) -> int:
    """Bytes of the records of an outcome, and of what it leaves for its bundle."""
    finding = len(outcome.finding.data) if outcome.finding else 0
    return finding + sum([len(lines.text) for lines in outcome.records.values()])
