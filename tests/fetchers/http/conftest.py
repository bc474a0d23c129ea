"""A hostile server, and a fetcher that may ask it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from support.fetching import fetching
from support.hostile_server import HostileServer

from asyncscrape.fetchers.http.fetcher import HttpFetcher


@pytest.fixture
async def server() -> AsyncIterator[HostileServer]:
    async with HostileServer() as running:
        yield running


@pytest.fixture
async def fetcher(server: HostileServer) -> AsyncIterator[HttpFetcher]:
    async with fetching(server) as running:
        yield running
