"""The HTTP fetcher over TLS and through proxies."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trustme
from support.fetching import failure, fetching
from support.hostile_server import HostileServer, head

from asyncscrape.fetchers.http.fetcher import HttpFetcher
from asyncscrape.model import Request

# ---------------------------------------------------------------- TLS


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def served(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context


def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


async def test_tls_works_with_a_trusted_certificate(authority: trustme.CA) -> None:
    async with (
        HostileServer(tls=served(authority, "127.0.0.1")) as server,
        fetching(server, ssl_context=trusting(authority)) as fetcher,
    ):
        response = await fetcher.fetch(Request(server.url("/ok")))
        await fetcher.fetch(Request(server.url("/ok")))
    assert (b"<h1>fine</h1>", 1) == (response.body, server.accepted)


@pytest.mark.parametrize(
    ("name", "trusted", "words"),
    [
        ("127.0.0.1", False, "the certificate is not valid: unable to get local issuer certificate"),
        ("elsewhere.example", True, "the certificate is not valid: IP address mismatch"),
    ],
)
async def test_a_certificate_that_is_not_valid_is_refused(
    authority: trustme.CA, name: str, trusted: bool, words: str
) -> None:
    context = trusting(authority) if trusted else ssl.create_default_context()
    async with (
        HostileServer(tls=served(authority, name)) as server,
        fetching(server, ssl_context=context) as fetcher,
    ):
        error = await failure(fetcher, server.url("/ok"))
    assert ("tls", False) == (error.reason, error.transient)
    assert error.detail.startswith(f"{server.authority}: {words}")


async def test_plain_http_on_a_tls_port_is_named(server: HostileServer, fetcher: HttpFetcher) -> None:
    error = await failure(fetcher, server.url("/ok").replace("http:", "https:"))
    assert ("tls", False, f"{server.authority} does not speak TLS on this port") == (
        error.reason,
        error.transient,
        error.detail,
    )


# ---------------------------------------------------------------- proxies


class Proxy:
    """A forward proxy: it answers plain requests itself and tunnels CONNECT to one place."""

    def __init__(self, tunnel_to: int = 0) -> None:
        self.tunnel_to = tunnel_to
        self.heads: list[str] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
        if not self.heads[-1].startswith("CONNECT"):
            writer.write(head(Content_Length="10") + b"by a proxy")
        elif not self.tunnel_to:
            writer.write(head("407 Proxy Authentication Required", Content_Length="0"))
        else:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.tunnel_to)
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await asyncio.gather(copy(reader, far_writer), copy(far_reader, writer))
        writer.close()


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(1 << 16):
        writer.write(data)
    writer.close()


@asynccontextmanager
async def proxied(proxy: Proxy) -> AsyncIterator[str]:
    running = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    yield f"user:hush-hush@127.0.0.1:{running.sockets[0].getsockname()[1]}"
    running.close()


CREDENTIALS = "Proxy-Authorization: Basic dXNlcjpodXNoLWh1c2g="


async def test_a_proxy_is_asked_with_its_credentials(server: HostileServer) -> None:
    proxy = Proxy()
    async with proxied(proxy) as place, fetching(server, proxy=f"http://{place}") as fetcher:
        response = await fetcher.fetch(Request("http://example.org/a%2Fb?c"))
    assert b"by a proxy" == response.body
    assert proxy.heads[0].startswith("GET http://example.org/a%2Fb?c HTTP/1.1\r\nHost: example.org\r\n")
    assert CREDENTIALS in proxy.heads[0]


async def test_https_goes_through_a_tunnel_that_learns_nothing(authority: trustme.CA) -> None:
    async with HostileServer(tls=served(authority, "example.org")) as server:
        proxy = Proxy(server.port)
        options = {"ssl_context": trusting(authority), "headers": {"X-Key": "hush"}, "cookies": {"a": "b"}}
        async with proxied(proxy) as place, fetching(server, proxy=f"http://{place}", **options) as fetcher:
            response = await fetcher.fetch(Request("https://example.org/ok"))
    assert b"<h1>fine</h1>" == response.body
    assert ("hush", "a=b") == (server.requests[0].header("X-Key"), server.requests[0].header("Cookie"))
    assert CREDENTIALS in proxy.heads[0]
    assert "hush\r\n" not in proxy.heads[0]
    assert "a=b" not in proxy.heads[0]


async def test_failures_of_a_proxy_keep_its_secret(server: HostileServer) -> None:
    async with proxied(Proxy()) as place, fetching(server, proxy=f"http://{place}") as fetcher:
        refused = await failure(fetcher, "https://example.org/")
    async with fetching(server, proxy=f"http://{place}") as fetcher:
        gone = await failure(fetcher, "https://example.org/")
    address = place.partition("@")[2]
    assert "the proxy answered 407 instead of connecting to example.org" == refused.detail
    assert f"the proxy {address}: the connection was refused" == gone.detail
    assert "hush" not in repr((refused, gone, refused.__cause__, gone.__cause__))


@pytest.mark.parametrize("host", ["10.1.2.3", "[::1]", "127.0.0.1..", "localhost.", "a.localhost.", "metadata.goog"])
async def test_no_proxy_is_asked_for_a_private_address(server: HostileServer, host: str) -> None:
    proxy = Proxy()
    async with proxied(proxy) as place, fetching(server, proxy=f"http://{place}") as fetcher:
        error = await failure(fetcher, f"http://{host}/")
    assert ("address", []) == (error.reason, proxy.heads)


async def test_a_mapped_origin_is_asked_without_the_proxy(server: HostileServer) -> None:
    proxy = Proxy()
    origins = {"http://shop.example": server.url("")}
    async with proxied(proxy) as place, fetching(server, proxy=f"http://{place}", origins=origins) as fetcher:
        response = await fetcher.fetch(Request("http://shop.example/ok"))
    assert (b"<h1>fine</h1>", []) == (response.body, proxy.heads)
