"""The program of a worker: it answers page after page until the crawl closes the connection."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import pickle
import resource
import signal
import socket
import sys
from collections.abc import Iterator, Mapping
from io import BufferedReader
from pathlib import Path
from socket import SocketIO

import msgspec

from asyncscrape import logs
from asyncscrape.model import Parser, Response
from asyncscrape.parsing.base import Parsed
from asyncscrape.parsing.contents import in_unicode, read
from asyncscrape.parsing.processes.frames import HEAD, ReadPage, answered, frame, lengths, response_in

READ_AT_ONCE = 262_144
"""Bytes: a few pages."""
DIE_WITH_PARENT = 1
"""PR_SET_PDEATHSIG, an option of prctl."""
FIRST_VICTIM = "700"
"""When the machine runs out of memory, a worker ends before the crawl does."""


def main(place: int) -> None:
    """Serve the connection that was inherited at this place."""
    _depend_on_the_crawl()
    logs.set_up("warning")
    with socket.socket(fileno=place) as connection, contextlib.suppress(ConnectionError):
        _serve(connection)


def _serve(connection: socket.socket) -> None:
    frames = _frames(BufferedReader(SocketIO(connection, "r"), READ_AT_ONCE))
    first = next(frames, None)
    if first is None:
        return  # it is not needed any more
    memory, parsers = greeting(*first)
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    gc.freeze()
    connection.sendall(b"".join(frame(b"")))
    for header, body in frames:
        page = _read(parsers, *response_in(header, body))
        connection.sendall(_frame(page))
        if page.found is None:
            return


def greet(memory: int, parsers: Mapping[str, Parser]) -> tuple[bytes, bytes]:
    """The frame that tells a worker its limit of memory, and its parsers."""
    return frame(str(memory).encode(), pickle.dumps(dict(parsers)))


def greeting(header: bytes, body: bytes) -> tuple[int, Mapping[str, Parser]]:
    """The limit of memory and the parsers in the first frame."""
    return int(header), pickle.loads(body)


def _read(parsers: Mapping[str, Parser], number: int, response: Response) -> ReadPage:
    try:
        found = read(parsers[response.request.kind], response)
    except MemoryError:
        return ReadPage(number)
    return ReadPage(number, found)


def _frame(page: ReadPage) -> bytes:
    try:
        return answered(page)
    except UnicodeEncodeError:
        assert isinstance(page.found, Parsed)
        return answered(msgspec.structs.replace(page, found=in_unicode(page.found)))


def _frames(stream: BufferedReader) -> Iterator[tuple[bytes, bytes]]:
    while len(head := stream.read(HEAD)) == HEAD:
        header, body = lengths(head)
        yield stream.read(header), stream.read(body)


def _depend_on_the_crawl() -> None:
    """Leave signals to the crawl, end when it ends, and leave no core dump."""
    for ignored in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ignored, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL)
        with contextlib.suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text(FIRST_VICTIM)
