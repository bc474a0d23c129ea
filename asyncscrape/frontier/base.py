"""The interface of a frontier: the durable queue of a job, and the journal of its records.

Workers use a frontier; one worker is a special case of many. A worker asks for hosts and gets them as grants. A host
belongs to one worker at a time, and its clock, its robots.txt and its quotas travel with it: the site sees the same
traffic as from a single worker. The results of requests are committed in groups: one transaction stores the outcomes,
the new URLs, the records and the clocks.

A worker that was silent for too long may have lost hosts to another. Whatever it then commits for such a host is not
stored, and the commit says so (`Committed.fenced`): the host's new worker makes those requests again. So a URL may be
fetched twice, but its outcome is stored once.

Everything here is asynchronous; nothing hands out state that could change while somebody reads it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

import msgspec

from asyncscrape.bundles import Candidate, Closed, EndedBundle, Growth, Scoring, Setting
from asyncscrape.facts import TableFacts
from asyncscrape.model import (
    Batch,
    Generation,
    KeptBlob,
    Lines,
    Outcome,
    PastRequest,
    Request,
    Rule,
    State,
    StoredBlob,
    Table,
)
from asyncscrape.openings import Experience
from asyncscrape.stats import Look, Spent, Standing, Totals
from asyncscrape.team import Last, Lease, Share, Team

# Hosts and their requests


class Waiting(msgspec.Struct, frozen=True):
    """The requests that wait at a host."""

    fresh: bool = False
    """Whether any URL has never been tried."""
    next_retry: float | None = None
    """When the next retry is due, if one waits."""


class Grant(msgspec.Struct, frozen=True):
    """A host that belongs to this worker from now on."""

    host: str
    clock: bytes | None
    """As the last worker stored it; None for a host that has never been asked."""
    unclean: int
    """Requests that dead workers may have sent without recording them, and that are in no clock: each new owner is
    told of them until one has stored a clock."""
    waiting: Waiting
    experience: tuple[Experience, ...] = ()
    """What was learned there about the use of a browser, by whatever worker it belonged to. Who is alone knows it."""


class Taken(msgspec.Struct, frozen=True):
    """Requests to one host, leased to this worker."""

    requests: Sequence[Request]
    waiting: Waiting
    """The requests that still wait after these."""


class Copy(msgspec.Struct, frozen=True):
    """A further path at which the bytes of a download should be stored."""

    request: Request
    kept: KeptBlob
    """The file with the bytes, and the URL that they finally came from."""


class EarlierEnd(msgspec.Struct, frozen=True):
    """How a request ended in the generation before."""

    state: State
    reason: str
    detail: str
    attempts: int = 0
    redirects: tuple[str, ...] = ()
    """Where it was redirected to, one after the other."""
    leads_to: str = ""
    """The page that others had asked for already, where its last redirect has led."""
    kept: KeptBlob | None = None
    """The file that it brought."""


# Commits


class GivenUp(msgspec.Struct, frozen=True):
    """The reason for giving up a host: everything that waits there fails."""

    reason: str
    """A reason by which the command `errors` groups."""
    detail: str


class Group(msgspec.Struct, frozen=True):
    """Changes that are stored together, or not at all."""

    outcomes: Sequence[Outcome] = ()
    offers: Sequence[Request] = ()
    """Requests offered by no page: seeds, and the sitemaps named in robots.txt."""
    given_up: Mapping[str, GivenUp] = {}
    """By host."""
    clocks: Mapping[str, bytes] = {}
    """By host."""
    robots: Mapping[str, bytes] = {}
    """By origin."""
    made: Mapping[str, Lines] = {}
    """Records that come from no request, by table: they are made of others."""
    spent: Spent = Spent()
    facts: Mapping[str, TableFacts] = {}
    """What each finished table holds; its rows replace the earlier count of records."""
    look: Look | None = None
    """The details that `status` shows along with the totals."""
    closed: Closed | None = None
    """The bundle that ends with this group."""
    growth: Growth | None = None
    """After all of this, bundles may be opened as far as this allows."""


class Committed(msgspec.Struct, frozen=True):
    """The effects of a commit."""

    fresh: Mapping[str, int]
    """The number of new URLs to fetch, by host; some of the hosts may not have been granted to anybody yet."""
    taken: Mapping[str, Taken]
    """Requests leased for the hosts that wanted some."""
    totals: Totals
    """All totals as of this commit."""
    records: int
    """New records for the stores."""
    bytes: int
    """Their size in the journal."""
    copies: bool
    """Whether copies may be ready to make."""
    ended: bool
    """Whether a bundle waits to be closed."""
    fenced: Collection[str] = ()
    """Hosts that this worker has lost: nothing was stored for them."""


# The journal


class Advance(msgspec.Struct, frozen=True):
    """The effects of moving a store's cursor."""

    records: int
    """Records that the store has now but did not have before."""
    freed: int
    """Bytes of lines that left the journal."""


class Backlog(msgspec.Struct, frozen=True):
    """The amount that waits in the journal."""

    bytes: int
    """Bytes of records that some store has yet to take."""
    lags: Mapping[str, int]
    """Records that each store has yet to take, by the config's names for it."""


class Journal(Protocol):
    """The records that are not yet in every store, and one cursor for each store."""

    async def register(self, stores: Mapping[str, Sequence[str]], late: Collection[str] = ()) -> None:
        """Announce the stores that will read: by id, with the config's names for each.

        A new store begins with the generation. Raises `JobChanged` for one if the journal has been trimmed since:
        it would miss the dropped records. Those that may come `late` begin with what comes next. Raises `JobChanged`
        also if another worker, which is at work, has registered other stores.
        """

    async def cursor(self, store: str) -> int:
        """The last `seq` that this store has safely stored; that where the generation began for a new store."""

    async def read(self, after: int, max_bytes: int) -> list[Batch]:
        """The batches after `after`, in order of `seq`, up to and including the one that reaches `max_bytes`.

        So there is at least one if any waits, and fewer bytes than `max_bytes` mean that no more are waiting.
        """

    async def advance(self, store: str, seq: int) -> Advance:
        """Note that the store holds everything up to `seq`, so that the journal may drop it."""

    async def end(self) -> int:
        """The highest `seq` ever given to a batch; 0 before the first one."""

    async def backlog(self) -> Backlog:
        """Measure how far behind the stores are. Slow with a long journal, so only for the start and end of a run."""


# Users of the frontier

PATH_TURN = 300.0
"""Seconds that one worker may take to put a file at its path; others wait so long for one that has forgotten it."""


class PathTurn(msgspec.Struct, frozen=True):
    """Whether a worker may put a file at a path."""

    free: bool
    """Whether no other worker is putting one there; then the turn is this one's."""
    kept: KeptBlob | None = None
    """The file that this generation has put there."""


class Worker(Protocol):
    """A worker takes part in a job, from `Frontier.join` until the context ends.

    Leaving does not give back leased requests: only `release` does, after an orderly end of a run. After any other
    end the next worker counts them as sent (`Grant.unclean`).
    """

    @property
    def job_id(self) -> str:
        """Tells this job from all others in shared stores; the same job after --fresh counts as another."""

    @property
    def lease(self) -> Lease:
        """How long this worker has its hosts; forever, where it is the only one."""

    @property
    def shared(self) -> bool:
        """Whether others may work beside this one."""

    @property
    def share(self) -> Share:
        """What this worker may take; everything, where it is the only one."""

    def watch_open(self, within: Callable[[Share], bool]) -> None:
        """Ask from now on whether what this worker has open is within a share. One that joins waits until all others
        are within theirs.
        """

    @property
    def ahead(self) -> float:
        """Seconds by which the clock of this machine is ahead of the one that all workers of the job go by."""

    @property
    def journal(self) -> Journal:
        """The journal of the job.

        Of many workers, each reads the records that it has written itself, once it has registered stores. It also
        reads those of workers that are dead, or that have registered none; of several, one does, and these records
        may then come once more to a store that has them. `cursor`, `advance` and `backlog` are about what it reads.
        A worker that has registered no store looks at the whole job; it may move cursors while nobody else works.
        """

    @property
    def generation(self) -> Generation:
        """The generation that is crawled, or was crawled last."""

    @property
    def switching(self) -> bool:
        """Whether the stores have begun to switch to the generation, which then must be completed."""

    @property
    def accepted(self) -> Sequence[str]:
        """What is not as expected of the generation, in words, and was accepted in this run or an earlier one."""

    async def accept(self, complaints: Sequence[str]) -> None:
        """Note what was accepted although it is not as expected.

        Of a team, only the worker that leads (`conclude`) may say this and the next two things, and store facts about
        the tables. Once it was cut off, others may lead: it raises LeadLost, and its facts are not stored.
        """

    async def begin_switch(self) -> None:
        """Note that the stores are about to switch to the generation."""

    async def switched(self) -> None:
        """Note that all stores have switched to the generation: it is no longer beside."""

    async def agree(
        self,
        tables: Sequence[Table],
        rules: Sequence[Rule] | None = None,
        settings: Sequence[Setting] = (),
        *,
        mix: bool = False,
    ) -> list[str]:
        """Refuse tables, rules and settings that would change the meaning of what is stored (`JobChanged`); remember
        accepted ones. Without rules or settings, those that are remembered stay.

        A rule has changed if pages were read by it, or would have been read by it, for a table that holds records.
        With `mix` changed rules are accepted, and their tables are mixed (`Totals.mixed`) from then on.
        Gives the changes of settings that are accepted and should be told, in words.
        """

    async def totals(self) -> Totals:
        """The totals of the job."""

    async def acquire(self, most: int | None = None, needed: Collection[str] = ()) -> list[Grant]:
        """Up to `most` hosts that have something to fetch and no worker; they belong to this worker from now on.

        Besides, those that are `needed`, whether they have anything to fetch or not. One that belongs to another
        worker is asked of it (`Share.wanted`), kept for this one as long as that says every second that it is needed,
        and granted to the call that finds it free. Who is alone needs none.

        First, requests that a dead worker had leased there go back to the queue and count as unclean. A worker that
        is alone gets every host once: all known hosts when it joins, and new ones later.
        """

    async def robots(self, origin: str) -> bytes | None:
        """The last robots.txt of an origin, as stored by whatever worker its host belonged to."""

    async def give_back(self, hosts: Collection[str]) -> None:
        """Let others have these hosts. Requests leased there go back to the queue."""

    async def commit_and_take(self, group: Group, wants: Mapping[str, int], now: float) -> Committed:
        """Store a group, and lease up to so many requests for each host in `wants`: first the retries that are due,
        then untried URLs in order of discovery, or from the end (see `Frontier.join`), including those that the
        group has just added.
        """

    async def poll(self, hungry: Mapping[str, int], now: float) -> dict[str, Taken]:
        """Lease up to so many requests for each of these hosts, without storing a group. Lost hosts get nothing."""

    async def finished(self) -> bool:
        """Whether the whole job is done, with nothing left for any worker."""

    async def conclude(self) -> Last:
        """Say that this worker has nothing left to do, and that its stores have all that it has read for them.

        Its hosts are given back, its bundle, and what it has leased: it is certain that it sends none of that.
        Once all workers have said so, or are gone, one of them leads. Who is alone leads at once.
        """

    async def concluded(self) -> None:
        """Tell the others that the finished tables are made. Raises LeadLost, if this worker leads no more."""

    async def ended_bundle(self) -> EndedBundle | None:
        """The next bundle to close, in the order of their numbers, once all its requests have ended.

        One that was closed before comes again, and before others, when its failed requests were tried again. No other
        worker is given it until this one has closed it, or is gone.
        """

    async def candidates(self, keys: Collection[str]) -> dict[str, Candidate]:
        """Those of these candidates for bundles that are known, by key."""

    async def score_by(self, scoring: Scoring) -> None:
        """Score all candidates anew, if another rule was the last that they were scored by."""

    async def take_copies(self, most: int) -> tuple[list[Copy], bool]:
        """Lease up to so many copies that are ready to make; also whether more may be ready."""

    async def content_of(self, sha256: str) -> StoredBlob | None:
        """A file with these bytes that this generation has put into the blob store, and that stays there."""

    @property
    def has_files(self) -> bool:
        """Whether there may be files of this generation that this worker did not store since it joined."""

    async def kept_at(self, path: str) -> KeptBlob | None:
        """The file that this generation has put at a path in the blob store."""

    async def take_path(self, path: str) -> PathTurn:
        """Keep other workers from putting a file at a path, until `leave_path` or until this one is gone.

        This holds for `PATH_TURN` seconds. What is put there later than that may meet what others put.
        """

    async def leave_path(self, path: str, kept: KeptBlob | None) -> bool:
        """The file `kept` is at a path now, or nothing was put there; whether that was still this worker's turn.

        Others see such a file at once; its request must end as any other.
        """

    async def unfinished_paths(self) -> dict[str, bool]:
        """Paths that a dead worker may have been writing to, and whether a known file of any generation is there.

        Call this before the first `acquire`, which puts those downloads back into the queue.
        """

    async def experience(self) -> Sequence[Experience]:
        """What was learned about the use of a browser, by rule and host. A new generation begins with what those
        before have learned, see `Experience.in_next_generation`.
        """

    async def begin_rereading(self, match: str = "") -> None:
        """From now on, only kept answers are read; see `Standing.rereading` and `Standing.match`."""

    async def end_rereading(self) -> int:
        """From now on, the network is asked. Requests that were passed over because no answer was kept
        (`Reason.NOT_KEPT`, `Reason.DAMAGED`) go back to the queue; the number of them.
        """

    async def earlier(self, request: Request) -> EarlierEnd | None:
        """How this request ended when it was last made, if kept answers are read again and it left none."""

    async def release(self) -> None:
        """Put leased requests back, when it is certain that none of them was sent or lost."""


# Looking at a job


class Failure(msgspec.Struct, frozen=True):
    """A URL that could not be fetched."""

    url: str
    kind: str
    reason: str
    detail: str
    attempts: int
    parent: str = ""
    """The page that linked there; empty for seeds."""


class SkippedUrl(msgspec.Struct, frozen=True):
    """A URL that was found and not fetched."""

    url: str
    reason: str
    detail: str
    parent: str
    """The page that linked there; empty for seeds."""


class PageRead(msgspec.Struct, frozen=True):
    """A page that a parser has read."""

    url: str
    """After redirects."""
    parent: str
    """The page that linked there; empty for seeds."""


class Owner(Protocol):
    """The only user of a job, see `Frontier.alone`."""

    async def requeue(self, pattern: re.Pattern[str] | None = None) -> int:
        """Put failed URLs, or those that match the pattern, back into the queue; the number of them.

        A copy takes along the download that it waits for. The network will be asked: see `Worker.end_rereading`.
        """

    async def begin_generation(self, *, reread: bool = False) -> Generation:
        """Begin the next generation of a job that is finished, see `snapshots.finished`; `UsageError` if it is not.

        Requests and totals are forgotten, so that the seeds are offered anew; hosts keep their clocks and robots.txt.
        A file that has changed at its site then replaces the old one.
        A generation that was not switched to is thrown away. Facts about the tables in place stay for comparison.

        If kept answers are read again, the job need not be finished, and how requests ended that left no answer is
        remembered (`Worker.earlier`). Records that some store has yet to take are dropped: they are made again.
        """

    async def erase(self) -> None:
        """Erase the whole state of the job."""


class Frontier(Protocol):
    """The frontier of one job, wherever it is stored."""

    def join(self, *, newest_first: bool = False, team: Team | None = None) -> AbstractAsyncContextManager[Worker]:
        """Take part in the job, as one of a team, or alone; with `newest_first` the worker takes untried URLs from
        the end.

        Raises `JobRunning` if the job is running and who is there, or who comes, is to be alone; `UsageError` for one
        of a team if the frontier allows only one worker.
        """

    def alone(self) -> AbstractAsyncContextManager[Owner]:
        """Keep everybody else out for the time being. Raises `JobRunning` if the job is running."""

    async def standing(self) -> Standing | None:
        """The state of the job, even while it runs; None if nothing is stored yet and the job is not running."""

    async def failures(self) -> list[Failure]:
        """Every failed URL, in order of discovery."""

    async def skipped(self) -> list[SkippedUrl]:
        """Every URL that was found and not fetched: skipped requests, then links that are not followed."""

    async def pages_read(self) -> list[PageRead]:
        """Every page that was read, in order of discovery."""

    async def past(self, kinds: Collection[str]) -> list[PastRequest]:
        """Every request of these kinds that was ever queued, in order of discovery."""
