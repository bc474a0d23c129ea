"""Where the words of a title or a name stand among others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from asyncscrape.parsers.beatport.matching.spelling import Words, heard, most_slips, near, sound, sounds

_LIGHT = frozenset(
    {"the", "a", "an", "and", "vs", "x", "at", "in", "of", "part", "chapter", "podcast", "episode", "show", "volume"}
    | {"radio", "sampler", "compilation", "mixtape"}
)
"""Words that a title may have or not."""


def places(wanted: Words, told: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Where the wanted words stand among others: from and to. Spaces may be elsewhere: "Nightferry"."""
    target, here = heard(tuple(wanted)).joined, heard(tuple(told))
    if target not in here.joined:
        return
    for start in range(len(told)):
        said = ""
        for end in range(start, len(told)):
            said += here.each[end]
            if said == target:
                yield start, end + 1
            if not target.startswith(said):
                break


def near_places(wanted: Words, told: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Where something like the wanted words stands among others."""
    name, here = heard(tuple(wanted)), heard(tuple(told))
    target = name.joined
    most = most_slips(len(target))
    if not most or not here.may_hold_nearly(name, most):
        return
    shortest, longest = len(target) - most, len(target) + most
    for length in {1, max(1, len(wanted) - 1), len(wanted), len(wanted) + 1}:
        for start, (begin, end) in enumerate(zip(here.begins, here.begins[length:], strict=False)):
            if not shortest <= end - begin <= longest or not near(here.joined[begin:end], target):
                continue
            if length == 1 or _short_words(told[start : start + length]) == _short_words(wanted):
                yield start, start + length


def shuffled_places(wanted: Words, told: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Where the wanted words stand in another order, or without those that join them."""
    target, said = _weighty(tuple(wanted)), heard(tuple(told)).each
    if len(target) < 2 or not set(target).issubset(said):
        return
    for start, word in enumerate(said):
        if word not in target:
            continue
        for end in range(start + len(target), min(len(told), start + len(wanted) + 2) + 1):
            if said[end - 1] in target and _weighty(tuple(told[start:end])) == target:
                yield start, end


def same_but_light(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether words differ only in those that a title may have or not."""
    return sounds([word for word in one if word not in _LIGHT]) == sounds(
        [word for word in other if word not in _LIGHT]
    )


@lru_cache(1024)
def _weighty(told: Words) -> tuple[str, ...]:
    """The sounds of words that bear the sense, in alphabetical order."""
    return tuple(sorted(sound(word) for word in told if word not in _LIGHT))


def _short_words(told: Sequence[str]) -> list[str]:
    """The words that are too short for a slip of the pen: "Part A", "Movement V"."""
    return [word for word in told if len(word) < 3 and word != "s"]
