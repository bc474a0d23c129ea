"""The first and the last time that Python knows, stored as what they are.

asyncpg takes them for "-infinity" and "infinity". Sites mean the date: 9999-12-31 for "no end", 0001-01-01 for "not
set". A connection sends times exactly once it is told to: that costs more, so it is told with the first such value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from asyncpg import Connection

FIRST_TIME, LAST_TIME = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
ENDS: Mapping[str, tuple[Any, Any]] = {"date": (date.min, date.max), "datetime": (FIRST_TIME, LAST_TIME)}
"""The first and the last time of each kind of column that holds times."""
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
EPOCH_DAY = date(2000, 1, 1).toordinal()
MICROSECOND = timedelta(microseconds=1)


def any_at_an_end(kinds: Sequence[str], rows: Iterable[Sequence[Any]]) -> bool:
    """Whether any value of these rows, whose columns are of these kinds, is the first or the last time."""
    places = [place for place, kind in enumerate(kinds) if kind in ENDS]
    return any(row[place] in ENDS[kinds[place]] for row in rows for place in places)


async def send_exactly(connection: Connection) -> None:
    """Send all times as they are from now on, and read them as before."""
    codecs = {"date": (_days, _date), "timestamptz": (_microseconds, _time)}
    for name, (encoder, decoder) in codecs.items():
        await connection.set_type_codec(name, schema="pg_catalog", encoder=encoder, decoder=decoder, format="tuple")


def _days(day: date) -> tuple[int]:
    return (day.toordinal() - EPOCH_DAY,)


def _date(told: tuple[int]) -> date:
    ordinal = told[0] + EPOCH_DAY
    return date.fromordinal(max(date.min.toordinal(), min(ordinal, date.max.toordinal())))


def _microseconds(time: datetime) -> tuple[int]:
    return ((time - EPOCH) // MICROSECOND,)


def _time(told: tuple[int]) -> datetime:
    try:
        return EPOCH + told[0] * MICROSECOND
    except OverflowError:  # an infinity, or a year that Python does not know
        return LAST_TIME if told[0] > 0 else FIRST_TIME
