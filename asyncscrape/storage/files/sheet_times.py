"""Days and times for spreadsheets, which know no time zones and count milliseconds at most."""

from __future__ import annotations

from datetime import UTC, date, datetime

import msgspec


def day_of(text: str) -> date:
    """The day."""
    return msgspec.convert(text, date)


def utc(text: str) -> datetime | None:
    """The time in UTC, without a zone; None if its year would not be one of 1 to 9999."""
    time = msgspec.convert(text, datetime)
    try:
        plain = (time.astimezone(UTC) if time.tzinfo else time).replace(tzinfo=None)
    except OverflowError:
        return None
    return plain.replace(microsecond=plain.microsecond // 1000 * 1000)
