"""`enrich`: make further tables of those that a built-in job has stored, such as the sentiment of its comments."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from asyncscrape.analysis.finished_tables import READABLE
from asyncscrape.commands import needed_extras, outputs, quality_report, report
from asyncscrape.commands.job_argument import Chosen
from asyncscrape.commands.job_config import console, load
from asyncscrape.commands.jobs import built_in, job_of, never_run
from asyncscrape.config.models import Config
from asyncscrape.crawl.enriching import enrich
from asyncscrape.enrichments import Enrichment, TableStep
from asyncscrape.errors import JobChanged, UsageError
from asyncscrape.frontier.build import build_frontier
from asyncscrape.jobs.base import BuiltIn
from asyncscrape.storage.build import import_libraries
from asyncscrape.views.echo import echo
from asyncscrape.views.figures import count
from asyncscrape.views.step_bars import shown
from asyncscrape.views.tables import facts


def enrich_job(chosen: Chosen, name: str | None, *, as_json: bool) -> None:
    """Make or complete the tables, then the report, and show what was made."""
    _check_order(chosen)
    config = load(chosen)
    job = built_in(config, chosen.jobs)
    if job is None or not job.enrichments:
        kinds = " or ".join(f'kind = "{kind}"' for kind, known in chosen.jobs.items() if known.enrichments)
        raise UsageError(f"only a job of {kinds} has something that can be enriched")
    needed_extras.require(config, chosen.jobs)
    if not any(form in READABLE for form, _ in outputs.files_of(config, "")):
        forms = ", ".join(f'"{form}"' for form in READABLE)
        raise UsageError(f"this reads the finished tables from files: add one of {forms} to [store].records")
    steps = [step for enrichment in _wanted(config, job, name) for step in enrichment.steps]
    import_libraries(*config.record_stores, config.blob_store)
    try:
        made = _carried_out(config, chosen, steps)
    except JobChanged as changed:
        raise UsageError(changed.told(chosen.arguments)) from changed
    except KeyboardInterrupt:
        echo(f"what is stored stays; to go on:  {_command(chosen, name)}", err=True)
        raise
    _report(job, config, as_json=as_json)
    _tell(config, steps, made, as_json=as_json)


def _check_order(chosen: Chosen) -> None:
    """Tell somebody who names what to enrich where the config should stand."""
    name = str(chosen.path)
    if not chosen.path.exists() and any(name in job.enrichments for job in chosen.jobs.values()):
        raise UsageError(f"the config comes first, as in:  asyncscrape enrich music.toml {name}")


def _wanted(config: Config, job: BuiltIn, name: str | None) -> Sequence[Enrichment]:
    """What the user asks for by name; else everything that has something to do and its libraries."""
    offered = job.enrichments
    if name is None:
        useful = {each: enrichment for each, enrichment in offered.items() if job.enriches(config, each)}
        missing = {each: needed_extras.missing_of(enrichment.extras) for each, enrichment in useful.items()}
        for each, extras in missing.items():
            if extras:
                echo(f"{each} is left out; it needs:  pip install 'asyncscrape[{','.join(extras)}]'", err=True)
        return [enrichment for each, enrichment in useful.items() if not missing[each]]
    if name not in offered:
        raise UsageError(f"there is nothing to enrich called {name!r}; choose from: {', '.join(offered)}")
    needed_extras.require_for_command(*offered[name].extras)
    return [offered[name]]


def _carried_out(config: Config, chosen: Chosen, steps: Sequence[TableStep]) -> Mapping[str, int]:
    """Carry out the steps with their progress on the terminal; the rows made, by table."""
    frontier = build_frontier(config.frontier_place)
    if asyncio.run(frontier.standing()) is None:
        raise UsageError(f"nothing to enrich: {never_run(config, chosen)}")
    job = job_of(config, chosen.jobs)
    tables = dict.fromkeys((*job.tables, *(table for step in steps for table in step.tables)))
    job = replace(job, tables=tuple(tables))
    with shown(console(stderr=True)) as tell:
        made = asyncio.run(enrich(config, job, frontier, steps, partial(report.read_finished, config), tell))
    quality_report.write_stored(config, frontier, job.tables)
    return made


def _report(job: BuiltIn, config: Config, *, as_json: bool) -> None:
    """Make the report anew: it shows what was added."""
    try:
        report.make(job, config, console(stderr=as_json))
    except UsageError as why_not:
        echo(f"no report: {why_not}", err=True)


def _command(chosen: Chosen, name: str | None) -> str:
    """The same command, for people to type again."""
    return f"asyncscrape enrich {chosen.arguments}" + (f" {name}" if name else "")


def _tell(config: Config, steps: Sequence[TableStep], made: Mapping[str, int], *, as_json: bool) -> None:
    """Print how many rows the tables have now, and how many were made."""
    standing = asyncio.run(build_frontier(config.frontier_place).standing())
    names = [table.name for step in steps for table in step.tables]
    rows = {name: standing.totals.records.get(name, 0) if standing else 0 for name in names}
    if as_json:
        told = {name: {"rows": n, "made": made.get(name, 0)} for name, n in rows.items()}
        echo(json.dumps({"job": config.name, "tables": told}))
    else:
        _show(config, steps, {name: n for name, n in rows.items() if n}, made)


def _show(config: Config, steps: Sequence[TableStep], rows: Mapping[str, int], made: Mapping[str, int]) -> None:
    """The same for people: the tables that have rows, where they are, and advice about those that have none."""
    screen = console()
    screen.print(facts({name: [f"{count(n)} rows, {count(made.get(name, 0))} made now"] for name, n in rows.items()}))
    for output in outputs.finished(config, rows, rows):
        screen.print(output.path, markup=False)
    for step in steps:
        if step.table.name not in rows and step.if_nothing:
            screen.print(step.if_nothing, markup=False)
