"""The hosts of a job: their keys in the file, and the grants that give them to the one worker there is."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping

from asyncscrape.frontier.base import Grant, Waiting
from asyncscrape.frontier.sqlite.database import StateDatabase

ALL = -1
"""No limit, in SQL."""
LAST = 2**63 - 1
"""The highest key there can be."""


class Hosts:
    """Grants every host once, by rising keys; one that was given back is granted anew when it has something to do."""

    def __init__(self, database: StateDatabase) -> None:
        self._database = database
        self._keys: dict[str, int] = {row["name"]: row["id"] for row in database.run("hosts")}
        self._granted = 0
        """The highest key of a host that was granted."""
        self._given_back: set[int] = set()
        self._unclean: dict[int, int] = {}
        """Requests that a run which died may have sent, until somebody is told by a grant."""

    # Keys

    def key(self, name: str) -> int:
        """The key of a host, which is new with this transaction if it was not known."""
        key = self._keys.get(name)
        if key is None:
            key = self._keys[name] = self._database.number("host_id", (name,))
        return key

    def known(self, name: str) -> int | None:
        """The key of a host that something was stored of; None for others."""
        return self._keys.get(name)

    def __len__(self) -> int:
        return len(self._keys)

    def forget_beyond(self, known: int) -> None:
        """Only so many hosts were known before the transaction that has failed."""
        for name in list(self._keys)[known:]:
            del self._keys[name]

    # Grants

    def note_unclean(self) -> None:
        """Remember which requests a run that died may have sent, before they go back to the queue."""
        self._unclean = {row["host"]: row["n"] for row in self._database.run("leased_hosts")}

    def grant(self, most: int | None) -> list[Grant]:
        """Hosts that were not granted yet, and those given back, up to so many."""
        limit = ALL if most is None else most
        rows = self._database.run("grants", (self._granted, LAST, limit)).fetchall()
        if rows:
            self._granted = rows[-1]["id"]
        grants = [self._grant_of(row) for row in rows]
        for key in sorted(self._given_back):
            if most is None or len(grants) < most:
                grants += self._grant_again(key)
        return grants

    def _grant_again(self, key: int) -> list[Grant]:
        row = self._database.row("grants", (key - 1, key, 1))
        if row is None or not (row["fresh"] or row["next_retry"]):
            return []
        self._given_back.discard(key)
        return [self._grant_of(row)]

    def _grant_of(self, row: sqlite3.Row) -> Grant:
        name, answers = row["name"], {"http": row["http"], "https": row["https"]}
        return Grant(
            name,
            row["clock"],
            {f"{scheme}://{name}": data for scheme, data in answers.items() if data is not None},
            self._unclean.pop(row["id"], 0),
            Waiting(bool(row["fresh"]), row["next_retry"]),
        )

    def give_back(self, names: Collection[str]) -> list[int]:
        """These hosts may be granted again; the keys of those that were granted."""
        keys = [key for name in names if (key := self._keys.get(name)) is not None and key <= self._granted]
        self._given_back.update(keys)
        return keys

    # What travels with them

    def save(self, clocks: Mapping[str, bytes], robots: Mapping[str, bytes]) -> None:
        """Store clocks by host, and robots.txt by origin."""
        self._database.run_many("save_clock", [(clock, self.key(host)) for host, clock in clocks.items()])
        self._database.run_many("save_robots", list(robots.items()))
