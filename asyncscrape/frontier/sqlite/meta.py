"""Facts about the job itself, as JSON in the table `meta`."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from asyncscrape.frontier.sqlite.database import StateDatabase

T = TypeVar("T")


def load(database: StateDatabase, name: str, type_: type[T]) -> T | None:
    """A fact; None if it was never saved."""
    text = database.text("meta", (name,))
    return None if text is None else msgspec.json.decode(text, type=type_)


def save(database: StateDatabase, name: str, fact: object) -> None:
    """Save a fact in the current transaction."""
    database.run("save_meta", (name, msgspec.json.encode(fact).decode()))


def forget(database: StateDatabase, *names: str) -> None:
    """Forget facts in the current transaction."""
    database.run_many("forget_meta", [(name,) for name in names])


class StateMeta:
    """The table, for parts that every frontier shares."""

    def __init__(self, database: StateDatabase) -> None:
        self._database = database

    def load(self, name: str, type_: type[T]) -> T | None:
        """A fact; None if it was never saved."""
        return load(self._database, name, type_)

    def save(self, name: str, fact: object) -> None:
        """Save a fact in the current transaction."""
        save(self._database, name, fact)

    def forget(self, *names: str) -> None:
        """Forget facts in the current transaction."""
        forget(self._database, *names)
