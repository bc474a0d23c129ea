"""Requests, their outcomes, and a worker's steps with both, for tests of frontiers."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from asyncscrape.frontier.base import Committed, Group, Taken, Worker
from asyncscrape.model import Column, KeptBlob, Kind, Lines, Origin, Outcome, Request, State, StoredBlob, Table
from asyncscrape.stats import Totals

HOST = "shop.example.org"
OTHER = "other.example.org"
ITEM = Table("item", ("id",), (Column("id", "int"), Column("name")))
SHA256 = "5a" * 32


def page(n: int, host: str = HOST) -> Request:
    return Request(f"http://{host}/{n}")


def blob(path: str, n: int = 1) -> Request:
    return Request(f"http://{HOST}/{n}.png", Kind.BLOB, path=path)


def done(request: Request, **more: object) -> Outcome:
    return Outcome(request, State.DONE, **more)  # type: ignore[arg-type]


def item_of(request: Request, **more: object) -> Outcome:
    """A page with one record."""
    return done(request, records={"item": Lines(1, b'{"id":%d}\n' % request.id)}, **more)


def kept(request: Request, path: str = "") -> Outcome:
    """A blob that was stored, under its own path or under that of the same bytes."""
    stored = StoredBlob(request.asked, path or request.path, SHA256, 3, "image/png")
    return done(request, kept=KeptBlob(stored, Origin(request.url, "2026-11-20T10:00:00.000Z")))


def failed(request: Request, reason: str = "http 404", detail: str = "") -> Outcome:
    return Outcome(request, State.FAILED, reason, detail)


def hop(request: Request, url: str) -> Outcome:
    return Outcome(request, State.PENDING, hop=url)


async def offer(worker: Worker, *requests: Request) -> dict[str, int]:
    """Offer requests; returns the number of new ones by host."""
    return dict((await worker.commit_and_take(Group(offers=requests), {}, 0.0)).fresh)


async def commit(worker: Worker, *outcomes: Outcome) -> Committed:
    return await worker.commit_and_take(Group(outcomes), {}, 0.0)


async def fresh(worker: Worker, *outcomes: Outcome) -> dict[str, int]:
    """Commit outcomes; returns the number of new URLs by host."""
    return dict((await commit(worker, *outcomes)).fresh)


async def take(worker: Worker, limit: int = 100, now: float = 0.0, host: str = HOST) -> list[Request]:
    """Lease requests of a host, which the worker is granted if nobody has it."""
    await worker.acquire()
    return list((await worker.poll({host: limit}, now))[host].requests)


async def paths_to_copy(worker: Worker) -> list[str]:
    return [copy.request.path for copy in (await worker.take_copies(100))[0]]


async def commit_rows(worker: Worker, *ids: int) -> None:
    """Commit a page with one record for each id, one after the other."""
    for n in ids:
        await offer(worker, page(n))
        (taken,) = await take(worker)
        await commit(worker, done(taken, records={"item": Lines(1, b'{"id":%d}\n' % n)}))


def urls(taken: Taken | Collection[Request]) -> list[str]:
    return [request.url for request in (taken.requests if isinstance(taken, Taken) else taken)]


def counted(totals: Totals, kind: Kind = Kind.PAGE) -> dict[str, int]:
    """The number of requests of a kind in each state, without empty states."""
    return {str(state): n for state in State if (n := totals.of(kind, state))}


def seqs(batches: Sequence[object]) -> list[int]:
    return [batch.seq for batch in batches]  # type: ignore[attr-defined]
