"""The job "crypto" from its config to its tables and report: good and bad answers, kills, and the week after."""

from __future__ import annotations

import csv
import gzip
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from support.command import until
from support.crypto_jobs import (
    API,
    NUMBERS,
    PAGES,
    PRO,
    TODAY,
    YESTERDAY,
    CryptoJob,
    Replica,
    Row,
    candles,
    coins_of,
    market,
    ordered,
    top,
    write_job,
)

from asyncscrape.replica.coinmarketcap.market import Shape
from asyncscrape.replica.process import ReplicaProcess

LATELY = date(2026, 11, 1)
SOURCES = ("api", "pro", "pages")
KEY = "the-key-of-a-user-7f3a"
FEW = ("bitcoin", "ethereum", "dogecoin")
NEXT_WEEK = TODAY + timedelta(weeks=1)


@pytest.fixture(scope="module")
def process() -> Iterator[Replica]:
    with ReplicaProcess(TODAY) as port:
        yield Replica(port)


@pytest.fixture
def replica(process: Replica) -> Replica:
    process.forget()
    return process


def unix(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def of_few(folder: Path, replica: Replica, **sections: Any) -> CryptoJob:
    """A job of three coins, one of which lacks days, that takes two pages of v3.1 for each."""
    crypto = {"coins": FEW, "start": date(2025, 6, 1), **sections.pop("crypto", {})}
    return write_job(folder, replica, crypto=crypto, **sections)


def expected_of_few(**options: Any) -> list[Row]:
    return candles(coins_of(*FEW), date(2025, 6, 1), **options)


def asked_ids(targets: Sequence[str]) -> list[int]:
    return sorted(int(query(target)["id"]) for target in targets)


def query(target: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}


def differences(one: Sequence[Row], other: Sequence[Row], tolerance: float) -> list[tuple[Row, Row]]:
    """Rows with the same keys whose numbers differ by more than this, absolutely and relatively."""

    def far(a: Row, b: Row) -> bool:
        pairs = [(float(a[name]), float(b[name])) for name in NUMBERS]
        return any(abs(x - y) > tolerance * max(1.0, 1e-3 * abs(x)) for x, y in pairs)

    assert [(row["coin_id"], row["date"]) for row in one] == [(row["coin_id"], row["date"]) for row in other]
    return [(a, b) for a, b in zip(one, other, strict=True) if far(a, b)]


# The whole history


def test_all_days_of_the_hundred_largest_coins_come_as_they_were_sent_with_a_report(
    tmp_path: Path, replica: Replica
) -> None:
    job = write_job(tmp_path, replica)
    ended = job.run(TEST_REPORT="1")
    expected = candles(top(100))
    assert (0, "") == (ended.code, ended.err)
    assert expected == job.rows("candles")
    assert "0E-24" in {row["volume"] for row in expected}, "decimal noise is part of what is compared"
    coins = job.rows("coins")
    assert [(coin.id, coin.slug, rank) for rank, coin in enumerate(top(100), 1)] == [
        (coin["id"], coin["slug"], coin["rank"]) for coin in sorted(coins, key=lambda coin: coin["rank"])
    ]
    assert f"{8 * len(expected):,} data points ({len(expected):,} days of 100 coins) in " in ended.out
    check_report(job.directory / "report", expected)


def check_report(folder: Path, expected: Sequence[Row]) -> None:
    files = {
        "quality.html",
        "clean.parquet",
        "quality.json",
        "close.png",
        "volume.png",
        "market_cap.png",
        "market.html",
    }
    assert files | {"cryptocurrencies_top-100.csv"} == {path.name for path in folder.iterdir()}
    with (folder / "cryptocurrencies_top-100.csv").open(encoding="utf-8", newline="") as lines:
        header, *rows = csv.reader(lines)
    assert ["date", *NUMBERS, "cryptocurrency"] == header
    days = [row[0] for row in rows]
    assert sorted(days, reverse=True) == days
    numbers = {(row["date"], row["slug"]): [float(row[name]) for name in NUMBERS] for row in expected}
    clean = {(row[0], row[7]): [float(value) for value in row[1:7]] for row in rows}
    assert numbers.keys() == clean.keys()
    assert all(pytest.approx(numbers[key], rel=1e-14) == clean[key] for key in list(numbers)[::97])
    assert len(expected) == json.loads((folder / "quality.json").read_text("utf-8"))["rows"]


def test_each_day_is_asked_for_once(tmp_path: Path, replica: Replica) -> None:
    job = of_few(tmp_path, replica)
    assert 0 == job.run().code
    asked = Counter(replica.asked())
    assert (1, 6, {1}) == (replica.listings(), len(replica.histories()), set(asked.values()))
    assert {API} == replica.hosts()


def test_every_answer_may_be_kept(tmp_path: Path, replica: Replica) -> None:
    job = of_few(tmp_path, replica, store={"archive": True})
    assert 0 == job.run().code
    assert expected_of_few() == job.rows("candles")
    told = json.loads(job.run("--json", command="archive").out)
    done = json.loads(job.run("--json", command="status").out)["pages"]["done"]
    assert 7 == told["answers"] == done == len(replica.asked())


# Three sources


def test_the_three_sources_give_the_same_tables(tmp_path: Path, replica: Replica) -> None:
    jobs = {source: of_source(source, tmp_path / source, replica) for source in SOURCES}
    for source, job in jobs.items():
        ended = job.run(CMC_API_KEY=KEY)
        assert (source, 0, "") == (source, ended.code, ended.err)
    expected = candles(top(30), LATELY)
    api, pro, pages = (jobs[source].rows("candles") for source in SOURCES)
    assert expected == api
    assert candles(top(30), LATELY, shape="official") == pro == pages
    assert [] == differences(api, pro, 5.001e-5)
    listed = [jobs[source].rows("coins") for source in SOURCES]
    for name in ("id", "name", "symbol", "slug", "rank", "max_supply", "date_added", "tags"):
        one, *others = [[coin[name] for coin in coins] for coins in listed]
        assert (name, [one, one]) == (name, others)


def of_source(source: str, folder: Path, replica: Replica, **crypto: Any) -> CryptoJob:
    return write_job(folder, replica, crypto={"source": source, "top": 30, "start": LATELY, **crypto})


@pytest.mark.parametrize("locale", ["swedish", "english"])
@pytest.mark.parametrize("listing", ["arrays", "text"])
def test_pages_with_nothing_but_a_table_of_days_give_the_same_prices_to_the_cent(
    tmp_path: Path, replica: Replica, locale: str, listing: str
) -> None:
    replica.switch(page="table", locale=locale, listing=listing)
    job = of_source("pages", tmp_path, replica, coins=FEW)
    job.config.write_text(job.config.read_text("utf-8").replace("top = 30\n", ""), encoding="utf-8")
    assert 0 == job.run().code
    got, expected = job.rows("candles"), candles(coins_of(*FEW), LATELY)
    assert [(row["coin_id"], row["date"]) for row in expected] == [(row["coin_id"], row["date"]) for row in got]
    prices = ("open", "high", "low", "close")
    for name in prices:
        assert pytest.approx([float(row[name]) for row in expected], abs=0.00501) == [float(row[name]) for row in got]
    assert pytest.approx([float(row["volume"]) for row in expected], abs=0.501) == [
        float(row["volume"]) for row in got
    ]


@pytest.mark.parametrize("use", [True, "auto"])
def test_pages_that_the_browser_fills_today_give_the_same_days_as_the_api(
    tmp_path: Path, replica: Replica, use: object
) -> None:
    coins, start = ("bitcoin", "dogecoin"), YESTERDAY - timedelta(days=399 if use == "auto" else 599)
    replica.switch(page="today")
    crypto = {"source": "pages", "coins": coins, "start": start}
    job = write_job(tmp_path, replica, crypto=crypto, fetch={"browser": {"use": use}})
    assert 0 == job.run().code
    expected = candles(coins_of(*coins), start)
    assert 400 == sum(row["slug"] == "bitcoin" for row in expected) or use is True
    assert expected == job.rows("candles")
    assert coins == tuple(target.split("/")[2] for target, _ in sorted(replica.asked()) if "currencies" in target)


def test_a_page_that_only_a_browser_fills_fails_without_one_and_says_what_to_set(
    tmp_path: Path, replica: Replica
) -> None:
    replica.switch(page="today")
    job = write_job(tmp_path, replica, crypto={"source": "pages", "coins": FEW[:1], "start": LATELY})
    assert 3 == job.run().code
    assert 'set use = "auto" under [fetch.browser]' in job.run(command="errors").out.replace("\n", " ")


def test_the_key_goes_to_the_official_api_alone_and_is_kept_nowhere(tmp_path: Path, replica: Replica) -> None:
    job = of_source("pro", tmp_path, replica)
    job.config.write_text(job.config.read_text().replace("[store]", "[store]\narchive = true"))
    told = [job.run(command=command, CMC_API_KEY=KEY) for command in ("check", "run", "status", "errors", "report")]
    assert [0] * 5 == [ended.code for ended in told]
    assert {PRO} == replica.hosts()
    assert not any(KEY in ended.out + ended.err for ended in told)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    read = {path.name: gzip.decompress(path.read_bytes()) for path in files if path.suffix == ".gz"}
    assert read
    assert [] == [path.name for path in files if KEY.encode() in read.get(path.name, path.read_bytes())]


def test_without_the_variable_of_the_key_nothing_starts_and_the_error_names_it(
    tmp_path: Path, replica: Replica
) -> None:
    ended = of_source("pro", tmp_path, replica).run(CMC_API_KEY=None)
    assert (2, []) == (ended.code, replica.asked())
    assert "CMC_API_KEY is not set" in ended.err


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("invalid", "the API says 1001: This API Key is invalid."),
        ("expired", "the API says 1004: Your API Key's subscription plan has expired."),
        ("basic", "the API says 1006: Your API Key subscription plan doesn't support this endpoint."),
    ],
)
def test_a_key_that_is_refused_ends_the_run_with_3_and_errors_has_the_words_of_the_api(
    tmp_path: Path, replica: Replica, key: str, says: str
) -> None:
    job = of_source("pro", tmp_path, replica)
    assert 3 == job.run(CMC_API_KEY=key).code
    assert says in job.run(command="errors", CMC_API_KEY=key).out
    assert len(replica.asked()) < 15, "a host that refuses is not asked on and on"


# Bad answers

PASSING = {
    "busy": [{"kind": "busy", "match": "/data-api/*", "times": 4}],
    "busy with every history": [{"kind": "busy", "match": "*historical*", "times": 1, "per_url": True}],
    "wrong coin": [{"kind": "wrong-coin", "match": "*historical*", "times": 1}],
    "wrong coin for each": [{"kind": "wrong-coin", "match": "*historical*", "times": 1, "per_url": True}],
    "too many": [{"kind": "too-many", "match": "*historical*", "times": 1, "retry_after": 1}],
    "bad gateway": [{"kind": "server-error", "match": "/data-api/*", "times": 2}],
    "slow": [{"kind": "slow", "delay": 0.2}],
}


@pytest.mark.parametrize("trouble", PASSING)
def test_trouble_that_passes_changes_nothing(tmp_path: Path, replica: Replica, trouble: str) -> None:
    replica.faults(*PASSING[trouble])
    job = of_few(tmp_path, replica)
    ended = job.run("--json")
    assert 0 == ended.code
    assert expected_of_few() == job.rows("candles")
    assert 7 + ended.summary["retries"] == len(replica.asked())
    again = {"busy": 4, "wrong coin": 1, "too many": 1, "bad gateway": 2, "slow": 0}
    assert again.get(trouble, 6) == ended.summary["retries"]
    assert not any("/v3/cryptocurrency/historical" in target for target in replica.histories())


@pytest.mark.parametrize("source", ["pro", "pages"])
@pytest.mark.parametrize("order", [False, True])
def test_other_sources_have_their_troubles_too(tmp_path: Path, replica: Replica, source: str, order: bool) -> None:
    faults = {
        "pro": [
            {"kind": "busy", "times": 1},
            {"kind": "official-error", "code": 1008, "times": 1, "retry_after": 1},
            {"kind": "official-error", "code": 1008, "status": 200, "times": 1},
            {"kind": "official-error", "code": 500, "times": 1},
            {"kind": "wrong-coin", "match": "*ohlcv*", "times": 1},
        ],
        "pages": [{"kind": "server-error", "times": 1}, {"kind": "too-many", "times": 1}],
    }
    replica.switch(descending=order, faults=faults[source])
    job = write_job(tmp_path, replica, crypto={"source": source, "coins": FEW, "start": LATELY})
    assert 0 == job.run(CMC_API_KEY=KEY).code
    assert candles(coins_of(*FEW), LATELY, shape="official") == job.rows("candles")


def test_rows_may_come_in_either_order_and_lack_days(tmp_path: Path, replica: Replica) -> None:
    replica.switch(descending=True)
    job = write_job(tmp_path, replica, crypto={"coins": FEW})
    assert 0 == job.run().code
    assert candles(coins_of(*FEW)) == job.rows("candles")
    replica.forget(gaps=False)
    job = write_job(tmp_path / "whole", replica, crypto={"coins": FEW})
    assert 0 == job.run().code
    assert candles(coins_of(*FEW), of=market(gaps=False)) == job.rows("candles")


@pytest.mark.parametrize("source", SOURCES)
def test_a_coin_without_history_is_not_a_failure(tmp_path: Path, replica: Replica, source: str) -> None:
    replica.switch(empty=["ethereum"])
    job = write_job(tmp_path, replica, crypto={"source": source, "coins": FEW, "start": LATELY})
    ended = job.run(CMC_API_KEY=KEY)
    assert (0, "") == (ended.code, ended.err)
    assert {1, 74} == {row["coin_id"] for row in job.rows("candles")}
    assert {1, 74, 1027} == {row["id"] for row in job.rows("coins")}


@pytest.mark.parametrize("kind", ["gone", "bad-request", "web-page", "cut-off"])
def test_when_the_newer_history_is_gone_the_older_one_takes_its_place(
    tmp_path: Path, replica: Replica, kind: str
) -> None:
    replica.faults({"kind": kind, "match": "*/v3.1/*"})
    job = of_few(tmp_path, replica)
    ended = job.run()
    assert (0, "") == (ended.code, ended.err)
    assert expected_of_few(shape="v3") == job.rows("candles")
    versions = Counter(target.split("/")[2] for target in replica.histories())
    assert {"v3.1": 3, "v3": 6} == versions


@pytest.mark.parametrize("kind", ["gone", "bad-request", "web-page"])
def test_the_older_history_also_takes_over_in_the_middle(tmp_path: Path, replica: Replica, kind: str) -> None:
    middle = YESTERDAY - timedelta(days=399)
    replica.faults({"kind": kind, "match": f"*/v3.1/*timeEnd={unix(middle) - 1}&*"})
    job = write_job(tmp_path, replica, crypto={"coins": ["bitcoin", "ethereum"]})
    assert 0 == job.run().code
    coins = coins_of("bitcoin", "ethereum")
    newer = candles(coins, middle)
    older = candles(coins, end=middle - timedelta(days=1), shape="v3")
    assert ordered([*newer, *older]) == job.rows("candles")


@pytest.mark.parametrize("source", SOURCES)
def test_a_bot_challenge_ends_the_run_with_3_and_is_called_by_its_name(
    tmp_path: Path, replica: Replica, source: str
) -> None:
    replica.faults({"kind": "challenge", "match": "*histor*"})
    job = write_job(tmp_path, replica, crypto={"source": source, "top": 30, "start": LATELY})
    ended = job.run(CMC_API_KEY=KEY)
    assert 3 == ended.code
    assert not (job.directory / "candles.jsonl").read_bytes()
    errors = job.run("--json", command="errors", CMC_API_KEY=KEY).summary
    assert [("blocked", 30)] == [(reason["reason"], reason["count"]) for reason in errors["reasons"]]
    assert "bot challenge" in errors["reasons"][0]["detail"]
    assert len(replica.histories()) <= 10, "a host that does not want us is not asked on and on"


def test_a_coin_that_cannot_be_fetched_is_a_failure_that_can_be_retried(tmp_path: Path, replica: Replica) -> None:
    replica.faults({"kind": "bad-request", "match": "*historical*id=1027&*"})
    job = of_few(tmp_path, replica)
    ended = job.run()
    assert 3 == ended.code
    assert {1, 74} == {row["coin_id"] for row in job.rows("candles")}
    told = job.run(command="errors").out
    assert "the API says 400" in told
    replica.faults()
    assert 0 == job.run(command="retry").code
    assert 0 == job.run().code
    assert {row["coin_id"] for row in job.rows("candles")} == {1, 74, 1027}


# Again, and kills


@pytest.mark.parametrize("source", SOURCES)
def test_a_finished_job_asks_for_nothing_on_the_same_day(tmp_path: Path, replica: Replica, source: str) -> None:
    job = of_source(source, tmp_path, replica)
    assert 0 == job.run(CMC_API_KEY=KEY).code
    before = job.rows("candles")
    replica.forget()
    assert 0 == job.run(CMC_API_KEY=KEY).code
    assert [] == replica.asked()
    assert before == job.rows("candles")


@pytest.mark.parametrize("source", SOURCES)
def test_next_week_only_new_days_and_new_coins_are_asked_for(tmp_path: Path, replica: Replica, source: str) -> None:
    first = YESTERDAY - timedelta(days=40)
    job = of_source(source, tmp_path / "old", replica, top=100, start=first)
    assert 0 == job.run(CMC_API_KEY=KEY).code
    replica.forget(weeks=1)
    job = replace(job, today=NEXT_WEEK)
    assert 0 == job.run(CMC_API_KEY=KEY).code
    later = market(TODAY, weeks=1)
    (entered,) = set(top(100, later)) - set(top(100))
    (left,) = set(top(100)) - set(top(100, later))
    assert (1, 100) == (replica.listings(), len(replica.histories()))
    begins = {
        first_day(target) for target in replica.histories() if entered.slug in target or is_about(target, entered.id)
    }
    assert {first} == begins
    others = {first_day(t) for t in replica.histories() if not (entered.slug in t or is_about(t, entered.id))}
    assert {YESTERDAY - timedelta(days=1)} == others
    fresh = replace(of_source(source, tmp_path / "new", replica, top=100, start=first), today=NEXT_WEEK)
    assert 0 == fresh.run(CMC_API_KEY=KEY).code
    rows = job.rows("candles")
    assert fresh.rows("candles") == [row for row in rows if row["coin_id"] != left.id]
    assert candles([left], first, shape="v3.1" if source == "api" else "official") == [
        row for row in rows if row["coin_id"] == left.id
    ]
    assert fresh.rows("coins") == [row for row in job.rows("coins") if row["id"] != left.id]
    replica.forget(weeks=1)
    assert 0 == job.run(CMC_API_KEY=KEY).code
    assert [] == replica.asked()


def is_about(target: str, coin: int) -> bool:
    return query(target).get("id") == str(coin)


def first_day(target: str) -> date:
    """The first day a history request asks for, by the rules of its source."""
    values = query(target)
    if "timeStart" in values:
        return datetime.fromtimestamp(int(values["timeStart"]), UTC).date()
    if "time_start" in values:
        return date.fromisoformat(values["time_start"]) + timedelta(days=1)
    return datetime.strptime(values["start"], "%Y%m%d").date()


def killed(job: CryptoJob, replica: Replica, requests: int) -> None:
    with job.start("--quiet") as process:
        assert until(lambda: len(replica.histories()) >= requests, process)
        process.kill()
        process.communicate()


def test_a_killed_run_goes_on_to_the_same_tables(tmp_path: Path, replica: Replica) -> None:
    replica.faults({"kind": "slow", "delay": 0.05})
    job = write_job(tmp_path, replica, crypto={"top": 60, "start": date(2024, 6, 1)})
    for requests in (5, 60, 130):
        killed(job, replica, requests)
    assert 0 == job.run().code
    assert candles(top(60), date(2024, 6, 1)) == job.rows("candles")
    repeated = sum(times - 1 for times in Counter(replica.asked()).values())
    assert repeated <= 3 * 2 * 8


def test_the_day_after_a_kill_the_unfinished_edition_comes_first_and_then_the_new_day(
    tmp_path: Path, replica: Replica
) -> None:
    replica.faults({"kind": "slow", "delay": 0.05})
    job = write_job(tmp_path, replica, crypto={"top": 60, "start": LATELY})
    killed(job, replica, 20)
    tomorrow = TODAY + timedelta(days=1)
    replica.forget(today=tomorrow.isoformat())
    job = replace(job, today=tomorrow)
    assert 0 == job.run().code
    assert 0 == replica.listings()
    assert candles(top(60), LATELY) == job.rows("candles")
    replica.forget(today=tomorrow.isoformat())
    assert 0 == job.run().code
    assert (1, 60) == (replica.listings(), len(replica.histories()))
    of_tomorrow = market(tomorrow)
    rows = [row for row in job.rows("candles") if row["coin_id"] in {coin.id for coin in top(60, of_tomorrow)}]
    assert candles(top(60, of_tomorrow), LATELY, TODAY, of=of_tomorrow) == rows


# Options


def test_named_coins_within_days_are_all_that_comes(tmp_path: Path, replica: Replica) -> None:
    first, last = date(2026, 2, 10), date(2026, 3, 2)
    job = write_job(tmp_path, replica, crypto={"coins": ["ethereum", "bitcoin"], "start": first, "end": last})
    assert 0 == job.run().code
    assert candles(coins_of("bitcoin", "ethereum"), first, last) == job.rows("candles")
    assert ["bitcoin", "ethereum"] == [coin["slug"] for coin in job.rows("coins")]


@pytest.mark.parametrize(("currency", "source"), [("EUR", "api"), ("BTC", "api"), ("EUR", "pro"), ("SEK", "pro")])
def test_prices_may_be_in_another_currency(tmp_path: Path, replica: Replica, currency: str, source: str) -> None:
    crypto = {"coins": FEW, "start": LATELY, "convert": currency, "source": source}
    job = write_job(tmp_path, replica, crypto=crypto)
    assert 0 == job.run(CMC_API_KEY=KEY).code
    shape: Shape = "v3.1" if source == "api" else "official"
    assert candles(coins_of(*FEW), LATELY, shape=shape, currency=currency) == job.rows("candles")


def test_another_currency_in_a_finished_job_is_refused_until_it_begins_afresh(
    tmp_path: Path, replica: Replica
) -> None:
    job = write_job(tmp_path, replica, crypto={"coins": FEW, "start": LATELY})
    assert 0 == job.run().code
    other = ("--set", "crypto.convert=EUR")
    ended = job.run(*other)
    assert 2 == ended.code
    assert "the stored prices are in USD" in ended.err
    assert "--fresh" in ended.err
    assert candles(coins_of(*FEW), LATELY) == job.rows("candles")
    assert 0 == job.run("--fresh", "--yes", *other).code
    assert candles(coins_of(*FEW), LATELY, currency="EUR") == job.rows("candles")


def test_a_coin_that_is_not_listed_is_told_with_the_one_that_was_meant(tmp_path: Path, replica: Replica) -> None:
    job = write_job(tmp_path, replica, crypto={"coins": ["bitcoin", "etherium"], "start": LATELY})
    ended = job.run(TEST_REPORT="1")
    assert 3 == ended.code
    told = "no coin is called 'etherium'; did you mean 'ethereum'?"
    assert told in ended.out
    assert "no report: no days of any coin are stored yet" in ended.err
    assert 2 == job.run(command="report", TEST_REPORT="1").code
    assert told in job.run(command="errors").out
    job = write_job(tmp_path, replica, crypto={"coins": ["bitcoin", "ethereum"], "start": LATELY})
    assert 0 == job.run(command="retry").code
    assert 0 == job.run().code
    assert candles(coins_of("bitcoin", "ethereum"), LATELY) == job.rows("candles")


def test_more_coins_and_older_days_come_on_the_same_day_too(tmp_path: Path, replica: Replica) -> None:
    job = write_job(tmp_path, replica, crypto={"coins": ["bitcoin"], "start": LATELY})
    assert 0 == job.run().code
    replica.forget()
    job = write_job(tmp_path, replica, crypto={"coins": ["bitcoin", "ethereum"], "start": LATELY})
    assert 0 == job.run().code
    assert [1027] == asked_ids(replica.histories())
    older = LATELY - timedelta(days=30)
    job = write_job(tmp_path, replica, crypto={"coins": ["bitcoin", "ethereum"], "start": older})
    assert 0 == job.run().code
    assert candles(coins_of("bitcoin", "ethereum"), older) == job.rows("candles")


@pytest.mark.parametrize("source", SOURCES)
def test_an_end_before_what_is_known_asks_for_no_history(tmp_path: Path, replica: Replica, source: str) -> None:
    job = of_source(source, tmp_path, replica)
    assert 0 == job.run(CMC_API_KEY=KEY).code
    before = job.rows("candles")
    replica.forget()
    assert 0 == job.run("--set", "crypto.end=2026-11-10", CMC_API_KEY=KEY).code
    assert [] == replica.histories()
    assert before == job.rows("candles")


@pytest.mark.parametrize(
    ("top_level", "crypto", "told"),
    [
        ('seeds = ["https://example.org/"]', {}, "seeds: cannot be used with kind"),
        ("", {"top": 0}, "crypto.top"),
        ("", {"top": 5, "coins": ["bitcoin"]}, 'crypto.top: has no effect because "coins" is set'),
        ("", {"start": date(2026, 3, 2), "end": date(2026, 3, 1)}, "crypto.start: is after the end"),
        ("", {"source": "pages", "top": 200}, "crypto.top: is more than the 100 coins that the page lists"),
        ("", {"convert": "XYZ"}, "crypto.convert"),
        ("", {"convert": "EUR", "source": "pages"}, "crypto.convert"),
        ("", {"coins": ["Bitcoin Cash"]}, "crypto.coins.0"),
        ("", {"source": "web"}, "crypto.source"),
        ("", {"start": "yesterday"}, "crypto.start"),
    ],
)
def test_mistakes_in_the_config_are_told_with_their_place(
    tmp_path: Path, replica: Replica, top_level: str, crypto: dict[str, Any], told: str
) -> None:
    ended = write_job(tmp_path, replica, top_level=top_level, crypto=crypto).run()
    assert (2, []) == (ended.code, replica.asked())
    assert told in ended.err
    assert "Traceback" not in ended.err


def test_the_table_of_the_job_needs_its_kind(tmp_path: Path, replica: Replica) -> None:
    job = write_job(tmp_path, replica)
    job.config.write_text(job.config.read_text("utf-8").replace('kind = "crypto"\n', ""), encoding="utf-8")
    ended = job.run()
    assert 2 == ended.code
    assert 'crypto: belongs to a built-in job; add kind = "crypto"' in ended.err


# Commands


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet"])
def test_the_report_alone_is_made_of_whatever_form_is_stored(tmp_path: Path, replica: Replica, form: str) -> None:
    job = write_job(tmp_path, replica, crypto={"coins": FEW, "start": LATELY}, store={"records": [form]})
    assert 0 == job.run(TEST_REPORT="1").code
    report = job.directory / "report"
    first = {path.name: path.read_bytes() for path in report.iterdir()}
    for path in report.iterdir():
        path.unlink()
    replica.forget()
    ended = job.run(command="report", TEST_REPORT="1")
    assert (0, "", []) == (ended.code, ended.err, replica.asked())
    again = {path.name: path.read_bytes() for path in report.iterdir()}
    assert first.keys() == again.keys()
    assert first["cryptocurrencies_top-3.csv"] == again["cryptocurrencies_top-3.csv"]
    rows = again["cryptocurrencies_top-3.csv"].decode().splitlines()
    assert 1 + len(candles(coins_of(*FEW), LATELY)) == len(rows)


def test_a_report_before_the_first_run_says_what_to_do(tmp_path: Path, replica: Replica) -> None:
    ended = write_job(tmp_path, replica).run(command="report", TEST_REPORT="1")
    assert 2 == ended.code
    assert "run the job first" in ended.err


def test_a_job_of_page_rules_has_no_report(tmp_path: Path, replica: Replica) -> None:
    job = CryptoJob(tmp_path)
    rules = 'name = "shop"\nseeds = ["https://example.org/"]\n[[page]]\nmatch = "/*"\nfollow = ["a"]\n'
    job.config.write_text(rules, encoding="utf-8")
    ended = job.run(command="report")
    assert 2 == ended.code
    assert "only built-in jobs" in ended.err


def test_check_tells_source_coins_days_and_pace(tmp_path: Path, replica: Replica) -> None:
    told = write_job(tmp_path, replica, crypto={"start": LATELY}).run(command="check").out
    for words in ('the 100 largest coins, from source = "api", in USD', "2026-11-01 – yesterday (UTC)", "no pause"):
        assert words in told
    assert [] == replica.asked()


def test_status_and_errors_of_a_finished_job(tmp_path: Path, replica: Replica) -> None:
    job = write_job(tmp_path, replica, crypto={"coins": FEW, "start": LATELY})
    assert 0 == job.run().code
    summary = job.run("--json", command="status").summary
    assert {"coins": 3, "candles": len(job.rows("candles"))} == summary["records"]
    assert 4 == summary["pages"]["done"]
    assert 0 == job.run("--json", command="errors").summary["failed"]


def test_nothing_but_the_tables_asked_for_is_stored(tmp_path: Path, replica: Replica) -> None:
    job = write_job(tmp_path, replica, crypto={"coins": FEW, "start": LATELY})
    assert 0 == job.run().code
    summary = job.run("--json", command="status").summary
    assert {"done"} == {state for state, n in summary["pages"].items() if n}
    assert not any(summary["files"].values())
    assert {} == summary["skipped"]
    assert PAGES not in replica.hosts()
