"""Whose turn it is, in simulated time: no sockets, no frontier, no waiting."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import math
from collections import Counter, defaultdict
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asyncscrape.crawl.hosts import Host
from asyncscrape.crawl.refills import FULL, SLOW_FULL
from asyncscrape.crawl.scheduler import LOW, Scheduler, Turn
from asyncscrape.crawl.status import host_views
from asyncscrape.frontier.base import Taken, Waiting
from asyncscrape.model import Request
from asyncscrape.politeness.clock import LONGEST_CRAWL_DELAY, HostClock, Policy, Signal

NOW = 1_000.0
QUICK = Policy(delay=0.0, per_host=2)
SLOW = Policy(delay=10.0, per_host=1)


def scheduler(policy: Policy = QUICK) -> Scheduler:
    return Scheduler(lambda name: HostClock(policy))


def requests(n: int, host: str = "a") -> list[Request]:
    return [Request(f"http://{host}/{number}") for number in range(n)]


def give(hosts: Scheduler, n: int, *, more: bool = False, retry: float | None = None, now: float = NOW) -> None:
    """Let the frontier answer what the scheduler wants, for each host the same."""
    wants = hosts.refills.hungry()
    hosts.refills.under_way(map(hosts.host, wants))
    hosts.refill({name: Taken(requests(n, name), Waiting(more, retry)) for name in wants}, now)


def loaded(n: int = 1, policy: Policy = QUICK, *, more: bool = False) -> tuple[Scheduler, Host]:
    """A scheduler with one host that has so many requests in memory."""
    hosts = scheduler(policy)
    hosts.offered("a", NOW)
    assert hosts.take_turn(NOW) is None
    give(hosts, n, more=more)
    return hosts, hosts.host("a")


def turns(hosts: Scheduler, now: float) -> Iterator[Turn]:
    """The turns that are due, each of them started."""
    while (turn := hosts.take_turn(now)) is not None:
        turn.host.clock.start(now)
        hosts.relist(turn.host, now)
        yield turn


def test_a_retry_that_a_wrong_clock_has_put_off_for_years_is_looked_at_now() -> None:
    hosts = scheduler()
    hosts.add({"a": Waiting(next_retry=NOW + 3e8)}, NOW)
    assert hosts.take_turn(NOW) is None
    assert {"a": FULL} == hosts.refills.hungry()


def test_a_host_with_news_is_refilled_before_it_has_a_turn() -> None:
    hosts = scheduler()
    hosts.offered("a", NOW)
    assert hosts.take_turn(NOW) is None
    assert {"a": FULL} == hosts.refills.hungry()
    hosts.refills.under_way([hosts.host("a")])
    assert {} == hosts.refills.hungry()
    assert hosts.waits, "it is being refilled"
    hosts.refill({"a": Taken(requests(1), Waiting())}, NOW)
    turn = hosts.take_turn(NOW)
    assert turn is not None
    assert turn.request == requests(1)[0]
    assert not hosts.waits


def test_a_slow_host_gets_fewer_requests_into_memory() -> None:
    hosts = scheduler(SLOW)
    hosts.offered("a", NOW)
    hosts.take_turn(NOW)
    assert {"a": SLOW_FULL} == hosts.refills.hungry()


def test_requests_come_in_order_and_only_as_many_as_may_be_open() -> None:
    hosts, host = loaded(3)
    assert requests(2) == [turn.request for turn in turns(hosts, NOW)]
    assert math.inf == hosts.next_at()
    host.clock.end(NOW + 1, Signal.OK)
    hosts.relist(host, NOW + 1)
    assert requests(3)[2:] == [turn.request for turn in turns(hosts, NOW + 1)]


def test_a_spaced_host_says_when_it_comes_back() -> None:
    hosts, host = loaded(2, SLOW)
    next(turns(hosts, NOW))
    host.clock.sent(NOW)
    host.clock.end(NOW + 1, Signal.OK)
    hosts.relist(host, NOW + 1)
    assert hosts.take_turn(NOW + 9.9) is None
    assert NOW + 10 <= hosts.next_at() <= NOW + 10.1
    assert hosts.take_turn(NOW + 10.1) is not None


def test_a_queue_that_runs_low_is_refilled_while_its_host_goes_on() -> None:
    hosts, host = loaded(LOW + 1, Policy(delay=0.0, per_host=100), more=True)
    hosts.take_turn(NOW)
    assert not hosts.refills.hungry()
    hosts.relist(host, NOW)
    hosts.take_turn(NOW)
    assert hosts.refills.hungry()


def test_a_retry_has_its_turn_when_it_is_due() -> None:
    hosts, _ = loaded(1)
    list(turns(hosts, NOW))
    hosts.host("a").clock.end(NOW, Signal.OK)
    hosts.retry("a", NOW + 60, NOW)
    assert hosts.waits
    assert hosts.take_turn(NOW + 59) is None
    assert not hosts.refills.hungry()
    assert hosts.take_turn(NOW + 60) is None
    assert {"a": FULL} == hosts.refills.hungry()


def test_news_do_not_wait_for_a_retry_that_is_due_later() -> None:
    hosts = scheduler()
    hosts.host("a")
    hosts.retry("a", NOW + 60, NOW)
    hosts.offered("a", NOW)
    assert NOW == hosts.next_at()
    assert hosts.take_turn(NOW) is None
    assert {"a": FULL} == hosts.refills.hungry()


async def test_an_earlier_retry_and_an_errand_do_not_wait_for_it_either() -> None:
    hosts = scheduler()
    hosts.host("a")
    hosts.retry("a", NOW + 60, NOW)
    hosts.retry("a", NOW + 5, NOW)
    assert NOW + 5 == hosts.next_at()
    hosts.send("a", asyncio.get_running_loop().create_future(), NOW)
    turn = hosts.take_turn(NOW)
    assert turn is not None
    assert turn.errand is not None


async def test_an_errand_goes_before_the_queue_also_while_that_is_held() -> None:
    hosts, host = loaded(1)
    host.held = True
    errand = asyncio.get_running_loop().create_future()
    hosts.send("a", errand, NOW)
    assert [errand] == [turn.errand for turn in turns(hosts, NOW)]
    host.clock.end(NOW, Signal.OK)
    hosts.relist(host, NOW)
    assert hosts.take_turn(NOW) is None
    host.held = False
    hosts.relist(host, NOW)
    assert hosts.take_turn(NOW) is not None


def test_a_host_given_up_has_its_turns_at_once_so_that_what_waits_can_be_failed() -> None:
    hosts, host = loaded(2, SLOW, more=True)
    host.clock.start(NOW)
    host.clock.end(NOW, Signal.SLOW, 0.0, NOW + 1e7)
    assert host.given_up
    hosts.retry("a", NOW + 500, NOW)
    for expected in (*requests(2), None):
        assert Turn(host, expected, None) == hosts.take_turn(NOW)
        hosts.relist(host, NOW)
    assert not hosts.refills.hungry(), "what the frontier holds is failed there"
    host.expect_nothing()
    assert (None, False) == (hosts.take_turn(NOW), hosts.waits)


@pytest.mark.parametrize("delay", [100_000.0, math.inf])
def test_a_crawl_delay_beyond_any_patience_gives_the_host_up(delay: float) -> None:
    host = Host("a", HostClock(QUICK))
    host.clock.crawl_delay = delay
    assert host.given_up
    assert "between two requests" in host.given_up.detail
    again = HostClock.load(QUICK, host.clock.dump(), NOW)
    assert min(delay, LONGEST_CRAWL_DELAY) == again.crawl_delay


def test_what_waits_when_the_run_begins_is_known() -> None:
    hosts = scheduler()
    hosts.add({"fresh": Waiting(True, None), "later": Waiting(False, NOW + 9)}, NOW)
    assert hosts.take_turn(NOW) is None
    assert {"fresh"} == hosts.refills.hungry().keys()
    assert NOW + 9 == hosts.next_at()


def test_the_parked_hosts_are_shown_first() -> None:
    hosts = scheduler()
    for name in ("a", "b", "c"):
        hosts.offered(name, NOW)
    hosts.host("b").clock.start(NOW)
    hosts.host("b").clock.end(NOW, Signal.SLOW, 0.0, NOW + 50)
    first = host_views(hosts, NOW)[0]
    assert ("b", 50.0, "Retry-After") == (first.host, first.parked_for, first.why)


# The crawl in virtual time


class World:
    """A frontier and servers in virtual time, and the loop of the dispatcher around the scheduler.

    `offers` are requests with the time of their discovery. Some fail the first time and are to be tried again.
    """

    def __init__(self, policies: dict[str, Policy], offers: list[tuple[float, str, float, float]]) -> None:
        self.now = NOW
        self.policies = policies
        self.hosts = Scheduler(lambda name: HostClock(policies[name]))
        self.fresh: defaultdict[str, list[Request]] = defaultdict(list)
        self.retries: defaultdict[str, list[tuple[float, Request]]] = defaultdict(list)
        self.started: defaultdict[str, list[tuple[float, Request]]] = defaultdict(list)
        self.ended: Counter[str] = Counter()
        self._events: list[tuple[float, int, object]] = []
        self._order = itertools.count()
        self._facts: dict[str, tuple[float, float]] = {}
        for n, (when, host, seconds, retry_after) in enumerate(offers):
            request = Request(f"http://{host}/{n}")
            self._facts[request.url] = (seconds, retry_after)
            self._at(NOW + when, lambda host=host, request=request: self._offer(host, request))

    def _at(self, when: float, event: object) -> None:
        heapq.heappush(self._events, (when, next(self._order), event))

    def run(self) -> None:
        """Until nothing is left to do."""
        while True:
            self._dispatch()
            then = min(self.hosts.next_at(), self._events[0][0] if self._events else math.inf)
            if then == math.inf:
                return
            self.now = max(self.now, then)
            while self._events and self._events[0][0] <= self.now:
                heapq.heappop(self._events)[2]()  # type: ignore[operator]

    def _dispatch(self) -> None:
        while True:
            while (turn := self.hosts.take_turn(self.now)) is not None:
                self._start(turn)
            if not (hungry := self.hosts.refills.hungry()):
                return
            self.hosts.refills.under_way(map(self.hosts.host, hungry))
            self.hosts.refill({host: self._take(host, n) for host, n in hungry.items()}, self.now)

    def _take(self, host: str, limit: int) -> Taken:
        due = sorted((entry for entry in self.retries[host] if entry[0] <= self.now), key=lambda entry: entry[0])
        taken = [request for _, request in due[:limit]]
        self.retries[host] = [entry for entry in self.retries[host] if entry[1] not in taken]
        untried = self.fresh[host][: limit - len(taken)]
        del self.fresh[host][: len(untried)]
        retry = min((at for at, _ in self.retries[host]), default=None)
        return Taken(taken + untried, Waiting(bool(self.fresh[host]), retry))

    def _offer(self, host: str, request: Request) -> None:
        self.fresh[host].append(request)
        self.hosts.offered(host, self.now)

    def _start(self, turn: Turn) -> None:
        host, request = turn.host, turn.request
        assert request is not None
        seconds, retry_after = self._facts[request.url]
        again = request.url in {before.url for _, before in self.started[host.name]}
        self.started[host.name].append((self.now, request))
        host.clock.start(self.now)
        self._at(self.now + seconds / 2, lambda: (host.clock.sent(self.now), self.hosts.relist(host, self.now)))
        self._at(self.now + seconds, lambda: self._end(host, request, 0.0 if again else retry_after))
        self.hosts.relist(host, self.now)

    def _end(self, host: Host, request: Request, retry_after: float) -> None:
        host.clock.end(self.now, Signal.NEUTRAL if retry_after else Signal.OK, 0.01)
        if retry_after:
            self.retries[host.name].append((self.now + retry_after, request))
            self.hosts.retry(host.name, self.now + retry_after, self.now)
        else:
            self.ended[request.url] += 1
        self.hosts.relist(host, self.now)


HOSTS = ("a", "b", "c")
policies = st.builds(Policy, delay=st.sampled_from([0.0, 0.5, 7.0]), per_host=st.integers(1, 3))
offers = st.tuples(
    st.floats(0, 100),
    st.sampled_from(HOSTS),
    st.sampled_from([0.01, 1.0, 30.0]),
    st.sampled_from([0.0, 0.0, 1.0, 200.0]),
)


@settings(max_examples=150, deadline=None)
@given(st.fixed_dictionaries(dict.fromkeys(HOSTS, policies)), st.lists(offers, max_size=80))
def test_no_request_is_started_too_early_and_each_is_handed_out(
    policies: dict[str, Policy], offers: list[tuple[float, str, float, float]]
) -> None:
    world = World(policies, offers)
    world.run()
    assert not world.hosts.waits
    assert len(offers) == len(world.ended) == world.ended.total()
    for name, started in world.started.items():
        times = [moment for moment, _ in started]
        assert all(later - earlier >= policies[name].delay for earlier, later in itertools.pairwise(times))


@settings(max_examples=100, deadline=None)
@given(st.lists(offers, min_size=1, max_size=40))
def test_a_host_that_is_free_is_never_kept_waiting(offers: list[tuple[float, str, float, float]]) -> None:
    """With nothing in its way a request starts in the moment of its discovery."""
    world = World(dict.fromkeys(HOSTS, Policy(delay=0.0, per_host=1000)), [(*offer[:3], 0.0) for offer in offers])
    world.run()
    expected = sorted(NOW + when for when, *_ in offers)
    assert expected == sorted(moment for started in world.started.values() for moment, _ in started)
