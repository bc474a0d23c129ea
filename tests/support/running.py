"""A new frontier for each example of a property test."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis.strategies import SearchStrategy

from asyncscrape.frontier.base import Frontier
from support.frontiers import ALL, SLOWER


def examples(most: int, **strategies: SearchStrategy[Any]) -> Callable[[Callable[..., None]], Callable[[str], None]]:
    """A property that each kind of frontier must have: with fewer examples for those that take long over each."""

    def decorate(test: Callable[..., None]) -> Callable[[str], None]:
        def of_a_kind(kind: str) -> None:
            few = settings(max_examples=max(5, most // SLOWER.get(kind, 1)))
            few(given(**strategies)(test))(kind=kind)

        of_a_kind.__name__ = test.__name__
        return of_a_kind

    return decorate


async def _run(test: Callable[..., Awaitable[None]], *frontiers: Frontier) -> None:
    await test(*frontiers)


def ran(name: str, test: Callable[..., Awaitable[None]], count: int = 1) -> None:
    """Run a test with this many new frontiers of a kind."""
    with TemporaryDirectory() as folder:
        asyncio.run(_run(test, *(ALL[name](Path(folder) / str(number)) for number in range(count))))
