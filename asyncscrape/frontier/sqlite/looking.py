"""Looking at a job from outside, even while another process runs it. Nothing is opened for writing."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from asyncscrape.frontier.base import Failure, PageRead, SkippedUrl
from asyncscrape.frontier.sqlite.database import WITH_FINDINGS, StateDatabase, explained
from asyncscrape.frontier.sqlite.lock import running
from asyncscrape.frontier.sqlite.standings import standing_of
from asyncscrape.frontier.states import COUNTED, Stage
from asyncscrape.frontier.stored_rows import failure_of
from asyncscrape.model import PastRequest
from asyncscrape.stats import Standing, Totals

STATE_FILE = "state.db"


def standing(directory: Path) -> Standing | None:
    """The state of the job; None if nothing is stored yet and the job is not running."""
    with _opened(directory) as database:
        if database is None:
            return Standing(Totals(), {}, None, running=True) if running(directory) else None
        found = standing_of(database, running=False)
    return msgspec.structs.replace(found, running=running(directory))


def failures(directory: Path) -> list[Failure]:
    """Every failed URL, in order of discovery."""
    with _opened(directory) as database:
        return [failure_of(row) for row in (database.run("failures") if database else ())]


def skipped(directory: Path) -> list[SkippedUrl]:
    """Every URL that was found and not fetched: skipped requests in order of discovery, then links by URL."""
    with _opened(directory) as database:
        if database is None:
            return []
        requests = [
            SkippedUrl(row["url"], row["reason"] or "", row["detail"] or "", row["parent"] or "")
            for row in database.run("requests_skipped")
        ]
        links = database.run("links_left") if database.layout >= WITH_FINDINGS else ()
        return requests + [SkippedUrl(row["url"], row["reason"], "", row["parent"] or "") for row in links]


def pages_read(directory: Path) -> list[PageRead]:
    """Every page that was read, in order of discovery."""
    with _opened(directory) as database:
        rows = database.run("pages_read") if database else ()
        return [PageRead(row["url"], row["parent"] or "") for row in rows]


def past(directory: Path, kinds: Collection[str]) -> list[PastRequest]:
    """Every request of these kinds that was ever queued: kind by kind, in order of discovery."""
    with _opened(directory) as database:
        return [
            PastRequest(row["url"], row["kind"], row["note"], COUNTED[Stage(row["state"])])
            for kind in kinds
            for row in (database.run("of_kind", (kind,)) if database else ())
        ]


@contextmanager
def _opened(directory: Path) -> Iterator[StateDatabase | None]:
    """The state file of a job, open for reading; None if nothing has been written yet."""
    path = directory / STATE_FILE
    database = StateDatabase.read(path)
    if database is None:
        yield None
        return
    try:
        with explained(path):
            yield database
    finally:
        database.close()
