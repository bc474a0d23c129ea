"""The report as commands call it: from the finished tables to files and a summary on the terminal."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from asyncscrape.errors import UsageError
from asyncscrape.jobs.base import FinishedTables
from asyncscrape.jobs.crypto.config import Crypto
from asyncscrape.jobs.crypto.report.files import Report, make_report
from asyncscrape.jobs.crypto.report.terminal import quality
from asyncscrape.parsers.coinmarketcap.coin_tables import CANDLES, COINS
from asyncscrape.views.figures import count, span

SOURCE = "CoinMarketCap"
SYNTHETIC = "synthetic data from the built-in replica"
ORIGINAL = "The original project behind this job: 104,232 rows, over 800,000 data points, and days of work by hand."


def report(finished: FinishedTables) -> RenderableType:
    """Make the report, and return its summary for the terminal."""
    options = finished.config.section(Crypto)
    coins, candles = finished.read(COINS), finished.read(CANDLES)
    if candles.is_empty():
        raise UsageError("no days of any coin are stored yet; run the job first, or look at its `errors`")
    top = len(options.coins) or options.top
    source = SYNTHETIC if finished.synthetic else SOURCE
    made = make_report(coins, candles, finished.folder, top=top, currency=options.convert, source=source)
    place = Text(f"The report is in {finished.folder}; open market.html in any browser.")
    if finished.crawl_seconds is None:
        return Group(quality(made.quality), place)
    return Group(quality(made.quality), place, *_headline(made, finished.crawl_seconds))


def _headline(made: Report, seconds: float) -> tuple[Text, Text]:
    """The amount of data a crawl brought, and how long it took."""
    points, days = count(made.data_points), count(made.rows)
    brought = f"\n{points} data points ({days} days of {count(made.coins)} coins) in {span(seconds)}."
    return Text(brought), Text(ORIGINAL, style="dim")
