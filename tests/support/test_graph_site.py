"""The test site itself: other tests rely on its log."""

import asyncio
import hashlib
import json
import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import aiohttp
import polars
import pytest

from support import graph_site
from support.graph_config import Site, expected, expected_blobs, finished, running_site, write_job


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with running_site(tmp_path, pages=20, blobs=4, hosts=3, latency=0.02, more=["--robots", "User-agent: *"]) as site:
        yield site


async def get(client: aiohttp.ClientSession, host: str, path: str) -> tuple[int, bytes]:
    async with client.get(f"http://{host}{path}") as answer:
        return answer.status, await answer.read()


def test_every_page_can_be_reached_from_the_first() -> None:
    graph = graph_site.Graph(300, 30)
    seen, waiting = set(), [0]
    while waiting:
        n = waiting.pop()
        if n not in seen:
            seen.add(n)
            waiting += graph.links(n)
    assert set(range(300)) == seen
    assert 300 + 30 + 30 == len(graph.paths())


async def test_all_paths_answer_on_all_hosts_and_stand_in_the_log(site: Site) -> None:
    async with aiohttp.ClientSession() as client:
        for host in site.authorities:
            for path in sorted(site.graph.paths()):
                assert (await get(client, host, path))[0] == 200
        assert (200, b"User-agent: *") == await get(client, site.authorities[0], "/robots.txt")
        assert (404, b"nothing here") == await get(client, site.authorities[0], "/p/20.html")
    log = site.log()
    assert {(host, path) for host in site.authorities for path in site.graph.paths()} <= {
        (a.host, a.path) for a in log
    }
    assert 0 == site.repeats()
    assert all(0.02 <= asked.end - asked.start < 5 and asked.open_all == 1 for asked in log)


async def test_the_log_counts_what_is_open_and_what_is_repeated(site: Site) -> None:
    async with aiohttp.ClientSession() as client:
        asks = [get(client, host, "/b/1.png") for host in site.authorities[:2] for _ in range(3)]
        answers = {body for _, body in await asyncio.gather(*asks)}
    assert {graph_site.picture(1)} == answers
    assert 4 == site.repeats()
    assert 3 == max(asked.open_host for asked in site.log())
    assert 6 == max(asked.open_all for asked in site.log())


@pytest.mark.parametrize(("n", "status", "form"), [(0, 429, "s"), (1, 503, "s"), (2, 429, "date"), (3, 503, "date")])
async def test_retry_refuses_once_and_logs_the_deadline(site: Site, n: int, status: int, form: str) -> None:
    host = site.authorities[0]
    async with aiohttp.ClientSession() as client:
        async with client.get(f"http://{host}/retry/{n}") as first:
            assert status == first.status
            assert (form == "s") == first.headers["Retry-After"].isdecimal()
        assert 200 == (await get(client, host, f"/retry/{n}"))[0]
    refused, served = site.log()
    assert 0.9 < refused.not_before - refused.end < 2.1
    assert 0 == served.not_before


async def test_hosts_lead_to_one_another(tmp_path: Path) -> None:
    more = ["--robots", "User-agent: *", "--robots-at", "2"]
    with running_site(tmp_path, pages=20, blobs=4, hosts=2, more=more) as site:
        async with aiohttp.ClientSession() as client:
            for path, there in (("/to/2/7", "/p/7.html"), ("/robots.txt", "/robots.txt")):
                async with client.get(f"http://{site.authorities[0]}{path}") as answer:
                    assert f"http://{site.authorities[1]}{there}" == str(answer.url)
                    assert 200 == answer.status


def test_the_job_is_toml_and_the_expected_tables_are_whole(tmp_path: Path) -> None:
    job = tomllib.loads(
        write_job(
            tmp_path, ["http://127.0.0.1:1/p/0.html"], politeness={"rate": "5/s", "hosts": {"a.b": {"delay": "1s"}}}
        ).read_text()
    )
    assert {"delay": "1s"} == job["politeness"]["hosts"]["a.b"]
    assert ["page", "row", "item", "retried"] == [rule["table"] for rule in job["page"]]
    tables = expected(graph_site.Graph(40, 8), ["h:1", "h:2"])
    assert {"page": 80, "row": 800, "item": 40} == {name: len(rows) for name, rows in tables.items()}
    assert 8 == len(expected_blobs(graph_site.Graph(40, 8)))


def test_finished_tables_are_equal_whatever_the_order_and_the_time_of_the_fetch(tmp_path: Path) -> None:
    rows = [{"url": "b", "day": date(2026, 2, 1)}, {"url": "a", "day": date(2026, 1, 2)}, {"url": "a", "day": None}]
    read = []
    for fetched, order in (("10:00", rows), ("11:00", rows[::-1])):
        stored = [{**row, "_fetched_at": fetched} for row in order]
        (tmp_path / "graph" / "blobs" / "pics").mkdir(parents=True, exist_ok=True)
        (tmp_path / "graph" / "blobs" / "pics" / "1.png").write_bytes(b"picture")
        (tmp_path / "graph" / "row.jsonl").write_text("".join(json.dumps(row, default=str) + "\n" for row in stored))
        polars.DataFrame(stored).write_parquet(tmp_path / "graph" / "row.parquet")
        polars.DataFrame(stored).write_csv(tmp_path / "graph" / "row.csv")
        read.append([finished(tmp_path, form, ["row"]) for form in ("jsonl", "parquet", "csv")])
    assert read[0] == read[1]
    assert [
        {"url": "a", "day": "2026-01-02"},
        {"url": "a", "day": None},
        {"url": "b", "day": "2026-02-01"},
    ] == sorted(read[0][1].tables["row"], key=lambda row: (row["url"], str(row["day"])))
    assert read[0][0].tables == read[0][1].tables
    assert {"pics/1.png": hashlib.sha256(b"picture").hexdigest()} == read[0][0].blobs
