"""A profile, an upload and a comment, as both APIs describe them. What an API does not tell is None."""

from __future__ import annotations

import msgspec


class Person(msgspec.Struct, frozen=True):
    """Somebody with a profile."""

    id: int
    permalink: str | None = None
    name: str | None = None
    bio: str | None = None
    location: str | None = None
    followers: int | None = None
    followings: int | None = None
    track_count: int | None = None
    verified: bool | None = None
    created_at: str | None = None
    portrait: str | None = None
    """The address of the picture in its largest size; the site's placeholder is no picture."""
    background: str | None = None


class Sound(msgspec.Struct, frozen=True):
    """A track of a profile."""

    id: int
    permalink: str | None = None
    url: str | None = None
    title: str | None = None
    description: str | None = None
    likes: int | None = None
    reposts: int | None = None
    plays: int | None = None
    comment_count: int | None = None
    comments_hidden: bool = False
    """Whether the uploader shows nobody the comments."""
    duration_ms: int | None = None
    """The whole length, even if only a part of it can be heard."""
    posted_at: str | None = None
    """When the site shows it as posted: its lists are in this order."""
    genre: str | None = None
    tags: tuple[str, ...] | None = None
    label: str | None = None
    license: str | None = None
    policy: str | None = None
    """"ALLOW", "MONETIZE", "SNIP" (only a part can be heard), "BLOCK" (not in this country)."""
    isrc: str | None = None
    artwork: str | None = None
    waveform: str | None = None
    download: str | None = None
    """Where the uploader's own file can be had, if that is allowed."""
    by: str | None = None
    """The name of the uploader."""
    made_by: str | None = None
    """The artist as the distributor names it."""


class Remark(msgspec.Struct, frozen=True):
    """A comment under a track."""

    id: int
    body: str | None = None
    created_at: str | None = None
    at_ms: int | None = None
    """The moment of the track it is about; None for the whole track."""
    user_id: int | None = None
    user_permalink: str | None = None
