"""A frontier that many workers of one process share: as small as its interface allows, and only in memory.

It shows what `frontier/base.py` asks of frontiers for many machines, which must pass the same tests.
"""

from __future__ import annotations

import math
import re
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import msgspec

from asyncscrape.bundles import Candidate, Closed, EndedBundle, Fixed, Scoring, Setting
from asyncscrape.errors import JobChanged, JobRunning, Reason, UsageError
from asyncscrape.facts import TableFacts
from asyncscrape.frontier import kept_settings
from asyncscrape.frontier.agreement import Remembered, check, to_tell
from asyncscrape.frontier.base import (
    Advance,
    Backlog,
    Committed,
    Copy,
    EarlierEnd,
    Failure,
    GivenUp,
    Grant,
    Group,
    PageRead,
    PathTurn,
    SkippedUrl,
    Taken,
    Waiting,
)
from asyncscrape.frontier.kept_changes import with_changes
from asyncscrape.frontier.renumbered_uses import renumbered
from asyncscrape.frontier.states import AS_SOURCE, COPIES, COUNTED, ENDING, REQUESTS, Event, Stage
from asyncscrape.model import (
    BLOBS,
    FIRST,
    Batch,
    Flaw,
    FlawKind,
    FoundFlaw,
    Generation,
    KeptBlob,
    Kind,
    Lines,
    Origin,
    Outcome,
    PastRequest,
    Request,
    Rule,
    State,
    StoredBlob,
    Table,
)
from asyncscrape.openings import LEARNED, BrowserTotals, Experience, Opening
from asyncscrape.politeness.clock import PATIENCE
from asyncscrape.records.lines import encode_blob
from asyncscrape.snapshots import NOT_FINISHED, finished
from asyncscrape.stats import MOST_LEFT, Look, RunState, Spent, Standing, Totals
from asyncscrape.team import Last, Lease, Share, Team
from asyncscrape.urls import authority, fingerprint
from support.shared_bundles import SharedBundles

PASSED_OVER = (Reason.NOT_KEPT, Reason.DAMAGED)


def replaces(kept: KeptBlob, known: KeptBlob) -> bool:
    """Whether a file takes the place of the known one at its path."""
    return kept.order >= known.order if kept.order else kept.blob.sha256 != known.blob.sha256


def as_brought(there: KeptBlob, request: Request, url: str) -> KeptBlob:
    """A file as the one that a request has brought from a URL."""
    stored = msgspec.structs.replace(there.blob, url=request.asked)
    return KeptBlob(stored, Origin(url, there.origin.fetched_at), request.order if request.newest else 0)


def is_an_end(row: Row) -> bool:
    """Whether a row tells how a request ended that left no answer."""
    if row.stage == Stage.DONE:
        return row.request.kind == Kind.BLOB or row.reason not in ("", Reason.LEFT_OUT)
    return row.stage in (Stage.FAILED, Stage.SKIPPED) and row.reason not in PASSED_OVER


@dataclass
class Row:
    """A request, or a copy of a download."""

    request: Request
    stage: Stage
    due: float = 0.0
    source: Row | None = None
    stored: str | None = None
    reason: str = ""
    detail: str = ""
    holder: SharedWorker | None = None
    """The worker that has leased it; nobody, once that worker has lost it."""

    @property
    def host(self) -> str:
        return authority(self.request.url)

    def moved(self, event: Event) -> None:
        self.stage = (REQUESTS if self.source is None else COPIES)[self.stage, event]

    def put_back(self) -> None:
        self.moved(Event.RELEASED)
        self.holder = None

    def recover(self) -> None:
        """Put it back after the death of its worker."""
        self.put_back()
        self.request = msgspec.structs.replace(self.request, deaths=self.request.deaths + 1)

    def follows(self, row: Row) -> bool:
        """Whether it is a copy of a row, perhaps through others."""
        return self.source is not None and (self.source is row or self.source.follows(row))


@dataclass
class Host:
    owner: SharedWorker | None = None
    clock: bytes | None = None
    unclean: int = 0


@dataclass
class SharedJournal:
    """Batches, and the cursor of each store."""

    batches: list[Batch] = field(default_factory=list)
    names: dict[str, Sequence[str]] = field(default_factory=dict)
    seqs: dict[str, int] = field(default_factory=dict)
    last: int = 0
    begin: int = 0
    """Where the generation began."""
    workers: int = 0
    in_use: bool = False
    """Whether any of these workers has registered stores."""

    async def register(self, stores: Mapping[str, Sequence[str]], late: Collection[str] = ()) -> None:
        if self.workers > 1 and self.in_use and stores.keys() != self.seqs.keys():
            raise JobChanged(f"others are at work with other stores, {', '.join(self.seqs)}")
        self.in_use = True
        begin = self.batches[0].seq if self.batches else self.last + 1
        for store in stores.keys() - self.seqs.keys() - set(late):
            if begin > self.begin + 1:
                raise JobChanged(f"the store {', '.join(stores[store])} would miss records; start with --fresh")
        self.names = dict(stores)
        self.seqs = {store: self.seqs.get(store, self.last if store in late else self.begin) for store in stores}

    def append(self, table: str, count: int, lines: bytes) -> Batch:
        self.last += 1
        self.batches.append(Batch(self.last, table, count, lines))
        return self.batches[-1]

    async def cursor(self, store: str) -> int:
        return self.seqs.get(store, 0)

    async def read(self, after: int, max_bytes: int) -> list[Batch]:
        batches: list[Batch] = []
        for batch in self.batches:
            if batch.seq > after and sum(len(one.lines) for one in batches) < max_bytes:
                batches.append(batch)
        return batches

    async def advance(self, store: str, seq: int) -> Advance:
        records = sum(batch.count for batch in self.batches if self.seqs[store] < batch.seq <= seq)
        self.seqs[store] = seq
        passed = [batch for batch in self.batches if batch.seq <= min(self.seqs.values())]
        del self.batches[: len(passed)]
        return Advance(records, sum(len(batch.lines) for batch in passed))

    async def end(self) -> int:
        return self.last

    async def backlog(self) -> Backlog:
        return Backlog(sum(len(batch.lines) for batch in self.batches), self.lags())

    def behind(self) -> bool:
        return any(batch.seq > seq for batch in self.batches for seq in self.seqs.values())

    def lags(self) -> dict[str, int]:
        behind = {
            store: sum(batch.count for batch in self.batches if batch.seq > seq) for store, seq in self.seqs.items()
        }
        return {name: behind[store] for store, names in self.names.items() for name in names}


class SharedFrontier:
    """The whole state of a job, for workers that come and go."""

    def __init__(self) -> None:
        self.erase()
        self.workers: list[SharedWorker] = []
        """In the order in which they have joined."""
        self._owned = False
        self.ahead = 0.0
        """Seconds by which the clocks of all workers are ahead of its own."""

    def erase(self) -> None:
        self.job_id = str(uuid.uuid4())
        self.rows: dict[int, Row]
        self.hosts: dict[str, Host] = {}
        self.wishes: dict[str, SharedWorker] = {}
        self.journal = SharedJournal()
        self.tables: Sequence[Table] = ()
        self.rules: Sequence[Rule] | None = None
        self.settings: Mapping[str, str] = {}
        self.mixed: set[tuple[str, int]] = set()
        self.generation = FIRST
        self.switching = False
        self.accepted: Sequence[str] = ()
        self.contents: dict[str, tuple[int, KeptBlob]] = {}
        self.turns: dict[str, SharedWorker] = {}
        """The workers that are putting files, by path."""
        self.robots: dict[str, bytes] = {}
        self._facts: Mapping[str, TableFacts] = {}
        self._facts_before: Mapping[str, TableFacts] = {}
        self.experience: dict[tuple[str, str], Experience] = {}
        self.rereading = False
        self.match = ""
        self.earlier: dict[bytes, Row] = {}
        self._empty()

    def _empty(self) -> None:
        """Forget all requests and totals."""
        self.rows = {}
        self._prints: dict[bytes, Row] = {}
        self._records: Counter[str] = Counter()
        self._replaced: Counter[str] = Counter()
        self._merged = 0
        self._spent = Spent()
        self._look: Look | None = None
        self._flaws: dict[tuple[str, str, FlawKind], FoundFlaw] = {}
        self.uses: Counter[str] = Counter()
        self._skips: Counter[str] = Counter()
        self._left: dict[str, SkippedUrl] = {}
        self.bundles = SharedBundles(self._of_bundle)
        self._browser: BrowserTotals | None = None

    def _of_bundle(self, number: int) -> list[tuple[Request, bool, str | None]]:
        """The requests of a bundle: whether each is open, and why it failed, if it did."""
        return [
            (
                row.request,
                COUNTED[row.stage] in (State.PENDING, State.LEASED),
                row.reason if row.stage in (Stage.FAILED, Stage.SKIPPED) else None,
            )
            for row in self.rows.values()
            if row.request.bundle == number
        ]

    def begin_generation(self, *, reread: bool = False) -> Generation:
        if self.switching or not (reread or finished(self.seen())):
            raise UsageError(NOT_FINISHED)
        known = (
            self.earlier if self.rereading else {key: row for key, row in self.earlier.items() if not self._made(key)}
        )
        self.earlier = known | {key: row for key, row in self._prints.items() if is_an_end(row)} if reread else {}
        self.rereading, self.match = reread, ""
        if self.generation.beside:
            self.mixed = {pair for pair in self.mixed if pair[1] != self.generation.number}
        else:
            self._facts_before = self._facts or {name: TableFacts(n) for name, n in self._records.items()}
        self._facts, self.switching, self.accepted = {}, False, ()
        self.journal.begin = self.journal.last
        self.journal.seqs = dict.fromkeys(self.journal.seqs, self.journal.last)
        self.journal.batches.clear()
        self.generation = Generation(self.generation.number + 1, beside=True, begin=self.journal.last)
        self._empty()
        self.experience = {key: one.in_next_generation() for key, one in self.experience.items()}
        self._look = Look(RunState.STOPPED)
        return self.generation

    def switched(self) -> None:
        self.generation, self.switching = msgspec.structs.replace(self.generation, beside=False), False
        self.mixed = {pair for pair in self.mixed if pair[1] == self.generation.number}

    def remembered(self) -> Remembered:
        read = [row for row in self.rows.values() if row.stage == Stage.DONE and not row.reason]
        urls = [row.request.url for row in read if row.request.kind == Kind.PAGE]
        filled = {name for name, n in self._records.items() if n}
        since = {Fixed.READ: self.totals().of(Kind.PAGE, State.DONE), Fixed.CLOSED: self.bundles.closed}
        fixed = [one for one, n in since.items() if n]
        return Remembered(self.tables, self.rules, filled, lambda: urls, finished(self.seen()), self.settings, fixed)

    def seen(self, *, running: bool = False) -> Standing:
        journal = self.journal
        standing = Standing(self.totals(), journal.lags(), self._look, running, journal.behind(), self.switching)
        told = {"rereading": self.rereading, "match": self.match}
        return msgspec.structs.replace(standing, bundles=self.bundles.progress(), **told)

    def finished(self) -> bool:
        open_ = any(COUNTED[row.stage] in (State.PENDING, State.LEASED) for row in self.rows.values())
        return not (open_ or self.bundles.unclosed)

    @asynccontextmanager
    async def join(self, *, newest_first: bool = False, team: Team | None = None) -> AsyncIterator[SharedWorker]:
        if self._owned:
            raise JobRunning("somebody wants to be alone with the job")
        worker = SharedWorker(self, newest_first, shared=team is not None)
        self.workers.append(worker)
        self.journal.workers = len(self.workers)
        try:
            yield worker
        finally:
            self.expire(worker)
            self.workers.remove(worker)
            self.journal.workers = len(self.workers)
            self.journal.in_use = self.journal.in_use and bool(self.workers)

    def expire(self, worker: SharedWorker) -> None:
        """Take everything from a worker that has been silent for too long."""
        for host in self.hosts.values():
            host.owner = None if host.owner is worker else host.owner
        for row in self.rows.values():
            row.holder = None if row.holder is worker else row.holder
        self.bundles.release(worker)
        self.turns = {path: holder for path, holder in self.turns.items() if holder is not worker}
        self.wishes = {name: wisher for name, wisher in self.wishes.items() if wisher is not worker}

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[SharedOwner]:
        if self._owned or self.workers:
            raise JobRunning("the job is already running")
        self._owned = True
        try:
            yield SharedOwner(self)
        finally:
            self._owned = False

    async def standing(self) -> Standing | None:
        running = self._owned or bool(self.workers)
        if not (self.rows or running or self.generation != FIRST):
            return None
        return self.seen(running=running)

    async def failures(self) -> list[Failure]:
        return [
            Failure(
                row.request.asked,
                row.request.kind,
                row.reason,
                row.detail,
                row.request.attempts,
                row.request.parent,
            )
            for row in self.rows.values()
            if row.stage == Stage.FAILED
        ]

    async def skipped(self) -> list[SkippedUrl]:
        requests = [
            SkippedUrl(row.request.asked, row.reason, row.detail, row.request.parent)
            for row in self.rows.values()
            if row.stage == Stage.SKIPPED
        ]
        return requests + [left for _, left in sorted(self._left.items())]

    async def pages_read(self) -> list[PageRead]:
        return [
            PageRead(row.request.url, row.request.parent)
            for row in self.rows.values()
            if row.request.kind == Kind.PAGE and row.stage == Stage.DONE and not row.reason
        ]

    async def past(self, kinds: Collection[str]) -> list[PastRequest]:
        return [
            PastRequest(row.request.asked, row.request.kind, row.request.note, COUNTED[row.stage])
            for kind in kinds
            for row in self.rows.values()
            if row.request.kind == kind
        ]

    # Hosts

    def rows_of(self, host: str, *stages: Stage) -> list[Row]:
        """Requests of a host; copies do not ask one."""
        rows = (row for row in self.rows.values() if row.host == host and row.source is None)
        return [row for row in rows if row.stage in stages]

    def grant(self, worker: SharedWorker, most: int | None, needed: Collection[str]) -> Iterator[Grant]:
        for row in self.rows.values():  # copies of those who died
            if row.stage == Stage.LEASED and row.source is not None and row.holder is None:
                row.recover()
        self._wish(worker, needed)
        free = [
            name
            for name, host in self.hosts.items()
            if host.owner is None and self.wishes.get(name, worker) is worker and name not in needed
        ]
        busy = [name for name in free if self.rows_of(name, Stage.PENDING, Stage.LEASED)]
        wished = [name for name in needed if self.wishes.get(name) is worker and self.hosts[name].owner is None]
        for name in [*wished, *busy[:most]]:
            self.hosts[name].owner = worker
            self.wishes.pop(name, None)
            host = self.hosts[name]
            for row in self.rows_of(name, Stage.LEASED):
                row.recover()
                host.unclean += 1
            learned = tuple(one for (_, at), one in self.experience.items() if at == name)
            yield Grant(name, host.clock, host.unclean, self._waiting(name), learned)

    def _wish(self, worker: SharedWorker, needed: Collection[str]) -> None:
        """What a worker needs is kept for it, unless another has needed it before."""
        for name in needed:
            if self.hosts.setdefault(name, Host()).owner is not worker:
                self.wishes.setdefault(name, worker)

    def _waiting(self, host: str) -> Waiting:
        dues = [row.due for row in self.rows_of(host, Stage.PENDING)]
        return Waiting(0.0 in dues, min(filter(None, dues), default=None))

    def take(self, worker: SharedWorker, host: str, limit: int, now: float) -> Taken:
        known = self.hosts.get(host)
        if known is None or known.owner is not worker:
            return Taken((), Waiting())
        pending = self.rows_of(host, Stage.PENDING)
        retries = sorted((row for row in pending if 0 < row.due <= now), key=lambda row: (row.due, row.request.id))
        untried = [row for row in pending if not row.due]
        rows = [*retries, *untried[:: worker.step]][:limit]
        self.lease(worker, rows)
        later = [row for row in self.rows_of(host, Stage.PENDING) if row.due]
        if later and min(row.due for row in later) > now + PATIENCE:
            for row in later:
                row.due = now
        return Taken([row.request for row in rows], self._waiting(host))

    def lease(self, worker: SharedWorker, rows: Iterable[Row]) -> None:
        for row in rows:
            row.moved(Event.TAKEN)
            row.holder = worker

    # Commits

    def commit(self, worker: SharedWorker, group: Group, wants: Mapping[str, int], now: float) -> Committed:
        late = {authority(one.request.url) for one in group.outcomes if self._row(one).holder is not worker}
        outcomes = [outcome for outcome in group.outcomes if self._row(outcome).holder is worker]
        fresh: Counter[str] = Counter()
        for outcome in outcomes:
            self._settle(outcome, fresh)
        for new in group.offers:
            self._add(new, "", fresh)
        for outcome in outcomes:
            for new in outcome.links:
                bundle = outcome.request.bundle if new.kind != Kind.BLOB else 0
                self._add(msgspec.structs.replace(new, bundle=bundle), outcome.request.url, fresh)
        for outcome in outcomes:
            self._note_findings(outcome)
        closed = group.closed if group.closed and self.bundles.close(worker, group.closed) else None
        appended = self._write_records(outcomes, closed, group.made)
        named = {*group.given_up, *group.clocks, *wants, *(authority(f"{origin}/") for origin in group.robots)}
        lost = {name for name in named | late if (host := self.hosts.get(name)) and host.owner is not worker}
        self._note(group, lost)
        for new in list(self.bundles.grow(group.growth)) if group.growth else ():
            self._add(new, "", fresh)
        taken = {host: self.take(worker, host, limit, now) for host, limit in wants.items()}
        records, size = sum(batch.count for batch in appended), sum(len(batch.lines) for batch in appended)
        copies = any(row.stage == Stage.READY for row in self.rows.values())
        ended = self.bundles.next is not None
        return Committed(fresh, taken, self.totals(), records, size, copies, ended, lost)

    def _note_findings(self, outcome: Outcome) -> None:
        self.uses.update(outcome.uses)
        if outcome.opening is not None:
            self._note_opening(outcome.opening, authority(outcome.request.url))
        if outcome.finding is not None:
            self.bundles.note(outcome.request, outcome.finding)
        for flaw in outcome.flaws:
            key = (flaw.table, flaw.column, flaw.kind)
            first = self._flaws.get(key)
            self._flaws[key] = (
                FoundFlaw(together(first.flaw, flaw), first.url) if first else FoundFlaw(flaw, outcome.request.url)
            )
        for left in outcome.left:
            known = left.url in self._left or fingerprint(Kind.PAGE, left.url) in self._prints
            if not known and self._skips[left.reason] < MOST_LEFT:
                self._left[left.url] = SkippedUrl(left.url, left.reason, "", outcome.request.url)
                self._skips[left.reason] += 1
        if outcome.state is State.SKIPPED:
            self._skips[outcome.reason] += 1

    def _row(self, outcome: Outcome) -> Row:
        return self.rows[outcome.request.id]

    def end_rereading(self) -> int:
        if not self.rereading:
            return 0
        self.rereading, self.match = False, ""
        passed = [row for row in self.rows.values() if row.stage == Stage.SKIPPED and row.reason in PASSED_OVER]
        self._skips -= Counter(row.reason for row in passed if row.source is None)
        return sum(self.put_back(row, Stage.SKIPPED) for row in passed)

    def _made(self, key: bytes) -> bool:
        """Whether a request was made in this generation and left an answer, or will be."""
        row = self._prints.get(key)
        if row is None:
            return False
        read = row.stage == Stage.DONE and row.request.kind != Kind.BLOB and not row.reason
        return read or row.stage in (Stage.PENDING, Stage.LEASED)

    def ended_earlier(self, request: Request) -> EarlierEnd | None:
        key = print_of(request, request.asked)
        row = self.earlier.get(key)
        if row is None:
            return self._file_there(request)
        asked = row.request
        redirects = (*asked.hops[1:], asked.url) if asked.hops and key == print_of(asked, asked.asked) else ()
        merged = row.stage == Stage.DONE and row.reason == Reason.REDIRECT
        target = row.detail.removeprefix("leads to ") if merged else ""
        ended = EarlierEnd(COUNTED[row.stage], row.reason, row.detail, asked.attempts, redirects, target)
        if row.stage != Stage.DONE or request.kind != Kind.BLOB:
            return ended
        path = row.stored or request.path
        if path not in self.contents:
            return None
        there = self.contents[path][1]
        if request.newest and there.blob.url != request.asked:
            return ended
        return msgspec.structs.replace(ended, kept=as_brought(there, request, asked.url))

    def _file_there(self, request: Request) -> EarlierEnd | None:
        there = self.contents.get(request.path, (0, None))[1] if request.kind == Kind.BLOB else None
        if there is None or there.blob.url != request.asked:
            return None
        return EarlierEnd(State.DONE, "", "", kept=as_brought(there, request, there.origin.url))

    def _settle(self, outcome: Outcome, fresh: Counter[str]) -> None:
        row = self._row(outcome)
        row.holder = None
        row.request = msgspec.structs.replace(row.request, deaths=0)
        if outcome.hop:
            self._redirect(row, outcome.hop, fresh)
            return
        row.request = msgspec.structs.replace(row.request, attempts=outcome.request.attempts)
        row.reason, row.detail = outcome.reason, outcome.detail
        if outcome.state == State.PENDING:
            row.due = outcome.retry_at
            row.moved(Event.PUT_OFF)
            return
        row.moved(ENDING[outcome.state])
        self._merged += outcome.merged
        if outcome.kept is not None:
            row.stored = outcome.kept.blob.path
        for kept in outcome.stored:
            known = self.kept_at(kept.blob.path)
            if known is None or replaces(kept, known):
                self.contents[kept.blob.path] = self.generation.number, kept
        self._tell_copies(row)

    def kept_at(self, path: str) -> KeptBlob | None:
        number, kept = self.contents.get(path, (0, None))
        return kept if kept is not None and number == self.generation.number else None

    def _tell_copies(self, source: Row) -> None:
        if AS_SOURCE[source.stage] == Event.SOURCE_OPEN:
            return
        for row in self.rows.values():
            if row.source is source and row.stage == Stage.WAITING:
                row.moved(AS_SOURCE[source.stage])
                if row.stage != Stage.READY:
                    row.reason, row.detail = source.reason, source.detail
                    self._tell_copies(row)

    def _redirect(self, row: Row, url: str, fresh: Counter[str]) -> None:
        asked = row.request
        known = row if asked.newest else self._prints.setdefault(print_of(asked, url), row)
        if known is not row and asked.kind != Kind.BLOB:
            row.moved(Event.MERGED)
            row.reason, row.detail = Reason.REDIRECT, f"leads to {url}"
            self._merged += 1
            return
        if known.follows(row):
            row.reason, row.detail = Reason.REDIRECT_LOOP, "it redirects back to itself"
            row.moved(Event.FAILED)
            self._tell_copies(row)
            return
        row.request = msgspec.structs.replace(asked, url=url, hops=(*asked.hops, asked.url))
        if known is not row:
            row.moved(AS_SOURCE[known.stage])
            row.source, row.reason, row.detail = known, known.reason, known.detail
            self._tell_copies(row)
            return
        row.moved(Event.REDIRECTED)
        row.due = 0.0
        self._found(row.host, fresh)

    def _found(self, host: str, fresh: Counter[str]) -> None:
        self.hosts.setdefault(host, Host())
        fresh[host] += 1

    def _add(self, new: Request, parent: str, fresh: Counter[str]) -> None:
        if new.opens:
            self.bundles.offer(new)
            return
        request = msgspec.structs.replace(new, id=len(self.rows) + 1, parent=parent)
        row = Row(request, REQUESTS[None, Event.OFFERED])
        known = self._prints.setdefault(print_of(new, new.url), row)
        if known is row:
            self.rows[request.id] = row
            self._found(row.host, fresh)
            if new.kind == Kind.PAGE and not new.note and (left := self._left.pop(new.url, None)):
                self._skips[left.reason] -= 1
        elif new.kind == Kind.BLOB and known.request.path != new.path:
            self._add_copy(row, known)

    def _add_copy(self, row: Row, source: Row) -> None:
        asked = row.request
        if self._prints.setdefault(fingerprint(asked.kind, asked.url, asked.path), row) is row:
            row.source, row.stage = source, COPIES[None, AS_SOURCE[source.stage]]
            row.reason, row.detail = source.reason, source.detail
            self.rows[asked.id] = row

    def _write_records(
        self, outcomes: Sequence[Outcome], closed: Closed | None, made: Mapping[str, Lines]
    ) -> list[Batch]:
        lines: dict[str, bytes] = {}
        counts: Counter[str] = Counter()
        found = [one.records for one in outcomes]
        found += [{BLOBS.name: encode_blob(file)} for one in outcomes for file in one.stored]
        for records in [*found, *([closed.records] if closed else []), made]:
            for table, some in records.items():
                counts[table] += some.count
                lines[table] = lines.get(table, b"") + some.text
        self._records += counts
        return [self.journal.append(table, counts[table], text) for table, text in lines.items()]

    def _note(self, group: Group, lost: Collection[str]) -> None:
        for host, why in group.given_up.items():
            if host not in lost:
                self._give_up(host, why)
        for host, clock in group.clocks.items():
            if host not in lost:
                known = self.hosts.setdefault(host, Host())
                known.clock, known.unclean = clock, 0
        for origin, data in group.robots.items():
            if authority(f"{origin}/") not in lost:
                self.robots[origin] = data
        spent, more = msgspec.structs.asdict(self._spent), msgspec.structs.asdict(group.spent)
        self._spent = Spent(**{name: n + more[name] for name, n in spent.items()})
        for table, facts in group.facts.items():
            counted = self._replaced[table] + self._records[table]
            self._records[table] = min(facts.rows, counted)
            self._replaced[table] = counted - self._records[table]
        self._facts = with_changes(group.facts, self._facts) if group.facts else self._facts
        self._look = group.look or self._look

    def put_back(self, row: Row, before: Stage) -> int:
        if row.stage != before:
            return 0
        moved = self.put_back(row.source, before) if row.source is not None else 0
        row.moved(Event.REQUEUED if row.source is None else AS_SOURCE[row.source.stage])
        row.due, row.reason, row.detail = 0.0, "", ""
        if row.source is None:
            self.bundles.reopen(row.request)
        url, hops = (row.request.asked, ()) if row.source is None else (row.request.url, row.request.hops)
        row.request = msgspec.structs.replace(row.request, url=url, hops=hops, attempts=0)
        return moved + 1

    def _give_up(self, host: str, why: GivenUp) -> None:
        for row in self.rows_of(host, Stage.PENDING):
            row.moved(Event.GIVEN_UP)
            row.reason, row.detail = why.reason, why.detail
            self._tell_copies(row)

    def _note_opening(self, opening: Opening, host: str) -> None:
        before = self._browser or BrowserTotals()
        rules = {rule: dict(counts) for rule, counts in before.rules.items()}
        for told in opening.rules:
            counts = rules.setdefault(told.rule, {})
            counts[told.brought] = counts.get(told.brought, 0) + 1
            known = self.experience.get((told.key, host), Experience(told.key, host))
            if told.brought in LEARNED:
                self.experience[told.key, host] = known.after(told.brought)
        pages, by_http = before.pages + opening.opened, before.by_http + (not opening.opened)
        self._browser = BrowserTotals(pages, before.seconds + opening.seconds, by_http, rules)

    def totals(self) -> Totals:
        requests: dict[Kind, dict[State, int]] = {}
        for row in self.rows.values():
            states = requests.setdefault(Kind.counted(row.request.kind), {})
            states[COUNTED[row.stage]] = states.get(COUNTED[row.stage], 0) + 1
        return Totals(
            requests,
            self._merged,
            dict(self._records),
            self._spent,
            flaws=tuple(flaw for _, flaw in sorted(self._flaws.items())),
            uses=dict(self.uses),
            skipped={reason: n for reason, n in self._skips.items() if n},
            replaced={table: n for table, n in self._replaced.items() if n},
            facts=self._facts,
            facts_before=self._facts_before,
            generation=self.generation,
            mixed=tuple(sorted({table for table, _ in self.mixed})),
            browser=self._browser,
        )


class SharedOwner:
    """The sole owner of the job: nobody else works on it."""

    def __init__(self, frontier: SharedFrontier) -> None:
        self._frontier = frontier

    async def requeue(self, pattern: re.Pattern[str] | None = None) -> int:
        self._frontier.end_rereading()
        failed = [row for row in self._frontier.rows.values() if row.stage == Stage.FAILED]
        some = [row for row in failed if not pattern or pattern.search(row.request.asked)]
        return sum(self._frontier.put_back(row, Stage.FAILED) for row in some)

    async def begin_generation(self, *, reread: bool = False) -> Generation:
        return self._frontier.begin_generation(reread=reread)

    async def erase(self) -> None:
        self._frontier.erase()


class SharedWorker:
    """One worker; it keeps its hosts until somebody takes them away."""

    def __init__(self, frontier: SharedFrontier, newest_first: bool, *, shared: bool = False) -> None:
        self._frontier = frontier
        self.step = -1 if newest_first else 1
        self.shared = shared
        self.has_concluded = False
        self.is_over = False

    @property
    def job_id(self) -> str:
        return self._frontier.job_id

    @property
    def lease(self) -> Lease:
        return Lease()

    @property
    def ahead(self) -> float:
        return self._frontier.ahead

    @property
    def share(self) -> Share:
        if not self.shared:
            return Share()
        workers, hosts = self._frontier.workers, self._frontier.hosts
        wanted = [name for name in self._frontier.wishes if hosts[name].owner is self]
        part = None if len(workers) == 1 else max(1, math.ceil(len(hosts) / len(workers)))
        return Share(len(workers), workers.index(self), part, wanted)

    def watch_open(self, within: Callable[[Share], bool]) -> None:
        pass

    async def conclude(self) -> Last:
        if self.is_over or not self.shared:
            return Last.OVER if self.is_over else Last.LEAD
        self.has_concluded = True
        await self.release()
        await self.give_back(self._frontier.hosts)
        self._frontier.bundles.release(self)
        others = [worker for worker in self._frontier.workers if not worker.is_over]
        if not all(worker.has_concluded for worker in others):
            return Last.OTHERS
        return Last.LEAD if others[0] is self and not self._frontier.journal.behind() else Last.WAIT

    async def concluded(self) -> None:
        for worker in self._frontier.workers:
            worker.is_over = worker.has_concluded

    @property
    def journal(self) -> SharedJournal:
        return self._frontier.journal

    @property
    def generation(self) -> Generation:
        return self._frontier.generation

    @property
    def switching(self) -> bool:
        return self._frontier.switching

    @property
    def accepted(self) -> Sequence[str]:
        return self._frontier.accepted

    async def accept(self, complaints: Sequence[str]) -> None:
        self._frontier.accepted = complaints

    async def begin_switch(self) -> None:
        self._frontier.switching = True

    async def switched(self) -> None:
        self._frontier.switched()

    async def agree(
        self,
        tables: Sequence[Table],
        rules: Sequence[Rule] | None = None,
        settings: Sequence[Setting] = (),
        *,
        mix: bool = False,
    ) -> list[str]:
        known = self._frontier.remembered()
        mixed = check(known, tables, rules, settings, mix=mix)
        if known.rules and rules is not None and list(known.rules) != list(rules):
            uses = renumbered(self._frontier.uses, known.rules, rules, known.urls)
            self._frontier.uses = Counter({name: n for name, n in uses.items() if n})
        self._frontier.mixed |= {(table, self._frontier.generation.number) for table in mixed}
        self._frontier.tables = tables
        self._frontier.rules = self._frontier.rules if rules is None else rules
        self._frontier.settings = kept_settings.kept(known.settings, settings)
        return to_tell(known, settings)

    async def totals(self) -> Totals:
        return self._frontier.totals()

    async def acquire(self, most: int | None = None, needed: Collection[str] = ()) -> list[Grant]:
        return list(self._frontier.grant(self, most, needed))

    async def experience(self) -> list[Experience]:
        return [one for _, one in sorted(self._frontier.experience.items())]

    async def robots(self, origin: str) -> bytes | None:
        return self._frontier.robots.get(origin)

    async def give_back(self, hosts: Collection[str]) -> None:
        for name in hosts:
            if (host := self._frontier.hosts.get(name)) and host.owner is self:
                host.owner = None
                for row in self._frontier.rows_of(name, Stage.LEASED):
                    row.put_back()

    async def commit_and_take(self, group: Group, wants: Mapping[str, int], now: float) -> Committed:
        return self._frontier.commit(self, group, wants, now)

    async def poll(self, hungry: Mapping[str, int], now: float) -> dict[str, Taken]:
        return {host: self._frontier.take(self, host, limit, now) for host, limit in hungry.items()}

    async def finished(self) -> bool:
        return self._frontier.finished()

    async def ended_bundle(self) -> EndedBundle | None:
        return self._frontier.bundles.ended(self)

    async def candidates(self, keys: Collection[str]) -> dict[str, Candidate]:
        return self._frontier.bundles.known(keys)

    async def score_by(self, scoring: Scoring) -> None:
        self._frontier.bundles.score_by(scoring)

    async def take_copies(self, most: int) -> tuple[list[Copy], bool]:
        ready = [row for row in self._frontier.rows.values() if row.stage == Stage.READY]
        self._frontier.lease(self, ready[:most])
        return [self._copy(row) for row in ready[:most]], len(ready) > most

    def _copy(self, row: Row) -> Copy:
        assert row.source is not None
        assert row.source.stored is not None
        _, kept = self._frontier.contents[row.source.stored]
        origin = Origin(row.source.request.url, kept.origin.fetched_at)
        return Copy(row.request, KeptBlob(msgspec.structs.replace(kept.blob, path=row.source.stored), origin))

    async def content_of(self, sha256: str) -> StoredBlob | None:
        found = filter(None, map(self._frontier.kept_at, self._frontier.contents))
        return next((kept.blob for kept in found if kept.blob.sha256 == sha256 and not kept.order), None)

    @property
    def has_files(self) -> bool:
        return True  # others store files too

    async def kept_at(self, path: str) -> KeptBlob | None:
        return self._frontier.kept_at(path)

    async def take_path(self, path: str) -> PathTurn:
        holder = self._frontier.turns.setdefault(path, self)
        return PathTurn(True, self._frontier.kept_at(path)) if holder is self else PathTurn(False)

    async def leave_path(self, path: str, kept: KeptBlob | None) -> bool:
        if self._frontier.turns.get(path) is not self:
            return False
        del self._frontier.turns[path]
        if kept is not None:
            self._frontier.contents[path] = self._frontier.generation.number, kept
        return True

    async def unfinished_paths(self) -> dict[str, bool]:
        leased = (row for row in self._frontier.rows.values() if row.stage == Stage.LEASED and row.holder is None)
        paths = [row.request.path for row in leased if row.request.kind == Kind.BLOB]
        return {path: path in self._frontier.contents for path in paths}

    async def begin_rereading(self, match: str = "") -> None:
        self._frontier.rereading, self._frontier.match = True, match

    async def end_rereading(self) -> int:
        return self._frontier.end_rereading()

    async def earlier(self, request: Request) -> EarlierEnd | None:
        return self._frontier.ended_earlier(request)

    async def release(self) -> None:
        for row in self._frontier.rows.values():
            if row.holder is self:
                row.put_back()


def together(first: Flaw, more: Flaw) -> Flaw:
    """Both flaws as one, with the example of the first."""
    return msgspec.structs.replace(first, count=first.count + more.count)


def print_of(request: Request, url: str) -> bytes:
    """The fingerprint of a request at a URL; each bundle asks by itself."""
    return fingerprint(request.kind, url, f"{request.note} of {request.bundle}" if request.bundle else request.note)
