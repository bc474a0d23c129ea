"""Words that titles of uploads hold besides title and names, in the spelling of `words`."""

from __future__ import annotations

import re


def word_set(told: str) -> frozenset[str]:
    """The words of a list."""
    return frozenset(told.split())


CONNECTORS = word_set(
    "and x vs feat with w vocals as b2b pres presents aka alias by meets prod produced from y et und"
)
GUESTS = word_set("feat with w vocals con mit avec com med ile starring voc")
"""After these come guests."""
ARTICLES = word_set("the a dj mc")
NAME_ARTICLES = ARTICLES | word_set("los las les el la le il die der das os")
"""These may be left out before a name."""
GENERIC = word_set("official music dj the mc live band records recordings label audio ofc page real")
"""Words that accounts have beside a name."""
COUNTRIES = word_set("uk us usa de it fr es nl be ch at se no dk fi pl cz ru ua br ar mx ca au jp kr gb ie pt ro")

STRONG_DUST = word_set(
    "premiere premier premieres exclusive forthcoming upcoming hq hd 24bit 16bit visualizer visualiser"
)
CLIPPED = word_set("preview snippet teaser clip excerpt")
"""Words of an upload that holds only a piece of the recording."""
PROMOTION = STRONG_DUST | word_set(
    "mstr mstrd free download dl out now soon coming official audio video videoclip wav mp3 320 kbps master mastered"
    " final beatport bandcamp spotify soundcloud vinyl on"
)
"""Dust that may stand right beside a title, and in the name of a version."""
TALK = word_set(
    "my our your we i im ive you us is are was were am be been has have had just finally officially this that"
    " these those made called named calling friend friends people guys everyone thanks thank hey please enjoy"
    " heard read here there it its itself for to because not really some more about after before when what who"
    " how his her their name cleared legal legally available back up together plays playing performing mighty"
    " fresh yet can get will so own did done do does but if only one"
)
"""Words of sentences, which speak about the music."""
SPEECH = word_set(
    "my our we i im ive you is are was were has have just finally officially made called guys everyone thanks"
    " thank hey please enjoy heard plays playing performing cleared legally yet will did am unveils shares"
    " delivers debuts sings returns brings announces"
)
"""Those of them that hardly any name or title has."""
LESSONS = word_set(
    "tutorial walkthrough breakdown interview commentary reaction explained explaining masterclass lesson"
    " deconstructed deconstructing dissected teardown"
)
"""Words of uploads that tell of a track and do not hold it."""
DUST = PROMOTION | word_set(
    "music available stream streaming traxsource juno link links buy track tracks first 1st listen full records"
    " recordings recs label release released releases in at today digital only ep lp va album single new the"
    " of day week special support supported playing unreleased promo s bio description various artists"
    " voice voices vocalist singer compilation rip unmastered premaster"
    " signed throwback lyric lyrics lq quality side all stores shops platforms everywhere worldwide"
)
ANNOUNCING = DUST | word_set("1 one drops unleashes reveals presents premieres hear check watch grab meet")
"""Words that announce a title where an artist is named before it."""
DATES = word_set(
    "january february march april may june july august september october november december jan feb mar apr"
    " jun jul aug sep sept oct nov dec monday tuesday wednesday thursday friday saturday sunday bpm"
)
GENRES = word_set(
    "techno house deep tech minimal melodic progressive trance ambient electronica drum bass dnb edm acid"
)
"""Words that labels and channels add; in the name of a version they may tell it from another."""
WHOLE_PART_IS_DUST = word_set(
    "premiere premier premieres download played supported exclusive forthcoming preview teaser snippet unreleased dl"
)
"""One of these makes dust of the whole part that it stands in."""
MENTIONS = word_set("played supported playing support heard aired")
"""One of these makes a remark of the whole bracket that it stands in, whatever else it holds."""
CATALOGUE = re.compile(r"[a-z]{2,}\d{1,5}[a-z]{0,3}|\d{1,2}|[a-d]\d")
"""Catalogue numbers and places on a record."""
FILE_VERSION = re.compile(r"v\d{1,2}")
MINUTES = re.compile(r"\d+(min|mins|minute|sec)")
BPM = re.compile(r"\d{2,3}bpm|#?\d{2,3}")
RATE = re.compile(r"\d+(bit|kbps|khz)")
"""How well a file sounds."""
YEAR = re.compile(r"(19|20)\d\d")
