"""CSV files that people write: some named columns of a file, in any order, with the delimiter ",", ";" or tab.

The file is read as a stream, however long it is. A byte order mark and the line ends of any system are fine. Blank
lines and lines that begin with "#" are skipped.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TextIO

from asyncscrape.errors import Problem, UsageError

DELIMITERS = ",;\t"


class CsvError(UsageError):
    """The file cannot be read past this line."""

    def __init__(self, path: Path, line: int, message: str) -> None:
        self.problem = Problem(line=line, key="", message=message, file=str(path))
        super().__init__(str(self.problem))


class CsvForm(NamedTuple):
    """The form of a CSV file."""

    delimiter: str
    columns: Mapping[str, int]
    """The places of the known columns."""


@contextmanager
def opened(path: Path) -> Iterator[TextIO]:
    """The file as text. Raises CsvError."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield file
    except UnicodeDecodeError:
        raise CsvError(path, 0, "is not UTF-8; save the file in that encoding") from None
    except OSError as error:
        raise CsvError(path, 0, f"cannot be read: {error.strerror}") from None


def told(numbered: Iterator[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """The lines that say something."""
    return ((number, text) for number, text in numbered if text.strip() and not text.lstrip().startswith("#"))


def layout(header: str, names: Sequence[str]) -> CsvForm | None:
    """The form of a file with this first line; None if the first of the names is no column of it."""
    for delimiter in DELIMITERS:
        found = [name.strip().lower() for name in next(csv.reader([header], delimiter=delimiter))]
        if names[0] in found:
            return CsvForm(delimiter, {name: found.index(name) for name in names if name in found})
    return None


def is_comment(row: Sequence[str]) -> bool:
    """Whether a row is a comment."""
    return row[0].lstrip().startswith("#")


def rows(
    path: Path,
    lines: Iterator[tuple[int, str]],
    form: CsvForm,
    before: int,
    comment: Callable[[Sequence[str]], bool] = is_comment,
) -> Iterator[tuple[int, dict[str, str]]]:
    """The known columns of each row that says something, with its line; `before` is that of the header."""
    reader = csv.reader((text for _, text in lines), delimiter=form.delimiter)
    end = 0
    try:
        for row in reader:
            start, end = before + end + 1, reader.line_num
            if any(cell.strip() for cell in row) and not comment(row):
                yield start, {name: row[at].strip() if at < len(row) else "" for name, at in form.columns.items()}
    except csv.Error as error:
        raise CsvError(path, before + reader.line_num, f"is not a valid CSV file: {error}") from None
