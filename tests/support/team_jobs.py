"""The job of graph_config.py for several workers, all of it in one database; and its results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from support.graph_config import RULES, Row, Site, expected, write_job
from support.postgres_jobs import content
from support.postgres_server import Database
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
    **sections: Any,
) -> Path:
    """Write the config; its workers parse in their own processes, which is cheaper for few pages."""
    return write_job(
        folder,
        [*site.seeds, *seeds],
        stores=(database.store(SCHEMA),),
        frontier={"url": database.dsn, "lease": lease},
        politeness=politeness,
        fetch={"parse_workers": 0},
        rules=WITHOUT_FILES,
        **sections,
    )


def wanted(site: Site) -> dict[str, list[Row]]:
    """The tables of a whole crawl, computed without crawling."""
    return {table: ordered(rows) for table, rows in expected(site.graph, site.authorities).items()}


def found(site: Site, database: Database) -> dict[str, list[Row]]:
    """The tables that the job has made."""
    return {table: ordered(content(database, table, SCHEMA)) for table in wanted(site)}
