"""Building a job's frontier: the one place that decides where it is stored."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from asyncscrape.destinations import FrontierPlace
from asyncscrape.frontier.base import Frontier
from asyncscrape.frontier.moving import Carry, StateFacts, Tell
from asyncscrape.frontier.sqlite.frontier import SqliteFrontier
from asyncscrape.frontier.sqlite.leaving import leaving


def build_frontier(place: FrontierPlace) -> Frontier:
    """The frontier of the job at this place."""
    if place.database is None:
        return SqliteFrontier(place.directory)
    from asyncscrape.frontier.postgres.frontier import PostgresFrontier
    from asyncscrape.postgres.address import address_of

    address = address_of(place.database.destination, place.database.source)
    return PostgresFrontier(address, place.job, lease=place.lease)


async def probe_frontier(place: FrontierPlace) -> str:
    """A short summary of the database for the state; raises what would keep a run from starting there."""
    from asyncscrape.frontier.postgres.job_schema.database_check import probe
    from asyncscrape.frontier.postgres.job_schema.job_place import place_of
    from asyncscrape.postgres.address import address_of

    assert place.database is not None, "a folder needs no probe"
    return await probe(
        place_of(address_of(place.database.destination, place.database.source), place.job), place.lease
    )


@asynccontextmanager
async def moved_state(place: FrontierPlace, tell: Tell, carry: Carry) -> AsyncIterator[StateFacts]:
    """Carry the state of the job from its folder into the database, and before it what stores hold.

    Inside, the database has everything, and the folder as well. At the end of the block the file is set aside; if
    that does not come, the next move only does what is left.
    """
    from asyncscrape.frontier.postgres.arriving import take_in
    from asyncscrape.frontier.postgres.job_schema.job_place import place_of
    from asyncscrape.postgres.address import address_of

    assert place.database is not None, "there is nowhere to move to"
    address = address_of(place.database.destination, place.database.source)
    async with leaving(place.directory) as state:
        await take_in(place_of(address, place.job), state, tell, carry)
        yield state.facts
        await state.set_aside()


async def succeeded_stores(place: FrontierPlace, carry: Carry) -> bool:
    """Bring along what stores of a job hold whose state is in the database already; whether there was anything."""
    from asyncscrape.frontier.postgres.job_schema.job_place import place_of
    from asyncscrape.frontier.postgres.successors import succeed
    from asyncscrape.postgres.address import address_of

    assert place.database is not None, "there is nowhere to go on"
    return await succeed(place_of(address_of(place.database.destination, place.database.source), place.job), carry)
