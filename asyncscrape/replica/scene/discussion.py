"""The comments under the uploads, which bunch around the moments of a track."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import count
from random import Random
from typing import TypeVar

from asyncscrape.replica.scene import uploads, word_lists
from asyncscrape.replica.scene.nouns import Comment, Profile, UploadedTrack
from asyncscrape.replica.scene.people import SEED, START, people

Choice = TypeVar("Choice")

MOMENTS = 3
_FIRST_ID = 2_100_000_001
_APART = 7_000
_FIRST_LATER_ID = 2_600_000_000
_FIRST_ID_UNDER_LATER_TRACKS = 3_000_000_000
_MOST_A_WEEK = 16
"""The most comments in a week under one upload, or under a new one."""
_PLACES = 4_096
"""More than the uploads of a week."""
_ALL_PLACES = 500_000
_DELETED_ACCOUNTS = 4_100_000_000
_WEEK = timedelta(weeks=1)


@lru_cache(maxsize=20_000)
def comments_of(track_id: int, weeks: int) -> tuple[Comment, ...]:
    """The comments of an upload that have been written after so many weeks, oldest first."""
    born = uploads.week_of(track_id)
    if weeks < born:
        return ()
    if weeks == born:
        return tuple(_first(track_id, born))
    return (*comments_of(track_id, weeks - 1), *_later(track_id, born, weeks))


def number_of_comments(track_id: int, weeks: int) -> int:
    """How many there are."""
    born = uploads.week_of(track_id)
    if weeks < born:
        return 0
    posted = uploads.posted_in(born)
    number = posted.comments[posted.places[track_id]]
    return number + sum(_number_later(number, track_id, week) for week in range(born + 1, weeks + 1))


def moments_of(upload: UploadedTrack) -> tuple[int, ...]:
    """The times in a track that people talk about, in milliseconds."""
    random = Random(f"{SEED} moments {upload.id}")
    return tuple(sorted(random.randrange(upload.duration_ms) for _ in range(MOMENTS)))


def _first(track_id: int, born: int) -> Iterator[Comment]:
    """The comments of the week in which the upload was posted, or those of all time before week 0."""
    posted = uploads.posted_in(born)
    place = posted.places[track_id]
    upload, number = posted.uploads[place], posted.comments[place]
    ids = count(_FIRST_ID + posted.comments_before[place] * _APART, _APART)
    if born:
        ids = count(_FIRST_ID_UNDER_LATER_TRACKS + (born * _PLACES + place) * _MOST_A_WEEK)
    yield from _written(f"first {track_id}", upload, number, upload.created_at, START + born * _WEEK, ids)


def _later(track_id: int, born: int, week: int) -> Iterator[Comment]:
    posted = uploads.posted_in(born)
    place = posted.places[track_id]
    number = _number_later(posted.comments[place], track_id, week)
    everywhere = place + (len(uploads.first().uploads) + (born - 1) * _PLACES if born else 0)
    ids = count(_FIRST_LATER_ID + (week * _ALL_PLACES + everywhere) * _MOST_A_WEEK)
    until = START + week * _WEEK
    yield from _written(f"week {week} {track_id}", posted.uploads[place], number, until - _WEEK, until, ids)


def _number_later(number: int, track_id: int, week: int) -> int:
    """How many are written in a week where there were so many at first."""
    if number == 0:
        return 0
    return Random(f"{SEED} number {track_id} {week}").choice((0, 0, 1, 2)) + min(number // 200, 12)


def _written(
    seed: str, upload: UploadedTrack, number: int, since: datetime, until: datetime, ids: Iterator[int]
) -> Iterator[Comment]:
    """So many comments in the order of time; most are written soon after `since`."""
    random = Random(f"{SEED} {seed}")
    seconds, moments = int((until - since).total_seconds()), moments_of(upload)
    for age in sorted(int(seconds * random.random() ** 3) for _ in range(number)):
        by, user_id = _writer(random)
        at_ms, is_moment = _time(random, upload.duration_ms, moments)
        body, written = _body(random, is_moment), since + timedelta(seconds=age)
        yield Comment(next(ids), upload.id, by, user_id, body, written, at_ms)


def _writer(random: Random) -> tuple[Profile | None, int]:
    everybody = people()
    chance = random.random()
    if chance < 0.015:
        return None, _DELETED_ACCOUNTS + int(random.random() * 500)
    by = _one_of(random, everybody.artists if chance < 0.05 else everybody.listeners, 2)
    return by, by.id


def _time(random: Random, duration_ms: int, moments: Sequence[int]) -> tuple[int | None, bool]:
    """The time in the track, and whether it is one of its moments."""
    chance = random.random()
    if chance < 0.02:
        return None, False
    if chance < 0.4:
        return int(random.random() * duration_ms), False
    near = int(random.gauss(_one_of(random, moments, 2), 2_500))
    return min(max(near, 0), duration_ms - 1), True


def _body(random: Random, is_moment: bool) -> str:
    said = word_lists.MOMENT_PRAISE if is_moment and random.random() < 0.5 else word_lists.PRAISE
    body = _one_of(random, said) + _one_of(random, word_lists.EMOJI)
    if random.random() < 0.06:
        return f"@{_one_of(random, people().listeners).permalink} {body}"
    return body


def _one_of(random: Random, choices: Sequence[Choice], power: int = 1) -> Choice:
    """One of them; with a power above 1 rather one of the first. `choice` is much slower, and this is done often."""
    return choices[int(len(choices) * random.random() ** power)]
