"""The first process that parses starts while the first answer is on its way, so that no page waits for it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from aiohttp import web
from support.command import start, until
from support.crawling import configured
from support.hosts_server import page, serving
from support.parser_processes import parsers_of


async def test_the_first_worker_starts_before_the_first_answer(tmp_path: Path) -> None:
    running: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    before: list[int] = []

    async def held(request: web.Request) -> web.StreamResponse:
        """Answer once there is a process that could parse the answer."""
        process = await running
        await asyncio.to_thread(until, lambda: before.extend(parsers_of(process)) or before)
        return page()

    async with serving({"shop": held}) as hosts:
        fetch = {"parse_workers": 1, "timeout": "60s", "read_timeout": "60s"}
        configured(tmp_path, [hosts.url("shop", "/")], fetch=fetch, politeness={"robots": False})
        process = start("run", tmp_path / "job.toml", "--quiet")
        running.set_result(process.pid)
        _, told = await asyncio.to_thread(process.communicate)
    assert 0 == process.returncode, told
    assert 1 == len(before)
    assert ["/"] == hosts.paths("shop")
