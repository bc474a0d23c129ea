"""The rule of the newest record, in every store: whatever the order and the steps, the table holds what was told."""

from __future__ import annotations

import asyncio
import csv
import json
import tempfile
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import example, given, settings
from support.newest_model import SHOWN, TABLES, Delivery, Row, deliver, deliveries, every_order, told

from asyncscrape.destinations import TableForm
from asyncscrape.model import Table, timestamp
from asyncscrape.storage.base import RecordStore
from asyncscrape.storage.files.finish import FinishedForm
from asyncscrape.storage.files.in_memory import MOST_BYTES
from asyncscrape.storage.files.store import FileStore

JSONL, CSV, PARQUET = TableForm.JSONL, TableForm.CSV, TableForm.PARQUET


class FilesHome:
    """The files of one form, made along with others."""

    def __init__(self, directory: Path, forms: Iterable[TableForm], most_in_memory: int) -> None:
        self.directory = directory
        self.forms = {form: FinishedForm(form, directory) for form in forms}
        self.most_in_memory = most_in_memory

    def store(self) -> RecordStore:
        return FileStore(self.directory, TABLES, self.forms, most_in_memory=self.most_in_memory)

    def rows(self, table: Table) -> dict[str, list[Row]]:
        """The finished table, by form."""
        return {form: _read(self.directory / f"{table.name}.{form}") for form in self.forms}


def _read(file: Path) -> list[Row]:
    match file.suffix:
        case ".jsonl":
            found: Iterable[dict[str, Any]] = [json.loads(line) for line in file.read_text().split("\n") if line]
        case ".csv":
            with file.open(newline="") as text:
                found = list(csv.DictReader(text))
        case _:
            found = pl.read_parquet(file).to_dicts()
    return [tuple(_text(row.get(name)) for name in SHOWN) for row in found]


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return timestamp(value)
    return "" if value is None else str(value)


WAYS: dict[str, Callable[[Path], FilesHome]] = {
    "one part": lambda directory: FilesHome(directory, [JSONL, CSV], MOST_BYTES),
    "on the disk": lambda directory: FilesHome(directory, [JSONL, CSV, PARQUET], -1),
    "in memory": lambda directory: FilesHome(directory, [JSONL, CSV, PARQUET], MOST_BYTES),
}


@pytest.mark.parametrize("way", WAYS)
def test_the_newest_stands_in_files_whatever_the_order(way: str) -> None:
    @settings(deadline=None, max_examples=25)
    @given(deliveries())
    @example(every_order())
    def check(delivery: Delivery) -> None:
        with tempfile.TemporaryDirectory() as name:
            home = WAYS[way](Path(name))
            rows = asyncio.run(deliver(delivery, home.store))
            for table in TABLES:
                expected = told(delivery, table)
                assert len(expected) == rows[table.name]
                assert dict.fromkeys(home.forms, expected) == home.rows(table)

    check()
