"""The rule of the newest record, told once more in plain Python, and deliveries of every kind to try stores with.

`told` is what a store must hold once all batches of a `Delivery` have reached it, in whatever steps. A test makes a
store for `TABLES`, calls `deliver`, and compares its rows, as text, with `told`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from itertools import permutations
from typing import Any, NamedTuple

from hypothesis import strategies as st

from asyncscrape.model import Batch, Column, Origin, Record, Table, Withdrawal
from asyncscrape.records.lines import encode
from asyncscrape.storage.base import RecordStore

COLUMNS = (Column("k", "int"), Column("word"), Column("price", "decimal"), Column("n", "int"))
PLAIN = Table("plain", ("k",), COLUMNS)
MERGED = Table("merged", ("k",), COLUMNS, merge=True)
STRICT = Table("strict", ("k",), COLUMNS, strict=True)
TABLES = (PLAIN, MERGED, STRICT)
SHOWN = (*(column.name for column in COLUMNS), "_url", "_fetched_at")
"""The columns of the finished tables, in the order of a `Row`."""

Row = tuple[str, ...]
"""A finished row as text, in the order of `SHOWN`; null is empty, and a time is as `model.timestamp` writes it."""
Rank = tuple[str, str]
NEVER = ("", "")
"""A rank before that of every record."""


class PageSaid(NamedTuple):
    """What one page says about a table."""

    table: str
    origin: Origin
    records: Sequence[dict[str, Any]]
    gone: Sequence[int]
    """The keys that it withdraws, after its records."""
    swept: Sequence[dict[str, Any]] = ()
    """The values of other columns that it withdraws."""


class Step(NamedTuple):
    """One step of a delivery: perhaps go back and open the store anew, then write, then perhaps finish."""

    back: int | None
    """The number of batches that will come again; None to write on."""
    batches: int
    """The number of batches written at once."""
    finish: bool


class Delivery(NamedTuple):
    """Batches, each of one or more pages, and the first steps on their way. The rest goes in one write."""

    entries: Sequence[Sequence[PageSaid]]
    """What each batch holds: pages about one table."""
    steps: Sequence[Step]

    @property
    def batches(self) -> list[Batch]:
        """The journal, numbered from 1."""
        return [_batch(seq, pages) for seq, pages in enumerate(self.entries, 1)]


def _batch(seq: int, pages: Sequence[PageSaid]) -> Batch:
    table = pages[0].table
    said = [
        encode(
            [Record(table, record) for record in page.records],
            page.origin,
            [Withdrawal(table, named) for named in (*({"k": key} for key in page.gone), *page.swept)],
        )[table]
        for page in pages
    ]
    return Batch(seq, table, sum(some.count for some in said), b"".join(some.text for some in said))


# --- the rule ---------------------------------------------------------------------------------


class Event(NamedTuple):
    """What happens to a key."""

    origin: Origin
    record: dict[str, Any] | None
    """None for a withdrawal."""


Sweep = tuple[dict[str, Any], Rank]
"""The values that a page sweeps, and its rank."""


def told(delivery: Delivery, table: Table) -> list[Row]:
    """The rows of the finished table, in the order of the key."""
    said: defaultdict[int, list[Event]] = defaultdict(list)
    sweeps: list[Sweep] = []
    for page in (page for pages in delivery.entries for page in pages if page.table == table.name):
        for record in page.records:
            said[record["k"]].append(Event(page.origin, record))
        for key in page.gone:
            said[key].append(Event(page.origin, None))
        sweeps += [(values, _rank(page.origin)) for values in page.swept]
    found = [row for _, events in sorted(said.items()) if (row := _standing(events, sweeps, table.merge))]
    return [tuple(_text(row.get(name)) for name in SHOWN) for row in found]


def _standing(events: Sequence[Event], sweeps: Sequence[Sweep], merge: bool) -> dict[str, Any]:
    """The row that stands after all events of a key and all sweeps; empty if none does."""
    row = _merged(events, merge, NEVER)
    ends = [end for values, end in sweeps if values.items() <= row.items()]
    return _merged(events, merge, max(ends, default=NEVER))


def _merged(events: Sequence[Event], merge: bool, end: Rank) -> dict[str, Any]:
    """The row of the events after this rank; empty if a withdrawal is the last."""
    row: dict[str, Any] = {}
    for origin, record in sorted(events, key=lambda event: _rank(event.origin)):  # stable: the later one is last
        if record is None:
            row = {}
        elif _rank(origin) > end:
            new = {name: value for name, value in record.items() if value is not None}
            row = (row if merge else {}) | new | {"_url": origin.url, "_fetched_at": origin.fetched_at}
    return row


def _rank(origin: Origin) -> Rank:
    return origin.fetched_at, sha256(origin.url.encode()).hexdigest()


def _text(value: Any) -> str:
    return "" if value is None else str(value)


# --- deliveries -------------------------------------------------------------------------------

origins = st.builds(
    Origin,
    st.sampled_from(["http://127.0.0.1/a", "http://127.0.0.1/b", 'http://127.0.0.1/"c"?,"_url":"é']),
    st.sampled_from([f"2026-11-20T10:00:00.{milli:03}Z" for milli in (1, 2, 3)]),
)
keys = st.integers(1, 3)
prices = st.sampled_from(["1.75", "2.25"])
numbers = st.integers(0, 2)
records = st.fixed_dictionaries(
    {"k": keys},
    optional={
        "word": st.none() | st.sampled_from(["x", "y", "é\n"]),
        "price": st.none() | prices,
        "n": st.none() | numbers,
    },
)
swept = st.one_of(
    st.fixed_dictionaries({"n": numbers}),
    st.fixed_dictionaries({"price": prices}),
    st.fixed_dictionaries({"n": numbers, "word": st.just("x")}),
)


@st.composite
def _pages(draw: st.DrawFn, table: str, withdrawals: bool) -> PageSaid:
    found = draw(st.lists(records, max_size=3))
    most = 2 if withdrawals else 0
    gone = draw(st.lists(keys, max_size=most))
    sweeps = draw(st.lists(swept, max_size=most))
    return PageSaid(table, draw(origins), found if found or gone or sweeps else [{"k": 1}], gone, sweeps)


@st.composite
def deliveries(draw: st.DrawFn) -> Delivery:
    """Any pages in any order, some of them twice, in any steps. Half of the deliveries withdraw and sweep nothing."""
    withdrawals, most = draw(st.booleans()), draw(st.sampled_from([3, 12]))
    one_table = st.sampled_from([table.name for table in TABLES]).flatmap(
        lambda table: st.lists(_pages(table, withdrawals), min_size=1, max_size=3)
    )
    entries = draw(st.lists(one_table, max_size=most))
    again = draw(st.lists(st.sampled_from(entries), max_size=3)) if entries else []
    steps = st.builds(Step, st.none() | st.integers(0, 4), st.integers(1, 4), st.booleans())
    return Delivery([*entries, *again], draw(st.lists(steps, max_size=4)))


def every_order() -> Delivery:
    """What may happen to a row that is swept, each story in every order: one thing of every row, then the next."""
    orders = [order for story in STORIES for order in permutations(story)]
    told = [
        [_happens(table.name, key, order[place]) for key, order in enumerate(orders) if len(order) > place]
        for place in range(max(map(len, orders)))
        for table in TABLES
    ]
    return Delivery(told, [Step(None, 1, False)] * len(told))


STORIES: Sequence[Sequence[tuple[int, dict[str, Any] | str]]] = (
    ((1, {"n": 0, "word": "a"}), (2, {"price": "1.5"}), (3, "n"), (4, {"price": "2.5"})),
    ((1, {"n": 0, "word": "a"}), (2, {"price": "1.5"}), (3, "n"), (4, {"n": 1})),
    ((1, {"n": 0, "word": "a"}), (2, {"n": 1, "price": "1.5"}), (3, "n")),
    ((1, {"n": 0, "word": "a"}), (3, {"n": 0}), (2, "n"), (4, "n")),
    ((1, {"n": 0, "word": "a"}), (2, "k"), (3, {"price": "1.5"}), (4, "n")),
    ((2, {"n": 0, "word": "a"}), (3, "n"), (4, {"n": 0, "word": "a"}), (1, "word")),
    ((1, {"n": 0, "word": "a"}), (2, "word"), (3, {"price": "1.5"}), (4, {"word": "b"})),
    ((1, {"n": 0, "word": "a"}), (2, "word"), (4, "n"), (3, {"price": "1.5"})),
)
"""Of one row: what is found at which time, or by which column it is withdrawn."""


def _happens(table: str, key: int, event: tuple[int, dict[str, Any] | str]) -> PageSaid:
    """One event of the row with this key, which shares no value of "n" and "word" with any other row."""
    time, what = event
    origin = Origin("http://127.0.0.1/", f"2026-11-20T10:00:00.{time:03}Z")
    if isinstance(what, dict):
        own = {name: value if name == "price" else _own(key, name, value) for name, value in what.items()}
        return PageSaid(table, origin, [{"k": key, **own}], ())
    if what == "k":
        return PageSaid(table, origin, (), [key])
    return PageSaid(table, origin, (), (), [{what: _own(key, what, "a" if what == "word" else 0)}])


def _own(key: int, name: str, value: Any) -> Any:
    return f"{value}{key}" if name == "word" else 2 * key + value


async def deliver(delivery: Delivery, make: Callable[[], RecordStore]) -> dict[str, int]:
    """Bring all batches to a store made by `make`, step by step as delivered, and finish; the rows of each table."""
    batches, cursor = delivery.batches, 0
    store = make()
    cursor = await store.open(cursor)
    for step in delivery.steps:
        if step.back is not None:
            await store.close()
            store = make()
            cursor = await store.open(max(0, cursor - step.back))
        if some := batches[cursor : cursor + step.batches]:
            await store.write(some)
            cursor = some[-1].seq
        if step.finish:
            await store.finish()
    for rest in _halves(batches[cursor:]):
        await store.write(rest)
    facts = await store.finish()
    await store.close()
    return {name: found.rows for name, found in facts.items()}


def _halves(batches: Sequence[Batch]) -> Iterator[Sequence[Batch]]:
    middle = len(batches) // 2
    return (some for some in (batches[:middle], batches[middle:]) if some)
