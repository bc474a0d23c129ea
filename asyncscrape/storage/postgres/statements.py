"""The statements in queries.sql, by name, and the migrations, by number."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from asyncscrape import sql_files
from asyncscrape.postgres.names import quoted


class Migration(NamedTuple):
    """One step in the history of our own tables."""

    number: int
    name: str
    sql: str


def statements() -> Mapping[str, str]:
    """The statements by name."""
    return sql_files.statements(__package__)


def own(name: str, schema: str) -> str:
    """A statement about our own tables in this schema."""
    return statements()[name].replace("{schema}", quoted(schema))


@cache
def migrations() -> tuple[Migration, ...]:
    """All migrations, in order."""
    steps = ((name.partition("_"), sql) for name, sql in sql_files.scripts(__package__, "migrations"))
    return tuple(sorted(Migration(int(number), name, sql) for (number, _, name), sql in steps))
