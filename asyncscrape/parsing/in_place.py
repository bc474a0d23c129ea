"""Parsing in the process that runs the crawl: nothing is started, and a page can hold up everything."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from asyncscrape.archive.redaction import Redaction
from asyncscrape.model import Parser, Response
from asyncscrape.parsing.base import Mishap, Parsed, Unparsed
from asyncscrape.parsing.contents import read
from asyncscrape.urls import PathScope

LARGE = 256_000
"""Longer bodies are parsed in a thread, one at a time: the loop goes on, and memory stays bounded."""


class InPlace:
    """Runs parsers: on short answers at once, on long ones in a thread."""

    def __init__(
        self, parsers: Mapping[str, Parser], paths: PathScope | None = None, kept: Redaction | None = None
    ) -> None:
        self._parsers = parsers
        self._paths = paths
        self._kept = kept
        self._one_at_a_time = asyncio.Lock()

    def prepare(self) -> None:
        """Nothing needs to be made ready."""

    async def read(self, response: Response, *, alone: bool = False) -> Parsed | Unparsed:
        """The contents of an answer."""
        parser = self._parsers[response.request.kind]
        try:
            if len(response.body) <= LARGE:
                return read(parser, response, self._paths, self._kept)
            async with self._one_at_a_time:
                return await asyncio.to_thread(read, parser, response, self._paths, self._kept)
        except MemoryError:
            return Unparsed(Mishap.OVERRUN, "its parser took all the memory there is")

    @property
    def apart(self) -> int:
        """Everything holds up everything here."""
        return 0

    async def close(self) -> None:
        """Nothing runs."""
