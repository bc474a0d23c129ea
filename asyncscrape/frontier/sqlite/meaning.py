"""The meaning of a state file: the job it belongs to, and the tables and rules that made its records."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from asyncscrape.frontier.agreement import Remembered, check
from asyncscrape.frontier.renumbered_uses import renumbered
from asyncscrape.frontier.sqlite import meta
from asyncscrape.frontier.sqlite.database import StateDatabase
from asyncscrape.frontier.sqlite.standings import standing_of
from asyncscrape.frontier.sqlite.state_file import StateFile
from asyncscrape.model import Rule, Table
from asyncscrape.snapshots import finished


def identity(database: StateDatabase) -> str:
    """The job's random id, given to it once."""
    with database.transaction():
        known = database.text("meta", ("job",))
        if known is None:
            known = str(uuid.uuid4())
            database.run("save_meta", ("job", known))
    return known


def agree(file: StateFile, tables: Sequence[Table], rules: Sequence[Rule] | None, mix: bool) -> None:
    """Refuse tables and rules that would change the meaning of stored records; remember accepted ones."""
    database = file.database
    known = remembered(file)
    mixed = check(known, tables, rules, mix=mix)
    with file.transaction():
        meta.save(database, "tables", list(tables))
        if rules is not None:
            if known.rules and list(known.rules) != list(rules):
                uses = file.tallies.totals.uses
                file.tallies.set_uses(renumbered(uses, known.rules, rules, known.urls))
            meta.save(database, "rules", list(rules))
        file.generation.mix(mixed)


def remembered(file: StateFile) -> Remembered:
    """What the file knows about its records."""
    database = file.database
    return Remembered(
        meta.load(database, "tables", list[Table]) or [],
        meta.load(database, "rules", list[Rule]),
        {name for name, n in file.tallies.totals.records.items() if n},
        lambda: (row["url"] for row in database.run("urls_read")),
        finished(standing_of(database, running=False)),
    )
