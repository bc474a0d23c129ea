"""`run --again`, `--accept` and `--mix`, and `tables`: as users type them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from support.command import Ended, lines, until
from support.forked_command import run, start
from support.graph_config import NAME, Site, finished, running_site, write_job
from support.killing import kill_at
from support.postgres_server import Database

PAGES = 60
NONE_FAIL = ("--set", "fetch.max_failure_ratio=0")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_site(tmp_path_factory.mktemp("site"), pages=PAGES, blobs=0, latency=0) as running:
        yield running


@pytest.fixture
def config(tmp_path: Path, site: Site) -> Path:
    return write_job(tmp_path, site.seeds)


@pytest.fixture
def failing(tmp_path: Path, site: Site) -> Path:
    """A job with one page that fails."""
    return write_job(tmp_path, [*site.seeds, f"http://{site.authorities[0]}/none"])


def test_a_finished_job_is_crawled_anew(config: Path, site: Site) -> None:
    assert 0 == run("run", config, "--again", "--quiet").code, "a job that never ran just runs"
    asked = lines(site.log_file)
    ended = run("run", config, "--again", "--json")
    assert (0, 2, False) == (ended.code, ended.summary["generation"], ended.summary["beside"])
    assert lines(site.log_file) - asked == ended.summary["requests"] > PAGES
    assert "generation 2 begins; the tables of the last one stay until it is finished" in ended.err
    assert PAGES == len(finished(config.parent, tables=("page",)).tables["page"])
    assert 2 == run("status", config, "--json").summary["generation"]
    assert "generation 2" in run("status", config).out


def test_an_unfinished_job_is_resumed_instead(config: Path) -> None:
    assert 10 == run("run", config, "--quiet", "--max-pages", "5").code
    ended = run("run", config, "--again", "--json")
    assert (0, 1) == (ended.code, ended.summary["generation"])
    assert "the job is not finished, so this run resumes it; use --again once it is finished" in ended.err


def test_a_generation_that_is_held_back_can_be_taken(failing: Path) -> None:
    assert 0 == run("run", failing, "--quiet", "--set", "fetch.max_failure_ratio=1").code
    held = run("run", failing, "--again", "--json", "--quiet", *NONE_FAIL)
    assert (3, True, True) == (held.code, held.summary["held"], held.summary["beside"])
    same = f"asyncscrape run {failing} --set fetch.max_failure_ratio=0"
    note, *warnings, mend, take = held.err.splitlines()
    assert "the tables of the generation before stay: these are not as expected" == held.summary["note"] == note
    assert held.summary["warnings"] == warnings
    assert f"To mend it: look at what is named above, change the config, then:  {same} --again" == mend
    rows = "; ".join(
        f"{name} {table['rows']:,} rows" for name, table in held.summary["coverage"].items() if name != "blobs"
    )
    assert f"To take the tables as they are ({rows}):  {same} --accept" == take
    assert "max_failure_ratio allows 0 %" in held.summary["warnings"][0]
    told = run("status", failing, "--json").summary
    assert (True, held.summary["warnings"], "finished") == (told["held"], told["warnings"], told["state"])
    shown = " ".join(run("status", failing).out.split())
    assert "generation 2, held back" in shown
    assert f"asyncscrape run {failing} --accept" in shown
    again = run("run", failing, "--again", "--json", *NONE_FAIL)
    assert "generation 2 was held back and is thrown away; generation 3 begins" in again.err
    taken = run("run", failing, "--accept", "--json", "--quiet", *NONE_FAIL)
    assert (0, 3, False, 0) == (
        taken.code,
        taken.summary["generation"],
        taken.summary["beside"],
        taken.summary["requests"],
    )


def test_after_a_generation_without_any_row_the_job_goes_on(config: Path, site: Site) -> None:
    assert 0 == run("run", config, "--quiet").code
    good = config.read_text()
    config.write_text(good.replace(json.dumps(site.seeds[0]), json.dumps(f"http://{site.authorities[0]}/none")))
    taken = run("run", config, "--again", "--accept", "--json", "--quiet")
    assert (0, 2, False) == (taken.code, taken.summary["generation"], taken.summary["beside"]), taken.err
    assert b"" == (config.parent / NAME / "page.jsonl").read_bytes()
    assert 0 == run("run", config, "--quiet").code
    config.write_text(good)
    ended = run("run", config, "--quiet")
    assert 0 == ended.code, ended.err
    assert PAGES == len(finished(config.parent, tables=("page",)).tables["page"])


@pytest.mark.parametrize(
    "broken",
    [
        ('table  = "row"', 'table  = "row"\nparser = "nowhere:f"'),
        ('["jsonl"]', '["jsonl", "csv:{folder}/file/tables"]'),
        ("seeds", 'seeds_file = "{folder}/none.txt"\nseeds'),
    ],
)
def test_a_refused_generation_leaves_everything_as_it_was(failing: Path, broken: tuple[str, str]) -> None:
    assert 0 == run("run", failing, "--quiet", "--set", "fetch.max_failure_ratio=1").code
    (failing.parent / "file").touch()
    table, good = failing.parent / NAME / "page.jsonl", failing.read_text()

    def seen() -> tuple[object, ...]:
        return run("status", failing, "--json").summary, run("errors", failing).out, table.read_bytes()

    before = seen()
    failing.write_text(good.replace(broken[0], broken[1].replace("{folder}", str(failing.parent)), 1))
    refused = run("run", failing, "--again", "--quiet")
    failing.write_text(good)
    assert (2, before) == (refused.code, seen()), refused.err


def test_a_store_may_join_a_new_generation(config: Path, postgres: Database) -> None:
    assert 0 == run("run", config, "--quiet").code
    config.write_text(config.read_text().replace('["jsonl"]', f'["jsonl", "{postgres.dsn}"]'))
    refused = run("run", config, "--quiet")
    assert (2, True) == (refused.code, "until `run --again` crawls everything anew" in refused.err)
    ended = run("run", config, "--again", "--quiet")
    assert 0 == ended.code, ended.err
    assert [[str(PAGES)]] == postgres.sql("SELECT count(*) FROM page")


def half_switched(config: Path) -> None:
    """Put a job back to the moment at which its last store had switched to generation 2."""
    with closing(sqlite3.connect(config.parent / NAME / "state.db")) as database:
        (text,) = database.execute("SELECT value FROM meta WHERE name = 'generation'").fetchone()
        now = json.dumps({**json.loads(text), "beside": True})
        database.execute("UPDATE meta SET value = ? WHERE name = 'generation'", (now,))
        database.execute("INSERT INTO meta VALUES ('switching', 'true')")
        database.commit()


def test_a_run_that_only_finishes_the_last_generation_says_so(config: Path) -> None:
    for flags in ((), ("--again",)):
        assert 0 == run("run", config, "--quiet", *flags).code
    half_switched(config)
    ended = run("run", config, "--again", "--json", "--quiet")
    note = "this run only finished generation 2; run --again once more for a new one"
    assert (0, 2, note) == (ended.code, ended.summary["generation"], ended.summary["note"])
    assert note == ended.err.splitlines()[0]
    assert 3 == run("run", config, "--again", "--json", "--quiet").summary["generation"]


def test_tables_complete_a_switch(config: Path) -> None:
    for flags in ((), ("--again",)):
        assert 0 == run("run", config, "--quiet", *flags).code
    changes = run("status", config, "--json").summary["changes"]
    half_switched(config)
    page = config.parent / NAME / "report/quality.html"
    page.unlink()
    made = run("tables", config, "--json")
    assert (0, False, changes) == (made.code, made.summary["beside"], made.summary["changes"])
    assert page.exists()


def test_a_job_that_has_all_the_pages_it_may_have_is_finished(failing: Path) -> None:
    few = ("--set", "scope.max_pages=10", "--set", "fetch.max_failure_ratio=0")
    assert 10 == run("run", failing, "--quiet", *few[:2], "--set", "fetch.max_failure_ratio=1").code
    held = run("run", failing, "--again", "--json", "--quiet", *few)
    assert (3, 2, True) == (held.code, held.summary["generation"], held.summary["held"])
    assert run("status", failing, "--json").summary["held"]
    taken = run("run", failing, "--accept", "--json", "--quiet", *few)
    assert (10, 2, False) == (taken.code, taken.summary["generation"], taken.summary["beside"])
    last = run("run", failing, "--again", "--json", "--quiet", *few[:2], "--set", "fetch.max_failure_ratio=1")
    assert (10, 3) == (last.code, last.summary["generation"])


@pytest.mark.parametrize(("flag", "what"), [("--again", "crawls anew"), ("--mix", "nothing to --mix with")])
def test_flags_that_contradict_each_other_are_refused(config: Path, flag: str, what: str) -> None:
    ended = run("run", config, "--fresh", "--yes", flag)
    assert (2, True) == (ended.code, what in ended.err and "--fresh deletes" in ended.err)
    assert not (config.parent / NAME / "state.db").exists()


def test_a_changed_rule_is_told_with_the_commands_that_help(config: Path) -> None:
    assert 0 == run("run", config, "--quiet").code
    config.write_text(config.read_text().replace('"p.number"', '"p.size"'))
    refused = run("run", config)
    assert 2 == refused.code
    assert f"the rule of table page has changed; {PAGES} pages were read by the old one" in refused.err
    assert 'fields.number: {"css":"p.number","type":"int"} → {"css":"p.size","type":"int"}' in refused.err
    for way in ("--again", "--mix", "--fresh"):
        assert f"  asyncscrape run {config} {way} " in refused.err
    assert 0 == run("tables", config).code, "tables are made of what is stored, whatever the rules are now"
    mixed = run("run", config, "--mix", "--json", "--quiet")
    assert (0, 1) == (mixed.code, told_as_mixed(mixed))
    assert 1 == told_as_mixed(run("status", config, "--json"))
    assert 0 == told_as_mixed(run("run", config, "--again", "--json", "--quiet"))


def told_as_mixed(ended: Ended) -> int:
    """How many warnings call the table mixed."""
    return sum(warning.startswith("table page is mixed") for warning in ended.summary["warnings"])


# What waits


def test_a_job_with_urls_in_the_queue_is_not_finished(failing: Path) -> None:
    assert 0 == run("run", failing, "--quiet").code
    assert "finished" == run("status", failing, "--json").summary["state"]
    assert 0 == run("retry", failing).code
    told = run("status", failing, "--json").summary
    assert ("stopped", f"1 URL waits; asyncscrape run {failing} goes on") == (told["state"], told["note"])
    assert "1 URL waits" in run("status", failing).out
    assert "resumes it" in run("run", failing, "--again").err


# tables


def test_tables_are_made_of_what_a_killed_run_has_stored(config: Path, site: Site) -> None:
    assert kill_at(config, site, lines(site.log_file) + 40)
    table = config.parent / NAME / "page.jsonl"
    assert not table.exists()
    asked = lines(site.log_file)
    made = run("tables", config, "--json")
    assert (0, asked) == (made.code, lines(site.log_file))
    assert 0 < lines(table) == made.summary["records"]["page"]
    assert f"asyncscrape run {config} goes on" in made.summary["note"]
    told = run("tables", config)
    assert (0, True) == (told.code, f"{lines(table)} rows  {table}" in told.out)
    assert 0 == run("run", config, "--quiet").code
    assert PAGES == lines(table)


def test_tables_of_a_generation_beside_are_left_to_its_run(config: Path) -> None:
    assert 0 == run("run", config, "--quiet").code
    assert 10 == run("run", config, "--again", "--quiet", "--max-pages", "3").code
    made = run("tables", config, "--json")
    assert (0, 2, True) == (made.code, made.summary["generation"], made.summary["beside"])
    assert "generation 2 is not in place yet" in made.err


def test_tables_need_a_job_that_ran_and_does_not_run_now(config: Path, site: Site) -> None:
    never = run("tables", config)
    assert (2, True) == (never.code, "run it first" in never.err)
    with start("run", config, "--quiet", "--set", "politeness.delay=1s") as process:
        assert until(lambda: (config.parent / NAME / "state.db").exists(), process)
        running = run("tables", config)
        process.terminate()
        process.communicate()
    assert (2, True) == (running.code, "already running" in running.err)
