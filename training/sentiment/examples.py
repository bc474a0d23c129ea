"""The examples to learn from: the tables of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent
TABLES = ("train*.tsv", "words*.tsv")


@dataclass(frozen=True)
class Example:
    """A comment or phrase with what a reader would say of it."""

    language: str
    """A code of ISO 639-1, or "xx" for what has no language."""
    label: str
    comment: str


def examples() -> list[Example]:
    """Those to learn from, in a fixed order."""
    return [one for pattern in TABLES for path in sorted(FOLDER.glob(pattern)) for one in _rows(path)]


def _rows(path: Path) -> Iterator[Example]:
    """The rows of a table: language, label, comment; some have a fourth column."""
    for line in path.read_text(encoding="utf-8").splitlines():
        yield Example(*line.split("\t")[:3])


def test_half(name: str) -> list[Example]:
    """The comments of a test table: "open" or "held"."""
    lines = (FOLDER / f"comments_{name}.tsv").read_text(encoding="utf-8").splitlines()[1:]
    rows = (line.split("\t") for line in lines)
    return [Example(language, label, comment) for _, language, _, _, label, comment in rows]
