"""`tables`: make the finished tables of what is stored so far, without any network but that of the stores."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict

from asyncscrape.commands import outputs, quality_report
from asyncscrape.commands.job_argument import Chosen
from asyncscrape.commands.job_config import console, load
from asyncscrape.commands.jobs import job_of, never_run
from asyncscrape.commands.needed_extras import require
from asyncscrape.commands.notes import noted
from asyncscrape.config.models import Config
from asyncscrape.crawl.tables_only import make_tables
from asyncscrape.crawl_job import Job
from asyncscrape.errors import JobChanged, UsageError
from asyncscrape.frontier.build import build_frontier
from asyncscrape.snapshots import snapshot_of
from asyncscrape.stats import Snapshot
from asyncscrape.storage.build import import_libraries
from asyncscrape.views.echo import echo
from asyncscrape.views.figures import count
from asyncscrape.views.tables import facts


def tables_of_job(chosen: Chosen, as_json: bool) -> None:
    """Make the tables and show where they are."""
    config = load(chosen)
    frontier = build_frontier(config.frontier_place)
    standing = asyncio.run(frontier.standing())
    if standing is None:
        raise UsageError(f"nothing to make tables of: {never_run(config, chosen)}")
    job = job_of(config, chosen.jobs)
    require(config, chosen.jobs)
    import_libraries(*config.record_stores)
    try:
        made = asyncio.run(make_tables(config, job, frontier))
    except JobChanged as changed:
        raise UsageError(changed.told(chosen.arguments)) from changed
    if not made:
        number = standing.totals.generation.number
        echo(f"generation {number} is not in place yet: the tables stay those of the one before it", err=True)
    else:
        quality_report.write_stored(config, frontier, job.tables)
    snapshot = noted(snapshot_of(config.name, asyncio.run(frontier.standing())), chosen.arguments)
    if as_json:
        echo(json.dumps(snapshot.as_dict()))
    elif made:
        show(config, job, snapshot)


def show(config: Config, job: Job, snapshot: Snapshot) -> None:
    """Print the tables, and what waits to be crawled."""
    lines: defaultdict[str, list[str]] = defaultdict(list)
    for output in outputs.finished(config, snapshot.records, [table.name for table in job.tables]):
        lines[output.table].append(f"{count(output.rows)} {'row' if output.rows == 1 else 'rows'}  {output.path}")
    screen = console()
    screen.print(facts(lines))
    for further in (*outputs.tables_elsewhere(config), snapshot.note):
        if further:
            screen.print(further, markup=False)
