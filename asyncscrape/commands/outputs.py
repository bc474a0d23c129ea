"""Where a job's results are, in words safe to show: a place that came from env: or file: keeps that name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from asyncscrape.config.models import Config
from asyncscrape.destinations import FolderDestination, TableForm
from asyncscrape.views.tables import Output


def finished(config: Config, records: Mapping[str, int], names: Iterable[str]) -> list[Output]:
    """The finished tables that exist, with the number of records in each."""
    return [
        Output(name, str(path), records.get(name, 0), path.stat().st_size)
        for name, path in table_files(config, names)
        if path.is_file()
    ]


def table_files(config: Config, names: Iterable[str]) -> Iterator[tuple[str, Path]]:
    """The file of each of these tables in each store that is a folder."""
    return ((name, path) for name in dict.fromkeys(names) for _, path in files_of(config, name))


def files_of(config: Config, table: str) -> Iterator[tuple[TableForm, Path]]:
    """The file of a table in each store that is a folder, with its form."""
    for store in config.record_stores:
        match store.destination:
            case FolderDestination(form=TableForm() as form, folder=folder):
                yield form, (folder or config.directory) / form.file_name(table)


def blobs_place(config: Config) -> str:
    """Where downloaded files are stored."""
    place = config.blob_store.destination
    own = (place.folder or config.directory / "blobs") if isinstance(place, FolderDestination) else place
    return config.blob_store.source or str(own)


def tables_elsewhere(config: Config) -> list[str]:
    """The record stores that are not folders."""
    return [
        store.source or str(store.destination)
        for store in config.record_stores
        if not isinstance(store.destination, FolderDestination)
    ]


def kept_elsewhere(config: Config) -> list[str]:
    """The stores that are not folders: their contents outlive `run --fresh`."""
    folder = isinstance(config.blob_store.destination, FolderDestination)
    return list(dict.fromkeys([*tables_elsewhere(config), *([] if folder else [blobs_place(config)])]))
