"""The words of the shop's names and texts, all invented."""

from __future__ import annotations

from typing import NamedTuple


class Genre(NamedTuple):
    """A shelf of the shop, and how fast its music is."""

    name: str
    slowest: int
    fastest: int


class House(NamedTuple):
    """A record label: the letters of its catalogue numbers, and how its country writes prices."""

    name: str
    prefix: str
    currency: str
    money: str


GENRES = (
    Genre("House", 118, 127),
    Genre("Techno", 126, 140),
    Genre("Electro", 122, 134),
    Genre("Dub", 68, 82),
    Genre("Ambient", 60, 100),
    Genre("Disco", 105, 122),
    Genre("Drum & Bass", 170, 178),
    Genre("Downtempo", 80, 104),
)

LABELS = (
    House("Night Lamp Works", "NLW", "EUR", "€ {comma}"),
    House("Saltbox Recordings", "SBX", "GBP", "£{point}"),
    House("Maison Déjà", "MDJ", "EUR", "{comma} €"),
    House("Kiesgrube Schallplatten", "KGS", "EUR", "{comma} EUR"),
    House("Blue Ferry", "BFY", "EUR", "€ {comma}"),
    House("Third Rail Audio", "TRA", "USD", "US$ {point}"),
    House("Pine & Copper", "PNC", "USD", "US$ {point}"),
    House("Estúdio Maré Alta", "EMA", "EUR", "{comma} €"),
    House("Lantern Tax", "LTX", "GBP", "£{point}"),
    House("Øresund Tapes", "ORT", "EUR", "EUR {point}"),
    House("Paper Harbour", "PHB", "EUR", "€ {comma}"),
    House("Zweite Heimat", "ZWH", "EUR", "{comma} €"),
)

# fmt: off
FIRST_NAMES = (
    "Marla", "Jonas", "Aoife", "Teodor", "Ines", "Kwame", "Lucía", "Søren", "Yuki", "Petra", "Amadou", "Noor",
    "Emil", "Zoë", "Rafael", "Ulla", "Mirko", "Hanne", "Oskar", "Leïla",
)

LAST_NAMES = (
    "Tidewater", "Brandt", "O'Malley", "Vasile", "Carvalho", "Mensah", "Ibáñez", "Dahl", "Morioka", "Novak",
    "Diarra", "Haddad", "Lindqvist", "Fairweather", "Moreau", "Kettunen", "Jurić", "Vogel", "Ashdown", "Benali",
)
# fmt: on

BANDS = (
    "The Quiet Turbines",
    "Cobalt & Sons",
    "Ferry to Anywhere",
    "Low Winter Sun",
    "Ensemble Größenwahn",
    "Copper Kettle Orchestra",
    "Signal Box",
    "Les Ponts Mobiles",
    "Hauptbahnhof Süd",
    "The 4:15 to Malmö",
    "Two Left Decks",
    "Velvet Gasworks",
)

# fmt: off
TOWNS = (
    "Leeds", "Gent", "Porto", "Malmö", "Köln", "Lyon", "Tallinn", "Detroit", "Accra", "Bristol", "Kraków",
    "Osaka", "Montréal", "Graz", "Rotterdam",
)

ADJECTIVES = (
    "Slow", "Silver", "Hollow", "Last", "Electric", "Northern", "Paper", "Velvet", "Broken", "Distant", "Golden",
    "Second", "Blue", "Quiet", "Endless", "Borrowed",
)

NOUNS = (
    "Harbour", "Motorway", "Lantern", "Signal", "Garden", "Weather", "Staircase", "Orchard", "Tape", "Mirror",
    "Ferry", "Kitchen", "Satellite", "Café", "Meadow", "Platform", "Engine", "Window", "Winter", "Carousel",
)
# fmt: on

TAILS = ("at Night", "Again", "for Two", "in Dub", "Part II", "(Live)", "& Elsewhere", "Without You")

MIXES = ("Original Mix", "Dub", "Instrumental", "Extended", "Beatless", "Radio Edit", "Reprise")

FORMATS = ('12"', "LP", "2×LP", '7"', '10"', "EP")

# fmt: off
TAGS = (
    "warm", "deep", "dusty", "melodic", "hypnotic", "raw", "jazzy", "minimal", "spacious", "acid", "vocal",
    "percussive", "analogue", "late-night", "sunrise", "dancefloor", "headphones", "reissue", "limited",
    "coloured-vinyl",
)
# fmt: on

PRAISE = (
    "A record that takes its time and is better for it: the drums sit back, the bass line does the talking.",
    "Pressed loud on heavy vinyl, cut at half speed and sleeved in uncoated board with a printed inner.",
    "Long out of print and finally back from the original tapes, with one version nobody had heard before.",
    "We have played the A side in the shop every day this week and still nobody has complained.",
    "Somewhere between a rainy bus ride and the last hour of a very good party.",
    "Recorded in a single afternoon on two synthesisers, a borrowed drum machine and a lot of coffee.",
    "The flip is the one for the floor: eight minutes, no breakdown, all tension.",
    "File next to the early singles; collectors will want the insert, everybody else the music.",
    "The remixer strips it to kick, chord and tape hiss, and somehow it sounds bigger.",
    "Home listening first of all, though the second track has a habit of filling rooms.",
)

OPINIONS = (
    "Arrived well packed, plays without a click. The B side alone is worth the price.",
    "Pressing is a little off-centre on my copy, the music makes up for it.",
    "Bought it for the cover, kept it for the bass.",
    "Not as good as the one before, but what is?",
    "Quick delivery, sleeve had a bent corner; the shop sent another one without being asked.",
    "My neighbours asked for the title. I take that as praise.",
    "Sounds thin on small speakers. Give it room.",
)
