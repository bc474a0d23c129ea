"""The sharing out of tests to processes with `-n auto --dist loadfile`: by files, whose tests share servers.

Tests that measure milliseconds run one after the other, and all others make way for them.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

TIMED = (
    "tests/crawl/test_polite_crawl.py",
    "tests/crawl/test_pessimist.py",
    "tests/crawl/test_crawl_ends.py",
    "tests/crawl/test_robots_crawl.py",
    "tests/crawl/test_crawl.py",
    "tests/replica/test_replica.py",
)
"""They run in one process, and begin first."""
LONGEST = (
    "tests/delivery/test_outages.py",
    "tests/jobs/crypto/test_job.py",
    "tests/delivery/test_kill_with_stores.py",
    "tests/many/test_kill_workers.py",
    "tests/crawl/test_hostile_crawl.py",
    "tests/crawl/test_kill.py",
    "tests/downloads/test_downloads.py",
    "tests/crawl/test_stop.py",
    "tests/storage/files/test_store.py",
    "tests/storage/test_blobs.py",
    "tests/storage/s3/test_s3.py",
)
"""They begin next, so that at the end no process is left alone with one of them."""
TURNS = {file: turn for turn, file in enumerate((*TIMED, *LONGEST))}

WORKERS_PER_CORE = 2
"""Half of the time the tests wait: for servers, or for the delays that they test."""
NICENESS = 5
"""Leaves three quarters of a core to processes of the usual priority."""


def file_of(nodeid: str) -> str:
    return nodeid.partition("::")[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """The number of processes: one for each file if there are few files, and none for a single file."""
    files = {Path(config.invocation_params.dir, file_of(argument)) for argument in config.args}
    workers = max(2, round(WORKERS_PER_CORE * len(os.sched_getaffinity(0))))
    if not all(file.is_file() for file in files):
        return workers
    return min(workers, len(files)) if len(files) > 1 else 0


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object:
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return "timed" if file_of(nodeid) in TIMED else file_of(nodeid)

    config.option.loadscopereorder = False
    return Scheduling(config, log) if config.getoption("dist") == "loadfile" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: TURNS.get(file_of(item.nodeid), len(TURNS)))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Make way for timed tests, together with all processes started from here."""
    if "PYTEST_XDIST_WORKER" in os.environ and file_of(item.nodeid) not in TIMED:
        os.setpriority(os.PRIO_PROCESS, 0, NICENESS)
