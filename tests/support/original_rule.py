"""The rule by which the original project took a Beatport result for a SoundCloud track, to measure beside ours."""

from __future__ import annotations

from typing import Any

LONGEST_MS = 900_000
"""Longer sounds were DJ sets to it, and not looked up."""


def accepts(upload: dict[str, Any], result: dict[str, Any]) -> bool:
    """The artist is among artists and remixers, and one title is contained in the other."""
    if (upload["duration_ms"] or 0) >= LONGEST_MS:
        return False
    people = [person["name"].lower() for person in result["artists"] + result["remixers"]]
    ours, theirs = upload["title"].lower(), result["name"].lower()
    return (upload["artist"] or "").lower() in people and (theirs in ours or ours in theirs)
