"""Values of records as examples for people: as text, on one line, shortened."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from asyncscrape.stats import MOST_LEFT

EMPTIES: tuple[Any, ...] = (None, "", [], {})
"""The values that count as none."""
LONGEST = 60
"""Characters of an example; "…" ends a longer one."""
JOINERS = "\u200c\u200d"
"""Invisible characters that some scripts and emojis are written with."""
MOST_READ = 1000
"""Characters of a text that are looked at for an example."""


def as_text(value: Any) -> str:
    """A value as the records hold it: text and numbers as they are, times as ISO, everything else as JSON."""
    match value:
        case str():
            return value
        case date():
            return str(msgspec.to_builtins(value))
        case Decimal():
            return f"{value:f}"
        case _:
            return msgspec.json.encode(value).decode()


def one_line(text: str) -> str:
    """The text on one line. A stranger's text must not control a terminal, so what cannot be seen becomes U+FFFD."""
    words = " ".join(text.split())
    return words if words.isprintable() else "".join(one if _is_seen(one) else "\ufffd" for one in words)


def _is_seen(character: str) -> bool:
    return character.isprintable() or character in JOINERS


def example(value: Any) -> str:
    """A value as an example."""
    text = one_line(as_text(value)[:MOST_READ])
    return text if len(text) <= LONGEST else text[: LONGEST - 1].rstrip() + "…"


def percent(share: float) -> str:
    """A share as whole per cent, where 0 % and 100 % are said of nothing else: 0.999 → "99 %", 0.001 → "1 %"."""
    whole = round(100 * share)
    if whole == 0 and share > 0:
        return "1 %"
    return "99 %" if whole == 100 and share < 1 else f"{whole} %"


def signed(number: float) -> str:
    """A number from -1 to 1 with its sign, as people write it: "+0.42", "−0.07", "0.00"."""
    return f"{number:+.2f}".replace("-", "−") if round(number, 2) else "0.00"


def counted(number: int, noun: str) -> str:
    """A number and what it counts: "1 page", "1,200 pages"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def left_links(number: int) -> str:
    """The number of links that are not followed, which is only counted up to a limit."""
    return f"{'at least ' if number >= MOST_LEFT else ''}{counted(number, 'link')}"
