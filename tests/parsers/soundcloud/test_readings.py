"""Ids, counts, times, texts and pictures in every form in which they are sent."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asyncscrape.model import Blob, Kind, Request
from asyncscrape.parsers.soundcloud import images, sent_objects
from asyncscrape.parsers.soundcloud.readings import address, count, identifier, last_segment, moment, tags, text
from asyncscrape.parsers.soundcloud.wire import SentComment, SentTrack, SentUser

anything: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=4,
)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (4711, 4711),
        ("4711", 4711),
        (2_200_167_454, 2_200_167_454),
        ("soundcloud:users:4711", 4711),
        ("https://api.soundcloud.com/users/soundcloud%3Ausers%3A4711", 4711),
        ("https://api.soundcloud.com/users/soundcloud%3ausers%3a4711", 4711),
        ("https://api.soundcloud.com/users/4711", 4711),
        (2**63 - 1, 2**63 - 1),
        (2**63, None),
        ("9" * 19, None),
        (0, None),
        (-5, None),
        (True, None),
        (4711.0, None),
        ("soundcloud:users:", None),
        ("", None),
        (None, None),
        ([4711], None),
    ],
)
def test_ids(told: Any, expected: int | None) -> None:
    assert expected == identifier(told)
    assert (expected or 5) == identifier(told, 5)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (0, 0),
        (7, 7),
        ("7", 7),
        (7.0, 7),
        (None, None),
        ("", None),
        (-1, None),
        (7.5, None),
        (False, None),
        ([], None),
    ],
)
def test_counts_that_are_not_told_are_null_and_never_0(told: Any, expected: int | None) -> None:
    assert expected == count(told)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("2025/03/04 10:11:12 +0000", "2025-03-04T10:11:12Z"),
        ("2025/03/04 12:11:12 +0200", "2025-03-04T10:11:12Z"),
        ("2025-03-04T10:11:12Z", "2025-03-04T10:11:12Z"),
        ("2025-03-04T10:11:12.345Z", "2025-03-04T10:11:12Z"),
        ("2025-03-04T12:11:12+02:00", "2025-03-04T10:11:12Z"),
        ("2025-03-04", "2025-03-04T00:00:00Z"),
        ("2025-13-04T10:11:12Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("yesterday", None),
        ("", None),
        (None, None),
        (1_741_082_000, None),
    ],
)
def test_times(told: Any, expected: str | None) -> None:
    assert expected == moment(told)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ('"deep house" dub', ("deep house", "dub")),
        ('Dubstep "Dance & EDM"', ("Dubstep", "Dance & EDM")),
        ("  techno   techno  ", ("techno",)),
        ('"unclosed tag', ("unclosed", "tag")),
        ('""', ()),
        ("", ()),
        (None, None),
        (["techno"], None),
    ],
)
def test_tags(told: Any, expected: tuple[str, ...] | None) -> None:
    found = tags(told)
    assert expected == (found and tuple(tag.strip('"') for tag in found)) or (expected == found)


def test_empty_texts_are_null() -> None:
    assert [None, None, None, " x "] == [text(""), text("  "), text(5), text(" x ")]
    assert "half \ufffd" == (text("half \ud83d") or "").replace("?", "\ufffd")
    assert ("live\ufffd", "\xfc\ufffd") == tags('live\0 "\xfc\0"')
    assert ["no\ufffdthing", "n\ufffd\xfc"] == [text("no\0thing"), text("n\0\xfc")]


def test_addresses() -> None:
    assert "https://i1.sndcdn.com/a.jpg" == address(" https://i1.sndcdn.com/a.jpg#x ")
    assert [None] * 4 == [address(told) for told in ("", None, "data:image/png,x", {"a": 1})]
    assert ["glass-tide", None] == [last_segment("https://soundcloud.com/nora-vale/glass-tide?x=1"), last_segment("")]


# Pictures

AVATAR = "https://i1.sndcdn.com/avatars-AbCd-{}.jpg"
VISUAL = "https://i1.sndcdn.com/visuals-0001-x-{}.jpg"


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (AVATAR.format("large"), AVATAR.format("original")),
        (AVATAR.format("t500x500"), AVATAR.format("original")),
        ("https://i1.sndcdn.com/artworks-large-x-large.png", "https://i1.sndcdn.com/artworks-large-x-original.png"),
        ("https://a1.sndcdn.com/images/default_avatar_large.png", None),
        ("https://i1.sndcdn.com/other.jpg", "https://i1.sndcdn.com/other.jpg"),
        (None, None),
        ("", None),
    ],
)
def test_the_largest_size_is_asked_for(told: Any, expected: str | None) -> None:
    assert expected == images.largest(told)


@pytest.mark.parametrize(
    ("pattern", "sizes"),
    [(AVATAR, ["original", "t500x500", "large"]), (VISUAL, ["original", "t2480x520", "t1240x260"])],
)
def test_a_size_that_is_missing_is_followed_by_the_next(pattern: str, sizes: list[str]) -> None:
    path, asked = "profile-images/4711.jpg", []
    url: str | None = pattern.format("original")
    while url:
        asked.append(url)
        [*more] = images.smaller(Request(url, Kind.BLOB, path=path))
        assert all(Blob(one.url, path, newest=True) == one for one in more)
        url = more[0].url if more else None
    assert [pattern.format(size) for size in sizes] == asked


def test_other_requests_have_no_smaller_size() -> None:
    assert [] == images.smaller(Request(AVATAR.format("original"), "artist"))
    assert [] == images.smaller(Request("https://wave.sndcdn.com/x_m.json", Kind.BLOB, path="waveforms/1.json"))


# Objects


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({"duration": 30_000, "full_duration": 391_001, "policy": "SNIP"}, 391_001),
        ({"duration": 391_020}, 391_020),
        ({"duration": 30_000, "access": "preview"}, None),
        ({"duration": 391_020, "access": "preview"}, 391_020),
        ({"duration": 29_000, "access": "playable"}, 29_000),
        ({"duration": 0}, None),
        ({}, None),
    ],
)
def test_the_length_is_that_of_the_whole_track(sent: dict[str, Any], expected: int | None) -> None:
    assert expected == sent_objects.length(SentTrack(**sent))


def test_quiet_mode_hides_counts() -> None:
    counts = {"likes_count": 0, "playback_count": 5, "reposts_count": 2, "comment_count": 3}
    shown = sent_objects.sound(SentTrack(id=1, **counts))
    quiet = sent_objects.sound(SentTrack(id=1, **counts, reveal_stats=False, reveal_comments=False))
    assert shown is not None
    assert quiet is not None
    assert [0, 5, 2, 3, False] == [
        shown.likes,
        shown.plays,
        shown.reposts,
        shown.comment_count,
        shown.comments_hidden,
    ]
    assert [None] * 4 + [True] == [
        quiet.likes,
        quiet.plays,
        quiet.reposts,
        quiet.comment_count,
        quiet.comments_hidden,
    ]


@pytest.mark.parametrize("by", [{"id": 555, "kind": "user"}, None, {"urn": "soundcloud:users:555"}, "gone", []])
def test_comments_of_deleted_users_stay(by: Any) -> None:
    found = sent_objects.remark(SentComment(id=1, body="!!", user_id=555, user=by, timestamp="92600"))
    assert found is not None
    assert (555, None, 92_600) == (found.user_id, found.user_permalink, found.at_ms)


@settings(max_examples=40)
@given(st.data())
def test_no_object_whatever_its_fields_makes_a_reading_fail(data: st.DataObject) -> None:
    for kind, read in (
        (SentUser, sent_objects.person),
        (SentTrack, sent_objects.sound),
        (SentComment, sent_objects.remark),
    ):
        names = data.draw(st.lists(st.sampled_from(kind.__struct_fields__), unique=True, max_size=5))
        read(kind(**{name: data.draw(anything) for name in names}, **({} if "id" in names else {"id": 7})))  # type: ignore[operator]
