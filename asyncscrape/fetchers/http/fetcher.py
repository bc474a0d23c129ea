"""A single HTTP exchange: no redirects followed, nothing asked twice, nothing larger than allowed.

1. the URL becomes a target: another origin if [fetch.origins] says so, through a proxy if there is one
2. a connection comes from the pool, or is made to an address that the guard admits (`connect`)
3. the request goes out with its cookies and what is enclosed; `on_sent` tells the politeness clock
4. the answer comes, every byte of it counted (`counting`)
5. its body is decompressed and poured into memory or into a sink (`body`, `decompress`)
6. anything that goes wrong on the way becomes a `FetchError` (`failures`)
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from time import perf_counter
from types import TracebackType
from typing import Self

from aiohttp import ClientResponse, ClientSession, ClientTimeout, DummyCookieJar
from aiohttp.abc import AbstractResolver
from multidict import CIMultiDict
from yarl import URL

from asyncscrape.errors import FetchError, Reason
from asyncscrape.fetchers.base import Sink
from asyncscrape.fetchers.cookies import Jar
from asyncscrape.fetchers.http.address_limit import AddressLimit
from asyncscrape.fetchers.http.body import Download, Memory, large_places, pour
from asyncscrape.fetchers.http.connect import CURRENT, Dropped, HttpExchange, SentRequest, never_twice, socket_factory
from asyncscrape.fetchers.http.counting import CountingConnector
from asyncscrape.fetchers.http.enclosure import Enclosure
from asyncscrape.fetchers.http.failures import KNOWN, explain
from asyncscrape.fetchers.http.outgoing import Outgoing
from asyncscrape.fetchers.http.readable import readable
from asyncscrape.fetchers.http.time_limits import Clock, Clocks
from asyncscrape.fetchers.trust import Trust
from asyncscrape.model import Request, Response
from asyncscrape.urls import authority, origin, path_and_query

KEEPALIVE = 4.5
"""Seconds a connection waits for its next request. Most servers drop it after five or more; we must be first."""

DNS_TTL = 300
"""Seconds that an address is remembered."""

PER_ADDRESS = 32
"""The most connections that are open at once to one public address."""

READ_BUFFER = 1 << 16
LONGEST_HEADER = 32_000
MOST_HEADERS = 128

ERROR_BODY = 500_000
"""Bytes read of an answer that is not 2xx: its status says enough, so a fault in its body is forgiven."""


NOTHING_MORE = Enclosure()
TRUST = Trust()


class HttpFetcher:
    """Fetch over pooled connections; an async context manager, one for each job.

    `origins` maps "https://host" to the origin to connect to instead; headers, cookies and failures see only the
    left-hand side, and the right-hand side is asked directly, without a proxy, and under its own name for TLS.
    `headers` and `cookies` may hold credentials: `trust` tells who sees them, and which addresses may be asked.
    Cookies that a site sets are kept for it, and win over these. `max_blob` limits what goes to a sink, `limit` the
    connections to one public address. `permit` is called right before a request is written, and raises `FetchError`
    if that may not be. Answers are dated by a clock of which that of this machine is `clock_ahead` seconds ahead.
    `resolver` is aiohttp's own unless it is given.
    """

    def __init__(
        self,
        *,
        user_agent: str,
        headers: Mapping[str, str] | None = None,
        cookies: Mapping[str, str] | None = None,
        proxy: str | None = None,
        timeout: float = 30.0,
        connect_timeout: float = 10.0,
        read_timeout: float = 20.0,
        max_body: int = 16_000_000,
        max_blob: int = 1_000_000_000,
        origins: Mapping[str, str] | None = None,
        trust: Trust = TRUST,
        concurrency: int = 64,
        limit: AddressLimit | None = None,
        permit: Callable[[], None] | None = None,
        clock_ahead: float = 0.0,
        ssl_context: ssl.SSLContext | None = None,
        resolver: AbstractResolver | None = None,
    ) -> None:
        self._outgoing = Outgoing(user_agent, headers or {}, cookies or {}, trust)
        self._proxy = URL(proxy) if proxy else None
        self._max_body = max_body
        self._max_blob = max_blob
        self._clocks = Clocks(timeout, connect_timeout, read_timeout)
        self._origins = dict(origins or {})
        self.trust = trust
        self._concurrency = concurrency
        self._limit = limit or AddressLimit(PER_ADDRESS)
        self._permit = permit
        self._clock_ahead = timedelta(seconds=clock_ahead)
        self._ssl = ssl_context
        self._resolver = resolver
        self._places = large_places(max_body)

    async def __aenter__(self) -> Self:
        """Open the pool."""
        # aiohttp's default resolver is c-ares: it reads /etc/hosts and resolv.conf, can be cancelled, and a dead name
        # server does not hold up other hosts, as it would in the few threads of the system's lookup.
        connector = CountingConnector(
            per_address=self._limit,
            limit=self._concurrency,
            keepalive_timeout=KEEPALIVE,
            ttl_dns_cache=DNS_TTL,
            dns_cache_max_size=10_000,
            ssl=self._ssl or True,
            resolver=self._resolver,
            socket_factory=socket_factory(self.trust.guard, self._limit),
        )
        self._session = ClientSession(
            connector=connector,
            cookie_jar=DummyCookieJar(),
            timeout=ClientTimeout(),
            auto_decompress=False,
            read_bufsize=READ_BUFFER,
            max_line_size=LONGEST_HEADER,
            max_field_size=LONGEST_HEADER,
            max_headers=MOST_HEADERS,
            request_class=SentRequest,
            middlewares=(never_twice,),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close every connection."""
        await self._session.close()
        self._clocks.close()

    @property
    def jar(self) -> Jar:
        """The cookies that sites have set."""
        return self._outgoing.jar

    async def fetch(
        self,
        request: Request,
        *,
        user_agent: str | None = None,
        on_sent: Callable[[], None] | None = None,
        sink: Sink | None = None,
        enclosed: Enclosure = NOTHING_MORE,
    ) -> Response:
        """Make one exchange; redirects and error statuses come back as they are. Raises FetchError.

        `on_sent` is called once the request has been written, and never if no connection is made. With a sink, the
        body of a 2xx answer goes into it and the response's own body stays empty; if this raises, the sink may hold
        part of the body. What is enclosed is sent, and shown nowhere.
        """
        exchange = self._exchange(request.url, on_sent, enclosed)
        CURRENT.set(exchange)
        memory = Memory(None if enclosed.of_page else self._places, exchange.clock)
        try:
            with exchange.clock:
                await self._ask(exchange, user_agent, enclosed)
                await self._receive(exchange, memory, sink)
        except KNOWN as error:
            exchange.abandon()
            if not exchange.says_enough:
                raise explain(error, exchange) from None
        except BaseException:
            exchange.abandon()
            raise
        finally:
            self._limit.make_room(exchange.server)
        return _response(request, exchange, memory.body, datetime.now(UTC) - self._clock_ahead)

    def _exchange(self, url: str, on_sent: Callable[[], None] | None, enclosed: Enclosure) -> HttpExchange:
        exchange = HttpExchange(URL(url, encoded=True), authority(url), Clock(self._clocks), on_sent)
        exchange.permit = self._permit
        if enclosed.query:
            url = enclosed.url(url)
            exchange.target = URL(url, encoded=True)
        right = self._origins.get(origin(url)) if self._origins else None
        if right is not None:
            exchange.mapped = True
            exchange.target = URL(right + path_and_query(url), encoded=True)
        elif self._proxy is not None:
            exchange.proxy = self._proxy
            self.trust.guard.check_name(exchange.authority)
        return exchange

    async def _ask(self, exchange: HttpExchange, user_agent: str | None, enclosed: Enclosure) -> None:
        more = {"Host": exchange.authority, **enclosed.headers} if exchange.mapped else enclosed.headers
        headers = self._outgoing.headers(str(exchange.asked), user_agent, more)
        answer = await self._answer(exchange, headers, enclosed)
        exchange.elapsed = perf_counter() - exchange.sent_at
        exchange.answer = answer
        exchange.clock.progress()
        if answer.status < 200:
            detail = f"{exchange.authority} answered with status {answer.status}, which is not an answer to a page"
            raise FetchError(Reason.PROTOCOL, detail, transient=False)
        self._outgoing.heed(str(exchange.asked), answer)

    async def _answer(self, exchange: HttpExchange, headers: CIMultiDict[str], enclosed: Enclosure) -> ClientResponse:
        """The head of the answer. If there is no room for another connection at the server, wait for it."""
        while True:
            try:
                return await self._session.request(
                    enclosed.method or ("GET" if enclosed.form is None else "POST"),
                    exchange.target,
                    headers=headers,
                    data=enclosed.form if enclosed.body is None else enclosed.body,
                    allow_redirects=False,
                    proxy=exchange.proxy,
                    # TLS expects this name anyway. It also keeps these connections apart in the pool: a link to the
                    # right-hand side itself must not find an open one and slip past the guard.
                    server_hostname=exchange.target.raw_host if exchange.mapped else None,
                )
            except Dropped:
                if not exchange.full:
                    raise
            finally:
                self._limit.wake(exchange.waited_for)
            server, exchange.full = exchange.full, ""
            await exchange.clock.stopped(self._limit.room(server, first=server == exchange.waited_for))
            exchange.waited_for = server

    async def _receive(self, exchange: HttpExchange, memory: Memory, sink: Sink | None) -> None:
        if sink is not None and not exchange.says_enough:
            exchange.to_sink = True
            exchange.limit = self._max_blob
            await pour(exchange, Download(sink, exchange.clock), memory)
        else:
            exchange.limit = min(ERROR_BODY, self._max_body) if exchange.says_enough else self._max_body
            await pour(exchange, memory, memory)


def _response(request: Request, exchange: HttpExchange, body: bytes, moment: datetime) -> Response:
    assert exchange.answer is not None
    headers = readable(exchange.answer.headers)
    return Response(request, exchange.answer.status, headers, body, moment, exchange.elapsed)
