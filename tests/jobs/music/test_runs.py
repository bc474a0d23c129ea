"""The job "music" as runs of the program against the replica: both APIs, files, troubles, and the week after."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from support import music_truth as expected
from support.command import lines
from support.crypto_jobs import Replica, Row
from support.music_jobs import MusicJob, write_job
from support.music_walk import START

from asyncscrape.replica.scene import truth
from asyncscrape.replica.soundcloud.tokens import CLIENT_SECRET

BACKENDS = ("official", "web")
FEW = tuple(truth.artists()[place] for place in (0, 1, 40, 43))
SHOPS = {"official": {"beatport": "pages"}, "web": {"beatport": "api", "beatport_token": "replica-token"}}
MOST = 6
"""Tracks of an artist."""


@pytest.fixture
def replica(replica_process: Replica) -> Replica:
    replica_process.forget()
    return replica_process


def of_few(folder: Path, replica: Replica, backend: str = "official", **music: Any) -> MusicJob:
    keys = {"artists": [one.username for one in FEW], "soundcloud": backend, "max_tracks": MOST, "images": False}
    client = {"client_id": "auto"} if backend == "web" else {}
    return write_job(folder, replica, START, music={**keys, **client, **music})


def filled(rows: Sequence[Row], names: Sequence[str]) -> list[Row]:
    """The rows with only these columns, as the truth has them."""
    return [{name: row[name] for name in names} for row in rows]


def tracks_of_few(backend: str, weeks: int = 0) -> list[Row]:
    rows = [expected.track(one, backend) for one in expected.tracks_of(FEW, weeks, most=MOST)]
    return [{**row, "image_path": None, "waveform_path": None} for row in rows]


@pytest.mark.parametrize("backend", BACKENDS)
def test_record_for_record_as_the_replica_tells_it(tmp_path: Path, replica: Replica, backend: str) -> None:
    job = of_few(tmp_path, replica, backend, **SHOPS[backend])
    ended = job.run("--json")
    assert 0 == ended.code, ended.err
    tracks = tracks_of_few(backend)
    assert tracks == filled(job.rows("tracks"), list(tracks[0]))
    told = {row["id"] for row in job.rows("tracks") if row.get("match_why")}
    assert {row["id"] for row in tracks if row["is_track"]} == told
    sold = {one.id: one.sold.id for one in expected.tracks_of(FEW, most=MOST) if one.sold}
    matched = {row["id"]: row["beatport_id"] for row in job.rows("tracks") if row.get("beatport_id")}
    assert matched.items() <= sold.items()
    assert len(matched) > 0.8 * len(sold)
    assert expected.comments_under(expected.tracks_of(FEW, most=MOST)) == job.rows("comments")
    artists = [expected.artist(one, backend) for one in sorted(FEW, key=lambda one: one.id)]
    names = [name for name in artists[0] if not name.endswith("_path")]
    assert filled(artists, names) == filled(job.rows("artists"), names)
    assert len(tracks) == len(job.rows("popularity"))
    assert 0 == job.run().code


def test_files_are_stored_once_and_the_next_smaller_picture_where_one_is_missing(
    tmp_path: Path, replica: Replica
) -> None:
    job = of_few(tmp_path, replica, "web", images=True, max_tracks=4)
    ended = job.run("--json")
    assert 0 == ended.code, ended.err
    rows = [*job.rows("artists"), *job.rows("tracks")]
    names = ("profile_image", "background_image", "image", "waveform")
    paths = {row[f"{name}_path"] for row in rows for name in names if row.get(f"{name}_path")}
    assert paths == set(job.blobs)
    waveforms = [json.loads(body) for path, body in job.blobs.items() if path.startswith("waveforms/")]
    assert {1800} == {len(one["samples"]) for one in waveforms}


def test_previews_come_from_the_shops_pages(tmp_path: Path, replica: Replica) -> None:
    keys = {**SHOPS["official"], "max_tracks": 2, "comments": 0}
    job = of_few(tmp_path, replica, audio="previews", **keys)
    ended = job.run("--json")
    assert 0 == ended.code, ended.err
    paths = {row["preview_path"] for row in job.rows("tracks") if row.get("preview_path")}
    assert paths
    assert paths == {path for path in job.blobs if path.startswith("audio/")}


def test_no_secret_is_kept_anywhere_or_printed(tmp_path: Path, replica: Replica) -> None:
    job = of_few(tmp_path, replica, client_secret="env:THE_SECRET", max_tracks=1, comments=1)
    told = [job.run(command=command, THE_SECRET=CLIENT_SECRET) for command in ("check", "run", "status", "errors")]
    assert [0] * 4 == [ended.code for ended in told]
    assert not any(CLIENT_SECRET in ended.out + ended.err for ended in told)
    assert [] == [
        path for path in tmp_path.rglob("*") if path.is_file() and CLIENT_SECRET.encode() in path.read_bytes()
    ]


TROUBLES: list[dict[str, Any]] = [
    {"kind": "rotate", "host": "api-v2*", "times": 1},
    {"kind": "expired", "host": "api.*", "times": 1},
    {"kind": "web-page", "host": "api*", "times": 3},
    {"kind": "too-many", "host": "api*", "times": 1, "retry_after": 1},
    {"kind": "slow-down", "host": "api*", "times": 1},
    {"kind": "server-error", "host": "api*", "times": 2},
    {"kind": "cut-off", "host": "api*", "times": 2},
    {"kind": "empty-page", "match": "*/tracks?*", "times": 4},
    {"kind": "link-with-id", "host": "api*"},
]


@pytest.mark.parametrize("backend", BACKENDS)
def test_trouble_that_passes_changes_nothing(tmp_path: Path, replica: Replica, backend: str) -> None:
    replica.faults(*TROUBLES)
    job = of_few(tmp_path, replica, backend)
    ended = job.run("--json")
    assert 0 == ended.code, ended.err
    tracks = tracks_of_few(backend)
    assert tracks == filled(job.rows("tracks"), list(tracks[0]))
    assert expected.comments_under(expected.tracks_of(FEW, most=MOST)) == job.rows("comments")


def test_a_week_later_only_what_is_new_is_asked_for(tmp_path: Path, replica: Replica) -> None:
    job = of_few(tmp_path, replica)
    assert 0 == job.run().code
    replica.forget(weeks=1)
    later = replace(job, today=START + timedelta(weeks=1))
    assert 0 == later.run().code
    assert not any("search" in target or "/users?" in target for target, _ in replica.asked())
    rows = {row["id"]: row for row in job.rows("tracks")}
    assert all(row.items() <= rows[row["id"]].items() for row in tracks_of_few("official", 1))
    comments = expected.comments_under(expected.tracks_of(FEW, 1, most=MOST), 1)
    assert {row["id"] for row in comments} <= {row["id"] for row in job.rows("comments")}


def test_wrong_credentials_end_the_run_at_once(tmp_path: Path, replica: Replica) -> None:
    job = of_few(tmp_path, replica, client_secret="wrong")
    ended = job.run()
    assert 2 == ended.code
    assert "client_secret" in ended.err
    assert 0 == lines(job.directory / "artists.jsonl")
