"""The rows that the job "music" must have, from the truth of the invented scene."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from asyncscrape.replica.scene import truth
from asyncscrape.replica.scene.nouns import Comment, Profile, UploadedTrack

Row = dict[str, Any]
POLICIES = {"MONETIZE": "ALLOW"}
"""What the official API does not tell apart."""


def moment(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def artist(one: Profile, backend: str, weeks: int = 0) -> Row:
    official = backend == "official"
    now = truth.profile(one.id, weeks)
    assert now is not None
    places = (one.city, one.country if official else one.country_code)
    portrait = one.avatar and f"https://i1.sndcdn.com/avatars-{one.avatar}-original.jpg"
    visual = None if official or not one.visuals else one.visuals[0]
    return {
        "id": one.id,
        "permalink": one.permalink,
        "name": one.username,
        "bio": one.description or None,
        "location": ", ".join(filter(None, places)) or None,
        "followers": now.followers,
        "followings": one.followings,
        "track_count": len(truth.uploads_of(one.id, weeks)),
        "verified": None if official else one.verified,
        "created_at": moment(one.created_at),
        "profile_image_url": portrait,
        "profile_image_path": portrait and f"profile-images/{one.id}.jpg",
        "background_image_url": visual and f"https://i1.sndcdn.com/visuals-{one.id:012}-{visual}-original.jpg",
        "background_image_path": visual and f"background-images/{one.id}.jpg",
    }


def track(one: UploadedTrack, backend: str, longest: int = 900_000) -> Row:
    artwork = one.artwork and f"https://i1.sndcdn.com/artworks-{one.artwork}-original.jpg"
    return {
        "id": one.id,
        "artist_id": one.by.id,
        "permalink": one.permalink,
        "url": f"https://soundcloud.com/{one.by.permalink}/{one.permalink}",
        "title": one.title,
        "description": one.description or None,
        "likes": one.likes,
        "reposts": one.reposts,
        "plays": one.plays,
        "comment_count": one.comment_count,
        "duration_ms": one.duration_ms,
        "posted_at": moment(one.created_at),
        "genre": one.genre or None,
        "tags": list(one.tags),
        "label": one.label_name or None,
        "license": one.license,
        "policy": POLICIES.get(one.policy, one.policy) if backend == "official" else one.policy,
        "isrc": one.isrc,
        "image_url": artwork,
        "image_path": artwork and f"track-images/{one.id}.jpg",
        "waveform_url": f"https://wave.sndcdn.com/{one.waveform}_m.json",
        "waveform_path": f"waveforms/{one.id}.json",
        "download_path": None,
        "is_track": one.duration_ms <= longest,
    }


def comment(one: Comment, artist_id: int) -> Row:
    return {
        "id": one.id,
        "track_id": one.upload,
        "artist_id": artist_id,
        "user_id": one.user_id,
        "user_permalink": one.by.permalink if one.by else None,
        "body": one.body,
        "created_at": moment(one.created_at),
        "track_seconds": None if one.at_ms is None else one.at_ms / 1000,
    }


def observation(one: UploadedTrack, day: str) -> Row:
    counts = {"likes": one.likes, "reposts": one.reposts, "plays": one.plays, "comment_count": one.comment_count}
    return {"track_id": one.id, "day": day, "artist_id": one.by.id, **counts}


def tracks_of(artists: Iterable[Profile], weeks: int = 0, most: int | None = None) -> list[UploadedTrack]:
    """The tracks that everybody may see, by id."""
    found = [one for who in artists for one in truth.uploads_of(who.id, weeks)[:most]]
    return sorted(found, key=lambda one: one.id)


def comments_under(tracks: Iterable[UploadedTrack], weeks: int = 0) -> list[Row]:
    rows = [comment(told, one.by.id) for one in tracks for told in truth.comments_of(one.id, weeks)]
    return sorted(rows, key=lambda row: row["id"])
