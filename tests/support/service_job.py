"""The job of graph_config.py with records in Postgres and JSON lines, and files in S3; and its results."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from support.graph_config import NAME, TABLES, Finished, Row, Site, chance, finished, order, write_job
from support.postgres_server import Database
from support.s3_server import Bucket, Server

EXPORTS = "tables"


@dataclass(frozen=True)
class Services:
    """The destinations of a job's results."""

    database: Database
    bucket: Bucket
    server: Server
    """The job's way to the bucket; tests look into it directly."""

    def write_job(
        self,
        folder: Path,
        site: Site,
        *,
        store: dict[str, Any] | None = None,
        seeds: Sequence[str] = (),
        lines: bool = True,
        export: bool = False,
        **sections: Any,
    ) -> Path:
        """Write the config, with further seeds; the schema in Postgres and the prefixes in S3 are named after the
        folder.

        Tables are also kept as JSON `lines` in the folder; with `export`, finished tables are sent to S3 as well.
        """
        folder.mkdir()
        access = {"access_key": self.server.access_key, "secret_key": self.server.secret_key}
        exports = [f"jsonl:s3://{self.bucket.name}/{EXPORTS}/{folder.name}"] if export else []
        stores = (self.database.store(folder.name), *(["jsonl"] if lines else []), *exports)
        places = {
            "blobs": f"s3://{self.bucket.name}/{folder.name}",
            "s3": {"endpoint": self.server.endpoint, **access},
        }
        places = {**places, **(store or {})}
        return write_job(folder, [*site.seeds, *seeds], stores=stores, store=places, **sections)

    def stored(self, folder: Path, tables: tuple[str, ...] = (*TABLES, "blobs")) -> Finished:
        """The contents of Postgres and S3."""
        rows = {table: self._rows(folder.name, table) for table in tables}
        objects = self.bucket.contents(f"{folder.name}/")
        return Finished(rows, {path: hashlib.sha256(data).hexdigest() for path, data in objects.items()})

    def exported(self, folder: Path, table: str) -> bytes:
        """A finished table in S3."""
        data: bytes = self.bucket.get(f"{EXPORTS}/{folder.name}/{table}.jsonl")["Body"].read()
        return data

    def exported_rows(self, folder: Path, table: str) -> list[Row]:
        """The rows of such a table, without what depends on the time of the fetch."""
        rows = map(msgspec.json.decode, self.exported(folder, table).splitlines())
        return ordered([{name: row[name] for name in row if name not in chance(table)} for row in rows])

    def _rows(self, schema: str, table: str) -> list[Row]:
        without = ", ".join(f"'{name}'" for name in chance(table))
        query = f'SELECT to_jsonb(t) - ARRAY[{without}] FROM "{schema}"."{table}" t'
        return ordered([msgspec.json.decode(line) for [line] in self.database.sql(query)])

    def rejected(self, folder: Path) -> list[str]:
        """Tables of rows that Postgres refused."""
        query = f"SELECT table_name FROM information_schema.tables WHERE table_schema = '{folder.name}'"
        return [name for [name] in self.database.sql(query) if name.endswith("_rejected")]


def ordered(rows: list[Row]) -> list[Row]:
    """Rows in a fixed order, without missing values: JSON lines omit them, columns hold null."""
    there = [{name: value for name, value in row.items() if value is not None} for row in rows]
    return sorted(there, key=order)


def in_lines(folder: Path) -> dict[str, list[Row]]:
    """The tables of the same job as JSON lines."""
    return {table: ordered(rows) for table, rows in finished(folder).tables.items()}


def status_file(folder: Path) -> Path:
    return folder / NAME / "state.db"
