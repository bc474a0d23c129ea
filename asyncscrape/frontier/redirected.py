"""What redirects leave behind in a frontier. Pure."""

from __future__ import annotations

import msgspec

from asyncscrape.model import Request

LEADS_TO = "leads to "
"""Before the target of a redirect, in the detail of a request that was merged."""
LOOP = "it redirects back to itself"

_decode_hops = msgspec.json.Decoder(tuple[str, ...]).decode


def hops_behind(request: Request) -> str:
    """The URLs that a request has left behind once it is redirected, as stored."""
    return msgspec.json.encode([*request.hops, request.url]).decode()


def hops_of(stored: str | None) -> tuple[str, ...]:
    """The URLs that redirected to a request, from what is stored."""
    return _decode_hops(stored) if stored else ()
