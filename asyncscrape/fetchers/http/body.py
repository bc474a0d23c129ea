"""The body of an answer, poured into memory or into a file, never holding more of it than is allowed."""

from __future__ import annotations

import asyncio
from contextlib import closing
from functools import partial
from io import BytesIO

from aiohttp import ClientPayloadError, ClientResponse, StreamReader

from asyncscrape.decompress import CutOff, Decoder, Overflow, encodings, needs_much_memory
from asyncscrape.fetchers.base import Sink
from asyncscrape.fetchers.http.connect import HttpExchange
from asyncscrape.fetchers.http.time_limits import Clock

LARGE = 500_000
"""From this many bytes on, a body needs one of the few places for large bodies."""

LARGE_BUDGET = 64_000_000
"""Bytes that all large bodies together may take, from their first byte until they have been parsed."""

PROGRESS = 1_000_000
"""A download gets its whole time again each time this many more bytes have come."""

BREATH = 4
"""Unpacked pieces (a megabyte) after which other tasks get a turn."""

Closed = asyncio.Future[None]


class Garbled(ClientPayloadError):
    """The framing of the body broke while it was read."""


async def pour(exchange: HttpExchange, sink: Sink, memory: Memory) -> None:
    """Pour the whole body, decompressed, into the sink; it takes a place of `memory` if unpacking it takes much.

    Raises Overflow, CutOff, Undecodable or aiohttp's errors.
    """
    answer, closed = exchange.answer, exchange.closed
    assert answer is not None
    content = answer.content
    if closed is None or content.is_eof():
        await _pour(answer, exchange, sink, memory)
        return
    # When the framing breaks, aiohttp closes the connection but does not wake those waiting for the body.
    lost = partial(_wake, content)
    closed.add_done_callback(lost)
    try:
        await _pour(answer, exchange, sink, memory)
    finally:
        closed.remove_done_callback(lost)
    if _open_ended(answer) and _broken(closed):
        raise CutOff


def large_places(max_body: int) -> asyncio.Semaphore:
    """Places for as many large bodies at once as the budget allows, but at least two."""
    return asyncio.Semaphore(max(2, LARGE_BUDGET // max(1, max_body)))


class Memory:
    """A body kept whole. Past `LARGE` it waits for a place, and meanwhile the clock of the exchange stops.

    It keeps the place until the task that has fetched it ends: a body of some kilobytes on the wire may be one of
    megabytes that waits for its parser.
    """

    def __init__(self, places: asyncio.Semaphore | None, clock: Clock) -> None:
        """Without places, what asks for it bounds its bytes itself."""
        self._kept = BytesIO()
        self._places = places
        self._clock = clock
        self._placed = False

    async def write(self, chunk: bytes) -> None:
        """Keep the bytes."""
        self._kept.write(chunk)
        if self._kept.tell() > LARGE:
            await self.take_place()

    async def take_place(self) -> None:
        """Wait for a place, unless it has one."""
        if self._places is not None and not self._placed:
            await self._clock.stopped(self._places.acquire())
            self._placed = True
            if task := asyncio.current_task():
                task.add_done_callback(self._give_up)

    @property
    def body(self) -> bytes:
        """What has come."""
        return self._kept.getvalue()

    def _give_up(self, _: object) -> None:
        if self._places is not None:
            self._places.release()


class Download:
    """A body that goes into a store; the store's own time does not count.

    A file may take longer than one timeout allows, so progress earns more time.
    """

    def __init__(self, sink: Sink, clock: Clock) -> None:
        self._sink = sink
        self._clock = clock
        self._since = 0

    async def write(self, chunk: bytes) -> None:
        """Pass the bytes on."""
        await self._clock.stopped(self._sink.write(chunk))
        self._since += len(chunk)
        if self._since >= PROGRESS:
            self._since = 0
            self._clock.prolong()


async def _pour(answer: ClientResponse, exchange: HttpExchange, sink: Sink, memory: Memory) -> None:
    named = answer.headers.getall("Content-Encoding", ())
    packed = encodings(",".join(named)) if named else ()
    if not answer.content.is_eof() and (answer.content_length or 0) > exchange.limit:
        raise Overflow
    with closing(Decoder(packed, exchange.limit)) as decoder:
        begun = False
        while chunk := await answer.content.readany():
            if not begun and needs_much_memory(packed, chunk, streams=sink is not memory):
                await memory.take_place()
            begun = True
            for count, piece in enumerate(decoder.feed(chunk), 1):
                await sink.write(piece)
                if count % BREATH == 0:
                    await asyncio.sleep(0)
            exchange.clock.progress()
        decoder.finish()


def _wake(content: StreamReader, closed: Closed) -> None:
    if not content.is_eof() and content.exception() is None:
        content.set_exception(Garbled())


def _open_ended(answer: ClientResponse) -> bool:
    """Whether only the end of the connection ends the body, so that a broken connection looks like its end."""
    return answer.content_length is None and "Transfer-Encoding" not in answer.headers


def _broken(closed: Closed) -> bool:
    return closed.done() and not closed.cancelled() and closed.exception() is not None
