from __future__ import annotations

import heapq
import math
import timeit
from collections.abc import Iterable, Iterator
from itertools import cycle, pairwise
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asyncscrape.politeness.clock import (
    CHALLENGE_PAUSES,
    GUARD,
    LONGEST_PAUSE,
    LONGEST_RETRY_AFTER,
    PACE_FLOOR,
    PACE_LIMIT,
    PARK_AFTER,
    PATIENCE,
    Breaker,
    HostClock,
    Policy,
    Signal,
    Window,
)
from asyncscrape.units import Rate

NOW = 1_800_000_000.0
TICK = 1e-6
"""The tolerance of comparisons: times around NOW are not more precise."""


class Answer(NamedTuple):
    """The simulated server's treatment of one request."""

    signal: Signal = Signal.OK
    latency: float = 0.01
    connect: float = 0.001
    retry_after: float | None = None


class Seen(NamedTuple):
    """One request as remembered by server and client."""

    started: float
    arrived: float
    ended: float
    deadline: float
    """The latest Retry-After that had reached the client when the request started."""


class Server:
    """A host in virtual time: the clock under test decides when requests start, `answers` how they end."""

    def __init__(self, clock: HostClock, answers: Iterable[Answer], now: float = NOW) -> None:
        self.clock = clock
        self.answers = iter(answers)
        self.now = now
        self.seen: list[Seen] = []
        self.most_open = 0
        self.most_open_while_parked = 0
        self.slowest = self.fastest = clock.delay
        self._deadline = 0.0
        self._events: list[tuple[float, int, str, Answer]] = []
        self._order = 0

    def serve(self) -> Server:
        """Until the answers or the clock's patience run out."""
        for answer in self.answers:
            self._await_turn()
            if self.clock.gave_up:
                break
            self._start(answer)
        while self._events:
            self._next_event()
        return self

    def _await_turn(self) -> None:
        while not self.clock.gave_up and (ready := self.clock.ready_at(self.now)) > self.now:
            if self._events and self._events[0][0] <= ready:
                self._next_event()
            else:
                assert ready < math.inf, "nothing is open, and still the host waits for ever"
                self.now = ready

    def _start(self, answer: Answer) -> None:
        parked = self.clock.state != Breaker.CLOSED
        self.clock.start(self.now)
        self.most_open = max(self.most_open, self.clock.open)
        if parked:
            self.most_open_while_parked = max(self.most_open_while_parked, self.clock.open)
        arrived = self.now + answer.connect
        ended = arrived + answer.latency
        self.seen.append(Seen(self.now, arrived, ended, self._deadline))
        self._plan(arrived, "sent", answer)
        self._plan(ended, "end", answer)

    def _plan(self, when: float, what: str, answer: Answer) -> None:
        self._order += 1
        heapq.heappush(self._events, (when, self._order, what, answer))

    def _next_event(self) -> None:
        when, _, what, answer = heapq.heappop(self._events)
        self.now = max(self.now, when)
        if what == "sent":
            self.clock.sent(self.now)
            return
        until = None if answer.retry_after is None else self.now + answer.retry_after
        self._deadline = max(self._deadline, until or 0.0)
        self.clock.end(self.now, answer.signal, answer.latency, until)
        self.slowest = max(self.slowest, self.clock.delay)
        self.fastest = min(self.fastest, self.clock.delay)

    @property
    def arrivals(self) -> list[float]:
        return sorted(seen.arrived for seen in self.seen)


def gaps(times: list[float]) -> Iterator[float]:
    return (later - earlier for earlier, later in pairwise(times))


def answered(clock: HostClock, signal: Signal, now: float, latency: float = 0.01) -> None:
    """One request from its start to its end, with nothing else open."""
    clock.start(now)
    clock.sent(now)
    clock.end(now + latency, signal, latency)


def failing(clock: HostClock, now: float, times: int, signal: Signal = Signal.FAILURE) -> float:
    """This many failures, each as soon as the clock allows; returns the time after the last."""
    for _ in range(times):
        now = clock.ready_at(now)
        answered(clock, signal, now)
        now += 0.01
    return now


# Everything at once, against a server that does anything

RATES = st.none() | st.builds(Rate, st.integers(1, 5), st.sampled_from([0.5, 1.0, 10.0]))
POLICIES = st.builds(Policy, st.sampled_from([0.0, 0.05, 0.25, 2.0]), st.integers(1, 5), RATES, st.integers(0, 6))
ANSWERS = st.lists(
    st.builds(
        Answer,
        st.sampled_from([Signal.OK] * 4 + list(Signal)),
        st.sampled_from([0.0, 0.001, 0.1, 1.5, 30.0]),
        st.sampled_from([0.0, 0.001, 0.3, 4.0]),
        st.none() | st.sampled_from([-5.0, 0.0, 1.0, 90.0]),
    ),
    max_size=40,
)


@given(POLICIES, st.sampled_from([0.0, 0.1, 3.0]), ANSWERS)
def test_no_promise_is_broken_whatever_the_server_does(
    policy: Policy, crawl_delay: float, answers: list[Answer]
) -> None:
    clock = HostClock(policy)
    clock.crawl_delay = crawl_delay
    server = Server(clock, answers).serve()

    configured = max(policy.delay, crawl_delay)
    assert all(gap >= configured - TICK for gap in gaps(server.arrivals))
    assert server.fastest >= configured
    assert server.most_open <= policy.per_host
    assert server.most_open_while_parked <= 1
    assert all(seen.started >= seen.deadline for seen in server.seen)
    if policy.rate:
        firsts, lasts = server.arrivals, server.arrivals[policy.rate.count :]
        assert all(last - first > policy.rate.seconds for first, last in zip(firsts, lasts, strict=False))
    assert clock.open == 0
    assert clock.gave_up or clock.ready_at(server.now) < math.inf


@given(st.integers(0, 3), st.lists(st.sampled_from(list(Signal)), max_size=200))
def test_a_host_either_gives_up_or_goes_on(retries: int, signals: list[Signal]) -> None:
    clock = HostClock(Policy(0.0, 3, None, retries))
    server = Server(clock, [Answer(signal) for signal in signals]).serve()
    assert bool(clock.gave_up) or len(signals) == len(server.seen)


# Spacing


def test_a_host_that_is_well_is_asked_as_fast_as_configured_and_no_faster() -> None:
    server = Server(HostClock(Policy(delay=0.25)), [Answer()] * 100).serve()
    assert all(0.25 <= gap <= 0.25 + GUARD + 0.01 for gap in gaps(server.arrivals))


def test_without_a_delay_a_host_that_is_well_is_not_slowed_at_all() -> None:
    jittery = [Answer(latency=latency) for latency in (0.001, 0.003, 0.02, 0.001, 0.9)] * 100
    server = Server(HostClock(Policy(delay=0.0, per_host=64)), jittery).serve()
    assert server.slowest == 0.0
    assert NOW == server.seen[63].started


def test_spacing_counts_from_the_moment_the_request_is_on_the_wire() -> None:
    clock = HostClock(Policy(delay=1.0))
    clock.start(NOW)
    assert math.inf == clock.ready_at(NOW + 5)
    clock.sent(NOW + 5)
    assert NOW + 6 + GUARD == clock.ready_at(NOW + 5)


def test_a_request_that_failed_before_it_was_sent_does_not_hold_its_host() -> None:
    clock = HostClock(Policy(delay=1.0, rate=Rate(1, 10)))
    clock.start(NOW)
    clock.end(NOW + 3, Signal.FAILURE)
    assert NOW + 13 + GUARD == clock.ready_at(NOW + 3)


def test_a_crawl_delay_learned_later_counts_from_the_last_request() -> None:
    clock = HostClock(Policy(delay=0.25))
    answered(clock, Signal.OK, NOW)
    clock.crawl_delay = 5.0
    assert (5.0, NOW + 5 + GUARD) == (clock.delay, clock.ready_at(NOW + 1))


def test_a_crawl_delay_shorter_than_the_delay_changes_nothing() -> None:
    clock = HostClock(Policy(delay=2.0))
    clock.crawl_delay = 1.0
    assert clock.delay == 2.0


def test_as_many_requests_are_open_as_allowed() -> None:
    server = Server(HostClock(Policy(delay=0.0, per_host=3)), [Answer(latency=1.0)] * 9).serve()
    assert server.most_open == 3
    assert [NOW] * 3 == [seen.started for seen in server.seen[:3]]


# The window


@given(
    st.integers(1, 6),
    st.sampled_from([0.5, 1.0, 60.0]),
    st.lists(st.tuples(st.floats(0, 3), st.floats(0, 2)), max_size=60),
)
def test_no_window_is_exceeded_at_any_position(count: int, seconds: float, wishes: list[tuple[float, float]]) -> None:
    window, now = Window(Rate(count, seconds)), NOW
    sent: list[float] = []
    for pause, connect in wishes:
        now = window.ready_at(now + pause)
        assert now < math.inf
        window.start(now)
        now += connect
        window.sent(now)
        sent.append(now)
    assert all(last - first > seconds for first, last in zip(sent, sent[count:], strict=False))


def test_a_window_lets_its_whole_quota_go_at_once() -> None:
    window = Window(Rate(3, 10.0))
    for _ in range(3):
        assert NOW == window.ready_at(NOW)
        window.start(NOW)
        window.sent(NOW)
    assert NOW + 10 + GUARD == window.ready_at(NOW + 1)


def test_a_request_that_is_not_sent_yet_takes_a_place_without_end() -> None:
    window = Window(Rate(2, 1.0))
    window.start(NOW)
    window.start(NOW)
    window.sent(NOW)
    assert NOW + 1 + GUARD == window.ready_at(NOW)
    window.start(NOW + 2)
    assert math.inf == window.ready_at(NOW + 9)
    window.sent(NOW + 10)
    assert NOW + 11 + GUARD == window.ready_at(NOW + 10)


def test_a_window_comes_back_with_what_it_has_seen_and_what_may_have_been() -> None:
    window = Window(Rate(4, 60.0))
    window.start(NOW)
    window.sent(NOW)
    loaded = Window.load(Rate(4, 60.0), window.dump(), NOW + 10, unclean=3)
    assert NOW + 60 + GUARD == loaded.ready_at(NOW + 10)
    assert [NOW, NOW + 10, NOW + 10, NOW + 10] == loaded.dump()
    assert [NOW + 10] * 4 == Window.load(Rate(4, 60.0), window.dump(), NOW + 10, unclean=1000).dump()


# Retry-After


def test_a_deadline_is_not_shortened_by_answers_to_requests_already_open() -> None:
    clock = HostClock(Policy(delay=0.0, per_host=3))
    for _ in range(3):
        clock.start(NOW)
        clock.sent(NOW)
    clock.end(NOW + 1, Signal.SLOW, 1.0, NOW + 120)
    clock.end(NOW + 2, Signal.OK, 1.0)
    clock.end(NOW + 3, Signal.SLOW, 1.0, NOW + 30)
    assert NOW + 120 == clock.ready_at(NOW + 4)
    assert ("Retry-After", 116.0) == (clock.why, clock.parked_for(NOW + 4))


def test_a_host_that_wants_more_patience_than_there_is_is_given_up_but_not_forgotten() -> None:
    clock = HostClock(Policy())
    clock.start(NOW)
    clock.end(NOW, Signal.SLOW, retry_after=NOW + 7 * 86400)
    assert clock.gave_up == "asks to be left alone for 7d"
    assert math.inf == clock.ready_at(NOW)
    soon = HostClock.load(Policy(), clock.dump(), NOW + 86400)
    assert soon.gave_up
    later = HostClock.load(Policy(), clock.dump(), NOW + 7 * 86400 - 60)
    assert ("", NOW + 7 * 86400) == (later.gave_up, later.ready_at(NOW + 7 * 86400 - 60))


# The adaptive pace


@pytest.mark.parametrize("signal", [Signal.SLOW, Signal.TIMEOUT])
def test_a_complaint_slows_a_host_and_good_answers_bring_it_back(signal: Signal) -> None:
    clock = HostClock(Policy(delay=0.0))
    answered(clock, signal, NOW)
    assert PACE_FLOOR == clock.delay
    answered(clock, signal, NOW + 1)
    assert 2 * PACE_FLOOR == clock.delay
    delays = []
    for n in range(60):
        answered(clock, Signal.OK, NOW + 2 + n)
        delays.append(clock.delay)
    assert delays == sorted(delays, reverse=True)
    assert delays[0] > PACE_FLOOR
    assert delays[-1] == 0.0


def test_one_good_answer_does_not_undo_a_complaint() -> None:
    clock = HostClock(Policy(delay=0.0))
    answered(clock, Signal.SLOW, NOW)
    answered(clock, Signal.OK, NOW + 1)
    assert 0.0 < clock.delay < PACE_FLOOR


def test_the_pace_comes_back_to_the_configured_delay() -> None:
    clock = HostClock(Policy(delay=1.0))
    answered(clock, Signal.SLOW, NOW)
    assert clock.delay == 2.0
    for n in range(10):
        answered(clock, Signal.OK, NOW + 10 + n)
    assert clock.delay == 1.0


def test_the_pace_has_a_limit_and_a_longer_delay_is_left_alone() -> None:
    server = Server(HostClock(Policy(delay=20.0, retries=99)), [Answer(Signal.SLOW)] * 30).serve()
    assert PACE_LIMIT == server.slowest
    server = Server(HostClock(Policy(delay=300.0)), [Answer(Signal.SLOW)] * 5).serve()
    assert server.slowest == 300.0


def test_requests_sent_together_make_one_complaint() -> None:
    clock = HostClock(Policy(delay=0.0, per_host=6))
    for _ in range(6):
        clock.start(NOW)
        clock.sent(NOW)
    for _ in range(6):
        clock.end(NOW + 1, Signal.SLOW)
    assert PACE_FLOOR == clock.delay


def test_plain_failures_and_useless_answers_say_nothing_of_the_pace() -> None:
    clock = HostClock(Policy(delay=0.0))
    answered(clock, Signal.FAILURE, NOW)
    answered(clock, Signal.NEUTRAL, NOW)
    assert clock.delay == 0.0


def test_answers_much_later_than_usual_slow_a_host_to_one_request_per_answer() -> None:
    usual, late = [Answer(latency=0.05)] * 50, [Answer(latency=4.0)] * 15
    clock = HostClock(Policy(delay=0.0))
    server = Server(clock, usual + late).serve()
    assert 1.0 < clock.delay <= 4.0
    Server(clock, usual * 2, server.now).serve()
    assert clock.delay == 0.0


@pytest.mark.parametrize("latency", [0.001, 0.5, 5.0])
def test_a_host_that_is_always_slow_is_asked_as_configured(latency: float) -> None:
    server = Server(HostClock(Policy(delay=0.1)), [Answer(latency=latency)] * 200).serve()
    assert server.slowest == 0.1


def test_a_host_that_mixes_fast_and_slow_pages_is_hardly_slowed() -> None:
    mixed = [Answer(latency=latency) for latency in (0.2, 2.0)] * 100
    clock = HostClock(Policy(delay=0.0))
    Server(clock, mixed).serve()
    assert clock.delay == 0.0


def test_a_server_with_a_limit_of_its_own_is_soon_asked_at_about_that_limit() -> None:
    clock, now = HostClock(Policy(delay=0.0)), NOW
    complaints, last = 0, -math.inf
    for n in range(1000):
        now = clock.ready_at(now)
        good = now - last >= 0.5
        complaints += not good and n >= 100
        last = now
        answered(clock, Signal.OK if good else Signal.SLOW, now)
        now += 0.01
    assert complaints < 200
    assert now - NOW < 1000


# The circuit breaker


def test_a_failing_host_is_parked_for_ever_longer_and_then_given_up() -> None:
    clock = HostClock(Policy(delay=0.0, retries=3))
    now = failing(clock, NOW, PARK_AFTER)
    pauses = []
    while not clock.gave_up:
        pauses.append(round(clock.parked_for(now - 0.0)))
        now = failing(clock, now, 1)
    assert [2, 4, 8] == pauses
    assert clock.gave_up == "kept failing: 11 times in a row, over 3 pauses"
    assert math.inf == clock.ready_at(now + 1e6)


def test_a_pause_has_a_limit() -> None:
    clock = HostClock(Policy(delay=0.0, retries=20))
    now = failing(clock, NOW, PARK_AFTER + 12)
    assert LONGEST_PAUSE == round(clock.parked_for(now - 0.01), 1)


def test_even_without_retries_a_host_gets_one_pause() -> None:
    clock = HostClock(Policy(delay=0.0, retries=0))
    now = failing(clock, NOW, PARK_AFTER)
    assert not clock.gave_up
    failing(clock, now, 1)
    assert clock.gave_up


def test_one_answer_in_between_is_enough_not_to_be_parked() -> None:
    signals = ([Signal.FAILURE] * (PARK_AFTER - 1) + [Signal.NEUTRAL]) * 5
    clock = HostClock(Policy(delay=0.0))
    Server(clock, [Answer(signal) for signal in signals]).serve()
    assert (Breaker.CLOSED, 0) == (clock.state, clock.parks)


def test_after_a_pause_one_probe_is_sent_and_its_answer_opens_the_host_again() -> None:
    clock = HostClock(Policy(delay=0.0, per_host=4))
    now = clock.ready_at(failing(clock, NOW, PARK_AFTER))
    clock.start(now)
    clock.sent(now)
    assert (Breaker.PROBING, math.inf) == (clock.state, clock.ready_at(now + 10))
    clock.end(now + 11, Signal.OK)
    assert (Breaker.CLOSED, 0, 0) == (clock.state, clock.failures, clock.parks)
    for _ in range(4):
        assert now + 11 == clock.ready_at(now + 11)
        clock.start(now + 11)


def test_what_was_open_when_a_host_was_parked_neither_opens_nor_lengthens_it() -> None:
    clock = HostClock(Policy(delay=0.0, per_host=20))
    for _ in range(20):
        clock.start(NOW)
        clock.sent(NOW)
    for _ in range(18):
        clock.end(NOW + 1, Signal.FAILURE)
    clock.end(NOW + 2, Signal.OK)
    assert (Breaker.PARKED, 1) == (clock.state, clock.parks)
    assert math.inf == clock.ready_at(NOW + 9)
    clock.end(NOW + 10, Signal.OK)
    assert NOW + 10 == clock.ready_at(NOW + 10)


def test_a_challenge_parks_at_once_then_longer_then_for_good() -> None:
    clock, now = HostClock(Policy(delay=0.0)), NOW
    pauses = []
    while not clock.gave_up:
        now = failing(clock, now, 1, Signal.BLOCKED)
        pauses.append(round(clock.parked_for(now - 0.0)))
    assert [*CHALLENGE_PAUSES, 0] == pauses
    assert clock.gave_up.startswith("blocked")


def test_requests_challenged_together_are_one_challenge() -> None:
    clock = HostClock(Policy(delay=0.0, per_host=5))
    for _ in range(5):
        clock.start(NOW)
    for _ in range(5):
        clock.end(NOW + 1, Signal.BLOCKED)
    assert (1, "", NOW + 61) == (clock.challenges, clock.gave_up, clock.ready_at(NOW + 1))


def test_only_a_good_answer_forgets_a_challenge() -> None:
    clock = HostClock(Policy(delay=0.0))
    now = failing(clock, NOW, 1, Signal.BLOCKED)
    now = failing(clock, now, 1, Signal.NEUTRAL)
    assert (Breaker.CLOSED, 1) == (clock.state, clock.challenges)
    now = failing(clock, now, 1, Signal.OK)
    assert clock.challenges == 0
    failing(clock, now, 1, Signal.BLOCKED)
    assert clock.challenges == 1


# From one run to the next


@given(POLICIES, ANSWERS, st.floats(0, 500))
def test_a_clock_comes_back_as_it_was(policy: Policy, answers: list[Answer], later: float) -> None:
    clock = HostClock(policy)
    server = Server(clock, answers).serve()
    now = server.now + later
    loaded = HostClock.load(policy, clock.dump(), now)
    assert loaded.delay == clock.delay
    assert loaded.blocked_until == clock.blocked_until
    if not clock.gave_up:
        assert clock.ready_at(now) == loaded.ready_at(now)
        assert clock.dump() == loaded.dump()


@given(POLICIES, ANSWERS, ANSWERS, st.integers(1, 8))
def test_a_kill_breaks_no_promise_either(
    policy: Policy, before: list[Answer], after: list[Answer], unclean: int
) -> None:
    """The worst case: everything unrecorded reached the server at the moment of the kill."""
    first = Server(HostClock(policy), before).serve()
    clock = HostClock.load(policy, first.clock.dump(), first.now, unclean)
    second = Server(clock, after, first.now).serve()
    arrivals = first.arrivals + [first.now] * unclean + second.arrivals
    new = len(first.arrivals) + unclean
    assert all(gap >= policy.delay - TICK for gap in gaps(arrivals[new - 1 :]))
    assert all(seen.started >= first.clock.blocked_until for seen in second.seen)
    if policy.rate:
        pairs = zip(arrivals[new - policy.rate.count :], arrivals[new:], strict=False)
        if new >= policy.rate.count:
            assert all(last - first > policy.rate.seconds for first, last in pairs)


def test_a_parked_host_is_still_parked_and_begins_with_a_probe() -> None:
    clock = HostClock(Policy(delay=0.0, per_host=5))
    now = failing(clock, NOW, PARK_AFTER + 1)
    loaded = HostClock.load(Policy(delay=0.0, per_host=5), clock.dump(), now)
    assert (2, clock.blocked_until) == (loaded.parks, loaded.ready_at(now))
    loaded.start(loaded.blocked_until)
    assert math.inf == loaded.ready_at(loaded.blocked_until)


def test_a_host_given_up_gets_another_chance_in_the_next_run() -> None:
    clock = HostClock(Policy(delay=0.0, retries=1))
    now = failing(clock, NOW, PARK_AFTER + 1)
    assert clock.gave_up
    loaded = HostClock.load(Policy(delay=0.0, retries=1), clock.dump(), now + 60)
    assert ("", 0, Breaker.PARKED, now + 60) == (
        loaded.gave_up,
        loaded.parks,
        loaded.state,
        loaded.ready_at(now + 60),
    )


def test_a_changed_policy_counts_from_the_resume_on() -> None:
    clock = HostClock(Policy(delay=0.25))
    answered(clock, Signal.OK, NOW)
    loaded = HostClock.load(Policy(delay=9.0, rate=Rate(1, 60.0)), clock.dump(), NOW + 1)
    assert NOW + 9 + GUARD == loaded.ready_at(NOW + 1)


def test_a_host_never_seen_before_begins_afresh() -> None:
    assert NOW == HostClock.load(Policy(), b"", NOW).ready_at(NOW)
    assert NOW + 0.25 + GUARD == HostClock.load(Policy(delay=0.25), b"", NOW, unclean=1).ready_at(NOW)


def test_a_clock_set_back_does_not_hold_a_host() -> None:
    clock = HostClock(Policy(delay=1.0, rate=Rate(1, 10.0)))
    answered(clock, Signal.OK, NOW)
    loaded = HostClock.load(clock.policy, clock.dump(), NOW - 86400)
    assert NOW - 86400 + 10 + GUARD == loaded.ready_at(NOW - 86400)


@pytest.mark.parametrize("wrong", [-86400.0, 3600.0, 3650 * 86400.0])
def test_a_deadline_of_a_wrong_clock_holds_for_as_long_as_it_did_then(wrong: float) -> None:
    clock = HostClock(Policy())
    clock.start(NOW + wrong)
    clock.end(NOW + wrong, Signal.SLOW, retry_after=NOW + wrong + 60)
    loaded = HostClock.load(Policy(), clock.dump(), NOW)
    assert max(0.0, min(60.0, wrong + 60)) == loaded.parked_for(NOW)
    assert not loaded.gave_up


def test_a_wrong_clock_does_not_have_a_host_given_up_again_and_again() -> None:
    clock, wrong = HostClock(Policy()), NOW + 3650 * 86400
    clock.start(wrong)
    clock.end(wrong, Signal.SLOW, retry_after=wrong + 7 * 86400)
    loaded = HostClock.load(Policy(), clock.dump(), NOW)
    assert ("", PATIENCE) == (loaded.gave_up, loaded.parked_for(NOW))


def test_no_deadline_is_longer_than_a_server_can_ask_for() -> None:
    far = HostClock(Policy())
    far.start(NOW)
    far.end(NOW, Signal.SLOW, retry_after=NOW + 3650 * 86400)
    assert LONGEST_RETRY_AFTER == HostClock.load(Policy(), far.dump(), NOW).parked_for(NOW)


# Speed


def test_a_request_costs_its_clock_microseconds() -> None:
    clock = HostClock(Policy(delay=0.0))
    times = cycle([NOW])

    def request() -> None:
        now = next(times)
        clock.ready_at(now)
        clock.start(now)
        clock.sent(now)
        clock.end(now, Signal.OK, 0.002)

    best = min(timeit.repeat(request, number=1000, repeat=20)) / 1000
    assert best < 6e-6
