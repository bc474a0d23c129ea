"""Ids, counts, times and texts, in every form in which they are sent. What cannot be read is None."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from asyncscrape.model import storable
from asyncscrape.urls import canonical

LARGEST = 2**63 - 1
"""Ids and counts are 64-bit integers in every store."""
NUMBER_AT_END = re.compile(r"(?:\A|:|%3A|/)([0-9]{1,19})\Z", re.IGNORECASE)
"""An id alone, at the end of a URN, or at the end of an address, where the URN may be percent-encoded."""
PLAIN_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
SLASHED_TIME = "%Y/%m/%d %H:%M:%S %z"
"""The times of the official API."""
SLASHED_UTC = re.compile(r"([0-9]{4})/([0-9]{2})/([0-9]{2}) ([0-9]{2}:[0-9]{2}:[0-9]{2}) \+0000")
"""The same as it usually sends them: `strptime` takes ten times as long."""
"""A character that Postgres takes in no text."""
TAG = re.compile(r'"([^"]*)"|(\S+)')


def identifier(*told: Any) -> int | None:
    """The first of these that is an id: a number, its digits, a URN or an address that ends with one."""
    for value in told:
        if type(value) is int and 0 < value <= LARGEST:
            return value
        found = NUMBER_AT_END.search(value) if isinstance(value, str) else None
        if found and 0 < int(found[1]) <= LARGEST:
            return int(found[1])
    return None


def count(*told: Any) -> int | None:
    """The first of these that is a count."""
    for value in told:
        if type(value) is int and 0 <= value <= LARGEST:
            return value
        if isinstance(value, float) and value.is_integer() and 0 <= value <= LARGEST:
            return int(value)
        if isinstance(value, str) and re.fullmatch("[0-9]{1,18}", value):
            return int(value)
    return None


def text(*told: Any) -> str | None:
    """The first of these that is a text which says something."""
    for value in told:
        if isinstance(value, str) and value.strip():
            return kept(value)
    return None


def kept(value: str) -> str:
    """The text as every store can keep it."""
    return storable(value)


def moment(*told: Any) -> str | None:
    """The first of these that is a time, in UTC: "2025-02-01T18:00:00Z"."""
    for value in told:
        if isinstance(value, str) and (found := _moment(value.strip())):
            return found
    return None


def _moment(value: str) -> str | None:
    if usual := SLASHED_UTC.fullmatch(value):
        value = "{}-{}-{}T{}Z".format(*usual.groups())
    if PLAIN_TIME.fullmatch(value):
        return value if _parsed(value) else None
    found = _parsed(value)
    return found.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if found else None


def _parsed(value: str) -> datetime | None:
    try:
        found = datetime.strptime(value, SLASHED_TIME) if "/" in value else datetime.fromisoformat(value)
        found = found if found.tzinfo else found.replace(tzinfo=UTC)
        return found.astimezone(UTC) if found.year >= 1000 else None
    except (ValueError, OverflowError):
        return None


def flag(value: Any) -> bool | None:
    """A yes or no."""
    return value if isinstance(value, bool) else None


def address(value: Any) -> str | None:
    """The address of a file, in canonical form."""
    if not isinstance(value, str):
        return None
    url = value.strip()
    # Below the root of its own site, an address that is canonical already is recognised quickly.
    return canonical(url, url[: url.find("/", len("https://")) + 1]) if url.startswith("https://") else canonical(url)


def last_segment(url: str | None) -> str | None:
    """The last part of an address's path."""
    return url.partition("?")[0].rstrip("/").rpartition("/")[2] or None if url else None


def tags(told: Any) -> tuple[str, ...] | None:
    """The tags of a text in which those of several words stand in double quotes."""
    if not isinstance(told, str):
        return None
    found = (quoted.strip() or plain for quoted, plain in TAG.findall(kept(told)))
    return tuple(dict.fromkeys(tag for tag in found if tag.strip('"')))
