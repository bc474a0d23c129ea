"""Connections to one public address have a limit, however many names lead there."""

from __future__ import annotations

import asyncio
import os
import socket
import weakref

import pytest
from support.crawling import until
from support.fetching import PATIENCE, fetching
from support.hostile_server import HostileServer, Wire
from support.names import Names

from asyncscrape.addresses import Guard
from asyncscrape.fetchers.http.address_limit import AddressLimit
from asyncscrape.fetchers.http.fetcher import HttpFetcher
from asyncscrape.fetchers.trust import Trust
from asyncscrape.model import Request

PLACE, OTHER = "93.184.215.14", "93.184.215.15"


def tried(limit: AddressLimit, *, first: bool = False) -> socket.socket | None:
    return limit.socket(socket.AF_INET, socket.SOCK_STREAM, 0, PLACE, first=first)


def made(limit: AddressLimit, place: str = PLACE, *, first: bool = False) -> socket.socket:
    found = limit.socket(socket.AF_INET, socket.SOCK_STREAM, 0, place, first=first)
    assert found is not None
    return found


class Connection:
    """One of the pool."""

    def __init__(self, under: socket.socket, *, idle: bool) -> None:
        self.idle = idle
        self.abort = under.close


async def test_whoever_finds_no_room_waits_for_the_first_that_leaves() -> None:
    limit = AddressLimit(2)
    first, second = made(limit), made(limit)
    assert tried(limit) is None
    waiting = [asyncio.create_task(limit.room(PLACE, first=False)) for _ in range(2)]
    other = made(limit, OTHER)
    await asyncio.sleep(0)
    first.close()
    first.close()
    await waiting[0]
    assert tried(limit) is None, "whoever waits comes first"
    third = made(limit, first=True)
    assert not waiting[1].done()
    for one in (second, third, other):
        one.close()
    await waiting[1]
    os.close(made(limit).detach())
    made(limit).close()


async def test_who_goes_away_while_waiting_holds_up_nobody() -> None:
    limit = AddressLimit(1)
    only = made(limit)
    waiting = [asyncio.create_task(limit.room(PLACE, first=False)) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    await asyncio.sleep(0)
    only.close()
    waiting[1].cancel()  # woken, but gone before it could try
    await asyncio.wait_for(waiting[2], PATIENCE)
    assert [True, True, False] == [one.cancelled() for one in waiting]


async def test_room_that_came_before_the_wait_is_not_missed() -> None:
    """Between a refusal and the wait, aiohttp may try other addresses of the name."""
    limit = AddressLimit(1)
    only = made(limit)
    assert tried(limit) is None
    only.close()
    await asyncio.wait_for(limit.room(PLACE, first=False), PATIENCE)
    made(limit).close()


async def test_an_idle_connection_makes_room() -> None:
    limit = AddressLimit(2)
    busy, idle = made(limit), made(limit)
    pool = Connection(busy, idle=False), Connection(idle, idle=True)
    for one in pool:
        limit.add(PLACE, one)
    await asyncio.wait_for(limit.room(PLACE, first=False), PATIENCE)
    assert (idle.fileno(), True) == (-1, busy.fileno() >= 0)
    busy.close()


@pytest.mark.parametrize("counted", [True, False])
async def test_many_names_of_one_server_share_its_places(server: HostileServer, counted: bool) -> None:
    """Loopback does not count unless the test says so."""
    together: list[int] = []

    async def slow(wire: Wire) -> None:
        together.append(sum(server.open.values()))
        await wire.pause(0.02)
        await wire.answer(b"here")

    server.behaving(slow)
    names = [f"h{n}.example" for n in range(12)]
    places = [f"{name}:{server.port}" for name in names]
    options = {
        "trust": Trust(guard=Guard.of((), places)),
        "resolver": Names(dict.fromkeys(names, "127.0.0.1")),
        "limit": AddressLimit(3, lambda address: address) if counted else AddressLimit(3),
    }
    async with fetching(server, **options) as fetcher:
        for _ in range(2):
            await asyncio.gather(*(asked(fetcher, f"http://{place}/own") for place in places))
        assert counted == (max(together) <= 3)
        if counted:
            await until(lambda: server.connections <= 3)
        else:
            assert (12, 12) == (server.connections, server.accepted)


async def asked(fetcher: HttpFetcher, url: str) -> None:
    assert b"here" == (await fetcher.fetch(Request(url))).body


def test_a_connection_that_never_hears_of_its_end_is_forgotten() -> None:
    """aiohttp drops the first one of a tunnel through a proxy when TLS begins there."""
    limit = AddressLimit(1)
    with socket.socket() as under:
        dropped = Connection(under, idle=False)
        limit.add(PLACE, dropped)
        seen = weakref.ref(dropped)
        del dropped
        assert seen() is None
