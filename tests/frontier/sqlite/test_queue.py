"""The durable queue and journal: every URL once, nothing lost by a kill, and stores that read at their own pace."""

from __future__ import annotations

import fcntl
import math
import re
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Timer

import msgspec
import pytest
from asyncscrape.frontier.sqlite.reading import read_failures, read_snapshot
from hypothesis import given, settings
from hypothesis import strategies as st

from asyncscrape.errors import JobChanged, JobRunning, UsageError
from asyncscrape.frontier.sqlite.database import LAYOUT, Database, script
from asyncscrape.frontier.sqlite.journal import Journal
from asyncscrape.frontier.sqlite.lock import JobLock, running
from asyncscrape.frontier.sqlite.queue import NO_NOTES, Frontier, Notes, Taken
from asyncscrape.model import (
    BLOBS,
    Batch,
    Column,
    KeptBlob,
    Kind,
    Lines,
    Origin,
    Outcome,
    Request,
    State,
    StoredBlob,
    Table,
)
from asyncscrape.urls import fingerprint

HOST = "shop.example.org"
ITEM = Table("item", ("id",), (Column("id", "int"), Column("name")))


def page(n: int, host: str = HOST) -> Request:
    return Request(f"http://{host}/{n}")


def opened(folder: Path, *tables: Table) -> Frontier:
    frontier = Frontier.open(folder / "state.db")
    frontier.agree(tables or [ITEM, BLOBS])
    return frontier


@pytest.fixture
def frontier(tmp_path: Path) -> Iterator[Frontier]:
    frontier = opened(tmp_path)
    yield frontier
    frontier.close()


def take(frontier: Frontier, limit: int = 100, now: float = 0.0, host: str = HOST) -> list[Request]:
    return list(frontier.take({host: limit}, now)[host].requests)


def done(request: Request, **more: object) -> Outcome:
    return Outcome(request, "done", **more)  # type: ignore[arg-type]


def test_each_url_is_queued_once_and_in_the_order_of_discovery(frontier: Frontier) -> None:
    assert Counter({HOST: 3}) == frontier.add([page(1), page(2), page(1), page(3)])
    assert Counter() == frontier.add([page(3), page(2)])
    assert [page(n).url for n in (1, 2, 3)] == [request.url for request in take(frontier)]
    assert [] == take(frontier)


def test_a_page_and_a_blob_of_one_url_are_two_requests(frontier: Frontier) -> None:
    assert 2 == frontier.add([page(1), Request(page(1).url, Kind.BLOB, path="a")])[HOST]


def test_the_same_url_with_another_note_is_another_request(frontier: Frontier) -> None:
    requests = [Request(page(1).url, "api", note=note) for note in ("", "usd", "eur")]
    assert 3 == frontier.add([*requests, *requests])[HOST]
    assert ["", "usd", "eur"] == [request.note for request in take(frontier)]


def test_a_request_comes_back_with_all_it_was_offered_with(frontier: Frontier) -> None:
    frontier.add([page(1)])
    (parent,) = take(frontier)
    offered = Request(f"http://{HOST}/cover.png", Kind.BLOB, depth=1, path="covers/1.png")
    frontier.commit([done(parent, links=[offered])])
    (taken,) = take(frontier)
    assert msgspec.structs.replace(offered, id=taken.id, parent=parent.url) == taken


def test_hosts_are_apart_and_say_whether_they_have_more(frontier: Frontier) -> None:
    frontier.add([page(1), page(2), page(1, "other.example.org")])
    taken = frontier.take({HOST: 1, "other.example.org": 5, "unknown.example.org": 5}, 0.0)
    assert (True, False, False) == tuple(given.more for given in taken.values())
    assert [1, 1, 0] == [len(given.requests) for given in taken.values()]


def test_a_host_that_has_just_given_its_last_has_no_more(frontier: Frontier) -> None:
    frontier.add([page(1), page(2), page(3)])
    assert [True, False] == [frontier.take({HOST: limit}, 0.0)[HOST].more for limit in (1, 2)]


def test_who_looks_at_the_totals_keeps_what_he_saw(frontier: Frontier) -> None:
    seen = frontier.totals
    frontier.add([page(1)])
    assert {} == seen
    assert {"page.pending": 1} == frontier.totals


def test_a_retry_waits_for_its_time_and_then_goes_first(frontier: Frontier) -> None:
    frontier.add([page(1), page(2), page(3)])
    (first,) = take(frontier, 1)
    tried = msgspec.structs.replace(first, attempts=1)
    frontier.commit([Outcome(tried, "pending", "timeout", "slow", retry_at=100.0)])
    given = frontier.take({HOST: 1}, 50.0)[HOST]
    assert ([page(2).url], 100.0) == ([request.url for request in given.requests], given.next_retry)
    (again, last) = take(frontier, 5, now=100.0)
    assert (page(1).url, 1, page(3).url) == (again.url, again.attempts, last.url)


def test_what_a_killed_run_had_leased_waits_again(tmp_path: Path) -> None:
    first = opened(tmp_path)
    first.add([page(1), page(2)])
    take(first, 1)
    first.close()
    second = opened(tmp_path)
    assert 1 == second.saved_hosts()[HOST].leased
    second.release()
    assert 0 == second.saved_hosts()[HOST].leased
    assert [page(1).url, page(2).url] == [request.url for request in take(second)]
    second.close()


def test_a_redirect_goes_to_its_new_host_and_remembers_where_it_came_from(frontier: Frontier) -> None:
    frontier.add([page(1)])
    (asked,) = take(frontier)
    target = "http://www.example.org/one"
    assert Counter({"www.example.org": 1}) == frontier.commit([Outcome(asked, "pending", hop=target)])
    (moved,) = take(frontier, host="www.example.org")
    assert (target, (page(1).url,), page(1).url) == (moved.url, moved.hops, moved.asked)


def test_a_redirect_to_a_known_page_ends_there(frontier: Frontier) -> None:
    frontier.add([page(1), page(2)])
    asked, _ = take(frontier)
    assert Counter() == frontier.commit([Outcome(asked, "pending", hop=page(2).url)])
    assert (1, 1) == (frontier.totals["page.done"], frontier.totals["page.leased"])


def test_the_target_of_a_redirect_is_not_asked_for_again(frontier: Frontier) -> None:
    frontier.add([page(1)])
    (asked,) = take(frontier)
    frontier.commit([Outcome(asked, "pending", hop=page(2).url)])
    assert Counter() == frontier.add([page(2)])


def test_a_redirect_back_to_itself_is_followed_for_it_may_have_set_a_cookie(frontier: Frontier) -> None:
    frontier.add([page(1)])
    (asked,) = take(frontier)
    frontier.commit([Outcome(asked, "pending", hop=page(2).url)])
    (moved,) = take(frontier)
    assert Counter({HOST: 1}) == frontier.commit([Outcome(moved, "pending", hop=page(1).url)])
    (back,) = take(frontier)
    assert (page(1).url, page(2).url) == back.hops


def test_a_requeued_redirect_starts_where_it_began(frontier: Frontier) -> None:
    frontier.add([page(1)])
    (asked,) = take(frontier)
    frontier.commit([Outcome(asked, "pending", hop=page(2).url)])
    (moved,) = take(frontier)
    frontier.commit([Outcome(moved, "failed", "http 500", "the server answered 500")])
    assert 1 == frontier.requeue()
    (again,) = take(frontier)
    assert (page(1).url, ()) == (again.url, again.hops)
    assert Counter({HOST: 1}) == frontier.commit([Outcome(again, "pending", hop=page(2).url)])


def blob(path: str, n: int = 1) -> Request:
    return Request(f"http://{HOST}/{n}.png", Kind.BLOB, path=path)


def kept(request: Request, path: str = "") -> Outcome:
    """A blob that was stored, under its own path or under that of the same bytes."""
    stored = StoredBlob(request.asked, path or request.path, "5a" * 32, 3, "image/png")
    return done(request, kept=KeptBlob(stored, Origin(request.url, "2026-11-20T10:00:00.000Z")))


def files(frontier: Frontier) -> dict[str, int]:
    states = ("pending", "leased", "done", "failed", "skipped")
    return {state: int(n) for state in states if (n := frontier.totals.get(f"blob.{state}", 0))}


def copies(frontier: Frontier) -> list[str]:
    return [copy.request.path for copy in frontier.take_copies(100)]


def test_further_paths_of_a_blob_are_copies_that_wait_for_its_download(frontier: Frontier) -> None:
    assert Counter({HOST: 1}) == frontier.add([blob("a"), blob("b"), blob("a"), blob("b")])
    frontier.add([blob("c")])
    (download,) = take(frontier)
    assert ("a", []) == (download.path, copies(frontier))
    frontier.commit([kept(download)])
    assert frontier.copies_ready
    first, second = frontier.take_copies(100)
    assert (["b", "c"], "a", blob("").url) == (
        [first.request.path, second.request.path],
        first.kept.blob.path,
        first.kept.origin.url,
    )
    assert {"leased": 2, "done": 1} == files(frontier)
    frontier.commit([kept(first.request), kept(second.request)])
    frontier.add([blob("d")])
    assert (["d"], {"leased": 1, "done": 3}) == (copies(frontier), files(frontier))


def test_a_copy_is_made_from_where_the_same_bytes_lie(frontier: Frontier) -> None:
    frontier.add([blob("a"), blob("b", 2), blob("c", 2)])
    first, second = take(frontier)
    frontier.commit([kept(first), kept(second, "a")])
    (copy,) = frontier.take_copies(100)
    assert ("c", "a") == (copy.request.path, copy.kept.blob.path)
    assert ("5a" * 32, None) == (frontier.content_at("a"), frontier.content_at("b"))
    found = frontier.content_of("5a" * 32)
    assert found is not None
    assert (first.url, "a") == (found.url, found.path)


def test_a_killed_run_leaves_its_copies_to_the_next(tmp_path: Path) -> None:
    frontier = opened(tmp_path)
    frontier.add([blob("a"), blob("b"), blob("c", 2)])
    download, _ = take(frontier)
    frontier.commit([kept(download)])
    assert ["b"] == copies(frontier)
    frontier.close()
    frontier = opened(tmp_path)
    assert {"b": False, "c": False} == frontier.leased_paths()
    assert 1 == frontier.saved_hosts()[HOST].leased, "copies ask no host"
    frontier.release()
    assert (["b"], ["c"]) == (copies(frontier), [request.path for request in take(frontier)])
    frontier.close()


@pytest.mark.parametrize("state", ["failed", "skipped"])
def test_copies_of_what_cannot_be_had_end_with_it(frontier: Frontier, state: State) -> None:
    frontier.add([blob("a"), blob("b")])
    (download,) = take(frontier)
    frontier.commit([Outcome(download, state, "why")])
    frontier.add([blob("c")])
    assert {state: 3} == files(frontier)


def test_copies_end_with_a_host_that_is_given_up(frontier: Frontier) -> None:
    frontier.add([blob("a"), blob("b"), blob("c")])
    frontier.commit([], Notes(given_up={HOST: ("host given up", "kept failing")}))
    assert {"failed": 3} == files(frontier)


def test_a_requeued_copy_takes_its_download_along(frontier: Frontier) -> None:
    other = f"http://{HOST}/other.png"
    frontier.add([blob("a"), Request(other, Kind.BLOB, path="b")])
    first, second = take(frontier)
    frontier.commit([Outcome(second, "pending", hop=first.url), Outcome(first, "failed", "http 404")])
    assert {"failed": 2} == files(frontier)
    assert 2 == frontier.requeue(re.compile("other"))
    (download,) = take(frontier)
    assert (first.url, []) == (download.url, copies(frontier))
    frontier.commit([kept(download)])
    (copy,) = frontier.take_copies(100)
    assert ("b", other) == (copy.request.path, copy.request.asked)


def test_a_copy_that_failed_by_itself_is_requeued_by_itself(frontier: Frontier) -> None:
    frontier.add([blob("a"), blob("b")])
    (download,) = take(frontier)
    frontier.commit([kept(download)])
    (copy,) = frontier.take_copies(100)
    frontier.commit([Outcome(copy.request, "failed", "blob path")])
    assert (1, ["b"]) == (frontier.requeue(), copies(frontier))


def test_blobs_that_are_redirected_to_each_other_fail(frontier: Frontier) -> None:
    frontier.add([blob("a", 1), blob("b", 2), blob("c", 2)])
    first, second = take(frontier)
    frontier.commit([Outcome(first, "pending", hop=second.url)])
    frontier.commit([Outcome(second, "pending", hop=first.url)])
    assert {"failed": 3} == files(frontier)


def test_the_target_of_a_redirected_blob_is_not_downloaded_again(frontier: Frontier) -> None:
    frontier.add([blob("a")])
    (asked,) = take(frontier)
    frontier.commit([Outcome(asked, "pending", hop=blob("", 2).url)])
    assert Counter() == frontier.add([blob("b", 2)])
    (moved,) = take(frontier)
    frontier.commit([kept(moved)])
    assert ["b"] == copies(frontier)


def test_a_state_file_of_the_version_before_is_gone_on_with(tmp_path: Path) -> None:
    old = sqlite3.connect(tmp_path / "state.db")
    old.executescript(Path(__file__).with_name("layout_1.sql").read_text())
    old.execute("INSERT INTO meta VALUES ('layout', '1')")
    old.execute("INSERT INTO host (name) VALUES (?)", (HOST,))
    add = "INSERT INTO url (fp, url, kind, host, depth, parent, path, state) VALUES (?, ?, ?, 1, 1, 0, ?, ?)"
    for offered, state in ((page(1), 2), (page(2), 0), (blob("a", 1), 2), (blob("b", 1), 0), (blob("a", 2), 0)):
        fingerprint_ = fingerprint(offered.kind, offered.url, offered.path)
        old.execute(add, (fingerprint_, offered.url, offered.kind, offered.path, state))
    totals = {"page.done": 1, "page.pending": 1, "blob.done": 1, "blob.pending": 2}
    old.executemany("INSERT INTO tally VALUES (?, ?)", totals.items())
    old.commit()
    old.close()
    assert 1 == read_snapshot(tmp_path, "job").pages["done"]
    frontier = opened(tmp_path)
    known = [page(1), page(2), blob("a", 1), blob("b", 1), blob("a", 2)]
    assert Counter() == frontier.add(known)
    assert [page(2).url, blob("b", 1).url, blob("a", 2).url] == [request.url for request in take(frontier)]
    assert Counter() == frontier.add([blob("c", 2)])
    frontier.close()
    opened(tmp_path).close()


Steps = list[tuple[str, int, int]]


@settings(max_examples=80, deadline=None)
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(
                ["add", "add", "take", "copy", "done", "fail", "skip", "hop", "kill", "retry", "give up"]
            ),
            st.integers(0, 3),
            st.integers(0, 3),
        ),
        max_size=40,
    )
)
def test_whatever_happens_every_path_of_a_blob_comes_to_an_end(steps: Steps) -> None:
    with TemporaryDirectory() as folder:
        frontier = opened(Path(folder))
        offered: set[tuple[int, str]] = set()
        for step, n, m in steps:
            frontier = stepped(frontier, Path(folder), step, n, m)
            if step == "add":
                offered.add((n, f"{n}/{m}"))
            assert len(offered) == sum(files(frontier).values())
        frontier.release()
        for _ in range(40):
            downloads, made = take(frontier), [copy.request for copy in frontier.take_copies(100)]
            frontier.commit([kept(request) for request in (*downloads, *made)])
        assert {"done", "failed", "skipped"} >= files(frontier).keys()
        assert len(offered) == sum(files(frontier).values())
        frontier.close()


def stepped(frontier: Frontier, folder: Path, step: str, n: int, m: int) -> Frontier:
    """Do one thing: to a blob just taken, if it is about one."""
    ends: dict[str, Callable[[Request], Outcome]] = {
        "done": kept,
        "fail": lambda request: Outcome(request, "failed", "why"),
        "skip": lambda request: Outcome(request, "skipped", "why"),
        "hop": lambda request: Outcome(request, "pending", hop=blob("", m).url),
    }
    if step == "add":
        frontier.add([blob(f"{n}/{m}", n)])
    elif step in ends:
        frontier.commit([ends[step](request) for request in take(frontier, n)])
    elif step == "take":
        take(frontier, n)
    elif step == "copy":
        frontier.commit([kept(copy.request) for copy in frontier.take_copies(n)])
    elif step == "retry":
        frontier.requeue()
    elif step == "give up":
        frontier.commit([], Notes(given_up={HOST: ("host given up", "kept failing")}))
    else:
        frontier.close()
        frontier = opened(folder)
        frontier.release()
    return frontier


def test_a_host_that_is_given_up_fails_all_that_waits_there(frontier: Frontier) -> None:
    frontier.add([page(1), page(2), page(1, "other.example.org")])
    frontier.commit([], Notes(given_up={HOST: ("host given up", "kept failing")}))
    assert [] == take(frontier)
    assert 1 == len(take(frontier, host="other.example.org"))
    assert 2 == frontier.totals["page.failed"]


OTHER = "other.example.org"


def urls(taken: Taken) -> list[str]:
    return [request.url for request in taken.requests]


def test_a_commit_leases_what_it_has_just_brought(frontier: Frontier, tmp_path: Path) -> None:
    frontier.add([page(1)])
    (first,) = take(frontier)
    links = [page(2), page(3), page(1, OTHER)]
    committed = frontier.commit_and_take([done(first, links=links)], NO_NOTES, {HOST: 1}, 0.0)
    given = committed.taken[HOST]
    assert (Counter({HOST: 2, OTHER: 1}), [HOST]) == (committed.fresh, list(committed.taken))
    assert ([page(2).url], first.url, True) == (urls(given), given.requests[0].parent, given.more)
    assert {"page.pending": 2, "page.leased": 1, "page.done": 1} == frontier.totals
    assert 1 == frontier.saved_hosts()[HOST].leased
    assert [page(3).url] == [request.url for request in take(frontier)]
    assert [page(1, OTHER).url] == [request.url for request in take(frontier, host=OTHER)]


def test_a_commit_leases_retries_that_are_due_and_tells_when_others_will_be(frontier: Frontier) -> None:
    frontier.add([page(1), page(2)])
    outcomes = [Outcome(asked, "pending", "timeout", retry_at=10.0 * asked.id) for asked in take(frontier)]
    given = frontier.commit_and_take(outcomes, Notes(offers=[page(3)]), {HOST: 5}, 15.0).taken[HOST]
    assert ([page(1).url, page(3).url], False, 20.0) == (urls(given), given.more, given.next_retry)


def test_what_a_commit_leased_waits_again_after_a_kill(tmp_path: Path) -> None:
    first = opened(tmp_path)
    first.commit_and_take([], Notes(offers=[page(1), page(2)]), {HOST: 1}, 0.0)
    first.close()
    second = opened(tmp_path)
    assert 1 == second.saved_hosts()[HOST].leased
    second.release()
    assert [page(1).url, page(2).url] == [request.url for request in take(second)]
    second.close()


def test_a_host_that_is_given_up_with_a_commit_gives_nothing(frontier: Frontier) -> None:
    frontier.add([page(1), page(2)])
    (first,) = take(frontier, 1)
    notes = Notes(offers=[page(4), page(1, OTHER)], given_up={HOST: ("host given up", "kept failing")})
    committed = frontier.commit_and_take([done(first, links=[page(3)])], notes, {HOST: 5, OTHER: 5}, 0.0)
    assert ([], False, None) == (urls(committed.taken[HOST]), committed.taken[HOST].more, None)
    assert [page(1, OTHER).url] == urls(committed.taken[OTHER])
    assert {"page.pending": 0, "page.leased": 1, "page.done": 1, "page.failed": 3} == frontier.totals


def item_of(asked: Request, **more: object) -> Outcome:
    return done(asked, records={"item": Lines(1, b'{"id":%d}\n' % asked.id)}, **more)


def test_a_commit_that_fails_leaves_neither_leases_nor_records(tmp_path: Path) -> None:
    database = Database.open(tmp_path / "state.db")
    frontier = Frontier(database)
    frontier.journal.register({"files": ["jsonl"]})
    frontier.add([page(1), page(2)])
    (first,) = take(frontier, 1)
    before = frontier.totals
    outcome = item_of(first, links=[page(3), page(1, OTHER)])
    with pytest.raises(sqlite3.IntegrityError, match=r"tally\.n"):
        frontier.commit_and_take([outcome], Notes(tallies={"odd": math.nan}), {HOST: 5, OTHER: 5}, 0.0)
    assert (before, []) == (frontier.totals, frontier.journal.read(0, 1000))
    assert {HOST: 1} == {host: saved.leased for host, saved in frontier.saved_hosts().items()}
    committed = frontier.commit_and_take([outcome], NO_NOTES, {HOST: 5, OTHER: 5}, 0.0)
    assert [[page(2).url, page(3).url], [page(1, OTHER).url]] == list(map(urls, committed.taken.values()))
    assert [Batch(1, "item", 1, outcome.records["item"].text)] == frontier.journal.read(0, 1000)
    assert frontier.journal.read(0, 1000) == Journal(database).read(0, 1000)
    frontier.close()


Ends = list[tuple[str, int, list[int]]]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["done", "done", "fail", "retry", "hop", "give up"]),
            st.integers(0, 3),
            st.lists(st.integers(0, 12), max_size=4),
        ),
        max_size=15,
    )
)
def test_to_take_with_a_commit_is_to_take_after_it(ends: Ends) -> None:
    with TemporaryDirectory() as one, TemporaryDirectory() as two:
        at_once, apart = opened(Path(one)), opened(Path(two))
        held = take_both(at_once, apart, [], Notes(offers=[place(0), place(1)]), 2, 0.0)
        for now, (end, limit, numbers) in enumerate(ends):
            outcomes = [ended(held.pop(0), end, numbers, now)] if held else []
            given_up = {HOST: ("host given up", "kept failing")} if end == "give up" else {}
            notes = Notes(offers=[place(n) for n in numbers[:1]], given_up=given_up)
            held += take_both(at_once, apart, outcomes, notes, limit, float(now))
        at_once.close()
        apart.close()


def place(n: int) -> Request:
    return page(n, OTHER if n % 3 else HOST)


def ended(asked: Request, end: str, numbers: list[int], now: float) -> Outcome:
    if end == "retry":
        return Outcome(asked, "pending", "timeout", retry_at=now + len(numbers))
    if end == "hop" and numbers:
        return Outcome(asked, "pending", hop=place(numbers[0]).url)
    if end == "fail":
        return Outcome(asked, "failed", "http 404")
    return item_of(asked, links=[place(n) for n in numbers])


def take_both(
    at_once: Frontier, apart: Frontier, outcomes: list[Outcome], notes: Notes, limit: int, now: float
) -> list[Request]:
    """Commit and take in one of them at once, in the other one after the other; what both must have given."""
    wants = {HOST: limit, OTHER: 1}
    committed = at_once.commit_and_take(outcomes, notes, wants, now)
    assert apart.commit(outcomes, notes) == committed.fresh
    assert apart.take(wants, now) == committed.taken
    assert apart.totals == at_once.totals
    return [request for taken in committed.taken.values() for request in taken.requests]


def test_failures_are_listed_and_some_can_be_put_back(tmp_path: Path) -> None:
    frontier = opened(tmp_path)
    frontier.add([page(1), page(22)])
    for request in take(frontier):
        frontier.commit([Outcome(request, "failed", "http 404", "the server answered 404")])
    assert [page(1).url, page(22).url] == [failure.url for failure in read_failures(tmp_path)]
    assert 1 == frontier.requeue(re.compile("/2"))
    assert [page(1).url] == [failure.url for failure in read_failures(tmp_path)]
    assert [page(22).url] == [request.url for request in take(frontier)]
    frontier.close()


def test_totals_are_those_of_the_rows(frontier: Frontier, tmp_path: Path) -> None:
    frontier.add([page(n) for n in range(10)] + [Request(f"http://{HOST}/b", Kind.BLOB, path="b")])
    taken = take(frontier, 6)
    frontier.commit([done(taken[0]), Outcome(taken[1], "failed", "x", "y"), Outcome(taken[2], "skipped", "robots")])
    look = read_snapshot(tmp_path, "job")
    assert {"pending": 7, "active": 0, "done": 1, "failed": 1, "skipped": 1} == dict(look.pages)
    assert 1 == look.files["pending"]


def test_records_of_a_group_are_one_batch_for_each_table(frontier: Frontier) -> None:
    frontier.journal.register({"files": ["jsonl"]})
    frontier.add([page(1), page(2)])
    outcomes = [done(taken, records={"item": Lines(1, b'{"id":%d}\n' % taken.id)}) for taken in take(frontier)]
    frontier.commit(outcomes)
    (batch,) = frontier.journal.read(0, 1000)
    assert ("item", 2, b'{"id":1}\n{"id":2}\n') == (batch.table, batch.count, batch.lines)


def commit_rows(frontier: Frontier, *ids: int) -> None:
    for n in ids:
        frontier.add([page(n)])
        (taken,) = take(frontier)
        frontier.commit([done(taken, records={"item": Lines(1, b'{"id":%d}\n' % n)})])


def test_the_journal_keeps_what_the_slowest_store_has_not_taken(frontier: Frontier) -> None:
    frontier.journal.register({"fast": ["jsonl"], "slow": ["csv"]})
    commit_rows(frontier, 1, 2, 3)
    frontier.journal.advance("fast", 3)
    assert [1, 2, 3] == [batch.seq for batch in frontier.journal.read(0, 1000)]
    assert {"jsonl": 0, "csv": 3} == frontier.journal.behind()[1]
    frontier.journal.advance("slow", 2)
    assert [3] == [batch.seq for batch in frontier.journal.read(0, 1000)]
    assert {"fast": 3, "slow": 2} == frontier.journal.register({"fast": ["jsonl"], "slow": ["csv"]})


@settings(max_examples=30, deadline=None)
@given(steps=st.lists(st.tuples(st.sampled_from(["grow", "fast", "slow"]), st.integers(0, 20)), max_size=25))
def test_what_a_step_of_a_store_changes_adds_up_to_what_counting_finds(steps: list[tuple[str, int]]) -> None:
    with TemporaryDirectory() as folder:
        frontier = Frontier.open(Path(folder) / "state.db")
        journal = frontier.journal
        journal.register({"fast": ["jsonl"], "slow": ["csv", "parquet"]})
        size, lags = 0, {"fast": 0, "slow": 0}
        for who, number in steps:
            if who == "grow":
                journal.append("item", number, b"x" * number)
                size += number
                lags = {store: lag + number for store, lag in lags.items()}
            else:
                moved = journal.advance(who, min(journal.end(), journal.cursor(who) + number))
                size -= moved.freed
                lags[who] -= moved.records
            found = {"jsonl": lags["fast"], "csv": lags["slow"], "parquet": lags["slow"]}
            assert (size, found) == journal.behind()
        frontier.close()


def seqs(batches: list[Batch]) -> list[int]:
    return [batch.seq for batch in batches]


def test_the_end_of_the_journal_is_at_hand_without_the_file(tmp_path: Path) -> None:
    frontier = opened(tmp_path)
    frontier.journal.register({"files": ["jsonl"]})
    commit_rows(frontier, 1, 2, 3)
    frontier.journal.advance("files", 1)
    frontier.close()
    assert [[2, 3], [3], []] == [seqs(frontier.journal.read(after, 1000)) for after in (1, 2, 3)]


def test_a_backlog_of_the_last_run_is_read_before_what_is_at_hand(tmp_path: Path) -> None:
    first = opened(tmp_path)
    first.journal.register({"fast": ["jsonl"], "slow": ["csv"]})
    commit_rows(first, 1, 2)
    first.journal.advance("fast", 2)
    first.close()
    second = opened(tmp_path)
    commit_rows(second, 3, 4)
    read = second.journal.read
    assert [[1, 2, 3, 4], [2, 3, 4], [3, 4], [4], []] == [seqs(read(after, 1000)) for after in range(5)]
    second.close()
    assert [3, 4] == seqs(read(2, 1000))
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        read(1, 1000)


class BrokenOff(Exception):
    """Something failed inside a transaction."""


def grow(database: Database, journal: Journal, sizes: list[int], *, fails: bool) -> None:
    """Append batches of these sizes, and remember them, unless the transaction fails."""
    with suppress(BrokenOff):
        with database.transaction():
            appended = [journal.append("item", size, b"x" * size) for size in sizes]
            if fails:
                raise BrokenOff
        journal.remember(appended)


@settings(max_examples=80, deadline=None)
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["grow", "grow", "fail", "advance", "advance", "reopen"]),
            st.sampled_from(["fast", "slow"]),
            st.lists(st.integers(0, 70), min_size=1, max_size=3),
        ),
        max_size=30,
    ),
    recent=st.sampled_from([0, 1, 50, 150, 10_000]),
)
def test_what_is_at_hand_is_what_the_file_has(steps: list[tuple[str, str, list[int]]], recent: int) -> None:
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patched:
        patched.setattr("asyncscrape.frontier.sqlite.journal.RECENT", recent)
        database = Database.open(Path(folder) / "state.db")
        journal = Journal(database)
        stores = {"fast": ["jsonl"], "slow": ["csv"]}
        journal.register(stores)
        for what, store, numbers in steps:
            if what == "advance":
                journal.advance(store, min(journal.end(), journal.cursor(store) + numbers[0] % 4))
            elif what == "reopen":
                database.close()
                database = Database.open(Path(folder) / "state.db")
                journal = Journal(database)
                assert stores.keys() == journal.register(stores).keys()
            else:
                grow(database, journal, numbers, fails=what == "fail")
            assert sum(len(batch.lines) for batch in journal._recent) == journal._bytes <= recent
            for after in {*map(journal.cursor, stores), journal.end()}:
                for most in (1, 60, 1000):
                    assert Journal(database).read(after, most) == journal.read(after, most)
        database.close()


def test_a_job_keeps_its_name_and_a_job_begun_anew_gets_another(tmp_path: Path) -> None:
    names = []
    for folder in ("a", "a", "b"):
        (tmp_path / folder).mkdir(exist_ok=True)
        frontier = Frontier.open(tmp_path / folder / "state.db")
        names.append(frontier.job_id)
        frontier.close()
    assert names[0] == names[1] != names[2]


def test_a_read_stops_with_the_batch_that_fills_it(frontier: Frontier) -> None:
    frontier.journal.register({"files": ["jsonl"]})
    commit_rows(frontier, 1, 2, 3)
    size = len(b'{"id":1}\n')
    assert [1] == [batch.seq for batch in frontier.journal.read(0, size)]
    assert [2, 3] == [batch.seq for batch in frontier.journal.read(1, size + 1)]


def test_places_in_the_journal_are_never_given_out_twice(tmp_path: Path) -> None:
    first = opened(tmp_path)
    first.journal.register({"files": ["jsonl"]})
    commit_rows(first, 1)
    first.journal.advance("files", 1)
    first.close()
    second = opened(tmp_path)
    commit_rows(second, 2)
    assert [2] == [batch.seq for batch in second.journal.read(1, 1000)]
    second.close()


def test_a_store_that_would_miss_records_is_refused(frontier: Frontier) -> None:
    frontier.journal.register({"files": ["jsonl"]})
    commit_rows(frontier, 1)
    frontier.journal.advance("files", 1)
    with pytest.raises(JobChanged, match=r"postgres .*--fresh"):
        frontier.journal.register({"files": ["jsonl"], "new": ["postgres"]})


def test_a_store_may_join_while_the_journal_is_whole(frontier: Frontier) -> None:
    frontier.journal.register({"files": ["jsonl"]})
    commit_rows(frontier, 1)
    assert {"files": 0, "new": 0} == frontier.journal.register({"files": ["jsonl"], "new": ["postgres"]})


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        (Table("item", ("name",), ITEM.columns), "the key was"),
        (Table("item", ("id",), (Column("id", "str"), Column("name"))), "id was int and is now str"),
        (Table("thing", ("id",), ITEM.columns), "table item holds records"),
    ],
)
def test_a_config_that_changes_what_records_mean_is_refused(tmp_path: Path, table: Table, complaint: str) -> None:
    frontier = opened(tmp_path)
    frontier.journal.register({"files": ["jsonl"]})
    commit_rows(frontier, 1)
    frontier.close()
    with pytest.raises(JobChanged, match=complaint):
        opened(tmp_path, table)


def test_harmless_changes_are_taken(tmp_path: Path) -> None:
    frontier = opened(tmp_path)
    commit_rows(frontier, 1)
    frontier.close()
    more = Table("item", ("id",), (*ITEM.columns, Column("price", "float")))
    opened(tmp_path, more, Table("other", ("x",), (Column("x"),))).close()


def test_before_there_are_records_everything_may_change(tmp_path: Path) -> None:
    opened(tmp_path).close()
    opened(tmp_path, Table("item", ("name",), ITEM.columns)).close()


def test_a_full_disk_rolls_back_and_is_explained(tmp_path: Path) -> None:
    database = Database.open(tmp_path / "state.db")
    frontier = Frontier(database)
    frontier.add([page(1)])
    database._connection.execute("PRAGMA max_page_count = 30")
    with pytest.raises(Exception, match="disk is full"):
        frontier.add([page(n, f"host{n}.example.org") for n in range(2, 5000)])
    assert 1 == frontier.totals["page.pending"]
    database._connection.execute("PRAGMA max_page_count = 100000")
    assert Counter({HOST: 1}) == frontier.add([page(1), page(2)])
    frontier.close()


def test_a_state_file_with_small_pages_is_gone_on_with(tmp_path: Path) -> None:
    made = sqlite3.connect(tmp_path / "state.db")
    made.executescript(f"PRAGMA page_size = 4096; PRAGMA journal_mode = WAL; {script('schema.sql')}")
    made.execute("INSERT INTO meta VALUES ('layout', ?)", (LAYOUT,))
    made.execute("INSERT INTO journal (name, n, lines) VALUES ('item', 1, ?)", (b'{"id":0}\n',))
    made.commit()
    made.close()
    for n in (1, 2):
        frontier = opened(tmp_path)
        frontier.journal.register({"files": ["jsonl"]})
        commit_rows(frontier, n)
        assert list(range(1, n + 2)) == seqs(frontier.journal.read(0, 1000))
        frontier.close()
    assert (4096, 2) == (page_size(tmp_path), read_snapshot(tmp_path, "job").pages["done"])


def test_a_new_state_file_has_large_pages(tmp_path: Path) -> None:
    opened(tmp_path).close()
    assert 16384 == page_size(tmp_path)


def page_size(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "state.db")) as look:
        return int(look.execute("PRAGMA page_size").fetchone()[0])


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "state.db").write_bytes(b"this is not a database" * 100)
    with pytest.raises(UsageError, match="--fresh"):
        opened(tmp_path)


def test_a_job_is_owned_by_one_process(tmp_path: Path) -> None:
    holder = "import sys, pathlib; from asyncscrape.frontier.sqlite.lock import JobLock\n"
    holder += "with JobLock(pathlib.Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", holder, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert b"held\n" == process.stdout.readline()
        assert running(tmp_path)
        with pytest.raises(JobRunning, match=f"process {process.pid}"), JobLock(tmp_path):
            pass
        process.kill()
        process.wait()
    assert not running(tmp_path)
    with JobLock(tmp_path):
        assert running(tmp_path)


def test_a_look_at_a_job_does_not_keep_it_from_starting(tmp_path: Path) -> None:
    with (tmp_path / "lock").open("wb") as look:
        fcntl.flock(look, fcntl.LOCK_SH)
        Timer(0.03, fcntl.flock, (look, fcntl.LOCK_UN)).start()
        with JobLock(tmp_path):
            assert running(tmp_path)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["add", "take", "done", "fail", "retry", "kill"]), st.integers(0, 12))))
def test_whatever_happens_every_url_is_in_exactly_one_state(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]
) -> None:
    path = tmp_path_factory.mktemp("job") / "state.db"
    frontier = Frontier.open(path)
    offered: set[str] = set()
    ended: Counter[str] = Counter()
    held: list[Request] = []
    for step, n in steps:
        if step == "add":
            frontier.add([page(n)])
            offered.add(page(n).url)
        elif step == "take":
            held += take(frontier, n)
        elif step == "kill":
            frontier.close()
            frontier, held = Frontier.open(path), []
            frontier.release()
        elif held:
            state = {"done": "done", "fail": "failed", "retry": "pending"}[step]
            frontier.commit([Outcome(held.pop(0), state)])  # type: ignore[arg-type]
            ended[state] += state != "pending"
    totals = {
        state: int(frontier.totals.get(f"page.{state}", 0)) for state in ("pending", "leased", "done", "failed")
    }
    frontier.close()
    assert len(offered) == sum(totals.values())
    assert (len(held), ended["done"], ended["failed"]) == (totals["leased"], totals["done"], totals["failed"])
