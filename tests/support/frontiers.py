"""The frontiers that the contract suite runs against. One for more machines is a line in `SHARED`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from asyncscrape.config.stores import record_destination
from asyncscrape.destinations import PostgresDestination
from asyncscrape.frontier.base import Frontier, Worker
from asyncscrape.frontier.postgres.frontier import PostgresFrontier
from asyncscrape.frontier.postgres.job_schema.transaction import JobWork
from asyncscrape.frontier.sqlite.frontier import SqliteFrontier
from asyncscrape.postgres.address import Address, address_of
from asyncscrape.team import Team
from support.postgres_server import shared_dsn
from support.shared_frontier import SharedFrontier

TEAM = Team("one of many")
"""Of workers that are beside others."""
_jobs = count(1)


class Shared(NamedTuple):
    """A frontier that many workers may share, and a way to let one worker's time run out."""

    frontier: Frontier
    expire: Callable[[Worker], Awaitable[None]]

    def join(self, name: str = "one of many", **more: Any) -> AbstractAsyncContextManager[Worker]:
        """Take part as one of a team; `more` are fields of `Team`."""
        return self.frontier.join(team=Team(name, **more))


def in_memory(folder: Path) -> Shared:
    frontier = SharedFrontier()

    async def expire(worker: Any) -> None:
        frontier.expire(worker)

    return Shared(frontier, expire)


def address(dsn: str) -> Address:
    """The address of a database."""
    destination = record_destination(dsn)
    assert isinstance(destination, PostgresDestination)
    return address_of(destination)


def in_postgres(folder: Path) -> Shared:
    """A job of its own in the database that all tests of this process share."""
    job = f"{folder.name} {next(_jobs)}"
    return Shared(PostgresFrontier(address(shared_dsn()), job), expire_in_postgres)


async def expire_in_postgres(worker: Any) -> None:
    """Set back the last sign of life of a worker."""

    async def step(work: JobWork) -> None:
        await work.connection.execute("UPDATE worker SET beat = '-infinity' WHERE id = $1", work.worker)

    await worker._membership.run(step)


def in_sqlite(folder: Path) -> Frontier:
    return SqliteFrontier(folder / "job")


SHARED: dict[str, Callable[[Path], Shared]] = {"memory": in_memory, "postgres": in_postgres}

ALL: dict[str, Callable[[Path], Frontier]] = {
    "sqlite": in_sqlite,
    **{name: lambda folder, make=make: make(folder).frontier for name, make in SHARED.items()},  # type: ignore[misc]
}

SLOWER = {"postgres": 8}
"""How many times as long a step takes as in SQLite, roughly: with a database server, and a schema for each job."""
