"""Where a job's results lie."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from asyncscrape.config.models import Config
from asyncscrape.views.tables import Output


def finished(config: Config, records: Mapping[str, int], names: Iterable[str]) -> list[Output]:
    """The finished tables that are there, with how many records each holds."""
    return [
        Output(name, str(path), records.get(name, 0), path.stat().st_size)
        for name, path in table_files(config, names)
        if path.is_file()
    ]


def table_files(config: Config, names: Iterable[str]) -> Iterator[tuple[str, Path]]:
    """Where each of these tables is written by each of the stores."""
    for name in dict.fromkeys(names):
        for store in config.store.records:
            kind, _, folder = store.partition(":")
            yield name, (Path(folder) if folder else config.directory) / f"{name}.{kind}"
