"""Answers that cannot be used, and what is said about them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from multidict import CIMultiDict

from asyncscrape.errors import Gone, Retry
from asyncscrape.model import Request, Response
from asyncscrape.parsers.errors import ParseError
from asyncscrape.parsers.soundcloud import wire

HTML = b"<html><head><title>We will\n be back &amp; soon</title></head><body>x</body></html>"
NOT_FOUND = (
    b'{"code":404,"message":"","link":"https://developers.soundcloud.com","status":"404 - Not Found","errors":[]}'
)
LIMITED = (
    b'{"errors":[{"meta":{"rate_limit":{"bucket":"by-ip","max_nr_of_requests":30,"time_window":"PT1H",'
    b'"name":"client-credentials-exchange"},"remaining_requests":0,"reset_time":"2022/05/26 16:31:52 +0000"}}]}'
)


def answered(body: bytes, status: int = 200) -> Response:
    request = Request("https://api.soundcloud.com/tracks/soundcloud:tracks:1/comments")
    return Response(request, status, CIMultiDict(), body, datetime(2026, 11, 21, tzinfo=UTC))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (HTML, 'the answer should be JSON, but is a page for people, "We will be back & soon"'),
        (b"<html></html>", "the answer should be JSON, but is a page for people"),
        (b"", "the answer should be JSON, but is nothing at all"),
        (b"Please slow down.", 'the answer should be JSON, but is "Please slow down."'),
        (b'{"collection":[{"id":1},', """the answer should be JSON, but is "{"collection":[{"id":1},\""""),
    ],
)
def test_what_is_not_json_is_asked_for_again(body: bytes, said: str) -> None:
    with pytest.raises(Retry) as raised:
        wire.page_of(answered(body), wire.comments)
    assert said == str(raised.value)


@pytest.mark.parametrize("body", [b'{"tracks":[]}', b'{"collection":{}}', b'{"collection":[7]}', b"7", b"null"])
def test_json_of_another_shape_is_told(body: bytes) -> None:
    with pytest.raises(ParseError, match=r"does not look as it used to .*; has the API changed"):
        wire.page_of(answered(body), wire.comments)


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (401, b"", "the site says nothing at all"),
        (401, b'{"error":"invalid_client"}', "the site says invalid_client"),
        (403, b'{"code":403,"message":"","status":"403 - Forbidden"}', "the site says 403 - Forbidden"),
        (403, HTML, 'the site says a page for people, "We will be back & soon"'),
        (429, b"Please slow down.", 'the site says "Please slow down."'),
        (
            429,
            LIMITED,
            "the site says at most 30 client-credentials-exchange in PT1H, until 2022/05/26 16:31:52 +0000",
        ),
        (400, b'{"errors":[{"error_message":"bad limit"}, 7],"error":null}', "the site says bad limit"),
        (400, b"{}", "the site says nothing more"),
        (400, b"[]", "the site says nothing more"),
    ],
)
def test_refusals_are_told_in_the_words_of_the_site(status: int, body: bytes, said: str) -> None:
    with pytest.raises(ParseError) as raised:
        wire.page_of(answered(body, status), wire.tracks)
    assert said == str(raised.value)


@pytest.mark.parametrize("body", [b"{}", NOT_FOUND, b'{"errors":[{"error_message":"404 - Not Found"}]}', b"", HTML])
def test_what_is_not_there_is_gone(body: bytes) -> None:
    with pytest.raises(Gone, match="the site knows nothing of it any more"):
        wire.answer(answered(body, 404), wire.one_user)


def test_the_bare_list_of_old_is_read_too() -> None:
    sent, following = wire.page_of(answered(b'[{"id":1},null,{"id":2}]'), wire.comments)
    assert ([1, 2], None) == ([one.id for one in sent], following)


def test_half_a_character_does_not_cost_a_page() -> None:
    sent, _ = wire.page_of(answered(b'{"collection":[{"id":1,"body":"\\ud83d!"}]}'), wire.comments)
    assert "\ud83d!" == sent[0].body
