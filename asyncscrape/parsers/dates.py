"""Dates and times, read from text.

Without a `format` these are understood: ISO 8601, RFC 2822, and the common ways of English ("Dec 02, 2020",
"2. December 2020, 10:30"), which `months` extends to other languages. With one or several, only what strptime accepts
for one of them; the first that fits counts.

A date is the day as written, "2020-12-02"; a datetime is in UTC, with milliseconds and "Z". A time without a zone is
taken as one in `zone`, else as UTC. Where only the day of a time with its own zone is wanted, that time is first
brought into `zone`, if there is one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo

from asyncscrape.model import timestamp
from asyncscrape.parsers.month_names import ENGLISH_MONTHS, Months, translation

LONGEST = 80
"""Characters of a date in words; longer text is not one."""

_ZONES = {"Z": 0, "UT": 0, "UTC": 0, "GMT": 0, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6}
_ZONES |= {"PST": -8, "PDT": -7}

_ENGLISH = re.compile(
    r"""(?: (?:mon|tue|wed|thu|fri|sat|sun) [a-z]* \.? ,? \s+ )?
        (?: (?P<d1> \d{1,2} ) (?: \.\s* | (?:st|nd|rd|th|er)? [\s-]+ ) (?:of \s+)?
            (?P<m1> [a-z]{3,9} ) \.? ,? [\s-]+
          | (?P<m2> [a-z]{3,9} ) \.? \s+ (?P<d2> \d{1,2} ) (?:st|nd|rd|th)? ,? \s+ )
        (?P<year> \d{4} ) \.?
        (?: \s* [,-]? \s+ (?:at \s+)? (?P<hour> \d{1,2} ) [:.h] (?P<minute> \d\d ) (?: : (?P<second> \d\d ) )?
            (?: \s* (?P<half> [ap] ) \.?m\.? )?
            (?: \s* (?P<zone> [a-z]{1,3} | [-+]\d\d:?\d\d ) )? (?: \s* \( \w+ \) )? )?
    """,
    re.VERBOSE | re.IGNORECASE,
)


MEMORABLE = 200
"""Characters of the longest text that is remembered along with its date."""


class DateReader:
    """Reads the dates and times of one field."""

    def __init__(self, formats: Sequence[str] = (), months: Months | None = None, zone: str | None = None) -> None:
        self._formats = formats
        self._months = translation(months) if months else None
        self._zone = ZoneInfo(zone) if zone else None
        self._written_before = lru_cache(4096)(self._written)

    def day(self, text: str) -> str | None:
        """The day that a text tells."""
        if len(text) == 10 and text[4] == "-" == text[7] and not self._formats:
            return text if _is_date(text) else None
        moment = self._moment(text)
        return self.day_of(moment) if moment else None

    def _moment(self, text: str) -> datetime | None:
        """The moment that a text tells. Most texts come again; long ones are no dates, and are not kept."""
        return self._written_before(text) if len(text) <= MEMORABLE else self._written(text)

    def time(self, text: str) -> str | None:
        """The moment that a text tells, in UTC."""
        moment = self._moment(text)
        return self.time_of(moment) if moment else None

    def day_of(self, moment: datetime) -> str | None:
        """The day of a moment, in the zone of the source."""
        try:
            return (moment.astimezone(self._zone) if self._zone and moment.tzinfo else moment).date().isoformat()
        except OverflowError:
            return None

    def time_of(self, moment: datetime) -> str | None:
        """The moment in UTC."""
        try:
            return timestamp(moment if moment.tzinfo else moment.replace(tzinfo=self._zone or UTC))
        except OverflowError:
            return None

    def _written(self, text: str) -> datetime | None:
        """The moment as written, with its zone if it names one."""
        text = text.strip()
        attempts = self._by_format(text) if self._formats else self._freely(text)
        return next((moment for moment in attempts if moment is not None), None)

    def _by_format(self, text: str) -> Iterator[datetime | None]:
        for format in self._formats:
            yield _parsed(text, format)
            if self._months and len(text) <= LONGEST:
                month, day = ("%b" if "%b" in format else "%B"), ("%a" if "%a" in format else "%A")
                for reading in self._months.readings(text, month, day):
                    yield _parsed(reading, format)

    def _freely(self, text: str) -> Iterator[datetime | None]:
        if len(text) > LONGEST:
            return
        yield _iso(text)
        yield _in_english(text)
        if self._months:
            yield from map(_in_english, self._months.readings(text))


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _parsed(text: str, format: str) -> datetime | None:
    try:
        return datetime.strptime(text, format)
    except (ValueError, re.error):
        return None


def _iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _in_english(text: str) -> datetime | None:
    found = _ENGLISH.fullmatch(text)
    try:
        return found and _english(found)
    except ValueError:
        return None


def _english(found: re.Match[str]) -> datetime | None:
    name = (found["m1"] or found["m2"]).lower()
    month = next((number for number, full in enumerate(ENGLISH_MONTHS, 1) if full.lower().startswith(name)), 0)
    hour = int(found["hour"] or 0)
    if found["half"]:
        hour = hour % 12 + (12 if found["half"] in "pP" else 0)
    day, minute, second = int(found["d1"] or found["d2"]), int(found["minute"] or 0), int(found["second"] or 0)
    return datetime(int(found["year"]), month, day, hour, minute, min(second, 59), tzinfo=_zone(found["zone"]))


def _zone(name: str | None) -> timezone | None:
    if name is None:
        return None
    if name.upper() in _ZONES:
        return timezone(timedelta(hours=_ZONES[name.upper()]))
    parsed = datetime.strptime(name, "%z").tzinfo  # raises ValueError for an unknown name
    return parsed if isinstance(parsed, timezone) else None
