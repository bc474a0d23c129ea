"""The parsers of the job "music" on invented answers of both APIs, and on hostile variants of them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from multidict import CIMultiDict

from asyncscrape.errors import Gone
from asyncscrape.jobs.music.artists import Artists
from asyncscrape.jobs.music.look_up import shop_of
from asyncscrape.jobs.music.meanings import Meanings
from asyncscrape.jobs.music.past import Past
from asyncscrape.jobs.music.tracks import Tracks
from asyncscrape.model import Page, Request, Response
from asyncscrape.parsers.beatport.columns import ShopFiles
from asyncscrape.parsers.beatport.wanted import SEARCH
from asyncscrape.parsers.soundcloud.official_api import OfficialApi
from asyncscrape.parsers.soundcloud.request_notes import (
    ARTIST,
    COMMENTS,
    TRACKS,
    ArtistNote,
    CommentsNote,
    Extent,
    TracksNote,
    read,
    written,
)
from asyncscrape.parsers.soundcloud.web_api import WebApi

EDITION = "2026-11-21"
ALL = Extent()
PAST = Past(Meanings(EDITION))
SHOP = shop_of("pages", PAST, ShopFiles())

WEB_USER = {
    "avatar_url": "https://i1.sndcdn.com/avatars-AbCd-large.jpg",
    "city": "Leipzig",
    "country_code": "DE",
    "created_at": "2013-05-02T09:14:00Z",
    "description": "live sets\nbookings: hello@example.org",
    "followers_count": 1834,
    "followings_count": 97,
    "id": 4711,
    "kind": "user",
    "permalink": "nora-vale",
    "track_count": 41,
    "reposts_count": None,
    "urn": "soundcloud:users:4711",
    "username": "Nora Vale ☾",
    "verified": False,
    "visuals": {
        "enabled": True,
        "visuals": [{"visual_url": "https://i1.sndcdn.com/visuals-000000004711-aBcDeF-original.jpg"}],
    },
}
OFFICIAL_USER = {
    "avatar_url": "https://a1.sndcdn.com/images/default_avatar_large.png",
    "city": None,
    "country": "Germany",
    "created_at": "2013/05/02 09:14:00 +0000",
    "description": "",
    "followers_count": 1834,
    "kind": "user",
    "permalink_url": "https://soundcloud.com/nora-vale",
    "urn": "soundcloud:users:4711",
    "username": "Nora Vale",
}
WEB_TRACK = {
    "artwork_url": "https://i1.sndcdn.com/artworks-ZzYy-RrQq-large.jpg",
    "comment_count": 12,
    "created_at": "2025-02-01T18:00:00Z",
    "display_date": "2025-02-01T18:00:00Z",
    "description": "out now",
    "duration": 391_020,
    "full_duration": 391_001,
    "genre": "Deep House",
    "id": 2_100_000_007,
    "label_name": "Tidewater",
    "license": "all-rights-reserved",
    "likes_count": 88,
    "permalink": "glass-tide",
    "permalink_url": "https://soundcloud.com/nora-vale/glass-tide",
    "playback_count": 4021,
    "policy": "ALLOW",
    "publisher_metadata": {"id": 2_100_000_007, "artist": "Nora Vale", "isrc": "XX0000000001"},
    "reposts_count": 9,
    "tag_list": '"deep house" dub',
    "title": "Glass Tide",
    "waveform_url": "https://wave.sndcdn.com/aB3dE5gH7jK9_m.json",
    "user": {"id": 4711, "username": "Nora Vale"},
}
OFFICIAL_TRACK = {
    "kind": "track",
    "urn": "soundcloud:tracks:2100000007",
    "title": "Glass Tide",
    "duration": 391_020,
    "created_at": "2025/02/01 18:00:00 +0000",
    "favoritings_count": 88,
    "playback_count": 4021,
    "reposts_count": 9,
    "comment_count": 12,
    "genre": "Deep House",
    "tag_list": '"deep house" dub',
    "description": "out now",
    "artwork_url": None,
    "waveform_url": "https://wave.sndcdn.com/aB3dE5gH7jK9_m.png",
    "permalink_url": "https://soundcloud.com/nora-vale/glass-tide",
    "access": "playable",
    "user": {"urn": "soundcloud:users:4711", "username": "Nora Vale"},
}


def answered(url: str, kind: str, note: msgspec.Struct, body: Any, status: int = 200) -> Response:
    encoded = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = Request(url, kind, note=written(note))
    return Response(request, status, CIMultiDict(), encoded, datetime(2026, 11, 21, 8, tzinfo=UTC))


def rows(page: Page) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for record in page.records:
        found.setdefault(record.table, []).append(record.values)
    return found


def artist(api: OfficialApi | WebApi, body: Any, extent: Extent = ALL, past: Past | None = None) -> Page:
    note = ArtistNote(EDITION, "Nora Vale", "", "nora-vale", extent)
    parsers = Artists(api, extent, past or PAST)
    return parsers.profile(answered(api.profile(4711), ARTIST, note, body))


def listed(api: OfficialApi | WebApi, *tracks: Any, extent: Extent = ALL, **more: Any) -> Page:
    note = TracksNote(EDITION, extent, "Nora Vale", True)
    body = {"collection": [*tracks], **more}
    return Tracks(api, PAST, SHOP).listed(answered(api.tracks(4711, 200), TRACKS, note, body))


def commented(note: CommentsNote, *comments: Any, status: int = 200, **more: Any) -> Page:
    body = {"collection": [*comments], **more}
    answer = answered(WebApi.comments(2_100_000_007, 200), COMMENTS, note, body, status)
    return Tracks(WebApi(), PAST, SHOP).comments(answer)


# Artists


def test_a_profile_of_the_web_api() -> None:
    page = artist(WebApi(), WEB_USER)
    assert [
        {
            "id": 4711,
            "permalink": "nora-vale",
            "name": "Nora Vale ☾",
            "bio": "live sets\nbookings: hello@example.org",
            "location": "Leipzig, DE",
            "followers": 1834,
            "followings": 97,
            "track_count": 41,
            "verified": False,
            "created_at": "2013-05-02T09:14:00Z",
            "profile_image_url": "https://i1.sndcdn.com/avatars-AbCd-original.jpg",
            "profile_image_path": "profile-images/4711.jpg",
            "background_image_url": "https://i1.sndcdn.com/visuals-000000004711-aBcDeF-original.jpg",
            "background_image_path": "background-images/4711.jpg",
        }
    ] == rows(page)["artists"]
    assert [True, True] == [blob.newest for blob in page.blobs]
    [link] = page.links
    tracks = "https://api-v2.soundcloud.com/users/4711/tracks?limit=200&linked_partitioning=1"
    assert (tracks, TRACKS) == (link.url, link.kind)


def test_a_profile_of_the_official_api_has_null_for_what_it_does_not_tell() -> None:
    [row] = rows(artist(OfficialApi(), OFFICIAL_USER))["artists"]
    assert ("nora-vale", "Germany", 1834, "2013-05-02T09:14:00Z") == (
        row["permalink"],
        row["location"],
        row["followers"],
        row["created_at"],
    )
    nulls = {"bio", "followings", "track_count", "verified", "profile_image_url", "background_image_url"}
    assert nulls <= {name for name, value in row.items() if value is None}


# Tracks


@pytest.mark.parametrize(("api", "sent"), [(WebApi(), WEB_TRACK), (OfficialApi(), OFFICIAL_TRACK)])
def test_a_track_of_both_apis(api: OfficialApi | WebApi, sent: dict[str, Any]) -> None:
    page = listed(api, sent)
    [row] = rows(page)["tracks"]
    same = {
        "id": 2_100_000_007,
        "artist_id": 4711,
        "permalink": "glass-tide",
        "url": "https://soundcloud.com/nora-vale/glass-tide",
        "title": "Glass Tide",
        "description": "out now",
        "likes": 88,
        "reposts": 9,
        "plays": 4021,
        "comment_count": 12,
        "posted_at": "2025-02-01T18:00:00Z",
        "genre": "Deep House",
        "tags": ["deep house", "dub"],
        "policy": "ALLOW",
        "waveform_url": "https://wave.sndcdn.com/aB3dE5gH7jK9_m.json",
        "waveform_path": "waveforms/2100000007.json",
        "is_track": True,
    }
    assert same == {name: row[name] for name in same}
    official = isinstance(api, OfficialApi)
    assert ((None, None) if official else ("XX0000000001", "Tidewater")) == (row["isrc"], row["label"])
    [seen] = rows(page)["popularity"]
    assert (2_100_000_007, "2026-11-21", 88) == (seen["track_id"], seen["day"], seen["likes"])
    assert [SEARCH, COMMENTS] == [link.kind for link in page.links]


def test_a_set_is_not_looked_up() -> None:
    page = listed(WebApi(), {**WEB_TRACK, "full_duration": 3_600_000})
    assert [False] == [row["is_track"] for row in rows(page)["tracks"]]
    assert [COMMENTS] == [link.kind for link in page.links]


def test_without_comments_none_are_asked_for() -> None:
    kinds = [
        [link.kind for link in listed(OfficialApi(), {**OFFICIAL_TRACK, **change}).links]
        for change in ({"comment_count": 0}, {"reveal_comments": False}, {"comment_count": None})
    ]
    assert [[SEARCH], [SEARCH], [SEARCH, COMMENTS]] == kinds
    none = listed(WebApi(), WEB_TRACK, extent=Extent(comments=0))
    assert [SEARCH] == [link.kind for link in none.links]


def test_counts_that_are_hidden_are_no_observation() -> None:
    page = listed(OfficialApi(), {**OFFICIAL_TRACK, "reveal_stats": False})
    assert "popularity" not in rows(page)


def test_a_track_without_an_id_or_that_is_null_is_left_out() -> None:
    page = listed(WebApi(), None, {"kind": "track"}, {"id": 5})
    assert [5] == [row["id"] for row in rows(page)["tracks"]]


# Where no length is told

SNIPPET = {**OFFICIAL_TRACK, "access": "preview", "duration": 30_000}


@pytest.mark.parametrize(
    ("times", "is_track"),
    [([5_000, 899_000], True), ([5_000, 900_000], False), ([None, None], True), (["905000"], False), ([], True)],
)
def test_the_last_timed_comment_decides(times: list[Any], is_track: bool) -> None:
    page = listed(OfficialApi(), SNIPPET)
    assert [None] == [row["is_track"] for row in rows(page)["tracks"]]
    [link] = page.links
    note = read(link.note, CommentsNote)
    comments = [{"id": place, "timestamp": at} for place, at in enumerate(times, 1)]
    first = commented(note, *comments[:1], next_href="/tracks/2100000007/comments?offset=1")
    if not first.links or first.links[0].kind != COMMENTS:
        last = first
    else:
        assert "tracks" not in rows(first)
        last = commented(read(first.links[0].note, CommentsNote), *comments[1:])
    assert [{"id": 2_100_000_007, "artist_id": 4711, "is_track": is_track}] == rows(last)["tracks"]
    assert ([SEARCH] if is_track else []) == [one.kind for one in last.links]


def test_a_track_without_length_and_comments_is_a_track() -> None:
    page = listed(OfficialApi(), {**SNIPPET, "comment_count": 0})
    assert [True] == [row["is_track"] for row in rows(page)["tracks"]]
    assert [SEARCH] == [link.kind for link in page.links]


# Comments

NOTE = CommentsNote(EDITION, 4711, told=400)
COMMENT = {
    "id": 3_000_000_001,
    "body": "that bassline",
    "created_at": "2025-03-04T10:11:12Z",
    "timestamp": 92_600,
    "user_id": 555,
    "user": {"id": 555, "permalink": "kai-m"},
}


def test_a_comment() -> None:
    assert [
        {
            "id": 3_000_000_001,
            "track_id": 2_100_000_007,
            "artist_id": 4711,
            "user_id": 555,
            "user_permalink": "kai-m",
            "body": "that bassline",
            "created_at": "2025-03-04T10:11:12Z",
            "track_seconds": 92.6,
        }
    ] == rows(commented(NOTE, COMMENT))["comments"]


def test_comments_may_be_gone_only_where_none_were_told_of() -> None:
    assert {} == rows(commented(msgspec.structs.replace(NOTE, told=None), status=404))
    with pytest.raises(Gone):
        commented(NOTE, status=404)


@pytest.mark.parametrize(
    ("since", "days", "goes_on"),
    [
        ("", ["2025-03-04", "2025-03-01"], True),
        ("2025-03-02", ["2025-03-04", "2025-03-01"], False),
        ("2025-03-01", ["2025-03-04", "2025-03-01"], True),
        ("2025-03-02", ["2025-03-01", "2025-03-04"], True),
        ("2025-03-02", ["2025-03-04", "", "2025-03-01"], True),
    ],
)
def test_comments_are_read_back_to_the_last_visit_if_they_are_in_order(
    since: str, days: list[str], goes_on: bool
) -> None:
    note = msgspec.structs.replace(NOTE, since=since)
    sent = [{**COMMENT, "id": place, "created_at": f"{day}T12:00:00Z"} for place, day in enumerate(days, 1)]
    page = commented(note, *sent, next_href="/tracks/2100000007/comments?offset=2")
    assert goes_on == bool(page.links)
    assert len(days) == len(rows(page)["comments"])
