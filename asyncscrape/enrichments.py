"""What is made of the finished tables, such as the sentiment of comments: between the jobs and the command `enrich`.

A job names its enrichments; each is a few steps, and each step fills one table, or a few that belong together:

1. The step reads finished tables and finds out by itself what is new or has changed; nothing else remembers that.
2. It makes rows in portions. Each portion is stored at once, like the records of a page.
3. Once all is stored the tables are finished, and the next step reads them.

So an enrichment can be killed at any moment, and goes on after the last portion that was stored. A row has the origin
of what it was made of: made twice, it is the same.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from asyncscrape.model import Lines, Table

if TYPE_CHECKING:
    import polars as pl


Read = Callable[[Table], "pl.DataFrame"]
"""Reads a finished table. Raises UsageError if it is in no file."""


class Portion(NamedTuple):
    """Rows that are stored together."""

    lines: Mapping[str, Lines]
    """By table."""
    done: int
    """How many things have been looked at so far."""


Tell = Callable[["TableStep", int, int], None]
"""Is told how far a step is: so many things of so many."""


class Work(NamedTuple):
    """What a step has to do."""

    total: int
    """How many things there are to look at; 0 if all that is stored is up to date."""
    portions: AsyncGenerator[Portion, None]


class Inputs(NamedTuple):
    """What a step may read."""

    read: Read
    has: Callable[[Table], bool]
    """Whether a table is there to be read: one that another enrichment fills may not be."""
    bring: Callable[[str, Path], Awaitable[None]]
    """Puts the downloaded file at a path into a new file, which is not to be changed. FetchError if it is gone."""
    folder: Path
    """A folder for such files, which is removed in the end."""


@dataclass(frozen=True)
class TableStep:
    """One table that is made of others, or a few."""

    table: Table
    things: str
    """What it looks at, for people: "comments"."""
    work: Callable[[Inputs], Work]
    if_nothing: str = ""
    """Advice for people whose table is empty."""
    beside: tuple[Table, ...] = ()
    """Further tables that the same work fills."""

    @property
    def tables(self) -> tuple[Table, ...]:
        """All tables that it fills."""
        return (self.table, *self.beside)


@dataclass(frozen=True)
class Enrichment:
    """A thing that people ask for by name."""

    steps: tuple[TableStep, ...]
    """In the order in which they build on each other."""
    extras: tuple[str, ...] = ()
    """The extras of pyproject.toml that it needs."""
