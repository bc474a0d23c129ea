"""What SoundCloud's answers hold of whoever asks is in no byte of an archive."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from support.crypto_jobs import Replica
from support.music_jobs import write_job
from support.music_walk import START

from asyncscrape.replica.scene import truth

ARTISTS = tuple(truth.artists()[place].username for place in (0, 1))


def test_client_ids_and_tokens_of_soundcloud_are_not_kept(tmp_path: Path, replica_process: Replica) -> None:
    replica_process.forget()
    replica_process.faults({"kind": "link-with-id", "host": "api*"})
    music = {"artists": ARTISTS, "max_tracks": 4, "soundcloud": "web", "images": False, "client_id": "auto"}
    job = write_job(tmp_path / "job", replica_process, START, music=music, store={"archive": True})
    ended = job.run("--quiet")
    assert 0 == ended.code, ended.err
    queries = [parse_qs(urlsplit(target).query) for target, _ in replica_process.asked()]
    [client_id] = {one for query in queries for one in query.get("client_id", ())}
    files = sorted((job.directory / "archive").glob("*.warc.gz"))
    content = b"".join(gzip.decompress(path.read_bytes()) for path in files)
    assert client_id.encode() not in content
    assert b"client_id=redacted" in content
    assert {b"redacted"} == set(re.findall(rb'"track_authorization":\s*"([^"]*)"', content))
    told = json.loads(job.run("--json", command="archive").out)
    assert told["answers"] == json.loads(job.run("--json", command="status").out)["pages"]["done"]
