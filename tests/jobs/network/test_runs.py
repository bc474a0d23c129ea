"""The job "network" as a run: its tables are those of the replica's truth, whatever the timing, and under kills."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from support.command import until
from support.crypto_jobs import Replica
from support.network_jobs import NetworkJob, write_job
from support.network_truth import Turn, interactions, member_at, permalink, walk, written

from asyncscrape.replica.crowd import truth
from asyncscrape.replica.crowd.nouns import Crowd, MemberState, changed
from asyncscrape.replica.process import ReplicaProcess

PARAMETERS = {"accounts": 320, "communities": 4, "smallest": 30, "largest": 150, "activity": 60}
CROWD = changed(Crowd(), PARAMETERS)
SEEDS = (*truth.seeds(CROWD), truth.accounts(CROWD)[200].profile.permalink)
MOST, AHEAD, LATEST = 60, 4, 40
WALKED: dict[str, Any] = {"accounts": list(SEEDS), "max_accounts": MOST, "look_ahead": AHEAD, "latest": LATEST}
TABLES = ("accounts", "interactions")


@pytest.fixture(scope="module")
def server() -> Iterator[Replica]:
    with ReplicaProcess(crowd=PARAMETERS) as port:
        yield Replica(port)


@pytest.fixture
def replica(server: Replica) -> Replica:
    server.forget()
    return server


@pytest.fixture(scope="module")
def turns() -> Sequence[Turn]:
    return walk(CROWD, SEEDS, MOST, AHEAD, LATEST)


def told(job: NetworkJob) -> list[tuple[Any, ...]]:
    names = ("account_id", "kind", "target_id", "n", "first_at", "last_at")
    return sorted(tuple(row[name] for name in names) for row in job.rows("interactions"))


def in_order(job: NetworkJob) -> list[Turn]:
    rows = sorted((row for row in job.rows("accounts") if row["position"]), key=lambda row: row["position"])
    assert list(range(1, len(rows) + 1)) == [row["position"] for row in rows]
    return [Turn(row["id"], row["chosen_score"], row["chosen_after"]) for row in rows]


def test_the_walk_is_that_of_the_truth(tmp_path: Path, replica: Replica, turns: Sequence[Turn]) -> None:
    job = write_job(tmp_path, replica, network=WALKED)
    ended = job.run()
    assert ended.code in (0, 1), ended.err
    assert turns == in_order(job)
    assert interactions(CROWD, turns, LATEST) == told(job)
    states = {row["id"]: row["state"] for row in job.rows("accounts")}
    for turn in turns:
        account = member_at(CROWD, turn.id)
        broken = truth.broken_list(CROWD, turn.id)
        expected = {MemberState.EMPTY: "empty", MemberState.PRIVATE: "empty", MemberState.DELETED: "gone"}
        assert ("failed" if broken else expected.get(account.state, "done")) == states[turn.id]


def test_rows_tell_the_account(tmp_path: Path, replica: Replica, turns: Sequence[Turn]) -> None:
    job = write_job(tmp_path, replica, network=WALKED)
    job.run()
    rows = {row["id"]: row for row in job.rows("accounts")}
    usual = [turn.id for turn in turns if member_at(CROWD, turn.id).state is MemberState.USUAL]
    for one in usual:
        its = member_at(CROWD, one).profile
        emerged = written(truth.emerged(CROWD, one))
        assert (its.permalink, its.username, its.followers) == tuple(
            rows[one][name] for name in ("permalink", "name", "followers")
        )
        assert emerged == rows[one]["emerge_date"]
    targets = {row["target_id"] for row in job.rows("interactions")}
    assert targets <= rows.keys()
    for one in targets - {turn.id for turn in turns}:
        assert rows[one]["position"] is None
        if member_at(CROWD, one).state is MemberState.USUAL:
            assert permalink(CROWD, one) == rows[one]["permalink"]


def test_the_walk_does_not_depend_on_timing(tmp_path: Path, replica: Replica, turns: Sequence[Turn]) -> None:
    slow = {"politeness": {"concurrency": 1}}
    replica.forget(faults=[{"kind": "slow", "delay": 0.01, "share": 0.3}])
    jobs = [write_job(tmp_path / "slow", replica, network=WALKED, **slow)]
    jobs.append(write_job(tmp_path / "quick", replica, network=WALKED))
    for job in jobs:
        job.run()
        assert turns == in_order(job)
    first, second = ({table: job.rows(table) for table in TABLES} for job in jobs)
    assert first == second


def test_ten_kills_change_nothing(tmp_path: Path, replica: Replica) -> None:
    undisturbed = write_job(tmp_path / "peace", replica, network=WALKED)
    undisturbed.run()
    total = len(replica.asked())
    killed = write_job(tmp_path / "killed", replica, network=WALKED)
    chance = random.Random(12)
    for at in sorted(chance.randrange(total) for _ in range(10)):
        with killed.start("--quiet") as process:
            until(lambda at=at: len(replica.asked()) - total >= at, process)  # type: ignore[misc]
            process.kill()
            process.communicate()
    assert killed.run().code in (0, 1)
    assert [undisturbed.rows(table) for table in TABLES] == [killed.rows(table) for table in TABLES]


def test_a_walk_that_may_go_further_goes_on_like_one_that_might_from_the_start(
    tmp_path: Path, replica: Replica, turns: Sequence[Turn]
) -> None:
    job = write_job(tmp_path, replica, network={**WALKED, "max_accounts": 25})
    job.run()
    assert turns[:25] == in_order(job)
    write_job(tmp_path, replica, network=WALKED)
    job.run()
    assert turns == in_order(job)


def test_the_official_api_gives_the_same_walk_but_for_comments_and_dates(tmp_path: Path, replica: Replica) -> None:
    kinds = ("likes", "reposts", "follows")
    options = {**WALKED, "soundcloud": "official", "kinds": list(kinds), "max_accounts": 20, "latest": 500}
    job = write_job(tmp_path, replica, network=options)
    ended = job.run()
    assert ended.code in (0, 1), ended.err
    turns = walk(CROWD, SEEDS, 20, AHEAD, 500, kinds)
    assert turns == in_order(job)
    plain = [(*row[:4], None, None) for row in interactions(CROWD, turns, 500, kinds)]
    assert plain == told(job)


def test_accounts_that_are_added_to_the_file_come_before_the_next_choice(tmp_path: Path, replica: Replica) -> None:
    file = tmp_path / "accounts.csv"
    file.write_text(f"names,links,followers\nA,{SEEDS[0]},1\nB,{SEEDS[1]},2\n", encoding="utf-8")
    options = {**WALKED, "accounts_file": "accounts.csv", "max_accounts": 200}
    del options["accounts"]
    replica.forget(faults=[{"kind": "slow", "delay": 0.05}])
    job = write_job(tmp_path, replica, network=options)
    with job.start("--quiet") as process:
        assert until(lambda: len(replica.asked()) >= 60, process)
        with file.open("a", encoding="utf-8") as more:
            more.write(f"C,{SEEDS[2]},3\n")
        added = time.monotonic()
        assert until(lambda: any(SEEDS[2] in entry for entry in map(str, replica.asked())), process)
        assert time.monotonic() - added < 20
        process.kill()
        process.communicate()
