"""The order in which failed requests go back into the queue. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def sources_first(key: int, sources: Mapping[int, int | None]) -> Iterable[int]:
    """A row that failed, preceded by those it is a copy of, as far as they are among `sources`: all that failed."""
    chain: dict[int, None] = {}
    row: int | None = key
    while row is not None and row in sources and row not in chain:  # older versions could make circles
        chain[row] = None
        row = sources[row]
    return reversed(chain)
