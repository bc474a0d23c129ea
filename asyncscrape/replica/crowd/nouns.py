"""The crowd's parameters and its deeds: the truth, from which each site makes its own answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal, NamedTuple

import msgspec

from asyncscrape.replica.scene.nouns import Profile

KINDS = ("likes", "comments", "reposts", "follows")
"""What people do to each other."""


_Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


class Crowd(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a crowd is drawn from. Equal values give the same crowd, in any process and any order of requests."""

    seed: int = 12
    accounts: Annotated[int, msgspec.Meta(ge=100, le=1_000_000)] = 10_000
    communities: Annotated[int, msgspec.Meta(ge=2)] = 14
    smallest: Annotated[int, msgspec.Meta(ge=2)] = 40
    """Members of the smallest community, and below of the largest; the others lie between, as a power law has it."""
    largest: int = 2_500
    stars: Annotated[float, msgspec.Meta(ge=0, le=0.1)] = 0.01
    """The share of accounts whom all communities follow."""
    to_stars: _Share = 0.32
    """The share of deeds that go to them."""
    inside: _Share = 0.38
    """The share of deeds that stay in the community, on the average: some accounts hardly know their own."""
    to_neighbour: _Share = 0.1
    """The share that goes to the best-known members of the neighbouring community. The rest goes anywhere."""
    activity: Annotated[int, msgspec.Meta(ge=1)] = 170
    """The deeds of a middling account; a few have three, some thousands."""
    era: _Share = 0.62
    """The share of a community's members that began to upload in its own era."""


class MemberState(StrEnum):
    """What an account is like when it is asked for."""

    USUAL = "usual"
    EMPTY = "empty"
    """It does nothing."""
    PRIVATE = "private"
    """It does much, and shows nothing of it: its counts are above 0, its lists are empty."""
    DELETED = "deleted"
    """It is not there (404), and stands without a name in the lists of others."""
    BROKEN = "broken"
    """One of its lists always fails."""
    RENAMED = "renamed"
    """An old permalink leads to its new one."""
    UNCOUNTED = "uncounted"
    """Its counts are null."""


class Breakage(NamedTuple):
    """The list of an account that always fails."""

    kind: str
    fault: Literal["server-error", "gone", "web-page"]
    """How, as a kind of fault."""


class Member(NamedTuple):
    """Somebody of the crowd, with what no site tells."""

    profile: Profile
    state: MemberState
    community: int
    """The planted label."""
    is_star: bool
    former_permalink: str | None


class Act(NamedTuple):
    """Somebody likes, reposts or comments on a track or a playlist, or follows somebody."""

    target_id: int
    """The owner of the track or of the playlist, or who is followed."""
    at: datetime | None
    """None for those who are followed: no site tells when."""
    is_playlist: bool = False
    sound_id: int = 0
    caption: str | None = None
    first_track: int | None = None
    """The track after which a playlist is named, if it is named after one."""

    @property
    def time(self) -> datetime:
        """When it was done; not to be asked of those who are followed."""
        assert self.at is not None
        return self.at


class LikedPlaylist(NamedTuple):
    """A playlist as others like it: without its tracks."""

    id: int
    user_id: int
    permalink: str
    """The owner's, even if the account has been deleted."""
    name: str
    """The last part of its address."""
    title: str
    created_at: datetime
    duration_ms: int


class DeedCount(NamedTuple):
    """How often somebody did one kind of thing to somebody, and when."""

    n: int
    first_at: datetime | None
    last_at: datetime | None


def changed(crowd: Crowd, values: Mapping[str, Any]) -> Crowd:
    """The crowd with other parameters, which may be written as text. Raises a ValueError that says what is wrong."""
    try:
        other = msgspec.convert({**msgspec.structs.asdict(crowd), **values}, Crowd, strict=False)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from error
    if other.smallest * other.communities > other.accounts or other.smallest > other.largest:
        raise ValueError(
            "accounts must be enough for communities of the smallest size, and that must not be above largest"
        )
    return other


def crowd_of(settings: Sequence[str]) -> Crowd:
    """The crowd with parameters as a shell gives them, "name=value" each. Raises a ValueError like `changed`."""
    return changed(Crowd(), dict(setting.partition("=")[::2] for setting in settings))
