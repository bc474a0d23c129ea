"""The job "network" keeps each answer, and nothing of whoever asks."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from support.crypto_jobs import Replica
from support.network_jobs import write_job

from asyncscrape.replica.crowd import truth
from asyncscrape.replica.crowd.nouns import Crowd, changed
from asyncscrape.replica.process import ReplicaProcess

PARAMETERS = {"accounts": 320, "communities": 4, "smallest": 30, "largest": 150, "activity": 60}


def test_the_walk_is_kept_without_the_client_id(tmp_path: Path) -> None:
    seeds = list(truth.seeds(changed(Crowd(), PARAMETERS)))
    walked = {"accounts": seeds, "max_accounts": 5, "look_ahead": 1, "latest": 40, "client_id": "auto"}
    with ReplicaProcess(crowd=PARAMETERS) as port:
        replica = Replica(port)
        job = write_job(tmp_path, replica, network=walked, store={"archive": True})
        ended = job.run("--quiet")
        queries = [parse_qs(urlsplit(target).query) for target, _ in replica.asked()]
    assert ended.code in (0, 1), ended.err
    [client_id] = {one for query in queries for one in query.get("client_id", ())}
    content = b"".join(gzip.decompress(path.read_bytes()) for path in (job.directory / "archive").glob("*.gz"))
    assert client_id.encode() not in content
    assert {b"redacted"} == set(re.findall(rb'"track_authorization":\s*"([^"]*)"', content))
    told = json.loads(job.run("--json", command="archive").out)
    assert told["answers"] == json.loads(job.run("--json", command="status").out)["pages"]["done"] > 0
