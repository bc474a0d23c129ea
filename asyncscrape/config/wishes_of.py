"""What the rules of a config ask for, as far as warnings repeat it."""

from __future__ import annotations

from collections.abc import Sequence

from asyncscrape.config.models import Config, FieldSpec
from asyncscrape.quality.wishes import Wishes


def wishes_of(config: Config) -> Wishes:
    """What the page rules ask for."""
    rules = {str(number): config.parse.completed(rule) for number, rule in enumerate(config.page, 1)}
    fields = {
        (rule.table, name): field
        for rule in rules.values()
        if rule.table
        for name, field in rule.fields.items()
        if isinstance(field, FieldSpec)
    }
    return Wishes(
        {number: ", ".join(rule.match) for number, rule in rules.items()},
        {f"{number}.{place}": text for number, rule in rules.items() for place, text in enumerate(rule.follow, 1)},
        {place: _format(field.format) + _written(field) for place, field in fields.items() if field.format},
        {place: field.type + _written(field) for place, field in fields.items()},
        {number: rule.table for number, rule in rules.items() if rule.table},
    )


def _format(formats: str | Sequence[str]) -> str:
    """One format, or several."""
    return formats if isinstance(formats, str) else " or ".join(formats)


def _written(field: FieldSpec) -> str:
    """How its values are written, as far as it says so itself: ' with decimal = ","'."""
    keys = {"decimal": field.decimal, "months": field.months, "zone": field.zone}
    told = [f"{key} = {_quoted(value)}" for key, value in keys.items() if value is not None]
    return f" with {', '.join(told)}" if told else ""


def _quoted(value: str | Sequence[str]) -> str:
    """A name or sign; of a list only that it is one."""
    return f'"{value}"' if isinstance(value, str) else "[…]"
