"""A crawl among servers that mean harm: it ends, says of each URL what became of it, and stays small."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import time
from pathlib import Path
from typing import Any

import pytest
import trustme
from support.command import PATIENCE, start
from support.forked_command import run
from support.hostile_server import PATHS, HostileServer
from support.job_frontier import state_section
from support.memory import peak

from asyncscrape.addresses import forbidden

MEMORY = 300_000_000


def job(folder: Path, seeds: list[str], **fetch: Any) -> Path:
    config = folder / "hostile.toml"
    settings = {"timeout": "6s", "read_timeout": "6s", "retries": 1, "max_failure_ratio": 1.0, **fetch}
    config.write_text(
        f"""
name = "hostile"
data = {json.dumps(str(folder))}
seeds = {json.dumps(seeds)}
[scope]
max_depth = 30
[politeness]
delay = "0s"
per_host = 8
[fetch]
{chr(10).join(f"{name} = {json.dumps(value)}" for name, value in settings.items())}
[store]
records = ["jsonl"]
[[page]]
match = "*"
follow = ["a"]
table = "page"
[page.fields]
title = "h1"
{state_section(folder)}"""
    )
    return config


class Measured:
    """A run that has ended, and the most memory it took.

    Looked up while it runs: what the system tells of a process afterwards includes the moment of the fork, when it
    was as large as the test.
    """

    def __init__(self, *arguments: str | Path) -> None:
        process = start(*arguments, stdout=None, stderr=None)
        self.memory = 0
        while process.poll() is None:
            self.memory = max(self.memory, peak(process.pid))
            time.sleep(0.01)
        self.code = process.returncode


async def crawl(config: Path) -> tuple[Measured, dict[str, tuple[str, str]]]:
    """Run it; the failed paths with the reason and the detail of each."""
    measured = await asyncio.wait_for(asyncio.to_thread(Measured, "run", config, "--quiet"), PATIENCE)
    errors = await asyncio.to_thread(run, "errors", config, "--json")
    reasons = {}
    for group in errors.summary["reasons"]:
        for url in group["urls"]:
            reasons[url.split("/", 3)[3]] = (group["reason"], group["detail"])
    return measured, reasons


def titles(folder: Path) -> dict[str, str]:
    rows = map(json.loads, (folder / "hostile/page.jsonl").read_text("utf-8").splitlines())
    return {row["_url"].split("/", 3)[3]: row["title"] for row in rows}


REASONS = {
    "endless": {"too large", "timeout"},
    "drip": {"timeout"},
    "endless-continue": {"protocol"},
    "endless-extensions": {"protocol"},
    "tiny-chunks": {"protocol"},
    "silence": {"timeout"},
    "bomb/gzip": {"too large"},
    "bomb/br": {"too large"},
    "bomb/zstd": {"too large"},
    "bomb/deflate": {"too large"},
    "gzip-truncated": {"truncated"},
    "broken-chunks": {"protocol", "truncated"},
    "length-short": {"truncated"},
    "redirect-loop": {"redirect loop"},
    "huge-header": {"protocol"},
    "huge-html": {"too large"},
    "million-links": {"too large"},
    "reset": {"connection"},
    "reset-mid-body": {"connection", "truncated"},
    "garbage": {"protocol"},
    "status/404": {"http 404"},
}
FINE = {"ok": "fine", "nul-bytes": "a�b", "invalid-utf8": "caf� ��", "calendar/25": "day 25"}


async def test_every_trap_ends_with_a_reason_and_memory_stays_small(tmp_path: Path) -> None:
    async with HostileServer() as server:
        config = job(tmp_path, [server.url("/")])
        measured, reasons = await crawl(config)
    assert 0 == measured.code
    assert measured.memory < MEMORY
    print(f"memory {measured.memory / 1e6:.0f} MB")
    for path, (reason, detail) in sorted(reasons.items()):
        print(f"{path:24} {reason:16} {detail}")
    for path, allowed in REASONS.items():
        assert reasons[path][0] in allowed, path
    found = titles(tmp_path)
    for path, title in FINE.items():
        assert title == found[path]
    assert {"", "nested", "odd-links"} <= found.keys()
    ended = (
        reasons.keys() | found.keys() | {"robots.txt", "redirect-endless"}
    )  # the last leads to /ok, which is known
    assert {path.strip("/") for path in PATHS if not path.endswith("/")} <= ended
    assert "host given up" not in {reason for reason, _ in reasons.values()}
    assert not [detail for _, detail in reasons.values() if "Traceback" in detail or "object at 0x" in detail]


async def test_a_page_with_too_many_elements_fails_before_it_fills_the_memory(tmp_path: Path) -> None:
    async with HostileServer() as server:
        seeds = [server.url(path) for path in ("/million-links", "/huge-html", "/nested", "/ok")]
        measured, reasons = await crawl(job(tmp_path, seeds, max_body="200MB", timeout="60s"))
    assert {"million-links": "parse", "huge-html": "parse"} == {path: reason for path, (reason, _) in reasons.items()}
    assert "max_elements" in reasons["million-links"][1]
    assert measured.memory < MEMORY
    print(f"memory {measured.memory / 1e6:.0f} MB")


async def test_nearly_two_hundred_thousand_links_on_one_page_are_queued(tmp_path: Path) -> None:
    async with HostileServer() as server:
        config = job(tmp_path, [server.url("/many-links/190000")], timeout="60s", read_timeout="60s")
        limited = await asyncio.to_thread(Measured, "run", config, "--max-pages", "1", "--quiet")
        status = (await asyncio.to_thread(run, "status", config, "--json")).summary
    assert (10, 190_000) == (limited.code, status["pages"]["pending"])
    assert limited.memory < MEMORY
    print(f"memory {limited.memory / 1e6:.0f} MB")


async def test_a_certificate_error_is_told_as_one(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    async with HostileServer(tls=context) as server:
        measured, reasons = await crawl(job(tmp_path, [server.url("/ok")]))
    reason, detail = reasons["ok"]
    assert (0, "the site does not answer") == (measured.code, reason)
    assert "certificate" in detail


@pytest.mark.parametrize(
    "target", ["127.0.0.2:{port}", "localhost:{port}", "169.254.169.254", "[::1]:{port}", "10.0.0.1"]
)
async def test_a_private_address_that_nobody_named_is_refused(tmp_path: Path, target: str) -> None:
    """Links and redirects alike, although the scope lets everything in."""
    async with HostileServer(host="127.0.0.1") as server, HostileServer(host="127.0.0.2", port=server.port) as inner:
        place = target.format(port=server.port)
        config = job(tmp_path, [server.url(f"/redirect-away/{place}/ok"), server.url("/ok")])
        settings = ["--set", 'scope.hosts=["*"]', "--set", "politeness.robots=false"]
        ended = await asyncio.to_thread(run, "run", config, "--json", *settings)
        errors = await asyncio.to_thread(run, "errors", config, "--json", *settings)
    assert [] == inner.requests
    assert 1 == ended.summary["pages"]["done"]
    (group,) = errors.summary["reasons"]
    assert "address" == group["reason"]


async def test_a_private_address_that_the_config_names_is_fine(tmp_path: Path) -> None:
    async with HostileServer(host="127.0.0.1") as server, HostileServer(host="127.0.0.2", port=server.port) as inner:
        config = job(tmp_path, [server.url(f"/redirect-away/{inner.authority}/ok")])
        hosts = json.dumps([server.authority, inner.authority])
        ended = await asyncio.to_thread(run, "run", config, "--json", "--set", f"scope.hosts={hosts}")
    assert (0, 1) == (ended.code, ended.summary["pages"]["done"])


async def test_a_seed_whose_name_leads_to_a_private_address_says_what_to_write(tmp_path: Path) -> None:
    """The name is that of this machine, which leads to loopback or into its own network nearly everywhere."""
    name = socket.gethostname().lower()
    try:
        address = socket.gethostbyname(name)
    except OSError:
        pytest.skip("the machine's own name is unknown")
    if forbidden(address) is None:
        pytest.skip("the machine's own address is public")
    async with HostileServer(host=address) as server:
        place = f"{name}:{server.port}"
        config = job(tmp_path, [f"http://{place}/ok"])
        settings = ["--set", "politeness.robots=false"]
        await asyncio.to_thread(run, "run", config, "--json", *settings)
        errors = await asyncio.to_thread(run, "errors", config, "--json", *settings)
        let_in = ["--set", f'fetch.private_hosts=["{place}"]']
        ended = await asyncio.to_thread(run, "run", config, "--fresh", "--yes", "--json", *settings, *let_in)
    (group,) = errors.summary["reasons"]
    assert "address" == group["reason"]
    assert f'write private_hosts = ["{place}"] under [fetch]' in group["detail"]
    assert (1, ["/ok"]) == (ended.summary["pages"]["done"], [asked.path for asked in server.requests])
