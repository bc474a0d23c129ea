"""The state of a run: a frozen snapshot that every view reads.

A view asks for a `Snapshot` when it needs one; the crawl pushes nothing into any view.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

import msgspec

from asyncscrape.facts import Changes, TableFacts
from asyncscrape.model import FIRST, FlawKind, FoundFlaw, Generation, Kind, State
from asyncscrape.openings import BrowserTotals

MOST_LEFT = 10_000
"""Links that are not followed, as counted for each reason and kept as examples; further ones are not counted."""
MAY_BE_FOLLOWED = ("depth", "nofollow")
"""Reasons that hold for a link on one page and not on another."""


class RunState(StrEnum):
    """The state of a job's run."""

    IDLE = "idle"
    """It has never run."""
    RUNNING = "running"
    FINISHED = "finished"
    STOPPED = "stopped"
    """At a limit or by a signal."""
    FAILED = "failed"


class ShownState(StrEnum):
    """The state of a request as people see it."""

    PENDING = "pending"
    ACTIVE = "active"
    """Open right now."""
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


class HostView(msgspec.Struct, frozen=True):
    """The state of one host."""

    host: str
    open: int
    """Requests open right now."""
    delay: float
    """Seconds between the starts of two requests: the configured delay, or longer where the host asked for it."""
    latency: float
    """Seconds to the first byte, averaged over the latest answers."""
    failures: int
    """Failures in a row."""
    parked_for: float = 0.0
    """Seconds until the host is asked again; 0 when it is not parked."""
    why: str = ""
    """The reason why it is parked."""


class WorkerView(msgspec.Struct, frozen=True):
    """One of several workers at a job."""

    name: str
    hosts: int
    """Hosts that belong to it."""
    pages_per_second: float
    seen: float
    """Seconds since its last sign of life."""
    lag: int
    """Records that it has found and some store has yet to take."""
    state: str
    """"at work", "without a host" (others have all that have work), "in reserve" (there is no share for it, or none
    yet), "concluded" or "silent"."""


class StoreView(msgspec.Struct, frozen=True):
    """The progress of one store."""

    lag: int
    """Records in the journal that this store has yet to take."""
    trouble: str = ""
    """The error it is recovering from, if any."""
    trouble_for: float = 0.0
    """Seconds since the trouble began."""


class ColumnCoverage(msgspec.Struct, frozen=True):
    """How well a column is filled."""

    filled: float | msgspec.UnsetType = msgspec.UNSET
    """The share of rows with a value, from 0 to 1; known once the table was made."""
    misfit: int = 0
    """Values that were found but do not fit the type or format."""
    empty_at: str | msgspec.UnsetType = msgspec.UNSET
    """The page of a row without a value, if there is one."""


class TableCoverage(msgspec.Struct, frozen=True):
    """What was found for a table."""

    rows: int
    """In the finished table, or the records so far."""
    replaced: int = 0
    """Records that another one with their key has replaced."""
    left_out: Mapping[str, int] = {}
    """Rows left out, by the field that was empty."""
    columns: Mapping[str, ColumnCoverage] = {}
    merged: bool | msgspec.UnsetType = msgspec.UNSET
    """Whether records with one key complete one another, if they do."""


class NextBundle(msgspec.Struct, frozen=True):
    """A bundle of requests that will be opened, and why."""

    name: str
    score: float | None = None
    """None for one that the user has named."""
    after: int | None = None
    """The bundle after which it was chosen; None if another may yet be chosen in its place."""


class BundleProgress(msgspec.Struct, frozen=True):
    """How far a job is with its bundles of requests, see `bundles.py`."""

    done: int
    open: int
    met: int
    """Candidates that are known, whether they were chosen or not."""
    next: tuple[NextBundle, ...] = ()
    """Those that will be opened next, in order; at most a few."""


class Snapshot(msgspec.Struct, frozen=True):
    """Everything to show about a run at one moment."""

    job: str
    state: RunState
    pages: Mapping[ShownState, int]
    files: Mapping[ShownState, int]
    """The same for blobs."""
    records: Mapping[str, int]
    """Records written to the journal, by table; a page fetched twice counts twice."""
    stores: Mapping[str, StoreView]
    requests: int = 0
    retries: int = 0
    bytes: int = 0
    dropped: int = 0
    """Rows left out because a required field or a part of the key was empty, over all runs."""
    seconds: float = 0.0
    pages_per_second: float = 0.0
    """Over the last few seconds while running; over the whole run at its end."""
    bytes_per_second: float = 0.0
    left: float | None = None
    """Seconds that the known queue will still take at the current pace; None if unknown."""
    hosts: tuple[HostView, ...] = ()
    """The parked hosts first, then the slowest ones; at most a dozen."""
    note: str = ""
    """The reason for a wait, if the run waits: "csv still has to take 120,000 records; the crawl waits for it"."""
    coverage: Mapping[str, TableCoverage] = {}
    """What was found for each table."""
    unmatched: int = 0
    """Pages that were fetched and fit no rule."""
    skipped: Mapping[str, int] = {}
    """Different URLs that were found and not fetched, by reason."""
    warnings: tuple[str, ...] = ()
    """What looks wrong, the worst first: what, where, and what to look at."""
    exit: int | None = None
    generation: int = 1
    beside: bool = False
    """Whether the tables of the generation before are still in place."""
    held: bool = False
    """Whether the generation is finished, but not as expected, so that the tables of the one before stay."""
    changes: Mapping[str, Changes] = {}
    """How the finished tables of this generation differ from those of the one before."""
    bundles: BundleProgress | None = None
    """How far the job is with its bundles, if it has any and the job is looked at from outside."""
    browser: BrowserTotals | msgspec.UnsetType = msgspec.UNSET
    """What the browser has done, of a job that uses one."""
    workers: tuple[WorkerView, ...] = ()
    """Those that are at the job, if several may be and the job is looked at from outside."""

    def as_dict(self) -> dict[str, Any]:
        """The same as plain JSON data."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        return plain


class Look(msgspec.Struct, frozen=True):
    """The details that a run shows others, along with the totals: renewed every second, and at its end."""

    state: RunState
    open: Mapping[str, int] = {}
    """Requests open right now: "page", "blob", "sitemap"."""
    hosts: tuple[HostView, ...] = ()
    note: str = ""
    seconds: float = 0.0
    pages_per_second: float = 0.0
    bytes_per_second: float = 0.0
    troubles: Mapping[str, StoreView] = {}
    """Stores in trouble at that moment, by the config's names for them."""
    complaints: tuple[str, ...] = ()
    """What is not as expected, of a finished run."""
    most_pages: int | None = None
    """The pages after which the job is finished though more are known."""


class Spent(msgspec.Struct, frozen=True):
    """The cost of requests, to be added to the totals."""

    requests: int = 0
    retries: int = 0
    bytes: int = 0


class Totals(msgspec.Struct, frozen=True):
    """The totals of a job, over all its runs."""

    requests: Mapping[Kind, Mapping[State, int]] = {}
    """Requests by kind and state; a job's own kinds count as pages."""
    merged: int = 0
    """Pages that were redirected to a known page; they also count as done."""
    records: Mapping[str, int] = {}
    """Records by table: as counted in the journal, or as the finished tables hold them."""
    spent: Spent = Spent()
    replaced: Mapping[str, int] = {}
    """Records by table that another one with their key has replaced, as counted when the tables were made."""
    flaws: Sequence[FoundFlaw] = ()
    uses: Mapping[str, int] = {}
    """Pages by what was used on them, see `model.Page.uses`."""
    skipped: Mapping[str, int] = {}
    """Different URLs that were found and not fetched, by reason."""
    facts: Mapping[str, TableFacts] = {}
    """The facts about each finished table of this generation."""
    facts_before: Mapping[str, TableFacts] = {}
    """The same of the generation before."""
    generation: Generation = FIRST
    mixed: tuple[str, ...] = ()
    """Tables with records of several versions of their rules, see `run --mix`."""
    browser: BrowserTotals | None = None
    """What the browser has done, if pages were read that one may open."""

    @property
    def left_out(self) -> int:
        """Rows left out because a required field or a part of the key was empty."""
        return sum(found.flaw.count for found in self.flaws if found.flaw.kind is FlawKind.LEFT_OUT)

    def of(self, kind: Kind, *states: State) -> int:
        """The number of requests of a kind in any of these states."""
        known = self.requests.get(kind, {})
        return sum(known.get(state, 0) for state in states)


class Standing(msgspec.Struct, frozen=True):
    """The state of a job, for those who look at it."""

    totals: Totals
    lags: Mapping[str, int]
    """Records that each store has yet to take, by the config's names for it."""
    look: Look | None
    """The details left by the current run, or by the last one."""
    running: bool
    """Whether the job is running right now."""
    behind: bool = False
    """Whether any store has yet to take something, perhaps nothing but withdrawals."""
    switching: bool = False
    """Whether the stores have begun to switch to the generation and have not all done so."""
    bundles: BundleProgress | None = None
    """How far it is with its bundles, if it has any."""
    rereading: bool = False
    """Whether kept answers are read again, or were and nothing has been fetched since."""
    match: str = ""
    """The pattern of the URLs whose pages were read then; empty for all."""
    workers: tuple[WorkerView, ...] = ()
    """Those that are at work right now, if others may join them."""


class Meter:
    """Measures the speed over the last seconds, from totals noted now and then."""

    SPAN = 10.0

    def __init__(self) -> None:
        self._notes: deque[tuple[float, float, float, float]] = deque()
        self._sums = (0.0, 0.0, 0.0)

    def add(self, now: float, pages: float, ended: float, size: float) -> None:
        """Note what has been added at this moment: pages, pages and files, bytes."""
        self._sums = (self._sums[0] + pages, self._sums[1] + ended, self._sums[2] + size)
        self.note(now, *self._sums)

    def note(self, now: float, pages: float, ended: float, size: float) -> None:
        """Note the totals at this moment: pages, pages and files, bytes."""
        self._notes.append((now, pages, ended, size))
        while now - self._notes[0][0] > self.SPAN:
            self._notes.popleft()

    def speed(self) -> tuple[float, float, float]:
        """Pages, pages and files, and bytes per second."""
        if len(self._notes) < 2:
            return 0.0, 0.0, 0.0
        first, last = self._notes[0], self._notes[-1]
        seconds = max(last[0] - first[0], 0.001)
        pages, ended, size = ((after - before) / seconds for before, after in zip(first[1:], last[1:], strict=True))
        return pages, ended, size

    def time_for(self, queued: float) -> float | None:
        """Seconds that so many pages and files will take at this speed; None if unknown."""
        ended = self.speed()[1]
        return queued / ended if ended else None
