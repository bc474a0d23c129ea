"""The time for which this worker has its hosts, as `team.py` tells it.

Nothing is started once that is over; and the fetcher looks again right before it sends, since a connection may take
long. What is already on its way then still ends. A process that is stopped between the look and the write sends when
it goes on: at most as many requests as it had open.
"""

from __future__ import annotations

import math

from asyncscrape.errors import Postponed
from asyncscrape.frontier.base import Worker
from asyncscrape.lease_clock import now


class Tenure:
    """Whether this worker still has the hosts that were granted to it."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._term = worker.lease.term

    @property
    def holds(self) -> bool:
        """Whether a request may be sent now."""
        lease = self._worker.lease
        return lease.term == self._term and now() < lease.ends

    @property
    def forever(self) -> bool:
        """Whether nobody else can get the hosts."""
        return self._worker.lease.ends == math.inf

    @property
    def lost(self) -> bool:
        """Whether all hosts may belong to others by now."""
        return self._worker.lease.term != self._term

    def renew(self) -> None:
        """Everything that was lost is dropped: what is granted from now on counts."""
        self._term = self._worker.lease.term

    def is_of(self, term: int) -> bool:
        """Whether something that was granted in this term is still ours."""
        return term == self._term

    def insist(self) -> None:
        """Raise Postponed unless a request may be sent now."""
        if not self.holds:
            raise Postponed("the database was away for too long; it is asked again by whoever has its host")
