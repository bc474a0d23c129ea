"""The settings of a job compared with those that its bundles were made with. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from asyncscrape.bundles import Fixed, Setting


def changed(before: Mapping[str, str], after: Sequence[Setting], fixed: Collection[Fixed]) -> list[str]:
    """The changes of settings that are fixed in one of these ways, in words."""
    return [
        f"{one.name} was {before[one.name]} and is now {one.value}"
        for one in after
        if one.fixed in fixed and one.value is not None and before.get(one.name, one.value) != one.value
    ]


def kept(before: Mapping[str, str], after: Sequence[Setting]) -> dict[str, str]:
    """The settings to remember."""
    return {**before, **{one.name: one.value for one in after if one.value is not None}}
