"""A test site that logs its requests: a connected graph of pages, JSON and files, each answer delayed.

    cd tests; python -m support.graph_site --port 0 --log FILE [--pages 3000] [--latency 0.05] [--blobs 300] …

The first line it prints is its port. It knows nothing of asyncscrape, so a shared mistake cannot hide.

    /p/<n>.html   a page: one record, a table of ten rows, links to other pages, sometimes to JSON and to a picture;
                  with --across also a link to the same page of the next host
    /j/<n>.json   a list of five items, no further links
    /b/<n>.png    a few KB that look like a picture
    /retry/<n>    429 or 503 with Retry-After (seconds or a date) the first time it is asked, a page afterwards
    /to/<h>/<n>   a redirect to page n of host 127.0.1.<h>
    /robots.txt   what --robots says, else 404; with --robots-at H the other hosts redirect to that of 127.0.1.H

The log has one line for each request, written unbuffered before the answer leaves:

    start end open_host open_all status not_before agent host path

`start` and `end` are time.monotonic(), which all processes of a machine share; `start` is when the kernel had the
request. `open_host` and `open_all` count the requests that were open when this one came, itself included.
`not_before` is when Retry-After ends, on the same clock, else 0; `agent` is the last word of the user agent. A client
has its answer after `end`, so requests that overlap in the log were open together.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import os
import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.utils import formatdate
from html import escape
from pathlib import Path
from random import Random

from aiohttp import web

from support.arrivals import Listening, arrival
from support.arrivals import listening as listening_at

ROWS = 10
ITEMS = 5
PAGES_PER_JSON = 10
"""Every tenth page links to JSON."""
ELSEWHERE = re.compile(r"/to/(\d+)/(\d+)")


@dataclass(frozen=True)
class Graph:
    """The contents of the site: pure functions of the numbers of pages and blobs."""

    pages: int = 3000
    blobs: int = 300
    picture_size: int = 0
    """Bytes of a picture; 0 is between 2 and 6 KB."""

    def links(self, n: int) -> list[int]:
        """Two children, which make it connected, and three pages anywhere, which make it a graph."""
        children = [child for child in (2 * n + 1, 2 * n + 2) if child < self.pages]
        random = Random(n)
        return children + [random.randrange(self.pages) for _ in range(3)]

    def blob(self, n: int) -> int | None:
        """The number of the page's picture; some pages share one."""
        every = max(1, self.pages // self.blobs) if self.blobs else 0
        return (n // every) % self.blobs if every and n % every == 0 else None

    def json(self, n: int) -> int | None:
        """The number of the JSON the page links to."""
        return n // PAGES_PER_JSON if n % PAGES_PER_JSON == 0 else None

    def paths(self) -> set[str]:
        """Everything a whole crawl asks for, apart from robots.txt."""
        pages = range(self.pages)
        found = {f"/p/{n}.html" for n in pages}
        found |= {f"/j/{j}.json" for n in pages if (j := self.json(n)) is not None}
        return found | {f"/b/{b}.png" for n in pages if (b := self.blob(n)) is not None}


def name(n: int) -> str:
    """The name of page n; not all of it is ASCII or harmless."""
    return f"Page {n} – “{Random(f'name {n}').choice(['ä', '&', '<b>', 'ø', ',', '日本'])}”"


def rows(n: int) -> list[tuple[int, str, float]]:
    """The table on page n: position, day, value."""
    random = Random(f"rows {n}")
    return [
        (i, f"2026-{random.randrange(1, 13):02}-{i:02}", random.randrange(10_000) / 8) for i in range(1, ROWS + 1)
    ]


def items(n: int) -> list[dict[str, object]]:
    """The items of JSON n."""
    return [{"id": n * ITEMS + i, "name": f"item {n}/{i}", "value": (n * 7 + i) / 4} for i in range(ITEMS)]


def picture(n: int, size: int = 0) -> bytes:
    """The bytes of blob n."""
    random = Random(f"blob {n}")
    return b"\x89PNG\r\n\x1a\n" + random.randbytes(size or random.randrange(2_000, 6_000))


def page(graph: Graph, n: int, across: str = "") -> str:
    """The HTML of page n, with a link to another host if one is given."""
    lines = "".join(
        f'<tr class="row"><td class="n">{i}</td><td class="day">{day}</td><td class="value">{value}</td></tr>\n'
        for i, day, value in rows(n)
    )
    links = "".join(f'<li><a class="page" href="{to}.html">page {to}</a></li>\n' for to in graph.links(n))
    json = graph.json(n)
    more = f'<p><a class="json" href="/j/{json}.json">as JSON</a></p>' if json is not None else ""
    more += f'<p><a class="across" href="{across}">elsewhere</a></p>' if across else ""
    blob = graph.blob(n)
    image = f'<img class="pic" src="/b/{blob}.png" alt="">' if blob is not None else ""
    return f"""<!doctype html>
<html><head><meta charset="utf-8"><title>{n}</title></head><body>
<h1>{escape(name(n))}</h1><p class="number">{n}</p>{image}
<table>
{lines}</table>
<ul>
{links}</ul>{more}
</body></html>
"""


@dataclass
class Desk:
    """Take requests, answer after a while, and keep the log."""

    graph: Graph
    latency: float
    robots: str | None
    robots_at: int | None
    across: int
    """The number of hosts, if pages lead from one to the next."""
    retry_after: int
    log: int
    """File descriptor, opened for appending."""
    open: Counter[str] = field(default_factory=Counter)
    asked: set[tuple[str, str]] = field(default_factory=set)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        start, host = arrival(request), request.host
        self.open[host] += 1
        here, everywhere = self.open[host], self.open.total()
        await asyncio.sleep(self.latency)
        response, not_before = self.answer(host, request.path)
        self.open[host] -= 1
        end = time.monotonic()
        agent = (request.headers.get("User-Agent") or "-").split()[-1]
        facts = f"{start:.6f} {end:.6f} {here} {everywhere} {response.status} {not_before:.6f} {agent}"
        os.write(self.log, f"{facts} {host} {request.path_qs}\n".encode())
        return response

    def answer(self, host: str, path: str) -> tuple[web.Response, float]:
        """The answer, and the monotonic time until which the host wants no more requests (0: none)."""
        kind, _, rest = path.removeprefix("/").partition("/")
        n = int(number) if (number := rest.partition(".")[0]).isdecimal() else -1
        if (
            path == "/robots.txt"
            and self.robots_at is not None
            and not host.startswith(address(self.robots_at) + ":")
        ):
            return redirect(host, self.robots_at, path), 0
        if path == "/robots.txt" and self.robots is not None:
            return web.Response(text=self.robots), 0
        if kind == "retry" and n >= 0:
            return self.refuse_once(host, path, n)
        if to := ELSEWHERE.fullmatch(path):
            return redirect(host, int(to[1]), f"/p/{to[2]}.html"), 0
        if f"/{kind}/{rest}" != path or n < 0:
            return web.Response(text="nothing here", status=404), 0
        return self.content(host, kind, n), 0

    def next(self, host: str, n: int) -> str:
        """The same page of the next host."""
        if not self.across:
            return ""
        name, _, port = host.partition(":")
        return f"http://{address(int(name.rpartition('.')[2]) % self.across + 1)}:{port}/p/{n}.html"

    def robots_txt(self, host: str, text: str) -> web.Response:
        if self.robots_at is None or host.startswith(f"{address(self.robots_at)}:"):
            return web.Response(text=text)
        return redirect(host, self.robots_at, "/robots.txt")

    def content(self, host: str, kind: str, n: int) -> web.Response:
        match kind:
            case "p" if n < self.graph.pages:
                return web.Response(text=page(self.graph, n, self.next(host, n)), content_type="text/html")
            case "j" if n * PAGES_PER_JSON < self.graph.pages:
                return web.json_response({"data": {"items": items(n)}, "paging": {"next": None}})
            case "b" if n < self.graph.blobs:
                return web.Response(body=picture(n, self.graph.picture_size), content_type="image/png")
        return web.Response(text="nothing here", status=404)

    def refuse_once(self, host: str, path: str, n: int) -> tuple[web.Response, float]:
        """Odd numbers say 503, even ones 429; of each four, the first two count seconds, the others name a date."""
        if (host, path) in self.asked:
            return web.Response(text=page(self.graph, n), content_type="text/html"), 0
        self.asked.add((host, path))
        if n % 4 < 2:
            value, wait = str(self.retry_after), float(self.retry_after)
        else:
            until = math.ceil(time.time()) + self.retry_after
            value, wait = formatdate(until, usegmt=True), until - time.time()
        response = web.Response(text="later", status=503 if n % 2 else 429, headers={"Retry-After": value})
        return response, time.monotonic() + wait


def redirect(host: str, to: int, path: str) -> web.Response:
    """A redirect to another host on the same port."""
    port = host.rpartition(":")[2]
    return web.Response(status=302, headers={"Location": f"http://{address(to)}:{port}{path}"})


def address(number: int) -> str:
    """The address of a host, from 1."""
    return f"127.0.1.{number}"


async def serve(desk: Desk, sockets: list[Listening]) -> None:
    """Answer until the process ends."""
    runner = web.ServerRunner(web.Server(desk.handle, access_log=None))
    await runner.setup()
    for listening in sockets:
        await web.SockSite(runner, listening, backlog=1024).start()
    print(sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


def listening(port: int, hosts: int) -> Iterator[Listening]:
    """Sockets on one port: 127.0.0.1, or 127.0.1.1 to 127.0.1.<hosts>."""
    for host in [address(number) for number in range(1, hosts + 1)] or ["127.0.0.1"]:
        yield (one := listening_at(host, port))
        port = one.getsockname()[1]


def arguments() -> argparse.Namespace:
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--port", type=int, default=0)
    options.add_argument("--log", type=Path, required=True)
    options.add_argument("--pages", type=int, default=3000)
    options.add_argument("--blobs", type=int, default=300)
    options.add_argument("--picture-size", type=int, default=0)
    options.add_argument("--latency", type=float, default=0.05, help="seconds before each answer")
    options.add_argument("--hosts", type=int, default=0, help="bind 127.0.1.1 to 127.0.1.N instead of 127.0.0.1")
    options.add_argument("--robots", help="the text of robots.txt; without it, 404")
    options.add_argument("--robots-at", type=int, help="the host to whose robots.txt those of the others redirect")
    options.add_argument("--across", action="store_true", help="link each page to the same one of the next host")
    options.add_argument("--retry-after", type=int, default=1, help="seconds that /retry/<n> asks for")
    return options.parse_args()


def main() -> None:
    asked = arguments()
    log = os.open(asked.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    graph = Graph(asked.pages, asked.blobs, asked.picture_size)
    across = asked.hosts if asked.across else 0
    desk = Desk(graph, asked.latency, asked.robots, asked.robots_at, across, asked.retry_after, log)
    asyncio.run(serve(desk, list(listening(asked.port, asked.hosts))))


if __name__ == "__main__":
    main()
