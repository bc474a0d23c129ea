"""What an archive must not hold: credentials, in headers, URLs and bodies."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from html import escape
from urllib.parse import quote, quote_plus

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
SHORTEST_PASSWORD = 6
PASSWORD = rb"(?:(?<![A-Za-z0-9])|(?<=%[0-9A-Fa-f]{2})|(?<=\\[bfnrt])|(?<=\\u[0-9A-Fa-f]{4}))FORM(?![A-Za-z0-9])"
"""A password that may be a word is not looked for within others; what escapes stand for is no letter."""
AS_SCRIPTS_DO = "!'()*"
"""What `encodeURIComponent` leaves as it is, besides what Python's `quote` leaves."""


class Redaction:
    """Takes out the values of some names, and some values wherever they stand."""

    def __init__(
        self, names: tuple[str, ...] = (), values: tuple[str, ...] = (), passwords: tuple[str, ...] = ()
    ) -> None:
        """Of each of `values` the last word counts, if it looks like a credential: "Bearer TOKEN"."""
        words = ((value.split() or [""])[-1] for value in values)
        self.names = names
        self.values = tuple(filter(random_looking, (*words, *passwords)))
        self.passwords = tuple(
            password for password in passwords if len(password) >= SHORTEST_PASSWORD and not random_looking(password)
        )

    def of(self, text: bytes) -> bytes:
        """The same without them."""
        places: list[int] | None = None
        for pattern, instead in self._named:
            places = self._places(text) if places is None else places
            if found := _matches(pattern, text, places):
                text, places = _with(instead, found, text), None
        for value in self._literal:
            text = text.replace(value, REMOVED)
        for value, pattern in self._typed:
            text = pattern.sub(REMOVED, text) if value in text else text
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
        return tuple(form for value in self.values for form in forms(value))

    @cached_property
    def _typed(self) -> list[tuple[bytes, re.Pattern[bytes]]]:
        written = [form for password in self.passwords for form in forms(password)]
        return [(form, re.compile(PASSWORD.replace(b"FORM", re.escape(form)))) for form in written]


def forms(value: str) -> list[bytes]:
    """A value as it is, and as JSON, HTML and queries write it."""
    in_json = [json.dumps(value, ensure_ascii=ascii)[1:-1] for ascii in (True, False)]
    in_queries = [quote(value, ""), quote(value, AS_SCRIPTS_DO), quote_plus(value)]
    slashed = [text.replace("/", "\\/") for text in in_json]
    written = (value, *in_json, *slashed, escape(value), escape(value, quote=False), *in_queries)
    return [text.encode() for text in dict.fromkeys(written)]


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
