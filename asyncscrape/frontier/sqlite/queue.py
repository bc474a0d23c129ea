"""The durable queue of a job, in one SQLite file.

The life of a URL:

    from      to        when
    (none)    pending   it is offered for the first time
    pending   leased    this run takes it; one process owns the job, so a lease needs no timeout
    leased    done      fetched, and what was found is committed in the same transaction
    leased    failed    it cannot be had; `retry` makes it pending again
    leased    skipped   robots.txt or the scope forbid it
    leased    pending   it is to be tried later, or was redirected, or the run ended

A blob's URL is downloaded once. Further paths for it are copies, which lead the same life without a host:

    (none)    waiting   the download has not ended
    waiting   ready     it is done; `waiting` and `ready` are pending to those who look
    ready     leased    this run makes the copy
    waiting   failed    it has failed or was skipped, and so has the copy; `retry` puts both back

All of it is synchronous; the crawl calls it from a thread of its own.
"""

from __future__ import annotations

import re
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from asyncscrape.errors import JobChanged
from asyncscrape.frontier.sqlite.database import Database
from asyncscrape.frontier.sqlite.journal import Journal
from asyncscrape.model import BLOBS, Batch, KeptBlob, Kind, Origin, Outcome, Request, StoredBlob, Table
from asyncscrape.records.lines import decode_blob, encode_blob
from asyncscrape.urls import authority, fingerprint

FRESH = 0
ENDS = {"done": 2, "failed": 3, "skipped": 4}
ALIAS = 5
WAITING = 6
READY = 7
ADDED_AT_ONCE = 4_096
"""Rows made for one statement: a page may offer hundreds of thousands of links."""

Row = tuple[int, str, str, int, str | None, str, str, int, str | None]


class Copy(NamedTuple):
    """A path under which the bytes of a download are to lie as well."""

    request: Request
    kept: KeptBlob
    """The file that has them, and the URL that they came from in the end."""


class Download(NamedTuple):
    """The row that brings the bytes of a blob's URL; it may be a copy itself."""

    id: int
    state: int
    path: str
    stored: str | None
    source: int | None
    reason: str | None
    detail: str | None

    def place_of_copy(self) -> tuple[int, str]:
        """The state in which a copy of it begins, and how that is counted."""
        if self.state == ENDS["done"]:
            # What an older version stored is not known well enough, so it is downloaded once more.
            return (READY if self.stored is not None else FRESH), "pending"
        if self.state in ENDS.values():
            return self.state, "failed" if self.state == ENDS["failed"] else "skipped"
        return WAITING, "pending"


class Taken(msgspec.Struct, frozen=True):
    """What a host had to give."""

    requests: Sequence[Request]
    more: bool
    """Whether untried URLs are left."""
    next_retry: float | None
    """When the next retry is due, if any waits."""


class Committed(msgspec.Struct, frozen=True):
    """What a commit brought."""

    fresh: Counter[str]
    """New URLs to fetch by host."""
    taken: Mapping[str, Taken]
    records: int
    """New records for the stores."""
    bytes: int
    """Their size in the journal."""


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

LOOP = "its redirects lead back to itself"


def sort_of(kind: str) -> str:
    """Under which heading a kind of request is counted: a job's own kinds are pages."""
    return kind if kind in (Kind.BLOB, Kind.SITEMAP) else Kind.PAGE


class Frontier:
    """The queue and, in the same file and transactions, the journal."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.journal = Journal(database)
        self._hosts: dict[str, int] = {name: key for key, name, _ in database.run("hosts")}
        self._tally: Counter[str] = Counter()
        self.totals: Mapping[str, float] = dict(database.run("tallies").fetchall())
        """All totals as of the last commit. Each commit makes them anew: other threads look at them meanwhile."""
        self.job_id = self._identity()
        """Tells stores that remember cursors themselves this job from others, also from itself begun anew."""
        self.copies_ready = True
        """Whether there may be copies to make. Other threads look at it meanwhile."""

    @classmethod
    def open(cls, path: Path) -> Frontier:
        """Open for writing."""
        return cls(Database.open(path))

    def _identity(self) -> str:
        """A random name, given once."""
        with self._database.transaction():
            if (known := self._database.value("meta", ("job",))) is None:
                known = str(uuid.uuid4())
                self._database.run("save_meta", ("job", known))
        return str(known)

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

    def leased_paths(self) -> dict[str, bool]:
        """Paths of blobs that a killed run may have been writing, and whether something known lies there."""
        return {path: bool(known) for path, known in self._database.run("leased_paths")}

    def release(self) -> None:
        """Put back what was leased: after a kill, or at the end of a run."""
        with self._transaction():
            for kind, n in self._database.run("leased_kinds").fetchall():
                self._moved(kind, "leased", "pending", n)
            self._database.run("release")
            self.copies_ready = True

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

    def take_copies(self, limit: int) -> list[Copy]:
        """Lease up to so many copies that can be made."""
        with self._transaction():
            rows = self._database.run("take_copies", (limit,)).fetchall()
            self._database.run_many("lease", [(row[0],) for row in rows])
            self._moved(Kind.BLOB, "pending", "leased", len(rows))
            self.copies_ready = len(rows) == limit
        return [copy_of(row) for row in rows]

    def content_of(self, sha256: str) -> StoredBlob | None:
        """A blob in the store that has these bytes."""
        line = self._database.value("content_of", (sha256,))
        return None if line is None else decode_blob(str(line)).blob

    def content_at(self, path: str) -> str | None:
        """The hash of what lies under a path."""
        found = self._database.value("content_at", (path,))
        return None if found is None else str(found)

    def commit(self, outcomes: Sequence[Outcome], notes: Notes = NO_NOTES) -> Counter[str]:
        """Store a group of outcomes in one transaction; the number of new URLs to fetch by host."""
        return self.commit_and_take(outcomes, notes, {}, 0.0).fresh

    def commit_and_take(
        self, outcomes: Sequence[Outcome], notes: Notes, wants: Mapping[str, int], now: float
    ) -> Committed:
        """The same, and lease what hosts want, which may be what the group has just brought."""
        with self._transaction():
            fresh = self._settle(outcomes)
            fresh += self._add(notes.offers, parent=0)
            for outcome in outcomes:
                fresh += self._add(outcome.links, outcome.request.id)
            appended = self._write_records(outcomes)
            self._note(notes)
            taken = {host: self._take(self._host(host), limit, now) for host, limit in wants.items()}
        self.journal.remember(appended)
        records, size = sum(batch.count for batch in appended), sum(len(batch.lines) for batch in appended)
        return Committed(fresh, taken, records, size)

    def add(self, requests: Sequence[Request]) -> Counter[str]:
        """Offer requests that no page offered; the number of new ones by host."""
        return self.commit((), Notes(offers=requests))

    def requeue(self, pattern: re.Pattern[str] | None = None) -> int:
        """Put failed URLs, or those whose URL fits the pattern, back into the queue; how many.

        With a copy goes the download that it waits for.
        """
        with self._transaction():
            failed = {row[0]: row for row in self._database.run("failed").fetchall()}
            wanted = [key for key, row in failed.items() if pattern is None or pattern.search(row[2])]
            chosen = dict.fromkeys(one for key in wanted for one in with_sources(key, failed))
            downloads = [failed[key] for key in chosen if failed[key][3] is None]
            rows = [(url, self._host(authority(url)), key) for key, _, url, _ in downloads]
            self._database.run_many("requeue", rows)
            self._database.run_many("requeue_copy", [(key,) for key in chosen if failed[key][3] is not None])
            for key in chosen:
                self._moved(failed[key][1], "failed", "pending")
        return len(chosen)

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    # Parts of a commit

    def _settle(self, outcomes: Sequence[Outcome]) -> Counter[str]:
        """Move every request to where its outcome puts it; redirected ones count as new at their next host."""
        ends: list[tuple[object, ...]] = []
        retries: list[tuple[object, ...]] = []
        blobs: list[Outcome] = []
        fresh: Counter[str] = Counter()
        for outcome in outcomes:
            asked = outcome.request
            if outcome.hop:
                fresh += self._redirect(outcome)
            elif outcome.state in ENDS:
                stored = self._keep_in_mind(outcome) if asked.kind == Kind.BLOB else None
                reason, detail = outcome.reason or None, outcome.detail or None
                ends.append((ENDS[outcome.state], asked.attempts, reason, detail, stored, asked.id))
                self._moved(asked.kind, "leased", outcome.state)
                if asked.kind == Kind.BLOB:
                    blobs.append(outcome)
            else:
                retries.append((asked.attempts, outcome.retry_at, outcome.reason, outcome.detail, asked.id))
                self._moved(asked.kind, "leased", "pending")
                self.copies_ready |= asked.kind == Kind.BLOB
        self._database.run_many("finish", ends)
        self._database.run_many("postpone", retries)
        self._tell_copies(blobs)
        return fresh

    def _keep_in_mind(self, outcome: Outcome) -> str | None:
        """Note what lies in the blob store now; the path of a blob that is there."""
        if outcome.kept is None:
            return None
        stored = outcome.kept.blob
        self._database.run("save_content", (stored.path, stored.sha256, encode_blob(outcome.kept).text.decode()))
        return stored.path

    def _tell_copies(self, blobs: Sequence[Outcome]) -> None:
        """Tell those who wait for these blobs how they ended."""
        done = [(outcome.request.id,) for outcome in blobs if outcome.state == "done"]
        if self._database.run_many("ready_copies", done):
            self.copies_ready = True
        for outcome in blobs:
            if outcome.state != "done":
                self._end_copies(outcome.request.id, outcome.state, outcome.reason, outcome.detail)

    def _end_copies(self, source: int, state: str, reason: str, detail: str) -> None:
        """The bytes will not come: end all that wait for them, and what waits for those."""
        sources = [source]
        while sources:
            ended = self._database.run("end_copies", (ENDS[state], reason, detail, sources.pop())).fetchall()
            self._moved(Kind.BLOB, "pending", state, len(ended))
            sources += [key for (key,) in ended]

    def _redirect(self, outcome: Outcome) -> Counter[str]:
        """Send a request on to where it was redirected, unless that place is known by itself already."""
        asked, database = outcome.request, self._database
        print_ = fingerprint(asked.kind, outcome.hop, asked.note)
        host = authority(outcome.hop)
        known = database.run("find", (print_,)).fetchone()
        if known is None:
            values = (print_, outcome.hop, asked.kind, self._host(host), asked.id, asked.path, asked.note)
            database.run("add_alias", values)
        elif asked.id not in (known[0], known[2] if known[1] == ALIAS else None) and self._merge(outcome, print_):
            return Counter()
        hops = msgspec.json.encode([*asked.hops, asked.url]).decode()
        database.run("redirect", (outcome.hop, self._host(host), hops, asked.id))
        self._moved(asked.kind, "leased", "pending")
        return Counter({host: 1})

    def _merge(self, outcome: Outcome, print_: bytes) -> bool:
        """End a request that was redirected to one that is known by itself; whether that could be."""
        asked = outcome.request
        if asked.kind == Kind.BLOB:
            return self._merge_blob(outcome, Download(*self._database.run("find_download", (print_,)).fetchone()))
        end = (ENDS["done"], asked.attempts, "redirect", f"leads to {outcome.hop}", None, asked.id)
        self._database.run("finish", end)
        self._moved(asked.kind, "leased", "done")
        self._tally[f"{sort_of(asked.kind)}.merged"] += 1
        return True

    def _merge_blob(self, outcome: Outcome, source: Download) -> bool:
        """Make a download a copy of the one that it was redirected to."""
        asked = outcome.request
        state, word = source.place_of_copy()
        if self._leads_to(source, asked.id):
            state, word, source = ENDS["failed"], "failed", source._replace(reason="redirect loop", detail=LOOP)
        if state == FRESH:
            return False
        hops = msgspec.json.encode([*asked.hops, asked.url]).decode()
        self._database.run("become_copy", (state, source.id, outcome.hop, hops, asked.id))
        self._moved(Kind.BLOB, "leased", word)
        self.copies_ready |= state == READY
        if word != "pending":
            reason, detail = source.reason or "", source.detail or ""
            self._database.run("finish", (state, asked.attempts, reason, detail, None, asked.id))
            self._end_copies(asked.id, word, reason, detail)
        return True

    def _leads_to(self, source: Download, row: int) -> bool:
        """Whether a copy waits, through others, for this row."""
        key: object = source.source
        while key is not None and key != row:
            key = self._database.value("source", (key,))
        return key is not None

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
            print_ = fingerprint(new.kind, new.url, new.note)
            row = (print_, new.url, new.kind, self._host(host), new.depth, parent, new.path, new.note)
            groups[host, new.kind].append(row)
        for (host, kind), rows in groups.items():
            added = self._add_blobs(rows) if kind == Kind.BLOB else self._database.run_many("add", rows)
            if added:
                fresh[host] += added
                self._tally[f"{sort_of(kind)}.pending"] += added

    def _add_blobs(self, rows: Iterable[tuple[object, ...]]) -> int:
        """Insert blobs whose URL is new as downloads, and new paths of those that are known as copies; how many
        downloads.
        """
        return sum(self._database.run("add", row).rowcount or self._add_path(row) for row in rows)

    def _add_path(self, row: tuple[object, ...]) -> int:
        """Insert a blob whose URL is known, unless its path is too; 1 if it has to be downloaded all the same."""
        source = Download(*self._database.run("find_download", row[:1]).fetchone())
        if source.path == row[6]:
            return 0
        state, word = source.place_of_copy()
        print_ = fingerprint(Kind.BLOB, str(row[1]), str(row[6]))
        of = None if state == FRESH else source.id
        added = self._database.run("add_copy", (print_, *row[1:], state, of, source.reason, source.detail)).rowcount
        if state == FRESH:
            return added
        self._tally[f"{Kind.BLOB}.{word}"] += added
        self.copies_ready |= bool(added) and state == READY
        return 0

    def _write_records(self, outcomes: Sequence[Outcome]) -> list[Batch]:
        """One journal entry for each table, with the records of the whole group."""
        lines: defaultdict[str, list[bytes]] = defaultdict(list)
        counts: Counter[str] = Counter()
        for outcome in outcomes:
            records = {BLOBS.name: encode_blob(outcome.kept)} if outcome.kept else outcome.records
            for table, some in records.items():
                counts[table] += some.count
                lines[table].append(some.text)
        for table in lines:
            self._tally[f"record.{table}"] += counts[table]
        return [self.journal.append(table, counts[table], b"".join(pieces)) for table, pieces in lines.items()]

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
        blobs = self._database.run("waiting_blobs_at_host", (host,)).fetchall()
        self._database.run("give_up_host", (reason, detail, host))
        for (key,) in blobs:
            self._end_copies(key, "failed", reason, detail)

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


def with_sources(row: int, failed: Mapping[int, tuple[int, str, str, int | None]]) -> Iterator[int]:
    """A failed row, and those it is a copy of as far as they failed too."""
    key: int | None = row
    while key is not None and key in failed:
        yield key
        key = failed[key][3]


def copy_of(row: tuple[Any, ...]) -> Copy:
    """A stored row of a copy, with what is known of the bytes."""
    kept = decode_blob(row[11])
    origin = Origin(row[9], kept.origin.fetched_at)
    return Copy(request(row[:9]), KeptBlob(msgspec.structs.replace(kept.blob, path=row[10]), origin))


def request(row: Row) -> Request:
    """A stored row as the request it stands for."""
    key, url, kind, depth, parent, path, note, attempts, hops = row
    chain = tuple(msgspec.json.decode(hops)) if hops else ()
    return Request(url, kind, key, depth, parent or "", path, note, attempts, chain)


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
