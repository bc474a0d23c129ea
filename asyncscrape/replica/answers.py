"""What a site is asked and answers, apart from how it is sent."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

HTML = "text/html; charset=utf-8"
JSON = "application/json"

_WORTH_PACKING = 1_000
"""Bytes below which compression costs more than it saves."""


@dataclass(frozen=True)
class Asked:
    """One request."""

    host: str
    """In lower case, without the port."""
    target: str
    """The path with its query."""
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    """Case-insensitive."""
    body: bytes = b""


@dataclass(frozen=True)
class Reply:
    """One response, ready to be sent any number of times."""

    body: bytes
    content_type: str = HTML
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    packable: bool = True
    """False for what is sent once or is big: packing it would cost the server more than sending it on loopback."""
    delay: float = 0.0
    """Seconds to wait before it is sent."""

    @cached_property
    def packed(self) -> bytes | None:
        """The body gzipped, or None where that would not make it smaller."""
        textual = self.content_type.startswith(("text/", JSON, "application/xml"))
        worth_it = self.packable and textual and len(self.body) > _WORTH_PACKING
        return gzip.compress(self.body, mtime=0) if worth_it else None


class Site(Protocol):
    """A local copy of one site. What it answers depends on nothing but what it was asked before."""

    @property
    def methods(self) -> tuple[str, ...]:
        """What it can be asked to do; anything else is answered with 405."""

    def answer(self, asked: Asked) -> Reply:
        """The answer to a request."""


READ_ONLY = ("GET", "HEAD")


def as_json(value: Any, status: int = 200) -> Reply:
    """A JSON answer."""
    return Reply(json.dumps(value, ensure_ascii=False).encode(), JSON, status)


def redirect(status: int, to: str) -> Reply:
    """A redirect; `to` may be relative."""
    return Reply(b"", status=status, headers={"Location": to})
