"""Reading SQL from the files of a package: statements by name, scripts as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources

NAME = "-- name: "
"""The start of the line above a statement; comments may come between."""


@cache
def statements(package: str, file: str = "queries.sql") -> Mapping[str, str]:
    """The statements in a file, by name."""
    blocks = script(package, file).split(NAME)[1:]
    return {name.strip(): sql.strip() for name, _, sql in (block.partition("\n") for block in blocks)}


def script(package: str, file: str) -> str:
    """The whole text of a file."""
    return resources.files(package).joinpath(file).read_text("utf-8")


def scripts(package: str, folder: str) -> Iterator[tuple[str, str]]:
    """The SQL files in a folder of the package: their names, without the ending, and their texts."""
    for file in resources.files(package).joinpath(folder).iterdir():
        if file.name.endswith(".sql"):
            yield file.name.removesuffix(".sql"), file.read_text("utf-8")
