"""People, tracks and comments as the official API writes them."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec

from asyncscrape.replica.scene.nouns import Comment, UploadedTrack
from asyncscrape.replica.soundcloud.web_shapes import SITE, artwork_url, avatar_url, counted, tag_list, track_path
from asyncscrape.replica.soundcloud.world import World

Json = dict[str, Any]

API = "https://api.soundcloud.com"
_ACCESS = {"SNIP": "preview", "BLOCK": "blocked"}
_TIMES_AS_TEXT = 4
"""Under one of so many tracks, comments state their time in the track as text."""


@lru_cache(maxsize=8_000)
def user(user_id: int, world: World) -> msgspec.Raw:
    """Somebody; an account that was deleted has next to nothing."""
    return msgspec.Raw(msgspec.json.encode(_user(user_id, world)))


@lru_cache(maxsize=8_000)
def track(track_id: int, world: World) -> Json:
    """An upload."""
    upload = world.upload(track_id)
    assert upload is not None
    return {**_head(upload), **_counts(upload), **_release(upload), "user": user(upload.by.id, world)}


def playlist(playlist_id: int, world: World) -> Json:
    """A playlist, as lists of likes and reposts hold it: its tracks are asked for apart."""
    one = world.playlist(playlist_id)
    urn, posted = f"soundcloud:playlists:{one.id}", moment(one.created_at)
    return {
        "kind": "playlist",
        "urn": urn,
        "uri": f"{API}/playlists/{urn}",
        "title": one.title,
        "permalink": one.name,
        "permalink_url": f"{SITE}/{one.permalink}/sets/{one.name}",
        "artwork_url": None,
        "created_at": posted,
        "last_modified": posted,
        "description": None,
        "duration": one.duration_ms,
        "embeddable_by": "all",
        "genre": "",
        "likes_count": 3,
        "license": "all-rights-reserved",
        "playlist_type": "",
        "sharing": "public",
        "streamable": True,
        "tag_list": "",
        "track_count": 7,
        "tracks": [],
        "tracks_uri": f"{API}/playlists/{urn}/tracks",
        "user": user(one.user_id, world),
        "user_urn": f"soundcloud:users:{one.user_id}",
    }


def comment(one: Comment, world: World) -> Json:
    """A comment."""
    urn = f"soundcloud:comments:{one.id}"
    as_text = one.at_ms is not None and one.upload % _TIMES_AS_TEXT == 0
    return {
        "kind": "comment",
        "urn": urn,
        "body": one.body,
        "created_at": moment(one.created_at),
        "timestamp": str(one.at_ms) if as_text else one.at_ms,
        "track_urn": f"soundcloud:tracks:{one.upload}",
        "user_urn": f"soundcloud:users:{one.user_id}",
        "uri": f"{API}/comments/{urn}",
        "user": user(one.user_id, world),
    }


def access(upload: UploadedTrack) -> str:
    """How far a track can be heard: "playable", "preview", "blocked"."""
    return _ACCESS.get(upload.policy, "playable")


def moment(time: datetime) -> str:
    """A time of this API."""
    return time.strftime("%Y/%m/%d %H:%M:%S +0000")


def _user(user_id: int, world: World) -> Json:
    who = world.profile(user_id)
    urn = f"soundcloud:users:{user_id}"
    if who is None:
        return {"kind": "user", "urn": urn}
    first, _, last = who.full_name.partition(" ")
    return {
        "avatar_url": avatar_url(who),
        "city": who.city,
        "country": who.country,
        "created_at": moment(who.created_at),
        "description": who.description,
        "discogs_name": None,
        "first_name": first,
        "followers_count": counted(who, who.followers),
        "followings_count": counted(who, who.followings),
        "full_name": who.full_name,
        "kind": "user",
        "last_modified": "2026/01/05 10:00:00 +0000",
        "last_name": last,
        "permalink": who.permalink,
        "permalink_url": f"{SITE}/{who.permalink}",
        "plan": who.plan,
        "playlist_count": counted(who, who.playlists),
        "public_favorites_count": counted(who, who.likes),
        "reposts_count": counted(who, who.likes // 9),
        "subscriptions": [{"product": {"id": who.plan.lower().replace(" ", "-")}}],
        "track_count": counted(who, world.number_of_uploads(who.id)),
        "uri": f"{API}/users/{urn}",
        "urn": urn,
        "username": who.username,
        "website": None,
        "website_title": None,
    }


def _head(upload: UploadedTrack) -> Json:
    urn = f"soundcloud:tracks:{upload.id}"
    return {
        "kind": "track",
        "urn": urn,
        "uri": f"{API}/tracks/{urn}",
        "title": upload.title,
        "permalink_url": SITE + track_path(upload),
        "access": access(upload),
        "artwork_url": artwork_url(upload),
        "available_country_codes": None,
        "bpm": upload.bpm and float(upload.bpm),
        "created_at": moment(upload.created_at),
        "description": upload.description,
        "duration": upload.duration_ms,
        "embeddable_by": "all",
        "genre": upload.genre,
        "isrc": upload.isrc,
        "key_signature": None,
        "label_name": upload.label_name,
        "license": upload.license,
        "metadata_artist": None,
        "purchase_title": None,
        "purchase_url": None,
        "secret_uri": None,
        "sharing": "public",
        "stream_url": f"{API}/tracks/{urn}/stream",
        "streamable": True,
        "tag_list": tag_list(upload.tags),
        "waveform_url": f"https://wave.sndcdn.com/{upload.waveform}_m.png",
        "downloadable": upload.downloadable,
        "download_url": f"{API}/tracks/{urn}/download" if upload.downloadable else None,
        "user_favorite": None,
        "user_playback_count": None,
    }


def _counts(upload: UploadedTrack) -> Json:
    return {
        "comment_count": upload.comment_count,
        "commentable": not upload.by.quiet,
        "download_count": 0,
        "favoritings_count": upload.likes,
        "playback_count": upload.plays,
        "reposts_count": upload.reposts,
        "reveal_comments": not upload.by.quiet,
        "reveal_stats": not upload.by.quiet,
    }


def _release(upload: UploadedTrack) -> Json:
    day = upload.sold.published if upload.sold and upload.label_name else None
    return {
        "release": None,
        "release_day": day and day.day,
        "release_month": day and day.month,
        "release_year": day and day.year,
    }
