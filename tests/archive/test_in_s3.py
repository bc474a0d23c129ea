"""`archive = true` with blobs in S3: the answers are kept there too."""

from __future__ import annotations

import asyncio
import json
import os
import random
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple
from urllib.request import urlopen

import msgspec
import pytest
from support import archiving
from support.command import run, until
from support.forked import Forked
from support.forked_command import run as run_forked
from support.forked_command import start
from support.graph_config import Site, expected_blobs, finished, running_site, write_job
from support.s3_server import Bucket, Fault, FaultProxy, Server
from warcio.archiveiterator import ArchiveIterator

from asyncscrape.archive.base import Pruning
from asyncscrape.config import stores
from asyncscrape.destinations import ArchiveDestination
from asyncscrape.errors import FetchError, StoreError, UsageError
from asyncscrape.storage.archive.answer_index import naming_in
from asyncscrape.storage.archive.object_files import ObjectFiles
from asyncscrape.storage.archive.record_files import name_of
from asyncscrape.storage.archive.store import ArchiveStore
from asyncscrape.storage.build import open_archive, prune_archive
from asyncscrape.storage.s3.blobs import S3Blobs
from asyncscrape.storage.s3.whole_objects import S3Objects

PAGES = 40
Found = Counter[tuple[str, str, str]]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_site(tmp_path_factory.mktemp("site"), pages=PAGES, blobs=4, latency=0.01) as site:
        yield site


def job(folder: Path, site: Site, bucket: Bucket, server: Server | None = None, **store: Any) -> Path:
    """A job that keeps all below `folder.name` in the bucket."""
    folder.mkdir()
    server = server or bucket.server
    access = {"endpoint": server.endpoint, "access_key": server.access_key, "secret_key": server.secret_key}
    places = {"blobs": f"s3://{bucket.name}/{folder.name}", "s3": access, "archive": True}
    return write_job(folder, site.seeds, store={**places, **store})


def read(content: bytes) -> Found:
    """The type, the URL and the digest of each answer, as somebody else's library reads them."""
    found = Found()
    for record in ArchiveIterator(BytesIO(content), check_digests="raise"):
        if record.rec_type in ("response", "revisit"):
            fields = record.rec_headers
            record.content_stream().read()
            found[record.rec_type, fields["WARC-Target-URI"], fields["WARC-Payload-Digest"]] += 1
    return found


def kept(bucket: Bucket, prefix: str) -> Found:
    return sum(map(read, bucket.contents(f"{prefix}/archive/").values()), Found())


class Indexed(NamedTuple):
    """What an index names."""

    answers: list[tuple[str, bytes]]
    files: set[str]


def indexed(directory: Path) -> Indexed:
    with sqlite3.connect(directory / "archive/index.db") as index:
        answers = index.execute("SELECT url, digest FROM answer ORDER BY 1").fetchall()
        numbers = index.execute("SELECT DISTINCT segment FROM answer").fetchall()
    return Indexed(answers, {own(directory, number) for (number,) in numbers})


def own(directory: Path, number: int) -> str:
    """The name of a file of the archive."""
    with sqlite3.connect(directory / "archive/index.db") as index:
        return name_of(directory.name, number, naming_in(index))


def names(bucket: Bucket, prefix: str) -> set[str]:
    return set(bucket.contents(f"{prefix}/archive/"))


def nothing_but_the_index(folder: Path) -> bool:
    return {"index.db"} == {path.name.partition("-")[0] for path in folder.iterdir()}


def test_a_job_with_its_blobs_in_s3_keeps_its_answers_there_too(tmp_path: Path, site: Site, s3: Bucket) -> None:
    config = job(tmp_path / "job", site, s3)
    assert 0 == run("run", config, "--quiet").code
    done = json.loads(run_forked("status", config, "--json").out)["pages"]["done"]
    assert done == sum(kept(s3, "job").values()) == len(indexed(tmp_path / "job/graph").answers)
    assert len(expected_blobs(site.graph)) == len(s3.keys("job/pics/"))
    assert nothing_but_the_index(tmp_path / "job/graph/archive")

    told = run("archive", config)
    assert f"s3://{s3.name}/job/archive/" in told.out.replace("\n", ""), told.out
    sizes = map(len, s3.contents("job/archive/").values())
    assert sum(sizes) == json.loads(run_forked("archive", config, "--json").out)["stored_bytes"]
    with urlopen(site.seeds[0]) as now:
        assert now.read() == run_forked("archive", config, "--url", site.seeds[0]).out.encode()
    assert "from the archive" in run_forked("try", config, site.seeds[0]).err

    first = kept(s3, "job")
    assert 0 == run_forked("run", config, "--quiet", "--again", "--yes").code
    before = names(s3, "job")
    assert 0 == run_forked("archive", config, "--prune-generation", "1", "--yes").code
    assert first == kept(s3, "job")
    assert names(s3, "job") == indexed(tmp_path / "job/graph").files
    assert not before & names(s3, "job")
    with urlopen(site.seeds[0]) as now:
        assert now.read() == run_forked("archive", config, "--url", site.seeds[0]).out.encode()
    assert nothing_but_the_index(tmp_path / "job/graph/archive")


@pytest.mark.torture
def test_a_run_killed_at_any_moment_keeps_the_same(tmp_path: Path, site: Site, s3: Bucket) -> None:
    whole, killed = (job(tmp_path / name, site, s3) for name in ("whole", "killed"))
    begun = time.monotonic()
    assert 0 == run_forked("run", whole, "--quiet").code
    takes = time.monotonic() - begun
    chance = random.Random(4)
    for _ in range(4):
        with start("run", killed, "--quiet") as process:
            time.sleep(chance.uniform(0, takes))
            process.kill()
            process.communicate()
    assert 0 == run_forked("run", killed, "--quiet").code
    assert kept(s3, "whole").keys() == kept(s3, "killed").keys()
    assert 1 == max(kept(s3, "killed").values())
    assert indexed(tmp_path / "whole/graph").answers == indexed(tmp_path / "killed/graph").answers
    assert indexed(tmp_path / "killed/graph").files == names(s3, "killed")


def archive(folder: Path, bucket: Bucket, server: Server | None = None, place: str = "kept") -> Any:
    return archiving.archive(folder, f"s3://{bucket.name}/{place}", (server or bucket.server).options())


def places(folder: Path, bucket: Bucket, place: str = "kept") -> ArchiveDestination:
    """What leads to an archive."""
    store = stores.blob_store(f"s3://{bucket.name}/{place}")
    return ArchiveDestination(folder / archiving.JOB, archiving.JOB, store, bucket.server.options())


def check_whole(folder: Path, bucket: Bucket, place: str = "kept") -> None:
    """All is kept, each answer once and each body once, and nothing else."""
    count = archiving.BATCHES * archiving.IN_A_BATCH
    wanted = sorted(archiving.answer(n).url for n in range(archiving.IN_A_BATCH, count + archiving.IN_A_BATCH))
    found = kept(bucket, place)
    assert wanted == sorted(url for _, url, _ in found.elements())
    bodies = [digest for sort, _, digest in found if sort == "response"]
    assert len(bodies) == len(set(bodies)) < count
    assert wanted == sorted(url for url, _ in indexed(folder / archiving.JOB).answers)
    assert indexed(folder / archiving.JOB).files == names(bucket, place)


def test_a_write_killed_at_any_moment_leaves_no_object_that_the_index_does_not_name(
    tmp_path: Path, s3: Bucket
) -> None:
    chance = random.Random(8)
    with FaultProxy(s3.server) as proxy:
        proxy.delay = 0.005
        command = [archiving.__file__, str(tmp_path), s3.name, proxy.server.endpoint]
        for _ in range(10):
            with Forked(command, os.environ) as process:
                calls = len(proxy.headers) + chance.randrange(3, 18)
                until(lambda calls=calls: len(proxy.headers) >= calls, process)
                time.sleep(chance.uniform(0, 0.02))
                process.kill()
        with Forked(command, os.environ) as process:
            _, err = process.communicate()
        assert (0, "") == (process.returncode, err)
    check_whole(tmp_path, s3)


def test_a_number_whose_call_failed_is_not_used_again(tmp_path: Path, s3: Bucket) -> None:
    """S3 may carry out what was given up, after what came later."""

    async def failing(proxy: FaultProxy) -> None:
        store = archive(tmp_path, s3, proxy.server)
        await store.open(0)
        await store.write([archiving.batch(1)])
        proxy.misbehave("denied", methods=("PUT",))
        with pytest.raises(StoreError) as caught:
            await store.write([archiving.batch(2)])
        assert caught.value.passing
        proxy.behave()
        s3.put(f"kept/archive/{own(tmp_path / 'items', 2)}", b"of the failed call")
        assert 1 == await store.open(0)
        await store.write([archiving.batch(2)])
        await store.close()

    with FaultProxy(s3.server) as proxy:
        asyncio.run(failing(proxy))
    assert {own(tmp_path / "items", number) for number in (1, 3)} == names(s3, "kept")
    asyncio.run(archiving.keep_all(archive(tmp_path, s3)))
    check_whole(tmp_path, s3)


def test_a_large_write_makes_several_objects(tmp_path: Path, s3: Bucket) -> None:
    objects = S3Objects(s3.name, "kept/archive", s3.server.options(), "application/warc")
    folder = tmp_path / "items/archive"
    asyncio.run(archiving.keep_all(ArchiveStore(folder, ObjectFiles(folder, "items", objects, large=1), "one")))
    assert archiving.BATCHES * archiving.IN_A_BATCH == len(names(s3, "kept"))
    check_whole(tmp_path, s3)


def test_an_object_of_a_write_that_was_never_noted_goes(tmp_path: Path, s3: Bucket) -> None:
    s3.put("kept/archive/items-00001.warc.gz", b"somebody's")
    for other in ("other-items-00070.warc.gz", "items-7/items-00070.warc.gz", "items-70.warc.gz"):
        s3.put(f"kept/archive/{other}", b"another's")

    async def interrupted() -> None:
        store = archive(tmp_path, s3)
        await store.open(0)
        await store.close()
        for number in (2, 3, 60):
            s3.put(f"kept/archive/{own(tmp_path / 'items', number)}", b"of something killed")
        await archiving.keep_all(archive(tmp_path, s3))

    asyncio.run(interrupted())
    assert b"somebody's" == s3.contents("kept/archive/").pop("items-00001.warc.gz"), "the index has not begun it"
    alien = {key for key, content in s3.contents().items() if content in (b"somebody's", b"another's")}
    assert 4 == len(alien)
    for key in alien:
        s3.client.delete_object(Bucket=s3.name, Key=key)
    check_whole(tmp_path, s3)


@pytest.mark.torture
def test_a_lost_index_loses_no_object(tmp_path: Path, s3: Bucket) -> None:
    asyncio.run(archiving.keep_all(archive(tmp_path, s3)))
    before = s3.contents("kept/archive/")
    for path in (tmp_path / "items/archive").glob("index.db*"):
        path.unlink()
    asyncio.run(archiving.keep_all(archive(tmp_path, s3)))
    assert before.items() <= s3.contents("kept/archive/").items()
    assert 2 * sum(map(len, [before])) == len(s3.contents("kept/archive/"))
    assert archiving.BATCHES * archiving.IN_A_BATCH == prune_archive(places(tmp_path, s3), Pruning(generation=1))
    assert before == s3.contents("kept/archive/")


@pytest.fixture
def without_blobs(tmp_path: Path) -> Iterator[Site]:
    """A site from which nothing but answers is put into S3."""
    with running_site(tmp_path, pages=PAGES, blobs=0, latency=0.01) as site:
        yield site


def refused(proxy: FaultProxy, least: int = 1) -> bool:
    """Whether S3 has refused so many objects."""
    return len([path for method, path, status in proxy.log if method == "PUT" and status != 200]) >= least


@pytest.mark.parametrize("fault", ["reset", "denied", "lost answer"])
def test_a_server_that_is_away_for_a_while_costs_nothing(
    tmp_path: Path, without_blobs: Site, s3: Bucket, fault: Fault
) -> None:
    with FaultProxy(s3.server) as proxy:
        config = job(tmp_path / "job", without_blobs, s3, proxy.server)
        proxy.misbehave(fault, methods=("PUT",))
        with start("run", config, "--quiet") as process:
            assert until(lambda: refused(proxy, 2), process)
            proxy.behave()
            _, err = process.communicate()
    assert 0 == process.returncode, err
    done = json.loads(run_forked("status", config, "--json").out)["pages"]["done"]
    assert done == sum(kept(s3, "job").values()) == len(indexed(tmp_path / "job/graph").answers)
    assert indexed(tmp_path / "job/graph").files == names(s3, "job")


def test_a_signal_ends_a_run_that_waits_for_s3(tmp_path: Path, without_blobs: Site, s3: Bucket) -> None:
    with FaultProxy(s3.server) as proxy:
        config = job(tmp_path / "job", without_blobs, s3, proxy.server)
        config.write_text(config.read_text().replace("[fetch]", '[fetch]\ndrain_timeout = "1s"', 1))
        proxy.misbehave("reset", methods=("PUT",))
        with start("run", config, "--quiet") as process:
            assert until(lambda: refused(proxy), process)
            asked = time.monotonic()
            process.terminate()
            process.communicate()
        assert 11 == process.returncode
        assert time.monotonic() - asked < 8, "it would try for half a minute"
        proxy.behave()
        assert 0 == run_forked("run", config, "--quiet").code
    assert indexed(tmp_path / "job/graph").files == names(s3, "job")
    assert PAGES <= len(indexed(tmp_path / "job/graph").answers) == sum(kept(s3, "job").values())


@pytest.mark.torture
def test_an_extraction_ends_if_s3_stays_away_and_goes_on_later(
    tmp_path: Path, without_blobs: Site, s3: Bucket
) -> None:
    with FaultProxy(s3.server) as proxy:
        config = job(tmp_path / "job", without_blobs, s3, proxy.server)
        assert 0 == run_forked("run", config, "--quiet").code
        proxy.misbehave("reset", methods=("GET",))
        begun = time.monotonic()
        ended = run_forked("extract", config, "--quiet")
        assert (4, True) == (ended.code, "S3" in ended.err), ended.err
        assert time.monotonic() - begun < 60, "each look-up has tries of its own"
        proxy.behave()
        assert 0 == run_forked("extract", config, "--quiet").code
    assert finished(config.parent).tables["page"]


def test_what_the_user_must_correct_is_told_as_for_blobs(tmp_path: Path, s3: Bucket) -> None:
    with FaultProxy(s3.server) as proxy:
        proxy.misbehave("denied")
        with pytest.raises(UsageError, match=f"S3 denies access to bucket {s3.name}: .* read and list"):
            asyncio.run(archive(tmp_path, s3, proxy.server).open(0))
        proxy.misbehave("denied", methods=("GET",))
        with pytest.raises(UsageError, match="denies access"):
            asyncio.run(archive(tmp_path, s3, proxy.server).open(0))
    missing = archiving.archive(tmp_path, f"s3://{s3.name}-not/kept", s3.server.options())
    with pytest.raises(UsageError, match="does not exist; create it, or correct its name"):
        asyncio.run(missing.open(0))


def test_a_job_that_moves_to_s3_has_both(tmp_path: Path, site: Site, s3: Bucket) -> None:
    config = job(tmp_path / "job", site, s3, blobs="files")
    assert 0 == run_forked("run", config, "--quiet").code
    config.write_text(config.read_text().replace('blobs = "files"', f'blobs = "s3://{s3.name}/job"'))
    assert 0 == run_forked("run", config, "--quiet", "--again", "--yes").code
    answers = json.loads(run_forked("archive", config, "--json").out)
    assert answers["generations"]["1"] == answers["generations"]["2"] == sum(kept(s3, "job").values())
    assert {own(tmp_path / "job/graph", 2)} == names(s3, "job")
    with urlopen(site.seeds[0]) as now:
        assert now.read() == run_forked("archive", config, "--url", site.seeds[0]).out.encode()
    assert 0 == run_forked("archive", config, "--prune-generation", "1", "--yes").code
    assert nothing_but_the_index(tmp_path / "job/graph/archive")
    assert answers["generations"]["2"] == sum(kept(s3, "job").values())


@pytest.mark.torture
def test_a_job_that_moves_away_must_take_its_files_along(tmp_path: Path, s3: Bucket) -> None:
    asyncio.run(archiving.keep_all(archive(tmp_path, s3)))
    words = "does not exist: the files of the archive are where `blobs`"
    for place in (f"s3://{s3.name}/other", "files"):
        store = archiving.archive(tmp_path, place, s3.server.options())
        with pytest.raises(UsageError, match=words):
            asyncio.run(store.open(0))
        asyncio.run(store.close())
    for name, content in s3.contents("kept/").items():
        s3.put(f"other/{name}", content)
    asyncio.run(archiving.keep_all(archive(tmp_path, s3, place="other")))
    check_whole(tmp_path, s3, "other")


@pytest.mark.torture
def test_two_jobs_of_one_name_at_one_place_leave_each_other_alone(tmp_path: Path, s3: Bucket) -> None:
    """Although neither knows of the other, and each removes what a killed write has left behind."""

    async def some(folder: str, last: int) -> None:
        store = archive(tmp_path / folder, s3)
        for seq in range(1 + await store.open(0), last + 1):
            await store.write([archiving.batch(seq)])
        await store.close()

    async def in_turns() -> None:
        await some("a", 2)
        await some("b", 5)
        there = s3.contents("kept/archive/")
        await some("a", 2)
        await some("a", 4)
        assert there.items() <= s3.contents("kept/archive/").items()
        await archiving.keep_all(archive(tmp_path / "a", s3))
        await archiving.keep_all(archive(tmp_path / "b", s3))

    asyncio.run(in_turns())
    files = [indexed(tmp_path / folder / "items").files for folder in "ab"]
    assert (set(), names(s3, "kept")) == (files[0] & files[1], files[0] | files[1])
    assert prune_archive(places(tmp_path / "a", s3), Pruning(generation=1))
    assert files[1] == names(s3, "kept")


def test_an_archive_of_an_earlier_version_goes_on(tmp_path: Path, s3: Bucket) -> None:
    """Its objects have names without a mark."""
    asyncio.run(first_batches(tmp_path, s3))
    with sqlite3.connect(tmp_path / "items/archive/index.db") as index:
        marked = [name_of("items", number, naming_in(index)) for number in (1, 2)]
        index.execute("DELETE FROM progress WHERE name LIKE 'mark%'")
    for name, number in zip(marked, (1, 2), strict=True):
        s3.put(f"kept/archive/{name_of('items', number)}", s3.contents("kept/archive/")[name])
        s3.client.delete_object(Bucket=s3.name, Key=f"kept/archive/{name}")
    asyncio.run(archiving.keep_all(archive(tmp_path, s3)))
    assert {"items-00001.warc.gz", "items-00002.warc.gz"} < names(s3, "kept")
    check_whole(tmp_path, s3)


async def first_batches(folder: Path, bucket: Bucket) -> None:
    store = archive(folder, bucket)
    await store.open(0)
    for seq in (1, 2):
        await store.write([archiving.batch(seq)])
    await store.close()


def test_pruning_while_s3_is_away_deletes_nothing(tmp_path: Path, s3: Bucket) -> None:
    asyncio.run(archiving.keep_all(archive(tmp_path, s3)))
    with FaultProxy(s3.server) as proxy:
        place = msgspec.structs.replace(places(tmp_path, s3), s3=proxy.server.options())
        proxy.misbehave("denied", share=0.25, methods=("GET",))
        with pytest.raises(StoreError, match="denies access"):
            prune_archive(place, Pruning(before="2026-11-01T00:01"))
    check_whole(tmp_path, s3)
    assert prune_archive(places(tmp_path, s3), Pruning(before="2026-11-01T00:01"))
    assert indexed(tmp_path / "items").files == names(s3, "kept")


@pytest.mark.torture
def test_objects_that_a_pruning_could_not_remove_go_later(tmp_path: Path, s3: Bucket) -> None:
    asyncio.run(archiving.keep_all(archive(tmp_path, s3)))
    before = names(s3, "kept")
    with FaultProxy(s3.server) as proxy:
        place = msgspec.structs.replace(places(tmp_path, s3), s3=proxy.server.options())
        proxy.misbehave("denied", methods=("DELETE",))
        with pytest.raises(StoreError, match="denies access"):
            prune_archive(place, Pruning(before="2026-11-01T00:01"))
    assert before < names(s3, "kept")
    asyncio.run(archiving.keep_all(archive(tmp_path, s3)))
    assert indexed(tmp_path / "items").files == names(s3, "kept")
    assert not before & names(s3, "kept")


def test_a_missing_object_costs_its_answers_only(tmp_path: Path, s3: Bucket) -> None:
    asyncio.run(archiving.keep_all(archive(tmp_path, s3)))
    s3.client.delete_object(Bucket=s3.name, Key=f"kept/archive/{own(tmp_path / 'items', 2)}")
    with open_archive(places(tmp_path, s3)) as found:
        assert found is not None
        gone, there = (archiving.answer(batch * archiving.IN_A_BATCH + 1) for batch in (2, 1))
        with pytest.raises(
            StoreError, match=r"items-m\w{8}-00002.warc.gz in bucket .*: it is no longer in the store"
        ):
            found.response(found.of(gone.url)[0])
        assert there.body == found.response(found.of(there.url)[0]).body


WITHOUT_THE_FIRST = """
from asyncscrape.__main__ import main
from asyncscrape.storage.archive.downloaded_files import Downloads

path, seen = Downloads.path, set()

def gone_at_first(self, name):
    file = path(self, name)
    if name not in seen:
        seen.add(name)
        file.unlink()
    return file

Downloads.path = gone_at_first
main()
"""
"""The command line, where each file has made room for others before anybody has read it."""


@pytest.mark.torture
def test_a_file_that_has_made_room_before_it_was_read_is_brought_again(
    tmp_path: Path, without_blobs: Site, s3: Bucket
) -> None:
    config = job(tmp_path / "job", without_blobs, s3)
    assert 10 == run_forked("run", config, "--quiet", "--max-pages", "1").code
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_THE_FIRST, "extract", config, "--yes", "--json", "--quiet"],
        capture_output=True,
        text=True,
        check=False,
    )
    told = run_forked("status", config, "--json").summary
    assert (1, 2) == (told["pages"]["done"], told["generation"]), (done.returncode, done.stdout, done.stderr)


async def test_no_blob_takes_the_place_of_kept_answers(s3: Bucket) -> None:
    blobs = S3Blobs(s3.name, "kept", s3.server.options())
    with pytest.raises(FetchError, match="place of kept answers"):
        await blobs.open("archive/graph-00001.warc.gz", "http://site.example/")
    await blobs.close()
