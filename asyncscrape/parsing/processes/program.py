"""The program of a worker: it answers page after page until the crawl closes the connection."""

from __future__ import annotations

import contextlib
import gc
import os
import pickle
import socket
from collections.abc import Iterator, Mapping
from io import BufferedReader
from socket import SocketIO
from time import perf_counter

import msgspec

from asyncscrape import logs
from asyncscrape.archive.redaction import Redaction
from asyncscrape.model import Parser, storable
from asyncscrape.parsing.base import Mishap, Parsed, Unparsed
from asyncscrape.parsing.contents import in_unicode, read
from asyncscrape.parsing.limits import depend_on, limit
from asyncscrape.parsing.processes.frames import HEAD, NO_MEMORY, ReadPage, answered, frame, lengths, response_in
from asyncscrape.urls import PathScope

READ_AT_ONCE = 262_144
"""Bytes: a few pages."""


def main(place: int, crawl: int) -> None:
    """Serve the connection that was inherited at this place, for the process with this number."""
    depend_on(crawl)
    logs.set_up("warning")
    try:
        with socket.socket(fileno=place) as connection, contextlib.suppress(ConnectionError):
            _serve(connection)
    except MemoryError:
        os._exit(NO_MEMORY)  # whatever holds it, the system takes back


def _serve(connection: socket.socket) -> None:
    frames = _frames(BufferedReader(SocketIO(connection, "r"), READ_AT_ONCE))
    first = next(frames, None)
    if first is None:
        return  # it is not needed any more
    memory, parsers, paths, kept = greeting(*first)
    limit("DATA", memory)
    gc.freeze()
    connection.sendall(b"".join(frame(b"")))
    for header, body in frames:
        number, response = response_in(header, body)
        begun = perf_counter()
        found = read(parsers[response.request.kind], response, paths, kept)
        connection.sendall(_frame(ReadPage(number, found, perf_counter() - begun)))


def greet(
    memory: int, parsers: Mapping[str, Parser], paths: PathScope | None, kept: Redaction | None
) -> tuple[bytes, bytes]:
    """The frame that tells a worker its limit of memory, its parsers, the paths of the links to follow, and whether
    answers are kept.
    """
    return frame(str(memory).encode(), pickle.dumps((dict(parsers), paths, kept)))


def greeting(header: bytes, body: bytes) -> tuple[int, Mapping[str, Parser], PathScope | None, Redaction | None]:
    """What the first frame tells."""
    return int(header), *pickle.loads(body)


def _frame(page: ReadPage) -> bytes:
    """What a page has said, ready to be sent. A user's parser may say what cannot be."""
    try:
        return answered(page)
    except UnicodeEncodeError:
        assert isinstance(page.found, Parsed)
        return _frame(msgspec.structs.replace(page, found=in_unicode(page.found)))
    except (TypeError, ValueError, OverflowError) as error:
        why = f"its parser returns what cannot be stored: {error}"
        return answered(ReadPage(page.number, Unparsed(Mishap.FAULT, storable(why)), page.seconds))


def _frames(stream: BufferedReader) -> Iterator[tuple[bytes, bytes]]:
    while len(head := stream.read(HEAD)) == HEAD:
        header, body = lengths(head)
        yield stream.read(header), stream.read(body)
