"""A reader that polls the tables of a job all the time, in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

PAUSE = 0.02
"""Seconds between two looks: the tests have a core left to crawl with."""
Look = Callable[[], object]
"""The content of a table, in a form that can be compared and hashed; None if there is none."""


class Reader:
    """The different contents that it has seen of each table."""

    def __init__(self, looks: Mapping[str, Look]) -> None:
        self._looks = looks
        self.seen: dict[str, set[object]] = {name: set() for name in looks}
        self.looked = 0
        self._over = threading.Event()

    def _read(self) -> None:
        while not self._over.wait(PAUSE):
            for name, look in self._looks.items():
                self.seen[name].add(look())
            self.looked += 1

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Read for as long as the block lasts."""
        thread = threading.Thread(target=self._read)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()

    def now(self) -> dict[str, object]:
        """The content of each table at this moment."""
        return {name: look() for name, look in self._looks.items()}


def file(path: Path) -> Look:
    """The bytes of a file."""
    return lambda: path.read_bytes() if path.exists() else None
