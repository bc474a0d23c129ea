"""A job that lacks libraries is refused, with the command that installs them."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from support.command import PATIENCE, run
from support.written_music_job import Stored

from asyncscrape.errors import Exit
from asyncscrape.extras import MODULES
from asyncscrape.model import Record

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "config/demo.toml"
SHOP = ROOT / "config/shop.toml"
INSTALL = "pip install 'asyncscrape[report]'"
WITHOUT_LIBRARY = """
import sys
sys.modules["{}"] = None
from asyncscrape.cli import program
program(prog_name="asyncscrape")
"""
"""The program where one library of an extra cannot be imported."""


def without_matplotlib(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return without("matplotlib", *arguments)


def without(library: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", WITHOUT_LIBRARY.format(library), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)


def test_check_shows_the_plan_and_then_says_what_to_install(tmp_path: Path) -> None:
    ended = without_matplotlib("check", DEMO, "--data", tmp_path)
    assert ended.returncode == Exit.USAGE
    assert "tables" in ended.stdout
    assert "(matplotlib)" in ended.stderr
    assert ended.stderr.rstrip().endswith(INSTALL)


@pytest.mark.parametrize("flags", [(), ("--fresh", "--yes")])
def test_run_says_so_before_it_asks_for_anything_or_deletes_anything(tmp_path: Path, flags: tuple[str, ...]) -> None:
    kept = tmp_path / "demo/state.db"
    kept.parent.mkdir()
    kept.write_text("what earlier runs brought")
    ended = without_matplotlib("run", DEMO, "--data", tmp_path, *flags)
    assert ended.returncode == Exit.USAGE
    assert INSTALL in ended.stderr
    assert [kept] == [path for path in tmp_path.rglob("*") if path.is_file()]
    assert kept.read_text() == "what earlier runs brought"


def test_report_says_so(tmp_path: Path) -> None:
    ended = without_matplotlib("report", DEMO, "--data", tmp_path)
    assert ended.returncode == Exit.USAGE
    assert INSTALL in ended.stderr


def test_tables_says_so(tmp_path: Path) -> None:
    xlsx = ("--data", tmp_path, "--set", "store.records=['xlsx']", "--set", "seeds=['http://127.0.0.1:1/']")
    assert without_matplotlib("run", SHOP, *xlsx, "--set", "fetch.retries=0").returncode == Exit.FAILURES
    ended = without("xlsxwriter", "tables", SHOP, *xlsx)
    assert ended.returncode == Exit.USAGE
    assert "Traceback" not in ended.stderr
    assert ended.stderr.rstrip().endswith("pip install 'asyncscrape[xlsx]'")


async def test_predictions_need_their_library_and_other_enrichments_do_without(tmp_path: Path) -> None:
    job = Stored(tmp_path)
    await job.feed(5, "tracks", Record("tracks", {"id": 1, "artist_id": 9, "title": "Tide"}))
    install = "pip install 'asyncscrape[insight]'"
    asked = without("sklearn", "enrich", job.file, "model")
    assert (Exit.USAGE, True) == (asked.returncode, asked.stderr.rstrip().endswith(install)), asked.stderr
    every = without("sklearn", "enrich", job.file)
    assert (Exit.FINISHED, "") == (every.returncode, every.stdout.partition("track_predictions")[1]), every.stderr
    assert f"model is left out; it needs:  {install}" in every.stderr
    assert "There are no comments to judge" in every.stdout


def test_a_job_of_page_rules_needs_no_extra(tmp_path: Path) -> None:
    assert without_matplotlib("check", SHOP, "--data", tmp_path).returncode == Exit.FINISHED
    assert without_matplotlib("check", SHOP, "--extras").stdout == ""


def test_workbooks_need_their_library(tmp_path: Path) -> None:
    xlsx = ("--data", tmp_path, "--set", "store.records=['csv', 'xlsx']")
    ended = without("xlsxwriter", "check", SHOP, *xlsx)
    assert ended.returncode == Exit.USAGE
    assert ended.stderr.rstrip().endswith("pip install 'asyncscrape[xlsx]'")
    assert "xlsx\n" == without("xlsxwriter", "check", SHOP, *xlsx, "--extras").stdout


def test_workers_on_a_ray_cluster_need_ray() -> None:
    ended = without("ray", "run", SHOP, "--engine", "ray")
    assert ended.returncode == Exit.USAGE
    assert ended.stderr.rstrip().endswith("pip install 'asyncscrape[ray]'")


BROWSER = ("--set", "fetch.browser.use='auto'")


def test_pages_that_need_a_browser_need_its_library(tmp_path: Path) -> None:
    for command in (("check", SHOP), ("run", SHOP), ("try", SHOP, "http://127.0.0.1:1/")):
        ended = without("playwright", *command, "--data", tmp_path, *BROWSER)
        assert ended.returncode == Exit.USAGE
        assert ended.stderr.rstrip().endswith("pip install 'asyncscrape[browser]'")
    assert "browser\n" == without("playwright", "check", SHOP, *BROWSER, "--extras").stdout


def test_a_step_in_python_that_imports_the_missing_library_is_no_mistake_of_the_config() -> None:
    demo = ROOT / "config/browser-demo.toml"
    assert "browser\n" == without("playwright", "check", demo, "--extras").stdout
    ended = without("playwright", "check", demo)
    assert ended.stderr.rstrip().endswith("pip install 'asyncscrape[browser]'")


def test_check_tells_which_browser_is_used_or_what_to_do_without_one(tmp_path: Path) -> None:
    told = run("check", SHOP, "--data", tmp_path, *BROWSER)
    assert Exit.FINISHED == told.code, told.err
    assert ", version " in told.out
    assert "chrom" in told.out
    assert "opened in a browser where plain HTTP brings too little" in told.out
    missing = run(
        "check", SHOP, "--data", tmp_path, *BROWSER, environ={"PATH": "", "PLAYWRIGHT_BROWSERS_PATH": str(tmp_path)}
    )
    assert Exit.USAGE == missing.code
    assert f"install one with: {sys.executable} -m playwright install chromium" in missing.err
    assert "tables" in missing.out
    named = run("check", SHOP, "--data", tmp_path, *BROWSER, "--set", "fetch.browser.executable=/bin/true")
    assert (Exit.USAGE, True) == (named.code, "/bin/true is not a browser that can be used" in named.err)


def test_a_login_needs_a_browser_whatever_the_rules_say(tmp_path: Path) -> None:
    config = tmp_path / "members.toml"
    login = "url = 'https://shop.example.org/login'\nsigned_in = '.me'\nsteps = [{ click = 'button' }]\n"
    config.write_text(f"{SHOP.read_text()}\n[[fetch.browser.login]]\n{login}")
    assert "browser\n" == without("playwright", "check", config, "--extras").stdout
    told = " ".join(run("check", config, "--data", tmp_path).out.split())
    assert "signs in at https://shop.example.org/login before anything else of shop.example.org" in told


def test_check_notes_captures_that_no_rule_reads(tmp_path: Path) -> None:
    config = tmp_path / "notes.toml"
    rule = '[[page]]\nmatch = "/list*"\nfollow = ["a"]\n'
    config.write_text(
        f'name = "notes"\nseeds = ["http://shop.test/"]\n{rule}browser = true\ncapture = ["/api*", "/list?*"]\n'
    )
    out = " ".join(run("check", config).out.split())
    assert 'rule 1 captures /api*, and no rule reads it; add a rule with match = "/api*"' in out
    assert "/list?*, and" not in out


def test_the_missing_extras_alone_are_words_for_pip() -> None:
    ended = without_matplotlib("check", DEMO, "--extras")
    assert (Exit.FINISHED, "report\n") == (ended.returncode, ended.stdout)


def test_the_extras_that_can_be_missing_are_those_of_pyproject() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    packages = {"PIL": "pillow", "sknetwork": "scikit-network", "sklearn": "scikit-learn"}
    for extra, modules in MODULES.items():
        names = {line.partition(">=")[0] for line in declared.pop(extra)}
        assert names == {packages.get(module, module) for module in modules}
    assert [f"asyncscrape[{','.join(extra for extra in MODULES if extra != 'ray')}]"] == declared.pop("all")
    assert ["dev"] == list(declared)
