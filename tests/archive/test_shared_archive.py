"""An archive that several workers add to says everywhere the same, whatever came twice, late, or from whom."""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import msgspec
import pytest
from support import archiving
from support.archiving import BATCHES, IN_A_BATCH, JOB, batch
from support.s3_server import Bucket
from support.warc_files import written_by_warcio
from warcio.archiveiterator import ArchiveIterator

from asyncscrape.archive.base import Archive, Imported, ImportOptions, Pruning
from asyncscrape.archive.redaction import Redaction
from asyncscrape.config import stores
from asyncscrape.destinations import ArchiveDestination
from asyncscrape.errors import StoreError, UsageError
from asyncscrape.model import Batch, Generation
from asyncscrape.storage.base import RecordStore
from asyncscrape.storage.build import build_archive, import_answers, open_archive, prune_archive

SECOND = Generation(2, beside=True, begin=BATCHES)


def place(folder: Path, bucket: Bucket) -> ArchiveDestination:
    """The archive as the machine with this folder sees it."""
    blobs = stores.blob_store(f"s3://{bucket.name}/kept")
    return ArchiveDestination(folder / JOB, JOB, blobs, bucket.server.options(), in_database=True)


def kept(
    folder: Path,
    bucket: Bucket,
    *writes: Sequence[Batch],
    generation: Generation | None = None,
    job: str = "one",
    rereading: bool = False,
    ends: bool = False,
) -> None:
    """Let a worker on a machine write some batches, each of these in one go, and perhaps end the crawl."""

    async def keep(store: RecordStore) -> None:
        await store.open(0, generation or Generation(1))
        for batches in writes:
            await store.write(batches)
        if ends:
            await store.finish()
        await store.close()

    asyncio.run(keep(build_archive(place(folder, bucket), job, rereading=rereading)))


def batches(*seqs: int) -> list[Batch]:
    return [*map(batch, seqs)]


@contextmanager
def opened(folder: Path, bucket: Bucket) -> Iterator[Archive]:
    with open_archive(place(folder, bucket)) as archive:
        assert archive is not None
        yield archive


def urls(*seqs: int) -> list[str]:
    """What the batches at these places hold."""
    return [archiving.answer(n).url for seq in seqs for n in range(seq * IN_A_BATCH, (seq + 1) * IN_A_BATCH)]


def in_files(bucket: Bucket) -> Counter[tuple[str, str]]:
    """The answers in the objects, as somebody else's library reads them."""
    found = Counter[tuple[str, str]]()
    for name, content in bucket.contents("kept/archive/").items():
        if name.endswith(".warc.gz"):
            for record in ArchiveIterator(BytesIO(content), check_digests="raise"):
                record.content_stream().read()
                if record.rec_type == "warcinfo":
                    assert name == record.rec_headers["WARC-Filename"]
                elif record.rec_type != "metadata":
                    found[record.rec_type, record.rec_headers["WARC-Target-URI"]] += 1
    return found


def check_whole(folder: Path, bucket: Bucket, *seqs: int) -> None:
    """A machine finds each answer of these batches once, with its body."""
    with opened(folder, bucket) as archive:
        answers = [*archive.answers()]
        assert sorted(urls(*seqs)) == sorted(one.url for one in answers)
        for one in answers:
            number = int(one.url.rpartition("/")[2])
            told = archive.response(one)
            assert (archiving.answer(number).body, "text/html") == (told.body, told.headers["Content-Type"])


def test_what_workers_of_two_machines_keep_is_found_on_a_third(tmp_path: Path, s3: Bucket) -> None:
    kept(tmp_path / "a", s3, batches(1, 2), batches(3))
    kept(tmp_path / "b", s3, batches(4, 5, 6))
    check_whole(tmp_path / "c", s3, *range(1, 7))
    kept(tmp_path / "a", s3, batches(7))
    for machine in "ac":
        check_whole(tmp_path / machine, s3, *range(1, 8))
    assert sorted(urls(*range(1, 8))) == sorted(url for _, url in in_files(s3).elements())
    with opened(tmp_path / "c", s3) as archive:
        totals = archive.totals()
        different = {archiving.answer(n).body for n in range(IN_A_BATCH, 8 * IN_A_BATCH)}
        assert (7 * IN_A_BATCH, len(different)) == (totals.answers, totals.bodies)
        assert sum(len(c) for n, c in s3.contents("kept/archive/").items() if "warc" in n) == archive.bytes_in_all()


def test_a_body_that_was_kept_anywhere_before_is_not_kept_again(tmp_path: Path, s3: Bucket) -> None:
    kept(tmp_path / "a", s3, batches(1, 2, 3))
    kept(tmp_path / "b", s3, batches(1, 2, 3), generation=SECOND)
    assert 3 * IN_A_BATCH == sum(count for (sort, _), count in in_files(s3).items() if sort == "revisit")
    check_whole(tmp_path / "c", s3, *range(1, 4), *range(1, 4))


def test_what_a_dead_worker_had_put_counts_once_and_is_taken_out(tmp_path: Path, s3: Bucket) -> None:
    """Another worker reads its stream, and makes other groups of what it finds there."""
    kept(tmp_path / "a", s3, batches(1, 2, 3, 4))
    with opened(tmp_path / "early", s3):
        pass
    kept(tmp_path / "b", s3, batches(9, 3), batches(4, 5))
    check_whole(tmp_path / "c", s3, 1, 2, 3, 4, 5, 9)
    assert 2 == max(Counter(url for _, url in in_files(s3).elements()).values()), "twice until the crawl ends"
    kept(tmp_path / "d", s3, ends=True)
    assert sorted(urls(1, 2, 3, 4, 5, 9)) == sorted(url for _, url in in_files(s3).elements())
    for machine in ("early", "b", "new"):
        check_whole(tmp_path / machine, s3, 1, 2, 3, 4, 5, 9)


def test_the_same_write_again_makes_the_same_object(tmp_path: Path, s3: Bucket) -> None:
    kept(tmp_path / "a", s3, batches(1, 2))
    before = s3.contents()
    kept(tmp_path / "b", s3, batches(1, 2))
    assert before.keys() <= s3.contents().keys()
    kept(tmp_path / "b", s3, ends=True)
    assert sorted(urls(1, 2)) == sorted(url for _, url in in_files(s3).elements())
    check_whole(tmp_path / "a", s3, 1, 2)


def test_only_the_last_crawl_is_read_again_whenever_its_answers_come(tmp_path: Path, s3: Bucket) -> None:
    kept(tmp_path / "a", s3, batches(1))
    kept(tmp_path / "b", s3, batches(2), generation=SECOND)
    kept(tmp_path / "b", s3, generation=Generation(3), rereading=True)
    kept(tmp_path / "b", s3, batches(3), generation=Generation(3))
    with opened(tmp_path / "c", s3) as archive:
        assert urls(2, 3) == [one.url for one in archive.documents()]
    kept(tmp_path / "a", s3, batches(4))
    for machine in "ca":
        with opened(tmp_path / machine, s3) as archive:
            assert urls(2, 3) == [one.url for one in archive.documents()], "what comes late is of its own crawl"
            assert {1: 2 * IN_A_BATCH, 2: IN_A_BATCH, 3: IN_A_BATCH} == archive.generations()
            assert archive.last_from(urls(1)[0]) is None
    kept(tmp_path / "d", s3, batches(5), job="after --fresh")
    with opened(tmp_path / "c", s3) as archive:
        assert urls(5) == [one.url for one in archive.documents()]


def test_pruning_takes_out_what_it_should_and_keeps_bodies_that_others_need(tmp_path: Path, s3: Bucket) -> None:
    kept(tmp_path / "a", s3, batches(1, 2), batches(3, 4))
    kept(tmp_path / "b", s3, batches(3, 4, 5), generation=SECOND)
    check_whole(tmp_path / "c", s3, 1, 2, 3, 4, 3, 4, 5)
    assert 4 * IN_A_BATCH == prune_archive(place(tmp_path / "d", s3), Pruning(generation=1))
    assert sorted(urls(3, 4, 5)) == sorted(url for _, url in in_files(s3).elements())
    for machine in "cd":
        check_whole(tmp_path / machine, s3, 3, 4, 5)
    there = s3.contents("kept/archive/")
    assert 0 == prune_archive(place(tmp_path / "d", s3), Pruning(generation=1))
    assert there == s3.contents("kept/archive/")


def test_an_object_that_comes_out_of_pruning_as_it_was_stays(tmp_path: Path, s3: Bucket) -> None:
    """Two workers have brought the same body. An answer of the second refers to its own copy; the first copy goes."""
    kept(tmp_path / "a", s3)

    async def keep(store: RecordStore) -> None:
        await store.open(0, SECOND)
        await store.write(batches(3))  # so that its index has caught up
        await asyncio.to_thread(kept, tmp_path / "a", s3, batches(4))
        await store.write(batches(6))
        await store.write(batches(9))
        await store.close()

    asyncio.run(keep(build_archive(place(tmp_path / "b", s3), "one")))
    assert 1 == len({archiving.answer(number).body for number in (12, 20, 28)}), "of batches 4, 6 and 9"
    check_whole(tmp_path / "c", s3, 3, 4, 6, 9)
    assert IN_A_BATCH == prune_archive(place(tmp_path / "d", s3), Pruning(generation=1))
    for machine in "cde":
        check_whole(tmp_path / machine, s3, 3, 6, 9)


def test_a_lost_index_is_made_anew_and_a_damaged_one_says_so(tmp_path: Path, s3: Bucket) -> None:
    kept(tmp_path / "a", s3, batches(1, 2), ends=True)
    index = tmp_path / "a" / JOB / "archive/shared/index.db"
    index.write_bytes(b"no database at all, but long enough to be looked at as one" * 100)
    with pytest.raises(StoreError, match=r"index.db is damaged .*delete it"), opened(tmp_path / "a", s3):
        pass
    for path in index.parent.glob("index.db*"):
        path.unlink()
    check_whole(tmp_path / "a", s3, 1, 2)


def test_a_missing_or_damaged_object_costs_its_answers_only(tmp_path: Path, s3: Bucket) -> None:
    for seq in (1, 2, 3):
        kept(tmp_path / "a", s3, batches(seq))
    first, second, _ = sorted(name for name in s3.contents() if name.endswith(".warc.gz"))
    content = s3.contents()[first]
    s3.put(first, content[:-40] + bytes(40))
    s3.client.delete_object(Bucket=s3.name, Key=second)
    check_whole(tmp_path / "b", s3, 3)


def test_jobs_whose_names_begin_alike_leave_each_other_alone(tmp_path: Path, s3: Bucket) -> None:
    kept(tmp_path / "a", s3, batches(1))
    other = msgspec.structs.replace(place(tmp_path / "a", s3), job=f"{JOB}-2", directory=tmp_path / "a" / f"{JOB}-2")

    async def keep(store: RecordStore) -> None:
        await store.open(0)
        await store.write(batches(2))
        await store.close()

    asyncio.run(keep(build_archive(other, "one")))
    check_whole(tmp_path / "b", s3, 1)
    with open_archive(other) as archive:
        assert archive is not None
        assert urls(2) == [one.url for one in archive.answers()]


def test_nothing_kept_yet_is_no_archive(tmp_path: Path, s3: Bucket) -> None:
    with open_archive(place(tmp_path, s3)) as archive:
        assert archive is None
    kept(tmp_path, s3)
    with opened(tmp_path, s3) as archive:
        assert 0 == archive.totals().answers
        assert 0 == archive.number_of_documents()


def test_answers_that_are_alike_within_a_page_all_stay(tmp_path: Path, s3: Bucket) -> None:
    """A browser may see the same answer twice within a millisecond."""
    twice = msgspec.structs.replace(batch(1), lines=batch(1).lines * 2)
    kept(tmp_path / "a", s3, [twice])
    kept(tmp_path / "b", s3, [batch(2), twice], ends=True)
    check_whole(tmp_path / "c", s3, 1, 1, 2)
    assert 3 * IN_A_BATCH == sum(in_files(s3).values())


def imported(folder: Path, bucket: Bucket, *files: Path) -> Imported:
    options = ImportOptions(Redaction(), 1_000_000, "one")
    return import_answers(place(folder, bucket), files, options, lambda progress: None)


def test_files_of_others_come_into_it_too(tmp_path: Path, s3: Bucket) -> None:
    kept(tmp_path / "a", s3, batches(1))
    body = archiving.answer(1).body
    bodies = {f"https://example.org/{number}": b"<p>%d" % number for number in range(3)}
    file = written_by_warcio(tmp_path / "others.warc.gz", {**bodies, "https://example.org/same": body}, packed=True)
    assert 8 == imported(tmp_path / "a", s3, file).new
    with opened(tmp_path / "b", s3) as archive:
        answers = [*archive.imported()]
        assert 8 == len(answers)
        assert 8 + IN_A_BATCH == archive.totals().answers == archive.number_of_documents()
        assert {*bodies.values(), body} == {archive.response(one).body for one in answers}
    assert (0, 8) == imported(tmp_path / "b", s3, file)[:2]
    assert 8 + IN_A_BATCH == sum(in_files(s3).values())


def test_an_import_that_was_killed_after_its_object_was_put_takes_nothing_twice(tmp_path: Path, s3: Bucket) -> None:
    kept(tmp_path / "a", s3, batches(1))
    with opened(tmp_path / "a", s3):
        pass
    before = tmp_path / "before"
    shutil.copytree(tmp_path / "a", before)
    file = written_by_warcio(tmp_path / "others.warc", {"https://example.org/": b"<p>"}, packed=False)
    assert 2 == imported(tmp_path / "a", s3, file).new
    assert (0, 2) == imported(before, s3, file)[:2]
    with opened(before, s3) as archive:
        assert 2 == len([*archive.imported()])
    assert 2 + IN_A_BATCH == sum(in_files(s3).values())


def test_the_archive_of_one_worker_is_taken_over(tmp_path: Path, s3: Bucket) -> None:
    own = msgspec.structs.replace(place(tmp_path / "a", s3), in_database=False)

    async def keep(store: RecordStore, seqs: Sequence[int], generation: Generation) -> None:
        await store.open(0, generation)
        for seq in seqs:
            await store.write(batches(seq))
        await store.close()

    asyncio.run(keep(build_archive(own, "one"), (1, 2), Generation(1)))
    asyncio.run(keep(build_archive(own, "one"), (3, 4), SECOND))
    with pytest.raises(UsageError, match=r"only one worker could add to; .*asyncscrape archive CONFIG"):
        kept(tmp_path / "a", s3, batches(5), generation=SECOND)
    with opened(tmp_path / "a", s3) as archive:
        assert urls(3, 4) == [one.url for one in archive.documents()]
    kept(tmp_path / "a", s3, batches(5), generation=SECOND)
    check_whole(tmp_path / "b", s3, *range(1, 6))
    assert sorted(urls(*range(1, 6))) == sorted(url for _, url in in_files(s3).elements())
    with opened(tmp_path / "b", s3) as archive:
        assert urls(3, 4, 5) == [one.url for one in archive.documents()]
        assert {1: 2 * IN_A_BATCH, 2: 3 * IN_A_BATCH} == archive.generations()
