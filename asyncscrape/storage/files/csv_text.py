"""The one character that CSV cannot hold: many readers end a cell, or the whole file, at NUL."""

from __future__ import annotations

NUL = "\0"
SHOWN = "\ufffd"
"""What stands for it, as in HTML."""


def without_nul(text: str) -> str:
    """A text that every reader of CSV takes."""
    return text.replace(NUL, SHOWN)
