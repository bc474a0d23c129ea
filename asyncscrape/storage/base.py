"""The interfaces of stores: one for records, one for blobs.

Records reach a store through the journal, blobs straight from the network. Delivery is at-least-once and its effect
exactly-once: after a crash a delivery may be repeated, and repeating it changes nothing.

A store reports a failure as a `StoreError`, which says whether it may pass. After one, `open` the store again at its
cursor before you write on. Mistakes the user must correct, such as a wrong password or a column of another type,
are `UsageError`s.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from asyncscrape.expectations import TableExpectation
from asyncscrape.facts import TableFacts
from asyncscrape.model import FIRST, Batch, Generation, StoredBlob, Table

NOTHING_EXPECTED: Mapping[str, TableExpectation] = {}


class RecordStore(Protocol):
    """A place where records become tables that hold each key once, in its newest version."""

    @property
    def id(self) -> str:
        """The name of the store's cursor; the same in every run of the job."""

    @property
    def names(self) -> tuple[str, ...]:
        """The config's names for this store."""

    @property
    def takes_answers(self) -> bool:
        """Whether it takes kept answers, see `archive`, and nothing else; other stores take records only."""

    @property
    def appetite(self) -> int:
        """Bytes of records that make a write worthwhile."""

    @property
    def patience(self) -> float:
        """Seconds after which waiting records are written, however few they are."""

    async def probe(self, generation: Generation = FIRST) -> str:
        """Check, without changing anything, that the store can be reached and written to; the findings in brief.

        Raises whatever `open` would raise for this generation.
        """

    async def open(self, cursor: int, generation: Generation = FIRST) -> int:
        """Get ready. Records written beyond the cursor are either dropped, since they will come again, or kept.

        A store that knows nothing yet begins at 0, or at `generation.begin` of a generation beside. If records that
        it has written are gone, this is a `UsageError`, or a `StoreError` where a person can put them back.

        The place where the store goes on: the cursor, or a later one that the store itself remembers.

        Records of a generation `beside` go beside the tables of the last one. If the store has already switched to
        this generation, it is no longer beside. What an older generation left beside is removed.
        """

    async def write(self, batches: Sequence[Batch]) -> None:
        """Store these batches for good: once this returns, they survive a power cut.

        Not every line says where its record comes from; `records.lines` completes them. A batch without lines is not
        of this store: it only tells how far the journal was read, to a store with a cursor of its own.

        A store must limit its own waits: nobody else knows how long a write may reasonably take. A longer wait is a
        `StoreError` that may pass. Cancelling a write leaves nothing half done.
        """

    async def finish(self, expected: Mapping[str, TableExpectation] = NOTHING_EXPECTED) -> Mapping[str, TableFacts]:
        """Make the finished tables from everything written so far; the facts about each, judged by what is expected.

        Finishing twice is cheap and changes nothing; writing may go on afterwards.
        """

    async def switch(self) -> None:
        """Put the tables of a generation beside, once finished, in the place of the last one's.

        A reader sees the old table or the new one, never half of one. Switching twice changes nothing, and a switch
        that a crash interrupts is completed by the next `open`.
        """

    async def close(self) -> None:
        """Release everything. Safe after a failure, and safe to call twice."""


class KeptRecords(NamedTuple):
    """What a store holds of one generation, for another that is to go on with it."""

    generation: int
    tables: Sequence[Table]
    batches: Iterable[Batch]
    """Each begins where a page begins. Their numbers are their order, and not places in the journal."""


class BlobSink(Protocol):
    """A blob on its way into a store: chunks, then either `commit` or `abort`."""

    @property
    def sha256(self) -> str:
        """The hash of the bytes written so far, in hexadecimal."""

    async def write(self, chunk: bytes) -> None:
        """Add the next bytes."""

    async def commit(self, content_type: str) -> StoredBlob:
        """Put the complete blob at its path, where it survives a power cut."""

    async def abort(self) -> None:
        """Discard the bytes; a blob already at the path stays. Does nothing after `commit`."""


class BlobStore(Protocol):
    """A place for files, kept exactly as they were downloaded."""

    async def probe(self) -> str:
        """Check, leaving nothing behind, that the store can be reached and written to; the findings in brief."""

    async def prepare(self, unfinished: Sequence[str]) -> None:
        """Get ready; remove whatever an interrupted run left half-written at these paths."""

    async def open(self, path: str, url: str) -> BlobSink:
        """Begin the blob found at `url`, to be stored at `path`, where it replaces an older one.

        A path that the store cannot hold is a `FetchError`: it fails one URL, not the run.
        """

    async def copy(self, source: str, path: str) -> None:
        """Store the blob at `source` at `path` as well. A path that the store cannot hold is a `FetchError`."""

    async def bring(self, path: str, file: Path) -> None:
        """Put the blob at `path` into a new file, which is not to be changed: it may be the stored one under another
        name. A blob that is gone is a `FetchError`."""

    async def remove(self, path: str) -> None:
        """Remove the blob at `path`, if there is one."""

    async def close(self) -> None:
        """Release everything."""
