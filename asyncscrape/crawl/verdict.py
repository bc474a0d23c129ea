"""Judging an answer, once: what it means for the URL that was asked, and what it says about the host.

Everything here is pure. A `Verdict` is what an answer means by itself; `outcome` makes of it what is stored for the
request, with the tries so far and the patience of the host's policy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum, auto
from typing import NamedTuple

from asyncscrape.errors import FetchError, Reason
from asyncscrape.model import Outcome, Request, Response, State
from asyncscrape.politeness.challenges import challenge
from asyncscrape.politeness.clock import Policy, Signal
from asyncscrape.politeness.decisions import Action, classify, deadline, decide
from asyncscrape.urls import canonical

PEEK = 65_536
"""How much of a body is looked at for a bot challenge."""
SHOWN = 200
"""Characters that are told of an address which leads nowhere."""

HOST_TROUBLE: Mapping[str, Signal] = {
    Reason.CONNECTION: Signal.FAILURE,
    Reason.DNS: Signal.FAILURE,
    Reason.TIMEOUT: Signal.TIMEOUT,
}
"""What failed exchanges say of the host. One that answers, though badly, is there."""


class Fate(Enum):
    """What is to be done about a URL."""

    READ = auto()
    """Its answer goes to the parser, or was kept as a file."""
    FOLLOW = auto()
    """It is asked for again at the place it was redirected to."""
    RETRY = auto()
    """It is asked for again later, if it was not asked for too often."""
    FAIL = auto()


class Verdict(NamedTuple):
    """What an answer means."""

    fate: Fate
    signal: Signal
    """What it says about the host."""
    reason: str = ""
    """In the words that `errors` groups by."""
    detail: str = ""
    """For a person, with the particulars."""
    not_before: float | None = None
    """The time before which it is not to be asked again, if the answer or its parser says so."""
    target: str = ""
    """Where it was redirected to."""


def judge(response: Response, max_redirects: int, now: float) -> Verdict:
    """What an answer means, before anybody reads its body."""
    status = response.status
    action, signal = classify(status)
    not_before = deadline(response, now)
    wall = challenge(status, response.headers, response.body[:PEEK])
    if wall:
        detail = f"the site answers with a bot challenge ({wall})"
        return Verdict(Fate.FAIL, Signal.BLOCKED, Reason.BLOCKED, detail, not_before)
    if action is Action.OK:
        return Verdict(Fate.READ, signal, not_before=not_before)
    if action is Action.REDIRECT and response.headers.get("Location"):
        return _redirected(response, max_redirects)._replace(signal=signal, not_before=not_before)
    fate = Fate.RETRY if action is Action.RETRY else Fate.FAIL
    return Verdict(fate, signal, Reason.refused(status), f"the server answered {status}", not_before)


def _redirected(response: Response, max_redirects: int) -> Verdict:
    """Where a redirect leads, unless it leads nowhere or too far."""
    location, request = response.headers["Location"], response.request
    target = canonical(location, response.url)
    if target is None:
        detail = f"redirected to {location[:SHOWN]!r}, which is no web page"
        return Verdict(Fate.FAIL, Signal.NONE, Reason.REDIRECT, detail)
    chain = [*request.hops, request.url]
    if len(chain) <= max_redirects:
        return Verdict(Fate.FOLLOW, Signal.NONE, target=target)
    if target in chain:
        return Verdict(Fate.FAIL, Signal.NONE, Reason.REDIRECT_LOOP, f"redirects: loop, last to {target}")
    detail = f"redirects: more than {max_redirects}, last to {target}"
    return Verdict(Fate.FAIL, Signal.NONE, Reason.REDIRECTS, detail)


def no_answer(error: FetchError) -> Verdict:
    """What it means that there was no answer."""
    fate = Fate.RETRY if error.transient else Fate.FAIL
    return Verdict(fate, HOST_TROUBLE.get(error.reason, Signal.NEUTRAL), error.reason, error.detail)


def outcome(request: Request, verdict: Verdict, policy: Policy, now: float, random: Callable[[], float]) -> Outcome:
    """What is stored for a request that is not done: it goes on elsewhere, waits for another try, or has failed."""
    if verdict.fate is Fate.FOLLOW:
        return Outcome(request, State.PENDING, hop=verdict.target)
    transient = verdict.fate is Fate.RETRY
    retry, at = decide(request.attempts, policy, now, random, transient=transient, not_before=verdict.not_before)
    return Outcome.tried(request, State.PENDING if retry else State.FAILED, verdict.reason, verdict.detail, at)
