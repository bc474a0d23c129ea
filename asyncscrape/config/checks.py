"""Checks of the keys of a config against each other.

They look at the plain values, not at the finished `Config`: a file with a mistake in one key has no `Config`, but its
other mistakes belong in the same answer. So each check looks only at values of the right kind; the models report the
others.
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
from asyncscrape.records.lines import CARRIED
from asyncscrape.selectors import FACTS, Selector, SelectorError, compile_each, compile_selector
from asyncscrape.units import size

Finding = tuple[Place, "str | Misfit"]
"""A place and the mistake there; a Misfit is reported together with the value."""

SOURCES = ("css", "xpath", "json")
SHOTS = ("screenshot", "pdf")
"""Keys of fields that are pictures or PDFs of the page."""
SOME_PATH = {"screenshot": '"shots/{url_hash}.png"', "pdf": '"docs/{url_hash}.pdf"'}
WITH_A_SHOT = (*SHOTS, "blob", "required")
"""Keys that such a field may have."""
URL_KEY = ("_url",)
"""The key of a table whose rule gives none: one record for each page."""
OF_A_TABLE = ("fields", "each", "key", "merge")
"""Keys of a rule that say something about the table it fills."""
NUMBERS = ("int", "float", "decimal")
DATES = ("date", "datetime")
RULES_ONLY = ("seeds", "seeds_file", "sitemaps", "sitemaps_since", "parse", "page")


def column_type(type_: FieldType, many: bool) -> FieldType:
    """The type of a field's column: a list is kept as JSON."""
    return "json" if many else type_


def short_type(selector: str) -> FieldType:
    """The type of a field that is only a selector: text, or the type of the fact."""
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
        """The source of its selector, in the short or the long form."""
        parts = {name: self.raw.get(name) for name in (*SOURCES, "re")}
        return self.selector or {name: text for name, text in parts.items() if isinstance(text, str)}

    @property
    def shot(self) -> str:
        """The key that makes it a picture or PDF of the page; empty if it is neither."""
        return next((key for key in SHOTS if self.raw.get(key) not in (None, False)), "")

    @property
    def type(self) -> FieldType | None:
        """The type of its column; None if the file names an unknown one."""
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
    """All conflicts between keys; `where` names a place within a sentence."""
    rules = raw_rules(data)
    yield from _kind(data) if "kind" in data else _beginnings(data)
    for rule in rules:
        yield from _purpose(rule)
        yield from _key(rule)
        for name, spec in rule.fields.items():
            yield from _shot(data, rule, spec) if spec.shot else _field(spec)
            yield from _blob(rule, name, spec)
        yield from _languages(rule)
    yield from _keys(rules, where)
    yield from _merging(rules, where)
    yield from _types(rules, where)
    yield from _added_columns(rules)
    yield from _stores(data)


def raw_rules(data: Mapping[str, Any]) -> list[RawRule]:
    """The page rules."""
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
            yield ("sitemaps",), '"auto" reads the robots.txt of the seeds, so it needs seeds or seeds_file'
        elif not sitemaps:
            yield ("seeds",), "the crawl has nowhere to start; add seeds, seeds_file or a list of sitemaps"
    politeness = data.get("politeness")
    if sitemaps == "auto" and isinstance(politeness, dict) and politeness.get("robots") is False:
        yield (
            ("sitemaps",),
            '"auto" needs robots.txt, which politeness.robots = false ignores; list the sitemaps instead',
        )
    if not data.get("page"):
        yield ("page",), "the config has no rules; add a [[page]] that says what to extract from which pages"


def _kind(data: Mapping[str, Any]) -> Iterator[Finding]:
    for key in RULES_ONLY:
        if key in data:
            yield (
                (key,),
                "cannot be used with kind: a built-in job has its own seeds and rules; remove one of the two",
            )


OF_A_BROWSER = ("browser", "wait", "dismiss", "steps", "capture")
"""Keys that say what other rules for the same pages get to see."""


def _purpose(rule: RawRule) -> Iterator[Finding]:
    """A rule follows links, fills a table, or leaves both to Python."""
    raw = rule.raw
    if "parser" in raw:
        for key in ("fields", "each", "follow"):
            if key in raw:
                yield (
                    rule.at(key),
                    "cannot be used with parser: its function makes the whole Page; remove one of the two",
                )
        return
    if not raw.get("follow") and not any(key in raw for key in (*OF_A_TABLE, *OF_A_BROWSER, "table")):
        yield rule.place, "this rule does nothing; add follow for links, or table and [page.fields] for records"
    if "table" not in raw:
        for key in OF_A_TABLE:
            if key in raw:
                yield rule.at(key), 'has no effect, because the rule has no table for records; add table = "…"'
    elif not raw.get("fields"):
        yield rule.at("table"), "the table has no fields; add [page.fields] below this rule"
    elif "each" in raw and "key" not in raw:
        yield rule.at("each"), "makes several records from one page, so a key must tell them apart; add key = […]"


def _key(rule: RawRule) -> Iterator[Finding]:
    if "key" in rule.raw and rule.table and rule.raw["key"] == []:
        yield rule.at("key"), "is empty; list the fields that tell one record from another"
    for index, name in enumerate(rule.key):
        if not isinstance(name, str):
            continue
        place = rule.at("key", index)
        if name in rule.key[:index]:
            yield place, Misfit("is in the key twice; remove one")
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
        yield (*spec.place, name), f"cannot be used with {sources[0]}: a field has one source; keep one of them"
    if not sources and "re" not in raw:
        yield spec.place, "does not say where the value comes from; add css, xpath, json or re (or screenshot or pdf)"
    kind = raw.get("type", "str")
    for key in ("format", "months", "zone"):
        if key in raw and kind in get_args(FieldType) and kind not in DATES:
            yield (*spec.place, key), 'is for dates only; add type = "date" or type = "datetime", or remove it'
    if "decimal" in raw and kind in get_args(FieldType) and kind not in NUMBERS:
        yield (*spec.place, "decimal"), 'is for numbers only; add type = "float", "decimal" or "int", or remove it'
    if "default" in raw and raw.get("required") is True:
        yield (*spec.place, "default"), "is never used, because the field is required; remove one of the two"


def _shot(data: Mapping[str, Any], rule: RawRule, spec: RawField) -> Iterator[Finding]:
    """A picture or PDF of the page: it goes to the blob store, and a browser makes it."""
    for key in spec.raw:
        if key not in WITH_A_SHOT or (key in SHOTS and key != spec.shot):
            yield (
                (*spec.place, key),
                f"cannot be used with {spec.shot}, which is made of the page; remove one of the two",
            )
    if "blob" not in spec.raw:
        yield spec.place, f"does not say where the {spec.shot} is stored; add blob, such as {SOME_PATH[spec.shot]}"
    use = nested(data, "fetch", "browser").get("use", False)
    if rule.raw.get("browser", use) is False:
        yield (*spec.place, spec.shot), "needs a browser; add browser = true to this rule"


def nested(data: Mapping[str, Any], *path: str) -> Mapping[str, Any]:
    """The table at this path; an empty one if there is none."""
    for name in path:
        found = data.get(name)
        data = found if isinstance(found, dict) else {}
    return data


def _blob(rule: RawRule, name: str, spec: RawField) -> Iterator[Finding]:
    template = spec.raw.get("blob")
    if not isinstance(template, str):
        return
    if spec.raw.get("type", "url") not in ("str", "url"):
        yield (*spec.place, "type"), 'must be "url" or left out, because the value of a blob field is a URL'
    fields = {field for field in rule.fields if re.fullmatch(r"\w+", field)}
    of_a_page = spec.shot and "each" in rule.raw
    allowed = {*BLOB_FACTS} if of_a_page else {*BLOB_FACTS, *fields}
    for placeholder in blob_placeholders(template):
        if of_a_page and placeholder in fields:
            about = f"is of a row, but the {spec.shot} is of the whole page; use {', '.join(BLOB_FACTS)}"
            yield (*spec.place, "blob"), Misfit(about, f"{{{placeholder}}}")
            continue
        if placeholder not in allowed:
            about = f"has a name in braces that is neither a field of this rule nor one of {', '.join(BLOB_FACTS)}"
            yield (*spec.place, "blob"), Misfit(about, f"{{{placeholder}}}", nearest(placeholder, allowed))


def _languages(rule: RawRule) -> Iterator[Finding]:
    """The fields use the language of the rule's rows: JSON or elements."""
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
    """The selector; None if there is none or it is broken, which is reported elsewhere."""
    try:
        return compiler(source) if isinstance(source, (str, dict)) else None
    except SelectorError:
        return None


def _merging(rules: Sequence[RawRule], where: Callable[[Place], str]) -> Iterator[Finding]:
    """Rules for one table all merge, or none does."""
    first: dict[str | None, RawRule] = {}
    for rule in rules:
        other = first.setdefault(rule.table, rule)
        if rule.table and bool(rule.raw.get("merge")) != bool(other.raw.get("merge")):
            place = rule.at("merge" if "merge" in rule.raw else "table")
            there = where(other.at("merge" if "merge" in other.raw else "table"))
            yield place, f"another rule ({there}) fills the same table with a different merge; use the same in both"


def _keys(rules: Sequence[RawRule], where: Callable[[Place], str]) -> Iterator[Finding]:
    """Rules for one table have one key."""
    first: dict[str | None, RawRule] = {}
    for rule in rules:
        other = first.setdefault(rule.table, rule)
        if rule.table and list(rule.key) != list(other.key):
            place = rule.at("key" if "key" in rule.raw else "table")
            there = where(other.at("key"))
            yield place, f"another rule ({there}) fills the same table with a different key; use the same key in both"


def _types(rules: Sequence[RawRule], where: Callable[[Place], str]) -> Iterator[Finding]:
    """Rules for one table have one type for a field."""
    first: dict[tuple[str, str], RawField] = {}
    for rule in rules:
        for name, spec in rule.fields.items() if rule.table else ():
            other = first.setdefault((rule.table or "", name), spec)
            if spec.type and other.type and spec.type != other.type:
                there = f'"{other.type}" in another rule for this table ({where(other.place)})'
                yield spec.place, f'is "{spec.type}" here, but {there}; use the same type in both'


def _added_columns(rules: Sequence[RawRule]) -> Iterator[Finding]:
    """No field has the name of a column that a blob adds to its table."""
    blobs = [(rule.table, name) for rule in rules for name, spec in rule.fields.items() if "blob" in spec.raw]
    added = {(table, f"{name}_path"): name for table, name in blobs}
    for rule in rules:
        for name, spec in rule.fields.items() if rule.table else ():
            if (rule.table, name) in added:
                yield (
                    spec.place,
                    f"the blob of {added[rule.table, name]} adds a column with this name; rename one of the two",
                )


def _stores(data: Mapping[str, Any]) -> Iterator[Finding]:
    store = data.get("store")
    if not isinstance(store, dict):
        return
    yield from _records(store.get("records"))
    if store.get("excel_delimiter") == store.get("excel_decimal") == ",":
        yield ("store", "excel_decimal"), Misfit('cannot be the delimiter, too; use ";" there')
    s3 = store.get("s3", {})
    if isinstance(s3, dict):
        yield from _keys_of_s3(s3)
        yield from _parts(store, s3)


def _records(records: object) -> Iterator[Finding]:
    if not isinstance(records, list):
        return
    if not records:
        yield ("store", "records"), 'is empty; list at least one store, such as ["parquet", "csv"]'
    places = [same_place(word) if isinstance(word, str) else None for word in records]
    for index, (word, place) in enumerate(zip(records, places, strict=True)):
        if word in records[:index]:
            yield ("store", "records", index), Misfit("is listed twice; remove one")
        elif place is not None and place in places[:index]:
            schema = ", or give it a different ?schema=" if isinstance(place, PostgresDestination) else ""
            yield (
                ("store", "records", index),
                Misfit(f"is the same place as another store in this list; remove one{schema}"),
            )


def _keys_of_s3(s3: Mapping[str, Any]) -> Iterator[Finding]:
    pair = ("access_key", "secret_key")
    for key, partner in (pair, pair[::-1]):
        if key in s3 and partner not in s3:
            about = f"needs {partner} too; give both, or neither to use the usual AWS chain"
            yield ("store", "s3", key), about
    if "session_token" in s3 and not any(key in s3 for key in pair):
        yield (
            ("store", "s3", "session_token"),
            "has no effect without keys; add access_key and secret_key, or remove it",
        )
    if "kms_key" in s3 and s3.get("encryption") != "aws:kms":
        yield ("store", "s3", "kms_key"), 'has no effect without encryption = "aws:kms"; add that, or remove the key'


def _parts(store: Mapping[str, Any], s3: Mapping[str, Any]) -> Iterator[Finding]:
    """The largest file fits into the number of parts that S3 accepts."""
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
                f"a file of max_blob would need more than the {MOST_PARTS_IN_S3:,} parts that S3 accepts; "
                f'set part_size = "{needed}MB" under [store.s3], or lower max_blob'
            ),
        )


def _bytes(value: object) -> int | None:
    """The size in bytes; None for anything else, which the models report."""
    try:
        return size(value) if isinstance(value, (str, int)) else None
    except ValueError:
        return None
