"""Judging an answer: what it means for its URL and for its host, without a network or a clock."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from multidict import CIMultiDict

from asyncscrape.crawl.verdict import Fate, Verdict, judge, no_answer, outcome
from asyncscrape.errors import FetchError, Reason
from asyncscrape.model import Request, Response, State
from asyncscrape.politeness.clock import Policy, Signal

URL = "http://shop.test/a"
NOW = 1_000.0


def response(status: int, body: bytes = b"", hops: tuple[str, ...] = (), **headers: str) -> Response:
    named = CIMultiDict({name.replace("_", "-"): value for name, value in headers.items()})
    return Response(Request(URL, hops=hops), status, named, body, datetime(2026, 11, 26, tzinfo=UTC))


def judged(status: int, **rest: str) -> Verdict:
    return judge(response(status, **rest), 3, NOW)


@pytest.mark.parametrize(
    ("status", "fate", "signal"),
    [
        (200, Fate.READ, Signal.OK),
        (206, Fate.READ, Signal.OK),
        (304, Fate.FAIL, Signal.NEUTRAL),
        (404, Fate.FAIL, Signal.NEUTRAL),
        (408, Fate.RETRY, Signal.TIMEOUT),
        (429, Fate.RETRY, Signal.SLOW),
        (500, Fate.RETRY, Signal.FAILURE),
        (501, Fate.FAIL, Signal.NEUTRAL),
        (503, Fate.RETRY, Signal.SLOW),
    ],
)
def test_a_status_has_one_meaning_for_the_url_and_one_for_the_host(status: int, fate: Fate, signal: Signal) -> None:
    verdict = judged(status)
    assert (fate, signal) == (verdict.fate, verdict.signal)
    assert ("" if fate is Fate.READ else f"http {status}") == verdict.reason


def test_a_retry_after_is_a_deadline_except_on_a_good_answer() -> None:
    assert NOW + 30 == judged(503, Retry_After="30").not_before
    assert NOW + 30 == judged(404, Retry_After="30").not_before
    assert judged(200, Retry_After="30").not_before is None


def test_a_challenge_blocks_whatever_the_status_is() -> None:
    verdict = judged(503, cf_mitigated="challenge")
    assert (Fate.FAIL, Signal.BLOCKED, Reason.BLOCKED) == verdict[:3]


def test_a_redirect_is_followed_until_there_are_too_many_or_they_go_round() -> None:
    assert (Fate.FOLLOW, "http://shop.test/b") == (judged(302, Location="/b").fate, judged(302, Location="/b").target)
    chain = ("http://shop.test/1", "http://shop.test/2", "http://shop.test/3")
    far = judge(response(302, hops=chain, Location="/5"), 3, NOW)
    assert (Fate.FAIL, Reason.REDIRECTS, Signal.OK) == (far.fate, far.reason, far.signal)
    back = judge(response(302, hops=chain, Location="/1"), 3, NOW)
    assert (Fate.FAIL, Reason.REDIRECT_LOOP) == (back.fate, back.reason)


@pytest.mark.parametrize("location", ["mailto:a@b.example", "http://", "javascript:void(0)"])
def test_a_redirect_to_no_web_page_fails_with_where_it_leads(location: str) -> None:
    verdict = judged(301, Location=location)
    assert (Fate.FAIL, Reason.REDIRECT) == (verdict.fate, verdict.reason)
    assert location in verdict.detail


def test_a_redirect_without_a_place_is_a_refusal() -> None:
    assert (Fate.FAIL, "http 302") == (judged(302).fate, judged(302).reason)


@pytest.mark.parametrize(
    ("reason", "signal"),
    [
        (Reason.CONNECTION, Signal.FAILURE),
        (Reason.DNS, Signal.FAILURE),
        (Reason.TIMEOUT, Signal.TIMEOUT),
        (Reason.TOO_LARGE, Signal.NEUTRAL),
    ],
)
@pytest.mark.parametrize("transient", [True, False])
def test_no_answer_tells_whether_the_host_is_there(reason: Reason, signal: Signal, transient: bool) -> None:
    verdict = no_answer(FetchError(reason, "so it went", transient=transient))
    assert Verdict(Fate.RETRY if transient else Fate.FAIL, signal, reason, "so it went") == verdict


def test_a_url_is_tried_again_as_often_as_its_policy_says_and_not_before_its_deadline() -> None:
    verdict = judged(503, Retry_After="30")
    first = outcome(Request(URL), verdict, Policy(retries=2), NOW, lambda: 0.5)
    assert (State.PENDING, 1, "http 503") == (first.state, first.request.attempts, first.reason)
    assert NOW + 30 <= first.retry_at
    last = outcome(Request(URL, attempts=2), verdict, Policy(retries=2), NOW, lambda: 0.5)
    assert (State.FAILED, 3) == (last.state, last.request.attempts)


def test_a_redirected_request_waits_at_its_new_place_and_counts_no_try() -> None:
    sent_on = outcome(Request(URL), judged(302, Location="/b"), Policy(), NOW, lambda: 0.5)
    assert (State.PENDING, "http://shop.test/b", 0) == (sent_on.state, sent_on.hop, sent_on.request.attempts)
