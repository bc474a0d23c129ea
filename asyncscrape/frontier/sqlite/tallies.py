"""Totals: counted as a transaction goes on, written at its end, and known in memory between two.

The table `tally` has a row for each: "page.done", "blob.pending", "page.merged", "record.item", "requests". These
names are made and read here alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from asyncscrape.frontier.sqlite.database import StateDatabase
from asyncscrape.frontier.states import COUNTED, Stage
from asyncscrape.model import Kind, State
from asyncscrape.stats import Spent, Totals

_NAMES: Mapping[str, Mapping[Stage, str]] = {
    kind: {stage: f"{kind}.{state}" for stage, state in COUNTED.items()} for kind in Kind
}
_PAGES = _NAMES[Kind.PAGE]
_READ = {f"{kind}.{state}": (kind, state) for kind in Kind for state in State}
_MERGED = {kind: f"{kind}.merged" for kind in Kind}
_RECORD = "record."
_SPENT = Spent.__struct_fields__


def totals_of(tallies: Mapping[str, float]) -> Totals:
    """The totals from their stored names."""
    requests: dict[Kind, dict[State, int]] = {}
    records: dict[str, int] = {}
    for name, n in tallies.items():
        if (key := _READ.get(name)) is not None:
            if n:
                requests.setdefault(key[0], {})[key[1]] = int(n)
        elif name.startswith(_RECORD):
            records[name[len(_RECORD) :]] = int(n)
    spent = Spent(*[int(tallies.get(name, 0)) for name in _SPENT])
    return Totals(requests, int(tallies.get(_MERGED[Kind.PAGE], 0)), records, spent)


def _names(kind: str) -> Mapping[Stage, str]:
    """The names under which a kind is counted; those of a job's own count as pages."""
    return _NAMES.get(kind, _PAGES)


def stored_tallies(database: StateDatabase) -> dict[str, float]:
    """All tallies by name."""
    return {row["name"]: row["n"] for row in database.run("tallies")}


class Tallies:
    """The totals of the job as of the last transaction, and what the present one has changed."""

    def __init__(self, database: StateDatabase) -> None:
        self._database = database
        self._stored = stored_tallies(database)
        self._changes: Counter[str] = Counter()
        self.totals = totals_of(self._stored)

    # What happens within a transaction

    def came(self, kind: str, stage: Stage, n: int = 1) -> None:
        """New requests begin at a stage."""
        self._changes[_names(kind)[stage]] += n

    def moved(self, kind: str, before: Stage, after: Stage, n: int = 1) -> None:
        """Requests went from one stage to another."""
        names = _names(kind)
        self._changes[names[before]] -= n
        self._changes[names[after]] += n

    def moved_all(self, kinds: Sequence[str], before: Stage, after: Stage) -> None:
        """Requests of these kinds went from one stage to another."""
        for kind in set(kinds):
            self.moved(kind, before, after, kinds.count(kind))

    def merged(self, kind: str) -> None:
        """A redirect led a request to another that is known by itself."""
        self._changes[_MERGED[Kind.counted(kind)]] += 1

    def recorded(self, table: str, n: int) -> None:
        """Records of a table were written to the journal."""
        self._changes[_RECORD + table] += n

    def finished(self, rows: Mapping[str, int]) -> None:
        """The finished tables hold so many records, whatever was counted before."""
        for table, n in rows.items():
            name = _RECORD + table
            self._changes[name] = n - int(self._stored.get(name, 0))

    def spent(self, more: Spent) -> None:
        """Requests have cost something."""
        for name in _SPENT:
            if n := getattr(more, name):
                self._changes[name] += n

    # Its end

    def write(self) -> None:
        """Write what has changed, as the last thing of the transaction."""
        self._database.run_many("count", [item for item in self._changes.items() if item[1]])

    def keep(self) -> None:
        """The transaction is committed."""
        if self._changes:
            for name, n in self._changes.items():
                if n:
                    self._stored[name] = self._stored.get(name, 0) + n
            self.totals = totals_of(self._stored)
            self._changes.clear()

    def drop(self) -> None:
        """The transaction has failed: nothing has changed."""
        self._changes.clear()
