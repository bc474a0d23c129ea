"""What a job has kept elsewhere becomes shipments, so that the job goes on where several workers gather.

Doing it again puts the same objects; if records have come or gone meanwhile, some are there twice, which changes
nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from asyncscrape.model import FIRST, Batch
from asyncscrape.storage.base import KeptRecords
from asyncscrape.storage.gathered.gathered_objects import Gathered
from asyncscrape.storage.gathered.shipments import Shipment, pack

SHIPMENT = 8_000_000
"""Bytes of records that go together."""


def carry(gathered: Gathered, kept: Sequence[KeptRecords]) -> None:
    """Put the records of the generation in place, and of one beside it."""
    there = gathered.look().sizes
    for one in kept:
        gathered.note_tables(one.generation, one.tables)
        for shipment in _shipments(one.batches):
            if f"{one.generation}/{shipment.name}" not in there:
                gathered.add(one.generation, shipment)
    if (in_place := min(one.generation for one in kept)) > FIRST.number:
        gathered.switch(in_place)


def _shipments(batches: Iterable[Batch]) -> Iterator[Shipment]:
    group: list[Batch] = []
    size = 0
    for batch in batches:
        if group and size + len(batch.lines) > SHIPMENT:
            yield pack(group)
            group, size = [], 0
        group.append(batch)
        size += len(batch.lines)
    if group:
        yield pack(group)
