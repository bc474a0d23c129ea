"""Where the words of a title or a name stand among others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from asyncscrape.parsers.beatport.matching.spelling import Words, near, sound, sounds

_LIGHT = frozenset(
    {"the", "a", "an", "and", "vs", "x", "at", "in", "of", "part", "chapter", "podcast", "episode", "show", "volume"}
    | {"radio", "sampler", "compilation", "mixtape"}
)
"""Words that a title may have or not."""


def places(wanted: Words, told: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Where the wanted words stand among others: from and to. Spaces may be elsewhere: "Nightferry"."""
    target = sounds(wanted)
    for start in range(len(told)):
        heard = ""
        for end in range(start, len(told)):
            heard += sound(told[end])
            if heard == target:
                yield start, end + 1
            if not target.startswith(heard):
                break


def near_places(wanted: Words, told: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Where something like the wanted words stands among others."""
    target = sounds(wanted)
    for length in {1, max(1, len(wanted) - 1), len(wanted), len(wanted) + 1}:
        for start in range(len(told) - length + 1):
            told_here = told[start : start + length]
            alike = length == 1 or _short_words(told_here) == _short_words(wanted)
            if alike and near(sounds(told_here), target):
                yield start, start + length


def shuffled_places(wanted: Words, told: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Where the wanted words stand in another order, or without those that join them."""
    target = _weighty(wanted)
    if len(target) < 2:
        return
    for start, word in enumerate(told):
        if sound(word) not in target:
            continue
        for end in range(start + len(target), min(len(told), start + len(wanted) + 2) + 1):
            if sound(told[end - 1]) in target and _weighty(told[start:end]) == target:
                yield start, end


def same_but_light(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether words differ only in those that a title may have or not."""
    return sounds([word for word in one if word not in _LIGHT]) == sounds(
        [word for word in other if word not in _LIGHT]
    )


def _weighty(told: Sequence[str]) -> list[str]:
    """The sounds of words that bear the sense, in alphabetical order."""
    return sorted(sound(word) for word in told if word not in _LIGHT)


def _short_words(told: Sequence[str]) -> list[str]:
    """The words that are too short for a slip of the pen: "Part A", "Movement V"."""
    return [word for word in told if len(word) < 3 and word != "s"]
