"""What is true in the scene, as plain functions: the copies of the sites answer from it, and tests compare with it.

`weeks` is the number of weeks that have passed since the start, `Switches.now.weeks`. Old ids stay, counts grow, and
each week has new tracks and comments. Everything is made at its first use, from a fixed seed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache, lru_cache
from itertools import chain

from asyncscrape.replica.scene import discussion, uploads
from asyncscrape.replica.scene.nouns import Comment, Profile, SoldTrack, UploadedTrack
from asyncscrape.replica.scene.people import MISTAKABLE, people
from asyncscrape.replica.scene.transliteration import words_of


def artists() -> Sequence[Profile]:
    """The 300 artists. A search for the `username` finds each, but for the `mistakable()` ones, before others."""
    return people().artists


def mistakable() -> Sequence[Profile]:
    """Artists whose name finds somebody else first who has more followers."""
    names = {namesake.username for namesake in people().namesakes[:MISTAKABLE]}
    return [artist for artist in artists() if artist.username in names]


def namesakes() -> Sequence[Profile]:
    """People who are called like an artist, or nearly."""
    return people().namesakes


def labels() -> Sequence[Profile]:
    """Labels, which upload tracks of the artists."""
    return people().labels


@cache
def profiles() -> Mapping[int, Profile]:
    """Everybody by id."""
    everybody = people()
    return {one.id: one for one in chain(artists(), everybody.namesakes, everybody.labels, everybody.listeners)}


@lru_cache(maxsize=10_000)
def profile(user_id: int, weeks: int = 0) -> Profile | None:
    """Somebody with the followers of that week; None if nobody has the id."""
    known = profiles().get(user_id)
    if known is None or weeks == 0:
        return known
    return replace(known, followers=_grown(known.followers, weeks))


@cache
def profiles_by_permalink() -> Mapping[str, Profile]:
    """Everybody by permalink."""
    return {one.permalink: one for one in profiles().values()}


@lru_cache(maxsize=2_000)
def uploads_of(user_id: int, weeks: int = 0, hidden: bool = False) -> Sequence[UploadedTrack]:
    """The uploads of somebody, newest first; the private and the deleted ones only if `hidden`."""
    found = chain.from_iterable(uploads.posted_in(week).by_profile.get(user_id, ()) for week in range(weeks, -1, -1))
    now = (upload(one.id, weeks) for one in found)
    return tuple(one for one in now if one is not None and (hidden or not (one.private or one.deleted)))


@lru_cache(maxsize=20_000)
def upload(track_id: int, weeks: int = 0) -> UploadedTrack | None:
    """An upload with the counts of that week, be it private or deleted; None if it is not there (yet)."""
    born = uploads.week_of(track_id)
    place = uploads.posted_in(born).places.get(track_id) if born <= weeks else None
    if place is None:
        return None
    first = uploads.posted_in(born).uploads[place]
    if weeks == born:
        return first
    return replace(
        first,
        likes=_told(first.likes, weeks - born),
        reposts=_told(first.reposts, weeks - born),
        plays=_told(first.plays, weeks - born),
        comment_count=None if first.comment_count is None else discussion.number_of_comments(track_id, weeks),
    )


@lru_cache(maxsize=20_000)
def upload_by_path(path: str, weeks: int = 0) -> UploadedTrack | None:
    """The upload at "artist/permalink"."""
    permalink, _, name = path.partition("/")
    by = profiles_by_permalink().get(permalink)
    theirs = uploads_of(by.id, weeks, hidden=True) if by else ()
    return next((one for one in theirs if one.permalink == name), None)


def comments_of(track_id: int, weeks: int = 0) -> Sequence[Comment]:
    """The comments under an upload, oldest first. Artists in quiet mode, private and deleted tracks have none."""
    return discussion.comments_of(track_id, weeks)


def moments_of(track: UploadedTrack) -> Sequence[int]:
    """The times in a track around which the comments bunch, in milliseconds."""
    return discussion.moments_of(track)


@cache
def sold_tracks(weeks: int = 0) -> Sequence[SoldTrack]:
    """All that the shop sells: recordings that somebody uploaded, other versions of them, and namesakes."""
    return tuple(chain.from_iterable(uploads.posted_in(week).sold for week in range(weeks + 1)))


def found(query: str) -> Sequence[Profile]:
    """The people that a search finds, best first: those with every word in their names."""
    index = _people_by_word()
    words = words_of(query)
    hits = [index.get(word, frozenset()) for word in words]
    both = frozenset.intersection(*hits) if hits else frozenset()
    everybody = _in_order_of_search()
    return sorted((everybody[place] for place in sorted(both)), key=lambda one: words_of(one.username) != words)


@cache
def _in_order_of_search() -> Sequence[Profile]:
    everybody = people()
    small = [one for one in everybody.namesakes[MISTAKABLE:] if one.followers < 1_000]
    bigger = [one for one in everybody.namesakes[MISTAKABLE:] if one.followers >= 1_000]
    first = (*everybody.namesakes[:MISTAKABLE], *small[::2])
    return (*first, *everybody.artists, *bigger, *small[1::2], *everybody.labels, *everybody.listeners)


@cache
def _people_by_word() -> Mapping[str, frozenset[int]]:
    places: dict[str, set[int]] = {}
    for place, one in enumerate(_in_order_of_search()):
        for word in words_of(f"{one.username} {one.full_name} {one.permalink}"):
            places.setdefault(word, set()).add(place)
    return {word: frozenset(found) for word, found in places.items()}


def _told(number: int | None, weeks: int) -> int | None:
    return None if number is None else _grown(number, weeks)


def _grown(number: int, weeks: int) -> int:
    return number + weeks * (number // 50 + 1)
