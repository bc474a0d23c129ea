"""How bundles go through their life in a frontier, and how their links are stored. Pure."""

from __future__ import annotations

from enum import IntEnum

import msgspec

from asyncscrape.model import Link

SHOWN = 5
"""The next bundles that are shown."""

_encode = msgspec.json.Encoder().encode
_read = msgspec.json.Decoder(Link).decode


class Phase(IntEnum):
    """How far a bundle is. The numbers are stored."""

    CHOSEN = 0
    """It is not open yet: it is new, or there are as many as there may be."""
    OPEN = 1
    CLOSED = 2
    REOPENED = 3
    """Closed, and requests of it that had failed are tried again."""


def written(link: Link) -> str:
    """A link as it is stored."""
    return _encode(link).decode()


def read_link(stored: str) -> Link:
    """A link that was stored."""
    return _read(stored)
