"""What is true in the crowd, as plain functions: the copy of SoundCloud answers from it, and tests compare with it.

`crowd` is the value of parameters; a replica tells of `Crowd()` unless it is told otherwise. The kinds of deeds are
those of `KINDS`. Everything is drawn at its first use.

A walk over `Crowd()` may begin with `seeds(Crowd())`: user__cc4, user__e9d, dj_nachtzug__1231, tarek__255d.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from asyncscrape.replica.crowd import acts, uploads
from asyncscrape.replica.crowd.id_ranges import place_of_account
from asyncscrape.replica.crowd.nouns import (
    KINDS,
    Act,
    Breakage,
    Crowd,
    DeedCount,
    LikedPlaylist,
    Member,
    MemberState,
)
from asyncscrape.replica.crowd.people import names, profile
from asyncscrape.replica.crowd.population import population
from asyncscrape.replica.scene.nouns import UploadedTrack

UNSEEN = Crowd(
    seed=90_917,
    accounts=8_000,
    communities=17,
    smallest=60,
    largest=1_800,
    to_stars=0.33,
    inside=0.37,
    to_neighbour=0.09,
    activity=150,
    era=0.5,
)
"""Another crowd, with other sizes and another mixture. It was chosen without a look at how any method fares on it.
Nobody tunes on it: it is for the last measurement alone."""

EMERGED = 0.15
"""The quantile of distinct upload times at which somebody emerges."""


def accounts(crowd: Crowd) -> Sequence[Member]:
    """All of them, also the deleted ones, by id."""
    return [_at(crowd, place) for place in range(crowd.accounts)]


def account(crowd: Crowd, who: int | str) -> Member | None:
    """Somebody by id, or by their permalink of today or of before; None if there never was anybody."""
    place = names(crowd).places.get(who) if isinstance(who, str) else place_of_account(who, crowd.accounts)
    return None if place is None else _at(crowd, place)


def community_of(crowd: Crowd, user_id: int) -> int:
    """The planted label of an account."""
    return population(crowd).community[_place(crowd, user_id)]


def deeds_of(crowd: Crowd, user_id: int, kind: str) -> Sequence[Act]:
    """Somebody's deeds of one kind, newest first, as the APIs tell them; none from a list that is broken."""
    place = _place(crowd, user_id)
    broken = acts.breakage(crowd, place)
    return () if broken and broken.kind == kind else acts.deeds_of(crowd, place, kind)


def broken_list(crowd: Crowd, user_id: int) -> Breakage | None:
    """The list of an account that always fails, if it has one."""
    return acts.breakage(crowd, _place(crowd, user_id))


def uploads_of(crowd: Crowd, user_id: int) -> Sequence[UploadedTrack]:
    """Somebody's tracks, the newest first."""
    return uploads.uploads_of(crowd, _place(crowd, user_id))


def number_of_uploads(crowd: Crowd, user_id: int) -> int:
    """How many tracks somebody has uploaded."""
    return population(crowd).tracks[_place(crowd, user_id)]


def upload(crowd: Crowd, track_id: int) -> UploadedTrack | None:
    """A track, also of somebody who is deleted; None if there is none."""
    return uploads.upload(crowd, track_id)


def playlist(crowd: Crowd, playlist_id: int) -> LikedPlaylist:
    """A playlist that somebody likes."""
    return uploads.playlist(crowd, playlist_id)


def emerged(crowd: Crowd, user_id: int) -> datetime | None:
    """The 15 % quantile of somebody's upload times, between the two next to it in proportion; None without tracks."""
    times = uploads.times(crowd, _place(crowd, user_id))
    if not times:
        return None
    whole, part = divmod((len(times) - 1) * EMERGED, 1)
    low, high = times[int(whole)], times[min(int(whole) + 1, len(times) - 1)]
    return uploads.moment(int(low + (high - low) * part))


def interactions(
    crowd: Crowd, user_id: int, latest: int, kinds: Sequence[str] = KINDS
) -> Mapping[tuple[str, int], DeedCount]:
    """What the latest so many deeds of each kind come to, by kind and target: the slow, plain count.

    Somebody with a broken list among the kinds has none at all: an account that fails is an empty row.
    """
    broken = broken_list(crowd, user_id)
    if broken and broken.kind in kinds:
        return {}
    found: dict[tuple[str, int], list[datetime | None]] = {}
    for kind in kinds:
        for deed in deeds_of(crowd, user_id, kind)[:latest]:
            found.setdefault((kind, deed.target_id), []).append(deed.at)
    return {key: _counted(times) for key, times in found.items()}


def seeds(crowd: Crowd) -> Sequence[str]:
    """Permalinks of four well-known accounts of different communities, to begin a walk with."""
    tables, found = population(crowd), []
    for community in range(0, min(8, crowd.communities), 2):
        usual = (place for place in tables.members[community].places if tables.state[place] is MemberState.USUAL)
        known = next(place for place in usual if place not in tables.is_star and tables.tracks[place])
        found.append(names(crowd).permalinks[known])
    return found


def _counted(times: Sequence[datetime | None]) -> DeedCount:
    told = [time for time in times if time is not None]
    return DeedCount(len(times), min(told, default=None), max(told, default=None))


def _place(crowd: Crowd, user_id: int) -> int:
    place = place_of_account(user_id, crowd.accounts)
    if place is None:
        raise KeyError(user_id)
    return place


def _at(crowd: Crowd, place: int) -> Member:
    tables, known = population(crowd), names(crowd)
    return Member(
        profile=profile(crowd, place),
        state=tables.state[place],
        community=tables.community[place],
        is_star=place in tables.is_star,
        former_permalink=known.former.get(place),
    )
