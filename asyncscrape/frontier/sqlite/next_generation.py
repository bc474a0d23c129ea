"""The beginning of a generation: the queue and the totals are emptied, so that seeds are offered anew.

Hosts, clocks, robots.txt, known files, the stores' cursors and what was learned stay.
"""

from __future__ import annotations

from asyncscrape.errors import UsageError
from asyncscrape.frontier.sqlite import earlier_ends, meta
from asyncscrape.frontier.sqlite.bundle_tables import Bundles
from asyncscrape.frontier.sqlite.page_findings import forget_findings
from asyncscrape.frontier.sqlite.standings import standing_of
from asyncscrape.frontier.sqlite.state_file import StateFile
from asyncscrape.model import Generation
from asyncscrape.snapshots import NOT_FINISHED, finished
from asyncscrape.stats import Look, RunState


def begin(file: StateFile, *, reread: bool = False) -> Generation:
    """Begin the next generation of a job that is finished, or whose kept answers are read again."""
    database = file.database
    with file.transaction():
        standing = standing_of(database, running=False)
        if standing.switching or not (reread or finished(standing)):
            raise UsageError(NOT_FINISHED)
        earlier_ends.prepare(database) if reread else earlier_ends.forget(database)
        end = database.number("journal_end")
        database.run("stores_pass", (end,))
        database.run("journal_trim")
        after = file.generation.begin(end, file.tallies.totals.records)
        meta.save(database, "look", Look(RunState.STOPPED))
        database.run("empty_queue")
        database.run("empty_tallies")
        forget_findings(database)
        file.experience.begin_generation()
        Bundles(database).forget()
    return after
