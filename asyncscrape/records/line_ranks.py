"""The rank of a record, read from its line, which is complete with its origin.

Of most lines only the time is looked at: its place at the end of the line is known. The URL and its fingerprint count
only where two times are equal.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from asyncscrape.records.lines import FETCHED_AT, TIME, URL, says_origin
from asyncscrape.records.newest import Rank, rank, url_print


class _Told(msgspec.Struct):
    """The origin in a line that is written in another way than ours."""

    url: Any = msgspec.field(name="_url", default="")
    fetched_at: Any = msgspec.field(name="_fetched_at", default="")


_decode = msgspec.json.Decoder(_Told).decode
_decode_url = msgspec.json.Decoder(str).decode


def by_rank(lines: Iterable[bytes]) -> list[bytes]:
    """The lines from the lowest rank to the highest; of equal ones the later is later."""
    return sorted(lines, key=line_rank)


def line_rank(line: bytes) -> Rank:
    """The rank of a line's record."""
    return rank(_url(line), _fetched_at(line))


def replaces(later: bytes, earlier: bytes) -> bool:
    """Whether the later of two lines with one key stands, and not the earlier."""
    new, old = _fetched_at(later), _fetched_at(earlier)
    if new != old:
        return new > old
    new, old = _url(later), _url(earlier)
    return new == old or url_print(new) >= url_print(old)


def _fetched_at(line: bytes) -> str:
    if says_origin(line):
        return line[-TIME - 2 : -2].decode()
    return str(_decode(line).fetched_at)


def _url(line: bytes) -> str:
    if says_origin(line):
        return _decode_url(line[line.rindex(URL) + len(URL) : -TIME - 2 - len(FETCHED_AT)])
    return str(_decode(line).url)
