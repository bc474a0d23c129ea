"""The people and the music of the scene: the truth, from which each site makes its own answers.

Nothing here is written as a site writes it: times are UTC datetimes, lengths milliseconds, numbers that a site would
not tell are None.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True)
class Profile:
    """Somebody with a profile: an artist, a label, somebody with the name of an artist, or a listener."""

    id: int
    permalink: str
    username: str
    full_name: str
    city: str | None
    country: str | None
    country_code: str | None
    description: str | None
    followers: int
    followings: int
    playlists: int
    likes: int
    verified: bool
    plan: str
    """"Free", "Pro", "Pro Unlimited"."""
    created_at: datetime
    avatar: str | None
    """The key in the address of the portrait; None for the site's own placeholder."""
    visuals: tuple[str, ...] = ()
    """The keys of background pictures."""
    latin: str = ""
    """The name as a shop spells it, if it does not take over the username."""
    quiet: bool = False
    """Whether counts and comments of the tracks are hidden."""
    uncounted: bool = False
    """Whether the profile's own counts are not told."""


@dataclass(frozen=True)
class Credit:
    """An artist as a shop spells them."""

    id: int
    name: str
    slug: str


@dataclass(frozen=True)
class Release:
    """A release, as a shop sells it."""

    id: int
    name: str
    slug: str
    label_id: int
    label: str
    picture: str


@dataclass(frozen=True)
class SoldTrack:
    """A track, as a shop sells it."""

    id: int
    name: str
    """Without the mix."""
    mix: str
    slug: str
    artists: tuple[Credit, ...]
    remixers: tuple[Credit, ...]
    bpm: int | None
    key: int | None
    """The shop's number of the key, 1 to 34; see `beatport/key_numbers.py`."""
    length_ms: int | None
    isrc: str | None
    genre: str
    sub_genre: str | None
    release: Release
    catalog_number: str
    published: date
    waveform: str | None
    """The key in the address of the waveform's picture."""
    sample: str
    """The key in the address of the preview."""


@dataclass(frozen=True)
class UploadedTrack:
    """A track on the sound-sharing site."""

    id: int
    by: Profile
    permalink: str
    title: str
    description: str | None
    created_at: datetime
    duration_ms: int
    genre: str | None
    tags: tuple[str, ...]
    label_name: str | None
    license: str
    policy: str
    """"ALLOW", "MONETIZE", "SNIP" (only 30 seconds can be heard), "BLOCK" (not in this country)."""
    private: bool
    isrc: str | None
    bpm: int | None
    """As the uploader typed it, seldom."""
    likes: int | None
    reposts: int | None
    plays: int | None
    comment_count: int | None
    """None for an artist in quiet mode, who hides comments and counts."""
    artwork: str | None
    waveform: str
    downloadable: bool
    sold: SoldTrack | None
    """The same recording in the shop, if it is there."""
    deleted: bool = False
    """Whether it was there once: the site no longer knows it."""


@dataclass(frozen=True)
class Comment:
    """A comment under an upload."""

    id: int
    upload: int
    by: Profile | None
    """None if the account has been deleted."""
    user_id: int
    body: str
    created_at: datetime
    at_ms: int | None
    """The time in the track; None if it was never set."""
