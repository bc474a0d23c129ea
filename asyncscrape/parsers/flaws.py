"""The flaws of one rule on one page: rows it left out, and values it found that do not fit."""

from __future__ import annotations

from asyncscrape.model import Flaw, FlawKind, storable
from asyncscrape.parsers.conversions import normalised

LONGEST_EXAMPLE = 100
"""Characters of a value that is told as an example."""


class PageFlaws:
    """Counts them by column and kind, and keeps the first example of each."""

    def __init__(self, table: str) -> None:
        self._table = table
        self._found: dict[tuple[str, FlawKind], Flaw] = {}

    def left_out(self, column: str) -> None:
        """A row was left out because this column was empty."""
        self._add(column, FlawKind.LEFT_OUT, "")

    def misfit(self, column: str, value: str) -> None:
        """A value was found that does not fit its column."""
        self._add(column, FlawKind.MISFIT, value)

    def _add(self, column: str, kind: FlawKind, value: str) -> None:
        known = self._found.get((column, kind))
        example = known.example if known else shortened(storable(value))
        self._found[column, kind] = Flaw(self._table, column, kind, known.count + 1 if known else 1, example)

    def example(self, column: str) -> str:
        """The first value that did not fit this column; empty if there is none."""
        known = self._found.get((column, FlawKind.MISFIT))
        return known.example if known else ""

    def told(self) -> list[Flaw]:
        """All of them, in the order in which they were found."""
        return list(self._found.values())


def shortened(text: str, length: int = LONGEST_EXAMPLE) -> str:
    """The text on one line, and no longer than this."""
    line = normalised(text[: 10 * length])
    return line if len(line) <= length else line[: length - 1] + "…"
