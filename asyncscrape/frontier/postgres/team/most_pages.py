"""The pages that the workers of a team may finish together: no more than these are leased."""

from __future__ import annotations

import math

from asyncscrape.frontier.postgres.job_schema.transaction import JobWork
from asyncscrape.frontier.tally_names import TAKEN_PAGES


class MostPages:
    """The limit of a whole job, if it has one."""

    def __init__(self, most: int | None) -> None:
        self._most = most

    async def room(self, work: JobWork) -> float:
        """Pages that may still be leased; nobody else leases any before this transaction ends.

        It is the last that a transaction waits for, so that none waits for one that waits for it.
        """
        if self._most is None:
            return math.inf
        await work.run("pages_lock")
        counted: int = await work.value("counted", TAKEN_PAGES)
        return self._most - counted - sum(work.counting.changes[name] for name in TAKEN_PAGES)
