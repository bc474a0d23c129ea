"""The rule of the newest record in SQL, for the statements that move rows from a scratch table into a real one.

In a table that merges, one more column keeps the rank of each value: {"name": "2026-11-20T10:00:00.000Z 5fec…"}.
"""

from __future__ import annotations

from asyncscrape.model import FieldType
from asyncscrape.postgres.names import listed, quoted
from asyncscrape.records.lines import PROVENANCE
from asyncscrape.storage.postgres.copy_rows import TableShape

RANKS = "_ranks"
"""The column for the ranks of the values in the others."""
URL, FETCHED_AT = (column.name for column in PROVENANCE)

KEPT = "kept"
"""The row in the table, in all statements."""
COMING = "excluded"
"""The row that wants to go in, as Postgres calls it in INSERT."""
GONE = "gone"
"""The withdrawal, or whatever else is in a scratch table."""


def move(target: str, stage: str, shape: TableShape) -> str:
    """The statement that moves records from a scratch table into the table."""
    values = ", ".join(_unless_null(name, shape.kinds[name]) for name in shape.columns)
    return (
        f"INSERT INTO {target} AS {KEPT} ({listed(shape.columns)}) SELECT {values} FROM pg_temp.{quoted(stage)} "
        f"ON CONFLICT ({listed(shape.key)}) DO {on_conflict(shape)}"
    )


def remove(target: str, stage: str, shape: TableShape) -> str:
    """The statements that remove from the table whatever is older than the withdrawals in a scratch table."""
    scratch = f"pg_temp.{quoted(stage)} AS {GONE}"
    same = " AND ".join(f"{KEPT}.{quoted(name)} = {GONE}.{quoted(name)}" for name in shape.key)
    delete = f"DELETE FROM {target} AS {KEPT} USING {scratch} WHERE {same} AND {stands(GONE, KEPT)}"
    names = merged(shape)
    if RANKS not in shape.kinds or not names:
        return delete
    left = newer_values(names, row_rank(GONE))
    return f"{delete}; UPDATE {target} AS {KEPT} SET {left} FROM {scratch} WHERE {same}"


def newer_values(names: list[str], rank: str) -> str:
    """The assignments that leave only the values newer than this rank."""
    newer = {name: f'{value_rank(name)} > {rank} COLLATE "C"' for name in names}
    sets = [f"{quoted(name)} = CASE WHEN {newer[name]} THEN {KEPT}.{quoted(name)} END" for name in names]
    ranks = _ranks(names, [f"CASE WHEN {newer[name]} THEN {value_rank(name)} END" for name in names])
    return ", ".join([*sets, ranks])


def stands(row: str, before: str) -> str:
    """The condition that a row stands against an earlier one; hashes are made only where the times are equal."""
    new, new_url = (f"{row}.{quoted(name)}" for name in (FETCHED_AT, URL))
    old, old_url = (f"{before}.{quoted(name)}" for name in (FETCHED_AT, URL))
    return (
        f"({old} IS NULL OR {new} > {old} OR {new} = {old} AND "
        f"({old_url} IS NULL OR {new_url} = {old_url} OR {_print(new_url)} >= {_print(old_url)}))"
    )


def on_conflict(shape: TableShape) -> str:
    """The end of the statement that moves records: where a key is there already, the newest stands."""
    others = [name for name in shape.columns if name not in shape.key]
    if not others:
        return "NOTHING"
    if RANKS not in shape.kinds:
        replaced = ", ".join(f"{quoted(name)} = {COMING}.{quoted(name)}" for name in others)
        return f"UPDATE SET {replaced} WHERE {stands(COMING, KEPT)}"
    names = merged(shape)
    sets = [f"{quoted(name)} = {_newest_value(name)}" for name in names]
    sets += [f"{quoted(name)} = {_newest_origin(name)}" for name in (URL, FETCHED_AT) if name not in shape.key]
    ranks = [f'GREATEST({value_rank(name)} COLLATE "C", {_coming_rank(name)})' for name in names]
    return f"UPDATE SET {', '.join([*sets, *([_ranks(names, ranks)] if names else [])])}"


def merged(shape: TableShape) -> list[str]:
    """The columns that are merged."""
    return [name for name in shape.columns if name not in (*shape.key, URL, FETCHED_AT, RANKS)]


def _newest_value(name: str) -> str:
    kept, coming = f"{KEPT}.{quoted(name)}", f"{COMING}.{quoted(name)}"
    older = f'{value_rank(name)} > {_coming_rank(name)} COLLATE "C"'
    return f"CASE WHEN {older} THEN {kept} ELSE coalesce({coming}, {kept}) END"


def _newest_origin(name: str) -> str:
    newer = stands(COMING, KEPT)
    return f"CASE WHEN {newer} THEN {COMING}.{quoted(name)} ELSE {KEPT}.{quoted(name)} END"


def value_rank(name: str) -> str:
    """The rank of a value in the table; one that nobody noted is that of its row."""
    noted = f"{KEPT}.{quoted(RANKS)} ->> {literal(name)}"
    return f"CASE WHEN {KEPT}.{quoted(name)} IS NOT NULL THEN coalesce({noted}, {row_rank(KEPT)}) END"


def _coming_rank(name: str) -> str:
    return f"({COMING}.{quoted(RANKS)} ->> {literal(name)})"


def row_rank(row: str) -> str:
    """The rank of a row, as text that sorts like it."""
    time = f"to_char({row}.{quoted(FETCHED_AT)} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')"
    return f"(coalesce({time}, '') || ' ' || coalesce(encode({_print(f'{row}.{quoted(URL)}')}, 'hex'), ''))"


def _print(url: str) -> str:
    """See `records.newest.url_print`."""
    return f"sha256(convert_to({url}, 'UTF8'))"


def _ranks(names: list[str], ranks: list[str]) -> str:
    """The assignment of the ranks; those of columns that we do not fill stay."""
    texts = ", ".join(map(literal, names))
    fresh = f"jsonb_strip_nulls(jsonb_object(ARRAY[{texts}], ARRAY[{', '.join(ranks)}]))"
    others = f"coalesce({KEPT}.{quoted(RANKS)}, '{{}}') - ARRAY[{texts}]"
    return f"{quoted(RANKS)} = ({others}) || {fresh}"


def literal(text: str) -> str:
    """A text in a statement, whatever it contains."""
    return "E'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _unless_null(name: str, kind: FieldType) -> str:
    """JSON reaches the scratch table unchanged; its null becomes NULL here."""
    return f"nullif({quoted(name)}, 'null'::jsonb)" if kind == "json" else quoted(name)
