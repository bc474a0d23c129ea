"""What a worker gets, and what is heard of it, where Ray has placed it: without Ray, in this process."""

from __future__ import annotations

from pathlib import Path

from asyncscrape.commands.chosen_engine import taken_along
from asyncscrape.commands.engine import WorkerEnd
from asyncscrape.commands.ray_worker import RayWorker
from asyncscrape.config.loading import load
from asyncscrape.errors import Exit

JOB = """
name = "job"
seeds = ["env:SEED_OF_TEST"]
[[page]]
match = "/*"
follow = ["a"]
"""


def test_what_the_config_names_and_what_workers_read_anyway_is_taken_along(tmp_path: Path) -> None:
    (tmp_path / "job.toml").write_text(JOB)
    needed = {
        "SEED_OF_TEST": "http://a.test/",
        "AWS_REGION": "r",
        "PGPASSWORD": "p",
        "ASYNCSCRAPE__LOG__LEVEL": "debug",
    }
    environ = {**needed, "HOME": "/root", "OTHER_SECRET": "s"}
    assert needed == taken_along(load(tmp_path / "job.toml", environ=environ), environ)


async def test_a_worker_runs_in_the_folder_of_the_run_and_is_heard_to_its_end(tmp_path: Path) -> None:
    (tmp_path / "job.toml").write_text(JOB)
    worker = RayWorker(str(tmp_path), {"SEED_OF_TEST": "http://a.test/"})
    begun, *parts, end = [part async for part in worker.live("1", ["worker", "job.toml"])]
    assert ([], WorkerEnd(Exit.USAGE)) == (begun, end)
    said = [line for part in parts for line in part]
    assert "several workers cannot run this job:" == said[0]
    assert "SEED_OF_TEST" not in "".join(map(str, said))


async def test_a_machine_without_the_folder_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    told, end = [part async for part in RayWorker(str(missing), {}).live("1", ["worker", "job.toml"])]
    assert f" has no folder {missing}, where this run was started" in str(told)
    assert WorkerEnd(Exit.USAGE) == end
