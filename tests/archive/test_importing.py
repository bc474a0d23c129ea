"""WARC files of others are taken into an archive: by many writers, damaged, and by an import that dies."""

from __future__ import annotations

import gzip
import os
import random
import sqlite3
import subprocess
import sys
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import brotli  # type: ignore[import-untyped]
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from support.warc_files import (
    DATE,
    LIMIT,
    Kept,
    as_a_whole,
    by_record,
    digest,
    http,
    import_files,
    in_blocks,
    in_folder,
    kept_in,
    plain,
    record,
    response,
    wget_member,
    wget_response,
    written_by_warcio,
)
from warcio.archiveiterator import ArchiveIterator

from asyncscrape.archive.base import ImportProgress, Pruning
from asyncscrape.archive.redaction import Redaction
from asyncscrape.errors import UsageError
from asyncscrape.storage.build import open_archive, prune_archive

PAGE = "https://example.org/page"
BODY = b"<p>caf\xc3\xa9, and so on</p>"
FORMS = (by_record, as_a_whole, in_blocks, plain)
Form = Callable[[Iterable[bytes]], bytes]


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def pages(number: int, size: int = 300) -> list[bytes]:
    """Records of pages with bodies of their own, some of which look as if they held records."""
    chance = random.Random(number)
    bodies = [b"%d\nWARC/1.0\r\nno record\n" % at + chance.randbytes(size).hex().encode() for at in range(number)]
    return [response(f"https://example.org/{at}", body) for at, body in enumerate(bodies)]


# What others write


@pytest.mark.parametrize("packed", [True, False])
def test_files_of_warcio_come_whole_and_each_body_once(tmp_path: Path, *, packed: bool) -> None:
    bodies = {f"https://example.org/{number}": b"<p>%d" % number for number in range(3)}
    file = written_by_warcio(tmp_path / "a.warc", bodies, packed=packed)
    done = import_files(tmp_path, file)
    assert (6, 0, {}, 0) == (done.new, done.known, done.left_out, done.damaged)
    expected = [
        Kept(f"{url}{more}", 200, "text/html", body) for url, body in bodies.items() for more in ("", "?again")
    ]
    assert expected == kept_in(tmp_path)
    with open_archive(in_folder(tmp_path)) as archive:
        assert archive is not None
        assert (6, 3) == archive.totals()[:2]
        assert {"text/html; charset=utf-8"} == {
            archive.response(one).headers["Content-Type"] for one in archive.answers()
        }
    assert ["response", "revisit"] * 3 == told_by_warcio(tmp_path)


def told_by_warcio(folder: Path) -> list[str]:
    """The types of the records in the archive, as somebody else's library reads them."""
    found = []
    for path in sorted((folder / "archive").glob("*.warc.gz")):
        with path.open("rb") as file:
            for one in ArchiveIterator(file, check_digests="raise"):
                one.content_stream().read()
                found.append(one.rec_type)
    return [kind for kind in found if kind != "warcinfo"]


def test_files_of_wget_are_read(tmp_path: Path) -> None:
    log = record("resource", "metadata://gnu.org/software/wget/warc/wget.log", b"200 OK")
    members = [wget_member(one) for one in (wget_response(PAGE, BODY), record("metadata", "metadata://x", b"x"), log)]
    done = import_files(tmp_path, written(tmp_path / "wget.warc.gz", b"".join(members)))
    assert {"no http or https URL": 1} == done.left_out
    assert [Kept(PAGE, 200, "text/html", BODY)] == kept_in(tmp_path)


@pytest.mark.parametrize("form", FORMS)
def test_however_a_file_is_compressed_its_answers_are_the_same(tmp_path: Path, form: Form) -> None:
    told: list[ImportProgress] = []
    done = import_files(tmp_path, written(tmp_path / "a", form(pages(1_200, 2))), told=told)
    assert (1_200, 0) == (done.new, done.damaged)
    assert [f"https://example.org/{at}" for at in range(1_200)] == [one.url for one in kept_in(tmp_path)]
    assert [500, 1_000, 1_200] == [one.answers for one in told][:3]
    assert sorted(one.read for one in told) == [one.read for one in told]
    assert told[-1].read == told[-1].size == (tmp_path / "a").stat().st_size


def chunked(body: bytes) -> bytes:
    return b"5;x=y\r\n" + body[:5] + b"\r\n%X\r\n" % (len(body) - 5) + body[5:] + b"\r\n0\r\nTrailer: x\r\n\r\n"


def zstd(body: bytes) -> bytes:
    """A zstd frame of one raw block."""
    block = (len(body) << 3 | 1).to_bytes(3, "little")
    return b"\x28\xb5\x2f\xfd\x20" + bytes([len(body)]) + block + body


CODED = {
    "plainly": response(PAGE, BODY),
    "in chunks": response(PAGE, chunked(BODY), Transfer_Encoding="chunked"),
    "gzip": response(PAGE, gzip.compress(BODY), Content_Encoding="gzip"),
    "gzip in chunks": response(
        PAGE, chunked(gzip.compress(BODY)), Content_Encoding="gzip", Transfer_Encoding="chunked"
    ),
    "deflate": response(PAGE, zlib.compress(BODY), Content_Encoding="deflate"),
    "br": response(PAGE, brotli.compress(BODY), Content_Encoding="br"),
    "zstd": response(PAGE, zstd(BODY), Content_Encoding="zstd"),
    "HTTP/2": response(PAGE, BODY, "HTTP/2 200"),
    "as Common Crawl keeps it": response(PAGE, BODY, X_Crawler_Content_Encoding="gzip", Content_Length="25"),
    "unpacked under the old headers": response(PAGE, BODY, Content_Encoding="br", Transfer_Encoding="chunked"),
    "the digest is that of the body": record(
        "response",
        PAGE,
        http(chunked(gzip.compress(BODY)), Content_Encoding="gzip", Transfer_Encoding="chunked"),
        WARC_Payload_Digest=digest(BODY).lower(),
    ),
    "no digest": record("response", PAGE, http(BODY)),
    "bare line feeds": record("response", PAGE, http(BODY)).replace(b"\r\n", b"\n").replace(b"th: ", b"th: 0"),
    "a resource": record("resource", PAGE, BODY, Content_Type="text/html", WARC_Block_Digest=digest(BODY)),
    "a long form of the URL": response("<HTTPS://user:word@EXAMPLE.org:443/page#top>", BODY),
    "an unknown digest": record("response", PAGE, http(BODY), WARC_Payload_Digest="blake3:ABC"),
}


@pytest.mark.parametrize("form", CODED)
def test_the_body_is_what_the_server_meant(tmp_path: Path, form: str) -> None:
    content = CODED[form]
    if form == "bare line feeds":
        block = http(BODY).replace(b"\r\n", b"\n")
        content = record("response", PAGE, block).replace(b"\r\n", b"\n")
    done = import_files(tmp_path, written(tmp_path / "a.warc", content))
    assert () == tuple(done.damages)
    assert [Kept(PAGE, 200, "text/html", BODY)] == kept_in(tmp_path)


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("2024-05-06T07:08:09Z", "2024-05-06T07:08:09.000Z"),
        ("2024-05-06T07:08:09.123456789Z", "2024-05-06T07:08:09.123Z"),
        ("2024-05-06T07:08Z", "2024-05-06T07:08:00.000Z"),
        ("2024-05-06", "2024-05-06T00:00:00.000Z"),
        ("2024-05", "2024-05-01T00:00:00.000Z"),
        ("2024", "2024-01-01T00:00:00.000Z"),
        ("2024-05-06T07:08:09+02:00", "2024-05-06T05:08:09.000Z"),
    ],
)
def test_a_time_may_have_any_precision(tmp_path: Path, date: str, expected: str) -> None:
    import_files(tmp_path, written(tmp_path / "a.warc", record("response", PAGE, http(BODY), WARC_Date=date)))
    with open_archive(in_folder(tmp_path)) as archive:
        assert archive is not None
        assert [expected] == [one.fetched_at for one in archive.imported()]


def test_a_clock_may_be_some_hours_fast(tmp_path: Path) -> None:
    soon = (datetime.now(UTC) + timedelta(hours=20)).isoformat(timespec="seconds")
    content = record("response", PAGE, http(BODY), WARC_Date=soon)
    assert 1 == import_files(tmp_path, written(tmp_path / "a.warc", content)).new


def test_a_redirect_is_kept_with_its_aim_and_other_statuses_are_counted(tmp_path: Path) -> None:
    statuses = ("204 No Content", "404 Not Found", "404 Not Found", "304 Not Modified", "503 Busy")
    content = [
        response(PAGE, b"", "HTTP/1.1 301 Moved", Location="/there"),
        *(response(PAGE, b"", f"HTTP/1.1 {status}") for status in statuses),
    ]
    done = import_files(tmp_path, written(tmp_path / "a.warc.gz", by_record(content)))
    assert {"http 404": 2, "http 304": 1, "http 503": 1} == done.left_out
    with open_archive(in_folder(tmp_path)) as archive:
        assert archive is not None
        first, second = (archive.response(one) for one in archive.imported())
        assert (301, "/there", 204) == (first.status, first.headers["Location"], second.status)


CHALLENGE = b'<script src="/_Incapsula_Resource?x"></script>Request unsuccessful. Incapsula incident ID: 1'
NOT_TAKEN = {
    "no http or https URL": response("ftp://example.org/", BODY),
    "in several records": record("response", PAGE, http(BODY), WARC_Segment_Number="1"),
    "of an unknown type": record("responce", PAGE, http(BODY)),
    "too large": response(PAGE, bytes(LIMIT + 1)),
    "a bot challenge": response(PAGE, gzip.compress(CHALLENGE), X_Iinfo="1-2", Content_Encoding="gzip"),
    "truncated": record("response", PAGE, http(BODY), WARC_Truncated="length"),
}


@pytest.mark.parametrize("reason", NOT_TAKEN)
def test_what_is_not_taken_is_counted(tmp_path: Path, reason: str) -> None:
    done = import_files(tmp_path, written(tmp_path / "a.warc", NOT_TAKEN[reason]))
    assert (0, {reason: 1}, 0) == (done.new, done.left_out, done.damaged)


def test_a_revisit_of_a_bot_challenge_does_not_get_the_body_of_another_answer(tmp_path: Path) -> None:
    content = [
        response(PAGE, b""),
        response(f"{PAGE}?2", b"", "HTTP/1.1 202 Accepted", X_Amzn_Waf_Action="challenge"),
        record(
            "revisit",
            f"{PAGE}?3",
            http(b"", "HTTP/1.1 202 Accepted", X_Amzn_Waf_Action="challenge"),
            WARC_Payload_Digest=digest(b""),
        ),
    ]
    done = import_files(tmp_path, written(tmp_path / "a.warc", plain(content)))
    assert (1, {"a bot challenge": 2}) == (done.new, done.left_out)


def test_a_page_that_tells_of_bot_challenges_is_taken(tmp_path: Path) -> None:
    done = import_files(tmp_path, written(tmp_path / "a.warc", response(PAGE, CHALLENGE)))
    assert (1, {}) == (done.new, done.left_out)


@pytest.mark.parametrize(
    "content",
    [
        response(PAGE, bytes(5 * LIMIT)),
        response(PAGE, gzip.compress(bytes(2 * LIMIT)), Content_Encoding="gzip"),
        response(PAGE, chunked(bytes(LIMIT + 9)), Transfer_Encoding="chunked"),
    ],
)
def test_a_body_above_the_limit_is_too_large_in_whatever_form(tmp_path: Path, content: bytes) -> None:
    done = import_files(tmp_path, written(tmp_path / "a.warc.gz", by_record([content, *pages(2)])))
    assert (2, {"too large": 1}, 0) == (done.new, done.left_out, done.damaged)


def test_the_archive_of_one_job_can_be_imported_into_another(tmp_path: Path) -> None:
    bodies = {f"https://example.org/{number}": b"<p>%d" % number for number in range(3)}
    import_files(tmp_path / "one", written_by_warcio(tmp_path / "a.warc.gz", bodies))
    done = import_files(tmp_path / "other", *(tmp_path / "one/archive").glob("*.warc.gz"))
    assert (6, {}, 0) == (done.new, done.left_out, done.damaged)
    assert kept_in(tmp_path / "one") == kept_in(tmp_path / "other")


# What repeats another answer


def revisit(url: str = PAGE, **fields: str) -> bytes:
    return record("revisit", url, http(b"", Content_Language="nl"), **fields)


REFERENCES = {
    "by its digest": {"WARC_Payload_Digest": digest(BODY)},
    "by URL and date": {"WARC_Refers_To_Target_URI": f"<{PAGE}>", "WARC_Refers_To_Date": DATE},
    "by a date in more detail": {
        "WARC_Refers_To_Target_URI": PAGE,
        "WARC_Refers_To_Date": DATE.replace("Z", ".25Z"),
        "WARC_Payload_Digest": digest(b"no other record has this"),
    },
}


@pytest.mark.parametrize("way", REFERENCES)
@pytest.mark.parametrize("late", [True, False])
def test_a_revisit_gets_the_body_of_its_original_wherever_that_is(tmp_path: Path, way: str, *, late: bool) -> None:
    url = f"{PAGE}?2"
    repeats = written(tmp_path / "a.warc.gz", by_record([revisit(url, **REFERENCES[way])]))
    original = written(tmp_path / "b.warc.gz", by_record([response(PAGE, BODY)]))
    files = (repeats, original) if late else (original, repeats)
    done = import_files(tmp_path, *files)
    assert (2, {}) == (done.new, done.left_out)
    assert {Kept(PAGE, 200, "text/html", BODY), Kept(url, 200, "text/html", BODY)} == set(kept_in(tmp_path))
    with open_archive(in_folder(tmp_path)) as archive:
        assert archive is not None
        assert "nl" == archive.response(archive.of(url)[0]).headers["Content-Language"]
        assert 1 == archive.totals().bodies


def test_an_original_may_come_by_a_later_import(tmp_path: Path) -> None:
    repeats = written(tmp_path / "a.warc.gz", by_record([revisit(f"{PAGE}?2", **REFERENCES["by its digest"])]))
    assert {"the answer it repeats is in none of the files": 1} == import_files(tmp_path, repeats).left_out
    again = import_files(tmp_path, repeats)
    assert ([repeats], 1) == (again.passed_over, sum(again.left_out.values()))
    done = import_files(tmp_path, written(tmp_path / "b.warc", response(PAGE, BODY)))
    assert (2, {}) == (done.new, done.left_out)
    assert {} == import_files(tmp_path, repeats).left_out


@pytest.mark.parametrize("block", [b"", http(b"", "HTTP/1.1 304 Not Modified")])
def test_a_revisit_without_headers_has_those_of_its_original(tmp_path: Path, block: bytes) -> None:
    again = record("revisit", f"{PAGE}?2", block, WARC_Payload_Digest=digest(BODY))
    content = [response(PAGE, BODY, Content_Language="nl"), again]
    import_files(tmp_path, written(tmp_path / "a.warc", plain(content)))
    with open_archive(in_folder(tmp_path)) as archive:
        assert archive is not None
        found = archive.response(archive.of(f"{PAGE}?2")[0])
        assert (200, "nl", BODY) == (found.status, found.headers["Content-Language"], found.body)


# Damage


def hit(content: bytes, place: int, how: str) -> bytes:
    """Damage at a place."""
    some_bytes = {"over": b"#" * 9, "in": b"#" * 9, "out": b""}[how]
    return content[:place] + some_bytes + content[place + (0 if how == "in" else 9) :]


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    form=some.sampled_from([by_record, plain]),
    how=some.sampled_from(["over", "in", "out", "cut"]),
    where=some.floats(0, 0.999),
    broken=some.integers(0, 5),
)
def test_damage_costs_its_record_only(
    tmp_path_factory: pytest.TempPathFactory, form: Form, how: str, where: float, broken: int
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    records = [form([one]) for one in pages(6)]
    expected = [f"https://example.org/{at}" for at in range(6)]
    size = len(records[broken])
    place = min(int(size * where), size - 9 - (form is plain) * len(b"\r\n\r\n"))
    if how == "cut":
        records[broken:] = [records[broken][:place]]
        del expected[broken:]
    else:
        records[broken] = hit(records[broken], place, how)
    file = written(folder / "a", b"".join(records))
    if not (expected and records):
        return
    done = import_files(folder, file)
    kept = kept_in(folder)
    sound = [url for at, url in enumerate(expected) if at != broken]
    assert sound == [one.url for one in kept if one.url in sound]
    bodies = {b"".join(one.partition(b"\r\n\r\n")[2].partition(b"\r\n\r\n")[2:])[:-4] for one in pages(6)}
    assert {one.body for one in kept} <= bodies
    assert done.damaged or done.left_out or len(kept) == len(expected) or (how == "cut" and not place)
    assert {file} >= {one.file for one in done.damages}


FUTURE = "2999-01-01T00:00:00Z"
DAMAGED = {
    "the payload is not that of its digest": record("response", PAGE, http(BODY), WARC_Payload_Digest=digest(b"x")),
    "the WARC-Date is not a time: '2024-13-01T00:00:00Z'": record(
        "response", PAGE, http(BODY), WARC_Date="2024-13-01T00:00:00Z"
    ),
    f"the WARC-Date is in the future: {FUTURE!r}": record("response", PAGE, http(BODY), WARC_Date=FUTURE),
    "the payload ends in the middle of its chunks": response(PAGE, chunked(BODY)[:20], Transfer_Encoding="chunked"),
    "the compressed body ends too early": response(PAGE, gzip.compress(BODY)[:-5], Content_Encoding="gzip"),
    "the body cannot be decompressed: the compressed data is damaged": response(
        PAGE, b"\x1f\x8b\x08\x00" + bytes(40), Content_Encoding="gzip"
    ),
    'the body has the unknown Content-Encoding "own"': response(PAGE, bytes(9), Content_Encoding="own"),
    "the record has no Content-Length": record("response", PAGE, http(BODY), Content_Length=None),
    "the record does not end where its Content-Length says": record(
        "response", PAGE, http(BODY), Content_Length="60"
    ),
    "the record holds no answer of HTTP": record("response", PAGE, b"gopher\r\n\r\n"),
    "the fields of the record do not end": b"WARC/1.0\r\n" + b"X: y\r\n" * 200_000,
    "the fields of the record do not end ": b"WARC/1.0\r\nWARC-Type: response\r\n",
    "no record begins here": b"what is this?\r\n",
}


@pytest.mark.parametrize("reason", DAMAGED)
@pytest.mark.parametrize("form", FORMS)
def test_each_damage_is_told_with_its_place(tmp_path: Path, form: Form, reason: str) -> None:
    before, after = pages(2)
    file = written(tmp_path / "a", form([before, DAMAGED[reason], after]))
    done = import_files(tmp_path, file)
    assert (2, [reason.strip()]) == (done.new, [one.reason for one in done.damages])
    place = {plain: len(before), by_record: len(by_record([before]))}.get(form)
    assert place is None or [place] == [one.byte for one in done.damages]
    assert ["https://example.org/0", "https://example.org/1"] == [one.url for one in kept_in(tmp_path)]


def test_a_record_that_claims_to_be_longer_swallows_none(tmp_path: Path) -> None:
    for number, form in enumerate(FORMS):
        before, *after = pages(4)
        long = record("response", PAGE, http(BODY), Content_Length=str(len(http(BODY)) + 900))
        endless = record("response", PAGE, http(BODY), Content_Length="99999999999999")
        file = written(tmp_path / str(number), form([before, long, *after, endless, *pages(6)[4:]]))
        done = import_files(tmp_path / f"{number}.d", file)
        assert (6, 2) == (done.new, done.damaged), form


def test_a_record_that_claims_to_reach_beyond_a_damaged_one_swallows_none(tmp_path: Path) -> None:
    endless = record("response", PAGE, http(BODY), Content_Length="99999999999999")
    first, second, broken, third = (by_record([one]) for one in pages(4))
    members = [by_record([endless]), first, second, hit(broken, len(broken) // 2, "over"), third]
    done = import_files(tmp_path, written(tmp_path / "a.warc.gz", b"".join(members)))
    assert (3, 2) == (done.new, done.damaged)


FALSE_LENGTH = b"WARC/1.0\r\nWARC-Type: %s\r\nContent-Length: %d\r\n\r\n"
COSTLY = {
    "first lines of records, and nothing else": (as_a_whole([b"WARC/1.0\r\n" * 10_000]), 10_000),
    "lengths beyond the end": (as_a_whole([FALSE_LENGTH % (b"x", 10**12)] * 20_000), 20_000),
    "such lengths of records that are read": (plain([FALSE_LENGTH % (b"response", 2 * LIMIT)] * 20_000), 20_000),
}


@pytest.mark.parametrize("what", COSTLY)
def test_a_file_of_nothing_but_damage_costs_no_more_than_its_size(tmp_path: Path, what: str) -> None:
    """Were each place read to the end of the file, these would take minutes, and larger ones days."""
    content, places = COSTLY[what]
    file = written(tmp_path / "a.warc", plain(pages(1)) + content if content[:1] == b"W" else content)
    before = time.process_time()
    done = import_files(tmp_path, file)
    assert time.process_time() - before < 10
    assert (places, {}) == (done.damaged, done.left_out)


def nested_members(number: int) -> bytes:
    """Members of gzip that begin in each other, each of which goes on to the end of all."""
    step = 32
    stored = step * 200 - 5
    one = (
        b"\x1f\x8b\x08" + bytes(7) + b"\x00" + stored.to_bytes(2, "little") + (65_535 - stored).to_bytes(2, "little")
    )
    return (one + b"WARC/" + bytes(step - len(one) - 5)) * number


LANDING = 1_500_000
IN_VAIN = {
    "lengths that end in the middle of something": by_record(
        [b"".join(FALSE_LENGTH % (b"x", LANDING) for _ in range(20_000)) + b"#" * 3 * LANDING]
    ),
    "lengths that are too large to go back in memory": by_record(
        [b"".join(FALSE_LENGTH % (b"x", 60 * LANDING) for _ in range(200)) + b"#" * 61 * LANDING]
    ),
    "members in members": by_record(pages(1)) + nested_members(20_000),
}


@pytest.mark.parametrize("what", IN_VAIN)
def test_a_file_that_is_read_again_and_again_in_vain_is_given_up(tmp_path: Path, what: str) -> None:
    file = written(tmp_path / "a.warc.gz", IN_VAIN[what])
    before = time.process_time()
    done = import_files(tmp_path, file)
    assert time.process_time() - before < 30
    assert {f"the rest of {file}, for too much of it is damaged": 1} == done.left_out
    assert 10 < done.damaged < 19_000


def test_of_a_file_compressed_as_a_whole_all_before_the_damage_comes(tmp_path: Path) -> None:
    content = as_a_whole(pages(400))
    cut = import_files(tmp_path / "cut", written(tmp_path / "a", content[: len(content) // 2]))
    assert (1, True) == (cut.damaged, 150 < cut.new <= 200)
    assert "the file ends in the middle of its compressed data" == cut.damages[0].reason
    over = import_files(tmp_path / "over", written(tmp_path / "b", hit(content, len(content) // 2, "over")))
    assert (True, True) == (over.damaged > 0, over.new > 150)
    import_files(tmp_path / "sound", written(tmp_path / "c", content))
    assert {*kept_in(tmp_path / "cut"), *kept_in(tmp_path / "over")} <= {*kept_in(tmp_path / "sound")}


def test_many_damages_are_counted_and_the_first_are_told(tmp_path: Path) -> None:
    bad = record("response", PAGE, http(BODY), WARC_Payload_Digest=digest(b"x"))
    done = import_files(tmp_path, written(tmp_path / "a.warc.gz", by_record([bad] * 30)))
    assert (30, 20) == (done.damaged, len(done.damages))


# Files that cannot be read


def test_files_that_are_none_of_ours_are_told_before_anything_is_imported(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    wrong = {
        tmp_path / "missing": "there is no such file; check its name",
        tmp_path: "it is a folder; give the files in it",
        tmp_path / "pipe": "it is no regular file",
        written(tmp_path / "empty", b""): "it is empty; get it again",
        written(tmp_path / "text", b"some text\n" * 99): "it is no WARC file: no record is found in it",
        written(tmp_path / "text.gz", gzip.compress(b"some text")): "it is no WARC file",
        written(tmp_path / "a.wacz", b"PK\x03\x04" + bytes(99)): "if it is a WACZ, unpack it",
        written(tmp_path / "a.zst", b"\x28\xb5\x2f\xfd" + bytes(99)): "unpack it with `zstd -d` first",
        written(tmp_path / "a.arc.gz", gzip.compress(b"filedesc://a.arc 0.0.0.0")): "it is an ARC file",
    }
    good = written(tmp_path / "good.warc", plain(pages(1)))
    with pytest.raises(UsageError) as refused:
        import_files(tmp_path, good, *wrong)
    told = str(refused.value).splitlines()
    assert len(wrong) == len(told)
    for line, (path, why) in zip(told, wrong.items(), strict=True):
        assert line.startswith(f"{path}: {why}") or (path.suffix and why in line), line
    assert not (tmp_path / "archive").exists()


@pytest.mark.parametrize("content", [by_record(pages(1))[:300], plain(pages(1))[:60]])
def test_a_file_of_which_only_a_beginning_is_left_is_a_damaged_one(tmp_path: Path, content: bytes) -> None:
    done = import_files(tmp_path, written(tmp_path / "a", content))
    assert (0, 1) == (done.new, done.damaged)


# The same again


def test_a_file_that_was_read_is_passed_over_wherever_it_lies_now(tmp_path: Path) -> None:
    file = written(tmp_path / "a.warc.gz", by_record(pages(3)))
    both = import_files(tmp_path, file, file)
    assert (3, 0, [file]) == (both.new, both.known, both.passed_over)
    moved = file.rename(tmp_path / "b.warc.gz")
    done = import_files(tmp_path, moved)
    assert (0, 0, [moved]) == (done.new, done.known, done.passed_over)
    grown = written(tmp_path / "c.warc.gz", by_record(pages(3) + pages(5)[3:]))
    done = import_files(tmp_path, grown)
    assert (2, 3, []) == (done.new, done.known, done.passed_over)
    assert 5 == len(kept_in(tmp_path))


@pytest.mark.torture
def test_many_answers_of_one_url_take_no_longer_than_those_of_many(tmp_path: Path) -> None:
    moments = [(datetime(2024, 5, 6, tzinfo=UTC) + timedelta(seconds=n)).isoformat() for n in range(8_000)]
    bodies = [http(b"%d" % number) for number in range(8_000)]
    told = list(zip(moments, bodies, strict=True))
    many = [record("response", f"{PAGE}/{moment}", body, WARC_Date=moment) for moment, body in told]
    one = [record("response", PAGE, body, WARC_Date=moment) for moment, body in told]
    again = [
        revisit(f"{PAGE}/{moment}", WARC_Refers_To_Target_URI=PAGE, WARC_Refers_To_Date=moment)
        for moment in moments[:2_000]
    ]
    seconds = []
    for name, content in {"many": many, "one": one, "again": again}.items():
        file, before = written(tmp_path / name, plain(content)), time.process_time()
        assert len(content) == import_files(tmp_path, file).new
        seconds.append((time.process_time() - before) / len(content))
    assert max(seconds[1:]) < 3 * seconds[0], seconds


def test_a_repaired_file_brings_what_the_damaged_one_lacked(tmp_path: Path) -> None:
    whole = by_record(pages(9, 300_000))
    damaged = written(tmp_path / "a.warc.gz", hit(whole, len(whole) // 2, "over"))
    assert (8, 1) == (import_files(tmp_path, damaged).new, import_files(tmp_path, damaged).damaged)
    done = import_files(tmp_path, written(tmp_path / "a.warc.gz", whole))
    assert (1, 8, 0) == (done.new, done.known, done.damaged)
    assert [damaged] == import_files(tmp_path, damaged).passed_over


def test_pruned_answers_can_be_imported_again(tmp_path: Path) -> None:
    file = written(tmp_path / "a.warc.gz", by_record(pages(3)))
    import_files(tmp_path, file)
    assert 3 == prune_archive(in_folder(tmp_path), Pruning(before="9"))
    assert [] == kept_in(tmp_path)
    assert 3 == import_files(tmp_path, file).new
    assert 3 == len(kept_in(tmp_path))


def test_an_archive_that_was_begun_before_imports_has_none(tmp_path: Path) -> None:
    import_files(tmp_path, written(tmp_path / "a.warc.gz", by_record(pages(3))))
    with sqlite3.connect(tmp_path / "archive/index.db") as index:
        index.executescript("DROP TRIGGER import_forgotten; DROP TABLE import_answer; DROP TABLE import_file;")
    assert [] == kept_in(tmp_path)
    assert 2 == import_files(tmp_path, written(tmp_path / "b.warc.gz", by_record(pages(3) + pages(5)[3:]))).new
    assert 2 == len(kept_in(tmp_path))


def test_credentials_are_taken_out_as_in_every_kept_answer(tmp_path: Path) -> None:
    body = b'{"client_id": "a1B2c3D4e5F6g7H8"}'
    content = response(f"{PAGE}?client_id=a1B2c3D4e5F6g7H8", body, Set_Cookie="a1B2c3D4e5F6g7H8")
    file = written(tmp_path / "a.warc.gz", by_record([content]))
    import_files(tmp_path, file, redaction=Redaction(("client_id",)))
    files = (tmp_path / "archive").glob("*.warc.gz")
    assert b"a1B2c3D4" not in b"".join(gzip.decompress(path.read_bytes()) for path in files)
    assert [Kept(f"{PAGE}?client_id=redacted", 200, "text/html", b'{"client_id": "redacted"}')] == kept_in(tmp_path)
    again = record(
        "revisit",
        f"{PAGE}?client_id=a1B2c3D4",
        http(b"", Set_Cookie="a1B2c3D4", Location=f"{PAGE}?client_id=a1B2c3D4"),
        WARC_Payload_Digest=digest(b"never"),
        WARC_Refers_To_Target_URI=f"{PAGE}?client_id=a1B2c3D4",
    )
    waits = import_files(tmp_path, written(tmp_path / "b.warc", again), redaction=Redaction(("client_id",)))
    assert 1 == sum(waits.left_out.values())
    assert b"a1B2c3D4" not in b"".join(path.read_bytes() for path in (tmp_path / "archive").glob("index.db*"))


# An import that dies, and one that has much to do

TESTS = str(Path(__file__).parent.parent)
IMPORT = f"""
import sys
from pathlib import Path
sys.path.insert(0, {TESTS!r})
from asyncscrape.archive.base import ImportOptions
from asyncscrape.archive.redaction import Redaction
from asyncscrape.storage.archive.imports import importing
from asyncscrape.storage.build import import_answers
from support.warc_files import in_folder
importing.RECORDS = 20
folder, *files = map(Path, sys.argv[1:])
tell = lambda progress: print(progress.answers, flush=True)
done = import_answers(in_folder(folder), files, ImportOptions(Redaction(), {LIMIT}, "one"), tell)
peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
print(done.new, done.damaged, int(peak.split()[1]) // 1024)
"""


def importing(folder: Path, *files: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", IMPORT, folder, *files]
    return subprocess.Popen(list(map(str, command)), text=True, stdout=subprocess.PIPE)


def test_ten_kills_change_nothing(tmp_path: Path) -> None:
    records = pages(600)
    again = [revisit(f"{PAGE}?{at}", WARC_Payload_Digest=digest(b"%d" % at)) for at in range(100)]
    originals = [response(f"https://example.org/late/{at}", b"%d" % at) for at in range(100)]
    contents = [by_record(again + records[:300]), as_a_whole(records[300:450]), plain(records[450:] + originals)]
    files = [written(tmp_path / f"{number}", content) for number, content in enumerate(contents)]
    undisturbed = import_files(tmp_path / "undisturbed", *files)
    assert (800, {}) == (undisturbed.new, undisturbed.left_out)
    chance = random.Random(27)
    for _ in range(10):
        with importing(tmp_path / "killed", *files) as process:
            assert process.stdout is not None
            for _ in range(chance.randrange(1, 7)):
                process.stdout.readline()
            process.kill()
    done = import_files(tmp_path / "killed", *files)
    assert 0 < len(done.passed_over) < 3
    assert sorted(kept_in(tmp_path / "undisturbed")) == sorted(kept_in(tmp_path / "killed"))
    for folder in ("undisturbed", "killed"):
        assert {"response": 700, "revisit": 100} == dict(Counter(told_by_warcio(tmp_path / folder)))
    assert files == import_files(tmp_path / "killed", *files).passed_over


LITTLE_ROOM = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))"


def test_a_full_disk_is_told_as_that_and_the_import_goes_on_when_there_is_room(tmp_path: Path) -> None:
    file = written(tmp_path / "a.warc.gz", by_record(pages(40, 10_000)))
    command = [sys.executable, "-c", LITTLE_ROOM + IMPORT, str(tmp_path), str(file)]
    ended = subprocess.run(command, text=True, capture_output=True, check=False)
    assert "StoreError: " in ended.stderr, ended
    assert "cannot be read" not in ended.stderr
    assert 40 == import_files(tmp_path, file).new
    assert 40 == len(kept_in(tmp_path))


def test_memory_is_bounded_whatever_a_file_holds(tmp_path: Path) -> None:
    def taken(file: Path) -> int:
        with importing(tmp_path / f"{file.name}.d", file) as process:
            *_, told = process.communicate()[0].splitlines()
        assert told.startswith("3 0 "), told
        return int(told.split()[2])

    small = written(tmp_path / "small", by_record(pages(3)))
    huge = response(PAGE, bytes(60 * LIMIT))
    bomb = response(PAGE, gzip.compress(bytes(60 * LIMIT), 1), Content_Encoding="gzip")
    line = record("metadata", PAGE, b"x" * 60 * LIMIT)
    large = written(tmp_path / "large", by_record([huge, bomb, line, *pages(3)]))
    assert taken(large) - taken(small) < 40
