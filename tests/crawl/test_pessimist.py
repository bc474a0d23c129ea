"""What a pessimist tried from outside, and what must go on holding: bad moments, odd answers, secrets."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from support import crawling
from support.command import Ended, until
from support.forked_command import run, start
from support.hosts_server import Hosts, page, serving
from support.job_frontier import state_file, state_section

JITTER = 0.002


def job(folder: Path, seed: str, rules: str, **sections: str) -> Path:
    """A job called "job" whose state lies in `folder`."""
    config = folder / "job.toml"
    tables = {"politeness": 'delay = "0s"', "store": 'records = ["jsonl"]', **sections}
    config.write_text(
        f'name = "job"\ndata = {json.dumps(str(folder))}\nseeds = [{json.dumps(seed)}]\n'
        + "".join(f"[{name}]\n{text}\n" for name, text in tables.items())
        + rules
        + state_section(folder),
        encoding="utf-8",
    )
    return config


TREE = """
[[page]]
match = "/p/*"
follow = ["a"]
table = "page"
key = ["url"]
[page.fields]
url = "@url"
title = "h1"
"""


def tree(number: int, pages: int) -> web.Response:
    """A page of a tree: page n leads to those from 5n to 5n + 4."""
    links = "".join(f"<a href=/p/{child}>x</a>" for child in range(5 * number, 5 * number + 5) if child < pages)
    return page(f"<h1>{number}</h1>{links}")


# Kills at bad moments


def rows(number: int) -> str:
    return "<table>" + "".join(f"<tr><td>{number}-{n}<td>{n}.5" for n in range(7_000)) + "</table>"


async def test_kills_while_the_tables_are_made_change_nothing(tmp_path: Path) -> None:
    async def answer(request: web.Request) -> web.Response:
        if not request.path.startswith("/rows/"):
            raise web.HTTPNotFound
        number = int(request.path.rpartition("/")[2])
        return page((f"<a href=/rows/{number + 1}>x</a>" if number < 6 else "") + rows(number))

    rules = (
        '[[page]]\nmatch = "/rows/*"\nfollow = ["a"]\ntable = "row"\neach = "tr"\nkey = ["name"]\n'
        '[page.fields]\nname = "td:nth-child(1)"\nprice = { css = "td:nth-child(2)", type = "decimal" }\n'
    )
    async with serving({"a": answer}) as hosts:
        store = 'records = ["jsonl", "csv", "parquet"]'
        config = job(tmp_path, hosts.url("a", "/rows/1"), rules, store=store)
        killed = await asyncio.to_thread(kill_in_finishing, config, tmp_path / "job")
        ended = await asyncio.to_thread(run, "run", config, "--json")
    assert killed, "at least one kill came while a table was being written"
    assert (0, {"row": 42_000}) == (ended.code, ended.summary["records"])
    assert 42_000 == len(set((tmp_path / "job/row.jsonl").read_text("utf-8").splitlines()))
    assert 42_001 == len((tmp_path / "job/row.csv").read_text("utf-8").splitlines())
    assert not list((tmp_path / "job").glob(".*.tmp"))


def kill_in_finishing(config: Path, folder: Path) -> int:
    """Kill three runs, each when another of the finished files is being written; how often that was in time."""
    killed = 0
    for form in ("jsonl", "csv", "parquet"):
        process = start("run", config, "--quiet")
        until((folder / f".row.{form}.tmp").exists, process)
        process.kill()
        process.communicate()
        killed += process.returncode == -signal.SIGKILL
        (folder / "row.jsonl").unlink(missing_ok=True)
    return killed


async def test_neither_spacing_nor_window_nor_retry_after_is_broken_by_kills(tmp_path: Path) -> None:
    """Robots, retries, redirects, downloads and a Retry-After, under a quota, with a kill every now and then."""
    seen: Counter[str] = Counter()
    complaints: list[float] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        seen[request.path] += 1
        number = int(request.path.rpartition("/")[2]) if request.path.startswith(("/p/", "/b/")) else -1
        if number == 27 and seen[request.path] == 1:
            complaints.append(time.monotonic())
            return web.Response(status=429, headers={"Retry-After": "4"})
        if number % 4 == 3 and seen[request.path] == 1:
            return web.Response(status=500)
        if number % 4 == 2 and "?" not in request.path_qs:
            raise web.HTTPFound(f"{request.path}?again")
        if number < 0:
            raise web.HTTPNotFound
        return tree(number, 40) if request.path.startswith("/p/") else web.Response(body=b"file")

    limits = 'delay = "40ms"\nper_host = 3'
    async with serving({"a": answer}) as hosts:
        quota = f'[politeness.hosts."{hosts.authority("a")}"]\nrate = "16/1s"\n'
        config = job(tmp_path, hosts.url("a", "/p/1"), quota + TREE, politeness=limits)
        await asyncio.to_thread(kill_now_and_then, config, complaints)
        times = [moment for moment, _ in hosts.log[hosts.authority("a")]]
    assert 0 == run("errors", config, "--json").summary["failed"]
    assert min(later - earlier for earlier, later in pairwise(times)) >= 0.040 - JITTER
    assert min(later - earlier for earlier, later in zip(times, times[16:], strict=False)) >= 1 - JITTER
    (complaint,) = complaints
    crossing = [moment for moment in times if complaint < moment < complaint + 4 - JITTER]
    assert len(crossing) < 3, "those that were open or on their way"


def kill_now_and_then(config: Path, complaints: Sequence[float]) -> None:
    """Four kills; none in the moment after a complaint, which the run must have time to write down."""
    chance = random.Random(4)
    for _ in range(4):
        process = start("run", config, "--quiet")
        time.sleep(chance.uniform(0.2, 0.7))
        until(lambda: not complaints or time.monotonic() - complaints[-1] > 1)
        process.kill()
        process.communicate()
    assert 0 == run("run", config, "--quiet").code


async def test_a_server_that_goes_away_for_a_while_costs_nothing(tmp_path: Path) -> None:
    """Connections are refused for two seconds, then it is back: no page is lost, none fails."""

    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        if not request.path.startswith("/p/"):
            raise web.HTTPNotFound
        asked.append(request.path)
        return tree(int(request.path.rpartition("/")[2]), 50)

    runner = web.AppRunner(web.Application(), shutdown_timeout=0.1)
    runner.app.router.add_get("/{path:.*}", answer)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    config = job(tmp_path, f"http://127.0.0.1:{port}/p/1", TREE, politeness='delay = "30ms"')
    process = start("run", config, "--json")
    await asyncio.to_thread(until, lambda: len(asked) >= 8, process)
    await runner.cleanup()
    await asyncio.sleep(2)
    runner = web.AppRunner(web.Application(), shutdown_timeout=0.1)
    runner.app.router.add_get("/{path:.*}", answer)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, reuse_address=True).start()
    ended = await asyncio.to_thread(Ended, process)
    await runner.cleanup()
    assert (0, 31, 0) == (ended.code, ended.summary["pages"]["done"], ended.summary["pages"]["failed"])


# What is found on the disk


@pytest.fixture
def finished(tmp_path: Path) -> Path:
    """The config of a job that has run to its end: its seed cannot be had, so nothing but the state counts."""
    config = job(tmp_path, "http://127.0.0.1:9/p/1", TREE, fetch="retries = 0\nmax_failure_ratio = 1.0")
    assert 0 == run("run", config, "--quiet").code
    return config


def test_a_finished_table_that_was_deleted_is_made_again(finished: Path) -> None:
    table = finished.parent / "job/page.jsonl"
    table.unlink()
    assert 0 == run("run", finished, "--quiet").code
    assert table.exists()


@state_file
def test_a_torn_state_file_is_told_as_one_and_left_alone(finished: Path) -> None:
    state = finished.parent / "job/state.db"
    with sqlite3.connect(state) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    os.truncate(state, 5000)
    for command in ("status", "errors", "retry", "run"):
        ended = run(command, finished)
        assert (2, 5000) == (ended.code, state.stat().st_size), command
        assert "is damaged or not a state file; start again with --fresh" in ended.err
        assert "Traceback" not in ended.err


# Odd answers

HOME = "<h1>home</h1>" + "".join(
    f"<a href='/{name}'>x</a>"
    for name in ("title", "nul", "cells", "files", "surrogate.json", "nan.json", "breaking.json", *"0123456789")
)
PLACES = (
    "file:///etc/passwd",
    "ftp://127.0.0.1/",
    "//",
    "http://[::1",
    "\\\\evil\\x",
    "?" * 9000,
    "data:text/html,x",
    "http://169.254.169.254/latest",
    "http://127.0.0.1:99999/",
    "/caf\xff",
)
FILES = ("../../../etc/passwd", "/%2e%2e%2f%2e%2e%2fup.png", "/" + "n" * 300 + ".png", "file:///etc/passwd")
ODD_RULES = """
[[page]]
match = "*"
follow = ["a"]
table = "page"
[page.fields]
title = "h1"
many = { css = "td", many = true }
number = { css = "h1", type = "decimal" }
file = { css = "img", many = true, blob = "{title}/{name}" }
[[page]]
match = "*.json"
table = "item"
each = "json:items"
key = ["id"]
[page.fields]
id = "json:id"
file = { json = "file", blob = "{id}/{file}" }
"""


async def odd(request: web.Request) -> web.StreamResponse:
    name = request.path.strip("/")
    if name.isdigit():
        answer = web.Response(status=302)
        answer.headers["Location"] = PLACES[int(name)].encode("latin-1").decode("utf-8", "surrogateescape")
        return answer
    match name:
        case "":
            return page(HOME)
        case "title":
            return page(f"<h1>{'t' * 1_000_000}</h1>")
        case "nul":
            return page("<h1>a\0b&#0;c&#xD800;&#x110000;</h1>")
        case "cells":
            return page(f"<h1>1</h1><table><tr>{'<td>1' * 100_000}</table>")
        case "files":
            return page("<h1>files</h1>" + "".join(f'<img src="{file}">' for file in FILES))
        case "surrogate.json":
            return web.Response(text='{"items": [{"id": "\\ud800", "file": "/\\udfff"}]}')
        case "nan.json":
            return web.Response(text='{"items": [{"id": NaN}]}')
        case "breaking.json":
            items = [{"id": '=x|"y"\r\n,;\t\u2028\u0085\0', "file": "/f/../../../x"}, {"id": 10**40}, {"id": [1]}]
            return web.Response(text=json.dumps({"items": items}))
    if name.startswith("f/") or name.endswith(".png") or name in ("x", "etc/passwd"):
        return web.Response(body=b"file", headers={"Content-Type": "text/\xff;\x7f".replace("\x7f", "")})
    raise web.HTTPNotFound


async def test_odd_answers_end_one_by_one_and_nothing_lies_outside_of_its_folder(tmp_path: Path) -> None:
    async with serving({"a": odd}) as hosts:
        crawled = await crawling.crawl(
            tmp_path, [hosts.url("a", "/")], rules=ODD_RULES, store={"records": ["jsonl", "csv", "parquet"]}
        )
    snapshot = crawled.snapshot
    assert (0, "finished") == (snapshot.exit, snapshot.state)
    assert 0 == snapshot.pages["pending"] == snapshot.pages["active"]
    reasons = {failure.reason for failure in crawled.failures()}
    assert reasons <= {"redirect", "parse", "http 404", "the site does not answer", "address", "parser error"}
    titles = {row["title"] for row in crawled.rows()}
    assert "t" * 1_000_000 in titles
    assert {"config": 1, "job": 1} == Counter("config" if path.is_file() else "job" for path in tmp_path.iterdir())
    stored = [path for path in (tmp_path / "job/blobs").rglob("*") if path.is_file()]
    assert all(path.read_bytes() == b"file" for path in stored)


async def test_a_number_with_a_million_zeros_does_not_hold_up_the_finished_table(tmp_path: Path) -> None:
    async def answer(request: web.Request) -> web.Response:
        return page(f"<h1>1.{'0' * 1_000_000}</h1>")

    rules = '[[page]]\nmatch = "*"\ntable = "page"\n[page.fields]\nprice = { css = "h1", type = "decimal" }\n'
    async with serving({"a": answer}) as hosts:
        crawled = await crawling.crawl(tmp_path, [hosts.url("a", "/")], rules=rules, store={"records": ["csv"]})
    assert (0, 1) == (crawled.snapshot.exit, crawled.snapshot.pages["done"])
    assert crawled.snapshot.seconds < 10


async def test_odd_robots_files_neither_end_the_run_nor_hold_it_up(tmp_path: Path) -> None:
    texts: dict[str, bytes] = {
        "bytes": b"User-agent: *\nDisallow: /\xff\nSitemap: http://\xff\xfe/\n",
        "nul": b"\0" * 100_000 + b"User-agent: *\nDisallow: /\n",
        "nan": b"User-agent: *\nCrawl-delay: nan\nCrawl-delay: -5\nCrawl-delay: x\n",
        "stars": b"User-agent: *\n" + b"".join(b"Disallow: /*a*a*a*a*a*b%d\n" % n for n in range(10_000)),
    }

    def host(text: bytes) -> Any:
        async def answer(request: web.Request) -> web.Response:
            return web.Response(body=text) if request.path == "/robots.txt" else page()

        return answer

    async def away(request: web.Request) -> web.Response:
        if request.path != "/robots.txt":
            return page()
        raise web.HTTPMovedPermanently("file:///etc/passwd")

    async with serving({name: host(text) for name, text in texts.items()} | {"away": away}) as hosts:
        seeds = [hosts.url(name, "/" + "a" * 500) for name in (*texts, "away")]
        crawled = await crawling.crawl(tmp_path, seeds)
    assert (0, 5) == (crawled.snapshot.exit, crawled.snapshot.pages["done"])
    assert crawled.snapshot.seconds < 5


# Secrets


async def test_a_secret_is_nowhere_whatever_goes_wrong(tmp_path: Path) -> None:
    """A proxy that is dead, a header that a page asks to be sent back: neither leaves a trace on screen or disk."""
    secret = "S3cr3tV4lue"
    environ = {"PROXY": f"http://user:{secret}@127.0.0.1:9", "TOKEN": f"Bearer {secret}"}
    fetch = 'retries = 0\nproxy = "env:PROXY"\nheaders = { Authorization = "env:TOKEN" }'
    config = job(tmp_path, "http://example.org/p/1", TREE, fetch=fetch)
    said = []
    for command in (["check"], ["run", "--verbose", "--json"], ["status"], ["errors"], ["status", "--json"]):
        ended = await asyncio.to_thread(run, command[0], config, *command[1:], environ=environ)
        said.append(ended.out + ended.err)
    assert "Traceback" not in "".join(said)
    assert not [text for text in said if secret in text]
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()]


# Two at once


async def test_of_runs_started_together_one_goes_and_the_others_say_why(tmp_path: Path) -> None:
    ended: list[Ended] = []

    async def answer(request: web.Request) -> web.Response:
        """A page that comes once the others have ended."""
        await crawling.until(lambda: len(ended) >= 2)
        return tree(1, 12) if request.path == "/p/1" else page()

    async with serving({"a": answer}) as hosts:
        config = job(tmp_path, hosts.url("a", "/p/1"), TREE)
        together = [start("run", config, "--json") for _ in range(3)]
        for end in asyncio.as_completed([asyncio.to_thread(Ended, process) for process in together]):
            ended.append(await end)
        assert_each_once(hosts)
    assert [0, 2, 2] == sorted(one.code for one in ended)
    assert all("already running" in one.err for one in ended if one.code)


def assert_each_once(hosts: Hosts) -> None:
    assert {1} == set(Counter(hosts.paths("a")).values())
