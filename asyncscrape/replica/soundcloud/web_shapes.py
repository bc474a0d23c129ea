"""People, tracks and comments as the web client's API writes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec

from asyncscrape.replica.scene.nouns import Comment, Profile, UploadedTrack
from asyncscrape.replica.soundcloud.world import World

Json = dict[str, Any]

NO_AVATAR = "https://a1.sndcdn.com/images/default_avatar_large.png"
SITE = "https://soundcloud.com"
_PLANS = {"Free": "free", "Pro": "creator-pro", "Pro Unlimited": "creator-pro-unlimited"}
_SNIPPET_MS = 30_000


@lru_cache(maxsize=8_000)
def user(user_id: int, world: World) -> Json:
    """Somebody, with everything that is told of them."""
    who = world.profile(user_id)
    assert who is not None
    product = {"product": {"id": _PLANS[who.plan]}}
    return {
        **_mini(who),
        "comments_count": 0,
        "created_at": moment(who.created_at),
        "creator_subscriptions": [product],
        "creator_subscription": product,
        "description": who.description,
        "followings_count": counted(who, who.followings),
        "groups_count": 0,
        "likes_count": counted(who, who.likes),
        "playlist_likes_count": counted(who, who.likes // 40),
        "playlist_count": counted(who, who.playlists),
        "reposts_count": None,
        "track_count": counted(who, world.number_of_uploads(who.id)),
        "visuals": _visuals(who),
        "date_of_birth": None,
    }


@lru_cache(maxsize=16_000)
def mini_user(user_id: int, world: World) -> msgspec.Raw:
    """Somebody, as tracks and comments hold them; an account that was deleted has next to nothing."""
    who = world.profile(user_id)
    return msgspec.Raw(msgspec.json.encode(_nobody(user_id) if who is None else _mini(who)))


@lru_cache(maxsize=8_000)
def track(track_id: int, world: World) -> Json:
    """An upload, with everything that is told of it."""
    upload = world.upload(track_id)
    assert upload is not None
    return {
        **_head(upload),
        **_times(upload),
        **_counts(upload),
        **_rights(upload),
        "user": mini_user(upload.by.id, world),
    }


@lru_cache(maxsize=20_000)
def heard(track_id: int, world: World) -> msgspec.Raw:
    """An upload in the lists of those who like it: the well-known ones stand in very many."""
    return msgspec.Raw(msgspec.json.encode(track(track_id, world)))


def followed(user_id: int, world: World) -> Json:
    """Somebody in a list of people; an account that was deleted has next to nothing."""
    return _nobody(user_id) if world.profile(user_id) is None else user(user_id, world)


def playlist(playlist_id: int, world: World) -> Json:
    """A playlist, as likes and reposts hold it: without its tracks."""
    one = world.playlist(playlist_id)
    posted, path = moment(one.created_at), f"/{one.permalink}/sets/{one.name}"
    return {
        "artwork_url": None,
        "created_at": posted,
        "display_date": posted,
        "duration": one.duration_ms,
        "id": one.id,
        "is_album": False,
        "kind": "playlist",
        "last_modified": posted,
        "likes_count": 3,
        "managed_by_feeds": False,
        "permalink": one.name,
        "permalink_url": SITE + path,
        "public": True,
        "published_at": None,
        "release_date": None,
        "reposts_count": 0,
        "secret_token": None,
        "set_type": "",
        "sharing": "public",
        "title": one.title,
        "track_count": 7,
        "uri": f"https://api.soundcloud.com/playlists/{one.id}",
        "user_id": one.user_id,
        "user": mini_user(one.user_id, world),
    }


def comment(one: Comment, world: World) -> Json:
    """A comment."""
    return {
        "kind": "comment",
        "id": one.id,
        "body": one.body,
        "created_at": moment(one.created_at),
        "timestamp": one.at_ms,
        "track_id": one.upload,
        "user_id": one.user_id,
        "self": {"urn": f"soundcloud:comments:{one.id}"},
        "user": mini_user(one.user_id, world),
    }


def moment(time: datetime) -> str:
    """A time of the API, to the second."""
    return f"{time.isoformat()[:19]}Z"


def tag_list(tags: Sequence[str]) -> str:
    """Tags separated by spaces; those of several words in quotes."""
    return " ".join(f'"{tag}"' if " " in tag else tag for tag in tags)


def counted(who: Profile, number: int) -> int | None:
    """A count of a profile, if it is told."""
    return None if who.uncounted else number


def avatar_url(who: Profile) -> str:
    """The address of the portrait."""
    return NO_AVATAR if who.avatar is None else f"https://i1.sndcdn.com/avatars-{who.avatar}-large.jpg"


def artwork_url(upload: UploadedTrack) -> str | None:
    """The address of the artwork, if there is one."""
    return upload.artwork and f"https://i1.sndcdn.com/artworks-{upload.artwork}-large.jpg"


def visual_urls(who: Profile) -> Sequence[str]:
    """The addresses of the background pictures."""
    return [f"https://i1.sndcdn.com/visuals-{who.id:012}-{key}-original.jpg" for key in who.visuals]


def track_path(upload: UploadedTrack) -> str:
    """The path of a track's page."""
    return f"/{upload.by.permalink}/{upload.permalink}"


def _nobody(user_id: int) -> Json:
    return {"id": user_id, "kind": "user"}


def _mini(who: Profile) -> Json:
    urn = f"soundcloud:users:{who.id}"
    first, _, last = who.full_name.partition(" ")
    return {
        "avatar_url": avatar_url(who),
        "first_name": first,
        "followers_count": counted(who, who.followers),
        "full_name": who.full_name,
        "id": who.id,
        "kind": "user",
        "last_modified": "2026-01-05T10:00:00Z",
        "last_name": last,
        "permalink": who.permalink,
        "permalink_url": f"{SITE}/{who.permalink}",
        "uri": f"https://api.soundcloud.com/users/soundcloud%3Ausers%3A{who.id}",
        "urn": urn,
        "username": who.username,
        "verified": who.verified,
        "city": who.city,
        "country_code": who.country_code,
        "badges": _badges(who),
        "station_urn": f"soundcloud:system-playlists:artist-stations:{who.id}",
        "station_permalink": f"artist-stations:{who.id}",
    }


def _badges(who: Profile) -> Mapping[str, bool]:
    return {
        "pro": who.plan == "Pro",
        "creator_mid_tier": False,
        "pro_unlimited": who.plan == "Pro Unlimited",
        "verified": who.verified,
    }


def _visuals(who: Profile) -> Json | None:
    entries = [
        {"urn": f"soundcloud:visuals:{who.id * 4 + place}", "entry_time": 0, "visual_url": url}
        for place, url in enumerate(visual_urls(who))
    ]
    return (
        {"urn": f"soundcloud:users:{who.id}", "enabled": True, "visuals": entries, "tracking": None}
        if entries
        else None
    )


def _head(upload: UploadedTrack) -> Json:
    urn = f"soundcloud:tracks:{upload.id}"
    return {
        "artwork_url": artwork_url(upload),
        "caption": None,
        "commentable": not upload.by.quiet,
        "description": upload.description,
        "embeddable_by": "all",
        "genre": upload.genre,
        "id": upload.id,
        "kind": "track",
        "label_name": upload.label_name,
        "permalink": upload.permalink,
        "permalink_url": SITE + track_path(upload),
        "purchase_title": None,
        "purchase_url": None,
        "station_permalink": f"track-stations:{upload.id}",
        "station_urn": f"soundcloud:system-playlists:track-stations:{upload.id}",
        "tag_list": tag_list(upload.tags),
        "title": upload.title,
        "uri": f"https://api.soundcloud.com/tracks/soundcloud%3Atracks%3A{upload.id}",
        "urn": urn,
        "user_id": upload.by.id,
        "visuals": None,
        "waveform_url": f"https://wave.sndcdn.com/{upload.waveform}_m.json",
        "publisher_metadata": _publisher(upload, urn),
    }


def _times(upload: UploadedTrack) -> Json:
    released = upload.sold and f"{upload.sold.published}T00:00:00Z"
    posted = moment(upload.created_at)
    return {
        "created_at": posted,
        "display_date": posted,
        "last_modified": posted,
        "release_date": released if upload.label_name else None,
        "duration": _SNIPPET_MS if upload.policy == "SNIP" else upload.duration_ms + upload.id % 50,
        "full_duration": upload.duration_ms,
    }


def _counts(upload: UploadedTrack) -> Json:
    return {
        "comment_count": upload.comment_count,
        "download_count": 0,
        "likes_count": upload.likes,
        "playback_count": upload.plays,
        "reposts_count": upload.reposts,
    }


def _rights(upload: UploadedTrack) -> Json:
    is_sold = upload.policy == "MONETIZE"
    return {
        "downloadable": upload.downloadable,
        "has_downloads_left": upload.downloadable,
        "license": upload.license,
        "media": {"transcodings": [] if upload.policy == "BLOCK" else [_transcoding(upload)]},
        "monetization_model": "AD_SUPPORTED" if is_sold else "NOT_APPLICABLE",
        "policy": upload.policy,
        "public": True,
        "secret_token": None,
        "sharing": "public",
        "state": "finished",
        "streamable": True,
        "track_authorization": "replica",
    }


def _publisher(upload: UploadedTrack, urn: str) -> Json | None:
    if upload.isrc is None:
        return {"id": upload.id, "urn": urn} if upload.id % 2 else None
    names = ", ".join(one.name for one in upload.sold.artists) if upload.sold else upload.by.username
    told = {"artist": names, "contains_music": True, "isrc": upload.isrc, "explicit": False, "album_title": ""}
    return {"id": upload.id, "urn": urn, **told}


def _transcoding(upload: UploadedTrack) -> Json:
    snipped = upload.policy == "SNIP"
    return {
        "url": f"https://api-v2.soundcloud.com/media/soundcloud:tracks:{upload.id}/replica/stream/hls",
        "preset": "aac_160k",
        "duration": _SNIPPET_MS if snipped else upload.duration_ms,
        "snipped": snipped,
        "format": {"protocol": "hls", "mime_type": 'audio/mp4; codecs="mp4a.40.2"'},
        "quality": "sq",
        "is_legacy_transcoding": False,
    }
