"""What in a config works on one machine only, so that several workers cannot share the job."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from asyncscrape.config.models import Config
from asyncscrape.config.values import quoted
from asyncscrape.destinations import FolderDestination, form_of
from asyncscrape.model import BLOBS, Table

ITS_DISK = "the files lie on one machine's disk, where other workers cannot add to them"


def reasons(config: Config, tables: Collection[Table]) -> list[str]:
    """Each key that keeps other workers out of a job that fills these tables, with the reason and what to use."""
    return [*_frontier(config), *_records(config), *_files(config, tables)]


def _frontier(config: Config) -> Iterator[str]:
    if config.frontier_place.database is None:
        yield (
            "frontier: the state of the job lies on one machine's disk; "
            'give it a database with [frontier] url = "postgres://user@host:5432/database"'
        )


def _records(config: Config) -> Iterator[str]:
    for store in config.record_stores:
        if isinstance(store.destination, FolderDestination):
            form = form_of(store.destination)
            yield f'{store.label}: {ITS_DISK}; use "postgres://user@host/db" or "{form}:s3://bucket/prefix"'


def _files(config: Config, tables: Collection[Table]) -> Iterator[str]:
    if BLOBS in tables and isinstance(config.blob_store.destination, FolderDestination):
        yield (
            f"store.blobs: this job may download files, and {quoted(config.blob_store.label)} keeps them on one "
            'machine\'s disk; use "s3://bucket/prefix"'
        )
    if config.store.dedupe:
        yield (
            "store.dedupe: two workers may store equal bytes at the same time, each without knowing of the other's; "
            "leave it out, or run one worker"
        )
    if config.store.archive and isinstance(config.blob_store.destination, FolderDestination):
        yield (
            f"store.archive: answers are kept beside the blobs, and {quoted(config.blob_store.label)} keeps "
            'them on one machine\'s disk; use blobs = "s3://bucket/prefix"'
        )
