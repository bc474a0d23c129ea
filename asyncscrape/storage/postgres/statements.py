"""The statements of queries.sql, by name, and the migrations, by number."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import NamedTuple

from asyncscrape.storage.postgres.names import quoted


class Migration(NamedTuple):
    """One step in the history of our own tables."""

    number: int
    name: str
    sql: str


@cache
def statements() -> dict[str, str]:
    """The statements by name."""
    text = resources.files(__package__).joinpath("queries.sql").read_text("utf-8")
    blocks = text.split("-- name: ")[1:]
    return {name.strip(): sql.strip() for name, _, sql in (block.partition("\n") for block in blocks)}


def own(name: str, schema: str) -> str:
    """A statement about our own tables, which lie in this schema."""
    return statements()[name].replace("{schema}", quoted(schema))


@cache
def migrations() -> tuple[Migration, ...]:
    """All steps, in order."""
    files = [
        file for file in resources.files(__package__).joinpath("migrations").iterdir() if file.name.endswith(".sql")
    ]
    steps = ((file.name.removesuffix(".sql").partition("_"), file.read_text("utf-8")) for file in files)
    return tuple(sorted(Migration(int(number), name, sql) for (number, _, name), sql in steps))
