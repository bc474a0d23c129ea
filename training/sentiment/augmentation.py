"""Further examples made of those that were written: the same said louder, at a time, or twice; and plain noise."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from random import Random

from training.sentiment.examples import Example

SEED = 15
EMOJI = {
    "positive": ["🔥", "🔥🔥", "😍", "❤️", "🙌", "😭🔥", "💯", "👏", "🤯", "🥹", "🙏"],
    "negative": ["👎", "😴", "🙄", "🤮", "💤", "😬", "🤦", "🥱", "😒"],
    "neutral": ["🤔", "👀", "🤷", "?", "??"],
}
ENDS = ("!", "!!", "...", ".", " lol", " haha", " tbh", " imo", " :)")
VOWELS = "aeiouаеиоуыяıöüáéí"
NO_LANGUAGE = "xx"
FIRST = """
anna tom lena marco julia petr olga ivan sara nils emma luca pablo maria joão ana kasia marek elif deniz yuki
haruto minji seo wei li omar layla jonas freya pierre chloé giulia hans greta sven ola tomas eva dmitri nadia
oleksandr iryna putri budi carlos lucía mei ken noor bram fleur
"""
LAST = """
berg novak rossi meyer dubois silva kowalski petrov lindqvist tanaka kim chen haddad demir santos moreau
fischer conti garcía horvat jansen vos nielsen ivanova shevchenko dvořák wijaya okafor stone brook winter
marsh vale north ash rivers frost lane heath field
"""
GREETINGS = """
hi|hello|hey|yo|good morning|see you tomorrow|happy birthday|call me|how are you|hallo|moin
guten morgen|wie gehts|bis morgen|hoi|goedemorgen|tot morgen|hola|buenos días|qué tal|nos vemos|ciao
buongiorno|come stai|a domani|salut|coucou|bonjour|ça va|à demain|oi|olá|bom dia|tudo bem|até amanhã
hej|god morgon|vi ses|cześć|siema|dzień dobry|do jutra|ahoj|čau|привет|здарова|доброе утро|как дела
до завтра|привіт|добрий ранок|selam|merhaba|günaydın|nasılsın|halo|hai|selamat pagi|apa kabar|مرحبا
هلا|صباح الخير|안녕|こんにちは|おはよう|元気?|你好|早上好|好久不见
"""
OBJECTS = ((0x1F330, 0x1F343), (0x1F345, 0x1F37D), (0x1F400, 0x1F43E), (0x1F681, 0x1F6A7), (0x1F950, 0x1F96F))
MEANT = "🌶🌹🌞🌟🐐🐍🐉🐲🍾🍷🍻🍺🥂🐒🐵"
"""Pictures among them that say more than what they show."""
PREFIXES = ("dj ", "DJ ", "mc ", "@", "@dj_", "@", "", "", "", "")


def augmented(known: Sequence[Example]) -> list[Example]:
    """More examples, the same ones each time."""
    random = Random(SEED)
    by_label: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for one in known:
        by_label[one.language, one.label].append(one.comment)
    made = [more for one in known for more in _variants(one, by_label, random)]
    return [*made, *_names(random), *_greetings(random), *_objects(random), *_signs(random)]


def _variants(one: Example, pool: Mapping[tuple[str, str], Sequence[str]], random: Random) -> Iterator[Example]:
    """Other ways to say the same, often none."""
    said = one.comment
    if one.label != "noise" and random.random() < 0.35:
        yield Example(one.language, one.label, f"{said} {random.choice(EMOJI[one.label])}")
    if one.label != "noise" and random.random() < 0.25:
        yield Example(one.language, one.label, said + random.choice(ENDS))
    if one.label in ("positive", "negative") and random.random() < 0.25:
        yield Example(one.language, one.label, _stretched(said, random))
    if one.label != "noise" and random.random() < 0.15:
        yield Example(one.language, one.label, f"{_time(random)} {said}")
    if one.label in ("positive", "negative") and random.random() < 0.5:
        other = random.choice(pool[one.language, one.label])
        yield Example(one.language, one.label, said + random.choice((", ", ". ", " ", "... ")) + other)


def _stretched(said: str, random: Random) -> str:
    """The comment with a vowel held long."""
    places = [place for place, letter in enumerate(said) if letter in VOWELS]
    if not places:
        return said.upper() + "!!"
    place = random.choice(places[-2:])
    return said[:place] + said[place] * random.randint(3, 6) + said[place + 1 :]


def _time(random: Random) -> str:
    return f"{random.randint(0, 59)}:{random.randint(0, 59):02}"


def _names(random: Random) -> Iterator[Example]:
    """Bare names and handles, which are noise."""
    for _ in range(400):
        first, last = random.choice(FIRST.split()), random.choice(LAST.split())
        whole = random.choice((f"{first} {last}", f"{first}_{last}", first, f"{first} {last[0]}.", f"{first}{last}"))
        prefix = random.choice(PREFIXES)
        yield Example(NO_LANGUAGE, "noise", prefix + (whole.title() if prefix[:1] != "@" else whole))


def _greetings(random: Random) -> Iterator[Example]:
    """Greetings between people, which are noise."""
    greetings = GREETINGS.strip().replace("\n", "|").split("|")
    for _ in range(300):
        greeting, name = random.choice(greetings), random.choice(FIRST.split()).title()
        said = random.choice(
            (f"{greeting} {name}", f"{name} {greeting}", f"{greeting} {name}!", f"{greeting}, {name}")
        )
        yield Example(NO_LANGUAGE, "noise", said)


def _objects(random: Random) -> Iterator[Example]:
    """Pictures of plants, animals, food and vehicles, and flags, which are noise by themselves."""
    codes = [code for first, last in OBJECTS for code in range(first, last + 1) if chr(code) not in MEANT]
    for code in random.sample(codes, 150):
        yield Example(NO_LANGUAGE, "noise", chr(code) * random.choice((1, 1, 2, 3)))
    for _ in range(60):
        yield Example(NO_LANGUAGE, "noise", "".join(chr(random.randint(0x1F1E6, 0x1F1FF)) for _ in range(2)))


def _signs(random: Random) -> Iterator[Example]:
    """Times, numbers, links and letters without meaning, which are noise."""
    for _ in range(120):
        yield Example(NO_LANGUAGE, "noise", _time(random))
        yield Example(NO_LANGUAGE, "noise", str(random.randint(0, 10 ** random.randint(1, 9))))
        keys = random.choice(("qwertyuiop", "asdfghjkl", "zxcvbnm", "asdjkl", "dfgh", "fjdk", "sdfjkh"))
        yield Example(NO_LANGUAGE, "noise", "".join(random.choice(keys) for _ in range(random.randint(4, 12))))
        site = f"{random.choice(FIRST.split())}{random.choice(LAST.split())}"
        host = random.choice(
            (f"www.{site}.example", f"{site}.example", f"soundcloud.com/{site}", f"bit.example/{site}")
        )
        yield Example(NO_LANGUAGE, "noise", random.choice(("https://", "http://", "", "")) + host)
