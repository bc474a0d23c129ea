"""One process at a time owns a job; opening and closing leave nothing behind, however they end."""

from __future__ import annotations

import asyncio
import fcntl
import subprocess
import sys
from pathlib import Path
from threading import Timer

import pytest
from blockbuster import blockbuster_ctx
from support.frontier_work import commit_rows, page, take

from asyncscrape.errors import JobRunning
from asyncscrape.frontier.base import Group
from asyncscrape.frontier.sqlite.frontier import SqliteFrontier
from asyncscrape.frontier.sqlite.lock import JobLock, running


def test_a_job_is_owned_by_one_process(tmp_path: Path) -> None:
    holder = "import sys, pathlib; from asyncscrape.frontier.sqlite.lock import JobLock\n"
    holder += "with JobLock(pathlib.Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", holder, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert b"held\n" == process.stdout.readline()
        assert running(tmp_path)
        with pytest.raises(JobRunning, match=f"process {process.pid}"), JobLock(tmp_path):
            pass
        process.kill()
        process.wait()
    assert not running(tmp_path)
    with JobLock(tmp_path):
        assert running(tmp_path)


def test_a_look_at_a_job_does_not_keep_it_from_starting(tmp_path: Path) -> None:
    with (tmp_path / "lock").open("wb") as look:
        fcntl.flock(look, fcntl.LOCK_SH)
        Timer(0.03, fcntl.flock, (look, fcntl.LOCK_UN)).start()
        with JobLock(tmp_path):
            assert running(tmp_path)


async def test_a_job_that_another_process_runs_can_be_looked_at(tmp_path: Path) -> None:
    script = Path(__file__).parents[2] / "support/hold_job.py"
    with subprocess.Popen(
        [sys.executable, str(script), str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert b"held\n" == process.stdout.readline()
        frontier = SqliteFrontier(tmp_path)
        told = await frontier.standing()
        assert told is not None
        assert (True, {"item": 1}) == (told.running, told.totals.records)
        assert ([], 1) == (await frontier.failures(), len(await frontier.past(["page"])))
        with pytest.raises(JobRunning, match=f"process {process.pid}"):
            async with frontier.join():
                pass
        process.kill()
        process.wait()
    told = await frontier.standing()
    assert told is not None
    assert not told.running


async def test_a_join_that_is_cancelled_leaves_the_job_free(tmp_path: Path) -> None:
    async def joined() -> None:
        async with SqliteFrontier(tmp_path).join():
            await asyncio.Event().wait()

    for turns in range(12):
        task = asyncio.create_task(joined())
        for _ in range(turns):
            await asyncio.sleep(0.001)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        assert not running(tmp_path)


async def test_no_call_to_a_frontier_blocks_the_loop(tmp_path: Path) -> None:
    with blockbuster_ctx():
        frontier = SqliteFrontier(tmp_path)
        async with frontier.join() as worker:
            await worker.journal.register({"files": ["jsonl"]})
            await commit_rows(worker, 1, 2)
            await worker.commit_and_take(Group(offers=[page(3)]), {"shop.example.org": 1}, 0.0)
            assert [] == await take(worker)
            await worker.journal.read(0, 1000)
            await worker.release()
            assert await frontier.standing() is not None
        async with frontier.alone() as owner:
            await owner.requeue()
            await owner.erase()
