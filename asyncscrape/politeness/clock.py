"""Clocks of hosts and quotas: told the time and the fate of every request, they say when to ask again.

They answer two questions:

* When may this host be asked again?   `HostClock.ready_at`, fed by `start`, `sent` and `end` of every request
* When may this run ask any host?      `Window`, which also serves the quota of one host

A host waits for the latest of these:

1. its **spacing**: the configured delay or the Crawl-delay of its robots.txt, whichever is longer, stretched by the
   adaptive pace. Measured from the moment the request was really on the wire.
2. its **quota**, a sliding window of requests on the wire
3. its **deadline**: a `Retry-After`, or the end of a pause after failures. Nothing ever shortens it.
4. its open requests, if as many are open as allowed

The pace: a 429, a 503, a timeout or an answer much later than usual doubles the spacing; every good answer takes a
little of that back, down to the configured spacing and never below. Requests that were open when the pace fell had
left at the old pace, so their answers say nothing about the new one.

The circuit breaker of a host. Waiting and asking are separate states, so that each answer has one meaning:

    CLOSED ──8 failures in a row, or a bot challenge──▶ PARKED ──the pause is over──▶ PROBING
      ▲                                                   ▲                            │ │
      │                                                   └───────failed, longer───────┘ │
      └────────────────────────────────────the one probe was answered────────────────────┘
    PROBING ──failed once too often──▶ GIVEN_UP

All times, `now` included, are unix times in seconds.
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
"""Seconds added to every spacing and window. Requests that leave here evenly spaced do not arrive evenly spaced: the
network and the server's accept queue shift each by a few milliseconds, and it is the server that counts."""

PACE_FLOOR = 0.1
"""The first spacing, in seconds, for a host that was asked without any and could not keep up."""
PACE_LIMIT = 60.0
"""The longest spacing, in seconds, that the adaptive pace reaches."""
PACE_RELEASED = 0.01
"""A pace below this is dropped; it lies far enough below the floor that one good answer does not undo a complaint."""
STRETCH = 2.0
RECOVERY = 0.9
"""The factor for each good answer: seven of them make up for one complaint."""

SLUGGISH = 1.0
"""Seconds below which no answer counts as late, so that 3 ms after 1 ms means nothing."""
LATE = 3.0
"""An answer is late at this many times the usual latency."""
PRESENT_WEIGHT = 0.3
USUAL_WEIGHT = 0.01
"""The weight of one answer in the present latency, and in the usual one."""

PARK_AFTER = 8
"""Failures in a row before a pause."""
FIRST_PAUSE = 2.0
LONGEST_PAUSE = 300.0
RETRY_AFTER = "Retry-After"
"""The usual cause of a deadline."""
CHALLENGE_PAUSES = (60.0, 300.0)
"""Pauses before a site that challenges bots is asked again; after the last it is not asked any more."""

LONGEST_CRAWL_DELAY = 366 * 86400.0
"""Cuts only absurd numbers: infinity could not be stored."""

LONGEST_RETRY_AFTER = 366 * 86400.0
"""The longest Retry-After that is believed, so that times stay representable."""
LEEWAY = 60.0
"""Seconds by which two right clocks may differ."""

PATIENCE = 24 * 3600.0
"""A host that wants to be left alone for longer is given up for this run; its deadline also holds for the next."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The limits for one host."""

    delay: float = 0.25
    """Seconds between the starts of two requests."""
    per_host: int = 2
    """Requests open at once."""
    rate: Rate | None = None
    """Quota as a sliding window."""
    retries: int = 5
    """Further tries for a URL that failed; also the number of pauses in a row after which a host that never answered
    is given up. A host that did answer gets twice as many: about a quarter of an hour with the usual 5."""


class Window:
    """A quota: never more than `count` requests reach the server within any `seconds`.

    A request counts from the moment it is on the wire, so one that has started but is not sent yet (a slow connect)
    takes a place without an end for now. Call `sent` once for each `start`, even if nothing came of it.
    """

    __slots__ = ("_count", "_length", "_sent", "_unsent")

    def __init__(self, rate: Rate, sent: Iterable[float] = ()) -> None:
        self._count = rate.count
        self._length = rate.seconds + GUARD
        self._sent: deque[float] = deque(sent, maxlen=rate.count)
        self._unsent = 0

    def resize(self, count: int) -> None:
        """Let so many requests through from now on, at most as many as at first."""
        self._count = count

    def ready_at(self, now: float) -> float:
        """When another request may start; infinite while that depends on requests not sent yet."""
        free = self._count - self._unsent
        if free > len(self._sent):
            return now
        if free <= 0:
            return math.inf
        return max(now, self._sent[-free] + self._length)

    def start(self, now: float) -> None:
        """Take a place for a request."""
        self._unsent += 1

    def sent(self, now: float) -> None:
        """Note that a request is on the wire."""
        if self._unsent:
            self._unsent -= 1
        self._sent.append(now)

    def dump(self) -> list[float]:
        """The times of the last requests, oldest first."""
        return list(self._sent)

    @classmethod
    def load(cls, rate: Rate, sent: Iterable[float], now: float, unclean: int = 0) -> Window:
        """The window as it was, plus `unclean` requests that may or may not have been sent."""
        window = cls(rate, (min(time, now) for time in sent))
        window._sent.extend([now] * min(unclean, rate.count))
        return window


class Signal(IntEnum):
    """The way a request ended, as a sign of its host's health."""

    NONE = -1
    """No sign: it was dropped, or never reached the host."""
    OK = 0
    NEUTRAL = 1
    """A useless answer from a healthy host, such as 404."""
    FAILURE = 2
    """No answer (connection refused, reset, name not found), or a server error."""
    TIMEOUT = 3
    """A failure that suggests overload."""
    SLOW = 4
    """The server asks for patience: 429, 503."""
    BLOCKED = 5
    """A bot challenge."""


class Breaker(IntEnum):
    """The states of a host's circuit breaker."""

    CLOSED = 0
    """Asked as usual."""
    PARKED = 1
    """Not asked until its deadline; open requests may still end."""
    PROBING = 2
    """Asked with one request, whose end decides."""
    GIVEN_UP = 3
    """Not asked any more in this run."""


class _Saved(msgspec.Struct, omit_defaults=True, rename={"blocked_until": "until", "challenges": "blocks"}):
    """The facts about a host that the next run must know."""

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
    """Say when one host may be asked, and learn from every request how it is doing.

    The caller asks `ready_at`, calls `start` when it begins a request, `sent` once the request is on the wire (or has
    failed before that), and `end` once it is over.
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
        """The cause of the deadline."""
        self.gave_up = ""
        """Why this host is not asked any more; empty while it is."""
        self.delay = 0.0
        """Seconds between two starts right now: as configured, or slower."""
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
        """Seconds between two requests that robots.txt asks for; 0 if it asks for none."""
        return self._crawl_delay

    @crawl_delay.setter
    def crawl_delay(self, seconds: float) -> None:
        self._crawl_delay = min(seconds, LONGEST_CRAWL_DELAY)
        self._respace()

    @property
    def pace(self) -> float:
        """The spacing that the host's answers call for; 0 if they call for none."""
        return self._pace

    @property
    def state(self) -> Breaker:
        """The state of the circuit breaker."""
        return self._state

    def _respace(self) -> None:
        self.delay = max(self.policy.delay, self._crawl_delay, self._pace)
        self._gap = self.delay + GUARD if self.delay > 0 else 0.0

    # The life of a request

    def ready_at(self, now: float) -> float:
        """When the next request may start; infinite while that depends on open requests."""
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
        """Note that a request begins."""
        self.open += 1
        self._unsent += 1
        if self._window is not None:
            self._window.start(now)
        if self._state == Breaker.PARKED:
            self._state = Breaker.PROBING

    def sent(self, now: float) -> None:
        """Note that its headers are on the wire, or that it failed before that."""
        self._last = now
        if self._unsent:
            self._unsent -= 1
        if self._window is not None:
            self._window.sent(now)

    def stand_back(self) -> None:
        """Let others go while a request that holds a place waits: it is not on the wire."""
        self.open -= 1

    def step_forward(self) -> None:
        """It goes on."""
        self.open += 1

    def end(
        self,
        now: float,
        signal: Signal,
        latency: float = 0.0,
        retry_after: float | None = None,
        why: str = RETRY_AFTER,
    ) -> None:
        """Note that it is over. `latency` is the time to the first byte, `retry_after` a deadline from the server,
        and `why` the cause of that.
        """
        self.open -= 1
        while self._unsent > max(self.open, 0):  # below 0 if it ended while it stood back
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
            self._obey(retry_after, now, why)

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
            # A patient reader would send one request for each answer; slower helps nobody.
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
        """Reopen a host that is alive, but whose answer does not show that a challenge is over."""
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
        """Count no new challenge: requests sent together are challenged together."""
        if not self.challenges:
            self._challenge(now)

    def _pause(self, until: float, why: str) -> None:
        self._state = Breaker.PARKED
        self._wait(until, why)

    def _give_up(self, why: str) -> None:
        self._state = Breaker.GIVEN_UP
        self.gave_up = why

    # The deadline

    def _obey(self, until: float, now: float, why: str) -> None:
        self._wait(until, why)
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
        """Seconds until the deadline; 0 if there is none."""
        return max(0.0, self.blocked_until - now)

    # From one run to the next

    def dump(self) -> bytes:
        """The facts that the next run must know, as bytes."""
        given_up = self._state == Breaker.GIVEN_UP
        saved = _Saved(
            last=max(self._last, 0.0),
            blocked_until=self.blocked_until,
            pace=self._pace,
            crawl_delay=self._crawl_delay,
            failures=self.failures,
            # The next run asks a host that was given up again, carefully: one probe, and the pauses start over.
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
        """The clock as dumped, under a policy that may have changed since.

        After a kill, `unclean` is the number of requests that may have been sent without a trace; all count as sent
        just now.
        """
        saved = _decoder.decode(data) if data else _Saved()
        clock = cls(policy)
        clock._last = now if unclean else min(saved.last, now)
        clock.blocked_until, clock.why = _believable(saved, now), saved.why
        clock.failures, clock.parks, clock.challenges = saved.failures, saved.parks, saved.challenges
        clock.answered = saved.answered
        clock._state = Breaker.PARKED if saved.parked else Breaker.CLOSED
        clock._crawl_delay, clock._pace = saved.crawl_delay, saved.pace
        clock._respace()
        if policy.rate:
            clock._window = Window.load(policy.rate, saved.sent, now, unclean)
        clock._give_up_if_too_long(now)
        return clock


def _believable(saved: _Saved, now: float) -> float:
    """The deadline, as far as a server can have set it.

    If the last request lies in the future, the time was wrong then or is wrong now. So is the deadline, by as much:
    it holds for as long as it did then, within the patience of a run.
    """
    if saved.last > now + LEEWAY:
        return min(saved.blocked_until - (saved.last - now), now + PATIENCE)
    return min(saved.blocked_until, now + LONGEST_RETRY_AFTER)


_STEPS: dict[tuple[Breaker, Signal], Callable[[HostClock, float], None]] = {
    (Breaker.CLOSED, Signal.OK): HostClock._close,
    (Breaker.CLOSED, Signal.NEUTRAL): HostClock._reopen,
    (Breaker.CLOSED, Signal.FAILURE): HostClock._count,
    (Breaker.CLOSED, Signal.TIMEOUT): HostClock._count,
    (Breaker.CLOSED, Signal.SLOW): HostClock._count,
    (Breaker.CLOSED, Signal.BLOCKED): HostClock._challenge,
    # Requests that were open when the host was parked tell nothing new, however they end.
    (Breaker.PARKED, Signal.BLOCKED): HostClock._challenge_while_parked,
    (Breaker.PROBING, Signal.OK): HostClock._close,
    (Breaker.PROBING, Signal.NEUTRAL): HostClock._reopen,
    (Breaker.PROBING, Signal.FAILURE): HostClock._probe_failed,
    (Breaker.PROBING, Signal.TIMEOUT): HostClock._probe_failed,
    (Breaker.PROBING, Signal.SLOW): HostClock._probe_failed,
    (Breaker.PROBING, Signal.BLOCKED): HostClock._challenge,
}
"""The breaker's transitions: from a state and the end of a request to a step. Pairs not listed change nothing."""
