import asyncio
import io
import json
import logging
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from support.command import PATIENCE

from asyncscrape import logs
from asyncscrape.stats import HostView, RunState, ShownState, Snapshot, StoreView, WorkerView
from asyncscrape.views import progress
from asyncscrape.views.figures import clock, count, rate, size, span

RUNNING = Snapshot(
    job="catalog",
    state=RunState.RUNNING,
    pages={"pending": 17_704, "active": 64, "done": 12_345, "failed": 371, "skipped": 12},
    files={"pending": 320, "active": 3, "done": 5_000, "failed": 2, "skipped": 0},
    records={"item": 10_200, "row": 408_000},
    stores={"parquet": StoreView(0), "csv": StoreView(1_204), "jsonl": StoreView(8_000, "no room left", 20.2)},
    retries=31,
    bytes=412_000_000,
    seconds=192.4,
    pages_per_second=152.3,
    bytes_per_second=1_930_000,
    left=250.0,
    hosts=(
        HostView("api.example.org", 0, 0.25, 0.18, 5, 42.3, "http 429"),
        HostView("www.example.org", 2, 1.0, 1.23, 0),
    ),
    note="jsonl still has to take 8,000 records; the crawl waits for it",
)
IDLE = Snapshot("catalog", RunState.IDLE, dict.fromkeys(ShownState, 0), dict.fromkeys(ShownState, 0), {}, {})


def drawn(snapshot: Snapshot, width: int = 80, height: int = 24) -> list[str]:
    console = Console(file=io.StringIO(), width=width, height=height, color_system=None)
    console.print(progress.render(snapshot, width, height))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


@pytest.mark.parametrize(
    "told",
    [
        "12,345 done · 17,704 queued · 64 open · 371 failed · 12 skipped",
        "5,000 done · 320 queued · 3 open · 2 failed",
        "152 pages/s · 1.9 MB/s · 412.0 MB read · 31 retries",
        "item 10,200 · row 408,000",
        "parquet up to date · csv 1,204 to write",
        "jsonl: 8,000 records to write; no room left (for 20 s)",
        "jsonl still has to take 8,000 records; the crawl waits for it",
        "3:12 · about 4 min left",
        "catalog · running",
        " 49 %",
    ],
)
def test_the_view_tells_all_of_a_snapshot(told: str) -> None:
    assert any(told in line for line in drawn(RUNNING))


def test_parked_hosts_are_shown_with_reason_and_seconds_and_slow_ones_with_their_pace() -> None:
    lines = drawn(RUNNING)
    [parked] = [line for line in lines if "api.example.org" in line]
    [slow] = [line for line in lines if "www.example.org" in line]
    assert ["api.example.org", "parked", "42", "s", "250", "ms", "180", "ms", "http", "429"] == parked.strip(
        "│ "
    ).split()
    assert ["www.example.org", "2", "open", "1", "s", "1.2", "s"] == slow.strip("│ ").split()


def test_several_workers_have_a_line_each_below_the_hosts() -> None:
    workers = (
        WorkerView("1 on alpha (process 17)", 12, 61.25, 0.4, 0, "at work"),
        WorkerView("2 on beta (process 4)", 0, 0.0, 9.5, 1_204, "silent"),
    )
    lines = drawn(msgspec.structs.replace(RUNNING, workers=workers))
    heads, first, second = lines[-4:-1]
    assert ["workers", "hosts", "pages/s", "to", "write", "seen"] == heads.strip("│ ").split()
    assert "1 on alpha (process 17) at work 12 61.2 0 400 ms ago" == " ".join(first.strip("│ ").split())
    assert "2 on beta (process 4) silent 0 0.00 1,204 9.5 s ago" == " ".join(second.strip("│ ").split())
    assert "www.example.org" in lines[-5]
    assert not any("workers" in line for line in drawn(msgspec.structs.replace(RUNNING, workers=workers[:1])))
    assert "61.2" in drawn(msgspec.structs.replace(RUNNING, workers=workers), width=50)[-3]


def test_a_job_that_never_ran_has_a_view_too() -> None:
    assert any("none yet" in line for line in drawn(IDLE))


def test_stores_that_are_equally_far_are_named_together() -> None:
    stores = {"parquet": StoreView(0), "csv": StoreView(7), "jsonl": StoreView(7)}
    lines = drawn(Snapshot("job", RunState.RUNNING, {"done": 1}, {}, {}, stores))
    assert any("parquet up to date · csv, jsonl 7 to write" in line for line in lines)


def test_a_store_in_trouble_is_told_in_full_however_long_its_story() -> None:
    why = "postgres at 127.0.0.1:5432/db: the server refuses connections"
    stores = {"jsonl": StoreView(0), "postgres": StoreView(12_345, why, 20.0)}
    told = " ".join(
        line.strip("│ ") for line in drawn(Snapshot("job", RunState.RUNNING, {"done": 1}, {}, {}, stores))
    )
    assert f"jsonl up to date postgres: 12,345 records to write; {why} (for 20 s)" in told


def test_the_bar_is_readable_without_colours() -> None:
    half = Snapshot("job", RunState.RUNNING, {"pending": 40, "done": 40}, {"pending": 10, "done": 10}, {}, {})
    bar = drawn(half)[1]
    assert 35 == bar.count("━")
    assert 35 == bar.count("─")


@settings(deadline=None)
@given(
    numbers=st.lists(st.integers(0, 10**9), min_size=5, max_size=5),
    tables=st.integers(0, 30),
    hosts=st.integers(0, 12),
    width=st.integers(30, 200),
)
def test_the_view_never_leaves_the_terminal(numbers: list[int], tables: int, hosts: int, width: int) -> None:
    snapshot = Snapshot(
        "j" * 40,
        RunState.RUNNING,
        dict(zip(ShownState, numbers, strict=True)),
        {},
        {f"table_{i}": 10**i % 999_999_999 for i in range(tables)},
        {"parquet": StoreView(7, "a long story " * 20)},
        hosts=(HostView("h" * 80, 2, 0.25, 0.1, 9, 33.0, "w" * 80),) * hosts,
        note="n" * 300,
    )
    lines = drawn(snapshot, width, 24)
    assert {width} == {len(line) for line in lines}
    if width >= 80:
        assert len(lines) <= 24


def test_off_a_terminal_a_line_says_the_same() -> None:
    expected = (
        "3:12 12,345 done, 17,704 queued, 64 open, 371 failed, 12 skipped · 152 pages/s · 1.9 MB/s · 10,200 item · "
        "408,000 row · csv: 1,204 records to write · jsonl: 8,000 records to write; no room left (for 20 s) · "
        "api.example.org parked for 42 s · about 4 min left · "
        "jsonl still has to take 8,000 records; the crawl waits for it"
    )
    assert expected == progress.line(RUNNING)


@pytest.fixture
def log_set_back() -> Iterator[None]:
    before = logging.root.handlers[:]
    yield
    logging.root.handlers[:] = before
    logging.captureWarnings(False)


async def until(true: "asyncio.Future[None]") -> None:
    await asyncio.wait_for(true, PATIENCE)


async def shown_for_some_snapshots(console: Console, number: int) -> None:
    seen, enough = 0, asyncio.get_running_loop().create_future()

    def snapshot() -> Snapshot:
        nonlocal seen
        seen += 1
        if seen == number:
            enough.set_result(None)
        return RUNNING

    async with progress.shown(snapshot, console, line_every=0.01):
        logging.getLogger("asyncscrape").warning("a line of the log")
        await until(enough)


async def test_without_a_terminal_progress_comes_as_lines(
    capsys: pytest.CaptureFixture[str], log_set_back: None
) -> None:
    logs.set_up("warning")
    await shown_for_some_snapshots(Console(stderr=True), 3)
    out, err = capsys.readouterr()
    assert "" == out
    assert 2 <= err.count("12,345 done, 17,704 queued")
    assert "\x1b" not in err


@pytest.mark.parametrize("environment", [{"TERM": "dumb"}, {"TERM": "xterm-256color"}])
async def test_a_dumb_terminal_gets_lines_and_a_real_one_the_live_view(
    environment: dict[str, str],
) -> None:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=80, height=24, _environ=environment)
    await shown_for_some_snapshots(console, 2)
    assert ("dumb" not in environment.values()) == ("catalog" in screen.getvalue())


async def test_lines_of_the_log_stay_whole_above_the_live_view(
    log_set_back: None,
) -> None:
    screen = io.StringIO()
    logs.set_up("info")
    console = Console(
        file=screen, force_terminal=True, width=80, height=24, _environ={"TERM": "xterm", "NO_COLOR": "1"}
    )
    with redirect_stderr(screen):
        await shown_for_some_snapshots(console, 3)
        assert screen is sys.stderr
    [line] = [line for line in screen.getvalue().splitlines() if "a line of the log" in line]
    assert "WARNING a line of the log" in line
    assert "│" not in line


def test_json_logs_are_objects_with_what_was_given_as_extra(
    capsys: pytest.CaptureFixture[str], log_set_back: None
) -> None:
    logs.set_up("info", "json")
    logging.getLogger("asyncscrape.crawl").info("host %s is parked", "example.org", extra={"seconds": 42})
    entry = json.loads(capsys.readouterr().err)
    assert {"time", "level", "logger", "message", "seconds"} == set(entry)
    assert ("info", "asyncscrape.crawl", "host example.org is parked", 42) == (
        entry["level"],
        entry["logger"],
        entry["message"],
        entry["seconds"],
    )


def test_with_a_log_file_only_warnings_reach_the_terminal(
    tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str], log_set_back: None
) -> None:
    file = tmp_path_factory.mktemp("logs") / "deep" / "run.log"
    logs.set_up("info", "text", file)
    logging.getLogger("asyncscrape").info("quiet")
    logging.getLogger("asyncscrape").warning("loud")
    err = capsys.readouterr().err
    assert "loud" in err
    assert "quiet" not in err
    assert ["quiet", "loud"] == [line.split()[-1] for line in file.read_text().splitlines()]


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ("12,345", count(12345)),
        ("0.42", rate(0.42)),
        ("8.13", rate(8.13)),
        ("12.5", rate(12.5)),
        ("1,400", rate(1400.2)),
        ("950 B", size(950)),
        ("64.0 KB", size(64_000)),
        ("1.0 MB", size(999_999)),
        ("2.5 TB", size(2.5e12)),
        ("0:07", clock(7.9)),
        ("12:34", clock(754)),
        ("1:02:03", clock(3723)),
        ("0 s", span(0)),
        ("250 ms", span(0.25)),
        ("1 s", span(0.9999)),
        ("1.2 s", span(1.23)),
        ("42 s", span(42.3)),
        ("7 min", span(421)),
        ("3.1 h", span(11_200)),
    ],
)
def test_numbers_are_written_for_people(expected: str, actual: str) -> None:
    assert expected == actual
