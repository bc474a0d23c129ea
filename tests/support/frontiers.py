"""The frontiers that the contract suite runs against. One for more machines is a line in `SHARED`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, NamedTuple

from asyncscrape.frontier.base import Frontier, Worker
from asyncscrape.frontier.build import build_frontier
from support.shared_frontier import SharedFrontier


class Shared(NamedTuple):
    """A frontier that many workers may share, and a way to let one worker's time run out."""

    frontier: Frontier
    expire: Callable[[Worker], Awaitable[None]]


def in_memory(folder: Path) -> Shared:
    frontier = SharedFrontier()

    async def expire(worker: Any) -> None:
        frontier.expire(worker)

    return Shared(frontier, expire)


def in_sqlite(folder: Path) -> Frontier:
    return build_frontier(folder / "job")


SHARED: dict[str, Callable[[Path], Shared]] = {"memory": in_memory}

ALL: dict[str, Callable[[Path], Frontier]] = {
    "sqlite": in_sqlite,
    **{name: lambda folder, make=make: make(folder).frontier for name, make in SHARED.items()},  # type: ignore[misc]
}
