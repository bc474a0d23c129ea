"""What a page may reach from a real browser: nothing but what its rules allow, whatever it tries."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import WSMsgType, web
from support.arrivals import listening
from support.hosts_server import Hosts, page, serving
from support.open_pages import AGENT, Free, Opener, opener

from asyncscrape.browsing import IDLE, PageStep, StepKind
from asyncscrape.errors import FetchError, Reason

pytestmark = pytest.mark.asyncio(loop_scope="module")
module = {"scope": "module", "loop_scope": "module"}

ELSEWHERE = "127.0.9.9"
FORMS = ("127.0.9.9", "2130708745", "0x7f000909", "0177.0.9.9", "[::ffff:127.0.9.9]", "127.0.9.9.", "x.localhost")
"""Spellings of an address that nobody has named; the last is this machine."""
TRIES = """<!doctype html><body><script>
const forms = FORMS, port = PORT, all = [];
const later = () => new Promise((done) => setTimeout(done, 3000));
const soon = (promise) => all.push(Promise.race([promise, later()]).catch(() => 0));
const loads = (tag, name, url) => soon(new Promise((done) => {
  const element = document.createElement(tag);
  element.onload = element.onerror = done; element[name] = url; document.body.append(element);
}));
for (const form of forms) {
  const url = `http://${form}:${port}/`;
  soon(fetch(url, {mode: "no-cors"}));
  soon(fetch(`/to?url=${encodeURIComponent(url)}`, {mode: "no-cors"}));
  loads("img", "src", url);
  loads("img", "src", `/to?url=${encodeURIComponent(url)}`);
  loads("script", "src", url);
  loads("iframe", "src", url);
  soon(new Promise((done) => (new WebSocket(url.replace("http", "ws")).onerror = done)));
}
const url = `http://${forms[0]}:${port}/`;
navigator.sendBeacon(url, "x");
new EventSource(url);
for (const rel of ["preconnect", "dns-prefetch", "prefetch", "preload", "modulepreload", "stylesheet", "icon"]) {
  const link = document.createElement("link");
  link.rel = rel; link.as = "fetch"; link.href = url; document.head.append(link);
}
const work = new Blob([`fetch("${url}", {mode: "no-cors"}).finally(() => (self.postMessage || (() => 0))(1));
  onconnect = (event) => fetch("${url}", {mode: "no-cors"}).finally(() => event.ports[0].postMessage(1));
  importScripts("${url}")`]);
const workUrl = URL.createObjectURL(work);
soon(new Promise((done) => { const w = new Worker(workUrl); w.onmessage = w.onerror = done; }));
soon(new Promise((done) => { const w = new SharedWorker(workUrl); w.port.onmessage = w.onerror = done; }));
for (const bad of ["file:///etc/passwd", "chrome://version", "view-source:" + url]) loads("iframe", "src", bad);
const form = document.createElement("form"); form.method = "post"; form.action = url; form.target = "f";
const frame = document.createElement("iframe"); frame.name = "f"; document.body.append(frame, form); form.submit();
const open_ = window.open(url);
try {
  const peer = new RTCPeerConnection({iceServers: [
    {urls: `stun:${forms[0]}:${port}`},
    {urls: `turn:${forms[0]}:${port}?transport=tcp`, username: "u", credential: "p"}]});
  peer.createDataChannel("x");
  peer.createOffer().then((offer) => peer.setLocalDescription(offer));
  soon(later());
} catch {}
soon(fetch(URL.createObjectURL(new Blob(["blob"]))).then((r) => r.text()).then((t) => (document.title += t)));
soon(fetch("data:text/plain,data").then((r) => r.text()).then((t) => (document.title += t)));
Promise.all(all).then(() => {
  document.querySelectorAll("iframe").forEach((frame) => frame.remove());
  document.body.insertAdjacentHTML("beforeend", "<p class=done>done</p>");
});
</script>"""


@dataclass
class Forbidden:
    """A place that must not be reached, by TCP or UDP."""

    port: int = 0
    reached: list[bytes] = field(default_factory=list)


@asynccontextmanager
async def forbidden() -> AsyncIterator[Forbidden]:
    place = Forbidden()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        place.reached.append(b"tcp " + await reader.read(100))
        writer.close()

    class Datagrams(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, addr: Any) -> None:
            place.reached.append(b"udp " + data)

    first = listening("127.0.0.1", 0)
    place.port = first.getsockname()[1]
    servers = [await asyncio.start_server(accept, sock=sock) for sock in (first, listening(ELSEWHERE, place.port))]
    loop = asyncio.get_running_loop()
    udp, _ = await loop.create_datagram_endpoint(Datagrams, local_addr=(ELSEWHERE, place.port))
    try:
        yield place
    finally:
        udp.close()
        for server in servers:
            server.close()


class Site:
    """The pages of the tests, and what they were asked."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, dict[str, str], bytes]] = []
        self.pages: dict[str, str] = {}

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.seen.append((request.method, request.path_qs, dict(request.headers), await request.read()))
        if html := self.pages.get(request.path_qs):
            return page(html)
        special = getattr(self, f"on_{request.path.strip('/')}", None)
        return await special(request) if special else web.Response(status=404)

    async def on_to(self, request: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": request.query["url"]})

    async def on_set(self, request: web.Request) -> web.StreamResponse:
        return web.Response(text="ok", headers={"Set-Cookie": "from_answer=2; Path=/; HttpOnly"})

    async def on_endless(self, request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Type": request.query.get("type", "text/plain")})
        await answer.prepare(request)
        while True:
            await answer.write(b"data: " + bytes(int(request.query.get("size", 8))) + b"\n\n")
            await asyncio.sleep(float(request.query.get("pause", 0.1)))

    async def on_socket(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                await socket.send_str(f"echo {message.data}")
        return socket

    async def on_form(self, request: web.Request) -> web.StreamResponse:
        return web.Response(status=303, headers={"Location": "/after", "Set-Cookie": "signed=in; Path=/"})

    async def on_wall(self, request: web.Request) -> web.StreamResponse:
        return web.Response(status=403, text="<title>Just a moment...</title>", content_type="text/html")

    async def on_file(self, request: web.Request) -> web.StreamResponse:
        return web.Response(body=b"x", headers={"Content-Type": "application/zip"})

    async def on_echo(self, request: web.Request) -> web.StreamResponse:
        packed = gzip.compress(json.dumps({"method": request.method, "body": await request.text()}).encode())
        headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
        if origin := request.headers.get("Origin"):
            headers |= {"Access-Control-Allow-Origin": origin, "Access-Control-Allow-Headers": "*"}
        return web.Response(body=packed, headers=headers)

    def sent(self, path: str) -> dict[str, str]:
        """The headers of the last request for a path."""
        return next(headers for _, asked, headers, _ in reversed(self.seen) if asked == path)

    def asked(self, path: str) -> int:
        return sum(asked == path for _, asked, _, _ in self.seen)


@pytest_asyncio.fixture(**module)
async def site() -> Site:
    return Site()


@pytest_asyncio.fixture(**module)
async def hosts(site: Site) -> AsyncIterator[Hosts]:
    async with serving({"site": site.answer, "other": site.answer}) as running:
        yield running


@pytest_asyncio.fixture(**module)
async def opens(hosts: Hosts, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Opener]:
    more = {
        "max_body": 200_000,
        "headers": {"Authorization": "Bearer s3cr3t"},
        "cookies": {"config": "1"},
        "origins": {"https://mapped.example": hosts.url("site", "")},
        "private_hosts": [hosts.authority("other")],
    }
    async with opener(tmp_path_factory.mktemp("safety"), [hosts.url("site", "/")], **more) as running:
        yield running


async def test_no_page_reaches_a_place_that_nobody_has_named(site: Site, hosts: Hosts, opens: Opener) -> None:
    async with forbidden() as place:
        tries = TRIES.replace("FORMS", json.dumps(FORMS)).replace("PORT", str(place.port))
        site.pages["/tries"] = tries
        html = await opens.read(hosts.url("site", "/tries"), wait=("p.done",))
        assert "blob" in html.partition("<body>")[0]
        assert "data" in html.partition("<body>")[0]
        assert [] == place.reached


async def test_later_documents_are_asked_for_by_the_rules_and_redirects_too(
    site: Site, hosts: Hosts, opens: Opener
) -> None:
    site.pages |= {
        "/start": '<form method="post" action="/form"><input name="a" value="1"><button>go</button></form>',
        "/after": "<p>after <script>document.write(location.pathname)</script></p>",
    }
    leave = Free()
    click = PageStep(StepKind.CLICK, "button")
    html = await opens.read(hosts.url("site", "/start"), leave=leave, steps=(click,))
    assert [hosts.url("site", "/form"), hosts.url("site", "/after")] == leave.gone
    assert "after <script>" in html
    assert "/after" in html
    assert [("POST", b"a=1")] == [(method, body) for method, path, _, body in site.seen if path == "/form"]
    assert "signed=in" in site.sent("/after")["Cookie"]


async def test_without_rules_for_them_a_page_goes_on_to_nothing(site: Site, hosts: Hosts, opens: Opener) -> None:
    refresh = '<meta http-equiv=refresh content="0;/never">'
    site.pages["/leaves"] = f'<p>stays</p>{refresh}<script>location = "/never"</script>'
    assert "<p>stays</p>" in await opens.read(hosts.url("site", "/leaves"))
    assert 0 == site.asked("/never")


async def test_a_challenge_on_the_way_fails_the_page_as_blocked(site: Site, hosts: Hosts, opens: Opener) -> None:
    site.pages["/walled"] = '<script>location = "/wall"</script>'

    class Judging(Free):
        async def __call__(self, url: str, page: str, exchange: Any) -> Any:
            raise FetchError(Reason.BLOCKED, "a challenge", transient=False)

    with pytest.raises(FetchError) as failed:
        await opens.read(hosts.url("site", "/walled"), leave=Judging())
    assert Reason.BLOCKED == failed.value.reason


async def test_documents_that_follow_see_the_cookies_that_the_page_has_now(
    site: Site, hosts: Hosts, opens: Opener
) -> None:
    """As sites sign in by a request of a script, and ask for consent by a cookie and a reload."""
    site.pages |= {
        "/signs-in": """<script>document.cookie = "consent=yes; path=/";
          fetch("/set").then(() => (location = "/inside"));</script>""",
        "/inside": "<p>inside</p>",
    }
    assert "<p>inside</p>" in await opens.read(hosts.url("site", "/signs-in"), leave=Free())
    cookies = site.sent("/inside")["Cookie"]
    assert "from_answer=2" in cookies
    assert "consent=yes" in cookies


async def test_a_redirect_to_where_it_may_not_go_leaves_the_page_as_it_is(
    site: Site, hosts: Hosts, opens: Opener
) -> None:
    site.pages["/strays"] = '<p>stays</p><script>location = "/to?url=http://127.0.9.9/"</script>'
    leave = Free()
    assert "<p>stays</p>" in await opens.read(hosts.url("site", "/strays"), leave=leave)
    assert "http://127.0.9.9/" == leave.gone[-1]


async def test_downloads_are_refused_and_the_page_stays(site: Site, hosts: Hosts, opens: Opener) -> None:
    site.pages["/gets"] = '<p>here</p><script>location = "/file"</script>'
    assert "<p>here</p>" in await opens.read(hosts.url("site", "/gets"), leave=Free())


async def test_credentials_go_to_the_hosts_of_the_job_alone(site: Site, hosts: Hosts, opens: Opener) -> None:
    there = hosts.url("other", "/leak")
    site.pages["/shows"] = f"""<script>
      fetch("/own"); fetch("{there}", {{mode: "no-cors"}});
      fetch("/to?url={there}2", {{mode: "no-cors"}}); </script>"""
    await opens.read(hosts.url("site", "/shows"))
    own, *others = site.sent("/own"), site.sent("/leak"), site.sent("/leak2")
    assert ("Bearer s3cr3t", AGENT) == (own["Authorization"], own["User-Agent"])
    assert "config=1" in own["Cookie"]
    assert [None, None] == [other.get("Authorization") for other in others]
    assert [None, None] == [other.get("Cookie") for other in others]


async def test_cookies_are_the_same_for_the_browser_and_for_plain_http(
    site: Site, hosts: Hosts, opens: Opener
) -> None:
    site.pages["/sets"] = """<p></p><script>
      document.querySelector("p").textContent = document.cookie;
      document.cookie = "by_script=3; path=/"; fetch("/set");</script>"""
    site.pages["/plain"] = "plain"
    opens.http.jar.take(hosts.url("site", "/"), ["by_http=1; Path=/"])
    html = await opens.read(hosts.url("site", "/sets"))
    assert "by_http=1" in html
    await opens.open(hosts.url("site", "/plain"))
    sent = dict(pair.split("=") for pair in site.sent("/plain")["Cookie"].split("; "))
    assert ("1", "2", "3") == (sent["by_http"], sent["from_answer"], sent["by_script"])


async def test_what_a_page_removes_is_gone_for_plain_http_too(site: Site, hosts: Hosts, opens: Opener) -> None:
    opens.http.jar.take(hosts.url("site", "/"), ["goes=1; Path=/"])
    site.pages["/removes"] = '<script>document.cookie = "goes=; path=/; max-age=0"</script>'
    site.pages["/first"] = "<p></p>"
    await opens.read(hosts.url("site", "/first"))
    await opens.read(hosts.url("site", "/removes"))
    assert "goes" not in opens.http.jar.shown_to(hosts.url("site", "/"))


async def test_mapped_origins_take_forms_and_give_packed_answers(site: Site, hosts: Hosts, opens: Opener) -> None:
    site.pages["/posts"] = """<p></p><script>
      fetch("https://mapped.example/echo", {method: "POST", body: "x=1", headers: {"X-Custom": "yes"}})
        .then((answer) => answer.text()).then((text) => (document.querySelector("p").textContent = text));</script>"""
    html = await opens.read(hosts.url("site", "/posts"))
    assert '{"method": "POST", "body": "x=1"}' in html
    assert ("yes", "mapped.example") == (site.sent("/echo")["x-custom"], site.sent("/echo")["Host"])


async def test_sockets_of_named_hosts_work(site: Site, hosts: Hosts, opens: Opener) -> None:
    url = hosts.url("other", "/socket").replace("http", "ws")
    site.pages["/talks"] = f"""<p></p><script>
      const socket = new WebSocket("{url}");
      socket.onopen = () => socket.send("hello");
      socket.onmessage = (event) => {{ document.querySelector("p").className = "told"; }};</script>"""
    assert 'class="told"' in await opens.read(hosts.url("site", "/talks"), wait=("p.told",))


async def test_answers_that_never_end_hold_up_no_page(site: Site, hosts: Hosts, opens: Opener) -> None:
    there = hosts.url("other", "/endless")
    site.pages["/waits"] = f"""<p>here</p><script>
      new EventSource("{there}?type=text/event-stream"); fetch("{there}", {{mode: "no-cors"}});</script>"""
    started = asyncio.get_running_loop().time()
    assert "<p>here</p>" in await opens.read(hosts.url("site", "/waits"), wait=(IDLE,))
    assert asyncio.get_running_loop().time() - started < 14


async def test_a_page_that_brings_too_much_fails(site: Site, hosts: Hosts, opens: Opener) -> None:
    there = hosts.url("other", "/endless?size=100000&pause=0.001")
    site.pages["/greedy"] = f"""<script>
      fetch("{there}").catch(() => fetch("{there}", {{mode: "no-cors"}}));</script>"""
    with pytest.raises(FetchError) as failed:
        await opens.read(hosts.url("site", "/greedy"))
    assert (Reason.TOO_LARGE, False) == (failed.value.reason, failed.value.transient)


async def test_nothing_that_asks_the_visitor_holds_up_a_page(site: Site, hosts: Hosts, opens: Opener) -> None:
    site.pages["/asks"] = """<body><script>
      onbeforeunload = (event) => { event.preventDefault(); return "stay"; };
      alert(1); confirm(2); prompt(3); print();
      navigator.geolocation.getCurrentPosition(() => 0); Notification.requestPermission();
      navigator.mediaDevices?.getUserMedia({audio: true}).catch(() => 0);
      for (let n = 0; n < 20; n++) window.open("/popup" + n);
      document.body.insertAdjacentHTML("beforeend", "<p>through</p>");</script>"""
    assert "<p>through</p>" in await opens.read(hosts.url("site", "/asks"))
    assert 0 == sum(path.startswith("/popup") for _, path, _, _ in site.seen)
