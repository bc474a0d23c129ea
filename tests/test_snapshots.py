"""The status of a job, seen from outside: while it runs, and after each way a run can end."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.frontier_work import blob, done, failed, offer, page, take

from asyncscrape.facts import Changes, TableFacts
from asyncscrape.frontier.base import Group
from asyncscrape.frontier.sqlite.frontier import SqliteFrontier
from asyncscrape.model import Flaw, FlawKind, FoundFlaw, Generation, Kind, Outcome, State
from asyncscrape.snapshots import snapshot_of
from asyncscrape.stats import HostView, Look, RunState, Spent, Standing, StoreView, Totals

TROUBLE = {"csv": StoreView(3, "disk full", 2.0)}
FACTS = TableFacts(9, changes=Changes(1, 2, 3))
HOSTS = (HostView("example.org", 1, 0.5, 0.1, 0),)


def looked(state: RunState) -> Look:
    return Look(state, {"page": 2}, HOSTS, "waits", 9.0, 5.0, 100.0, TROUBLE)


def standing(look: Look | None, *, running: bool = False) -> Standing:
    totals = Totals(
        {Kind.PAGE: {State.PENDING: 5, State.LEASED: 3, State.DONE: 7}, Kind.BLOB: {State.FAILED: 1}},
        2,
        {"item": 4},
        Spent(11, 2, 300),
        flaws=[
            FoundFlaw(Flaw("item", "price", FlawKind.LEFT_OUT), "http://a/"),
            FoundFlaw(Flaw("item", "date", FlawKind.MISFIT, 5, "soon"), "http://a/"),
        ],
    )
    return Standing(totals, {"csv": 8, "jsonl": 0}, look, running)


async def test_totals_are_those_of_the_rows(tmp_path: Path) -> None:
    frontier = SqliteFrontier(tmp_path)
    async with frontier.join() as worker:
        await offer(worker, *map(page, range(10)), blob("b"))
        taken = await take(worker, 6)
        outcomes = [done(taken[0]), failed(taken[1]), Outcome(taken[2], State.SKIPPED, "robots")]
        await worker.commit_and_take(Group(outcomes), {}, 0.0)
    look = snapshot_of("job", await frontier.standing())
    assert {"pending": 7, "active": 0, "done": 1, "failed": 1, "skipped": 1} == dict(look.pages)
    assert 1 == look.files["pending"]


def test_everything_about_a_running_job_is_told() -> None:
    told = snapshot_of("job", standing(looked(RunState.RUNNING), running=True))
    assert {"pending": 6, "active": 2, "done": 7, "failed": 0, "skipped": 0} == told.pages
    assert {"pending": 0, "active": 0, "done": 0, "failed": 1, "skipped": 0} == told.files
    assert {"csv": StoreView(8, "disk full", 2.0), "jsonl": StoreView(0)} == told.stores
    assert ("running", "waits", HOSTS, 9.0, 5.0) == (
        told.state,
        told.note,
        told.hosts,
        told.seconds,
        told.pages_per_second,
    )
    assert (11, 2, 300, 1, {"item": 4}) == (told.requests, told.retries, told.bytes, told.dropped, told.records)


def test_a_run_that_begins_says_so_before_it_has_left_anything() -> None:
    told = snapshot_of("job", standing(looked(RunState.FINISHED), running=True))
    assert "running" == told.state
    assert "running" == snapshot_of("job", standing(None, running=True)).state


def test_why_a_run_failed_still_counts() -> None:
    told = snapshot_of("job", standing(looked(RunState.FAILED)))
    assert ("failed", "waits", 9.0, "disk full") == (told.state, told.note, told.seconds, told.stores["csv"].trouble)
    assert ((), 0.0, 8) == (told.hosts, told.pages_per_second, told.pages["pending"])


@pytest.mark.parametrize(
    ("left", "state"),
    [
        (RunState.RUNNING, RunState.STOPPED),
        (RunState.STOPPED, RunState.STOPPED),
        (RunState.FINISHED, RunState.STOPPED),
        (RunState.IDLE, RunState.IDLE),
    ],
)
def test_what_a_run_was_doing_when_it_ended_says_nothing_any_more(left: RunState, state: RunState) -> None:
    told = snapshot_of("job", standing(looked(left)))
    assert (state, "", 9.0, ()) == (told.state, told.note, told.seconds, told.hosts)
    assert {"csv": StoreView(8), "jsonl": StoreView(0)} == told.stores
    assert (8, 0) == (told.pages["pending"], told.pages["active"])


def test_a_finished_job_is_finished_until_something_is_queued_again() -> None:
    for state, told in ((State.DONE, "finished"), (State.PENDING, "stopped"), (State.LEASED, "stopped")):
        for kind in Kind:
            left = Standing(Totals({kind: {state: 1}}), {}, Look(RunState.FINISHED), running=False)
            assert told == snapshot_of("job", left).state


def test_complaints_and_mixed_tables_are_warnings() -> None:
    left = Standing(
        Totals(mixed=("item",), generation=Generation(2, beside=True), facts={"item": FACTS}),
        {},
        Look(RunState.FINISHED, complaints=("item: 2 rows",)),
        running=False,
    )
    told = snapshot_of("job", left)
    assert ("item: 2 rows", "table item is mixed") == (told.warnings[0], told.warnings[1].partition(":")[0])
    assert (2, True, {"item": Changes(1, 2, 3)}) == (told.generation, told.held, told.changes)


def test_a_job_that_never_ran_is_idle() -> None:
    told = snapshot_of("job", None)
    assert ("idle", {}, {}) == (told.state, told.records, told.stores)
    assert {"pending": 0, "active": 0, "done": 0, "failed": 0, "skipped": 0} == told.pages == told.files
    assert "idle" == snapshot_of("job", standing(None)).state
