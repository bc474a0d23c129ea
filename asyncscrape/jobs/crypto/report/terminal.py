"""The quality of the data, on the terminal: the headline figures, and what each check found where."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from asyncscrape.jobs.crypto.report.findings import Check, CoinFindings, Quality, Stretch
from asyncscrape.views.figures import count
from asyncscrape.views.tables import facts

COINS = 3
"""Coins named for each check; `quality.json` names them all."""
SPANS = 2
"""Spans of days shown for each of these coins."""
LEFT_OUT = 10


def quality(found: Quality) -> RenderableType:
    """As much as fits on a screen."""
    return Group(facts(_headline(found)), Text(), _checks(found.checks))


def _headline(found: Quality) -> Mapping[str, list[str]]:
    figures = {
        "rows": count(found.rows),
        "coins": count(found.coins),
        "data points": count(found.data_points),
        "days": f"{found.first_day} – {found.last_day}" if found.first_day else "none",
    }
    if found.left_out:
        figures["left out"] = _some(found.left_out, LEFT_OUT)
    return {label: [text] for label, text in figures.items()}


def _checks(checks: Mapping[str, Check]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 2, 0, 0), pad_edge=False, show_edge=False)
    table.add_column("check", style="bold", no_wrap=True)
    table.add_column("days", justify="right", no_wrap=True)
    table.add_column("coins", justify="right", no_wrap=True)
    table.add_column("where", overflow="fold")
    for name, check in checks.items():
        style = "" if check.days else "dim"
        cells = (name.replace("_", " "), count(check.days), count(len(check.by_coin)), "\n".join(_where(check)))
        table.add_row(*map(Text, cells), style=style)
    return table


def _where(check: Check) -> Iterator[str]:
    """The coins with the most of these days."""
    most = sorted(check.by_coin.items(), key=lambda item: -item[1].days)
    for slug, coin in most[:COINS]:
        yield f"{slug}: {_days(coin)}"
    if len(most) > COINS:
        more = len(most) - COINS
        yield f"… and {count(more)} more {'coin' if more == 1 else 'coins'}"


def _days(coin: CoinFindings) -> str:
    return _some(map(_span, coin.spans), SPANS)


def _span(span: Stretch) -> str:
    days = str(span.first) if span.first == span.last else f"{span.first} – {span.last}"
    return f"{days} ({span.note})" if span.note else days


def _some(texts: Iterable[str], most: int) -> str:
    """The first few, and the number of the rest."""
    told = list(texts)
    rest = f" … and {count(len(told) - most)} more" if len(told) > most else ""
    return ", ".join(told[:most]) + rest
