"""Text and JSON values, converted to the type of a field."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asyncscrape.model import FieldType
from asyncscrape.parsers.conversions import from_json, from_text

NBSP, NARROW, THIN, MINUS = "\u00a0", "\u202f", "\u2009", "\u2212"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12", 12.0),
        (" 12.5\n", 12.5),
        ("$19.99", 19.99),
        ("19,99 €", 19.99),
        ("EUR 5", 5.0),
        ("1,234.50", 1234.5),
        ("1.234,50", 1234.5),
        (f"1{NBSP}234,50", 1234.5),
        (f"1{NARROW}234{NARROW}567", 1234567.0),
        (f"1{THIN}234.5", 1234.5),
        ("1 234,50 zł", 1234.5),
        ("1'234.50", 1234.5),
        ("1’234’567.5", 1234567.5),
        ("1,234", 1234.0),
        ("12,34,567", 1234567.0),
        ("1,234,567.8", 1234567.8),
        ("1.234.567", 1234567.0),
        ("1,5", 1.5),
        ("1,50", 1.5),
        ("0,125", 0.125),
        ("1234,567", 1234.567),
        ("1.234", 1.234),
        (".5", 0.5),
        ("$.5", 0.5),
        ("1.2e-5", 1.2e-5),
        ("1,2E+3 m", 1200.0),
        ("-5", -5.0),
        (f"{MINUS}5,5%", -5.5),
        ("–3", -3.0),
        ("-$1,000", -1000.0),
        ("$-5.25", -5.25),
        ("-US$ 7", -7.0),
        ("+5%", 5.0),
        ("A-5", 5.0),
        ("10-20", 10.0),
        ("In stock (22 available)", 22.0),
        ("3 of 5", 3.0),
        ("1, 2, 3", 1.0),
        ("1,2,3", 1.0),
        ("Total: 12.", 12.0),
        ("1.2M", 1_200_000.0),
        ("12.3K plays", 12_300.0),
        ("$2.1B", 2_100_000_000.0),
        ("5km", 5.0),
        ("12Mbit", 12.0),
        ("2 100 000", 2_100_000.0),
        ("2020 100", 2020.0),
        ("", None),
        ("free", None),
        ("1.2.3", None),
        ("02.12.2020", None),
        ("nan", None),
        ("-inf", None),
        ("1e999", None),
        ("9" * 400, None),
    ],
)
def test_floats(text: str, expected: float | None) -> None:
    assert expected == from_text("float")(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12", 12),
        ("1,234", 1234),
        ("1.234", 1234),
        ("12.0", 12),
        ("12.5", None),
        ("1.5M", 1_500_000),
        ("1e3", 1000),
        (f"{MINUS}7", -7),
        ("#12 of 30", 12),
        ("9223372036854775807", 2**63 - 1),
        ("9223372036854775808", None),
        ("9" * 5000, None),
        ("x" + "9" * 5000, None),
        ("1e999", None),
        ("none", None),
    ],
)
def test_ints(text: str, expected: int | None) -> None:
    assert expected == from_text("int")(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("19.990", Decimal("19.990")),
        ("€ 1.234,5678901234567890123", Decimal("1234.5678901234567890123")),
        ("NaN", None),
        ("Infinity", None),
        ("1e99999", None),
    ],
)
def test_decimals_keep_every_digit(text: str, expected: Decimal | None) -> None:
    found = from_text("decimal")(text)
    assert str(expected) == str(found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [(" Yes ", True), ("1", True), ("TRUE", True), ("off", False), ("n", False), ("maybe", None)],
)
def test_bools(text: str, expected: bool | None) -> None:
    assert expected is from_text("bool")(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2020-12-02", "2020-12-02"),
        (" 2020-12-02\n", "2020-12-02"),
        ("20201202", "2020-12-02"),
        ("2020-12-02T23:59:59-08:00", "2020-12-02"),
        ("Dec 02, 2020", "2020-12-02"),
        ("December 2nd, 2020", "2020-12-02"),
        ("2 December 2020", "2020-12-02"),
        ("2 Sept. 2020", "2020-09-02"),
        ("Wednesday, 2 December 2020", "2020-12-02"),
        ("02-Dec-2020", "2020-12-02"),
        ("Wed, 02 Dec 2020 10:00:00 GMT", "2020-12-02"),
        ("2020-13-02", None),
        ("30 February 2020", None),
        ("2 Foo 2020", None),
        ("02/12/2020", None),
        ("yesterday", None),
        ("", None),
        ("2024-W01-1", "2024-01-01"),
    ],
)
def test_dates(text: str, expected: str | None) -> None:
    assert expected == from_text("date")(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2020-12-02T10:00:00Z", "2020-12-02T10:00:00.000Z"),
        ("2020-12-02 10:00", "2020-12-02T10:00:00.000Z"),
        ("2020-12-02T10:00:00.123456+01:00", "2020-12-02T09:00:00.123Z"),
        ("2020-12-02", "2020-12-02T00:00:00.000Z"),
        ("Wed, 02 Dec 2020 10:00:00 +0100", "2020-12-02T09:00:00.000Z"),
        ("Wed, 02 Dec 2020 10:00:00 EST (New_York)", "2020-12-02T15:00:00.000Z"),
        ("Dec 2, 2020 at 5:30 PM", "2020-12-02T17:30:00.000Z"),
        ("2 December 2020, 12:05 a.m.", "2020-12-02T00:05:00.000Z"),
        ("0001-01-01T00:00:00+10:00", None),
        ("2 December 2020 10:00 XYZ", None),
        ("2 December 2020 25:00", None),
    ],
)
def test_datetimes_are_utc(text: str, expected: str | None) -> None:
    assert expected == from_text("datetime")(text)


def test_format_is_exact() -> None:
    assert "2020-12-02" == from_text("date", "%d/%m/%Y")(" 02/12/2020 ")
    assert None is from_text("date", "%d/%m/%Y")("2020-12-02")
    assert "2020-12-02T09:00:00.000Z" == from_text("datetime", "%d/%m/%Y %H:%M %z")("02/12/2020 10:00 +0100")
    assert "12" == from_text("str", "%d")("12")


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("str", 5, "5"),
        ("str", True, "true"),
        ("str", [1, "a"], '[1,"a"]'),
        ("str", " as it is ", " as it is "),
        ("str", Decimal("1.10"), "1.10"),
        ("int", 5, 5),
        ("int", 5.0, 5),
        ("int", 5.5, None),
        ("int", "1,234", 1234),
        ("int", True, None),
        ("int", 2**64, None),
        ("float", 5, 5.0),
        ("float", "$5", 5.0),
        ("float", Decimal("0.1"), 0.1),
        ("float", 10**400, None),
        ("float", [1], None),
        ("decimal", 5, Decimal(5)),
        ("decimal", 0.1, Decimal("0.1")),
        ("bool", False, False),
        ("bool", 1, True),
        ("bool", "no", False),
        ("bool", 2.5, None),
        ("date", "2020-12-02", "2020-12-02"),
        ("date", 1606903200, "2020-12-02"),
        ("datetime", 1606903200, "2020-12-02T10:00:00.000Z"),
        ("datetime", 1606903200123, "2020-12-02T10:00:00.123Z"),
        ("datetime", 1e300, None),
        ("datetime", {}, None),
        ("json", {"a": [1]}, {"a": [1]}),
        ("json", "text", "text"),
        *((kind, None, None) for kind in ("str", "int", "float", "decimal", "bool", "date", "datetime", "json")),
    ],
)
def test_json_values(kind: FieldType, value: Any, expected: Any) -> None:
    found = from_json(kind)(value)
    assert (type(expected), expected) == (type(found), found)


def test_text_read_as_json() -> None:
    assert {"a": [1, 2.5]} == from_text("json")('{"a": [1, 2.5]}')
    assert None is from_text("json")("{a: 1}")
    assert None is from_text("json")("[" * 100_000)


@given(st.text(alphabet="0123456789.,-+eEkM '\u00a0\u2212$ax", max_size=30))
def test_no_text_is_too_strange(text: str) -> None:
    for kind in ("int", "float", "decimal", "bool", "date", "datetime", "json"):
        from_text(kind)(text)  # type: ignore[arg-type]


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_what_python_writes_is_read_exactly(number: float) -> None:
    assert number == from_text("float")(repr(number))
    assert number == from_text("float")(f"about {number!r}")
    assert number == from_text("float")(f"{number:,}") or "e" in repr(number) or abs(number) < 1000
