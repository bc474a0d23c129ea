"""The interface of a place for whole objects, such as S3, for synchronous code in any thread."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from asyncscrape.storage.base import Permit


class Objects(Protocol):
    """Objects, each whole or not at all."""

    @property
    def place(self) -> int:
        """A number that tells this place from others; not 0."""

    def probe(self) -> str:
        """Check, leaving nothing behind, that objects can be put; the finding in brief."""

    def where(self, name: str) -> str:
        """An object, in messages."""

    def sizes(self, prefix: str, behind: str = "") -> Mapping[str, int]:
        """The bytes of the objects whose names begin so, by name; only of those whose names come behind this one."""

    def put(self, name: str, content: bytes, permit: Permit | None = None) -> None:
        """Keep an object for good; it takes the place of another one with this name."""

    def read(self, name: str, start: int, length: int) -> bytes:
        """Some bytes. Raises FetchError if the object is not there."""

    def remove(self, names: Iterable[str]) -> None:
        """Remove those of these objects that are there."""

    def close(self) -> None:
        """Give up what other threads wait for, and release everything; it can be used again."""
