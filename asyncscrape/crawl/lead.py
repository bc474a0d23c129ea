"""Whether this worker still ends the crawl for all: once its lease has ended, others may do so."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from asyncscrape.crawl.tenure import Tenure
from asyncscrape.errors import LeadLost, StoreError
from asyncscrape.frontier.base import Worker

T = TypeVar("T")

LOOK = 0.3
"""Seconds between two looks at whether it is lost."""


class Lead:
    """The lead of this worker, if it has it."""

    def __init__(self, worker: Worker) -> None:
        self._tenure = Tenure(worker)

    def begin(self) -> None:
        """From now on it is lost with the lease of this moment. To be called before the worker asks for it."""
        self._tenure.renew()

    def insist(self) -> None:
        """Raise StoreError while others may send the same tables; that may pass."""
        if not self._tenure.holds:
            raise StoreError(
                "the database of the job was away for too long, so another worker may make the tables", passing=True
            )

    async def keep(self, work: Coroutine[Any, Any, T]) -> T:
        """Do the work of the one that leads. Raises LeadLost, and stops it, once others may do it."""
        doing = asyncio.create_task(work)
        try:
            while not doing.done():
                if self._tenure.lost:
                    raise LeadLost("this worker was cut off, and another one ends the crawl")
                await asyncio.wait([doing], timeout=LOOK)
            return doing.result()
        finally:
            if not doing.done():
                doing.cancel()
                await asyncio.gather(doing, return_exceptions=True)  # what goes wrong now concerns nobody
