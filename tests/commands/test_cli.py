import asyncio
import contextlib
import json
import os
import pty
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import jsonschema
import polars
import pytest
from aiohttp import web
from click.testing import CliRunner, Result
from support import items_job
from support.command import PATIENCE, environment

from asyncscrape.cli import GROUPS, program
from asyncscrape.commands import fresh
from asyncscrape.commands.retry import whole_url
from asyncscrape.config.loading import load
from asyncscrape.errors import Exit
from asyncscrape.frontier.sqlite.lock import JobLock
from asyncscrape.jobs.base import BuiltIn
from asyncscrape.secret_settings import shown

ENVIRON = {"SHOP_TOKEN": "s3cret"}
HIDDEN = "postgres://me:s3cret@127.0.0.1:1/hidden"

ITEMS = 8
BROKEN = 5

CONFIG = """
name  = "shop"
data  = "{data}"
seeds = ["{site}/list/0.html"]

[scope]
include = ["/list/*", "/item/*", "/private/*"]

[politeness]
delay = "{delay}"

[fetch]
retries = 0
max_failure_ratio = 0.5
headers = {{ X-Token = "env:SHOP_TOKEN" }}

[[page]]
match  = "/list/*"
follow = ["a"]

[[page]]
match = "/item/*"
table = "item"
key   = ["url"]
follow = ["a"]
[page.fields]
url   = "@url"
name  = "h1"
price = {{ css = ".price", type = "float" }}
cover = {{ css = "img::attr(src)", blob = "covers/{{url_hash}}.png" }}

[store]
records = ["parquet", "csv", "jsonl"]
"""


async def listing(request: web.Request) -> web.Response:
    links = "".join(f'<a href="/item/{n}.html">{n}</a>' for n in range(ITEMS))
    return web.Response(text=f"<html>{links}<a href='/private/x.html'>no</a></html>", content_type="text/html")


async def item(request: web.Request) -> web.Response:
    number = int(request.match_info["number"])
    if number == BROKEN:
        raise web.HTTPNotFound
    page = (
        f'<h1>Item {number}</h1><b class="price">{number}.50</b><img src="/cover/{number}.png">'
        '<a href="/list/0.html">back</a><a href="/about.html">about</a><a href="http://elsewhere.test/">away</a>'
    )
    return web.Response(text=page, content_type="text/html")


async def cover(request: web.Request) -> web.Response:
    return web.Response(body=b"\x89PNG", content_type="image/png")


async def robots(request: web.Request) -> web.Response:
    return web.Response(text="User-agent: *\nDisallow: /private/\n")


def application() -> web.Application:
    shop = web.Application()
    shop.router.add_get("/robots.txt", robots)
    shop.router.add_get("/list/{number}.html", listing)
    shop.router.add_get("/item/{number}.html", item)
    shop.router.add_get("/cover/{number}.png", cover)
    return shop


async def serve(ready: Callable[[str, asyncio.Event], None]) -> None:
    runner = web.AppRunner(application())
    await runner.setup()
    place = web.TCPSite(runner, "127.0.0.1", 0)
    await place.start()
    stop = asyncio.Event()
    host, port = runner.addresses[0][:2]
    ready(f"http://{host}:{port}", stop)
    await stop.wait()
    await runner.cleanup()


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """A small shop in a thread of its own; its address."""
    started = threading.Event()
    address, stop, loop = "", asyncio.Event(), asyncio.new_event_loop()

    def ready(url: str, event: asyncio.Event) -> None:
        nonlocal address, stop
        address, stop = url, event
        started.set()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve(ready)))
    thread.start()
    assert started.wait(5)
    yield address
    loop.call_soon_threadsafe(stop.set)
    thread.join()
    loop.close()


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path) -> Iterator[None]:
    with contextlib.chdir(tmp_path):
        yield


def write_config(site: str, delay: str = "0s", data: str = "data") -> str:
    Path("shop.toml").write_text(CONFIG.format(site=site, delay=delay, data=data))
    return "shop.toml"


@pytest.fixture
def config(site: str) -> str:
    """The path of a config for the shop."""
    return write_config(site)


@pytest.fixture
def slow(site: str) -> str:
    """The same, with seconds between the requests."""
    return write_config(site, delay="1s")


def call(*arguments: str, code: int = 0, jobs: Mapping[str, BuiltIn] | None = None, **environ: str | None) -> Result:
    runner = CliRunner(env={**ENVIRON, **environ})
    result = runner.invoke(program, arguments, prog_name="asyncscrape", obj=jobs)
    assert code == result.exit_code, result.output
    assert "s3cret" not in result.output
    return result


def last_line(text: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(text.splitlines()[-1])
    return found


def rows(path: str) -> int:
    match Path(path).suffix:
        case ".csv":
            return polars.read_csv(path).height
        case ".jsonl":
            return polars.read_ndjson(path).height
        case _:
            return polars.read_parquet(path).height


def process(*arguments: str, stdin: int = subprocess.DEVNULL, **environ: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "asyncscrape", *arguments],
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(**{**ENVIRON, **environ}),
    )


def wait_until_it_runs(config: str) -> None:
    give_up = time.monotonic() + PATIENCE
    while json.loads(call("status", config, "--json").stdout)["pages"]["done"] < 1:
        assert time.monotonic() < give_up
        time.sleep(0.05)


# The program as a whole


def test_help_needs_no_heavy_imports() -> None:
    heavy = {"aiohttp", "lxml", "polars", "pydantic", "rich", "parsel", "asyncio", "sqlite3", "uvloop", "jmespath"}
    code = "import sys, asyncscrape.cli, asyncscrape.__main__; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set() == heavy & set(done.stdout.split())


def test_a_job_with_files_only_needs_no_libraries_of_postgres_or_s3() -> None:
    write_config("http://127.0.0.1:1")
    code = "from asyncscrape.cli import program; program({}, standalone_mode=False); import sys; print(*sys.modules)"
    for arguments in (["check", "shop.toml"], ["check", "shop.toml", "--connect"], ["run", "shop.toml", "--quiet"]):
        command, environ = [sys.executable, "-c", code.format(arguments)], environment(**ENVIRON)
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=environ)
        assert set() == {"asyncpg", "aioboto3", "botocore"} & set(done.stdout.split())


def test_help_shows_every_command_in_a_group_and_the_exit_codes_of_the_contract() -> None:
    out = call("--help").stdout
    lines = out.splitlines()
    assert ["Crawl:", "Look:", "Results:", "Insight:", "Set up:"] == [
        line for line in lines if line in map("{}:".format, GROUPS)
    ]
    commands = [line.split() for line in lines[lines.index("Crawl:") :] if line[:2] == "  " and line[2] != "S"]
    assert sorted(program.commands) == sorted(name for name, *_ in commands)
    assert ["run", "try", "check"] == [name for name, *_ in commands[:3]]
    for code in Exit:
        assert f"{code:2}  {code.meaning}" in out


@pytest.mark.parametrize(
    "command", ["run", "check", "try", "status", "errors", "retry", "init", "schema", "replica", "audio"]
)
def test_the_help_of_every_command_has_an_example(command: str) -> None:
    assert f"asyncscrape {command}" in call(command, "--help").stdout.partition("Example")[2]


def test_no_module_beside_the_config_stands_in_for_a_library() -> None:
    """In the folder where the program is started, too."""
    write_config("http://127.0.0.1:1")
    with Path("shop.toml").open("a") as config:
        config.write('[[page]]\nmatch = "/odd/*"\nparser = "odd_pages:parse"\n')
    for name in ("json", "aiohttp", "msgspec", "lxml", "click"):
        Path(f"{name}.py").write_text("1 / 0\n")
    Path("odd_pages.py").write_text("def parse(response): ...\n")
    with process("check", "shop.toml") as ended:
        out, err = ended.communicate(timeout=PATIENCE)
    assert (0, "") == (ended.returncode, err)
    assert "parsed by odd_pages:parse" in out


def test_a_character_that_the_terminal_does_not_know_ends_no_command() -> None:
    config = write_config("http://127.0.0.1:1")
    with process("check", config, "--set", "politeness.user_agent=夜", PYTHONIOENCODING="latin-1") as ended:
        out, err = ended.communicate(timeout=PATIENCE)
    assert (0, "") == (ended.returncode, err)
    assert "as \\u591c" in out


def test_a_missing_config_is_wrong_usage_and_shows_no_traceback() -> None:
    result = call("run", "nowhere.toml", code=2)
    assert "" == result.stdout
    assert "nowhere.toml" in result.stderr
    assert "Traceback" not in result.stderr


def test_all_mistakes_of_a_config_are_reported_at_once() -> None:
    Path("bad.toml").write_text(
        'name = "bad"\nseeds = ["http://127.0.0.1/"]\ncolour = 1\n[politeness]\ndealy = "1s"\n'
    )
    result = call("check", "bad.toml", code=2)
    assert "bad.toml:3: " in result.stderr
    assert "bad.toml:5: " in result.stderr
    assert 'did you mean "delay"?' in result.stderr


def test_an_unexpected_error_is_short_and_with_verbose_has_its_traceback() -> None:
    Path("items.toml").write_text('name = "items"\nkind = "items"\n')
    jobs = {"items": replace(items_job.JOB, plan=lambda config: 1 / 0)}
    short = call("check", "items.toml", code=1, jobs=jobs).stderr
    assert "ZeroDivisionError" in short
    assert "report" in short
    assert "Traceback" not in short
    assert "Traceback" in call("check", "items.toml", "--verbose", code=1, jobs=jobs).stderr


def test_an_unexpected_error_of_a_command_without_verbose_has_its_traceback(tmp_path: Path) -> None:
    broken = "import sys; sys.modules['asyncscrape.analysis.sentiment.judge'] = None; "
    begin = "from asyncscrape.cli import program; program(prog_name='asyncscrape')"
    ended = subprocess.run(
        [sys.executable, "-c", broken + begin, "sentiment", str(tmp_path / "none.txt")],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert 1 == ended.returncode
    assert "Traceback" in ended.stderr
    assert "with the lines above" in ended.stderr
    assert "--verbose" not in ended.stderr


def test_a_state_that_cannot_be_read_is_exit_4(config: str) -> None:
    Path("data/shop/state.db").mkdir(parents=True)
    assert "state.db" in call("status", config, code=4).stderr


# run


def test_run_crawls_and_tells_where_the_results_are(config: str) -> None:
    out = call("run", config).stdout
    assert "finished" in out
    for suffix in ("parquet", "csv", "jsonl"):
        assert f"data/shop/item.{suffix}" in out
        assert ITEMS - 1 == rows(f"data/shop/item.{suffix}")
    assert "data/shop/blobs" in out
    assert "asyncscrape errors shop.toml" in out


def test_run_json_is_the_last_line_and_all_of_stdout(config: str) -> None:
    result = call("run", config, "--json")
    assert 1 == len(result.stdout.splitlines())
    snapshot = last_line(result.stdout)
    assert {
        "job",
        "state",
        "pages",
        "records",
        "stores",
        "seconds",
        "pages_per_second",
        "requests",
        "retries",
        "bytes",
    } <= set(snapshot)
    assert ("shop", "finished", 0) == (snapshot["job"], snapshot["state"], snapshot["exit"])
    assert {"pending": 0, "active": 0, "done": ITEMS, "failed": 1, "skipped": 1} == snapshot["pages"]
    assert "data/shop/item.csv" in result.stderr


def test_run_quiet_prints_nothing_but_what_was_asked_for(config: str) -> None:
    assert ("", "") == ((result := call("run", config, "--quiet")).stdout, result.stderr)
    result = call("run", config, "--quiet", "--json")
    assert "" == result.stderr
    assert "shop" == last_line(result.stdout)["job"]


def test_run_stops_at_its_limit_and_the_next_run_goes_on(config: str) -> None:
    stopped = call("run", config, "--max-pages", "3", code=10).stdout
    assert "asyncscrape run shop.toml" in stopped
    snapshot = last_line(call("run", config, "--json").stdout)
    assert "finished" == snapshot["state"]
    assert ITEMS - 1 == rows("data/shop/item.csv")


def test_a_time_limit_is_a_duration(slow: str) -> None:
    assert "10m" in call("run", slow, "--time-limit", "soon", code=2).stderr
    call("run", slow, "--time-limit", "100ms", code=10)


def test_set_and_data_override_the_config_and_are_named_in_the_hints(config: str) -> None:
    out = call(
        *("run", config, "--set", "store.records=['csv']", "--set", 'fetch.headers."X-Key"=s3cret'),
        *("--data", "else where", "--max-pages", "2"),
        code=10,
    ).stdout
    hidden = "--set 'fetch.headers.\"X-Key\"=…'"
    assert f"--set 'store.records=['\"'\"'csv'\"'\"']' {hidden} --data 'else where'" in " ".join(out.split())
    assert Path("else where/shop/state.db").exists()
    assert not Path("data").exists()


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("politeness.delay=1s", "politeness.delay=1s"),
        ("fetch.headers.X=env:TOKEN", "fetch.headers.X=env:TOKEN"),
        ("politeness.user_agent=bot (+mailto:me@example.org)", "politeness.user_agent=bot (+mailto:me@example.org)"),
        ("page.0.key=['a']", "page.0.key=['a']"),
        ("fetch.headers.Authorization=Bearer s3cret", "fetch.headers.Authorization=…"),
        ("fetch = {headers = {X = 's3cret'}}", "fetch =…"),
        ("fetch.cookies.'a.b'=s3cret", "fetch.cookies.'a.b'=…"),
        ("fetch.proxy=http://me:s3cret@127.0.0.1", "fetch.proxy=…"),
        ("store.records=['postgres://me:s3cret@h/db']", "store.records=…"),
        ("store.records=postgres://h/db?password=s3cret", "store.records=…"),
        ("store.s3.secret_key=s3cret", "store.s3.secret_key=…"),
        ("music.client_secret=s3cret", "music.client_secret=…"),
        ("music.beatport_token=s3cret", "music.beatport_token=…"),
        ("music.client_id=s3cret", "music.client_id=…"),
    ],
)
def test_a_secret_is_not_shown_among_settings(setting: str, told: str) -> None:
    assert told == shown(setting)


def test_a_secret_with_a_mistake_is_not_shown(config: str) -> None:
    assert (
        "the value is not a valid" in call("check", config, "--set", "fetch.headers.X='s3cret\u0007'", code=2).stderr
    )


def test_more_failures_than_allowed_are_exit_3(config: str) -> None:
    call("run", config, "--set", "fetch.max_failure_ratio=0.01", code=3)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_drains_and_ends_with_11_and_status_sees_the_run_from_outside(
    slow: str, number: signal.Signals
) -> None:
    with process("run", slow, "--json") as run:
        wait_until_it_runs(slow)
        assert "running" == json.loads(call("status", slow, "--json").stdout)["state"]
        assert "already running" in call("run", slow, code=2).stderr
        assert "already running" in call("retry", slow, code=2).stderr
        run.send_signal(number)
        out, err = run.communicate(timeout=PATIENCE)
    assert 11 == run.returncode, err
    assert "stopped" == last_line(out)["state"]
    assert "stopping" in err
    assert "Traceback" not in err
    assert "stopped" == json.loads(call("status", slow, "--json").stdout)["state"]


# run --fresh


def test_fresh_starts_again_from_nothing_and_deletes_only_what_is_the_jobs(config: str) -> None:
    call("run", config, "--quiet")
    mine = Path("data/shop/notes.txt")
    mine.write_text("mine")
    outside = Path("outside")
    outside.mkdir()
    (outside / "kept.txt").write_text("kept")
    Path("data/shop/blobs/link").symlink_to(outside.absolute())
    snapshot = last_line(call("run", config, "--fresh", "--yes", "--json").stdout)
    assert ITEMS == snapshot["pages"]["done"]  # type: ignore[index]
    assert snapshot["requests"] < 3 * ITEMS  # type: ignore[operator]
    assert "mine" == mine.read_text()
    assert "kept" == (outside / "kept.txt").read_text()
    assert not Path("data/shop/blobs/link").exists()


def test_fresh_deletes_nothing_unasked_where_there_is_no_terminal_to_ask_on(config: str) -> None:
    call("run", config, "--quiet")
    Path("data/shop/item.csv").write_text("old")
    assert "add --yes" in call("run", config, "--fresh", "--quiet", code=2).stderr
    assert "old" == Path("data/shop/item.csv").read_text()


@pytest.mark.parametrize(("answer", "code"), [("n", 2), ("y", 0)])
def test_fresh_asks_on_a_terminal_and_a_no_deletes_nothing(config: str, answer: str, code: int) -> None:
    call("run", config, "--quiet")
    Path("data/shop/item.csv").write_text("old")
    ours, theirs = pty.openpty()
    os.write(ours, f"{answer}\n".encode())
    with process("run", config, "--fresh", "--json", stdin=theirs) as run:
        _, err = run.communicate(timeout=PATIENCE)
    os.close(ours)
    os.close(theirs)
    assert code == run.returncode, err
    assert "Delete what is stored in data/shop" in err
    assert (answer == "n") == ("nothing was deleted" in err)
    assert (answer == "n") == (Path("data/shop/item.csv").read_text() == "old")


def test_fresh_does_not_ask_about_nothing(config: str) -> None:
    ours, theirs = pty.openpty()
    with process("run", config, "--fresh", "--json", stdin=theirs) as run:
        _, err = run.communicate(timeout=PATIENCE)
    os.close(ours)
    os.close(theirs)
    assert (0, False) == (run.returncode, "Delete what is stored" in err), err


def test_fresh_says_what_it_leaves_where_other_jobs_may_write_too(config: str) -> None:
    call("run", config, "--quiet")
    far = [
        "--set",
        "store.records=['csv', 'env:DATABASE_URL', 'csv:s3://tables']",
        "--set",
        "store.blobs=s3://files/x",
    ]
    ours, theirs = pty.openpty()
    os.write(ours, b"n\n")
    with process("run", config, "--fresh", *far, stdin=theirs, DATABASE_URL=HIDDEN) as run:
        _, err = run.communicate(timeout=PATIENCE)
    os.close(ours)
    os.close(theirs)
    assert "What is stored in env:DATABASE_URL, s3://tables, s3://files/x stays; the new run overwrites it" in err
    assert ("s3cret" in err, "hidden" in err) == (False, False)


def test_fresh_leaves_nothing_but_the_lock(config: str) -> None:
    call("run", config, "--quiet")
    fresh.clear(load(Path(config), environ=ENVIRON), ["item"], ask=False)
    assert ["lock"] == [path.name for path in Path("data/shop").iterdir()]


def test_fresh_is_refused_while_the_job_runs(config: str) -> None:
    with JobLock(Path("data/shop")):
        assert "already running" in call("run", config, "--fresh", "--yes", code=2).stderr


# check, try


def test_check_prints_the_plan_without_the_network() -> None:
    out = call("check", write_config("http://127.0.0.1:1")).stdout
    for told in (
        "shop, in data/shop",
        "http://127.0.0.1:1/list/0.html",
        "item (key url): url str, name str, price float",
    ):
        assert told in out
    assert "fetch.headers.X-Token from env:SHOP_TOKEN: present" in out
    assert not Path("data").exists()
    assert "SHOP_TOKEN" in call("check", "shop.toml", code=2, SHOP_TOKEN=None).stderr


def test_check_never_prints_a_secret_wherever_it_stands() -> None:
    config = write_config("http://127.0.0.1:1")
    out = call("check", config, "--set", "politeness.user_agent=env:SHOP_TOKEN").stdout
    assert "as env:SHOP_TOKEN" in out


def test_check_tells_stores_and_credentials_in_words_without_the_network() -> None:
    environ = {
        "DATABASE_URL": HIDDEN,
        "ENDPOINT": "http://hidden.example:1",
        "PGPASSWORD": None,
        "PGPASSFILE": "passwords",
    }
    records = (
        "['csv', 'jsonl:s3://tables', 'postgres://me:s3cret@h/db?schema=x', 'postgres://h2/', 'env:DATABASE_URL']"
    )
    keys = ["store.s3.access_key=env:SHOP_TOKEN", "store.s3.secret_key=env:SHOP_TOKEN"]
    settings = [f"store.records={records}", "store.blobs=s3://files/x", "store.s3.endpoint=env:ENDPOINT"]
    config = write_config("http://127.0.0.1:1")
    out = call("check", config, *(part for one in settings for part in ("--set", one)), **environ).stdout
    for told in (
        "records: csv in data/shop",
        "records: jsonl in s3://tables at env:ENDPOINT",
        "records: postgres at h/db, schema x",
        "records: postgres at h2, schema public",
        "records: postgres (env:DATABASE_URL)",
        "downloads: files in s3://files/x at env:ENDPOINT",
        "password of postgres: present in its URL",
        "password of postgres: none in its URL; looked up in passwords",
        "keys of s3: from the usual AWS chain",
    ):
        assert told in out
    assert "hidden" not in out
    out = call("check", config, *(part for one in (*settings, *keys) for part in ("--set", one)), **environ).stdout
    assert "keys of s3: access_key and secret_key from the config" in out


def test_try_shows_records_links_and_why_others_are_not_followed(config: str, site: str) -> None:
    out = call("try", config, f"{site}/item/3.html").stdout
    for told in ("Item 3", "3.5", f"{site}/list/0.html", f"{site}/cover/3.png"):
        assert told in out
    assert "not included by" in out
    assert "host elsewhere.test is not in [scope].hosts" in out
    assert not Path("data").exists()


def test_tables_shows_names_with_brackets_as_they_are(config: str) -> None:
    call("run", config, "--data", "d[b]x", "--max-pages", "1", code=10)
    out = " ".join(call("tables", config, "--data", "d[b]x", "--set", 'scope.exclude=["/q[/foo]"]').stdout.split())
    assert "asyncscrape run shop.toml --set 'scope.exclude=[\"/q[/foo]\"]' --data 'd[b]x' goes on" in out


def test_try_reads_a_saved_file(config: str, site: str) -> None:
    Path("saved.html").write_text('<h1>Saved</h1><b class="price">7</b>')
    out = call("try", config, "saved.html", "--as", f"{site}/item/77.html").stdout
    assert "Saved" in out
    assert "7.0" in out


TRIED = """
name = "tried"
seeds = ["http://shop.test/"]
[[page]]
match = "/other"
follow = ["a"]
[[page]]
match = "/item/*"
table = "row"
each = "li"
key = ["n"]
follow = ["a"]
[page.fields]
n = { css = "i", type = "int" }
name = { css = "b::attr(title)", blob = "x/{name}-{host}" }
price = { css = "b", re = '[\\d.]+', type = "float" }
tags = { css = "u", many = true }
day = { css = "s", type = "date", format = ["%d.%m.%Y", "%Y"] }
"""


def test_try_and_check_count_rules_alike_and_tell_what_does_not_fit() -> None:
    Path("tried.toml").write_text(TRIED)
    body = "<li><i>1</i><b>1,299.00 €</b><u>x</u><s>2021-04-08</s></li><li><b>5</b></li><a href=/x rel=nofollow>x</a>"
    Path("saved.html").write_text(body)
    out = call("try", "tried.toml", "saved.html", "--as", "http://shop.test/item/1").stdout
    lines = [" ".join(line.split()) for line in out.splitlines()]
    for told in (
        'rule 2: match "/item/*"',
        "table row: 1 record",
        "n int 1",
        'price float 1.0 from "1,299.00 €" by re',
        'tags list of str ["x"]',
        "name_path str –",
        'day: 1 value does not fit %d.%m.%Y or %Y, e.g. "2021-04-08"',
        "left out: 1 row, because n was empty",
        "http://shop.test/x (nofollow)",
    ):
        assert told in lines
    assert "\0" not in out
    plan = call("check", "tried.toml").stdout
    assert "1. /other: follows a" in plan
    assert "2. /item/*: one record for each li in row" in plan


def test_try_tells_cuts_of_addresses_but_nothing_of_its_own_fields() -> None:
    Path("tried.toml").write_text(
        TRIED + 'all = { css = "a.all", re = ".+", type = "url" }\n'
        'page = { css = "a.all", re = "[^?]+", type = "url" }\n'
        'mail = { css = "a.mail", re = "/.*", type = "url" }\n'
        'pics = { css = "img", re = "^[^?]+", many = true, blob = "{url_hash}" }\n'
    )
    body = "<li><i>1</i><a class=all href='/x?y'><a class=mail href='mailto:a@b/c'><img src='/z?1'></li>"
    Path("saved.html").write_text(body)
    out = call("try", "tried.toml", "saved.html", "--as", "http://shop.test/item/1", COLUMNS="120").stdout
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert "all url http://shop.test/x?y" in lines
    assert 'page url http://shop.test/x from "http://shop.test/x?y" by re' in lines
    assert any(
        line.startswith('pics list of str ["http://shop.test/z"] from "http://shop.test/z?1') for line in lines
    )
    assert "\0" not in out
    assert "whole" not in out
    assert "does not fit" not in out


def test_check_notes_a_name_in_a_path_that_could_mean_two_things() -> None:
    Path("tried.toml").write_text(TRIED)
    told = " ".join(call("check", "tried.toml").stdout.split())
    assert "notes rule 2: {name} in the path of name means the field `name`, not the file name of the URL;" in told
    assert "{host} in the path" not in told
    assert "notes" not in call("check", write_config("http://127.0.0.1:1")).stdout


def test_check_warns_of_credentials_that_strangers_may_see() -> None:
    config = write_config("http://shop.example")
    settings = ['scope.hosts=["*"]', "fetch.cookies.a=b", "fetch.headers.Accept-Language=de"]
    told = " ".join(call("check", config, *(part for one in settings for part in ("--set", one))).stdout.split())
    secret = "warning: fetch.headers.X-Token, fetch.cookies.a: "
    assert f'{secret}with scope.hosts = ["*"] every host that a page links to gets to see this over https; ' in told
    assert f"{secret}goes to http://shop.example in clear text, because a seed begins so; " in told
    assert "warning" not in call("check", config, "--set", 'seeds=["https://shop.example"]').stdout


def test_try_obeys_robots(config: str, site: str) -> None:
    assert "robots.txt" in call("try", config, f"{site}/private/x.html", code=3).stderr


def test_try_tells_why_a_page_cannot_be_fetched(config: str, site: str) -> None:
    assert "404" in call("try", config, f"{site}/item/{BROKEN}.html", code=3).stderr
    assert "connect" in call("try", config, "http://127.0.0.1:1/item/1.html", code=3).stderr


def test_try_names_the_rules_when_none_matches(config: str) -> None:
    Path("saved.html").write_text("<h1>Saved</h1>")
    err = call("try", config, "saved.html", "--as", "http://127.0.0.1/other.html", code=2).stderr
    assert "/other.html" in err
    assert '"/list/*"' in err
    assert '"/item/*"' in err


def test_try_refuses_what_is_not_a_url(config: str) -> None:
    assert "mailto:x" in call("try", config, "mailto:x", code=2).stderr
    assert "missing.html" in call("try", config, "missing.html", "--as", "http://127.0.0.1/item/1", code=2).stderr


# status, errors, retry


def test_status_of_a_job_that_never_ran(config: str) -> None:
    status = json.loads(call("status", config, "--json").stdout)
    assert {"job", "state", "pages", "records", "stores"} <= set(status)
    assert ("shop", "idle", 0) == (status["job"], status["state"], status["pages"]["done"])
    assert "idle" in call("status", config).stdout
    assert not Path("data").exists()


def test_status_after_a_run(config: str) -> None:
    call("run", config, "--quiet")
    status = json.loads(call("status", config, "--json").stdout)
    assert {"pending": 0, "active": 0, "done": ITEMS, "failed": 1, "skipped": 1} == status["pages"]
    assert ITEMS - 1 == status["records"]["item"]
    assert {0} == {store["lag"] for store in status["stores"].values()}
    table = call("status", config).stdout
    assert "shop · finished" in table
    assert f"{ITEMS} done · 1 failed · 1 skipped" in table


def test_errors_are_grouped_by_reason(config: str, site: str) -> None:
    assert "no failed URLs" in call("errors", config).stdout
    call("run", config, "--quiet")
    out = call("errors", config).stdout
    assert "pages, http 404  1" in out
    assert f"{site}/item/{BROKEN}.html" in out
    found = json.loads(call("errors", config, "--json").stdout)
    assert ("shop", 1) == (found["job"], found["failed"])
    [group] = found["reasons"]
    assert ("http 404", 1, [f"{site}/item/{BROKEN}.html"]) == (group["reason"], group["count"], group["urls"])


def test_retry_puts_failed_urls_back(config: str) -> None:
    assert "nothing to retry" in call("retry", config, code=2).stderr
    call("run", config, "--quiet")
    assert "0 failed URLs are back" in call("retry", config, "--match", "/list/*").stdout
    assert "1 failed URL is back" in call("retry", config, "--match", "/item/*").stdout
    assert "0 failed URLs are back" in call("retry", config).stdout
    assert 1 == json.loads(call("status", config, "--json").stdout)["pages"]["pending"]
    assert "re:" in call("retry", config, "--match", "re:(", code=2).stderr


@pytest.mark.parametrize(
    ("match", "fits"),
    [
        ("/item/*", True),
        ("/item/", False),
        ("/5.html", False),
        ("*/5.html", True),
        ("*example.org*", True),
        ("https://*", False),
        ("re:item/\\d", True),
    ],
)
def test_a_glob_of_retry_fits_the_path_or_the_whole_url(match: str, fits: bool) -> None:
    assert fits == bool(whole_url(match).search("http://example.org:8080/item/5.html"))


# init, schema, replica


def test_init_writes_a_config_that_loads_and_never_overwrites() -> None:
    out = call("init", "records").stdout
    assert "asyncscrape check records.toml" in out
    config = load(Path("records.toml"))
    assert ("records", True) == (config.name, config.store.archive)
    assert "#" in Path("records.toml").read_text()
    assert "starter" not in Path("records.toml").read_text()
    assert "already exists" in call("init", "records.toml", code=2).stderr
    call("check", "records.toml")


@pytest.mark.parametrize("name", ["", "a b", "../x", "-x", "x/y", ".toml", "ä", "a" * 101])
def test_init_refuses_an_invalid_name(name: str) -> None:
    call("init", "--", name, code=2)
    assert [] == os.listdir(".")


def test_the_schema_is_valid_and_accepts_the_starter_config() -> None:
    import tomllib

    schema = json.loads(call("schema").stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    call("init", "records")
    jsonschema.validate(tomllib.loads(Path("records.toml").read_text()), schema)


def test_the_replica_serves_until_it_is_stopped() -> None:
    import urllib.request

    with process("replica", "--port", "0") as replica:
        assert replica.stdout is not None
        address = replica.stdout.readline().split()[4]
        request = urllib.request.Request(address + "robots.txt", headers={"Host": "shop.example.org"})
        assert 200 == urllib.request.urlopen(request, timeout=PATIENCE).status
        replica.send_signal(signal.SIGINT)
        _, err = replica.communicate(timeout=PATIENCE)
    assert (0, "") == (replica.returncode, err)
