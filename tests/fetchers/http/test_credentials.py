"""Headers and cookies of the config never go to a host without TLS, unless the user named that origin."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator

import pytest
import trustme
from support.fetching import fetching, trusting
from support.hostile_server import HostileServer
from support.names import Names

from asyncscrape.addresses import Guard
from asyncscrape.config.models import Config
from asyncscrape.crawl.scope import JobScope
from asyncscrape.fetchers.trust import Trust
from asyncscrape.model import Request

HEADERS = {"Authorization": "Bearer hush", "X-Key": "hush", "Cookie": "a=hush", "Accept-Language": "de"}
SECRET = ("Authorization", "X-Key", "Cookie")


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
async def tls(authority: trustme.CA) -> AsyncIterator[HostileServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("shop.example").configure_cert(context)
    async with HostileServer(tls=context) as server:
        yield server


def shown(server: HostileServer) -> list[tuple[list[str | None], str | None]]:
    """The secrets, and the language, of each request."""
    return [([asked.header(name) for name in SECRET], asked.header("Accept-Language")) for asked in server.requests]


@pytest.mark.parametrize("named", [True, False])
async def test_the_same_host_sees_them_only_over_tls_or_where_it_is_named(
    server: HostileServer, tls: HostileServer, authority: trustme.CA, named: bool
) -> None:
    safe, plain = f"shop.example:{tls.port}", f"shop.example:{server.port}"
    context = ssl.create_default_context()
    authority.configure_trust(context)
    trust = Trust(guard=Guard.of((), [safe, plain]), plain_origins=frozenset({f"http://{plain}"} if named else ()))
    names = Names({"shop.example": "127.0.0.1"})
    options = {"headers": HEADERS, "cookies": {"b": "hush"}, "ssl_context": context, "resolver": names}
    async with fetching(server, trust=trust, **options) as fetcher:
        for url in (f"https://{safe}/cookies/set", f"https://{safe}/ok", f"http://{plain}/ok"):
            await fetcher.fetch(Request(url))
    secrets = ["Bearer hush", "hush", "a=hush; b=hush"]
    again = [*secrets[:2], "a=hush; b=hush; session=s1"]
    assert [(secrets, "de"), (again, "de")] == shown(tls)
    assert [(again, "de") if named else ([None, None, "session=s1"], "de")] == shown(server)


async def test_a_host_outside_the_scope_sees_none_of_them(server: HostileServer) -> None:
    trust = trusting(server.authority, in_scope=lambda url: False)
    async with fetching(server, trust=trust, headers=HEADERS, cookies={"b": "hush"}) as fetcher:
        await fetcher.fetch(Request(server.url("/ok")))
    assert [([None] * 3, None)] == shown(server)


async def test_an_answer_without_tls_cannot_replace_a_cookie_of_the_config(server: HostileServer) -> None:
    """Somebody on the way could have made it."""
    trust = Trust(guard=Guard.of([server.authority]))
    origins = {"https://127.0.0.1:1": server.url("")}
    async with fetching(server, trust=trust, origins=origins, cookies={"session": "mine"}) as fetcher:
        await fetcher.fetch(Request(server.url("/cookies/set")))
        await fetcher.fetch(Request("https://127.0.0.1:1/ok"))
    assert [None, "session=mine"] == [asked.header("Cookie") for asked in server.requests]


def test_only_origins_in_seeds_and_origins_are_named() -> None:
    config = Config.model_validate(
        {
            "name": "x",
            "seeds": ["https://a.example/", "http://b.example:81/x"],
            "scope": {"hosts": ["a.example", "b.example:81", "c.example", "*.d.example"]},
            "fetch": {"origins": {"http://c.example": "http://127.0.0.1:9", "https://e.example": "replica"}},
        }
    )
    scope = JobScope.of(config, [Request(seed) for seed in config.seeds])
    assert {"http://b.example:81", "http://c.example", "http://127.0.0.1:9"} == scope.plain_origins
    assert {"a.example", "b.example:81", "c.example", "127.0.0.1:9", "e.example"} == scope.named


async def test_a_token_for_a_host_is_not_shown_to_it_without_tls() -> None:
    trust = Trust(plain_origins=frozenset({"http://b.example:81"}))
    urls = ["https://a.example/", "http://a.example/", "http://b.example:81/x", "http://b.example/x"]
    assert [True, False, True, False] == [trust.keeps_secrets(url) for url in urls]
