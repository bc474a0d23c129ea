"""Titles as uploaders type them."""

from __future__ import annotations

from random import Random

from asyncscrape.replica.scene import word_lists
from asyncscrape.replica.scene.recordings import Recording

_DUST = (
    "{}",
    "{}",
    "{}",
    "{} [FREE DOWNLOAD]",
    "{} (Free DL)",
    "{} *FREE DL*",
    "{} [OUT NOW]",
    "{} // out now!",
    "{} 🔥",
)
_LABEL_DUST = (
    "PREMIERE: {}",
    "Premiere | {}",
    "PREMIERE : {} [{catalog}]",
    "{} [{catalog}]",
    "{} ({label})",
    "[{catalog}] {}",
    "{catalog} | {}",
    "{} [OUT NOW]",
    "First Listen: {}",
    "{}",
)
_JOINED = ("{} & {}", "{} x {}", "{} X {}", "{}, {}", "{} and {}", "{} vs. {}", "{} vs {}")
_SUNG = ("feat. {}", "ft. {}", "(feat. {})", "[ft {}]", "featuring {}", "w/ {}")


def by_the_artist(random: Random, piece: Recording) -> str:
    """The title on the artist's own profile."""
    match piece.form:
        case "set":
            return _set(random, piece)
        case "remix" | "edit" | "mashup" | "cover":
            return _foreign(random, piece)
        case "live":
            live = random.choice(("Live", "Live Version", "Live at"))
            return f"{piece.title} ({live} {random.choice(word_lists.VENUES)})"
        case "sketch":
            return random.choice(
                ("ID - ID", f"{piece.title} (work in progress)", "untitled sketch", f"{piece.title} demo")
            )
    named = _credited(random, piece) if random.random() < 0.4 or piece.form == "collab" else _sung(random, piece)
    return random.choice(_DUST).format(named + _bracketed(random, piece))


def by_the_label(random: Random, piece: Recording, catalog: str) -> str:
    """The title on the profile of the label."""
    named = _credited(random, piece) + _bracketed(random, piece)
    label = word_lists.LABELS[piece.label][0]
    return random.choice(_LABEL_DUST).format(named, catalog=catalog, label=label)


def _credited(random: Random, piece: Recording) -> str:
    names = piece.makers[0].username
    if piece.form == "collab":
        names = random.choice(_JOINED).format(names, piece.other.username)
    dash = random.choice((" - ", " - ", " – ", " — ", " -  "))
    title = _sung(random, piece)
    spelled = random.choice((str, str, str, str, str.upper, str.lower))
    return spelled(f"{names}{dash}{title}")


def _sung(random: Random, piece: Recording) -> str:
    if piece.form != "featuring":
        return piece.title
    return f"{piece.title} {random.choice(_SUNG).format(piece.other.username)}"


def _bracketed(random: Random, piece: Recording) -> str:
    if piece.mix == "Original Mix":
        return random.choice(("", "", "", " (Original Mix)", " [Original Mix]"))
    return random.choice((" ({})", " ({})", " [{}]", " - {}")).format(piece.mix)


def _foreign(random: Random, piece: Recording) -> str:
    by, other = piece.by.username, piece.other.username
    match piece.form:
        case "remix":
            return f"{other} - {piece.title}{_bracketed(random, piece)}"
        case "edit":
            kind = random.choice(("Edit", "Bootleg", "Re-Edit", "VIP Edit", "Rework"))
            return random.choice(_DUST).format(f"{other} - {piece.title} ({by} {kind})")
        case "cover":
            return random.choice(("{title} ({other} cover)", "{title} [{other} Cover Version]")).format(
                title=piece.title, other=other
            )
    second = random.choice(word_lists.PLAIN_TITLES)
    return f"{other} vs {random.choice(word_lists.ALIASES)} - {piece.title} x {second} ({by} Mashup)"


def _set(random: Random, piece: Recording) -> str:
    return random.choice(word_lists.SERIES).format(
        n=random.randrange(1, 400),
        name=piece.by.username,
        other=piece.other.username,
        venue=random.choice(word_lists.VENUES),
        year=random.randrange(17, 27),
    )
