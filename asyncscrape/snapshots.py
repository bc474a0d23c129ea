"""Snapshots of a job for the views, made from its frontier's totals and the details that its run left."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from asyncscrape.model import Kind, State
from asyncscrape.stats import Look, RunState, ShownState, Snapshot, Standing, StoreView, Totals

NO_TROUBLE = StoreView(0)
NOT_FINISHED = "the job is not finished; run it to its end before a new generation begins"


def snapshot_of(job: str, standing: Standing | None) -> Snapshot:
    """The snapshot of a job from outside: its run may still be going on, or may have ended in any way."""
    if standing is None:
        return unopened(job, RunState.IDLE)
    look = look_now(standing)
    stores = {
        name: msgspec.structs.replace(look.troubles.get(name, NO_TROUBLE), lag=lag)
        for name, lag in standing.lags.items()
    }
    snapshot = assemble(job, standing.totals, stores, look)
    return msgspec.structs.replace(snapshot, bundles=standing.bundles, workers=standing.workers)


def look_now(standing: Standing) -> Look:
    """The details that the run left, as far as they are still true."""
    look = standing.look or Look(RunState.IDLE)
    if standing.running:
        return msgspec.structs.replace(look, state=RunState.RUNNING)
    if look.state is RunState.FAILED:  # its reason still counts
        return Look(look.state, note=look.note, seconds=look.seconds, troubles=look.troubles)
    if look.state is RunState.FINISHED and not waiting(standing.totals):
        return Look(look.state, seconds=look.seconds, complaints=look.complaints)
    if look.state is RunState.STOPPED and complete(standing.totals, look.most_pages):
        return Look(look.state, seconds=look.seconds, complaints=look.complaints)
    # The details of a killed run are out of date; and a finished one was reopened if work is queued again.
    return Look(RunState.IDLE if look.state is RunState.IDLE else RunState.STOPPED, seconds=look.seconds)


def finished(standing: Standing) -> bool:
    """Whether the job is finished, so that a new generation may begin: every store has everything, no switch is half
    done, and nothing waits, unless the job has all the pages that its config allows.
    """
    look = standing.look or Look(RunState.IDLE)
    done = not waiting(standing.totals) or complete(standing.totals, look.most_pages)
    return done and not standing.behind and not standing.switching


def complete(totals: Totals, most_pages: int | None) -> bool:
    """Whether a job has all the pages that its config allows."""
    return most_pages is not None and totals.of(Kind.PAGE, State.DONE, State.FAILED) >= most_pages


def waiting(totals: Totals) -> int:
    """The requests that wait for a run."""
    return sum(totals.of(kind, State.PENDING, State.LEASED) for kind in Kind)


def unopened(job: str, state: RunState, note: str = "") -> Snapshot:
    """The snapshot of a job about which nothing is known yet."""
    return Snapshot(job, state, dict.fromkeys(ShownState, 0), dict.fromkeys(ShownState, 0), {}, {}, note=note)


def assemble(job: str, totals: Totals, stores: Mapping[str, StoreView], look: Look) -> Snapshot:
    """A snapshot from the totals of a job and the details of its run."""
    return Snapshot(
        job=job,
        state=look.state,
        pages=by_state(totals, look, Kind.PAGE),
        files=by_state(totals, look, Kind.BLOB),
        records=totals.records,
        stores=stores,
        requests=totals.spent.requests,
        retries=totals.spent.retries,
        bytes=totals.spent.bytes,
        dropped=totals.left_out,
        seconds=look.seconds,
        pages_per_second=look.pages_per_second,
        bytes_per_second=look.bytes_per_second,
        hosts=look.hosts,
        note=look.note,
        generation=totals.generation.number,
        beside=totals.generation.beside,
        held=totals.generation.beside and (look.state is RunState.FINISHED or judged_at_limit(look)),
        changes={table: facts.changes for table, facts in totals.facts.items() if facts.changes is not None},
        warnings=(*look.complaints, *map(mixed, totals.mixed)),
        browser=totals.browser or msgspec.UNSET,
    )


def judged_at_limit(look: Look) -> bool:
    """Whether a job that has all the pages that its config allows was not as expected."""
    return look.state is RunState.STOPPED and bool(look.complaints)


def mixed(table: str) -> str:
    """The warning about a mixed table."""
    return f"table {table} is mixed: its rules changed after some of its pages were read (run --mix)"


def by_state(totals: Totals, look: Look, kind: Kind) -> dict[ShownState, int]:
    """The number of requests of a kind in each state. Leased requests that are not open yet count as pending."""
    leased = totals.of(kind, State.LEASED)
    active = min(leased, look.open.get(kind, 0))
    return {
        ShownState.PENDING: totals.of(kind, State.PENDING) + leased - active,
        ShownState.ACTIVE: active,
        ShownState.DONE: totals.of(kind, State.DONE),
        ShownState.FAILED: totals.of(kind, State.FAILED),
        ShownState.SKIPPED: totals.of(kind, State.SKIPPED),
    }
