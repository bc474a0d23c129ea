"""The facts found last, kept in the row of the job's cursor: a run that writes nothing need not read whole tables.

What somebody changes in the tables by hand is seen after the next write.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING

import msgspec

from asyncscrape.expectations import TableExpectation
from asyncscrape.facts import TableFacts
from asyncscrape.model import Generation
from asyncscrape.postgres.address import Address
from asyncscrape.storage.postgres.preparing import TableShapes, WritingJob
from asyncscrape.storage.postgres.statements import own
from asyncscrape.storage.postgres.writers import Writer

if TYPE_CHECKING:
    from asyncpg import Connection

EDITION = 1
"""Raise this when other facts are found in the same rows."""


class KnownFacts(msgspec.Struct, frozen=True):
    """Facts, and a hash of what they are about."""

    about: str
    facts: Mapping[str, TableFacts]


_decode = msgspec.json.Decoder(KnownFacts).decode


def about(
    found: Sequence[Writer],
    job: WritingJob,
    generation: Generation,
    beside: bool,
    shapes: TableShapes,
    expected: Mapping[str, TableExpectation],
) -> str:
    """A hash of all that decides on the facts: what this job and those that share its tables have written, the
    columns, and what is expected of them."""
    written = [
        (one.job, one.seq, one.writes, one.generation, one.begun_at)
        for one in found
        if one.job == job.id or shapes.keys() & set(one.tables)
    ]
    columns = {name: (shape.key, shape.kinds) for name, shape in shapes.items()}
    values = {name: one.columns for name, one in expected.items()}
    whole = [EDITION, written, generation.number, beside, columns, values]
    return blake2b(msgspec.json.encode(whole, order="sorted"), digest_size=8).hexdigest()


async def known_facts(
    connection: Connection, address: Address, job: WritingJob, about: str
) -> Mapping[str, TableFacts] | None:
    """The facts, if they are about this."""
    text = await connection.fetchval(own("known_facts", address.schema), job.id)
    try:
        known = _decode(text or b"")
    except msgspec.DecodeError:
        return None
    return known.facts if known.about == about else None


async def note_facts(
    connection: Connection, address: Address, job: WritingJob, writes: int, known: KnownFacts
) -> None:
    """Keep the facts, found when the job had written so often."""
    await connection.execute(own("note_facts", address.schema), job.id, writes, msgspec.json.encode(known).decode())
