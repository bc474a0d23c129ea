"""What the rules of a job ask for, as far as warnings repeat it."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


class Wishes(msgspec.Struct, frozen=True):
    """What the rules ask for; empty for a built-in job."""

    rules: Mapping[str, str] = {}
    """The pages that each rule matches, by the rule's number: {"1": "/item/*"}."""
    follows: Mapping[str, str] = {}
    """The selectors of links to follow, by the numbers of the rule and the selector: {"2.1": "a.next"}."""
    formats: Mapping[tuple[str, str], str] = {}
    """The formats of values, by table and column."""
    types: Mapping[tuple[str, str], str] = {}
    """The types of values that have no format, by table and column."""
    tables: Mapping[str, str] = {}
    """The tables that rules fill, by the rule's number."""
