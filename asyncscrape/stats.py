"""How a run is doing: the frozen snapshot that every view reads.

Whoever wants to show something asks for a `Snapshot`; the crawl pushes nothing into any view.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

import msgspec

from asyncscrape.model import Kind, State

STATES = ("pending", "active", "done", "failed", "skipped")
"""What a URL can be, as people are told; "active" is a request that is open."""


class HostView(msgspec.Struct, frozen=True):
    """How one host is doing."""

    host: str
    open: int
    """Requests open right now."""
    delay: float
    """Seconds between two starts at present: the configured delay, slowed where the host asked for it."""
    latency: float
    """Seconds to the first byte, averaged over the last answers."""
    failures: int
    """Failures in a row."""
    parked_for: float = 0.0
    """Seconds until the host is asked again; 0 when it is not parked."""
    why: str = ""
    """Why it is parked."""


class StoreView(msgspec.Struct, frozen=True):
    """How far a store is."""

    lag: int
    """Records in the journal that this store has yet to take."""
    trouble: str = ""
    """The error it is getting over, if any."""
    trouble_for: float = 0.0
    """Seconds for which it has been trying to."""


class Snapshot(msgspec.Struct, frozen=True):
    """All that is to be told about a run at one moment."""

    job: str
    state: str
    """"running", "finished", "stopped" (at a limit or by a signal), "failed", "idle" (never run)."""
    pages: Mapping[str, int]
    """Pages by state, under the names in `STATES`."""
    files: Mapping[str, int]
    """The same for blobs."""
    records: Mapping[str, int]
    """Records written to the journal, by table; a page fetched twice counts twice."""
    stores: Mapping[str, StoreView]
    requests: int = 0
    retries: int = 0
    bytes: int = 0
    dropped: int = 0
    """Rows left out because a required field was missing."""
    seconds: float = 0.0
    pages_per_second: float = 0.0
    """Over the last seconds while running; over the whole run at its end."""
    bytes_per_second: float = 0.0
    left: float | None = None
    """Seconds the known queue will still take at the present pace; None when that cannot be said."""
    hosts: tuple[HostView, ...] = ()
    """The parked hosts first, then the slowest; at most a dozen."""
    note: str = ""
    """What the run waits for, when it waits: "csv is behind by 120,000 records; the crawl waits for it"."""
    exit: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """The same as plain JSON data."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        return plain


class Look(msgspec.Struct, frozen=True):
    """What a run leaves beside the totals for others to see: renewed every second, and at its end."""

    state: str
    open: Mapping[str, int] = {}
    """Requests open right now: "page", "blob", "sitemap"."""
    hosts: tuple[HostView, ...] = ()
    note: str = ""
    seconds: float = 0.0
    pages_per_second: float = 0.0
    bytes_per_second: float = 0.0
    troubles: Mapping[str, StoreView] = {}
    """Stores in trouble, by the names the config has for them, as they were then."""


class Spent(msgspec.Struct, frozen=True):
    """What requests have cost; to be added to the totals."""

    requests: int = 0
    retries: int = 0
    bytes: int = 0
    dropped: int = 0
    """Rows left out because a required field was missing."""


class Totals(msgspec.Struct, frozen=True):
    """How much of everything there is, over all runs of the job."""

    requests: Mapping[Kind, Mapping[State, int]] = {}
    """Requests by kind and state; kinds of a job's own count as pages."""
    merged: int = 0
    """Pages that a redirect led to a page which is known by itself; they count as done as well."""
    records: Mapping[str, int] = {}
    """Records by table: as written to the journal, or as the finished tables hold them."""
    spent: Spent = Spent()

    def of(self, kind: Kind, *states: State) -> int:
        """How many requests of a kind are in any of these states."""
        known = self.requests.get(kind, {})
        return sum(known.get(state, 0) for state in states)


class Standing(msgspec.Struct, frozen=True):
    """Where a job stands, for those who look at it."""

    totals: Totals
    lags: Mapping[str, int]
    """Records that each store has yet to take, by the names the config has for it."""
    look: Look | None
    """What the last run left, or the one that is running leaves now and then."""
    running: bool
    """Whether somebody works on the job right now."""


class Meter:
    """Speed over the last seconds, from totals noted now and then."""

    SPAN = 10.0

    def __init__(self) -> None:
        self._notes: deque[tuple[float, float, float, float]] = deque()

    def note(self, now: float, pages: float, ended: float, size: float) -> None:
        """The totals at this moment: pages, pages and files, bytes."""
        self._notes.append((now, pages, ended, size))
        while now - self._notes[0][0] > self.SPAN:
            self._notes.popleft()

    def speed(self) -> tuple[float, float, float]:
        """The same for a second."""
        if len(self._notes) < 2:
            return 0.0, 0.0, 0.0
        first, last = self._notes[0], self._notes[-1]
        seconds = max(last[0] - first[0], 0.001)
        pages, ended, size = ((after - before) / seconds for before, after in zip(first[1:], last[1:], strict=True))
        return pages, ended, size

    def time_for(self, queued: float) -> float | None:
        """Seconds that so many pages and files will take at this speed; None when that cannot be said."""
        ended = self.speed()[1]
        return queued / ended if ended else None
