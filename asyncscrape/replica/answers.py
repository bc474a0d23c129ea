"""What a site answers, apart from how it is sent."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

HTML = "text/html; charset=utf-8"

_WORTH_PACKING = 1_000
"""Bytes below which compression costs more than it saves."""


@dataclass(frozen=True)
class Answer:
    """One response, ready to be sent any number of times."""

    body: bytes
    content_type: str = HTML
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def packed(self) -> bytes | None:
        """The body gzipped, or None where that would not make it smaller."""
        textual = self.content_type.startswith(("text/", "application/json", "application/xml"))
        return gzip.compress(self.body, mtime=0) if textual and len(self.body) > _WORTH_PACKING else None


class Site(Protocol):
    """A local copy of one site. What it answers depends on nothing but what it was asked before."""

    def answer(self, target: str) -> Answer:
        """The answer for a path with its query."""


def as_json(value: Any) -> Answer:
    """A JSON answer."""
    return Answer(json.dumps(value, ensure_ascii=False).encode(), "application/json")


def redirect(status: int, to: str) -> Answer:
    """A redirect; `to` may be relative."""
    return Answer(b"", status=status, headers={"Location": to})
