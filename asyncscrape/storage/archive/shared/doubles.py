"""Answers that are in two objects, because a worker was killed, are taken out of one of them.

Whoever does this, and whenever, must come to the same end, since two workers may do it at once. So it depends on
nothing but the objects: of two copies that stays which has a body; then that in the object with fewer answers; then
that whose object's name comes first. What is left of the other object becomes a new one, with fewer answers, before
the old one goes. So the copy that stays is never one that somebody else takes out.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from asyncscrape.errors import FetchError
from asyncscrape.storage.archive.shared.answer_objects import (
    AnswerKey,
    GrowingObject,
    ListedAnswer,
    ObjectName,
    objects_of,
)
from asyncscrape.storage.archive.shared.answer_place import AnswerPlace

log = logging.getLogger(__name__)

Rank = tuple[bool, int, str]


def take_out_doubles(place: AnswerPlace, sizes: Mapping[str, int]) -> None:
    """Let each answer in these objects be in one of them only."""
    names = {name: sizes[name.text] for name in objects_of(place.job, [*sizes])}
    try:
        lists = {name: place.listed(name, size) for name, size in names.items()}
        best = _best(lists)
        for name, listed in lists.items():
            staying = [best[one.key] == _rank(name, one) for one in listed]
            if not all(staying):
                _take_out(place, name, names[name], listed, staying)
    except FetchError as error:
        log.debug("another worker takes them out too: %s", error)
    except ValueError as error:  # what is damaged stays as it is
        log.warning("second copies of answers stay in the archive: %s", error)


def _best(lists: Mapping[ObjectName, Sequence[ListedAnswer]]) -> Mapping[AnswerKey, Rank]:
    best: dict[AnswerKey, Rank] = {}
    for name, listed in lists.items():
        for one in listed:
            rank = _rank(name, one)
            best[one.key] = min(rank, best.get(one.key, rank))
    return best


def _rank(name: ObjectName, one: ListedAnswer) -> Rank:
    return not one.whole, name.answers, name.text


def _take_out(
    place: AnswerPlace, name: ObjectName, size: int, listed: Sequence[ListedAnswer], staying: Sequence[bool]
) -> None:
    rest = GrowingObject(place.job)
    for (one, record), stays in zip(place.records(name, size, listed), staying, strict=True):
        if stays:
            rest.add(one, record)
    if made := rest.made():
        place.put(made)
    place.remove([name.text])
