"""The tables in the database that have our names, and the changes that make them match the config."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from asyncscrape.errors import UsageError
from asyncscrape.model import FieldType, Table
from asyncscrape.postgres.address import Address
from asyncscrape.postgres.names import listed, quoted, trouble
from asyncscrape.records.lines import PROVENANCE, all_columns
from asyncscrape.storage.postgres.column_types import SQL, TAKEN_FOR
from asyncscrape.storage.postgres.copy_rows import TableShape
from asyncscrape.storage.postgres.ranks import RANKS
from asyncscrape.storage.postgres.statements import statements

if TYPE_CHECKING:
    from asyncpg import Connection

TABLE_KINDS = ("r", "p")
OWN_PREFIX = "_asyncscrape_"
REJECTED = "_rejected"
NEXT = "__next"
"""The end of the name of a table that a new generation fills beside the one in place; shorter than `REJECTED`."""
REJECTED_COLUMNS: Mapping[str, FieldType] = {
    "id": "str",
    "reason": "str",
    "record": "str",
    **{column.name: column.type for column in PROVENANCE},
    "rejected_at": "datetime",
}
"""The columns of the table for records that were set aside; `id` is a hash of the record's line."""

ADVICE = "change the config back, rename or drop the table, or write to another ?schema="


class ColumnThere(NamedTuple):
    """An existing column."""

    type: str
    """The catalog's name of the type: "int8"."""
    spelled: str
    """The name that people write: "bigint"."""
    needed: bool
    """Whether every row must have a value for it."""


class TableThere(NamedTuple):
    """An existing table, or something else with its name."""

    kind: str
    columns: Mapping[str, ColumnThere]
    keys: Sequence[frozenset[str]]
    """The columns of every unique index, the primary key first."""


async def look(connection: Connection, schema: str, names: Sequence[str]) -> dict[str, TableThere]:
    """The tables that exist under these names."""
    kinds: dict[str, str] = {}
    columns: dict[str, dict[str, ColumnThere]] = {}
    keys: dict[str, list[frozenset[str]]] = {}
    for row in await connection.fetch(statements()["columns"], schema, names):
        kinds[row["table"]] = row["kind"]
        found = columns.setdefault(row["table"], {})
        if row["column"] is not None:
            found[row["column"]] = ColumnThere(row["type"], row["spelled"], row["needed"])
    for row in await connection.fetch(statements()["keys"], schema, names):
        keys.setdefault(row["table"], []).append(frozenset(row["columns"]))
    return {name: TableThere(kind, columns[name], keys.get(name, ())) for name, kind in kinds.items()}


def check_names(tables: Sequence[Table], address: Address) -> None:
    """Refuse names that Postgres does not allow or that are taken."""
    names = {table.name for table in tables}
    for table in tables:
        set_aside = table.name + REJECTED
        if problem := trouble(set_aside, column=False):
            raise UsageError(
                f"{address.label}: the table {quoted(set_aside)}, for records that {quoted(table.name)} cannot hold, "
                f"would have a name that {problem}; choose a shorter name for {quoted(table.name)}"
            )
        if set_aside in names or table.name.startswith(OWN_PREFIX) or table.name.endswith(NEXT):
            taken = set_aside if set_aside in names else table.name
            raise UsageError(f"{address.label}: asyncscrape uses the table name {quoted(taken)}; choose another name")
        for column in table.columns:
            if problem := trouble(column.name):
                raise UsageError(
                    f"{address.label}: the field {quoted(column.name)} of the table {quoted(table.name)} {problem}; "
                    "choose another name"
                )


def shape(table: Table, found: TableThere | None, remembered: Iterable[str]) -> TableShape:
    """The columns that we fill: those in the config, and those that records added in earlier runs."""
    kinds: dict[str, FieldType] = {column.name: column.type for column in all_columns(table)}
    for name in (*table.key, *remembered):
        if (
            found is not None
            and name in found.columns
            and name not in kinds
            and found.columns[name].type in TAKEN_FOR
        ):
            kinds[name] = TAKEN_FOR[found.columns[name].type]
    if table.merge:
        kinds[RANKS] = "json"
    return TableShape(table.key, kinds, declared=bool(table.columns))


def changes(address: Address, name: str, shape: TableShape, found: TableThere | None) -> list[str]:
    """The statements that bring the table into shape; a `UsageError` when the user must do that."""
    target = quoted(address.schema, name)
    if found is None:
        return [create(target, shape)] if shape.complete else []
    check(address, name, shape, found)
    missing = [column for column in shape.columns if column not in found.columns]
    return [f"ALTER TABLE {target} {_additions(shape, missing)}"] if missing else []


def create(target: str, shape: TableShape) -> str:
    """The statement that creates a table."""
    columns = ", ".join(f"{quoted(name)} {SQL[shape.kinds[name]]}" for name in shape.columns)
    return f"CREATE TABLE {target} ({columns}, PRIMARY KEY ({listed(shape.key)}))"


def extend(target: str, columns: Mapping[str, FieldType]) -> str:
    """The statement that adds columns, unless another process has just added them."""
    return f"ALTER TABLE {target} {_additions(TableShape((), columns), columns)}"


def _additions(shape: TableShape, names: Iterable[str]) -> str:
    return ", ".join(f"ADD COLUMN IF NOT EXISTS {quoted(name)} {SQL[shape.kinds[name]]}" for name in names)


def check(address: Address, name: str, shape: TableShape, found: TableThere) -> None:
    """Refuse an existing table that cannot take our records."""
    check_use(address, name, shape, found)
    for problem in differences(address, name, shape, found):
        raise UsageError(problem)


def check_use(address: Address, name: str, shape: TableShape, found: TableThere) -> None:
    """Refuse something that cannot be written to, or that needs what the config does not give."""
    where = f"{address.label}: {address.table(name)}"
    if found.kind not in TABLE_KINDS:
        raise UsageError(f"{where} is not a table that can be written to; {ADVICE}")
    for column, extra in found.columns.items():
        if extra.needed and shape.declared and column not in shape.kinds:
            raise UsageError(
                f"{where} has a column {quoted(column)} that must have a value, but the config does not fill it; "
                "give it a default, or add the field to the config"
            )


def differences(address: Address, name: str, shape: TableShape, found: TableThere) -> Iterator[str]:
    """Where the key and the types of an existing table differ from the config."""
    where = f"{address.label}: {address.table(name)}"
    if frozenset(shape.key) not in found.keys:
        there = f"the key ({listed(sorted(found.keys[0]))})" if found.keys else "no key"
        yield f"{where} has {there}, but the config says ({listed(shape.key)}); {ADVICE}"
    for column, kind in shape.kinds.items():
        there_is = found.columns.get(column)
        if there_is is not None and (there_is.type not in TAKEN_FOR or SQL[TAKEN_FOR[there_is.type]] != SQL[kind]):
            yield (
                f"{where} has a column {quoted(column)} of type {there_is.spelled}, but the config says {kind}, "
                f"which is {SQL[kind]}; {ADVICE}"
            )


REJECTED_SHAPE = TableShape(("id",), REJECTED_COLUMNS)
