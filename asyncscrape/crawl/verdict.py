"""Judging an answer, once: its meaning for the URL and for the host.

Everything here is pure. A `Verdict` is the meaning of an answer alone; `outcome` turns it into what is stored for the
request, given the tries so far and the patience of the host's policy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum, auto
from typing import NamedTuple

import msgspec

from asyncscrape.errors import FetchError, Postponed, Reason, Withheld
from asyncscrape.model import ANSWERS, Lines, Outcome, Request, Response, State, storable
from asyncscrape.openings import Opening
from asyncscrape.parsing.base import Mishap, Unparsed
from asyncscrape.politeness.challenges import challenge
from asyncscrape.politeness.clock import PATIENCE, Policy, Signal
from asyncscrape.politeness.decisions import Action, classify, deadline, decide
from asyncscrape.urls import canonical

PEEK = 65_536
"""Bytes of a body that are searched for a bot challenge."""
SHOWN = 200
"""Characters of a bad address that are shown."""

HOST_TROUBLE: Mapping[str, Signal] = {
    Reason.CONNECTION: Signal.FAILURE,
    Reason.DNS: Signal.FAILURE,
    Reason.TIMEOUT: Signal.TIMEOUT,
    Reason.BLOCKED: Signal.BLOCKED,
}
"""Failed exchanges as news about the host. One that answers, though badly, is up."""


class Fate(Enum):
    """The fate of a URL."""

    READ = auto()
    """Its answer goes to the parser, or was kept as a file."""
    FOLLOW = auto()
    """It is asked for again at the place it was redirected to."""
    RETRY = auto()
    """It is asked for again later, unless it was tried too often."""
    WAIT = auto()
    """It waits for something that its host lacks at the moment; that is no try."""
    FAIL = auto()


class Verdict(NamedTuple):
    """The meaning of an answer."""

    fate: Fate
    signal: Signal
    """The news about the host."""
    reason: str = ""
    """In the words that `errors` groups by."""
    detail: str = ""
    """For a person, with the particulars."""
    not_before: float | None = None
    """Not to be asked again before this time, if the answer or its parser says so."""
    alone: bool = False
    """Whether that time says nothing about the rest of the host."""
    withheld: bool = False
    """Whether only the user can give what it waits for."""
    target: str = ""
    """Where it was redirected to."""
    opening: Opening | None = None
    """Whether a browser has opened it, and what that was good for."""
    answer: Lines | None = None
    """The answer itself, if it is kept although its parser has failed on it."""


def judge(response: Response, max_redirects: int, now: float) -> Verdict:
    """The meaning of an answer, from its status and headers and from signs of a bot challenge."""
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
    """The verdict on a redirect: follow it, unless it leads nowhere or too far."""
    location, request = response.headers["Location"], response.request
    target = canonical(location, response.url)
    if target is None:
        detail = f"redirected to {location[:SHOWN]!r}, which is not a web page"
        return Verdict(Fate.FAIL, Signal.NONE, Reason.REDIRECT, detail)
    chain = [*request.hops, request.url]
    if len(chain) <= max_redirects:
        return Verdict(Fate.FOLLOW, Signal.NONE, target=target)
    if target in chain:
        return Verdict(Fate.FAIL, Signal.NONE, Reason.REDIRECT_LOOP, f"redirects: loop, last to {target}")
    detail = f"redirects: more than {max_redirects}, last to {target}"
    return Verdict(Fate.FAIL, Signal.NONE, Reason.REDIRECTS, detail)


def no_answer(error: FetchError) -> Verdict:
    """The meaning of a request without an answer."""
    if isinstance(error, Postponed):
        signal = Signal.FAILURE if error.failed else Signal.NONE
        return Verdict(Fate.WAIT, signal, error.reason, error.detail, error.not_before, error.alone)
    if isinstance(error, Withheld):
        return Verdict(Fate.WAIT, Signal.NONE, error.reason, error.detail, withheld=True)
    fate = Fate.RETRY if error.transient else Fate.FAIL
    return Verdict(fate, HOST_TROUBLE.get(error.reason, Signal.NEUTRAL), error.reason, error.detail)


UNPARSED: Mapping[Mishap, Verdict] = {
    Mishap.PARSE: Verdict(Fate.FAIL, Signal.OK, Reason.PARSE),
    Mishap.GONE: Verdict(Fate.FAIL, Signal.NEUTRAL, Reason.GONE),
    Mishap.BLOCKED: Verdict(Fate.FAIL, Signal.BLOCKED, Reason.BLOCKED),
    Mishap.NOT_READY: Verdict(Fate.RETRY, Signal.NEUTRAL, Reason.NOT_READY),
    Mishap.FAULT: Verdict(Fate.FAIL, Signal.OK, Reason.PARSER_ERROR),
    Mishap.OVERRUN: Verdict(Fate.FAIL, Signal.OK, Reason.PARSER_OVERRUN),
}
"""The meaning of a good answer without contents."""


def useless(unparsed: Unparsed, now: float) -> Verdict:
    """The meaning of a good answer that its parser could not use."""
    not_before = None if unparsed.after is None else now + unparsed.after
    return UNPARSED[unparsed.mishap]._replace(
        detail=unparsed.why, not_before=not_before, opening=unparsed.opening, answer=unparsed.answer
    )


def refined(verdict: Verdict, unparsed: Unparsed) -> Verdict:
    """The verdict on a refusal after its parser has read the body."""
    if unparsed.mishap is Mishap.FAULT:  # most parsers cannot read a refusal
        return verdict
    told = verdict._replace(detail=f"{verdict.detail}: {unparsed.why}")
    if unparsed.mishap is Mishap.BLOCKED:
        return told._replace(signal=Signal.BLOCKED, reason=Reason.BLOCKED)
    return told


def parser_fault(error: Exception) -> Verdict:
    """The meaning of a good answer whose parser has failed on it."""
    return Verdict(Fate.FAIL, Signal.OK, Reason.PARSER_ERROR, f"{type(error).__name__}: {error}")


def outcome(request: Request, verdict: Verdict, policy: Policy, now: float, random: Callable[[], float]) -> Outcome:
    """The outcome of a request that is not done: it goes on elsewhere, waits for another try, or has failed."""
    if verdict.fate is Fate.FOLLOW:
        return Outcome(request, State.PENDING, hop=verdict.target)
    if verdict.fate is Fate.WAIT:
        at = min(max(now, verdict.not_before or 0.0), now + PATIENCE)
        return Outcome(request, State.PENDING, verdict.reason, storable(verdict.detail), at)
    transient = verdict.fate is Fate.RETRY
    retry, at = decide(request.attempts, policy, now, random, transient=transient, not_before=verdict.not_before)
    tried = Outcome.tried(request, State.PENDING if retry else State.FAILED, verdict.reason, verdict.detail, at)
    if not (verdict.opening or verdict.answer):
        return tried
    kept = {ANSWERS: verdict.answer} if verdict.answer and not retry else {}
    return msgspec.structs.replace(tried, opening=verdict.opening, records=kept)
