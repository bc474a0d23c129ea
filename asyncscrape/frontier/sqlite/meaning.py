"""The meaning of a state file: the job it belongs to, and the tables that its records fill."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Iterator, Sequence

import msgspec

from asyncscrape.errors import JobChanged
from asyncscrape.frontier.sqlite.database import StateDatabase
from asyncscrape.model import Table


def identity(database: StateDatabase) -> str:
    """The job's random id, given to it once."""
    with database.transaction():
        known = database.text("meta", ("job",))
        if known is None:
            known = str(uuid.uuid4())
            database.run("save_meta", ("job", known))
    return known


def agree(database: StateDatabase, filled: Collection[str], tables: Sequence[Table]) -> None:
    """Refuse tables that would change the meaning of records in `filled` tables; remember accepted ones."""
    stored = database.text("meta", ("tables",))
    before = msgspec.json.decode(stored, type=list[Table]) if stored else []
    changes = [change for table in before if table.name in filled for change in differences(table, tables)]
    if changes:
        raise JobChanged(
            "the config changes the meaning of records that are already stored:\n"
            + "\n".join(f"  {change}" for change in changes)
            + "\nchange it back to resume the job, or start again from nothing with --fresh"
        )
    with database.transaction():
        database.run("save_meta", ("tables", msgspec.json.encode(list(tables)).decode()))


def differences(before: Table, tables: Iterable[Table]) -> Iterator[str]:
    """The changes to the meaning of a table that holds records."""
    after = next((table for table in tables if table.name == before.name), None)
    if after is None:
        yield f"table {before.name} holds records but is no longer in the config"
        return
    if after.key != before.key:
        yield f"table {before.name}: the key was {list(before.key)} and is now {list(after.key)}"
    if after.merge != before.merge:
        was, is_now = ("true", "false") if before.merge else ("false", "true")
        yield f"table {before.name}: merge was {was} and is now {is_now}"
    types = {column.name: column.type for column in after.columns}
    for column in before.columns:
        if column.name in types and types[column.name] != column.type:
            yield f"table {before.name}: {column.name} was {column.type} and is now {types[column.name]}"
