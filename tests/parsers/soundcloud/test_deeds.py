"""What accounts have done, in the shapes of both APIs, and when a part of it is missing."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asyncscrape.model import Request, Response
from asyncscrape.parsers.soundcloud.deeds import (
    COMMENTS,
    FOLLOWS,
    KINDS,
    LIKES,
    REPOSTS,
    Deed,
    SentDeed,
    deed,
    deeds_of,
)

NORA = {"id": 4711, "permalink": "nora-vale", "username": "Nora Vale ☾", "followers_count": 1834}
ORR = {"id": 60, "permalink": "orr"}
KAI = {"id": 555, "permalink": "kai-m", "username": "Kai M"}
TRACK = {"id": 2_100_000_007, "kind": "track", "title": "Glass Tide", "user": NORA}
PLAYLIST = {"id": 1_900_000_001, "kind": "playlist", "title": "Night bus", "track_count": 23, "user_id": 60}
SPELLED = {"urn": "soundcloud:users:4711", "username": "Nora Vale ☾", "permalink": "nora-vale", "kind": "user"}
OFFICIAL_TRACK = {
    "kind": "track",
    "urn": "soundcloud:tracks:2100000007",
    "created_at": "2025/02/01 18:00:00 +0000",
    "permalink_url": "https://soundcloud.com/nora-vale/glass-tide",
    "user": SPELLED,
}
LIKED, REPOSTED = "2025-03-01T00:00:02Z", "2025-03-02T11:00:00Z"
OF_NORA = (4711, "nora-vale", "Nora Vale ☾", 1834)
OF_A_TRACK, OF_A_PLAYLIST = "track 2100000007", "playlist 1900000001"


def read(kind: str, *items: Any) -> list[Deed | None]:
    body = json.dumps({"collection": items, "next_href": None}).encode()
    sent, _ = deeds_of(Response(Request("https://example.org/"), 200, {}, body, datetime.now(UTC)))
    return [deed(kind, item) for item in sent]


@pytest.mark.parametrize(
    ("kind", "item", "expected"),
    [
        # the web client's API
        (LIKES, {"created_at": LIKED, "kind": "like", "track": TRACK}, Deed(OF_A_TRACK, *OF_NORA, LIKED)),
        (
            LIKES,
            {"created_at": "2025-02-27T21:30:00.118Z", "kind": "like", "playlist": {**PLAYLIST, "user": ORR}},
            Deed(OF_A_PLAYLIST, 60, "orr", at="2025-02-27T21:30:00Z"),
        ),
        (LIKES, {"created_at": LIKED, "playlist": PLAYLIST}, Deed(OF_A_PLAYLIST, 60, at=LIKED)),
        (LIKES, {"created_at": LIKED, "track": None, "playlist": PLAYLIST}, Deed(OF_A_PLAYLIST, 60, at=LIKED)),
        (LIKES, {"track": {**TRACK, "user": {"id": 4711, "kind": "user"}}}, Deed(OF_A_TRACK, 4711)),
        (
            REPOSTS,
            {"type": "track-repost", "created_at": REPOSTED, "uuid": "0f7e", "user": KAI, "track": TRACK},
            Deed(OF_A_TRACK, *OF_NORA, REPOSTED),
        ),
        (
            REPOSTS,
            {"type": "playlist-repost", "created_at": REPOSTED, "user": KAI, "playlist": {**PLAYLIST, "user": ORR}},
            Deed(OF_A_PLAYLIST, 60, "orr", at=REPOSTED),
        ),
        (
            COMMENTS,
            {"id": 3_000_000_002, "kind": "comment", "created_at": LIKED, "user": KAI, "track": TRACK},
            Deed("comment 3000000002", *OF_NORA, LIKED),
        ),
        (
            COMMENTS,
            {"urn": "soundcloud:comments:5", "user": KAI, "user_id": 555, "track": {"id": 7, "user_id": 60}},
            Deed("comment 5", 60),
        ),
        (FOLLOWS, {**NORA, "kind": "user", "created_at": LIKED}, Deed("user 4711", *OF_NORA)),
        (FOLLOWS, {"id": 4711, "kind": "user"}, Deed("user 4711", 4711)),
        # the official API: the sound itself, whose date is not that of the deed
        (LIKES, OFFICIAL_TRACK, Deed(OF_A_TRACK, 4711, "nora-vale", "Nora Vale ☾")),
        (
            REPOSTS,
            {"kind": "playlist", "urn": "soundcloud:playlists:1900000001", "user": SPELLED},
            Deed(OF_A_PLAYLIST, 4711, "nora-vale", "Nora Vale ☾"),
        ),
        (LIKES, {"id": 7, "user_urn": "soundcloud:users:60"}, Deed("track 7", 60)),
        (
            FOLLOWS,
            {"urn": "soundcloud%3Ausers%3A60", "permalink_url": "https://soundcloud.com/orr/?x"},
            Deed("user 60", 60, "orr"),
        ),
        (FOLLOWS, {"id": "60", "followers_count": "15"}, Deed("user 60", 60, followers=15)),
        # nobody can tell whom it is about
        (LIKES, {"created_at": LIKED, "kind": "like"}, None),
        (LIKES, {"created_at": LIKED, "kind": "like", "user": KAI, "id": 5}, None),
        (LIKES, {"track": {"id": 7}}, None),
        (REPOSTS, {"type": "track-repost", "uuid": "0f7e", "id": 5, "user": KAI, "track": None}, None),
        (COMMENTS, {"id": 5, "kind": "comment", "user": KAI, "user_id": 555, "track": None}, None),
        (COMMENTS, {"id": 5, "user": KAI}, None),
        (FOLLOWS, {"kind": "user", "username": "Kai M"}, None),
    ],
)
def test_an_item_counts_for_the_owner_of_its_sound(kind: str, item: Any, expected: Deed | None) -> None:
    assert [expected] == read(kind, item)


def test_null_items_are_none() -> None:
    assert [Deed(OF_A_TRACK, *OF_NORA)] == read(LIKES, None, {"track": TRACK}, None)


anything: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(("id", "user", "urn")), inner),
    max_leaves=4,
)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(KINDS), st.dictionaries(st.sampled_from(SentDeed.__struct_fields__), anything))
def test_no_item_is_an_error(kind: str, item: dict[str, Any]) -> None:
    for found in read(kind, item):
        assert found is None or 0 < found.target < 2**63
