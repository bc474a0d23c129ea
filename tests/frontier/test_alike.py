"""Each frontier and the small one in memory give the same answers, whatever one worker does."""

from __future__ import annotations

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import pytest
from hypothesis import example
from hypothesis import strategies as st
from support.frontier_work import HOST, OTHER, blob, done, failed, hop, item_of, kept, page
from support.frontiers import ALL
from support.running import examples

from asyncscrape.frontier.base import Frontier, GivenUp, Group, Taken, Worker
from asyncscrape.model import Flaw, FlawKind, Kind, LinkLeft, Outcome, Request, State

STEPS = ["page", "page", "blob", "blob", "take", "take", "copy", "done", "fail", "skip", "later", "hop", "link"]
MANY = [*STEPS, *STEPS, "tell", "tell"]
RARE = ["give up", "give back", "release", "kill", "retry"]
Step = tuple[str, int, int]


class Player:
    """A frontier that takes the same steps as another, with its own requests."""

    def __init__(self, frontier: Frontier) -> None:
        self.frontier = frontier
        self.held: list[tuple[Request, bool]] = []
        """Its leases, and whether each is a copy."""

    async def play(self, steps: list[Step]) -> list[Any]:
        """All answers in one run."""
        self.held = []
        if steps and steps[0][0] == "retry":
            async with self.frontier.alone() as owner:
                heard: list[Any] = [await owner.requeue()]
        else:
            heard = []
        async with self.frontier.join() as worker:
            heard.append(sorted(await worker.unfinished_paths()))
            heard.append({grant.host: grant.unclean for grant in await worker.acquire() if grant.unclean})
            for step in steps:
                heard += await self.step(worker, *step)
        return heard

    async def step(self, worker: Worker, what: str, n: int, m: int) -> list[Any]:
        if what == "take":
            host = HOST if m else OTHER
            taken = (await worker.poll({host: n}, 1e9))[host]
            self.held += [(request, False) for request in taken.requests]
            return [told(taken)]
        if what == "copy":
            copies, _ = await worker.take_copies(n)
            self.held += [(copy.request, True) for copy in copies]
            return [[(plain(copy.request), copy.kept.blob.path, copy.kept.origin.url) for copy in copies]]
        if what == "release":
            await worker.release()
            self.held = []
        elif what == "give back":
            await worker.give_back([HOST])
            self.held = [(one, copied) for one, copied in self.held if copied or f"/{HOST}/" not in one.url]
        committed = await worker.commit_and_take(self.group(what, n, m), {}, 0.0)
        totals = msgspec.to_builtins(committed.totals)
        await worker.acquire()
        return [dict(committed.fresh), totals, committed.records, committed.bytes, await worker.finished()]

    def group(self, what: str, n: int, m: int) -> Group:
        if what == "page":
            return Group(offers=[page(n, HOST if m else OTHER)])
        if what == "blob":
            return Group(offers=[blob(f"{n}/{m}", n)])
        if what == "give up":
            return Group(given_up={HOST: GivenUp("host given up", "kept failing")})
        if what in ("done", "fail", "skip", "later", "hop", "link", "tell") and self.held:
            request, copied = self.held.pop(0)
            return Group([outcome(request, "done" if copied and what == "hop" else what, n, m)])
        return Group()


def outcome(request: Request, what: str, n: int, m: int) -> Outcome:
    if what == "hop":
        return hop(request, (blob("", m) if request.kind == Kind.BLOB else page(n, HOST if m else OTHER)).url)
    if what == "later":
        return Outcome(request, State.PENDING, "timeout", retry_at=float(1 + m))
    if what == "fail":
        return failed(request)
    if what == "skip":
        return Outcome(request, State.SKIPPED, "scope")
    if what == "tell":
        flaw = Flaw("item", "price", FlawKind.MISFIT, 1 + m, f"{n} each")
        left = [LinkLeft(page(n).url, "depth" if m else "scope")]
        return done(request, flaws=[flaw], uses=["rule 1", f"rule {m}"], left=left)
    if request.kind == Kind.BLOB:
        return kept(request)
    if what == "link":
        return done(request, links=[page(n), blob(f"{n}/{m}", n)])
    return done(request, records=item_of(page(1)).records)


def plain(request: Request) -> Request:
    """A request without its row number, which each frontier chooses in its own way."""
    return msgspec.structs.replace(request, id=0)


def told(taken: Taken) -> tuple[Any, ...]:
    return [plain(request) for request in taken.requests], taken.waiting


@pytest.mark.parametrize("kind", [kind for kind in ALL if kind != "memory"])
@examples(
    60, steps=st.lists(st.tuples(st.sampled_from([*MANY, *RARE]), st.integers(0, 3), st.integers(0, 3)), max_size=40)
)
@example(steps=[("page", 0, 0), ("take", 1, 0), ("kill", 0, 0), ("kill", 0, 0)])
def test_both_frontiers_answer_the_same(kind: str, steps: list[Step]) -> None:
    runs: list[list[Step]] = [[]]
    for step in steps:
        if step[0] in ("kill", "retry"):
            runs.append([])
        runs[-1].append(step)
    with TemporaryDirectory() as folder:
        asyncio.run(compare(Path(folder), kind, runs))


async def compare(folder: Path, kind: str, runs: list[list[Step]]) -> None:
    small, real = Player(ALL["memory"](folder)), Player(ALL[kind](folder))
    for steps in runs:
        assert await small.play(steps) == await real.play(steps)
        assert await small.frontier.failures() == await real.frontier.failures()
        assert await small.frontier.skipped() == await real.frontier.skipped()
        assert await small.frontier.pages_read() == await real.frontier.pages_read()
        kinds = [Kind.PAGE, Kind.BLOB]
        assert await small.frontier.past(kinds) == await real.frontier.past(kinds)
