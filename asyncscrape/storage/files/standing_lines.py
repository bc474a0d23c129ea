"""The lines of each key that count, however many there are: one, or with `merge` all that give a column its value.

Lines come complete, each with its origin, and leave in the order of their keys; those of one key from the oldest to
the newest. A withdrawal is a line like any other: it stays, so that an older record that comes later stays away.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, Protocol

from asyncscrape.records.json_rows import raw_fields
from asyncscrape.records.line_ranks import by_rank, replaces
from asyncscrape.records.lines import is_withdrawal


class StandingLines(Protocol):
    """Lines by key, in memory."""

    def add(self, keys: Iterable[Any], lines: Sequence[bytes]) -> None:
        """Add lines with their keys, in the order of the journal."""

    def in_order(self) -> Iterator[bytes]:
        """The lines that count."""

    def clear(self) -> None:
        """Forget all."""


class NewestLines:
    """One line for each key: the newest."""

    def __init__(self) -> None:
        self._newest: dict[Any, bytes] = {}

    def add(self, keys: Iterable[Any], lines: Sequence[bytes]) -> None:
        """Add lines. Only keys that are here already, or come twice, cost more than their place in a dict."""
        newest, keys = self._newest, list(keys)
        some = dict(zip(keys, lines, strict=True))
        if len(some) == len(keys) and newest.keys().isdisjoint(some):
            newest.update(some)
            return
        for key, line in zip(keys, lines, strict=True):
            standing = newest.get(key)
            if standing is None or replaces(line, standing):
                newest[key] = line

    def in_order(self) -> Iterator[bytes]:
        """The lines that count."""
        return map(self._newest.__getitem__, sorted(self._newest))

    def clear(self) -> None:
        """Forget all."""
        self._newest.clear()


class ContributingLines:
    """Of each key the lines that `contributing` keeps."""

    def __init__(self) -> None:
        self._lines: dict[Any, list[bytes]] = {}

    def add(self, keys: Iterable[Any], lines: Sequence[bytes]) -> None:
        """Add lines; what they contribute is found once all are known."""
        for key, line in zip(keys, lines, strict=True):
            self._lines.setdefault(key, []).append(line)

    def in_order(self) -> Iterator[bytes]:
        """The lines that count."""
        return chain.from_iterable(contributing(self._lines[key]) for key in sorted(self._lines))

    def clear(self) -> None:
        """Forget all."""
        self._lines.clear()


def contributing(lines: Sequence[bytes]) -> Sequence[bytes]:
    """Of the lines of one key those that a merged row is made of, from the oldest to the newest.

    These are the newest line, and older ones that give a value where all newer ones have none; nothing before a
    withdrawal.
    """
    if len(lines) == 1:
        return lines
    kept: list[bytes] = []
    known: set[str] = set()
    for line in reversed(by_rank(lines)):
        if is_withdrawal(line):
            kept.append(line)
            break
        given = {name for name, value in raw_fields(line).items() if value != b"null"}
        if not kept or not given <= known:
            kept.append(line)
        known |= given
    return kept[::-1]
