"""Serves the shop from memory, as fast as one core can, so that the contenders wait for nothing but themselves.

`python server.py --lists 100` prints its port and serves until it is terminated. `/served` tells what it did since
that was asked last: requests answered, different pages among them, seconds of CPU taken, and seconds from the first
request to the last answer.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections import Counter
from typing import Any

import shop
import uvloop


class Answers:
    """Every answer, ready to be sent, and how often each was asked for."""

    def __init__(self, lists: int) -> None:
        self._ready = {path.encode(): answer(200, "text/html", shop.page(path, lists)) for path in shop.paths(lists)}
        self._missing = answer(404, "text/plain", "nothing here")
        self._asked: Counter[bytes] = Counter()
        self._since = time.process_time()
        self._first = self._last = 0.0

    def __call__(self, path: bytes) -> bytes:
        """The answer to a request for this path."""
        if path == b"/served":
            return self._served()
        self._last = time.monotonic()
        self._first = self._first or self._last
        self._asked[path] += 1
        return self._ready.get(path, self._missing)

    def _served(self) -> bytes:
        total, different = self._asked.total(), len(self._asked.keys() & self._ready.keys())
        before, self._since = self._since, time.process_time()
        took, self._first = self._last - self._first, 0.0
        self._asked.clear()
        return answer(200, "text/plain", f"{total} {different} {self._since - before:.3f} {took:.3f}")


def answer(status: int, kind: str, text: str) -> bytes:
    """A whole HTTP answer."""
    body = text.encode()
    head = f"HTTP/1.1 {status} -\r\nContent-Type: {kind}; charset=utf-8\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


class Connection(asyncio.Protocol):
    """One connection, kept alive; requests have no bodies."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._rest = b""

    def connection_made(self, transport: Any) -> None:
        """Remember where to write."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every request that is complete by now."""
        *requests, self._rest = (self._rest + data).split(b"\r\n\r\n")
        for request in requests:
            self._transport.write(self._answers(request.split(b" ", 2)[1]))


async def serve(lists: int, port: int) -> None:
    """Serve for ever; prints the port once it listens."""
    answers = Answers(lists)
    server = await asyncio.get_running_loop().create_server(lambda: Connection(answers), "127.0.0.1", port)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lists", type=int, default=100, help="list pages, of 40 items each")
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args()
    uvloop.run(serve(options.lists, options.port))
