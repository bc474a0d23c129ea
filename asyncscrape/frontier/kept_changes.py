"""How the tables of a generation differ from the last ones is told once, and then kept; for every frontier. Pure."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from asyncscrape.facts import TableFacts


def with_changes(facts: Mapping[str, TableFacts], before: Mapping[str, TableFacts]) -> dict[str, TableFacts]:
    """New facts of a generation, with the changes that its earlier ones told: once in place, no store can tell."""
    known = {name: one.changes for name, one in before.items()}
    return {
        name: one if one.changes is not None else msgspec.structs.replace(one, changes=known.get(name))
        for name, one in facts.items()
    }
