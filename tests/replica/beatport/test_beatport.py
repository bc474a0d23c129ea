"""The shop's hosts, asked as the server asks them; its truth is the scene's."""

import json
import re
from itertools import islice
from typing import Any
from urllib.parse import urlencode

import pytest
from multidict import CIMultiDict

from asyncscrape.replica.answers import Asked, Reply
from asyncscrape.replica.beatport import official_api
from asyncscrape.replica.beatport.key_numbers import KEYS
from asyncscrape.replica.beatport.media_hosts import heard
from asyncscrape.replica.beatport.sites import Beatport, sites
from asyncscrape.replica.beatport.stock import Stock
from asyncscrape.replica.beatport.tokens import BearerTokens
from asyncscrape.replica.behaviour import Switches
from asyncscrape.replica.scene import truth
from asyncscrape.replica.scene.nouns import SoldTrack

API, PAGES, MEDIA, SAMPLES = (
    "api.beatport.com",
    "www.beatport.com",
    "geo-media.beatport.com",
    "geo-samples.beatport.com",
)
TOKEN = "replica-token"
DATA = re.compile(rb'<script id="__NEXT_DATA__" type="application/json">(.*?)</script>', re.DOTALL)


class Visitor:
    """Ask one shop."""

    def __init__(self) -> None:
        self.switches = Switches()
        self._sites: dict[str, Beatport] = sites(self.switches)

    def ask(self, host: str, target: str, token: str = TOKEN, form: dict[str, str] | None = None) -> Reply:
        headers = CIMultiDict({"authorization": f"Bearer {token}"} if token and host == API else {})
        method, body = ("GET", b"") if form is None else ("POST", urlencode(form).encode())
        return self._sites[host].answer(Asked(host, target, method, headers, body))

    def api(self, target: str, **query: Any) -> Any:
        answer = self.ask(API, f"/v4/catalog/{target}/?{urlencode(query)}")
        assert 200 == answer.status, answer.body
        return json.loads(answer.body)

    def refused(self, target: str, **how: Any) -> tuple[int, Any]:
        answer = self.ask(API, target, **how)
        return answer.status, json.loads(answer.body)

    def data(self, target: str) -> Any:
        """The data of a page, by the names of its queries."""
        found = DATA.search(self.ask(PAGES, target).body)
        assert found
        queries = json.loads(found[1])["props"]["pageProps"]["dehydratedState"]["queries"]
        return {query["queryKey"][0]: query["state"]["data"] for query in queries}

    def fault(self, **fault: Any) -> None:
        self.switches.change({"faults": [fault]})


@pytest.fixture(scope="module")
def everyday() -> Visitor:
    return Visitor()


@pytest.fixture
def visitor(everyday: Visitor) -> Visitor:
    """The same shop, back at its start: its shelves need not be filled anew."""
    everyday.switches.reset()
    return everyday


@pytest.fixture(scope="module")
def track() -> SoldTrack:
    """A track with a remixer, of which everything is known."""
    everything = (one for one in truth.sold_tracks() if one.remixers and one.bpm and one.isrc and one.waveform)
    return next(one for one in everything if one.key and one.length_ms and one.sub_genre)


def query(track: SoldTrack) -> str:
    return f"{track.name} {track.artists[0].name} {track.mix}"


# The API


def test_a_search_finds_tracks_under_the_name_of_their_kind(visitor: Visitor, track: SoldTrack) -> None:
    answer = visitor.api("search", q=query(track), type="tracks", page=1, per_page=3)
    assert ["tracks", "order", "next", "previous", "count", "page", "per_page"] == list(answer)
    assert (["tracks"], 3, 3, None) == (
        answer["order"],
        answer["per_page"],
        len(answer["tracks"]),
        answer["previous"],
    )
    assert f"1/{-(-answer['count'] // 3)}" == answer["page"]
    assert answer["next"].startswith("api.beatport.com/v4/catalog/search/?q=")


def test_the_pages_of_a_search_hold_each_track_once(visitor: Visitor, track: SoldTrack) -> None:
    answer = visitor.api("search", q=track.artists[0].name, type="tracks", per_page=50)
    found, count = answer["tracks"], answer["count"]
    while answer["next"]:
        answer = json.loads(visitor.ask(API, answer["next"].removeprefix(API)).body)
        found += answer["tracks"]
    assert count == len(found) == len({one["id"] for one in found})
    assert (404, {"detail": "Invalid page."}) == visitor.refused("/v4/catalog/search/?q=glass&page=9999")


def test_the_right_track_is_mostly_among_the_first_six_and_not_always_first(visitor: Visitor) -> None:
    uploads = (one for artist in truth.artists() for one in truth.uploads_of(artist.id) if one.sold)
    places = []
    for upload in islice(uploads, 0, None, 12):
        assert upload.sold
        hits = visitor.api("search", q=f"{upload.title} {upload.by.username}", type="tracks", per_page=6)["tracks"]
        ids = [one["id"] for one in hits]
        places.append(ids.index(upload.sold.id) if upload.sold.id in ids else None)
    assert 0.9 < 1 - places.count(None) / len(places) < 1
    assert 0.6 < places.count(0) / len(places) < 0.95


def test_a_track_on_its_own(visitor: Visitor, track: SoldTrack) -> None:
    answer = visitor.api(f"tracks/{track.id}")
    assert (track.name, track.mix, track.bpm, track.isrc) == tuple(
        answer[name] for name in ("name", "mix_name", "bpm", "isrc")
    )
    assert [one.name for one in track.remixers] == [one["name"] for one in answer["remixers"]]
    assert KEYS[track.key or 0].name == answer["key"]["name"]
    assert (404, {"detail": "No Track matches the given query."}) == visitor.refused("/v4/catalog/tracks/7/")


def test_lists_are_filtered(visitor: Visitor, track: SoldTrack) -> None:
    assert [track.id] == [one["id"] for one in visitor.api("tracks", isrc=track.isrc)["results"]]
    both = visitor.api("tracks", isrc=track.isrc, bpm=1)
    assert {"results": [], "next": None, "previous": None, "count": 0, "page": "1/1", "per_page": 10} == both
    named = visitor.api("tracks", artist_name=track.artists[0].name.replace("a", "", 1), per_page=100)["results"]
    assert track.id in {one["id"] for one in named}
    everything = visitor.api("tracks", q="ignored")
    assert (10, len(truth.sold_tracks())) == (len(everything["results"]), everything["count"])


def test_a_count_ends_at_ten_thousand(track: SoldTrack) -> None:
    stock = Stock([track] * 10_003)
    asked = Asked(API, "/v4/catalog/tracks/?page=1000", headers={"Authorization": f"Bearer {TOKEN}"})
    answer = json.loads(official_api.answer(lambda: stock, BearerTokens(), asked).body)
    assert (10_000, "1000/1000", None, 10) == (
        answer["count"],
        answer["page"],
        answer["next"],
        len(answer["results"]),
    )


def test_only_a_good_token_is_admitted(visitor: Visitor) -> None:
    refused = 401, {"detail": "Authentication credentials were not provided."}
    assert refused == visitor.refused("/v4/catalog/tracks/", token="")
    assert refused == visitor.refused("/v4/catalog/tracks/", token="anonymous")


def test_a_token_is_renewed_and_refresh_tokens_are_good_once() -> None:
    visitor, target = Visitor(), "/v4/auth/o/token/"
    form = {"grant_type": "refresh_token", "client_id": "mine", "refresh_token": "replica-refresh"}
    status, fresh = visitor.refused(target, token="", form=form)
    assert (200, 36_000, "Bearer") == (status, fresh["expires_in"], fresh["token_type"])
    assert 200 == visitor.ask(API, "/v4/catalog/search/?q=x&type=labels", token=fresh["access_token"]).status
    assert (400, {"error": "invalid_grant"}) == visitor.refused(target, token="", form=form)
    again = form | {"refresh_token": fresh["refresh_token"]}
    assert 200 == visitor.ask(API, target, token="", form=again).status
    assert (400, {"error": "unauthorized_client"}) == visitor.refused(target, form={"grant_type": "password"})


def test_a_path_without_its_last_slash_leads_to_the_one_with_it(visitor: Visitor) -> None:
    answer = visitor.ask(API, "/v4/catalog/search?q=glass&type=tracks")
    assert (301, "/v4/catalog/search/?q=glass&type=tracks") == (answer.status, answer.headers["Location"])
    assert 404 == visitor.ask(API, "/robots.txt").status


# The pages


def test_a_search_page_and_the_api_find_the_same(visitor: Visitor, track: SoldTrack) -> None:
    listed = [one["id"] for one in visitor.api("search", q=query(track), type="tracks", per_page=10)["tracks"]]
    target = urlencode({"q": query(track), "page": 1, "per-page": 10})
    flat = visitor.data(f"/search/tracks?{target}")["search-tracks"]["data"]
    assert listed == [one["track_id"] for one in flat]
    assert listed == [one["track_id"] for one in visitor.data(f"/search?{target}")["search-all"]["tracks"]["data"]]
    right = next(one for one in flat if one["track_id"] == track.id)
    assert "Remixer" == right["artists"][0]["artist_type_name"]
    second = visitor.data(f"/search/tracks?{target.replace('page=1&', 'page=2&')}")["search-tracks"]["data"]
    assert set(listed).isdisjoint(one["track_id"] for one in second)


def test_a_track_has_a_page_of_either_generation(visitor: Visitor, track: SoldTrack) -> None:
    target = f"/track/{track.slug}/{track.id}"
    assert track.name == visitor.data(target)[f"track-details-{track.id}"]["track_name"]
    visitor.fault(kind="old-track-page", host=PAGES)
    old = visitor.data(target)[f"track-{track.id}"]
    assert (track.name, f"https://api-internal.beatportprod.com/v4/catalog/tracks/{track.id}/") == (
        old["name"],
        old["url"],
    )
    assert 404 == visitor.ask(PAGES, "/track/no-such/7").status


def test_markup_in_a_query_stays_text(visitor: Visitor) -> None:
    assert [] == visitor.data("/search/tracks?q=%3C/script%3E")["search-tracks"]["data"]


def test_two_pairs_of_brackets_are_forbidden(visitor: Visitor) -> None:
    assert [200, 403] == [
        visitor.ask(PAGES, f"/search/tracks?q={words}").status for words in ("a+(b)+c", "a+(b)+(c)")
    ]


def test_the_search_may_be_closed_to_robots(visitor: Visitor) -> None:
    assert b"User-agent: *\nAllow: /\n" == visitor.ask(PAGES, "/robots.txt").body
    visitor.fault(kind="closed-search", host=PAGES, match="/robots.txt")
    assert b"User-agent: *\nDisallow: /search\n" == visitor.ask(PAGES, "/robots.txt").body


# Pictures and previews


def test_pictures_come_in_any_size(visitor: Visitor, track: SoldTrack) -> None:
    listed = visitor.api(f"tracks/{track.id}")
    for picture, kind, magic in (
        (listed["image"], "image/png", b"\x89PNG"),
        (listed["release"]["image"], "image/jpeg", b"\xff\xd8"),
    ):
        for address in (picture["uri"], picture["dynamic_uri"].replace("{w}x{h}", "40x30")):
            answer = visitor.ask(MEDIA, address.removeprefix(f"https://{MEDIA}"))
            assert (200, kind, magic) == (answer.status, answer.content_type, answer.body[: len(magic)])
    for wrong in ("{w}x{h}", "0x10", "9000x9000"):
        assert 404 == visitor.ask(MEDIA, f"/image_size/{wrong}/abc.jpg").status


def test_a_preview_is_that_of_the_track(visitor: Visitor, track: SoldTrack) -> None:
    address = visitor.api(f"tracks/{track.id}")["sample_url"].removeprefix(f"https://{SAMPLES}")
    answer = visitor.ask(SAMPLES, address)
    assert (200, "audio/mpeg", heard(track)) == (answer.status, answer.content_type, answer.body)
    assert 404 == visitor.ask(SAMPLES, "/track/nobody.LOFI.mp3").status


# Faults


@pytest.mark.parametrize(
    ("kind", "status", "words"),
    [
        ("expired", 401, b'"Authentication credentials were not provided."'),
        ("no-scope", 403, b'"You do not have permission to perform this action."'),
        ("territory", 403, b'{"detail": "Territory Restricted."}'),
        ("gone", 404, b'{"detail": "No Track matches the given query."}'),
        ("too-many", 429, b"detail"),
        ("server-error", 502, b"<html>"),
        ("web-page", 200, b"<!DOCTYPE html>"),
        ("challenge", 403, b"<title>Just a moment...</title>"),
    ],
)
def test_faults_of_the_api(visitor: Visitor, kind: str, status: int, words: bytes) -> None:
    visitor.fault(kind=kind, host=API, times=1, retry_after=7)
    answer = visitor.ask(API, "/v4/catalog/tracks/?isrc=none")
    assert (status, True) == (answer.status, words in answer.body)
    assert ("7" if kind == "too-many" else None) == answer.headers.get("Retry-After")
    assert 200 == visitor.ask(API, "/v4/catalog/tracks/?isrc=none").status


def test_the_data_of_a_page_may_break_off(visitor: Visitor, track: SoldTrack) -> None:
    target = f"/track/{track.slug}/{track.id}"
    whole = visitor.ask(PAGES, target).body
    visitor.fault(kind="corrupted", host=PAGES)
    broken = visitor.ask(PAGES, target).body
    data = DATA.search(broken)
    assert data
    assert broken[-20:] == whole[-20:]
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        json.loads(data[1])


def test_next_week_more_is_sold(visitor: Visitor) -> None:
    new = truth.sold_tracks(1)[-1]
    assert 404 == visitor.ask(API, f"/v4/catalog/tracks/{new.id}/").status
    visitor.switches.change({"weeks": 1})
    assert new.name == visitor.api(f"tracks/{new.id}")["name"]


def test_names_in_other_scripts_have_no_slug_and_some_waveforms_no_picture() -> None:
    tracks = truth.sold_tracks()
    assert {"---"} == {one.slug for one in tracks if not re.search("[a-z0-9]", one.slug)}
    assert 0.01 < sum(one.waveform is None for one in tracks) / len(tracks) < 0.05
