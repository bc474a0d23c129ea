"""The durable queue of a job: requests are taken, and their outcomes are committed along with all that they brought.

`frontier/states.py` has the life of a URL as a table. All of this is synchronous; `worker.py` calls it in a thread.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import islice

import msgspec

from asyncscrape.frontier.base import Committed, Copy, GivenUp, Grant, Group, Taken, Waiting
from asyncscrape.frontier.group_offers import OfferedByGroup, grown, offered_by
from asyncscrape.frontier.journal_entries import by_table, entries
from asyncscrape.frontier.sqlite.bundle_tables import Bundles
from asyncscrape.frontier.sqlite.copies import Copies
from asyncscrape.frontier.sqlite.journal import JournalTable
from asyncscrape.frontier.sqlite.outcomes import Outcomes
from asyncscrape.frontier.sqlite.page_findings import Findings
from asyncscrape.frontier.sqlite.state_file import StateFile
from asyncscrape.frontier.states import COPIES, REQUESTS, Event, Stage
from asyncscrape.frontier.stored_rows import NewRow, new_row, request_of
from asyncscrape.model import Batch, Kind, Request
from asyncscrape.politeness.clock import PATIENCE
from asyncscrape.stats import Totals
from asyncscrape.urls import authority

NOTHING = Taken((), Waiting())
ADDED_AT_ONCE = 4_096
"""Rows inserted by one statement: a page may offer hundreds of thousands of links."""


class Queue:
    """The queue and, in the same file and transactions, the journal."""

    def __init__(
        self,
        file: StateFile,
        journal: JournalTable,
        copies: Copies,
        bundles: Bundles,
        *,
        newest_first: bool = False,
    ) -> None:
        self._file = file
        self._database = file.database
        self._journal = journal
        self._copies = copies
        self._bundles = bundles
        self._outcomes = Outcomes(file, copies)
        self._findings = Findings(file.database, file.tallies)
        self._untried = "take_newest" if newest_first else "take_oldest"
        self._clean = False
        """Whether the leases of a dead run are back in the queue."""

    # Hosts

    def acquire(self, most: int | None = None) -> list[Grant]:
        """Grant hosts to this worker."""
        if not self._clean:
            with self._file.transaction():
                self._file.hosts.note_unclean()
                self._put_back("recover")
            self._clean = True
        return self._file.hosts.grant(most)

    def give_back(self, hosts: Collection[str]) -> None:
        """Put the requests leased at these hosts back; the hosts may then be granted again."""
        with self._file.transaction():
            for key in self._file.hosts.give_back(hosts):
                for row in self._database.run("leased_at_host", (key,)).fetchall():
                    after = REQUESTS[Stage.LEASED, Event.RELEASED]
                    self._file.tallies.moved(row["kind"], Stage.LEASED, after, row["n"])
                self._database.run("release_host", (key,))

    # Taking

    def poll(self, hungry: Mapping[str, int], now: float) -> dict[str, Taken]:
        """Lease up to so many requests for each host."""
        with self._file.transaction():
            return self._take_all(hungry, now)

    def _take_all(self, wants: Mapping[str, int], now: float) -> dict[str, Taken]:
        return {host: self._take(self._file.hosts.known(host), limit, now) for host, limit in wants.items()}

    def _take(self, host: int | None, limit: int, now: float) -> Taken:
        """Lease requests for a host: first the retries that are due, then untried URLs."""
        if host is None:
            return NOTHING
        database = self._database
        rows = database.run("take_retries", (host, now, limit)).fetchall()
        rows += database.run(self._untried, (host, limit + 1 - len(rows))).fetchall()
        requests = [request_of(row) for row in rows[:limit]]
        database.run_many("lease", [(taken.id,) for taken in requests])
        kinds = [taken.kind for taken in requests]
        self._file.tallies.moved_all(kinds, Stage.PENDING, REQUESTS[Stage.PENDING, Event.TAKEN])
        return Taken(requests, Waiting(len(rows) > limit, self._next_retry(host, now)))

    def _next_retry(self, host: int, now: float) -> float | None:
        """When the next retry of a host is due. One that no run would wait for was stored when the time was wrong."""
        due: float | None = self._database.run("next_retry", (host,)).fetchone()["due"]
        if due is not None and due > now + PATIENCE:
            self._database.run("retry_now", (now, host))
            return now
        return due

    def take_copies(self, most: int) -> tuple[list[Copy], bool]:
        """Lease copies that are ready to make; also whether more may be ready."""
        with self._file.transaction():
            return self._copies.take(most), self._copies.may_wait

    def unfinished_paths(self) -> dict[str, bool]:
        """Paths of leased blobs, and whether a known file is stored there."""
        return {row["path"]: bool(row["known"]) for row in self._database.run("leased_paths")}

    def release(self) -> None:
        """Put everything leased back."""
        with self._file.transaction():
            self._put_back("release")

    def _put_back(self, statement: str) -> None:
        for row in self._database.run("leased").fetchall():
            after = (COPIES if row["copied"] else REQUESTS)[Stage.LEASED, Event.RELEASED]
            self._file.tallies.moved(row["kind"], Stage.LEASED, after, row["n"])
        self._database.run(statement)
        self._copies.may_wait = True

    def finished(self) -> bool:
        """Whether nothing is left to do."""
        return not self._database.number("unfinished")

    def totals(self) -> Totals:
        """The totals of the job."""
        return self._file.generation.completed(self._file.tallies.totals)

    # Committing

    def commit_and_take(self, group: Group, wants: Mapping[str, int], now: float) -> Committed:
        """Store a group and lease requests in one transaction, including requests that the group has just added."""
        with self._file.transaction():
            fresh = self._outcomes.settle(group.outcomes)
            self._open_bundles(group.offers)
            self._add(offered_by(group, group.outcomes), fresh)
            self._findings.note(group.outcomes)
            self._file.experience.note(group.outcomes)
            appended = self._write_records(group)
            self._note(group)
            self._grow(group, fresh)
            taken = self._take_all(wants, now)
            ended = self._bundles.waiting() is not None
        self._journal.remember(appended)
        records, size = sum(batch.count for batch in appended), sum(len(batch.lines) for batch in appended)
        return Committed(fresh, taken, self.totals(), records, size, self._copies.may_wait, ended)

    def _open_bundles(self, seeds: Sequence[Request]) -> None:
        for seed in seeds:
            if seed.opens:
                self._bundles.offer(seed)

    def _add(self, offered: Iterable[OfferedByGroup], fresh: Counter[str]) -> None:
        """Insert requests that are not known yet, a few at a time; counts the new URLs by host in `fresh`."""
        rest = iter(offered)
        while some := list(islice(rest, ADDED_AT_ONCE)):
            self._add_some(some, fresh)

    def _add_some(self, offered: Sequence[OfferedByGroup], fresh: Counter[str]) -> None:
        groups: defaultdict[tuple[str, str], list[NewRow]] = defaultdict(list)
        for new, *of in offered:
            host = authority(new.url)
            groups[host, new.kind].append(new_row(new, self._file.hosts.key(host), *of))
        for (host, kind), rows in groups.items():
            added = self._copies.add(rows) if kind == Kind.BLOB else self._database.run_many("add", rows)
            if added:
                fresh[host] += added
                self._file.tallies.came(kind, REQUESTS[None, Event.OFFERED], added)
                self._findings.followed(row.print_ for row in rows)

    def _grow(self, group: Group, fresh: Counter[str]) -> None:
        """Close a bundle, and open others."""
        self._bundles.note(group.outcomes)
        if group.closed:
            self._bundles.close(group.closed)
        if group.growth:
            self._add(map(grown, self._bundles.grow(group.growth)), fresh)

    def _write_records(self, group: Group) -> list[Batch]:
        """Write a journal entry for each table, with the records of the group; or some, if they are very large."""
        tables = by_table(group.outcomes, group.closed, group.made)
        for table, pieces in tables.items():
            self._file.tallies.recorded(table, sum(some.count for some in pieces))
        return [
            self._journal.append(table, sum(some.count for some in entry), b"".join(some.text for some in entry))
            for table, pieces in tables.items()
            for entry in entries(pieces)
        ]

    def _note(self, group: Group) -> None:
        """Store the rest of a group, beyond its outcomes."""
        for host, why in group.given_up.items():
            self._give_up(host, why)
        self._file.hosts.save(group.clocks, group.robots)
        self._file.tallies.spent(group.spent)
        if group.facts:
            self._file.tallies.finished({table: facts.rows for table, facts in group.facts.items()})
            self._file.generation.save_facts(group.facts)
        if group.look is not None:
            self._database.run("save_meta", ("look", msgspec.json.encode(group.look).decode()))

    def _give_up(self, host: str, why: GivenUp) -> None:
        """Fail everything that waits at a host, and the copies that wait for it."""
        after = REQUESTS[Stage.PENDING, Event.GIVEN_UP]
        for row in self._database.run("waiting_at_host", (host,)).fetchall():
            self._file.tallies.moved(row["kind"], Stage.PENDING, after, row["n"])
        blobs = self._database.run("waiting_blobs_at_host", (host,)).fetchall()
        self._database.run("give_up_host", (why.reason, why.detail, host))
        for row in blobs:
            self._copies.end(row["id"], after, why.reason, why.detail)
