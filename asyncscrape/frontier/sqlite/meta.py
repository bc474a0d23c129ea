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
