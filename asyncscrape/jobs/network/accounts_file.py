"""The file of accounts: a CSV with a column "links", the permalink of each; other columns are for people.

The original project's files are read as they are: `seeds.csv` with names, links and followers, and
`remaining_seeds.csv`, which also has an emerge_date.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from os import SEEK_END
from pathlib import Path

from asyncscrape.config import csv_columns
from asyncscrape.config.csv_columns import CsvError
from asyncscrape.errors import ConfigError, Problem
from asyncscrape.parsers.soundcloud.permalinks import permalink_in

LINKS = "links"
KEY = "network.accounts_file"
log = logging.getLogger(__name__)

BAD_ROWS_TOLD = 20
"""How many bad rows to report; a wrong file would otherwise fill the screen."""


def read(path: Path) -> list[str]:
    """The permalinks in the file, each once, in its order. Raises ConfigError with every mistake and its line."""
    found: dict[str, None] = {}
    problems: list[Problem] = []
    try:
        for line, told in _links(path):
            if permalink := permalink_in(told):
                found[permalink] = None
            else:
                message = f'"{told[:80]}" is not a permalink; write the last part of the account\'s address: "kggn"'
                problems.append(Problem(line=line, key="", message=message, file=str(path)))
    except CsvError as error:
        problems.append(error.problem if error.problem.line else of_file(path, error.problem.message))
    if not found and not problems:
        problems.append(of_file(path, "contains no accounts"))
    if problems:
        raise ConfigError(problems[:BAD_ROWS_TOLD])
    return list(found)


def of_file(path: Path, message: str) -> Problem:
    """A problem with the file as a whole, with the key that names the file."""
    return Problem(line=0, key=KEY, message=message, file=str(path))


def _links(path: Path) -> Iterator[tuple[int, str]]:
    """What stands in the column, with the line."""
    with csv_columns.opened(path) as file:
        lines = enumerate(file, 1)
        header = next(csv_columns.told(lines), None)
        if header is None:
            return
        layout = csv_columns.layout(header[1], (LINKS,))
        if layout is None:
            raise CsvError(path, header[0], f'has no column "{LINKS}"; name it in the first line')
        comment = partial(_is_comment, layout.columns[LINKS])
        for line, cells in csv_columns.rows(path, lines, layout, header[0], comment):
            yield line, cells[LINKS]


def _is_comment(place: int, row: Sequence[str]) -> bool:
    """Whether a row is a comment: it begins with "#", and is not an account whose name does."""
    return csv_columns.is_comment(row) and not (0 < place < len(row) and permalink_in(row[place].strip()))


def given(named: Iterable[str], path: Path | None) -> list[str]:
    """The permalinks in the config, then those in the file, each once. Raises ConfigError."""
    return list(dict.fromkeys([*named, *(read(path) if path is not None else ())]))


class ChangingFile:
    """A file that is read again when it has changed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._mark = self._half = self._look()

    def news(self) -> list[str] | None:
        """Its permalinks, if it has changed since the last look; None if not, or while it cannot be read.

        A last line without an end may be half of one: it counts if the file is still the same at the next look.
        """
        mark = self._look()
        if mark == self._mark:
            return None
        try:
            found, whole = read(self._path), self._ends_with_a_line()
        except (ConfigError, OSError) as error:
            if mark != self._half:  # somebody may be writing it
                log.warning("the changed file of accounts is not taken up: %s", error)
                self._half = mark
            return None
        if not whole and mark != self._half:
            self._half = mark
            return found[:-1]
        self._mark = mark
        return found

    def _ends_with_a_line(self) -> bool:
        with self._path.open("rb") as file:
            file.seek(-1, SEEK_END)
            return file.read() in (b"\n", b"\r")

    def _look(self) -> tuple[int, int]:
        try:
            stat = self._path.stat()
        except OSError:
            return 0, 0
        return stat.st_mtime_ns, stat.st_size
