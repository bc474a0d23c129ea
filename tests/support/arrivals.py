"""The arrival time of a request, from the kernel: a busy server notes one late, and the next too soon after it."""

from __future__ import annotations

import socket
import struct
import time
from typing import Any

from aiohttp import web

STAMPED = struct.Struct("@qq")
"""Seconds and nanoseconds, as SO_TIMESTAMPNS gives them."""
SO_TIMESTAMPNS = 35


class Listening(socket.socket):
    """A listening socket whose connections know when their last bytes arrived. uvloop reads past it."""

    def accept(self) -> tuple[Connection, Any]:
        handle, address = self._accept()  # type: ignore[attr-defined]
        connection = Connection(self.family, self.type, self.proto, fileno=handle)
        connection.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        return connection, address


class Connection(socket.socket):
    """A connection that knows when its last bytes arrived."""

    arrived = 0.0
    """By time.monotonic()."""

    def recv(self, size: int, flags: int = 0) -> bytes:
        data, notes, _, _ = self.recvmsg(size, socket.CMSG_SPACE(STAMPED.size), flags)
        age = 0.0
        for _, _, stamp in notes:
            seconds, nanoseconds = STAMPED.unpack(stamp)
            age = time.time() - seconds - nanoseconds / 1e9
        self.arrived = time.monotonic() - age
        return data


def listening(address: str, port: int, backlog: int = 1024) -> Listening:
    found = Listening(socket.AF_INET, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    found.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    found.bind((address, port))
    found.listen(backlog)
    return found


def arrival(request: web.BaseRequest) -> float:
    """The time its last bytes arrived, by time.monotonic()."""
    assert request.transport is not None
    connection: Connection = request.transport.get_extra_info("socket")._sock
    return connection.arrived
