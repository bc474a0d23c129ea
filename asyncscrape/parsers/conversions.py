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

`bool` knows true/yes/y/on/1 and false/no/n/off/0. `date` and `datetime` take ISO 8601, the common English forms
("Dec 02, 2020", "2 December 2020", optionally followed by a time of day) and RFC 2822; with `format` they take only
what strptime accepts for it. Numbers in JSON are seconds, or milliseconds, since 1970. The values are strings: a date
is the day as written, "2020-12-02"; a datetime is in UTC, with milliseconds and "Z". A time without a zone is taken
as UTC. `json` decodes text as JSON. A `url` is an address as written; the rule's `Resolver` makes it absolute.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from functools import lru_cache, partial
from math import isfinite
from typing import Any

import msgspec

from asyncscrape.model import FieldType, timestamp


def from_text(kind: FieldType, format: str | None = None) -> Callable[[str], Any]:
    """The function that turns text into this type; chosen once, when the rules are compiled."""
    if format and kind in _FORMATTED:
        return partial(_FORMATTED[kind], format=format)
    return _FROM_TEXT[kind]


def from_json(kind: FieldType, format: str | None = None) -> Callable[[Any], Any]:
    """The same for a value that already has a type from JSON."""
    return partial(_FROM_JSON[kind], read=from_text(kind, format))


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
_ONE_GROUP = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")


def to_int(text: str) -> int | None:
    """A whole number of at most 64 bits."""
    try:
        number = int(text)
    except ValueError:
        return _whole(_number(text, whole=True))
    return number if _SMALLEST <= number <= _LARGEST else None


def to_float(text: str) -> float | None:
    """A finite number."""
    try:
        number = float(text)
    except ValueError:
        written = _number(text)
        if written is None:
            return None
        number = float(written)
    return number if isfinite(number) else None


def to_decimal(text: str) -> Decimal | None:
    """A number with every digit that was written."""
    try:
        number: Decimal | None = Decimal(text)
    except InvalidOperation:
        number = _number(text)
    return number if number is not None and number.is_finite() and abs(number.adjusted()) < 1000 else None


def _whole(number: Decimal | None) -> int | None:
    if number is None or not number.is_finite() or number.adjusted() > 18:
        return None
    whole = int(number)
    return whole if whole == number and _SMALLEST <= whole <= _LARGEST else None


def _number(text: str, whole: bool = False) -> Decimal | None:
    """The first number in the text, by the rules above."""
    found = _NUMBER.search(text)
    if found is None:
        return None
    digits = _digits(found, whole)
    if digits is None:
        return None
    sign = "-" if _SIGN.search(text, max(0, found.start() - 8), found.start()) else ""
    return Decimal(f"{sign}{digits}E{_exponent(text, found.end())}")


def _digits(found: re.Match[str], whole: bool) -> str | None:
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


# Dates and times

_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_ZONES = {"Z": 0, "UT": 0, "UTC": 0, "GMT": 0, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6}
_ZONES |= {"PST": -8, "PDT": -7}

_ENGLISH = re.compile(
    r"""(?: (?:mon|tue|wed|thu|fri|sat|sun) [a-z]* \.? ,? \s+ )?
        (?: (?P<d1> \d{1,2} ) (?:st|nd|rd|th)? [\s-]+ (?:of \s+)? (?P<m1> [a-z]{3,9} ) \.? ,? [\s-]+
          | (?P<m2> [a-z]{3,9} ) \.? \s+ (?P<d2> \d{1,2} ) (?:st|nd|rd|th)? ,? \s+ )
        (?P<year> \d{4} )
        (?: ,? \s+ (?:at \s+)? (?P<hour> \d{1,2} ) : (?P<minute> \d\d ) (?: : (?P<second> \d\d ) )?
            (?: \s* (?P<half> [ap] ) \.?m\.? )?
            (?: \s* (?P<zone> [a-z]{1,3} | [-+]\d\d:?\d\d ) )? (?: \s* \( \w+ \) )? )?
    """,
    re.VERBOSE | re.IGNORECASE,
)


def to_date(text: str) -> str | None:
    """The day as it is written, whatever the zone."""
    if len(text) == 10 and text[4] == "-" == text[7]:
        try:
            date.fromisoformat(text)
        except ValueError:
            return None
        return text
    moment = _written(text)
    return moment.date().isoformat() if moment else None


def to_datetime(text: str) -> str | None:
    """The moment, in UTC."""
    return _in_utc(_written(text))


@lru_cache(4096)
def _written(text: str) -> datetime | None:
    """The moment as written, with its zone if it names one."""
    text = text.strip()
    if len(text) > 80:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        found = _ENGLISH.fullmatch(text)
    try:
        return found and _english(found)
    except ValueError:
        return None


def _english(found: re.Match[str]) -> datetime | None:
    name = (found["m1"] or found["m2"]).lower()
    month = next((number for number, full in enumerate(_MONTHS, 1) if full.startswith(name)), 0)
    hour = int(found["hour"] or 0)
    if found["half"]:
        hour = hour % 12 + (12 if found["half"] in "pP" else 0)
    day, minute, second = int(found["d1"] or found["d2"]), int(found["minute"] or 0), int(found["second"] or 0)
    return datetime(int(found["year"]), month, day, hour, minute, min(second, 59), tzinfo=_zone(found["zone"]))


def _zone(name: str | None) -> timezone | None:
    if name is None:
        return None
    if name.upper() in _ZONES:
        return timezone(timedelta(hours=_ZONES[name.upper()]))
    parsed = datetime.strptime(name, "%z").tzinfo  # raises ValueError for an unknown name
    return parsed if isinstance(parsed, timezone) else None


def _in_utc(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    try:
        return timestamp(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except OverflowError:
        return None


@lru_cache(4096)
def _by_format(text: str, format: str) -> datetime | None:
    try:
        return datetime.strptime(text.strip(), format)
    except ValueError:
        return None


def _date_by_format(text: str, format: str) -> str | None:
    moment = _by_format(text, format)
    return moment.date().isoformat() if moment else None


def _datetime_by_format(text: str, format: str) -> str | None:
    return _in_utc(_by_format(text, format))


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
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
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
        return to_int(value)
    return _whole(Decimal(value)) if _is_number(value) else None


def _float_from_json(value: Any, read: Callable[[str], Any]) -> float | None:
    if isinstance(value, str):
        return to_float(value)
    try:
        number = float(value) if _is_number(value) else None
    except OverflowError:
        return None
    return number if number is not None and isfinite(number) else None


def _decimal_from_json(value: Any, read: Callable[[str], Any]) -> Decimal | None:
    if isinstance(value, str):
        return to_decimal(value)
    return to_decimal(str(value)) if _is_number(value) else None


def _bool_from_json(value: Any, read: Callable[[str], Any]) -> bool | None:
    if isinstance(value, bool):
        return value
    return to_bool(str(value)) if isinstance(value, (int, str)) else None


def _date_from_json(value: Any, read: Callable[[str], Any]) -> str | None:
    if isinstance(value, str):
        return read(value)  # type: ignore[no-any-return]
    moment = _from_epoch(value) if _is_number(value) else None
    return moment.date().isoformat() if moment else None


def _datetime_from_json(value: Any, read: Callable[[str], Any]) -> str | None:
    if isinstance(value, str):
        return read(value)  # type: ignore[no-any-return]
    return _in_utc(_from_epoch(value)) if _is_number(value) else None


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
    "date": to_date,
    "datetime": to_datetime,
    "url": str,
    "json": to_json,
}
_FORMATTED: Mapping[str, Callable[..., Any]] = {"date": _date_by_format, "datetime": _datetime_by_format}
_FROM_JSON: Mapping[FieldType, Callable[..., Any]] = {
    "str": _str_from_json,
    "int": _int_from_json,
    "float": _float_from_json,
    "decimal": _decimal_from_json,
    "bool": _bool_from_json,
    "date": _date_from_json,
    "datetime": _datetime_from_json,
    "url": _url_from_json,
    "json": _json_from_json,
}
