"""The state of a job on its way from one frontier to another: the tables that move, and their columns.

One frontier gives the rows of each table, and another takes them as they are: with their ids, so that the order of
discovery stays, and with their places in the journal, so that every store goes on at its cursor. What belongs to one
kind of database, such as its workers, does not move.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

import msgspec

from asyncscrape.model import Generation, Table

Row = tuple[object, ...]
Tell = Callable[[int, int], None]
"""Called with the number of rows that have moved, and that of all rows."""


class MovingTable(NamedTuple):
    """A table, and its columns in the order of the values in a row."""

    name: str
    columns: tuple[str, ...]


TABLES = (
    MovingTable("meta", ("name", "value")),
    MovingTable("host", ("id", "name", "clock")),
    MovingTable("robots", ("origin", "data")),
    MovingTable(
        "url",
        (
            *("id", "fp", "url", "kind", "host", "depth", "parent", "path", "state", "due", "attempts", "hops"),
            *("reason", "detail", "source", "stored", "note", "bundle", "deaths"),
        ),
    ),
    MovingTable("content", ("path", "sha256", "line", "generation")),
    MovingTable("journal", ("seq", "name", "n", "lines")),
    MovingTable("store", ("id", "names", "seq")),
    MovingTable("flaw", ("name", "field", "kind", "n", "example", "url")),
    MovingTable("skipped", ("id", "url", "reason", "parent")),
    MovingTable("tally", ("name", "n")),
    MovingTable("bundle", ("number", "name", "step", "key", "score", "after", "link")),
    MovingTable("finding", ("id", "bundle", "kind", "data", "url", "fetched_at")),
    MovingTable("candidate", ("key", "name", "score", "link", "told", "taken")),
    MovingTable("earlier", ("fp", "state", "reason", "detail", "url", "hops", "stored", "attempts")),
    MovingTable(
        "experience",
        ("rule", "host", "by_http", "helped", "in_vain", "vain_before", "needed_before"),
    ),
)
"""In `meta` all facts but the layout; in `experience` hosts by name, and in all other tables by id."""


class JobFacts(msgspec.Struct, frozen=True):
    """What has to be known of a job to bring along what its stores hold."""

    job_id: str
    generation: Generation
    tables: Sequence[Table]
    cursors: Mapping[str, int]
    """The place up to which each store has all records, by its id."""


class StateFacts(JobFacts, frozen=True):
    """What there is to know about a state before it moves."""

    version: str
    """Another one after any run that has stored something."""
    first: int
    """The first place of the journal that has not been dropped."""
    end: int
    """The last place of the journal that was ever given to records."""
    requests: int
    rows: int
    """Of all tables together."""


class Successor(NamedTuple):
    """A store that goes on where another one has come to."""

    id: str
    names: Sequence[str]
    """The config's names for it."""
    follows: str
    """The id of the other one."""


Carry = Callable[[JobFacts], Awaitable[Sequence[Successor]]]
"""Brings what stores hold to where others go on with it. It is called once it is certain that the state moves, and
again if that was interrupted.
"""


class LeavingState(Protocol):
    """The state of a job before it moves, while nobody is at it."""

    @property
    def facts(self) -> StateFacts:
        """What there is to know about it."""

    def portions(self, table: MovingTable) -> AsyncIterator[Sequence[Row]]:
        """The rows of a table, as many at a time as fit into little memory."""
