"""The hosts of a job: their keys in the file, and the grants that give them to the one worker."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Mapping

from asyncscrape.frontier.base import Grant, Waiting
from asyncscrape.frontier.sqlite.database import StateDatabase
from asyncscrape.frontier.sqlite.meta import load, save

ALL = -1
"""No limit, in SQL."""
LAST = 2**63 - 1
"""The highest possible key."""
UNCLEAN = "unclean"
"""The fact that keeps what dead runs may have sent."""


class Hosts:
    """Grants every host once, in order of keys; a host given back is granted again when it has something to do."""

    def __init__(self, database: StateDatabase) -> None:
        self._database = database
        self._keys: dict[str, int] = {row["name"]: row["id"] for row in database.run("hosts")}
        self._granted = 0
        """The highest key of any granted host."""
        self._given_back: set[int] = set()
        self._unclean: dict[int, int] = {}
        """Requests that dead runs may have sent, by host, until a clock that counts them is stored."""

    # Keys

    def key(self, name: str) -> int:
        """The key of a host; adds an unknown host in the current transaction."""
        key = self._keys.get(name)
        if key is None:
            key = self._keys[name] = self._database.number("host_id", (name,))
        return key

    def known(self, name: str) -> int | None:
        """The key of a host, if anything is stored about it."""
        return self._keys.get(name)

    def __len__(self) -> int:
        return len(self._keys)

    def forget_beyond(self, known: int) -> None:
        """Keep only the first `known` hosts: the transaction that added the others has failed."""
        for name in list(self._keys)[known:]:
            del self._keys[name]

    # Grants

    def note_unclean(self) -> None:
        """Remember what dead runs may have sent, in the transaction that puts it back into the queue."""
        known = load(self._database, UNCLEAN, dict[int, int]) or {}
        more = {row["host"]: row["n"] for row in self._database.run("leased_hosts")}
        self._unclean = {host: known.get(host, 0) + more.get(host, 0) for host in known | more}
        if more:
            save(self._database, UNCLEAN, self._unclean)

    def _forget_unclean(self, hosts: Iterable[str]) -> None:
        """The clocks of these hosts, which are being stored, have counted them."""
        if self._unclean and (counted := self._unclean.keys() & set(map(self.key, hosts))):
            self._unclean = {host: n for host, n in self._unclean.items() if host not in counted}
            save(self._database, UNCLEAN, self._unclean)

    def grant(self, most: int | None) -> list[Grant]:
        """Up to `most` hosts that are not granted: new ones first, then those given back."""
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
        waiting = Waiting(bool(row["fresh"]), row["next_retry"])
        return Grant(row["name"], row["clock"], self._unclean.get(row["id"], 0), waiting)

    def give_back(self, names: Collection[str]) -> list[int]:
        """Allow these hosts to be granted again; the keys of those that had been granted."""
        keys = [key for name in names if (key := self._keys.get(name)) is not None and key <= self._granted]
        self._given_back.update(keys)
        return keys

    # State that travels with a host

    def robots(self, origin: str) -> bytes | None:
        """The last robots.txt of an origin."""
        row = self._database.row("robots", (origin,))
        return row["data"] if row else None

    def save(self, clocks: Mapping[str, bytes], robots: Mapping[str, bytes]) -> None:
        """Store clocks by host, and robots.txt by origin."""
        self._database.run_many("save_clock", [(clock, self.key(host)) for host, clock in clocks.items()])
        self._database.run_many("save_robots", list(robots.items()))
        self._forget_unclean(clocks)
