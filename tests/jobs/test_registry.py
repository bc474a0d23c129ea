"""A built-in job is one value, which commands get from the registry or from whoever starts the program."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from support import items_job
from support.command import PATIENCE, Ended, environment
from support.forked import Forked
from support.graph_config import Site, running_site

from asyncscrape.jobs.base import BuiltIn
from asyncscrape.jobs.registry import KINDS, Registry

CONFIG = """\
name = "lists"
kind = "items"
data = "."
{top}
[items]
host  = "{host}"
{keys}
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_site(tmp_path_factory.mktemp("site"), pages=200, blobs=0, latency=0) as running:
        yield running


def program(folder: Path, *words: str, **environ: str) -> Ended:
    """The program with the job of `items_job` instead of its own."""
    return Ended(Forked([items_job.__file__, *words], environment(**environ), folder))


def write(folder: Path, host: str, keys: str = "", top: str = "") -> None:
    (folder / "lists.toml").write_text(CONFIG.format(host=host, keys=keys, top=top), encoding="utf-8")


# A job from outside


def test_check_tells_its_plan_and_its_presets(tmp_path: Path) -> None:
    write(tmp_path, "127.0.0.1:1", "lists = 4")
    ended = program(tmp_path, "check", "lists.toml")
    assert (0, "") == (ended.code, ended.err)
    told = [" ".join(line.split()) for line in ended.out.splitlines()]
    assert "items 4 lists of 127.0.0.1:1" in told
    assert "tables item (key id): id int, name str" in told
    assert "robots.txt is NOT obeyed" in told
    assert "each host: no pause between requests, 2 open at once" in told


def test_it_runs_reports_and_goes_on_with_what_is_new(tmp_path: Path, site: Site) -> None:
    write(tmp_path, site.authorities[0])
    ended = program(tmp_path, "run", "lists.toml", "--json")
    assert (0, 15) == (ended.code, ended.summary["records"]["item"])
    assert "15 items, invented: False, crawled: True" in ended.err
    grown = program(tmp_path, "run", "lists.toml", "--json", "--set", "items.lists=5")
    assert (0, 2) == (grown.code, grown.summary["requests"])
    assert 25 == pl.read_parquet(tmp_path / "lists" / "item.parquet").height
    assert "25\n" == (tmp_path / "lists" / "report" / "count.txt").read_text()


def test_its_report_is_made_from_what_is_stored(tmp_path: Path, site: Site) -> None:
    write(tmp_path, site.authorities[0], "lists = 1")
    refused = program(tmp_path, "report", "lists.toml")
    assert (2, True) == (refused.code, "the finished table item" in refused.err)
    assert 0 == program(tmp_path, "run", "lists.toml", "--quiet").code
    ended = program(tmp_path, "report", "lists.toml")
    assert (0, "5 items, invented: False, crawled: False\n", "") == (ended.code, ended.out, ended.err)


def test_only_commands_that_ask_a_site_need_what_it_wants_to_see(tmp_path: Path, site: Site) -> None:
    write(tmp_path, site.authorities[0], "lists = 1")
    assert 0 == program(tmp_path, "run", "lists.toml", "--quiet").code
    write(tmp_path, site.authorities[0], 'lists = 1\ntoken = ""')
    for command in ("run", "check"):
        ended = program(tmp_path, command, "lists.toml")
        assert (2, True) == (ended.code, "items.token: is empty; the host wants to see one" in ended.err)
    for command in ("status", "errors", "report", "tables", "retry"):
        assert 0 == program(tmp_path, command, "lists.toml").code, command


def test_try_has_no_page_rules_to_show(tmp_path: Path) -> None:
    write(tmp_path, "127.0.0.1:1")
    ended = program(tmp_path, "try", "lists.toml", "http://127.0.0.1:1/")
    assert (2, True) == (ended.code, 'kind = "items" has none' in ended.err)


def test_fresh_deletes_its_tables(tmp_path: Path, site: Site) -> None:
    write(tmp_path, site.authorities[0], "lists = 2")
    assert 0 == program(tmp_path, "run", "lists.toml", "--quiet").code
    ended = program(tmp_path, "run", "lists.toml", "--quiet", "--json", "--fresh", "--yes", "--set", "items.odd=true")
    assert (0, 5) == (ended.code, ended.summary["records"]["item"])


def test_it_is_crawled_anew_and_its_tables_can_be_made(tmp_path: Path, site: Site) -> None:
    write(tmp_path, site.authorities[0], "lists = 2")
    assert 0 == program(tmp_path, "run", "lists.toml", "--quiet").code
    assert 0 == program(tmp_path, "run", "lists.toml", "--quiet", "--json").summary["requests"]
    refused = program(tmp_path, "run", "lists.toml", "--again")
    assert 2 == refused.code
    assert "what the table item holds, which cannot be fetched a second time" in refused.err
    again = program(tmp_path, "run", "lists.toml", "--quiet", "--json", "--again", "--yes")
    assert (0, 2, 2) == (again.code, again.summary["requests"], again.summary["generation"])
    made = program(tmp_path, "tables", "lists.toml", "--json")
    assert (0, again.summary["records"]) == (made.code, made.summary["records"])


def test_all_mistakes_in_its_table_are_told_at_once(tmp_path: Path) -> None:
    write(tmp_path, "h", "lists = 0\nodds = true", top='[[page]]\nmatch = "/"\nfollow = ["a"]')
    ended = program(tmp_path, "check", "lists.toml", "--set", "crypto.top=5")
    assert 2 == ended.code
    assert [
        "--set crypto.top: crypto: unknown key; possible here: name, data, kind, seeds, seeds_file, sitemaps, "
        "sitemaps_since, scope, politeness, fetch, parse, page, store, frontier, expect, log, items",
        "lists.toml:4: page: cannot be used with kind: a built-in job has its own seeds and rules; "
        "remove one of the two",
        "lists.toml:9: items.lists: 0 is out of range: it must be at least 1",
        'lists.toml:10: items.odds: unknown key; did you mean "odd"?',
    ] == ended.err.splitlines()


def test_its_keys_must_agree_with_each_other(tmp_path: Path) -> None:
    write(tmp_path, "h", "lists = 1\nodd = true")
    ended = program(tmp_path, "check", "lists.toml")
    expected = "lists.toml:8: items.odd: leaves nothing of a single list; remove one of the two\n"
    assert (2, expected) == (ended.code, ended.err)


def test_the_environment_and_the_schema_know_its_keys(tmp_path: Path) -> None:
    write(tmp_path, "h")
    assert "7 lists of h" in program(tmp_path, "check", "lists.toml", ASYNCSCRAPE__ITEMS__LISTS="7").out
    schema = json.loads(program(tmp_path, "schema").out)
    assert {"host", "lists", "odd", "token"} == schema["$defs"]["Items"]["properties"].keys()
    assert "items" in json.dumps(schema["properties"]["kind"])


def test_the_jobs_of_the_program_are_not_known_then(tmp_path: Path) -> None:
    write(tmp_path, "h")
    ended = program(tmp_path, "check", "lists.toml", "--set", "kind=crypto")
    assert 2 == ended.code
    assert '--set kind: "crypto" is not valid here; use "items"' in ended.err


# The program's own jobs


@pytest.mark.parametrize("kind", KINDS)
def test_every_registered_job_has_a_folder_with_its_value(kind: str) -> None:
    assert isinstance(Registry()[kind], BuiltIn)


def test_the_registry_holds_nothing_else() -> None:
    registry = Registry()
    assert "cripto" not in registry
    assert (KINDS, len(KINDS)) == (tuple(registry), len(registry))
    with pytest.raises(KeyError):
        registry["base"]


def test_page_rules_import_nothing_of_a_built_in_job(tmp_path: Path) -> None:
    (tmp_path / "rules.toml").write_text(
        'name = "rules"\nseeds = ["https://example.org/"]\n[[page]]\nmatch = "/*"\nfollow = ["a"]\n', encoding="utf-8"
    )
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from asyncscrape.commands.check import check_job\n"
        "from asyncscrape.commands.job_argument import Chosen\n"
        "import asyncscrape.commands.run, asyncscrape.commands.report, asyncscrape.commands.try_page\n"
        "assert 0 == check_job(Chosen(Path('rules.toml')), connect=False)\n"
        "found = [name for name in sys.modules if 'crypto' in name or 'coinmarketcap' in name]\n"
        "print([name for name in found if name.startswith('asyncscrape')])"
    )
    said = subprocess.check_output([sys.executable, "-c", code], cwd=tmp_path, text=True, timeout=PATIENCE)
    assert "[]" == said.splitlines()[-1]
