"""What the keys of a config must agree on with each other.

These checks look at the plain values, not at the finished `Config`: a file with a mistake in one key has no
`Config`, but its other mistakes are to be told in the same answer. So each of them looks only at values of the right
kind; about the others the models complain.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, get_args

from asyncscrape.config.key_lines import Place
from asyncscrape.config.stores import PART_SIZE, is_in_s3, same_place
from asyncscrape.config.values import BLOB_FACTS, Misfit, blob_placeholders, nearest
from asyncscrape.destinations import MOST_PARTS_IN_S3, PostgresDestination
from asyncscrape.model import FieldType
from asyncscrape.records.lines import PROVENANCE
from asyncscrape.selectors import FACTS, Selector, SelectorError, compile_each, compile_selector
from asyncscrape.units import size

Finding = tuple[Place, "str | Misfit"]
"""A place and what is wrong there; a Misfit is told together with the value."""

SOURCES = ("css", "xpath", "json")
URL_KEY = ("_url",)
"""The key of a table whose rule names none: one record for each page."""
RULES_ONLY = ("seeds", "seeds_file", "sitemaps", "sitemaps_since", "page")
CARRIED = tuple(column.name for column in PROVENANCE)
"""What every record carries, and so may be part of a key."""


def column_type(type_: FieldType, many: bool) -> FieldType:
    """The type of a field's column: a list is kept as JSON."""
    return "json" if many else type_


def short_type(selector: str) -> FieldType:
    """The type of a field that is only a selector: text, or what the fact is."""
    return FACTS.get(selector.strip(), "str")


@dataclass(frozen=True)
class RawField:
    """A field as the file has it."""

    place: Place
    raw: Mapping[str, Any]
    """Its long form; empty for the short one."""
    selector: Any = None
    """Its short form; None for the long one."""

    @property
    def parts(self) -> object:
        """What makes its selector, in the short or the long form."""
        parts = {name: self.raw.get(name) for name in (*SOURCES, "re")}
        return self.selector or {name: text for name, text in parts.items() if isinstance(text, str)}

    @property
    def type(self) -> FieldType | None:
        """The type of its column; None when the file has none that exists."""
        if isinstance(self.selector, str):
            return short_type(self.selector)
        named = self.raw.get("type", "str")
        return column_type(named, self.raw.get("many") is True) if named in get_args(FieldType) else None


@dataclass(frozen=True)
class RawRule:
    """A page rule as the file has it."""

    place: Place
    raw: Mapping[str, Any]
    fields: Mapping[str, RawField]

    @property
    def table(self) -> str | None:
        """The table it fills."""
        table = self.raw.get("table")
        return table if isinstance(table, str) else None

    @property
    def key(self) -> Sequence[Any]:
        """The key of that table."""
        key = self.raw.get("key", URL_KEY)
        return key if isinstance(key, (list, tuple)) else ()

    def at(self, *parts: str | int) -> Place:
        """A place within the rule."""
        return (*self.place, *parts)


def findings(data: Mapping[str, Any], where: Callable[[Place], str]) -> Iterator[Finding]:
    """All that does not go together; `where` names a place within a sentence."""
    rules = _rules(data)
    yield from _kind(data) if "kind" in data else _beginnings(data)
    for rule in rules:
        yield from _purpose(rule)
        yield from _key(rule)
        for name, spec in rule.fields.items():
            yield from _field(spec)
            yield from _blob(rule, name, spec)
        yield from _languages(rule)
    yield from _keys(rules, where)
    yield from _types(rules, where)
    yield from _added_columns(rules)
    yield from _stores(data)


def _rules(data: Mapping[str, Any]) -> list[RawRule]:
    pages = data.get("page")
    return [
        RawRule(("page", index), raw, _fields(raw.get("fields"), ("page", index, "fields")))
        for index, raw in enumerate(pages if isinstance(pages, list) else ())
        if isinstance(raw, dict)
    ]


def _fields(raw: object, place: Place) -> dict[str, RawField]:
    if not isinstance(raw, dict):
        return {}
    return {
        name: RawField((*place, name), spec) if isinstance(spec, dict) else RawField((*place, name), {}, spec)
        for name, spec in raw.items()
    }


def _beginnings(data: Mapping[str, Any]) -> Iterator[Finding]:
    sitemaps = data.get("sitemaps")
    if not data.get("seeds") and "seeds_file" not in data:
        if sitemaps == "auto":
            yield ("sitemaps",), '"auto" asks the robots.txt of the seeds, so it needs seeds or seeds_file'
        elif not sitemaps:
            yield ("seeds",), "there is nothing to begin from; give seeds, seeds_file, or a list of sitemaps"
    politeness = data.get("politeness")
    if sitemaps == "auto" and isinstance(politeness, dict) and politeness.get("robots") is False:
        yield (
            ("sitemaps",),
            '"auto" needs robots.txt, and politeness.robots = false keeps it unread; list the sitemaps',
        )
    if not data.get("page"):
        yield ("page",), "there is no rule; add a [[page]] that says what to take from which pages"


def _kind(data: Mapping[str, Any]) -> Iterator[Finding]:
    for key in RULES_ONLY:
        if key in data:
            yield (key,), "cannot stand beside kind: a built-in job knows where to go and what to take; remove one"


def _purpose(rule: RawRule) -> Iterator[Finding]:
    """A rule follows links, fills a table, or leaves it to Python."""
    raw = rule.raw
    if "parser" in raw:
        for key in ("fields", "each", "follow"):
            if key in raw:
                yield rule.at(key), "cannot stand beside parser: its function makes the Page itself; remove one"
        return
    if not raw.get("follow") and not any(key in raw for key in ("table", "fields", "each", "key")):
        yield rule.place, "this rule does nothing; add follow for links, or table and [page.fields] for records"
    if "table" not in raw:
        for key in ("fields", "each", "key"):
            if key in raw:
                yield rule.at(key), 'is about records, but the rule names no table; add table = "…"'
    elif not raw.get("fields"):
        yield rule.at("table"), "has no fields; add [page.fields] below this rule"
    elif "each" in raw and "key" not in raw:
        yield rule.at("each"), "makes several records of one page, so a key must tell them apart; add key = […]"


def _key(rule: RawRule) -> Iterator[Finding]:
    if "key" in rule.raw and rule.table and rule.raw["key"] == []:
        yield rule.at("key"), "is empty; name the fields that tell one record from another"
    for index, name in enumerate(rule.key):
        if not isinstance(name, str):
            continue
        place = rule.at("key", index)
        if name in rule.key[:index]:
            yield place, Misfit("is part of the key twice")
        elif name in CARRIED or "parser" in rule.raw or not rule.fields:
            continue
        elif name not in rule.fields:
            yield place, Misfit("is not a field of this rule", instead=nearest(name, rule.fields))
        elif rule.fields[name].type == "json":
            yield place, Misfit("cannot be part of a key: it is a list or JSON, not a single value")


def _field(spec: RawField) -> Iterator[Finding]:
    raw = spec.raw
    if spec.selector is not None:
        return
    sources = [name for name in raw if name in SOURCES]
    for name in sources[1:]:
        yield (*spec.place, name), f"stands beside {sources[0]}; a field has one source, so keep one of them"
    if not sources and "re" not in raw:
        yield spec.place, "does not say where the value comes from; add css, xpath, json or re"
    if "format" in raw and spec.type not in (None, "date", "datetime"):
        yield (*spec.place, "format"), 'is for dates only; add type = "date" or type = "datetime", or remove it'
    if "default" in raw and raw.get("required") is True:
        yield (*spec.place, "default"), "is never used, because the field is required; remove one of the two"


def _blob(rule: RawRule, name: str, spec: RawField) -> Iterator[Finding]:
    template = spec.raw.get("blob")
    if not isinstance(template, str):
        return
    if spec.raw.get("type", "str") != "str":
        yield (*spec.place, "type"), 'must be "str" or absent, because the value of a blob field is a URL'
    allowed = {*BLOB_FACTS, *(field for field in rule.fields if re.fullmatch(r"\w+", field))}
    for placeholder in blob_placeholders(template):
        if placeholder not in allowed:
            about = f"has something in braces that is neither a field of this rule nor one of {', '.join(BLOB_FACTS)}"
            yield (*spec.place, "blob"), Misfit(about, f"{{{placeholder}}}", nearest(placeholder, allowed))


def _languages(rule: RawRule) -> Iterator[Finding]:
    """The fields speak the language that the rows of the rule are made of."""
    source = rule.raw.get("each")
    each = _compiled(compile_each, source) if isinstance(source, str) else None
    if each is None:
        return
    rows = "JSON" if each.language == "json" else "elements, not JSON"
    fits = partial(compile_selector, within=each)
    for spec in rule.fields.values():
        if _compiled(compile_selector, spec.parts) and not _compiled(fits, spec.parts):
            yield spec.place, Misfit(f"cannot be used here: the rows of this rule are {rows}")


def _compiled(compiler: Callable[[Any], Selector], source: object) -> Selector | None:
    """The selector; None when there is none, or none that works, which is told elsewhere."""
    try:
        return compiler(source) if isinstance(source, (str, dict)) else None
    except SelectorError:
        return None


def _keys(rules: Sequence[RawRule], where: Callable[[Place], str]) -> Iterator[Finding]:
    """Rules for one table have one key."""
    first: dict[str | None, RawRule] = {}
    for rule in rules:
        other = first.setdefault(rule.table, rule)
        if rule.table and list(rule.key) != list(other.key):
            place = rule.at("key" if "key" in rule.raw else "table")
            there = where(other.at("key"))
            yield place, f"another rule ({there}) fills the same table with another key; take one key"


def _types(rules: Sequence[RawRule], where: Callable[[Place], str]) -> Iterator[Finding]:
    """Rules for one table have one type for a field."""
    first: dict[tuple[str, str], RawField] = {}
    for rule in rules:
        for name, spec in rule.fields.items() if rule.table else ():
            other = first.setdefault((rule.table or "", name), spec)
            if spec.type and other.type and spec.type != other.type:
                there = f'"{other.type}" in another rule for this table ({where(other.place)})'
                yield spec.place, f'is "{spec.type}" here, but {there}; take one type'


def _added_columns(rules: Sequence[RawRule]) -> Iterator[Finding]:
    """No field is called like the column that a blob adds to its table."""
    blobs = [(rule.table, name) for rule in rules for name, spec in rule.fields.items() if "blob" in spec.raw]
    added = {(table, f"{name}_path"): name for table, name in blobs}
    for rule in rules:
        for name, spec in rule.fields.items() if rule.table else ():
            if (rule.table, name) in added:
                yield (
                    spec.place,
                    f"is the column that the blob of {added[rule.table, name]} adds; rename one of the two",
                )


def _stores(data: Mapping[str, Any]) -> Iterator[Finding]:
    store = data.get("store")
    if not isinstance(store, dict):
        return
    yield from _records(store.get("records"))
    s3 = store.get("s3", {})
    if isinstance(s3, dict):
        yield from _keys_of_s3(s3)
        yield from _parts(store, s3)


def _records(records: object) -> Iterator[Finding]:
    if not isinstance(records, list):
        return
    if not records:
        yield ("store", "records"), 'names no store; write ["parquet", "csv"] or the like'
    places = [same_place(word) if isinstance(word, str) else None for word in records]
    for index, (word, place) in enumerate(zip(records, places, strict=True)):
        if word in records[:index]:
            yield ("store", "records", index), Misfit("is listed twice; remove one")
        elif place is not None and place in places[:index]:
            schema = ", or give it another ?schema=" if isinstance(place, PostgresDestination) else ""
            yield (
                ("store", "records", index),
                Misfit(f"is the same place as another of these stores; remove one{schema}"),
            )


def _keys_of_s3(s3: Mapping[str, Any]) -> Iterator[Finding]:
    pair = ("access_key", "secret_key")
    for key, partner in (pair, pair[::-1]):
        if key in s3 and partner not in s3:
            about = f"has no {partner} beside it; give both, or neither for the usual AWS chain"
            yield ("store", "s3", key), about
    if "session_token" in s3 and not any(key in s3 for key in pair):
        yield ("store", "s3", "session_token"), "belongs to keys; add access_key and secret_key, or remove it"
    if "kms_key" in s3 and s3.get("encryption") != "aws:kms":
        yield ("store", "s3", "kms_key"), 'is never used; add encryption = "aws:kms", or remove it'


def _parts(store: Mapping[str, Any], s3: Mapping[str, Any]) -> Iterator[Finding]:
    """The largest file fits into as many parts as S3 takes."""
    blobs, largest = store.get("blobs"), _bytes(store.get("max_blob"))
    part = _bytes(s3.get("part_size", PART_SIZE))
    if largest is None or part is None or largest <= MOST_PARTS_IN_S3 * part or not isinstance(blobs, str):
        return
    if is_in_s3(blobs):
        needed = -(-largest // (MOST_PARTS_IN_S3 * 1_000_000))
        place = ("store", "s3", "part_size") if "part_size" in s3 else ("store", "max_blob")
        yield (
            place,
            (
                f"a file of max_blob would have more than the {MOST_PARTS_IN_S3:,} parts that S3 takes; "
                f'set part_size = "{needed}MB" under [store.s3], or max_blob lower'
            ),
        )


def _bytes(value: object) -> int | None:
    """A size; None for what is none, which the models complain about."""
    try:
        return size(value) if isinstance(value, (str, int)) else None
    except ValueError:
        return None
