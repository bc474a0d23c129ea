"""Where a job's results lie, in words that may be shown: a place that came from env: or file: is called by that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from asyncscrape.config.models import Config
from asyncscrape.config.stores import Files, blob_destination, record_destination
from asyncscrape.views.tables import Output


def finished(config: Config, records: Mapping[str, int], names: Iterable[str]) -> list[Output]:
    """The finished tables that are there, with how many records each holds."""
    return [
        Output(name, str(path), records.get(name, 0), path.stat().st_size)
        for name, path in table_files(config, names)
        if path.is_file()
    ]


def table_files(config: Config, names: Iterable[str]) -> Iterator[tuple[str, Path]]:
    """Where each of these tables is written by each of the stores, as far as these are folders."""
    for name in dict.fromkeys(names):
        for spec in config.record_stores:
            place = record_destination(spec.text)
            if isinstance(place, Files):
                yield name, (place.folder or config.directory) / f"{name}.{place.form}"


def blobs_place(config: Config) -> str:
    """Where downloaded files lie."""
    place = blob_destination(config.blob_store.text)
    own = (place.folder or config.directory / "blobs") if isinstance(place, Files) else place
    return config.blob_store.source or str(own)


def tables_elsewhere(config: Config) -> list[str]:
    """The stores of records that are no folders."""
    places = [(spec, record_destination(spec.text)) for spec in config.record_stores]
    return [spec.source or str(place) for spec, place in places if not isinstance(place, Files)]


def kept_elsewhere(config: Config) -> list[str]:
    """The stores that are no folders: what lies there outlives `run --fresh`."""
    folder = isinstance(blob_destination(config.blob_store.text), Files)
    return list(dict.fromkeys([*tables_elsewhere(config), *([] if folder else [blobs_place(config)])]))
