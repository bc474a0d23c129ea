"""`expect`: expectations that the last run would meet, as blocks for the config."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping

import click

from asyncscrape.commands.job_argument import Chosen
from asyncscrape.commands.job_config import load
from asyncscrape.config.key_lines import join_key
from asyncscrape.errors import UsageError
from asyncscrape.expectations import ColumnExpectation, TableExpectation
from asyncscrape.facts import TableFacts
from asyncscrape.frontier.build import build_frontier
from asyncscrape.quality.proposal import proposal


def print_expectations(chosen: Chosen) -> None:
    """Print the blocks."""
    config = load(chosen)
    standing = asyncio.run(build_frontier(config.directory).standing())
    facts = standing.totals.facts if standing else {}
    if not any(table.rows for table in facts.values()):
        raise UsageError(
            f"no table of {config.name} has been finished with rows in it; "
            f"run the job to its end first:  asyncscrape run {chosen.arguments}"
        )
    click.echo("\n".join(blocks(facts)))


def blocks(facts: Mapping[str, TableFacts]) -> Iterator[str]:
    """The lines of `[expect]` for all tables that have rows."""
    for name, table in facts.items():
        if table.rows:
            yield from _block(name, proposal(table))


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
