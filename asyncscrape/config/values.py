"""The kinds of values in a config: how each is read, the messages about its mistakes, and its JSON Schema.

Every check looks at one value alone; the checks of several keys are in `checks`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    GetJsonSchemaHandler,
    Strict,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic_core import CoreSchema

from asyncscrape import units
from asyncscrape.model import FieldType, timestamp
from asyncscrape.parsers.month_names import ENGLISH_MONTHS, LANGUAGES
from asyncscrape.selectors import SelectorError, compile_each, compile_selector
from asyncscrape.urls import UrlScope, authority, canonical, glob, origin

T = TypeVar("T")

SECRET = "(env|file):.+"
"""The pattern of a reference to a secret, which is allowed wherever text is."""
PERCENT = r"\d{1,3}(\.\d{1,9})?%"
DAY = re.compile(r"\d{4}-\d\d-\d\d")
FILE_SAFE = "[A-Za-z0-9_-]{1,100}"
TABLE_SAFE = rf"{FILE_SAFE}|[^\x00-\x1f\x7f/\\.]{{1,50}}"
"""A table's files are named after it, so any name that a disk accepts will do, even `select"; drop`."""
TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
PARSER = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
BLOB_FACTS = {"url_hash": "hash", "ext": "extension", "name": "file name", "host": "host"}
"""The names that the path of a blob may contain, besides the fields of its record; each with its part of the URL."""
SOME_DATE = datetime(2021, 12, 25, 13, 45, 50, 123456, UTC)
STRPTIME = {"YYYY": "%Y", "yyyy": "%Y", "YY": "%y", "yy": "%y", "MMMM": "%B", "MMM": "%b", "MM": "%m", "DD": "%d"}
STRPTIME |= {"dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S"}
"""The parts of dates as other programs write them, each with that of strptime."""
LETTERS = re.compile("|".join(STRPTIME))
CERTAIN_URL = re.compile(
    r"https?://(?!.*xn--)([a-z0-9-]+\.)*[a-z][a-z0-9-]*(:[0-9]{1,4})?(/[!-~]{0,2000})?", re.IGNORECASE | re.ASCII
)
"""URLs that are certainly good, as most are: in a long list, only the others need a closer look."""


class Misfit(ValueError):
    """An invalid value; `about` never quotes it, so that secrets stay secret."""

    def __init__(self, about: str, detail: str = "", instead: str | None = None, whole: str = "") -> None:
        super().__init__(about)
        self.about = about
        """Follows the value, or a name for it: "is not a duration; write …"."""
        self.detail = detail
        """A part of the message that may quote the value, left out if the value is a secret."""
        self.instead = instead
        """The value that was probably meant; left out likewise."""
        self.whole = whole
        """A complete message, for values that may be shown."""

    def told(self, value: str) -> str:
        """The whole message about a value that may be shown."""
        if self.whole:
            return self.whole
        told = f"{value} {self.about}" + (f": {self.detail}" if self.detail else "")
        return told + (f"; did you mean {quoted(self.instead)}?" if self.instead else "")


def quoted(value: object) -> str:
    """A value as a message shows it: short, on one line, and without the password of a URL."""
    if isinstance(value, (dict, list, tuple)):
        return "a table" if isinstance(value, dict) else "a list"
    if not isinstance(value, str):
        return str(value).lower() if isinstance(value, bool) else str(value)
    text = masked(value)
    return json.dumps(text if len(text) <= 80 else text[:77] + "…", ensure_ascii=False)


def masked(text: str) -> str:
    """A text without the passwords in URLs and connection strings, well-formed or not."""
    text = re.sub(r"((?:password|passwd|secret\w*)\s*=\s*)[^&\s]+", r"\1…", text, flags=re.IGNORECASE)
    if text.startswith(("xpath:", "css:", "json:", "re:")):
        return text
    if text.startswith(("http:", "https:")):
        return re.sub(r"(?<=://)[^/?#\s]+@", "…@", text)
    return re.sub(r"^([A-Za-z][\w+.-]*:/*).*@", r"\1…@", text, flags=re.DOTALL)


def nearest(word: str, words: Iterable[str]) -> str | None:
    """The word that was probably meant, if one is close."""
    return next(iter(get_close_matches(word, list(words), n=1)), None)


def as_list(value: object) -> object:
    """A list that may also be written as its only item."""
    return [value] if isinstance(value, str) else value


class OneOrMany:
    """A mark for a list that may also be written as its only item."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Say the same in JSON Schema."""
        items = handler(schema)["items"]
        return {"anyOf": [items, {"type": "array", "items": items, "minItems": 1}]}


@dataclass(frozen=True)
class InWords:
    """A mark with the docs' name for a kind of value; for the kinds that built-in jobs define."""

    name: str


def spelt(pattern: str) -> WithJsonSchema:
    """The pattern that a text has in JSON Schema, unless it is a secret."""
    return WithJsonSchema({"type": "string", "pattern": f"^({pattern}|{SECRET})$"})


def _number_or_text(pattern: str, number: str, **limits: float) -> WithJsonSchema:
    return WithJsonSchema({"type": ["string", number], "pattern": f"^({pattern}|{SECRET})$", **limits})


# Numbers with units


def _read(reader: Callable[[Any], T], kinds: tuple[type, ...], what: str, how: str) -> Callable[[object], T]:
    """A validator that reads with a function of `units`."""

    def read(value: object) -> T:
        if isinstance(value, bool) or not isinstance(value, kinds):
            raise Misfit(f"is not {what}; {how}")
        try:
            return reader(value)
        except ValueError as error:
            raise Misfit(f"is not {what}; {how}", instead=_respelled(reader, value)) from error

    return read


def _respelled(reader: Callable[[Any], object], value: object) -> str | None:
    """The value in the usual spelling, if only the spelling is wrong."""
    text = str(value).replace(" ", "")
    for spelling in (text, text.lower(), text.upper()):
        try:
            reader(spelling)
        except ValueError:
            continue
        return spelling
    return None


_seconds = BeforeValidator(_read(units.duration, (str, int, float), "a duration", units.DURATION_HELP))
_bytes = BeforeValidator(_read(units.size, (str, int), "a size", units.SIZE_HELP))
_rate = BeforeValidator(_read(units.rate, (str,), "a rate", units.RATE_HELP))

Duration = Annotated[float, _seconds, Field(gt=0), _number_or_text(units.DURATION, "number", exclusiveMinimum=0)]
Pause = Annotated[float, _seconds, Field(ge=0), _number_or_text(units.DURATION, "number", minimum=0)]
Size = Annotated[int, _bytes, Field(ge=1), _number_or_text(units.SIZE, "integer", minimum=1)]
RateText = Annotated[units.Rate, _rate, spelt(units.RATE)]
Count = Annotated[int, Strict(), Field(ge=0)]
Positive = Annotated[int, Strict(), Field(ge=1)]
Share = Annotated[float, Strict(), Field(ge=0, le=1)]
Switch = Annotated[bool, Strict()]


# Expectations


def _portion(value: object) -> float:
    """A share, also in per cent."""
    number = value
    if isinstance(value, str) and re.fullmatch(PERCENT, value, re.ASCII):
        number = float(value.removesuffix("%")) / 100
    if isinstance(number, bool) or not isinstance(number, (int, float)) or not 0 <= number <= 1:
        raise Misfit('is not a share; write it like "95%" or 0.95')
    return float(number)


def _limit(value: object) -> int | float | str:
    """A number, or a date or time in the form that records have."""
    if isinstance(value, bool):
        value = None
    match value:
        case int() | float():
            return value
        case datetime():
            return str(_as_datetime(value))
        case date():
            return value.isoformat()
        case str() if DAY.fullmatch(value):
            return str(as_type(value, "date"))
        case str():
            return str(as_type(value, "datetime"))
    raise Misfit("is not a number, a date or a time")


Portion = Annotated[float, BeforeValidator(_portion), _number_or_text(PERCENT, "number", minimum=0, maximum=1)]
Limit = Annotated[
    int | float | str,
    BeforeValidator(_limit),
    WithJsonSchema({"type": ["number", "string"]}),
    InWords("number, date or time"),
]


# Names


def fits(pattern: str | re.Pattern[str], about: str) -> AfterValidator:
    """A validator by regular expression."""
    compiled = re.compile(pattern)  # a pattern that is compiled already stays as it is

    def check(text: str) -> str:
        if compiled.fullmatch(text) is None:
            raise Misfit(about)
        return text

    return AfterValidator(check)


FileName = Annotated[
    str,
    fits(FILE_SAFE, "is not safe as a file name; use only letters, digits, _ and - (at most 100)"),
    spelt(FILE_SAFE),
]


def _table_name(name: str) -> str:
    if name == "blobs":
        raise Misfit("is reserved for the table of downloaded files; choose another name")
    return name


def _field_name(name: str) -> str:
    if not name or "\0" in name:
        raise Misfit("is not a valid field name; it must not be empty or contain a null character")
    if name.startswith("_"):
        raise Misfit('is not a valid field name: names that begin with "_" are reserved for facts such as _url')
    return name


TableName = Annotated[
    str,
    fits(TABLE_SAFE, "is not safe as a file name; use up to 50 characters, but not ., / or \\"),
    AfterValidator(_table_name),
    spelt(TABLE_SAFE),
]
FieldName = Annotated[str, AfterValidator(_field_name)]
HeaderName = Annotated[str, fits(TOKEN, 'is not a valid header name; write it like "Accept-Language"')]
HeaderValue = Annotated[
    str, fits(r"[^\x00-\x08\x0a-\x1f\x7f]*", "is not a valid header value: it contains a line break or the like")
]
CookieName = Annotated[str, fits(TOKEN, "is not a valid cookie name; use letters, digits, _ and -")]
CookieValue = Annotated[
    str, fits(r"[^\x00-\x1f\x7f;]*", 'is not a valid cookie value: it contains ";" or a line break')
]
UserAgent = Annotated[
    HeaderValue,
    fits(r".*\S.*", 'does not say who you are; write it like "catalog-bot (+https://example.org/bot)"'),
]


# URLs and hosts


def url_trouble(url: str) -> str | None:
    """The mistake in a URL to start from; None if there is none."""
    if CERTAIN_URL.fullmatch(url):
        return None
    if "://" not in url:
        return 'is not a complete URL; write it like "https://example.org/list"'
    if canonical(url) is None:
        return 'is not a URL that can be fetched; it must begin with "http://" or "https://" and name a host'
    if "@" in urlsplit(url).netloc:
        return "contains a user name or password; use [fetch].headers or [fetch].cookies instead"
    return None


def _web_url(url: str) -> str:
    trouble = url_trouble(url)
    if trouble:
        bare = "://" not in url and "." in url and canonical(f"https://{url}") is not None
        raise Misfit(trouble, instead=f"https://{url}" if bare else None)
    return url


def _proxy(url: str) -> str:
    if "://" not in url or canonical(url) is None:
        raise Misfit('is not the URL of a proxy; write it like "http://127.0.0.1:3128"')
    return url


def _origin(url: str) -> str:
    found = canonical(url)
    if found is None or url_trouble(url) or "?" in found or found != origin(found) + "/":
        instead = None if found is None or "://" not in url else origin(found)
        raise Misfit(
            'is not an origin; write it like "https://example.org" or "http://127.0.0.1:9000"', instead=instead
        )
    return origin(found)


def _origin_or_replica(url: str) -> str:
    return url if url == "replica" else _origin(url)


def _bare_host(text: str) -> str | None:
    """The host in a text that contains more than that."""
    found = canonical(text if "://" in text else f"http://{text}")
    return authority(found) if found else None


def _scope_host(host: str) -> str:
    try:
        UrlScope.of([host])
    except ValueError as error:
        how = 'write it like "example.org", "127.0.0.1:8088", "*.example.org" or "*"'
        raise Misfit(f"is not a host; {how}", instead=None if "*" in host else _bare_host(host)) from error
    return host


def _host(host: str) -> str:
    if "*" in host:
        raise Misfit('is not a single host; write it like "api.example.org" or "127.0.0.1:8088"')
    return _bare_host(_scope_host(host)) or host


WebUrl = Annotated[str, AfterValidator(_web_url), spelt("[Hh][Tt][Tt][Pp][Ss]?://.+")]
ProxyUrl = Annotated[str, AfterValidator(_proxy), spelt("[Hh][Tt][Tt][Pp][Ss]?://.+")]
Origin = Annotated[str, AfterValidator(_origin)]
OriginOrReplica = Annotated[str, AfterValidator(_origin_or_replica), spelt("replica|https?://.+")]
ScopeHost = Annotated[str, AfterValidator(_scope_host)]
Host = Annotated[str, AfterValidator(_host)]


def _auto(value: object) -> object:
    if value != "auto":
        raise Misfit('is not valid here; write "auto" or a list of URLs', instead=nearest(str(value), ["auto"]))
    return value


# Patterns and selectors


def _glob(pattern: str) -> str:
    if not pattern.startswith(("/", "*", "re:")):
        found = canonical(pattern) if "://" in pattern else None
        instead = found.removeprefix(origin(found)) if found else f"/{pattern}"
        raise Misfit(
            'cannot match any URL: a pattern is for path and query and begins with "/", "*" or "re:"', instead=instead
        )
    try:
        glob(pattern)
    except ValueError as error:
        raise Misfit("is not a pattern", str(error)) from error
    return pattern


def _compiles(compiler: Callable[[Any], object], language: str = "") -> AfterValidator:
    """A validator that compiles the text, in this language unless the text itself names one."""

    def check(text: str) -> str:
        try:
            compiler({language: text} if language else text)
        except SelectorError as error:
            raise Misfit("is not a selector", whole=str(error)) from error
        return text

    return AfterValidator(check)


def _date_format(text: str) -> str:
    if not _is_date_format(text):
        meant = LETTERS.sub(lambda found: STRPTIME[found[0]], text)
        instead = meant if meant != text and _is_date_format(meant) else None
        raise Misfit('is not a format of dates; write it as for strptime, like "%d.%m.%Y"', instead=instead)
    return text


def _is_date_format(text: str) -> bool:
    """Whether it has at least a year, without which every date would be of 1900, and reads what it writes."""
    try:
        return datetime.strptime(SOME_DATE.strftime(text), text).year == SOME_DATE.year
    except (ValueError, re.error):
        return False


NonEmpty = Annotated[str, Field(min_length=1)]
DateFormat = Annotated[NonEmpty, AfterValidator(_date_format)]
Glob = Annotated[str, AfterValidator(_glob)]
Auto = Annotated[Literal["auto"], BeforeValidator(_auto)]
Globs = Annotated[tuple[Glob, ...], BeforeValidator(as_list), Field(min_length=1), OneOrMany()]
Selector = Annotated[str, _compiles(compile_selector)]
Each = Annotated[str, _compiles(compile_each)]
Css = Annotated[str, _compiles(compile_selector, "css")]
XPath = Annotated[str, _compiles(compile_selector, "xpath")]
JmesPath = Annotated[str, _compiles(compile_selector, "json")]
Regex = Annotated[str, _compiles(compile_selector, "re")]
Formats = Annotated[
    tuple[DateFormat, ...],
    BeforeValidator(as_list),
    Field(min_length=1),
    OneOrMany(),
    InWords("format, or list of them"),
]
DecimalSign = Literal[",", "."]


def _months(value: object) -> object:
    if isinstance(value, str):
        if value not in LANGUAGES:
            known = ", ".join(LANGUAGES)
            raise Misfit(f"is not a language whose months are known: {known}; or list the twelve names of the months")
        return value
    if not isinstance(value, (list, tuple)) or not all(isinstance(name, str) and name.strip() for name in value):
        raise Misfit('is not valid here; write a language, such as "de", or list the twelve names of the months')
    if len(value) != len(ENGLISH_MONTHS):
        raise Misfit("must name all twelve months, from January to December")
    return tuple(value)


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError) as error:
        about = 'is not a time zone; write it like "Europe/Berlin" or "UTC"'
        raise Misfit(about, instead=nearest(name, available_timezones())) from error
    return name


MonthNames = Annotated[
    str | tuple[str, ...],
    BeforeValidator(_months),
    InWords("language, or list of the twelve months"),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": f"^({'|'.join(LANGUAGES)}|{SECRET})$"},
                {"type": "array", "items": {"type": "string"}, "minItems": 12, "maxItems": 12},
            ]
        }
    ),
]
Zone = Annotated[str, AfterValidator(_zone), InWords("time zone")]
Parser = Annotated[
    str,
    fits(PARSER, 'does not name a function; write it like "package.module:function"'),
]


# Files


def _beside(path: Path, info: ValidationInfo) -> Path:
    """A path that is relative to the folder of the config."""
    folder: Path | None = (info.context or {}).get("folder")
    return path if folder is None else folder / path


def blob_placeholders(template: str) -> list[str]:
    """The names in braces of a blob's path."""
    return PLACEHOLDER.findall(template)


def _blob_path(template: str) -> str:
    path = PurePosixPath(template)
    if (
        path.is_absolute()
        or template.endswith("/")
        or ".." in path.parts
        or "\\" in template
        or "\0" in template
        or not path.name
    ):
        raise Misfit('must be the path of a file inside the blob store: no "/" at its start or end, no "..", no "\\"')
    if "{" in PLACEHOLDER.sub("", template) or "}" in PLACEHOLDER.sub("", template):
        raise Misfit("has an unmatched brace")
    if not set(blob_placeholders(template)) - {"ext", "host"}:
        raise Misfit("would be the same file for different URLs; add {url_hash}, {name} or a field to it")
    return template


FileBeside = Annotated[Path, AfterValidator(_beside)]
BlobPath = Annotated[str, AfterValidator(_blob_path)]


# Defaults of fields


def as_type(value: object, type_: FieldType) -> object:
    """A default in the form that records have: dates as text, such as "2020-12-02". Raises Misfit."""
    try:
        return _AS_TYPE[type_](value)
    except (ValueError, TypeError, InvalidOperation) as error:
        raise Misfit(f'is not a value of type "{type_}", the type of this field') from error


def _exactly(*kinds: type) -> Callable[[Any], object]:
    def check(value: object) -> object:
        if isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool)):
            return value
        raise TypeError(type(value).__name__)

    return check


def _as_float(value: object) -> float:
    return float(_exactly(int, float)(value))  # type: ignore[arg-type]


def _as_decimal(value: object) -> Decimal:
    return Decimal(str(_exactly(int, float, str)(value)))


def _as_date(value: Any) -> str:
    if isinstance(value, datetime):
        raise TypeError("a date has no time of day")
    return (value if isinstance(value, date) else date.fromisoformat(value)).isoformat()


def _as_datetime(value: Any) -> str:
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return timestamp(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


_AS_TYPE: dict[str, Callable[[Any], object]] = {
    "str": _exactly(str),
    "int": _exactly(int),
    "float": _as_float,
    "decimal": _as_decimal,
    "bool": _exactly(bool),
    "date": _as_date,
    "datetime": _as_datetime,
    "url": _exactly(str),
    "json": lambda value: value,
}
