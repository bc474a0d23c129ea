"""A crawl whose store is slow, beside the same crawl without that: the pages must not come slower."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from beside import judge_share, pinned, show
from crawl import WrongResultError
from support.graph_config import Site, running_site, write_job
from support.postgres_server import Database, PostgresServer

from asyncscrape.config.stores import postgres_destination
from asyncscrape.storage.postgres.store import PostgresStore

GOAL = 0.9
PAUSE = 0.05
SLOW = f"""
CREATE FUNCTION pause() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_sleep({PAUSE}); RETURN NEW; END $$;
CREATE TRIGGER pause BEFORE UPDATE ON _asyncscrape_cursor FOR EACH ROW EXECUTE FUNCTION pause();
"""


def compare(server: PostgresServer, folder: Path, site_core: int, pages: int, rounds: int) -> None:
    """Both sides in turns. The table of cursors is written once for each batch that the store takes."""
    rates: dict[str, list[float]] = {"with 50 ms more for each batch": [], "without": []}
    for number in range(rounds):
        for slow, each in zip((True, False), rates.values(), strict=True):
            schema = f"{'slow' if slow else 'fast'}_{number}"
            prepare(server, schema, slow=slow)
            with tempfile.TemporaryDirectory(dir=folder) as place:
                each.append(crawl(server, schema, Path(place), site_core, pages))
    show(f"A crawl of {pages:,} pages into Postgres:", "pages a second", rates)
    slowed, plain = rates.values()
    judge_share(slowed, plain, GOAL, "the crawl with the store at full speed")


def prepare(server: PostgresServer, schema: str, *, slow: bool) -> None:
    """A schema with our own tables in it, of which one may be slow."""
    store = PostgresStore(postgres_destination(f"{server.dsn()}?schema={schema}"), [], job="another", name="postgres")

    async def make() -> None:
        await store.open(0)
        await store.close()

    server.database().sql(f'CREATE SCHEMA "{schema}"')
    asyncio.run(make())
    if slow:
        server.database().sql(f'SET search_path = "{schema}"; {SLOW}')


def crawl(server: PostgresServer, schema: str, folder: Path, site_core: int, pages: int) -> float:
    """Pages a second, from the first request to the last answer, as the site's log has it."""
    with ExitStack() as stack:
        with pinned(site_core):
            site = stack.enter_context(running_site(folder, pages=pages, latency=0.005))
        job = write_job(folder, site.seeds, stores=[f"{server.dsn()}?schema={schema}"])
        command = [sys.executable, "-m", "asyncscrape", "run", str(job), "--json", "--quiet"]
        said = subprocess.run(command, capture_output=True, text=True, check=False)
        if said.returncode:
            raise WrongResultError(said.stderr + said.stdout)
        check(server.database(), schema, pages, json.loads(said.stdout)["records"])
        return rate(site)


def check(database: Database, schema: str, pages: int, told: dict[str, int]) -> None:
    """All pages are in their table, and all rows in theirs."""
    counts = {table: int(database.value(f'SELECT count(*) FROM "{schema}".{table}')) for table in ("page", "row")}
    if counts != {"page": pages, "row": 10 * pages} or any(told[table] != n for table, n in counts.items()):
        raise WrongResultError(f"Postgres holds {counts} of {pages:,} pages; told was {told}")


def rate(site: Site) -> float:
    """How fast the site was asked."""
    log = site.log()
    return len(log) / (max(asked.end for asked in log) - min(asked.start for asked in log))
