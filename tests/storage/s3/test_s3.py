"""The particulars of S3: large blobs in parts, the metadata of objects, and everything that can go wrong."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from hashlib import md5, sha256
from pathlib import Path
from typing import Any

import pytest
from blockbuster import blockbuster_ctx
from botocore.exceptions import ClientError
from support.s3_server import Bucket, Fault, FaultProxy, Server
from support.storage_journal import ITEM, ROW, batch, item, lines, rows_when_finished

from asyncscrape.config.stores import record_store
from asyncscrape.destinations import S3Options
from asyncscrape.errors import FetchError, StoreError, UsageError
from asyncscrape.model import Generation, StoredBlob
from asyncscrape.storage.base import RecordStore
from asyncscrape.storage.build import build_stores
from asyncscrape.storage.s3.blobs import S3Blobs
from asyncscrape.storage.s3.complaints import explain
from asyncscrape.storage.s3.export import S3Export
from asyncscrape.storage.s3.upload import FREE, GROWN_BUDGET, places

URL = "http://127.0.0.1/film.mp4"
PART = 5 * 1024 * 1024
"""The smallest part that real S3 servers accept."""


@pytest.fixture
def proxy(s3: Bucket) -> Iterator[FaultProxy]:
    with FaultProxy(s3.server) as proxy:
        yield proxy


@asynccontextmanager
async def opened(s3: Bucket, server: Server | None = None, **options: Any) -> AsyncIterator[S3Blobs]:
    store = S3Blobs(s3.name, "blobs", (server or s3.server).options(part_size=PART, **options))
    try:
        await store.prepare(())
        yield store
    finally:
        await store.close()


async def put(store: S3Blobs, path: str, data: bytes, content_type: str = "video/mp4") -> StoredBlob:
    sink = await store.open(path, URL)
    try:
        for start in range(0, len(data), 200_000):
            await sink.write(data[start : start + 200_000])
        return await sink.commit(content_type)
    finally:
        await sink.abort()


async def refusal(store: S3Blobs) -> str:
    """The error that refuses a store at the start."""
    try:
        with pytest.raises(UsageError) as caught:
            await store.prepare(())
        return str(caught.value)
    finally:
        await store.close()


# --- objects ----------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 50_000, PART, PART + 1, 3 * PART])
async def test_an_object_has_a_hash_a_type_and_an_etag(s3: Bucket, size: int) -> None:
    data = os.urandom(size)
    async with opened(s3) as store:
        stored = await put(store, "a", data)
    found = s3.head("blobs/a")
    hash = sha256(data)
    assert {"sha256": hash.hexdigest()} == found["Metadata"]
    assert ("video/mp4", size, f'"{stored.etag}"') == (found["ContentType"], found["ContentLength"], found["ETag"])
    if "ChecksumSHA256" in found:
        assert b64encode(hash.digest()).decode() == found["ChecksumSHA256"]


async def test_the_etag_of_a_small_blob_is_its_md5(s3: Bucket) -> None:
    async with opened(s3) as store:
        assert md5(b"small").hexdigest() == (await put(store, "a", b"small")).etag


async def test_a_large_blob_gets_the_type_known_at_its_end(s3: Bucket) -> None:
    async with opened(s3) as store:
        stored = await put(store, "a", b"\0\0\0\x20ftypisom" + bytes(2 * PART), "video/x-special")
        assert "video/x-special" == stored.content_type == s3.head("blobs/a")["ContentType"]


async def test_small_blobs_are_uploaded_in_one_call_and_large_ones_in_parts(s3: Bucket, proxy: FaultProxy) -> None:
    def calls() -> list[str]:
        """A request: its method, and the number of its part, if any."""
        found = [f"{method} {''.join(re.findall('partNumber=([0-9]+)', path))}" for method, path, _ in proxy.log]
        proxy.log.clear()
        return [call.strip() for call in found]

    async with opened(s3, proxy.server) as store:
        calls()
        await put(store, "small", bytes(PART))
        assert ["PUT"] == calls()
        await put(store, "large", bytes(2 * PART + 1))
        assert ["POST", "PUT 1", "PUT 2", "PUT 3", "POST", "PUT"] == calls()


async def test_encryption_and_storage_class_are_requested(s3: Bucket, proxy: FaultProxy) -> None:
    """Not every server supports them; the very first call, made with the same headers, then fails."""
    wanted = {"x-amz-server-side-encryption": "AES256", "x-amz-storage-class": "STANDARD_IA"}
    refused = ""
    try:
        async with opened(s3, proxy.server, encryption="AES256", storage_class="STANDARD_IA") as store:
            await put(store, "small", b"x")
            await put(store, "large", bytes(PART + 1))
            await store.copy("small", "copy")
    except UsageError as error:
        refused = str(error)
    found = [{name: headers.get(name) for name in wanted} for _, headers in proxy.headers]
    making = [headers for headers in found if any(headers.values())]
    assert [wanted] * (1 if refused else 5) == making
    assert not refused or "if encryption, kms_key or storage_class is set in [store.s3]" in refused


async def test_a_bucket_with_versions_shows_the_newest(s3: Bucket) -> None:
    s3.client.put_bucket_versioning(Bucket=s3.name, VersioningConfiguration={"Status": "Enabled"})
    async with opened(s3) as store:
        for letter in (b"1", b"2"):
            await put(store, "small", letter)
            stored = await put(store, "large", letter * (PART + 1))
        await store.copy("small", "copy")
        await store.remove("small")
    assert {"large": b"2" * (PART + 1), "copy": b"2"} == s3.contents("blobs/")
    assert f'"{stored.etag}"' == s3.head("blobs/large")["ETag"]


async def test_a_copy_has_the_type_and_hash_of_its_source(s3: Bucket) -> None:
    async with opened(s3) as store:
        await put(store, "a", b"x")
        await store.copy("a", "b")
    names = ("ContentType", "Metadata", "ETag")
    assert [s3.head("blobs/a")[name] for name in names] == [s3.head("blobs/b")[name] for name in names]


async def test_without_a_prefix_paths_are_keys(s3: Bucket) -> None:
    store = S3Blobs(s3.name, "", s3.server.options())
    await store.prepare(())
    await put(store, "a/b", b"x")
    await store.close()
    assert {"a/b": b"x"} == s3.contents()


async def test_a_key_too_long_for_s3_fails_only_its_url(s3: Bucket) -> None:
    async with opened(s3) as store:
        longest = "/".join(["x" * 253] * 4) + "/" + "y" * 2
        await put(store, longest[:1018], b"x")
        with pytest.raises(FetchError, match="too long for an S3 key"):
            await store.open(longest[:1018] + "y", URL)
    assert [f"blobs/{longest[:1018]}"] == s3.keys()


async def test_only_uploads_to_the_named_paths_are_aborted_at_the_start(s3: Bucket) -> None:
    for key in ("blobs/a", "blobs/a", "blobs/a b/ü", "blobs/abc", "blobs/other", "a"):
        s3.begin_upload(key)
    store = S3Blobs(s3.name, "blobs", s3.server.options())
    await store.prepare(["a", "a b/ü", "never"])
    await store.close()
    assert ["a", "blobs/abc", "blobs/other"] == s3.uploads()


def test_nothing_blocks_the_event_loop(s3: Bucket) -> None:
    async def job(store: S3Blobs) -> None:
        await put(store, "a", bytes(100_000))
        await put(store, "b", bytes(2 * PART))
        sink = await store.open("c", URL)
        await sink.write(bytes(2 * PART))
        await sink.abort()

    async def run() -> None:
        async with opened(s3) as store:
            with blockbuster_ctx():
                await job(store)

    asyncio.run(run())
    assert ["blobs/a", "blobs/b"] == s3.keys()


# --- memory -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("blobs", "size"), [(1, 120_000_000), (24, 9_000_000)])
def test_memory_is_bounded_over_all_blobs(s3: Bucket, blobs: int, size: int) -> None:
    code = f"""
from support.s3_server import Server
from support.s3_uploads import upload_many
upload_many(Server(*{tuple(s3.server)!r}), {s3.name!r}, {blobs}, {size})
"""
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, text=True
    )
    assert int(done.stdout) < 100_000_000
    assert blobs == len(s3.keys())


def test_places_for_large_blobs_hold_what_the_budget_allows() -> None:
    assert 4 == places(8_000_000)._value
    assert 1 == places(1_000_000_000)._value
    assert 2 * 8_000_000 * places(8_000_000)._value <= GROWN_BUDGET


async def test_large_blobs_wait_for_each_other_and_all_arrive(s3: Bucket) -> None:
    size = FREE + 100_000
    store = S3Blobs(s3.name, "", s3.server.options(part_size=40_000_000))
    await store.prepare(())
    async with asyncio.timeout(120):
        await asyncio.gather(*(put(store, str(number), bytes(size)) for number in range(5)))
    await store.close()
    assert {str(number): bytes(size) for number in range(5)} == s3.contents()


# --- failures that pass -----------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["slow", "internal", "reset", "lost answer"])
async def test_a_third_of_the_calls_may_fail(s3: Bucket, proxy: FaultProxy, fault: Fault) -> None:
    small, large = os.urandom(50_000), os.urandom(2 * PART + 1)
    async with opened(s3, proxy.server) as store:
        proxy.misbehave(fault, share=1 / 3)
        paths = [str(number) for number in range(20)]
        await asyncio.gather(*(put(store, path, small) for path in paths), put(store, "large", large))
        assert any(status in (0, 500, 503) for _, _, status in proxy.log)
        proxy.behave()
    assert {**dict.fromkeys(paths, small), "large": large} == s3.contents("blobs/")
    assert [] == s3.uploads()


async def test_an_upload_whose_completion_went_unheard_is_recognised(s3: Bucket, proxy: FaultProxy) -> None:
    data = os.urandom(PART + 1)
    async with opened(s3, proxy.server) as store:
        sink = await store.open("a", URL)
        await sink.write(data)
        await sink.write(b"")
        proxy.misbehave("lost answer", share=1 / 2, methods=("POST",))
        await sink.commit("video/mp4")
    assert {"a": data} == s3.contents("blobs/")
    assert [] == s3.uploads()


async def test_a_run_that_cannot_abort_its_uploads_does_so_when_it_ends(s3: Bucket, proxy: FaultProxy) -> None:
    async with opened(s3, proxy.server) as store:
        sink = await store.open("a", URL)
        await sink.write(bytes(2 * PART))
        proxy.misbehave("slow", methods=("DELETE",))
        await sink.abort()
        assert ["blobs/a"] == s3.uploads()
        proxy.behave()
    assert [] == s3.uploads()


async def test_a_server_that_is_away_may_come_back(s3: Bucket, proxy: FaultProxy) -> None:
    store = S3Blobs(s3.name, "", proxy.server.options())
    proxy.misbehave("slow")
    with pytest.raises(StoreError, match="nothing is lost") as caught:
        await store.prepare(())
    assert caught.value.passing
    proxy.behave()
    await store.prepare(())
    await store.close()


async def test_a_missing_server_is_reported_without_its_address() -> None:
    store = S3Blobs("bucket", "", S3Options(endpoint="http://127.0.0.1:9", access_key="a", secret_key="b"))
    with pytest.raises(StoreError, match=r"S3 cannot be reached \(connection refused\)") as caught:
        await store.prepare(())
    await store.close()
    assert caught.value.passing
    assert "127.0.0.1" not in str(caught.value)


# --- mistakes that the user must correct ------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("expired", "credentials have expired"),
        ("skewed", r"clock is wrong by \d+ minutes \(ahead\)"),
        ("denied", "denies access to bucket test-"),
        ("other region", "another region.*eu-north-1"),
    ],
)
async def test_mistakes_that_the_user_must_correct_are_reported_at_the_start(
    s3: Bucket, proxy: FaultProxy, fault: Fault, words: str
) -> None:
    proxy.misbehave(fault)
    store = S3Blobs(s3.name, "", proxy.server.options())
    message = await refusal(store)
    assert re.search(words, message), message
    assert proxy.server.secret_key not in message


@pytest.mark.parametrize("fault", ["expired", "skewed", "denied"])
async def test_the_same_in_mid_run_can_be_resumed(s3: Bucket, proxy: FaultProxy, fault: Fault) -> None:
    async with opened(s3, proxy.server) as store:
        proxy.misbehave(fault)
        with pytest.raises(StoreError) as caught:
            await put(store, "a", b"x")
        assert caught.value.passing
        with pytest.raises(StoreError) as caught:
            await store.probe()
        assert caught.value.passing
        proxy.behave()
        assert "writable" in await store.probe()
        await put(store, "a", b"x")
    assert {"a": b"x"} == s3.contents("blobs/")


async def test_a_bucket_that_does_not_exist_is_named(s3: Bucket) -> None:
    missing = f"{s3.name}-not"
    assert f"bucket {missing} does not exist; create it, or correct its name" == await refusal(
        S3Blobs(missing, "", s3.server.options())
    )


async def test_a_bucket_whose_name_is_a_secret_is_not_named(s3: Bucket) -> None:
    message = await refusal(S3Blobs(f"{s3.name}-not", "", s3.server.options(), "env:BLOBS"))
    assert "the bucket of env:BLOBS does not exist; create it, or correct its name" == message


@pytest.mark.parametrize(
    ("message", "shown"),
    [("no luck today", True), ("store.internal has no luck", False), ("hush has no luck", False)],
)
def test_words_from_s3_that_name_a_secret_are_left_out(message: str, shown: bool) -> None:
    refused = ClientError({"Error": {"Code": "Strange", "Message": message}}, "PutObject")
    told = explain(refused, "the bucket of env:BLOBS", ("store.internal", "hush")).words
    assert "the bucket of env:BLOBS: Strange" in told
    assert shown == (message in told)


async def test_a_bucket_deleted_in_mid_run_can_be_resumed(s3: Bucket) -> None:
    async with opened(s3) as store:
        s3.client.delete_bucket(Bucket=s3.name)
        with pytest.raises(StoreError, match="does not exist") as caught:
            await put(store, "a", b"x")
        assert caught.value.passing


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"endpoint": "no url"}, "endpoint in [store.s3] is not a server's URL"),
        ({"secret_key": None}, "belong together"),
    ],
)
async def test_impossible_options_are_refused(s3: Bucket, options: dict[str, Any], words: str) -> None:
    assert words in await refusal(S3Blobs(s3.name, "", s3.server.options(**options)))


@pytest.mark.parametrize("bucket", ["Not A Bucket", "x"])
async def test_an_impossible_bucket_is_refused(s3: Bucket, bucket: str) -> None:
    assert f"bucket {bucket}" in await refusal(S3Blobs(bucket, "", s3.server.options()))


async def test_credentials_are_looked_for_where_aws_keeps_them(
    s3: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    options = S3Options(endpoint=s3.server.endpoint)
    assert "no S3 credentials found" in await refusal(S3Blobs(s3.name, "", options))
    keys = f"aws_access_key_id = {s3.server.access_key}\naws_secret_access_key = {s3.server.secret_key}\n"
    (tmp_path / "credentials").write_text(f"[default]\n{keys}")
    store = S3Blobs(s3.name, "", options)
    assert f"bucket {s3.name}: reachable, writable" == await store.probe()
    await store.close()


# --- finished tables --------------------------------------------------------------------------


def tables_in_s3(s3: Bucket, directory: Path, server: Server | None = None, forms: str = "jsonl csv") -> RecordStore:
    specs = [record_store(f"{form}:s3://{s3.name}/tables") for form in forms.split()]
    [store] = build_stores(specs, directory, (ITEM, ROW), s3=(server or s3.server).options())
    return store


async def test_finished_tables_are_sent_to_s3(s3: Bucket, tmp_path: Path) -> None:
    store = tables_in_s3(s3, tmp_path, forms="jsonl csv parquet csv-excel xlsx")
    assert "reachable, writable" in await store.probe()
    await store.open(0)
    await store.write([batch(1, item(1), item(2))])
    assert {"item": 2, "row": 0} == await rows_when_finished(store)
    await store.close()
    found = s3.contents("tables/")
    ends = ("csv", "jsonl", "parquet", "excel.csv", "xlsx")
    assert sorted(f"{table}.{end}" for table in ("item", "row") for end in ends) == sorted(found)
    assert lines([item(1), item(2)]) == found["item.jsonl"]
    expected = [
        *("text/csv; charset=utf-8", "application/x-ndjson", "application/vnd.apache.parquet"),
        *("text/csv; charset=utf-8", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ]
    assert expected == [s3.head(f"tables/item.{end}")["ContentType"] for end in ends]
    assert [] == [path.name for path in tmp_path.iterdir() if path.is_file()]


async def test_tables_are_sent_again_only_when_they_changed_or_are_gone(
    s3: Bucket, proxy: FaultProxy, tmp_path: Path
) -> None:
    def sent() -> list[str]:
        return sorted(path.split("?")[0].rpartition("/")[2] for method, path, _ in proxy.log if method == "PUT")

    async def run(cursor: int, *batches: Any) -> list[str]:
        proxy.log.clear()
        store = tables_in_s3(s3, tmp_path, proxy.server, forms="jsonl")
        await store.open(cursor)
        if batches:
            await store.write(batches)
        await store.finish()
        await store.finish()
        await store.close()
        return sent()

    assert ["item.jsonl", "row.jsonl"] == await run(0, batch(1, item(1)))
    assert [] == await run(1)
    assert ["item.jsonl"] == await run(1, batch(2, item(2)))
    s3.client.delete_object(Bucket=s3.name, Key="tables/item.jsonl")
    assert ["item.jsonl"] == await run(2)
    assert lines([item(1), item(2)]) == s3.contents("tables/")["item.jsonl"]


async def test_a_generation_beside_is_sent_when_it_takes_its_place(
    s3: Bucket, proxy: FaultProxy, tmp_path: Path
) -> None:
    """And if S3 is away at that moment, once it is back."""
    store = tables_in_s3(s3, tmp_path, proxy.server, forms="jsonl")
    await store.open(0)
    await store.write([batch(1, item(1))])
    await store.finish()
    await store.open(1, Generation(2, beside=True, begin=1))
    await store.write([batch(2, item(2))])
    await store.finish()
    assert lines([item(1)]) == s3.contents("tables/")["item.jsonl"]
    proxy.misbehave("expired")
    with pytest.raises(StoreError, match="expired"):
        await store.switch()
    proxy.behave()
    await store.open(2, Generation(2, beside=True, begin=1))
    await store.switch()
    await store.close()
    assert lines([item(2)]) == s3.contents("tables/")["item.jsonl"]


async def test_a_bucket_for_tables_that_does_not_exist_is_refused_at_the_start(s3: Bucket, tmp_path: Path) -> None:
    store = tables_in_s3(s3._replace(name=f"{s3.name}-not"), tmp_path)
    with pytest.raises(UsageError, match="does not exist"):
        await store.open(0)
    await store.close()


async def test_records_are_written_while_s3_is_away_and_sent_when_it_is_back(
    s3: Bucket, proxy: FaultProxy, tmp_path: Path
) -> None:
    proxy.misbehave("slow")
    store = tables_in_s3(s3, tmp_path, proxy.server, forms="jsonl")
    await store.open(0)
    await store.write([batch(1, item(1))])
    proxy.misbehave("expired")
    with pytest.raises(StoreError, match="expired") as caught:
        await store.finish()
    assert caught.value.passing
    proxy.behave()
    await store.finish()
    await store.close()
    assert lines([item(1)]) == s3.contents("tables/")["item.jsonl"]


async def test_uploads_of_a_killed_run_are_aborted_before_the_next(s3: Bucket, tmp_path: Path) -> None:
    file = tmp_path / "item.csv"
    file.write_text("url\n")
    for key in ("tables/item.csv", "tables/other.csv", "tables/.asyncscrape-probe"):
        s3.begin_upload(key)
    export = S3Export(s3.name, "tables", s3.server.options())
    await export.open()
    assert ["tables/item.csv", "tables/other.csv"] == s3.uploads()
    await export.send(file)
    await export.close()
    assert ["tables/other.csv"] == s3.uploads()


async def test_a_large_table_is_uploaded_in_parts(s3: Bucket, tmp_path: Path) -> None:
    file = tmp_path / "item.parquet"
    file.write_bytes(os.urandom(2 * PART + 1))
    export = S3Export(s3.name, "tables", s3.server.options(part_size=PART))
    await export.open()
    await export.send(file)
    await export.close()
    found = s3.get("tables/item.parquet")
    assert file.read_bytes() == found["Body"].read()
    assert "application/vnd.apache.parquet" == found["ContentType"]
    assert [] == s3.uploads()
