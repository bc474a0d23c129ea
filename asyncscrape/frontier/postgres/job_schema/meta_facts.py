"""Facts about the job itself, as JSON in the table `meta`: read all at once, and written at the end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import msgspec

from asyncscrape.frontier.postgres.job_schema.named_statements import Statements

T = TypeVar("T")


class MetaFacts:
    """The facts as of a transaction, and its changes."""

    def __init__(self, known: Mapping[str, str]) -> None:
        self._known = dict(known)
        self._changed: set[str] = set()

    def load(self, name: str, type_: type[T]) -> T | None:
        """A fact; None if it was never saved."""
        text = self._known.get(name)
        return None if text is None else msgspec.json.decode(text, type=type_)

    def save(self, name: str, fact: object) -> None:
        """Save a fact."""
        self._known[name] = msgspec.json.encode(fact).decode()
        self._changed.add(name)

    def forget(self, *names: str) -> None:
        """Forget facts."""
        for name in names:
            if self._known.pop(name, None) is not None:
                self._changed.add(name)

    async def write(self, run: Statements) -> None:
        """Write the changes."""
        saved = {name: self._known[name] for name in self._changed if name in self._known}
        if saved:
            await run.run("save_meta", [*saved], [*saved.values()])
        if gone := self._changed - saved.keys():
            await run.run("forget_meta", [*gone])
        self._changed.clear()
