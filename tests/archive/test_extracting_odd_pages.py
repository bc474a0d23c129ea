"""`extract` after everything that may happen to a request: it ends as it did, and nothing is asked for twice."""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from support.forked_command import run
from support.graph_config import toml_lines
from support.odd_site import OddSite, Reply, page, picture, pictures, serving, to
from support.postgres_server import Database
from support.s3_server import Bucket

from asyncscrape.frontier.sqlite.frontier import SqliteFrontier

XML = {"Content-Type": "application/xml"}
ROBOTS = b"User-agent: *\nDisallow: /private/\nSitemap: HERE/map.xml\nSitemap: HERE/nomap.xml\n"
MAP = b"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'><url><loc>HERE/mapped</loc></url></urlset>"
TO_REDIRECTS = (
    "/old",
    "/old2",
    "/hop1",
    "/older",
    "/hop2",
    "/twogone",
    "/nowhere",
    "/loop",
    "/toprivate",
    "/elsewhere",
)
REPLIES = {
    "/": page("home", *TO_REDIRECTS, "/a", "/gone", "/broken", "/cut", "/private/x", "/data.json", "/files"),
    "/start": to("/begin"),
    "/begin": page("begin", "/later", "http://other.example/x"),
    "/later": page("later", "/target", "/private/y"),
    "/a": page("a", "/b"),
    "/b": page("b", "/"),
    "/old": to("/a"),
    "/old2": to("/old"),
    "/hop1": to("/hop2"),
    "/hop2": to("/final"),
    "/older": to("/final"),
    "/final": page("final"),
    "/twogone": to("/target"),
    "/target": to("/gone2"),
    "/nowhere": to("/gone"),
    "/loop": to("/loop"),
    "/toprivate": to("/private/y"),
    "/elsewhere": to("http://127.0.0.2:1/x"),
    "/broken": Reply(b"x", 500),
    "/cut": Reply(status=0),
    "/data.json": Reply(b"{broken <h1>json</h1>", headers={"Content-Type": "application/json"}),
    "/robots.txt": Reply(ROBOTS, headers={"Content-Type": "text/plain"}),
    "/map.xml": Reply(MAP, headers=XML),
    "/mapped": page("mapped"),
    "/files": page("files", more=pictures("/f/1.png", "/f/2.png", "/f/moved.png", "/f/target.png", "/f/gone.png")),
    "/f/1.png": picture("one"),
    "/f/2.png": picture("one"),
    "/f/moved.png": to("/f/target.png"),
    "/f/target.png": picture("three"),
}
RULES = """
[[page]]
match = "/*.json"
table = "item"
each = "json:items"
key = ["url"]
[page.fields]
url = "@url"

[[page]]
match = "*"
table = "page"
key = ["url"]
follow = ["a"]
[page.fields]
url = "@url"
title = "h1"

[[page]]
match = "/files"
table = "picture"
each = "p.shown"
key = ["page", "n"]
[page.fields]
page = "@url"
n = "@position"
small = { css = "img::attr(src)", blob = "pics/{name}{ext}" }
large = { css = "img::attr(src)", blob = "large/{url_hash}{ext}" }
"""
CHANGED = RULES.replace('title = "h1"', 'title = "h2"')
OF_RUN = ("requests", "bytes", "seconds", "generation", "changes")
"""What `status` says of a run, or of a generation, and not of the site."""


class Crawled(NamedTuple):
    """A site, and the folder of a job that has crawled it."""

    site: OddSite
    folder: Path

    def copy(self, folder: Path, rules: str = RULES, **more: str) -> Path:
        shutil.copytree(self.folder, folder)
        self.site.asked.clear()
        return job(folder, self.site, rules, **more)


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawled]:
    folder = tmp_path_factory.mktemp("odd") / "job"
    with serving(REPLIES) as site:
        assert 0 == run("run", job(folder, site), "--quiet").code
        yield Crawled(site, folder)


def job(
    folder: Path,
    site: OddSite,
    rules: str = RULES,
    store: str = 'records = ["jsonl"]',
    scope: str = "",
    top: str = "",
) -> Path:
    """Write the config of a job whose files lie in `folder`."""
    folder.mkdir(exist_ok=True)
    seeds = json.dumps([site.url("/"), site.url("/start")])
    head = f'name = "odd"\ndata = "{folder}"\nseeds = {seeds}\n{top or AUTO}\n'
    fetch = "[fetch]\nretries = 0\nparse_workers = 0\nmax_failure_ratio = 1.0\n"
    sections = f"{fetch}[politeness]\ndelay = '0s'\n[scope]\n{scope}\n"
    path = folder / "odd.toml"
    path.write_text(f"{head}{sections}[store]\narchive = true\n{store}\n{rules}")
    return path


AUTO = 'sitemaps = "auto"'


def told(config: Path) -> Mapping[str, Any]:
    """Everything that a job has to say, but for what a generation says of itself."""
    status = json.loads(run("status", config, "--json").out)
    return {
        "failed": json.loads(run("errors", config, "--json").out),
        "skipped": json.loads(run("errors", config, "--skipped", "--json").out),
        "status": {name: value for name, value in status.items() if name not in OF_RUN},
        **stored(config),
    }


def stored(config: Path) -> Mapping[str, Any]:
    """What a job has stored, in its state file too."""
    frontier = SqliteFrontier(config.parent / "odd")
    standing = asyncio.run(frontier.standing())
    assert standing is not None
    ends = [*asyncio.run(frontier.failures()), *asyncio.run(frontier.skipped())]
    counts = standing.totals.requests, standing.totals.merged, standing.totals.skipped
    return {"ends": sorted(map(str, ends)), "counts": counts, "tables": tables(config), "files": files(config)}


def tables(config: Path) -> Mapping[str, list[str]]:
    """The lines of each table, with the times of all fetches."""
    found = (config.parent / "odd").glob("*.jsonl")
    return {path.stem: sorted(path.read_text().splitlines()) for path in found}


def titles(config: Path) -> dict[str, str | None]:
    rows = (json.loads(line) for line in tables(config)["page"])
    return {row["url"].partition("://")[2].partition("/")[2]: row["title"] for row in rows}


def files(config: Path) -> Mapping[str, bytes]:
    folder = config.parent / "odd/blobs"
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def extracted(config: Path, *options: str) -> None:
    ended = run("extract", config, "--quiet", *options)
    assert 0 == ended.code, ended.err


def test_with_the_same_rules_nothing_changes_and_nothing_is_asked(crawled: Crawled, tmp_path: Path) -> None:
    config = crawled.copy(tmp_path / "job")
    before = told(config)
    for command in ("extract", "run", "extract"):
        assert 0 == run(command, config, "--quiet").code
        assert stored(crawled.folder / "odd.toml") == stored(config), command
    assert before == told(config)
    assert [] == crawled.site.asked
    said = json.loads(run("status", config, "--json").out)
    assert (0, 0, 3) == (said["requests"], said["bytes"], said["generation"])


def test_what_failed_may_be_tried_again(crawled: Crawled, tmp_path: Path) -> None:
    config = crawled.copy(tmp_path / "job", CHANGED)
    extracted(config)
    assert "again" in (titles(config)["a"] or "")
    assert 0 == run("retry", config).code
    assert 0 == run("run", config, "--quiet").code
    asked = {path for path in crawled.site.asked if path != "/robots.txt"}
    failed = {"/broken", "/cut", "/data.json", "/gone", "/loop", "/nomap.xml", "/f/gone.png"}
    assert failed | {"/twogone", "/target", "/gone2"} == asked


def test_a_mended_rule_reads_what_was_kept_although_its_parser_failed(crawled: Crawled, tmp_path: Path) -> None:
    mended = RULES.replace('each = "json:items"\n', "").replace(
        'url = "@url"\n', 'url = "@url"\nname = "re:<h1>(.*)</h1>"\n', 1
    )
    config = crawled.copy(tmp_path / "job", mended)
    assert "data.json" in run("errors", config).out
    extracted(config)
    [row] = map(json.loads, tables(config)["item"])
    assert "json" == row["name"]
    assert "data.json" not in run("errors", config).out
    assert [] == crawled.site.asked


def test_files_go_where_changed_rules_want_them(crawled: Crawled, tmp_path: Path) -> None:
    moved = RULES.replace('"pics/{name}{ext}"', '"icons/{name}{ext}"').replace("large/{url_hash}", "pics/{name}")
    config = crawled.copy(tmp_path / "job", moved)
    extracted(config)
    assert [] == crawled.site.asked
    whole = job(tmp_path / "whole", crawled.site, moved)
    assert 0 == run("run", whole, "--quiet").code
    assert paths(whole) == paths(config)
    found = files(config)
    assert files(whole).items() <= found.items()
    assert files(crawled.folder / "odd.toml").keys() < found.keys(), "those of before stay"


def paths(config: Path) -> list[tuple[str, str, str, str]]:
    rows = map(json.loads, tables(config)["blobs"])
    return sorted((row["url"], row["_url"], row["path"], row["sha256"]) for row in rows)


PORTRAIT = """
[[page]]
match = "/"
table = "picture"
key = ["page"]
[page.fields]
page = "@url"
title = "h1"
portrait = { css = "img.wrong::attr(src)", blob = "pics/{title}.png" }
"""


def test_another_file_for_a_path_waits_for_the_next_run(tmp_path: Path) -> None:
    """A mended rule finds the right picture: what lies at its path is the wrong one."""
    shown = '<img class="wrong" src="/icon.png"><img class="right" src="/photo.png">'
    replies = {"/": page("home", more=shown), "/icon.png": picture("icon"), "/photo.png": picture("photo")}
    with serving(replies) as site:
        config = job(tmp_path / "job", site, PORTRAIT)
        assert 0 == run("run", config, "--quiet").code
        assert {"pics/home.png": picture("icon").body} == files(config)
        ended = run("extract", job(tmp_path / "job", site, PORTRAIT.replace("wrong", "right")))
        assert (3, True) == (ended.code, "1 URL is not kept; the next run asks" in ended.err), ended.err
        [row] = map(json.loads, tables(config)["blobs"])
        assert site.url("/icon.png") == row["url"], "the tables of before stay, rather than none"
        site.asked.clear()
        assert 0 == run("run", config, "--quiet").code
        assert ["/photo.png"] == [path for path in site.asked if path != "/robots.txt"]
        assert {"pics/home.png": picture("photo").body} == files(config)
        [row] = map(json.loads, tables(config)["blobs"])
        assert site.url("/photo.png") == row["url"]


def test_equal_files_stay_one_file(crawled: Crawled, tmp_path: Path) -> None:
    config = job(tmp_path / "job", crawled.site, store='records = ["jsonl"]\ndedupe = true')
    assert 0 == run("run", config, "--quiet").code
    before = {**stored(config), "tables": paths(config)}
    assert 2 == len({path for _, _, path, _ in before["tables"]}), "one and three"
    crawled.site.asked.clear()
    extracted(config)
    assert [] == crawled.site.asked
    assert before == {**stored(config), "tables": paths(config)}


def test_a_damaged_record_and_a_lost_file_cost_only_what_they_held(crawled: Crawled, tmp_path: Path) -> None:
    config = crawled.copy(tmp_path / "job", CHANGED)
    segment = damage(config, "/b")
    ended = run("extract", config)
    assert (3, True) == (ended.code, "1 kept answer cannot be read" in ended.out), ended.err
    assert "b again" not in titles(config), "the tables of before stay"
    assert "damaged" in run("errors", config, "--skipped").out
    assert 0 == run("run", config, "--quiet").code
    assert ["/b"] == [path for path in crawled.site.asked if path != "/robots.txt"]
    whole = crawled.copy(tmp_path / "whole", CHANGED)
    extracted(whole)
    assert titles(whole) == titles(config)
    segment.unlink()
    ended = run("extract", config)
    assert (3, True) == (ended.code, "kept answers cannot be read" in ended.out), ended.err
    assert titles(whole) == titles(config), "those of before stay, with so few rows"
    assert 0 == run("run", config, "--quiet").code
    assert titles(whole) == titles(config)


def test_pages_behind_a_damaged_one_are_read(crawled: Crawled, tmp_path: Path) -> None:
    config = crawled.copy(tmp_path / "job", CHANGED)
    damage(config, "/")
    ended = run("extract", config, "--accept", "--quiet")
    assert 0 == ended.code, ended.err
    assert titles(crawled.folder / "odd.toml").keys() - {""} == titles(config).keys()
    assert 0 == run("run", config, "--quiet").code
    kept = {f"/{path}" for path in titles(config)} | {
        url.removeprefix(crawled.site.url("")) for _, url, *_ in paths(config)
    }
    assert {"/"} == kept & {*crawled.site.asked}, "beside it only what left no answer"
    whole = crawled.copy(tmp_path / "whole", CHANGED)
    extracted(whole)
    assert titles(whole) == titles(config)
    assert paths(whole) == paths(config)


def damage(config: Path, path: str) -> Path:
    """Damage the record of the answer from a path; its file."""
    archive = config.parent / "odd/archive"
    with sqlite3.connect(archive / "index.db") as index:
        asked = "SELECT place, length FROM answer WHERE url LIKE ?"
        [(place, length)] = index.execute(asked, (f"http://%:_____{path}",)).fetchall()
    [segment] = archive.glob("*.warc.gz")
    content = bytearray(segment.read_bytes())
    content[place + length // 2] ^= 0xFF
    segment.write_bytes(content)
    return segment


def test_only_matching_pages_are_read_and_no_other_is_asked_for(crawled: Crawled, tmp_path: Path) -> None:
    config = crawled.copy(tmp_path / "job", CHANGED)
    extracted(config, "--match", "/fi*")
    assert {"final", "files"} == titles(config).keys()
    assert 0 == run("run", config, "--quiet").code
    assert [] == crawled.site.asked
    extracted(config)
    assert titles(crawled.folder / "odd.toml").keys() == titles(config).keys()
    assert 0 == run("run", config, "--quiet").code
    assert [] == crawled.site.asked


@pytest.mark.parametrize(
    "limits",
    [
        {"scope": "max_depth = 1"},
        pytest.param({"scope": 'exclude = ["/b", "/f*"]'}, marks=pytest.mark.torture),
        pytest.param({"scope": "max_pages = 6"}, marks=pytest.mark.torture),
        pytest.param({"top": 'sitemaps = ["HERE/map.xml", "HERE/nomap.xml"]'}, marks=pytest.mark.torture),
    ],
    ids=str,
)
def test_limits_of_the_config_hold(crawled: Crawled, tmp_path: Path, limits: Mapping[str, str]) -> None:
    here = {name: text.replace("HERE", crawled.site.url("")) for name, text in limits.items()}
    config = job(tmp_path / "job", crawled.site, **here)
    ended = run("run", config, "--quiet").code
    before = stored(config)
    crawled.site.asked.clear()
    extracted(config)
    assert ended == run("run", config, "--quiet").code
    assert [] == crawled.site.asked
    after = stored(config)
    for name in ("ends", "tables", "files"):
        assert before[name] == after[name], name


@pytest.mark.torture
def test_tables_in_postgres_and_files_in_s3(crawled: Crawled, tmp_path: Path, postgres: Database, s3: Bucket) -> None:
    server = s3.server
    access = {"endpoint": server.endpoint, "access_key": server.access_key, "secret_key": server.secret_key}
    store = toml_lines({"records": [postgres.dsn], "blobs": f"s3://{s3.name}/odd", "s3": access})
    config = job(tmp_path / "job", crawled.site, CHANGED, store=store)
    assert 0 == run("run", config, "--quiet").code
    before = [postgres.sql(f"SELECT * FROM {table} ORDER BY 1, 2") for table in ("page", "picture", "blobs")]
    files_before = s3.contents("odd/pics/") | s3.contents("odd/large/")
    crawled.site.asked.clear()
    extracted(config)
    assert [] == crawled.site.asked
    assert before == [postgres.sql(f"SELECT * FROM {table} ORDER BY 1, 2") for table in ("page", "picture", "blobs")]
    assert files_before == s3.contents("odd/pics/") | s3.contents("odd/large/")
    extracted(job(tmp_path / "job", crawled.site, RULES, store=store))
    assert [["a"]] == postgres.sql("SELECT title FROM page WHERE url LIKE '%/a'")
    assert [] == crawled.site.asked
