"""The lists that are read by a cursor: a time, the name of the list, and an id.

The server takes as many items as it is asked for and then drops what is hidden, so pages can be short. Under some
accounts (`is_patchy`) it takes fewer, or none at all: then the next cursor is the same but for its milliseconds.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zlib import crc32

from asyncscrape.replica.scene.nouns import UploadedTrack

_CURSOR = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{3})Z,tracks,0*(\d+)")
_PATCHY_EVERY = 10
_MOST_EMPTY = 2
"""So many empty pages may follow each other."""


@dataclass(frozen=True)
class Cursor:
    """A place in a list: after the item of this time and id."""

    time: datetime
    id: int
    empty_pages: int = 0
    """How many empty pages have just been sent."""

    def written(self, digits: int) -> str:
        """The cursor as it stands in an address."""
        return f"{self.time:%Y-%m-%dT%H:%M:%S}.{self.empty_pages:03}Z,tracks,{self.id:0{digits}}"


def cursor_in(text: str) -> Cursor | None:
    """The cursor in an address, if there is one."""
    found = _CURSOR.fullmatch(text)
    if found is None:
        return None
    return Cursor(datetime.fromisoformat(found[1]).replace(tzinfo=UTC), int(found[3]), int(found[2]))


def is_patchy(user_id: int) -> bool:
    """Whether the pages of an account are short or empty for no reason that one could see."""
    return user_id % _PATCHY_EVERY == 3


def window(
    tracks: Sequence[UploadedTrack], limit: int, cursor: Cursor | None, is_shown: Callable[[UploadedTrack], bool]
) -> tuple[Sequence[UploadedTrack], Cursor | None]:
    """The shown ones of the next so many tracks (newest first), and where to go on."""
    start = bisect_right(tracks, _order(cursor.time, cursor.id), key=_order_of) if cursor else 0
    empty_pages = cursor.empty_pages if cursor else 0
    size = _size(tracks[start], limit, empty_pages) if start < len(tracks) else 0
    end = start + size
    if end >= len(tracks):
        return tuple(filter(is_shown, tracks[start:])), None
    last = tracks[max(end, 1) - 1]
    reached = Cursor(last.created_at, last.id)
    if size == 0:
        first = tracks[0]
        reached = (
            Cursor(cursor.time, cursor.id, empty_pages + 1) if cursor else Cursor(first.created_at, first.id + 1, 1)
        )
    return tuple(filter(is_shown, tracks[start:end])), reached


def _size(first: UploadedTrack, limit: int, empty_pages: int) -> int:
    """How many tracks a page holds that begins with this one."""
    if not is_patchy(first.by.id):
        return limit
    sizes = (0, 1, 4, limit) if empty_pages < _MOST_EMPTY else (1, 4, limit)
    return min(limit, sizes[crc32(b"%d %d" % (first.id, empty_pages)) % len(sizes)])


def _order(time: datetime, track_id: int) -> tuple[float, int]:
    return -time.timestamp(), -track_id


def _order_of(upload: UploadedTrack) -> tuple[float, int]:
    return _order(upload.created_at, upload.id)
