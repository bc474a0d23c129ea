"""The generation of a job's tables, in words."""

from __future__ import annotations

from collections.abc import Iterator

from asyncscrape.stats import Snapshot
from asyncscrape.views.figures import count


def generation(snapshot: Snapshot) -> Iterator[str]:
    """Its number and whether it is held back, and how its tables differ from the last ones; nothing for the first."""
    if snapshot.generation == 1:
        return
    yield f"{count(snapshot.generation)}, held back" if snapshot.held else count(snapshot.generation)
    for table, changes in snapshot.changes.items():
        numbers = f"{count(changes.new)} new, {count(changes.gone)} gone, {count(changes.changed)} changed"
        yield f"{table} since the last one: {numbers}"
