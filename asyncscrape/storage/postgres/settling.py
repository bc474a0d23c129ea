"""What the rows of one chunk come to: the newest record of each key, or one merged of several. Pure: no I/O.

The order of two rows with a key is that of their ranks, then that of their lines; see `records/newest.py`. A
withdrawal removes the rows before it in this order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from operator import itemgetter
from typing import Any, NamedTuple

import msgspec

from asyncscrape.model import timestamp
from asyncscrape.records.lines import PROVENANCE
from asyncscrape.records.newest import Rank, rank
from asyncscrape.storage.postgres.copy_rows import CopyRow, TableShape
from asyncscrape.storage.postgres.ranks import FETCHED_AT, RANKS, URL

NO_RANK = Rank("", "")
"""The rank of a row without an origin, such as the user's own: older than any other."""
FROM_BEFORE = -1
"""The place of a withdrawal from an earlier chunk, before all lines of this one."""

NULL = msgspec.Raw(b"null")
Order = tuple[Rank, int]
"""A rank and the place of the line."""


class Remaining(NamedTuple):
    """The places of the rows that count."""

    records: list[int]
    """The records that no withdrawal removes, in the order of their lines."""
    withdrawals: list[int]
    """The newest withdrawal of each key, in the order of the keys."""


class Settler:
    """Settles the rows of one table."""

    def __init__(self, shape: TableShape) -> None:
        self.merges = RANKS in shape.kinds
        self.key = _key(shape)
        """The key of a row, for comparing and sorting."""
        self._key_size = len(shape.key)
        self._url = shape.columns.index(URL)
        self._fetched_at = shape.columns.index(FETCHED_AT)
        self._ranks = shape.columns.index(RANKS) if self.merges else None
        told = {*shape.key, RANKS, *(column.name for column in PROVENANCE)}
        self._merged = [(place, name) for place, name in enumerate(shape.columns) if name not in told]

    def key_text(self, row: CopyRow) -> str:
        """The key as canonical JSON: equal keys give the same text."""
        values = [_canonical(value) for value in row[: self._key_size]]
        return msgspec.json.encode(values, order="sorted").decode()

    def origin(self, row: CopyRow) -> tuple[str | None, datetime | None]:
        """Where and when the record was found."""
        return row[self._url], row[self._fetched_at]

    def earliest(self, rows: Iterable[CopyRow]) -> datetime | None:
        """When the first of these records was found, if any says so."""
        place = self._fetched_at
        return min((row[place] for row in rows if row[place] is not None), default=None)

    def stands(self, row: CopyRow, before: CopyRow) -> bool:
        """Whether the row stands against one of an earlier line; prints of URLs are made only for equal times."""
        time, earlier = row[self._fetched_at], before[self._fetched_at]
        if time != earlier:
            return earlier is None or (time is not None and time > earlier)
        return row[self._url] == before[self._url] or self._rank(row) >= self._rank(before)

    def remaining(self, rows: Sequence[CopyRow], withdrawn: Collection[int], known: Mapping[Any, Rank]) -> Remaining:
        """The rows that count, where some are withdrawals and earlier ones are known, by key."""
        gone: dict[Any, Order] = {key: (rank, FROM_BEFORE) for key, rank in known.items()}
        for place in withdrawn:
            key = self.key(rows[place])
            gone[key] = max(gone.get(key, (NO_RANK, FROM_BEFORE)), (self._rank(rows[place]), place))
        stand = [place for place in range(len(rows)) if place not in withdrawn and self._outlives(rows, place, gone)]
        return Remaining(stand, [gone[key][1] for key in sorted(gone) if gone[key][1] != FROM_BEFORE])

    def settled(self, rows: Sequence[CopyRow]) -> list[CopyRow]:
        """Each key once, sorted: so two jobs that write to the same table never deadlock."""
        found = self._by_key(rows) if self.merges else self._newest(rows)
        return [found[key] for key in sorted(found)]

    def newest(self, rows: Sequence[CopyRow]) -> dict[Any, int]:
        """The place of the newest row of each key."""
        newest: dict[Any, int] = {}
        for place, row in enumerate(rows):
            before = newest.setdefault(self.key(row), place)
            if before != place and self.stands(row, rows[before]):
                newest[self.key(row)] = place
        return newest

    def alone(self, row: CopyRow) -> CopyRow:
        """The row as it goes into the table without any other of its key."""
        return self._one([row]) if self.merges else row

    def _outlives(self, rows: Sequence[CopyRow], place: int, gone: Mapping[Any, Order]) -> bool:
        end = gone.get(self.key(rows[place]))
        return end is None or (self._rank(rows[place]), place) > end

    def _rank(self, row: CopyRow) -> Rank:
        return rank_of(*self.origin(row))

    def _newest(self, rows: Sequence[CopyRow]) -> dict[Any, CopyRow]:
        key = self.key
        found = {key(row): row for row in rows}
        if len(found) == len(rows):
            return found
        return {key: rows[place] for key, place in self.newest(rows).items()}

    def _by_key(self, rows: Sequence[CopyRow]) -> dict[Any, CopyRow]:
        groups: defaultdict[Any, list[CopyRow]] = defaultdict(list)
        for row in rows:
            groups[self.key(row)].append(row)
        return {key: self._one(group) for key, group in groups.items()}

    def _one(self, rows: Sequence[CopyRow]) -> CopyRow:
        """The newest row, with the newest value in each column and the ranks of these values."""
        ranks: dict[str, str] = {}
        whole: list[Any] = []
        for found, row in sorted(((self._rank(row), row) for row in rows), key=itemgetter(0)):
            values = list(row)
            for place, name in self._merged:
                if row[place] is not None and row[place] != NULL:
                    ranks[name] = " ".join(found)
                elif whole:
                    values[place] = whole[place]
            whole = values
        assert self._ranks is not None
        whole[self._ranks] = msgspec.Raw(msgspec.json.encode(ranks))
        return tuple(whole)


def rank_of(url: str | None, fetched_at: datetime | None) -> Rank:
    """The rank of a row with this origin."""
    if fetched_at is None:
        return NO_RANK
    time = timestamp(fetched_at)
    return Rank(time, "") if url is None else rank(url, time)


def _key(shape: TableShape) -> Callable[[CopyRow], Any]:
    """A function that gives the key of a row; the key's columns come first in it."""
    if "json" in map(shape.kinds.get, shape.key):
        return lambda row: tuple(map(_comparable, row[: len(shape.key)]))
    return itemgetter(0) if len(shape.key) == 1 else itemgetter(slice(len(shape.key)))


def _comparable(value: Any) -> Any:
    if isinstance(value, msgspec.Raw):
        return msgspec.json.encode(msgspec.json.decode(value), order="sorted")
    return value


def _canonical(value: Any) -> Any:
    """A value of a key; numbers and times that are equal become the same."""
    match value:
        case msgspec.Raw():
            return msgspec.json.decode(value)
        case Decimal():
            return _plain(value)
        case float():
            return value + 0.0  # makes -0.0 zero
        case datetime():
            return value.astimezone(UTC)
        case _:
            return value


def _plain(number: Decimal) -> str:
    """A number without the zeros at its end, however long it is."""
    sign, digits, exponent = number.as_tuple()
    text = "".join(map(str, digits)).lstrip("0")
    short = text.rstrip("0")
    return f"{'-' * sign}{short}e{int(exponent) + len(text) - len(short)}" if short else "0"
