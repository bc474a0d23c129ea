"""What an archive must not hold: credentials, in headers, URLs and bodies."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from urllib.parse import quote

REMOVED = b"redacted"
COOKIES = frozenset({"set-cookie", "set-cookie2", "authorization", "proxy-authorization", "authentication-info"})
"""Headers of an answer that are left out."""
BEFORE = rb"""(?:(?<![A-Za-z0-9_])|(?<=%[0-9A-Fa-f]{2})|(?<=\\u0026))"""
"""What stands before a name: nothing that would make it another one."""
QUOTED = rb"""(?i)(BEFORE(?:NAMES)\\?["']?\s*[:=]\s*\\?["'])(?:[^"'\\]|\\[^"'])+"""
"""A name with its value in quotes, as in JSON and scripts, also within another text."""
NUMBER = rb"""(?i)((?<=["'])(?:NAMES)\\?["']\s*:\s*)\d+"""
BARE = rb"""(?i)(BEFORE(?:NAMES)(?:=|%3D|\s*:\s*))[^&"'\s<>\\;,}%]+"""
"""A name with its value as in a query, also one within another query."""
WAYS = ((QUOTED, REMOVED), (NUMBER, b"0"), (BARE, REMOVED))
"""Patterns that begin with a name and whose first group stays, and what takes the place of the rest."""
SHORTEST = 12
"""Characters of a value that is looked for everywhere."""


class Redaction:
    """Takes out the values of some names, and some values wherever they stand."""

    def __init__(self, names: tuple[str, ...] = (), values: tuple[str, ...] = ()) -> None:
        """Of each of `values` the last word counts, if it looks like a credential: "Bearer TOKEN"."""
        self.names = names
        self.values = tuple(word for value in values if random_looking(word := (value.split() or [""])[-1]))

    def of(self, text: bytes) -> bytes:
        """The same without them."""
        places: list[int] | None = None
        for pattern, instead in self._named:
            places = self._places(text) if places is None else places
            if found := _matches(pattern, text, places):
                text, places = _with(instead, found, text), None
        for value in self._literal:
            text = text.replace(value, REMOVED)
        return text

    def _places(self, text: bytes) -> list[int]:
        """Where the names stand. To try the patterns everywhere takes twenty to sixty times as long."""
        lowered = text.lower()
        return sorted({place for name in self.names for place in _all(name.lower().encode(), lowered)})

    @cached_property
    def _named(self) -> list[tuple[re.Pattern[bytes], bytes]]:
        names = b"|".join(re.escape(name.encode()) for name in self.names)
        filled = ((way.replace(b"BEFORE", BEFORE).replace(b"NAMES", names), by) for way, by in WAYS)
        return [(re.compile(pattern), by) for pattern, by in filled] if names else []

    @cached_property
    def _literal(self) -> tuple[bytes, ...]:
        """The values, as they are and as JSON and queries write them."""
        forms = (form for value in self.values for form in (value, value.replace("/", "\\/"), quote(value, "")))
        return tuple(form.encode() for form in dict.fromkeys(forms))


def _all(part: bytes, text: bytes) -> Iterator[int]:
    """Where a part of a text stands."""
    place = text.find(part)
    while place >= 0:
        yield place
        place = text.find(part, place + 1)


def _matches(pattern: re.Pattern[bytes], text: bytes, places: Iterable[int]) -> list[re.Match[bytes]]:
    """What matches in some places of a text, without what overlaps an earlier match."""
    found, end = list[re.Match[bytes]](), 0
    for place in places:
        if place >= end and (match := pattern.match(text, place)):
            found.append(match)
            end = match.end()
    return found


def _with(instead: bytes, found: Iterable[re.Match[bytes]], text: bytes) -> bytes:
    """The text with something else behind the first group of each match."""
    pieces, end = list[bytes](), 0
    for match in found:
        pieces += text[end : match.end(1)], instead
        end = match.end()
    return b"".join((*pieces, text[end:]))


def random_looking(value: str) -> bool:
    """Whether a value can only be a credential: a word or an address may stand in any page."""
    return (
        len(value) >= SHORTEST
        and "://" not in value
        and bool(re.search(r"\d", value) and re.search("[A-Za-z]", value))
    )
