"""The replica's web server: one process for all sites, told apart by the Host header.

Run as a module, it prints its port on the first line and serves until it is stopped. With `--while-stdin` it stops
when its standard input closes, so that it cannot outlive the process that started it, however that one ends.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import threading
from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from html import escape
from importlib import import_module
from pathlib import Path

from aiohttp import web

from asyncscrape.replica import control
from asyncscrape.replica.answers import Asked, Reply, Site
from asyncscrape.replica.behaviour import Switches
from asyncscrape.replica.crowd.nouns import crowd_of

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


def sites(switches: Switches | None = None) -> dict[str, Site]:
    """All sites by host name; newly made, so that each server starts with a clean memory.

    Each folder beside this file with a module `sites` makes its own, in that module's function `sites`.
    """
    switches = switches or Switches()
    known: dict[str, Site] = {}
    for module in sorted(Path(__file__).parent.glob("*/sites.py")):
        known |= import_module(f"asyncscrape.replica.{module.parent.name}.sites").sites(switches)
    return known | {control.HOST: control.Control(switches)}


async def serve(host: str, port: int, ready: Callable[[int], None], switches: Switches | None = None) -> None:
    """Serve until cancelled; `ready` gets the port, in case 0 was asked for."""
    switches = switches or Switches()
    answering = web.Server(handler(sites(switches), switches), access_log=None)
    runner = web.ServerRunner(answering, shutdown_timeout=0.2)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        ready(runner.addresses[0][1])
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()


def handler(known: Mapping[str, Site], switches: Switches) -> Handler:
    """The function for every request: it finds the site, sends its answer, and notes what was asked."""

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        name, _, port = request.host.lower().partition(":")
        site = known.get(name)
        if site is None:
            return _response(_unknown(name, port, known), request)
        if request.method not in site.methods:
            return _response(Reply(b"", status=405, headers={"Allow": ", ".join(site.methods)}), request)
        body = await request.read() if request.can_read_body else b""
        answer = site.answer(Asked(name, request.path_qs, request.method, request.headers, body))
        if name != control.HOST:
            switches.log.append((name, request.path_qs, answer.status))
        if answer.delay:
            await asyncio.sleep(answer.delay)
        return _response(answer, request)

    return handle


def _response(answer: Reply, request: web.BaseRequest) -> web.Response:
    headers = {"Content-Type": answer.content_type, **answer.headers}
    body = answer.body
    if "gzip" in request.headers.get("Accept-Encoding", "") and answer.packed is not None:
        body = answer.packed
        headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    return web.Response(body=body, status=answer.status, headers=headers)


def _unknown(name: str, port: str, known: Mapping[str, Site]) -> Reply:
    """A page for people who come without a known Host header."""
    place = f":{port}" if port else ""
    hosts = "".join(f'<li><a href="http://{host}{escape(place)}/">{host}</a></li>' for host in sorted(known))
    text = f"""<!doctype html><html lang="en"><meta charset="utf-8"><title>Which site?</title>
<h1>No site is called “{escape(name)}” here</h1>
<p>This server holds local copies of several sites and looks at the Host header. It knows:</p><ul>{hosts}</ul>
<p>Names ending in <code>.localhost</code> work in a browser as they are. For the others, let the config say
<code>[fetch.origins]</code>, or try <code>curl -H "Host: {next(iter(known))}" http://127.0.0.1{escape(place)}/</code>.</p>
"""
    return Reply(text.encode(), status=404)


def main() -> None:
    """`python -m asyncscrape.replica.serve`"""
    arguments = argparse.ArgumentParser(description="Serve local copies of the sources on loopback.")
    arguments.add_argument("--host", default="127.0.0.1")
    arguments.add_argument("--port", type=int, default=8088, help="port to listen on; 0 takes a free one")
    arguments.add_argument("--while-stdin", action="store_true", help="stop when standard input closes")
    arguments.add_argument(
        "--today", type=date.fromisoformat, help="the date to assume, such as 2026-11-20; default: today in UTC"
    )
    arguments.add_argument("--crowd", action="append", default=[], help="a parameter of the crowd: accounts=3000")
    options = arguments.parse_args()
    switches = Switches(options.today, crowd_of(options.crowd))
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve_from_shell(options.host, options.port, options.while_stdin, switches))


async def _serve_from_shell(host: str, port: int, while_stdin: bool, switches: Switches) -> None:
    serving = asyncio.ensure_future(serve(host, port, lambda actual: print(actual, flush=True), switches))
    if while_stdin:
        stop = asyncio.get_running_loop().call_soon_threadsafe
        threading.Thread(target=_await_end_of_input, args=(lambda: stop(serving.cancel),), daemon=True).start()
    with contextlib.suppress(asyncio.CancelledError):
        await serving


def _await_end_of_input(then: Callable[[], object]) -> None:
    # Bare reads: a thread that holds sys.stdin's lock would make the interpreter fail at its end.
    while os.read(0, 1024):
        pass
    then()


if __name__ == "__main__":
    main()
