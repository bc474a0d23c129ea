"""`extract` in the life of a job: after other crawls, other rules, kills, and archives of older versions."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from support.command import until
from support.forked_command import run, start
from support.graph_config import toml_value
from support.odd_site import OddSite, Reply, page, serving, to

RULES = """
[[page]]
match = "*"
table = "page"
key = ["url"]
follow = ["a"]
[page.fields]
url = "@url"
title = "h1"
"""
CHANGED = RULES.replace('title = "h1"', 'title = "h2"')
MORE = RULES.replace('follow = ["a"]', 'follow = ["a", "area"]')
PAGES = 24


@pytest.fixture
def site() -> Iterator[OddSite]:
    """A chain of pages, each with a link to a page that only other rules follow."""
    chain = {f"/{n}": page(f"page {n}", f"/{n + 1}", more=f'<area href="/more/{n}">') for n in range(PAGES)}
    with serving({**chain, f"/{PAGES}": page("last")}) as site:
        yield site


def job(folder: Path, site: OddSite, rules: str = RULES, *, archive: bool = True, more: str = "") -> Path:
    """Write the config of a job whose files lie in `folder`."""
    folder.mkdir(exist_ok=True)
    path = folder / "chain.toml"
    path.write_text(
        f'name = "chain"\ndata = "{folder}"\nseeds = ["{site.url("/0")}"]\n'
        "[fetch]\nretries = 0\nparse_workers = 0\nmax_failure_ratio = 1.0\n"
        '[politeness]\ndelay = "0s"\nrobots = false\n'
        f'[store]\nrecords = ["jsonl"]\narchive = {toml_value(archive)}\n{more}{rules}'
    )
    return path


def titles(config: Path) -> dict[str, str]:
    rows = map(json.loads, (config.parent / "chain/page.jsonl").read_text().splitlines())
    return {"/" + row["url"].split("/", 3)[3]: row["title"] for row in rows}


def done(config: Path) -> int:
    """Pages done so far."""
    with closing(sqlite3.connect(f"file:{config.parent / 'chain/state.db'}?mode=ro", uri=True)) as state:
        rows = state.execute("SELECT n FROM tally WHERE name = 'page.done'").fetchall()
    return int(rows[0][0]) if rows else 0


def succeeded(command: str, config: Path, *options: str) -> str:
    ended = run(command, config, *options)
    assert 0 == ended.code, ended.err
    return ended.err


def test_only_the_last_crawl_counts(site: OddSite, tmp_path: Path) -> None:
    config = job(tmp_path, site)
    succeeded("run", config)
    site.replies[f"/{PAGES}"] = Reply(b"gone", 404)
    site.replies[f"/{PAGES - 1}"] = to(f"/{PAGES}")
    site.replies["/5"] = page("another five", "/6")
    succeeded("run", config, "--again", "--accept")
    site.asked.clear()
    config = job(tmp_path, site, CHANGED)
    succeeded("extract", config)
    assert {f"/{n}" for n in range(PAGES - 1)} == titles(config).keys()
    assert "another five again" == titles(config)["/5"]
    succeeded("run", config)
    assert [] == site.asked


@pytest.mark.torture
def test_answers_of_a_crawl_before_do_not_stand_in_for_those_that_were_not_kept(
    site: OddSite, tmp_path: Path
) -> None:
    config = job(tmp_path, site)
    succeeded("run", config)
    site.replies["/5"] = page("another five", "/6")
    succeeded("run", job(tmp_path, site, archive=False), "--again")
    refused = run("extract", job(tmp_path, site))
    assert (2, True) == (refused.code, f"{PAGES + 1} of {PAGES + 1} pages" in refused.err), refused.err
    assert "--yes" in refused.err
    site.asked.clear()
    ended = run("extract", config, "--yes")
    assert (3, True) == (ended.code, "1 URL is not kept" in ended.err), ended.err
    assert "another five" == titles(config)["/5"], "the tables of before stay"
    succeeded("run", config)
    assert (PAGES + 1, "another five") == (len(site.asked), titles(config)["/5"])


@pytest.mark.torture
def test_an_archive_that_is_off_by_now_is_read_all_the_same(site: OddSite, tmp_path: Path) -> None:
    succeeded("run", job(tmp_path, site))
    site.asked.clear()
    config = job(tmp_path, site, CHANGED, archive=False)
    succeeded("extract", config)
    succeeded("run", config)
    config = job(tmp_path, site, archive=True)
    succeeded("extract", config)
    succeeded("run", config)
    assert [] == site.asked
    assert {f"/{n}": f"page {n}" for n in range(PAGES)} | {f"/{PAGES}": "last"} == titles(config)


def killed(config: Path, *options: str) -> None:
    """Kill an extraction midway: one page at a time is known."""
    before = done(config)
    with start("extract", config, "--quiet", *options) as process:
        until(lambda: 3 < done(config) < before - 3, process)
        assert process.poll() is None, "there was something to kill"
        process.kill()
        process.communicate()


def open_again(config: Path, path: str) -> None:
    """Make a finished job one that was killed before it has done this page."""
    with closing(sqlite3.connect(config.parent / "chain/state.db")) as state:
        state.executescript(f"""
            UPDATE url SET state = 0, reason = NULL, detail = NULL WHERE url LIKE '%{path}';
            UPDATE tally SET n = n - 1 WHERE name = 'page.done';
            INSERT INTO tally VALUES ('page.pending', 1) ON CONFLICT (name) DO UPDATE SET n = n + 1;
        """)


def test_a_stopped_extraction_is_finished_before_anything_is_asked(site: OddSite, tmp_path: Path) -> None:
    config = job(tmp_path, site, MORE)
    succeeded("run", config)
    site.asked.clear()
    killed(config)
    for command in ("run", "retry"):
        refused = run(command, config)
        assert (2, True) == (refused.code, f"asyncscrape extract {config}" in refused.err), refused.err
    refused = run("run", config, "--again")
    assert 2 == refused.code, refused.err
    assert "stopped" == json.loads(run("status", config, "--json").out)["state"]
    assert "generation 2 is not in place yet" in run("tables", config).err
    assert 0 == run("errors", config).code
    assert PAGES + 1 == len(titles(config)), "the tables of before stay"
    succeeded("extract", config)
    succeeded("run", config)
    assert [] == site.asked
    killed(config)
    succeeded("run", config, "--fresh", "--yes")
    assert 2 * PAGES + 1 == len(site.asked)


def test_newer_rules_win_everywhere(site: OddSite, tmp_path: Path) -> None:
    config = job(tmp_path, site)
    succeeded("run", config)
    site.asked.clear()
    killed(job(tmp_path, site, RULES.replace("h1", "h2:not(*)")))
    succeeded("extract", job(tmp_path, site, CHANGED))
    assert {f"page {n} again" for n in range(PAGES)} | {"last again"} == {*titles(config).values()}
    succeeded("extract", config, "--match", "/1*", "--accept")
    open_again(config, "/5")
    succeeded("extract", config)
    assert PAGES + 1 == len(titles(config)), "all pages, and not only those that were left out before"
    killed(config)
    succeeded("extract", config, "--match", "/1*", "--accept")
    assert {"/1", *(f"/{n}" for n in range(10, 20))} == titles(config).keys()
    succeeded("run", config)
    assert [] == site.asked


@pytest.mark.torture
def test_a_switch_that_was_stopped_is_finished_by_the_rules_of_its_tables(site: OddSite, tmp_path: Path) -> None:
    config = job(tmp_path, site)
    succeeded("run", config)
    succeeded("extract", config)
    with closing(sqlite3.connect(tmp_path / "chain/state.db")) as state:
        state.executescript("""
            INSERT INTO meta VALUES ('switching', 'true');
            UPDATE meta SET value = replace(value, '"beside":false', '"beside":true') WHERE name = 'generation';
        """)
    refused = run("extract", job(tmp_path, site, CHANGED))
    assert (2, True) == (refused.code, "with the rules of before" in refused.err), refused.err
    succeeded("extract", job(tmp_path, site))
    succeeded("extract", job(tmp_path, site, CHANGED))
    assert "page 5 again" == titles(config)["/5"]


@pytest.mark.torture
def test_a_host_keeps_its_pause_and_nobody_waits_for_it(site: OddSite, tmp_path: Path) -> None:
    later = Reply(b"later", 429, {"Retry-After": "3600"})
    site.replies["/more/0"] = later
    config = job(tmp_path, site, MORE)
    assert 0 != run("run", config, "--quiet", "--time-limit", "2s").code
    before = clocks(config)
    asked = len(site.asked)
    succeeded("extract", job(tmp_path, site, MORE.replace("h1", "h2")), "--accept")
    assert before == clocks(config) != []
    assert asked == len(site.asked)


def clocks(config: Path) -> list[tuple[str, bytes]]:
    with closing(sqlite3.connect(config.parent / "chain/state.db")) as state:
        return state.execute("SELECT name, clock FROM host ORDER BY name").fetchall()


def test_what_is_not_as_expected_is_held_until_it_is_accepted(site: OddSite, tmp_path: Path) -> None:
    expects = "[expect.page]\nrows = { min = 20 }\n"
    config = job(tmp_path, site, more=expects)
    succeeded("run", config)
    before = titles(config)
    config = job(
        tmp_path, site, RULES.replace('"*"', '"/1*"') + '[[page]]\nmatch = "*"\nfollow = ["a"]\n', more=expects
    )
    held = run("extract", config)
    assert (3, before) == (held.code, titles(config)), held.err
    assert f"asyncscrape extract {config} --accept" in " ".join(held.out.split())
    accepted = run("extract", config, "--accept")
    assert 0 == accepted.code, accepted.out + accepted.err
    assert 11 == len(titles(config))


COLUMNS = """
print, host, url, hops, kind, note, fetched_at, status, type, digest, size, generation, segment, place, length,
same_as
"""
OLDER = f"""
CREATE TABLE older (id INTEGER PRIMARY KEY, {COLUMNS});
INSERT INTO older SELECT id, {COLUMNS} FROM answer;
DROP TABLE answer;
DROP TABLE hop;
ALTER TABLE older RENAME TO answer;
CREATE INDEX answer_print ON answer (print);
CREATE INDEX answer_digest ON answer (digest) WHERE same_as IS NULL;
PRAGMA user_version = 0;
"""


def test_an_archive_of_the_version_before_can_be_read_again(site: OddSite, tmp_path: Path) -> None:
    site.replies["/0"] = to("/start")
    site.replies["/start"] = page("start", "/1")
    config = job(tmp_path, site)
    assert 10 == run("run", config, "--max-pages", "10").code
    with closing(sqlite3.connect(tmp_path / "chain/archive/index.db")) as index:
        index.executescript(OLDER)
    with closing(sqlite3.connect(tmp_path / "chain/state.db")) as state:
        state.executescript("DROP TABLE earlier; UPDATE meta SET value = '6' WHERE name = 'layout';")
    succeeded("run", config)
    assert PAGES + 2 == len(site.asked)
    site.asked.clear()
    config = job(tmp_path, site, CHANGED)
    succeeded("extract", config)
    succeeded("run", config)
    assert ("start again", PAGES + 1, []) == (titles(config)["/start"], len(titles(config)), site.asked)
