"""Who likes, reposts, follows and comments on what: small lists, the same each time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from random import Random
from typing import Any
from urllib.parse import quote
from uuid import UUID

from asyncscrape.replica.answers import Reply
from asyncscrape.replica.scene import truth
from asyncscrape.replica.scene.nouns import Comment, Profile, UploadedTrack
from asyncscrape.replica.scene.people import SEED, START
from asyncscrape.replica.soundcloud import web_shapes
from asyncscrape.replica.soundcloud.views import View, limit_of, offset_of

_MOST_LIKES = 60
_MOST_FOLLOWERS = 300
_FIRST_PLAYLIST = 1_900_000_001
_PLAYLIST_EVERY = 9
_API = "https://api-v2.soundcloud.com"

Json = dict[str, Any]


@dataclass(frozen=True)
class Deed:
    """Somebody likes or reposts a track, or the playlist of which it is the first."""

    at: datetime
    track: UploadedTrack
    is_playlist: bool
    caption: str | None


@lru_cache(maxsize=4_000)
def deeds_of(user_id: int, what: str) -> Sequence[Deed]:
    """The likes or the reposts of somebody, newest first."""
    random = Random(f"{SEED} {what} {user_id}")
    tracks = random.sample(_public(), random.randrange(_MOST_LIKES))
    deeds = (
        Deed(
            at=START - (START - track.created_at) * random.random(),
            track=track,
            is_playlist=random.randrange(_PLAYLIST_EVERY) == 0,
            caption=random.choice((None, None, None, "for friday", "на выходные 🚂")),
        )
        for track in tracks
    )
    return sorted(deeds, key=lambda deed: deed.at, reverse=True)


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


def official_list(user_id: int, name: str, weeks: int) -> Sequence[int] | None:
    """The ids in a list of the official API; None if there is no such list."""
    match name:
        case "likes/tracks" | "reposts/tracks":
            deeds = deeds_of(user_id, name.partition("/")[0])
            return [deed.track.id for deed in deeds if not deed.is_playlist]
        case "followings":
            return [one.id for one in followings_of(user_id)]
        case "followers":
            return [one.id for one in followers_of(user_id)]
    return None


def web_list(user_id: int, name: str, query: Mapping[str, str], view: View) -> Reply | None:
    """A page of a list of the web client's API; None if there is no such list."""
    match name:
        case "likes":
            items = [_like(deed, view.weeks) for deed in deeds_of(user_id, name)]
        case "reposts":
            items = [_repost(user_id, deed, view.weeks) for deed in deeds_of(user_id, name)]
        case "followings" | "followers":
            people = followings_of(user_id) if name == "followings" else followers_of(user_id)
            items = [web_shapes.user(one.id, view.weeks) for one in people]
        case "comments":
            items = [_comment(one, view.weeks) for one in written_by(user_id)]
        case _:
            return None
    return _page(items, user_id, name, query, view)


def _page(items: Sequence[Json], user_id: int, name: str, query: Mapping[str, str], view: View) -> Reply:
    limit, start = limit_of(query, 20), _start(items, name, query)
    end = start + limit
    path = f"stream/users/{user_id}/reposts" if name == "reposts" else f"users/{user_id}/{name}"
    link = None
    if end < len(items):
        link = f"{_API}/{path}?offset={quote(_cursor(items[end - 1], user_id, name, end))}&limit={limit}"
    return view.page(items[start:end], link, "null", query_urn=None)


def _start(items: Sequence[Json], name: str, query: Mapping[str, str]) -> int:
    """Where a page begins: after the item at the end of a cursor, or at a number."""
    if name not in ("likes", "reposts") or "," not in query.get("offset", ""):
        return offset_of(query)
    last = int(query["offset"].replace(",", "-").rpartition("-")[2])
    return next((place for place, item in enumerate(items, 1) if _target(item)["id"] == last), len(items))


def _cursor(item: Json, user_id: int, name: str, end: int) -> str:
    """The cursor after an item, in the form of each list."""
    if name not in ("likes", "reposts"):
        return str(end)
    time, target = item["created_at"].replace("Z", ".118Z"), _target(item)["id"]
    if name == "reposts":
        return f"{time},tracks,{target:020}"
    kind = "playlist" if "playlist" in item else "track"
    return f"{time},user-{kind}-likes,000-{user_id:020}-{target:020}"


def _target(item: Json) -> Json:
    found: Json = item["playlist"] if "playlist" in item else item["track"]
    return found


def _like(deed: Deed, weeks: int) -> Json:
    return {"created_at": web_shapes.moment(deed.at), "kind": "like", **_sound(deed, weeks)}


def _repost(user_id: int, deed: Deed, weeks: int) -> Json:
    kind = "playlist" if deed.is_playlist else "track"
    sound = _sound(deed, weeks)
    urns = {"target_urn": f"soundcloud:{kind}s:{sound[kind]['id']}", "user_urn": f"soundcloud:users:{user_id}"}
    return {
        "type": f"{kind}-repost",
        "created_at": web_shapes.moment(deed.at),
        "uuid": str(UUID(int=user_id << 64 | deed.track.id)),
        "caption": deed.caption,
        "user": web_shapes.mini_user(user_id, weeks),
        "reposted": {**urns, "caption": deed.caption},
        **sound,
    }


def _sound(deed: Deed, weeks: int) -> Json:
    if deed.is_playlist:
        return {"playlist": _playlist(deed.track, weeks)}
    return {"track": web_shapes.track(deed.track.id, weeks)}


def _playlist(track: UploadedTrack, weeks: int) -> Json:
    """The playlist of which a track is the first, as likes and reposts hold it: without its tracks."""
    posted, path = web_shapes.moment(track.created_at), f"/{track.by.permalink}/sets/night-bus-{track.id}"
    number = _FIRST_PLAYLIST + track.id % 100_000_000
    return {
        "artwork_url": None,
        "created_at": posted,
        "display_date": posted,
        "duration": track.duration_ms * 7,
        "id": number,
        "is_album": False,
        "kind": "playlist",
        "last_modified": posted,
        "likes_count": 3,
        "managed_by_feeds": False,
        "permalink": path.rpartition("/")[2],
        "permalink_url": web_shapes.SITE + path,
        "public": True,
        "published_at": None,
        "release_date": None,
        "reposts_count": 0,
        "secret_token": None,
        "set_type": "",
        "sharing": "public",
        "title": "Night bus",
        "track_count": 7,
        "uri": f"https://api.soundcloud.com/playlists/{number}",
        "user_id": track.by.id,
        "user": web_shapes.mini_user(track.by.id, weeks),
    }


_REDUCED = (
    "artwork_url caption id kind last_modified permalink permalink_url public secret_token sharing title uri urn "
    "user_id full_duration duration display_date media station_urn station_permalink track_authorization "
    "monetization_model policy user"
)


def _comment(one: Comment, weeks: int) -> Json:
    """A comment with a reduced track, as the lists of somebody's comments hold it."""
    track = web_shapes.track(one.upload, weeks)
    return {**web_shapes.comment(one, weeks), "track": {name: track[name] for name in _REDUCED.split()}}


@cache
def _public() -> Sequence[UploadedTrack]:
    """All tracks at week 0 that the public may see."""
    return [track for one in truth.profiles() for track in truth.uploads_of(one)]
