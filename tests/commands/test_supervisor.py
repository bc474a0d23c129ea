"""Processes that are started, watched, started again and stopped: shell scripts in the place of workers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from asyncscrape.commands.restarts import LATELY, LONG_LIFE, MOST_DEATHS, Restarts, StoreAway
from asyncscrape.commands.supervisor import Supervisor
from asyncscrape.commands.worker_processes import ThisMachine
from asyncscrape.errors import Exit


def crew(script: str, number: int = 2, patience: float = 5.0) -> Supervisor:
    """So many processes that run a script, which knows its name as $0."""

    def words(name: str) -> Sequence[str]:
        return ("-c", script, name)

    return Supervisor(ThisMachine(program=["sh"]), words, number, patience)


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ((0, 0), Exit.FINISHED),
        ((0, 3), Exit.FAILURES),
        ((10, 10), Exit.LIMIT),
        ((11, 0), Exit.FINISHED),
        ((2, 0), Exit.USAGE),
    ],
)
def test_the_run_ends_as_its_workers_do(codes: tuple[int, int], expected: Exit) -> None:
    workers = crew(f"[ $0 = 1 ] && exit {codes[0]}; exit {codes[1]}")
    asyncio.run(workers.run())
    assert expected == workers.exit


def test_one_that_dies_is_started_again_after_a_pause(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    workers = crew(f"echo life of $0 >&2; mkdir {tmp_path}/$0 2>/dev/null && kill -9 $$; exit 0", number=1)
    began = time.monotonic()
    asyncio.run(workers.run())
    assert time.monotonic() - began > 0.25
    assert (Exit.FINISHED, "") == (workers.exit, workers.given_up)
    said = capfd.readouterr().err.splitlines()
    assert ["life of 1"] * 2 == [
        line for line in said if line.startswith("life")
    ]  # between log lines, if they are shown


def test_one_that_dies_again_and_again_ends_the_run(tmp_path: Path) -> None:
    workers = crew(f"echo >> {tmp_path}/lives; exit 1", number=1)
    asyncio.run(workers.run())
    assert Exit.FAULT == workers.exit
    assert "worker 1 has died again and again (a fault in the program)" == workers.given_up
    assert MOST_DEATHS == (tmp_path / "lives").read_text().count("\n")


def test_a_store_that_is_away_for_all_ends_the_run_and_one_worker_that_is_cut_off_does_not(tmp_path: Path) -> None:
    workers = crew(f"echo >> {tmp_path}/lives; exit 4", number=3)
    asyncio.run(workers.run())
    assert Exit.STORE == workers.exit
    assert (tmp_path / "lives").read_text().count("\n") < 3 * MOST_DEATHS
    cut_off = crew(f"[ $0 = 1 ] && mkdir {tmp_path}/cut 2>/dev/null && exit 4; sleep 1; exit 0")
    asyncio.run(cut_off.run())
    assert Exit.FINISHED == cut_off.exit


def test_those_who_have_given_up_a_store_long_ago_do_not_count() -> None:
    away, both = StoreAway(), ("1", "2")
    away.note("1", LATELY)
    assert not away.for_all(both, LATELY)
    away.note("2", 2 * LATELY)
    assert not away.for_all(both, 2 * LATELY)
    assert away.for_all("2", 2 * LATELY), "the first was taken away"
    away.note("1", 2 * LATELY + 1)
    assert away.for_all(both, 2 * LATELY + 1)


def test_a_long_life_makes_up_for_deaths() -> None:
    restarts = Restarts()
    assert [0.25, 0.5, 1.0] == [restarts.pause_after(1) for _ in range(3)]
    assert 0.25 == restarts.pause_after(LONG_LIFE)
    assert [0.5, 1.0, 2.0, None] == [restarts.pause_after(59) for _ in range(4)]


def test_one_that_somebody_stopped_is_not_started_again(tmp_path: Path) -> None:
    workers = crew(f"echo >> {tmp_path}/lives; [ $0 = 1 ] && exit 11; sleep 0.5; exit 0")
    asyncio.run(workers.run())
    assert Exit.FINISHED == workers.exit
    assert 2 == (tmp_path / "lives").read_text().count("\n")


@pytest.mark.parametrize(("signals", "expected"), [(1, "drained\n"), (2, "at once\n")])
def test_signals_go_on_to_all(tmp_path: Path, signals: int, expected: str) -> None:
    """Each notes how it has ended; one that ends by no signal is killed."""
    script = (
        f"trap 'n=$((n+1)); [ $n = 2 ] && echo at once >> {tmp_path}/$0 && exit 11' TERM; n=0; "
        f"touch {tmp_path}/up$0; while [ $n = 0 ]; do sleep 0.05; done; i=0; "
        f"while [ $i -lt 10 ]; do sleep 0.05; i=$((i+1)); done; echo drained >> {tmp_path}/$0; exit 11"
    )
    workers = crew(script)

    async def stopped() -> None:
        running = asyncio.create_task(workers.run())
        while not ((tmp_path / "up1").exists() and (tmp_path / "up2").exists()):
            await asyncio.sleep(0.02)
        for _ in range(signals):
            workers.interrupt()
            await asyncio.sleep(0.2)
        await running

    asyncio.run(stopped())
    assert Exit.INTERRUPTED == workers.exit
    assert [expected, expected] == [(tmp_path / name).read_text() for name in ("1", "2")]


def test_one_that_hangs_is_killed(tmp_path: Path) -> None:
    workers = crew(f"trap '' TERM; touch {tmp_path}/up; while :; do sleep 0.1; done", number=1, patience=0.3)

    async def stopped() -> None:
        running = asyncio.create_task(workers.run())
        while not (tmp_path / "up").exists():
            await asyncio.sleep(0.02)
        workers.interrupt()
        await running

    asyncio.run(asyncio.wait_for(stopped(), 20))
    assert Exit.INTERRUPTED == workers.exit


def test_what_all_say_is_passed_on_once(capfd: pytest.CaptureFixture[str]) -> None:
    workers = crew("echo the config has changed >&2; echo [$0] begins >&2; exit 2", number=3)
    asyncio.run(workers.run())
    said = capfd.readouterr().err.splitlines()
    assert ["[1] begins", "[2] begins", "[3] begins", "the config has changed"] == sorted(said)


def test_a_line_too_long_for_a_log_stops_nobody(capfd: pytest.CaptureFixture[str]) -> None:
    workers = crew("head -c 3000000 /dev/zero >&2; echo >&2; echo the end >&2; exit 0", number=1)
    asyncio.run(asyncio.wait_for(workers.run(), 20))
    assert "the end" == capfd.readouterr().err.splitlines()[-1]
