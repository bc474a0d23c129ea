"""The job "crypto": the daily history of the largest coins; each later run fetches only what is new.

An edition of the job ends at one day, `end`, which is yesterday unless the config names another. A run that finds an
unfinished edition finishes it. A later run begins a new edition with the same listing URL. If all days of a coin are
there, it asks only for the days since, and for the last two again, which may have been corrected. All it needs for
that are the URLs of earlier requests, and the note of each listing: the days and coins it was asked for. So a config
that wants more of the same edition gets it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlsplit

from asyncscrape.config.models import Config
from asyncscrape.crawl_job import Job
from asyncscrape.errors import UsageError
from asyncscrape.jobs.crypto.config import Crypto
from asyncscrape.jobs.crypto.page_plans import page_plans
from asyncscrape.model import Link, Page, PastRequest, Request, Response, State
from asyncscrape.parsers.coinmarketcap.coin_tables import CANDLES, COINS
from asyncscrape.parsers.coinmarketcap.history_pages import OF, Pages
from asyncscrape.parsers.coinmarketcap.keyless_api import Keyless
from asyncscrape.parsers.coinmarketcap.pro_api import Pro
from asyncscrape.parsers.coinmarketcap.wanted import EARLIEST, HISTORY, LISTING, CoinsWanted, RequestedDays

CoinSource = Keyless | Pro | Pages

SOURCES: Mapping[str, type[CoinSource]] = {"api": Keyless, "pro": Pro, "pages": Pages}
"""The sources by their name in the config."""
BY_HOST: Mapping[str, type[CoinSource]] = {source.host: source for source in SOURCES.values()}
"""The sources by the host they ask."""
KINDS = (LISTING, HISTORY)
TABLES = (COINS, CANDLES)


@dataclass(frozen=True)
class Sources:
    """The sources by host: each answer is read by the source it came from, whichever one the config names now."""

    by_host: Mapping[str, CoinSource]

    def listing(self, response: Response) -> Page:
        """The coins of a listing, and links to their histories."""
        return self._of(response.request).listing(response)

    def history(self, response: Response) -> Page:
        """Days of a coin, and a link to the days before."""
        return self._of(response.request).history(response)

    def instead(self, request: Request) -> list[Link]:
        """The links to try in place of a request that failed for good."""
        return self._of(request).instead(request.asked, request.note) if request.kind == HISTORY else []

    def _of(self, request: Request) -> CoinSource:
        """The source that asked. What a page has fetched for itself is for the source of pages, wherever it lies."""
        return self.by_host[Pages.host if OF in request.note else urlsplit(request.asked).netloc]


def crypto_job(config: Config, past: Sequence[PastRequest], today: date) -> Job:
    """The job, going on from the requests of earlier runs."""
    options = config.section(Crypto)
    yesterday = today - timedelta(days=1)
    end = edition(past) or min(options.end or yesterday, yesterday)
    start = options.start or EARLIEST
    wanted = CoinsWanted(options.top, options.coins, start, end, options.convert, known(past, start, options.convert))
    sources = Sources({host: source(wanted) for host, source in BY_HOST.items()})
    first = sources.by_host[SOURCES[options.source].host].first()
    seed = Request(first, LISTING, note=f"{end} {start} {' '.join(options.coins) or options.top}")
    parsers = {LISTING: sources.listing, HISTORY: sources.history}
    return Job(config.name, TABLES, parsers, lambda: iter([seed]), sources.instead, plans=page_plans(config))


def edition(past: Iterable[PastRequest]) -> date | None:
    """The last day of an unfinished edition; None if nothing is left to do."""
    if not any(request.state in (State.PENDING, State.LEASED) for request in past):
        return None
    return date.fromisoformat(max(request.note[:10] for request in past if request.kind == LISTING))


def known(past: Iterable[PastRequest], start: date, convert: str) -> Mapping[int, date]:
    """The last stored day of each coin whose days are complete from `start` on."""
    spans: defaultdict[int, list[RequestedDays]] = defaultdict(list)
    undone: set[int] = set()
    for request in past:
        if request.kind != HISTORY:
            continue
        span = BY_HOST[urlsplit(request.url).netloc].span(request.url, request.note)
        if span.convert != convert:
            raise UsageError(
                f"the stored prices are in {span.convert}; give the job in {convert} another name, "
                "or start again from nothing with --fresh"
            )
        spans[span.coin].append(span)
        if request.state not in (State.DONE, State.SKIPPED):
            undone.add(span.coin)
    return {
        coin: max(span.last for span in those)
        for coin, those in spans.items()
        if coin not in undone and min(span.first for span in those) <= start
    }
