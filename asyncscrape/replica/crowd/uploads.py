"""What the crowd has uploaded: the times of all tracks of an account at once, the rest of each by itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from asyncscrape.replica.crowd.id_ranges import account_id, playlist_at, track_at, track_id
from asyncscrape.replica.crowd.noise import noise, picture_key, shares
from asyncscrape.replica.crowd.nouns import Crowd, LikedPlaylist
from asyncscrape.replica.crowd.people import names, profile
from asyncscrape.replica.crowd.population import ERAS, population
from asyncscrape.replica.scene import word_lists
from asyncscrape.replica.scene.nouns import UploadedTrack
from asyncscrape.replica.scene.people import START

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_END = int(START.timestamp())
_EARLY = 0.1
"""The share of tracks that somebody uploaded before their era: the quantile leaves them out."""
_STARTS = {year: int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in range(2008, 2028)}
"""When the years begin."""
_TITLES = (*word_lists.PLAIN_TITLES, *(title for title, _ in word_lists.SCRIPTED_TITLES), '<b>Bold</b> & "quoted"')
_GENRES = (*(name for _, _, names in word_lists.GENRES for name in names), "", None)


@lru_cache(maxsize=20_000)
def times(crowd: Crowd, place: int) -> tuple[int, ...]:
    """When somebody has uploaded each track, the oldest first, in seconds since 1970; no two at once."""
    tables = population(crowd)
    number = tables.tracks[place]
    if not number:
        return ()
    start, span, *chances = shares(number + 2, crowd.seed, place, "uploads")
    since, until = (_STARTS[year] for year in ERAS[tables.era[place]])
    first = since + (until - since) * (0.1 + 0.75 * start)
    early, before, after = round(number * _EARLY), (first - _STARTS[2008]) * 0.9, (_END - first) * (0.2 + 0.78 * span)
    found = [first - before * chance for chance in chances[:early]]
    found += [first + after * chance**1.5 for chance in chances[early:]]
    return tuple(int(time) + number for number, time in enumerate(sorted(found)))


def moment(seconds: int) -> datetime:
    """A time from seconds since 1970."""
    return _EPOCH + timedelta(seconds=seconds)


def uploads_of(crowd: Crowd, place: int) -> Sequence[UploadedTrack]:
    """Somebody's tracks, the newest first."""
    numbers = range(len(times(crowd, place)) - 1, -1, -1)
    return [upload for one in numbers if (upload := upload_at(crowd, place, one))]


def upload(crowd: Crowd, number: int) -> UploadedTrack | None:
    """A track by its id; None if there is none."""
    return upload_at(crowd, *track_at(number))


def upload_at(crowd: Crowd, place: int, number: int) -> UploadedTrack | None:
    """A track by the place of its uploader and its number among theirs."""
    if not 0 <= place < crowd.accounts or number >= population(crowd).tracks[place]:
        return None
    return _drawn(crowd, place, number)


def playlist(crowd: Crowd, number: int) -> LikedPlaylist:
    """A playlist by its id."""
    place, which = playlist_at(number)
    name = ("night-bus", "after-hours", "crate-7", "warm-up")[which]
    since = (times(crowd, place) or (_STARTS[2023],))[0]
    return LikedPlaylist(
        id=number,
        user_id=account_id(place),
        permalink=names(crowd).permalinks[place],
        name=name,
        title=name.replace("-", " ").capitalize(),
        created_at=moment(since + which * 86_400),
        duration_ms=(7 + which) * 311_000,
    )


def _drawn(crowd: Crowd, place: int, number: int) -> UploadedTrack:
    """The track. Its details come from a few bytes: making a `Random` for each would take most of the time."""
    by, some = profile(crowd, place), noise(48, crowd.seed, place, number)
    key = picture_key(some[:18])
    plays = int(by.followers * (20 + some[22]) / 200) + some[23]
    return UploadedTrack(
        id=track_id(place, number),
        by=by,
        permalink=f"{word_lists.MOODS[some[24] % 30].lower()}-{number + 1}",
        title=_title(some),
        description=(None, None, "", "out now", "Скачать можно бесплатно 🎁")[some[25] % 5],
        created_at=moment(times(crowd, place)[number]),
        duration_ms=120_000 + int.from_bytes(some[26:28]) * 5,
        genre=_GENRES[some[28] % len(_GENRES)],
        tags=word_lists.TAGS[some[29] % 8 : some[29] % 8 + some[30] % 3],
        label_name=None,
        license="all-rights-reserved",
        policy="SNIP" if some[31] < 10 else "MONETIZE" if some[31] < 70 else "ALLOW",
        private=False,
        isrc=None,
        bpm=None,
        likes=plays * (1 + some[32]) // 2_000,
        reposts=plays * (1 + some[33]) // 9_000,
        plays=plays,
        comment_count=plays * (1 + some[34]) // 7_000,
        artwork=key,
        waveform=key[:12],
        downloadable=False,
        sold=None,
    )


def _title(some: bytes) -> str:
    if some[35] < 90:
        return _TITLES[some[36] % len(_TITLES)]
    mood, thing = some[24] % 30, some[37] % len(word_lists.THINGS)
    return f"{word_lists.MOODS[mood]} {word_lists.THINGS[thing]}"
