"""What an account has done: its likes, comments, reposts and follows, each with the account that it is about.

What is done to a track or a playlist counts for its owner. That of a playlist often owns none of its tracks.
"""

from __future__ import annotations

from typing import Any

import msgspec

from asyncscrape.parsers.soundcloud.readings import count, identifier, last_segment, moment, text
from asyncscrape.parsers.soundcloud.wire import Listed

LIKES, COMMENTS, REPOSTS, FOLLOWS = "likes", "comments", "reposts", "follows"
KINDS = (LIKES, COMMENTS, REPOSTS, FOLLOWS)


class SentDeed(msgspec.Struct, frozen=True):
    """An item of any such list: a like, a repost or a comment with its sound, or the sound or user itself."""

    id: Any = None
    urn: Any = None
    uuid: Any = None
    kind: Any = None
    created_at: Any = None
    track: Any = None
    playlist: Any = None
    user: Any = None
    user_id: Any = None
    user_urn: Any = None
    permalink: Any = None
    permalink_url: Any = None
    username: Any = None
    followers_count: Any = None


deeds = msgspec.json.Decoder(Listed[SentDeed] | list[SentDeed | None])


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


def deed(kind: str, sent: SentDeed) -> Deed | None:
    """An item of a list; None if nobody can tell whom it is about."""
    if kind == FOLLOWS:
        target = identifier(sent.id, sent.urn)
        return None if target is None else _described(f"user {target}", target, msgspec.structs.asdict(sent), None)
    for name, thing in (("track", sent.track), ("playlist", sent.playlist)):
        if isinstance(thing, dict):
            item = f"comment {identifier(sent.id, sent.urn)}" if kind == COMMENTS else f"{name} {_id(thing)}"
            return _with_owner(item, thing, moment(sent.created_at))
    # The official API tells of the sound itself, without the date of the deed.
    alone = msgspec.structs.asdict(sent)
    return _with_owner(f"{sent.kind or 'track'} {_id(alone)}", alone, None) if _id(alone) else None


def _id(thing: dict[str, Any]) -> int | None:
    return identifier(thing.get("id"), thing.get("urn"))


def _with_owner(item: str, thing: dict[str, Any], at: str | None) -> Deed | None:
    told = thing.get("user")
    owner: dict[str, Any] = told if isinstance(told, dict) else {}
    target = identifier(owner.get("id"), owner.get("urn"), thing.get("user_id"), thing.get("user_urn"))
    return None if target is None else _described(item, target, owner, at)


def _described(item: str, target: int, user: dict[str, Any], at: str | None) -> Deed:
    return Deed(
        item,
        target,
        text(user.get("permalink")) or last_segment(text(user.get("permalink_url"))),
        text(user.get("username")),
        count(user.get("followers_count")),
        at,
    )
