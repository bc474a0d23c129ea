"""Reading an upload's title against one offer: what the offer explains of it, and what is left.

The offer's title is looked for first. Around it, names, labels and dust explain other words. Words that nothing
explains speak against the offer: beside the title they make it another title, elsewhere they name other people.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from asyncscrape.parsers.beatport.matching.credits import (
    any_same,
    core,
    credited,
    same_name,
    without_release_words,
)
from asyncscrape.parsers.beatport.matching.heard_names import HeardNames
from asyncscrape.parsers.beatport.matching.layout import TitlePart, laid_out
from asyncscrape.parsers.beatport.matching.likeness import like_places
from asyncscrape.parsers.beatport.matching.number_words import PIECES
from asyncscrape.parsers.beatport.matching.offered_track import OfferedTrack
from asyncscrape.parsers.beatport.matching.read_title import Names, Reading
from asyncscrape.parsers.beatport.matching.remarks import (
    all_small,
    at_guests,
    explains_itself,
    has_verb,
    is_dust,
    is_episode,
    is_origin,
    is_prelude,
    is_speech,
    is_talk_about_music,
    is_venue,
    name_groups,
    names_people,
    version_for,
    version_words,
)
from asyncscrape.parsers.beatport.matching.scripts import in_latin, latin
from asyncscrape.parsers.beatport.matching.spelling import Words, sounds, words
from asyncscrape.parsers.beatport.matching.title_places import TitlePlace, found, titled
from asyncscrape.parsers.beatport.matching.version_words import SORTS, Sort
from asyncscrape.parsers.beatport.matching.versions import Version, all_of, names_version, tells_version
from asyncscrape.parsers.beatport.matching.vocabulary import (
    CLIPPED,
    DUST,
    GUESTS,
    MENTIONS,
    TALK,
    WHOLE_PART_IS_DUST,
)
from asyncscrape.parsers.beatport.matching.word_places import places
from asyncscrape.parsers.beatport.wanted import LookedFor


def readings(track: LookedFor, offered: OfferedTrack) -> Iterator[Reading]:
    """All ways to find the offer's title in the upload's."""
    parts = laid_out(track.title, offered.signs)
    account = tuple(
        name for text in (track.uploader, track.artist, track.label_name) if text for name in credited(text)
    )
    others = offered.makers + offered.guests + offered.labels
    names = Names(
        offered.artists,
        others,
        account,
        any_same(account, offered.artists + others),
        "live" in words(track.uploader or ""),
        offered.releases,
    )
    for place in found(parts, offered.titles, offered.artists):
        yield TitleReader(parts, place, names).reading()


class TitleReader:
    """Reads the parts of one title around one place."""

    def __init__(self, parts: Sequence[TitlePart], place: TitlePlace, names: Names) -> None:
        self._parts, self._place, self._names = parts, place, names
        self._title = tuple(word for part in parts for word in part.words)[place.start : place.end]
        self._title_text = " ".join(part.text for part in titled(parts, place))
        self._after_release = False
        self._beside: list[str] = []
        self._strangers: list[Words] = []
        self._guests: list[str] = []
        self._known = HeardNames(names)
        self._heard_outside: list[Words] = []
        self._asides: list[str] = []
        self._versions: list[Words] = []
        self._talks = False
        self._before: TitlePart | None = None

    def reading(self) -> Reading:
        """What is left when everything is explained."""
        first, clipped = 0, False
        for part in self._parts:
            start, end = self._place.start - first, self._place.end - first
            before, after = part.words[: max(start, 0)], part.words[max(end, 0) :]
            first, heard = first + len(part.words), len(self._known.heard)
            around = before + after
            if is_talk_about_music([word for word in around if not self._known.is_of_offer(word)]):
                self._talks = True
            clipped |= not CLIPPED.isdisjoint(around)
            if start >= len(part.words) or end <= 0:
                self._elsewhere(part, follows=end <= 0)
            else:
                self._before_title(before)
                self._after_title(after, part)
            self._before = part
            if part.base:
                self._heard_outside += self._known.heard[heard:]
        return Reading(
            self._place,
            tuple(self._beside),
            self._unexplained_strangers(),
            tuple(self._guests),
            self._known.those(self._names.artists),
            self._known.those(self._names.others),
            tuple(self._known.kin),
            tuple(self._asides),
            self._version(),
            clipped,
        )

    def _version(self) -> Version:
        """The version that its parts tell together; a talk about the music is one of its own."""
        told = all_of(self._versions)
        return told.joined(Version(frozenset({Sort.TALK}))) if self._talks else told

    def _unexplained_strangers(self) -> tuple[Words, ...]:
        """The strangers, without the account's own name if an artist is named besides."""
        if not any(name in self._names.artists for name in self._heard_outside):
            return tuple(self._strangers)
        return tuple(name for name in self._strangers if not any_same([name], self._names.account))

    # Beside the title

    def _before_title(self, told: Words) -> None:
        left = [word for word in self._known.without_names(told) if not is_prelude(word)]
        if self._is_speech(left):
            self._remark(told)
        elif left and left[-1] == "of" and names_version(left):
            self._versions.append(version_words(left))
        elif any(word in SORTS for word in left):
            self._versions.append(version_words(left))
            self._beside += [word for word in left if not tells_version(word) and word not in TALK]
        elif self._known.is_short_name(tuple(left)):
            self._known.kin.append(tuple(left))
        elif not (
            is_dust(left) or self._announces(told, left) or self._known.is_of_account(left) or self._is_echo(left)
        ):
            self._beside += left

    def _after_title(self, told: Words, part: TitlePart) -> None:
        told, guests = at_guests(told)
        self._guests += self._known.without_names(guests)
        if told[:1] == ("at",) and part.base and len(told) > 1:
            self._versions.append(("live", *told[1:]))
            return
        if told[:1] == ("by",) and part.base:
            self._people(told[1:], " ".join(told[1:]))
            return
        left = self._known.without_names(told) if not names_version(told) else told
        if self._is_speech(left):
            self._remark(told)
        elif left and names_version(left) and (left != ("mix",) or not part.base):
            self._versions.append(left)
        elif (
            part.base
            and PIECES.isdisjoint(left)
            and left
            and re.search(rf"\b{re.escape(self._title[-1])}\s*,", latin(part.text))
        ):
            self._people(told, " ".join(told))
        elif part.base and not is_dust(left) and not self._is_echo(left):
            self._beside += left

    def _announces(self, told: Words, left: Sequence[str]) -> bool:
        """Whether words between an artist and the title only announce it: "Nora Vale's new single"."""
        named = any(next(places(name, told), None) for name in self._names.artists)
        return named and DUST.issuperset(left)

    def _is_echo(self, told: Sequence[str]) -> bool:
        """Whether words only say the title again, in another script or spelling."""
        title = self._title
        return all(not word.isascii() for word in told) or (
            len(told) == len(title) and next(like_places(title, told), None) is not None
        )

    def _is_translation(self, text: str) -> bool:
        """Whether words stand beside a title of another script on an account that the offer names."""
        return self._names.own and in_latin(text) != in_latin(self._title_text)

    def _is_speech(self, told: Sequence[str]) -> bool:
        heard = self._names.own or any(name in self._names.artists for name in self._known.heard)
        return heard and is_speech(told)

    def _remark(self, told: Words) -> None:
        """A sentence about the music, which may name people and the version."""
        self._known.without_names(told)
        if names_version(told) and "not" not in told:
            known = {word for name in self._names.others for word in name}
            self._versions.append(version_words(told, known))

    # Elsewhere

    def _elsewhere(self, part: TitlePart, *, follows: bool) -> None:
        """A part without the title."""
        if part.base and self._known.is_name(part.words):
            if part.words[-1] == "live" and not self._names.live and "live" not in self._known.heard[-1]:
                self._versions.append(("live",))
            return
        if part.words[0] in GUESTS and names_version(part.words):
            self._versions.append(part.words)
            return
        if part.words[0] in GUESTS:
            self._guests += self._known.without_names(part.words[1:])
            return
        told, guests = at_guests(part.words) if part.base else (part.words, ())
        self._guests += self._known.without_names(guests)
        if any(sounds(without_release_words(told)) == sounds(name) for name in self._names.releases):
            return
        if not part.base and is_origin(told):
            self._known.without_names(told)
            return
        if told and MENTIONS.isdisjoint(told) and not self._known.is_name(told):
            if self._is_speech(told):
                self._remark(told)
            elif (
                follows
                or not part.base
                or told[-1] in SORTS
                or told[0] in SORTS
                or told[-1] == "of"
                or is_venue(told)
            ) and names_version(told):
                self._tell_version(told)
            elif part.base and version_for(told):
                self._versions.append(version_for(told))
                self._known.without_names(told)
            elif part.base:
                self._people(told, part.text)
            else:
                self._aside(told, part, follows=follows)

    def _tell_version(self, told: Words) -> None:
        """Words that name a version. Who covers a song is its artist."""
        self._versions.append(told)
        if any(SORTS.get(word) is Sort.COVER for word in told):
            self._known.without_names(told)

    def _people(self, told: Words, text: str) -> None:
        """Words outside brackets: people, the label, or dust."""
        if self._after_release or self._is_translation(text):
            self._after_release = False
            return
        heard = len(self._known.heard)
        venue = told.index("at") if "at" in told[1:] else len(told)
        if venue < len(told) - 1 and any(same_name(name, told[:venue]) for name in self._names.artists):
            self._versions.append(("live", *told[venue + 1 :]))
            told, text = told[:venue], " ".join(told[:venue])
        left = [word for word in self._known.without_names(told) if not explains_itself(word)]
        if len(self._known.heard) > heard and (has_verb(text) or all_small(left, text)):
            return
        if "bpm" in told:
            left = [word for word in left if not word.isdecimal()]
        if not left or not WHOLE_PART_IS_DUST.isdisjoint(told):
            self._after_release = told[-1:] in (("ep",), ("lp",), ("album",))
            return
        del self._known.heard[heard:]
        for group in name_groups(text, told, self._names.artists):
            name = next((name for name in self._names.offered if same_name(name, group)), None)
            if name:
                self._known.heard.append(name)
            elif self._known.is_short_name(group):
                self._known.kin.append(group)
            elif is_episode(group):
                self._versions.append(group)
            elif not all(map(explains_itself, group)):
                self._strangers.append(group)

    def _forget_group(self) -> None:
        """The name right before a bracket of people is that of their group: "NV (Vale & Orr)"."""
        if self._before and self._strangers[-1:] == [core(self._before.words)]:
            self._strangers.pop()

    def _aside(self, told: Words, part: TitlePart, *, follows: bool) -> None:
        """Words in brackets that name no version."""
        if not PIECES.isdisjoint(told):
            self._beside += told
            return
        if self._known.are_people(told, part.text) or (
            not follows and self._known.heard[-1:] and names_people(part.text)
        ):
            self._forget_group()
            return
        left = [word for word in self._known.without_names(told) if not explains_itself(word)]
        remark = self._known.is_of_account(left) and "by" not in told
        if part.kind == "round" and WHOLE_PART_IS_DUST.isdisjoint(told) and not remark:
            self._asides += left
