"""A file is downloaded once, however many paths want it; the others are copies."""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import strategies as st
from support.frontier_work import (
    HOST,
    SHA256,
    blob,
    commit,
    counted,
    failed,
    hop,
    kept,
    offer,
    paths_to_copy,
    take,
)
from support.frontiers import ALL
from support.running import examples, ran

from asyncscrape.frontier.base import Frontier, GivenUp, Group, Worker
from asyncscrape.model import Kind, Origin, Outcome, Request, State, newest_note


async def files(worker: Worker) -> dict[str, int]:
    return counted(await worker.totals(), Kind.BLOB)


async def test_further_paths_of_a_blob_are_copies_that_wait_for_its_download(worker: Worker) -> None:
    assert {HOST: 1} == await offer(worker, blob("a"), blob("b"), blob("a"), blob("b"))
    await offer(worker, blob("c"))
    (download,) = await take(worker)
    assert ("a", []) == (download.path, await paths_to_copy(worker))
    assert (await commit(worker, kept(download))).copies
    (first, second), more = await worker.take_copies(100)
    assert (["b", "c"], "a", blob("").url, False) == (
        [first.request.path, second.request.path],
        first.kept.blob.path,
        first.kept.origin.url,
        more,
    )
    assert {"leased": 2, "done": 1} == await files(worker)
    assert not (await commit(worker, kept(first.request), kept(second.request))).copies
    await offer(worker, blob("d"))
    assert (["d"], {"leased": 1, "done": 3}) == (await paths_to_copy(worker), await files(worker))


async def test_copies_are_taken_a_few_at_a_time(worker: Worker) -> None:
    await offer(worker, *map(blob, "abcd"))
    (download,) = await take(worker)
    await commit(worker, kept(download))
    first, more = await worker.take_copies(2)
    assert (["b", "c"], True) == ([copy.request.path for copy in first], more)
    assert (["d"], {"leased": 3, "done": 1}) == (await paths_to_copy(worker), await files(worker))


async def test_a_copy_that_is_put_off_can_be_made_again(worker: Worker) -> None:
    await offer(worker, blob("a"), blob("b"))
    (download,) = await take(worker)
    await commit(worker, kept(download))
    ((copy,), _) = await worker.take_copies(100)
    assert (await commit(worker, Outcome(copy.request, State.PENDING, "blob store"))).copies
    assert ["b"] == await paths_to_copy(worker)


async def test_a_copy_is_made_from_the_stored_file_with_the_same_bytes(worker: Worker) -> None:
    await offer(worker, blob("a"), blob("b", 2), blob("c", 2))
    first, second = await take(worker)
    await commit(worker, kept(first), kept(second, "a"))
    ((copy,), _) = await worker.take_copies(100)
    assert ("c", "a") == (copy.request.path, copy.kept.blob.path)
    found = await worker.content_of(SHA256)
    assert found is not None
    assert (first.url, "a") == (found.url, found.path)
    assert await worker.content_of("00" * 32) is None


def portrait(n: int, path: str) -> Request:
    return msgspec.structs.replace(blob(path, n), note=newest_note(path))


def placed(request: Request, replaced: str = "") -> Outcome:
    """A file that is stored as the newest for its path, and took that of another perhaps."""
    outcome = kept(request)
    assert outcome.kept is not None
    gone = Origin(replaced, "2026-11-20T10:00:00.001Z") if replaced else None
    file = msgspec.structs.replace(outcome.kept, order=request.order, replaced=gone)
    return msgspec.structs.replace(outcome, kept=file)


async def test_the_newest_file_of_a_path_shares_nothing_and_withdraws_the_row_of_the_older(worker: Worker) -> None:
    await worker.journal.register({"s": ["s"]})
    await offer(worker, portrait(1, "a"), portrait(1, "b"), portrait(2, "a"))
    old, other, new = await take(worker)
    assert [True] * 3 == [one.newest for one in (old, other, new)]
    await commit(worker, placed(new, replaced=old.url))
    await commit(worker, placed(old))
    there = await worker.kept_at("a")
    assert there is not None
    assert (new.url, new.id) == (there.blob.url, there.order), "an older one that is told later changes nothing"
    assert await worker.content_of(SHA256) is None
    (batch, _) = await worker.journal.read(0, 10_000)
    assert 1 == batch.count
    row, gone = map(msgspec.json.decode, batch.lines.splitlines())
    assert (new.url, "a", None) == (row["url"], row["path"], row.get("_order"))
    assert {
        "url": old.url,
        "path": "a",
        "_withdrawn": True,
        "_url": new.url,
        "_fetched_at": "2026-11-20T10:00:00.001Z",
    } == gone
    assert await worker.kept_at("b") is None


async def test_the_file_at_a_path_is_told(frontier: Frontier) -> None:
    async with frontier.join() as worker:
        await offer(worker, blob("a"), blob("b"))
        (download,) = await take(worker)
        await commit(worker, kept(download))
        ((copy,), _) = await worker.take_copies(100)
        assert await worker.kept_at("b") is None
        await commit(worker, kept(copy.request))
        for path in ("a", "b"):
            found = await worker.kept_at(path)
            assert found is not None
            assert (download.url, path, SHA256) == (found.blob.url, found.blob.path, found.blob.sha256)


async def test_a_killed_run_leaves_its_copies_to_the_next(frontier: Frontier) -> None:
    async with frontier.join() as killed:
        await offer(killed, blob("a"), blob("b"), blob("c", 2))
        download, _ = await take(killed)
        await commit(killed, kept(download))
        assert ["b"] == await paths_to_copy(killed)
    async with frontier.join() as second:
        assert {"b": False, "c": False} == await second.unfinished_paths()
        assert [1] == [grant.unclean for grant in await second.acquire()], "copies ask no host"
        assert {} == await second.unfinished_paths()
        assert (["b"], ["c"]) == (await paths_to_copy(second), [request.path for request in await take(second)])


async def test_paths_that_a_killed_run_may_have_written_to_are_known(frontier: Frontier) -> None:
    async with frontier.join() as killed:
        await offer(killed, blob("a"), blob("a", 2))
        first, _ = await take(killed)
        await commit(killed, kept(first))
    async with frontier.join() as second:
        assert {"a": True} == await second.unfinished_paths()


@pytest.mark.parametrize("state", [State.FAILED, State.SKIPPED])
async def test_copies_end_with_a_download_that_fails_or_is_skipped(worker: Worker, state: State) -> None:
    await offer(worker, blob("a"), blob("b"))
    (download,) = await take(worker)
    await commit(worker, Outcome(download, state, "why"))
    await offer(worker, blob("c"))
    assert {state: 3} == await files(worker)


async def test_copies_end_with_a_host_that_is_given_up(worker: Worker) -> None:
    await offer(worker, blob("a"), blob("b"), blob("c"))
    await worker.acquire()
    await worker.commit_and_take(Group(given_up={HOST: GivenUp("host given up", "kept failing")}), {}, 0.0)
    assert {"failed": 3} == await files(worker)


async def test_a_requeued_copy_takes_its_download_along(frontier: Frontier) -> None:
    other = f"http://{HOST}/other.png"
    async with frontier.join() as worker:
        await offer(worker, blob("a"), Request(other, Kind.BLOB, path="b"))
        first, second = await take(worker)
        await commit(worker, hop(second, first.url), failed(first))
        assert {"failed": 2} == await files(worker)
    async with frontier.alone() as owner:
        assert 2 == await owner.requeue(re.compile("other"))
    async with frontier.join() as worker:
        (download,) = await take(worker)
        assert (first.url, []) == (download.url, await paths_to_copy(worker))
        await commit(worker, kept(download))
        ((copy,), _) = await worker.take_copies(100)
        assert ("b", other) == (copy.request.path, copy.request.asked)


async def test_a_copy_that_failed_alone_is_requeued_alone(frontier: Frontier) -> None:
    async with frontier.join() as worker:
        await offer(worker, blob("a"), blob("b"))
        (download,) = await take(worker)
        await commit(worker, kept(download))
        ((copy,), _) = await worker.take_copies(100)
        await commit(worker, failed(copy.request, "blob path"))
    async with frontier.alone() as owner:
        assert 1 == await owner.requeue()
    async with frontier.join() as worker:
        assert ["b"] == await paths_to_copy(worker)


async def test_a_requeued_copy_is_skipped_if_its_download_has_been_skipped(frontier: Frontier) -> None:
    other = f"http://{HOST}/other.png"
    async with frontier.join() as worker:
        await offer(worker, blob("a"), Request(other, Kind.BLOB, path="b"))
        first, second = await take(worker)
        await commit(worker, hop(second, first.url), failed(first))
    async with frontier.alone() as owner:
        assert 1 == await owner.requeue(re.compile("1.png"))
    async with frontier.join() as worker:
        (download,) = await take(worker)
        await commit(worker, Outcome(download, State.SKIPPED, "scope"))
    async with frontier.alone() as owner:
        await owner.requeue()
    async with frontier.join() as worker:
        assert ({"skipped": 2}, True) == (await files(worker), await worker.finished())


async def test_blobs_that_are_redirected_to_each_other_fail(worker: Worker) -> None:
    await offer(worker, blob("a", 1), blob("b", 2), blob("c", 2))
    first, second = await take(worker)
    await commit(worker, hop(first, second.url))
    await commit(worker, hop(second, first.url))
    assert {"failed": 3} == await files(worker)


async def test_blobs_that_were_redirected_to_each_other_can_be_tried_again(frontier: Frontier) -> None:
    async with frontier.join() as worker:
        await offer(worker, blob("a", 1), blob("b", 2))
        first, second = await take(worker)
        await commit(worker, hop(first, second.url))
        await commit(worker, hop(second, first.url))
    async with frontier.alone() as owner:
        assert 2 == await owner.requeue()
    async with frontier.join() as worker:
        (download,) = await take(worker)
        await commit(worker, kept(download))
        assert (["b"], ["a"]) == ([download.path], await paths_to_copy(worker))


async def test_the_target_of_a_redirected_blob_is_not_downloaded_again(worker: Worker) -> None:
    await offer(worker, blob("a"))
    (asked,) = await take(worker)
    await commit(worker, hop(asked, blob("", 2).url))
    assert {} == await offer(worker, blob("b", 2))
    (moved,) = await take(worker)
    await commit(worker, kept(moved))
    assert ["b"] == await paths_to_copy(worker)


Steps = list[tuple[str, int, int]]


@pytest.mark.parametrize("kind", ALL)
@examples(
    80,
    steps=st.lists(
        st.tuples(
            st.sampled_from(
                ["add", "add", "take", "copy", "done", "fail", "skip", "hop", "kill", "retry", "give up"]
            ),
            st.integers(0, 3),
            st.integers(0, 3),
        ),
        max_size=40,
    ),
)
def test_whatever_happens_every_path_of_a_blob_comes_to_an_end(kind: str, steps: Steps) -> None:
    ran(kind, lambda frontier: every_path_ends(frontier, steps))


async def every_path_ends(frontier: Frontier, steps: Steps) -> None:
    offered: set[tuple[int, str]] = set()
    runs: list[Steps] = [[]]
    for step in steps:
        if step[0] in ("kill", "retry"):
            runs.append([step])
        else:
            runs[-1].append(step)
    for run in runs:
        if run and run[0][0] == "retry":
            async with frontier.alone() as owner:
                await owner.requeue()
        async with frontier.join() as worker:
            await worker.acquire()
            for step, n, m in run:
                await take_step(worker, step, n, m)
                if step == "add":
                    offered.add((n, f"{n}/{m}"))
                assert len(offered) == sum((await files(worker)).values())
    await finish(frontier, len(offered))


async def take_step(worker: Worker, step: str, n: int, m: int) -> None:
    """Take one step, with a blob just taken if the step needs one."""
    ends: dict[str, Callable[[Request], Outcome]] = {
        "done": kept,
        "fail": lambda request: failed(request, "why"),
        "skip": lambda request: Outcome(request, State.SKIPPED, "why"),
        "hop": lambda request: hop(request, blob("", m).url),
    }
    if step == "add":
        await offer(worker, blob(f"{n}/{m}", n))
    elif step in ends:
        await commit(worker, *[ends[step](request) for request in await take(worker, n)])
    elif step == "take":
        await take(worker, n)
    elif step == "copy":
        await commit(worker, *[kept(copy.request) for copy in (await worker.take_copies(n))[0]])
    elif step == "give up":
        await worker.acquire()
        await worker.commit_and_take(Group(given_up={HOST: GivenUp("host given up", "kept failing")}), {}, 0.0)


async def finish(frontier: Frontier, offered: int) -> None:
    """Download or copy everything that is left; then the job must be finished."""
    async with frontier.join() as worker:
        for _ in range(40):
            downloads = await take(worker)
            made = [copy.request for copy in (await worker.take_copies(100))[0]]
            await commit(worker, *[kept(request) for request in (*downloads, *made)])
        assert {"done", "failed", "skipped"} >= (await files(worker)).keys()
        assert offered == sum((await files(worker)).values())
        assert await worker.finished()
