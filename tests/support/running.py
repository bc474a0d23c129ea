"""A new frontier for each example of a property test."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from asyncscrape.frontier.base import Frontier
from support.frontiers import ALL


async def _run(test: Callable[..., Awaitable[None]], *frontiers: Frontier) -> None:
    await test(*frontiers)


def ran(name: str, test: Callable[..., Awaitable[None]], count: int = 1) -> None:
    """Run a test with this many new frontiers of a kind."""
    with TemporaryDirectory() as folder:
        asyncio.run(_run(test, *(ALL[name](Path(folder) / str(number)) for number in range(count))))
