"""Totals: counted during a transaction, written at its end, and kept in memory in between.

The table `tally` has a row for each, see `frontier/tally_names.py`.
"""

from __future__ import annotations

from asyncscrape.frontier.sqlite.database import StateDatabase
from asyncscrape.frontier.sqlite.found_flaws import Flaws
from asyncscrape.frontier.tally_names import Counting, totals_of


def stored_tallies(database: StateDatabase) -> dict[str, float]:
    """All tallies by name."""
    return {row["name"]: row["n"] for row in database.run("tallies")}


class Tallies(Counting):
    """The totals of the job as of the last transaction, and the changes in the current one."""

    def __init__(self, database: StateDatabase) -> None:
        self._database = database
        super().__init__(stored_tallies(database))
        self.flaws = Flaws(database)
        self.totals = totals_of(self.stored, self.flaws.all)

    # At its end

    def write(self) -> None:
        """Write the changes, as the last step of the transaction."""
        self._database.run_many("count", [item for item in self.changes.items() if item[1]])
        self.flaws.write()

    def keep(self) -> None:
        """Keep the changes: the transaction is committed."""
        self.flaws.keep()
        if self.changes:
            for name, n in self.changes.items():
                if n:
                    self.stored[name] = self.stored.get(name, 0) + n
            self.totals = totals_of(self.stored, self.flaws.all)
            self.changes.clear()

    def drop(self) -> None:
        """Drop the changes: the transaction has failed."""
        self.flaws.drop()
        self.changes.clear()
