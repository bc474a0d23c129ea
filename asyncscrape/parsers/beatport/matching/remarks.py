"""Remarks: words of an upload's title that speak of the upload, and not of the music."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Sequence

from asyncscrape.parsers.beatport.matching.credits import core, credited, kin
from asyncscrape.parsers.beatport.matching.spelling import Words, sounds, words
from asyncscrape.parsers.beatport.matching.version_words import SORTS, Sort
from asyncscrape.parsers.beatport.matching.versions import tells_version
from asyncscrape.parsers.beatport.matching.vocabulary import (
    ARTICLES,
    CATALOGUE,
    CLIPPED,
    DATES,
    DUST,
    GENRES,
    GUESTS,
    LESSONS,
    PROMOTION,
    RATE,
    SPEECH,
    STRONG_DUST,
    TALK,
)

_KNOWN = DUST | DATES | GENRES | CLIPPED | ARTICLES
_SMALL = frozenset({"a", "an", "the", "of", "with", "by", "old", "new", "from", "in", "on", "at"})
_ORIGIN = frozenset({"taken", "from", "off", "appears", "featured", "included"})
_WORK = frozenset({"mastered", "written", "composed", "artwork", "photo"})
_MAKING = re.compile(
    r"\b(?:how (?:i|we|to|you|he|she|they)\b|(?:the )?making(?: of)?$|in the making|behind the scenes"
    r"|story (?:of|behind)\b|(?:talk|talks|talking|chat) about\b|q and a\b|all about$)"
)
_VERB = re.compile(r"(?<=\s)[a-z]{3,}s\b")
_COUNTED_RELEASE = re.compile(r"[a-z]{2,}\d{1,5}")


def is_episode(told: Words) -> bool:
    """Whether words number a podcast or a show: "Tidewater Podcast 12"."""
    return any(SORTS.get(word) is Sort.SET for word in told) and any(map(str.isdecimal, told))


def explains_itself(word: str) -> bool:
    """Whether a word away from the title needs no explanation."""
    known = word in _KNOWN or not word.isascii()
    return known or CATALOGUE.fullmatch(word) is not None or RATE.fullmatch(word) is not None


def is_dust(told: Sequence[str]) -> bool:
    """Whether words beside the title are dust: several such words, or one that is never part of a title."""
    strong = not (STRONG_DUST.isdisjoint(told) and CLIPPED.isdisjoint(told))
    promotes = len(told) > 1 and not PROMOTION.isdisjoint(told)
    if not (strong or promotes):
        return not told
    return all(word in PROMOTION or word in CLIPPED or CATALOGUE.fullmatch(word) for word in told)


def is_speech(told: Sequence[str]) -> bool:
    """Whether words are a sentence, or a piece of one."""
    if not told:
        return False
    small = sum(word in TALK or word in _SMALL for word in told)
    return not SPEECH.isdisjoint(told) or told[0] in ("for", "as", "made") or small > 1


def names_people(text: str) -> bool:
    """Whether words are several names, as of those who are a duo."""
    return len(credited(text)) > 2


def version_words(told: Sequence[str], known: Container[str] = ()) -> Words:
    """The words of a sentence that tell a version, and names that are known."""
    return tuple(word for word in told if tells_version(word) or word in known)


def version_for(told: Words) -> Words:
    """The version that words say was made for an artist or of their track: "Mika Orr Remix for Nora Vale"."""
    at = next((place for place, word in enumerate(told) if place and word in ("for", "of")), 0)
    return told[:at] if told[at - 1] in SORTS and at > 1 else ()


def is_prelude(word: str) -> bool:
    """Whether a word may stand before any title: an article, "premiere", a catalogue number."""
    return word in ARTICLES or word in STRONG_DUST or word == "s" or _COUNTED_RELEASE.fullmatch(word) is not None


def short_enough(name: Words, told: Sequence[str]) -> bool:
    """Whether a name can be trusted among these words: a single letter must stand alone."""
    return len(sounds(name)) > 1 or len(told) == 1


def name_groups(text: str, told: Words, names: Iterable[Words]) -> Iterator[Words]:
    """The names in a part, each for itself."""
    whole = core(told)
    several = [name for name in credited(text) if name != whole]
    yield from [whole] if not several or any(kin(whole, name) for name in names) else several


def at_guests(told: Words) -> tuple[Words, Words]:
    """The words before and after "feat."."""
    at = next((place for place, word in enumerate(told) if word in GUESTS), len(told))
    return told[:at], told[at + 1 :]


def has_verb(text: str) -> bool:
    """Whether a text with capitals has a word that looks like a verb about somebody: "Nora Vale unveils"."""
    return any(word[:1].isupper() for word in text.split()) and bool(_VERB.search(text))


def tells_origin(told: Sequence[str]) -> bool:
    """Whether a bracket tells where the music is from, or who worked on it: "off the album", "mastered by Kai M"."""
    return (told[0] in _ORIGIN and "live" not in told) or (told[0] in _WORK and "by" in told)


def all_small(told: Iterable[str], text: str) -> bool:
    """Whether words have small letters in a text with names in capitals, so that they are no names."""
    capitals = {word for each in text.split() if each[:1].isupper() for word in words(each)}
    return bool(capitals) and capitals.isdisjoint(told)


def is_talk_about_music(told: Sequence[str]) -> bool:
    """Whether words around a title say that the upload tells of the track: "how I made", "tutorial"."""
    if not STRONG_DUST.isdisjoint(told):
        return False
    if not LESSONS.isdisjoint(told):
        return True
    text = " ".join(told)
    about = "how " in text or "making" in text or "scenes" in text or "story " in text or " about" in text
    return (about or "q and a" in text) and _MAKING.search(text) is not None


def is_venue(told: Sequence[str]) -> bool:
    """Whether words tell where somebody played: "Vale live at Kanalhaus"."""
    return "live" in told and not {"at", "in", "from"}.isdisjoint(told)
