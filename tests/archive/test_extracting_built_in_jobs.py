"""`extract` of built-in jobs: the same tables from what is kept, and the replica is not asked."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from support import crypto_jobs, music_jobs, network_jobs
from support.crypto_jobs import CryptoJob, Replica
from support.music_jobs import MusicJob
from support.music_walk import START
from support.network_jobs import NetworkJob

from asyncscrape.replica.crowd import truth as crowd
from asyncscrape.replica.crowd.nouns import Crowd, changed
from asyncscrape.replica.process import ReplicaProcess
from asyncscrape.replica.scene import truth as scene

PARAMETERS = {"accounts": 320, "communities": 4, "smallest": 30, "largest": 150, "activity": 60}
ARTISTS = tuple(scene.artists()[place].username for place in (0, 1))
KEPT = {"archive": True, "blobs": "files"}
Job = CryptoJob | MusicJob | NetworkJob


@pytest.fixture(scope="module")
def replica() -> Iterator[Replica]:
    with ReplicaProcess(crowd=PARAMETERS) as port:
        yield Replica(port)


def told(job: Job) -> Mapping[str, Any]:
    """All that a job has stored."""
    tables = {path.name: sorted(path.read_text().splitlines()) for path in job.directory.glob("*.jsonl")}
    files = {str(path): path.read_bytes() for path in (job.directory / "blobs").rglob("*") if path.is_file()}
    status = json.loads(job.run("--json", command="status").out)
    counts = {name: status[name] for name in ("pages", "files", "records", "skipped", "bundles")}
    return {**tables, "files": files, "counts": counts, "errors": job.run("--json", command="errors").out}


def check(job: Job, replica: Replica) -> None:
    """Nothing changes when what was kept is read again."""
    ended = job.run("--quiet")
    assert ended.code in (0, 1), ended.err
    before = told(job)
    asked = len(replica.asked())
    again = job.run("--quiet", "--yes", command="extract")
    assert ended.code == again.code, again.err
    after = told(job)
    for name, value in before.items():
        assert value == after[name], name
    assert asked == len(replica.asked())


def test_a_walk_through_accounts(tmp_path: Path, replica: Replica) -> None:
    seeds = list(crowd.seeds(changed(Crowd(), PARAMETERS)))
    walked = {"accounts": seeds, "max_accounts": 6, "look_ahead": 2, "latest": 40, "client_id": "auto"}
    check(network_jobs.write_job(tmp_path, replica, network=walked, store=KEPT), replica)


@pytest.mark.torture
def test_artists_with_their_pictures(tmp_path: Path, replica: Replica) -> None:
    music = {"artists": ARTISTS, "max_tracks": 4, "soundcloud": "web", "images": True, "client_id": "auto"}
    check(music_jobs.write_job(tmp_path, replica, START, music=music, store=KEPT), replica)


@pytest.mark.torture
def test_coins(tmp_path: Path, replica: Replica) -> None:
    crypto = {"coins": ("bitcoin", "ethereum"), "start": date(2026, 1, 1)}
    check(crypto_jobs.write_job(tmp_path, replica, crypto=crypto, store=KEPT), replica)
