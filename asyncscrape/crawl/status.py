"""How the run is doing: for `status`, which reads what is stored, and for the display, which asks the run itself."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import islice

import msgspec

from asyncscrape.crawl.hosts import Host, needs
from asyncscrape.crawl.in_flight import InFlight
from asyncscrape.crawl.scheduler import Scheduler
from asyncscrape.delivery.all_stores import AllStores
from asyncscrape.downloads.store_gate import StoreGate
from asyncscrape.frontier.base import Group
from asyncscrape.model import Kind, State
from asyncscrape.snapshots import assemble
from asyncscrape.stats import HostView, Look, Meter, RunState, ShownState, Snapshot, Totals

LOOK_EVERY = 1.0
"""Seconds between two notes for `status`."""
ENDED = (State.DONE, State.FAILED)
QUEUED = (ShownState.PENDING, ShownState.ACTIVE)
SHOWN = 12
"""Hosts that are shown."""
LOOKED_AT = 20_000
"""Hosts among which they are chosen, in ten milliseconds or so; a page may lead to hundreds of thousands."""


class Condition:
    """The state of the run and what it is busy with, from before its parts open until its end."""

    def __init__(self, now: Callable[[], float], most_pages: int | None = None) -> None:
        """`most_pages` are all that the config allows the job."""
        self._now = now
        self.most_pages = most_pages
        self._begun = now()
        self.state = RunState.RUNNING
        self.note = "opening the job"
        self.complaints: tuple[str, ...] = ()
        """What is not as expected, of the finished tables and of the crawl that made them."""

        self.refused = False
        """Whether any of it was not accepted."""
        self.withheld = False
        """Whether requests wait for other credentials."""
        self.stopping = False
        """Whether somebody wants the run to stop."""

    def complain(self, complaints: tuple[str, ...], *, refused: bool) -> None:
        """Tell what is not as expected."""
        self.complaints, self.refused = complaints, refused

    def enter(self, state: RunState, note: str = "") -> None:
        """Enter a state."""
        self.state, self.note = state, note

    def set_note(self, note: str) -> None:
        """Say what the run does or waits for."""
        self.note = note

    @property
    def seconds(self) -> float:
        """How long the run has lasted."""
        return round(self._now() - self._begun, 3)


class Status:
    """Tells how a run is doing whose parts are open."""

    def __init__(
        self,
        job: str,
        condition: Condition,
        before: Totals,
        in_flight: InFlight,
        hosts: Scheduler,
        stores: AllStores,
        files: StoreGate,
        now: Callable[[], float],
        *,
        grows: bool = False,
    ) -> None:
        """`before` are the totals at the start of the run. A job that `grows` chooses most of its pages as it goes
        on, so what is queued says nothing about its end.
        """
        self._job = job
        self._grows = grows
        self._condition = condition
        self._before = before
        self._in_flight = in_flight
        self._hosts = hosts
        self._stores = stores
        self._files = files
        self._now = now
        self._meter = Meter()
        self._looked = 0.0
        self.totals = before
        """As of the last commit."""

    def stored(self, totals: Totals, group: Group) -> None:
        """A group was committed."""
        self.totals = totals
        ended = Counter(Kind.counted(outcome.request.kind) for outcome in group.outcomes if outcome.state in ENDED)
        self._meter.add(self._now(), ended[Kind.PAGE], ended[Kind.PAGE] + ended[Kind.BLOB], group.spent.bytes)

    @property
    def withheld(self) -> str:
        """What waits for other credentials, and what to do."""
        left = sum(self.totals.of(kind, State.PENDING, State.LEASED) for kind in Kind)
        whys = "; ".join(needs(self._hosts))
        return f"{left:,} request{'s' * (left != 1)} wait{'s' * (left == 1)}: {whys}; then run again" if whys else ""

    @property
    def pages_ended(self) -> int:
        """Pages done or failed in this run."""
        return self.totals.of(Kind.PAGE, *ENDED) - self._before.of(Kind.PAGE, *ENDED)

    def snapshot(self) -> Snapshot:
        """How the run is doing; requests, bytes and seconds are those of this run."""
        snapshot = assemble(self._job, self.totals, self._stores.views(), self.look())
        queued = sum(kind[state] for kind in (snapshot.pages, snapshot.files) for state in QUEUED)
        own, before = self.totals.spent, self._before.spent
        return msgspec.structs.replace(
            snapshot,
            requests=own.requests - before.requests,
            retries=own.retries - before.retries,
            bytes=own.bytes - before.bytes,
            left=None if self._grows else self._meter.time_for(queued),
        )

    def look_if_due(self) -> Look | None:
        """The next note for `status`, if the last one is old enough."""
        if self._now() - self._looked < LOOK_EVERY:
            return None
        self._looked = self._now()
        return self.look()

    def look_again(self) -> None:
        """Let the next group carry a note, however new the last one is."""
        self._looked = 0.0

    def look(self) -> Look:
        """A note for `status`."""
        pages, _, size = self._meter.speed()
        waits_for = filter(None, (self._stores.backpressure.told(), self._files.trouble))
        return Look(
            self._condition.state,
            {kind.value: n for kind, n in self._in_flight.by_kind.items()},
            host_views(self._hosts, self._now()),
            self._condition.note or "; ".join(waits_for),
            self._condition.seconds,
            round(pages, 1),
            round(size),
            {name: view for name, view in self._stores.views().items() if view.trouble},
            self._condition.complaints,
            self._condition.most_pages,
        )


def host_views(hosts: Iterable[Host], now: float) -> tuple[HostView, ...]:
    """The hosts worth showing: those that are parked first, then the slowest of those with something to do."""
    busy = (host for host in islice(hosts, LOOKED_AT) if host.waits or host.clock.open or host.given_up)
    worst = heapq.nlargest(
        SHOWN,
        busy,
        key=lambda host: (bool(host.given_up), host.clock.parked_for(now), host.clock.delay, host.clock.latency),
    )
    return tuple(view(host, now) for host in worst)


def view(host: Host, now: float) -> HostView:
    """A host as people are shown it."""
    clock = host.clock
    parked = round(clock.parked_for(now), 1)
    return HostView(
        host.name,
        clock.open,
        round(clock.delay, 3),
        round(clock.latency, 4),
        clock.failures,
        parked,
        host.given_up.detail if host.given_up else clock.why if parked else "",
    )
