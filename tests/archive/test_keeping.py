"""`[store] archive = true`: every answer that was parsed is kept, whatever happens to the run."""

from __future__ import annotations

import gzip
import json
import random
import sqlite3
from collections import Counter
from pathlib import Path
from typing import NamedTuple
from urllib.request import urlopen

import pytest
from support.command import lines, until
from support.forked_command import run, start
from support.graph_config import Site, finished, running_site, write_job
from warcio.archiveiterator import ArchiveIterator
from warcio.checker import Checker

from asyncscrape.storage.archive.record_files import number_of

PAGES = 120
ARCHIVE = ("--set", "store.archive=true")


class Whole(NamedTuple):
    """A site, and a job that has crawled it undisturbed."""

    site: Site
    folder: Path


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    folder = tmp_path_factory.mktemp("whole")
    with running_site(folder, pages=PAGES, blobs=4) as site:
        assert 0 == run("run", job(folder / "job", site), "--quiet", *ARCHIVE).code
        yield Whole(site, folder / "job")


def job(folder: Path, site: Site) -> Path:
    folder.mkdir()
    return write_job(folder, site.seeds, stores=("jsonl",), politeness={"concurrency": 16, "per_host": 16})


def warcs(folder: Path) -> list[Path]:
    return sorted((folder / "graph/archive").glob("*.warc.gz"))


def kept(folder: Path) -> Counter[tuple[str, str, str]]:
    """The type, the URL and the digest of each answer, as somebody else's library reads them."""
    found = Counter[tuple[str, str, str]]()
    for path in warcs(folder):
        with path.open("rb") as file:
            for record in ArchiveIterator(file, check_digests="raise"):
                if record.rec_type in ("response", "revisit"):
                    fields = record.rec_headers
                    record.content_stream().read()
                    named = (fields["WARC-Target-URI"], fields["WARC-Payload-Digest"])
                    found[record.rec_type, *named] += 1
    return found


def indexed(folder: Path) -> Counter[tuple[str, bytes]]:
    with sqlite3.connect(folder / "graph/archive/index.db") as index:
        return Counter(index.execute("SELECT url, digest FROM answer").fetchall())


def parsed(folder: Path) -> int:
    return json.loads(run("status", folder / "graph.toml", "--json").out)["pages"]["done"]


def test_each_page_is_kept_as_it_came(whole: Whole) -> None:
    found = kept(whole.folder)
    assert parsed(whole.folder) == sum(found.values()) == sum(indexed(whole.folder).values())
    assert 1 == max(found.values())
    with warcs(whole.folder)[0].open("rb") as file:
        for record in ArchiveIterator(file):
            if record.rec_type == "response" and "/p/" in record.rec_headers["WARC-Target-URI"]:
                with urlopen(record.rec_headers["WARC-Target-URI"]) as now:
                    assert now.read() == record.content_stream().read()


def test_a_checker_finds_nothing_wrong(whole: Whole) -> None:
    for path in warcs(whole.folder):
        assert not Checker(Said()).process_one(str(path))


class Said(NamedTuple):
    """What the checker wants to know."""

    verbose: bool = False
    inputs: tuple[str, ...] = ()


def test_ten_kills_change_nothing(whole: Whole, tmp_path: Path) -> None:
    config = job(tmp_path / "killed", whole.site)
    chance = random.Random(16)
    for _ in range(10):
        begun, most = lines(whole.site.log_file), chance.randrange(20)
        with start("run", config, "--quiet", *ARCHIVE) as process:
            assert until(lambda begun=begun, most=most: lines(whole.site.log_file) - begun > most, process)
            process.kill()
            process.communicate()
    assert 0 == run("run", config, "--quiet", *ARCHIVE).code
    assert indexed(whole.folder) == indexed(tmp_path / "killed")
    assert kept(whole.folder) == kept(tmp_path / "killed")
    assert finished(whole.folder, "jsonl") == finished(tmp_path / "killed", "jsonl")


def test_an_archive_that_begins_late_has_what_came_since(whole: Whole, tmp_path: Path) -> None:
    config = job(tmp_path / "late", whole.site)
    assert run("run", config, "--quiet", "--max-pages", "20").code
    before = parsed(tmp_path / "late")
    assert 0 == run("run", config, "--quiet", *ARCHIVE).code
    assert parsed(tmp_path / "late") - before == sum(kept(tmp_path / "late").values()) > 0


def test_a_second_generation_keeps_each_body_once(whole: Whole, tmp_path: Path) -> None:
    config = job(tmp_path / "again", whole.site)
    assert 0 == run("run", config, "--quiet", *ARCHIVE).code
    before = warcs(tmp_path / "again")[0].stat().st_size
    assert 0 == run("run", config, "--quiet", "--again", "--yes", *ARCHIVE).code
    found = kept(tmp_path / "again")
    count = Counter(sort for sort, _, _ in found)
    assert count["revisit"] > count["response"] / 2
    told = json.loads(run("archive", config, "--json").out)
    assert {"1": parsed(tmp_path / "again"), "2": parsed(tmp_path / "again")} == told["generations"]
    assert told["bodies"] == count["response"]
    assert before < told["stored_bytes"] < 1.8 * before


def test_the_command_finds_an_answer(whole: Whole) -> None:
    config, url = whole.folder / "graph.toml", whole.site.seeds[0]
    with urlopen(url) as now:
        assert now.read() == run("archive", config, "--url", url).out.encode()
    told = json.loads(run("archive", config, "--url", url, "--json").out)
    assert [200] == [one["status"] for one in told["answers"]]
    missing = run("archive", config, "--url", f"{url}?never")
    assert (2, True) == (missing.code, "no answer" in missing.err)


def test_nothing_kept_is_told(whole: Whole, tmp_path: Path) -> None:
    ended = run("archive", job(tmp_path / "none", whole.site))
    assert (2, True) == (ended.code, "archive = true" in ended.err), ended.err


def test_damage_costs_its_record_only(whole: Whole, tmp_path: Path) -> None:
    config = job(tmp_path / "damaged", whole.site)
    assert 0 == run("run", config, "--quiet", *ARCHIVE).code
    with sqlite3.connect(tmp_path / "damaged/graph/archive/index.db") as index:
        rows = index.execute("SELECT url, place, length FROM answer WHERE same_as IS NULL ORDER BY id").fetchall()
    url, place, length = rows[3]
    path = warcs(tmp_path / "damaged")[0]
    content = bytearray(path.read_bytes())
    content[place + 40 : place + length - 20] = bytes(length - 60)
    path.write_bytes(content)
    ended = run("archive", config, "--url", url)
    assert (True, True) == (ended.code != 0, "damaged" in ended.err), ended.err
    assert 0 == run("archive", config, "--url", rows[4][0]).code


def test_no_secret_is_kept(whole: Whole, tmp_path: Path) -> None:
    """The site shows the credential in each page: here, an address within the site takes its place."""
    config = job(tmp_path / "secret", whole.site)
    secret = f"127.0.0.1:{whole.site.port}/p/1.html"
    text = config.read_text().replace("[fetch]", f'[fetch]\nheaders = {{ Authorization = "Bearer {secret}" }}', 1)
    config.write_text(text)
    before = b"".join(gzip.decompress(path.read_bytes()) for path in warcs(whole.folder))
    assert 0 == run("run", config, "--quiet", *ARCHIVE).code
    content = b"".join(gzip.decompress(path.read_bytes()) for path in warcs(tmp_path / "secret"))
    assert before.count(secret.encode()) > content.count(secret.encode()) == 0


def test_pruning_keeps_the_bodies_that_others_need(whole: Whole, tmp_path: Path) -> None:
    config = job(tmp_path / "pruned", whole.site)
    assert 0 == run("run", config, "--quiet", *ARCHIVE).code
    assert 0 == run("run", config, "--quiet", "--again", "--yes", *ARCHIVE).code
    asked = run("archive", config, "--prune-generation", "1")
    assert (2, True) == (asked.code, "add --yes" in asked.err), asked.err
    assert {"job": "graph", "pruned": parsed(tmp_path / "pruned")} == json.loads(
        run("archive", config, "--prune-generation", "1", "--yes", "--json").out
    )
    assert indexed(whole.folder) == indexed(tmp_path / "pruned")
    assert kept(whole.folder) == kept(tmp_path / "pruned")
    url = whole.site.seeds[0]
    with urlopen(url) as now:
        assert now.read() == run("archive", config, "--url", url).out.encode()
    assert [2] == [number_of(path.name) for path in warcs(tmp_path / "pruned")]
    assert 0 == run("run", config, "--quiet", "--again", "--yes", *ARCHIVE).code
    assert 2 * parsed(tmp_path / "pruned") == sum(kept(tmp_path / "pruned").values())


@pytest.mark.torture
def test_a_lost_index_loses_no_file(whole: Whole, tmp_path: Path) -> None:
    config = job(tmp_path / "lost", whole.site)
    assert 0 == run("run", config, "--quiet", *ARCHIVE).code
    before = kept(tmp_path / "lost")
    for path in (tmp_path / "lost/graph/archive").glob("index.db*"):
        path.unlink()
    assert 0 == run("run", config, "--quiet", "--again", "--yes", *ARCHIVE).code
    for more in (2, 3):
        assert more * sum(before.values()) == sum(kept(tmp_path / "lost").values())
        assert 0 == run("run", config, "--quiet", "--again", "--yes", *ARCHIVE).code
    assert 0 == run("archive", config, "--prune-generation", "2", "--yes").code
    assert before.keys() <= kept(tmp_path / "lost").keys()
    assert 0 == run("run", config, "--quiet", "--again", "--yes", *ARCHIVE).code
    assert before.keys() <= kept(tmp_path / "lost").keys()


def test_try_takes_the_kept_answer(whole: Whole) -> None:
    config, url = whole.folder / "graph.toml", whole.site.seeds[0]
    before = lines(whole.site.log_file)
    kept_one, asked = run("try", config, url), run("try", config, url, "--refetch")
    assert "from the archive; --refetch" in kept_one.err
    assert (0, 1) == (kept_one.code, lines(whole.site.log_file) - before)
    assert kept_one.out == asked.out


def test_a_fresh_start_goes_on_behind_what_is_kept(whole: Whole, tmp_path: Path) -> None:
    config = job(tmp_path / "fresh", whole.site)
    assert 0 == run("run", config, "--quiet", *ARCHIVE).code
    assert 0 == run("run", config, "--quiet", "--fresh", "--yes", *ARCHIVE).code
    assert 2 * parsed(tmp_path / "fresh") == sum(kept(tmp_path / "fresh").values())
