"""Requests that belong together, and the candidates for more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import strategies as st
from support.frontier_work import HOST, commit, done, failed, fresh, hop, page, take, urls
from support.frontiers import ALL, TEAM, Shared
from support.running import examples, ran

from asyncscrape.bundles import Candidate, Closed, EndedBundle, Fixed, Growth, Missing, Pick, Scoring, Setting
from asyncscrape.errors import JobChanged
from asyncscrape.frontier.base import Committed, Frontier, Group, Worker
from asyncscrape.model import Finding, Lines, Link, Origin, Outcome, Request, State
from asyncscrape.stats import BundleProgress, NextBundle

ORIGIN = Origin("http://shop.example.org/", "2026-11-26T10:00:00.000Z")
TWO = Growth(ahead=2)
ALL_SEEDS = Growth(9, chooses=False)


def seed(n: int, name: str = "") -> Request:
    """A seed that opens a bundle."""
    return msgspec.structs.replace(page(n), opens=name or f"seed {n}")


def with_finding(request: Request, data: bytes, **more: object) -> Outcome:
    return done(request, finding=Finding(request.kind, data, ORIGIN), **more)


def candidate(n: int, score: float, name: str = "") -> Candidate:
    return Candidate(f"{n}", name or f"candidate {n:02}", score, Link(page(n).url), b"told")


async def close(worker: Worker, closed: Closed | int, growth: Growth | None = None) -> Committed:
    closed = Closed(closed) if isinstance(closed, int) else closed
    return await worker.commit_and_take(Group(closed=closed, growth=growth), {}, 0.0)


async def begin(worker: Worker, *seeds: Request, growth: Growth = ALL_SEEDS) -> Mapping[str, int]:
    """Offer seeds, and open their bundles."""
    return (await worker.commit_and_take(Group(offers=seeds, growth=growth), {}, 0.0)).fresh


async def end(worker: Worker) -> EndedBundle:
    """The bundle that has ended."""
    ended = await worker.ended_bundle()
    assert ended is not None
    return ended


async def test_a_bundle_ends_with_the_last_of_its_requests(worker: Worker) -> None:
    await begin(worker, seed(1))
    (first,) = await take(worker)
    assert 1 == first.bundle
    assert not (await commit(worker, with_finding(first, b"profile", links=[page(2), page(3)]))).ended
    assert await worker.ended_bundle() is None
    second, third = await take(worker)
    assert not (await commit(worker, with_finding(third, b"likes"))).ended
    assert (await commit(worker, failed(second, "http 404"))).ended
    ended = await end(worker)
    assert (1, "seed 1", first.url, None) == (ended.number, ended.name, ended.url, ended.pick)
    assert [b"profile", b"likes"] == [finding.data for finding in ended.findings]
    assert [Missing("page", "http 404")] == list(ended.failures)


async def test_what_a_bundle_is_made_of_is_stored_with_its_end(worker: Worker) -> None:
    await worker.journal.register({"csv": ["csv"]})
    await begin(worker, seed(1))
    await commit(worker, with_finding(*(await take(worker)), b"profile"))
    await end(worker)
    assert not await worker.finished()
    committed = await close(worker, Closed(1, records={"item": Lines(2, b"1\n2\n")}))
    assert (2, False) == (committed.records, committed.ended)
    assert [(2, b"1\n2\n")] == [(batch.count, batch.lines) for batch in await worker.journal.read(0, 1000)]
    assert await worker.ended_bundle() is None
    assert await worker.finished()


async def test_bundles_are_closed_in_the_order_of_their_numbers(worker: Worker) -> None:
    await begin(worker, seed(1), seed(2), seed(3))
    first, second, third = await take(worker)
    assert not (await commit(worker, with_finding(third, b"3"), with_finding(second, b"2"))).ended
    assert await worker.ended_bundle() is None
    await commit(worker, with_finding(first, b"1"))
    for number in (1, 2, 3):
        ended = await end(worker)
        assert (number, str(number).encode()) == (ended.number, ended.findings[0].data)
        await close(worker, number)


async def test_a_seed_with_a_known_name_opens_nothing(worker: Worker) -> None:
    assert {HOST: 1} == await begin(worker, seed(1))
    assert {} == await begin(worker, seed(1), seed(2, "seed 1"))
    assert {HOST: 1} == await begin(worker, seed(3))
    assert [1, 2] == [request.bundle for request in await take(worker)]


async def test_the_best_candidates_become_bundles(worker: Worker) -> None:
    await begin(worker, seed(1))
    await commit(worker, with_finding(*(await take(worker)), b""))
    await end(worker)
    found = [candidate(7, 1.0), candidate(5, 2.5), candidate(6, 2.5, "an earlier name")]
    committed = await close(worker, Closed(1, candidates=found), TWO)
    assert {HOST: 2} == committed.fresh
    sixth, fifth = await take(worker)
    assert [page(6).url, page(5).url] == urls([sixth, fifth])
    assert [2, 3] == [sixth.bundle, fifth.bundle]
    await commit(worker, with_finding(sixth, b""), with_finding(fifth, b""))
    ended = await end(worker)
    assert ("an earlier name", Pick("6", 2.5, 1)) == (ended.name, ended.pick)
    await close(worker, Closed(2, candidates=[candidate(8, 0.5)]), TWO)
    (seventh,) = await take(worker)
    assert (page(7).url, 4) == (seventh.url, seventh.bundle)


async def test_candidates_are_known_and_can_be_changed(worker: Worker) -> None:
    await begin(worker, seed(1), seed(2))
    await commit(worker, *(with_finding(one, b"") for one in await take(worker)))
    await end(worker)
    many = [candidate(n, 1.0) for n in range(3, 1200)]
    await close(worker, Closed(1, candidates=many))
    assert {one.key: one for one in many} == await worker.candidates([str(n) for n in range(1, 1300)])
    changed = msgspec.structs.replace(candidate(900, 3.0), told=b"more")
    await end(worker)
    await close(worker, Closed(2, candidates=[changed]), Growth(ahead=1))
    assert {"900": msgspec.structs.replace(changed, taken=3)} == await worker.candidates(["900", "no"])
    assert [page(900).url] == urls(await take(worker))


async def test_what_was_a_bundle_is_not_chosen_again(worker: Worker) -> None:
    await begin(worker, seed(1), seed(2))
    await commit(worker, *(with_finding(one, b"") for one in await take(worker)))
    await end(worker)
    # The first bundle is candidate 7 under another name; a seed that waits has the name of candidate 8.
    nameless = msgspec.structs.replace(candidate(10, 10.0), name="")
    found = [candidate(7, 9.0), candidate(8, 8.0, "seed 2"), candidate(9, 7.0), nameless]
    await close(worker, Closed(1, key="7", candidates=found), Growth(ahead=9))
    assert [page(9).url] == urls(await take(worker))


async def test_a_seed_that_is_offered_late_comes_before_the_next_choice(worker: Worker) -> None:
    await begin(worker, seed(1))
    await commit(worker, with_finding(*(await take(worker)), b""))
    await end(worker)
    closed = Closed(1, candidates=[candidate(5, 1.0)])
    await worker.commit_and_take(Group(offers=[seed(2)], closed=closed, growth=TWO), {}, 0.0)
    assert [(page(2).url, 2), (page(5).url, 3)] == [(one.url, one.bundle) for one in await take(worker)]


async def test_what_is_chosen_beyond_a_limit_is_opened_once_the_limit_is_raised(frontier: Frontier) -> None:
    async with frontier.join() as worker:
        await begin(worker, seed(1))
        await commit(worker, with_finding(*(await take(worker)), b""))
        await end(worker)
        found = [candidate(5, 2.0), candidate(6, 1.0)]
        assert {} == (await close(worker, Closed(1, candidates=found), Growth(ahead=1, most=1))).fresh
        assert await worker.finished()
    async with frontier.join() as worker:
        more = await worker.commit_and_take(Group(growth=Growth(ahead=1, most=2)), {}, 0.0)
        assert {HOST: 1} == more.fresh
        assert [(page(5).url, 2)] == [(one.url, one.bundle) for one in await take(worker)]
        assert not await worker.finished()


async def test_a_bundle_that_ended_in_a_run_that_was_killed_is_closed_in_the_next(frontier: Frontier) -> None:
    async with frontier.join() as worker:
        await begin(worker, seed(1))
        await commit(worker, with_finding(*(await take(worker)), b"profile"))
        await end(worker)
    async with frontier.join() as worker:
        assert [b"profile"] == [finding.data for finding in (await end(worker)).findings]


async def test_failed_requests_that_are_tried_again_open_their_bundle_again(frontier: Frontier) -> None:
    async with frontier.join() as worker:
        await begin(worker, seed(1), seed(2))
        first, second = await take(worker)
        await commit(worker, with_finding(first, b"profile", links=[page(3)]))
        await commit(worker, failed(*(await take(worker))))
        await end(worker)
        await close(worker, Closed(1, keep=True))
        await commit(worker, Outcome(second, State.PENDING, "timeout", retry_at=100.0))
    async with frontier.alone() as owner:
        assert 1 == await owner.requeue()
    async with frontier.join() as worker:
        assert await worker.ended_bundle() is None
        await commit(worker, with_finding(*(await take(worker)), b"likes"))
        ended = await end(worker)
        assert ended.again
        assert (1, [b"profile", b"likes"]) == (ended.number, [finding.data for finding in ended.findings])
        assert [] == list(ended.failures)
        await close(worker, 1)
        (second,) = await take(worker, now=200.0)
        await commit(worker, with_finding(second, b""))
        assert 2 == (await end(worker)).number


async def test_seeds_beyond_a_limit_wait_until_it_is_raised(worker: Worker) -> None:
    assert {HOST: 2} == await begin(worker, seed(1), seed(2), seed(3), growth=Growth(9, chooses=False, most=2))
    assert [page(1).url, page(2).url] == urls(await take(worker))
    assert {HOST: 1} == await begin(worker, growth=Growth(9, chooses=False, most=3))
    assert [page(3).url] == urls(await take(worker))


async def test_only_so_many_seeds_are_open_at_once(worker: Worker) -> None:
    few = Growth(ahead=2, chooses=False)
    assert {HOST: 2} == await begin(worker, *(seed(n) for n in range(1, 6)), growth=few)
    first, _ = await take(worker)
    await commit(worker, with_finding(first, b""))
    await end(worker)
    assert {HOST: 1} == (await close(worker, 1, few)).fresh
    assert [(page(3).url, 3)] == [(one.url, one.bundle) for one in await take(worker)]


async def test_each_bundle_asks_for_what_it_needs_by_itself(worker: Worker) -> None:
    await begin(worker, seed(1), seed(2))
    first, second = await take(worker)
    shared = [page(5), page(6)]
    assert {HOST: 4} == await fresh(
        worker, with_finding(first, b"", links=shared), with_finding(second, b"", links=shared)
    )
    assert [1, 1, 2, 2] == [one.bundle for one in await take(worker)]


async def test_redirects_to_the_same_place_end_in_their_own_bundles(worker: Worker) -> None:
    await begin(worker, seed(1), seed(2))
    first, second = await take(worker)
    await commit(worker, hop(first, page(9).url), hop(second, page(9).url))
    moved = await take(worker)
    assert [(page(9).url, 1), (page(9).url, 2)] == [(one.url, one.bundle) for one in moved]


async def test_of_two_candidates_with_one_name_the_better_is_chosen(worker: Worker) -> None:
    await begin(worker, seed(1))
    await commit(worker, with_finding(*(await take(worker)), b""))
    await end(worker)
    found = [candidate(5, 3.0, "same"), candidate(6, 2.0, "same"), candidate(7, 1.0)]
    await close(worker, Closed(1, candidates=found), Growth(ahead=3))
    assert [(page(5).url, 2), (page(7).url, 3)] == [(one.url, one.bundle) for one in await take(worker)]


async def test_the_earlier_of_two_bundles_that_are_the_same_candidate_keeps_it(worker: Worker) -> None:
    await begin(worker, seed(1), seed(2))
    await commit(worker, *(with_finding(one, b"") for one in await take(worker)))
    await end(worker)
    await close(worker, Closed(1, candidates=[candidate(7, 1.0)]), Growth(ahead=2))
    assert 3 == (await worker.candidates(["7"]))["7"].taken
    await end(worker)
    await close(worker, Closed(2, key="7"), Growth(ahead=2))
    assert 2 == (await worker.candidates(["7"]))["7"].taken


async def test_candidates_say_which_bundle_they_are(worker: Worker) -> None:
    await begin(worker, seed(1))
    await commit(worker, with_finding(*(await take(worker)), b""))
    await end(worker)
    await close(
        worker, Closed(1, "7", candidates=[candidate(7, 0.0), candidate(8, 1.0), candidate(9, 0.5)]), Growth(1)
    )
    known = await worker.candidates(["7", "8", "9"])
    assert {"7": 1, "8": 2, "9": 0} == {key: one.taken for key, one in known.items()}


async def test_a_look_tells_how_far_the_bundles_are_and_which_come_next(frontier: Frontier) -> None:
    async with frontier.join() as worker:
        assert (await frontier.standing()).bundles is None  # type: ignore[union-attr]
        await begin(worker, seed(1))
        await commit(worker, with_finding(*(await take(worker)), b""))
        await end(worker)
        found = [candidate(5, 2.0), candidate(6, 1.0), candidate(7, 1.5), candidate(8, 3.0)]
        await close(worker, Closed(1, candidates=found), Growth(ahead=2, most=2))
        standing = await frontier.standing()
    assert standing is not None
    following = NextBundle("candidate 05", 2.0, 1), NextBundle("candidate 07", 1.5), NextBundle("candidate 06", 1.0)
    assert BundleProgress(done=1, open=1, met=4, next=following) == standing.bundles


def settings_of(latest: int, weight: int, grow: str | None, ahead: int) -> list[Setting]:
    return [
        Setting("latest", str(latest), Fixed.READ),
        Setting("weight", str(weight), Fixed.CLOSED),
        Setting("grow", grow, Fixed.CLOSED),
        Setting("ahead", str(ahead), Fixed.NEVER),
    ]


async def refused(worker: Worker, *values: Any) -> str:
    with pytest.raises(JobChanged) as raised:
        await worker.agree([], None, settings_of(*values))
    return str(raised.value)


async def test_a_job_goes_on_with_the_settings_that_its_bundles_were_made_with(frontier: Frontier) -> None:
    async with frontier.join() as worker:
        assert [] == await worker.agree([], None, settings_of(5, 1, "a", 1))
        await begin(worker, seed(1))
        assert [] == await worker.agree([], None, settings_of(6, 1, "a", 1))  # nothing was read yet
        await commit(worker, with_finding(*(await take(worker)), b""))
        assert "  latest was 6 and is now 5\nchange it back to resume the job" in await refused(worker, 5, 1, "a", 1)
        assert [] == await worker.agree([], None, settings_of(6, 2, "b", 1))  # no bundle was closed yet
        await end(worker)
        await close(worker, 1)
    async with frontier.join() as worker:
        told = await refused(worker, 6, 3, "a", 2)
        assert "  weight was 2 and is now 3\n  grow was b and is now a\n" in told
        assert "another name" in told
        assert "--fresh" in told
        assert ["ahead was 1 and is now 2"] == await worker.agree([], None, settings_of(6, 2, None, 2))
        assert "  grow was b and is now a\n" in await refused(worker, 6, 2, "a", 2)
        assert [] == await worker.agree([], None, settings_of(6, 2, "b", 2))
        assert [] == await worker.agree([])


async def test_settings_of_a_job_that_has_none_are_taken_up(worker: Worker) -> None:
    await begin(worker, seed(1))
    await commit(worker, with_finding(*(await take(worker)), b""))
    await end(worker)
    await close(worker, 1)
    assert [] == await worker.agree([], None, settings_of(5, 1, "a", 1))
    assert "weight was 1 and is now 2" in await refused(worker, 5, 2, "a", 1)


async def test_candidates_are_scored_anew_by_another_rule(worker: Worker) -> None:
    await worker.score_by(Scoring("old", len))
    await begin(worker, seed(1))
    await commit(worker, with_finding(*(await take(worker)), b""))
    await end(worker)
    await close(worker, Closed(1, candidates=[candidate(n, 7.5) for n in (5, 6)]))
    await worker.score_by(Scoring("old", len))
    assert [7.5, 7.5] == [one.score for one in (await worker.candidates(["5", "6"])).values()]
    await worker.score_by(Scoring("new", len))
    assert [4, 4] == [one.score for one in (await worker.candidates(["5", "6"])).values()]


async def test_files_do_not_keep_a_bundle_open(worker: Worker) -> None:
    await begin(worker, seed(1))
    (first,) = await take(worker)
    picture = Request(f"http://{HOST}/cover.png", "blob", path="a")
    assert (await commit(worker, with_finding(first, b"", links=[picture]))).ended
    await end(worker)
    await close(worker, 1)
    assert [0] == [one.bundle for one in await take(worker)]


async def test_a_new_generation_knows_neither_bundles_nor_candidates(frontier: Frontier) -> None:
    async with frontier.join() as worker:
        await begin(worker, seed(1))
        await commit(worker, with_finding(*(await take(worker)), b""))
        await end(worker)
        await close(worker, Closed(1, candidates=[candidate(5, 1.0)]))
    async with frontier.alone() as owner:
        await owner.begin_generation()
    async with frontier.join() as worker:
        assert {} == await worker.candidates(["5"])
        await begin(worker, seed(2))
        assert [1] == [one.bundle for one in await take(worker)]


async def test_one_worker_closes_a_bundle(shared: Shared) -> None:
    frontier, expire = shared
    async with frontier.join(team=TEAM) as one, frontier.join(team=TEAM) as other:
        await begin(one, seed(1))
        await commit(one, with_finding(*(await take(one)), b""))
        await end(one)
        assert await other.ended_bundle() is None
        await expire(one)
        await end(other)
        late = await close(one, Closed(1, records={"item": Lines(1, b"1\n")}))
        assert (0, True) == (late.records, late.ended)
        assert 1 == (await close(other, Closed(1, records={"item": Lines(1, b"1\n")}))).records


SCORES = st.lists(st.tuples(st.integers(10, 40), st.floats(0, 9, width=16)), max_size=6)


@pytest.mark.parametrize("kind", ALL)
@examples(
    25,
    found=st.lists(SCORES, min_size=1, max_size=8),
    ahead=st.integers(1, 4),
    chance=st.randoms(use_true_random=False),
)
def test_the_choice_does_not_depend_on_which_answer_comes_first(
    kind: str, found: Sequence[Sequence[tuple[int, float]]], ahead: int, chance: Random
) -> None:
    """Whatever the order of the answers, and wherever a run ends, the bundles are the same."""

    async def walked(frontier: Frontier, at_once: int) -> list[EndedBundle]:
        async with frontier.join() as worker:
            await begin(worker, seed(1), seed(2))
        closings: list[EndedBundle] = []
        while True:
            async with frontier.join() as worker:
                requests = await take(worker, at_once)
                chance.shuffle(requests)
                await commit(worker, *(with_finding(one, b"") for one in requests[: 1 + at_once // 2]))
                closings += await closed_by(worker)
                if await worker.finished():
                    return closings

    async def closed_by(worker: Worker) -> list[EndedBundle]:
        closings = []
        while (ended := await worker.ended_bundle()) is not None:
            closings.append(ended)
            scores = dict(found[ended.number - 1]) if ended.number <= len(found) else {}
            known = await worker.candidates([str(n) for n in scores])
            before = {n: known[str(n)].score if str(n) in known else 0.0 for n in scores}
            changed = [candidate(n, before[n] + score) for n, score in scores.items()]
            await close(worker, Closed(ended.number, candidates=changed), Growth(ahead))
        return closings

    async def both(frontier: Frontier, other: Frontier) -> None:
        assert await walked(frontier, 1) == await walked(other, 5)

    ran(kind, both, 2)
