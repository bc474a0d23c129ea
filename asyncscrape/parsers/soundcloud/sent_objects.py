"""From the objects as they are sent to the nouns: one reading for both APIs, whose fields have different names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from asyncscrape.parsers.soundcloud import images
from asyncscrape.parsers.soundcloud.described import Person, Remark, Sound
from asyncscrape.parsers.soundcloud.readings import (
    address,
    count,
    flag,
    identifier,
    last_segment,
    moment,
    tags,
    text,
)
from asyncscrape.parsers.soundcloud.wire import SentComment, SentTrack, SentUser

POLICIES = {"playable": "ALLOW", "preview": "SNIP", "blocked": "BLOCK"}
"""What may be heard, by the official API's word for it."""
SNIPPET_MS = 30_000
"""The length of the part that everybody may hear; an API may give it as the length of the track."""


def person(sent: SentUser) -> Person | None:
    """A profile; None if it has no id."""
    found = identifier(sent.id, sent.urn)
    if found is None:
        return None
    return Person(
        id=found,
        permalink=text(sent.permalink) or last_segment(text(sent.permalink_url)),
        name=text(sent.username),
        bio=text(sent.description),
        location=", ".join(filter(None, (text(sent.city), text(sent.country, sent.country_code)))) or None,
        followers=count(sent.followers_count),
        followings=count(sent.followings_count),
        track_count=count(sent.track_count),
        verified=flag(sent.verified),
        created_at=moment(sent.created_at),
        portrait=images.largest(sent.avatar_url),
        background=images.background(sent.visuals),
    )


def sound(sent: SentTrack) -> Sound | None:
    """A track; None if it has no id."""
    found = identifier(sent.id, sent.urn)
    if found is None:
        return None
    quiet = sent.reveal_stats is False
    url = text(sent.permalink_url)
    return Sound(
        id=found,
        permalink=text(sent.permalink) or last_segment(url),
        url=url,
        title=text(sent.title),
        description=text(sent.description),
        likes=None if quiet else count(sent.likes_count, sent.favoritings_count),
        reposts=None if quiet else count(sent.reposts_count),
        plays=None if quiet else count(sent.playback_count),
        comment_count=None if quiet or sent.reveal_comments is False else count(sent.comment_count),
        comments_hidden=sent.reveal_comments is False,
        duration_ms=length(sent),
        posted_at=moment(sent.display_date, sent.created_at),
        genre=text(sent.genre),
        tags=tags(sent.tag_list),
        label=text(sent.label_name),
        license=text(sent.license),
        policy=policy(sent),
        isrc=text(sent.isrc, _within(sent.publisher_metadata, "isrc")),
        artwork=images.largest(sent.artwork_url),
        waveform=waveform(sent.waveform_url),
        download=address(sent.download_url) if sent.downloadable is True else None,
        by=_within(sent.user, "username"),
        made_by=text(sent.metadata_artist, _within(sent.publisher_metadata, "artist")),
    )


def policy(sent: SentTrack) -> str | None:
    """What may be heard of a track."""
    return text(sent.policy) or POLICIES.get(sent.access if isinstance(sent.access, str) else "")


def length(sent: SentTrack) -> int | None:
    """The whole length of a track in milliseconds; None if only that of the part that can be heard is told."""
    whole, heard = count(sent.full_duration), count(sent.duration)
    if whole:
        return whole
    cut = heard is not None and heard <= SNIPPET_MS and policy(sent) in ("SNIP", "BLOCK")
    return None if cut or not heard else heard


def waveform(told: Any) -> str | None:
    """The address of the waveform as numbers; the official API names the picture beside it."""
    url = address(told)
    return f"{url[:-4]}.json" if url and url.endswith(".png") else url


def remark(sent: SentComment) -> Remark | None:
    """A comment; None if it has no id."""
    found = identifier(sent.id, sent.urn, sent.uri)
    if found is None:
        return None
    by: Mapping[str, Any] = sent.user if isinstance(sent.user, dict) else {}
    return Remark(
        found,
        text(sent.body),
        moment(sent.created_at),
        count(sent.timestamp),
        identifier(sent.user_id, sent.user_urn, by.get("id"), by.get("urn")),
        text(by.get("permalink")) or last_segment(text(by.get("permalink_url"))),
    )


def _within(told: Any, name: str) -> str | None:
    return text(told.get(name)) if isinstance(told, dict) else None
