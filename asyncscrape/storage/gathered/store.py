"""Finished tables in S3 that several workers fill: each puts what it has into S3, and one makes the tables of it.

1. `write` puts the records as one object, a *shipment*, into a place of the job's own, and only then does the
   worker's cursor move. A crash in between puts them again, under this name or another: equal lines change nothing.
2. `finish`, which one worker calls when all others wait, brings the shipments into a folder of its machine, the
   *workshop*. There they are parts of a store of files, which makes the tables and sends them. What it has brought
   before stays there, so that finishing again is cheap; on another machine all of it is brought anew.
3. The shipments of a generation beside are kept apart from those of the last one. For the comparison both are
   brought. `switch` first notes in S3 that the generation takes its place: whoever finishes after a crash then sends
   its tables. After that the shipments of older generations go.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple

from asyncscrape.disk import SerialThread
from asyncscrape.errors import StoreDamaged, StoreError
from asyncscrape.expectations import TableExpectation
from asyncscrape.facts import TableFacts
from asyncscrape.model import FIRST, Batch, Generation, Table
from asyncscrape.storage.base import NOTHING_EXPECTED, KeptRecords, RecordStore
from asyncscrape.storage.gathered.carrying import carry
from asyncscrape.storage.gathered.gathered_objects import TABLES, FoundObjects, Gathered
from asyncscrape.storage.gathered.shipments import pack, size_of
from asyncscrape.storage.gathered.workshop import BroughtShipment, Workshop, brought, note
from asyncscrape.storage.object_place import Objects

log = logging.getLogger(__name__)

AT_ONCE = 8
"""Shipments that are fetched at once."""
GROUP = 8_000_000
"""Bytes of unpacked shipments that become one part of each table, and that are in memory together."""


class TableMaking(NamedTuple):
    """The stores of files that make tables in a folder."""

    tables: Sequence[Table]
    make: Callable[[Path], RecordStore]
    """One that makes these tables, and sends them."""
    make_last: Callable[[Path, Sequence[Table]], RecordStore]
    """One that takes the records of these tables, of a generation that is already in place."""


class _MadeSoFar(NamedTuple):
    """The tables that are being made."""

    folder: Path
    files: RecordStore
    beside: bool


class GatheredStore:
    """Keeps the records of a job in S3 until its tables are made."""

    appetite = 8_000_000
    patience = 30.0
    takes_answers = False

    def __init__(self, names: Sequence[str], objects: Objects, workshop: Workshop, making: TableMaking) -> None:
        """`names` are the config's names for the forms of the tables."""
        self.names = tuple(names)
        self.id = f"gathered-{objects.place:012x}"
        self._objects = objects
        self._gathered = Gathered(objects)
        self._workshop = workshop
        self._how = making
        self._thread = SerialThread()
        self._generation = FIRST
        self._expected = NOTHING_EXPECTED
        self._making: _MadeSoFar | None = None
        self._probed = False
        """Whether the places of the tables have been tried once."""

    async def probe(self, generation: Generation = FIRST) -> str:
        """Check that the records can be put into S3, and the tables made and sent."""
        found = await self._thread.run(self._objects.probe)
        return f"{found}; {await self._probe_files()}"

    async def open(self, cursor: int, generation: Generation = FIRST) -> int:
        """Make sure that records can be put; a place for tables that is away does no harm yet."""
        await self._stop_making()
        await asyncio.to_thread(self._objects.close)
        self._generation = generation
        await self._thread.run(self._objects.probe)
        begun = cursor > generation.begin
        await self._thread.run(partial(self._gathered.begin, generation.number, self._how.tables, begun=begun))
        if not self._probed:
            await self._try_places()
        return cursor

    async def take_in(self, kept: Sequence[KeptRecords]) -> None:
        """Put what the job has kept in another store so far, see `carrying.py`."""
        await self._thread.run(carry, self._gathered, kept)

    async def write(self, batches: Sequence[Batch]) -> None:
        """Put these records as one shipment."""
        if records := [batch for batch in batches if batch.lines]:
            await self._thread.run(lambda: self._gathered.add(self._generation.number, pack(records)))

    async def finish(self, expected: Mapping[str, TableExpectation] = NOTHING_EXPECTED) -> Mapping[str, TableFacts]:
        """Bring what all workers have put, make the tables, and send them unless they are beside others."""
        self._expected = expected
        making = await self._made()
        facts = await making.files.finish(expected)
        await self._thread.run(self._gathered.note_tables, self._generation.number, self._how.tables)
        if not making.beside:
            await self._thread.run(self._tidy)
        return facts

    async def switch(self) -> None:
        """Put the tables of a generation beside in the place of the last one's, and send them."""
        making = self._making or await self._made()
        if not making.beside:
            return
        await making.files.finish(self._expected)
        await self._thread.run(self._gathered.switch, self._generation.number)
        await making.files.switch()
        await self._stop_making()
        await self._thread.run(self._workshop.switched, making.folder, self._generation.number)
        await self._thread.run(self._tidy)

    async def close(self) -> None:
        """Give up what still waits, and release everything."""
        await self._stop_making()
        await asyncio.to_thread(self._objects.close)
        await self._thread.idle()
        await asyncio.to_thread(self._objects.close)

    async def _try_places(self) -> None:
        try:
            await self._probe_files()
        except StoreError as error:
            log.warning("finished tables cannot be made or sent for now: %s", error)
        self._probed = True

    async def _probe_files(self) -> str:
        files = self._how.make(self._workshop.root)
        try:
            return await files.probe()
        finally:
            await files.close()

    async def _stop_making(self) -> None:
        making, self._making = self._making, None
        if making is not None:
            await making.files.close()

    def _tidy(self) -> None:
        """Remove what older generations have left in S3."""
        self._gathered.remove(self._gathered.look().older_than(self._generation.number))

    # Making

    async def _made(self) -> _MadeSoFar:
        """The tables with all shipments that are there; a workshop that was damaged is made anew."""
        await self._stop_making()
        found = await self._thread.run(self._gathered.look)
        number = self._generation.number
        self._gathered.refuse_late(found, number)
        beside = self._generation.beside and found.in_place < number
        in_place = found.in_place if beside else number
        names = [table.name for table in self._how.tables]
        folder = await self._thread.run(self._workshop.settle, in_place, number if beside else None, names)
        try:
            self._making = await self._brought(found, folder, in_place, beside=beside)
        except StoreDamaged as error:
            log.debug("%s is made anew: %s", folder, error)
            await self._thread.run(self._workshop.clear, folder, names)
            self._making = await self._brought(found, folder, in_place, beside=beside)
        return self._making

    async def _brought(self, found: FoundObjects, folder: Path, in_place: int, *, beside: bool) -> _MadeSoFar:
        number = self._generation.number
        known = await self._thread.run(brought, folder)
        if beside and not any(one.generation == number for one in known):
            await self._bring_last(found, folder, in_place)
            known = await self._thread.run(brought, folder)
        files = self._how.make(folder)
        try:
            before = next((n for n, one in enumerate(known) if one.generation == number), len(known))
            await files.open(len(known), Generation(number, beside, before if beside else 0))
            await self._bring(found, folder, files, number, self._how.tables)
        except BaseException:
            await files.close()
            raise
        return _MadeSoFar(folder, files, beside)

    async def _bring_last(self, found: FoundObjects, folder: Path, in_place: int) -> None:
        """Bring the tables of the last generation, as they were declared then, to compare others with them."""
        known = await self._thread.run(brought, folder)
        size = found.sizes.get(f"{in_place}/{TABLES}")
        if size is None or not set(found.shipments(in_place)) - {one.name for one in known}:
            return
        tables = await self._thread.run(self._gathered.tables, in_place, size)
        files = self._how.make_last(folder, tables)
        try:
            await files.open(len(known), Generation(in_place))
            await self._bring(found, folder, files, in_place, tables)
            await files.finish()
        finally:
            await files.close()

    async def _bring(
        self, found: FoundObjects, folder: Path, files: RecordStore, generation: int, tables: Sequence[Table]
    ) -> None:
        """Bring the shipments of a generation that are not here yet, as far as they are of these tables."""
        known = await self._thread.run(brought, folder)
        here, place = {one.name for one in known}, len(known)
        for names in _groups([name for name in found.shipments(generation) if name not in here]):
            sizes = {name: found.sizes[f"{generation}/{name}"] for name in names}
            batches = await self._thread.run(self._fetched, generation, sizes, place)
            wanted = {table.name for table in tables}
            await files.write([batch for batch in batches if batch.table in wanted])
            await self._thread.run(note, folder, [BroughtShipment(generation, name) for name in names])
            place += len(names)

    def _fetched(self, generation: int, sizes: Mapping[str, int], place: int) -> list[Batch]:
        """The records of these shipments, of which the first comes after this place."""
        with ThreadPoolExecutor(AT_ONCE) as threads:
            shipments = list(threads.map(lambda name: self._gathered.bring(generation, name, sizes[name]), sizes))
        return [
            Batch(seq, table, lines.count(b"\n"), lines)
            for seq, shipment in enumerate(shipments, place + 1)
            for table, lines in shipment
        ]


def _groups(names: Sequence[str]) -> Iterator[list[str]]:
    """The names in groups that are not too large."""
    group: list[str] = []
    size = 0
    for name in names:
        if group and size >= GROUP:
            yield group
            group, size = [], 0
        group.append(name)
        size += size_of(name) or 0
    if group:
        yield group
