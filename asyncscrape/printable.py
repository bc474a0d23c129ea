"""Text of strangers, made fit to be shown: nothing in it can control a terminal, or hide what stands beside it.

Shown as escapes (`\\u001b`) are control characters, the ends of lines that are none to most programs, marks that turn
the direction of what follows, characters without any width that only make texts look alike, and halves of
characters. What letters need is left alone: line feeds and tabs, joiners, marks of direction for one place.
"""

from __future__ import annotations

import re

UNFIT = re.compile(
    "[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u2028\\u2029"
    "\\u202a-\\u202e\\u2066-\\u2069"
    "\\u200b\\u2060-\\u2064\\u206a-\\u206f\\ufeff\\ufff9-\\ufffb"
    "\\ud800-\\udfff]"
)


def printable(text: str) -> str:
    """The text with escapes; in a JSON text they mean the same as what they stand for."""
    return UNFIT.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"
