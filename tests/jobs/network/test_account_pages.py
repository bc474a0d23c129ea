"""The pages of an account: what each leaves for the end of it, and where it leads."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec
import pytest
from multidict import CIMultiDict

from asyncscrape.jobs.network.account_pages import ACCOUNT, UPLOADS, AccountFound, AccountPages, Deeds, Uploads
from asyncscrape.model import Page, Request, Response
from asyncscrape.parsers.errors import ParseError
from asyncscrape.parsers.soundcloud.deeds import KINDS, Deed
from asyncscrape.parsers.soundcloud.official_api import OfficialApi
from asyncscrape.parsers.soundcloud.paging import ReadSoFar
from asyncscrape.parsers.soundcloud.request_notes import START, written
from asyncscrape.parsers.soundcloud.web_api import WebApi

T = TypeVar("T")

WEB = "https://api-v2.soundcloud.com/users/555"
OFFICIAL = "https://api.soundcloud.com/users/soundcloud:users:555"
PAGES = AccountPages(WebApi(), KINDS, 300)


def answer(url: str, kind: str, body: Any, status: int = 200, progress: ReadSoFar = START) -> Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = CIMultiDict({"Content-Type": "application/json"})
    return Response(Request(url, kind, note=written(progress)), status, headers, content, datetime.now(UTC))


def finding(page: Page, form: type[T]) -> T:
    assert page.finding is not None
    return msgspec.msgpack.decode(page.finding, type=form)


def follows(
    *ids: int | None, next_href: Any = None, progress: ReadSoFar = START, pages: AccountPages = PAGES
) -> Page:
    items = [None if one is None else {"id": one, "kind": "user"} for one in ids]
    body = {"collection": items, "next_href": next_href}
    return pages.deeds(answer(f"{WEB}/followings?limit=200&linked_partitioning=1", "follows", body, 200, progress))


def targets(page: Page) -> list[int]:
    return [one.target for one in finding(page, Deeds).done]


@pytest.mark.parametrize(
    ("pages", "body", "lists"),
    [
        (
            PAGES,
            {"id": 555, "permalink": "kai-m", "username": "Kai M", "followers_count": 9, "track_count": 4},
            [
                ("likes", f"{WEB}/likes?limit=200&linked_partitioning=1"),
                ("comments", f"{WEB}/comments?limit=200&linked_partitioning=1"),
                (
                    "reposts",
                    "https://api-v2.soundcloud.com/stream/users/555/reposts?limit=200&offset=0&linked_partitioning=1",
                ),
                ("follows", f"{WEB}/followings?limit=200&linked_partitioning=1"),
                (UPLOADS, f"{WEB}/tracks?limit=200&linked_partitioning=1"),
            ],
        ),
        (
            AccountPages(OfficialApi(), ("likes", "follows"), 40),
            {
                "urn": "soundcloud:users:555",
                "permalink_url": "https://soundcloud.com/kai-m",
                "username": "Kai M",
                "followers_count": 9,
                "track_count": 4,
            },
            [
                ("likes", f"{OFFICIAL}/likes/tracks?limit=40&linked_partitioning=true"),
                ("likes", f"{OFFICIAL}/likes/playlists?limit=40&linked_partitioning=true"),
                ("follows", f"{OFFICIAL}/followings?limit=40&linked_partitioning=true"),
                (
                    UPLOADS,
                    f"{OFFICIAL}/tracks?access=playable%2Cpreview%2Cblocked&limit=200&linked_partitioning=true",
                ),
            ],
        ),
    ],
)
def test_the_profile_leads_to_all_lists(
    pages: AccountPages, body: Mapping[str, Any], lists: Sequence[tuple[str, str]]
) -> None:
    page = pages.profile(answer(WEB, ACCOUNT, body))
    assert AccountFound(555, "kai-m", "Kai M", 9, 4) == finding(page, AccountFound)
    assert lists == [(link.kind, link.url) for link in page.links]


@pytest.mark.parametrize(("status", "state"), [(401, "private"), (403, "private"), (404, "gone"), (410, "gone")])
@pytest.mark.parametrize("body", [b"", b"{}", b"<html>", {"code": 404, "status": "404 - Not Found", "errors": []}])
def test_refusals_are_the_end_of_an_account_and_of_a_list(status: int, state: str, body: Any) -> None:
    profile = PAGES.profile(answer(WEB, ACCOUNT, body, status))
    assert (AccountFound(refused=state), ()) == (finding(profile, AccountFound), tuple(profile.links))
    listed = PAGES.deeds(answer(f"{WEB}/likes", "likes", body, status))
    assert (Deeds([], state), ()) == (finding(listed, Deeds), tuple(listed.links))
    uploads = PAGES.uploads(answer(f"{WEB}/tracks", UPLOADS, body, status))
    assert (Uploads([]), ()) == (finding(uploads, Uploads), tuple(uploads.links))


def test_other_refusals_and_strange_answers_are_failures() -> None:
    for body, status in ((b"no", 400), ({"permalink": "kai-m"}, 200), ([], 200)):
        with pytest.raises(ParseError):
            PAGES.profile(answer(WEB, ACCOUNT, body, status))
    with pytest.raises(ParseError):
        PAGES.deeds(answer(f"{WEB}/likes", "likes", {"likes": []}))


def test_a_list_is_read_to_its_latest_items() -> None:
    href = f"{WEB}/followings?cursor=1&limit=200"
    first = follows(*range(1, 201), next_href=href)
    [link] = first.links
    assert (href, "follows", written(ReadSoFar(200))) == (link.url, link.kind, link.note)
    second = follows(*range(201, 401), next_href=f"{WEB}/followings?cursor=2", progress=ReadSoFar(200))
    assert list(range(201, 301)) == targets(second)
    assert () == tuple(second.links)


@pytest.mark.parametrize(
    "href",
    [
        f"{WEB}/followings?cursor=1375867131926&page_size=50",
        f"{WEB}/followings?client_id=abc&cursor=1375867131926&page_size=50",
        "/users/555/followings?cursor=1375867131926&page_size=50&client_id=abc",
        "http://api-v2.soundcloud.com/users/555/followings?cursor=1375867131926&page_size=50&app_version=1",
    ],
)
def test_the_next_page_is_followed_whatever_the_client_in_its_link(href: str) -> None:
    [link] = follows(1, next_href=href).links
    assert f"{WEB}/followings?cursor=1375867131926&page_size=50" == link.url


@pytest.mark.parametrize(
    "href", [None, "", 7, "mailto:x@example.org", f"{WEB}/followings?limit=200&linked_partitioning=1"]
)
def test_a_list_ends_without_a_link_to_another_page(href: Any) -> None:
    assert () == tuple(follows(1, next_href=href).links)


@pytest.mark.parametrize("href", ["https://example.org/x?cursor=1", " //evil.example/x", "http://soundcloud.com/a"])
def test_a_list_that_goes_on_at_another_host_is_a_failure_that_tells_it(href: str) -> None:
    with pytest.raises(ParseError, match="the list goes on at another host, "):
        follows(1, next_href=href)
    assert () == tuple(follows(*range(300), next_href=href).links)  # nothing more is wanted


def test_empty_pages_are_passed_but_not_for_ever() -> None:
    page = follows(None, next_href=f"{WEB}/followings?cursor=1", progress=ReadSoFar(5))
    assert ([], [written(ReadSoFar(5, 1))]) == (targets(page), [link.note for link in page.links])
    assert () == tuple(follows(next_href=f"{WEB}/followings?cursor=9", progress=ReadSoFar(5, 9)).links)


def test_an_older_form_is_the_bare_list() -> None:
    page = PAGES.deeds(answer(f"{WEB}/followings", "follows", [{"id": 60}, None, {"username": "no id"}]))
    assert Deeds([Deed("user 60", 60)]) == finding(page, Deeds)


def test_uploads_tell_their_times_in_both_forms() -> None:
    times = ("2025/02/01 18:00:00 +0000", "2024-01-05T19:00:00.5+01:00", None, "yesterday")
    sent = [{"id": 7 + n, "created_at": at} for n, at in enumerate(times)]
    sent.append({"id": 90, "display_date": "2023-01-01T00:00:00Z"})
    page = PAGES.uploads(
        answer(f"{WEB}/tracks", UPLOADS, {"collection": sent, "next_href": f"{WEB}/tracks?offset=2"})
    )
    expected = ["2025-02-01T18:00:00Z", "2024-01-05T18:00:00Z", "2023-01-01T00:00:00Z"]
    assert expected == list(finding(page, Uploads).times)
    assert [(UPLOADS, f"{WEB}/tracks?offset=2")] == [(link.kind, link.url) for link in page.links]
