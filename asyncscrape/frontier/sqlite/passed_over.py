"""Putting back what was passed over while kept answers were read again.

There may be millions, so that they are never in memory at once.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence

from asyncscrape.frontier.sqlite.database import StateDatabase
from asyncscrape.frontier.sqlite.requeue import ask_again, copy_again
from asyncscrape.frontier.sqlite.state_file import StateFile
from asyncscrape.frontier.states import Stage

AT_ONCE = 10_000


def put_back(file: StateFile) -> int:
    """Put all of it back in the current transaction; the number of requests."""
    number = 0
    for rows in _portions(file.database, "passed_over"):
        ask_again(file, rows, Stage.SKIPPED)
        for reason, passed in Counter(row["reason"] for row in rows).items():
            file.tallies.skipped(reason, -passed)
        number += len(rows)
    while copies := _copies_again(file):  # those of copies that have gone back now are the next
        number += copies
    return number


def _copies_again(file: StateFile) -> int:
    """Put back the copies whose sources have gone back; the number of them."""
    portions = _portions(file.database, "passed_over_copies")
    return sum(copy_again(file, row["id"], Stage.SKIPPED) for rows in portions for row in rows)


def _portions(database: StateDatabase, statement: str) -> Iterator[Sequence[sqlite3.Row]]:
    """The rows that a statement finds, in the order of their ids."""
    last = 0
    while rows := database.run(statement, (last, AT_ONCE)).fetchall():
        yield rows
        last = rows[-1]["id"]
