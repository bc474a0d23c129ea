"""How much one page may say: a few kilobytes of nested elements can say gigabytes.

The parsing step counts what a page has said in the end. What multiplies a page's own text is counted while it is
read, so that it never fills the memory.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import random

import msgspec

from asyncscrape.model import Record
from asyncscrape.parsers.errors import ParseError

MOST_OF_VALUES = 64_000_000
"""Bytes of the records of one page."""
MOST_OF_LINKS = 32_000_000
"""Characters of the links and files of one page."""
MOST_LINKS = 500_000
"""Links and files of one page: ten times what a sitemap may hold."""

OF_ANY_PAGE = 2_000_000
"""So much of either may come of the smallest page."""
TIMES = 32
"""A page may say so many times its own size beyond that. A base address of 8,000 characters lengthens every link by
as much, on every page of a site.
"""

FIRST_LOOK, SELDOM = 16, 64
"""The first record that is looked at, and the most records from one look to the next."""

_encode = msgspec.json.Encoder().encode


class Overrun(ParseError):
    """A page says more than it may."""


def check_values(told: int, size: float = math.inf) -> None:
    """Raise Overrun if so many bytes of values are too much for one page, of this size if that is known."""
    _check(told, size, MOST_OF_VALUES, "values")


def check_links(count: int, told: int, size: float = math.inf) -> None:
    """Raise Overrun if so many links, of so many characters in all, are too much for one page."""
    if count > MOST_LINKS:
        raise Overrun(f"it has more than {MOST_LINKS:,} links")
    _check(told, size, MOST_OF_LINKS, "links")


class Allowance:
    """The room for the records of one page, looked at while they are made.

    Measuring every record would cost as much as writing it, so that is done when a few of them, which no page can
    foresee, say that there may be no room. A page that keeps within its budget is never refused by this, and one that
    does not is refused by the parsing step at the latest.
    """

    def __init__(self) -> None:
        self.next = FIRST_LOOK
        """The number of records at which to look again."""
        self._seen = 0
        self._estimate = 0
        self._measured = 0
        self._size = 0
        """Bytes of the records measured."""

    def look(self, records: Sequence[Record]) -> None:
        """Look at the last of the records. Raises Overrun if they are too much."""
        count = len(records)
        self._estimate += (count - self._seen) * _bytes(records[-1])
        if self._estimate > MOST_OF_VALUES:
            self._size += sum(map(_bytes, records[self._measured :]))
            check_values(self._size)
            self._estimate, self._measured = self._size, count
        self._seen, self.next = count, count + int((1 + random()) * min(count, SELDOM) / 2)


def _bytes(record: Record) -> int:
    return len(_encode(record.values))


def _check(told: int, size: float, most: int, what: str) -> None:
    of_its_size = OF_ANY_PAGE + TIMES * size
    if told > most:
        raise Overrun(f"its {what} are over {most // 1_000_000} MB")
    if told > of_its_size:
        raise Overrun(f"its {what} are over {of_its_size / 1_000_000:.1f} MB, more than {TIMES} times its own size")
