"""A browser behind the proxy of the config: it asks that proxy for everything, and nothing that the guard refuses."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from support.forward_proxy import ForwardProxy, running
from support.hosts_server import Hosts, page, serving
from support.open_pages import Free, opener

from asyncscrape.browsing import PageStep, StepKind

LOGIN = "me:p@ss"
FORBIDDEN = (
    "127.0.0.1",
    "127.0.9.9",
    "[::1]",
    "10.0.0.1",
    "169.254.169.254",
    "localhost",
    "x.localhost",
    "printer.local",
)
PAGE = f"""<p></p><form method=post action=/form><input name=a value=1></form><a href="/next">next</a><script>
const forbidden = {list(FORBIDDEN)}, said = (text) => (document.querySelector("p").textContent += text + " ");
const quiet = {{mode: "no-cors"}}, all = [];
for (const host of forbidden) {{
  for (const to of ["http://", "https://", "/to?http://"]) all.push(fetch(`${{to}}${{host}}/`, quiet));
  const image = new Image(); image.src = `http://${{host}}/image`;
  const frame = document.createElement("iframe"); frame.src = `http://${{host}}/frame`; document.body.append(frame);
  all.push(new Promise((done) => (new WebSocket(`ws://${{host}}/`).onerror = done)));
}}
all.push(fetch("http://other.example/get").then((answer) => answer.text()).then(said));
all.push(fetch("/post", {{method: "POST", body: "x".repeat(200000)}}).then((answer) => answer.text()).then(said));
all.push(new Promise((done) => {{
  const socket = new WebSocket("ws://site.example/socket");
  socket.onopen = () => socket.send("hello"); socket.onmessage = (event) => done(said(event.data));
}}));
fetch("https://tls.example/", quiet).catch(() => 0);
Promise.allSettled(all).then(() => document.body.insertAdjacentHTML("beforeend", "<i class=done></i>"));
</script>"""


async def answer(request: web.Request) -> web.StreamResponse:
    if request.path == "/to":
        return web.Response(status=302, headers={"Location": request.query_string})
    if request.path == "/socket":
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_str(f"socket:{await socket.receive_str()}")
        return socket
    if request.path == "/post":
        return web.Response(text=f"posted:{len(await request.read())}")
    if request.path == "/get":
        return web.Response(text="got", headers={"Access-Control-Allow-Origin": "*"})
    return page("<h1>next</h1>" if request.path == "/next" else PAGE)


@pytest.fixture
async def hosts() -> AsyncIterator[Hosts]:
    async with serving({"site": answer}) as running_hosts:
        yield running_hosts


async def test_pages_reach_the_world_by_the_proxy_alone_and_nothing_private(tmp_path: Path, hosts: Hosts) -> None:
    place = hosts.authority("site").split(":")[0], hosts.port
    proxy = ForwardProxy(dict.fromkeys(("site.example", "other.example"), place), LOGIN)
    async with running(proxy) as at:
        seeds = ["http://site.example/"]
        async with opener(tmp_path, seeds, proxy=f"http://{LOGIN.replace('@', '%40')}@{at}") as opens:
            said = await opens.read(seeds[0], wait=("i.done",))
            steps = (PageStep(StepKind.CLICK, "a"),)
            assert "<h1>next</h1>" in await opens.read(seeds[0], leave=Free(), steps=steps)
    for text in ("got", "posted:200000", "socket:hello"):
        assert text in said
    assert ("CONNECT", "tls.example:443") in proxy.asked
    assert {"CONNECT site.example:80", "GET http://other.example/get"} <= {" ".join(asked) for asked in proxy.asked}
    assert [] == [target for _, target in proxy.asked if any(host in target.split("?")[0] for host in FORBIDDEN)]
    assert 0 == sum(head.count(b"hello") for head in proxy.heads)
