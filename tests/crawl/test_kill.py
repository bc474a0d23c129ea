"""Kill it at any moment, run it again: the result is exactly that of an undisturbed run."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path

import pytest
from support.command import lines, run, until
from support.forked_command import start
from support.graph_config import Finished, Site, expected_blobs, finished, running_site, write_job
from support.killing import CONCURRENCY, GROUP, asked, kill_at, moments
from support.memory import tree

LATENCY = 0.05
STORES = ("jsonl", "csv", "parquet")


def job(folder: Path, site: Site, stores: tuple[str, ...] = STORES) -> Path:
    folder.mkdir()
    politeness = {"concurrency": CONCURRENCY, "per_host": CONCURRENCY}
    return write_job(folder, site.seeds, stores=stores, politeness=politeness)


def disturbed(folder: Path, site: Site, total: int, kills: int, seed: int) -> tuple[Path, list[int]]:
    """Kill the job again and again, then let it finish; the repeated requests after each kill."""
    config = job(folder, site)
    before, repeats = asked(site), []
    for moment in moments(kills, total, seed):
        assert kill_at(config, site, sum(before.values()) + moment + sum(repeats))
        repeats.append(sum(asked(site).values()) - len(asked(site)) - sum(repeats))
    assert 0 == run("run", config, "--quiet").code
    repeats.append(sum(asked(site).values()) - len(asked(site)) - sum(repeats))
    return config, repeats


def undisturbed(folder: Path, site: Site) -> dict[str, Finished]:
    assert 0 == run("run", job(folder, site), "--quiet").code
    return {form: finished(folder, form) for form in STORES}


def robbed(config: Path, log: Path) -> None:
    """Run the job while somebody kills the processes that parse its pages."""
    with start("run", config, "--quiet") as process:
        killed = 0
        for least in range(100, 1_500, 200):
            until(lambda least=least: lines(log) >= least, process)
            for worker in [one for one in tree(process.pid) if one != process.pid]:
                with suppress(ProcessLookupError):
                    os.kill(worker, signal.SIGKILL)
                    killed += 1
        process.communicate()
    assert 0 == process.returncode
    assert killed > 3


def check(tmp_path: Path, pages: int, kills: int, seed: int) -> None:
    with running_site(tmp_path, pages=pages, blobs=pages // 10, latency=LATENCY) as site:
        whole = undisturbed(tmp_path / "whole", site)
        total = lines(site.log_file)
        assert len(asked(site)) == total, "an undisturbed run asks for nothing twice"
        site.log_file.write_text("")
        _, repeats = disturbed(tmp_path / "killed", site, total, kills, seed)
        site.log_file.write_text("")
        robbed(job(tmp_path / "robbed", site), site.log_file)
        for folder in ("killed", "robbed"):
            assert [] == run("errors", tmp_path / folder / "graph.toml", "--json").summary["reasons"]
            assert whole == {form: finished(tmp_path / folder, form) for form in STORES}
        assert expected_blobs(site.graph) == set(whole["jsonl"].blobs.values())
    assert pages == len(whole["jsonl"].tables["page"])
    assert not list((tmp_path / "killed/graph").rglob("*.tmp"))
    print(f"repeated requests after each of {kills} kills: {repeats}")
    assert max(repeats) <= CONCURRENCY + GROUP


def test_fifteen_kills_change_nothing(tmp_path: Path) -> None:
    check(tmp_path, pages=1500, kills=15, seed=1)


@pytest.mark.torture
def test_a_hundred_kills_change_nothing(tmp_path: Path) -> None:
    check(tmp_path, pages=3000, kills=100, seed=2)
