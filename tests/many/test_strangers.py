"""Sites as people make them, read by several workers: links by http and https, spelt in many ways, to other hosts;
and pictures that all sites take from one.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from pathlib import Path

from aiohttp import web
from support.graph_config import write_job
from support.herd import codes, herd
from support.hosts_server import Hosts, page, serving
from support.postgres_server import Database
from support.s3_server import Bucket
from support.team_jobs import SCHEMA, files_in, rows_of

PAGES = 8
PICTURES = 3
SITES = ("wiki", "docs")
NAMES = ("w1", "w2")
RULES = """
[[page]]
match  = "/*.html"
table  = "page"
key    = ["site", "number"]
follow = ["a"]
[page.fields]
site    = "xpath://body/@class"
number  = { css = "h1", type = "int" }
picture = { css = "img", blob = "all/{url_hash}{ext}" }
own     = { css = "img", blob = "{site}/{number}/{name}" }
"""


def text(site: str, number: int) -> str:
    """A page that leads to the next one and to the same one of the other site, each in a spelling of its own."""
    other = SITES[1 - SITES.index(site)]
    links = [
        f"http://{other}.example/{number}.html#top",
        f"HTTPS://{site.title()}.Example:443/a/../{number + 1}.html",
    ]
    anchors = "".join(f'<a href="{link}">on</a>' for link in links[: 1 if number + 1 == PAGES else 2])
    picture = f'<img src="//media.example/{number % PICTURES}.png">'
    return f'<body class="{site}"><h1>{number}</h1>{anchors}{picture}</body>'


class Web:
    """Three hosts by https, and one that leads there from http."""

    def __init__(self) -> None:
        self.agents: defaultdict[str, set[str]] = defaultdict(set)
        """The workers that have asked, by host."""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """A page or a picture."""
        name, path = request.host.partition(".")[0], request.path
        self.agents[name].add(request.headers["User-Agent"].split()[-1])
        await asyncio.sleep(0.03)
        if path == "/robots.txt":
            return web.Response(status=404)
        if name == "media":
            return web.Response(body=path.encode() * 100, content_type="image/png")
        return page(text(name, int(path[1:].partition(".")[0])))

    async def lead(self, request: web.Request) -> web.StreamResponse:
        """Lead to the same thing by https."""
        await asyncio.sleep(0.03)
        return web.Response(status=301, headers={"Location": f"https://{request.host}{request.path}"})

    def answers(self) -> dict[str, object]:
        return dict.fromkeys(("wiki", "docs", "media"), self.answer) | {"http": self.lead}


def write(folder: Path, hosts: Hosts, database: Database, bucket: Bucket) -> Path:
    by_https = {f"https://{name}.example": hosts.url(name, "") for name in ("wiki", "docs", "media")}
    by_http = {f"http://{name}.example": hosts.url("http", "") for name in SITES}
    return write_job(
        folder,
        ["https://wiki.example/0.html"],
        stores=(database.store(SCHEMA),),
        frontier={"url": database.dsn, "lease": "2s"},
        scope={"hosts": [f"{name}.example" for name in SITES]},
        politeness={"robots": True, "delay": "20ms"},
        fetch={"parse_workers": 0, "origins": by_https | by_http},
        store=files_in(bucket),
        rules=RULES,
    )


async def test_each_page_and_picture_is_asked_once_whoever_finds_it(
    tmp_path: Path, postgres: Database, s3: Bucket
) -> None:
    """A picture has a path for each page that shows it, and the workers of these pages are others than its own."""
    sites = Web()
    async with serving(sites.answers()) as hosts:  # type: ignore[arg-type]
        with herd(write(tmp_path, hosts, postgres, s3), *NAMES) as workers:
            assert {"w1": 0, "w2": 0} == codes(await asyncio.to_thread(workers.ended))
        asked = {name: hosts.paths(name) for name in (*SITES, "media", "http")}
    everywhere = [(site, number) for site in SITES for number in range(PAGES)]
    rows = rows_of(postgres, "page")
    assert sorted(everywhere) == sorted((row["site"], row["number"]) for row in rows)
    pictures = [f"/{number}.png" for number in range(PICTURES)]
    assert sorted(["/robots.txt", *pictures]) == sorted(asked["media"])
    for site in SITES:  # the rules are read once for http and once for https
        pages = [f"/{number}.html" for number in range(PAGES)]
        assert sorted(["/robots.txt", "/robots.txt", *pages]) == sorted(asked[site])
    found = s3.contents("files/")
    for row in rows:
        wanted = f"/{row['number'] % PICTURES}.png".encode() * 100
        assert {wanted} == {found[row["picture_path"]], found[row["own_path"]]}
    assert len(everywhere) + PICTURES == len(found) == len(rows_of(postgres, "blobs"))
    assert set(NAMES) == set().union(*sites.agents.values())
