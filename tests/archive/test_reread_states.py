"""`extract` and `import` in each state of a job: only the answers that count are read, and no state is a dead end."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from support.forked_command import run
from support.odd_site import OddSite, page, serving
from support.warc_files import by_record, response

RULES = """
[[page]]
match = "/"
follow = ["a"]
[[page]]
match = "/item/*"
table = "item"
key = ["url"]
[page.fields]
url = "@url"
name = "h1"
"""
CHANGED = RULES.replace('"h1"', '"h2"')
ITEMS = [f"/item/{n}" for n in range(5)]


@pytest.fixture
def site() -> Iterator[OddSite]:
    with serving({"/": page("home", *ITEMS), **{item: page(item) for item in ITEMS}}) as site:
        yield site


def job(folder: Path, site: OddSite, rules: str = RULES, *, archive: bool = True) -> Path:
    folder.mkdir(exist_ok=True)
    config = folder / "job.toml"
    head = (
        f'name = "job"\nseeds = ["{site.url("/")}"]\ndata = "{folder}"\n[politeness]\ndelay = "0s"\nrobots = false\n'
    )
    store = f'[store]\nrecords = ["jsonl"]\narchive = {json.dumps(archive)}\n'
    config.write_text(head + store + rules)
    return config


def warc(folder: Path, site: OddSite, *items: str, title: str = "imported") -> Path:
    file = folder / f"{title}.warc.gz"
    body = f"<h1>{title}</h1><h2>{title} again</h2>".encode()
    file.write_bytes(by_record([response(site.url(item), body) for item in items]))
    return file


def names(config: Path) -> list[str]:
    rows = map(json.loads, (config.parent / "job/item.jsonl").read_text().splitlines())
    return sorted(row["name"] for row in rows)


def done(command: str, *arguments: object) -> str:
    ended = run(command, *arguments)
    assert 0 == ended.code, ended.err
    return ended.err


def test_an_archive_of_the_layout_before_counts_whole(site: OddSite, tmp_path: Path) -> None:
    done("run", config := job(tmp_path / "job", site), "--quiet")
    as_before(tmp_path / "job/job/archive/index.db")
    site.asked.clear()
    done("extract", job(tmp_path / "job", site, CHANGED), "--quiet")
    assert ([f"{item} again" for item in ITEMS], []) == (names(config), site.asked)


def as_before(file: Path) -> None:
    """Write an index in the layout before the present one."""
    with closing(sqlite3.connect(file)) as new:
        answers = new.execute("SELECT * FROM answer").fetchall()
        progress = new.execute("SELECT * FROM progress WHERE name NOT LIKE 'crawl %' AND name <> 'since'").fetchall()
    for left in file.parent.glob("index.db*"):
        left.unlink()
    with closing(sqlite3.connect(file)) as old:
        old.executescript(Path(__file__).with_name("index_layout_0.sql").read_text())
        old.executemany(f"INSERT INTO answer VALUES ({', '.join('?' * 17)})", [answer[:17] for answer in answers])
        old.executemany("INSERT INTO progress VALUES (?, ?)", progress)
        old.commit()


def test_an_import_revives_no_outdated_answer(site: OddSite, tmp_path: Path) -> None:
    """The last crawl was not kept, so what is kept of the one before does not count."""
    done("run", config := job(tmp_path / "job", site), "--quiet")
    site.replies |= {item: page("new") for item in ITEMS}
    done("run", job(tmp_path / "job", site, archive=False), "--again", "--quiet")
    done("import", job(tmp_path / "job", site), warc(tmp_path, site, "/item/9"), "--quiet")
    assert ["imported", *["new"] * 5] == names(config)
    refused = run("extract", config)
    assert (2, True) == (refused.code, "6 of 7 pages that were read are not kept" in refused.err), refused.err


def test_a_refused_import_leaves_the_job_as_it_was(site: OddSite, tmp_path: Path) -> None:
    done("run", config := job(tmp_path / "job", site, archive=False), "--quiet")
    refused = run("import", job(tmp_path / "job", site, CHANGED), warc(tmp_path, site, "/item/9"))
    assert (2, True) == (refused.code, "the rule of table item has changed" in refused.err), refused.err
    assert (2, True) == ((none := run("extract", config)).code, "nothing is kept" in none.err), none.err
    done("run", job(tmp_path / "job", site), "--quiet")
    assert ITEMS == names(config)


def test_pruned_pages_are_missed_whatever_else_is_kept(site: OddSite, tmp_path: Path) -> None:
    done("run", config := job(tmp_path / "job", site), "--quiet")
    done("archive", config, "--prune-generation", "1", "--yes")
    done("import", config, warc(tmp_path, site, *(f"/item/{n}" for n in range(10, 30))), "--quiet")
    refused = run("extract", config)
    assert (2, True) == (refused.code, "6 of 26 pages that were read are not kept" in refused.err), refused.err


def test_what_was_imported_is_read_by_other_rules(site: OddSite, tmp_path: Path) -> None:
    config = job(tmp_path / "job", site)
    done("import", config, warc(tmp_path, site, *ITEMS), "--quiet")
    refused = run("run", job(tmp_path / "job", site, CHANGED))
    assert (2, True) == (refused.code, f"asyncscrape extract {config}" in refused.err), refused.err
    done("extract", config, "--quiet")
    assert (["imported again"] * 5, []) == (names(config), site.asked)


def test_a_site_that_refuses_is_not_waited_for(site: OddSite, tmp_path: Path) -> None:
    """A parser that finds a refusal parks the host of a crawl; nobody is asked here."""
    (tmp_path / "job").mkdir()
    (tmp_path / "job/own.py").write_text(
        "from asyncscrape.errors import Blocked\nfrom asyncscrape.model import Page, Record\n"
        "def parse(response):\n"
        "    if response.url.endswith('/3'): raise Blocked('please log in')\n"
        "    return Page(records=[Record('item', {'url': response.url, 'name': 'own'})])\n"
    )
    rules = RULES.replace('table = "item"', 'parser = "own:parse"\ntable = "item"').partition("[page.fields]")[0]
    config = job(tmp_path / "job", site, rules)
    items = [f"/item/{n}" for n in range(80)]
    ended = run("import", config, warc(tmp_path, site, *items))
    assert 79 == len(names(config)), ended.err


def test_a_file_is_imported_anew_after_a_further_crawl(site: OddSite, tmp_path: Path) -> None:
    config, file = job(tmp_path / "job", site), warc(tmp_path, site, "/item/9")
    done("import", config, file, "--quiet")
    done("run", config, "--quiet")
    done("run", config, "--again", "--quiet")
    assert ITEMS == names(config)
    site.asked.clear()
    assert "1 answer taken from the files" in done("import", config, file)
    assert (["/item/0", *ITEMS[1:], "imported"], []) == (names(config), site.asked)


def test_an_import_killed_while_it_takes_answers_goes_first(site: OddSite, tmp_path: Path) -> None:
    """Else the run would ask for what is in the files."""
    config, file = job(tmp_path / "job", site), warc(tmp_path, site, *ITEMS)
    done("import", config, file, "--quiet")
    with closing(sqlite3.connect(tmp_path / "job/job/state.db")) as state:
        state.executescript("DELETE FROM url; DELETE FROM tally")  # as it was before any answer was read
    refused = run("run", config)
    assert (2, True, []) == (refused.code, "extract" in refused.err, site.asked), refused.err
    done("extract", config, "--quiet")
    assert ["imported"] * 5 == names(config)


def test_a_wrong_file_changes_nothing(site: OddSite, tmp_path: Path) -> None:
    config = job(tmp_path / "job", site)
    assert 2 == run("import", config, tmp_path / "missing.warc.gz").code
    done("run", config, "--quiet")
    assert ITEMS == names(config)


def test_an_unusable_index_says_how_to_get_the_answers_back(site: OddSite, tmp_path: Path) -> None:
    done("run", config := job(tmp_path / "job", site), "--quiet")
    folder = tmp_path / "job/job/archive"
    (folder / "index.db").write_bytes(b"no database at all" * 1000)
    for command in ("extract", "run", "archive"):
        broken = run(command, config)
        assert (4, True) == (broken.code, f"import CONFIG {folder}/*.warc.gz" in broken.err), broken.err
    for left in folder.glob("index.db*"):
        left.unlink()
    missing = run("extract", config)
    assert (2, True) == (missing.code, f"import CONFIG {folder}/*.warc.gz" in missing.err), missing.err
    done("import", config, *folder.glob("*.warc.gz"), "--quiet")
    done("extract", job(tmp_path / "job", site, CHANGED), "--quiet")
    assert [f"{item} again" for item in ITEMS] == names(config)
