"""Text and JSON values, converted to the type of a field."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asyncscrape.model import FieldType
from asyncscrape.parsers.conversions import Notation, from_json, from_text
from asyncscrape.parsers.month_names import LANGUAGES

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
    assert "2020-12-02" == from_text("date", Notation(("%d/%m/%Y",)))(" 02/12/2020 ")
    assert None is from_text("date", Notation(("%d/%m/%Y",)))("2020-12-02")
    assert "2020-12-02T09:00:00.000Z" == from_text("datetime", Notation(("%d/%m/%Y %H:%M %z",)))(
        "02/12/2020 10:00 +0100"
    )
    assert "12" == from_text("str", Notation(("%d",)))("12")


def test_the_first_format_that_fits_counts() -> None:
    read = from_text("date", Notation(("%d.%m.%Y", "%Y/%m/%d", "%d.%m.%y")))
    assert ["2021-04-08"] * 3 == [read(text) for text in ("08.04.2021", "2021/04/08", " 08.04.21 ")]
    assert [None] * 2 == [read(text) for text in ("2021-04-08", "April 8, 2021")]


@pytest.mark.parametrize(
    ("decimal", "text", "expected"),
    [
        (",", "1.234", 1234.0),
        (",", "1.234,50 €", 1234.5),
        (",", "12,345", 12.345),
        (",", "1,234", 1.234),
        (",", f"-1{NBSP}234,5", -1234.5),
        (",", "1'234'567,25", 1_234_567.25),
        (",", "EUR 5", 5.0),
        (",", "1,5M", 1_500_000.0),
        (",", "12.5", None),
        (",", "1,2,3", None),
        (",", "1.234.50", None),
        (",", f"1{NBSP}234.50", None),
        (",", "free", None),
        (".", "1,234", 1234.0),
        (".", "1.234", 1.234),
        (".", "$1,299.00", 1299.0),
        (".", "12,34,567.8", 1_234_567.8),
        (".", "1,5", None),
        (".", "0,125", None),
        (".", ".5", 0.5),
        (".", "9" * 400, None),
    ],
)
def test_a_decimal_sign_that_is_known_is_not_guessed(decimal: str, text: str, expected: float | None) -> None:
    notation = Notation(decimal=decimal)
    assert expected == from_text("float", notation)(text)
    assert expected == from_json("float", notation)(text)
    exact = from_text("decimal", notation)(text)
    assert expected is None or expected == float(exact)
    whole = from_text("int", notation)(text)
    assert (int(expected) if expected is not None and expected.is_integer() else None) == whole


def test_numbers_of_json_have_no_decimal_sign() -> None:
    assert 1.5 == from_json("float", Notation(decimal=","))(1.5)
    assert Decimal("1.25") == from_json("decimal", Notation(decimal=","))(Decimal("1.25"))


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("de", "8. April 2021", "2021-04-08"),
        ("de", "Donnerstag, den 8. März 2021", "2021-03-08"),
        ("de", "Do., 8. Dez. 2021", "2021-12-08"),
        ("de", "08-Okt-2021", "2021-10-08"),
        ("de", "8 december 2021", "2021-12-08"),
        ("de", "8. Foo 2021", None),
        ("fr", "8 avril 2021", "2021-04-08"),
        ("fr", "le 1er févr. 2021", "2021-02-01"),
        ("fr", "jeudi 8 AOÛT 2021", "2021-08-08"),
        ("fr", "8 juillet 2021", "2021-07-08"),
        ("fr", "8 de\u0301cembre 2021", "2021-12-08"),
        ("es", "8 de marzo de 2021", "2021-03-08"),
        ("es", "mar, 9 mar 2021", "2021-03-09"),
        ("it", "lunedì 8 agosto 2022", "2022-08-08"),
        ("nl", "8 maart 2021", "2021-03-08"),
        ("pt", "quinta-feira, 8 de abril de 2021", "2021-04-08"),
        ("pl", "8 października 2021 r.", "2021-10-08"),
        ("sv", "den 8 maj 2021", "2021-05-08"),
        ("da", "8. maj 2021", "2021-05-08"),
        ("nb", "8. desember 2021", "2021-12-08"),
        ("fi", "8. huhtikuuta 2021", "2021-04-08"),
        ("cs", "8. července 2021", "2021-07-08"),
        ("cs", "8. června 2021", "2021-06-08"),
        ("ru", "8 мая 2021 г.", "2021-05-08"),
    ],
)
def test_dates_in_other_languages(language: str, text: str, expected: str | None) -> None:
    assert expected == from_text("date", Notation(months=language))(text)


def test_every_language_knows_twelve_months_and_seven_days() -> None:
    for name, language in LANGUAGES.items():
        months, days = language.months.split("|"), language.days.split("|")
        assert (12, 7) == (len(months), len(days)), name
        for names in (months, days):
            spellings = [word.lower() for name in names for word in name.split()]
            assert len(spellings) == len(set(spellings)), name
        for number, spelled in enumerate(months, 1):
            for word in spelled.split():
                assert f"2021-{number:02}-08" == from_text("date", Notation(months=name))(f"8. {word} 2021"), word


def test_names_of_months_in_formats() -> None:
    german = Notation(("%A, %d. %B %Y", "%a %d %b %y", "%B %Y"), months="de")
    read = from_text("date", german)
    assert "2021-04-08" == read("Donnerstag, 8. April 2021")
    assert "2021-05-06" == read("Do 06 Mai 21")
    assert "2021-03-01" == read("März 2021")
    spanish = Notation(("%a %d %b %Y", "%b %Y"), months="es")
    assert ["2021-03-09", "2021-03-01"] == [
        from_text("date", spanish)(text) for text in ("mar 9 mar 2021", "mar 2021")
    ]


def test_names_of_months_may_be_listed() -> None:
    names = ("Hartung", "Hornung", "Lenzing Lenzmond", *"ABCDEFGHI")
    read = from_text("date", Notation(months=names))
    assert ["2021-02-08", "2021-03-08"] == [read(text) for text in ("8. Hornung 2021", "8 lenzmond 2021")]


@pytest.mark.parametrize(
    ("notation", "text", "expected"),
    [
        (Notation(zone="Europe/Berlin"), "2021-07-08 10:00", "2021-07-08T08:00:00.000Z"),
        (Notation(zone="Europe/Berlin"), "2021-01-08 10:00", "2021-01-08T09:00:00.000Z"),
        (Notation(zone="Europe/Berlin"), "2021-07-08T10:00:00Z", "2021-07-08T10:00:00.000Z"),
        (Notation(zone="Europe/Berlin"), "2021-07-08", "2021-07-07T22:00:00.000Z"),
        (Notation(months="de", zone="Europe/Berlin"), "8. Juli 2021, 10:30 Uhr", "2021-07-08T08:30:00.000Z"),
        (Notation(months="fr"), "8 juillet 2021 à 14h30", "2021-07-08T14:30:00.000Z"),
        (Notation(months="es"), "8 de julio de 2021 a las 14:30", "2021-07-08T14:30:00.000Z"),
        (Notation(("%d.%m.%Y %H:%M",), zone="America/New_York"), "08.07.2021 10:00", "2021-07-08T14:00:00.000Z"),
        (
            Notation(("%d.%m.%Y %H:%M %z",), zone="America/New_York"),
            "08.07.2021 10:00 +0000",
            "2021-07-08T10:00:00.000Z",
        ),
        (Notation(zone="Asia/Tokyo"), "0001-01-01 00:00", None),
    ],
)
def test_times_without_a_zone_are_in_that_of_the_source(notation: Notation, text: str, expected: str | None) -> None:
    assert expected == from_text("datetime", notation)(text)
    assert expected == from_json("datetime", notation)(text)


def test_the_day_of_a_moment_is_that_in_the_zone_of_the_source() -> None:
    berlin = Notation(zone="Europe/Berlin")
    assert "2020-12-03" == from_text("date", berlin)("2020-12-02T23:30:00Z")
    assert "2020-12-02" == from_text("date", berlin)("2020-12-02T23:30:00")
    assert "2020-12-02" == from_text("date")("2020-12-02T23:30:00-08:00")
    assert ["2020-12-03", "2020-12-02"] == [from_json("date", one)(1606951800) for one in (berlin, Notation())]


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
