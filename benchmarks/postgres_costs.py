"""What a Postgres server has spent: time of its processors, transactions, and bytes of its log."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import beside  # noqa: F401  # finds the servers of the tests
from support.postgres_server import Database, PostgresServer

DURABLE = {"fsync": "on", "full_page_writes": "on", "shared_buffers": "256MB"}
"""The server of the tests forgets in a power cut, to be fast. Not so here."""


class Costs(NamedTuple):
    """Everything since the server has started."""

    cpu: float
    """Seconds of the server and all its processes, also of those that have ended."""
    transactions: int
    wal: int
    """Bytes that were written ahead."""

    def since(self, before: Costs) -> Costs:
        """What was added."""
        return Costs(*(now - then for now, then in zip(self, before, strict=True)))


def costs(server: PostgresServer, database: Database) -> Costs:
    """What the server has spent until now. Transactions of the last second may be missing."""
    rows = database.sql(
        "SELECT (SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()),"
        " pg_current_wal_lsn() - '0/0'"
    )
    [[transactions, wal]] = rows
    return Costs(processor_seconds(server), int(transactions), int(wal))


def processor_seconds(server: PostgresServer) -> float:
    """Seconds of the server and all its processes."""
    return sum(map(_ticks, server.processes())) / os.sysconf("SC_CLK_TCK")


def _ticks(pid: int) -> int:
    """The ticks of a process, and of its children that have ended."""
    facts = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return sum(map(int, facts[11:15]))
