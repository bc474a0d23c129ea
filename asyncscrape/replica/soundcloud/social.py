"""Who of the music scene likes, reposts, follows and comments on what: small lists, the same each time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from random import Random

from asyncscrape.replica.crowd.nouns import Act, LikedPlaylist
from asyncscrape.replica.scene import truth
from asyncscrape.replica.scene.nouns import Comment, Profile, UploadedTrack
from asyncscrape.replica.scene.people import SEED, START

_MOST_LIKES = 60
_MOST_FOLLOWERS = 300
_FIRST_PLAYLIST = 1_900_000_001
_PLAYLIST_EVERY = 9


@lru_cache(maxsize=4_000)
def deeds_of(user_id: int, what: str) -> Sequence[Act]:
    """The likes or the reposts of somebody, newest first."""
    random = Random(f"{SEED} {what} {user_id}")
    tracks = random.sample(_public(), random.randrange(_MOST_LIKES))
    deeds = [_deed(random, track) for track in tracks]
    return sorted(deeds, key=lambda deed: deed.time, reverse=True)


def _deed(random: Random, track: UploadedTrack) -> Act:
    at = START - (START - track.created_at) * random.random()
    is_playlist = random.randrange(_PLAYLIST_EVERY) == 0
    caption = random.choice((None, None, None, "for friday", "на выходные 🚂"))
    sound_id = _playlist_of(track) if is_playlist else track.id
    return Act(track.by.id, at, is_playlist, sound_id, caption, track.id if is_playlist else None)


@lru_cache(maxsize=4_000)
def followings_of(user_id: int) -> Sequence[Profile]:
    """Whom somebody follows."""
    random = Random(f"{SEED} followings {user_id}")
    return random.sample(truth.artists(), random.randrange(40))


@cache
def _followers() -> Mapping[int, Sequence[Profile]]:
    found: dict[int, list[Profile]] = {}
    for somebody in truth.profiles().values():
        for followed in followings_of(somebody.id):
            found.setdefault(followed.id, []).append(somebody)
    return found


def followers_of(user_id: int) -> Sequence[Profile]:
    """Those of the scene who follow somebody; the site counts many others."""
    return _followers().get(user_id, ())[:_MOST_FOLLOWERS]


@cache
def _written() -> Mapping[int, Sequence[Comment]]:
    found: dict[int, list[Comment]] = {}
    for track in _public():
        for comment in truth.comments_of(track.id):
            found.setdefault(comment.user_id, []).append(comment)
    return {user_id: sorted(comments, key=lambda one: -one.id) for user_id, comments in found.items()}


def written_by(user_id: int) -> Sequence[Comment]:
    """The comments that somebody has written, newest first."""
    return _written().get(user_id, ())


def playlist(playlist_id: int) -> LikedPlaylist:
    """A playlist of the scene: it is named after its first track, and belongs to whoever uploaded that."""
    first = _first_tracks()[playlist_id]
    return LikedPlaylist(
        id=playlist_id,
        user_id=first.by.id,
        permalink=first.by.permalink,
        name=f"night-bus-{first.id}",
        title="Night bus",
        created_at=first.created_at,
        duration_ms=first.duration_ms * 7,
    )


@cache
def _first_tracks() -> Mapping[int, UploadedTrack]:
    return {_playlist_of(track): track for track in _public()}


def _playlist_of(first: UploadedTrack) -> int:
    return _FIRST_PLAYLIST + first.id % 100_000_000


@cache
def _public() -> Sequence[UploadedTrack]:
    """All tracks at week 0 that the public may see."""
    return [track for one in truth.profiles() for track in truth.uploads_of(one)]
