"""The meaning of a state file: the job it belongs to, and the tables and rules that made its records."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence

from asyncscrape.bundles import Fixed, Setting
from asyncscrape.frontier import kept_settings
from asyncscrape.frontier.agreement import Remembered, check, to_tell
from asyncscrape.frontier.renumbered_uses import renumbered
from asyncscrape.frontier.sqlite import meta
from asyncscrape.frontier.sqlite.database import StateDatabase
from asyncscrape.frontier.sqlite.standings import standing_of
from asyncscrape.frontier.sqlite.state_file import StateFile
from asyncscrape.model import Kind, Rule, State, Table
from asyncscrape.snapshots import finished

SETTINGS = "settings"


def identity(database: StateDatabase) -> str:
    """The job's random id, given to it once."""
    with database.transaction():
        known = database.text("meta", ("job",))
        if known is None:
            known = str(uuid.uuid4())
            database.run("save_meta", ("job", known))
    return known


def agree(
    file: StateFile, tables: Sequence[Table], rules: Sequence[Rule] | None, settings: Sequence[Setting], mix: bool
) -> list[str]:
    """Refuse what would change the meaning of what is stored; remember what is accepted. The changes to be told."""
    database = file.database
    known = remembered(file)
    mixed = check(known, tables, rules, settings, mix=mix)
    with file.transaction():
        meta.save(database, "tables", list(tables))
        if rules is not None:
            if known.rules and list(known.rules) != list(rules):
                uses = file.tallies.totals.uses
                file.tallies.set_uses(renumbered(uses, known.rules, rules, known.urls))
            meta.save(database, "rules", list(rules))
        if settings:
            meta.save(database, SETTINGS, kept_settings.kept(known.settings, settings))
        file.generation.mix(mixed)
    return to_tell(known, settings)


def remembered(file: StateFile) -> Remembered:
    """What the file knows about its records."""
    database = file.database
    return Remembered(
        meta.load(database, "tables", list[Table]) or [],
        meta.load(database, "rules", list[Rule]),
        {name for name, n in file.tallies.totals.records.items() if n},
        lambda: (row["url"] for row in database.run("urls_read")),
        finished(standing_of(database, running=False)),
        meta.load(database, SETTINGS, dict[str, str]) or {},
        fixed(file),
    )


def fixed(file: StateFile) -> Collection[Fixed]:
    """The settings of bundles that may not change any more."""
    read = file.tallies.totals.of(Kind.PAGE, State.DONE)
    closed = file.database.number("bundle_closed")
    return [one for one, since in ((Fixed.READ, read), (Fixed.CLOSED, closed)) if since]
