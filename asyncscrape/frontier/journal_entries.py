"""Records on their way into the journal: by table, in as few entries as hold them. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from asyncscrape.bundles import Closed
from asyncscrape.model import BLOBS, Lines, Outcome
from asyncscrape.records.lines import encode_blob

MOST_IN_AN_ENTRY = 64_000_000
"""Bytes of a journal entry, unless one page has more; SQLite and Postgres take a thousand million."""


def entries(pieces: Iterable[Lines], most: int = MOST_IN_AN_ENTRY) -> Iterator[list[Lines]]:
    """Records in as few entries of the journal as hold them; pieces are never cut."""
    entry: list[Lines] = []
    size = 0
    for piece in pieces:
        if entry and size + len(piece.text) > most:
            yield entry
            entry, size = [], 0
        entry.append(piece)
        size += len(piece.text)
    if entry:
        yield entry


def by_table(
    outcomes: Sequence[Outcome], closed: Closed | None, made: Mapping[str, Lines]
) -> Mapping[str, Sequence[Lines]]:
    """The records of a group, and the rows of its files, by table."""
    tables: defaultdict[str, list[Lines]] = defaultdict(list)
    found = [one.records for one in outcomes]
    found += [{BLOBS.name: encode_blob(file)} for one in outcomes for file in one.stored]
    for records in [*found, *([closed.records] if closed else []), made]:
        for table, some in records.items():
            tables[table].append(some)
    return tables
