"""Derived rows follow what they are made of, whatever changes there, and are not made again if nothing has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.written_music_job import Stored

from asyncscrape.model import Record, Withdrawal

SECONDS = 100


@pytest.fixture
async def stored(tmp_path: Path) -> Stored:
    made = Stored(tmp_path)
    await made.feed(5, "tracks", track())
    await made.feed(50, "said", comment(1, "love this"), comment(2, "so good 🔥"))
    return made


def track(**other: Any) -> Record:
    told = {"id": 1, "artist_id": 9, "duration_ms": SECONDS * 1000, "url": "https://soundcloud.com/a/b"}
    return Record("tracks", told | other)


def comment(number: int, body: str | None, **other: Any) -> Record:
    told = {"id": number, "track_id": 1, "artist_id": 9, "body": body, "track_seconds": 10.0 * number}
    return Record("comments", told | other)


async def check_settled(stored: Stored, name: str = "comments") -> None:
    """Nothing is left to make."""
    assert {} == await stored.enrich(name)


@pytest.mark.parametrize("number", range(8))
async def test_a_track_with_another_url_and_length(stored: Stored, number: int) -> None:
    assert {"comment_sentiment": 2, "track_sentiment": 1} == await stored.enrich()
    await stored.feed(60, "tracks", track(duration_ms=200_000, url=f"https://soundcloud.com/a/{number}"))
    assert {"track_sentiment": 1} == await stored.enrich()
    assert [200.0] == [row["seconds"] for row in stored.rows("track_sentiment")]
    await check_settled(stored)


async def test_the_newest_comment_is_deleted(stored: Stored) -> None:
    await stored.feed(70, "later", comment(3, "boring"))
    await stored.enrich()
    gone = Withdrawal("comments", {"id": 3})
    await stored.feed(80, "later", gone=(gone,))
    await stored.enrich()
    assert [1, 2] == sorted(row["comment_id"] for row in stored.rows("comment_sentiment"))
    assert [2] == [row["comments"] for row in stored.rows("track_sentiment")]
    await check_settled(stored)


async def test_a_comment_is_read_anew_with_another_text_and_another_artist(stored: Stored) -> None:
    await stored.enrich()
    await stored.feed(70, "said", comment(1, "awful, boring", artist_id=77), comment(2, "awful", artist_id=77))
    await stored.enrich()
    assert {"negative"} == {row["label"] for row in stored.rows("comment_sentiment")}
    assert [77] == [row["artist_id"] for row in stored.rows("track_sentiment")]
    await check_settled(stored)


async def test_all_comments_of_an_artist_are_swept(stored: Stored) -> None:
    await stored.enrich()
    await stored.feed(90, "sweep", gone=(Withdrawal("comments", {"artist_id": 9}),))
    await stored.enrich()
    assert ([], []) == (stored.rows("comment_sentiment"), stored.rows("track_sentiment"))
    await check_settled(stored)
    await stored.feed(95, "said", comment(1, "love this"))
    await stored.enrich()
    assert [1] == [row["comments"] for row in stored.rows("track_sentiment")]


@pytest.mark.parametrize("length", [None, 0, -5, 10**15])
async def test_a_track_of_no_length_that_can_be_believed_ends_with_its_last_comment(
    stored: Stored, length: int | None
) -> None:
    await stored.feed(60, "tracks", track(id=2, duration_ms=length))
    await stored.feed(61, "more", comment(7, "love this", track_id=2), comment(8, None, track_id=2))
    await stored.enrich()
    lengths = {row["track_id"]: row["seconds"] for row in stored.rows("track_sentiment")}
    assert {1: 100.0, 2: 71.0} == lengths
    await check_settled(stored)


async def test_another_file_of_a_track_although_it_was_fetched_earlier(stored: Stored) -> None:
    blobs = stored.config.directory / "blobs"
    blobs.mkdir(parents=True)
    for name, second in (("a", 30), ("b", 20)):
        (blobs / f"{name}.mp3").write_bytes(b"<html>" + name.encode())
        told = {"url": f"http://x/{name}", "path": f"{name}.mp3", "sha256": name * 64, "bytes": 7, "content_type": ""}
        await stored.feed(second, f"http://x/{name}", Record("blobs", told))
    for second, path, wanted in ((40, "a.mp3", "a.mp3"), (41, "b.mp3", "b.mp3"), (42, "a.mp3", "a.mp3")):
        await stored.feed(second, "tracks", track(preview_path=path, download_path="gone.mp3"))
        assert {"audio_features": 1} == await stored.enrich("audio")
        assert [wanted] == [row["path"] for row in stored.rows("audio_features")]
        assert all(row["problem"] for row in stored.rows("audio_features"))
        await check_settled(stored, "audio")
