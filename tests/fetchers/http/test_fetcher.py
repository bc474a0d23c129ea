"""The HTTP fetcher against a server that misbehaves, over real sockets on loopback."""

import asyncio
import gzip
import json
import socket
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from backports.zstd import CompressionParameter, ZstdCompressor
from blockbuster import BlockBuster, blockbuster_ctx
from support.crawling import until
from support.fetching import MB, PATIENCE, failure, fetching, trusting
from support.hostile_server import BOMBS, HostileServer, Wire, head
from support.leaping_clock import leap, leaping
from support.names import Names
from yarl import URL

from asyncscrape.addresses import Guard
from asyncscrape.errors import FetchError, Postponed
from asyncscrape.fetchers.http.address_limit import AddressLimit
from asyncscrape.fetchers.http.body import Memory
from asyncscrape.fetchers.http.connect import CURRENT, HttpExchange, socket_factory
from asyncscrape.fetchers.http.fetcher import HttpFetcher
from asyncscrape.fetchers.http.time_limits import MOMENT, Clock, Clocks
from asyncscrape.fetchers.trust import Trust
from asyncscrape.model import Request


@pytest.fixture
def no_blocking() -> AsyncIterator[BlockBuster]:
    with blockbuster_ctx("asyncscrape") as watch:
        yield watch


class Chunks:
    """A sink that remembers what it was given."""

    def __init__(self) -> None:
        self.chunks: list[bytes] = []

    async def write(self, chunk: bytes) -> None:
        self.chunks.append(chunk)

    @property
    def size(self) -> int:
        return sum(map(len, self.chunks))


# ---------------------------------------------------------------- a good exchange


async def test_an_answer_comes_whole_with_its_facts(
    server: HostileServer, fetcher: HttpFetcher, no_blocking: BlockBuster
) -> None:
    before = datetime.now(UTC)
    request = Request(server.url("/ok"))
    response = await fetcher.fetch(request)
    assert (request, 200, b"<h1>fine</h1>", "text/html") == (
        response.request,
        response.status,
        response.body,
        response.content_type,
    )
    assert before <= response.fetched_at <= datetime.now(UTC)


async def test_elapsed_is_the_time_from_the_request_to_the_head_of_the_answer(
    server: HostileServer, fetcher: HttpFetcher
) -> None:
    began = asyncio.get_running_loop().time()
    response = await fetcher.fetch(Request(server.url("/slow-start")))
    whole = asyncio.get_running_loop().time() - began
    assert b"abcd" == response.body
    assert 0.09 <= response.elapsed <= whole - 0.09


async def test_the_url_goes_out_exactly_as_it_is(server: HostileServer, fetcher: HttpFetcher) -> None:
    target = "/a%2Fb/%7e/caf%C3%A9;p=1?q=a+b&x=%20|{}&&=%zz"
    await fetcher.fetch(Request(server.url(target)))
    assert target == server.requests[0].target


async def test_the_request_introduces_itself(server: HostileServer) -> None:
    async with fetching(server, headers={"accept": "text/plain", "X-Own": "1", "user-agent": "no"}) as fetcher:
        await fetcher.fetch(Request(server.url("/ok")))
        await fetcher.fetch(Request(server.url("/ok")), user_agent="other-bot")
    first, second = server.requests
    assert ("test-bot", "text/plain", "gzip, deflate, br, zstd", "1", server.authority) == tuple(
        first.header(name) for name in ("User-Agent", "Accept", "Accept-Encoding", "X-Own", "Host")
    )
    assert ["test-bot"] == [value for name, value in first.headers if name.lower() == "user-agent"]
    assert ("other-bot", "text/plain") == (second.header("User-Agent"), second.header("Accept"))


@pytest.mark.parametrize("path", ["/empty/204", "/empty/304"])
async def test_answers_without_a_body_are_fine(server: HostileServer, fetcher: HttpFetcher, path: str) -> None:
    response = await fetcher.fetch(Request(server.url(path)))
    assert (int(path[-3:]), b"") == (response.status, response.body)


async def test_early_hints_are_passed_over(server: HostileServer, fetcher: HttpFetcher) -> None:
    assert b"after the hints" == (await fetcher.fetch(Request(server.url("/informed")))).body


async def test_a_body_may_end_with_the_connection(server: HostileServer, fetcher: HttpFetcher) -> None:
    assert b"no length, just the end" == (await fetcher.fetch(Request(server.url("/until-close")))).body


async def test_redirects_are_not_followed(server: HostileServer, fetcher: HttpFetcher) -> None:
    response = await fetcher.fetch(Request(server.url("/redirect-loop")))
    assert (302, "/redirect-loop", 1) == (response.status, response.headers["location"], len(server.requests))


async def test_text_is_decoded_by_the_declared_charset(server: HostileServer, fetcher: HttpFetcher) -> None:
    async def latin(wire: Wire) -> None:
        await wire.answer("<p>café</p>".encode("latin-1"), Content_Type="text/html; charset=ISO-8859-1")

    response = await fetcher.fetch(Request(server.behaving(latin)))
    assert "<p>café</p>" == response.text


async def test_header_bytes_that_are_not_utf8_become_text(server: HostileServer, fetcher: HttpFetcher) -> None:
    response = await fetcher.fetch(Request(server.url("/bad-bytes")))
    assert "café" == response.headers["X-Name"]
    await fetcher.fetch(Request(server.url("/ok")))
    assert "".join(response.headers.values()).encode()


# ---------------------------------------------------------------- connections


async def test_connections_are_used_again(server: HostileServer, fetcher: HttpFetcher) -> None:
    for _ in range(5):
        await fetcher.fetch(Request(server.url("/ok")))
    assert (1, 5) == (server.accepted, len(server.requests))


async def test_bytes_that_nobody_asked_for_cost_the_connection(server: HostileServer, fetcher: HttpFetcher) -> None:
    """They could be taken for the answer to the next request."""
    told = asyncio.Event()

    async def talkative(wire: Wire) -> None:
        await wire.answer(b"asked for")
        await told.wait()
        await wire.answer(b"not asked for")

    assert b"asked for" == (await fetcher.fetch(Request(server.behaving(talkative)))).body
    told.set()
    await asyncio.wait_for(server.lost.wait(), PATIENCE)
    assert b"<h1>fine</h1>" == (await fetcher.fetch(Request(server.url("/ok")))).body
    assert 2 == server.accepted


async def test_small_chunks_are_fine(server: HostileServer, fetcher: HttpFetcher) -> None:
    async def lines(wire: Wire) -> None:
        await wire.send(head(Transfer_Encoding="chunked"), b"6\r\n1 row\n\r\n" * 100_000, b"0\r\n\r\n")

    assert 600_000 == len((await fetcher.fetch(Request(server.behaving(lines)))).body)


async def test_a_refused_body_costs_the_connection(server: HostileServer, fetcher: HttpFetcher) -> None:
    await failure(fetcher, server.url("/announced"))
    await fetcher.fetch(Request(server.url("/ok")))
    assert 2 == server.accepted


async def test_simultaneous_exchanges_stay_apart(server: HostileServer) -> None:
    paths = ["/ok", "/informed", "/until-close", "/status/404"] * 8
    async with fetching(server) as fetcher:
        responses = await asyncio.gather(*(fetcher.fetch(Request(server.url(path))) for path in paths))
    assert paths == [response.request.url.removeprefix(server.url("")) for response in responses]
    assert [b"<h1>fine</h1>"] * 8 == [response.body for response in responses[::4]]


async def test_on_sent_is_called_once_for_each_request(server: HostileServer, fetcher: HttpFetcher) -> None:
    calls: list[str] = []
    await fetcher.fetch(Request(server.url("/ok")), on_sent=lambda: calls.append("ok"))
    await failure(fetcher, server.url("/hang-up"), on_sent=lambda: calls.append("hang-up"))
    assert ["ok", "hang-up"] == calls


async def test_on_sent_is_not_called_when_nothing_was_sent(server: HostileServer) -> None:
    calls: list[str] = []
    async with fetching(server, trust=trusting()) as fetcher:
        await failure(fetcher, server.url("/ok"), on_sent=lambda: calls.append("refused"))
    assert [] == calls


@pytest.mark.parametrize("path", ["/reset", "/hang-up"])
async def test_a_request_is_never_repeated_secretly(server: HostileServer, fetcher: HttpFetcher, path: str) -> None:
    await fetcher.fetch(Request(server.url("/ok")))
    await failure(fetcher, server.url(path))
    assert ["/ok", path] == [asked.path for asked in server.requests]


async def test_a_cancelled_fetch_stays_cancelled_and_hangs_up(server: HostileServer, fetcher: HttpFetcher) -> None:
    sent = asyncio.Event()
    task = asyncio.create_task(fetcher.fetch(Request(server.url("/drip")), on_sent=sent.set))
    await sent.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.wait_for(server.lost.wait(), PATIENCE)


# ---------------------------------------------------------------- time limits


@pytest.mark.parametrize(
    ("path", "limits", "which"),
    [
        ("/drip", {"timeout": 0.3}, "timeout"),
        ("/drip-headers", {"timeout": 0.3}, "timeout"),
        ("/silence", {"read_timeout": 0.2}, "read_timeout"),
        ("/stall", {"read_timeout": 0.2}, "read_timeout"),
        ("/silence", {"timeout": 0.2}, "timeout"),
    ],
)
async def test_waiting_ends(server: HostileServer, path: str, limits: dict[str, float], which: str) -> None:
    async with fetching(server, **limits) as fetcher:
        error = await failure(fetcher, server.url(path))
    assert ("timeout", True) == (error.reason, error.transient)
    assert error.detail.startswith(server.authority)
    assert error.detail.endswith(f"({which})")


async def test_connecting_has_its_own_limit() -> None:
    """A listener with a full queue accepts nobody."""
    with socket.socket() as listener, socket.socket() as first, socket.socket() as second:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        full = f"127.0.0.1:{listener.getsockname()[1]}"
        for one in (first, second):
            one.setblocking(False)
            one.connect_ex(listener.getsockname())
        async with HttpFetcher(user_agent="x", trust=trusting(full), connect_timeout=0.2) as fetcher:
            error = await failure(fetcher, f"http://{full}/")
    assert ("timeout", f"{full}: no connection within 200ms (connect_timeout)") == (error.reason, error.detail)


async def test_slow_but_steady_is_not_silence(server: HostileServer) -> None:
    async def steady(wire: Wire) -> None:
        await wire.send(head(Content_Length="20"))
        for _ in range(20):
            await wire.pause(0.1)
            await wire.send(b".")

    async with fetching(server, read_timeout=1.5) as fetcher:
        response = await fetcher.fetch(Request(server.behaving(steady)))
    assert b"." * 20 == response.body


@leaping
async def test_what_came_while_the_process_stood_still_is_read() -> None:
    async def answering(wire: Wire) -> None:
        await wire.answer(b"in time")
        leap(100 * PATIENCE)

    async with HostileServer() as server, fetching(server) as fetcher:
        assert b"in time" == (await fetcher.fetch(Request(server.behaving(answering)))).body


async def test_a_clock_leaves_a_cancellation_from_outside_alone() -> None:
    clocks = Clocks(0.05, 0.05, 0.05)

    async def sleeper() -> None:
        with Clock(clocks):
            await asyncio.sleep(5)

    task = asyncio.create_task(sleeper())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    clocks.close()


# ---------------------------------------------------------------- sizes


@pytest.mark.parametrize("path", ["/endless", "/announced", *(f"/bomb/{kind}" for kind in BOMBS[:6]), "/bomb/nested"])
async def test_a_body_beyond_the_limit_is_refused(server: HostileServer, fetcher: HttpFetcher, path: str) -> None:
    error = await failure(fetcher, server.url(path))
    assert ("too large", False) == (error.reason, error.transient)
    assert f"{server.authority}: the answer is larger than 2 MB (max_body)" == error.detail


async def test_a_stream_of_empty_parts_is_refused(server: HostileServer) -> None:
    async with fetching(server, max_body=5 * MB) as fetcher:
        error = await failure(fetcher, server.url("/bomb/empty-members"))
    assert ("encoding", False) == (error.reason, error.transient)


async def test_a_body_of_exactly_the_limit_is_taken(server: HostileServer) -> None:
    async def exact(wire: Wire) -> None:
        await wire.answer(gzip.compress(b"x" * 2 * MB), Content_Encoding="gzip")

    async with fetching(server) as fetcher:
        response = await fetcher.fetch(Request(server.behaving(exact)))
    assert 2 * MB == len(response.body)


MEASURED = """
import asyncio, json, resource, sys
from asyncscrape.addresses import Guard
from asyncscrape.errors import FetchError
from asyncscrape.fetchers.http.fetcher import HttpFetcher
from asyncscrape.fetchers.trust import Trust
from asyncscrape.model import Request

async def main(base, paths):
    trust = Trust(guard=Guard.of([base.removeprefix("http://")]))
    async with HttpFetcher(user_agent="x", trust=trust, max_body=16_000_000) as fetcher:
        async def reason(path):
            try:
                await fetcher.fetch(Request(base + path))
            except FetchError as error:
                return error.reason
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        reasons = await asyncio.gather(*map(reason, paths))
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(json.dumps({"reasons": sorted(set(reasons)), "grown": grown / 1000}))

asyncio.run(main(sys.argv[1], sys.argv[2:]))
"""


async def measured(server: HostileServer, paths: list[str]) -> dict[str, Any]:
    """The outcomes in a separate process that fetches these all at once, and the megabytes by which it grew."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", MEASURED, server.url(""), *paths, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    found: dict[str, Any] = json.loads(output)
    return found


async def test_one_bomb_never_takes_much_more_than_the_limit(server: HostileServer) -> None:
    for kind in ("br", "members", "nested"):
        found = await measured(server, [f"/bomb/{kind}"])
        assert ["too large"] == found["reasons"]
        assert found["grown"] < 16 + 12


async def test_sixty_four_bodies_without_end_share_their_memory(server: HostileServer) -> None:
    bombs = [f"/bomb/{kind}" for kind in ("gzip", "deflate", "raw-deflate", "br", "zstd", "members")]
    found = await measured(server, ["/endless"] * 16 + bombs * 4 + ["/bomb/br-window"] * 24)
    assert ["too large"] == found["reasons"]
    assert found["grown"] < 200, "not the gigabyte that 64 bodies of 16 MB would take"


async def test_sixty_four_windows_of_what_gives_nothing_share_their_memory(server: HostileServer) -> None:
    skipped = b"\x50\x2a\x4d\x18" + (15 * MB).to_bytes(4, "little") + bytes(12 * MB)
    windows = {CompressionParameter.window_log: 23, CompressionParameter.content_size_flag: 0}
    packed = ZstdCompressor(options=windows).compress(skipped, ZstdCompressor.FLUSH_FRAME)

    async def silent(wire: Wire) -> None:
        await wire.send(head(Content_Encoding="zstd, zstd", Content_Length=str(len(packed))), packed[:-4])
        await wire.pause(1.5)

    found = await measured(server, [server.behaving(silent).removeprefix(server.url(""))] * 64)
    assert ["truncated"] == found["reasons"]
    assert found["grown"] < 200, "not the half gigabyte that 64 windows of 8 MB would take"


async def test_large_bodies_take_turns_and_all_come(server: HostileServer) -> None:
    async def large(wire: Wire) -> None:
        await wire.send(head(Content_Length=str(3 * MB)), b"x" * 2 * MB)
        await wire.pause(0.02)
        await wire.send(b"x" * MB)

    url = server.behaving(large)
    async with fetching(server, max_body=32 * MB) as fetcher:
        responses = await asyncio.gather(*(fetcher.fetch(Request(url)) for _ in range(8)))
    assert [3 * MB] * 8 == [len(response.body) for response in responses]


@leaping
async def test_waiting_for_a_place_does_not_count_against_the_server() -> None:
    clocks, places = Clocks(PATIENCE, PATIENCE, PATIENCE), asyncio.Semaphore(1)

    async def placed() -> None:
        with Clock(clocks) as clock:
            await Memory(places, clock).take_place()

    await places.acquire()
    waiting = asyncio.create_task(placed())
    for _ in range(3):
        await asyncio.sleep(2 * MOMENT)
        leap(PATIENCE)
    assert not waiting.done()
    places.release()
    await waiting
    clocks.close()


# ---------------------------------------------------------------- statuses that say enough


async def test_an_error_status_counts_whatever_its_body_does(server: HostileServer, fetcher: HttpFetcher) -> None:
    response = await fetcher.fetch(Request(server.url("/endless-error")))
    assert (503, "7") == (response.status, response.headers["Retry-After"])
    assert len(response.body) <= MB


async def test_a_redirect_counts_whatever_its_body_does(server: HostileServer, fetcher: HttpFetcher) -> None:
    response = await fetcher.fetch(Request(server.url("/redirect-endless")))
    assert (302, "/ok") == (response.status, response.headers["Location"])


async def test_an_error_status_counts_even_if_its_body_never_ends_dripping(server: HostileServer) -> None:
    async def dripping_error(wire: Wire) -> None:
        await wire.send(head("429 Slow Down"), b"wait")
        await wire.pause(3600)

    async with fetching(server, read_timeout=0.1) as fetcher:
        response = await fetcher.fetch(Request(server.behaving(dripping_error)))
    assert (429, b"wait") == (response.status, response.body)


# ---------------------------------------------------------------- sinks


async def test_a_good_body_goes_to_the_sink(server: HostileServer, fetcher: HttpFetcher) -> None:
    sink = Chunks()
    response = await fetcher.fetch(Request(server.url("/ok")), sink=sink)
    assert ([b"<h1>fine</h1>"], b"") == (sink.chunks, response.body)


async def test_the_body_of_an_error_does_not_go_to_the_sink(server: HostileServer, fetcher: HttpFetcher) -> None:
    sink = Chunks()
    response = await fetcher.fetch(Request(server.url("/status/404")), sink=sink)
    assert ([], b"an error page") == (sink.chunks, response.body)


@leaping
async def test_the_network_waits_for_a_slow_sink() -> None:
    """Meanwhile neither silence nor the whole exchange is timed."""
    sent: list[int] = []

    class Slow(Chunks):
        async def write(self, chunk: bytes) -> None:
            if not self.chunks:
                leap(2 * PATIENCE)
                await asyncio.sleep(0.3)
                sent.append(server.sent)
            await super().write(chunk)

    async with HostileServer() as server, fetching(server, max_blob=MB) as fetcher:
        error = await failure(fetcher, server.url("/endless"), sink=Slow())
    assert "too large" == error.reason
    assert sent[0] < 30 * MB


async def test_a_sink_has_a_limit_of_its_own(server: HostileServer) -> None:
    sink = Chunks()
    async with fetching(server, max_body=1000, max_blob=3 * MB) as fetcher:
        error = await failure(fetcher, server.url("/endless"), sink=sink)
    assert ("too large", "larger than 3 MB (max_blob)") == (error.reason, error.detail.partition("is ")[2])
    assert 2 * MB < sink.size <= 3 * MB


@leaping
async def test_a_long_download_has_time_as_long_as_it_gets_on() -> None:
    sink = Chunks()

    async def file(wire: Wire) -> None:
        await wire.send(head(Content_Length=str(6 * MB)))
        for part in range(6):
            await until(lambda taken=part * MB: taken == sink.size)
            leap(0.6 * PATIENCE)
            await wire.send(b"x" * MB)

    async with HostileServer() as server, fetching(server, read_timeout=600.0) as fetcher:
        await fetcher.fetch(Request(server.behaving(file)), sink=sink)
    assert 6 * MB == sink.size


async def test_a_failing_sink_is_not_blamed_on_the_network(server: HostileServer, fetcher: HttpFetcher) -> None:
    class Full(Chunks):
        async def write(self, chunk: bytes) -> None:
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        await fetcher.fetch(Request(server.url("/ok")), sink=Full())


# ---------------------------------------------------------------- cookies


async def test_cookies_are_kept_for_the_site_that_set_them(server: HostileServer, fetcher: HttpFetcher) -> None:
    await fetcher.fetch(Request(server.url("/cookies/set")))
    await fetcher.fetch(Request(server.url("/ok")))
    await fetcher.fetch(Request(f"http://localhost:{server.port}/ok"))
    assert [None, "session=s1", None] == [asked.header("Cookie") for asked in server.requests]


async def test_configured_cookies_go_to_every_host_until_a_site_sets_its_own(server: HostileServer) -> None:
    async with fetching(server, cookies={"session": "s0", "lang": "en"}, headers={"Cookie": "a=1; b=2"}) as fetcher:
        await fetcher.fetch(Request(server.url("/cookies/set")))
        await fetcher.fetch(Request(server.url("/ok")))
        await fetcher.fetch(Request(f"http://localhost:{server.port}/ok"))
    assert [
        "a=1; b=2; session=s0; lang=en",
        "a=1; b=2; session=s1; lang=en",
        "a=1; b=2; session=s0; lang=en",
    ] == [asked.header("Cookie") for asked in server.requests]


# ---------------------------------------------------------------- addresses


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "localhost", "[::1]"])
async def test_a_private_address_that_nobody_named_is_refused(server: HostileServer, host: str) -> None:
    async with fetching(server, trust=trusting("example.org")) as fetcher:
        error = await failure(fetcher, f"http://{host}:{server.port}/ok")
    assert ("address", False, 0) == (error.reason, error.transient, server.accepted)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_a_private_address_that_was_named_is_fine(server: HostileServer, host: str) -> None:
    place = f"{host}:{server.port}"
    async with fetching(server, trust=trusting(place)) as fetcher:
        assert 200 == (await fetcher.fetch(Request(f"http://{place}/ok"))).status


async def test_a_name_that_was_named_may_not_lead_to_a_private_address_unless_it_is_let_in(
    server: HostileServer,
) -> None:
    place = f"shop.example:{server.port}"
    names = Names({"shop.example": "127.0.0.1"})
    async with fetching(server, trust=trusting(place), resolver=names) as fetcher:
        error = await failure(fetcher, f"http://{place}/ok")
    assert ("address", False, 0) == (error.reason, error.transient, server.accepted)
    assert f'write private_hosts = ["{place}"] under [fetch]' in error.detail
    let_in = Trust(guard=Guard.of((), [place]))
    async with fetching(server, trust=let_in, resolver=names) as fetcher:
        assert 200 == (await fetcher.fetch(Request(f"http://{place}/ok"))).status


async def test_only_the_public_addresses_of_a_mixed_name_are_used(server: HostileServer) -> None:
    class OnlyTheSecond:
        def check(self, authority: str, address: str) -> None:
            if address != "127.0.0.1":
                raise FetchError("address", f"{authority} refused", transient=False)

    from aiohappyeyeballs import start_connection

    exchange = HttpExchange(URL("http://mixed.example/"), "mixed.example", Clock(Clocks(1, 1, 1)), None)
    CURRENT.set(exchange)
    places = [(socket.AF_INET, socket.SOCK_STREAM, 0, "", (f"127.0.0.{n}", server.port)) for n in (2, 1, 3)]
    for delay in (None, 0.1):
        connected = await start_connection(
            places, happy_eyeballs_delay=delay, socket_factory=socket_factory(OnlyTheSecond(), AddressLimit(1))
        )
        with connected:
            assert "127.0.0.1" == connected.getpeername()[0]
    assert exchange.opened


# ---------------------------------------------------------------- origins


async def test_another_origin_is_asked_under_the_name_of_the_first(server: HostileServer) -> None:
    origins = {"https://api.example.org": server.url("")}
    async with fetching(server, trust=trusting(), origins=origins) as fetcher:
        response = await fetcher.fetch(Request("https://api.example.org/cookies/set?x=1"))
        await fetcher.fetch(Request("https://api.example.org/ok"))
    assert "https://api.example.org/cookies/set?x=1" == response.url
    assert [("/cookies/set?x=1", "api.example.org", None), ("/ok", "api.example.org", "session=s1")] == [
        (asked.target, asked.header("Host"), asked.header("Cookie")) for asked in server.requests
    ]


async def test_the_right_hand_side_of_an_origin_stays_forbidden_by_itself(server: HostileServer) -> None:
    """Even while a connection to it lies open in the pool."""
    async with fetching(server, trust=trusting(), origins={"http://shop.example": server.url("")}) as fetcher:
        await fetcher.fetch(Request("http://shop.example/cookies/set"))
        error = await failure(fetcher, server.url("/ok"))
    assert ("address", 1) == (error.reason, len(server.requests))


async def test_failures_of_another_origin_name_the_first(server: HostileServer) -> None:
    async with fetching(server, origins={"http://shop.example": server.url("")}) as fetcher:
        error = await failure(fetcher, "http://shop.example/hang-up")
    assert "shop.example closed the connection without an answer" == error.detail


async def test_nothing_is_sent_without_the_permit_that_is_asked_for_at_the_last_moment(server: HostileServer) -> None:
    """A request may wait long for its connection, and what allowed it may be over by then."""
    answers = iter([None, Postponed("the lease has ended"), None])
    sent: list[str] = []

    def permit() -> None:
        assert server.accepted
        if answer := next(answers):
            raise answer

    async with fetching(server, permit=permit) as fetcher:
        await fetcher.fetch(Request(server.url("/ok")))
        postponed = await failure(fetcher, server.url("/ok"), on_sent=lambda: sent.append("second"))
        await fetcher.fetch(Request(server.url("/ok")))
    assert isinstance(postponed, Postponed)
    assert 2 == len(server.requests)
    assert [] == sent
