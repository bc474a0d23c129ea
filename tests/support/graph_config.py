"""The crawler's side of graph_site.py: start the site, write a job for it, read the job's results."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import polars

from support import graph_keys, graph_site
from support.forked import Forked
from support.job_frontier import state_keys

NAME = "graph"
Row = dict[str, Any]

RULES = """
[[page]]
match  = "/p/*.html"
table  = "page"
key    = ["url"]
follow = ["a.page", "a.json"]
[page.fields]
url    = "@url"
number = { css = "p.number", type = "int" }
name   = "h1"
links  = { css = "a.page", many = true }
pic    = { css = "img.pic::attr(src)", blob = "pics/{url_hash}{ext}" }

[[page]]
match  = "/p/*.html"
table  = "row"
each   = "tr.row"
key    = ["url", "n"]
[page.fields]
url    = "@url"
n      = "@position"
day    = { css = "td.day", type = "date" }
value  = { css = "td.value", type = "float" }

[[page]]
match  = "/j/*.json"
table  = "item"
each   = "json:data.items"
key    = ["url", "id"]
[page.fields]
url    = "@url"
id     = { json = "id", type = "int" }
name   = "json:name"
value  = { json = "value", type = "float" }

[[page]]
match  = "/retry/*"
table  = "retried"
key    = ["url"]
[page.fields]
url    = "@url"
"""

PATIENT = dict.fromkeys(("timeout", "connect_timeout", "read_timeout", "parse_timeout"), "2m")
"""No page fails because the machine is slow."""
TABLES = ("page", "row", "item")

LAST_DIGITS = "".join(
    f"""last{digit}  = {{ css = "p.number", re = '(\\d*{digit})$', type = "int" }}\n""" for digit in range(10)
)
HARDER_RULES = f"""
[[page]]
match  = "/p/*.html"
table  = "tens"
each   = "body"
key    = ["tens"]
merge  = true
[page.fields]
tens   = {{ css = "p.number", re = '^(\\d+)\\d$', type = "int" }}
{LAST_DIGITS}
[[page]]
match  = "/p/*.html"
table  = "{graph_keys.TABLE}"
key    = ["key"]
parser = "{graph_keys.__name__.rpartition(".")[2]}:read"
"""
"""Rows that several pages make together, and rows that other pages withdraw."""
HARDER_TABLES = ("tens", graph_keys.TABLE)
EVERY_TABLE = (*TABLES, *HARDER_TABLES, "blobs")


class Asked(NamedTuple):
    """One line of the site's log."""

    start: float
    end: float
    open_host: int
    open_all: int
    status: int
    not_before: float
    agent: str
    host: str
    path: str


@dataclass(frozen=True)
class Site:
    """A running graph site."""

    graph: graph_site.Graph
    port: int
    hosts: int
    log_file: Path

    @property
    def authorities(self) -> list[str]:
        """Host and port of each host it listens on."""
        names = [f"127.0.1.{i}" for i in range(1, self.hosts + 1)] or ["127.0.0.1"]
        return [f"{name}:{self.port}" for name in names]

    @property
    def seeds(self) -> list[str]:
        """The first page of each host; everything else can be reached from there."""
        return [f"http://{authority}/p/0.html" for authority in self.authorities]

    def log(self) -> list[Asked]:
        """Its requests so far, oldest answer first."""
        lines = (line.split(" ", 8) for line in self.log_file.read_text().splitlines())
        return [
            Asked(float(a), float(b), int(c), int(d), int(e), float(f), agent, host, path)
            for a, b, c, d, e, f, agent, host, path in lines
        ]

    def repeats(self) -> int:
        """Requests beyond the first for the same thing."""
        return sum(count - 1 for count in Counter((asked.host, asked.path) for asked in self.log()).values())


@contextmanager
def running_site(
    folder: Path,
    *,
    pages: int = 3000,
    blobs: int = 300,
    hosts: int = 0,
    latency: float = 0.05,
    picture_size: int = 0,
    more: Sequence[str] = (),
) -> Iterator[Site]:
    """A graph site in its own process; `more` are further options of graph_site.py."""
    log = folder / "graph_site.log"
    graph = graph_site.Graph(pages, blobs, picture_size)
    sizes = {"--log": log, "--pages": pages, "--blobs": blobs, "--hosts": hosts, "--latency": latency}
    sizes |= {"--picture-size": picture_size}
    options = [str(part) for option in sizes.items() for part in option]
    with Forked([graph_site.__file__, *options, *more], os.environ) as process:
        try:
            yield Site(graph, int(process.first_line()), hosts, log)
        finally:
            process.terminate()


def write_job(
    folder: Path,
    seeds: Sequence[str],
    *,
    stores: Sequence[str] = ("jsonl",),
    scope: Mapping[str, Any] | None = None,
    politeness: Mapping[str, Any] | None = None,
    fetch: Mapping[str, Any] | None = None,
    store: Mapping[str, Any] | None = None,
    frontier: Mapping[str, Any] | None = None,
    rules: str = RULES,
) -> Path:
    """Write `graph.toml`: no delay and no robots unless asked for. The job's files will lie in `folder/graph`."""
    pace = {"delay": "0s", "per_host": 16, "concurrency": 64, "robots": False, **(politeness or {})}
    sections = {
        "scope": scope or {},
        "politeness": pace,
        "fetch": {**PATIENT, **(fetch or {})},
        "store": {"records": list(stores), "blobs": "files", **(store or {})},
        **({"frontier": state} if (state := frontier or state_keys(folder)) else {}),
    }
    top = toml_lines({"name": NAME, "data": str(folder), "seeds": list(seeds)})
    text = "\n".join([top, *(f"[{name}]\n{toml_lines(values)}" for name, values in sections.items()), rules])
    shutil.copy(graph_keys.__file__, folder)
    path = folder / f"{NAME}.toml"
    path.write_text(text)
    return path


def toml_lines(values: Mapping[str, Any]) -> str:
    return "".join(f"{key} = {toml_value(value)}\n" for key, value in values.items())


def toml_value(value: Any) -> str:
    """A value as TOML, which looks like JSON except for tables."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{json.dumps(key)} = {toml_value(each)}" for key, each in value.items()) + " }"
    return json.dumps(value)


@dataclass(frozen=True)
class Finished:
    """The results of a finished job: two runs of the same job must be equal."""

    tables: dict[str, list[Row]]
    """Rows in a fixed order, without what depends on the time of the fetch. A doubled row appears twice."""
    blobs: dict[str, str]
    """SHA-256 of each file by its path in the blob store."""

    def columns(self, table: str, *names: str) -> list[Row]:
        """Some columns of a table."""
        return _ordered({name: row[name] for name in names} for row in self.tables[table])


def finished(folder: Path, form: str = "jsonl", tables: Sequence[str] = (*TABLES, "blobs")) -> Finished:
    """Read the tables in one of their forms, and the blobs, of the job under `folder`."""
    job = folder / NAME
    stored = {table: _ordered(_read(job / f"{table}.{form}"), chance(table)) for table in tables}
    files = (path for path in (job / "blobs").rglob("*") if path.is_file())
    sums = {str(path.relative_to(job / "blobs")): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    return Finished(stored, sums)


def _read(path: Path) -> list[Row]:
    if path.suffix == ".parquet":
        return polars.read_parquet(path).rows(named=True)
    with path.open(encoding="utf-8", newline="") as lines:
        if path.suffix == ".csv":
            return [dict(row) for row in csv.DictReader(lines)]
        return [*map(msgspec.json.decode, lines)]


def chance(table: str) -> tuple[str, ...]:
    """The columns of a table that depend on the time of the fetch."""
    return ("_fetched_at", "_url", "_ranks") if table == "tens" else ("_fetched_at",)


def _ordered(rows: Iterable[Row], without: Sequence[str] = ("_fetched_at",)) -> list[Row]:
    plain = [{name: _plain(value) for name, value in row.items() if name not in without} for row in rows]
    return sorted(plain, key=order)


def order(row: Row) -> bytes:
    """Put rows into an order that is the same wherever they come from."""
    return msgspec.json.encode(row, order="sorted")


def _plain(value: Any) -> Any:
    """Dates as text, as JSON and CSV have them."""
    return value.isoformat() if isinstance(value, date) else value


def expected(graph: graph_site.Graph, authorities: Sequence[str]) -> dict[str, list[Row]]:
    """The expected finds of a whole crawl, computed without crawling: the rules' columns, except the picture."""
    origins = [f"http://{authority}" for authority in authorities]
    pages = [(f"{origin}/p/{n}.html", n) for origin in origins for n in range(graph.pages)]
    numbers = sorted({number for _, n in pages if (number := graph.json(n)) is not None})
    lists = [(f"{origin}/j/{n}.json", n) for origin in origins for n in numbers]
    return {
        "page": _ordered([_page(graph, url, n) for url, n in pages]),
        "row": _ordered(
            [
                {"url": url, "n": i, "day": day, "value": value}
                for url, n in pages
                for i, day, value in graph_site.rows(n)
            ]
        ),
        "item": _ordered([{"url": url, **item} for url, n in lists for item in graph_site.items(n)]),
    }


def expected_harder(numbers: set[int]) -> dict[str, list[Row]]:
    """The expected finds of the harder rules on the pages of these numbers, without the origin of the rows."""
    tens: dict[int, Row] = {}
    for number in numbers:
        if number >= 10:
            tens.setdefault(number // 10, {"tens": number // 10})[f"last{number % 10}"] = number
    return {
        "tens": _ordered(tens.values()),
        graph_keys.TABLE: _ordered([{"key": key} for key in graph_keys.left(numbers)]),
    }


def _page(graph: graph_site.Graph, url: str, n: int) -> Row:
    return {"url": url, "number": n, "name": graph_site.name(n), "links": [f"page {to}" for to in graph.links(n)]}


def expected_blobs(graph: graph_site.Graph) -> set[str]:
    """SHA-256 of every picture that a page shows."""
    shown = {blob for n in range(graph.pages) if (blob := graph.blob(n)) is not None}
    return {hashlib.sha256(graph_site.picture(blob, graph.picture_size)).hexdigest() for blob in shown}
