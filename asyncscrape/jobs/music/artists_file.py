"""The file of artists: a CSV with a column "artist_name" and, where the name alone is not enough, "permalink".

Names may be repeated, as they are in lists that were put together; a row without a name counts for its permalink.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from asyncscrape.config import csv_columns
from asyncscrape.config.csv_columns import CsvError
from asyncscrape.errors import ConfigError, Problem
from asyncscrape.parsers.soundcloud.permalinks import permalink_in
from asyncscrape.parsers.soundcloud.request_notes import NOBODY

NAME, PERMALINK = "artist_name", "permalink"
LONGEST_NAME = 300
BAD_ROWS_TOLD = 20
"""How many bad rows to report; a wrong file would otherwise fill the screen."""


class Order(NamedTuple):
    """An artist that is wanted."""

    name: str
    permalink: str = ""
    """Exactly this profile; "-" for nobody."""


def tidy(name: str) -> str:
    """A name without needless white space, in one spelling of each letter."""
    return " ".join(unicodedata.normalize("NFC", name).split())


def read(path: Path) -> list[Order]:
    """The artists in the file, each once. Raises ConfigError with every mistake and its line."""
    found: dict[str, Order] = {}
    problems: list[Problem] = []
    try:
        for line, order, trouble in _orders(path):
            known = found.get(order.name, order)
            if not trouble and known.permalink and order.permalink and known.permalink != order.permalink:
                trouble = f'gives "{order.name}" another permalink than a line above; keep one of them'
            if trouble:
                problems.append(Problem(line=line, key="", message=trouble, file=str(path)))
            else:
                found[order.name] = order if order.permalink else known
    except CsvError as error:
        problems.append(error.problem)
    if not found and not problems:
        problems.append(Problem(line=0, key="", message="contains no artists", file=str(path)))
    if problems:
        raise ConfigError(problems[:BAD_ROWS_TOLD])
    return list(found.values())


def _orders(path: Path) -> Iterator[tuple[int, Order, str]]:
    """The rows with their lines, each with what is wrong about it."""
    with csv_columns.opened(path) as file:
        lines = enumerate(file, 1)
        header = next(csv_columns.told(lines), None)
        if header is None:
            return
        layout = csv_columns.layout(header[1], (NAME, PERMALINK))
        if layout is None:
            raise CsvError(path, header[0], f'has no column "{NAME}"; name it in the first line')
        for line, cells in csv_columns.rows(path, lines, layout, header[0]):
            name, given = tidy(cells[NAME]), cells.get(PERMALINK, "")
            permalink = slug(given)
            if name or given:
                yield line, Order(name or permalink or given, permalink or ""), _trouble(name, given, permalink)


def slug(given: str) -> str | None:
    """A permalink from itself or from the profile's address; None if it is neither."""
    return given if given in ("", NOBODY) else permalink_in(given)


def _trouble(name: str, given: str, permalink: str | None) -> str:
    if permalink is None:
        return f'"{given[:80]}" is not a permalink; write the last part of the profile\'s address, like "nora-vale"'
    if len(name) > LONGEST_NAME:
        return f"the name is longer than {LONGEST_NAME} characters"
    return f'"{NOBODY}" stands for nobody, so it needs a name' if not name and given == NOBODY else ""


def orders(names: Iterable[str], path: Path | None) -> list[Order]:
    """The artists named in the config, and those in the file, each once. Raises ConfigError."""
    listed = {tidy(name): Order(tidy(name)) for name in names}
    filed = read(path) if path is not None else []
    return list((listed | {order.name: order for order in filed}).values())
