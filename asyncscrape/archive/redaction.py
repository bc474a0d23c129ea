"""What an archive must not hold: credentials, in headers, URLs and bodies."""

from __future__ import annotations

import re
from functools import cached_property
from urllib.parse import quote

REMOVED = b"redacted"
COOKIES = frozenset({"set-cookie", "set-cookie2", "authorization", "proxy-authorization", "authentication-info"})
"""Headers of an answer that are left out."""
BEFORE = rb"""(?:(?<![A-Za-z0-9_])|(?<=%[0-9A-Fa-f]{2})|(?<=\\u0026))"""
"""What stands before a name: nothing that would make it another one."""
QUOTED = rb"""(?i)(BEFORE(?:NAMES)\\?["']?\s*[:=]\s*\\?["'])((?:[^"'\\]|\\[^"'])+)"""
"""A name with its value in quotes, as in JSON and scripts, also within another text."""
NUMBER = rb"""(?i)(["'](?:NAMES)\\?["']\s*:\s*)\d+"""
BARE = rb"""(?i)(BEFORE(?:NAMES)(?:=|%3D|\s*:\s*))([^&"'\s<>\\;,}%]+)"""
"""A name with its value as in a query, also one within another query."""
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
        for pattern, instead in self._named:
            text = pattern.sub(instead, text)
        for value in self._literal:
            text = text.replace(value, REMOVED)
        return text

    @cached_property
    def _named(self) -> list[tuple[re.Pattern[bytes], bytes]]:
        names = b"|".join(re.escape(name.encode()) for name in self.names)
        ways = ((QUOTED, rb"\1" + REMOVED), (NUMBER, rb"\g<1>0"), (BARE, rb"\1" + REMOVED))
        filled = ((way.replace(b"BEFORE", BEFORE).replace(b"NAMES", names), by) for way, by in ways)
        return [(re.compile(pattern), by) for pattern, by in filled] if names else []

    @cached_property
    def _literal(self) -> tuple[bytes, ...]:
        """The values, as they are and as JSON and queries write them."""
        forms = (form for value in self.values for form in (value, value.replace("/", "\\/"), quote(value, "")))
        return tuple(form.encode() for form in dict.fromkeys(forms))


def random_looking(value: str) -> bool:
    """Whether a value can only be a credential: a word or an address may stand in any page."""
    return (
        len(value) >= SHORTEST
        and "://" not in value
        and bool(re.search(r"\d", value) and re.search("[A-Za-z]", value))
    )
