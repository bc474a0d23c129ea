"""Putting URLs that ended without success back into the queue, and with each copy the download that it waits for."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence

from asyncscrape.frontier.requeue_order import sources_first
from asyncscrape.frontier.sqlite.bundle_tables import Bundles
from asyncscrape.frontier.sqlite.state_file import StateFile
from asyncscrape.frontier.states import AS_SOURCE, COPIES, REQUESTS, Event, Stage
from asyncscrape.model import Kind
from asyncscrape.urls import authority


def requeue(file: StateFile, pattern: re.Pattern[str] | None = None) -> int:
    """Put failed URLs, or those that match the pattern, back; the number of them."""
    with file.transaction():
        failed = {row["id"]: row for row in file.database.run("failed").fetchall()}
        wanted = [key for key, row in failed.items() if pattern is None or pattern.search(row["asked"])]
        sources = {key: row["source"] for key, row in failed.items()}
        rows = [failed[key] for key in dict.fromkeys(one for key in wanted for one in sources_first(key, sources))]
        downloads = [row for row in rows if row["source"] is None]
        copies = [row for row in rows if row["source"] is not None]
        ask_again(file, downloads, Stage.FAILED)
        return len(downloads) + sum(copy_again(file, row["id"], Stage.FAILED) for row in copies)


def ask_again(file: StateFile, rows: Sequence[sqlite3.Row], before: Stage) -> None:
    """Put requests that ended at this stage back, in the current transaction."""
    after = REQUESTS[before, Event.REQUEUED]
    again = [(row["asked"], file.hosts.key(authority(row["asked"])), row["id"]) for row in rows]
    file.database.run_many("requeue", again)
    Bundles(file.database).reopen([row["id"] for row in rows])
    file.tallies.moved_all([row["kind"] for row in rows], before, after)


def copy_again(file: StateFile, key: int, before: Stage) -> bool:
    """Move a copy that ended at this stage to the one that its source calls for; whether that is another one."""
    source = file.database.run("source_of", (key,)).fetchone()
    stage = COPIES.get((before, AS_SOURCE[Stage(source["state"])]))
    if stage is None:
        return False
    file.database.run("requeue_copy", (stage, key))
    file.tallies.moved(Kind.BLOB, before, stage)
    return True
