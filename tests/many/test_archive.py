"""`archive = true` with several workers: whoever is killed, all machines find what one undisturbed worker keeps."""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from support.command import lines, until
from support.forked_command import run, start
from support.graph_config import running_site, write_job
from support.herd import Herd, codes, herd
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


@pytest.mark.torture
def test_kills_at_any_moment_change_nothing(tmp_path: Path, postgres: Database, s3: Bucket) -> None:
    """Of workers while they crawl and while they put what they have, and of an extraction; one worker goes on."""
    chance = random.Random(29)
    names = ("w1", "w2", "w3")
    with running_site(tmp_path, pages=12, blobs=0, hosts=6, latency=0.02) as site, FaultProxy(s3.server) as proxy:
        proxy.delay = 0.02
        store = archive_in(s3, proxy.server, "many")
        config = write_team_job(tmp_path, site, postgres, politeness=PACE, store=store)
        with herd(config, *names) as workers:
            for seen in (20, 50):
                workers.until(lambda seen=seen: lines(site.log_file) > seen)  # type: ignore[misc]
                kill_and_restart(workers, chance.sample(names, 2))
            for calls in (0, 1, 2):
                until(lambda calls=calls: calls_for_answers(proxy) > calls or len(workers.gone) == 3)  # type: ignore[misc]
                time.sleep(chance.uniform(0, 0.1))
                kill_and_restart(workers, chance.sample([*workers.workers], 1))
            assert dict.fromkeys(names, 0) == codes(workers.ended())
        done = run("status", config, "--json").summary["pages"]["done"]
        answers = kept(s3, "many")
        assert dict.fromkeys(answers, 1) == answers
        assert done == len(answers) == told(config, tmp_path / "elsewhere")["answers"]
        asked = lines(site.log_file)
        config.write_text(config.read_text().replace(OLD_RULE, NEW_RULE, 1))
        for _ in range(4):
            with start("extract", config, "--quiet", *on(tmp_path / "elsewhere")) as process:
                time.sleep(chance.uniform(0.5, 2.5))
                process.kill()
                process.communicate()
        assert 0 == run("extract", config, "--quiet", *on(tmp_path / "another")).code
        assert asked == lines(site.log_file)
        assert all(row["name"] == str(row["number"]) for row in rows_of(postgres, "page"))
        assert 0 == run("run", config, "--again", "--yes", "--quiet", *on(tmp_path / "third")).code
        assert dict.fromkeys(answers, 2) == kept(s3, "many")


def calls_for_answers(proxy: FaultProxy) -> int:
    """How often an object with answers was put."""
    return sum(method == "PUT" and ".warc.gz" in path for method, path, _ in proxy.log)


def kill_and_restart(workers: Herd, names: Sequence[str]) -> None:
    """Kill some, and start them again; others may have ended, for all is done."""
    workers.kill(names)
    for name in names:
        workers.restart(name)
