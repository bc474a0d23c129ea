"""When a host, or anybody, may be asked again. Told the time and every request's fate, it answers with a time.

Two questions are answered:

* When may this host be asked again?   `HostClock.ready_at`, fed by `start`, `sent` and `end` of every request
* When may this run ask anybody?       `Window`, which also serves the quota of one host

A host waits for the latest of these:

1. its **spacing**: the configured delay or the Crawl-delay of its robots.txt, whichever is longer, stretched by the
   adaptive pace. Measured from the moment the request was really on the wire.
2. its **quota**, a sliding window of requests on the wire
3. its **deadline**: a `Retry-After`, or the end of a pause after failures. Nothing ever shortens it.
4. requests still open, when there are as many as allowed

The pace: answers 429 and 503, timeouts, and answers that come much later than usual stretch the spacing twofold;
every good answer takes a little of that back, down to what is configured and never below. Requests that were open
when the pace fell had left at the old pace, so their answers say nothing about the new one.

The circuit breaker of a host. Waiting and asking are one state each, so that each answer has one meaning:

    CLOSED ──8 failures in a row, or a bot challenge──▶ PARKED ──the pause is over──▶ PROBING
      ▲                                                   ▲                            │ │
      │                                                   └───────failed, longer───────┘ │
      └────────────────────────────────────the one probe was answered────────────────────┘
    PROBING ──failed once too often──▶ GIVEN_UP

All times are unix times in seconds, `now` too.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import IntEnum

import msgspec

from asyncscrape.units import Rate, in_words

GUARD = 0.005
"""Seconds added to every spacing and window. What leaves here evenly spaced does not arrive evenly spaced: the
network and the server's accept queue move each request by a few milliseconds, and it is the server who counts."""

PACE_FLOOR = 0.1
"""The first spacing, in seconds, of a host that was asked without any and could not keep up."""
PACE_LIMIT = 60.0
"""The longest spacing the adaptive pace arrives at by itself."""
PACE_RELEASED = 0.01
"""A pace below this is none; far enough below the floor that one good answer does not undo a complaint."""
STRETCH = 2.0
RECOVERY = 0.9
"""Good answers times this: seven of them make good one complaint."""

SLUGGISH = 1.0
"""Seconds below which an answer is never called late, so that 3 ms after 1 ms means nothing."""
LATE = 3.0
"""Times the usual latency."""
PRESENT_WEIGHT = 0.3
USUAL_WEIGHT = 0.01
"""How much one answer counts for the present latency, and for the usual one."""

PARK_AFTER = 8
"""Failures in a row."""
FIRST_PAUSE = 2.0
LONGEST_PAUSE = 300.0
CHALLENGE_PAUSES = (60.0, 300.0)
"""A site that challenges bots is asked again this much later, and after the last of these no more."""

LONGEST_CRAWL_DELAY = 366 * 86400.0
"""Only numbers beyond any sense are cut: infinity could not be stored."""

PATIENCE = 24 * 3600.0
"""A host that wants to be left alone for longer is given up for this run; its deadline still stands for the next."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How one host is to be treated."""

    delay: float = 0.25
    """Seconds between the starts of two requests."""
    per_host: int = 2
    """Requests open at once."""
    rate: Rate | None = None
    """Quota, as a sliding window."""
    retries: int = 5
    """Further tries for a URL that failed; also the pauses in a row after which a host that never answered is given
    up. One that did answer gets twice as many: about a quarter of an hour with the usual 5."""


class Window:
    """A quota: never more than `count` requests reach the server within any `seconds`.

    Counted is the moment a request is on the wire, so one that has started but was not sent yet (a slow connect)
    takes a place that has no end so far. Call `sent` once for each `start`, also when nothing came of it.
    """

    __slots__ = ("_count", "_length", "_sent", "_unsent")

    def __init__(self, rate: Rate, sent: Iterable[float] = ()) -> None:
        self._count = rate.count
        self._length = rate.seconds + GUARD
        self._sent: deque[float] = deque(sent, maxlen=rate.count)
        self._unsent = 0

    def ready_at(self, now: float) -> float:
        """When another request may start; infinite while that depends on requests that are not sent yet."""
        free = self._count - self._unsent
        if free > len(self._sent):
            return now
        if free <= 0:
            return math.inf
        return max(now, self._sent[-free] + self._length)

    def start(self, now: float) -> None:
        """A request takes its place."""
        self._unsent += 1

    def sent(self, now: float) -> None:
        """It is on the wire."""
        if self._unsent:
            self._unsent -= 1
        self._sent.append(now)

    def dump(self) -> list[float]:
        """The times of the last requests, oldest first."""
        return list(self._sent)

    @classmethod
    def load(cls, rate: Rate, sent: Iterable[float], now: float, unclean: int = 0) -> Window:
        """The window as it was, plus so many requests of which nobody knows whether they were sent."""
        window = cls(rate, (min(time, now) for time in sent))
        window._sent.extend([now] * min(unclean, rate.count))
        return window


class Signal(IntEnum):
    """What the end of a request says about its host."""

    NONE = -1
    """Nothing: it was dropped, or never got as far as the host."""
    OK = 0
    NEUTRAL = 1
    """An answer that is no use but shows the host in good health, such as 404."""
    FAILURE = 2
    """No answer (connection refused, reset, name not found), or an error of the server."""
    TIMEOUT = 3
    """A failure that smells of overload."""
    SLOW = 4
    """The server asks for patience: 429, 503."""
    BLOCKED = 5
    """A bot challenge."""


class Breaker(IntEnum):
    """Whether a host is being asked."""

    CLOSED = 0
    """Asked as usual."""
    PARKED = 1
    """Not asked until its deadline; what was still open is waited for."""
    PROBING = 2
    """Asked one request, whose end decides."""
    GIVEN_UP = 3
    """Not asked any more in this run."""


class _Saved(msgspec.Struct, omit_defaults=True, rename={"blocked_until": "until", "challenges": "blocks"}):
    """What the next run must know of a host."""

    last: float = 0.0
    blocked_until: float = 0.0
    pace: float = 0.0
    crawl_delay: float = 0.0
    failures: int = 0
    parks: int = 0
    challenges: int = 0
    parked: bool = False
    answered: bool = False
    why: str = ""
    sent: list[float] = []


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(_Saved)


class HostClock:
    """Says when one host may be asked, and learns from every request how it is doing.

    The caller asks `ready_at`, calls `start` when it begins a request, `sent` once when the request is on the wire
    (or has failed before it got there), and `end` once when it is over.
    """

    __slots__ = (
        "_crawl_delay",
        "_gap",
        "_last",
        "_pace",
        "_stale",
        "_state",
        "_unsent",
        "_usual",
        "_window",
        "answered",
        "blocked_until",
        "challenges",
        "delay",
        "failures",
        "gave_up",
        "latency",
        "open",
        "parks",
        "policy",
        "why",
    )

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.open = 0
        """Requests open right now."""
        self.latency = 0.0
        """Seconds to the first byte, averaged over the last answers."""
        self.answered = False
        """Whether it ever gave a good answer, in this run or an earlier one."""
        self.failures = 0
        """Failures in a row."""
        self.parks = 0
        """Pauses in a row that did not help."""
        self.challenges = 0
        """Bot challenges since the last good answer."""
        self.blocked_until = 0.0
        """The deadline: a Retry-After or the end of a pause, whichever is later."""
        self.why = ""
        """What set the deadline."""
        self.gave_up = ""
        """Why this host is not asked any more; empty while it is."""
        self.delay = 0.0
        """Seconds between two starts at present: as configured, or slower."""
        self._window = Window(policy.rate) if policy.rate else None
        self._state = Breaker.CLOSED
        self._crawl_delay = 0.0
        self._pace = 0.0
        self._last = -math.inf
        self._unsent = 0
        self._stale = 0
        self._usual = -1.0
        self._respace()

    # The spacing

    @property
    def crawl_delay(self) -> float:
        """Seconds between two requests that robots.txt asks for; 0 when it asks for nothing."""
        return self._crawl_delay

    @crawl_delay.setter
    def crawl_delay(self, seconds: float) -> None:
        self._crawl_delay = min(seconds, LONGEST_CRAWL_DELAY)
        self._respace()

    @property
    def pace(self) -> float:
        """The spacing the host's answers ask for; 0 when they ask for none."""
        return self._pace

    @property
    def state(self) -> Breaker:
        """Whether the host is being asked."""
        return self._state

    def _respace(self) -> None:
        self.delay = max(self.policy.delay, self._crawl_delay, self._pace)
        self._gap = self.delay + GUARD if self.delay > 0 else 0.0

    # The life of a request

    def ready_at(self, now: float) -> float:
        """When the next request may start; infinite while that depends on requests that are open."""
        state = self._state
        limit = 1 if state else self.policy.per_host
        if self.open >= limit or state == Breaker.GIVEN_UP:
            return math.inf
        at = now if now > self.blocked_until else self.blocked_until
        if self._gap:
            if self._unsent:
                return math.inf
            at = max(at, self._last + self._gap)
        if self._window is not None:
            at = max(at, self._window.ready_at(now))
        return at

    def start(self, now: float) -> None:
        """A request begins."""
        self.open += 1
        self._unsent += 1
        if self._window is not None:
            self._window.start(now)
        if self._state == Breaker.PARKED:
            self._state = Breaker.PROBING

    def sent(self, now: float) -> None:
        """Its headers are on the wire, or it failed before."""
        self._last = now
        if self._unsent:
            self._unsent -= 1
        if self._window is not None:
            self._window.sent(now)

    def end(self, now: float, signal: Signal, latency: float = 0.0, retry_after: float | None = None) -> None:
        """It is over. `latency` is the time to an answer's first byte, `retry_after` a deadline the server set."""
        self.open -= 1
        while self._unsent > self.open:
            self.sent(now)
        stale = self._stale > 0
        if stale:
            self._stale -= 1
        if signal == Signal.OK:
            self._answered(latency, stale)
        elif signal >= Signal.TIMEOUT and not stale:
            self._slow_down(PACE_LIMIT)
        step = _STEPS.get((self._state, signal))
        if step is not None:
            step(self, now)
        if retry_after is not None:
            self._obey(retry_after, now)

    # The pace

    def _answered(self, latency: float, stale: bool) -> None:
        self.answered = True
        if self._usual < 0:
            self.latency = self._usual = latency
        self.latency += PRESENT_WEIGHT * (latency - self.latency)
        self._usual += USUAL_WEIGHT * (latency - self._usual)
        if stale:
            return
        if self.latency > SLUGGISH and self.latency > LATE * self._usual:
            # One request for each answer is what a patient reader would do; slower helps nobody.
            self._slow_down(min(self.latency, PACE_LIMIT))
        elif self._pace:
            self._recover()

    def _slow_down(self, limit: float) -> None:
        pace = min(limit, max(PACE_FLOOR, STRETCH * self.delay))
        if pace > self.delay:
            self._pace = pace
            self._respace()
            self._stale = self.open

    def _recover(self) -> None:
        pace = RECOVERY * self._pace
        self._pace = pace if pace > max(self.policy.delay, self._crawl_delay, PACE_RELEASED) else 0.0
        self._respace()

    # The breaker

    def _close(self, now: float) -> None:
        self._state = Breaker.CLOSED
        self.failures = self.parks = self.challenges = 0

    def _reopen(self, now: float) -> None:
        """The host is there, but what it said does not show that we are welcome again after a challenge."""
        self._state = Breaker.CLOSED
        self.failures = self.parks = 0

    def _count(self, now: float) -> None:
        self.failures += 1
        if self.failures >= PARK_AFTER:
            self._park(now)

    def _probe_failed(self, now: float) -> None:
        self.failures += 1
        self._park(now)

    def _park(self, now: float) -> None:
        if self.parks >= max(1, self.policy.retries) * (2 if self.answered else 1):
            self._give_up(f"kept failing: {self.failures} times in a row, over {self.parks} pauses")
            return
        pause = min(FIRST_PAUSE * 2.0**self.parks, LONGEST_PAUSE)
        self.parks += 1
        self._pause(now + pause, f"failed {self.failures} times in a row")

    def _challenge(self, now: float) -> None:
        if self.challenges >= len(CHALLENGE_PAUSES):
            self._give_up("blocked: every request is answered with a bot challenge")
            return
        pause = CHALLENGE_PAUSES[self.challenges]
        self.challenges += 1
        self._pause(now + pause, "bot challenge")

    def _challenge_while_parked(self, now: float) -> None:
        """Requests sent together are challenged together: that is one challenge, not many."""
        if not self.challenges:
            self._challenge(now)

    def _pause(self, until: float, why: str) -> None:
        self._state = Breaker.PARKED
        self._wait(until, why)

    def _give_up(self, why: str) -> None:
        self._state = Breaker.GIVEN_UP
        self.gave_up = why

    # The deadline

    def _obey(self, until: float, now: float) -> None:
        self._wait(until, "Retry-After")
        self._give_up_if_too_long(now)

    def _give_up_if_too_long(self, now: float) -> None:
        wait = self.parked_for(now)
        if wait > PATIENCE and not self.gave_up:
            self._give_up(f"asks to be left alone for {in_words(round(wait))}")

    def _wait(self, until: float, why: str) -> None:
        if until > self.blocked_until:
            self.blocked_until = until
            self.why = why

    def parked_for(self, now: float) -> float:
        """Seconds until the deadline; 0 when there is none."""
        return max(0.0, self.blocked_until - now)

    # From one run to the next

    def dump(self) -> bytes:
        """What the next run must know."""
        given_up = self._state == Breaker.GIVEN_UP
        saved = _Saved(
            last=max(self._last, 0.0),
            blocked_until=self.blocked_until,
            pace=self._pace,
            crawl_delay=self._crawl_delay,
            failures=self.failures,
            # A host given up is asked again in the next run, carefully: one probe, and the pauses begin anew.
            parks=0 if given_up else self.parks,
            challenges=0 if given_up else self.challenges,
            parked=self._state != Breaker.CLOSED,
            answered=self.answered,
            why=self.why,
            sent=self._window.dump() if self._window is not None else [],
        )
        return _encoder.encode(saved)

    @classmethod
    def load(cls, policy: Policy, data: bytes, now: float, unclean: int = 0) -> HostClock:
        """The clock as it was dumped, under a policy that may have changed since.

        After a kill, `unclean` is the number of requests that may have been sent without a trace; they all count as
        sent just now.
        """
        saved = _decoder.decode(data) if data else _Saved()
        clock = cls(policy)
        clock._last = now if unclean else min(saved.last, now)
        clock.blocked_until, clock.why = saved.blocked_until, saved.why
        clock.failures, clock.parks, clock.challenges = saved.failures, saved.parks, saved.challenges
        clock.answered = saved.answered
        clock._state = Breaker.PARKED if saved.parked else Breaker.CLOSED
        clock._crawl_delay, clock._pace = saved.crawl_delay, saved.pace
        clock._respace()
        if policy.rate:
            clock._window = Window.load(policy.rate, saved.sent, now, unclean)
        clock._give_up_if_too_long(now)
        return clock


_STEPS: dict[tuple[Breaker, Signal], Callable[[HostClock, float], None]] = {
    (Breaker.CLOSED, Signal.OK): HostClock._close,
    (Breaker.CLOSED, Signal.NEUTRAL): HostClock._reopen,
    (Breaker.CLOSED, Signal.FAILURE): HostClock._count,
    (Breaker.CLOSED, Signal.TIMEOUT): HostClock._count,
    (Breaker.CLOSED, Signal.SLOW): HostClock._count,
    (Breaker.CLOSED, Signal.BLOCKED): HostClock._challenge,
    # What was open when the host was parked tells nothing new, whichever way it ends.
    (Breaker.PARKED, Signal.BLOCKED): HostClock._challenge_while_parked,
    (Breaker.PROBING, Signal.OK): HostClock._close,
    (Breaker.PROBING, Signal.NEUTRAL): HostClock._reopen,
    (Breaker.PROBING, Signal.FAILURE): HostClock._probe_failed,
    (Breaker.PROBING, Signal.TIMEOUT): HostClock._probe_failed,
    (Breaker.PROBING, Signal.SLOW): HostClock._probe_failed,
    (Breaker.PROBING, Signal.BLOCKED): HostClock._challenge,
}
"""The breaker's life: a state and how a request ended, to the step taken. What is not listed changes nothing."""
