"""The frontier as the rest of the program knows it: the durable queue of a job, and the journal of its records.

A frontier is used by workers; one worker is a special case of many. A worker asks for hosts and gets them as grants.
A host belongs to one worker at a time, and its clock, its robots.txt and its quotas travel with it: a site is asked
as if there were only one worker. What became of requests is committed in groups: one transaction stores the outcomes,
the new URLs, the records and the clocks.

A worker that was silent for too long may have lost hosts to another. What it commits for such a host afterwards is
not stored, and the commit says so (`Committed.fenced`): those requests are asked for again by the host's new worker.
So a URL may be fetched twice, but its outcome is stored once.

Everything here is asynchronous; no part of it hands out state that changes while somebody reads it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

import msgspec

from asyncscrape.model import Batch, KeptBlob, Outcome, PastRequest, Request, StoredBlob, Table
from asyncscrape.stats import Look, Spent, Standing, Totals

# Hosts and their requests


class Waiting(msgspec.Struct, frozen=True):
    """What the frontier holds of a host."""

    fresh: bool = False
    """Whether there are URLs that were never tried."""
    next_retry: float | None = None
    """When the next retry is due, if any waits."""


class Grant(msgspec.Struct, frozen=True):
    """A host that belongs to this worker from now on."""

    host: str
    clock: bytes | None
    """As the last worker stored it; None for a host that was never asked."""
    robots: Mapping[str, bytes]
    """What its origins answered last, as stored."""
    unclean: int
    """Requests that a worker which died may have sent without recording it."""
    waiting: Waiting


class Taken(msgspec.Struct, frozen=True):
    """Requests of one host, leased to this worker."""

    requests: Sequence[Request]
    waiting: Waiting
    """What is left behind them."""


class Copy(msgspec.Struct, frozen=True):
    """A path under which the bytes of a download are to lie as well."""

    request: Request
    kept: KeptBlob
    """The file that has the bytes, and the URL that they came from in the end."""


# Commits


class GivenUp(msgspec.Struct, frozen=True):
    """Why a host is not asked any more: everything that waits there is to fail."""

    reason: str
    """In the words that `errors` groups by."""
    detail: str


class Group(msgspec.Struct, frozen=True):
    """What is stored together, or not at all."""

    outcomes: Sequence[Outcome] = ()
    offers: Sequence[Request] = ()
    """Requests that no page offered: seeds, and the sitemaps that robots.txt names."""
    given_up: Mapping[str, GivenUp] = {}
    """By host."""
    clocks: Mapping[str, bytes] = {}
    """By host."""
    robots: Mapping[str, bytes] = {}
    """By origin."""
    spent: Spent = Spent()
    rows: Mapping[str, int] = {}
    """How many records the finished tables hold, which replaces what was counted before."""
    look: Look | None = None
    """What `status` shows beside the totals."""


class Committed(msgspec.Struct, frozen=True):
    """What a commit has changed."""

    fresh: Mapping[str, int]
    """New URLs to fetch, by host; among these may be hosts that nobody has been granted yet."""
    taken: Mapping[str, Taken]
    """Requests leased for the hosts that wanted some."""
    totals: Totals
    """All totals as of this commit."""
    records: int
    """New records for the stores."""
    bytes: int
    """Their size in the journal."""
    copies: bool
    """Whether there may be copies to make."""
    fenced: Collection[str] = ()
    """Hosts that this worker has lost: nothing of theirs was stored."""


# The journal


class Advance(msgspec.Struct, frozen=True):
    """What a store's step forward changed."""

    records: int
    """Records that the store has now and had not before."""
    freed: int
    """Bytes of lines that left the journal."""


class Backlog(msgspec.Struct, frozen=True):
    """How much waits in the journal."""

    bytes: int
    """Of records that some store has yet to take."""
    lags: Mapping[str, int]
    """Records that each store has yet to take, by the names the config has for it."""


class Journal(Protocol):
    """The records not yet in every store, and one cursor for each store."""

    async def register(self, stores: Mapping[str, Sequence[str]]) -> None:
        """Tell which stores will read, by id, with the names the config has for them.

        A store that is new to a job whose journal has been trimmed would miss what is gone: `JobChanged`.
        """

    async def cursor(self, store: str) -> int:
        """The last `seq` that this store has taken for good; 0 for a store never seen before."""

    async def read(self, after: int, max_bytes: int) -> list[Batch]:
        """The batches behind `after`, by rising `seq`, up to and including the one that makes `max_bytes` full.

        So there is at least one if any is waiting, and fewer bytes than asked mean that no more are.
        """

    async def advance(self, store: str, seq: int) -> Advance:
        """Remember that the store holds everything up to `seq`, so that the journal may forget it."""

    async def end(self) -> int:
        """The highest `seq` ever given to a batch; 0 before the first."""

    async def backlog(self) -> Backlog:
        """Measure how far the stores are behind: slow with a long journal, so only where a run begins and ends."""


# Those who use it


class Worker(Protocol):
    """One that takes part in a job, from `Frontier.join` until the context ends.

    Leaving does not give back what is leased: only `release` does, for a run that ended in order. After any other end
    whoever comes next counts what was leased as sent (`Grant.unclean`).
    """

    @property
    def job_id(self) -> str:
        """Tells stores that several jobs share this job from all others, also from itself begun anew."""

    @property
    def journal(self) -> Journal:
        """The journal of the job."""

    async def agree(self, tables: Sequence[Table]) -> None:
        """Refuse tables that give stored records another meaning (`JobChanged`); remember these for the next time."""

    async def totals(self) -> Totals:
        """How much of everything there is."""

    async def acquire(self, most: int | None = None) -> list[Grant]:
        """Hosts with something to fetch that nobody has, up to `most`; they belong to this worker from now on.

        What a worker that died had leased of them goes back to the queue first, and is counted as unclean. One that
        is alone gets every host once: all that are known when it joins, and later those that are new.
        """

    async def give_back(self, hosts: Collection[str]) -> None:
        """Let others have these hosts. What is leased of them goes back to the queue."""

    async def commit_and_take(self, group: Group, wants: Mapping[str, int], now: float) -> Committed:
        """Store a group, and lease up to so many requests for hosts that want some: retries that are due come first,
        then URLs in the order of discovery. These may be what the group has just brought.
        """

    async def poll(self, hungry: Mapping[str, int], now: float) -> dict[str, Taken]:
        """Lease up to so many requests of each of these hosts, without storing anything. Lost hosts give nothing."""

    async def finished(self) -> bool:
        """Whether nothing is left to do in the whole job, for any worker."""

    async def take_copies(self, most: int) -> tuple[list[Copy], bool]:
        """Lease up to so many copies that can be made; whether there may be more."""

    async def content_of(self, sha256: str) -> StoredBlob | None:
        """A file in the blob store that has these bytes."""

    async def content_at(self, path: str) -> str | None:
        """The hash of what lies under a path of the blob store."""

    async def unfinished_paths(self) -> dict[str, bool]:
        """Paths of files that a worker which died may have been writing, and whether something known lies there.

        To be asked before the first `acquire`, which puts those files back into the queue.
        """

    async def release(self) -> None:
        """Put back what is leased, since it is known that nothing of it was sent or lost."""


class Failure(msgspec.Struct, frozen=True):
    """A URL that could not be had."""

    url: str
    kind: str
    reason: str
    detail: str
    attempts: int


class Owner(Protocol):
    """One that nobody else works beside, see `Frontier.alone`."""

    async def requeue(self, pattern: re.Pattern[str] | None = None) -> int:
        """Put failed URLs, or those that fit the pattern, back into the queue; how many.

        With a copy goes the download that it waits for.
        """

    async def erase(self) -> None:
        """Forget everything of the job."""


class Frontier(Protocol):
    """The frontier of one job, wherever it is kept."""

    def join(self) -> AbstractAsyncContextManager[Worker]:
        """Take part in the job. Raises `JobRunning` where there may be one worker only and somebody is at it."""

    def alone(self) -> AbstractAsyncContextManager[Owner]:
        """Keep all others away meanwhile. Raises `JobRunning` if somebody is at it."""

    async def standing(self) -> Standing | None:
        """Where the job stands, also while it runs; None where nothing is stored yet and nobody is at it."""

    async def failures(self) -> list[Failure]:
        """Every failed URL, in the order of discovery."""

    async def past(self, kinds: Collection[str]) -> list[PastRequest]:
        """Every request of these kinds that was ever queued, in the order of discovery."""
