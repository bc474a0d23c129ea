"""The page rules of a config as the frontier remembers them, to notice when they change."""

from __future__ import annotations

import msgspec

from asyncscrape.config.models import Config, PageRule
from asyncscrape.model import Rule


def rules(config: Config) -> tuple[Rule, ...]:
    """The rules in the order of the config."""
    return tuple(map(remembered, config.page))


def remembered(rule: PageRule) -> Rule:
    """A rule in the spelling that is compared.

    Keys at their default are left out, so that a key that a later version adds is no change. So is the text that a
    step fills in: it may be a secret.
    """
    keys = rule.model_dump(mode="json", exclude_defaults=True, exclude={"steps": {"__all__": {"text"}}})
    return Rule(tuple(rule.match), rule.table or "", msgspec.json.encode(keys, order="sorted").decode())
