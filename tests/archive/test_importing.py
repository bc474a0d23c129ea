"""WARC files of others are taken into an archive: as they are written by many, damaged, and by an import that dies."""

from __future__ import annotations

import gzip
import os
import random
import sqlite3
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterable
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
    expected = [Kept(f"{url}{more}", 200, "text/html", body) for url, body in bodies.items() for more in ("", "?again")]
    assert expected == kept_in(tmp_path)
    with open_archive(tmp_path, "job") as archive:
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
    "as Common Crawl keeps it": response(PAGE, BODY, X_Crawler_Content_Encoding="gzip", Content_Length=str(len(BODY))),
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
    with open_archive(tmp_path, "job") as archive:
        assert archive is not None
        assert [expected] == [one.fetched_at for one in archive.imported()]


def test_a_redirect_is_kept_with_its_aim_and_other_statuses_are_counted(tmp_path: Path) -> None:
    statuses = ("204 No Content", "404 Not Found", "404 Not Found", "304 Not Modified", "503 Busy")
    content = [
        response(PAGE, b"", "HTTP/1.1 301 Moved", Location="/there"),
        *(response(PAGE, b"", f"HTTP/1.1 {status}") for status in statuses),
    ]
    done = import_files(tmp_path, written(tmp_path / "a.warc.gz", by_record(content)))
    assert {"http 404": 2, "http 304": 1, "http 503": 1} == done.left_out
    with open_archive(tmp_path, "job") as archive:
        assert archive is not None
        first, second = (archive.response(one) for one in archive.imported())
        assert (301, "/there", 204) == (first.status, first.headers["Location"], second.status)


NOT_TAKEN = {
    "no http or https URL": response("ftp://example.org/", BODY),
    "in several records": record("response", PAGE, http(BODY), WARC_Segment_Number="1"),
    "of an unknown type": record("responce", PAGE, http(BODY)),
    "too large": response(PAGE, bytes(LIMIT + 1)),
    "truncated": record("response", PAGE, http(BODY), WARC_Truncated="length"),
}


@pytest.mark.parametrize("reason", NOT_TAKEN)
def test_what_is_not_taken_is_counted(tmp_path: Path, reason: str) -> None:
    done = import_files(tmp_path, written(tmp_path / "a.warc", NOT_TAKEN[reason]))
    assert (0, {reason: 1}, 0) == (done.new, done.left_out, done.damaged)


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
    with open_archive(tmp_path, "job") as archive:
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
    with open_archive(tmp_path, "job") as archive:
        assert archive is not None
        found = archive.response(archive.of(f"{PAGE}?2")[0])
        assert (200, "nl", BODY) == (found.status, found.headers["Content-Language"], found.body)


# Damage


def hit(content: bytes, place: int, how: str) -> bytes:
    """Damage at a place."""
    some_bytes = {"over": b"#" * 9, "in": b"#" * 9, "out": b""}[how]
    return content[:place] + some_bytes + content[place + (0 if how == "in" else 9) :]


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
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
