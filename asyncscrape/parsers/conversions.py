"""Text or JSON from a page, turned into a value of the field's type; None if it cannot be one.

Numbers (`int`, `float`, `decimal`) are the first number in the text; anything around it (currency signs, units,
words) is ignored. The rules:

* A sign counts when it touches the number or the currency sign before it: "-5", "−5" (U+2212), "–5", "-$5", "$-5".
  After a letter or digit it is a hyphen: "A-5" is 5.
* Digits are grouped in threes by a comma, a dot, an apostrophe or a space of any kind: "1,234.50", "1.234,50",
  "1'234.50", "1 234,50". Where both comma and dot occur, the last one is the decimal sign.
* One comma alone groups when exactly three digits follow it and one to three, not beginning with 0, precede it:
  "1,234" is one thousand two hundred thirty-four, "1,5" is one and a half, "0,125" is an eighth.
* One dot alone is the decimal sign: "1.234" is a bit more than one. Only for `int`, which cannot take a fraction,
  does it group. Several dots that do not group ("1.2.3", "02.12.2020") are not a number.
* An exponent may follow: "1.2e-5". So may a K (or k), M, B or T that ends the word: "1.2M" is 1,200,000.
* An `int` has no fraction ("12.0" is 12, "12.5" gives None) and fits into 64 bits; a `float` is finite; a `decimal`
  keeps every digit.

With `decimal`, the sign that the source uses is known: "," makes "1.234" one thousand two hundred thirty-four,
"1,234" a bit more than one, and "12.5" no number at all; "." the other way round.

`bool` knows true/yes/y/on/1 and false/no/n/off/0. `date` and `datetime` are read by `dates`; numbers in JSON are
seconds, or milliseconds, since 1970. `json` decodes text as JSON. A `url` is an address as written; the rule's
`Resolver` makes it absolute.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import partial
from math import isfinite
from typing import Any

import msgspec

from asyncscrape.model import FieldType
from asyncscrape.parsers.dates import DateReader
from asyncscrape.parsers.half_characters import with_whole_characters
from asyncscrape.parsers.month_names import Months


class Notation(msgspec.Struct, frozen=True):
    """How a source writes numbers and dates, as far as the config tells."""

    format: tuple[str, ...] = ()
    """Formats of dates, as in strptime; the first that fits counts."""
    decimal: str | None = None
    """The decimal sign."""
    months: Months | None = None
    zone: str | None = None
    """The name of the time zone of times that name none."""


UNTOLD = Notation()


def from_text(kind: FieldType, notation: Notation = UNTOLD) -> Callable[[str], Any]:
    """The function that turns text into this type; chosen once, when the rules are compiled."""
    if notation.decimal and kind in NUMBERS:
        return partial(NUMBERS[kind], decimal=notation.decimal)
    if kind in DATES:
        dates = DateReader(notation.format, notation.months, notation.zone)
        return dates.day if kind == "date" else dates.time
    return _FROM_TEXT[kind]


def from_json(kind: FieldType, notation: Notation = UNTOLD) -> Callable[[Any], Any]:
    """The same for a value that already has a type from JSON."""
    read = from_text(kind, notation)
    if kind in DATES:
        dates = DateReader(zone=notation.zone)
        return partial(_moment_from_json, read=read, of=dates.day_of if kind == "date" else dates.time_of)
    return partial(_FROM_JSON[kind], read=read)


def normalised(text: str) -> str:
    """The text with every run of whitespace, no-break spaces included, made one space."""
    return " ".join(text.split())


# Numbers

_SMALLEST, _LARGEST = -(2**63), 2**63 - 1

_NUMBER = re.compile(
    r"""(?P<spaced> \d{1,3} (?P<gap> [ '\u2019\u00a0\u202f\u2009\u2007] ) \d{3} (?: (?P=gap) \d{3} )* (?!\d) )
        (?P<fraction> [.,] \d+ )?
      | (?P<body> \d (?: [\d.,]* \d )? | \.\d+ )
    """,
    re.VERBOSE,
)
_AFTER = re.compile(r"[eE](?P<exponent>[-+]?\d{1,3})(?!\d)|(?P<scale>[kKMBT])(?!\w)")
_SIGN = re.compile(r"(?<!\w)(?P<sign>[-\u2212\u2013\uff0d])(?:[A-Z]{0,3}[$€£¥₹₽₩₪₫₴₦₱฿]\s?)?\Z")
_SCALES = {"k": 3, "K": 3, "M": 6, "B": 9, "T": 12}
_GROUPS = re.compile(r"\d{1,3}(?:[.,]\d{2,3})*[.,]\d{3}")
_GROUPED = re.compile(r"[1-9]\d{0,2}(?:[.,]\d{2,3})*[.,]\d{3}")
_ONE_GROUP = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")


def to_int(text: str, decimal: str = "") -> int | None:
    """A whole number of at most 64 bits."""
    if decimal:
        return _whole(_number(text, partial(_digits_by, decimal=decimal)))
    try:
        number = int(text)
    except ValueError:
        return _whole(_number(text, partial(_digits, whole=True)))
    return number if _SMALLEST <= number <= _LARGEST else None


def to_float(text: str, decimal: str = "") -> float | None:
    """A finite number."""
    if decimal:
        return _finite(_number(text, partial(_digits_by, decimal=decimal)))
    try:
        return _finite(float(text))
    except ValueError:
        return _finite(_number(text))


def _finite(number: float | Decimal | None) -> float | None:
    return float(number) if number is not None and isfinite(float(number)) else None


def to_decimal(text: str, decimal: str = "") -> Decimal | None:
    """A number with every digit that was written."""
    try:
        number = _number(text, partial(_digits_by, decimal=decimal)) if decimal else Decimal(text)
    except InvalidOperation:
        number = _number(text)
    return number if number is not None and number.is_finite() and abs(number.adjusted()) < 1000 else None


def _whole(number: Decimal | None) -> int | None:
    if number is None or not number.is_finite() or number.adjusted() > 18:
        return None
    whole = int(number)
    return whole if whole == number and _SMALLEST <= whole <= _LARGEST else None


def _number(text: str, digits_of: Callable[[re.Match[str]], str | None] | None = None) -> Decimal | None:
    """The first number in the text, by the rules above."""
    found = _NUMBER.search(text)
    if found is None:
        return None
    digits = (digits_of or _digits)(found)
    if digits is None:
        return None
    sign = "-" if _SIGN.search(text, max(0, found.start() - 8), found.start()) else ""
    return Decimal(f"{sign}{digits}E{_exponent(text, found.end())}")


def _digits(found: re.Match[str], whole: bool = False) -> str | None:
    """The digits with a dot, or nothing, between them."""
    if found["spaced"]:
        return found["spaced"].replace(found["gap"], "") + (found["fraction"] or "").replace(",", ".")
    body = found["body"]
    dots, commas = body.count("."), body.count(",")
    if dots and commas:
        return _decimal_last(body)
    if dots + commas > 1:
        return _several(body)
    if commas:
        return body.replace(",", "" if _ONE_GROUP.fullmatch(body) else ".")
    return body.replace(".", "") if whole and _ONE_GROUP.fullmatch(body) else body


def _digits_by(found: re.Match[str], decimal: str) -> str | None:
    """The same where the decimal sign is known: all other signs group."""
    written = found[0].replace(found["gap"], "") if found["spaced"] else found[0]
    whole, _, fraction = written.partition(decimal)
    group = "," if decimal == "." else "."
    if decimal in fraction or group in fraction or (group in whole and not _GROUPED.fullmatch(whole)):
        return None
    return f"{whole.replace(group, '')}.{fraction}"


def _decimal_last(body: str) -> str | None:
    point = max(body.rfind("."), body.rfind(","))
    group = "," if body[point] == "." else "."
    return body.replace(group, "").replace(",", ".") if body.count(body[point]) == 1 else None


def _several(body: str) -> str | None:
    """Several commas, or several dots."""
    if _GROUPS.fullmatch(body):
        return body.replace(",", "").replace(".", "")
    return None if "." in body else body.partition(",")[0]


def _exponent(text: str, end: int) -> int:
    after = _AFTER.match(text, end)
    if after is None:
        return 0
    return int(after["exponent"]) if after["exponent"] else _SCALES[after["scale"]]


# Yes and no

_WORDS = {
    **dict.fromkeys(("true", "yes", "y", "on", "1"), True),
    **dict.fromkeys(("false", "no", "n", "off", "0"), False),
}


def to_bool(text: str) -> bool | None:
    """True or False, when the text is one of the words for them."""
    return _WORDS.get(text.strip().lower())


# Times in JSON


def _from_epoch(number: float | Decimal) -> datetime | None:
    """Seconds since 1970, or milliseconds where seconds would lie thousands of years ahead."""
    seconds = float(number)
    try:
        return datetime.fromtimestamp(seconds / 1000 if abs(seconds) > 1e11 else seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


# JSON

_JSON = msgspec.json.Encoder(decimal_format="number")


def to_json(text: str) -> Any:
    """The text decoded as JSON."""
    try:
        try:
            return msgspec.json.decode(text)
        except (msgspec.DecodeError, UnicodeEncodeError):
            return msgspec.json.decode(with_whole_characters(text))
    except (msgspec.DecodeError, RecursionError):
        return None


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)


def _str_from_json(value: Any, read: Callable[[str], Any]) -> str | None:
    if isinstance(value, str):
        return value
    if isinstance(value, (float, Decimal)):
        return str(value)
    return None if value is None else _JSON.encode(value).decode()


def _int_from_json(value: Any, read: Callable[[str], Any]) -> int | None:
    if isinstance(value, str):
        return read(value)  # type: ignore[no-any-return]
    return _whole(Decimal(value)) if _is_number(value) else None


def _float_from_json(value: Any, read: Callable[[str], Any]) -> float | None:
    if isinstance(value, str):
        return read(value)  # type: ignore[no-any-return]
    try:
        number = float(value) if _is_number(value) else None
    except OverflowError:
        return None
    return number if number is not None and isfinite(number) else None


def _decimal_from_json(value: Any, read: Callable[[str], Any]) -> Decimal | None:
    if isinstance(value, str):
        return read(value)  # type: ignore[no-any-return]
    return to_decimal(str(value)) if _is_number(value) else None


def _bool_from_json(value: Any, read: Callable[[str], Any]) -> bool | None:
    if isinstance(value, bool):
        return value
    return to_bool(str(value)) if isinstance(value, (int, str)) else None


def _moment_from_json(value: Any, read: Callable[[str], Any], of: Callable[[datetime], str | None]) -> str | None:
    if isinstance(value, str):
        return read(value)  # type: ignore[no-any-return]
    moment = _from_epoch(value) if _is_number(value) else None
    return of(moment) if moment else None


def _url_from_json(value: Any, read: Callable[[str], Any]) -> str | None:
    return value if isinstance(value, str) else None


def _json_from_json(value: Any, read: Callable[[str], Any]) -> Any:
    return value


_FROM_TEXT: Mapping[FieldType, Callable[[str], Any]] = {
    "str": str,
    "int": to_int,
    "float": to_float,
    "decimal": to_decimal,
    "bool": to_bool,
    "url": str,
    "json": to_json,
}
NUMBERS: Mapping[FieldType, Callable[..., Any]] = {"int": to_int, "float": to_float, "decimal": to_decimal}
DATES: frozenset[FieldType] = frozenset({"date", "datetime"})
_FROM_JSON: Mapping[FieldType, Callable[..., Any]] = {
    "str": _str_from_json,
    "int": _int_from_json,
    "float": _float_from_json,
    "decimal": _decimal_from_json,
    "bool": _bool_from_json,
    "url": _url_from_json,
    "json": _json_from_json,
}
