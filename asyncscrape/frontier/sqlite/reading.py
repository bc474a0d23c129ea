"""Looking at a job's state from outside, also while another process runs it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from asyncscrape.frontier.sqlite.database import Database, explained
from asyncscrape.frontier.sqlite.lock import running
from asyncscrape.model import Kind, PastRequest
from asyncscrape.stats import STATES, Look, Snapshot, StoreView

STATE_FILE = "state.db"

NO_TROUBLE = StoreView(0)


class Failure(msgspec.Struct, frozen=True):
    """A URL that could not be had."""

    url: str
    kind: str
    reason: str
    detail: str
    attempts: int


def read_snapshot(directory: Path, job: str) -> Snapshot:
    """Where the job stands."""
    with _opened(directory) as database:
        if database is None:
            return unopened(job, "running" if running(directory) else "idle")
        tallies = {str(name): float(n) for name, n in database.run("tallies")}
        lags = {name: lag for names, lag in database.run("lags") for name in msgspec.json.decode(names)}
        look = msgspec.json.decode(str(database.value("meta", ("look",)) or '{"state":"idle"}'), type=Look)
    if running(directory):
        look = msgspec.structs.replace(look, state="running")
    elif look.state == "failed":  # why it did still counts
        look = Look(look.state, note=look.note, seconds=look.seconds, troubles=look.troubles)
    else:  # what a killed run was doing says nothing any more
        look = Look("stopped" if look.state == "running" else look.state, seconds=look.seconds)
    stores = {
        name: msgspec.structs.replace(look.troubles.get(name, NO_TROUBLE), lag=lag) for name, lag in lags.items()
    }
    return assemble(job, tallies, stores, look)


def unopened(job: str, state: str, note: str = "") -> Snapshot:
    """A job of which nothing is known yet."""
    return Snapshot(job, state, dict.fromkeys(STATES, 0), dict.fromkeys(STATES, 0), {}, {}, note=note)


def assemble(job: str, tallies: Mapping[str, float], stores: Mapping[str, StoreView], look: Look) -> Snapshot:
    """A snapshot from the totals as they are stored."""
    return Snapshot(
        job=job,
        state=look.state,
        pages=by_state(tallies, look, Kind.PAGE),
        files=by_state(tallies, look, Kind.BLOB),
        records={name.removeprefix("record."): int(n) for name, n in tallies.items() if name.startswith("record.")},
        stores=stores,
        requests=int(tallies.get("requests", 0)),
        retries=int(tallies.get("retries", 0)),
        bytes=int(tallies.get("bytes", 0)),
        dropped=int(tallies.get("dropped", 0)),
        seconds=look.seconds,
        pages_per_second=look.pages_per_second,
        bytes_per_second=look.bytes_per_second,
        hosts=look.hosts,
        note=look.note,
    )


def by_state(tallies: Mapping[str, float], look: Look, sort: str) -> dict[str, int]:
    """How many of a sort of request are in each state. What is leased but not open yet is still queued."""
    states = {state: int(tallies.get(f"{sort}.{state}", 0)) for state in STATES}
    leased = int(tallies.get(f"{sort}.leased", 0))
    active = min(leased, look.open.get(sort, 0))
    return states | {"pending": states["pending"] + leased - active, "active": active}


def read_failures(directory: Path) -> list[Failure]:
    """Every failed URL, in the order of discovery."""
    with _opened(directory) as database:
        return [
            Failure(msgspec.json.decode(hops)[0] if hops else url, kind, reason, detail, attempts)
            for url, kind, reason, detail, attempts, hops in (database.run("failures") if database else ())
        ]


def read_past(directory: Path, kinds: Sequence[str]) -> list[PastRequest]:
    """Every request of these kinds that was ever queued, in the order of discovery."""
    with _opened(directory) as database:
        return [PastRequest(*row) for kind in kinds for row in (database.run("of_kind", (kind,)) if database else ())]


@contextmanager
def _opened(directory: Path) -> Iterator[Database | None]:
    """The state of a job to look at; None where nothing has been written yet."""
    path = directory / STATE_FILE
    database = Database.read(path)
    if database is None:
        yield None
        return
    try:
        with explained(path):
            yield database
    finally:
        database.close()
