"""How many workers a machine bears: by affinity and by the control groups, which the tests lay out as files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from asyncscrape.parsing.processes.sizes import cores, memory_limit

NESTED = "0::/outer/inner\n"
SMALL = "104857600"


@pytest.mark.parametrize(
    ("expected", "own", "files"),
    [
        (0.5, "", {"cpu.max": "50000 100000\n"}),
        (0.5, "0::/\n", {"cpu.max": "50000 100000\n"}),
        (0.25, NESTED, {"cpu.max": "max 100000", "outer/cpu.max": "25000 100000", "outer/inner/cpu.max": "max 1"}),
        (0.25, NESTED, {"outer/cpu.max": "50000 100000", "outer/inner/cpu.max": "25000 100000"}),
        (0.75, "4:cpu:/x\n", {"cpu/cpu.cfs_quota_us": "75000\n", "cpu/cpu.cfs_period_us": "100000\n"}),
        (None, "", {"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}),
        (None, "", {"cpu.max": "max 100000"}),
        (None, "", {}),
    ],
)
def test_cores_are_those_of_the_tightest_quota(
    tmp_path: Path, expected: float | None, own: str, files: dict[str, str]
) -> None:
    laid_out = laid(tmp_path, own, files)
    assert (expected or len(os.sched_getaffinity(0))) == cores(*laid_out)


def test_cores_that_this_process_may_not_use_do_not_count(tmp_path: Path) -> None:
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        assert 1 == cores(tmp_path, tmp_path / "own")
    finally:
        os.sched_setaffinity(0, before)


@pytest.mark.parametrize(
    ("own", "files"),
    [
        ("", {"memory.max": SMALL}),
        (NESTED, {"memory.max": "max", "outer/memory.max": SMALL, "outer/inner/memory.max": "max"}),
        ("", {"memory/memory.limit_in_bytes": SMALL}),
    ],
)
def test_memory_is_that_of_the_tightest_limit(tmp_path: Path, own: str, files: dict[str, str]) -> None:
    assert int(SMALL) == memory_limit(*laid(tmp_path, own, files))


def test_without_a_limit_all_memory_may_be_used(tmp_path: Path) -> None:
    unlimited = laid(tmp_path, "", {"memory.max": "max", "memory/memory.limit_in_bytes": str(2**63 - 4096)})
    assert os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") == memory_limit(*unlimited)


def laid(folder: Path, own: str, files: dict[str, str]) -> tuple[Path, Path]:
    """The folder of the groups with these files, and the file that names the own group."""
    groups = folder / "groups"
    for name, text in files.items():
        (groups / name).parent.mkdir(parents=True, exist_ok=True)
        (groups / name).write_text(text)
    (folder / "own").write_text(own)
    return groups, folder / "own"
