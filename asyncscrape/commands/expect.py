"""`expect`: expectations that the last run would meet, as blocks for the config."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence

from asyncscrape.commands.job_argument import Chosen
from asyncscrape.commands.job_config import load
from asyncscrape.commands.jobs import record_tables
from asyncscrape.config.key_lines import join_key
from asyncscrape.errors import UsageError
from asyncscrape.expectations import ColumnExpectation, TableExpectation
from asyncscrape.facts import TableFacts
from asyncscrape.frontier.build import build_frontier
from asyncscrape.model import BLOBS
from asyncscrape.quality.proposal import proposal
from asyncscrape.snapshots import look_now
from asyncscrape.stats import Standing
from asyncscrape.views.echo import echo


def print_expectations(chosen: Chosen) -> None:
    """Print the blocks, made from tables that are in place; say if these are not as the config expects."""
    config = load(chosen)
    standing = asyncio.run(build_frontier(config.frontier_place).standing())
    facts = _in_place(standing) if standing else {}
    if not any(table.rows for table in facts.values()):
        raise UsageError(
            f"no table of {config.name} has been finished with rows in it; "
            f"run the job to its end first:  asyncscrape run {chosen.arguments}"
        )
    keys = {table.name: table.key for table in record_tables(config, chosen.jobs)}
    echo("\n".join(blocks(facts, keys)))


def _in_place(standing: Standing) -> Mapping[str, TableFacts]:
    """The facts about the tables that users read: those of a generation that is held back are not."""
    if standing.totals.generation.beside:
        echo("the last run is not in place; these blocks are made from the tables before it", err=True)
        return standing.totals.facts_before
    for complaint in look_now(standing).complaints:
        echo(f"the last run was not as expected, and these blocks are made from it: {complaint}", err=True)
    return standing.totals.facts


def blocks(facts: Mapping[str, TableFacts], keys: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """The lines of `[expect]` for those of these tables that have rows; nothing is expected of files."""
    for name, table in facts.items():
        if table.rows and name in keys and name != BLOBS.name:
            yield from _block(name, proposal(table, keys[name]))


def _block(table: str, expected: TableExpectation) -> Iterator[str]:
    """The lines for one table."""
    yield f"[{join_key(('expect', table))}]"
    yield f'rows = {{ min = {expected.min_rows}, drop = "{expected.drop:.0%}" }}'
    yield f"[{join_key(('expect', table, 'columns'))}]"
    for name, column in expected.columns.items():
        yield f"{join_key((name,))} = {{ {', '.join(_keys(column))} }}"
    yield ""


def _keys(column: ColumnExpectation) -> Iterator[str]:
    yield f'filled = "{column.filled:.0%}"'
    if column.min is not None:
        yield f"min = {column.min}"
    if column.max is not None:
        yield f"max = {column.max}"
    if column.unique:
        yield "unique = true"
