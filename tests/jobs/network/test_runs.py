"""The job "network" as a run: its tables are those of the replica's truth, whatever the timing, and under kills."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import pytest
from scipy.sparse import load_npz
from support.command import until
from support.crypto_jobs import Replica
from support.network_jobs import NetworkJob, write_job
from support.network_truth import WEIGHTS, Turn, done_by, interactions, member_at, permalink, walk, written

from asyncscrape.jobs.network.report.matrices import matrices, matrix_files
from asyncscrape.jobs.network.report.stored_network import stored_network
from asyncscrape.jobs.network.walk import Met, Walk
from asyncscrape.parsers.soundcloud.deeds import KINDS
from asyncscrape.parsers.soundcloud.web_api import WebApi
from asyncscrape.replica.crowd import truth
from asyncscrape.replica.crowd.nouns import Crowd, Member, MemberState, changed
from asyncscrape.replica.crowd.people import names
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


class Walked(NamedTuple):
    """A run that nothing disturbed."""

    job: NetworkJob
    requests: int


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory, server: Replica) -> Walked:
    server.forget()
    job = write_job(tmp_path_factory.mktemp("walked"), server, network=WALKED)
    ended = job.run()
    assert ended.code in (0, 1), ended.err
    return Walked(job, len(server.asked()))


def files(job: NetworkJob) -> dict[str, bytes]:
    """The files of the matrices."""
    frames = {table: pl.DataFrame(job.rows(table), infer_schema_length=None) for table in TABLES}
    found = {}
    for name, content in matrix_files(matrices(stored_network(frames.__getitem__), WEIGHTS)):
        content(file := BytesIO())
        found[name] = file.getvalue()
    return found


def test_the_walk_is_that_of_the_truth(walked: Walked, turns: Sequence[Turn]) -> None:
    job = walked.job
    assert turns == in_order(job)
    assert interactions(CROWD, turns, LATEST) == told(job)
    states = {row["id"]: row["state"] for row in job.rows("accounts")}
    for turn in turns:
        account = member_at(CROWD, turn.id)
        broken = truth.broken_list(CROWD, turn.id)
        expected = {MemberState.EMPTY: "empty", MemberState.PRIVATE: "empty", MemberState.DELETED: "gone"}
        failed = "gone" if broken and broken.fault == "gone" else "failed"
        assert (failed if broken else expected.get(account.state, "done")) == states[turn.id]


def test_the_matrices_are_those_of_a_plain_count(walked: Walked, turns: Sequence[Turn]) -> None:
    check_matrices(walked.job, turns, LATEST, KINDS)


def check_matrices(job: NetworkJob, turns: Sequence[Turn], latest: int, kinds: Sequence[str]) -> None:
    found = files(job)
    counted = [(turn.id, done_by(CROWD, turn.id, latest, kinds)) for turn in turns]
    columns = sorted({turn.id for turn in turns} | {target for _, done in counted for _, target in done})
    for name in ("interactions", *KINDS):
        weights = WEIGHTS if name == "interactions" else {name: 1}
        expected = np.zeros((len(turns), len(columns)))
        for row, (_, done) in enumerate(counted):
            for (kind, target), deeds in done.items():
                expected[row, columns.index(target)] += weights.get(kind, 0) * deeds.n
        assert np.array_equal(expected, load_npz(BytesIO(found[f"{name}.npz"])).toarray())
    for name, ids in (("rows.csv", [turn.id for turn in turns]), ("columns.csv", columns)):
        listed = pl.read_csv(found[name])
        assert ["index", "id", "permalink", "name"] == listed.columns
        assert (list(range(len(ids))), ids) == (listed["index"].to_list(), listed["id"].to_list())


def test_rows_tell_the_account(walked: Walked, turns: Sequence[Turn]) -> None:
    job = walked.job
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


def test_the_walk_does_not_depend_on_timing(tmp_path: Path, replica: Replica, walked: Walked) -> None:
    replica.forget(faults=[{"kind": "slow", "delay": 0.01, "share": 0.3}])
    slow = write_job(tmp_path, replica, network=WALKED, politeness={"concurrency": 1})
    slow.run()
    assert [walked.job.rows(table) for table in TABLES] == [slow.rows(table) for table in TABLES]


def test_ten_kills_change_nothing(tmp_path: Path, replica: Replica, walked: Walked) -> None:
    killed = write_job(tmp_path, replica, network=WALKED)
    chance = random.Random(12)
    for at in sorted(chance.randrange(walked.requests) for _ in range(10)):
        with killed.start("--quiet") as process:
            until(lambda at=at: len(replica.asked()) >= at, process)  # type: ignore[misc]
            process.kill()
            process.communicate()
    assert killed.run().code in (0, 1)
    assert [walked.job.rows(table) for table in TABLES] == [killed.rows(table) for table in TABLES]
    assert files(walked.job) == files(killed)


def test_an_account_that_failed_gets_everything_by_retry(tmp_path: Path, replica: Replica) -> None:
    options = {**WALKED, "accounts": list(SEEDS[:3]), "max_accounts": 8}
    replica.forget(faults=[{"kind": "server-error", "match": f"*resolve*{SEEDS[1]}*"}])
    job = write_job(tmp_path, replica, network=options)
    assert job.run().code in (0, 1)
    before, done_before = in_order(job), told(job)
    failed = next(row for row in job.rows("accounts") if row["position"] == 2)
    assert (-2, SEEDS[1], "failed", None) == tuple(failed[name] for name in ("id", "permalink", "state", "name"))
    progress = job.run("--json", command="status").summary["bundles"]
    assert (8, 0) == (progress["done"], progress["open"])
    assert progress["met"] > 8
    replica.forget()
    assert 0 == job.run(command="retry").code
    assert job.run().code in (0, 1)
    its = member_at(CROWD, SEEDS[1]).profile.id
    after = in_order(job)
    assert [*before[:1], Turn(its, None, None), *before[2:]] == after
    assert -2 not in {row["id"] for row in job.rows("accounts")}
    own = interactions(CROWD, [Turn(its, None, None)], LATEST)
    assert own
    assert sorted([*done_before, *own]) == told(job)


def test_a_list_without_growth_is_all_that_is_read(tmp_path: Path, replica: Replica) -> None:
    gone = next(one for one in truth.accounts(CROWD) if broken_by(one) == "gone").profile
    named = [SEEDS[0], gone.permalink, SEEDS[1]]
    job = write_job(tmp_path, replica, network={**WALKED, "accounts": named, "grow": False, "max_accounts": 2})
    assert 0 == job.run().code
    turns = [Turn(member_at(CROWD, one).profile.id, None, None) for one in named[:2]]
    assert turns == in_order(job)
    assert interactions(CROWD, turns, LATEST) == told(job)
    assert ["gone"] == [row["state"] for row in job.rows("accounts") if row["id"] == gone.id]
    screen = job.run(command="status").out
    assert "2 done, 0 under way" in screen
    assert SEEDS[1] in screen
    assert "from your list" in screen  # and would come next


def test_a_walk_that_may_go_further_goes_on_like_one_that_might_from_the_start(
    tmp_path: Path, replica: Replica, turns: Sequence[Turn]
) -> None:
    job = write_job(tmp_path, replica, network={**WALKED, "max_accounts": 25})
    job.run()
    assert turns[:25] == in_order(job)
    table = job.rows("interactions")
    others = {"latest": LATEST + 1, "grow": "balanced", "weights": {"comments": 2}, "kinds": ["likes", "comments"]}
    write_job(tmp_path, replica, network={**WALKED, **others})
    asked = len(replica.asked())
    refused = job.run()
    assert 2 == refused.code
    for line in (
        f"network.latest was {LATEST} and is now {LATEST + 1}",
        'network.grow was "popular" and is now "balanced"',
        "network.weights.comments was 3 and is now 2",
        "network.kinds was",
        "--fresh   delete what is stored",
        "give the config another name",
    ):
        assert line in refused.err
    assert (table, asked) == (job.rows("interactions"), len(replica.asked()))
    assert 25 == job.run("--json", command="status").summary["bundles"]["done"]
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
    check_matrices(job, turns, 500, kinds)


def test_a_balanced_walk_is_that_of_the_truth_also_with_another_look_ahead_later(
    tmp_path: Path, replica: Replica
) -> None:
    options = {**WALKED, "grow": "balanced", "max_accounts": 8}
    rules = Walk(WebApi(), LATEST, WEIGHTS, "balanced")

    def score(member: Member, votes: int, met_by: int) -> float:
        its = member.profile
        return rules.score(Met(votes, its.username, its.followers, its.permalink, met_by))

    job = write_job(tmp_path, replica, network=options)
    assert job.run().code in (0, 1)
    write_job(tmp_path, replica, network={**options, "max_accounts": 20, "look_ahead": AHEAD + 3})
    replica.forget(faults=[{"kind": "slow-down", "retry_after": 1, "times": 1, "match": "*likes*"}])
    raised = job.run("--json")
    assert raised.code in (0, 1)
    assert raised.summary["retries"] >= 1
    assert f"network.look_ahead was {AHEAD} and is now {AHEAD + 3}" in raised.err
    turns = walk(CROWD, SEEDS, 20, AHEAD, LATEST, score=score, later=(8, AHEAD + 3))
    assert [turn.id for turn in turns] == [turn.id for turn in in_order(job)]
    assert [turn.after for turn in turns] == [turn.after for turn in in_order(job)]
    assert [turn.score for turn in turns] == pytest.approx([turn.score for turn in in_order(job)])
    assert turns != walk(CROWD, SEEDS, 20, AHEAD, LATEST)
    assert interactions(CROWD, turns, LATEST) == told(job)


def test_accounts_that_are_added_to_the_file_come_before_the_next_choice(tmp_path: Path, replica: Replica) -> None:
    place, before = next(iter(names(CROWD).former.items()))
    renamed = truth.accounts(CROWD)[place].profile
    file = tmp_path / "accounts.csv"
    file.write_text(f"names,links,followers\nA,{SEEDS[0]},1\nB,{renamed.permalink},2\n", encoding="utf-8")
    options = {**WALKED, "accounts_file": "accounts.csv", "max_accounts": 30}
    del options["accounts"]
    replica.forget(faults=[{"kind": "slow", "delay": 0.03}])
    job = write_job(tmp_path, replica, network=options)
    with job.start("--quiet") as process:
        assert until(lambda: len(replica.asked()) >= 50, process)
        with file.open("a", encoding="utf-8") as more:
            more.write(f"B again,{before},2\nC,{SEEDS[2]},3\n")
        running = job.run("--json", command="status").summary
        assert ("running", True) == (running["state"], 0 < running["bundles"]["done"] < 30)
        process.communicate()
    rows = {row["position"]: row for row in job.rows("accounts") if row["position"]}
    added = next(position for position, row in rows.items() if row["permalink"] == SEEDS[2])
    # The renamed account comes a second time, which makes no row; so one position is missing.
    assert sorted({*range(1, 31)} - {added - 1}) == sorted(rows)
    assert 1 == sum(row["id"] == renamed.id for row in job.rows("accounts"))
    assert None is rows[added]["chosen_after"]
    # What was chosen already comes before, and the two count like others in the look-ahead.
    assert added - 2 == rows[added - 2]["chosen_after"] + AHEAD
    assert added + 1 == rows[added + 1]["chosen_after"] + AHEAD
    turns = [Turn(row["id"], None, None) for row in rows.values()]
    assert interactions(CROWD, turns, LATEST) == told(job)


def broken_by(member: Member) -> str | None:
    broken = truth.broken_list(CROWD, member.profile.id)
    return broken.fault if broken else None
