"""What somebody has done, page by page: the lists of likes, reposts, comments and follows of both APIs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote
from uuid import UUID

from asyncscrape.replica.answers import Reply
from asyncscrape.replica.crowd.nouns import Act
from asyncscrape.replica.scene.nouns import Comment
from asyncscrape.replica.soundcloud import official_shapes, web_shapes
from asyncscrape.replica.soundcloud.views import View, limit_of, offset_of
from asyncscrape.replica.soundcloud.world import World

_API = "https://api-v2.soundcloud.com"

Json = dict[str, Any]
Shape = Callable[[Any, World], Any]


def official_list(user_id: int, name: str, world: World) -> tuple[Sequence[int], Shape] | None:
    """The ids in a list of the official API, with their shape; None if there is no such list."""
    match name.split("/"):
        case ["likes" | "reposts" as kind, "tracks" | "playlists" as sort]:
            deeds = world.deeds_of(user_id, kind)
            ids = [deed.sound_id for deed in deeds if deed.is_playlist == (sort == "playlists")]
            return ids, official_shapes.playlist if sort == "playlists" else official_shapes.track
        case ["followings"]:
            return world.followings_of(user_id), official_shapes.user
        case ["followers"]:
            return world.followers_of(user_id), official_shapes.user
    return None


def web_list(user_id: int, name: str, query: Mapping[str, str], view: View) -> Reply | None:
    """A page of a list of the web client's API; None if there is no such list."""
    world = view.world
    match name:
        case "likes" | "reposts":
            return _deeds(user_id, name, query, view)
        case "followings":
            return _by_offset(world.followings_of(user_id), web_shapes.followed, user_id, name, query, view)
        case "followers":
            return _by_offset(world.followers_of(user_id), web_shapes.followed, user_id, name, query, view)
        case "comments":
            return _by_offset(world.written_by(user_id), _comment, user_id, name, query, view)
    return None


def _deeds(user_id: int, name: str, query: Mapping[str, str], view: View) -> Reply:
    """A page of likes or reposts, after the item at the end of a cursor, or from a number on."""
    deeds, limit = view.world.deeds_of(user_id, name), limit_of(query, 20)
    start = _start(deeds, query)
    end, link = start + limit, None
    if end < len(deeds):
        path = f"stream/users/{user_id}/reposts" if name == "reposts" else f"users/{user_id}/likes"
        link = f"{_API}/{path}?offset={quote(_cursor(deeds[end - 1], user_id, name))}&limit={limit}"
    shown = deeds[start:end]
    if name == "likes":
        return view.page([_like(deed, view.world) for deed in shown], link, "null", query_urn=None)
    return view.page([_repost(user_id, deed, view.world) for deed in shown], link, "null", query_urn=None)


def _by_offset(
    items: Sequence[Any], shape: Shape, user_id: int, name: str, query: Mapping[str, str], view: View
) -> Reply:
    """A page of a list that is read by offset."""
    limit, start = limit_of(query, 20), offset_of(query)
    end = start + limit
    link = f"{_API}/users/{user_id}/{name}?offset={end}&limit={limit}" if end < len(items) else None
    return view.page([shape(one, view.world) for one in items[start:end]], link, "null", query_urn=None)


def _start(deeds: Sequence[Act], query: Mapping[str, str]) -> int:
    """Where a page begins: after the item at the end of a cursor, or at a number."""
    if "," not in query.get("offset", ""):
        return offset_of(query)
    last = int(query["offset"].replace(",", "-").rpartition("-")[2])
    return next((place for place, deed in enumerate(deeds, 1) if deed.sound_id == last), len(deeds))


def _cursor(deed: Act, user_id: int, name: str) -> str:
    """The cursor after an item, in the form of each list."""
    time = web_shapes.moment(deed.time).replace("Z", ".118Z")
    if name == "reposts":
        return f"{time},tracks,{deed.sound_id:020}"
    kind = "playlist" if deed.is_playlist else "track"
    return f"{time},user-{kind}-likes,000-{user_id:020}-{deed.sound_id:020}"


def _like(deed: Act, world: World) -> Json:
    return {"created_at": web_shapes.moment(deed.time), "kind": "like", **_sound(deed, world)}


def _repost(user_id: int, deed: Act, world: World) -> Json:
    kind = "playlist" if deed.is_playlist else "track"
    urns = {"target_urn": f"soundcloud:{kind}s:{deed.sound_id}", "user_urn": f"soundcloud:users:{user_id}"}
    return {
        "type": f"{kind}-repost",
        "created_at": web_shapes.moment(deed.time),
        "uuid": str(UUID(int=user_id << 64 | (deed.first_track or deed.sound_id))),
        "caption": deed.caption,
        "user": web_shapes.mini_user(user_id, world),
        "reposted": {**urns, "caption": deed.caption},
        **_sound(deed, world),
    }


def _sound(deed: Act, world: World) -> Json:
    if deed.is_playlist:
        return {"playlist": web_shapes.playlist(deed.sound_id, world)}
    return {"track": web_shapes.heard(deed.sound_id, world)}


_REDUCED = [
    "artwork_url",
    "caption",
    "id",
    "kind",
    "last_modified",
    "permalink",
    "permalink_url",
    "public",
    "secret_token",
    "sharing",
    "title",
    "uri",
    "urn",
    "user_id",
    "full_duration",
    "duration",
    "display_date",
    "media",
    "station_urn",
    "station_permalink",
    "track_authorization",
    "monetization_model",
    "policy",
    "user",
]


def _comment(one: Comment, world: World) -> Json:
    """A comment with a reduced track, as the lists of somebody's comments hold it."""
    track = web_shapes.track(one.upload, world)
    return {**web_shapes.comment(one, world), "track": {name: track[name] for name in _REDUCED}}
