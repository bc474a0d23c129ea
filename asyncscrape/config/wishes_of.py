"""What the rules of a config ask for, as far as warnings repeat it."""

from __future__ import annotations

from collections.abc import Sequence

from asyncscrape.config.models import Config, FieldSpec
from asyncscrape.quality.wishes import Wishes


def wishes_of(config: Config) -> Wishes:
    """What the page rules ask for."""
    rules = {str(number): rule for number, rule in enumerate(config.page, 1)}
    fields = {
        (rule.table, name): field
        for rule in config.page
        if rule.table
        for name, field in rule.fields.items()
        if isinstance(field, FieldSpec)
    }
    return Wishes(
        {number: ", ".join(rule.match) for number, rule in rules.items()},
        {f"{number}.{place}": text for number, rule in rules.items() for place, text in enumerate(rule.follow, 1)},
        {place: _format(field.format) for place, field in fields.items() if field.format},
        {place: field.type for place, field in fields.items()},
        {number: rule.table for number, rule in rules.items() if rule.table},
    )


def _format(formats: str | Sequence[str]) -> str:
    """One format, or several."""
    return formats if isinstance(formats, str) else " or ".join(formats)
