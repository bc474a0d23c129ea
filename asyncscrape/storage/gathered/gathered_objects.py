"""What the workers of a job have gathered, as objects: by generation, with what its tables are.

<number>/tables.json                   put before the first shipment, and whenever the tables are made
<number>/<first>-<last>-….gz           the shipments, see `shipments.py`
<number>/switched                      this generation has taken its place; put before anything is switched
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from asyncscrape.errors import FetchError, StoreDamaged, UsageError
from asyncscrape.model import FIRST, Table
from asyncscrape.storage.base import Permit
from asyncscrape.storage.gathered.shipments import Shipment, size_of, unpack
from asyncscrape.storage.object_place import Objects

TABLES = "tables.json"
SWITCHED = "switched"


class FoundObjects(NamedTuple):
    """The objects that are there: bytes by name."""

    sizes: Mapping[str, int]

    @property
    def in_place(self) -> int:
        """The generation whose tables are in place, as far as any was switched to."""
        numbers = (name.partition("/") for name in self.sizes)
        return max((int(number) for number, _, rest in numbers if rest == SWITCHED), default=FIRST.number)

    def shipments(self, generation: int) -> list[str]:
        """The shipments of a generation, in the order of their places in the journal."""
        names = (name.partition("/") for name in sorted(self.sizes))
        return [name for number, _, name in names if number == str(generation) and size_of(name) is not None]

    def older_than(self, generation: int) -> list[str]:
        """The objects of older generations."""
        return [name for name in self.sizes if int(name.partition("/")[0]) < generation]


class Gathered:
    """The objects of one job."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._known: dict[int, bytes] = {}
        """What is known to be in `tables.json`, by generation."""

    def look(self) -> FoundObjects:
        """All objects that are there."""
        return FoundObjects(self._objects.sizes(""))

    def refuse_late(self, found: FoundObjects, generation: int) -> None:
        """Refuse a worker whose generation is over: its tables must not take the place of newer ones."""
        if found.in_place > generation:
            raise UsageError(
                f"{self._objects.where('')}: generation {found.in_place} of this job has taken its place since this "
                f"worker joined generation {generation}; start the worker again"
            )

    def begin(self, generation: int, tables: Sequence[Table], *, begun: bool) -> None:
        """Make sure that a generation has begun. Raises StoreDamaged if it should have, and nothing is there."""
        name = f"{generation}/{TABLES}"
        if size := self._objects.sizes(name).get(name):
            self._known[generation] = self._objects.read(name, 0, size)
            return
        if begun:
            self.refuse_late(self.look(), generation)
            raise StoreDamaged(
                f"{self._objects.where(name)} is gone, and with it what this job has put beside it for its tables; "
                "put it back, or crawl everything anew with `run --again` or `run --fresh`"
            )
        self.note_tables(generation, tables)

    def add(self, generation: int, shipment: Shipment) -> None:
        """Put a shipment."""
        self._objects.put(f"{generation}/{shipment.name}", shipment.content)

    def bring(self, generation: int, name: str, size: int) -> list[tuple[str, bytes]]:
        """The lines of each table in a shipment."""
        path = f"{generation}/{name}"
        try:
            return unpack(Shipment(name, self._objects.read(path, 0, size)))
        except (FetchError, ValueError) as error:
            raise StoreDamaged(
                f"{self._objects.where(path)} is damaged, and with it records of this job: {error}; put it back, or "
                "crawl everything anew with `run --again` or `run --fresh`"
            ) from error

    def tables(self, generation: int, size: int) -> list[Table]:
        """The tables of a generation as they were last made."""
        return msgspec.json.decode(self._objects.read(f"{generation}/{TABLES}", 0, size), type=list[Table])

    def note_tables(self, generation: int, tables: Sequence[Table]) -> None:
        """Note what the tables of a generation are."""
        content = msgspec.json.encode(tables)
        if self._known.get(generation) != content:
            self._objects.put(f"{generation}/{TABLES}", content)
            self._known[generation] = content

    def switch(self, generation: int, permit: Permit | None = None) -> None:
        """Note that a generation takes its place; from here on this is completed."""
        self._objects.put(f"{generation}/{SWITCHED}", b"", permit)

    def remove(self, names: Sequence[str]) -> None:
        """Remove objects."""
        self._objects.remove(names)
