"""The gate of the blob store: files pass it on their way in, and wait in front of it while the store is in trouble.

1. A file whose turn has come is let in, unless the store is in trouble.               `StoreGate.open`, `enter`
2. Its bytes go into a sink of the store.                                              `StoreGate.sink`
3. Once all bytes are there the store keeps them, unless their path is another file's;
   with `dedupe`, only new ones.                                                       `StoreGate.keep`
4. A failure that may pass puts the file back. The store is probed again and again; once
   it answers, one file is let in, and if that is kept, all are.                       `StoreGate._recover`
5. A failure that cannot pass, or that outlasts the deadline, ends the run.            `StoreGate.put_off`, `failure`

With `dedupe`, the table `blobs` leads from every URL to the one path that holds its bytes. A record still names the
path that its rule asks for. When a run begins, it removes files that a killed run may have stored without recording
them. So with `dedupe` no two jobs may share a folder or prefix: one could remove the other's files.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import NamedTuple

import msgspec

from asyncscrape.downloads.dedupe import Dedupe
from asyncscrape.downloads.path_claims import PathClaims
from asyncscrape.errors import FetchError, StoreError
from asyncscrape.model import KeptBlob, Origin, Request, Response, StoredBlob
from asyncscrape.storage.base import BlobSink, BlobStore, Permit
from asyncscrape.units import in_words

log = logging.getLogger(__name__)

AT_ONCE = 16
"""Paths cleared at once when a run begins."""
IDLE = 60.0
"""Seconds after which a store that answers counts as well although no file has tried it."""


class Waits(NamedTuple):
    """Longest pause between two probes of a store in trouble, in seconds: at first, and later."""

    first: float = 0.2
    longest: float = 30.0


WAITS = Waits()


class StoreGate:
    """Stores downloads, and says when none can be stored."""

    def __init__(
        self,
        blobs: BlobStore,
        places: Dedupe | PathClaims,
        deadline: float,
        now: Callable[[], float],
        waits: Waits = WAITS,
    ) -> None:
        self._blobs = blobs
        self._places = places
        self._now = now
        self._trouble = GateState(deadline, waits)
        self._changed = asyncio.Event()
        """Set and replaced when waiting files may go on."""
        self._failure: Exception | None = None
        self._failed = asyncio.Event()
        self._unprepared: Mapping[str, bool] | None = None
        self._recovery: asyncio.Task[None] | None = None

    @property
    def trouble(self) -> str:
        """The store's trouble, for people; empty when all is well."""
        return self._trouble.told(self._now())

    @property
    def shares(self) -> bool:
        """Whether equal bytes are stored only once."""
        return isinstance(self._places, Dedupe)

    @property
    def open(self) -> bool:
        """Whether a file may be let in now. In trouble, one at a time may, to test the store."""
        return self._trouble.open

    def enter(self) -> None:
        """Let in a file; it leaves at the end of its `sink` or `copy`."""
        self._trouble.enter()

    async def opening(self) -> None:
        """Wait until it is open."""
        while not self._trouble.open:
            await self._changed.wait()

    async def failure(self) -> Exception:
        """Wait until the store has failed for good; its error."""
        await self._failed.wait()
        assert self._failure is not None
        return self._failure

    # The beginning and the end

    async def prepare(self, unfinished: Mapping[str, bool]) -> None:
        """Get the store ready. `unfinished` are the paths a killed run may have been writing to, and whether each
        holds a known file.
        """
        self._unprepared = unfinished
        try:
            await self._prepare()
        except StoreError as error:
            self.put_off(error)

    async def _prepare(self) -> None:
        if self._unprepared is None:
            await self._blobs.probe()
            return
        await self._blobs.prepare(list(self._unprepared))
        if self.shares:
            await self._clear([path for path, known in self._unprepared.items() if not known])
        self._unprepared = None

    async def _clear(self, paths: list[str]) -> None:
        """Remove files that were stored but never recorded: their bytes may get another path this time."""
        for start in range(0, len(paths), AT_ONCE):
            await asyncio.gather(*(self._remove(path) for path in paths[start : start + AT_ONCE]))

    async def _remove(self, path: str) -> None:
        with suppress(FetchError):  # nothing can lie under such a path
            await self._blobs.remove(path)

    async def close(self) -> None:
        """Close the store."""
        if self._recovery is not None:
            self._recovery.cancel()
            await asyncio.gather(self._recovery, return_exceptions=True)
        await self._blobs.close()

    # One file

    def sink(self, request: Request) -> OpenSink:
        """A sink for the bytes of one file, which are dropped unless they are kept."""
        return OpenSink(self._blobs, request, self.leave)

    async def keep(self, sink: BlobSink, request: Request, response: Response) -> KeptBlob:
        """Make a whole file durable before anything says that it is there."""

        async def commit(permit: Permit | None) -> StoredBlob:
            stored = await sink.commit(response.content_type, permit)
            self._well()
            return stored

        return await self._places.keep(sink.sha256, request, response.origin, commit)

    async def copy(self, stored: StoredBlob, origin: Origin, request: Request) -> StoredBlob:
        """Store a file at the path of another request too; with `dedupe`, equal bytes stay at the one path."""
        try:
            if isinstance(self._places, Dedupe):
                return msgspec.structs.replace(stored, url=request.asked)
            copy = partial(self._copied, stored, request)
            return (await self._places.keep(stored.sha256, request, origin, copy)).blob
        finally:
            self.leave()

    async def _copied(self, stored: StoredBlob, request: Request, permit: Permit | None) -> StoredBlob:
        if request.path != stored.path:
            await self._blobs.copy(stored.path, request.path, permit)
            self._well()
        return msgspec.structs.replace(stored, url=request.asked, path=request.path)

    # Trouble

    def leave(self) -> None:
        """A file that was let in has ended; a sink or a copy says so itself."""
        if self._trouble.leave(self._now()):
            self._change()

    def _change(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    def put_off(self, error: StoreError) -> float:
        """The store has failed: when to try the file again. Raises an error that ends the run."""
        now = self._now()
        self._trouble.fail(error, now)
        if self._recovery is None or self._recovery.done():
            log.warning("files cannot be stored at the moment: %s", error)
            self._recovery = asyncio.create_task(self._recover())
        return now + self._trouble.wait(now)

    def _well(self) -> None:
        if self._trouble.since is None:
            return
        log.warning("files are stored again")
        self._trouble.clear()
        if self._recovery is not None:
            self._recovery.cancel()
            self._recovery = None  # it ends only in a moment, and the next trouble needs one of its own
        self._change()

    async def _recover(self) -> None:
        """Probe the store at growing intervals, until it has kept a file or no file is waiting."""
        try:
            while self._trouble.since is not None:
                await asyncio.sleep(self._trouble.wait(self._now()))
                if self._trouble.shut:
                    await self._look()
                elif self._trouble.idle(self._now()):
                    self._trouble.clear()
                    self._change()
        except Exception as error:
            self._failure = error
            self._failed.set()

    async def _look(self) -> None:
        try:
            await self._prepare()
        except StoreError as error:
            self._trouble.fail(error, self._now())
        else:
            self._trouble.ajar(self._now())
            self._change()


class OpenSink:
    """The sink of one file, as long as the file is in the gate."""

    __slots__ = ("_blobs", "_leave", "_request", "_sink")

    def __init__(self, blobs: BlobStore, request: Request, leave: Callable[[], None]) -> None:
        self._blobs = blobs
        self._request = request
        self._leave = leave
        self._sink: BlobSink | None = None

    async def __aenter__(self) -> BlobSink:
        """Open the sink."""
        try:
            self._sink = await self._blobs.open(self._request.path, self._request.asked)
        except BaseException:
            self._leave()
            raise
        return self._sink

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Drop what has not been kept, and leave."""
        assert self._sink is not None
        try:
            await self._sink.abort()
        except StoreError as failure:
            log.debug("the rest of a download could not be removed: %s", failure)
        finally:
            self._leave()


class GateState:
    """Whether a store works. The gate is open; shut after a failure; ajar, for one try at a time, once the store
    answers again; and open again after a success.
    """

    def __init__(self, deadline: float, waits: Waits) -> None:
        self._deadline = deadline
        self._waits = waits
        self._why = ""
        self.since: float | None = None
        """Time of the first failure since the last success; None if all is well."""
        self.shut = False
        self._free: float | None = None
        """Since when it has been ajar without a try."""

    @property
    def open(self) -> bool:
        """Whether the next may try."""
        return self.since is None or self._free is not None

    def enter(self) -> None:
        """A file tries."""
        self._free = None

    def leave(self, now: float) -> bool:
        """A try has ended; whether it told nothing about the store, so that the next may try."""
        if self.since is None or self.shut:
            return False
        self._free = now
        return True

    def fail(self, error: StoreError, now: float) -> None:
        """A try has failed. Raises if trying again is useless."""
        if not error.passing:
            raise error
        self.since = now if self.since is None else self.since
        if now - self.since >= self._deadline:
            raise StoreError(f"{error}; retried for {in_words(self._deadline)}") from error
        self._why, self.shut, self._free = str(error), True, None

    def ajar(self, now: float) -> None:
        """The store answers."""
        self.shut, self._free = False, now

    def idle(self, now: float) -> bool:
        """Whether no file has tried for long."""
        return self._free is not None and now - self._free >= IDLE

    def clear(self) -> None:
        """All is well."""
        self.since, self.shut, self._free, self._why = None, False, None, ""

    def wait(self, now: float) -> float:
        """Seconds until another try: random, longer the longer the trouble lasts, but not past its deadline."""
        age = 0.0 if self.since is None else now - self.since
        wait = random.uniform(0.1, 1.0) * min(self._waits.longest, self._waits.first + age)
        return min(wait, max(self._deadline - age, 0.1))

    def told(self, now: float) -> str:
        """For people."""
        if self.since is None:
            return ""
        return f"files have been waiting for their store for {in_words(round(now - self.since))}: {self._why}"
