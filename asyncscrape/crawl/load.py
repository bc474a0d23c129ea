"""What pages have said and is not stored yet. A slow disk makes answers wait for their parsers, not memory grow."""

from __future__ import annotations

import asyncio

from asyncscrape.model import Outcome, Response
from asyncscrape.parsing.base import Parsed, Parsing, Unparsed

MOST = 64_000_000
"""Bytes of memory, roughly, that may wait for the disk while more answers are read. Those that are being read by then
come on top; a host has as many of them as [politeness].per_host allows.
"""
LINK = 400
"""Bytes of memory for a link or a request, beyond the characters of its URL, note and path."""


class Load:
    """Counts what waits to be stored."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._room = asyncio.Event()
        self._room.set()
        self.held = 0

    def add(self, size: int) -> None:
        """So much more memory is used."""
        self.held += size
        if self.held > self._most:
            self._room.clear()

    def give_back(self, size: int) -> None:
        """So much less."""
        self.held -= size
        if self.held <= self._most:
            self._room.set()

    async def room(self) -> None:
        """Wait until there is room for more."""
        await self._room.wait()


class ParsingUnderLoad:
    """Reads answers while there is room for what they say."""

    def __init__(self, parsing: Parsing, load: Load) -> None:
        self._parsing = parsing
        self._load = load

    def prepare(self) -> None:
        """An answer will come soon."""
        self._parsing.prepare()

    async def read(self, response: Response, *, alone: bool = False) -> Parsed | Unparsed:
        """The contents of an answer."""
        await self._load.room()
        return await self._parsing.read(response, alone=alone)

    @property
    def apart(self) -> int:
        """Answers that wait without holding up others."""
        return self._parsing.apart

    async def close(self) -> None:
        """End whatever runs."""
        await self._parsing.close()


def weight(outcome: Outcome) -> int:
    """Bytes of memory that an outcome takes until it is stored, roughly."""
    links = sum([LINK + len(link.url) + len(link.note) + len(link.path) for link in outcome.links])
    left = sum([len(link.url) for link in outcome.left]) + LINK * len(outcome.left)
    return links + left + spoken(outcome)


def spoken(outcome: Outcome) -> int:
    """Bytes of the records of an outcome, and of what it leaves for its bundle."""
    finding = len(outcome.finding.data) if outcome.finding else 0
    return finding + sum([len(lines.text) for lines in outcome.records.values()])
