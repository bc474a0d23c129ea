"""Parts: the files in which the records of one table wait to become a finished table.

A part holds the journal's bytes as they are, and its name says which stretch of the journal that is:
`000000000001-000000000042.jsonl`. So writing the same stretch again gives the same file, and the names alone tell
which parts lie beyond a cursor.

Finishing a table on the disk replaces its parts by one that is sorted and has each key once; see `finish.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

NAME = re.compile(r"(\d{12,})-(\d{12,})\.jsonl")
TAGGED = re.compile(r"(\d{12,}-\d{12,})\.[0-9a-f]{8}\.jsonl")
"""The name that earlier versions gave a part once finished tables had been made of it."""


class Part(NamedTuple):
    """A stretch of the journal, from `first` to `last` inclusive."""

    first: int
    last: int

    @property
    def name(self) -> str:
        """The name of its file."""
        return f"{self.first:012}-{self.last:012}.jsonl"


def list_parts(folder: Path) -> list[Part]:
    """The parts in a folder, oldest first."""
    matches = (NAME.fullmatch(entry.name) for entry in folder.iterdir())
    return sorted(Part(int(m[1]), int(m[2])) for m in matches if m)


def named(name: str) -> Part:
    """The part of this name. Raises `ValueError` if it is not that of a part."""
    if (found := NAME.fullmatch(name)) is None:
        raise ValueError(f"{name!r} is not the name of a part")
    return Part(int(found[1]), int(found[2]))


def sizes(folder: Path) -> dict[Part, int]:
    """The sizes of the parts in a folder; none if there is no folder."""
    return {part: (folder / part.name).stat().st_size for part in list_parts(folder)} if folder.exists() else {}


def take_tags_off(folder: Path) -> None:
    """Rename parts that an earlier version tagged to the names of today."""
    for entry in list(folder.iterdir()):
        if tagged := TAGGED.fullmatch(entry.name):
            entry.replace(folder / f"{tagged[1]}.jsonl")


def span(parts: Sequence[Part]) -> Part:
    """The one part that covers all of these."""
    return Part(min(part.first for part in parts), max(part.last for part in parts))


def superseded(parts: Iterable[Part]) -> list[Part]:
    """The parts whose records another part holds too, because a crash kept them from being removed."""
    kept: Part | None = None
    spare = []
    for part in sorted(parts, key=lambda part: (part.first, -part.last)):
        if kept and part.last <= kept.last:
            spare.append(part)
        else:
            kept = part
    return spare


def beyond(parts: Iterable[Part], cursor: int) -> list[Part]:
    """The parts that lie wholly beyond the cursor: their records are still in the journal and will come again."""
    return [part for part in parts if part.first > cursor]


def shortened(parts: Iterable[Part], cursor: int) -> dict[Part, Part]:
    """New names for parts that the cursor cuts in two.

    That happens only when a power cut undid the cursor's last move after a table had been finished. Such a part
    stays, since the journal may have dropped its beginning; its end will come again, and replaces itself by key.
    """
    return {part: Part(part.first, cursor) for part in parts if part.first <= cursor < part.last}
