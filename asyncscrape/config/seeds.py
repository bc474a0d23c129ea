"""The file of seeds: one URL per line, or a CSV with a column "url".

Blank lines and lines that begin with "#" are skipped. The file is read as a stream, however long it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from asyncscrape.config import csv_columns
from asyncscrape.config.csv_columns import CsvError
from asyncscrape.config.models import Config
from asyncscrape.config.values import quoted, url_trouble
from asyncscrape.errors import Problem

COLUMN = "url"


def rows(path: Path) -> Iterator[tuple[int, str]]:
    """The URLs in the file, not yet checked, with their lines. Raises CsvError."""
    with csv_columns.opened(path) as file:
        yield from _rows(path, enumerate(file, 1))


def problems(path: Path) -> Iterator[Problem]:
    """The mistakes in the file, line by line."""
    found = False
    try:
        for line, url in rows(path):
            found = True
            trouble = url_trouble(url)
            if trouble:
                yield Problem(line=line, key="", message=f"{quoted(url)} {trouble}", file=str(path))
    except CsvError as error:
        yield error.problem
        return
    if not found:
        yield Problem(line=0, key="", message="contains no URLs; write one per line", file=str(path))


def _rows(path: Path, lines: Iterator[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    kept = csv_columns.told(lines)
    first = next(kept, None)
    if first is None:
        return
    layout = csv_columns.layout(first[1], (COLUMN,))
    if layout is None:
        for number, text in chain([first], kept):
            yield number, text.strip()
    else:
        for number, cells in csv_columns.rows(path, lines, layout, first[0]):
            yield number, cells[COLUMN]


def read_seeds(config: Config) -> Iterator[str]:
    """The URLs to start from: those in the config, then those in its seeds file, read as a stream."""
    yield from config.seeds
    if config.seeds_file is not None:
        yield from (url for _, url in rows(config.seeds_file))
