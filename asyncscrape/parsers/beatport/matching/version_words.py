"""Words that tell one version of a song from another, in the languages that uploads have, spelt as `words` does."""

from __future__ import annotations

from enum import StrEnum

from asyncscrape.parsers.beatport.matching.vocabulary import word_set


class Sort(StrEnum):
    """What a word says about a version. Two versions of different sorts are different recordings."""

    REMIX = "remix"
    EDIT = "edit"
    BOOTLEG = "bootleg"
    MASHUP = "mashup"
    DUB = "dub"
    LIVE = "live"
    ACOUSTIC = "acoustic"
    INSTRUMENTAL = "instrumental"
    ACAPELLA = "acapella"
    VIP = "vip"
    COVER = "cover"
    DEMO = "demo"
    PIECE = "interlude or reprise"
    INTRO = "intro or outro"
    SPEED = "other speed"
    SET = "set"
    ORCHESTRAL = "orchestral"
    TOOL = "tool"
    TALK = "talk about it"


class Length(StrEnum):
    """Words for a version of the same recording with another length."""

    PLAIN = "original"
    SHORT = "radio edit"
    LONG = "extended"
    CLUB = "club mix"
    VOCAL = "vocal mix"


SORTS = {
    word: sort
    for sort, told in {
        Sort.REMIX: "remix rmx rmix remixed remixes rework reworked refix reinterpretation interpretation"
        " reconstruction reimagined reshape rewire revision remake rebuild retouch translation rerub redo"
        " remezcla remixu remixo rekonstruktion neuinterpretation rifacimento perezvuchka pererabotka"
        " reconstruccion remixado ponovno mikser przerobka predelavka rimikkusu rimikusu remiksi remixversion"
        " treatment perspective revamp remodel rethink recut variation"
        " restructure reedition",
        Sort.BOOTLEG: "bootleg boot flip unofficial",
        Sort.MASHUP: "mashup mashups mash blend medley megamix meshap",
        Sort.DUB: "dub dubs dubbed dubwise dubmix dubstrumental dab",
        Sort.LIVE: "live liveset konzert concert concierto concerto koncert kontsert rehearsal recorded"
        " performance performed jam session sessions unplugged vivo directo vivant vzhivuyu zhivyom zhivem"
        " zhivoy nazywo nazivo zivo zontana zondana canli auftritt mitschnitt raibu laiv laivu livemitschnitt"
        " liveaufnahme",
        Sort.ACOUSTIC: "acoustic akustik akustika akustisch akustycznie akusticheskaya acustico acustica acoustique"
        " stripped piano",
        Sort.INSTRUMENTAL: "instrumental instrumentale instrumentalni instrumentalna instrumentalnaya instrumentaru"
        " instrumentalversion inst instr karaoke",
        Sort.ACAPELLA: "acapella accapella acappella cappella capella acappela akapella",
        Sort.VIP: "vip",
        Sort.COVER: "originally cover covers covered coverversion tribute rendition kaver kabaa",
        Sort.DEMO: "demo wip sketch",
        Sort.PIECE: "interlude reprise prelude",
        Sort.INTRO: "intro outro",
        Sort.SPEED: "slowed reverb nightcore sped speed 8d 8bit",
        Sort.SET: "podcast podcasts set episode mixtape minimix megamix showcase radioshow show guestmix"
        " mixed continuous sampler showreel tracklist previews snippets",
        Sort.ORCHESTRAL: "orchestral orchestra orchester orquesta symphonic strings",
        Sort.TOOL: "drumless beatless loop tool drums stems stem",
    }.items()
    for word in told.split()
}
LENGTHS = {
    word: length
    for length, told in {
        Length.SHORT: "radio radyo short single cut radioedit radiomix radioversion radiofassung kurzfassung"
        " kurz corta corto courte court breve kratka krotka kort korotkaya singleversion",
        Length.LONG: "extended extend ext xtended long longer 12 maxi lang lange langfassung langversion"
        " longue estesa esteso estendida estendido extendida extendido etendue etendu prolongee verlangert"
        " verlangerte lunga larga longa prodlouzena przedluzona wydluzona rasshirennaya udlinennaya"
        " udlinyonnaya dolgaya uzun uzatilmis",
        Length.CLUB: "club klub klubnaya klubowa",
        Length.VOCAL: "vocal vokal vocale vokalnaya",
        Length.PLAIN: "original orig org originale originalmix originalnaya originalversion orijinal oryginalna main"
        " full album intera completa komplett",
    }.items()
    for word in told.split()
}
ABROAD = word_set(
    "versione versiyon verzija verze wersja versiya versja fassung versio versija versiunea variant variante"
)
"""Other languages' words for "version": what else such a name holds may be a translation."""
NEUTRAL = ABROAD | word_set(
    "mix version take edit re remaster remastered master mastered s the a of inch 7 recording clean explicit dirty"
    " at in ver track song tune length minute lp ep cd vinyl digital der die das la le il el en di de da do al"
)
"""Words of version names that say nothing by themselves; "edit" does only with a name."""
STEMS = {
    "kon": Sort.LIVE,
    "concert": Sort.LIVE,
    "akust": Sort.ACOUSTIC,
    "acoust": Sort.ACOUSTIC,
    "acust": Sort.ACOUSTIC,
    "instrum": Sort.INSTRUMENTAL,
    "remi": Sort.REMIX,
    "kaver": Sort.COVER,
    "ork": Sort.ORCHESTRAL,
    "orquest": Sort.ORCHESTRAL,
}
"""How words for versions begin in other languages, beside a word for "version"."""
REWORKED = frozenset({"mix", "version", "take"})
"""With a name they make a remix: "Mika Orr Mix"."""
