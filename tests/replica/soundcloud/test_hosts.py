"""The copies of SoundCloud's hosts, over real HTTP, beside the examples of the wire formats and the scene's truth.

The truth is made in this process and the answers in the replica's, so these tests also show that the scene is the
same in every process.
"""

import asyncio
import json
import re
import struct
import time
import zlib
from base64 import b64encode
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.command import PATIENCE

from asyncscrape.replica.behaviour import Switches
from asyncscrape.replica.process import ReplicaProcess
from asyncscrape.replica.scene import truth
from asyncscrape.replica.scene.nouns import Profile, UploadedTrack
from asyncscrape.replica.soundcloud import media_hosts, social
from asyncscrape.replica.soundcloud.answering import hosts
from asyncscrape.replica.soundcloud.cursors import Cursor, cursor_in, is_patchy, window
from asyncscrape.replica.soundcloud.sites import HOSTS

API, WEB, TOKENS, PAGES = "api.soundcloud.com", "api-v2.soundcloud.com", "secure.soundcloud.com", "soundcloud.com"
PICTURES, WAVES, CONTROL = "i1.sndcdn.com", "wave.sndcdn.com", "control.replica.test"
EXAMPLES: Mapping[str, Any] = json.loads((Path(__file__).parent / "examples.json").read_text(encoding="utf-8"))
"""Invented answers in the real shapes, one for each kind."""
BASIC = "Basic " + b64encode(b"replica-app:replica-secret").decode()


class Client:
    """Ask one replica."""

    def __init__(self, port: int, session: aiohttp.ClientSession) -> None:
        self._root = f"http://127.0.0.1:{port}"
        self._session = session
        self.client_id = ""
        self.token = ""

    async def ask(self, host: str, target: str, **headers: str) -> tuple[int, Mapping[str, str], bytes]:
        headers = {"Host": host, **headers}
        async with self._session.get(self._root + target, headers=headers, allow_redirects=False) as answer:
            return answer.status, answer.headers, await answer.read()

    async def post(self, host: str, path: str, body: bytes, **headers: str) -> tuple[int, Mapping[str, str], Any]:
        headers = {"Host": host, **headers}
        async with self._session.post(self._root + path, data=body, headers=headers) as answer:
            return answer.status, answer.headers, await answer.json(content_type=None)

    async def new_token(self, authorization: str = BASIC, **form: str) -> tuple[int, Any]:
        form = form or {"grant_type": "client_credentials"}
        kind = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": authorization}
        status, _, answer = await self.post(TOKENS, "/oauth/token", urlencode(form).encode(), **kind)
        return status, answer

    async def found_id(self) -> str:
        """The client id on the home page."""
        _, _, page = await self.ask(PAGES, "/")
        return str(hydration(page)["apiClient"]["id"])

    async def web(self, target: str) -> tuple[int, Any]:
        """Ask api-v2 with the client id, also at the end of links that do not hold it."""
        self.client_id = self.client_id or await self.found_id()
        if "client_id=" not in target:
            target += f"{'&' if '?' in target else '?'}client_id={self.client_id}"
        status, _, body = await self.ask(WEB, target.removeprefix(f"https://{WEB}"))
        return status, json.loads(body)

    async def official(self, target: str) -> tuple[int, Any]:
        self.token = self.token or (await self.new_token())[1]["access_token"]
        target = target.removeprefix(f"https://{API}")
        status, _, body = await self.ask(API, target, Authorization=f"OAuth {self.token}")
        return status, json.loads(body)

    async def pages(self, target: str) -> list[list[Any]]:
        """All pages of a list, from either API."""
        ask = self.official if target.startswith(f"https://{API}") else self.web
        pages, link = [], target
        while link:
            status, page = await ask(link)
            assert 200 == status, (link, page)
            pages.append(page["collection"])
            link = page.get("next_href")
            assert len(pages) < 1_000
        return pages

    async def switch(self, **values: Any) -> None:
        status, _, answer = await self.post(CONTROL, "/behaviour", json.dumps(values).encode())
        assert 200 == status, answer

    async def fault(self, kind: str, **fault: Any) -> None:
        await self.switch(faults=[{"kind": kind, **fault}])


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with ReplicaProcess() as port:
        yield port


@pytest.fixture
async def replica(port: int) -> Any:
    async with aiohttp.ClientSession() as session:
        client = Client(port, session)
        await client.post(CONTROL, "/reset", b"")
        yield client


def hydration(page: bytes) -> dict[str, Any]:
    found = re.search(r"window\.__sc_hydration = (\[.*?\]);</script>", page.decode(), re.DOTALL)
    assert found is not None
    return {entry["hydratable"]: entry["data"] for entry in json.loads(found[1])}


def artist(**wanted: Any) -> Profile:
    """An artist with many uploads."""
    return next(
        one
        for one in truth.artists()
        if len(truth.uploads_of(one.id)) > 40 and is_patchy(one.id) == wanted.get("patchy", False) and not one.quiet
    )


def discussed(least: int = 60, most: int = 300) -> UploadedTrack:
    """A track with some comments, among them those of deleted accounts and without a time."""
    return next(
        track
        for one in truth.artists()
        for track in truth.uploads_of(one.id)
        if least < len(comments := truth.comments_of(track.id)) < most
        and {None} < {comment.by for comment in comments}
        and {None} < {comment.at_ms for comment in comments}
    )


def differences(example: Any, got: Any, place: str = "") -> list[str]:
    """Where an answer has other keys or types than the example; null goes with everything."""
    if example is None or got is None:
        return []
    if type(example) is not type(got):
        return [f"{place}: {type(example).__name__} is {type(got).__name__}"]
    if isinstance(example, dict):
        missing = [f"{place}/{name} is missing" for name in example.keys() - got.keys()]
        return missing + [
            one
            for name in example.keys() & got.keys()
            for one in differences(example[name], got[name], f"{place}/{name}")
        ]
    if isinstance(example, list) and example and got:
        return differences(example[0], got[0], f"{place}[]")
    return []


# Shapes


async def test_the_web_api_has_the_shapes_of_the_examples(replica: Client) -> None:
    who, track, listener = artist(), discussed(), truth.comments_of(discussed().id)[-1].user_id
    asked = {
        "web_user": f"/users/{who.id}",
        "web_tracks": f"/users/{who.id}/tracks?limit=2",
        "web_comments": f"/tracks/{track.id}/comments?threaded=0&limit=10",
        "web_likes": f"/users/{liker().id}/likes?limit=60",
        "web_reposts": f"/stream/users/{who.id}/reposts?limit=60",
        "web_followings": f"/users/{who.id}/followings?limit=200",
        "web_user_comments": f"/users/{listener}/comments",
        "web_search": f"/search/users?q={quote(who.username)}",
        "web_tracks_by_id": f"/tracks?ids={track.id}",
    }
    for name, target in asked.items():
        status, answer = await replica.web(target)
        assert 200 == status, name
        assert [] == differences(EXAMPLES[name], answer), name


def liker() -> Profile:
    """Somebody; all like something in time."""
    return truth.artists()[3]


async def test_the_official_api_has_the_shapes_of_the_examples(replica: Client) -> None:
    who, track = artist(), discussed()
    asked = {
        "official_user": f"/users/soundcloud:users:{who.id}",
        "official_tracks": f"/users/soundcloud%3Ausers%3A{who.id}/tracks?limit=1&linked_partitioning=true",
        "official_comments": f"/tracks/{track.id}/comments?limit=5&linked_partitioning=true",
        "official_followings": f"/users/{who.id}/followings?limit=5&linked_partitioning=true",
    }
    for name, target in asked.items():
        status, answer = await replica.official(target)
        assert 200 == status, name
        assert [] == differences(EXAMPLES[name], answer), name
    status, answer = await replica.official("/users/1")
    assert (404, EXAMPLES["official_error_404"]) == (status, answer)
    assert EXAMPLES["token"].keys() == (await replica.new_token())[1].keys()


# Paging yields exactly the truth


@pytest.mark.parametrize("patchy", [False, True])
async def test_both_apis_list_exactly_the_public_tracks(replica: Client, patchy: bool) -> None:
    who = artist(patchy=patchy)
    public = truth.uploads_of(who.id)
    pages = await replica.pages(f"https://{WEB}/users/{who.id}/tracks?limit=20&linked_partitioning=1")
    tracks = [track for page in pages for track in page]
    assert [track.id for track in public] == [track["id"] for track in tracks]
    assert [(one.title, one.plays, one.duration_ms) for one in public] == [
        (one["title"], one["playback_count"], one["full_duration"]) for one in tracks
    ]
    assert patchy == ([] in pages[:-1])
    everything = (
        f"https://{API}/users/{who.id}/tracks?limit=20&linked_partitioning=true&access=playable,preview,blocked"
    )
    urns = [track["urn"] for page in await replica.pages(everything) for track in page]
    assert [f"soundcloud:tracks:{track.id}" for track in public] == urns


async def test_the_official_api_leaves_out_blocked_tracks_unless_it_is_asked_for_them(replica: Client) -> None:
    blocked = next(track for one in truth.artists() for track in truth.uploads_of(one.id) if track.policy == "BLOCK")
    listed = await replica.pages(f"https://{API}/users/{blocked.by.id}/tracks?limit=200&linked_partitioning=true")
    urns = {track["urn"] for page in listed for track in page}
    assert len(truth.uploads_of(blocked.by.id)) > len(urns)
    assert f"soundcloud:tracks:{blocked.id}" not in urns
    assert "blocked" == (await replica.official(f"/tracks/{blocked.id}"))[1]["access"]
    status, track = await replica.web(f"/tracks/{blocked.id}")
    assert (200, "BLOCK", []) == (status, track["policy"], track["media"]["transcodings"])


async def test_both_apis_list_exactly_the_comments(replica: Client) -> None:
    track = discussed()
    newest_first = truth.comments_of(track.id)[::-1]
    pages = await replica.pages(f"https://{WEB}/tracks/{track.id}/comments?threaded=0&filter_replies=1&limit=50")
    told = [(one["id"], one["body"], one["timestamp"], one["user_id"]) for page in pages for one in page]
    assert [(one.id, one.body, one.at_ms, one.user_id) for one in newest_first] == told
    assert [] == pages[-1]
    assert {True} == {one["id"] > 2.1e9 for page in pages for one in page}
    gone = next(one for page in pages for one in page if one["user_id"] > 4e9)
    assert {"id": gone["user_id"], "kind": "user"} == gone["user"]

    pages = await replica.pages(f"https://{API}/tracks/{track.id}/comments?limit=50&linked_partitioning=true")
    urns = [
        (one["urn"], None if one["timestamp"] is None else int(one["timestamp"])) for page in pages for one in page
    ]
    assert [(f"soundcloud:comments:{one.id}", one.at_ms) for one in newest_first] == urns


async def test_comments_can_be_sorted_and_empty_lists_have_no_next_link(replica: Client) -> None:
    track = discussed()
    _, page = await replica.web(f"/tracks/{track.id}/comments?sort=oldest")
    assert [one.id for one in truth.comments_of(track.id)[:10]] == [one["id"] for one in page["collection"]]
    silent = next(one for one in truth.uploads_of(artist().id) if not truth.comments_of(one.id))
    _, page = await replica.web(f"/tracks/{silent.id}/comments")
    assert {"collection": [], "next_href": None, "query_urn": None} == page


async def test_a_search_is_read_page_by_page(replica: Client) -> None:
    name = artist().username.split(" ")[0]
    wanted = [one.id for one in truth.found(name)]
    pages = await replica.pages(f"https://{WEB}/search/users?q={quote(name)}&limit=5")
    assert wanted == [one["id"] for page in pages for one in page]
    assert len(pages) > 2
    pages = await replica.pages(f"https://{API}/users?q={quote(name)}&limit=5&linked_partitioning=true")
    assert [f"soundcloud:users:{one}" for one in wanted] == [one["urn"] for page in pages for one in page]


async def test_likes_and_reposts_are_read_page_by_page(replica: Client) -> None:
    for target in (f"/users/{liker().id}/likes", f"/stream/users/{liker().id}/reposts"):
        whole = await replica.pages(f"https://{WEB}{target}?limit=200")
        parts = await replica.pages(f"https://{WEB}{target}?limit=7&linked_partitioning=1")
        assert [one for page in whole for one in page] == [one for page in parts for one in page]
        assert len(parts) > 2


async def test_whom_somebody_follows_is_read_page_by_page(replica: Client) -> None:
    who = next(one for one in truth.artists() if len(social.followings_of(one.id)) > 12)
    wanted = [one.id for one in social.followings_of(who.id)]
    pages = await replica.pages(f"https://{API}/users/{who.id}/followings?limit=5")
    assert [f"soundcloud:users:{one}" for one in wanted] == [one["urn"] for page in pages for one in page]
    pages = await replica.pages(f"https://{WEB}/users/{who.id}/followings?limit=5")
    assert wanted == [one["id"] for page in pages for one in page]


@given(place=st.integers(0, 299), limit=st.integers(1, 200))
def test_pages_of_any_size_hold_each_track_once(place: int, limit: int) -> None:
    tracks = truth.uploads_of(truth.artists()[place].id, hidden=True)
    seen: list[UploadedTrack] = []
    cursors: list[Cursor | None] = [None]
    while len(cursors) == 1 or cursors[-1]:
        page, cursor = window(tracks, limit, cursors[-1], lambda _: True)
        assert cursor not in cursors or cursor is None
        assert len(page) <= limit
        seen += page
        cursors.append(cursor and cursor_in(cursor.written(20)))
    assert list(tracks) == seen


async def test_hidden_tracks_are_not_there(replica: Client) -> None:
    hidden = next(
        track
        for one in truth.artists()
        for track in truth.uploads_of(one.id, hidden=True)
        if track.private or track.deleted
    )
    assert (404, {}) == await replica.web(f"/tracks/{hidden.id}")
    assert 404 == (await replica.official(f"/tracks/soundcloud:tracks:{hidden.id}"))[0]
    assert (200, []) == await replica.web(f"/tracks?ids={hidden.id},1,x")


async def test_weeks_bring_new_tracks_and_counts(replica: Client) -> None:
    who = next(one for one in truth.artists() if len(truth.uploads_of(one.id, 2)) > len(truth.uploads_of(one.id)) > 5)
    await replica.switch(weeks=2)
    pages = await replica.pages(f"https://{WEB}/users/{who.id}/tracks?limit=50")
    then = truth.uploads_of(who.id, 2)
    assert [(one.id, one.likes) for one in then] == [
        (one["id"], one["likes_count"]) for page in pages for one in page
    ]


# Addresses, pages, files


async def test_addresses_are_resolved(replica: Client) -> None:
    track = discussed()
    page = f"https://soundcloud.com/{track.by.permalink}/{track.permalink}?utm=1#t=1:09"
    assert track.id == (await replica.web(f"/resolve?url={quote(page, safe='')}"))[1]["id"]
    assert (
        track.by.id == (await replica.web(f"/resolve?url=https://soundcloud.com/{track.by.permalink}/sets"))[1]["id"]
    )
    assert (404, {}) == await replica.web("/resolve?url=https://soundcloud.com/nobody-at-all")
    location = f"https://{API}/users/soundcloud:users:{track.by.id}"
    token = (await replica.new_token())[1]["access_token"]
    target = f"/resolve?url=https://soundcloud.com/{track.by.permalink}"
    status, headers, body = await replica.ask(API, target, Authorization=f"OAuth {token}")
    assert (302, location) == (status, headers["Location"])
    assert {"status": "302 - Found", "location": location} == json.loads(body)


async def test_pages_hold_their_data_and_the_script_the_client_id(replica: Client) -> None:
    track = discussed()
    _, _, home = await replica.ask(PAGES, "/")
    assert ["anonymousId", "features", "geoip", "privacySettings"] == list(hydration(home))[:4]
    _, _, page = await replica.ask(PAGES, f"/{track.by.permalink}")
    assert track.by.followers == hydration(page)["user"]["followers_count"]
    _, _, page = await replica.ask(PAGES, f"/{track.by.permalink}/{track.permalink}")
    assert track.title == hydration(page)["sound"]["title"]
    script = re.findall(rb"https://a-v2\.sndcdn\.com(/assets/[\w-]+\.js)", home)[-1].decode()
    assert f'client_id:"{await replica.found_id()}"'.encode() in (await replica.ask("a-v2.sndcdn.com", script))[2]
    assert 404 == (await replica.ask(PAGES, "/nobody-at-all"))[0]


async def test_robots_txt_is_that_of_each_host(replica: Client) -> None:
    assert b"User-agent: *\nDisallow: /\n" == (await replica.ask(API, "/robots.txt"))[2]
    assert (await replica.ask(PAGES, "/robots.txt"))[2].startswith(b"User-Agent: *\nDisallow:\n\n")
    missing = (WEB, TOKENS, PICTURES, WAVES)
    assert [404] * 4 == [(await replica.ask(host, "/robots.txt"))[0] for host in missing]


async def test_pictures_come_in_all_sizes_and_some_lack_the_original(replica: Client) -> None:
    keys = [track.artwork for track in truth.uploads_of(artist().id) if track.artwork]
    whole = next(key for key in keys if not media_hosts.lacks_original(key) and not media_hosts.is_png(key))
    drawn = next(key for key in keys if not media_hosts.lacks_original(key) and media_hosts.is_png(key))
    small = next(key for key in keys if media_hosts.lacks_original(key))
    seen = set()
    for size in ("original", "t500x500", "crop", "t300x300", "large", "t67x67", "badge", "small", "tiny", "mini"):
        status, headers, body = await replica.ask(PICTURES, f"/artworks-{whole}-{size}.jpg")
        assert (200, "image/jpeg", b"\xff\xd8\xff") == (status, headers["Content-Type"], body[:3])
        seen.add(body)
    assert 10 == len(seen)
    status, headers, body = await replica.ask(PICTURES, f"/artworks-{drawn}-original.jpg")
    assert ("image/png", b"\x89PNG", (500, 500)) == (
        headers["Content-Type"],
        body[:4],
        struct.unpack(">II", body[16:24]),
    )
    assert 404 == (await replica.ask(PICTURES, f"/artworks-{small}-original.jpg"))[0]
    assert 200 == (await replica.ask(PICTURES, f"/artworks-{small}-t500x500.jpg"))[0]
    assert 404 == (await replica.ask(PICTURES, f"/artworks-{whole}-t7x7.jpg"))[0]
    shown = next(one for one in truth.artists() if one.visuals and not media_hosts.lacks_original(one.visuals[0]))
    assert 200 == (await replica.ask(PICTURES, f"/visuals-{shown.id:012}-{shown.visuals[0]}-original.jpg"))[0]
    assert 200 == (await replica.ask("a1.sndcdn.com", "/images/default_avatar_large.png"))[0]


async def test_waveforms_and_downloads(replica: Client) -> None:
    track = next(one for who in truth.artists() for one in truth.uploads_of(who.id) if one.downloadable)
    _, _, body = await replica.ask(WAVES, f"/{track.waveform}_m.json")
    wave = json.loads(body)
    assert (1_800, 140, 1_800) == (wave["width"], wave["height"], len(wave["samples"]))
    assert 0 <= min(wave["samples"]) < max(wave["samples"]) <= 140
    _, _, body = await replica.ask(WAVES, f"/{track.waveform}_m.png")
    assert (1_800, 280) == struct.unpack(">II", body[16:24])
    assert zlib.crc32(body[12:29]) == int.from_bytes(body[29:33])
    token = (await replica.new_token())[1]["access_token"]
    url = (await replica.official(f"/tracks/{track.id}"))[1]["download_url"]
    status, headers, _ = await replica.ask(API, url.removeprefix(f"https://{API}"), Authorization=f"OAuth {token}")
    assert 302 == status
    host, _, path = headers["Location"].removeprefix("https://").partition("/")
    status, headers, body = await replica.ask(host, f"/{path}")
    assert (200, "audio/mpeg", b"ID3") == (status, headers["Content-Type"], body[:3])


# Credentials


async def test_tokens_are_given_to_the_app_alone_and_end(replica: Client) -> None:
    assert (401, {"error": "invalid_client"}) == await replica.new_token("Basic " + b64encode(b"a:b").decode())
    assert (401, {"error": "invalid_client"}) == await replica.new_token("Basic ?")
    assert 400 == (await replica.new_token(grant_type="password"))[0]
    for wrong in ({}, {"Authorization": "OAuth unknown"}, {"Authorization": "Bearer x"}):
        status, _, body = await replica.ask(API, "/users/4711", **wrong)
        assert (401, 401) == (status, json.loads(body)["code"])
    await replica.switch(token_life=0.05)
    status, short = await replica.new_token()
    assert (200, 0, "bearer", "") == (status, short["expires_in"], short["token_type"], short["scope"])
    ends = time.monotonic() + PATIENCE
    replica.token = short["access_token"]
    while (status := (await replica.official(f"/users/{artist().id}"))[0]) == 200:
        assert time.monotonic() < ends
        await asyncio.sleep(0.01)
    assert 401 == status


async def test_a_refresh_token_renews_once(replica: Client) -> None:
    refresh = (await replica.new_token())[1]["refresh_token"]
    status, renewed = await replica.new_token(grant_type="refresh_token", refresh_token=refresh)
    replica.token = renewed["access_token"]
    assert (200, 200) == (status, (await replica.official(f"/users/{artist().id}"))[0])
    assert 400 == (await replica.new_token(grant_type="refresh_token", refresh_token=refresh))[0]


async def test_the_quota_of_tokens_answers_in_its_three_forms(replica: Client) -> None:
    await replica.switch(token_quota=1)
    assert 200 == (await replica.new_token())[0]
    assert (429, {"error": "rate_limit_exceeded"}) == await replica.new_token()
    await replica.switch(quota_answer="2021")
    assert "rate_limit_exceeded" == (await replica.new_token())[1]["error_code"]
    await replica.switch(quota_answer="2022")
    assert 30 == (await replica.new_token())[1]["errors"][0]["meta"]["rate_limit"]["max_nr_of_requests"]
    await replica.post(CONTROL, "/reset", b"")
    assert 200 == (await replica.new_token())[0]


async def test_an_old_client_id_is_refused_after_a_rotation(replica: Client) -> None:
    target = f"/users/{artist().id}"
    assert 401 == (await replica.ask(WEB, target))[0]
    assert 200 == (await replica.web(target))[0]
    await replica.fault("rotate", times=1)
    assert (401, {}) == await replica.web(target)
    assert (401, {}) == await replica.web(target)
    old, replica.client_id = replica.client_id, await replica.found_id()
    assert old != replica.client_id
    assert re.fullmatch(r"[0-9a-zA-Z]{32}", replica.client_id)
    assert 200 == (await replica.web(target))[0]


# Faults


async def test_faults_answer_instead(replica: Client) -> None:
    target = f"/users/{artist().id}?client_id={await replica.found_id()}"
    wanted = {
        "too-many": (429, "application/json", b'{"error":"Rate Limit Exceeded"}'),
        "slow-down": (429, "text/plain", b"Please slow down."),
        "server-error": (502, "text/html; charset=utf-8", b"502 Bad Gateway"),
        "web-page": (200, "text/html; charset=utf-8", b"<!DOCTYPE html>"),
        "challenge": (403, "text/html; charset=utf-8", b"Request blocked"),
        "captcha": (403, "application/json", b"geo.captcha-delivery.com"),
        "gone": (404, "application/json; charset=utf-8", b"{}"),
        "expired": (401, "application/json; charset=utf-8", b"{}"),
    }
    for kind, (status, content_type, text) in wanted.items():
        await replica.fault(kind, host=WEB, times=1)
        got, headers, body = await replica.ask(WEB, target)
        assert (status, content_type) == (got, headers["Content-Type"]), kind
        assert text in body, kind
        assert "Retry-After" not in headers
        assert 200 == (await replica.ask(WEB, target))[0]
    await replica.fault("slow-down", retry_after=7)
    assert "7" == (await replica.ask(WEB, target))[1]["Retry-After"]


async def test_an_empty_page_with_a_next_link_loses_nothing(replica: Client) -> None:
    who = artist()
    await replica.fault("empty-page", match=f"/users/{who.id}/tracks*", times=2)
    pages = await replica.pages(f"https://{WEB}/users/{who.id}/tracks?limit=50")
    assert [[], []] == pages[:2]
    assert [track.id for track in truth.uploads_of(who.id)] == [track["id"] for page in pages for track in page]


async def test_next_links_misbehave(replica: Client) -> None:
    target = f"/users/{artist().id}/tracks?limit=5"
    await replica.fault("same-link")
    assert f"https://{WEB}{target}" == (await replica.web(target))[1]["next_href"]
    await replica.fault("link-with-id")
    assert f"client_id={replica.client_id}" in (await replica.web(target))[1]["next_href"]
    comments = f"/tracks/{discussed().id}/comments?limit=5"
    await replica.fault("link-without-id")
    assert "client_id" not in (await replica.web(comments))[1]["next_href"]
    await replica.switch(faults=[], last_link="absent")
    assert {"collection", "query_urn"} == (await replica.web(f"/tracks/{discussed().id}/comments?offset=9999"))[
        1
    ].keys()
    await replica.switch(last_link="null")
    assert None is (await replica.web(f"/search/users?q={quote(artist().username)}"))[1]["next_href"]


async def test_values_go_missing(replica: Client) -> None:
    track = discussed()
    await replica.fault("no-counts")
    _, told = await replica.web(f"/tracks/{track.id}")
    assert {None} == {told[name] for name in ("likes_count", "playback_count", "reposts_count", "comment_count")}
    assert None is (await replica.official(f"/users/{track.by.id}"))[1]["followers_count"]
    await replica.fault("no-times")
    _, page = await replica.web(f"/tracks/{track.id}/comments")
    assert {None} == {one["timestamp"] for one in page["collection"]}
    await replica.fault("deleted-users")
    _, page = await replica.web(f"/tracks/{track.id}/comments")
    assert {("id", "kind")} == {tuple(sorted(one["user"])) for one in page["collection"]}


def test_all_hosts_are_served() -> None:
    assert sorted(HOSTS) == sorted(hosts(Switches()))
