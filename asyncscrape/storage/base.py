"""What the rest of the program knows about stores: one interface for records, one for blobs.

Records reach a store through the journal, blobs straight from the network. At-least-once delivery has exactly-once
effect: after a crash a delivery may be repeated, and repeating it changes nothing.

A store says what went wrong with `StoreError`, which knows whether it may pass. After one, `open` it again at its
cursor before writing on. What the user must change is a `UsageError`: a wrong password, a column of another type.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from asyncscrape.model import Batch, StoredBlob


class RecordStore(Protocol):
    """A place where records end up as tables, each key once, in its newest version."""

    @property
    def id(self) -> str:
        """The name of its cursor; the same in every run of the job."""

    @property
    def names(self) -> tuple[str, ...]:
        """The words of the config that this store answers for."""

    @property
    def appetite(self) -> int:
        """Bytes of records that are worth a write of their own."""

    @property
    def patience(self) -> float:
        """Seconds after which waiting records are written even when they are few."""

    async def probe(self) -> str:
        """Look whether the store can be reached and written to, changing nothing; what was found, in a few words."""

    async def open(self, cursor: int) -> int:
        """Get ready. What was written beyond the cursor is either forgotten, for it will come again, or kept.

        The place from which the store wants to go on: the cursor, or the later one that it remembers itself.
        """

    async def write(self, batches: Sequence[Batch]) -> None:
        """Take these batches for good: when this returns they outlive a power cut.

        Their lines do not all say where they come from; `records.lines` completes them.

        A store must bound its own waits: nobody else knows how long a write may honestly take. What has to wait
        longer is a `StoreError` that may pass. Cancelling a write leaves nothing half done.
        """

    async def finish(self) -> Mapping[str, int]:
        """Make the finished tables of all that was written, and say how many records each holds.

        To finish twice is cheap and changes nothing; writing may go on afterwards.
        """

    async def close(self) -> None:
        """Let go of everything; also after a failure, also twice."""


class BlobSink(Protocol):
    """A blob on its way into a store: chunks, then either `commit` or `abort`."""

    @property
    def sha256(self) -> str:
        """The hash of the bytes so far, in hexadecimal."""

    async def write(self, chunk: bytes) -> None:
        """Take the next bytes."""

    async def commit(self, content_type: str) -> StoredBlob:
        """Put the blob under its path, whole, where it outlives a power cut."""

    async def abort(self) -> None:
        """Forget the bytes; whatever lay under the path stays. After `commit` this does nothing."""


class BlobStore(Protocol):
    """A place for files that are kept as they were downloaded."""

    async def probe(self) -> str:
        """Look whether the store can be reached and written to, leaving nothing; what was found, in a few words."""

    async def prepare(self, unfinished: Sequence[str]) -> None:
        """Get ready; remove what an interrupted run left half-written under these paths."""

    async def open(self, path: str, url: str) -> BlobSink:
        """Begin the blob that was found at `url` and is to lie under `path`, which replaces an older one there.

        A path that has no place in the store is a `FetchError`: it spoils one URL, not the run.
        """

    async def copy(self, source: str, path: str) -> None:
        """Put what lies under `source` under `path` as well. A path that has no place is a `FetchError`."""

    async def remove(self, path: str) -> None:
        """Take away what lies under `path`, if anything does."""

    async def close(self) -> None:
        """Let go of everything."""
