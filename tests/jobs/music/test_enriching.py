"""The command `enrich` on a stored music job: tables that grow with what is new, and survive kills."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path
from typing import Any

import pytest
from support.crypto_jobs import Replica
from support.forked_command import run
from support.job_frontier import copy_jobs
from support.music_jobs import MusicJob, write_job
from support.music_walk import START
from support.postgres_server import Database

from asyncscrape.replica.scene import truth

ARTISTS = tuple(truth.artists()[place].username for place in (0, 1))
LABELS = {"positive", "neutral", "negative", "noise"}


@pytest.fixture(scope="module")
def run_once(tmp_path_factory: pytest.TempPathFactory, replica_process: Replica) -> MusicJob:
    """A job that has run."""
    replica_process.forget()
    folder = tmp_path_factory.mktemp("run") / "job"
    made = write_job(folder, replica_process, START, music={"artists": ARTISTS, "max_tracks": 4})
    assert 0 == made.run("--quiet").code
    return made


@pytest.fixture
def job(tmp_path: Path, run_once: MusicJob, replica_process: Replica) -> MusicJob:
    """The same job in another folder."""
    copy_jobs(run_once.folder, tmp_path / "job")
    return write_job(tmp_path / "job", replica_process, START, music={"artists": ARTISTS, "max_tracks": 4})


def enrich(job: MusicJob, *arguments: str) -> dict[str, Any]:
    """The JSON that the command prints."""
    ended = job.run(*arguments, "--json", command="enrich")
    assert 0 == ended.code, ended.err
    tables: dict[str, Any] = json.loads(ended.out)["tables"]
    return tables


def stored(job: MusicJob, table: str) -> list[dict[str, Any]]:
    rows = map(json.loads, (job.directory / f"{table}.jsonl").read_text("utf-8").splitlines())
    return sorted(rows, key=lambda row: next(iter(row.values())))


def check_moods(rows: list[dict[str, Any]], judged: list[dict[str, Any]]) -> None:
    """Each track with comments has a row, which counts their labels."""
    assert {row["track_id"] for row in judged} == {row["track_id"] for row in rows}
    for row in rows:
        own = [one for one in judged if one["track_id"] == row["track_id"]]
        assert len(own) == row["comments"]
        for label in LABELS:
            assert sum(one["sure"] and one["label"] == label for one in own) == row[label]
        assert 100 == len(row["curve"]) == len(row["curve_weights"])


def test_each_comment_is_judged_once_and_each_track_has_its_moods(job: MusicJob) -> None:
    comments = {row["id"]: row for row in stored(job, "comments")}
    told = enrich(job, "comments")
    rows = stored(job, "comment_sentiment")
    assert {"rows": len(comments), "made": len(comments)} == told["comment_sentiment"]
    assert {row["comment_id"] for row in rows} == set(comments)
    assert {row["label"] for row in rows} <= LABELS
    for row in rows:
        assert row["probability"] == row[row["label"]] == max(row[label] for label in LABELS)
        assert comments[row["comment_id"]]["track_id"] == row["track_id"]
    check_moods(stored(job, "track_sentiment"), rows)
    again = enrich(job, "comments")
    assert {"rows": len(comments), "made": 0} == again["comment_sentiment"]
    assert 0 == again["track_sentiment"]["made"]
    assert rows == stored(job, "comment_sentiment")


def test_a_later_run_keeps_the_tables_and_new_comments_are_added(job: MusicJob, replica_process: Replica) -> None:
    enrich(job, "comments")
    before = stored(job, "comment_sentiment")
    more = write_job(job.folder, replica_process, START, music={"artists": ARTISTS, "max_tracks": 6})
    assert 0 == more.run("--quiet").code
    assert before == stored(job, "comment_sentiment")
    told = enrich(more, "comments")
    assert len(stored(job, "comments")) == told["comment_sentiment"]["rows"] > len(before)
    status = json.loads(more.run("--json", command="status").out)
    assert told["comment_sentiment"]["rows"] == status["records"]["comment_sentiment"]


def test_kills_change_nothing(job: MusicJob, replica_process: Replica, postgres: Database) -> None:
    def of(folder: str) -> MusicJob:
        store = {"records": [postgres.store(folder), "jsonl"]}
        music = {"artists": ARTISTS, "max_tracks": 4}
        return write_job(job.folder.parent / folder, replica_process, START, music=music, store=store)

    whole, killed = of("whole"), of("killed")
    for one in (whole, killed):
        assert 0 == one.run("--quiet").code
    began = time.monotonic()
    enrich(whole)
    took = time.monotonic() - began
    chance = random.Random(15)
    for _ in range(4):
        with killed.start(command="enrich") as running:
            time.sleep(chance.uniform(0.3, 1.0) * took)
            running.kill()
    enrich(killed)
    for table in ("comment_sentiment", "track_sentiment", "prediction_figures"):
        assert stored(whole, table)
        assert values(stored(whole, table)) == values(stored(killed, table))
        query = 'SELECT to_jsonb(t) FROM "{}"."{}" t'
        both = [
            [json.loads(row) for [row] in postgres.sql(query.format(name, table))] for name in ("whole", "killed")
        ]
        assert values(both[0]) == values(both[1])


def test_a_crawl_anew_begins_without_these_tables(
    tmp_path: Path, replica_process: Replica, postgres: Database
) -> None:
    replica_process.forget()

    def of(tracks: int) -> MusicJob:
        store = {"records": [postgres.store("anew"), "jsonl"]}
        music = {"artists": ARTISTS, "max_tracks": tracks}
        return write_job(tmp_path / "job", replica_process, START, music=music, store=store)

    def counted(table: str) -> tuple[int, int]:
        return len(stored(of(2), table)), int(postgres.value(f"SELECT count(*) FROM anew.{table}"))

    assert 0 == of(6).run("--quiet").code
    enrich(of(6))
    before = counted("comment_sentiment")
    again = of(2).run("--again", "--yes", "--json")
    assert 0 == again.code, again.err
    assert not any("sentiment" in warning for warning in json.loads(again.out)["warnings"])
    assert (0, 0) == counted("comment_sentiment") == counted("track_sentiment")
    enrich(of(2))
    assert before > counted("comment_sentiment") == counted("comments") > (0, 0)
    assert [] == postgres.sql(
        "SELECT 1 FROM anew.comment_sentiment WHERE comment_id NOT IN (SELECT id FROM anew.comments)"
    )


def values(rows: list[dict[str, Any]]) -> list[str]:
    """The rows without when they were fetched, which differs between two jobs."""
    times = ("_fetched_at", "_ranks", "made_of")
    return sorted(json.dumps({name: row[name] for name in row if name not in times}) for row in rows)


def test_only_a_stored_job_of_a_kind_that_has_enrichments_is_enriched(
    tmp_path: Path, replica_process: Replica
) -> None:
    new = write_job(tmp_path / "new", replica_process, START, music={"artists": ARTISTS})
    ended = new.run(command="enrich")
    assert (2, True) == (ended.code, f"there is no job in {new.directory}; if" in ended.err), ended.err
    assert ended.err.endswith(f"run it first:  asyncscrape run {new.config}\n")
    swapped = run("enrich", "comments", str(new.config))
    assert (2, True) == (swapped.code, "the config comes first" in swapped.err), swapped.err
    unknown = new.run("songs", command="enrich")
    assert (2, True) == (unknown.code, "choose from: comments, audio, model" in unknown.err), unknown.err


def test_audio_files_are_measured_and_compared_with_beatport(tmp_path: Path, replica_process: Replica) -> None:
    replica_process.forget()
    music = {"artists": ARTISTS, "max_tracks": 4, "beatport": "pages", "audio": "previews"}
    job = write_job(tmp_path / "job", replica_process, START, music=music)
    assert 0 == job.run("--quiet").code
    tracks = {row["id"]: row for row in stored(job, "tracks") if row.get("preview_path")}
    lost = sorted(tracks)[0]
    (job.directory / "blobs" / tracks[lost]["preview_path"]).unlink()
    broken = sorted(tracks)[1]
    (job.directory / "blobs" / tracks[broken]["preview_path"]).write_bytes(b"<html>not here</html>")
    assert len(tracks) - 1 == enrich(job, "audio")["audio_features"]["made"]
    rows = {row["track_id"]: row for row in stored(job, "audio_features")}
    assert set(tracks) - {lost} == set(rows)
    assert rows.pop(broken)["problem"]
    for number, row in rows.items():
        assert "problem" not in row
        assert row["tempo"] - tracks[number]["bpm"] == pytest.approx(row["bpm_difference"], abs=0.001)
    agreed = [row["bpm_agreement"] for row in rows.values()]
    assert 0.8 < agreed.count("same") / len(agreed)
    assert 0 == enrich(job, "audio")["audio_features"]["made"]
