"""The index of this machine catches up with the objects that are there, whoever has put them.

Several processes of a machine may do so at once: what one has brought, the others pass over.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

from asyncscrape.errors import FetchError
from asyncscrape.storage.archive.shared.answer_objects import ListedAnswer, ObjectName
from asyncscrape.storage.archive.shared.answer_place import AnswerPlace
from asyncscrape.storage.archive.shared.shared_index import FoundObject, SharedIndex

log = logging.getLogger(__name__)

AT_ONCE = 8
"""Lists that are fetched at once."""
GROUP = 64
"""Objects whose lists are in memory together."""


def catch_up(index: SharedIndex, place: AnswerPlace) -> None:
    """Bring what is new, and forget what is gone."""
    known = index.objects()  # before the others are asked for: whatever is brought meanwhile is not gone
    there = place.sizes()
    if gone := known.keys() - {name.text for name in there}:
        index.forget([*gone])
        known = index.objects()
    new = [name for name in there if name.text not in known]
    for first in range(0, len(new), GROUP):
        index.bring([*_found(place, {name: there[name] for name in new[first : first + GROUP]})])
    index.since(place.crawls.last())


def _found(place: AnswerPlace, sizes: Mapping[ObjectName, int]) -> Iterator[FoundObject]:
    with ThreadPoolExecutor(AT_ONCE) as threads:
        lists = [*threads.map(lambda name: _list(place, name, sizes[name]), sizes)]
    for (name, size), listed in zip(sizes.items(), lists, strict=True):
        if listed is not None:
            yield FoundObject(name, size, listed)


def _list(place: AnswerPlace, name: ObjectName, size: int) -> list[ListedAnswer] | None:
    try:
        return place.listed(name, size)
    except FetchError:  # another worker has just put a better one in its place
        return None
    except ValueError as error:
        log.warning("%s is damaged, and its answers are not found: %s", place.where(name.text), error)
        return None
