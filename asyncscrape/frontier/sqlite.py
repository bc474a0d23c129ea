"""The durable queue of a job, in one SQLite file.

The life of a URL:

    from      to        when
    (none)    pending   it is offered for the first time
    pending   leased    this run takes it; one process owns the job, so a lease needs no timeout
    leased    done      fetched, and what was found is committed in the same transaction
    leased    failed    it cannot be had; `retry` makes it pending again
    leased    skipped   robots.txt or the scope forbid it
    leased    pending   it is to be tried later, or was redirected, or the run ended

All of it is synchronous; the crawl calls it from a thread of its own.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from asyncscrape.errors import JobChanged
from asyncscrape.frontier.database import Database
from asyncscrape.frontier.journal import Journal
from asyncscrape.model import BLOB, PAGE, SITEMAP, Outcome, Request, Table
from asyncscrape.urls import authority, fingerprint

ENDS = {"done": 2, "failed": 3, "skipped": 4}
ALIAS = 5
ADDED_AT_ONCE = 4_096
"""Rows made for one statement: a page may offer hundreds of thousands of links."""

Row = tuple[int, str, str, int, str | None, str, int, str | None]


class Taken(msgspec.Struct, frozen=True):
    """What a host had to give."""

    requests: Sequence[Request]
    more: bool
    """Whether untried URLs are left."""
    next_retry: float | None
    """When the next retry is due, if any waits."""


class Waiting(msgspec.Struct, frozen=True):
    """A host that has something to fetch when a run begins."""

    fresh: bool
    next_retry: float | None


class SavedHost(msgspec.Struct, frozen=True):
    """What the last run left of a host."""

    clock: bytes | None
    leased: int
    """Requests that a killed run may have started without recording it."""


class Notes(msgspec.Struct, frozen=True):
    """What is to be stored together with a group of outcomes."""

    clocks: Mapping[str, bytes] = {}
    robots: Mapping[str, bytes] = {}
    offers: Sequence[Request] = ()
    """Requests that no page offered: seeds, and the sitemaps that robots.txt names."""
    given_up: Mapping[str, tuple[str, str]] = {}
    """Hosts that are asked no more: the reason and the detail for everything that waits there."""
    tallies: Mapping[str, float] = {}
    look: str = ""
    """What `status` shows beside the totals, as JSON."""


NO_NOTES = Notes()


def sort_of(kind: str) -> str:
    """Under which heading a kind of request is counted: a job's own kinds are pages."""
    return kind if kind in (BLOB, SITEMAP) else PAGE


class Frontier:
    """The queue and, in the same file and transactions, the journal."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.journal = Journal(database)
        self._hosts: dict[str, int] = {name: key for key, name, _ in database.run("hosts")}
        self._tally: Counter[str] = Counter()
        self.totals: Mapping[str, float] = dict(database.run("tallies").fetchall())
        """All totals as of the last commit. Each commit makes them anew: other threads look at them meanwhile."""

    @classmethod
    def open(cls, path: Path) -> Frontier:
        """Open for writing."""
        return cls(Database.open(path))

    def agree(self, tables: Sequence[Table]) -> None:
        """Refuse tables that give stored records another meaning; remember these for the next time."""
        stored = self._database.value("meta", ("tables",))
        before = msgspec.json.decode(str(stored), type=list[Table]) if stored else []
        filled = {name.removeprefix("record.") for name, n in self.totals.items() if n}
        changes = [change for table in before if table.name in filled for change in differences(table, tables)]
        if changes:
            raise JobChanged(
                "the config gives records that are already stored another meaning:\n"
                + "\n".join(f"  {change}" for change in changes)
                + "\nchange it back to go on, or start again from nothing with --fresh"
            )
        with self._database.transaction():
            self._database.run("save_meta", ("tables", msgspec.json.encode(list(tables)).decode()))

    # What a run needs when it begins

    def saved_hosts(self) -> dict[str, SavedHost]:
        """The politeness of the last run."""
        leased: dict[str, int] = dict(self._database.run("leased_hosts").fetchall())
        return {name: SavedHost(clock, leased.get(name, 0)) for _, name, clock in self._database.run("hosts")}

    def saved_robots(self) -> dict[str, bytes]:
        """robots.txt by origin, as last read."""
        return dict(self._database.run("robots").fetchall())

    def waiting(self) -> dict[str, Waiting]:
        """Hosts with something to fetch."""
        rows = self._database.run("waiting_hosts")
        return {name: Waiting(bool(fresh), next_retry) for name, fresh, next_retry in rows}

    def release(self) -> None:
        """Put back what was leased: after a kill, or at the end of a run."""
        with self._transaction():
            for kind, n in self._database.run("leased_kinds").fetchall():
                self._moved(kind, "leased", "pending", n)
            self._database.run("release")

    # The journey's two ends

    def take(self, wants: Mapping[str, int], now: float) -> dict[str, Taken]:
        """Lease up to so many requests of each host: retries that are due first, then in the order of discovery."""
        with self._transaction():
            return {host: self._take(self._host(host), limit, now) for host, limit in wants.items()}

    def _take(self, host: int, limit: int, now: float) -> Taken:
        database = self._database
        rows: list[Row] = database.run("take_retries", (host, now, limit)).fetchall()
        rows += database.run("take_fresh", (host, limit + 1 - len(rows))).fetchall()
        more = len(rows) > limit
        requests = [request(row) for row in rows[:limit]]
        database.run_many("lease", [(taken.id,) for taken in requests])
        for taken in requests:
            self._moved(taken.kind, "pending", "leased")
        next_retry = database.value("next_retry", (host,))
        return Taken(requests, more, None if next_retry is None else float(str(next_retry)))

    def commit(self, outcomes: Sequence[Outcome], notes: Notes = NO_NOTES) -> Counter[str]:
        """Store a group of outcomes in one transaction; the number of new URLs to fetch by host."""
        with self._transaction():
            fresh = self._settle(outcomes)
            fresh += self._add(notes.offers, parent=0)
            for outcome in outcomes:
                fresh += self._add(outcome.links, outcome.request.id)
            self._write_records(outcomes)
            self._note(notes)
        return fresh

    def add(self, requests: Sequence[Request]) -> Counter[str]:
        """Offer requests that no page offered; the number of new ones by host."""
        return self.commit((), Notes(offers=requests))

    def requeue(self, pattern: re.Pattern[str] | None = None) -> int:
        """Put failed URLs, or those whose URL fits the pattern, back into the queue; how many."""
        with self._transaction():
            rows = [
                (url, self._host(authority(url)), key, kind)
                for key, kind, url in self._database.run("failed").fetchall()
                if pattern is None or pattern.search(url)
            ]
            self._database.run_many("requeue", [row[:3] for row in rows])
            for row in rows:
                self._moved(row[3], "failed", "pending")
        return len(rows)

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    # Parts of a commit

    def _settle(self, outcomes: Sequence[Outcome]) -> Counter[str]:
        """Move every request to where its outcome puts it; redirected ones count as new at their next host."""
        ends: list[tuple[object, ...]] = []
        retries: list[tuple[object, ...]] = []
        fresh: Counter[str] = Counter()
        for outcome in outcomes:
            asked = outcome.request
            if outcome.hop:
                fresh += self._redirect(outcome)
            elif outcome.state in ENDS:
                end = (ENDS[outcome.state], asked.attempts, outcome.reason or None, outcome.detail or None, asked.id)
                ends.append(end)
                self._moved(asked.kind, "leased", outcome.state)
            else:
                retries.append((asked.attempts, outcome.retry_at, outcome.reason, outcome.detail, asked.id))
                self._moved(asked.kind, "leased", "pending")
        self._database.run_many("finish", ends)
        self._database.run_many("postpone", retries)
        return fresh

    def _redirect(self, outcome: Outcome) -> Counter[str]:
        """Send a request on to where it was redirected, unless that place is known by itself already."""
        asked, database = outcome.request, self._database
        print_ = fingerprint(asked.kind, outcome.hop, asked.path)
        host = authority(outcome.hop)
        known = database.run("find", (print_,)).fetchone()
        if known is None:
            values = (print_, outcome.hop, asked.kind, self._host(host), asked.id, asked.path)
            database.run("add_alias", values)
        elif asked.id not in (known[0], known[2] if known[1] == ALIAS else None):
            database.run("finish", (ENDS["done"], asked.attempts, "redirect", f"leads to {outcome.hop}", asked.id))
            self._moved(asked.kind, "leased", "done")
            self._tally[f"{sort_of(asked.kind)}.merged"] += 1
            return Counter()
        hops = msgspec.json.encode([*asked.hops, asked.url]).decode()
        database.run("redirect", (outcome.hop, self._host(host), hops, asked.id))
        self._moved(asked.kind, "leased", "pending")
        return Counter({host: 1})

    def _add(self, requests: Sequence[Request], parent: int) -> Counter[str]:
        """Insert what is not known yet, a few at a time; the number of new URLs by host."""
        fresh: Counter[str] = Counter()
        for start in range(0, len(requests), ADDED_AT_ONCE):
            self._add_some(requests[start : start + ADDED_AT_ONCE], parent, fresh)
        return fresh

    def _add_some(self, requests: Sequence[Request], parent: int, fresh: Counter[str]) -> None:
        groups: defaultdict[tuple[str, str], list[tuple[object, ...]]] = defaultdict(list)
        for new in requests:
            host = authority(new.url)
            row = (
                fingerprint(new.kind, new.url, new.path),
                new.url,
                new.kind,
                self._host(host),
                new.depth,
                parent,
                new.path,
            )
            groups[host, new.kind].append(row)
        for (host, kind), rows in groups.items():
            added = self._database.run_many("add", rows)
            if added:
                fresh[host] += added
                self._tally[f"{sort_of(kind)}.pending"] += added

    def _write_records(self, outcomes: Sequence[Outcome]) -> None:
        """One journal entry for each table, with the records of the whole group."""
        lines: defaultdict[str, list[bytes]] = defaultdict(list)
        counts: Counter[str] = Counter()
        for outcome in outcomes:
            counts.update(outcome.counts)
            for table, piece in outcome.rows.items():
                lines[table].append(piece)
        for table, pieces in lines.items():
            self.journal.append(table, counts[table], b"".join(pieces))
            self._tally[f"record.{table}"] += counts[table]

    def _note(self, notes: Notes) -> None:
        for host, (reason, detail) in notes.given_up.items():
            self._give_up(host, reason, detail)
        for host in notes.clocks:
            self._host(host)
        self._database.run_many("save_clock", [(clock, host) for host, clock in notes.clocks.items()])
        self._database.run_many("save_robots", list(notes.robots.items()))
        self._tally.update(notes.tallies)
        if notes.look:
            self._database.run("save_meta", ("look", notes.look))

    def _give_up(self, host: str, reason: str, detail: str) -> None:
        for kind, n in self._database.run("waiting_at_host", (host,)).fetchall():
            self._moved(kind, "pending", "failed", n)
        self._database.run("give_up_host", (reason, detail, host))

    def _host(self, name: str) -> int:
        key = self._hosts.get(name)
        if key is None:
            key = int(str(self._database.value("host_id", (name,))))
            self._hosts[name] = key
        return key

    def _moved(self, kind: str, before: str, after: str, n: int = 1) -> None:
        sort = sort_of(kind)
        self._tally[f"{sort}.{before}"] -= n
        self._tally[f"{sort}.{after}"] += n

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """A transaction at whose end the totals are written; a failed one leaves nothing behind in memory either."""
        known = len(self._hosts)
        try:
            with self._database.transaction():
                yield
                self._database.run_many("count", [item for item in self._tally.items() if item[1]])
            changed = {name: self.totals.get(name, 0) + n for name, n in self._tally.items()}
            self.totals = {**self.totals, **changed}
        except BaseException:
            for host in list(self._hosts)[known:]:
                del self._hosts[host]
            raise
        finally:
            self._tally.clear()


def request(row: Row) -> Request:
    """A stored row as the request it stands for."""
    key, url, kind, depth, parent, path, attempts, hops = row
    chain = tuple(msgspec.json.decode(hops)) if hops else ()
    return Request(url, kind, key, depth, parent or "", path, attempts, chain)


def differences(before: Table, tables: Iterable[Table]) -> Iterator[str]:
    """How a table that holds records would change its meaning."""
    after = next((table for table in tables if table.name == before.name), None)
    if after is None:
        yield f"table {before.name} holds records but is no longer in the config"
        return
    if after.key != before.key:
        yield f"table {before.name}: the key was {list(before.key)} and is now {list(after.key)}"
    types = {column.name: column.type for column in after.columns}
    for column in before.columns:
        if column.name in types and types[column.name] != column.type:
            yield f"table {before.name}: {column.name} was {column.type} and is now {types[column.name]}"
