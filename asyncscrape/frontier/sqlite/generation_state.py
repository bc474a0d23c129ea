"""The generations of a job: which one is crawled, what the tables of it and of the one before hold, which are mixed.

1. `begin` empties the queue and the totals: seeds are offered anew. Hosts, clocks, robots.txt and the stores' cursors
   stay. The tables are made beside those of the generation before.
2. `decide` notes that the stores are about to switch. From then on every run must complete it.
3. `switched` notes that they have.

A file that says nothing about generations holds the first one, in place.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import msgspec

from asyncscrape.facts import TableFacts
from asyncscrape.frontier.sqlite import meta
from asyncscrape.frontier.sqlite.database import StateDatabase
from asyncscrape.frontier.sqlite.page_findings import forget_findings
from asyncscrape.frontier.sqlite.state_file import StateFile
from asyncscrape.model import FIRST, Generation
from asyncscrape.stats import Look, RunState, Totals

GENERATION = "generation"
SWITCHING = "switching"
FACTS = "facts"
FACTS_BEFORE = "facts_before"
MIXED = "mixed"


def generation(database: StateDatabase) -> Generation:
    """The generation that is crawled, or was crawled last."""
    return meta.load(database, GENERATION, Generation) or FIRST


def switching(database: StateDatabase) -> bool:
    """Whether the stores have begun to switch to this generation."""
    return bool(meta.load(database, SWITCHING, bool))


def begin(file: StateFile) -> Generation:
    """Begin the next generation. One that was never switched to is thrown away."""
    database = file.database
    with file.transaction():
        last = generation(database)
        after = Generation(last.number + 1, beside=True)
        if last.beside:
            _save_mixed(database, {pair for pair in _mixed(database) if pair[1] != last.number})
        else:
            meta.save(database, FACTS_BEFORE, _facts(database, FACTS) or counted(file.tallies.totals))
        meta.forget(database, FACTS, SWITCHING)
        meta.save(database, GENERATION, after)
        meta.save(database, "look", Look(RunState.STOPPED))
        for statement in ("empty_queue", "empty_content", "empty_tallies"):
            database.run(statement)
        forget_findings(database)
    return after


def decide(database: StateDatabase) -> None:
    """Note that the stores are about to switch."""
    with database.transaction():
        meta.save(database, SWITCHING, True)


def switched(database: StateDatabase) -> Generation:
    """Note that all stores have switched: the generation is in place, and tables that were mixed before are gone."""
    with database.transaction():
        now = Generation(generation(database).number)
        meta.save(database, GENERATION, now)
        meta.forget(database, SWITCHING)
        _save_mixed(database, {pair for pair in _mixed(database) if pair[1] == now.number})
    return now


def completed(totals: Totals, database: StateDatabase) -> Totals:
    """The totals with everything about the generation."""
    return msgspec.structs.replace(
        totals,
        generation=generation(database),
        facts=_facts(database, FACTS),
        facts_before=_facts(database, FACTS_BEFORE),
        mixed=tuple(sorted({table for table, _ in _mixed(database)})),
    )


def save_facts(database: StateDatabase, facts: Mapping[str, TableFacts]) -> None:
    """Save in the current transaction what the finished tables of this generation hold."""
    meta.save(database, FACTS, facts)


def counted(totals: Totals) -> Mapping[str, TableFacts]:
    """What is known about the tables of a job that an older version finished."""
    return {table: TableFacts(rows) for table, rows in totals.records.items()}


def _facts(database: StateDatabase, name: str) -> Mapping[str, TableFacts]:
    return meta.load(database, name, dict[str, TableFacts]) or {}


# Mixed tables: pairs of a table and the generation in which it became mixed


def mix(database: StateDatabase, tables: Collection[str]) -> None:
    """Note in the current transaction that these tables hold records made by several versions of their rules."""
    if tables:
        number = generation(database).number
        _save_mixed(database, _mixed(database) | {(table, number) for table in tables})


def _mixed(database: StateDatabase) -> set[tuple[str, int]]:
    return meta.load(database, MIXED, set[tuple[str, int]]) or set()


def _save_mixed(database: StateDatabase, pairs: set[tuple[str, int]]) -> None:
    meta.save(database, MIXED, sorted(pairs))
