"""The flaws of one rule on one page: rows it left out, values it found that do not fit, and the like."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from asyncscrape.model import FieldType, Flaw, FlawKind, storable
from asyncscrape.parsers.conversions import from_json, normalised

LONGEST_EXAMPLE = 100
"""Characters of a value that is told as an example."""

Notes = list[tuple[FlawKind, str, Any]]
"""What went wrong while a row was read: the kind, the column, and the value or message to tell."""

_as_text = from_json("str")
_MISFIT = FlawKind.MISFIT  # a plain name, because looking up a member of an enum takes a while


def note_misfit(notes: Notes, column: str, kind: FieldType, value: Any) -> None:
    """Note a value that does not fit its type; one that is empty counts as not found."""
    if isinstance(value, str):
        text = value.strip()
        empty = not text or (kind == "json" and text == "null")
    else:
        empty = value is None or value in ([], {})
    if not empty:
        notes.append((_MISFIT, column, value))


def found_instead(notes: Notes, column: str) -> Any:
    """What a column had instead of a value that fits; an empty text if there was nothing."""
    return next((value for _, name, value in notes if name == column), "")


class PageFlaws:
    """Counts them by column and kind, and keeps the first example of each."""

    def __init__(self, table: str) -> None:
        self._table = table
        self._counts: dict[tuple[str, FlawKind], int] = {}
        self._examples: dict[tuple[str, FlawKind], str] = {}

    def take(self, notes: Iterable[tuple[FlawKind, str, Any]]) -> None:
        """Count what went wrong in a row that is kept."""
        counts = self._counts
        for kind, column, value in notes:
            if (column, kind) in counts:
                counts[column, kind] += 1
            else:
                counts[column, kind] = 1
                self._examples[column, kind] = shortened(storable(_as_text(value)))

    def left_out(self, column: str, notes: Notes) -> None:
        """Count a row that was left out because of this column. Its other values are no loss, whatever they are."""
        instead = (FlawKind.LEFT_OUT, column, found_instead(notes, column))
        self.take([instead, *(note for note in notes if note[0] is FlawKind.FAILED)])

    def told(self) -> list[Flaw]:
        """All of them, in the order in which they were found."""
        return [
            Flaw(self._table, column, kind, count, self._examples[column, kind])
            for (column, kind), count in self._counts.items()
        ]


def shortened(text: str, length: int = LONGEST_EXAMPLE) -> str:
    """The text on one line, and no longer than this."""
    line = normalised(text[: 10 * length])
    return line if len(line) <= length else line[: length - 1] + "…"
