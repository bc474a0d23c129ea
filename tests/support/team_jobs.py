"""The job of graph_config.py for several workers, all of it in one database; and its results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from support.graph_config import RULES, TABLES, Row, Site, chance, expected, write_job
from support.postgres_jobs import content
from support.postgres_server import Database
from support.s3_server import Bucket
from support.service_job import ordered

WITHOUT_FILES = "\n".join(line for line in RULES.splitlines() if "blob =" not in line)
SCHEMA = "results"


def write_team_job(
    folder: Path,
    site: Site,
    database: Database,
    *,
    lease: str = "2s",
    seeds: Sequence[str] = (),
    politeness: Mapping[str, Any] | None = None,
    rules: str = WITHOUT_FILES,
    **sections: Any,
) -> Path:
    """Write the config; its workers parse pages in place, which is cheaper for few of them."""
    return write_job(
        folder,
        [*site.seeds, *seeds],
        stores=(database.store(SCHEMA),),
        frontier={"url": database.dsn, "lease": lease},
        politeness=politeness,
        fetch={"parse_workers": 0},
        rules=rules,
        **sections,
    )


def files_in(bucket: Bucket) -> dict[str, Any]:
    """The keys of [store] that put files into a bucket."""
    server = bucket.server
    access = {"endpoint": server.endpoint, "access_key": server.access_key, "secret_key": server.secret_key}
    return {"blobs": f"s3://{bucket.name}/files", "s3": access}


def wanted(site: Site) -> dict[str, list[Row]]:
    """The tables of a whole crawl, computed without crawling."""
    return {table: ordered(rows) for table, rows in expected(site.graph, site.authorities).items()}


def found(database: Database, tables: Sequence[str] = TABLES) -> dict[str, list[Row]]:
    """The tables that the job has made."""
    return {table: ordered(rows_of(database, table)) for table in tables}


def rows_of(database: Database, table: str) -> list[Row]:
    rows = content(database, table, SCHEMA)
    return [{name: row[name] for name in row if name not in chance(table)} for row in rows]
