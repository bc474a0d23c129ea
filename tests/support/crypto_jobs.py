"""The job "crypto" against the replica: its config, the replica's requests, and the expected result.

The expected result comes from the replica's own market, so that a fault in our parsers shows.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from asyncscrape.replica.behaviour import Switches
from asyncscrape.replica.coinmarketcap.bars import DAY_ONE
from asyncscrape.replica.coinmarketcap.coins import BY_SLUG, Coin
from asyncscrape.replica.coinmarketcap.currencies import BY_NAME
from asyncscrape.replica.coinmarketcap.market import Market, Shape
from support.command import Ended, environment
from support.forked import Forked
from support.graph_config import toml_lines
from support.job_frontier import state_section

API = "api.coinmarketcap.com"
PRO = "pro-api.coinmarketcap.com"
PAGES = "coinmarketcap.com"

TODAY = date(2026, 11, 21)
"""Today's date for the replica and the program: late enough for more than a hundred coins to be listed."""
YESTERDAY = TODAY - timedelta(days=1)

Row = dict[str, Any]
CARRIED = ("_url", "_fetched_at")
NUMBERS = ("open", "high", "low", "close", "volume", "market_cap")


@dataclass(frozen=True)
class Replica:
    """The replica in its own process, seen from its control host."""

    port: int

    def control(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        asked = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data, {"Host": "control.replica.test"})
        with urllib.request.urlopen(asked, timeout=60) as answer:
            return json.load(answer)

    def switch(self, **values: Any) -> None:
        """Change its behaviour."""
        self.control("/behaviour", values)

    def faults(self, *faults: Mapping[str, Any]) -> None:
        """Set these faults, each counted from zero."""
        self.switch(faults=list(faults))

    def forget(self, **values: Any) -> None:
        """Go back to the start, apart from these values, with no requests."""
        self.control("/reset", {})
        self.switch(**values)

    def asked(self) -> list[tuple[str, int]]:
        """The requests since then, apart from robots.txt, each with its target and the status of its answer."""
        entries = self.control("/requests")["requests"]
        return [(entry["target"], entry["status"]) for entry in entries if entry["target"] != "/robots.txt"]

    def hosts(self) -> set[str]:
        """The hosts that were asked."""
        return {entry["host"] for entry in self.control("/requests")["requests"]}

    def listings(self) -> int:
        """The number of requests for the list of coins."""
        return sum("listing" in target or target == "/" for target, _ in self.asked())

    def histories(self) -> list[str]:
        """The requests for histories."""
        return [target for target, _ in self.asked() if "historical" in target]


@dataclass(frozen=True)
class CryptoJob:
    """A config in a folder, with the results of its runs."""

    folder: Path
    today: date = TODAY
    """The program's date."""

    @property
    def config(self) -> Path:
        return self.folder / "crypto.toml"

    @property
    def directory(self) -> Path:
        return self.folder / "crypto"

    def run(self, *arguments: str, command: str = "run", **environ: str | None) -> Ended:
        """Run a command of the program to its end."""
        return Ended(self.start(*arguments, command=command, **environ))

    def start(self, *arguments: str, command: str = "run", **environ: str | None) -> Forked:
        """Start a command of the program, which waits only briefly where it would give the real site a minute."""
        hurried = str(Path(__file__).with_name("hurried.py"))
        environ = {"NO_COLOR": "1", "COLUMNS": "150", "TEST_TODAY": self.today.isoformat(), **environ}
        return Forked([hurried, command, str(self.config), *arguments], environment(**environ))

    def rows(self, table: str) -> list[Row]:
        """A finished table in the order of its key, without `_url` and `_fetched_at`."""
        key = ("id",) if table == "coins" else ("coin_id", "date")
        with (self.directory / f"{table}.jsonl").open(encoding="utf-8") as stored:
            found = [json.loads(line) for line in stored]
        return ordered([{name: row[name] for name in row if name not in CARRIED} for row in found], key)


def ordered(rows: Iterable[Row], key: Sequence[str] = ("coin_id", "date")) -> list[Row]:
    return sorted(rows, key=lambda row: tuple(row[name] for name in key))


def write_job(folder: Path, replica: Replica, *, top_level: str = "", **sections: Mapping[str, Any]) -> CryptoJob:
    """Write the config of a job that asks the replica without delays."""
    folder.mkdir(exist_ok=True)
    to = f"http://127.0.0.1:{replica.port}"
    settings: dict[str, Any] = {
        "crypto": sections.pop("crypto", {}),
        "politeness": {"delay": "0s", "per_host": 8, **sections.pop("politeness", {})},
        "fetch": {
            "origins": {f"https://{host}": to for host in (API, PRO, PAGES)},
            **sections.pop("fetch", {}),
        },
        "store": {"records": ["jsonl"], **sections.pop("store", {})},
        **sections,
    }
    head = f'name = "crypto"\nkind = "crypto"\ndata = {json.dumps(str(folder))}\n{top_level}\n'
    tables = "".join(f"[{name}]\n{lines(values)}" for name, values in settings.items())
    job = CryptoJob(folder)
    job.config.write_text(head + tables + state_section(folder), encoding="utf-8")
    return job


def lines(values: Mapping[str, Any]) -> str:
    """Keys as TOML, where a date has no quotes."""
    days = {name: value for name, value in values.items() if isinstance(value, date)}
    others = {name: value for name, value in values.items() if name not in days}
    return toml_lines(others) + "".join(f"{name} = {value}\n" for name, value in days.items())


@cache
def market(today: date = TODAY, weeks: int = 0, gaps: bool = True) -> Market:
    """The replica's data on a day."""
    switches = Switches(today)
    switches.change({"weeks": weeks, "gaps": gaps})
    return Market(switches)


def top(count: int, of: Market | None = None) -> list[Coin]:
    """The largest coins."""
    return [one.coin for one in (of or market()).standings()[:count]]


def candles(
    coins: Iterable[Coin],
    start: date = DAY_ONE,
    end: date = YESTERDAY,
    *,
    of: Market | None = None,
    shape: Shape = "v3.1",
    currency: str = "USD",
) -> list[Row]:
    """The rows that the table "candles" must have, with every number as it was sent."""
    known = of or market()
    return ordered(row for coin in coins for row in coin_candles(known, coin, shape, currency, start, end))


def coin_candles(of: Market, coin: Coin, shape: Shape, currency: str, start: date, end: date) -> Iterable[Row]:
    pieces = of.history(coin, shape, BY_NAME[currency])
    for number, text in zip(pieces.days, pieces.bars, strict=True):
        day = DAY_ONE + timedelta(days=number)
        if start <= day <= end:
            yield candle(coin, day, json.loads(text, parse_float=str, parse_int=str), currency)


def candle(coin: Coin, day: date, bar: Mapping[str, Any], currency: str) -> Row:
    sent = bar["quote"].get(currency, bar["quote"])
    numbers = {name: sent[name] for name in NUMBERS[:-1]}
    return {
        "coin_id": coin.id,
        "date": day.isoformat(),
        "slug": coin.slug,
        "name": coin.name,
        "symbol": coin.symbol,
        **numbers,
        "market_cap": sent.get("marketCap", sent.get("market_cap")),
        "time_high": bar.get("timeHigh", bar.get("time_high")),
        "time_low": bar.get("timeLow", bar.get("time_low")),
    }


def coins_of(*slugs: str) -> list[Coin]:
    return [BY_SLUG[slug] for slug in slugs]
