"""The file of seeds: one URL per line, or a CSV with a column "url".

Blank lines and lines that begin with "#" are skipped. The file is read as a stream, however long it is.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from asyncscrape.config.models import Config
from asyncscrape.config.values import quoted, url_trouble
from asyncscrape.errors import Problem, UsageError

COLUMN = "url"


class SeedsError(UsageError):
    """The file cannot be read past this line."""

    def __init__(self, path: Path, line: int, message: str) -> None:
        self.problem = Problem(line=line, key="", message=message, file=str(path))
        super().__init__(str(self.problem))


def rows(path: Path) -> Iterator[tuple[int, str]]:
    """The URLs in the file, not yet checked, with their lines. Raises SeedsError."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from _rows(path, enumerate(file, 1))
    except UnicodeDecodeError:
        raise SeedsError(path, 0, "is not UTF-8; save the file in that encoding") from None
    except OSError as error:
        raise SeedsError(path, 0, f"cannot be read: {error.strerror}") from None


def problems(path: Path) -> Iterator[Problem]:
    """The mistakes in the file, line by line."""
    found = False
    try:
        for line, url in rows(path):
            found = True
            trouble = url_trouble(url)
            if trouble:
                yield Problem(line=line, key="", message=f"{quoted(url)} {trouble}", file=str(path))
    except SeedsError as error:
        yield error.problem
        return
    if not found:
        yield Problem(line=0, key="", message="contains no URLs; write one per line", file=str(path))


def _rows(path: Path, lines: Iterator[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    kept = ((number, text) for number, text in lines if text.strip() and not text.lstrip().startswith("#"))
    first = next(kept, None)
    if first is None:
        return
    layout = _csv_layout(first[1])
    if layout is None:
        for number, text in chain([first], kept):
            yield number, text.strip()
    else:
        yield from _column(path, lines, *layout, first[0])


def _csv_layout(header: str) -> tuple[str, int] | None:
    """The delimiter of a CSV, and the index of its URL column; None for a plain list."""
    for delimiter in ",;\t":
        names = [name.strip().lower() for name in next(csv.reader([header], delimiter=delimiter))]
        if COLUMN in names:
            return delimiter, names.index(COLUMN)
    return None


def _column(
    path: Path, lines: Iterator[tuple[int, str]], delimiter: str, column: int, before: int
) -> Iterator[tuple[int, str]]:
    reader = csv.reader((text for _, text in lines), delimiter=delimiter)
    end = 0
    try:
        for row in reader:
            start, end = before + end + 1, reader.line_num
            if any(cell.strip() for cell in row) and not row[0].lstrip().startswith("#"):
                yield start, row[column].strip() if column < len(row) else ""
    except csv.Error as error:
        raise SeedsError(path, before + reader.line_num, f"is not a valid CSV file: {error}") from None


def read_seeds(config: Config) -> Iterator[str]:
    """The URLs to start from: those in the config, then those in its seeds file, read as a stream."""
    yield from config.seeds
    if config.seeds_file is not None:
        yield from (url for _, url in rows(config.seeds_file))
