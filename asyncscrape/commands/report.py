"""`report`: tables, pictures and pages of a built-in job, made from what is stored; also at the end of its runs."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from asyncscrape.analysis.finished_tables import READABLE, read_table
from asyncscrape.commands import local_replica, needed_extras
from asyncscrape.commands.job_argument import Chosen
from asyncscrape.commands.loading import console, load
from asyncscrape.commands.outputs import table_files
from asyncscrape.config.models import Config
from asyncscrape.errors import UsageError
from asyncscrape.model import Table
from asyncscrape.parsers.coinmarketcap.coin_tables import CANDLES, COINS
from asyncscrape.views.figures import count, span

SOURCE = "CoinMarketCap"
ORIGINAL = "The project that this job makes real: 104,232 rows, over 800,000 data points, and days of work by hand."


def report_job(chosen: Chosen) -> None:
    """Make the report and show what is in it."""
    config = load(chosen)
    if config.kind is None:
        raise UsageError('this job is made of page rules; only built-in jobs (kind = "crypto") have a report')
    needed_extras.require(config)
    make(config, console())


def make(config: Config, screen: Console | None, crawled: float | None = None) -> None:
    """Make the report of a built-in job in its folder; without a screen nothing is shown.

    `crawled` are the seconds that the crawl before it took.
    """
    from asyncscrape.jobs.crypto.report.files import make_report
    from asyncscrape.jobs.crypto.report.terminal import quality

    options = config.crypto
    coins, candles = (read_table(finished(config, table), table) for table in (COINS, CANDLES))
    if candles.is_empty():
        raise UsageError("no day of any coin is stored yet: run the job first, or see its `errors`")
    top = len(options.coins) or options.top
    source = (
        "synthetic data of the built-in replica" if local_replica.REPLICA in config.fetch.origins.values() else SOURCE
    )
    folder = config.directory / "report"
    made = make_report(coins, candles, folder, top=top, currency=options.convert, source=source)
    if screen is None:
        return
    screen.print(quality(made.quality))
    screen.print(f"The report lies in {folder}; market.html opens in any browser.", markup=False)
    if crawled is not None:
        points, days = count(made.data_points), count(made.rows)
        screen.print(f"\n{points} data points ({days} days of {count(made.coins)} coins) in {span(crawled)}.")
        screen.print(ORIGINAL, style="dim")


def finished(config: Config, table: Table) -> Path:
    """The file of a finished table that is best to read."""
    files = {path.suffix.removeprefix("."): path for _, path in table_files(config, [table.name]) if path.is_file()}
    form = next((form for form in READABLE if form in files), None)
    if form is None:
        raise UsageError(
            f"the report reads finished tables from files, and there is none of {table.name}: "
            'see that [store].records has "parquet", and run the job first'
        )
    return files[form]
