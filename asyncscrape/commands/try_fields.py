"""The fields of a rule on trial: their types, and the texts of which `re` takes only a part."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from asyncscrape.config.checks import short_type
from asyncscrape.config.models import FieldSpec, PageRule
from asyncscrape.model import Flaw, Record
from asyncscrape.selectors import matches

WHOLE = "\0whole "
"""Begins the names of fields that `try` adds; no field of a config can be called so."""


def cut_fields(rule: PageRule) -> dict[str, FieldSpec]:
    """The fields of which `re` takes a part of what another selector finds."""
    specs = {name: field for name, field in rule.fields.items() if isinstance(field, FieldSpec)}
    return {name: spec for name, spec in specs.items() if spec.re and (spec.css or spec.xpath or spec.json)}


def with_whole_texts(rule: PageRule) -> PageRule:
    """The rule with a further field for each that `re` cuts: the whole text."""
    news = {
        f"{WHOLE}{name}": FieldSpec(
            css=spec.css, xpath=spec.xpath, json=spec.json, type="url" if _is_address(spec) else "str"
        )
        for name, spec in cut_fields(rule).items()
    }
    return rule.model_copy(update={"fields": {**rule.fields, **news}}) if news else rule


def split(record: Record, rule: PageRule) -> tuple[Record, dict[str, str]]:
    """The record as a run would store it, and the texts of which `re` took less than everything."""
    values = {name: value for name, value in record.values.items() if not name.startswith(WHOLE)}
    cuts = {}
    for name, spec in cut_fields(rule).items():
        whole = record.values.get(f"{WHOLE}{name}")
        if whole and _is_cut(spec, values[name], whole):
            cuts[name] = whole
    return Record(record.table, values), cuts


def _is_address(spec: FieldSpec) -> bool:
    return spec.type == "url" or bool(spec.blob)


def _is_cut(spec: FieldSpec, value: Any, whole: str) -> bool:
    """Whether `re` took less than everything. Addresses are absolute by now, so they are compared as such."""
    if _is_address(spec):
        return (next(iter(value), None) if spec.many else value) != whole
    return next(matches(re.compile(spec.re or ""), whole), "") != whole.strip()


def own(flaws: Iterable[Flaw]) -> list[Flaw]:
    """The flaws of the rule's own fields."""
    return [flaw for flaw in flaws if not flaw.column.startswith(WHOLE)]


def types(rule: PageRule) -> dict[str, str]:
    """The type of each field, in words."""
    found: dict[str, str] = {}
    for name, field in rule.fields.items():
        if isinstance(field, str):
            found[name] = short_type(field)
            continue
        found[name] = f"list of {field.type}" if field.many else field.type
        if field.blob:
            found[f"{name}_path"] = "list of str" if field.many else "str"
    return found


def forms(rule: PageRule) -> dict[str, str]:
    """The formats that dates must have, and URLs where the type does not say so."""
    specs = {name: field for name, field in rule.fields.items() if isinstance(field, FieldSpec)}
    formats = {name: " or ".join(spec.format) for name, spec in specs.items() if spec.format}
    return {**{name: "url" for name, spec in specs.items() if spec.blob}, **formats}
