"""Makes the parts of a crawl and puts them together; the only module of the crawl that names concrete ones."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from asyncscrape.access import may_be_secret, secrets_of, urls_of
from asyncscrape.addresses import Guard
from asyncscrape.archive.redaction import Redaction
from asyncscrape.browsing import BrowserProgram, LoginPlan, PagePlan
from asyncscrape.config.models import Config
from asyncscrape.crawl.admission import Admission
from asyncscrape.crawl.answer_reader import AnswerReader, Tabs
from asyncscrape.crawl.brakes import Brakes
from asyncscrape.crawl.closing import BundleCloser
from asyncscrape.crawl.committer import Committer
from asyncscrape.crawl.departures import Departures
from asyncscrape.crawl.dispatcher import Dispatcher
from asyncscrape.crawl.errands import Errands
from asyncscrape.crawl.events import Events
from asyncscrape.crawl.exchange import Asking, Exchange
from asyncscrape.crawl.file_queue import FileQueue
from asyncscrape.crawl.folder_mark import claim
from asyncscrape.crawl.grants import Grants
from asyncscrape.crawl.host_policies import HostPolicies
from asyncscrape.crawl.in_flight import Capacity, Exchanges, InFlight
from asyncscrape.crawl.learning import Learning
from asyncscrape.crawl.load import Load, ParsingUnderLoad
from asyncscrape.crawl.news import News
from asyncscrape.crawl.offers import Offers
from asyncscrape.crawl.one_page import OnePage
from asyncscrape.crawl.page_limit import PageLimit, PageLimitOfAll
from asyncscrape.crawl.page_opener import PageOpener, Show
from asyncscrape.crawl.rereading import KeptPages, KeptSource, Rereading
from asyncscrape.crawl.robots import RobotsFiles, permits
from asyncscrape.crawl.robots_reader import RobotsReader
from asyncscrape.crawl.scheduler import Scheduler
from asyncscrape.crawl.scope import JobScope
from asyncscrape.crawl.sign_in import SignedInBrowser, SignedInFetcher, SignIn, SignIns
from asyncscrape.crawl.status import Condition, Status
from asyncscrape.crawl.supply import Supply
from asyncscrape.crawl.tab_queue import TabQueue
from asyncscrape.crawl.tasks import Tasks
from asyncscrape.crawl.tenure import Tenure
from asyncscrape.crawl.turns import Turns
from asyncscrape.crawl.unqueued import Unqueued
from asyncscrape.crawl.url_checks import URL_CHECK, UrlCheck
from asyncscrape.crawl.visits import Visits
from asyncscrape.crawl_job import Job
from asyncscrape.delivery.all_stores import AllStores
from asyncscrape.delivery.backpressure import Backpressure
from asyncscrape.delivery.one_store import OneStore
from asyncscrape.destinations import BlobDestination, ConfiguredStore, Destination, FolderDestination, S3Options
from asyncscrape.downloads.dedupe import Dedupe
from asyncscrape.downloads.extra_paths import ExtraPaths
from asyncscrape.downloads.path_claims import PathClaims
from asyncscrape.downloads.store_gate import StoreGate
from asyncscrape.expectations import TableExpectation
from asyncscrape.fetchers.archive.from_archive import FromArchive
from asyncscrape.fetchers.base import Browser, Fetcher
from asyncscrape.fetchers.http.address_limit import AddressLimit
from asyncscrape.fetchers.http.enclosure import Enclosure
from asyncscrape.fetchers.http.fetcher import HttpFetcher
from asyncscrape.fetchers.http.issuers import Rules
from asyncscrape.fetchers.http.with_access import HttpWithAccess
from asyncscrape.fetchers.trust import Trust
from asyncscrape.frontier.base import Frontier, Worker
from asyncscrape.model import BLOBS, Kind, Parser, Request, Response, State, Table
from asyncscrape.parsing.base import Parsing
from asyncscrape.parsing.build import build_parsing
from asyncscrape.stats import Totals
from asyncscrape.storage.base import BlobStore, RecordStore
from asyncscrape.storage.build import build_archive, build_blobs, build_stores
from asyncscrape.team import Team
from asyncscrape.urls import PathScope, authority, host_of, origin

if TYPE_CHECKING:
    from asyncscrape.fetchers.browser.browser_process import Watch
    from asyncscrape.fetchers.browser.chromium import Chromium
    from asyncscrape.fetchers.browser.cookie_file import CookieFile

log = logging.getLogger(__name__)

Now = Callable[[], float]
"""Unix time."""
STATE = "storage_state.json"
"""The file for the cookies of a job, in its folder."""
LANGUAGE = "accept-language"


class Limits(msgspec.Struct, frozen=True):
    """Where this run stops, even if the job is not finished."""

    max_pages: int | None = None
    """Pages of this run; for one of several workers, those of the whole job with which all of them stop."""
    seconds: float | None = None


class Builders(msgspec.Struct, frozen=True):
    """Makers of the parts that reach beyond the program; tests hand in others."""

    stores: Callable[..., Sequence[RecordStore]] = build_stores
    blobs: Callable[[ConfiguredStore[BlobDestination], Path, S3Options], BlobStore] = build_blobs
    gate: Callable[[BlobStore, Dedupe | PathClaims, float, Now], StoreGate] = StoreGate
    expected: Callable[[Config], Mapping[str, TableExpectation]] = attrgetter("expectations")
    source: KeptSource | None = None
    """What is read in the place of the network, which then nobody asks."""


BUILDERS = Builders()


class Parts(msgspec.Struct, frozen=True):
    """The open parts of a run."""

    worker: Worker
    dispatcher: Dispatcher
    committer: Committer
    stores: AllStores
    files: StoreGate
    status: Status
    expected: Mapping[str, TableExpectation]
    """What the finished tables should be like."""


class _Ground(msgspec.Struct, frozen=True):
    """Everything that the parts are built from."""

    config: Config
    job: Job
    worker: Worker
    totals: Totals
    scope: JobScope
    fetcher: Fetcher
    robots: Fetcher
    """The fetcher for robots.txt, which shows no credentials."""
    stores: AllStores
    files: StoreGate
    parsing: Parsing
    tabs: Tabs | None
    builders: Builders


@asynccontextmanager
async def opened(
    config: Config,
    job: Job,
    frontier: Frontier,
    builders: Builders,
    limits: Limits,
    condition: Condition,
    now: Now,
    *,
    mix: bool = False,
    team: Team | None = None,
) -> AsyncIterator[Parts]:
    """Open the parts of a run, from the state file to the network; each needs those before it.

    With `mix`, rules may have changed. One of a `team` works beside others.
    """
    async with AsyncExitStack() as stack:
        worker = await stack.enter_async_context(frontier.join(newest_first=job.newest_first, team=team))
        tenure, source = Tenure(worker), builders.source
        await _agree(worker, job, mix=mix)
        await (worker.begin_rereading(source.pattern) if source else worker.end_rereading())
        totals = await worker.totals()
        stores = await build_delivery(config, job, worker, totals, builders)
        scope = await asyncio.to_thread(lambda: JobScope.of(config, job.seeds(), resumed=bool(totals.requests)))
        trust = build_trust(config, job, scope)
        http = await stack.enter_async_context(build_fetcher(config, trust, tenure.insist, worker))
        files = _store_gate(config, worker, builders, now)
        stack.push_async_callback(files.close)
        await files.prepare(await worker.unfinished_paths())
        keeps = config.store.archive and source is None
        parsing = await asyncio.to_thread(_parsing, config, job, scope.links.paths, keeps=keeps)
        stack.push_async_callback(parsing.close)
        fetcher, tabs = await _asking(stack, config, job, http, worker, source, now)
        ground = _Ground(config, job, worker, totals, scope, fetcher, http, stores, files, parsing, tabs, builders)
        parts = _parts(ground, _capacity(config, limits, totals, builders, worker), tenure, condition, now)
        # Last of all: what an earlier run left in the journal is delivered at once.
        stack.push_async_callback(stores.close)
        await stores.open()
        yield parts


async def _agree(worker: Worker, job: Job, *, mix: bool) -> None:
    """Refuse what would change the meaning of what is stored; tell what changes for what comes next."""
    settings = job.bundling.settings if job.bundling else ()
    for change in await worker.agree(tables_of(job, await worker.totals()), job.rules, settings, mix=mix):
        log.warning("%s: what was chosen before stays, and what comes next is chosen by the new value", change)


async def _asking(
    stack: AsyncExitStack,
    config: Config,
    job: Job,
    http: HttpFetcher,
    worker: Worker,
    source: KeptSource | None,
    now: Now,
) -> tuple[Fetcher, Tabs | None]:
    """Who brings answers: the network, and a browser if the job needs one; or an archive."""
    if source is not None:
        stack.callback(source.archive.give_up)
        return from_archive(config, job, source), None
    fetcher: Fetcher = await stack.enter_async_context(with_access(config, job, http, now))
    tabs = await _tabs(stack, config, job, http, worker)
    return _signed_in(config, http, fetcher, tabs, now)


def from_archive(config: Config, job: Job, source: KeptSource) -> FromArchive:
    """The fetcher of kept answers."""
    return FromArchive(source.archive, kept_spelling(config, job))


def kept_spelling(config: Config, job: Job) -> Callable[[str], str]:
    """How an archive spells a URL: without secrets."""
    kept = redaction(config, job)
    return lambda url: kept.of(url.encode()).decode()


def _parsing(config: Config, job: Job, paths: PathScope, *, keeps: bool) -> Parsing:
    fetch = config.fetch
    parsers: Mapping[str, Parser] = {**job.parsers, URL_CHECK: UrlCheck(paths)}
    kept = redaction(config, job) if keeps else None
    return build_parsing(parsers, paths, fetch.parse_workers, fetch.parse_timeout, fetch.parse_memory, kept)


def redaction(config: Config, job: Job) -> Redaction:
    """What must not stand in an archive: what the job names, what the config shows to hosts, what logins type."""
    headers = (value for name, value in config.fetch.headers.items() if may_be_secret(name))
    typed = [login.plan.typed for login in config.fetch.browser.login]
    names = (name for each in typed for name in each[:-1])
    passwords = (word for each in typed for word in each[-1:])
    shown = (*headers, *config.fetch.cookies.values(), *names)
    return Redaction(job.secret_names, shown, (*secrets_of(job.access), *passwords))


def tables_of(job: Job, totals: Totals) -> tuple[Table, ...]:
    """The tables to keep: those of the job, and that of files if an earlier config filled it."""
    more = (BLOBS,) if BLOBS not in job.tables and totals.records.get(BLOBS.name) else ()
    return (*job.tables, *more)


async def build_delivery(config: Config, job: Job, worker: Worker, totals: Totals, builders: Builders) -> AllStores:
    """The record stores, and the journal that leads to them."""
    tables = tables_of(job, totals)
    if config.frontier_place.database and _keeps_files(config, tables):
        await asyncio.to_thread(
            claim, config.directory, worker.job_id, worker.generation.number, begun=bool(totals.requests)
        )
    # Also for a worker that is alone: others may have been at the job before it, and others may come after it.
    make = partial(builders.stores, shared=True) if config.frontier_place.database else builders.stores
    built = [*make(config.record_stores, config.directory, tables, worker.job_id, config.s3)]
    if (rereading := builders.source is not None) or config.store.archive:
        built.append(build_archive(config.archive, worker.job_id, rereading=rereading))
    limits = config.store.journal_limit, config.store.store_deadline
    derived = {table.name: totals.records.get(table.name, 0) for table in tables if table.derived}
    stores = AllStores(built, worker.journal, *limits, worker.generation, derived)
    await stores.register()
    return stores


def _keeps_files(config: Config, tables: Collection[Table]) -> bool:
    """Whether any result of the job is a file of this machine."""
    stores: list[Destination] = [store.destination for store in config.record_stores]
    if BLOBS in tables or config.store.archive:
        stores.append(config.blob_store.destination)
    return any(isinstance(place, FolderDestination) for place in stores)


@asynccontextmanager
async def delivery(
    config: Config, job: Job, frontier: Frontier, builders: Builders
) -> AsyncIterator[tuple[Worker, AllStores]]:
    """The open stores of a job, and its only worker, which does not crawl."""
    async with frontier.join() as worker:
        totals = await worker.totals()
        await worker.agree(tables_of(job, totals))
        stores = await build_delivery(config, job, worker, totals, builders)
        try:
            await stores.open()
            yield worker, stores
        finally:
            await stores.close()


async def deliver_answers(config: Config, frontier: Frontier, *, waiting: bool, rereading: bool) -> None:
    """Let the archive know which crawl was the last, and take what is `waiting` in the journal, before the records
    there are forgotten.
    """
    async with frontier.join() as worker:
        archive = build_archive(config.archive, worker.job_id, rereading=rereading)
        backpressure = Backpressure({archive.id: archive.names}, config.store.journal_limit)
        store = OneStore(archive, worker.journal, backpressure, config.store.store_deadline, worker.generation)
        try:
            await store.open()
            if waiting:
                await store.drain()
            await archive.finish()  # so that what is open to be read shows all of it
        finally:
            await archive.close()


@asynccontextmanager
async def blobs(config: Config, builders: Builders) -> AsyncIterator[BlobStore]:
    """The downloaded files of a job, to be read."""
    store = builders.blobs(config.blob_store, config.directory, config.s3)
    try:
        yield store
    finally:
        await store.close()


def build_fetcher(
    config: Config, trust: Trust, permit: Callable[[], None] | None = None, worker: Worker | None = None
) -> HttpFetcher:
    """The fetcher of a job. `permit` is asked before a request is sent; one of several workers takes its share."""
    fetch, politeness = config.fetch, config.politeness
    return HttpFetcher(
        user_agent=politeness.user_agent,
        headers=_headers(config),
        cookies=fetch.cookies,
        proxy=fetch.proxy,
        timeout=fetch.timeout,
        connect_timeout=fetch.connect_timeout,
        read_timeout=fetch.read_timeout,
        max_body=fetch.max_body,
        max_blob=config.store.max_blob,
        origins=fetch.origins,
        trust=trust,
        concurrency=politeness.concurrency,
        limit=AddressLimit(politeness.per_address, part=partial(_part_of, worker) if worker else None),
        permit=permit,
    )


def _part_of(worker: Worker, most: int) -> int:
    """A worker's part of the connections to one address; it asks nothing while it has no share."""
    return max(1, worker.share.part(most))


def _headers(config: Config) -> Mapping[str, str]:
    """The headers of the config, and the language that the browser asks for too."""
    own, locale = config.fetch.headers, config.fetch.browser.locale
    asks = any(name.lower() == LANGUAGE for name in own)
    return own if asks or locale is None else {**own, LANGUAGE: locale}


async def _tabs(stack: AsyncExitStack, config: Config, job: Job, http: HttpFetcher, worker: Worker) -> Tabs | None:
    """The browser of a job, if it needs one; it starts with the first page. Its library takes long to load."""
    if job.plans is None and not config.fetch.browser.login:
        return None
    if config.fetch.browser.storage_state:
        await stack.enter_async_context(await asyncio.to_thread(_cookie_file, config, http))
    browser = await stack.enter_async_context(await asyncio.to_thread(build_browser, config, http))
    learning = Learning(await worker.experience(), worker.generation.number)
    return Tabs(browser, _plans(job), TabQueue(config.fetch.browser.settings.tabs), learning)


def _plans(job: Job) -> Callable[[str], PagePlan | None]:
    """What is to be done with each page; nothing, if the browser is there for a login only."""
    return job.plans or (lambda url: None)


def _cookie_file(config: Config, http: HttpFetcher) -> CookieFile:
    """The file in which cookies are kept from one run to the next."""
    from asyncscrape.fetchers.browser.cookie_file import CookieFile

    kept = config.fetch.browser.storage_state
    return CookieFile(kept if isinstance(kept, Path) else config.directory / STATE, http.jar)


def _signed_in(
    config: Config, http: HttpFetcher, fetcher: Fetcher, tabs: Tabs | None, now: Now
) -> tuple[Fetcher, Tabs | None]:
    """A fetcher and tabs that sign in where the config says so."""
    if tabs is None or not config.fetch.browser.login:
        return fetcher, tabs
    sign_ins = _sign_ins(config, http, tabs.browser, now)
    signed_in = SignedInFetcher(fetcher, sign_ins, lambda url: tabs.plans(url) is not None)
    return signed_in, tabs._replace(browser=SignedInBrowser(tabs.browser, sign_ins))


def _sign_ins(config: Config, http: HttpFetcher, browser: Browser, now: Now) -> SignIns:
    """The logins of a job."""
    policies = HostPolicies(config.politeness, config.fetch.retries)

    leave = _unqueued(http, policies, now)

    def sign_in(plan: LoginPlan) -> SignIn:
        done = bool(plan.signed_out) and all(http.jar.seen_by(host_of(host)) for host in plan.hosts)
        return SignIn(plan, http, browser, leave, policies.user_agent, now, done=done)

    return SignIns([sign_in(login.plan) for login in config.fetch.browser.login])


def _unqueued(http: HttpFetcher, policies: HostPolicies, now: Now) -> Unqueued:
    """Where pages may go on to that are not part of a crawl."""

    async def plainly(request: Request) -> Response:
        return await http.fetch(request, user_agent=policies.user_agent(authority(request.url)))

    return Unqueued(policies, lambda url: permits(url, plainly, policies, now), now)


def find_browser(config: Config) -> BrowserProgram:
    """The browser that a run would use. Raises UsageError if there is none."""
    from asyncscrape.fetchers.browser.installed import find_program

    return find_program(config.fetch.browser.settings.executable)


def build_browser(config: Config, http: HttpFetcher, watch: Watch | None = None, *, headed: bool = False) -> Chromium:
    """The browser for pages that plain HTTP does not bring whole."""
    from asyncscrape.fetchers.browser.chromium import Chromium
    from asyncscrape.fetchers.browser.outside import Outside, PageRequest

    fetch, policies = config.fetch, HostPolicies(config.politeness, config.fetch.retries)
    shows = bool(fetch.headers or fetch.cookies)

    async def send(asked: PageRequest, sent: Callable[[], None]) -> Response:
        own = {name.lower() for name in fetch.headers} if http.trust.confides(asked.url) else ()
        headers = {name: value for name, value in asked.headers.items() if name.lower() not in own}
        enclosed = Enclosure(headers, method=asked.method, body=asked.body, of_page=True)
        agent = policies.user_agent(authority(asked.url))
        return await http.fetch(Request(asked.url), user_agent=agent, on_sent=sent, enclosed=enclosed)

    def sends(url: str) -> bool:
        return origin(url) in fetch.origins or (shows and http.trust.in_scope(url))

    outside = Outside(http.trust.guard, send, sends, policies.user_agent, http.jar, fetch.max_body, fetch.proxy or "")
    settings = msgspec.structs.replace(fetch.browser.settings, headed=headed)
    return Chromium(settings, outside, config.directory / "debug", watch)


def build_trust(config: Config, job: Job, scope: JobScope, *urls: str) -> Trust:
    """What the user has said about hosts; `urls` are named on the command line."""
    urls = (*urls, *(url for wanted in job.access for url in urls_of(wanted)))
    named = scope.named.union(map(authority, urls))
    return Trust(
        guard=Guard.of(named, config.fetch.private_hosts),
        in_scope=lambda url: scope.hosts.accepts(url, 0),
        plain_origins=scope.plain_origins,
        cookie_domains=frozenset(map(host_of, named)),
    )


def with_access(config: Config, job: Job, http: HttpFetcher, now: Now) -> HttpWithAccess:
    """The fetcher that shows the hosts of a job what they want to see."""
    policies = HostPolicies(config.politeness, config.fetch.retries)

    async def plainly(request: Request) -> Response:
        return await http.fetch(request, user_agent=policies.user_agent(authority(request.url)))

    rules = Rules(policies.user_agent, lambda url: permits(url, plainly, policies, now), now)
    return HttpWithAccess(http, job.access, config.data, rules)


async def prove_access(config: Config, job: Job, now: Now) -> None:
    """Find out whether the hosts accept the job's credentials. Raises `AccessRefused`."""
    if not job.access:
        return
    scope = JobScope.of(config, job.seeds())
    async with build_fetcher(config, build_trust(config, job, scope)) as http, with_access(config, job, http, now):
        pass


def _store_gate(config: Config, worker: Worker, builders: Builders, now: Now) -> StoreGate:
    blobs = builders.blobs(config.blob_store, config.directory, config.s3)
    places = Dedupe(worker) if config.store.dedupe else PathClaims(worker)
    return builders.gate(blobs, places, config.store.store_deadline, now)


def _capacity(config: Config, limits: Limits, totals: Totals, builders: Builders, worker: Worker) -> Capacity:
    most = math.inf if config.scope.max_pages is None else config.scope.max_pages
    of_job = max(0, most - totals.of(Kind.PAGE, State.DONE, State.FAILED))
    of_run = math.inf if limits.max_pages is None else limits.max_pages
    pages = PageLimitOfAll(min(most, of_run), totals) if worker.shared else PageLimit(min(of_job, of_run), totals)
    return Capacity(config.politeness.concurrency, config.politeness.rate, pages, asks=builders.source is None)


def _parts(ground: _Ground, capacity: Capacity, tenure: Tenure, condition: Condition, now: Now) -> Parts:
    """The loop and its parts. None of them has to be opened or closed."""
    config, job, worker, stores, gate = ground.config, ground.job, ground.worker, ground.stores, ground.files
    events = Events()
    tasks = Tasks(events)
    policies = HostPolicies(config.politeness, config.fetch.retries)
    known = RobotsFiles(policies, now, worker.robots)
    grants = Grants(policies, now, asks=capacity.asks)
    hosts = Scheduler(grants.clock)
    asking = Asking(ground.fetcher, policies, config.fetch.max_redirects, now)
    load = Load()
    parsing = ParsingUnderLoad(ground.parsing, load)
    errands = Errands(worker, grants, tasks, events)
    robots = RobotsReader(known, ground.robots, policies, ground.scope, hosts, errands, tasks, events, now)
    admission = Admission(ground.scope, policies, known)
    visits = Visits(ground.scope, admission, policies, robots, errands, hosts, events, now)
    tabs = ground.tabs and ground.tabs._replace(leave=visits)
    offers = Offers(ground.scope)
    exchange = _exchange(ground, asking, parsing, tabs, policies, offers, now)
    in_flight = InFlight(exchange, capacity, worker, tasks, events, now)
    grows = job.bundling is not None
    status = Status(job.name, condition, ground.totals, in_flight, hosts, stores, gate, now, grows=grows)
    committer = Committer(worker, in_flight, known, status, stores, events, load, now)
    files = FileQueue(gate, ExtraPaths(worker, gate), committer, tasks, events)
    departures = Departures(worker, grants, hosts, offers, committer.write, tasks, now)
    supply = Supply(worker, tenure, grants, hosts, departures, tasks, events, now)
    brakes = Brakes(tenure, in_flight, committer, stores.backpressure, files, tasks, events)
    turns = Turns(admission, hosts, in_flight, robots, files, committer, now)
    closer = BundleCloser(job.bundling, worker, committer, tasks, now)
    news = News(hosts, in_flight, robots, files, supply, closer, committer, brakes, now, asks=capacity.asks)
    dispatcher = Dispatcher(
        turns, news, brakes, hosts, in_flight, supply, files, closer, committer, tasks, events, now
    )
    return Parts(worker, dispatcher, committer, stores, gate, status, ground.builders.expected(config))


def _exchange(
    ground: _Ground,
    asking: Asking,
    parsing: Parsing,
    tabs: Tabs | None,
    policies: HostPolicies,
    offers: Offers,
    now: Now,
) -> Exchanges:
    """Steps 4 and 5, by the network or by what is kept."""
    job, source = ground.job, ground.builders.source
    if source is None:
        reader = AnswerReader(parsing, tabs, policies, now)
        return Exchange(job, asking, reader, ground.files, policies, offers, now)
    kept, match = from_archive(ground.config, job, source), source.match
    exchange = Exchange(
        job, asking, KeptPages(parsing, kept.parts if job.plans else None), ground.files, policies, offers, now
    )

    def left_out(url: str) -> bool:
        led = kept.final_url(url) if match else None
        return match is not None and led is not None and not match.search(led)

    return Rereading(exchange, ground.files, ground.worker.earlier, left_out)


@asynccontextmanager
async def one_page(config: Config, job: Job, url: str, now: Now, show: Show) -> AsyncIterator[OnePage]:
    """Fetch the page at a URL and nothing else; the URL counts as named by the user."""
    scope = JobScope.of(config, job.seeds())
    policies = HostPolicies(config.politeness, retries=0)
    robots = RobotsFiles(policies, now)
    trust = build_trust(config, job, scope, url)
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(build_fetcher(config, trust))
        fetcher: Fetcher = await stack.enter_async_context(with_access(config, job, http, now))
        fetcher, opener = await _opener(stack, config, job, scope, http, fetcher, policies, show, now)
        asking = Asking(fetcher, policies, config.fetch.max_redirects, now)
        yield OnePage(Admission(scope, policies, robots), robots, asking, http, policies, opener)


async def _opener(
    stack: AsyncExitStack,
    config: Config,
    job: Job,
    scope: JobScope,
    http: HttpFetcher,
    fetcher: Fetcher,
    policies: HostPolicies,
    show: Show,
    now: Now,
) -> tuple[Fetcher, PageOpener | None]:
    """Opens the page in a browser, if the job has rules that may want it; and the fetcher, which signs in first."""
    if job.plans is None and not config.fetch.browser.login:
        return fetcher, None
    from asyncscrape.fetchers.browser.observer import PageObserver

    observer = PageObserver(picture=show.picture, stays=show.stays)
    browser = await stack.enter_async_context(build_browser(config, http, observer.watch, headed=show.window))
    parsing = _parsing(config, job, scope.links.paths, keeps=False)
    stack.push_async_callback(parsing.close)
    leave = _unqueued(http, policies, now)
    fetcher, tabs = _signed_in(config, http, fetcher, Tabs.alone(browser, _plans(job), leave), now)
    return fetcher, PageOpener(parsing, tabs, policies, observer, now) if tabs else None
