"""Loads chunks of records into the tables, inside the caller's transaction.

1. a thread reads the lines into rows                                         `Reader.read`
2. of the rows with a key, the newest stays, or all become one                `Settler.settled`
3. COPY loads them into a scratch table that only this session sees           `_through`
4. INSERT … ON CONFLICT DO UPDATE moves them from there into the table,
   where they stand against what it holds                                     `ranks.move`

Withdrawals go the same way, before the records that outlive them, up to `ranks.remove`. They are remembered, and
older records that come later stay out. Sweeps come after both (`sweep_statements.py`); from then on everything that
is brought to their table is swept on its way.

If the server refuses a row, the chunk is halved, and halved again, until that row is alone; it is set aside in
`<table>_rejected` with the server's reason. As long as all rows are fine, this costs nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from itertools import count, groupby
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from asyncscrape.model import FieldType
from asyncscrape.postgres.address import Address
from asyncscrape.postgres.explanations import refuses_row
from asyncscrape.postgres.names import listed, quoted
from asyncscrape.records.lines import decode_origin, part_sweeps, swept_by
from asyncscrape.storage.postgres import catalog
from asyncscrape.storage.postgres.catalog import REJECTED, REJECTED_SHAPE, TableThere
from asyncscrape.storage.postgres.column_types import SQL, TAKEN_FOR
from asyncscrape.storage.postgres.connection import WHOLE_TABLE
from asyncscrape.storage.postgres.copy_rows import MALFORMED, CopyRow, LineAndRow, Reader, ReadRows, Rejected
from asyncscrape.storage.postgres.exact_times import any_at_an_end, send_exactly
from asyncscrape.storage.postgres.preparing import TableShapes, lock
from asyncscrape.storage.postgres.ranks import move, remove
from asyncscrape.storage.postgres.settling import Settler
from asyncscrape.storage.postgres.statements import own
from asyncscrape.storage.postgres.sweep_statements import Columns, SweepStatements
from asyncscrape.storage.postgres.withdrawals import Withdrawals

if TYPE_CHECKING:
    from asyncpg import Connection

log = logging.getLogger(__name__)

MOST_STAGES = 200
"""Scratch tables that are kept for the next write."""

Load = Callable[[str, Sequence[CopyRow]], Awaitable[Exception | None]]
_numbers = count(1)
"""Scratch tables never share a name: a prepared statement must not meet another table than its own."""


class ScratchTable(NamedTuple):
    """A scratch table, and the statements that its rows are for in the real table."""

    name: str
    columns: tuple[str, ...]
    kinds: tuple[FieldType, ...]
    move: str
    remove: str
    sweeps: SweepStatements


class Loader:
    """Writes to the tables of one job over one connection."""

    def __init__(self, connection: Connection, address: Address, shapes: TableShapes, suffix: str = "") -> None:
        """With a suffix to their names, the tables are those beside the ones in place."""
        self._connection = connection
        self._address = address
        self._suffix = suffix
        self._readers = {name: Reader(shape) for name, shape in shapes.items()}
        self._settlers = {name: Settler(shape) for name, shape in shapes.items()}
        self._withdrawals = Withdrawals(connection, address.schema)
        self._stages: dict[str, ScratchTable] = {}
        self._filled: set[str] = set()
        """Scratch tables that hold rows of this transaction."""
        self._earliest: set[datetime] = set()
        """When the first record of each chunk of this transaction was found."""
        self.grown = False
        """Whether tables have got columns in this transaction, and perhaps become complete."""
        self._exact = False
        """Whether the connection sends all times as they are."""
        self._rejecting: set[str] = set()
        """Tables for rejected records that are known to exist."""
        self._told: set[str] = set()
        """Tables already warned about: one warning is enough to make somebody look."""

    @property
    def earliest(self) -> datetime | None:
        """When the first of this transaction's records was found."""
        return min(self._earliest, default=None)

    @property
    def shapes(self) -> TableShapes:
        """The columns of the tables, as of now."""
        return {name: reader.shape for name, reader in self._readers.items()}

    async def begin(self, tables: Collection[str]) -> None:
        """Note that a new transaction begins, for these tables: all scratch tables are empty.

        Each commit empties all of them, so there are never very many.
        """
        if len(self._stages) > MOST_STAGES:
            await self._connection.execute("DISCARD TEMP")
            self._stages.clear()
        self._filled.clear()
        self._earliest.clear()
        self.grown = False
        await self._withdrawals.begin([table + self._suffix for table in tables])

    @property
    def any_sweeps(self) -> bool:
        """Whether any of this transaction's tables is swept."""
        return self._withdrawals.any_sweeps

    async def load(self, table: str, chunk: bytes) -> None:
        """Load the records of a chunk of lines into their table, and remove what its withdrawals name."""
        sweeps, others = part_sweeps(chunk, self._readers[table].shape.key)
        if others:
            await self._load(table, others)
        if sweeps:
            await self._sweep(table, sweeps)

    async def _load(self, table: str, chunk: bytes) -> None:
        read = await asyncio.to_thread(self._readers[table].read, chunk)
        if read is None:
            news = await asyncio.to_thread(self._readers[table].learn, chunk)
            if news:
                await self._grow(table, news)
            read = await asyncio.to_thread(self._readers[table].read, chunk)
        if read is None or await self._load_all(table, read) is not None:
            await self._load_carefully(table, chunk)

    async def _load_all(self, table: str, read: ReadRows) -> Exception | None:
        """Load all of the rows; the row's error that stopped it, if any."""
        rows, settler = read.rows, self._settlers[table]
        known = await self._withdrawals.known(table + self._suffix, settler, rows)
        if read.withdrawn or known:
            remaining = await asyncio.to_thread(settler.remaining, rows, read.withdrawn, known)
            gone = [rows[place] for place in remaining.withdrawals]
            if error := await self._remove(table, gone):
                return error
            rows = [rows[place] for place in remaining.records]
        return await self._insert(table, await asyncio.to_thread(settler.settled, rows))

    async def _load_carefully(self, table: str, chunk: bytes) -> None:
        """Load a chunk in which some records do not fit. If the newest version of a key is refused, the previous
        one counts. Where records are merged, each goes in on its own.
        """
        settler = self._settlers[table]
        pairs, rejected, withdrawn = await asyncio.to_thread(self._readers[table].sift, chunk)
        known = await self._withdrawals.known(table + self._suffix, settler, [pair.row for pair in pairs])
        remaining = settler.remaining([pair.row for pair in pairs], withdrawn, known)
        rejected += await self._halve(table, [pairs[place] for place in remaining.withdrawals], self._remove)
        waiting = [pairs[place] for place in remaining.records]
        while waiting:
            newest = settler.newest([pair.row for pair in waiting])
            in_order = [waiting[newest[key]] for key in sorted(newest)]
            refused = await self._halve(table, in_order, self._insert)
            rejected += refused
            lines = {one.line for one in refused}
            again = {key for key, place in newest.items() if settler.merges or waiting[place].line in lines}
            waiting = [
                pair
                for place, pair in enumerate(waiting)
                if (key := settler.key(pair.row)) in again and place != newest[key]
            ]
        if rejected:
            await self._set_aside(table, rejected)

    async def _halve(self, table: str, pairs: Sequence[LineAndRow], load: Load) -> list[Rejected]:
        """Load the rows that the server accepts; the others, each with the reason."""
        error = await load(table, [self._settlers[table].alone(pair.row) for pair in pairs])
        if error is None:
            return []
        if len(pairs) == 1:
            return [Rejected(pairs[0].line, str(error.args[0] if error.args else error))]
        middle = len(pairs) // 2
        return await self._halve(table, pairs[:middle], load) + await self._halve(table, pairs[middle:], load)

    async def _insert(self, table: str, rows: Sequence[CopyRow]) -> Exception | None:
        """Load all of the rows, or none; the row's error that stopped it, if any."""
        if not rows:
            return None
        if earliest := self._settlers[table].earliest(rows):
            self._earliest.add(earliest)
        stage = await self._stage(table)
        return await self._through(stage, rows, self._among_swept(table, stage, stage.move))

    async def _remove(self, table: str, rows: Sequence[CopyRow]) -> Exception | None:
        """Remove what these withdrawals name, or nothing; the row's error that stopped it, if any."""
        if not rows:
            return None
        stage = await self._stage(table)
        error = await self._through(stage, rows, self._among_swept(table, stage, stage.remove))
        if error is None:
            await self._withdrawals.remember(table + self._suffix, self._settlers[table], rows)
        return error

    def _among_swept(self, table: str, stage: ScratchTable, statement: str) -> str:
        return stage.sweeps.around(statement, self._withdrawals.swept_by(table + self._suffix))

    async def _sweep(self, table: str, lines: Sequence[bytes]) -> None:
        """Sweep by these lines; those that do not fit are set aside."""
        pairs, rejected = self._readers[table].read_sweeps(lines)
        for columns, same in groupby(sorted(pairs, key=_columns), _columns):
            rejected += await self._halve(table, list(same), partial(self._sweep_by, columns))
        if rejected:
            await self._set_aside(table, rejected)

    async def _sweep_by(self, columns: Columns, table: str, rows: Sequence[CopyRow]) -> Exception | None:
        """Obey and remember sweeps by these columns, or none; the row's error that stopped them, if any."""
        stage, name = await self._stage(table), table + self._suffix
        self._withdrawals.note_sweep(name, columns)
        statement = stage.sweeps.sweep(columns, self._withdrawals.swept_by(name))
        return await self._through(stage, rows, statement, patience=WHOLE_TABLE)

    async def _through(
        self, stage: ScratchTable, rows: Sequence[CopyRow], statement: str, patience: float | None = None
    ) -> Exception | None:
        """Bring rows into the scratch table and run the statement that they are for."""
        if not self._exact and any_at_an_end(stage.kinds, rows):
            await send_exactly(self._connection)
            self._exact = True
        await self._connection.execute("SAVEPOINT chunk" + self._emptying(stage))
        try:
            await self._connection.copy_records_to_table(
                stage.name, schema_name="pg_temp", columns=stage.columns, records=rows
            )
            await self._connection.execute(statement + "; RELEASE SAVEPOINT chunk", timeout=patience)
        except Exception as error:
            if not refuses_row(error):
                raise
            await self._connection.execute("ROLLBACK TO SAVEPOINT chunk; RELEASE SAVEPOINT chunk")
            return error
        self._filled.add(stage.name)
        return None

    def _emptying(self, stage: ScratchTable) -> str:
        return f"; TRUNCATE pg_temp.{quoted(stage.name)}" if stage.name in self._filled else ""

    async def _stage(self, table: str) -> ScratchTable:
        """The scratch table, created when first needed."""
        if table not in self._stages:
            shape = self._readers[table].shape
            name = f"stage_{next(_numbers)}"
            columns = ", ".join(f"{quoted(column)} {SQL[shape.kinds[column]]}" for column in shape.columns)
            await self._connection.execute(f"CREATE TEMP TABLE {quoted(name)} ({columns}) ON COMMIT DELETE ROWS")
            target = quoted(self._address.schema, table + self._suffix)
            sweeps = SweepStatements(self._address.schema, table + self._suffix, name, shape)
            kinds = tuple(shape.kinds[column] for column in shape.columns)
            self._stages[table] = ScratchTable(
                name, shape.columns, kinds, move(target, name, shape), remove(target, name, shape), sweeps
            )
        return self._stages[table]

    async def _grow(self, table: str, news: Mapping[str, FieldType]) -> None:
        """Add columns for undeclared fields; create the table, if it was waiting for the types of its key."""
        shape = self._readers[table].shape
        await lock(self._connection, self._address)
        name = table + self._suffix
        found = (await catalog.look(self._connection, self._address.schema, [name])).get(name)
        kinds = {**shape.kinds, **news, **_kinds_there(found, news)}
        grown = shape._replace(kinds=kinds)
        for statement in catalog.changes(self._address, name, grown, found):
            await self._connection.execute(statement)
        if grown.complete:
            await self._remember(name, [column for column in grown.kinds if column not in shape.kinds])
        self._readers[table], self._settlers[table] = Reader(grown), Settler(grown)
        self._stages.pop(table, None)
        self.grown = True

    async def _remember(self, table: str, columns: Sequence[str]) -> None:
        remember = own("remember", self._address.schema)
        await self._connection.executemany(remember, [(table, column) for column in columns])

    async def _set_aside(self, table: str, rejected: Sequence[Rejected]) -> None:
        """Keep refused lines and the reasons; the same line is kept only once."""
        name = table + REJECTED
        if name not in self._rejecting:
            await self._make_rejected(name)
        target = quoted(self._address.schema, name)
        columns = REJECTED_SHAPE.columns
        places = ", ".join(f"${place}" for place in range(1, len(columns) + 1))
        await self._connection.executemany(
            f"INSERT INTO {target} ({listed(columns)}) VALUES ({places}) ON CONFLICT (id) DO NOTHING",
            sorted(map(_rejected_row, rejected), key=itemgetter(0)),
        )
        level = logging.INFO if table in self._told else logging.WARNING
        why = rejected[0].reason
        log.log(level, "set aside in %s: %d of the records for %s (%s)", name, len(rejected), table, why)
        self._told.add(table)

    async def _make_rejected(self, name: str) -> None:
        await lock(self._connection, self._address)
        found = (await catalog.look(self._connection, self._address.schema, [name])).get(name)
        for statement in catalog.changes(self._address, name, REJECTED_SHAPE, found):
            await self._connection.execute(statement)
        self._rejecting.add(name)


def _columns(sweep: LineAndRow) -> Columns:
    return tuple(swept_by(sweep.line))


def _kinds_there(found: TableThere | None, names: Iterable[str]) -> dict[str, FieldType]:
    """The types of the columns that already exist because another job, or the user, made them."""
    columns = found.columns if found else {}
    return {
        name: TAKEN_FOR[columns[name].type] for name in names if name in columns and columns[name].type in TAKEN_FOR
    }


def _rejected_row(rejected: Rejected) -> CopyRow:
    """The row for `<table>_rejected`; it holds the record as text, which works whatever is wrong with it."""
    url, fetched_at = _origin(rejected.line)
    record = rejected.line.decode(errors="replace")
    return (sha256(rejected.line).hexdigest(), _storable(rejected.reason), _storable(record), url, fetched_at, _now())


def _origin(line: bytes) -> tuple[str | None, datetime | None]:
    """Where and when a record was found, as far as its line can be read."""
    try:
        origin = decode_origin(line)
    except MALFORMED:
        return None, None
    return origin.url and _storable(origin.url), origin.fetched_at


def _storable(text: str) -> str:
    return text.replace("\0", "\ufffd")


def _now() -> datetime:
    return datetime.now(UTC)
