"""Where a job stands, from its state file."""

from __future__ import annotations

import msgspec

from asyncscrape.frontier.generation_state import GenerationState
from asyncscrape.frontier.sqlite import earlier_ends
from asyncscrape.frontier.sqlite.bundle_tables import Bundles
from asyncscrape.frontier.sqlite.database import WITH_BUNDLES, StateDatabase
from asyncscrape.frontier.sqlite.found_flaws import stored_flaws
from asyncscrape.frontier.sqlite.journal import lags
from asyncscrape.frontier.sqlite.meta import StateMeta
from asyncscrape.frontier.sqlite.tallies import stored_tallies
from asyncscrape.frontier.tally_names import totals_of
from asyncscrape.stats import Look, Standing

_decode_look = msgspec.json.Decoder(Look).decode


def standing_of(database: StateDatabase, *, running: bool) -> Standing:
    """The state of the job as of the last commit."""
    generation = GenerationState(StateMeta(database))
    look = database.text("meta", ("look",))
    return Standing(
        generation.completed(totals_of(stored_tallies(database), stored_flaws(database))),
        lags(database),
        _decode_look(look) if look else None,
        running,
        behind=bool(database.number("behind")),
        switching=generation.switching,
        bundles=Bundles(database).progress() if database.layout >= WITH_BUNDLES else None,
        rereading=earlier_ends.is_on(database),
        match=earlier_ends.match(database),
    )
