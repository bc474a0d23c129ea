"""What a run found, as `run`, `status`, `expect` and the page about quality tell it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from support.command import Ended
from support.forked_command import run
from support.graph_config import running_site, write_job

from asyncscrape.config.loading import load

RULES = """\
name = "shop"
seeds = ["{site}/index.html"]
[politeness]
delay = "0s"
robots = false
[store]
records = [{forms}]
[[page]]
match = "/index.html"
follow = ["a.item", "a.nxt"]
[[page]]
match = "/item/*"
table = "item"
key = ["url"]
[page.fields]
url = "@url"
name = "h1"
price = {{ css = ".price", type = "float" }}
day = {{ css = "time", type = "date", format = "%d.%m.%Y" }}
cover = "img.photo::attr(src)"
"""
ITEMS = 30


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and tells nobody."""

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A shop with thirty items: every third has no price, and no date is written as the rules say."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "item").mkdir()
    links = "".join(f'<a class="item" href="item/{n}.html">{n}</a>' for n in range(ITEMS))
    (folder / "index.html").write_text(links)
    for n in range(ITEMS):
        price = f'<b class="price">{n}.50</b>' if n % 3 else ""
        twin = f'<link href="/file/{n}/same.txt">' if n < 2 else ""
        (folder / "item" / f"{n}.html").write_text(f"<h1>Thing {n}</h1>{price}<time>2021-04-08</time>{twin}")
        (folder / "file" / str(n)).mkdir(parents=True)
        (folder / "file" / str(n) / "same.txt").write_text(str(n))
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def configured(folder: Path, site: str, more: str = "", forms: str = '"jsonl"') -> Path:
    path = folder / "shop.toml"
    path.write_text(RULES.format(site=site, forms=forms) + more)
    return path


def called(command: str, config: Path, *more: str) -> Ended:
    return run(command, config, "--data", config.parent, *more)


@pytest.mark.parametrize("forms", ['"jsonl"', '"parquet", "csv"'])
def test_a_wrong_format_and_a_wrong_selector_are_found_by_reading_the_summary(
    tmp_path: Path, site: str, forms: str
) -> None:
    ended = called("run", configured(tmp_path, site, forms=forms), "--json")
    found, first = ended.summary, f"{site}/item/0.html"
    assert {
        "item": {
            "rows": ITEMS,
            "replaced": 0,
            "left_out": {},
            "columns": {
                "url": {"filled": 1.0, "misfit": 0},
                "name": {"filled": 1.0, "misfit": 0},
                "price": {"filled": 0.6667, "misfit": 0, "empty_at": first},
                "day": {"filled": 0.0, "misfit": ITEMS, "empty_at": first},
                "cover": {"filled": 0.0, "misfit": 0, "empty_at": first},
            },
        }
    } == found["coverage"]
    assert [f"item: `cover` is empty in all 30 rows, for example on {first}"] == [
        text for text in found["warnings"] if "`day`" not in text
    ]
    (day,) = (text for text in found["warnings"] if "`day`" in text)
    assert day.startswith('item: `day`: 30 of 30 values do not fit %d.%m.%Y, for example "2021-04-08" on ')
    assert f"price 67 %, empty on {first}" in " ".join(ended.err.split())
    assert f"1.  item: `cover` is empty in all 30 rows, for example on {first}" in ended.err


def test_status_and_the_page_tell_the_same(tmp_path: Path, site: str) -> None:
    config = configured(tmp_path, site)
    ended = called("run", config, "--json")
    status = json.loads(called("status", config, "--json").out)
    for key in ("coverage", "unmatched", "skipped", "warnings"):
        assert ended.summary[key] == status[key]
    assert "2.  item: `day`: 30 of 30 values" in called("status", config).out
    page = tmp_path / "shop" / "report" / "quality.html"
    assert f"What each column holds is in {page}" in " ".join(ended.err.split())
    before = page.read_text(encoding="utf-8")
    assert "30 found that do not fit" in before
    called("run", config)
    assert before == page.read_text(encoding="utf-8")
    called("run", config, "--fresh", "--yes", "--max-pages", "1")
    assert "30 found that do not fit" not in (page.read_text(encoding="utf-8") if page.exists() else "")


def test_quiet_is_not_silent_about_what_looks_wrong(tmp_path: Path, site: str) -> None:
    config = configured(tmp_path, site)
    ended = called("run", config, "--quiet", "--json")
    assert 0 == ended.code
    assert 2 == len(ended.summary["warnings"])
    assert ended.summary["warnings"] == ended.err.splitlines()


@pytest.mark.parametrize("forms", ['"jsonl"', '"parquet", "csv"'])
def test_a_good_run_prints_no_warning(tmp_path: Path, site: str, forms: str) -> None:
    config = configured(tmp_path, site, forms=forms)
    good = config.read_text().replace("%d.%m.%Y", "%Y-%m-%d").replace('cover = "img.photo::attr(src)"\n', "")
    config.write_text(good)
    for again in ((), ("--again",)):
        ended = called("run", config, "--quiet", *again)
        assert (0, "", "") == (ended.code, ended.out, ended.err)
    assert "look at" not in called("status", config).out


def test_a_good_run_of_many_rules_prints_no_warning(tmp_path: Path) -> None:
    with running_site(tmp_path, pages=20, blobs=3, latency=0) as graph:
        config = write_job(tmp_path, graph.seeds)
        rules = config.read_text().split("[[page]]")
        config.write_text("[[page]]".join(rule for rule in rules if 'match  = "/retry/*"' not in rule))
        ended = run("run", config, "--quiet")
    assert (0, "", "") == (ended.code, ended.out, ended.err)


def test_a_rule_that_finds_no_row_is_told_beside_tables_with_rows(tmp_path: Path, site: str) -> None:
    rule = '[[page]]\nmatch = "/item/*"\ntable = "row"\neach = "tr.WRONG"\nkey = ["v"]\n[page.fields]\nv = "td"\n'
    config = configured(tmp_path, site, rule)
    told = 'row: no rows: match = "/item/*" (rule 3) fits 30 pages and finds none there; see `asyncscrape try`'
    assert told == called("run", config, "--json").summary["warnings"][0]
    config.write_text(config.read_text() + '[expect.row.columns]\nv = { filled = "100%" }\n')
    ended = called("run", config, "--quiet")
    assert 3 == ended.code
    assert "row: 0 rows; its columns are expected to hold values" == ended.err.splitlines()[0]
    assert f"To mend it: look at what is named above, change the config, then:  asyncscrape run {config}" in ended.err
    assert "--accept" not in ended.err


def test_the_last_run_meets_what_expect_prints(tmp_path: Path, site: str) -> None:
    config = configured(tmp_path, site)
    called("run", config)
    printed = called("expect", config)
    assert (0, "") == (printed.code, printed.err)
    config.write_text(config.read_text() + printed.out)
    item = load(config).expectations["item"]
    assert (27, 0.2) == (item.min_rows, item.drop)
    assert {"url", "name", "price"} == set(item.columns)
    assert item.columns["url"].unique
    assert 0 == called("run", config, "--again").code


def test_expect_is_not_made_from_tables_that_are_held_back(tmp_path: Path, site: str) -> None:
    config = configured(tmp_path, site, '[expect.item.columns]\nname = { filled = "50%" }\n')
    called("run", config)
    good = called("expect", config).out
    config.write_text(config.read_text().replace('name = "h1"', 'name = "h7"'))
    assert 3 == called("run", config, "--again", "--quiet").code
    held = called("expect", config)
    assert (0, good) == (held.code, held.out)
    assert "the last run is not in place; these blocks are made from the tables before it" in held.err
    called("run", config, "--accept", "--quiet")
    bad = called("expect", config)
    assert "the last run was not as expected, and these blocks are made from it: item.name: 30 of 30 " in bad.err


def test_files_that_share_a_path_are_told_although_few_failed(tmp_path: Path, site: str) -> None:
    config = configured(tmp_path, site)
    linked = 'file = { css = "link::attr(href)", type = "url", blob = "{kind}.txt" }\nkind = "time"\nname = "h1"'
    config.write_text(config.read_text().replace('name = "h1"', linked))
    ended = called("run", config, "--quiet", "--json", "--set", "fetch.max_failure_ratio=1")
    warning = ended.summary["warnings"][0]
    assert 0 == ended.code
    assert warning.startswith("1 file refused for the path, so records name a path that holds another file, or none")
    assert warning == ended.err.splitlines()[0]
    assert warning == json.loads(called("status", config, "--json").out)["warnings"][0]


def test_what_is_missed_is_told_with_examples_and_exit_3(tmp_path: Path, site: str) -> None:
    expected = "[expect.item.columns]\nprice = { filled = 0.95, max = 27 }\n"
    ended = called("run", configured(tmp_path, site, expected), "--json")
    assert 3 == ended.code
    empty, high = ended.summary["warnings"][:2]
    assert f"10 of 30 values are empty; expected: 95 % filled; see {site}/item/0.html, " in empty
    assert f"2 of 20 values are above 27, such as 28.5 ({site}/item/28.html), 29.5 ({site}/item/29.html)" in high
    assert "2 of 20 values are above 27" in (tmp_path / "shop" / "report" / "quality.html").read_text()
    status = " ".join(called("status", tmp_path / "shop.toml").out.split())
    assert "the tables are not as expected" in status
    assert "To mend it: look at what is named above, change the config, then:" in status


def test_check_tells_what_is_expected(tmp_path: Path, site: str) -> None:
    expected = (
        '[expect.item]\nrows = { min = 20, drop = "20%" }\n[expect.item.columns]\nprice = { filled = 0.6, min = 0 }\n'
    )
    told = called("check", configured(tmp_path, site, expected)).out
    assert "item: at least 20 rows, at most 20 % fewer rows than the generation before" in told
    assert "item.price: 60 % filled, at least 0" in told


def test_a_default_hides_no_selector_that_finds_nothing(tmp_path: Path, site: str) -> None:
    config = configured(tmp_path, site)
    text = config.read_text().replace('type = "float"', 'type = "float", default = 0.0')
    config.write_text(text + 'size = { css = ".size", default = "M" }\n')
    told = f"item: `size` was not found, and has its default in all 30 rows, for example on {site}/item/0.html"
    for command in (("run",), ("tables",), ("run", "--again")):
        called(command[0], config, *command[1:])
        found = json.loads(called("status", config, "--json").out)
        columns = {name: (one["filled"], one["misfit"]) for name, one in found["coverage"]["item"]["columns"].items()}
        assert ((0.6667, 0), (0.0, 0)) == (columns["price"], columns["size"])
        assert [told.partition(" in all")[0]] == [
            text.partition(" in all")[0] for text in found["warnings"] if "`size`" in text
        ]
        assert not [text for text in found["warnings"] if "`price`" in text]


def test_a_pattern_without_its_star_is_seen_by_the_links_that_were_not_followed(tmp_path: Path, site: str) -> None:
    config = configured(tmp_path, site)
    ended = called("run", config, "--set", 'scope.include=["/item/"]')
    shown = " ".join(ended.out.split())
    assert f"{ITEMS} links not followed: scope" in shown
    assert f"--set 'scope.include=[\"/item/\"]' --data {tmp_path} --skipped" in shown
