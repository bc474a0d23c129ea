"""The flaws of all pages together: in memory, in the table `flaw`, and the changes to be written at the end."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from asyncscrape.frontier.sqlite.database import WITH_FINDINGS, StateDatabase
from asyncscrape.model import Flaw, FlawKind, FoundFlaw


def stored_flaws(database: StateDatabase) -> tuple[FoundFlaw, ...]:
    """The flaws in the file, by table, column and kind."""
    if database.layout < WITH_FINDINGS:
        return ()
    return tuple(
        FoundFlaw(Flaw(row["name"], row["field"], FlawKind(row["kind"]), row["n"], row["example"]), row["url"])
        for row in database.run("flaws")
    )


class Flaws:
    """The flaws as of the last transaction, and those of the current one."""

    def __init__(self, database: StateDatabase) -> None:
        self._database = database
        self._new: dict[tuple[str, str, FlawKind], FoundFlaw] = {}
        self.all = stored_flaws(database)

    def add(self, flaws: Iterable[Flaw], url: str) -> None:
        """Count the flaws of a page; the first example stays."""
        for flaw in flaws:
            key = (flaw.table, flaw.column, flaw.kind)
            first = self._new.get(key)
            if first is None:
                self._new[key] = FoundFlaw(flaw, url)
            else:
                more = msgspec.structs.replace(first.flaw, count=first.flaw.count + flaw.count)
                self._new[key] = FoundFlaw(more, first.url)

    def write(self) -> None:
        """Write those of this transaction."""
        rows = [(*key, one.flaw.count, one.flaw.example, one.url) for key, one in self._new.items()]
        self._database.run_many("add_flaw", rows)

    def keep(self) -> None:
        """Keep them: the transaction is committed."""
        if self._new:
            self._new.clear()
            self.all = stored_flaws(self._database)

    def drop(self) -> None:
        """Drop them: the transaction has failed."""
        self._new.clear()
