"""What an archive must not hold: credentials, in headers, URLs and bodies."""

from __future__ import annotations

import re
from functools import cached_property

REMOVED = b"redacted"
COOKIES = frozenset({"set-cookie", "set-cookie2", "authorization", "proxy-authorization", "authentication-info"})
"""Headers of an answer that are left out."""
NAMED = rb"""(["'&?;]|\A|&amp;|\\u0026)(%s)(["']\s*:\s*["']|=)([^"'&\s<>\\;]+)"""
"""A name with its value, as in JSON, in a query, or in a script."""


class Redaction:
    """Takes out the values of some names, and some values wherever they stand."""

    def __init__(self, names: tuple[str, ...] = (), values: tuple[str, ...] = ()) -> None:
        """Of `values`, the short ones are left: they would be found everywhere."""
        self.names = names
        self.values = tuple(value for value in values if len(value) >= 8)

    def of(self, text: bytes) -> bytes:
        """The same without them."""
        if self._named is not None:
            text = self._named.sub(rb"\1\2\3" + REMOVED, text)
        for value in self._literal:
            text = text.replace(value, REMOVED)
        return text

    @cached_property
    def _named(self) -> re.Pattern[bytes] | None:
        names = b"|".join(re.escape(name.encode()) for name in self.names)
        return re.compile(NAMED % names) if names else None

    @cached_property
    def _literal(self) -> tuple[bytes, ...]:
        return tuple(value.encode() for value in self.values)
