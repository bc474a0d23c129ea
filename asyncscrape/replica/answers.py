"""Requests and replies of a site, apart from how they are sent."""

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
"""Below this many bytes compression costs more than it saves."""


@dataclass(frozen=True)
class Asked:
    """One request."""

    host: str
    """The host in lower case, without the port."""
    target: str
    """The path with the query."""
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    """Case-insensitive."""
    body: bytes = b""


@dataclass(frozen=True)
class Reply:
    """One response, which can be sent any number of times."""

    body: bytes
    content_type: str = HTML
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    packable: bool = True
    """False if it is sent once or is big: packing would cost the server more than sending it over loopback."""
    delay: float = 0.0
    """Seconds to wait before sending it."""

    @cached_property
    def packed(self) -> bytes | None:
        """The body gzipped; None if that would not make it smaller."""
        textual = self.content_type.startswith(("text/", JSON, "application/xml"))
        worth_it = self.packable and textual and len(self.body) > _WORTH_PACKING
        return gzip.compress(self.body, mtime=0) if worth_it else None


class Site(Protocol):
    """A local copy of one site. Its answers depend only on earlier requests."""

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods it takes; any other is answered with 405."""

    def answer(self, asked: Asked) -> Reply:
        """The answer to a request."""


READ_ONLY = ("GET", "HEAD")


def as_json(value: Any, status: int = 200) -> Reply:
    """A JSON answer."""
    return Reply(json.dumps(value, ensure_ascii=False).encode(), JSON, status)


def redirect(status: int, to: str) -> Reply:
    """A redirect; `to` may be relative."""
    return Reply(b"", status=status, headers={"Location": to})
