"""One port on many loopback addresses: each host answers in its own way, and its requests are remembered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

from aiohttp import web

from support.arrivals import arrival, listening

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Hosts:
    """Running hosts: their names, and their log."""

    def __init__(self, port: int, addresses: Mapping[str, str]) -> None:
        self.port = port
        self._addresses = dict(addresses)
        self.log: defaultdict[str, list[tuple[float, str]]] = defaultdict(list)

    def authority(self, name: str) -> str:
        return f"{self._addresses[name]}:{self.port}"

    def url(self, name: str, path: str) -> str:
        return f"http://{self.authority(name)}{path}"

    def paths(self, name: str) -> list[str]:
        """The requests to a host, in order."""
        return [path for _, path in self.log[self.authority(name)]]

    def times(self, name: str, path: str) -> list[float]:
        """The times a host was asked for a path."""
        return [moment for moment, asked in self.log[self.authority(name)] if asked == path]


@asynccontextmanager
async def serving(answers: Mapping[str, Answer]) -> AsyncIterator[Hosts]:
    """Serve each name on its own address: 127.0.1.1, 127.0.1.2, …"""
    addresses = {name: f"127.0.1.{n}" for n, name in enumerate(answers, 1)}
    by_address = {addresses[name]: answer for name, answer in answers.items()}
    hosts = Hosts(0, addresses)

    async def handle(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        address, port = request.transport.get_extra_info("sockname")
        hosts.log[f"{address}:{port}"].append((arrival(request), request.path_qs))
        return await by_address[address](request)

    runner = web.AppRunner(web.Application(), handler_cancellation=True, shutdown_timeout=0.1)
    runner.app.router.add_route("*", "/{path:.*}", handle)
    await runner.setup()
    for address in by_address:
        await web.SockSite(runner, listening(address, hosts.port)).start()
        hosts.port = runner.addresses[0][1]
    try:
        yield hosts
    finally:
        await runner.cleanup()


def page(body: str = "<h1>here</h1>") -> web.Response:
    return web.Response(text=body, content_type="text/html")
