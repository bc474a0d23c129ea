"""The meaning of an answer for its URL and its host, and the length of a Retry-After."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from asyncscrape.model import Request, Response
from asyncscrape.politeness.clock import (
    LONGEST_RETRY_AFTER,
    PATIENCE,
    Policy,
    Signal,
)
from asyncscrape.politeness.decisions import (
    BACKOFF_LIMIT,
    Action,
    Decision,
    classify,
    deadline,
    decide,
    retry_after,
)

NOW = 1_800_000_000.0

# The meaning of a status

TREATMENTS = [
    (Action.OK, Signal.OK, (200, 201, 203, 204, 206, 299)),
    (Action.REDIRECT, Signal.OK, (301, 302, 303, 307, 308)),
    (Action.RETRY, Signal.SLOW, (429, 503, 509, 529)),
    (Action.RETRY, Signal.TIMEOUT, (408, 504, 522, 524)),
    (Action.RETRY, Signal.NEUTRAL, (425,)),
    (Action.RETRY, Signal.FAILURE, (500, 502, 520, 521, 523, 525, 526, 527, 530, 599)),
    (Action.FAIL, Signal.NEUTRAL, (300, 304, 305, 400, 401, 403, 404, 405, 410, 418, 451, 499)),
    (Action.FAIL, Signal.NEUTRAL, (501, 505, 506, 508, 510, 511)),
    (Action.FAIL, Signal.NEUTRAL, (0, 100, 101, 199, 600, 999)),
]


@pytest.mark.parametrize(
    ("action", "signal", "status"),
    [(action, signal, status) for action, signal, statuses in TREATMENTS for status in statuses],
)
def test_a_status_decides_over_the_url_and_its_host(action: Action, signal: Signal, status: int) -> None:
    assert (action, signal) == classify(status)


# The fate of a URL


def most() -> float:
    return 1.0


def test_a_url_is_tried_again_after_waits_that_double() -> None:
    policy = Policy(retries=9)
    waits = [decide(n, policy, NOW, most).at - NOW for n in range(9)]
    assert [1, 2, 4, 8, 16, 32, 64, BACKOFF_LIMIT, BACKOFF_LIMIT] == waits


def test_a_url_out_of_tries_fails_and_so_does_one_that_no_try_can_help() -> None:
    policy = Policy(retries=2)
    assert [True, True, False, False] == [decide(n, policy, NOW, most).retry for n in range(4)]
    assert Decision(False) == decide(0, policy, NOW, most, transient=False)
    assert Decision(False) == decide(0, Policy(retries=0), NOW, most)


@given(st.integers(0, 10_000), st.floats(0, 1), st.none() | st.floats(NOW - 100, NOW + 1000))
def test_any_part_of_a_wait_may_be_cut_but_not_the_deadline(
    attempts: int, chance: float, not_before: float | None
) -> None:
    decision = decide(attempts, Policy(retries=10_001), NOW, lambda: chance, not_before=not_before)
    assert max(NOW, not_before or 0) <= decision.at <= max(NOW + BACKOFF_LIMIT, not_before or 0)


# Retry-After as a header

DATE = "Sun, 06 Nov 1994 08:49:37 GMT"
THEN = 784111777.0


@pytest.mark.parametrize(
    ("expected", "header"),
    [
        (120.0, "120"),
        (0.0, "0"),
        (1.5, " 1.5 "),
        (0.0, "-30"),
        (60.0, "Sun, 06 Nov 1994 08:50:37 GMT"),
        (60.0, "Sunday, 06-Nov-94 08:50:37 GMT"),
        (60.0, "Sun Nov  6 08:50:37 1994"),
        (0.0, "Sat, 05 Nov 1994 08:49:37 GMT"),
        (LONGEST_RETRY_AFTER, "9" * 400),
        (PATIENCE * 30, str(30 * 86400)),
        (None, ""),
        (None, "soon"),
        (None, "1e9"),
        (None, "٣"),
        (None, "120 seconds"),
        (None, "Sun, 99 Nov 1994 99:99:99 GMT"),
        (None, "nan"),
    ],
)
def test_a_retry_after_is_a_deadline(expected: float | None, header: str) -> None:
    until = retry_after(header, THEN)
    assert expected == (None if until is None else until - THEN)


def test_a_date_is_compared_with_the_servers_own_clock() -> None:
    assert NOW + 60 == retry_after("Sun, 06 Nov 1994 08:50:37 GMT", NOW, DATE)
    assert THEN + 60 == retry_after("Sun, 06 Nov 1994 08:50:37 GMT", THEN, "no date")


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_header_can_do_harm(header: str, date: str) -> None:
    until = retry_after(header, NOW, date)
    assert until is None or NOW <= until <= NOW + LONGEST_RETRY_AFTER


@pytest.mark.parametrize(
    ("expected", "status", "headers"),
    [
        (NOW + 7, 503, {"retry-after": "7"}),
        (NOW + 7, 429, {"Retry-After": "7"}),
        (NOW + 7, 301, {"Retry-After": "7"}),
        (NOW + 60, 503, {"Retry-After": "Sun, 06 Nov 1994 08:50:37 GMT", "Date": DATE}),
        (None, 200, {"Retry-After": "7"}),
        (None, 503, {}),
        (None, 503, {"Retry-After": "?"}),
    ],
)
def test_an_answer_may_set_a_deadline(expected: float | None, status: int, headers: dict[str, str]) -> None:
    response = Response(Request("http://a/"), status, CIMultiDict(headers), b"", datetime.now(UTC))
    assert expected == deadline(response, NOW)
