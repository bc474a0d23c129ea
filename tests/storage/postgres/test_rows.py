"""Records as rows: undeclared columns, records that do not fit, and the last version of every key."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from hashlib import sha256
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.postgres_jobs import columns_of, content, make_store, opened, reasons, record, tables_of
from support.postgres_server import Database, fresh_database, shared_dsn
from support.storage_journal import ITEM, batch, item, lines, page_batch, page_origin

from asyncscrape.model import Batch, Column, Table
from asyncscrape.records.chunks import Bounds

FREE = Table("free", ("id",), ())
"""A table without declared columns, as a Python parser fills."""


# Undeclared columns


async def test_columns_come_with_their_first_value(postgres: Database) -> None:
    values = {"id": 1, "text": "a", "number": 2.5, "yes": False, "list": [1], "tree": {"a": 1}}
    async with opened(postgres.dsn, FREE) as store:
        assert "free" not in tables_of(postgres)
        await store.write([batch(1, record(id=1, nothing=None), table="free")])
        await store.write([batch(2, record(**values), table="free")])
    assert [values] == content(postgres, "free")
    types = {"id": "numeric", "text": "text", "number": "numeric", "yes": "boolean", "list": "jsonb", "tree": "jsonb"}
    assert types.items() <= columns_of(postgres, "free").items()


async def test_a_later_run_empties_what_a_newer_record_leaves_out(postgres: Database) -> None:
    async with opened(postgres.dsn, FREE) as store:
        await store.write([batch(1, record(id="a", x=1), table="free")])
    async with opened(postgres.dsn, FREE, cursor=1) as store:
        await store.write([batch(2, record(id="a", y=1), table="free")])
    assert [{"id": "a", "x": None, "y": 1}] == content(postgres, "free")


async def test_two_jobs_add_the_same_new_column(postgres: Database) -> None:
    async def work(job: str) -> None:
        async with opened(postgres.dsn, FREE, job=job) as store:
            for seq in range(1, 6):
                await store.write([batch(seq, record(id=f"{job} {seq}", **{f"new{seq}": seq}), table="free")])

    await asyncio.gather(work("a"), work("b"))
    assert 10 == len(content(postgres, "free"))
    assert [] == [name for name in tables_of(postgres) if name.endswith("_rejected")]


async def test_a_field_whose_name_cannot_be_a_column_sets_its_record_aside(postgres: Database) -> None:
    async with opened(postgres.dsn, ITEM) as store:
        names = ("", "x" * 64, "ctid", "a\0b")
        await store.write([batch(1, item(0), *({**item(1), name: 1} for name in names))])
    assert 1 == len(content(postgres, "item"))
    assert 4 == len(reasons(postgres, "item"))


async def test_a_key_that_never_comes_sets_records_aside(postgres: Database) -> None:
    async with opened(postgres.dsn, FREE) as store:
        await store.write([batch(1, record(x=1), record(id=None), table="free")])
        assert ['the key "id" is null or missing'] * 2 == reasons(postgres, "free")
        await store.write([batch(2, record(id="now"), table="free")])
    assert ["now"] == [row["id"] for row in content(postgres, "free")]


async def test_a_parser_may_fill_what_the_users_own_table_needs(postgres: Database) -> None:
    postgres.sql("CREATE TABLE free (id text PRIMARY KEY, owner varchar(5) NOT NULL)")
    async with opened(postgres.dsn, FREE) as store:
        await store.write([batch(1, record(id="a", owner="me"), record(id="b"), table="free")])
    assert [{"id": "a", "owner": "me"}] == content(postgres, "free")
    assert ['null value in column "owner" of relation "free" violates not-null constraint'] == reasons(
        postgres, "free"
    )


# Records that do not fit


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"name": "a\0b"}, "NUL"),
        ({"price": "on request"}, '"price" is double precision'),
        ({"price": True}, '"price" is double precision'),
        ({"url": None}, "null or missing"),
        ({"url": "x" * 9000 + "".join(map(chr, range(33, 9000)))}, "index row"),
        ({"extra": {"deep": "a\0b"}}, "Unicode"),
    ],
)
async def test_a_record_that_does_not_fit_is_set_aside(
    postgres: Database, change: dict[str, Any], reason: str
) -> None:
    bad = {**item(500), **change}
    bad |= {name: bad.pop(name) for name in ("_url", "_fetched_at")}
    async with opened(postgres.dsn, ITEM) as store:
        await store.write([batch(1, *(item(n) for n in range(300)), bad, *(item(n) for n in range(300, 400)))])
        await store.write([batch(2, bad, item(401))])
    assert 401 == len(content(postgres, "item"))
    [(why, line, url, seen)] = postgres.sql("SELECT reason, record, _url, _fetched_at IS NOT NULL FROM item_rejected")
    assert reason in why
    assert (bad, bad["_url"], "t") == (json.loads(line), url, seen)


@pytest.mark.parametrize(
    ("kind", "given", "stored"),
    [
        ("str", 5, "5"),
        ("str", [1, "a"], '[1,"a"]'),
        ("str", True, "true"),
        ("int", 5.0, 5),
        ("int", "12", 12),
        ("float", 3, 3.0),
        ("decimal", "1.50", 1.50),
        ("datetime", "2026-11-20T10:00:00", "2026-11-20T10:00:00+00:00"),
        ("datetime", "2026-11-20T12:00:00+02:00", "2026-11-20T10:00:00+00:00"),
        ("json", None, None),
    ],
)
async def test_values_that_lose_nothing_are_accepted(postgres: Database, kind: Any, given: Any, stored: Any) -> None:
    table = Table("one", ("id",), (Column("id"), Column("value", kind)))
    async with opened(postgres.dsn, table) as store:
        await store.write([batch(1, record(id="a", value=given), table="one")])
    assert [{"id": "a", "value": stored}] == content(postgres, "one")


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("int", str(2**63)),
        ("int", "5.5"),
        ("int", "1e99"),
        ("float", "1e400"),
        ("decimal", "1e131072"),
        ("decimal", '"NaN"'),
        ("decimal", "1e-99999999"),
        ("date", '"2026-02-30"'),
        ("datetime", '"0001-01-01T00:00:00+10:00"'),
        ("json", '"' + "\\u0000" + '"'),
        ("json", "[" * 20000 + "]" * 20000),
        ("bool", "1"),
    ],
)
async def test_values_of_the_wrong_type_set_the_record_aside(postgres: Database, kind: Any, text: str) -> None:
    table = Table("one", ("id",), (Column("id"), Column("value", kind)))
    good = batch(2, record(id="good", value=None), table="one")
    async with opened(postgres.dsn, table) as store:
        await store.write([Batch(1, "one", 1, f'{{"id":"a","value":{text}}}\n'.encode()), good])
    assert ["good"] == [row["id"] for row in content(postgres, "one")]
    assert 1 == len(reasons(postgres, "one"))


TIMES = {
    "date": ["0001-01-01", "0001-01-02", "2026-11-20", "9999-12-30", "9999-12-31"],
    "datetime": [
        *("0001-01-01T00:00:00+00:00", "0001-01-01T00:00:00.000001+00:00", "9999-12-31T00:00:00+00:00"),
        *("9999-12-31T23:59:59.999998+00:00", "9999-12-31T23:59:59.999999+00:00"),
    ],
}


@pytest.mark.parametrize("key", [False, True])
async def test_the_first_and_the_last_times_are_stored_as_what_they_are(postgres: Database, key: bool) -> None:
    columns = (Column("id"), Column("date", "date"), Column("datetime", "datetime"))
    table = Table("one", ("date", "datetime") if key else ("id",), columns)
    records = [record(id=str(n), date=d, datetime=t) for n, (d, t) in enumerate(zip(*TIMES.values(), strict=True))]
    async with opened(postgres.dsn, table) as store:
        await store.write([batch(1, records[2], table="one")])
        await store.write([batch(2, *records, table="one")])
        facts = (await store.finish())["one"]
    assert TIMES == {
        "date": [day for [day] in postgres.sql("SELECT date::text FROM one ORDER BY id")],
        "datetime": [row["datetime"] for row in content(postgres, "one")],
    }
    assert (5, "9999-12-31") == (facts.rows, facts.columns["date"].greatest)


async def test_records_that_the_users_own_rules_refuse_are_set_aside(postgres: Database) -> None:
    postgres.sql(
        "CREATE TABLE item (url text PRIMARY KEY, name text, price float8 CHECK (price > 0), _url text, "
        "_fetched_at timestamptz);"
        "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN IF NEW.name = 'no' THEN RAISE EXCEPTION 'not this one'; END IF; RETURN NEW; END $$;"
        "CREATE TRIGGER no BEFORE INSERT ON item FOR EACH ROW EXECUTE FUNCTION no();"
        "CREATE TABLE known (url text PRIMARY KEY);"
        "INSERT INTO known SELECT 'http://127.0.0.1/item/' || to_char(n, 'FM000') FROM generate_series(0, 99) n;"
        "ALTER TABLE item ADD FOREIGN KEY (url) REFERENCES known DEFERRABLE INITIALLY DEFERRED"
    )
    async with opened(postgres.dsn, ITEM) as store:
        await store.write(
            [batch(1, item(1), item(2, price=-1), item(3, "no"), item(4), item(100), item(5, price=-1))]
        )
    assert ["001", "004"] == [row["url"][-3:] for row in content(postgres, "item")]
    assert 4 == len(reasons(postgres, "item"))
    assert {"not this one"} < set(reasons(postgres, "item"))


async def test_a_refused_version_leaves_the_older_one(postgres: Database) -> None:
    async with opened(postgres.dsn, ITEM) as store:
        await store.write([batch(1, item(1, "good"))])
        await store.write([batch(2, {**item(1), "price": "?"})])
        versions = [item(2, "older"), item(2, "good"), {**item(2), "more": "\0"}, {**item(2), "more": ["\0"]}]
        await store.write([batch(3, {**item(3), "more": {}}, *versions)])
    assert ["good", "good", "thing"] == [row["name"] for row in content(postgres, "item")]


async def test_a_line_that_is_not_json_is_set_aside(postgres: Database) -> None:
    async with opened(postgres.dsn, ITEM) as store:
        await store.write([Batch(1, "item", 3, b"nonsense\n" + lines([item(1)]) + b'{"url":"\xff"}\n')])
    assert (1, 2) == (len(content(postgres, "item")), len(reasons(postgres, "item")))


async def test_a_table_with_only_key_columns(postgres: Database) -> None:
    table = Table("bare", ("_url",), ())
    async with opened(postgres.dsn, table) as store:
        await store.write([batch(1, record(), record(), table="bare")])
        await store.write([batch(2, record(), table="bare")])
    assert [{}] == content(postgres, "bare")


async def test_a_batch_of_any_size_goes_in(postgres: Database) -> None:
    async with opened(postgres.dsn, ITEM) as store:
        await store.write([batch(1, *({**item(n), "name": "x" * 200} for n in range(60_000)))])
        await store.write([batch(2, {**item(1), "name": "y" * 9_000_000})])
    assert [["60000", "9000000"]] == postgres.sql("SELECT count(*), max(length(name)) FROM item")


# Lines without an origin, as in the journal

ONE_CHUNK = 10**6
SPLITS = pytest.mark.parametrize(
    "chunk",
    [
        Bounds(ONE_CHUNK, ONE_CHUNK),
        Bounds(1, ONE_CHUNK),
        Bounds(7, ONE_CHUNK),
        Bounds(ONE_CHUNK, 1),
        Bounds(ONE_CHUNK, 700),
        Bounds(25, 3000),
    ],
    ids=str,
)


def origins_of(database: Database, table: str, column: str) -> dict[str, tuple[str, str]]:
    """The origin of each row, by another column."""
    moment = """to_char(_fetched_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')"""
    return {name: (url, seen) for name, url, seen in database.sql(f"SELECT {column}, _url, {moment} FROM {table}")}


@SPLITS
async def test_every_row_says_where_it_comes_from_however_a_batch_is_split(postgres: Database, chunk: Bounds) -> None:
    pages = [
        ([{"url": f"{page}/{n}", "name": "x" * n} for n in range(page + 1)], page_origin(page)) for page in range(12)
    ]
    async with opened(postgres.dsn, ITEM, chunk=chunk) as store:
        await store.write([page_batch(1, *pages[:9]), page_batch(2, pages[9])])
        await store.write([page_batch(3, *pages[10:])])
    expected = {record["url"]: tuple(where.values()) for records, where in pages for record in records}
    assert expected == origins_of(postgres, "item", "url")


TOO_LONG = "".join(sha256(str(n).encode()).hexdigest() for n in range(200))
"""No index of Postgres takes it."""


@SPLITS
async def test_rejected_records_say_where_they_come_from_however_a_batch_is_split(
    postgres: Database, chunk: Bounds
) -> None:
    misread, refused, keyless = {"price": "?"}, {"url": TOO_LONG}, {"url": None}
    changes: list[dict[str, Any]] = [misread, refused, keyless]
    pages = [
        (
            [{"url": f"{page}/{n}"} for n in range(9)] + [{"url": str(page), "extra": page, **change}],
            page_origin(page),
        )
        for page, change in enumerate(changes)
    ]
    pages += [([{"url": "bad at once", "price": "?"}, {"url": "3/0"}], page_origin(3))]
    async with opened(postgres.dsn, ITEM, chunk=chunk) as store:
        await store.write([page_batch(1, *pages)])
    assert 28 == len(content(postgres, "item"))
    assert {"3/0": tuple(page_origin(3).values())}.items() <= origins_of(postgres, "item", "url").items()
    aside = origins_of(postgres, "item_rejected", "record")
    expected = [records[-1] | where for records, where in pages[:3]] + [pages[3][0][0] | page_origin(3)]
    assert expected == sorted(map(json.loads, aside), key=lambda line: str(line["_url"]))
    assert {tuple(where.values()) for _, where in pages} == set(aside.values())


# Any records in any batches

SCALARS = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
TEXTS = st.text('ab"\\\0é;', max_size=3)
VALUES = st.recursive(
    SCALARS | TEXTS, lambda inside: st.lists(inside, max_size=2) | st.dictionaries(TEXTS, inside, max_size=2)
)
KINDS: dict[str, Any] = {"k": "int", "s": "str", "i": "int", "f": "float", "d": "decimal", "b": "bool", "j": "json"}
ANY = Table("any", ("k",), tuple(Column(name, kind) for name, kind in KINDS.items()))
RECORDS = st.builds(
    lambda key, values: record(k=key, **values),
    st.integers(1, 4) | st.sampled_from([1.0, 2.0, None, "x"]),
    st.dictionaries(st.sampled_from(["s", "i", "f", "d", "b", "j", "u", "v"]), VALUES, max_size=4),
)
JOURNALS = st.lists(st.lists(RECORDS, min_size=1, max_size=4), min_size=1, max_size=6)
STEPS = st.lists(st.tuples(st.integers(1, 3), st.sampled_from(["go on", "forget", "reopen"])), max_size=6)
_schemas = count(1)


class Misfit(Exception):
    """A value that its column cannot hold."""


def kept(kind: str, value: Any) -> Any:
    """The value that a column of this type holds after it was given this one."""
    plain_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if value is None:
        return None
    if kind == "str":
        text = value if isinstance(value, str) else lines([value]).decode().rstrip("\n")
        fits = "\0" not in text
        value = text
    elif kind == "int":
        fits = plain_number and value == int(value) and -(2**63) <= value < 2**63
        value = int(value) if fits else value
    elif kind == "json":
        fits = "\\u0000" not in json.dumps(value).replace("\\\\", "")
    else:
        fits = plain_number if kind in ("float", "decimal") else isinstance(value, bool)
    if not fits:
        raise Misfit
    return float(value) if kind == "float" else value


def kind_of(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    return "decimal" if isinstance(value, (int, float)) else "str" if isinstance(value, str) else "json"


def last_versions(journal: list[list[dict[str, Any]]]) -> dict[int, dict[str, Any]]:
    """The rows that the table must hold, by key."""
    kinds, rows = dict(KINDS), {}
    for entry in (entry for entries in journal for entry in entries):
        for name, value in entry.items():
            if value is not None and not name.startswith("_"):
                kinds.setdefault(name, kind_of(value))
        try:
            row = {name: kept(kinds[name], entry[name]) for name in entry if name in kinds}
        except Misfit:
            continue
        if row["k"] is not None:
            rows[row["k"]] = row
    return {key: {**dict.fromkeys(kinds), **row} for key, row in rows.items()}


async def deliver(dsn: str, batches: list[Batch], steps: list[tuple[int, str]]) -> None:
    """Bring the batches into the table with interruptions, as a journal would."""
    store, cursor = make_store(dsn, ANY), 0
    place = await store.open(cursor)
    for size, then in [*steps, *[(2, "go on")] * len(batches)]:
        some = batches[place : place + size]
        await store.write(some)
        if then != "forget":
            place = cursor = place + len(some)
        if then == "reopen":
            await store.close()
            place = await store.open(cursor)
    await store.close()


@pytest.fixture(scope="module")
def database() -> Any:
    with fresh_database(shared_dsn()) as made:
        yield made


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(journal=JOURNALS, steps=STEPS)
def test_the_table_is_the_last_version_of_every_key(
    database: Database, journal: list[list[dict[str, Any]]], steps: list[tuple[int, str]]
) -> None:
    schema = f"s{next(_schemas)}"
    batches = [batch(seq, *entries, table="any") for seq, entries in enumerate(journal, 1)]
    asyncio.run(deliver(database.store(schema), batches, steps))
    expected = last_versions(journal)
    rows = database.sql(f"SELECT to_jsonb(t) - '_url' - '_fetched_at' FROM {schema}.any t ORDER BY k")
    stored = [json.loads(text, parse_float=Decimal) for [text] in rows]
    assert [near(expected[key]) for key in sorted(expected)] == [near(row) for row in stored]


def near(value: Any) -> Any:
    """Numbers as floats, so that 5, 5.0 and Decimal("5") are the same."""
    match value:
        case bool() | None | str():
            return value
        case dict():
            return {name: near(inside) for name, inside in value.items()}
        case list():
            return [near(inside) for inside in value]
        case _:
            return float(value)
