"""The HTTP fetcher, and the hostile server it asks."""

from __future__ import annotations

from typing import Any

import pytest

from asyncscrape.addresses import Guard
from asyncscrape.errors import FetchError
from asyncscrape.fetchers.http.fetcher import HttpFetcher
from asyncscrape.fetchers.trust import Trust
from asyncscrape.model import Request
from support.hostile_server import HostileServer

MB = 1_000_000


def trusting(*authorities: str, **more: Any) -> Trust:
    """Trust in hosts that speak plain HTTP on loopback."""
    plain = {f"http://{authority}" for authority in authorities}
    return Trust(**{"guard": Guard.of(authorities), "plain_origins": plain, **more})


PATIENCE = 60.0
"""Seconds in which a slow machine answers too. Limits that are awaited are given in their tests."""


def fetching(server: HostileServer, **options: Any) -> HttpFetcher:
    """A fetcher that may ask the server."""
    defaults = {
        "timeout": PATIENCE,
        "connect_timeout": PATIENCE,
        "read_timeout": PATIENCE,
        "max_body": 2 * MB,
    }
    trust = trusting(server.authority, f"localhost:{server.port}")
    return HttpFetcher(user_agent="test-bot", **{"trust": trust, **defaults, **options})


async def failure(fetcher: HttpFetcher, url: str, **options: Any) -> FetchError:
    with pytest.raises(FetchError) as caught:
        await fetcher.fetch(Request(url), **options)
    return caught.value
