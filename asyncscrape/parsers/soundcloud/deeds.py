"""What an account has done: its likes, comments, reposts and follows, each with the account that it is about.

What is done to a track or a playlist counts for its owner. That of a playlist often owns none of its tracks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from asyncscrape.model import Response
from asyncscrape.parsers.errors import ParseError
from asyncscrape.parsers.soundcloud.readings import count, identifier, last_segment, moment, text
from asyncscrape.parsers.soundcloud.wire import Listed, page_of

LIKES, COMMENTS, REPOSTS, FOLLOWS = "likes", "comments", "reposts", "follows"
KINDS = (LIKES, COMMENTS, REPOSTS, FOLLOWS)
SOUNDS = ("track", "playlist", None)
"""The kinds of objects that are liked and reposted; older forms do not tell theirs."""


class SentOwner(msgspec.Struct, frozen=True, gc=False):
    """The user whose sound it is; a page may hold hundreds, so that no more is read of each than counts."""

    id: Any = None
    urn: Any = None
    permalink: Any = None
    permalink_url: Any = None
    username: Any = None
    followers_count: Any = None


class SentSound(msgspec.Struct, frozen=True):
    """A track or a playlist, as far as it counts."""

    id: Any = None
    urn: Any = None
    user: SentOwner | None = None
    user_id: Any = None
    user_urn: Any = None


class SentDeed(msgspec.Struct, frozen=True):
    """An item of any such list: a like, a repost or a comment with its sound, or the sound or user itself."""

    id: Any = None
    urn: Any = None
    kind: Any = None
    created_at: Any = None
    uuid: Any = None
    track: SentSound | None = None
    playlist: SentSound | None = None
    user: SentOwner | None = None
    user_id: Any = None
    user_urn: Any = None
    permalink: Any = None
    permalink_url: Any = None
    username: Any = None
    followers_count: Any = None


usual_deeds = msgspec.json.Decoder(Listed[SentDeed] | list[SentDeed | None])
any_deeds = msgspec.json.Decoder(Listed[Any] | list[Any])
PARTS = ("track", "playlist", "user")
"""The fields that hold an object."""
NOBODY = SentOwner()


def deeds_of(response: Response) -> tuple[Sequence[SentDeed], Any]:
    """The items on a page of a list, and its link to the next; what is no object counts as absent."""
    try:
        return page_of(response, usual_deeds)
    except ParseError:
        found, following = page_of(response, any_deeds)
        return [msgspec.convert(_mended(item), SentDeed) for item in found if isinstance(item, dict)], following


def _mended(sent: dict[str, Any]) -> dict[str, Any]:
    """The same without what should be an object and is not."""
    parts = {name: _mended(sent[name]) if isinstance(sent.get(name), dict) else None for name in PARTS}
    return sent | parts


class Deed(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One interaction."""

    item: str
    """The thing that was liked, reposted, commented or followed, or the comment: the same item twice is one deed."""
    target: int
    """The account that it counts for."""
    permalink: str | None = None
    name: str | None = None
    followers: int | None = None
    at: str | None = None


def deed(kind: str, sent: SentDeed, place: str = "") -> Deed | None:
    """An item of a list; None if nobody can tell whom it is about. Without an id its place tells it from others."""
    if kind == FOLLOWS:
        target = identifier(sent.id, sent.urn)
        return None if target is None else _described(f"user {target}", target, sent, None)
    thing = sent.track or sent.playlist
    if thing is None:
        # The official API tells of the sound itself, without the date of the deed. A comment or repost whose sound is
        # missing has a user too, who made it.
        alone = identifier(sent.id, sent.urn)
        is_sound = kind != COMMENTS and sent.uuid is None and sent.kind in SOUNDS and alone
        return _with_owner(f"{sent.kind or 'track'} {alone}", sent, None) if is_sound else None
    if kind == COMMENTS:
        item = f"comment {identifier(sent.id, sent.urn) or place}"
    else:
        item = f"{'track' if thing is sent.track else 'playlist'} {identifier(thing.id, thing.urn) or place}"
    return _with_owner(item, thing, moment(sent.created_at))


def _with_owner(item: str, thing: SentSound | SentDeed, at: str | None) -> Deed | None:
    owner = thing.user or NOBODY
    target = identifier(owner.id, owner.urn, thing.user_id, thing.user_urn)
    return None if target is None else _described(item, target, owner, at)


def _described(item: str, target: int, user: SentOwner | SentDeed, at: str | None) -> Deed:
    return Deed(
        item,
        target,
        text(user.permalink) or last_segment(text(user.permalink_url)),
        text(user.username),
        count(user.followers_count),
        at,
    )
