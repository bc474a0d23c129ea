"""URLs in the file take the steps of the table in `frontier/states.py`: all of them, and no others."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st
from support.frontier_work import HOST, blob, commit, done, failed, hop, kept, offer, page, take

from asyncscrape.frontier.base import Frontier, GivenUp, Group, Worker
from asyncscrape.frontier.sqlite.frontier import SqliteFrontier
from asyncscrape.frontier.states import AS_SOURCE, COPIES, COUNTED, ENDING, REQUESTS, Event, Life, Stage
from asyncscrape.model import Outcome, Request, State

SOURCE = {Event.SOURCE_OPEN, Event.SOURCE_DONE, Event.SOURCE_FAILED, Event.SOURCE_SKIPPED}
GIVEN_UP = Group(given_up={HOST: GivenUp("host given up", "kept failing")})


class Row(NamedTuple):
    """A row of the file."""

    stage: Stage
    copied: bool


class Step(NamedTuple):
    """An event in the life of a URL."""

    copied: bool
    before: Stage | None
    event: Event


class Watch:
    """Checks the rows and the totals after each event."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "state.db"
        self._rows: dict[int, Row] = {}
        self.seen: set[Step] = set()

    def see(self, *events: Event) -> None:
        """Check that each changed row went where one of these events leads, and that every event changed one."""
        seen = set(self.changes(set(events)))
        assert set(events) == {step.event for step in seen}
        self.seen |= seen

    def changes(self, events: set[Event]) -> list[Step]:
        """The events since the last look, if only these can have happened."""
        before, self._rows = self._rows, self._read()
        changed = [key for key, row in self._rows.items() if row != before.get(key)]
        return [step_of(before.get(key), self._rows[key], events) for key in changed]

    def _read(self) -> dict[int, Row]:
        with closing(sqlite3.connect(self._file)) as look:
            rows = look.execute("SELECT id, kind, state, source FROM url").fetchall()
            tallies = dict(look.execute("SELECT name, n FROM tally WHERE n <> 0").fetchall())
        counted: dict[str, int] = {}
        for _, kind, state, _ in rows:
            if state in COUNTED:
                name = f"{kind}.{COUNTED[Stage(state)]}"
                counted[name] = counted.get(name, 0) + 1
        assert counted == {name: n for name, n in tallies.items() if name.partition(".")[2] in set(State)}
        return {key: Row(Stage(state), source is not None) for key, _, state, source in rows}


def step_of(before: Row | None, after: Row, events: set[Event]) -> Step:
    """The event that led a row from one stage to the other."""
    copied = before.copied if before else after.copied
    life: Life = COPIES if copied else REQUESTS
    stage = before.stage if before else None
    if not after.copied:
        events = events - SOURCE
    elif not copied:  # it has become a copy
        events = events & SOURCE
    found = [event for event in events if life.get((stage, event)) == after.stage]
    assert found, f"{stage} → {after.stage}, copied: {copied}"
    return Step(copied, stage, found[0])


async def test_every_step_of_the_table_happens_in_the_file(tmp_path: Path) -> None:
    watch = Watch(tmp_path)
    frontier = SqliteFrontier(tmp_path)
    async with frontier.join() as worker:
        await pages(worker, watch)
        await files(worker, watch)
        await redirected_files(worker, watch)
    async with frontier.join() as worker:
        await worker.acquire()
        watch.see(Event.RELEASED)
    await put_back(frontier, watch)
    every = {Step(copied, *key) for copied, life in ((False, REQUESTS), (True, COPIES)) for key in life}
    assert every == watch.seen


async def pages(worker: Worker, watch: Watch) -> None:
    await offer(worker, *map(page, range(1, 7)))
    watch.see(Event.OFFERED)
    first, second, third, fourth, fifth, _ = await take(worker)
    watch.see(Event.TAKEN)
    for outcome, event in (
        (failed(first), Event.FAILED),
        (Outcome(second, State.SKIPPED, "robots"), Event.SKIPPED),
        (done(third), Event.DONE),
        (hop(fourth, page(1).url), Event.MERGED),
        (Outcome(fifth, State.PENDING, "timeout", retry_at=1.0), Event.PUT_OFF),
    ):
        await commit(worker, outcome)
        watch.see(event)
    await worker.release()
    watch.see(Event.RELEASED)
    (asked,) = await take(worker, 1)
    watch.see(Event.TAKEN)
    await commit(worker, hop(asked, page(9).url))
    watch.see(Event.REDIRECTED, Event.LED_TO)
    await worker.commit_and_take(GIVEN_UP, {}, 0.0)
    watch.see(Event.GIVEN_UP)


async def files(worker: Worker, watch: Watch) -> None:
    await offer(worker, *(blob(f"{n}/{path}", n) for n in (10, 20, 30) for path in "ab"))
    watch.see(Event.OFFERED, Event.SOURCE_OPEN)
    first, second, third = await take(worker)
    watch.see(Event.TAKEN)
    for outcome, *events in (
        (kept(first), Event.DONE, Event.SOURCE_DONE),
        (failed(second), Event.FAILED, Event.SOURCE_FAILED),
        (Outcome(third, State.SKIPPED, "scope"), Event.SKIPPED, Event.SOURCE_SKIPPED),
    ):
        await commit(worker, outcome)
        watch.see(*events)
    for n, event in ((10, Event.SOURCE_DONE), (20, Event.SOURCE_FAILED), (30, Event.SOURCE_SKIPPED)):
        await offer(worker, *(blob(f"{n}/{path}", n) for path in "cdef"))
        watch.see(event)
    copies = [copy.request for copy in (await worker.take_copies(5))[0]]
    watch.see(Event.TAKEN)
    for outcome, event in (
        (kept(copies[0]), Event.DONE),
        (failed(copies[1], "blob path"), Event.FAILED),
        (Outcome(copies[2], State.SKIPPED, "scope"), Event.SKIPPED),
        (Outcome(copies[3], State.PENDING, "blob store"), Event.PUT_OFF),
    ):
        await commit(worker, outcome)
        watch.see(event)


async def redirected_files(worker: Worker, watch: Watch) -> None:
    """Redirect each to a file that has ended in another way; finally a copy of 40 waits."""
    await offer(worker, *(blob(f"{n}/a", n) for n in range(40, 46)))
    watch.see(Event.OFFERED)
    source, *others = await take(worker)
    watch.see(Event.TAKEN)
    ends = (Event.SOURCE_OPEN, Event.SOURCE_DONE, Event.SOURCE_FAILED, Event.SOURCE_SKIPPED)
    for asked, n, event in zip(others, (40, 10, 20, 30), ends, strict=False):
        await commit(worker, hop(asked, blob("", n).url))
        watch.see(event)
    await commit(worker, failed(source))
    watch.see(Event.FAILED, Event.SOURCE_FAILED)


async def put_back(frontier: Frontier, watch: Watch) -> None:
    """Requeue first only the source 40, which is then skipped; then everything that failed."""
    async with frontier.alone() as owner:
        assert 1 == await owner.requeue(re.compile("/40.png"))
        watch.see(Event.REQUEUED)
    async with frontier.join() as worker:
        taken = {request.asked: request for request in await take(worker)}
        watch.see(Event.TAKEN)
        await commit(worker, Outcome(taken[blob("", 40).url], State.SKIPPED, "scope"))
        watch.see(Event.SKIPPED)
    async with frontier.alone() as owner:
        await owner.requeue()
        watch.see(Event.REQUEUED, Event.SOURCE_OPEN, Event.SOURCE_DONE, Event.SOURCE_SKIPPED)
    async with frontier.join() as worker:
        await worker.begin_rereading()
        taken = await take(worker)
        watch.see(Event.TAKEN)
        await commit(worker, *(Outcome(one, State.SKIPPED, "not kept") for one in taken))
        watch.see(Event.SKIPPED, Event.SOURCE_SKIPPED)
        assert await worker.end_rereading()
        watch.see(Event.REQUEUED, Event.SOURCE_OPEN)


def test_the_tables_fit_together() -> None:
    assert set(Stage) == {after for life in (REQUESTS, COPIES) for after in life.values()}
    assert COUNTED.keys() == set(Stage) - {Stage.ALIAS}
    assert AS_SOURCE.keys() == set(Stage) - {Stage.ALIAS}
    for state, event in ENDING.items():
        assert state == COUNTED[REQUESTS[Stage.LEASED, event]] == COUNTED[COPIES[Stage.LEASED, event]]
    assert list(range(8)) == list(Stage), "the numbers are stored"


EVENTS: dict[str, set[Event]] = {
    "page": {Event.OFFERED},
    "blob": {Event.OFFERED, *SOURCE},
    "take": {Event.TAKEN},
    "copy": {Event.TAKEN},
    "done": {Event.DONE, Event.SOURCE_DONE},
    "fail": {Event.FAILED, Event.SOURCE_FAILED},
    "skip": {Event.SKIPPED, Event.SOURCE_SKIPPED},
    "later": {Event.PUT_OFF},
    "hop": {Event.REDIRECTED, Event.LED_TO, Event.MERGED, Event.FAILED, *SOURCE},
    "release": {Event.RELEASED},
    "give back": {Event.RELEASED},
    "give up": {Event.GIVEN_UP, Event.SOURCE_FAILED},
    "retry": {Event.REQUEUED, Event.RELEASED, *SOURCE},
}


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([*EVENTS, "blob", "take", "take", "hop"]), st.integers(0, 3), st.integers(0, 3)),
        max_size=30,
    )
)
def test_whatever_happens_is_in_the_table(steps: list[tuple[str, int, int]]) -> None:
    with TemporaryDirectory() as folder:
        asyncio.run(walk(Path(folder), steps))


class Held(NamedTuple):
    """The leases of a worker."""

    request: Request
    copied: bool


async def walk(folder: Path, steps: list[tuple[str, int, int]]) -> None:
    frontier = SqliteFrontier(folder)
    runs: list[list[tuple[str, int, int]]] = [[]]
    for step in steps:
        runs.append([]) if step[0] == "retry" else runs[-1].append(step)
    watch = Watch(folder)
    for run in runs:
        held: list[Held] = []
        async with frontier.join() as worker:
            await worker.acquire()
            watch.changes({Event.RELEASED})
            for what, n, m in run:
                held = await act(worker, held, what, n, m)
                watch.changes(EVENTS[what])
        async with frontier.alone() as owner:
            await owner.requeue()
            watch.changes(EVENTS["retry"])


async def act(worker: Worker, held: list[Held], what: str, n: int, m: int) -> list[Held]:
    """Take one step; the leases after it."""
    if what in ("page", "blob"):
        await offer(worker, page(n) if what == "page" else blob(f"{n}/{m}", n))
    elif what == "take":
        return held + [Held(one, False) for one in (await worker.poll({HOST: n}, 1e9))[HOST].requests]
    elif what == "copy":
        return held + [Held(copy.request, True) for copy in (await worker.take_copies(n))[0]]
    elif what == "give up":
        await worker.commit_and_take(GIVEN_UP, {}, 0.0)
    elif what == "release":
        await worker.release()
        return []
    elif what == "give back":
        await worker.give_back([HOST])
        await worker.acquire()
        return [one for one in held if one.copied]
    elif held and not (what == "hop" and held[0].copied):
        await commit(worker, outcome_of(held.pop(0).request, what, m))
    return held


def outcome_of(request: Request, what: str, m: int) -> Outcome:
    if what == "hop":
        return hop(request, (page(m) if request.kind == "page" else blob("", m)).url)
    if what == "done":
        return kept(request) if request.kind == "blob" else done(request)
    if what == "later":
        return Outcome(request, State.PENDING, "timeout", retry_at=float(m))
    return failed(request) if what == "fail" else Outcome(request, State.SKIPPED, "scope")
