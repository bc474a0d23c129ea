"""Decisions about a URL: the meaning of a status, when to try again after a failure, and Retry-After."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC
from email.utils import parsedate_to_datetime
from enum import IntEnum
from typing import NamedTuple

from asyncscrape.backoff import backoff
from asyncscrape.model import Response
from asyncscrape.politeness.clock import LONGEST_RETRY_AFTER, PATIENCE, Policy, Signal

BACKOFF_BASE = 1.0
BACKOFF_LIMIT = 120.0


class Action(IntEnum):
    """The meaning of a status for the URL that was asked."""

    OK = 0
    REDIRECT = 1
    RETRY = 2
    FAIL = 3


class Treatment(NamedTuple):
    """The meaning of a status for the URL, and for its host."""

    action: Action
    signal: Signal


_USELESS = Treatment(Action.FAIL, Signal.NEUTRAL)
_REDIRECT = Treatment(Action.REDIRECT, Signal.OK)
_BROKEN = Treatment(Action.RETRY, Signal.FAILURE)
_LATE = Treatment(Action.RETRY, Signal.TIMEOUT)
_BUSY = Treatment(Action.RETRY, Signal.SLOW)

TREATMENTS = {
    **dict.fromkeys((301, 302, 303, 307, 308), _REDIRECT),
    408: _LATE,
    425: Treatment(Action.RETRY, Signal.NEUTRAL),
    429: _BUSY,
    # The server will never be able to: asking again changes nothing.
    **dict.fromkeys((501, 505, 506, 508, 510, 511), _USELESS),
    503: _BUSY,
    **dict.fromkeys((504, 522, 524), _LATE),
    **dict.fromkeys((509, 529), _BUSY),
}
"""Statuses that differ from their hundred."""

_HUNDREDS = {2: Treatment(Action.OK, Signal.OK), 3: _USELESS, 4: _USELESS, 5: _BROKEN}


def classify(status: int) -> Treatment:
    """The meaning of a status. An unknown one means what its hundred means; one out of range is useless."""
    return TREATMENTS.get(status) or _HUNDREDS.get(status // 100, _USELESS)


class Decision(NamedTuple):
    """The fate of a URL that failed."""

    retry: bool
    at: float = 0.0
    """When it may be asked again, if at all."""


def decide(
    attempts: int,
    policy: Policy,
    now: float,
    random: Callable[[], float],
    *,
    transient: bool = True,
    not_before: float | None = None,
) -> Decision:
    """Decide whether and when to ask again for a URL that failed.

    `attempts` counts its failures before this one; `not_before` is the deadline the server set. A run does not wait
    beyond its patience.
    """
    if not transient or attempts >= policy.retries or (not_before or 0.0) > now + PATIENCE:
        return Decision(False)
    wait = backoff(attempts, BACKOFF_BASE, BACKOFF_LIMIT, random)
    return Decision(True, max(now + wait, not_before or 0.0))


def deadline(response: Response, now: float) -> float | None:
    """The time before which an answer asks us not to come back; None if it does not ask.

    A good answer never counts as asking: some servers send the header with everything.
    """
    header = response.headers.get("Retry-After")
    if header is None or response.status < 300:
        return None
    return retry_after(header, now, response.headers.get("Date"))


def retry_after(header: str, now: float, date_header: str | None = None) -> float | None:
    """The deadline that a Retry-After sets, as a unix time; None if it cannot be read.

    A date is compared with the server's own `Date`, so a wrong clock, there or here, does no harm. A deadline in the
    past means now.
    """
    seconds = _seconds(header.strip(), now, date_header or "")
    if seconds is None:
        return None
    return now + min(max(seconds, 0.0), LONGEST_RETRY_AFTER)


def _seconds(text: str, now: float, date_header: str) -> float | None:
    if re.fullmatch(r"[+-]?[0-9]+(\.[0-9]*)?", text):
        return float(text)
    until, asked = _http_date(text), _http_date(date_header)
    return None if until is None else until - (now if asked is None else asked)


def _http_date(text: str) -> float | None:
    """A date in any of the three forms of RFC 9110: IMF-fixdate, RFC 850, asctime."""
    try:
        moment = parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
