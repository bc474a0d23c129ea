"""`archive = true` with several workers: whoever is killed, all machines find what one undisturbed worker keeps."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from support.command import lines
from support.forked_command import run
from support.graph_config import running_site, write_job
from support.herd import codes, herd
from support.postgres_server import Database
from support.s3_server import Bucket, FaultProxy, Server
from support.team_jobs import WITHOUT_FILES, found, rows_of, wanted, write_team_job
from warcio.archiveiterator import ArchiveIterator

PACE = {"delay": "30ms", "per_host": 2}
OLD_RULE, NEW_RULE = 'name   = "h1"\n', 'name   = "p.number"\n'


def archive_in(bucket: Bucket, server: Server, prefix: str) -> Mapping[str, Any]:
    """The keys of [store] that keep answers below a prefix of a bucket."""
    access = {"endpoint": server.endpoint, "access_key": server.access_key, "secret_key": server.secret_key}
    return {"blobs": f"s3://{bucket.name}/{prefix}", "s3": access, "archive": True}


def objects(bucket: Bucket, prefix: str) -> list[str]:
    return [name for name in bucket.keys(f"{prefix}/archive/") if name.endswith(".warc.gz")]


def kept(bucket: Bucket, prefix: str) -> Counter[tuple[str, str]]:
    """The URL and the digest of each answer, as somebody else's library reads them."""
    found = Counter[tuple[str, str]]()
    for name in objects(bucket, prefix):
        for record in ArchiveIterator(BytesIO(bucket.get(name)["Body"].read()), check_digests="raise"):
            record.content_stream().read()
            if record.rec_type in ("response", "revisit"):
                fields = record.rec_headers
                found[fields["WARC-Target-URI"], fields["WARC-Payload-Digest"]] += 1
    return found


def on(machine: Path) -> tuple[str, str]:
    """The flag with which a command runs on a machine of its own."""
    return "--set", f"data={json.dumps(str(machine))}"


def told(config: Path, machine: Path) -> dict[str, Any]:
    return run("archive", config, "--json", *on(machine)).summary


def test_workers_that_die_leave_the_archive_of_one_and_all_commands_go_on_with_it(
    tmp_path: Path, postgres: Database, s3: Bucket
) -> None:
    for folder in ("whole", "many"):
        (tmp_path / folder).mkdir()
    with running_site(tmp_path, pages=20, blobs=0, hosts=6, latency=0.03) as site, FaultProxy(s3.server) as proxy:
        store = archive_in(s3, s3.server, "whole")
        whole = write_job(tmp_path / "whole", site.seeds, store=store, rules=WITHOUT_FILES)
        assert 0 == run("run", whole, "--quiet").code
        answers = kept(s3, "whole")

        many = archive_in(s3, proxy.server, "many")
        config = write_team_job(tmp_path / "many", site, postgres, politeness=PACE, store=many)
        assert 0 == run("check", config, "--workers", "3").code
        before = lines(site.log_file)
        with herd(config, expected=3) as workers:
            for name in ("w1", "w2", "w3"):
                workers.start(name, *on(tmp_path / name))
            workers.until(lambda: lines(site.log_file) > before + 40)
            proxy.misbehave("lost answer", methods=("PUT",))
            workers.until(lambda: len(objects(s3, "many")) == 3)
            workers.kill(["w1", "w2"])
            proxy.behave()
            assert {"w3": 0} == codes(workers.ended())
        assert answers == kept(s3, "many")
        assert len(objects(s3, "many")) == 3, "what the dead had put stays"
        assert wanted(site) == found(postgres)
        elsewhere = tmp_path / "elsewhere"
        assert sum(answers.values()) == told(config, elsewhere)["answers"] == told(config, tmp_path / "w1")["answers"]

        asked = lines(site.log_file)
        config.write_text(config.read_text().replace(OLD_RULE, NEW_RULE, 1))
        extracted = run("extract", config, "--quiet", *on(elsewhere))
        assert (0, asked) == (extracted.code, lines(site.log_file)), extracted.err
        assert all(row["name"] == str(row["number"]) for row in rows_of(postgres, "page"))
        assert wanted(site)["row"] == found(postgres, ("row",))["row"]

        assert 0 == run("run", config, "--again", "--yes", "--workers", "2", "--quiet").code
        assert Counter(dict.fromkeys(answers, 2)) == kept(s3, "many")
        third = tmp_path / "third"
        size = sum(answers.values())
        assert {"1": size, "3": size} == told(config, third)["generations"]
        assert told(config, third)["bodies"] == len({digest for _, digest in answers})
        assert 0 == run("archive", config, "--prune-generation", "1", "--yes", *on(third)).code
        assert answers == kept(s3, "many")
        with urlopen(site.seeds[0]) as now:
            assert now.read() == run("archive", config, "--url", site.seeds[0], *on(elsewhere)).out.encode()
        assert 0 == run("run", config, "--quiet", *on(third)).code, "one worker goes on after many"
        assert answers == kept(s3, "many")
