"""The crawl's end of the connection to a worker: whole frames in and out, without ever waiting."""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from collections.abc import Callable, Iterable

from asyncscrape.parsing.processes.frames import Frames

AT_ONCE = 64
"""Pieces that are written in one step; the system takes no more than some hundreds."""
RECEIVED_AT_ONCE = 262_144


class Channel:
    """Sends frames, and calls `on_frame` for each that comes, and `on_end` once the other end is closed."""

    def __init__(self, end: socket.socket, on_frame: Callable[[bytes], None], on_end: Callable[[], None]) -> None:
        self._end = end
        self._on_frame = on_frame
        self._on_end = on_end
        self._loop = asyncio.get_running_loop()
        self._frames = Frames()
        self._unsent: deque[bytes | memoryview] = deque()
        self._writing = False
        self._closed = False
        end.setblocking(False)
        self._loop.add_reader(end, self._receive)

    def send(self, pieces: Iterable[bytes]) -> None:
        """Send a frame; those of one turn of the loop leave together."""
        self._unsent.extend(piece for piece in pieces if piece)
        if not (self._writing or self._closed):
            self._writing = True
            self._loop.call_soon(self._write)

    def close(self) -> None:
        """Send and receive no more."""
        if not self._closed:
            self._closed = True
            self._loop.remove_reader(self._end)
            self._loop.remove_writer(self._end)
            self._end.close()

    def _write(self) -> None:
        if self._closed:
            return
        try:
            while self._unsent:
                self._drop(self._end.sendmsg([*self._unsent][:AT_ONCE]))
        except BlockingIOError:
            self._loop.add_writer(self._end, self._write)
            return
        except OSError:
            return  # it has ended, which the reader tells
        self._writing = False
        self._loop.remove_writer(self._end)

    def _drop(self, count: int) -> None:
        """Forget the bytes that were sent."""
        while count:
            first = self._unsent.popleft()
            if count < len(first):
                self._unsent.appendleft(memoryview(first)[count:])
                return
            count -= len(first)

    def _receive(self) -> None:
        try:
            piece = self._end.recv(RECEIVED_AT_ONCE)
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        if not piece:
            self.close()
            self._on_end()
            return
        for header, _ in self._frames.take(piece):
            self._on_frame(header)
