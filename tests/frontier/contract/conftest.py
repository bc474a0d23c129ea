"""Each test in this folder runs against every frontier."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from support.frontier_work import ITEM
from support.frontiers import ALL, SHARED, Shared

from asyncscrape.frontier.base import Frontier, Worker
from asyncscrape.model import BLOBS


@pytest.fixture(params=ALL)
def frontier(request: pytest.FixtureRequest, tmp_path: Path) -> Frontier:
    return ALL[request.param](tmp_path)


@pytest.fixture
async def worker(frontier: Frontier) -> AsyncIterator[Worker]:
    async with frontier.join() as worker:
        await worker.agree([ITEM, BLOBS])
        yield worker


@pytest.fixture(params=SHARED)
def shared(request: pytest.FixtureRequest, tmp_path: Path) -> Shared:
    return SHARED[request.param](tmp_path)
